//! Builds every part of the daemon once and joins them.

use std::{
    convert::Infallible,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    time::Duration,
};

use anyhow::{Context as _, Result, anyhow};
use tokio::sync::{
    mpsc::{self, error::TrySendError},
    watch,
};

mod device;
mod doors;
mod invitation;

use crate::{
    cli::{Ending, RunArgs},
    clock::{self, Ticks},
    driver::{Driver, Parts},
    links::{self, Links},
    logging, memory,
    player::{Event, Exit},
    recent::Recent,
    settings::Network,
    signals::Signals,
    store::{self, History, LastEnd, LastGood, Running, SettingsFile, Trouble},
    supervise::{self, Tasks},
    systemd::Notifier,
    timedate::{Judgement, Timedate},
    token::Handover,
    webview::{self, ViewHandle, ViewOptions, Windowed},
};

use device::Device;

/// What may wait in the queue of events; far more than ever happens at once.
const QUEUE: usize = 4096;

/// How long the view may take to close before the process ends without it.
const CLOSING_LIMIT: Duration = Duration::from_millis(700);

/// How often to look at the web process's memory.
const MEASURE_EVERY: Duration = Duration::from_secs(30);

/// How long a file that is being written may take: a dead disk does not hold up the end.
const FINISHING_LIMIT: Duration = Duration::from_millis(200);

/// Runs the daemon on this, the main thread. Ends the process instead of returning.
///
/// # Errors
///
/// When there is no display, or the system refuses a thread.
pub fn run(args: RunArgs, log: Recent) -> Result<Infallible> {
    let (events, queue) = mpsc::channel(QUEUE);
    let last_good = LastGood::new(&args.state());
    let network = first_network(&args, &last_good);
    let memory_limit_mb = memory::web_limit_mb();
    let options = ViewOptions {
        windowed: if args.windowed {
            Windowed::Window
        } else {
            Windowed::Fullscreen
        },
        address: links::addresses_in_words,
        network: network.clone(),
        scratch: args.daemon.socket().with_file_name("scratch"),
        memory_limit_mb,
    };
    let from_view = events.clone();
    let start = move |view| {
        let background = Background {
            args,
            log,
            network,
            view,
            events,
            queue,
            last_good,
            memory_limit_mb,
        };
        let thread = std::thread::Builder::new().name("driver".to_owned());
        if let Err(error) = thread.spawn(move || background.run()) {
            tracing::error!(%error, "cannot start the driver's thread");
            std::process::exit(i32::from(Ending::Internal.code()));
        }
    };
    let report = move |event| {
        // A closed queue only means that the daemon ends.
        if let Err(TrySendError::Full(event)) = from_view.try_send(event) {
            tracing::error!(?event, "the queue of events is full");
        }
    };
    webview::run(options, start, report)
}

/// What the background thread begins with.
struct Background {
    args: RunArgs,
    log: Recent,
    network: Network,
    view: ViewHandle,
    events: mpsc::Sender<Event>,
    queue: mpsc::Receiver<Event>,
    last_good: LastGood,
    memory_limit_mb: u32,
}

impl Background {
    fn run(self) {
        let view = self.view.clone();
        let drive = AssertUnwindSafe(|| {
            let runtime = supervise::runtime()?;
            let exit = runtime.block_on(self.drive());
            runtime.shutdown_timeout(FINISHING_LIMIT);
            exit
        });
        let ending = match catch_unwind(drive).unwrap_or_else(|_| Err(anyhow!("a panic"))) {
            Ok(Exit::Stopped) => Ending::Ok,
            Ok(Exit::GivenUp) => Ending::TryAgain,
            Err(error) => {
                tracing::error!("{error:#}");
                Ending::Internal
            }
        };
        let code = i32::from(ending.code());
        view.exit(code);
        // The main thread ends the process; this is for a main thread that hangs.
        std::thread::park_timeout(CLOSING_LIMIT);
        std::process::exit(code);
    }

    /// Beside the socket, in what is systemd's runtime directory on a device.
    fn handover(&self, last_end: LastEnd) -> Handover {
        let path = self.args.daemon.socket().with_file_name("tokens");
        Handover::open(path, last_end == LastEnd::CutOff)
    }

