//! The main job in a minute: a report with tokens of 20 seconds whose picture stays.
#![expect(clippy::print_stdout, reason = "it is there to be watched")]

#[path = "../wall/process.rs"]
mod process;

use std::{
    env, fs,
    io::{IsTerminal as _, Write as _},
    path::{Path, PathBuf},
    process::Child,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use everlit::{
    clock,
    portal::{StatusDocument, client::Client},
};
use everlit_standin::{Content, Counters, Credential, Options, Standin};
use tokio::{signal, time};

use process::{Display, daemon, daemon_here};

const TOKEN_LIFE_S: f64 = 20.0;

/// Times at which screenshots are written, in seconds.
const PICTURES: [u64; 3] = [5, 15, 25];

fn main() -> Result<()> {
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/demo");
    // What an earlier demo left behind; there may be nothing.
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir)?;
    let mut options = Options::new(&dir);
    options.faults.token_life_s = TOKEN_LIFE_S;
    let cloud = Standin::start(options)?;
    cloud.write_settings(&cloud.settings_toml(&Content::Report, Credential::Secret, ""))?;

    let screen = Screen::find()?;
    let daemon = screen.start_daemon(&dir)?;
    println!("The daemon's log: {}", dir.join("log").display());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(watch(&cloud, daemon, &dir))
}

/// Where the wall is shown.
enum Screen {
    /// The desktop of whoever started the demo.
    Desktop,
    Hidden(Display),
}

impl Screen {
    fn find() -> Result<Self> {
        if env::var_os("DISPLAY").is_some() || env::var_os("WAYLAND_DISPLAY").is_some() {
            println!("Opening a window with the stand-in's report. Ctrl+C ends the demo.");
            return Ok(Self::Desktop);
        }
        println!("No display here: running under Xvfb, screenshots go to target/demo/.");
        Ok(Self::Hidden(Display::open()?))
    }

    fn start_daemon(&self, dir: &Path) -> Result<Daemon> {
        let program = env::current_exe()?;
        let program = program
            .ancestors()
            .nth(2)
            .context("no build folder")?
            .join("everlit");
        let mut command = match self {
            Self::Desktop => {
                let mut command = daemon_here(&program, dir, dir)?;
                command.arg("--windowed");
                command
            }
            Self::Hidden(display) => daemon(&program, dir, display)?,
        };
        let child = command
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        Ok(Daemon(child))
    }
}

/// The running daemon; ends with this value.
struct Daemon(Child);

impl Drop for Daemon {
    fn drop(&mut self) {
        if let Some(pid) = rustix::process::Pid::from_raw(self.0.id().cast_signed()) {
            // It may have ended by itself; then there is nothing to end.
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
        let _ = self.0.wait();
    }
}

/// Prints what happens until Ctrl+C or the end of `DEMO_SECONDS`.
async fn watch(cloud: &Standin, mut daemon: Daemon, dir: &Path) -> Result<()> {
    let client = Client::new(&dir.join("control.sock"))?;
    let seconds = match env::var("DEMO_SECONDS") {
        Ok(text) => text
            .parse()
            .context("DEMO_SECONDS is a number of seconds, such as 30")?,
        Err(_) => u64::MAX,
    };
    let start = clock::now();
    let mut tick = time::interval(Duration::from_secs(1));
    let mut last = None;
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            result = signal::ctrl_c() => { result?; break; }
        }
        if let Some(status) = daemon.0.try_wait()? {
            let log = fs::read_to_string(dir.join("log")).unwrap_or_default();
            bail!("the daemon ended with {status}:\n{log}");
        }
        let passed = (clock::now() - start).as_secs();
        // Until it listens there is nothing to tell.
        if let Ok(status) = client.status().await {
            if last.is_none() {
                invite(&client).await;
            }
            live_line(passed, &status, &cloud.counters())?;
            last = Some(status);
        }
        if PICTURES.contains(&passed)
            && let Ok(picture) = client.screenshot().await
        {
            fs::write(dir.join(format!("after-{passed:02}-s.png")), picture)?;
        }
        if passed >= seconds {
            break;
        }
    }
    summary(
        &last.context("the daemon never answered")?,
        &cloud.counters(),
    );
    Ok(())
}

/// Says where to change the settings.
async fn invite(client: &Client) {
    if let Ok(way_in) = client.way_in().await
        && let (Some(address), Some(code)) = (way_in.portal.address, way_in.code)
    {
        println!("The portal is at {address}; its pairing code is {code}.");
    }
}

fn live_line(passed: u64, status: &StatusDocument, counters: &Counters) -> Result<()> {
    let mut out = std::io::stdout();
    let line = format!(
        "{passed:4} s  {:?}  token {} s old, {} refreshes, {} expired requests, {} recoveries",
        status.phase,
        status.token.age_s.unwrap_or_default(),
        status.token.refreshes,
        counters.data_expired,
        status.recoveries.all(),
    );
    // A terminal sees one line that changes, a log one line after the other.
    match out.is_terminal() {
        true => write!(out, "\r{line}\u{1b}[K")?,
        false => writeln!(out, "{line}")?,
    }
    Ok(out.flush()?)
}

fn summary(status: &StatusDocument, counters: &Counters) {
    println!("\n\nTokens live {TOKEN_LIFE_S} s here. In this demo the stand-in saw:");
    println!("  {:6} tokens given out", counters.embed_tokens);
    println!(
        "  {:6} of them set in place, without a load",
        counters.token_messages
    );
    println!("  {:6} load of the report's frame", counters.iframe_loads);
    println!(
        "  {:6} data requests with a good token",
        counters.data_fresh
    );
    println!(
        "  {:6} data requests with an expired token",
        counters.data_expired
    );
    println!(
        "and everlit made {} recoveries; it ends with: {}",
        status.recoveries.all(),
        status.summary
    );
}
