//! The one loop: next event or deadline, player, commands, edges.

use std::{future::Future, path::PathBuf, sync::Arc, time::Instant};

use anyhow::Result;
use tokio::sync::{mpsc, watch};
use url::Url;

use crate::{
    clock,
    player::{ClockState, Command, Event, Exit, PageEvent, Player, ProbeId, RequestId, ViewOrder},
    portal::{Day, Snapshot, Today},
    settings::{Network, Problems, Report, Settings},
    signals::{Asked, Signals},
    store::{Change, Keep, LastEnd, LastGood, Loaded, Reread, SettingsFile},
    supervise::Tasks,
    systemd::Notifier,
    token::Handover,
    webview::{Overseer, ViewHandle},
};

mod asking;

use asking::Asking;

/// The driver's parts, each built by the app.
#[derive(Debug)]
pub struct Parts {
    pub view: ViewHandle,
    pub overseer: Overseer,
    pub notifier: Notifier,
    /// The first judgement of the wall clock.
    pub clock: ClockState,
    /// How the daemon before this one ended.
    pub last_end: LastEnd,
    pub signals: Signals,
    /// The one queue of what happens, and its entrance for the driver's own tasks.
    pub queue: mpsc::Receiver<Event>,
    pub events: mpsc::Sender<Event>,
    pub changes: mpsc::Receiver<Change>,
    pub reread: Reread,
    /// Told which settings run.
    pub running: watch::Sender<Option<Arc<Settings>>>,
    pub last_good: LastGood,
    pub keep: Keep,
    pub handover: Handover,
    pub settings: SettingsFile,
    /// Where systemd put the credentials.
    pub credentials: Option<PathBuf>,
    pub tasks: Tasks,
}

/// Owns the player and is the only one that talks to it.
#[derive(Debug)]
pub struct Driver {
    player: Player,
    status: watch::Sender<Snapshot>,
    day: Day,
    parts: Parts,
    network: Network,
    asking: Asking,
    texts: Texts,
    start: Start,
    exit: Option<Exit>,
}

/// Settings texts that may still be needed.
#[derive(Debug, Default)]
struct Texts {
    running: Option<Text>,
    /// What a trial may go back to.
    proven: Option<Text>,
}

#[derive(Debug, Clone)]
struct Text {
    revision: String,
    text: String,
}

/// How far systemd was told about our start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Start {
    Going,
    Done,
    /// SIGHUP came; READY follows when the file was read.
    Rereading,
}

impl Driver {
    /// A driver whose view was opened with the given network settings.
    #[must_use]
    pub fn new(parts: Parts, network: Network) -> (Self, watch::Receiver<Snapshot>) {
        let now = clock::now();
        let mut player = Player::new(fastrand::u64(..), now);
        // Before the first settings, which may ask for something over TLS.
        player.handle_event(Event::ClockJudged(parts.clock), now);
        if parts.last_end == LastEnd::CutOff {
            player.handle_event(Event::LastRunCutOff, now);
        }
        let (status, watched) = watch::channel(Snapshot {
            status: player.status(now),
            taken: now,
            today: Today::default(),
        });
        let asking = Asking::with(&network, parts.credentials.clone());
        let start = Start::Going;
        (
            Self {
                player,
                status,
                day: Day::default(),
                parts,
                network,
                asking,
                texts: Texts::default(),
                start,
                exit: None,
            },
            watched,
        )
    }

    /// Adds a task that should run as long as the daemon.
    pub fn start(
        &mut self,
        name: &'static str,
        task: impl Future<Output = Result<()>> + Send + 'static,
    ) {
        self.parts.tasks.start(name, task);
    }

    /// Runs until the player says how to exit.
    ///
    /// # Errors
    ///
    /// When a task that should run for ever ended, or the system gave no timer.
    pub async fn run(mut self) -> Result<Exit> {
        loop {
            self.carry_out_commands();
            if let Some(exit) = self.exit {
                self.parts.notifier.stopping();
                return Ok(exit);
            }
            let deadline = self.player.poll_timeout().map(|(at, _)| at);
            tokio::select! {
                Some(event) = self.parts.queue.recv() => self.hear(event),
                Some(change) = self.parts.changes.recv() => self.take_change(change),
                asked = self.parts.signals.next() => self.take_signal(asked),
                result = reach(deadline) => {
                    result?;
                    self.player.handle_timeout(clock::now());
                }
                failure = self.parts.tasks.next_failure() => return Err(failure),
            }
        }
    }

    fn hear(&mut self, event: Event) {
        if let Event::Page {
            event: PageEvent::Rendered,
            ..
        } = event
        {
            self.parts.overseer.note_page();
        }
        self.player.handle_event(event, clock::now());
    }

    fn carry_out_commands(&mut self) {
        while let Some(command) = self.player.poll_command() {
            self.carry_out(command);
        }
        let now = clock::now();
        let status = self.player.status(now);
        let today = self.day.so_far(&status, clock::wall());
        self.status.send_replace(Snapshot {
            status,
            taken: now,
            today,
        });
    }

    fn carry_out(&mut self, command: Command) {
        match command {
            Command::FetchToken {
                request,
                report,
                settings,
            } => {
                self.fetch_token(request, *report, settings);
            }
            Command::Probe { probe, url } => self.probe(probe, url),
            Command::View(order) => self.order(order),
            Command::Watch { beat, every } => self.parts.overseer.watch(beat, every),
            Command::NotifyReady => {
                self.start = Start::Done;
                self.parts.notifier.ready();
            }
            Command::NotifyStatus(line) => {
                tracing::info!("{line}");
                self.parts.notifier.status(&line);
            }
            Command::FeedWatchdog => self.parts.notifier.watchdog(),
            Command::SettleSettings { revision } => self.settle(&revision),
            Command::RevertSettings { from, to, reason } => self.revert(from, &to, reason),
            Command::Exit(exit) => self.exit = Some(exit),
        }
    }