    async fn drive(self) -> Result<Exit> {
        let (found, changes) = mpsc::channel(16);
        let watch = store::watch(&self.args.settings, found)?;
        let timedate = Timedate::system();
        let (judgements, judged) = watch::channel(timedate.first_judgement());
        let trouble = Trouble::none();
        let (keep, keeping) = store::keeping(self.last_good.clone(), trouble.clone());
        let history = History::open(&self.args.state());
        let settings = SettingsFile::new(self.args.settings.clone(), history.clone());
        let (running, last_end) = Running::begin(&self.args.state());
        let handover = self.handover(last_end);
        let (running_now, running_told) = watch::channel(None);
        let credentials = std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
        let (overseer, lookout) = webview::lookout(self.memory_limit_mb);
        let parts = Parts {
            running: running_now,
            settings: settings.clone(),
            view: self.view.clone(),
            overseer,
            notifier: Notifier::from_environment(),
            clock: judged.borrow().state,
            last_end,
            signals: Signals::listen()?,
            queue: self.queue,
            events: self.events.clone(),
            changes,
            reread: watch.reread(),
            last_good: self.last_good,
            keep,
            handover: handover.clone(),
            credentials: credentials.clone(),
            tasks: Tasks::default(),
        };
        let (mut driver, status) = Driver::new(parts, self.network);
        driver.start("settings", watch.run());
        driver.start("last good settings", keeping.run());
        driver.start("settings history", history.keep_saving(trouble));
        driver.start("lookout", lookout.run(self.events.clone()));
        driver.start("timedate", timedate.follow(judgements));
        let addresses = start_reports(&mut driver, &self.events, &judged, self.memory_limit_mb);
        start_earlier_lines(&mut driver, self.log.clone());
        let device = Device {
            status,
            judged,
            settings,
            running: running_told,
            events: self.events,
            view: self.view,
            memory_limit_mb: self.memory_limit_mb,
            log: self.log,
        };
        doors::open(&mut driver, device, &self.args, credentials, addresses);
        let exit = driver.run().await?;
        if exit == Exit::Stopped {
            running.end();
            handover.end();
        }
        Ok(exit)
    }
}

fn start_earlier_lines(driver: &mut Driver, log: Recent) {
    let earlier = logging::add_earlier_lines(log);
    driver.start("earlier log lines", async move {
        earlier.await;
        Ok(())
    });
}

/// What the player hears about the device itself; answers when its addresses have changed.
fn start_reports(
    driver: &mut Driver,
    events: &mpsc::Sender<Event>,
    judged: &watch::Receiver<Judgement>,
    memory_limit_mb: u32,
) -> watch::Receiver<()> {
    driver.start("clock", report_clock_steps(events.clone()));
    driver.start(
        "clock judgements",
        report_judgements(judged.clone(), events.clone()),
    );
    driver.start("memory", measure_memory(memory_limit_mb, events.clone()));
    let (addresses, addresses_told) = watch::channel(());
    driver.start("links", report_network_changes(events.clone(), addresses));
    addresses_told
}

/// The wall does without the news if it must: the usual retries find the network too.
async fn report_network_changes(
    events: mpsc::Sender<Event>,
    addresses: watch::Sender<()>,
) -> Result<()> {
    if let Err(error) = follow_links(events, addresses).await {
        tracing::warn!(%error, "cannot watch the network links");
    }
    Ok(())
}

async fn follow_links(
    events: mpsc::Sender<Event>,
    addresses: watch::Sender<()>,
) -> std::io::Result<()> {
    let mut links = Links::watch()?;
    loop {
        let state = links.changed().await?;
        addresses.send_replace(());
        if events.send(Event::NetworkChanged(state)).await.is_err() {
            return Ok(());
        }
    }
}

async fn report_clock_steps(events: mpsc::Sender<Event>) -> Result<()> {
    loop {
        clock::stepped()
            .await
            .context("cannot watch the wall clock")?;
        if events.send(Event::ClockStepped).await.is_err() {
            return Ok(());
        }
    }
}

async fn measure_memory(limit_mb: u32, events: mpsc::Sender<Event>) -> Result<()> {
    let limit_mb = u64::from(limit_mb);
    let ticks = Ticks::every(MEASURE_EVERY).context("cannot measure memory")?;
    loop {
        ticks.next().await?;
        let Some(process) = webview::web_process() else {
            continue;
        };
        let web_mb = process.memory_mb;
        let measured = Event::MemoryMeasured { web_mb, limit_mb };
        if events.send(measured).await.is_err() {
            return Ok(());
        }
    }
}

/// Tells the player each change; it knows the first judgement.
async fn report_judgements(
    mut judged: watch::Receiver<Judgement>,
    events: mpsc::Sender<Event>,
) -> Result<()> {
    let mut told = judged.borrow().state;
    while judged.changed().await.is_ok() {
        let state = judged.borrow_and_update().state;
        if state != told && events.send(Event::ClockJudged(state)).await.is_err() {
            break;
        }
        told = state;
    }
    Ok(())
}

/// The view needs its proxy and certificates before the driver reads the file for itself.
fn first_network(args: &RunArgs, last_good: &LastGood) -> Network {
    let loaded = store::load(&args.settings).ok();
    let loaded = loaded.or_else(|| last_good.load().ok().flatten());
    loaded
        .map(|loaded| loaded.settings.network.clone())
        .unwrap_or_default()
}
