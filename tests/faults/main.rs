//! The fault bench: the real daemon and view, every fault that a wall meets, and how long it takes.
//!
//! Without arguments each fault happens once. `--runs N` repeats them, `--pairs "10 min"` lets
//! random pairs overlap (`--seed N` for the same ones again), `--report FILE` writes the method and
//! the table; any other word picks the faults whose name holds it, and `--again` keeps the others
//! as they were measured last.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it is its own test runner, and prints a table"
)]

use std::{path::Path, process::ExitCode};

use anyhow::Result;

mod arguments;
mod asked;
mod bench;
mod clock;
mod control;
mod daemon;
mod fault;
mod journal;
mod limits;
mod output;
mod pairs;
#[path = "../wall/process.rs"]
mod process;
mod recovery;
mod refusal;
mod renderer;
#[path = "../wall/rig.rs"]
#[expect(
    dead_code,
    reason = "other tests let a wall start its daemon by itself"
)]
mod rig;
mod room;
mod runs;
mod screen;
mod seen;
mod service;
mod settings;
mod state;
mod table;
mod trial;
mod unit;

use arguments::Arguments;

fn main() -> Result<ExitCode> {
    let arguments = Arguments::read(std::env::args().skip(1))?;
    let faults = faults();
    if arguments.list {
        faults.iter().for_each(|fault| println!("{}", fault.name));
        return Ok(ExitCode::SUCCESS);
    }
    // The words may be meant for another of Cargo's test programs.
    let is_wanted = faults.iter().any(|fault| arguments.wants(&fault.name));
    if !is_wanted && arguments.pairs.is_none() {
        return Ok(ExitCode::SUCCESS);
    }
    let earlier = match arguments.again {
        true => Some(table::read(arguments.runs)?),
        false => None,
    };
    let mut report = runs::all(program(), &arguments)?;
    table::print(&report);
    if let Some(earlier) = earlier {
        report = report.completed_by(earlier, &faults);
    }
    table::save(&report, &arguments)?;
    Ok(match report.failures() {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

/// Every fault, in the order of the report.
fn faults() -> Vec<fault::Fault> {
    let kinds = [
        renderer::faults(),
        service::faults(),
        refusal::faults(),
        clock::faults(),
        settings::faults(),
        state::faults(),
        daemon::faults(),
        output::faults(),
        control::faults(),
    ];
    kinds.into_iter().flatten().collect()
}

fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_everlit"))
}
