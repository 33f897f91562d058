//! The daemon is killed with SIGKILL while its settings change, and loses nothing.

use std::{
    env, fs,
    path::Path,
    sync::mpsc::{Receiver, channel},
    thread::{self, JoinHandle},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use everlit::{player::Phase, portal::client::Client, settings::Settings};
use everlit_standin::{Content, Trouble};
use fastrand::Rng;
use rustix::process::Signal;
use tokio::runtime::Builder;

use crate::{alone, program, rig::Wall};

/// More with the environment variable `EVERLIT_KILLS`.
const KILLS: usize = 20;
const SEED: u64 = 1;

#[test]
fn settings_that_change_all_the_time_survive_every_kill() -> Result<()> {
    let _alone = alone();
    let kills = match env::var("EVERLIT_KILLS") {
        Ok(text) => text.parse().context("EVERLIT_KILLS is a number")?,
        Err(_) => KILLS,
    };
    let mut rng = Rng::with_seed(SEED);
    let mut wall = Wall::new(program())?;
    wall.write_text(&version(0))?;
    let (mut pushed, mut kept) = (0, 0);
    for kill in 0..kills {
        wall.start()?;
        wall.until_phase(Phase::Unconfigured)?;
        let pushing = Pushing::start(&wall, pushed, Rng::with_seed(rng.u64(..)))?;
        thread::sleep(Duration::from_millis(rng.u64(0..1500)));
        wall.signal(Signal::KILL)?;
        wall.ended()?;
        let acknowledged = pushing.end()?;
        pushed = on_disk(&wall.settings)?;
        ensure!(
            pushed == acknowledged || pushed == acknowledged + 1,
            "seed {SEED}, kill {kill}: version {pushed} after {acknowledged}"
        );
        let last_good = wall.path("state/last-good.toml");
        let found = on_disk(&last_good)?;
        ensure!(
            (kept..=pushed).contains(&found),
            "seed {SEED}, kill {kill}: kept {found} after {kept}, with {pushed} pushed"
        );
        kept = found;
        for folder in [&wall.settings, &last_good] {
            ensure!(left_overs(folder)? <= 1, "kill {kill}: files pile up");
        }
    }
    println!("{kills} kills: {pushed} versions pushed, version {kept} is the last good one");
    ensure!(kept > kills, "{kept} versions kept");
    Ok(())
}

#[test]
fn a_killed_daemon_leaves_its_token_to_the_next_one() -> Result<()> {
    let _alone = alone();
    let mut wall = Wall::in_memory(program())?;
    wall.write(&Content::Report, "")?;
    wall.start()?;
    wall.until_phase(Phase::Showing)?;
    wall.signal(Signal::KILL)?;
    wall.ended()?;

    // The source is of no help now.
    wall.cloud
        .set_faults(|faults| faults.entra = Trouble::Status(503));
    let before = wall.counters();
    wall.start()?;
    wall.until_phase(Phase::Showing)?;
    let after = wall.counters();
    ensure!(after.embed_tokens == before.embed_tokens, "a token more");
    ensure!(
        after.report_loads == before.report_loads + 1,
        "no new picture"
    );

    // A technician's restart begins afresh.
    wall.signal(Signal::TERM)?;
    wall.ended()?;
    ensure!(!wall.path("tokens").exists(), "the token is still there");
    Ok(())
}

/// Settings that show nothing, of different length, so that no mixture of two is one of them.
fn version(number: usize) -> String {
    let more = format!("# {number}\n").repeat(number % 97 * 20);
    format!("[player]\nname = \"version {number}\"\n{more}")
}

/// The number of the version in a file, which must be whole.
fn on_disk(path: &Path) -> Result<usize> {
    let text = fs::read_to_string(path)?;
    let settings = Settings::parse(&text, path)?;
    let name = settings.name.context("no name")?;
    let number = name.strip_prefix("version ").context("another name")?;
    let number = number.parse()?;
    ensure!(text == version(number), "{} is torn", path.display());
    Ok(number)
}

fn left_overs(beside: &Path) -> Result<usize> {
    let entries = fs::read_dir(beside.parent().context("no folder")?)?;
    let names = entries.flatten().map(|entry| entry.file_name());
    Ok(names
        .filter(|name| name.to_string_lossy().starts_with(".everlit-"))
        .count())
}

/// Pushes one version after the other until the daemon is gone.
struct Pushing {
    thread: JoinHandle<()>,
    acknowledged: Receiver<usize>,
    before: usize,
}

impl Pushing {
    fn start(wall: &Wall, before: usize, mut rng: Rng) -> Result<Self> {
        let client = Client::new(&wall.path("control.sock"))?;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (pushed, acknowledged) = channel();
        let thread = thread::spawn(move || {
            for number in before + 1.. {
                let push = client.push_settings(version(number), None);
                if runtime.block_on(push).is_err() || pushed.send(number).is_err() {
                    return;
                }
                thread::sleep(Duration::from_millis(rng.u64(0..250)));
            }
        });
        Ok(Self {
            thread,
            acknowledged,
            before,
        })
    }

    /// The last version that the daemon took for sure.
    fn end(self) -> Result<usize> {
        self.thread.join().ok().context("the pushing panicked")?;
        Ok(self.acknowledged.try_iter().last().unwrap_or(self.before))
    }
}
