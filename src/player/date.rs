//! Waits for the time: with a wrong date no certificate can be judged.

use std::time::Instant;

use super::{
    ClockState, Player, SlateKind, Timer,
    stage::{Resting, Task},
};

impl Player {
    pub(super) fn clock_judged(&mut self, clock: ClockState, now: Instant) {
        self.clock = clock;
        if clock == ClockState::Plausible && self.task == Task::Rest(Resting::Untimed) {
            self.present(now);
        }
    }

    /// Nothing is shown yet and nothing can be asked for. A picture that is up stays.
    pub(super) fn must_wait_for_time(&self) -> bool {
        self.clock == ClockState::Implausible && !self.has_picture()
    }

    pub(super) fn wait_for_time(&mut self, now: Instant) {
        self.note_trouble(
            "the clock is wrong; nothing is fetched before it is set",
            now,
        );
        self.timers.stop(Timer::TokenRefresh);
        let reason =
            "The date of this device is wrong. It is set by the network's time service".to_owned();
        let slate = self.slate(SlateKind::WaitingForTime, reason);
        self.show_slate(slate, now);
        self.task = Task::Rest(Resting::Untimed);
    }
}
