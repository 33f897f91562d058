//! The world: the real player, fake edges that behave, and virtual time.

use std::{
    fmt::Write as _,
    sync::Arc,
    time::{Duration, Instant},
};

use everlit::{
    player::{Command, Event, Exit, NetworkState, Player, SlateKind, Status, ViewOrder},
    settings::Settings,
};
use fastrand::Rng;

use crate::{
    agenda::{Agenda, Due},
    faults::{Happening, Plan},
    file::SettingsFile,
    invariants::{self, Broken, Check},
    ledger::{Counts, Ledger, Scene},
    service::Service,
    trace::{self, Trace, Violation},
    view::{Around, Manners, Shown, View},
};

/// Time that systemd takes to start the daemon again.
const RESTART: Duration = Duration::from_secs(2);

/// The world as the rules see it; a macro, so that the ledger can be changed meanwhile.
macro_rules! scene {
    ($world:expr) => {
        Scene {
            now: $world.agenda.now,
            view: &$world.view,
            service: &$world.service,
            settings: &$world.settings,
            network: $world.network,
        }
    };
}

pub(crate) struct World {
    pub(crate) service: Service,
    pub(crate) view: View,
    pub(crate) network: NetworkState,
    pub(crate) settings: Arc<Settings>,
    player: Player,
    agenda: Agenda,
    rng: Rng,
    ledger: Ledger,
    trace: Trace,
    start: Instant,
    seed: u64,
    file: SettingsFile,
    /// Times the daemon was started.
    starts: u64,
    news: u32,
    /// What was searched for secrets; writing into it cannot fail, and to make room takes time.
    text: String,
    exit: Option<Exit>,
}

impl World {
    pub(crate) fn new(seed: u64, plan: &Plan) -> Self {
        let start = everlit::clock::now();
        let limit = plan.settings.recovery.heartbeat_limit;
        let mut service = Service::new(plan.shortest_life);
        service.longest_life = plan.longest_life;
        let mut view = View::new();
        view.poll_every = plan.poll_every;
        let mut world = Self {
            service,
            view,
            network: NetworkState::Online,
            settings: Arc::new(plan.settings.clone()),
            player: Player::new(seed, start),
            agenda: Agenda::new(start),
            rng: Rng::with_seed(!seed),
            ledger: Ledger::new(start, limit),
            trace: Trace::new(start),
            start,
            seed,
            file: SettingsFile::default(),
            starts: 1,
            news: 0,
            text: String::new(),
            exit: None,
        };
        world.agenda.after(Duration::from_millis(200), Due::Start);
        for (at, happening) in &plan.happenings {
            world
                .agenda
                .at(start + *at, Due::Happening(Box::new(happening.clone())));
        }
        world
    }

    /// A wall on which nothing bad has happened yet, one minute old.
    pub(crate) fn with(settings: Settings) -> Self {
        let mut world = Self::new(1, &Plan::quiet(settings));
        world.run(crate::settings::MINUTE);
        world
    }

    pub(crate) fn now(&self) -> Instant {
        self.agenda.now
    }

    pub(crate) fn counts(&self) -> &Counts {
        &self.ledger.counts
    }

    pub(crate) fn status(&self) -> Status {
        self.player.status(self.now())
    }

    /// All that the player knows and keeps.
    pub(crate) fn player_text(&self) -> String {
        format!("{:?}", self.player)
    }

    /// The content that is asked for is on the screen, alive.
    pub(crate) fn is_fine(&self) -> bool {
        scene!(self).is_fine()
    }

    pub(crate) fn slate(&self) -> Option<SlateKind> {
        match &self.view.page.as_ref()?.shown {
            Shown::Slate(kind) => Some(*kind),
            Shown::Report(_) | Shown::Site(_) => None,
        }
    }

    pub(crate) fn exit(&self) -> Option<Exit> {
        self.exit
    }

    /// Lets time pass; a broken rule fails the test.
    pub(crate) fn run(&mut self, time: Duration) {
        let until = self.now() + time;
        if let Err(violation) = self.try_run(until - self.start) {
            panic!("{violation}");
        }
    }

    /// Something happens right now; a broken rule fails the test.
    pub(crate) fn happen(&mut self, happening: Happening) {
        if let Err(broken) = self.befall(&happening) {
            panic!("{}", self.violation(&broken));
        }
    }

