//! Tokens that were given out, and whether they are still good.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::STANDARD, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::rand::{SecureRandom, SystemRandom};

#[derive(Debug, Default)]
pub(crate) struct Tokens {
    entra: HashMap<String, Instant>,
    embed: HashMap<String, Instant>,
}

/// What a token is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Good { until: Instant },
    Expired,
    Unknown,
}

impl Tokens {
    pub(crate) fn mint_entra(&mut self, until: Instant) -> String {
        let token = format!(
            "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.{}.{}",
            URL_SAFE_NO_PAD.encode(random::<96>()),
            URL_SAFE_NO_PAD.encode(random::<64>())
        );
        self.entra.insert(token.clone(), until);
        token
    }

    pub(crate) fn mint_embed(&mut self, until: Instant) -> String {
        // Real ones are compressed and in base64, so they begin like this.
        let token = format!("H4sIAAAAAAAEA{}", STANDARD.encode(random::<120>()));
        self.embed.insert(token.clone(), until);
        token
    }

    pub(crate) fn entra(&self, token: &str, now: Instant) -> Standing {
        standing(&self.entra, token, now)
    }

    pub(crate) fn embed(&self, token: &str, now: Instant) -> Standing {
        standing(&self.embed, token, now)
    }

    pub(crate) fn expire_all(&mut self, now: Instant) {
        for until in self.entra.values_mut().chain(self.embed.values_mut()) {
            *until = now.min(*until);
        }
    }
}

/// A random text of about 43 characters, without signs that need escaping.
pub(crate) fn random_text() -> String {
    URL_SAFE_NO_PAD.encode(random::<32>())
}

/// A random identifier in the form of a GUID.
pub(crate) fn random_guid() -> String {
    let hex: String = random::<16>().iter().map(|b| format!("{b:02x}")).collect();
    let (a, b, c, d, e) = (
        &hex[..8],
        &hex[8..12],
        &hex[13..16],
        &hex[17..20],
        &hex[20..],
    );
    format!("{a}-{b}-4{c}-a{d}-{e}")
}

/// A number of seconds as a duration; nothing for nonsense such as a negative one.
pub(crate) fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

fn standing(tokens: &HashMap<String, Instant>, token: &str, now: Instant) -> Standing {
    match tokens.get(token) {
        Some(&until) if now < until => Standing::Good { until },
        Some(_) => Standing::Expired,
        None => Standing::Unknown,
    }
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // Without randomness the tokens would be equal, and tests would fail visibly.
    let _ = SystemRandom::new().fill(&mut bytes);
    bytes
}
