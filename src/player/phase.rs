//! Names the phase that the player is in.

use std::time::Instant;

use super::{
    Phase, Player, TokenFailure,
    stage::{Picture, Resting, Stage, Step, Task},
};
use crate::settings::Content;

impl Player {
    pub(super) fn phase(&self, now: Instant) -> Phase {
        match &self.task {
            Task::Stop => Phase::Stopping,
            Task::Nothing => Phase::Unconfigured,
            Task::Load => Phase::Loading,
            Task::Show | Task::Swap { .. } if self.is_offline(now) => Phase::Offline,
            Task::Show | Task::Swap { .. } => Phase::Showing,
            Task::Heal(healing) if healing.step == Step::Token && self.is_offline(now) => {
                Phase::Offline
            }
            Task::Heal(_) => Phase::Recovering,
            Task::Rest(Resting::Unreachable | Resting::Trouble) if self.keeps_old_picture() => {
                Phase::Offline
            }
            Task::Rest(Resting::Refused) => Phase::Denied,
            Task::Rest(Resting::Unreachable | Resting::Untimed) => Phase::Waiting,
            Task::Rest(Resting::Trouble) => Phase::Recovering,
            Task::AwaitToken => self.phase_without_token(now),
        }
    }

    pub(super) fn phase_without_token(&self, now: Instant) -> Phase {
        match &self.stage {
            Stage::Content(_) if self.is_offline(now) => Phase::Offline,
            Stage::Content(screen) if screen.picture == Picture::Up => Phase::Showing,
            Stage::Content(_) => Phase::Loading,
            Stage::Slate { .. } if self.is_denied() => Phase::Denied,
            Stage::Slate { .. } => Phase::Waiting,
        }
    }

    /// What is on the screen is the content's last picture.
    fn keeps_old_picture(&self) -> bool {
        let is_old_page = self.stage.picture() == Picture::Renewed;
        self.has_current_content() && (is_old_page || self.is_covered())
    }

    /// The source has been away for more than one try, or the token on the page is dead.
    pub(super) fn is_offline(&self, now: Instant) -> bool {
        let Some(trouble) = self.tokens.trouble() else {
            return false;
        };
        let is_away = match trouble.failure {
            TokenFailure::Throttled { .. }
            | TokenFailure::Unreachable { .. }
            | TokenFailure::Nonsense { .. } => true,
            TokenFailure::Denied { .. } | TokenFailure::Unprepared { .. } => false,
        };
        let is_report = matches!(self.playlist.content(), Some(Content::Report(_)));
        is_report && is_away && (trouble.in_a_row > 1 || self.has_dead_token(now))
    }

    /// The last answer for the current report was a refusal.
    pub(super) fn is_denied(&self) -> bool {
        let report = self.report();
        self.tokens.trouble().is_some_and(|trouble| {
            Some(&trouble.report) == report
                && match trouble.failure {
                    TokenFailure::Denied { .. } | TokenFailure::Unprepared { .. } => true,
                    TokenFailure::Throttled { .. }
                    | TokenFailure::Unreachable { .. }
                    | TokenFailure::Nonsense { .. } => false,
                }
        })
    }
}