    /// The edges report this right now.
    pub(crate) fn report(&mut self, event: Event) {
        if let Err(broken) = self.deliver(event) {
            panic!("{}", self.violation(&broken));
        }
    }

    /// Lets time pass up to this age of the world.
    pub(crate) fn try_run(&mut self, age: Duration) -> Result<(), Violation> {
        let until = self.start + age;
        self.run_until(until)
            .map_err(|broken| self.violation(&broken))
    }

    /// The violation of a player that panicked.
    pub(crate) fn panicked(&self) -> Violation {
        self.violation(&Broken {
            rule: "the_player_never_panics",
            what: "see the panic's own message above".to_owned(),
        })
    }

    pub(crate) fn become_manners(&mut self, manners: Manners) {
        self.view.manners = manners;
        self.with_view(View::plan_poll);
    }

    pub(crate) fn kill_tokens(&mut self) {
        self.service.kill_all(self.agenda.now);
        self.with_view(View::plan_poll);
    }

    pub(crate) fn write_settings(&mut self, settings: &Arc<Settings>) -> Event {
        self.file.write(settings)
    }

    fn run_until(&mut self, until: Instant) -> Check {
        self.carry_out()?;
        while self.exit.is_none() {
            let timeout = self.player.poll_timeout().map(|(at, _)| at);
            let due = self.agenda.next();
            // What came from outside is taken before a deadline of the same instant.
            let outside_first = due.is_some() && timeout.is_none_or(|timeout| due <= Some(timeout));
            let Some(next) = (if outside_first { due } else { timeout }) else {
                break;
            };
            if next > until {
                break;
            }
            self.agenda.now = self.agenda.now.max(next);
            if outside_first {
                self.take_due()?;
            } else {
                self.wake_player()?;
            }
        }
        self.agenda.now = until;
        self.look()
    }

    fn wake_player(&mut self) -> Check {
        let now = self.agenda.now;
        self.ledger.see_world(&scene!(self));
        self.player.handle_timeout(now);
        self.carry_out()?;
        let is_stuck = self.player.poll_timeout().is_some_and(|(at, _)| at <= now);
        let in_a_row = self.ledger.timeouts_in_a_row;
        self.ledger.timeouts_in_a_row = if is_stuck { in_a_row + 1 } else { 0 };
        self.look()
    }

    fn take_due(&mut self) -> Check {
        let now = self.agenda.now;
        match self.agenda.take() {
            None => Ok(()),
            Some(Due::Start) => {
                let event = self.file.read_at_start(&self.settings);
                self.deliver(event)
            }
            Some(Due::Revert { from, to }) => match self.file.revert(&from, &to) {
                Some(event) => {
                    self.ledger.disturbed(now);
                    self.deliver(event)
                }
                None => Ok(()),
            },
            Some(Due::Happening(happening)) => self.befall(&happening),
            Some(Due::Answer { request, mood }) => {
                let event = match self.service.answer(mood, &mut self.rng, now) {
                    Ok(token) => Event::TokenFetched { request, token },
                    Err(failure) => Event::TokenFetchFailed { request, failure },
                };
                self.deliver(event)
            }
            Some(Due::Probed { probe, reach }) => self.deliver(Event::Probed { probe, reach }),
            Some(Due::Effect(effect)) => {
                if let Some(beat) = self.view.answered_beat(&effect) {
                    return self.deliver(Event::BeatAnswered(beat));
                }
                let events = self.with_view(|view, around| view.take(effect, around));
                events.into_iter().try_for_each(|event| self.deliver(event))
            }
        }
    }

    fn befall(&mut self, happening: &Happening) -> Check {
        let now = self.agenda.now;
        self.trace.note(now, format!("!! {happening:.120?}"));
        if happening.disturbs() {
            self.ledger.disturbed(now);
        }
        let events = happening.befall(self);
        events.into_iter().try_for_each(|event| self.deliver(event))
    }

    fn deliver(&mut self, event: Event) -> Check {
        let now = self.agenda.now;
        self.trace.event(now, &event);
        self.ledger.see_world(&scene!(self));
        self.ledger.see_event(&event, &scene!(self));
        if let Event::SettingsLoaded { settings, .. } = &event {
            self.settings = Arc::clone(settings);
        }
        let is_beat = matches!(event, Event::BeatAnswered(_));
        let is_news = !trace::is_routine(&event);
        self.player.handle_event(event, now);
        self.carry_out()?;
        if !is_beat {
            self.ask_player(is_news)?;
        }
        self.look()
    }

