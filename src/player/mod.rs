//! The player: decides everything, does nothing itself.

use std::{collections::VecDeque, sync::Arc, time::Instant};

use fastrand::Rng;

mod adopt;
mod command;
mod cover;
mod date;
mod event;
mod fetch;
mod glass;
mod heal;
mod ids;
mod incident;
mod invitation;
mod ladder;
mod liveness;
mod operate;
mod outage;
mod page;
mod phase;
mod picture;
mod plate;
mod playlist;
mod probe;
mod recycle;
mod rest;
mod retry;
mod show;
mod slate;
mod stage;
mod status;
mod summary;
mod tell;
mod timer;
mod token;
mod tokens;
mod trial;
mod turn;

pub use command::*;
pub use event::*;
pub use ids::*;
pub use invitation::*;
pub use plate::Plate;
pub use slate::*;
pub use status::*;
pub use timer::Timer;

use crate::settings::{Problems, Settings};
use cover::Cover;
use glass::GlassWatch;
use incident::Incident;
use ladder::Ladder;
use liveness::Liveness;
use playlist::Playlist;
use probe::Probes;
use recycle::Memory;
use retry::Backoff;
use stage::{Stage, Task};
use tell::Told;
use timer::TimerTable;
use tokens::Tokens;
use trial::{Standing, Undone};

/// The state machine. Give it events and the time; take its commands; wake it when it says.
#[derive(Debug)]
pub struct Player {
    rng: Rng,
    timers: TimerTable,
    commands: VecDeque<Command>,
    /// The settings that run.
    running: Option<Running>,
    /// What is wrong with the file that was rejected since.
    problems: Problems,
    playlist: Playlist,
    tokens: Tokens,
    stage: Stage,
    task: Task,
    ladder: Ladder,
    /// Between tries to show content that cannot be shown.
    rests: Backoff,
    /// The same, for content that was definitely refused.
    refusals: Backoff,
    liveness: Liveness,
    glass: GlassWatch,
    cover: Cover,
    memory: Memory,
    probes: Probes,
    /// Loads in a row whose server gave no answer.
    unanswered_loads: u32,
    clock: ClockState,
    network: NetworkState,
    last_page: PageId,
    last_op: OpId,
    recoveries: Recoveries,
    recovery_times: RecoveryTimes,
    detections: Detections,
    told: Told,
    incident: Option<Incident>,
    /// Since when the settings file is bad.
    rejected: Option<Instant>,
    /// New settings that led to no picture.
    undone: Option<Undone>,
    /// The way into the portal, as the portal told it.
    invitation: Option<Invitation>,
    /// What lies over the picture.
    plate: Option<Plate>,
}

#[derive(Debug)]
struct Running {
    settings: Arc<Settings>,
    revision: String,
    standing: Standing,
}

impl Player {
    /// A player that has seen nothing yet; `seed` makes its jitter repeatable.
    #[must_use]
    pub fn new(seed: u64, now: Instant) -> Self {
        let mut player = Self {
            rng: Rng::with_seed(seed),
            timers: TimerTable::default(),
            commands: VecDeque::new(),
            running: None,
            problems: Problems::default(),
            playlist: Playlist::default(),
            tokens: Tokens::new(),
            stage: Stage::starting(),
            task: Task::Nothing,
            ladder: Ladder::new(),
            rests: Backoff::new(stage::FIRST_RETRY, stage::LONGEST_RETRY),
            refusals: Backoff::new(stage::FIRST_REFUSED_RETRY, stage::LONGEST_REFUSED_RETRY),
            liveness: Liveness::new(),
            glass: GlassWatch::new(),
            cover: Cover::new(),
            memory: Memory::new(),
            probes: Probes::new(),
            unanswered_loads: 0,
            clock: ClockState::Plausible,
            network: NetworkState::Online,
            last_page: PageId(0),
            last_op: OpId(0),
            recoveries: Recoveries::default(),
            recovery_times: RecoveryTimes::default(),
            detections: Detections::default(),
            told: Told::new(now),
            incident: None,
            rejected: None,
            undone: None,
            invitation: None,
            plate: None,
        };
        player.order_stage(now);
        player.start_beats(now);
        player.timers.set(Timer::Ready, now + tell::READY_LIMIT);
        player
    }

    /// Takes one fact.
    pub fn handle_event(&mut self, event: Event, now: Instant) {
        if self.task == Task::Stop {
            return;
        }
        self.take_fact(event, now);
        self.watch_only_a_picture(now);
        self.tell(now);
    }

    /// Acts on every deadline that has passed.
    pub fn handle_timeout(&mut self, now: Instant) {
        // A deadline that is set into the past again must not keep the loop busy.
        for _ in 0..Timer::ALL.len() {
            let Some(timer) = self.timers.take_passed(now) else {
                break;
            };
            self.take_deadline(timer, now);
        }
        self.watch_only_a_picture(now);
        self.tell(now);
    }

