//! How many connections there may be, and which one goes when there are too many.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use tokio::sync::oneshot;

/// More than a fleet's monitors, a technician's browser and a handful of idle ones need.
const MOST: usize = 160;

/// Every open connection. When there are too many, the one that has waited longest without having
/// asked for anything is closed: whoever opens hundreds of connections and says nothing on them
/// loses them first, and everybody else still gets in.
#[derive(Debug, Clone, Default)]
pub(super) struct Crowd(Arc<Mutex<Inside>>);

#[derive(Debug, Default)]
struct Inside {
    last: u64,
    guests: HashMap<u64, Guest>,
}

#[derive(Debug)]
struct Guest {
    doing: Doing,
    since: Instant,
    /// Dropped to send the guest away.
    _stay: oneshot::Sender<()>,
}

/// What a connection is about; those that come first go first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Doing {
    /// It has not asked for anything yet.
    Arriving,
    /// It was answered.
    Idling,
    /// An answer is being made.
    Asking,
}

/// A connection's place; free again when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    crowd: Crowd,
    number: u64,
}

/// Resolves when the connection has to go.
pub(super) type Leave = oneshot::Receiver<()>;

impl Crowd {
    /// Lets a connection in, and sends another one away if there are too many.
    pub(super) fn enter(&self, now: Instant) -> (Place, Leave) {
        let (stay, leave) = oneshot::channel();
        let inside = &mut *self.inside();
        if inside.guests.len() >= MOST {
            let first_to_go = inside
                .guests
                .iter()
                .min_by_key(|(_, guest)| (guest.doing, guest.since));
            if let Some(number) = first_to_go.map(|(number, _)| *number) {
                inside.guests.remove(&number);
            }
        }
        inside.last += 1;
        let number = inside.last;
        let guest = Guest {
            doing: Doing::Arriving,
            since: now,
            _stay: stay,
        };
        inside.guests.insert(number, guest);
        let crowd = self.clone();
        (Place { crowd, number }, leave)
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        // Nothing in there is ever half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    pub(super) fn asks(&self, now: Instant) {
        self.note(Doing::Asking, now);
    }

    pub(super) fn was_answered(&self, now: Instant) {
        self.note(Doing::Idling, now);
    }

    fn note(&self, doing: Doing, now: Instant) {
        if let Some(guest) = self.crowd.inside().guests.get_mut(&self.number) {
            guest.doing = doing;
            guest.since = now;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.crowd.inside().guests.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::clock;

    fn has_to_leave(leave: &mut Leave) -> bool {
        leave.try_recv() == Err(oneshot::error::TryRecvError::Closed)
    }

    #[test]
    fn whoever_says_nothing_goes_first_and_the_newest_gets_in() {
        let (crowd, start) = (Crowd::default(), clock::now());
        let later = |seconds| start + Duration::from_secs(seconds);
        let (working, mut working_leave) = crowd.enter(start);
        working.asks(start);
        let (answered, mut answered_leave) = crowd.enter(start);
        answered.was_answered(start);
        let mut silent: Vec<_> = (1..=300).map(|second| crowd.enter(later(second))).collect();

        assert!(!has_to_leave(&mut working_leave));
        assert!(!has_to_leave(&mut answered_leave));
        let gone = silent
            .iter_mut()
            .filter_map(|(_, leave)| has_to_leave(leave).then_some(()));
        assert_eq!(gone.count(), 302 - MOST);
        assert!(!has_to_leave(&mut silent[299].1));
        assert!(has_to_leave(&mut silent[0].1));
    }

    #[test]
    fn a_place_is_free_when_its_connection_is_gone() {
        let (crowd, now) = (Crowd::default(), clock::now());
        let places: Vec<_> = (0..MOST).map(|_| crowd.enter(now)).collect();
        drop(places);
        let (_place, mut leave) = crowd.enter(now);
        assert_eq!(crowd.inside().guests.len(), 1);
        assert!(!has_to_leave(&mut leave));
    }
}
