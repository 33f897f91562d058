//! A fake token source that behaves: it mints tokens, and fails in the ways real ones do.

use std::time::{Duration, Instant};

use everlit::player::{EmbedToken, NetworkState, TokenFailure};
use fastrand::Rng;

/// Every token's text holds this; it may turn up in no `Debug` text.
pub(crate) const MARKER: &str = "hush-";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    Willing,
    /// Willing, but it takes its time.
    Slow,
    Unreachable,
    /// Nothing comes, until the fetch gives up.
    Hanging,
    Refusing,
    Throttling(Option<Duration>),
    Garbling,
    /// A secret of ours cannot be read.
    Unprepared,
    /// Tokens arrive all but dead.
    Stillborn,
}

#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) mood: Mood,
    pub(crate) shortest_life: Duration,
    pub(crate) longest_life: Duration,
    minted: Vec<Minted>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Minted {
    pub(crate) arrived: Instant,
    pub(crate) life: Duration,
    /// When the service stops to accept it; before its time if it was killed.
    pub(crate) dead_from: Instant,
}

impl Minted {
    /// The end of its life, as far as anybody outside of the service can know.
    pub(crate) fn lives_until(&self) -> Instant {
        self.arrived + self.life
    }
}

/// A token's number, as it is found in its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Serial(usize);

impl Serial {
    pub(crate) fn of(text: &str) -> Self {
        let number = text.strip_prefix(MARKER).and_then(|n| n.parse().ok());
        Self(number.expect("a token that the service minted"))
    }
}

impl Service {
    pub(crate) fn new(life: Duration) -> Self {
        Self {
            mood: Mood::Willing,
            shortest_life: life,
            longest_life: life,
            minted: Vec::new(),
        }
    }

    /// The mood that a request meets now.
    pub(crate) fn mood(&self, network: NetworkState) -> Mood {
        match network {
            NetworkState::Online => self.mood,
            NetworkState::Offline => Mood::Unreachable,
        }
    }

    pub(crate) fn answers_after(mood: Mood, rng: &mut Rng) -> Duration {
        let (shortest, longest) = match mood {
            Mood::Willing | Mood::Stillborn => (40, 800),
            Mood::Refusing | Mood::Throttling(_) | Mood::Garbling => (20, 300),
            Mood::Slow => (4_000, 19_000),
            Mood::Unreachable => (1, 5_000),
            Mood::Hanging => (20_000, 60_000),
            Mood::Unprepared => (1, 2),
        };
        Duration::from_millis(rng.u64(shortest..longest))
    }

    pub(crate) fn answer(
        &mut self,
        mood: Mood,
        rng: &mut Rng,
        now: Instant,
    ) -> Result<EmbedToken, TokenFailure> {
        let host = || "api.powerbi.com".to_owned();
        match mood {
            Mood::Willing | Mood::Slow => {
                let lives = self.shortest_life.as_millis()..=self.longest_life.as_millis();
                Ok(self.mint(millis(rng.u128(lives)), now))
            }
            Mood::Stillborn => {
                Ok(self.mint(millis(rng.u128(0..2_000)).min(self.longest_life), now))
            }
            Mood::Unreachable | Mood::Hanging => Err(TokenFailure::Unreachable {
                host: host(),
                reason: "no answer".to_owned(),
            }),
            Mood::Refusing => Err(TokenFailure::Denied {
                code: "PowerBIEntityNotFound".to_owned(),
                reason: "the report is not there".to_owned(),
                remedy: "give the service principal access to the workspace".to_owned(),
            }),
            Mood::Throttling(retry_after) => Err(TokenFailure::Throttled { retry_after }),
            Mood::Garbling => Err(TokenFailure::Nonsense {
                host: host(),
                reason: "HTML of a captive portal".to_owned(),
            }),
            Mood::Unprepared => Err(TokenFailure::Unprepared {
                reason: "the client secret cannot be read".to_owned(),
                remedy: "put it back".to_owned(),
            }),
        }
    }

    pub(crate) fn minted(&self, serial: Serial) -> Minted {
        self.minted[serial.0]
    }

    pub(crate) fn is_dead(&self, serial: Serial, now: Instant) -> bool {
        self.minted(serial).dead_from <= now
    }

    /// All tokens die before their time: a revocation, or a capacity that restarts.
    pub(crate) fn kill_all(&mut self, now: Instant) {
        for minted in &mut self.minted {
            minted.dead_from = minted.dead_from.min(now);
        }
    }

    fn mint(&mut self, life: Duration, now: Instant) -> EmbedToken {
        let secret = format!("{MARKER}{}", self.minted.len()).into();
        self.minted.push(Minted {
            arrived: now,
            life,
            dead_from: now + life,
        });
        EmbedToken {
            secret,
            life,
            embed_url: "https://app.powerbi.com/reportEmbed"
                .parse()
                .expect("a good address"),
            title: Some("Sales".to_owned()),
        }
    }
}

fn millis(number: u128) -> Duration {
    Duration::from_millis(u64::try_from(number).unwrap_or(u64::MAX))
}
