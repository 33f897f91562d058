//! The player: decides everything, does nothing itself.

use std::time::Instant;

mod command;
mod event;
mod ids;
mod slate;
mod status;

pub use command::*;
pub use event::*;
pub use ids::*;
pub use slate::*;
pub use status::*;
pub use timer::Timer;

mod timer;

/// The state machine. Give it events and the time; take its commands; wake it when it says.
#[derive(Debug)]
pub struct Player {}

impl Player {
    /// A player that has seen nothing yet; `seed` makes its jitter repeatable.
    #[must_use]
    pub fn new(seed: u64, now: Instant) -> Self {
        let _ = (seed, now);
        Self {}
    }

    /// Takes one fact.
    pub fn handle_event(&mut self, event: Event, now: Instant) {
        let _ = (event, now);
    }

    /// Acts on every deadline that has passed.
    pub fn handle_timeout(&mut self, now: Instant) {
        let _ = now;
    }

    /// When to call [`Player::handle_timeout`] next, and what for.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<(Instant, Timer)> {
        None
    }

    /// The next order, until there is none left.
    pub fn poll_command(&mut self) -> Option<Command> {
        None
    }

    #[must_use]
    pub fn status(&self, now: Instant) -> Status {
        let _ = now;
        unreachable!("written next")
    }
}
