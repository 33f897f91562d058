//! What is asked of the daemon, in numbers; the bench has no others.

use std::time::Duration;

use crate::fault::Limit;

/// Requests to one host in any minute, beyond the schedule of a healthy wall.
pub(crate) const MOST_REQUESTS: usize = 12;
/// A token of a minute is replaced after 48 s: at most twice in a minute, each with two requests
/// to the REST API and one to Entra.
pub(crate) const SCHEDULE: usize = 4;

pub(crate) const TOKEN_LIFE_S: f64 = 60.0;
pub(crate) const HEARTBEAT: Duration = Duration::from_secs(5);
pub(crate) const RETRY_AFTER_S: u32 = 7;
/// A refusal is given back after so many seconds.
pub(crate) const REFUSED_FOR_S: u64 = 5;
/// After two faults that overlapped.
pub(crate) const PAIR: Duration = Duration::from_secs(120);
/// SIGTERM to the end of everything.
pub(crate) const STOP: Duration = Duration::from_secs(1);

/// How thorough a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// Each fault once, on a machine that may be busy with other things.
    Short,
    Full,
}

impl Pace {
    /// The `blank_after` of the walls' settings.
    pub(crate) fn blank_after(self) -> Duration {
        match self {
            Self::Short => Duration::from_secs(10),
            Self::Full => Duration::from_secs(60),
        }
    }

    /// How long a wall may take to heal by itself.
    fn patience(self) -> Duration {
        match self {
            Self::Short => Duration::from_secs(60),
            Self::Full => PAIR,
        }
    }

    /// What a single measurement may be longer than a median, on top of the limit.
    pub(crate) fn slack(self) -> Duration {
        match self {
            Self::Short => Duration::from_secs(2),
            Self::Full => Duration::ZERO,
        }
    }
}

/// The longest median time to fresh content.
pub(crate) fn longest(limit: Limit, page_load: Duration, pace: Pace) -> Duration {
    let seconds = Duration::from_secs_f64;
    match limit {
        Limit::PageLoad => page_load + seconds(0.5),
        Limit::Heartbeat => HEARTBEAT + seconds(1.5),
        Limit::ServiceBack => seconds(5.0),
        Limit::Blank => pace.blank_after() + seconds(5.0),
        Limit::RetryAfter => Duration::from_secs(RETRY_AFTER_S.into()) + seconds(5.0),
        Limit::Calm => PAIR,
        Limit::Unnoticed => seconds(2.0),
    }
}

/// After so long the wall counts as not healing by itself.
pub(crate) fn patience(limit: Limit, pace: Pace) -> Duration {
    match limit {
        Limit::Blank => pace.blank_after() + Duration::from_secs(20),
        Limit::PageLoad | Limit::Heartbeat | Limit::Unnoticed => Duration::from_secs(40),
        Limit::ServiceBack | Limit::RetryAfter | Limit::Calm => pace.patience(),
    }
}
