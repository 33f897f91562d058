//! Gives up for a while, and tries again.

use std::time::Instant;

use super::{
    Player, Slate, SlateKind, Timer, ViewOrder,
    stage::{Picture, Resting, Task},
};

impl Player {
    /// Nothing helps now: other entries come first, and this one is tried again later.
    pub(super) fn rest(&mut self, resting: Resting, reason: &str, now: Instant) {
        let delay = match resting {
            Resting::Trouble | Resting::Unreachable | Resting::Untimed => {
                self.rests.next(&mut self.rng, now)
            }
            Resting::Refused => self.refusals.next(&mut self.rng, now),
        };
        self.note_trouble(reason, now);
        tracing::debug!(reason, ?delay, "trying again later");
        self.timers.stop(Timer::Answer);
        self.timers.stop(Timer::Load);
        self.playlist.skip(now + delay);
        if let Some(report) = self.report().cloned() {
            self.tokens.forget(&report);
        }
        let keeps_picture = match resting {
            Resting::Refused | Resting::Untimed => false,
            // The old document stays when the new one cannot be had: no slate for one hiccup.
            Resting::Unreachable => self.stage.picture() == Picture::Renewed,
            Resting::Trouble => self.has_picture() && !self.glass.is_blank(),
        };
        let stays_covered = match resting {
            Resting::Trouble | Resting::Unreachable => self.may_stay_covered(now),
            Resting::Refused | Resting::Untimed => false,
        };
        if !keeps_picture && !stays_covered {
            let slate = self.slate(slate_kind(resting), reason.to_owned());
            let next_try = Some(delay);
            self.show_slate(Slate { next_try, ..slate }, now);
        }
        if resting == Resting::Refused {
            self.order(ViewOrder::ForgetContent);
        }
        self.task = Task::Rest(resting);
        self.timers.set(Timer::Retry, now + delay);
        self.start_probes(now);
        if let Some(next) = self.next_ready(now) {
            self.go_to(next, now);
        }
    }

    pub(super) fn retry(&mut self, now: Instant) {
        match self.next_ready(now) {
            Some(next) => self.go_to(next, now),
            None => self.present(now),
        }
    }
}

fn slate_kind(resting: Resting) -> SlateKind {
    match resting {
        Resting::Trouble => SlateKind::Trouble,
        Resting::Unreachable => SlateKind::WaitingForNetwork,
        Resting::Refused => SlateKind::Denied,
        Resting::Untimed => SlateKind::WaitingForTime,
    }
}
