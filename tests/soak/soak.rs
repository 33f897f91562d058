//! Years in hours: the real daemon in time-lapse, and whether its memory grows.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it is there to be watched"
)]

mod chart;
#[path = "../wall/process.rs"]
mod process;
#[expect(dead_code, reason = "a soak needs less than the tests")]
#[path = "../wall/rig.rs"]
mod rig;
mod sample;
mod trend;
mod verdict;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::ExitCode,
    thread,
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use everlit::{clock, memory, player::Phase};
use everlit_standin::Content;

use rig::Wall;
use sample::Sample;
use verdict::Verdict;

/// A new token every second instead of every 40 minutes, and a load every few seconds.
const TIME_LAPSE: &str = "[token]\nrefresh_every = \"1 s\"\n";
const PAGE: &str = "https://portal.standin.example/board";

/// More points would not be seen on the chart.
const MOST_SAMPLES: u32 = 2000;

/// Caches and pools fill up at first.
const WARM_UP: Duration = Duration::from_secs(20);

fn main() -> Result<ExitCode> {
    let length = length()?;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
    let wall = start()?;
    println!(
        "Soaking for {:.0} min in time-lapse; a line a minute.",
        length.as_secs_f64() / 60.0
    );
    let samples = watch(&wall, length)?;
    let verdict = Verdict::new(&samples, u64::from(memory::web_limit_mb()));
    let chart = folder.join("soak.svg");
    fs::write(&chart, chart::svg(&samples, verdict.web_limit_mb()))?;
    let figures = serde_json::json!({ "verdict": verdict, "samples": samples });
    fs::write(
        folder.join("soak.json"),
        serde_json::to_string_pretty(&figures)?,
    )?;
    println!("{verdict}\nchart: {}", chart.display());
    if !verdict.is_good() {
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// `HOURS`, fractions too.
fn length() -> Result<Duration> {
    let hours: f64 = match env::var("HOURS") {
        Ok(text) => text
            .parse()
            .context("HOURS is a number, such as 8 or 0.05")?,
        Err(_) => 1.0,
    };
    let length = Duration::try_from_secs_f64(hours * 3600.0)?;
    ensure!(
        length >= 2 * WARM_UP,
        "HOURS is at least {:.3}",
        2.0 * WARM_UP.as_secs_f64() / 3600.0
    );
    Ok(length)
}

/// A wall whose report and page take turns without pause.
fn start() -> Result<Wall> {
    let program = env::current_exe()?;
    let target = program.ancestors().nth(2).context("no build folder")?;
    let program: PathBuf = target.join("everlit");
    let mut wall = Wall::new(&program)?;
    let page = format!(
        "seconds = 5\n[[playlist]]\nurl = \"{PAGE}\"\nreload_every = \"2 s\"\nseconds = 5\n"
    );
    // The report's own table comes first and is open for more keys.
    let text = wall.cloud.settings_toml(
        &Content::Report,
        everlit_standin::Credential::Secret,
        TIME_LAPSE,
    );
    let text = text.replacen("\n[network]", &format!("{page}\n[network]"), 1);
    wall.write_text(&text)?;
    wall.start()?;
    wall.until_phase(Phase::Showing)?;
    Ok(wall)
}

fn watch(wall: &Wall, length: Duration) -> Result<Vec<Sample>> {
    let pause = (length / MOST_SAMPLES).max(Duration::from_secs(1));
    let (pid, start) = (wall.pid()?, clock::now());
    let mut samples = Vec::new();
    let mut told = Duration::ZERO;
    while clock::now() < start + length {
        thread::sleep(pause);
        // They would pile up in this process.
        wall.notifications();
        let passed = clock::now() - start;
        let sample = Sample::take(pid, passed).with_context(|| wall.log().unwrap_or_default())?;
        if passed >= told {
            told += Duration::from_secs(60);
            let status = wall.status()?;
            println!(
                "{:5.1} min  {sample}  {:?}, {} refreshes, {} web processes replaced",
                passed.as_secs_f64() / 60.0,
                status.phase,
                status.token.refreshes,
                status.webview.restarts
            );
        }
        if passed > WARM_UP {
            samples.push(sample);
        }
    }
    Ok(samples)
}
