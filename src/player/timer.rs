//! All deadlines of the player in one table, by name.

use std::time::Instant;

/// What a deadline is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {
    /// Get the next token, by plan or as a retry.
    TokenRefresh,
    /// The fetch must have been answered.
    FetchLimit,
    /// The life of the token on the page runs out.
    TokenExpiry,
    /// The picture has been kept long enough after the token died.
    OfflineLimit,
    /// The page must have answered the operation.
    Answer,
    /// The page must be rendered.
    Load,
    /// Try the content again.
    Retry,
    /// The next playlist entry's turn.
    Turn,
    /// The web page's own `reload_every`.
    PageReload,
    /// Ask the page for a sign of life.
    Beat,
    /// The page must have answered the beat.
    BeatLimit,
    /// The web process must have ended.
    ProcessEnd,
    /// Load again after a crash.
    Respawn,
    /// The start is done, whatever is on the screen.
    Ready,
}

impl Timer {
    pub(super) const ALL: [Self; 14] = [
        Self::TokenRefresh,
        Self::FetchLimit,
        Self::TokenExpiry,
        Self::OfflineLimit,
        Self::Answer,
        Self::Load,
        Self::Retry,
        Self::Turn,
        Self::PageReload,
        Self::Beat,
        Self::BeatLimit,
        Self::ProcessEnd,
        Self::Respawn,
        Self::Ready,
    ];
}

#[derive(Debug, Default)]
pub(super) struct TimerTable([Option<Instant>; Timer::ALL.len()]);

impl TimerTable {
    pub(super) fn set(&mut self, timer: Timer, at: Instant) {
        self.0[timer as usize] = Some(at);
    }

    pub(super) fn stop(&mut self, timer: Timer) {
        self.0[timer as usize] = None;
    }

    pub(super) fn stop_all(&mut self) {
        *self = Self::default();
    }

    pub(super) fn get(&self, timer: Timer) -> Option<Instant> {
        self.0[timer as usize]
    }

    /// The deadline that comes first.
    pub(super) fn next(&self) -> Option<(Instant, Timer)> {
        Timer::ALL
            .into_iter()
            .filter_map(|timer| Some((self.get(timer)?, timer)))
            .min()
    }

    /// Takes the first deadline that has passed.
    pub(super) fn take_passed(&mut self, now: Instant) -> Option<Timer> {
        let (_, timer) = self.next().filter(|(at, _)| *at <= now)?;
        self.stop(timer);
        Some(timer)
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Timer, TimerTable};

    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "a test needs some instant to start from"
    )]
    fn deadlines_pass_in_the_order_of_time() {
        let start = Instant::now();
        let later = start + Duration::from_secs(2);
        let mut timers = TimerTable::default();
        timers.set(Timer::Beat, later);
        timers.set(Timer::Turn, start + Duration::from_secs(1));

        assert_eq!(timers.take_passed(start), None);
        assert_eq!(timers.take_passed(later), Some(Timer::Turn));
        assert_eq!(timers.take_passed(later), Some(Timer::Beat));
        assert_eq!(timers.next(), None);
    }
}
