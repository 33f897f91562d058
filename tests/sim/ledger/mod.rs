//! What has been seen of the player and the world so far, as far as the rules need it.

mod events;
mod orders;
mod scene;
mod trials;

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use everlit::{
    player::{OpId, RequestId},
    settings::{Report, Settings, TokenSettings},
};
use secrecy::SecretString;

use crate::{
    settings::MINUTE,
    view::{Cover, Process, Shown},
};

pub(crate) use scene::Scene;
pub(crate) use trials::Trials;

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
    pub(crate) forgot_content: bool,
    /// Why the picture may be loaded again; `None` when nothing but a plan is left.
    pub(crate) cause: Option<Instant>,
    /// The last reason to fetch a token before its time.
    pub(crate) wish: Instant,
    pub(crate) settings_at: Instant,
    /// Since when all is well and nothing is owed to a promise to wait.
    pub(crate) peace: Instant,
    /// Until when a question was unanswered that was asked before the peace: it takes its time.
    pub(crate) answered: Instant,
    pub(crate) fine_at: Instant,
    pub(crate) dead_since: Option<Instant>,
    pub(crate) lit_since: Option<Instant>,
    pub(crate) blank_since: Option<Instant>,
    /// The web process uses more memory than it should.
    pub(crate) memory_is_high: bool,
    /// The pairing code of now.
    pub(crate) code: Option<SecretString>,
    /// Since when a plate lies over the picture.
    pub(crate) plate_since: Option<Instant>,
    /// The report itself said that the token expired; other signs may come from its content.
    pub(crate) expiry_is_sure: bool,
    /// Since when visuals say on the glass that their token expired.
    pub(crate) error_since: Option<Instant>,
    /// Since when a living picture is covered.
    pub(crate) hidden_since: Option<Instant>,
    pub(crate) fed_at: Instant,
    pub(crate) slowest_limit: Duration,
    pub(crate) trials: Trials,
    /// Which entry has its turn, and since when.
    pub(crate) turn: Option<(Shown, Instant)>,
    /// When the second ends, and the steps in it so far.
    pub(crate) steps_in_second: (Instant, u32),
    pub(crate) timeouts_in_a_row: u32,
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
    at: Instant,
}

/// Failures of one kind in a row.
#[derive(Debug, Clone)]
pub(crate) struct Failures {
    /// The last one's.
    pub(crate) report: Report,
    pub(crate) kind: FailureKind,
    pub(crate) in_a_row: u32,
    pub(crate) last: Instant,
    pub(crate) retry_after: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FailureKind {
    Throttling,
    Outage,
    Refusal,
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
            forgot_content: false,
            cause: Some(now),
            wish: now,
            settings_at: now,
            peace: now,
            answered: now,
            fine_at: now,
            dead_since: None,
            lit_since: None,
            blank_since: None,
            memory_is_high: false,
            code: None,
            plate_since: None,
            expiry_is_sure: false,
            error_since: None,
            hidden_since: None,
            fed_at: now,
            slowest_limit: limit,
            trials: Trials::default(),
            turn: None,
            steps_in_second: (now, 0),
            timeouts_in_a_row: 0,
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

    /// Looks at the world: before a step, as it has been until now, and after it.
    pub(crate) fn see_world(&mut self, scene: &Scene<'_>) {
        let now = scene.now;
        let was_fine = self.fine_at == self.seen_at;
        if self.dead_since.is_some() {
            self.counts.dead_time += now - self.seen_at;
        }
        if !was_fine {
            self.counts.dark_time += now - self.seen_at;
        }
        self.seen_at = now;
        if !scene.is_calm() {
            self.peace = self.peace.max(now);
        }
        let peace = self.peace;
        if self
            .in_flight
            .as_ref()
            .is_some_and(|asked| asked.at <= peace)
        {
            self.answered = now;
        }
        let is_dead = scene.is_dead_picture();
        if is_dead {
            self.cause = Some(now);
        }
        let is_fine = !is_dead && scene.is_good_picture();
        if is_fine {
            self.fine_at = now;
        }
        self.trials.see(scene);
        self.note_light(scene, is_dead);
        self.note_glass(scene, is_fine);
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

    /// Counts a step.
    pub(crate) fn step(&mut self, now: Instant) {
        let (ends, count) = self.steps_in_second;
        self.steps_in_second = match now < ends {
            true => (ends, count + 1),
            false => (now + Duration::from_secs(1), 1),
        };
    }

    fn note_light(&mut self, scene: &Scene<'_>, is_dead: bool) {
        let now = scene.now;
        self.dead_since = match self.dead_since {
            _ if !is_dead => None,
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

    fn note_glass(&mut self, scene: &Scene<'_>, is_fine: bool) {
        let since = |known: Option<Instant>, is_so: bool| is_so.then(|| known.unwrap_or(scene.now));
        let glazing = &scene.view.glazing;
        let is_covered = glazing.cover == Cover::Up;
        let is_blank = glazing.is_blank && !is_covered && scene.view.process == Process::Alive;
        self.blank_since = since(self.blank_since, is_blank);
        let can_cover = glazing.cover == Cover::Ready;
        self.expiry_is_sure &= scene.has_error();
        let has_error = can_cover && self.expiry_is_sure;
        self.error_since = since(self.error_since, has_error);
        self.hidden_since = since(self.hidden_since, is_covered && is_fine);
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