    /// When to call [`Player::handle_timeout`] next, and what for.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<(Instant, Timer)> {
        self.timers.next()
    }

    /// The next order, until there is none left.
    pub fn poll_command(&mut self) -> Option<Command> {
        self.commands.pop_front()
    }

    fn take_fact(&mut self, event: Event, now: Instant) {
        match event {
            Event::SettingsLoaded {
                settings,
                revision,
                fallback,
            } => self.settings_loaded(settings, revision, fallback, now),
            Event::SettingsRejected(problems) => self.settings_rejected(problems, now),
            Event::TokenFetched { request, token } => self.token_fetched(request, token, now),
            Event::TokenFetchFailed { request, failure } => {
                self.token_fetch_failed(request, failure, now);
            }
            Event::Page { page, event } => {
                // A web process that is on its end takes its page with it.
                if page == self.stage.page() && self.liveness.is_running() {
                    self.take_page_fact(event, now);
                }
            }
            Event::BeatAnswered(beat) => self.beat_answered(beat, now),
            Event::Stirred(beat) => self.stirred(beat, now),
            Event::WebProcessEnded(end) => self.web_process_ended(end, now),
            Event::WebProcessOutgrown => self.outgrown(now),
            Event::NetworkProcessEnded => self.network_process_ended(now),
            Event::ViewerInteracted => self.viewer_interacted(now),
            Event::NetworkChanged(network) => self.network_changed(network, now),
            Event::ClockStepped => tracing::info!("the wall clock was set; deadlines stay"),
            Event::ClockJudged(clock) => self.clock_judged(clock, now),
            Event::MemoryMeasured { web_mb, limit_mb } => {
                self.memory_measured(web_mb, limit_mb, now);
            }
            Event::Probed { probe, reach } => self.probed(probe, reach, now),
            Event::LastRunCutOff => self.note_trouble(
                "the daemon did not end on request last time: it was killed, crashed, gave up, or \
                 lost its power",
                now,
            ),
            Event::InvitationChanged(invitation) => self.invitation_changed(invitation, now),
            Event::OperatorAsked(ask) => self.operator_asked(ask, now),
            Event::StopAsked => self.stop(Exit::Stopped),
        }
    }

    fn take_page_fact(&mut self, event: PageEvent, now: Instant) {
        match event {
            PageEvent::Rendered => self.rendered(now),
            PageEvent::Failed(failure) => self.page_failed(&failure, now),
            PageEvent::Answered { op, outcome } => self.answered(op, outcome, now),
            PageEvent::ExpirySeen(sign) => self.expiry_seen(sign, now),
            PageEvent::ExpiryTextGone => self.expiry_text_gone(now),
            PageEvent::TitleChanged(title) => self.stage.set_title(title),
            PageEvent::Inspected(glass) => self.inspected(glass, now),
        }
    }

    fn take_deadline(&mut self, timer: Timer, now: Instant) {
        match timer {
            Timer::TokenRefresh => self.token_due(now),
            Timer::FetchLimit => self.fetch_limit_reached(now),
            Timer::TokenExpiry => self.token_expired(now),
            Timer::OfflineLimit => self.offline_limit_reached(now),
            Timer::Answer => self.unanswered(now),
            Timer::Load => self.load_limit_reached(now),
            Timer::Retry => self.retry(now),
            Timer::Turn => self.turn(now),
            Timer::PageReload => self.reload_by_plan(now),
            Timer::Probe => self.probe(now),
            Timer::Glass => self.look(now),
            Timer::Cover => self.death_is_near(now),
            Timer::Beat => self.beat(now),
            Timer::BeatLimit => self.hung(now),
            Timer::ProcessEnd => self.give_up("the web process does not end", now),
            Timer::Respawn => self.respawn(now),
            Timer::Plate => self.hide_plate(),
            Timer::Ready => self.start_limit_reached(),
            Timer::Confirm => self.confirm_limit_reached(now),
        }
    }

    fn operator_asked(&mut self, ask: Ask, now: Instant) {
        match ask {
            Ask::Reload => self.reload_for_operator(now),
            Ask::RefreshToken => self.want_token_for_operator(now),
            Ask::RestartWebview => self.restart_for_operator(now),
            Ask::Identify => self.identify(now),
            Ask::Invite => self.invite(now),
        }
    }

    fn network_changed(&mut self, network: NetworkState, now: Instant) {
        self.network = network;
        tracing::info!(?network, "network changed");
        match network {
            NetworkState::Online => self.try_again_at_once(now),
            NetworkState::Offline => {}
        }
    }

    fn give_up(&mut self, reason: &str, now: Instant) {
        self.note_trouble(reason, now);
        tracing::info!(reason, "the daemon is to start again");
        self.stop(Exit::GivenUp);
    }

    fn stop(&mut self, exit: Exit) {
        self.timers.stop_all();
        self.task = Task::Stop;
        self.commands
            .push_back(Command::NotifyStatus("stopping".to_owned()));
        self.commands.push_back(Command::Exit(exit));
    }

    fn device_name(&self) -> Option<String> {
        self.settings()?.name.clone()
    }

    fn settings(&self) -> Option<&Arc<Settings>> {
        Some(&self.running.as_ref()?.settings)
    }
}
