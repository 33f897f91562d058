//! Trouble with the state directory: shared by all who write there, told once.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::incident::{Failure, Incident};

/// One incident of several writers; clones share it.
#[derive(Debug, Clone)]
pub struct Trouble(Arc<Mutex<Shared>>);

#[derive(Debug)]
struct Shared {
    incident: Incident,
    /// Writers that fail at present.
    failing: u32,
}

impl Trouble {
    #[must_use]
    pub fn none() -> Self {
        // The writers pause for themselves.
        let incident = Incident::new(Duration::ZERO, Duration::ZERO);
        let failing = 0;
        Self(Arc::new(Mutex::new(Shared { incident, failing })))
    }

    /// A writer fails, for the first time or again.
    pub(super) fn failed(&self, own: Failure, now: Instant) -> Failure {
        match own {
            Failure::Repeated => Failure::Repeated,
            Failure::First => {
                let shared = &mut *self.shared();
                shared.failing += 1;
                shared.incident.failed(now)
            }
        }
    }

    /// A writer that failed works again. If it was the last one, answers for how many seconds
    /// somebody had failed.
    pub(super) fn over(&self, now: Instant) -> Option<f64> {
        let shared = &mut *self.shared();
        shared.failing = shared.failing.saturating_sub(1);
        if shared.failing > 0 {
            return None;
        }
        shared.incident.over(now)
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        // Nothing in there is ever half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    #[test]
    fn of_two_who_fail_the_first_is_told_and_the_last_one_ends_it() {
        let (trouble, start) = (Trouble::none(), clock::now());
        let later = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(trouble.failed(Failure::First, start), Failure::First);
        assert_eq!(trouble.failed(Failure::First, later(1)), Failure::Repeated);
        assert_eq!(
            trouble.failed(Failure::Repeated, later(2)),
            Failure::Repeated
        );
        assert_eq!(trouble.over(later(5)), None);
        assert_eq!(trouble.over(later(7)), Some(7.0));
        assert_eq!(trouble.failed(Failure::First, later(9)), Failure::First);
    }
}
