//! What has been seen of the player and the world so far, as far as the rules need it.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use everlit::{
    player::{
        Command, Event, NetworkState, OpId, Operation, Outcome, PageEvent, PageFailure, RequestId,
        Sign, TokenFailure, ViewOrder,
    },
    settings::{Report, Settings, TokenSettings},
};

use crate::{
    service::{Mood, Service},
    settings::{HOUR, MINUTE},
    view::{Manners, Process, Shown, View, Visuals},
};

/// The longest that the player may wait after a refusal; so long it may stay as it is.
const REFUSAL_PAUSE: Duration = Duration::from_secs(905);

/// The world at one moment.
#[derive(Clone, Copy)]
pub(crate) struct Scene<'a> {
    pub(crate) now: Instant,
    pub(crate) view: &'a View,
    pub(crate) service: &'a Service,
    pub(crate) settings: &'a Arc<Settings>,
    pub(crate) network: NetworkState,
}

#[derive(Debug)]
pub(crate) struct Ledger {
    pub(crate) counts: Counts,
    pub(crate) in_flight: Option<Asked>,
    pub(crate) operation: Option<(OpId, Instant)>,
    /// Fetches of the last minute, and the shortest pace that was planned at each.
    pub(crate) fetches: VecDeque<(Instant, Duration)>,
    /// Loads of content of the last ten minutes.
    pub(crate) loads: VecDeque<Instant>,
    /// Ends of web processes in the last ten minutes.
    pub(crate) ends: VecDeque<Instant>,
    pub(crate) end_asked: Option<Instant>,
    pub(crate) tokens: Vec<(Report, Instant, Duration)>,
    pub(crate) failures: Option<Failures>,
    /// Reports that the service refused, and nothing else since.
    pub(crate) denied: Vec<Report>,
    pub(crate) just_denied: Option<Report>,
    pub(crate) forgot_content: bool,
    /// Why the picture may be loaded again; `None` when nothing but a plan is left.
    pub(crate) cause: Option<Instant>,
    /// The last reason to fetch a token before its time.
    pub(crate) wish: Instant,
    pub(crate) settings_at: Instant,
    /// Since when all is well and nothing is owed to a promise to wait.
    pub(crate) peace: Instant,
    pub(crate) fine_at: Instant,
    pub(crate) dead_since: Option<Instant>,
    pub(crate) lit_since: Option<Instant>,
    pub(crate) fed_at: Instant,
    pub(crate) slowest_limit: Duration,
    /// Which entry has its turn, and since when.
    pub(crate) turn: Option<(Shown, Instant)>,
    pub(crate) steps_in_second: (u64, u32),
    pub(crate) timeouts_in_a_row: u32,
    started: Instant,
    seen_at: Instant,
}

/// What a story asks at its end.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counts {
    pub(crate) fetches: u64,
    pub(crate) swaps: u64,
    pub(crate) report_reloads: u64,
    pub(crate) embeds: u64,
    pub(crate) page_loads: u64,
    pub(crate) process_ends: u64,
    pub(crate) beats: u64,
    pub(crate) feeds: u64,
    pub(crate) ready: u64,
    pub(crate) forgets: u64,
    pub(crate) given_up: u64,
    pub(crate) signs: u64,
    /// How long visuals could not get data.
    pub(crate) dead_time: Duration,
    /// How long no content was up.
    pub(crate) dark_time: Duration,
}

#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) request: RequestId,
    pub(crate) report: Report,
    settings: Arc<Settings>,
}

/// Failures of one kind in a row.
#[derive(Debug, Clone)]
pub(crate) struct Failures {
    pub(crate) kind: FailureKind,
    pub(crate) in_a_row: u32,
    pub(crate) last: Instant,
    pub(crate) retry_after: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FailureKind {
    Outage,
    Refusal,
}

impl Scene<'_> {
    /// Nothing is wrong that the player could not have noticed yet.
    pub(crate) fn is_calm(&self) -> bool {
        let is_hung = match self.view.process {
            Process::Hung { .. } => true,
            Process::Alive | Process::Gone => false,
        };
        !is_hung
            && self.service.mood == Mood::Willing
            && self.view.manners == Manners::GOOD
            && self.network == NetworkState::Online
    }

    /// A report whose visuals cannot get data.
    pub(crate) fn is_dead_picture(&self) -> bool {
        self.view.page.as_ref().is_some_and(|page| {
            let token = page.token_in_use();
            let is_dead = token.is_some_and(|token| self.service.is_dead(token, self.now));
            token.is_some() && (is_dead || page.visuals == Visuals::Expired)
        })
    }

