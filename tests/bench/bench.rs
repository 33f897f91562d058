//! Measures everlit beside what else shows pages on walls, and by itself: `make bench`.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it is there to be watched"
)]

mod figures;
mod network;
mod own;
#[path = "../wall/process.rs"]
mod process;
mod reaction;
#[expect(dead_code, reason = "the bench needs less than the tests")]
#[path = "../wall/rig.rs"]
mod rig;
mod rounds;
mod seat;
mod table;
mod tree;

use std::{
    env,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use everlit_standin::{Entrance, Options, Standin};
use figures::Own;
use rounds::{Extent, Lab};
use table::Report;
use tempfile::TempDir;

const USAGE: &str = "bench [--quick | --table | [--rests N] [--short]]";

const WHOLE: Extent = Extent {
    rounds: 7,
    rests: 7,
    idle: Duration::from_secs(60),
    is_watched_for_long: true,
};
const QUICK: Extent = Extent {
    rounds: 3,
    rests: 1,
    idle: Duration::from_secs(3),
    is_watched_for_long: false,
};
/// Detections and settings files.
const REACTIONS: usize = 200;

fn main() -> Result<ExitCode> {
    let wish = arguments(env::args().skip(1))?;
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/PERFORMANCE.md");
    let extent = match wish {
        Wish::Table => {
            table::write(&table::read(&saved())?, &document)?;
            return Ok(ExitCode::SUCCESS);
        }
        Wish::Quick => None,
        Wish::Whole(extent) => Some(extent),
    };
    let everlit = program()?;
    if !network::is_our_own() {
        let folder = everlit.parent().context("a program has a folder")?;
        return network::run_in_our_own(folder);
    }
    tree::adopt_orphans()?;
    let dir = TempDir::new()?;
    let cloud = Standin::start(Options {
        entrance: Entrance::Direct,
        ..Options::new(dir.path())
    })?;
    let lab = Lab {
        cloud: &cloud,
        everlit: &everlit,
    };
    match extent {
        Some(extent) => whole(&lab, extent, &document),
        None => quick(&lab, &document),
    }
}

enum Wish {
    Quick,
    /// The document anew, of what was saved last.
    Table,
    Whole(Extent),
}

fn arguments(mut words: impl Iterator<Item = String>) -> Result<Wish> {
    let mut extent = WHOLE;
    while let Some(word) = words.next() {
        match word.as_str() {
            "--quick" => return Ok(Wish::Quick),
            "--table" => return Ok(Wish::Table),
            "--rests" => {
                let rests = words.next().and_then(|text| text.parse().ok());
                extent.rests = rests.context(USAGE)?;
            }
            "--short" => extent.is_watched_for_long = false,
            _ => bail!(USAGE),
        }
    }
    Ok(Wish::Whole(extent))
}

fn whole(lab: &Lab<'_>, extent: Extent, document: &Path) -> Result<ExitCode> {
    let mut own = Own::default();
    lab.player(&mut own)?;
    let shared = lab.run(extent)?;
    lab.daemon(extent, &mut own)?;
    lab.swaps(extent, &mut own)?;
    lab.crashes(extent, &mut own)?;
    reaction::settings(lab.everlit, REACTIONS, &mut own)?;
    reaction::detection(lab.everlit, REACTIONS, &mut own)?;
    let report = Report { shared, own };
    let json = saved();
    table::save(&report, &json)?;
    println!("\n{}", table::markdown(&report));
    table::write(&report, document)?;
    for figure in report.own.0.iter().filter(|figure| !figure.is_met()) {
        println!("not as wanted: {}", figure.what);
    }
    println!("written: {} and {}", document.display(), json.display());
    Ok(ExitCode::SUCCESS)
}

fn quick(lab: &Lab<'_>, document: &Path) -> Result<ExitCode> {
    let shared = lab.run(QUICK)?;
    let losses = table::losses(&shared, document)?;
    let report = Report {
        shared,
        own: Own::default(),
    };
    println!("\n{}", table::markdown(&report));
    for loss in &losses {
        eprintln!("LOST: {loss}");
    }
    Ok(if losses.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn saved() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench.json")
}

/// Beside this one's folder.
fn program() -> Result<PathBuf> {
    let own = env::current_exe()?;
    let target = own.ancestors().nth(2).context("no build folder")?;
    Ok(target.join("everlit"))
}
