//! Growing, jittered delays, and a limit on how often something may start.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use fastrand::Rng;

/// So long after the last retry without a failure, all is well again.
const HEALTHY: Duration = Duration::from_secs(600);

/// A delay that doubles with every failure in a row.
#[derive(Debug)]
pub(super) struct Backoff {
    first: Duration,
    longest: Duration,
    failures: u32,
    due: Option<Instant>,
}

impl Backoff {
    pub(super) const fn new(first: Duration, longest: Duration) -> Self {
        Self {
            first,
            longest,
            failures: 0,
            due: None,
        }
    }

    /// The delay before the next try, up to 20 % shorter or longer than planned.
    pub(super) fn next(&mut self, rng: &mut Rng, now: Instant) -> Duration {
        let healthy = self
            .due
            .is_some_and(|due| now.saturating_duration_since(due) >= HEALTHY);
        if healthy {
            self.reset();
        }
        let doublings = self.failures.min(20);
        self.failures = self.failures.saturating_add(1);
        let planned = self.first.saturating_mul(1 << doublings).min(self.longest);
        let delay = planned.mul_f64(0.8 + 0.4 * rng.f64()).min(self.longest);
        self.due = Some(now + delay);
        delay
    }

    pub(super) fn reset(&mut self) {
        self.failures = 0;
    }
}

/// Pauses between tries at something that is away, so that its return is noticed soon.
///
/// A short outage is met quickly; after that the tries are spread so that no minute has more than
/// twelve beside the one by plan.
#[derive(Debug, Default)]
pub(super) struct Vigil {
    tries: u32,
}

impl Vigil {
    pub(super) const fn new() -> Self {
        Self { tries: 0 }
    }

    /// One that goes on where other tries have begun.
    pub(super) const fn after_tries() -> Self {
        Self { tries: 2 }
    }

    /// The pause before the next try, up to 8 % shorter or longer than planned.
    pub(super) fn next(&mut self, rng: &mut Rng) -> Duration {
        let seconds = match self.tries {
            0 => 1.0,
            1 => 2.0,
            2..7 => 3.5,
            7..11 => 9.5,
            _ => 5.0,
        };
        self.tries = self.tries.saturating_add(1);
        Duration::from_secs_f64(seconds * (0.92 + 0.16 * rng.f64()))
    }

    pub(super) fn reset(&mut self) {
        self.tries = 0;
    }
}

/// When things started, within a sliding window.
#[derive(Debug)]
pub(super) struct Window {
    length: Duration,
    starts: VecDeque<Instant>,
}

impl Window {
    pub(super) fn new(length: Duration) -> Self {
        Self {
            length,
            starts: VecDeque::new(),
        }
    }

    /// Notes a start, or says when the next one is allowed.
    pub(super) fn start(&mut self, limit: usize, now: Instant) -> Result<(), Instant> {
        self.forget_old(now);
        if self.starts.len() < limit {
            self.starts.push_back(now);
            return Ok(());
        }
        let oldest_counted = self.starts[self.starts.len() - limit.max(1)];
        Err(oldest_counted + self.length)
    }

    /// Notes a start that happened anyway, and counts those in the window.
    pub(super) fn count(&mut self, now: Instant) -> usize {
        self.forget_old(now);
        self.starts.push_back(now);
        self.starts.len()
    }

    pub(super) fn clear(&mut self) {
        self.starts.clear();
    }

    pub(super) fn last(&self) -> Option<Instant> {
        self.starts.back().copied()
    }

    fn forget_old(&mut self, now: Instant) {
        while let Some(first) = self.starts.front()
            && now.saturating_duration_since(*first) >= self.length
        {
            self.starts.pop_front();
        }
    }
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "a test needs some instant to start from"
)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn delays_double_up_to_the_longest() {
        let start = Instant::now();
        let mut rng = Rng::with_seed(1);
        let mut backoff = Backoff::new(SECOND, SECOND * 60);
        let delays: Vec<f64> = (0..9)
            .map(|_| backoff.next(&mut rng, start).as_secs_f64())
            .collect();

        assert!((0.8..=1.2).contains(&delays[0]), "{delays:?}");
        assert!((6.4..=9.6).contains(&delays[3]), "{delays:?}");
        assert!((48.0..=60.0).contains(&delays[8]), "{delays:?}");
    }

    #[test]
    fn a_vigil_is_short_at_first_and_never_more_than_twelve_a_minute() {
        for seed in 0..200 {
            let mut rng = Rng::with_seed(seed);
            let mut vigil = Vigil::new();
            let mut tries = vec![0.0];
            while tries[tries.len() - 1] < 600.0 {
                let pause = vigil.next(&mut rng).as_secs_f64();
                tries.push(tries[tries.len() - 1] + pause);
            }
            assert!(tries.iter().filter(|at| **at < 20.0).count() >= 7);
            for from in &tries {
                let in_minute = tries.iter().filter(|at| (*from..from + 60.0).contains(*at));
                assert!(
                    in_minute.count() <= 13,
                    "seed {seed}, from {from}: {tries:?}"
                );
            }
        }
    }

    #[test]
    fn a_full_window_says_when_the_next_start_is_allowed() {
        let start = Instant::now();
        let mut window = Window::new(SECOND * 60);
        assert_eq!(window.start(2, start), Ok(()));
        assert_eq!(window.start(2, start + SECOND), Ok(()));
        assert_eq!(
            window.start(2, start + SECOND * 2),
            Err(start + SECOND * 60)
        );
        assert_eq!(window.start(2, start + SECOND * 60), Ok(()));
    }
}
