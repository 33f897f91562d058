//! Sees to it that the page is alive: beats, the web process, the watchdog.

use std::time::{Duration, Instant};

use super::{
    BeatId, Command, Player, Timer, ViewOrder, WebProcessEnd,
    ladder::Rung,
    page::Signs,
    retry::Window,
    stage::{Healing, Picture, Resting, Step, Task},
};

/// Before there are settings.
const HEARTBEAT_LIMIT: Duration = Duration::from_secs(5);
/// A page that comes up may be busy this long: on a small board its process alone takes seconds.
const BUSY_LIMIT: Duration = Duration::from_secs(20);
/// A page that waits for something to do is asked as rarely as this.
const ASK_EVERY: Duration = Duration::from_secs(10);
const END_LIMIT: Duration = Duration::from_secs(5);
const CRASH_WINDOW: Duration = Duration::from_secs(600);
/// Crashes in the window, with nothing rendered between, after which only a restart can help.
const MOST_CRASHES: usize = 5;

#[derive(Debug)]
pub(super) struct Liveness {
    process: Process,
    beat: Beat,
    last_beat: BeatId,
    /// Crashes and hangs with nothing rendered between.
    crashes: Window,
    /// All crashes, whatever was rendered between.
    deaths: Window,
    pub(super) restarts: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Process {
    Running,
    /// We asked for its end.
    Ending,
    /// It crashed; the next one starts with the next page.
    Gone,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Beat {
    Quiet,
    /// All was well at this beat, and since then the page is only looked at.
    Watched(BeatId),
    Asked {
        beat: BeatId,
        at: Instant,
    },
}

impl Liveness {
    pub(super) fn new() -> Self {
        Self {
            process: Process::Running,
            beat: Beat::Quiet,
            last_beat: BeatId(0),
            crashes: Window::new(CRASH_WINDOW),
            deaths: Window::new(CRASH_WINDOW),
            restarts: 0,
        }
    }

    pub(super) fn is_running(&self) -> bool {
        self.process == Process::Running
    }

    pub(super) fn rendered(&mut self) {
        self.crashes.clear();
    }
}

impl Player {
    pub(super) fn start_beats(&mut self, now: Instant) {
        self.liveness.beat = Beat::Quiet;
        self.timers.set(Timer::Beat, now + self.pause());
        self.timers.stop(Timer::BeatLimit);
    }

    /// Between two looks, or two beats where it is not enough to look.
    fn pause(&self) -> Duration {
        self.heartbeat_limit() * 2 / 5
    }

    pub(super) fn beat(&mut self, now: Instant) {
        self.liveness.last_beat = self.liveness.last_beat.next();
        let beat = self.liveness.last_beat;
        self.liveness.beat = Beat::Asked { beat, at: now };
        self.timers.stop(Timer::Beat);
        self.timers.set(Timer::BeatLimit, now + self.answer_limit());
        self.order(ViewOrder::Beat(beat));
    }

    pub(super) fn beat_answered(&mut self, answered: BeatId, now: Instant) {
        let Beat::Asked { beat, at } = self.liveness.beat else {
            return;
        };
        if answered != beat {
            return;
        }
        self.start_beats(at);
        if self.is_well(now) {
            self.commands.push_back(Command::FeedWatchdog);
            self.watch(beat, at);
        }
    }

    /// To ask costs far more than to look, and wakes all that stands between us and the page.
    fn watch(&mut self, beat: BeatId, asked: Instant) {
        let every = self.pause();
        let ask_every = ASK_EVERY.min(self.heartbeat_limit() * 2);
        if self.stage.picture() == Picture::Up && every < ask_every {
            self.liveness.beat = Beat::Watched(beat);
            self.timers.set(Timer::Beat, asked + ask_every);
            self.commands.push_back(Command::Watch { beat, every });
        }
    }

    /// A page that is not up, or no longer, may be busy without a pause.
    pub(super) fn watch_only_a_picture(&mut self, now: Instant) {
        if let Beat::Watched(_) = self.liveness.beat
            && self.stage.picture() != Picture::Up
        {
            self.start_beats(now);
        }
    }

    pub(super) fn stirred(&mut self, beat: BeatId, now: Instant) {
        if self.liveness.beat == Beat::Watched(beat) {
            self.beat(now);
        }
    }

    /// What should be seen is seen, or will be within a limit.
    fn is_well(&self, now: Instant) -> bool {
        let token = match &self.task {
            Task::AwaitToken => Some(Timer::TokenRefresh),
            Task::Heal(healing) if healing.step == Step::Token => Some(Timer::TokenRefresh),
            Task::Nothing | Task::Load | Task::Show | Task::Swap { .. } => None,
            Task::Heal(_) | Task::Rest(_) | Task::Stop => None,
        };
        let awaited = [Timer::Load, Timer::Answer, Timer::Respawn, Timer::Retry];
        let is_awaited = awaited
            .into_iter()
            .chain(token)
            .filter_map(|timer| self.timers.get(timer))
            .any(|at| at > now);
        let is_lit = self.stage.picture() == Picture::Up && !self.glass.is_blank();
        is_lit || is_awaited || (token.is_some() && self.tokens.is_fetching())
    }

    /// The page gave no sign of life.
    pub(super) fn hung(&mut self, now: Instant) {
        // So late, it was the whole device that slept; the page deserves a new chance.
        if let Beat::Asked { at, .. } = self.liveness.beat
            && now > at + self.heartbeat_limit().max(self.answer_limit()) * 2
        {
            return self.beat(now);
        }
        self.note_trouble(
            "the page does not answer any more; its web process is replaced",
            now,
        );
        self.replace_useless_process("the page hangs again and again", now);
    }

    /// It would take the machine's memory before anybody else stops it.
    pub(super) fn outgrown(&mut self, now: Instant) {
        if !self.liveness.is_running() {
            return;
        }
        self.note_trouble(WebProcessEnd::TooMuchMemory, now);
        self.replace_useless_process(
            "the web process grows beyond all measure again and again",
            now,
        );
    }

    fn replace_useless_process(&mut self, too_often: &str, now: Instant) {
        if self.liveness.crashes.count(now) > MOST_CRASHES {
            return self.give_up(too_often, now);
        }
        self.lose_process(now);
        self.end_web_process(now);
    }

    /// A slate does not come up: the web process is of no use.
    pub(super) fn replace_stuck_process(&mut self, reason: &str, now: Instant) {
        self.note_trouble(reason, now);
        if self.liveness.crashes.count(now) > MOST_CRASHES {
            return self.give_up("not even a slate comes up", now);
        }
        self.end_web_process(now);
    }

    pub(super) fn restart_for_operator(&mut self, now: Instant) {
        if !self.liveness.is_running() {
            return;
        }
        match self.task {
            Task::Show | Task::Swap { .. } | Task::Heal(_) if self.has_current_content() => {
                self.replace_behind_cover(now);
            }
            Task::Nothing | Task::AwaitToken | Task::Load | Task::Rest(_) | Task::Stop => {
                self.end_web_process(now);
            }
            Task::Show | Task::Swap { .. } | Task::Heal(_) => self.end_web_process(now),
        }
    }

    /// Loads the content into a new web process while its last picture stays on the screen.
    pub(super) fn replace_behind_cover(&mut self, now: Instant) {
        self.cover();
        self.task = Task::Load;
        self.end_web_process(now);
    }

    pub(super) fn end_web_process(&mut self, now: Instant) {
        match self.liveness.process {
            Process::Running => {
                self.process_is(Process::Ending);
                self.timers.set(Timer::ProcessEnd, now + END_LIMIT);
                self.order(ViewOrder::EndWebProcess);
            }
            Process::Ending | Process::Gone => {}
        }
    }

    pub(super) fn web_process_ended(&mut self, end: WebProcessEnd, now: Instant) {
        self.liveness.restarts += 1;
        self.timers.stop(Timer::ProcessEnd);
        match self.liveness.process {
            Process::Ending => self.respawn(now),
            Process::Running | Process::Gone => self.crashed(end, now),
        }
    }

    /// What the page had asked for is lost, and it may wait for it for ever.
    pub(super) fn network_process_ended(&mut self, now: Instant) {
        self.note_trouble("the view's network process ended", now);
        if !self.has_current_content() {
            return;
        }
        let is_report = self.report().is_some();
        match self.task.clone() {
            Task::Show | Task::Swap { .. } if is_report => {
                self.climb(Rung::Embed, Signs::default(), now);
            }
            Task::Show | Task::Swap { .. } | Task::Load => {
                self.climb(Rung::Page, Signs::default(), now);
            }
            Task::Heal(healing) => match healing.step {
                Step::Render(_) => self.climb(Rung::Page, healing.signs, now),
                Step::Token | Step::SetToken { .. } | Step::Replace => {}
            },
            Task::Nothing | Task::AwaitToken | Task::Rest(_) | Task::Stop => {}
        }
    }

    fn crashed(&mut self, end: WebProcessEnd, now: Instant) {
        let crashes = self.liveness.crashes.count(now);
        self.note_trouble(end, now);
        let deaths = self.liveness.deaths.count(now);
        if crashes > MOST_CRASHES {
            return self.give_up("the web process crashes again and again", now);
        }
        let delay = match crashes {
            _ if deaths > 2 * MOST_CRASHES => Duration::from_secs(5),
            0 | 1 => Duration::ZERO,
            2 => Duration::from_secs(1),
            _ => Duration::from_secs(5),
        };
        self.process_is(Process::Gone);
        self.lose_process(now);
        if delay.is_zero() {
            self.respawn(now);
        } else {
            self.timers.set(Timer::Respawn, now + delay);
        }
    }

    /// Loads what should be on the screen into a new web process.
    pub(super) fn respawn(&mut self, now: Instant) {
        self.timers.stop(Timer::Respawn);
        self.liveness.process = Process::Running;
        self.start_beats(now);
        match self.task.clone() {
            Task::Heal(healing) if self.has_current_content() => self.load_again(healing, now),
            Task::Nothing | Task::AwaitToken | Task::Load | Task::Show => self.order_stage(now),
            Task::Swap { .. } | Task::Heal(_) | Task::Rest(_) => self.order_stage(now),
            Task::Stop => {}
        }
    }

    fn process_is(&mut self, process: Process) {
        self.liveness.process = process;
        self.liveness.beat = Beat::Quiet;
        self.stage.set_picture(Picture::Ordered);
        for timer in [Timer::Beat, Timer::BeatLimit, Timer::Load, Timer::Answer] {
            self.timers.stop(timer);
        }
    }

    /// The page is gone, and with it what was under way inside it.
    fn lose_process(&mut self, now: Instant) {
        if !self.has_current_content() {
            return;
        }
        let signs = match self.task.clone() {
            Task::Load | Task::Show | Task::Swap { .. } => Signs::default(),
            Task::Heal(healing) => healing.signs,
            Task::Nothing | Task::AwaitToken | Task::Rest(_) | Task::Stop => return,
        };
        let step = Step::Replace;
        match self.ladder.take(Rung::Webview, now) {
            Some(rung) => self.task = Task::Heal(Healing { rung, step, signs }),
            None => self.rest(Resting::Trouble, "The content ends its web process", now),
        }
    }

    /// How long an answer may take.
    fn answer_limit(&self) -> Duration {
        let limit = self.heartbeat_limit() * 3 / 5;
        match self.stage.picture() {
            Picture::Up => limit,
            Picture::Ordered | Picture::Renewed => limit.max(BUSY_LIMIT),
        }
    }

    pub(super) fn heartbeat_limit(&self) -> Duration {
        self.settings().map_or(HEARTBEAT_LIMIT, |settings| {
            settings.recovery.heartbeat_limit
        })
    }
}
