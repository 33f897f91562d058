//! Gets tokens: when one is wanted, what is done with it, and what if there is none.

use std::time::{Duration, Instant};

use super::{
    Command, EmbedToken, Player, RequestId, Timer, TokenFailure,
    stage::{Occasion, Step, Task},
    tokens::Start,
};
use crate::settings::{Content, Report};

/// The operator cannot ask for tokens faster than this.
const OPERATOR_PAUSE: Duration = Duration::from_secs(1);

/// A fetch has limits of its own; this one is for an answer that got lost.
const FETCH_LIMIT: Duration = Duration::from_secs(180);

impl Player {
    /// A planned refresh or a retry is due.
    pub(super) fn token_due(&mut self, now: Instant) {
        let is_stuck = self.task == Task::AwaitToken && !self.has_picture();
        match self.next_ready(now) {
            Some(next) if is_stuck && !self.is_on_stage(next) => self.go_to(next, now),
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

    /// Fetches a token unless the last failure asks for patience.
    pub(super) fn await_token(&mut self, now: Instant) {
        match self.patience(now) {
            Some(until) => self.timers.set(Timer::TokenRefresh, until),
            None => self.want_token(now),
        }
    }

    /// Until when another fetch is pointless.
    pub(super) fn patience(&self, now: Instant) -> Option<Instant> {
        let until = self.tokens.blocked_until(self.report()?)?;
        (until > now).then_some(until)
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
        let report = self.report().cloned().map(Box::new);
        let (Some(report), Some(settings)) = (report, self.settings().cloned()) else {
            return;
        };
        match self.tokens.start(&report, &settings.token, now) {
            Start::Started(request) => {
                self.timers.stop(Timer::TokenRefresh);
                self.timers.set(Timer::FetchLimit, now + FETCH_LIMIT);
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
        if self.report() != Some(&report) {
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

    pub(super) fn fetch_limit_reached(&mut self, now: Instant) {
        if let Some(request) = self.tokens.awaited() {
            let failure = TokenFailure::Unreachable {
                host: "the source".to_owned(),
                reason: "no answer".to_owned(),
            };
            self.token_fetch_failed(request, failure, now);
        }
    }

    fn no_token(&mut self, report: Report, failure: TokenFailure, now: Instant) {
        let help = failure.remedy().unwrap_or("everlit goes on trying");
        self.note_trouble(
            format_args!("there is no new token: {failure}; remedy: {help}"),
            now,
        );
        self.blame_trial(&failure);
        let is_denied = matches!(failure, TokenFailure::Denied { .. });
        if is_denied {
            self.tokens.forget(&report);
        }
        let is_current = self.report() == Some(&report);
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

    pub(super) fn viewer_interacted(&mut self, now: Instant) {
        self.memory.touched(now);
        let asked = self
            .settings()
            .is_some_and(|settings| settings.token.refresh_on_interaction);
        let report = self.report();
        let token = report.and_then(|report| self.tokens.kept(report));
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
        match token {
            Some(token) => self.plan_cover(token),
            None => self.timers.stop(Timer::Cover),
        }
    }

    /// Sets the deadline of the next fetch from the token's arrival; fetches if it has passed.
    pub(super) fn plan_refresh(&mut self, now: Instant) {
        let report = self.report().cloned();
        let (Some(report), Some(settings)) = (report, self.settings().cloned()) else {
            return self.timers.stop(Timer::TokenRefresh);
        };
        if self.tokens.is_fetching() {
            return;
        }
        let token = self.tokens.kept(&report).cloned();
        let planned = token.map(|token| token.planned(&settings.token, &mut self.rng));
        match self.tokens.blocked_until(&report).or(planned) {
            Some(at) if at > now => self.timers.set(Timer::TokenRefresh, at),
            Some(_) | None => self.want_token(now),
        }
    }

    /// Puts a token in place that arrived while the page was busy.
    pub(super) fn catch_up_with_token(&mut self, now: Instant) {
        let on_page = self.stage.screen().and_then(|screen| screen.token);
        let report = self.report();
        let newest = report.and_then(|report| self.tokens.kept(report));
        if newest.is_some_and(|newest| Some(newest.stamp) != on_page) {
            self.swap(Occasion::Plan, now);
        }
    }

    /// The report whose turn it is.
    pub(super) fn report(&self) -> Option<&Report> {
        match self.playlist.content()? {
            Content::Report(report) => Some(report),
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
