//! What the ledger notes of the player's events.

use std::time::{Duration, Instant};

use everlit::{
    player::{Ask, Event, Glass, Outcome, PageEvent, PageFailure, RequestId, Sign, TokenFailure},
    settings::Settings,
};

use super::{Asked, FailureKind, Failures, Ledger, Scene, remember};
use crate::settings::{HOUR, MINUTE};

/// The longest that the player may wait after a refusal; so long it may stay as it is.
const REFUSAL_PAUSE: Duration = Duration::from_secs(905);

impl Ledger {
    pub(crate) fn see_event(&mut self, event: &Event, scene: &Scene<'_>) {
        let now = scene.now;
        self.forgot_content = false;
        match event {
            Event::SettingsLoaded {
                settings,
                revision,
                fallback,
            } => {
                self.see_settings(settings, scene);
                let is_same = settings == scene.settings;
                self.trials
                    .loaded(revision, fallback.as_deref(), is_same, now);
            }
            Event::TokenFetched { request, token } => self.see_token(*request, token.life, scene),
            Event::TokenFetchFailed { request, failure } => {
                self.see_failure(*request, failure, scene);
            }
            Event::Page { page, event } => {
                if scene
                    .view
                    .page
                    .as_ref()
                    .is_some_and(|shown| shown.id == *page)
                {
                    self.see_page_event(event, now);
                }
            }
            Event::WebProcessEnded(_) => {
                self.end_asked = None;
                self.operation = None;
                remember(&mut self.ends, now, 10 * MINUTE);
                self.excuse(now);
            }
            Event::OperatorAsked(Ask::Reload | Ask::RefreshToken | Ask::RestartWebview)
            | Event::WebProcessOutgrown
            | Event::NetworkProcessEnded => self.excuse(now),
            // They touch no picture, so they excuse nothing.
            Event::OperatorAsked(Ask::Identify | Ask::Invite) => {}
            Event::MemoryMeasured { web_mb, limit_mb } => {
                self.memory_is_high = web_mb > limit_mb;
            }
            Event::InvitationChanged(invitation) => {
                let invitation = invitation.as_ref();
                self.code = invitation.and_then(|invitation| invitation.code.clone());
            }
            Event::Probed { .. } => self.wish = now,
            Event::ViewerInteracted | Event::NetworkChanged(_) => self.wish = now,
            Event::SettingsRejected(_)
            | Event::BeatAnswered(_)
            | Event::Stirred(_)
            | Event::ClockStepped
            | Event::ClockJudged(_)
            | Event::LastRunCutOff
            | Event::StopAsked => {}
        }
    }

    fn see_settings(&mut self, settings: &Settings, scene: &Scene<'_>) {
        let now = scene.now;
        let old = scene.settings.as_ref();
        let new_limit = settings.recovery.heartbeat_limit;
        self.slowest_limit = self.slowest_limit.max(new_limit);
        self.wish = now;
        self.settings_at = now;
        self.denied.clear();
        // A new interval is no reason to touch the picture.
        let same = Settings {
            token: settings.token.clone(),
            recovery: settings.recovery.clone(),
            ..old.clone()
        };
        let is_first = self.counts.page_loads == 0;
        if is_first || same != *settings {
            self.cause = Some(now);
        }
    }

    fn see_token(&mut self, request: RequestId, life: Duration, scene: &Scene<'_>) {
        let Some(asked) = self.answered(request) else {
            return;
        };
        self.failures = None;
        self.denied.retain(|report| *report != asked.report);
        self.tokens.retain(|(known, _, _)| *known != asked.report);
        self.tokens.push((asked.report, scene.now, life));
    }

    fn see_failure(&mut self, request: RequestId, failure: &TokenFailure, scene: &Scene<'_>) {
        let now = scene.now;
        let Some(asked) = self.answered(request) else {
            return;
        };
        let is_current = asked.settings == *scene.settings;
        let (kind, retry_after, promise) = match failure {
            TokenFailure::Denied { .. } => {
                if is_current {
                    self.denied.push(asked.report.clone());
                }
                self.cause = Some(now);
                (FailureKind::Refusal, Duration::ZERO, REFUSAL_PAUSE)
            }
            TokenFailure::Unprepared { .. } => {
                (FailureKind::Refusal, Duration::ZERO, REFUSAL_PAUSE)
            }
            TokenFailure::Throttled { retry_after } => {
                let wait = retry_after.unwrap_or_default().min(HOUR);
                (FailureKind::Throttling, wait, wait + MINUTE)
            }
            TokenFailure::Unreachable { .. } | TokenFailure::Nonsense { .. } => {
                (FailureKind::Outage, Duration::ZERO, MINUTE)
            }
        };
        self.peace = self.peace.max(now + promise);
        let last = self.failures.take();
        // After a long pause the player may begin anew.
        let before = last.filter(|last| last.kind == kind && now - last.last < 8 * MINUTE);
        self.failures = Some(Failures {
            report: asked.report,
            kind,
            in_a_row: before.map_or(0, |before| before.in_a_row) + 1,
            last: now,
            retry_after,
        });
    }

    fn answered(&mut self, request: RequestId) -> Option<Asked> {
        self.in_flight.take_if(|asked| asked.request == request)
    }

    fn see_page_event(&mut self, event: &PageEvent, now: Instant) {
        match event {
            PageEvent::ExpirySeen(sign) => {
                self.expiry_is_sure |= *sign == Sign::Sdk;
                self.counts.signs += 1;
                self.excuse(now);
            }
            PageEvent::Failed(failure) => {
                self.excuse(now);
                self.see_page_failure(failure, now);
            }
            PageEvent::Answered { op, outcome } => {
                self.operation.take_if(|(awaited, _)| awaited == op);
                match outcome {
                    Outcome::Done => {}
                    Outcome::Rejected(_) | Outcome::Unanswered => self.excuse(now),
                }
            }
            PageEvent::Rendered
            | PageEvent::ExpiryTextGone
            | PageEvent::TitleChanged(_)
            | PageEvent::Inspected(Glass::Picture) => {}
            PageEvent::Inspected(Glass::Flat) => self.excuse(now),
        }
    }

    fn see_page_failure(&mut self, failure: &PageFailure, now: Instant) {
        let pause = match failure {
            PageFailure::Report { message, .. } if message == "PowerBIEntityNotFound" => {
                REFUSAL_PAUSE
            }
            PageFailure::Report { .. }
            | PageFailure::NotLoaded { .. }
            | PageFailure::HttpStatus { .. } => MINUTE,
        };
        self.peace = self.peace.max(now + pause);
    }
}