    /// Content is up, lives, and is what the settings ask for.
    pub(crate) fn is_fine(&self) -> bool {
        let wanted = &self.settings.playlist;
        let is_up = self.view.page.as_ref().is_some_and(|page| {
            page.up_since().is_some() && wanted.iter().any(|entry| page.shows(&entry.content))
        });
        is_up && self.view.process == Process::Alive && !self.is_dead_picture()
    }
}

impl Ledger {
    pub(crate) fn new(now: Instant, limit: Duration) -> Self {
        Self {
            counts: Counts::default(),
            in_flight: None,
            operation: None,
            fetches: VecDeque::new(),
            loads: VecDeque::new(),
            ends: VecDeque::new(),
            end_asked: None,
            tokens: Vec::new(),
            failures: None,
            denied: Vec::new(),
            just_denied: None,
            forgot_content: false,
            cause: Some(now),
            wish: now,
            settings_at: now,
            peace: now,
            fine_at: now,
            dead_since: None,
            lit_since: None,
            fed_at: now,
            slowest_limit: limit,
            turn: None,
            steps_in_second: (0, 0),
            timeouts_in_a_row: 0,
            started: now,
            seen_at: now,
        }
    }

    /// The daemon starts again; what the wall suffered stays counted.
    pub(crate) fn restart(&mut self, now: Instant, limit: Duration) {
        let counts = Counts {
            ready: 0,
            ..self.counts.clone()
        };
        let denied = std::mem::take(&mut self.denied);
        *self = Self::new(now, limit);
        self.counts = counts;
        self.denied = denied;
    }

    pub(crate) fn see_event(&mut self, event: &Event, scene: &Scene<'_>) {
        let now = scene.now;
        self.just_denied = None;
        self.forgot_content = false;
        match event {
            Event::SettingsLoaded { settings, .. } => self.see_settings(settings, scene),
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
            Event::OperatorAsked(_) => self.excuse(now),
            Event::ViewerInteracted | Event::NetworkChanged(_) => self.wish = now,
            Event::SettingsRejected(_)
            | Event::BeatAnswered(_)
            | Event::ClockStepped
            | Event::StopAsked => {}
        }
    }

    pub(crate) fn see_command(&mut self, command: &Command, scene: &Scene<'_>) {
        let now = scene.now;
        match command {
            Command::FetchToken {
                request,
                report,
                settings,
            } => {
                self.counts.fetches += 1;
                let pace = self.shortest_pace(scene);
                self.fetches.push_back((now, pace));
                while self
                    .fetches
                    .front()
                    .is_some_and(|(at, _)| now - *at >= MINUTE)
                {
                    self.fetches.pop_front();
                }
                self.in_flight = Some(Asked {
                    request: *request,
                    report: report.clone(),
                    settings: Arc::clone(settings),
                });
            }
            Command::View(order) => self.see_order(order, now),
            Command::NotifyReady => self.counts.ready += 1,
            Command::FeedWatchdog => {
                self.counts.feeds += 1;
                self.fed_at = now;
                self.slowest_limit = scene.settings.recovery.heartbeat_limit;
            }
            Command::NotifyStatus(_) | Command::Exit(_) => {}
        }
    }

    /// Looks at the world: before a step, as it has been until now, and after it.
    pub(crate) fn see_world(&mut self, scene: &Scene<'_>) {
        let now = scene.now;
        let since = now - self.seen_at;
        let was_fine = self.fine_at == self.seen_at;
        self.seen_at = now;
        if self.dead_since.is_some() {
            self.counts.dead_time += since;
        }
        if !was_fine {
            self.counts.dark_time += since;
        }
        if !scene.is_calm() {
            self.peace = self.peace.max(now);
        }
        if scene.is_dead_picture() {
            self.cause = Some(now);
        }
        if scene.is_fine() {
            self.fine_at = now;
        }
        self.note_light(scene);
        self.forgive(scene);
    }

    /// A reason to load the picture again, and to fetch early.
    pub(crate) fn excuse(&mut self, now: Instant) {
        self.cause = Some(now);
        self.wish = now;
    }

    pub(crate) fn disturbed(&mut self, now: Instant) {
        self.peace = self.peace.max(now);
    }