    fn fetch_token(&mut self, request: RequestId, report: Report, settings: Arc<Settings>) {
        let (asking, handover) = (self.asking.clone(), self.parts.handover.clone());
        let events = self.parts.events.clone();
        self.parts.tasks.start("token", async move {
            asking
                .fetch_token(request, report, settings, handover, events)
                .await;
            Ok(())
        });
    }

    fn probe(&mut self, probe: ProbeId, url: Url) {
        let (events, asking) = (self.parts.events.clone(), self.asking.clone());
        self.parts.tasks.start("probe", async move {
            asking.probe(probe, url, events).await;
            Ok(())
        });
    }

    fn order(&self, order: ViewOrder) {
        if let ViewOrder::Beat(_) = order {
            self.parts.overseer.end_watch();
        }
        self.parts.view.send(order);
    }

    fn take_change(&mut self, change: Change) {
        match change {
            Ok(loaded) => {
                self.note_outside();
                self.apply(loaded);
            }
            Err(problems) => self.reject(problems),
        }
        if self.start == Start::Rereading {
            self.start = Start::Done;
            self.parts.notifier.ready();
        }
    }

    /// What came into the file past us belongs into the history, too.
    fn note_outside(&mut self) {
        let settings = self.parts.settings.clone();
        self.parts
            .tasks
            .start("history", async move { Ok(settings.note_outside().await?) });
    }

    fn apply(&mut self, loaded: Loaded) {
        let fallback = self.unfinished_trial(&loaded.revision);
        if self.network != loaded.settings.network {
            self.network = loaded.settings.network.clone();
            self.asking = Asking::with(&self.network, self.parts.credentials.clone());
            self.parts.view.set_network(self.network.clone());
        }
        let Loaded {
            settings,
            revision,
            text,
        } = loaded;
        self.texts.running = Some(Text {
            revision: revision.clone(),
            text: text.clone(),
        });
        let running = Some(Arc::clone(&settings));
        self.parts.running.send_replace(running);
        let loaded = Event::SettingsLoaded {
            settings,
            revision,
            fallback,
        };
        let now = clock::now();
        self.player.handle_event(loaded, now);
        // What is on trial becomes the last good one when it is confirmed.
        if self.player.status(now).settings.trial.is_none() {
            self.parts.keep.keep(text);
        }
    }

    /// For the first settings: what an earlier daemon would have gone back to from them.
    fn unfinished_trial(&mut self, revision: &str) -> Option<String> {
        if self.texts.running.is_some() {
            return None;
        }
        let (proven, text) = self.parts.settings.history().unfinished(revision)?;
        self.texts.proven = Some(Text {
            revision: proven.clone(),
            text,
        });
        tracing::info!(fallback = proven, "going on with the trial of the settings");
        Some(proven)
    }

    fn settle(&mut self, revision: &str) {
        let (settings, settled) = (self.parts.settings.clone(), revision.to_owned());
        self.parts.tasks.start("history", async move {
            settings.settle(&settled).await;
            Ok(())
        });
        if let Some(running) = self.texts.running.clone()
            && running.revision == revision
        {
            self.parts.keep.keep(running.text.clone());
            self.texts.proven = Some(running);
        }
    }

    /// Goes back at once, whatever the disk says; the file follows.
    fn revert(&mut self, from: String, to: &str, reason: String) {
        let proven = self.texts.proven.clone();
        let Some(proven) = proven.filter(|proven| proven.revision == to) else {
            tracing::error!(to, "the text of proven settings is gone");
            return;
        };
        match Loaded::from_text(proven.text.clone(), self.parts.settings.path()) {
            Ok(loaded) => self.apply(loaded),
            Err(problems) => {
                tracing::warn!(%problems, "the settings from before cannot be used any more");
                return;
            }
        }
        let settings = self.parts.settings.clone();
        self.parts.tasks.start("rollback", async move {
            if let Err(failure) = settings.rollback(from, proven.text, reason).await {
                tracing::warn!(
                    remedy = "let the daemon's user write the settings file and its folder",
                    "the settings from before run, but the file still holds the others: {failure}"
                );
            }
            Ok(())
        });
    }

    /// Bad settings never replace running ones; before any ran, the last good ones do.
    fn reject(&mut self, problems: Problems) {
        for problem in &problems.0 {
            tracing::info!("settings rejected: {problem}");
        }
        if self.status.borrow().status.settings.revision.is_none()
            && let Some(loaded) = self.last_good()
        {
            tracing::info!(
                revision = loaded.revision,
                "running with the last good settings"
            );
            self.apply(loaded);
        }
        // Also news for whoever waits for the first ones: there are none.
        self.parts.running.send_modify(|_| {});
        self.player
            .handle_event(Event::SettingsRejected(problems), clock::now());
    }

    fn last_good(&self) -> Option<Loaded> {
        match self.parts.last_good.load() {
            Ok(loaded) => loaded,
            Err(problems) => {
                tracing::warn!(%problems, "the last good settings cannot be used");
                None
            }
        }
    }

    fn take_signal(&mut self, asked: Asked) {
        match asked {
            Asked::Stop => self.player.handle_event(Event::StopAsked, clock::now()),
            Asked::Reread => {
                if self.start == Start::Done {
                    self.start = Start::Rereading;
                    self.parts.notifier.reloading(clock::monotonic());
                }
                self.parts.reread.ask();
            }
        }
    }
}

async fn reach(deadline: Option<Instant>) -> std::io::Result<()> {
    match deadline {
        Some(deadline) => clock::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
