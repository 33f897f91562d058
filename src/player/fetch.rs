//! Gets tokens: when one is wanted, what is done with it, and what if there is none.

use std::time::{Duration, Instant};

use super::{
    Command, EmbedToken, Player, RequestId, SlateKind, Timer, TokenFailure, ViewOrder,
    ladder::Rung,
    stage::{Healing, Occasion, Step, Task},
    token::Start,
};
use crate::settings::{Content, Report, WhenOffline};

/// The operator cannot ask for tokens faster than this.
const OPERATOR_PAUSE: Duration = Duration::from_secs(1);

impl Player {
    /// A planned refresh or a retry is due.
    pub(super) fn token_due(&mut self, now: Instant) {
        let is_stuck = self.task == Task::AwaitToken && !self.has_picture();
        match self.next_ready(now) {
            Some(next) if is_stuck => self.go_to(next, now),
            Some(_) | None => self.want_token(now),
        }
    }

    /// Fetches a token for the current report; the one in flight serves every wish.
    pub(super) fn want_token(&mut self, now: Instant) {
        match self.throttled_until() {
            Some(until) if until > now => self.timers.set(Timer::TokenRefresh, until),
            Some(_) | None => self.fetch(now),
        }
    }

    pub(super) fn want_token_for_operator(&mut self, now: Instant) {
        let earliest = self.tokens.last_start().map(|start| start + OPERATOR_PAUSE);
        match earliest {
            Some(at) if at > now && !self.tokens.is_fetching() => {
                self.timers.set(Timer::TokenRefresh, at);
            }
            Some(_) | None => self.fetch(now),
        }
    }

    fn fetch(&mut self, now: Instant) {
        let (Some(report), Some(settings)) = (self.report(), self.settings().cloned()) else {
            return;
        };
        match self.tokens.start(&report, &settings.token, now) {
            Start::Started(request) => {
                self.timers.stop(Timer::TokenRefresh);
                self.commands.push_back(Command::FetchToken {
                    request,
                    report,
                    settings,
                });
            }
            Start::Busy => {}
            Start::NotBefore(at) => self.timers.set(Timer::TokenRefresh, at),
        }
    }

    pub(super) fn token_fetched(&mut self, request: RequestId, token: EmbedToken, now: Instant) {
        let Some(report) = self.tokens.finish(request) else {
            return self.fetch_if_needed(now);
        };
        let occasion = self.occasion();
        if let Err(failure) = self.tokens.keep(&report, token, now) {
            return self.no_token(report, failure, now);
        }
        if self.report().as_ref() != Some(&report) {
            return self.fetch_if_needed(now);
        }
        self.plan_refresh(now);
        self.use_token(occasion, now);
    }

    fn use_token(&mut self, occasion: Occasion, now: Instant) {
        match self.task.clone() {
            Task::AwaitToken => {
                if let Some(content) = self.playlist.content().cloned() {
                    self.load(content, now);
                }
            }
            Task::Show => self.swap(occasion, now),
            Task::Heal(healing) => match healing.step {
                Step::Token => self.perform(healing, now),
                Step::SetToken { .. } | Step::Render(_) | Step::Replace => {}
            },
            // It is put in place when the answer or the picture is there.
            Task::Swap { .. } | Task::Load => {}
            Task::Nothing | Task::Rest(_) | Task::Stop => {}
        }
    }

    pub(super) fn token_fetch_failed(
        &mut self,
        request: RequestId,
        failure: TokenFailure,
        now: Instant,
    ) {
        match self.tokens.finish(request) {
            Some(report) => self.no_token(report, failure, now),
            None => self.fetch_if_needed(now),
        }
    }

    fn no_token(&mut self, report: Report, failure: TokenFailure, now: Instant) {
        tracing::warn!(%failure, "there is no new token");
        let is_denied = matches!(failure, TokenFailure::Denied { .. });
        if is_denied {
            self.tokens.forget(&report);
        }
        let is_current = self.report().as_ref() == Some(&report);
        let until = self.tokens.fail(report, failure, &mut self.rng, now);
        if !is_current {
            return self.fetch_if_needed(now);
        }
        self.timers.set(Timer::TokenRefresh, until);
        if is_denied {
            self.denied(until, now);
        } else {
            self.unavailable(until, now);
        }
    }

