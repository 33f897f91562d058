//! What the player tells the outside about itself: status, readiness, one human line.

use std::time::{Duration, Instant};

use super::{
    Command, ContentKind, ContentStatus, Failures, NetworkState, PageId, Phase, Player,
    SettingsState, SettingsStatus, SlateKind, Status, Timer, TokenState, TokenStatus,
    stage::{Picture, Stage, Task},
};
use crate::settings::Content;

/// The start is done after this long even if there is only the starting slate.
pub(super) const READY_LIMIT: Duration = Duration::from_secs(10);
const LINE_EVERY: Duration = Duration::from_secs(60);

/// What was told last.
#[derive(Debug)]
pub(super) struct Told {
    phase: Phase,
    since: Instant,
    readiness: Readiness,
    line: Option<(LineKey, Instant)>,
}

/// A line is told again at once when one of these changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct LineKey {
    phase: Phase,
    page: PageId,
    failures: Failures,
    problems: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Readiness {
    Dark,
    /// The starting slate was up; something better is hoped for until the limit.
    Starting,
    /// The limit has passed; whatever comes up counts.
    Late,
    Told,
}

impl Told {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            phase: Phase::Unconfigured,
            since: now,
            readiness: Readiness::Dark,
            line: None,
        }
    }
}

impl Player {
    #[must_use]
    pub fn status(&self, now: Instant) -> Status {
        let phase = self.phase(now);
        Status {
            phase,
            phase_age: now.saturating_duration_since(self.told.since),
            token: self.token_status(now),
            content: self.content_status(),
            recoveries: self.recoveries,
            recovery_times: self.recovery_times,
            detections: self.detections,
            settings: self.settings_status(now),
            web_process_restarts: self.liveness.restarts,
            online: self.network == NetworkState::Online,
            is_drawn: self.stage.picture() == Picture::Up,
        }
    }

    /// Notes a change of phase and tells the human line when it is time.
    pub(super) fn tell(&mut self, now: Instant) {
        if self.task == Task::Stop {
            return;
        }
        self.follow_trial(now);
        self.settle_incident(now);
        self.dress(now);
        let phase = self.phase(now);
        if phase != self.told.phase {
            tracing::debug!(?phase, "phase changed");
            self.told.phase = phase;
            self.told.since = now;
        }
        let key = LineKey {
            phase,
            page: self.stage.page(),
            failures: self.tokens.failures,
            problems: self.problem_count(),
        };
        let is_news = self.told.line.is_none_or(|(told, at)| {
            told != key || now.saturating_duration_since(at) >= LINE_EVERY
        });
        if is_news {
            self.told.line = Some((key, now));
            let line = self.status(now).summary();
            self.commands.push_back(Command::NotifyStatus(line));
        }
    }

    /// A picture came up.
    pub(super) fn announce_ready(&mut self) {
        let is_starting = matches!(
            &self.stage,
            Stage::Slate { slate, .. } if slate.kind == SlateKind::Starting
        );
        match self.told.readiness {
            Readiness::Told => {}
            Readiness::Dark | Readiness::Starting if is_starting => {
                self.told.readiness = Readiness::Starting;
            }
            Readiness::Dark | Readiness::Starting | Readiness::Late => self.tell_ready(),
        }
    }

    pub(super) fn start_limit_reached(&mut self) {
        match self.told.readiness {
            Readiness::Dark => self.told.readiness = Readiness::Late,
            Readiness::Starting => self.tell_ready(),
            Readiness::Late | Readiness::Told => {}
        }
    }

    fn tell_ready(&mut self) {
        self.told.readiness = Readiness::Told;
        self.timers.stop(Timer::Ready);
        self.commands.push_back(Command::NotifyReady);
    }

    fn token_status(&self, now: Instant) -> TokenStatus {
        let report = self.report();
        let kept = report.and_then(|report| self.tokens.kept(report));
        let state = match kept {
            _ if report.is_none() => TokenState::None,
            _ if self.is_denied() => TokenState::Denied,
            Some(token) if token.is_alive(now) => TokenState::Valid,
            _ if self.tokens.is_fetching() => TokenState::Fetching,
            Some(_) => TokenState::Expired,
            None => TokenState::None,
        };
        let next = self.timers.get(Timer::TokenRefresh);
        TokenStatus {
            state,
            age: kept.map(|token| token.age(now)),
            expires_in: kept.map(|token| token.stamp.expires.saturating_duration_since(now)),
            next_refresh_in: next.map(|at| at.saturating_duration_since(now)),
            refreshes: self.tokens.refreshes,
            failures: self.tokens.failures,
            last_error: self.tokens.last_error.clone(),
            is_failing: self.tokens.trouble().is_some(),
        }
    }

    fn content_status(&self) -> Option<ContentStatus> {
        let on_stage = self.stage.screen().map(|screen| &screen.content);
        let (content, index) = match on_stage.and_then(|content| self.playlist.find(content)) {
            Some(index) => (on_stage?, index),
            None => (self.playlist.content()?, self.playlist.current),
        };
        let title = self.stage.screen().and_then(|screen| screen.title.clone());
        let (kind, name) = match content {
            Content::Report(report) => (ContentKind::Report, report.report_id.clone()),
            Content::Page(page) => (
                ContentKind::Page,
                page.url.host_str().unwrap_or("page").to_owned(),
            ),
        };
        Some(ContentStatus {
            kind,
            title: title.filter(|title| !title.is_empty()).unwrap_or(name),
            index,
            rendered: on_stage.is_some() && self.stage.picture() == Picture::Up,
        })
    }

    fn settings_status(&self, now: Instant) -> SettingsStatus {
        let state = if self.problem_count() == 0 {
            SettingsState::Applied
        } else {
            SettingsState::Rejected
        };
        SettingsStatus {
            state,
            revision: self
                .running
                .as_ref()
                .map(|running| running.revision.clone()),
            problems: {
                let undone = self.undone_problem().into_iter();
                self.problems.0.iter().chain(undone).cloned().collect()
            },
            is_undone: self.undone_problem().is_some(),
            trial: self.trial_status(now),
        }
    }

    fn problem_count(&self) -> usize {
        self.problems.0.len() + usize::from(self.undone_problem().is_some())
    }
}
