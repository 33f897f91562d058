//! One trouble outside, from its first failure to its end: what to log and when to try again.

use std::time::{Duration, Instant};

/// Something that fails again and again until it works.
#[derive(Debug)]
pub struct Incident {
    since: Option<Instant>,
    pause: Duration,
    first_pause: Duration,
    longest_pause: Duration,
}

/// Whether a failure is to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// It opens the incident: one warning, with the cause and what to do.
    First,
    /// It is known: nothing above debug.
    Repeated,
}

impl Incident {
    /// No incident yet; the pauses between tries will double from the first to the longest.
    #[must_use]
    pub fn new(first_pause: Duration, longest_pause: Duration) -> Self {
        Self {
            since: None,
            pause: first_pause,
            first_pause,
            longest_pause,
        }
    }

    /// Another failure.
    pub fn failed(&mut self, now: Instant) -> Failure {
        if self.since.is_some() {
            return Failure::Repeated;
        }
        self.since = Some(now);
        Failure::First
    }

    /// How long to wait before the next try; longer each time.
    pub fn next_pause(&mut self) -> Duration {
        let pause = self.pause;
        self.pause = (pause * 2).min(self.longest_pause);
        pause
    }

    /// It works. If it had not, answers for how many seconds (with one decimal), as `took_s` of
    /// the one line that says `recovered`.
    pub fn over(&mut self, now: Instant) -> Option<f64> {
        self.pause = self.first_pause;
        let since = self.since.take()?;
        let took = now.saturating_duration_since(since).as_secs_f64();
        Some((took * 10.0).round() / 10.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_incident_is_told_at_its_beginning_and_at_its_end() {
        let mut now = crate::clock::now();
        let second = Duration::from_secs(1);
        let mut incident = Incident::new(second, 5 * second);
        assert_eq!(incident.over(now), None);
        assert_eq!(incident.failed(now), Failure::First);
        for pause in [1, 2, 4, 5, 5] {
            assert_eq!(incident.next_pause(), pause * second);
            now += pause * second;
            assert_eq!(incident.failed(now), Failure::Repeated);
        }
        assert_eq!(incident.over(now + second / 4), Some(17.3));
        assert_eq!(incident.over(now), None);
        assert_eq!(incident.failed(now), Failure::First);
        assert_eq!(incident.next_pause(), second);
    }
}
