//! The daemon itself: stopped and killed in every phase.

use std::{fs, time::Duration};

use anyhow::{Result, ensure};
use everlit::player::Phase;
use everlit_standin::{Network, Trouble};
use rustix::process::Signal;

use crate::{
    bench::Bench,
    fault::{Fault, Look},
    rig::PATIENCE,
};

/// Before its signals are caught.
const JUST_STARTED: Duration = Duration::from_millis(60);
/// After the restart that follows the first kill.
const AGAIN_AFTER: Duration = Duration::from_millis(80);

/// How the wall is brought into a phase.
type Reach = fn(&mut Bench) -> Result<()>;

const PHASES: [(&str, Reach); 8] = [
    ("starting", start),
    ("unconfigured", unconfigure),
    ("waiting", wait),
    ("loading", load),
    ("showing", |_| Ok(())),
    ("recovering", recover),
    ("denied", deny),
    ("offline", go_offline),
];

pub(crate) fn faults() -> Vec<Fault> {
    let stopped = PHASES.map(|(phase, reach)| {
        Fault::new(
            format!("SIGTERM while {phase}"),
            move |bench: &mut Bench| {
                reach(bench)?;
                let stopped = bench.stop()?;
                let is_clean = stopped.status.code() == Some(0);
                ensure!(is_clean || phase == "starting", "{stopped:?}");
                put_right(bench)?;
                bench.start()
            },
        )
        .in_a_new_frame()
        .looking(Look::Any)
        .amid()
    });
    let killed = PHASES.map(|(phase, reach)| {
        Fault::new(
            format!("SIGKILL twice while {phase}"),
            move |bench: &mut Bench| {
                reach(bench)?;
                kill_twice(bench)?;
                put_right(bench)
            },
        )
        .in_a_new_frame()
        .amid()
    });
    let mut faults: Vec<Fault> = stopped.into_iter().chain(killed).collect();
    faults.push(
        Fault::new("daemon killed (SIGKILL)", kill_twice)
            .in_a_new_frame()
            .touching("daemon"),
    );
    faults
}

fn kill_twice(bench: &mut Bench) -> Result<()> {
    for pause in [AGAIN_AFTER, Duration::ZERO] {
        let first = bench.until("a daemon", PATIENCE, |bench| Ok(bench.unit.pid().ok()))?;
        bench.unit.signal(Signal::KILL)?;
        bench.until("the next daemon", PATIENCE, |bench| {
            Ok(bench.unit.pid().ok().filter(|pid| *pid != first))
        })?;
        bench.live(pause)?;
    }
    Ok(())
}

/// Ends every cause that a phase was brought about with.
fn put_right(bench: &mut Bench) -> Result<()> {
    bench.heal_service();
    bench.write_settings("")
}

fn start(bench: &mut Bench) -> Result<()> {
    bench.restart()?;
    bench.live(JUST_STARTED)
}

fn unconfigure(bench: &mut Bench) -> Result<()> {
    fs::remove_file(&bench.wall.settings)?;
    fs::remove_file(bench.room.state("last-good.toml"))?;
    bench.restart()?;
    bench.until_phase(Phase::Unconfigured).map(drop)
}

fn wait(bench: &mut Bench) -> Result<()> {
    bench.stop()?;
    bench.set_faults(|faults| faults.network = Network::Down);
    bench.start()?;
    bench.until_phase(Phase::Waiting).map(drop)
}

fn load(bench: &mut Bench) -> Result<()> {
    bench.set_faults(|faults| faults.report_delay_ms = 20_000);
    bench.everlit("reload");
    bench.until_phase(Phase::Loading).map(drop)
}

fn recover(bench: &mut Bench) -> Result<()> {
    bench.set_faults(|faults| faults.report = Trouble::Status(500));
    bench.everlit("reload");
    bench.until_phase(Phase::Recovering).map(drop)
}

fn deny(bench: &mut Bench) -> Result<()> {
    bench.set_faults(|faults| faults.entra_refusal = Some(7_000_222));
    bench.everlit("refresh-token");
    bench.until_phase(Phase::Denied).map(drop)
}

fn go_offline(bench: &mut Bench) -> Result<()> {
    bench.set_faults(|faults| faults.network = Network::Down);
    bench.everlit("refresh-token");
    bench.until_phase(Phase::Offline).map(drop)
}
