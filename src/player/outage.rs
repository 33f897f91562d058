//! What is on the screen while no token is to be had.

use std::time::Instant;

use super::{
    Player, Slate, SlateKind, Timer, TokenFailure, ViewOrder,
    ladder::Rung,
    page::Signs,
    stage::{Healing, Step, Task},
};
use crate::settings::WhenOffline;

impl Player {
    /// The report may not be shown: it leaves the screen at once.
    pub(super) fn denied(&mut self, until: Instant, now: Instant) {
        self.playlist.skip(until);
        if self.is_turning() {
            return self.move_on(now);
        }
        let was_shown = self.stage.screen().is_some();
        self.task = Task::AwaitToken;
        match self.next_ready(now) {
            Some(next) if !was_shown => self.go_to(next, now),
            Some(next) => {
                self.show_why_no_token(now);
                self.order(ViewOrder::ForgetContent);
                self.go_to(next, now);
            }
            None => {
                self.show_why_no_token(now);
                if was_shown {
                    self.order(ViewOrder::ForgetContent);
                }
            }
        }
    }

    /// The source is away: a picture stays, but nothing new can be shown.
    pub(super) fn unavailable(&mut self, until: Instant, now: Instant) {
        match self.task {
            Task::AwaitToken if self.is_turning() => {
                self.playlist.skip(until);
                self.move_on(now);
            }
            Task::AwaitToken | Task::Heal(_) if !self.may_wait(now) => {
                self.playlist.skip(until);
                self.task = Task::AwaitToken;
                match self.next_ready(now) {
                    Some(next) => self.go_to(next, now),
                    None => self.show_why_no_token(now),
                }
            }
            Task::AwaitToken
            | Task::Heal(_)
            | Task::Nothing
            | Task::Load
            | Task::Show
            | Task::Swap { .. }
            | Task::Rest(_)
            | Task::Stop => {}
        }
    }

    /// There is a picture that may stay, or a page that is still loading.
    pub(super) fn may_wait(&self, now: Instant) -> bool {
        let is_loading = match &self.task {
            Task::Heal(healing) => healing.step != Step::Token,
            Task::Nothing
            | Task::AwaitToken
            | Task::Load
            | Task::Show
            | Task::Swap { .. }
            | Task::Rest(_)
            | Task::Stop => false,
        };
        let must_go = self.is_unprepared() && self.has_dead_token(now);
        let stays_covered = self.is_covered() && self.may_stay_covered(now) && !must_go;
        is_loading || stays_covered || (self.has_picture() && !must_go)
    }

    pub(super) fn show_why_no_token(&mut self, now: Instant) {
        let Some(trouble) = self.tokens.trouble() else {
            return;
        };
        let (kind, remedy) = match &trouble.failure {
            TokenFailure::Denied { remedy, .. } | TokenFailure::Unprepared { remedy, .. } => {
                (SlateKind::Denied, Some(remedy.clone()))
            }
            TokenFailure::Throttled { .. }
            | TokenFailure::Unreachable { .. }
            | TokenFailure::Nonsense { .. } => (SlateKind::WaitingForNetwork, None),
        };
        let next_try = Some(trouble.until.saturating_duration_since(now));
        let slate = self.slate(kind, trouble.failure.to_string());
        self.show_slate(
            Slate {
                remedy,
                next_try,
                ..slate
            },
            now,
        );
    }

    /// The clock says that the token on the page is dead.
    pub(super) fn token_expired(&mut self, now: Instant) {
        if !self.has_current_content() {
            return;
        }
        self.detections.clock += 1;
        self.note_trouble(
            "the token on the page ran out before there was another",
            now,
        );
        self.start_offline_limit(now);
        match self.task.clone() {
            Task::Show | Task::AwaitToken if self.is_unprepared() => {
                self.task = Task::AwaitToken;
                self.show_why_no_token(now);
            }
            Task::Show => self.recover_from_clock(now),
            // The page counts as expired, so that a reload follows.
            Task::Swap { op, token, .. } => {
                self.task = Task::Heal(Healing {
                    rung: Rung::Report,
                    step: Step::SetToken { op, token },
                    signs: Signs::default(),
                });
            }
            Task::AwaitToken | Task::Heal(_) | Task::Load => {}
            Task::Nothing | Task::Rest(_) | Task::Stop => {}
        }
    }

    fn start_offline_limit(&mut self, now: Instant) {
        let until = self.offline_limit(now).unwrap_or(now);
        self.timers.set(Timer::OfflineLimit, until.max(now));
    }

    /// Until when the last picture may stay: the limit counts from the death of its token, and from
    /// its data's age as long as the token lives.
    pub(super) fn offline_limit(&self, now: Instant) -> Option<Instant> {
        let recovery = &self.settings()?.recovery;
        let token = self.stage.screen()?.token;
        let death = token.map(|token| token.expires).filter(|at| *at <= now);
        match recovery.when_offline {
            WhenOffline::Keep => Some(death.or(self.cover.data_from())? + recovery.offline_limit),
            WhenOffline::Slate => None,
        }
    }

    pub(super) fn offline_limit_reached(&mut self, now: Instant) {
        if self.has_dead_token(now) && self.tokens.trouble().is_some() {
            self.task = Task::AwaitToken;
            self.show_why_no_token(now);
        }
    }

    /// The network is back: what waits for it is tried now.
    pub(super) fn try_again_at_once(&mut self, now: Instant) {
        let is_away = self.tokens.trouble().is_some_and(|trouble| {
            matches!(
                trouble.failure,
                TokenFailure::Unreachable { .. } | TokenFailure::Nonsense { .. }
            )
        });
        match self.task {
            Task::Rest(_) => self.retry(now),
            Task::Nothing
            | Task::AwaitToken
            | Task::Load
            | Task::Show
            | Task::Swap { .. }
            | Task::Heal(_)
            | Task::Stop => {}
        }
        if is_away {
            self.want_token(now);
        }
    }

    pub(super) fn is_unprepared(&self) -> bool {
        self.tokens
            .trouble()
            .is_some_and(|trouble| matches!(trouble.failure, TokenFailure::Unprepared { .. }))
    }
}
