//! What is going to happen, in the order of time.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    time::{Duration, Instant},
};

use everlit::player::{ProbeId, Reach, RequestId};

use crate::{faults::Happening, service::Mood, view::Effect};

/// Something that comes due.
#[derive(Debug, Clone)]
pub(crate) enum Due {
    /// The source answers, in the mood in which it was asked.
    Answer { request: RequestId, mood: Mood },
    /// The content's server answered a probe, or did not.
    Probed { probe: ProbeId, reach: Reach },
    /// Something in the view comes to its end.
    Effect(Effect),
    /// Something of the fault plan; in a box, since all the others are small.
    Happening(Box<Happening>),
    /// The daemon reads its settings file at start.
    Start,
    /// One version of the settings file is put back in the place of another.
    Revert { from: String, to: String },
}

#[derive(Debug)]
pub(crate) struct Agenda {
    pub(crate) now: Instant,
    heap: BinaryHeap<Reverse<Item>>,
    last: u64,
}

#[derive(Debug)]
struct Item {
    at: Instant,
    /// What was put down first comes first.
    number: u64,
    due: Due,
}

impl Agenda {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            now,
            heap: BinaryHeap::new(),
            last: 0,
        }
    }

    pub(crate) fn after(&mut self, delay: Duration, due: Due) {
        self.at(self.now + delay, due);
    }

    pub(crate) fn at(&mut self, at: Instant, due: Due) {
        self.last += 1;
        self.heap.push(Reverse(Item {
            at,
            number: self.last,
            due,
        }));
    }

    pub(crate) fn next(&self) -> Option<Instant> {
        self.heap.peek().map(|Reverse(item)| item.at)
    }

    pub(crate) fn take(&mut self) -> Option<Due> {
        self.heap.pop().map(|Reverse(item)| item.due)
    }

    /// The daemon ended: nobody waits for its answers any more; the world goes on.
    pub(crate) fn forget_answers(&mut self) {
        self.heap.retain(|Reverse(item)| match item.due {
            Due::Happening(_) => true,
            Due::Answer { .. }
            | Due::Probed { .. }
            | Due::Effect(_)
            | Due::Start
            | Due::Revert { .. } => false,
        });
    }
}

impl PartialEq for Item {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for Item {}

impl PartialOrd for Item {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Item {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}