    /// Carries out all orders of the player.
    fn carry_out(&mut self) -> Check {
        let was_running = self.exit.is_none();
        let mut commands = 0;
        while let Some(command) = self.player.poll_command() {
            commands += 1;
            invariants::few_commands_a_step(commands)?;
            self.obey(&command)?;
        }
        if !was_running {
            return invariants::a_stopped_player_is_silent(commands);
        }
        match self.exit {
            Some(Exit::GivenUp) => self.start_again(),
            Some(Exit::Stopped) => Ok(()),
            None => invariants::a_deadline_is_set(self.player.poll_timeout()),
        }
    }

    fn obey(&mut self, command: &Command) -> Check {
        self.trace.command(self.agenda.now, command);
        invariants::check_command(command, &self.ledger, &scene!(self))?;
        self.ledger.see_command(command, &scene!(self));
        match command {
            Command::Watch { beat, every } => {
                self.with_view(|view, around| view.watch(*beat, *every, around));
            }
            Command::View(order) => {
                if !matches!(order, ViewOrder::Beat(_) | ViewOrder::Inspect { .. }) {
                    invariants::no_secret_in(&format!("{order:?}"))?;
                }
                self.with_view(|view, around| view.order(order, around));
            }
            Command::FetchToken { request, .. } => {
                let mood = self.service.mood(self.network);
                let delay = Service::answers_after(mood, &mut self.rng);
                let request = *request;
                self.agenda.after(delay, Due::Answer { request, mood });
            }
            Command::Exit(exit) => self.exit = Some(*exit),
            Command::Probe { probe, .. } => {
                let reach = self.view.reach(self.network);
                let probe = *probe;
                let delay = Duration::from_millis(self.rng.u64(10..3_000));
                self.agenda.after(delay, Due::Probed { probe, reach });
            }
            Command::SettleSettings { revision } => self.file.settled(revision),
            Command::RevertSettings { from, to, .. } => {
                let (from, to) = (from.clone(), to.clone());
                let delay = Duration::from_millis(self.rng.u64(1..2_000));
                self.agenda.after(delay, Due::Revert { from, to });
            }
            Command::NotifyReady | Command::NotifyStatus(_) | Command::FeedWatchdog => {}
        }
        Ok(())
    }

    /// systemd starts the daemon again: a new player and a new web process.
    fn start_again(&mut self) -> Check {
        self.ledger.counts.given_up += 1;
        self.trace.note(
            self.agenda.now,
            "systemd starts the daemon again".to_owned(),
        );
        self.starts += 1;
        self.exit = None;
        self.agenda.forget_answers();
        self.agenda.after(RESTART, Due::Start);
        self.view.start_again();
        self.file.forget_reader();
        let limit = self.settings.recovery.heartbeat_limit;
        self.ledger.restart(self.agenda.now, limit);
        self.player = Player::new(self.seed ^ self.starts, self.agenda.now);
        self.carry_out()
    }

    /// Asks the player how it is.
    fn ask_player(&mut self, is_news: bool) -> Check {
        let status = self.player.status(self.agenda.now);
        invariants::check_status(&status, &scene!(self))?;
        self.news += u32::from(is_news);
        if is_news && self.news.is_multiple_of(16) {
            self.text.clear();
            let _ = write!(self.text, "{:?} {status:?}", self.player);
            invariants::no_secret_in(&self.text)?;
        }
        Ok(())
    }

    fn look(&mut self) -> Check {
        if self.exit.is_some() {
            return Ok(());
        }
        self.ledger.step(self.agenda.now);
        self.ledger.see_world(&scene!(self));
        invariants::check_world(&self.ledger, &scene!(self))
    }

    pub(crate) fn with_view<T>(&mut self, act: impl FnOnce(&mut View, &mut Around<'_>) -> T) -> T {
        let mut around = Around {
            agenda: &mut self.agenda,
            rng: &mut self.rng,
            service: &self.service,
            network: self.network,
        };
        act(&mut self.view, &mut around)
    }

    fn violation(&self, broken: &Broken) -> Violation {
        let at = trace::clock(self.now() - self.start);
        let what = format!("at {at}, {:?}: {}", self.status().phase, broken.what);
        self.trace.violation(broken.rule, &what, self.seed)
    }
}
