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
    /// Ask the server of content that rests whether it is back.
    Probe,
    /// Look at the glass.
    Glass,
    /// The token on the page dies soon: cover what its visuals would say then.
    Cover,
    /// Ask the page for a sign of life.
    Beat,
    /// The page must have answered the beat.
    BeatLimit,
    /// The web process must have ended.
    ProcessEnd,
    /// Load again after a crash.
    Respawn,
    /// What lies over the picture goes.
    Plate,
    /// The start is done, whatever is on the screen.
    Ready,
    /// The new settings must have led to a picture.
    Confirm,
}

impl Timer {
    pub(super) const ALL: [Self; 19] = [
        Self::TokenRefresh,
        Self::FetchLimit,
        Self::TokenExpiry,
        Self::OfflineLimit,
        Self::Answer,
        Self::Load,
        Self::Retry,
        Self::Turn,
        Self::PageReload,
        Self::Probe,
        Self::Glass,
        Self::Cover,
        Self::Beat,
        Self::BeatLimit,
        Self::ProcessEnd,
        Self::Respawn,
        Self::Plate,
        Self::Ready,
        Self::Confirm,
    ];
}

#[derive(Debug, Default)]
pub(super) struct TimerTable {
    deadlines: [Option<Instant>; Timer::ALL.len()],
    /// The deadline that comes first: it is asked for much more often than it changes.
    first: Option<(Instant, Timer)>,
}

impl TimerTable {
    pub(super) fn set(&mut self, timer: Timer, at: Instant) {
        self.deadlines[timer as usize] = Some(at);
        match self.first {
            Some((_, first)) if first == timer => self.find_first(),
            Some((earliest, _)) if earliest <= at => {}
            Some(_) | None => self.first = Some((at, timer)),
        }
    }

    pub(super) fn stop(&mut self, timer: Timer) {
        self.deadlines[timer as usize] = None;
        if self.first.is_some_and(|(_, first)| first == timer) {
            self.find_first();
        }
    }

    pub(super) fn stop_all(&mut self) {
        *self = Self::default();
    }

    pub(super) fn get(&self, timer: Timer) -> Option<Instant> {
        self.deadlines[timer as usize]
    }

    pub(super) fn next(&self) -> Option<(Instant, Timer)> {
        self.first
    }

    /// Takes the first deadline that has passed.
    pub(super) fn take_passed(&mut self, now: Instant) -> Option<Timer> {
        let (_, timer) = self.first.filter(|(at, _)| *at <= now)?;
        self.stop(timer);
        Some(timer)
    }

    fn find_first(&mut self) {
        self.first = None;
        for (timer, deadline) in Timer::ALL.iter().zip(&self.deadlines) {
            match (*deadline, self.first) {
                (Some(at), Some((earliest, _))) if earliest <= at => {}
                (Some(at), _) => self.first = Some((at, *timer)),
                (None, _) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Timer, TimerTable};

    #[test]
    fn every_timer_has_its_own_place() {
        let places = Timer::ALL.map(|timer| timer as usize);
        assert!(
            places
                .iter()
                .enumerate()
                .all(|(index, place)| index == *place)
        );
    }

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
