//! Says once that something is wrong, and once that all is well again and how long it took.

use std::{fmt::Display, time::Instant};

use super::{Phase, Player};

/// Something is wrong on the wall, from its first sign until all is well again.
#[derive(Debug)]
pub(super) struct Incident {
    cause: String,
    since: Instant,
}

impl Player {
    /// The world misbehaved. The first cause is told; what follows from it is detail.
    pub(super) fn note_trouble(&mut self, cause: impl Display, now: Instant) {
        if self.incident.is_some() {
            tracing::debug!("{cause}");
            return;
        }
        tracing::warn!("{cause}");
        self.incident = Some(Incident {
            cause: cause.to_string(),
            since: now,
        });
    }

    /// Ends the incident if what should be seen is seen again.
    pub(super) fn settle_incident(&mut self, now: Instant) {
        if self.incident.is_some()
            && self.is_all_well(now)
            && let Some(incident) = self.incident.take()
        {
            let took = now.saturating_duration_since(incident.since);
            self.recovery_times.add(took);
            let took_s = tenths(took.as_secs_f64());
            tracing::info!(took_s, cause = incident.cause, "recovered");
        }
    }

    fn is_all_well(&self, now: Instant) -> bool {
        let is_token_missing = self
            .report()
            .is_some_and(|report| self.tokens.is_in_trouble(report));
        self.phase(now) == Phase::Showing
            && self.has_picture()
            && !is_token_missing
            && self.glass.is_clear()
    }
}

pub(super) fn tenths(seconds: f64) -> f64 {
    (seconds * 10.0).round() / 10.0
}
