//! One token: its life, and when the next one is due.

use std::time::{Duration, Instant};

use fastrand::Rng;
use secrecy::SecretString;
use url::Url;

use super::{EmbedToken, RequestId};
use crate::settings::TokenSettings;

const MINUTE: Duration = Duration::from_secs(60);
const SHORTEST_INTERVAL: Duration = Duration::from_millis(250);
/// No token lives longer, whatever the answer says.
const LONGEST_LIFE: Duration = Duration::from_secs(86_400);

/// A token that arrived.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) secret: SecretString,
    pub(super) embed_url: Url,
    pub(super) title: Option<String>,
    pub(super) stamp: Stamp,
    arrived: Instant,
    life: Duration,
}

/// Which token it is, and until when it lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) request: RequestId,
    pub(super) expires: Instant,
}

impl Token {
    pub(super) fn new(token: EmbedToken, request: RequestId, now: Instant) -> Self {
        let life = token.life.min(LONGEST_LIFE);
        Self {
            secret: token.secret,
            embed_url: token.embed_url,
            title: token.title,
            stamp: Stamp {
                request,
                expires: now + life,
            },
            arrived: now,
            life,
        }
    }

    pub(super) fn is_alive(&self, now: Instant) -> bool {
        now < self.stamp.expires
    }

    pub(super) fn age(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.arrived)
    }

    /// Old enough that a viewer's interaction is worth a new one.
    pub(super) fn is_stale(&self, now: Instant) -> bool {
        self.age(now) >= MINUTE.min(self.life / 10)
    }

    /// When the plan wants the next token, without jitter.
    pub(super) fn due(&self, settings: &TokenSettings) -> Instant {
        self.arrived + self.interval(settings)
    }

    /// The planned time between this token and the next.
    pub(super) fn interval(&self, settings: &TokenSettings) -> Duration {
        let margin = settings.refresh_before_expiry.min(self.life / 5);
        let latest = self.life.saturating_sub(margin);
        settings.refresh_every.min(latest).max(SHORTEST_INTERVAL)
    }

    /// When the next token is fetched: a little before it is due, so that devices spread out.
    pub(super) fn planned(&self, settings: &TokenSettings, rng: &mut Rng) -> Instant {
        let interval = self.interval(settings).mul_f64(1.0 - 0.05 * rng.f64());
        self.arrived + interval.max(SHORTEST_INTERVAL)
    }
}
