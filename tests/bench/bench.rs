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

use std::{env, path::PathBuf, process::ExitCode, time::Duration};

use anyhow::{Context as _, Result, bail};
use everlit_standin::{Entrance, Options, Standin};
use figures::Own;
use rounds::{Extent, Lab};
use table::Report;
use tempfile::TempDir;

const USAGE: &str = "bench [--quick | --table | [--rests N] [--short] [--only PART]]";

/// What is measured of everlit alone.
const PARTS: [(&str, Part); 5] = [
    ("daemon", Lab::daemon),
    ("swaps", Lab::swaps),
    ("crashes", Lab::crashes),
    ("settings", Lab::settings),
    ("detection", Lab::detection),
];
type Part = fn(&Lab, Extent, &mut Own) -> Result<()>;
/// What of all four can be measured by itself.
const RESTS: (&str, Part) = ("rests", |lab, extent, _| lab.rests(extent));

const WHOLE: Extent = Extent {
    rounds: 7,
    rests: 7,
    // Within a minute the daemon has looked at the last picture that was drawn, once and for all.
    settling: Duration::from_secs(60),
    idle: Duration::from_secs(60),
    living: Duration::from_secs(20),
    is_watched_for_long: true,
    reactions: 200,
};
const QUICK: Extent = Extent {
    rounds: 3,
    rests: 1,
    settling: Duration::ZERO,
    idle: Duration::from_secs(3),
    living: Duration::from_secs(3),
    is_watched_for_long: false,
    reactions: 0,
};
/// From the repository's root, in which the bench is started wherever that is.
const DOCUMENT: &str = "docs/PERFORMANCE.md";
const SAVED: &str = "target/bench.json";

fn main() -> Result<ExitCode> {
    let work = match arguments(env::args().skip(1))? {
        Wish::Table => {
            table::write(&table::read(SAVED.as_ref())?, DOCUMENT.as_ref())?;
            return Ok(ExitCode::SUCCESS);
        }
        Wish::Measure(work) => work,
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
    let lab = Lab { cloud, everlit };
    match work {
        Work::Quick => quick(&lab),
        Work::Whole(extent) => whole(&lab, extent),
        Work::Part(extent, part) => {
            part(&lab, extent, &mut Own::default())?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

enum Wish {
    /// The document anew, of what was saved last.
    Table,
    Measure(Work),
}

enum Work {
    Quick,
    Whole(Extent),
    /// Only printed.
    Part(Extent, Part),
}

fn arguments(mut words: impl Iterator<Item = String>) -> Result<Wish> {
    let (mut extent, mut part) = (WHOLE, None);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--quick" => return Ok(Wish::Measure(Work::Quick)),
            "--table" => return Ok(Wish::Table),
            "--rests" => {
                let rests = words.next().and_then(|text| text.parse().ok());
                extent.rests = rests.context(USAGE)?;
            }
            "--short" => extent.is_watched_for_long = false,
            "--only" => {
                let name = words.next();
                let known = parts().find(|(known, _)| Some(*known) == name.as_deref());
                part = Some(known.with_context(usage)?.1);
            }
            _ => bail!(USAGE),
        }
    }
    Ok(Wish::Measure(match part {
        Some(part) => Work::Part(extent, part),
        None => Work::Whole(extent),
    }))
}

fn parts() -> impl Iterator<Item = (&'static str, Part)> {
    PARTS.into_iter().chain([RESTS])
}

fn usage() -> String {
    let names: Vec<&str> = parts().map(|(name, _)| name).collect();
    format!("{USAGE}\nparts: {}", names.join(", "))
}

fn whole(lab: &Lab, extent: Extent) -> Result<ExitCode> {
    let mut own = Own::default();
    lab.player(&mut own)?;
    let shared = lab.run(extent)?;
    for (_, part) in PARTS {
        part(lab, extent, &mut own)?;
    }
    let report = Report { shared, own };
    table::save(&report, SAVED.as_ref())?;
    println!("\n{}", table::markdown(&report));
    table::write(&report, DOCUMENT.as_ref())?;
    for figure in report.own.0.iter().filter(|figure| !figure.is_met()) {
        println!("not as wanted: {}", figure.what);
    }
    println!("written: {DOCUMENT} and {SAVED}");
    Ok(ExitCode::SUCCESS)
}

fn quick(lab: &Lab) -> Result<ExitCode> {
    let shared = lab.run(QUICK)?;
    let losses = table::losses(&shared, DOCUMENT.as_ref())?;
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

/// Beside this one's folder.
fn program() -> Result<PathBuf> {
    let own = env::current_exe()?;
    let target = own.ancestors().nth(2).context("no build folder")?;
    Ok(target.join("everlit"))
}