    /// The report may not be shown: it leaves the screen at once.
    fn denied(&mut self, until: Instant, now: Instant) {
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
    fn unavailable(&mut self, until: Instant, now: Instant) {
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
    fn may_wait(&self, now: Instant) -> bool {
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
        is_loading || (self.has_picture() && !must_go)
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
            super::Slate {
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
        tracing::warn!(sign = "clock", "the token on the page ran out");
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
                    signs: super::page::Signs::default(),
                });
            }
            Task::AwaitToken | Task::Heal(_) | Task::Load => {}
            Task::Nothing | Task::Rest(_) | Task::Stop => {}
        }
    }

    fn start_offline_limit(&mut self, now: Instant) {
        let Some(settings) = self.settings() else {
            return;
        };
        let recovery = &settings.recovery;
        match recovery.when_offline {
            WhenOffline::Keep => {}
            WhenOffline::Slate => {
                let at = now + recovery.offline_limit;
                self.timers.set(Timer::OfflineLimit, at);
            }
        }
    }

    pub(super) fn offline_limit_reached(&mut self, now: Instant) {
        if self.has_dead_token(now) && self.tokens.trouble().is_some() {
            self.task = Task::AwaitToken;
            self.show_why_no_token(now);
        }
    }

    pub(super) fn viewer_interacted(&mut self, now: Instant) {
        let asked = self
            .settings()
            .is_some_and(|settings| settings.token.refresh_on_interaction);
        let report = self.report();
        let token = report.and_then(|report| self.tokens.kept(&report));
        let is_stale = token.is_some_and(|token| token.is_stale(now));
        let is_calm = self.tokens.trouble().is_none();
        if asked && is_stale && is_calm && self.task == Task::Show {
            self.want_token(now);
        }
    }

    /// Watches the life of the token on the page, and plans the next fetch.
    pub(super) fn watch_token(&mut self, now: Instant) {
        self.watch_page_token();
        if self.timers.get(Timer::TokenRefresh).is_none() {
            self.plan_refresh(now);
        }
    }

    pub(super) fn watch_page_token(&mut self) {
        let token = self.stage.screen().and_then(|screen| screen.token);
        match token {
            Some(token) if self.has_current_content() => {
                self.timers.set(Timer::TokenExpiry, token.expires);
            }
            Some(_) | None => self.timers.stop(Timer::TokenExpiry),
        }
    }

    /// Sets the deadline of the next fetch from the token's arrival; fetches if it has passed.
    pub(super) fn plan_refresh(&mut self, now: Instant) {
        let (Some(report), Some(settings)) = (self.report(), self.settings().cloned()) else {
            return self.timers.stop(Timer::TokenRefresh);
        };
        if self.tokens.is_fetching() {
            return;
        }
        let token = self.tokens.kept(&report).cloned();
        let planned = token.map(|token| token.planned(&settings.token, &mut self.rng));
        match planned.max(self.tokens.blocked_until(&report)) {
            Some(at) if at > now => self.timers.set(Timer::TokenRefresh, at),
            Some(_) | None => self.want_token(now),
        }
    }

    /// Puts a token in place that arrived while the page was busy.
    pub(super) fn catch_up_with_token(&mut self, now: Instant) {
        let on_page = self.stage.screen().and_then(|screen| screen.token);
        let report = self.report();
        let newest = report.and_then(|report| self.tokens.kept(&report));
        if newest.is_some_and(|newest| Some(newest.stamp) != on_page) {
            self.swap(Occasion::Plan, now);
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

    /// The report whose turn it is.
    pub(super) fn report(&self) -> Option<Report> {
        match self.playlist.content()? {
            Content::Report(report) => Some(report.clone()),
            Content::Page(_) => None,
        }
    }

    /// An answer came that serves nobody; somebody else may have waited for its end.
    fn fetch_if_needed(&mut self, now: Instant) {
        let waits = match &self.task {
            Task::AwaitToken => true,
            Task::Heal(healing) => healing.step == Step::Token,
            Task::Nothing
            | Task::Load
            | Task::Show
            | Task::Swap { .. }
            | Task::Rest(_)
            | Task::Stop => false,
        };
        if self.tokens.is_fetching() || self.timers.get(Timer::TokenRefresh).is_some() {
            return;
        }
        if waits {
            self.want_token(now);
        } else {
            self.plan_refresh(now);
        }
    }

    fn throttled_until(&self) -> Option<Instant> {
        let trouble = self.tokens.trouble()?;
        matches!(trouble.failure, TokenFailure::Throttled { .. }).then_some(trouble.until)
    }

    fn is_unprepared(&self) -> bool {
        self.tokens
            .trouble()
            .is_some_and(|trouble| matches!(trouble.failure, TokenFailure::Unprepared { .. }))
    }

    fn occasion(&self) -> Occasion {
        let was_away = self
            .tokens
            .trouble()
            .is_some_and(|trouble| trouble.in_a_row > 1);
        if was_away {
            Occasion::Outage
        } else {
            Occasion::Plan
        }
    }
}