    pub(crate) fn token_of(&self, report: &Report) -> Option<(Instant, Duration)> {
        let known = self.tokens.iter().find(|(known, _, _)| known == report);
        known.map(|(_, arrived, life)| (*arrived, *life))
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
                    self.just_denied = Some(asked.report);
                }
                self.cause = Some(now);
                (FailureKind::Refusal, Duration::ZERO, REFUSAL_PAUSE)
            }
            TokenFailure::Unprepared { .. } => {
                (FailureKind::Refusal, Duration::ZERO, REFUSAL_PAUSE)
            }
            TokenFailure::Throttled { retry_after } => {
                let wait = retry_after.unwrap_or_default().min(HOUR);
                (FailureKind::Outage, wait, wait + MINUTE)
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
            PageEvent::ExpirySeen(Sign::Sdk | Sign::Http | Sign::Text) => {
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
            PageEvent::Rendered | PageEvent::ExpiryTextGone | PageEvent::TitleChanged(_) => {}
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

    fn see_order(&mut self, order: &ViewOrder, now: Instant) {
        match order {
            ViewOrder::ShowReport { plan, .. } => {
                self.see_load(Shown::Report(plan.report.clone()), now);
            }
            ViewOrder::ShowPage { plan, .. } => self.see_load(Shown::Site(plan.url.clone()), now),
            ViewOrder::ShowSlate { .. } => {
                self.operation = None;
                self.wish = now;
            }
            ViewOrder::Operate { op, operation, .. } => {
                self.operation = Some((*op, now));
                self.see_operation(operation, now);
            }
            ViewOrder::Beat(_) => self.counts.beats += 1,
            ViewOrder::EndWebProcess => {
                self.counts.process_ends += 1;
                self.end_asked.get_or_insert(now);
            }
            ViewOrder::ForgetContent => {
                self.counts.forgets += 1;
                self.forgot_content = true;
            }
            ViewOrder::Identify { .. } => {}
        }
    }

    fn see_load(&mut self, shown: Shown, now: Instant) {
        self.counts.page_loads += 1;
        self.operation = None;
        remember(&mut self.loads, now, 10 * MINUTE);
        if self
            .turn
            .as_ref()
            .is_none_or(|(current, _)| *current != shown)
        {
            self.turn = Some((shown, now));
        }
    }

    fn see_operation(&mut self, operation: &Operation, now: Instant) {
        match operation {
            Operation::SetToken(_) => self.counts.swaps += 1,
            Operation::ReloadReport => {
                self.counts.report_reloads += 1;
                remember(&mut self.loads, now, 10 * MINUTE);
            }
            Operation::EmbedAgain(_) => {
                self.counts.embeds += 1;
                remember(&mut self.loads, now, 10 * MINUTE);
            }
        }
    }

    fn shortest_pace(&self, scene: &Scene<'_>) -> Duration {
        let settings = &scene.settings.token;
        let lives = self.tokens.iter().map(|(_, _, life)| *life);
        lives
            .map(|life| interval(settings, life))
            .min()
            .unwrap_or(HOUR)
    }

    /// Counts a step.
    pub(crate) fn step(&mut self, now: Instant) {
        let second = (now - self.started).as_secs();
        self.steps_in_second = match self.steps_in_second {
            (same, count) if same == second => (same, count + 1),
            _ => (second, 1),
        };
    }

    fn note_light(&mut self, scene: &Scene<'_>) {
        let now = scene.now;
        self.dead_since = match self.dead_since {
            _ if !scene.is_dead_picture() => None,
            Some(since) => Some(since),
            None => Some(now),
        };
        let page = scene.view.page.as_ref();
        let is_up = page.is_some_and(|page| page.up_since().is_some());
        self.lit_since = match self.lit_since {
            _ if !is_up || scene.view.process != Process::Alive => None,
            Some(since) => Some(since),
            None => Some(now),
        };
    }

    /// When all has been well for long, an old cause explains nothing any more.
    fn forgive(&mut self, scene: &Scene<'_>) {
        let long_ago = |at: Instant| scene.now.saturating_duration_since(at) > 2 * MINUTE;
        let is_old = self.cause.is_some_and(long_ago);
        if is_old && long_ago(self.peace) && self.fine_at == scene.now {
            self.cause = None;
        }
    }
}

/// When the plan wants the next token, as the operator was promised.
pub(crate) fn interval(settings: &TokenSettings, life: Duration) -> Duration {
    let margin = settings.refresh_before_expiry.min(life / 5);
    settings.refresh_every.min(life.saturating_sub(margin))
}

fn remember(times: &mut VecDeque<Instant>, now: Instant, window: Duration) {
    times.push_back(now);
    while times.front().is_some_and(|at| now - *at >= window) {
        times.pop_front();
    }
}
