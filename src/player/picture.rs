//! What becomes of a page that was ordered: it comes up, fails, or is late.

use std::time::Instant;

use super::{
    PageFailure, Player, Timer,
    ladder::Rung,
    page::Signs,
    stage::{Picture, Resting, Stage, Step, Task},
};
use crate::settings::Content;

/// What the service says when the report will not be shown to us, however often we ask.
const REFUSALS: [&str; 4] = [
    "PowerBIEntityNotFound",
    "PowerBINotAuthorizedException",
    "PowerBIFolderNotFound",
    "GroupNotAccessible",
];

impl Player {
    pub(super) fn rendered(&mut self, now: Instant) {
        self.stage.set_picture(Picture::Up);
        self.liveness.rendered();
        self.announce_ready();
        let on_slate = self.stage.screen().is_none();
        if !on_slate {
            self.cover.data_is_fresh(now);
        }
        match self.task.clone() {
            Task::Load => {
                self.shown(now);
                self.look_at_new_picture(now);
            }
            Task::Heal(healing) => match healing.step {
                Step::Render(_) => self.healed(healing, now),
                Step::Token | Step::SetToken { .. } | Step::Replace => {}
            },
            Task::Nothing | Task::AwaitToken | Task::Rest(_) => self.timers.stop(Timer::Load),
            Task::Show | Task::Swap { .. } | Task::Stop => {}
        }
        if on_slate {
            self.timers.stop(Timer::Load);
            self.look_at_new_picture(now);
        }
    }

    /// The content is up: from now on it is kept as it is.
    pub(super) fn shown(&mut self, now: Instant) {
        self.timers.stop(Timer::Load);
        self.timers.stop(Timer::Answer);
        self.task = Task::Show;
        self.unanswered_loads = 0;
        self.timers.stop(Timer::Probe);
        self.probes.end();
        self.start_turn(now);
        self.start_page_reload(now);
        self.watch_token(now);
        self.catch_up_with_token(now);
    }

    pub(super) fn page_failed(&mut self, failure: &PageFailure, now: Instant) {
        self.note_trouble(failure, now);
        if !self.has_current_content() {
            return self.stage_failed(now);
        }
        self.blame_trial(failure);
        match failure {
            PageFailure::Report { message, .. } => self.report_failed(message, failure, now),
            PageFailure::NotLoaded { .. } => {
                self.unanswered_loads = self.unanswered_loads.saturating_add(1);
                self.document_failed(Resting::Unreachable, failure, now);
            }
            PageFailure::HttpStatus { .. } => self.document_failed(Resting::Trouble, failure, now),
        }
    }

    /// A slate, or content whose turn is over, failed.
    pub(super) fn stage_failed(&mut self, now: Instant) {
        match self.stage {
            // A slate needs nothing from outside: only a new web process can help.
            Stage::Slate { .. } => self.replace_stuck_process("a slate does not come up", now),
            Stage::Content(_) => self.lose_picture(now),
        }
    }

    pub(super) fn document_failed(
        &mut self,
        resting: Resting,
        failure: &PageFailure,
        now: Instant,
    ) {
        match self.playlist.content() {
            Some(Content::Page(_)) => self.rest(resting, &failure.to_string(), now),
            Some(Content::Report(_)) | None => self.climb_after_failure(now),
        }
    }

    pub(super) fn report_failed(&mut self, message: &str, failure: &PageFailure, now: Instant) {
        let is_refusal = REFUSALS.contains(&message);
        match self.task.clone() {
            Task::Heal(healing) if is_refusal && healing.rung >= Rung::Page => {
                self.rest(Resting::Refused, &failure.to_string(), now);
            }
            Task::Heal(healing) => match healing.step {
                Step::Render(_) => self.climb_above(healing, now),
                Step::Token | Step::SetToken { .. } | Step::Replace => {}
            },
            Task::Show | Task::Swap { .. } => {
                let judge = self.playlist.judge();
                // It was rendered after this complaint before, so it can be lived with.
                if !judge.is_some_and(|judge| judge.tolerates(message, now)) {
                    self.climb(Rung::Page, Signs::default(), now);
                }
            }
            Task::Load => self.climb(Rung::Page, Signs::default(), now),
            Task::Nothing | Task::AwaitToken | Task::Rest(_) | Task::Stop => {}
        }
    }

    pub(super) fn load_limit_reached(&mut self, now: Instant) {
        if self.stage.screen().is_none() || !self.has_current_content() {
            return self.stage_failed(now);
        }
        self.note_trouble("the page was not rendered in time", now);
        self.blame_trial("the page was not rendered in time");
        self.climb_after_failure(now);
    }

    /// Loads the page afresh, or goes on up the ladder if that is what has just failed.
    pub(super) fn climb_after_failure(&mut self, now: Instant) {
        match self.task.clone() {
            Task::Heal(healing) => self.climb_above(healing, now),
            Task::Load | Task::Show | Task::Swap { .. } => {
                self.climb(Rung::Page, Signs::default(), now);
            }
            Task::Nothing | Task::AwaitToken | Task::Rest(_) | Task::Stop => {}
        }
    }
}
