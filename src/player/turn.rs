//! Playlist entries take turns.

use std::time::{Duration, Instant};

use super::{
    Player, Timer, TokenFailure,
    stage::{Picture, Step, Task},
};
use crate::settings::Content;

/// Turns shorter than this would be a flicker.
const SHORTEST_TURN: Duration = Duration::from_secs(1);
/// A recovery or a load is not cut short for the next entry.
const POSTPONED: Duration = Duration::from_secs(5);

impl Player {
    pub(super) fn turn(&mut self, now: Instant) {
        let is_busy = match &self.task {
            Task::Heal(healing) => healing.step != Step::Token,
            Task::Load | Task::Swap { .. } | Task::AwaitToken => true,
            Task::Nothing | Task::Show | Task::Rest(_) | Task::Stop => false,
        };
        if is_busy {
            self.timers.set(Timer::Turn, now + POSTPONED);
            return;
        }
        match self.next_ready(now) {
            Some(next) => self.go_to(next, now),
            None => self.start_turn(now),
        }
    }

    /// Gives the current entry its time on the screen.
    pub(super) fn start_turn(&mut self, now: Instant) {
        if self.playlist.len() > 1 && self.timers.get(Timer::Turn).is_none() {
            self.restart_turn(now);
        }
    }

    pub(super) fn restart_turn(&mut self, now: Instant) {
        let current = self.playlist.current;
        let show_for = self
            .settings()
            .and_then(|settings| settings.playlist.get(current))
            .map(|entry| entry.show_for);
        match show_for {
            Some(show_for) if self.playlist.len() > 1 => {
                self.timers
                    .set(Timer::Turn, now + show_for.max(SHORTEST_TURN));
            }
            Some(_) | None => self.timers.stop(Timer::Turn),
        }
    }

    pub(super) fn go_to(&mut self, index: usize, now: Instant) {
        self.playlist.current = index;
        self.timers.stop(Timer::Turn);
        if let Some(judge) = self.playlist.judge() {
            judge.loaded_afresh(now);
        }
        self.present(now);
    }

    /// The next entry cannot be shown; what is on the screen is still another entry's.
    pub(super) fn move_on(&mut self, now: Instant) {
        let shown = self.shown_entry();
        match (self.next_ready(now), shown) {
            (Some(next), Some(shown)) if next != shown => self.go_to(next, now),
            (_, Some(shown)) => self.stay_with(shown, now),
            (Some(next), None) => self.go_to(next, now),
            (None, None) => {}
        }
    }

    /// The current entry waits for its token while another one's picture stays.
    pub(super) fn is_turning(&self) -> bool {
        self.task == Task::AwaitToken && !self.has_current_content() && self.shown_entry().is_some()
    }

    /// The next entry that did not fail lately and whose token can be had.
    pub(super) fn next_ready(&self, now: Instant) -> Option<usize> {
        let is_source_away = self.tokens.trouble().is_some_and(|trouble| {
            !matches!(trouble.failure, TokenFailure::Denied { .. }) && trouble.until > now
        });
        let can_show = |content: &Content| match content {
            Content::Page(_) => true,
            Content::Report(report) => !is_source_away || self.has_fresh_token(report, now),
        };
        self.playlist.next_ready(can_show, now)
    }

    /// This entry is on the stage already, whatever is left of its picture.
    pub(super) fn is_on_stage(&self, index: usize) -> bool {
        index == self.playlist.current && self.has_current_content()
    }

    fn stay_with(&mut self, shown: usize, now: Instant) {
        self.playlist.current = shown;
        self.timers.stop(Timer::TokenRefresh);
        self.task = Task::Show;
        self.restart_turn(now);
        self.start_page_reload(now);
        self.watch_token(now);
        self.catch_up_with_token(now);
    }

    /// The entry whose picture is up.
    fn shown_entry(&self) -> Option<usize> {
        let screen = self.stage.screen()?;
        let is_up = screen.picture == Picture::Up;
        self.playlist.find(&screen.content).filter(|_| is_up)
    }
}
