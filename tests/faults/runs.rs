//! Runs the faults one after the other, on one wall as long as that stays well.

use std::{path::Path, process::Command, thread, time::Duration};

use anyhow::{Result, anyhow, ensure};
use everlit::clock;
use fastrand::Rng;
use serde::{Deserialize, Serialize};

use crate::{
    arguments::Arguments,
    bench::Bench,
    fault::Fault,
    limits::{Pace, longest},
    pairs::{self, Pair},
    trial::{self, Outcome},
};

/// All runs of one fault.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) fault: String,
    /// The sources that were measured, as `git describe` names them.
    pub(crate) build: String,
    pub(crate) limit_s: f64,
    pub(crate) median_s: Option<f64>,
    pub(crate) worst_s: Option<f64>,
    pub(crate) runs: Vec<Outcome>,
    pub(crate) failures: Vec<String>,
}

impl Row {
    /// The most that any host was asked in a minute, in any run.
    pub(crate) fn worst_minute(&self) -> usize {
        let worst = self.runs.iter().map(|run| run.requests.worst_minute);
        worst.max().unwrap_or(0)
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Report {
    pub(crate) page_load_s: f64,
    pub(crate) rows: Vec<Row>,
    pub(crate) seed: u64,
    /// As a row's.
    pub(crate) pairs_build: String,
    pub(crate) pairs: Vec<Pair>,
}

impl Report {
    /// Takes what was not measured now from an earlier report; `faults` gives the order.
    pub(crate) fn completed_by(mut self, earlier: Self, faults: &[Fault]) -> Self {
        let place = |row: &Row| faults.iter().position(|fault| fault.name == row.fault);
        let is_new = |row: &Row| self.rows.iter().any(|new| new.fault == row.fault);
        let (_, kept): (Vec<Row>, Vec<Row>) = earlier.rows.into_iter().partition(is_new);
        self.rows.extend(kept);
        self.rows.retain(|row| place(row).is_some());
        self.rows.sort_by_key(place);
        if self.pairs.is_empty() {
            self.seed = earlier.seed;
            self.pairs_build = earlier.pairs_build;
            self.pairs = earlier.pairs;
        }
        self
    }

    pub(crate) fn failures(&self) -> usize {
        let rows = self.rows.iter().map(|row| &row.failures);
        let pairs = self.pairs.iter().map(|pair| &pair.failures);
        rows.chain(pairs)
            .filter(|failures| !failures.is_empty())
            .count()
    }
}

pub(crate) fn all(program: &Path, arguments: &Arguments) -> Result<Report> {
    let pace = arguments.pace();
    let mut bench = Bench::open(program, pace)?;
    let page_load_s = bench.page_load.as_secs_f64();
    println!("A page load takes {page_load_s:.2} s here.");
    let rows = match pace {
        Pace::Short => side_by_side(&mut bench, program, arguments)?,
        Pace::Full => every(1, 0, &mut bench, program, arguments)?,
    };
    let pairs = match arguments.pairs {
        Some(time) => overlap(&mut bench, program, &crate::faults(), time, arguments.seed)?,
        None => Vec::new(),
    };
    Ok(Report {
        page_load_s,
        rows,
        seed: arguments.seed,
        pairs_build: build(),
        pairs,
    })
}

/// The sources that this program was made of.
fn build() -> String {
    let described = Command::new("git")
        .args(["describe", "--always", "--dirty"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output();
    described
        .ok()
        .filter(|output| output.status.success())
        .map_or("unknown sources".to_owned(), |output| {
            String::from_utf8_lossy(&output.stdout).trim().to_owned()
        })
}

/// Two walls share the faults: most of the time a wall only waits.
fn side_by_side(bench: &mut Bench, program: &Path, arguments: &Arguments) -> Result<Vec<Row>> {
    let (mine, others) = thread::scope(|scope| {
        let other = scope.spawn(|| {
            let mut bench = Bench::open(program, arguments.pace())?;
            every(2, 1, &mut bench, program, arguments)
        });
        (every(2, 0, bench, program, arguments), other.join())
    });
    let mut rows = mine?;
    rows.extend(others.map_err(|_| anyhow!("the other wall's thread panicked"))??);
    Ok(rows)
}

/// Every so manieth of the faults that are wanted.
fn every(
    nth: usize,
    first: usize,
    bench: &mut Bench,
    program: &Path,
    arguments: &Arguments,
) -> Result<Vec<Row>> {
    let faults = crate::faults();
    let wanted = faults.iter().filter(|fault| arguments.wants(&fault.name));
    let mine = wanted.skip(first).step_by(nth);
    mine.filter(|_| arguments.runs > 0)
        .map(|fault| repeat(bench, program, fault, arguments))
        .collect()
}

fn repeat(bench: &mut Bench, program: &Path, fault: &Fault, arguments: &Arguments) -> Result<Row> {
    let pace = arguments.pace();
    let mut runs = Vec::new();
    for _ in 0..arguments.runs {
        let mut outcome = one(bench, fault);
        tell(fault, &outcome);
        match calm(bench, &outcome) {
            Ok(()) => {}
            Err(error) => {
                outcome.failures.push(format!("afterwards: {error:#}"));
                println!("{}", state_of(bench));
                *bench = Bench::open(program, pace)?;
            }
        }
        runs.push(outcome);
    }
    let limit_s = longest(fault.limit, bench.page_load, pace).as_secs_f64();
    Ok(row(fault, limit_s, runs, pace))
}

/// Random pairs until the time is up.
fn overlap(
    bench: &mut Bench,
    program: &Path,
    faults: &[Fault],
    time: Duration,
    seed: u64,
) -> Result<Vec<Pair>> {
    let mut rng = Rng::with_seed(seed);
    let end = clock::now() + time;
    let mut pairs = Vec::new();
    while clock::now() < end {
        let Some(both) = pairs::pick(faults, &mut rng) else {
            break;
        };
        let names = format!("{} + {}", both.0.name, both.1.name);
        let outcome = pairs::run(bench, both, &mut rng);
        let pair = outcome.unwrap_or_else(|error| Pair::impossible(both, &error));
        let fresh = pair
            .fresh_s
            .map_or("never".to_owned(), |s| format!("after {s:.2} s"));
        println!("{names}: fresh {fresh}");
        if !pair.failures.is_empty() {
            println!("    FAILED: {}\n{}", pair.failures.join("; "), pair.log);
        }
        if pair.fresh_s.is_none() || bench.restart().is_err() {
            println!("{}", state_of(bench));
            *bench = Bench::open(program, bench.pace)?;
        }
        pairs.push(pair);
    }
    Ok(pairs)
}

fn one(bench: &mut Bench, fault: &Fault) -> Outcome {
    trial::run(bench, fault).unwrap_or_else(|error| {
        let log = bench.wall.log().unwrap_or_default();
        Outcome {
            log,
            ..Outcome::impossible(&error)
        }
    })
}

/// Makes ready for the next fault. The ladder's budgets and the waits between tries remember the
/// last ten minutes, and faults are rarer than on this bench: what had to heal is started anew.
fn calm(bench: &mut Bench, outcome: &Outcome) -> Result<()> {
    ensure!(outcome.fresh_s.is_some(), "the wall did not heal");
    match outcome.is_without_trace() {
        true => Ok(()),
        false => bench.restart(),
    }
}

fn row(fault: &Fault, limit_s: f64, runs: Vec<Outcome>, pace: Pace) -> Row {
    let mut times: Vec<f64> = runs.iter().filter_map(|run| run.fresh_s).collect();
    times.sort_by(f64::total_cmp);
    let (median_s, worst_s) = (times.get(times.len() / 2).copied(), times.last().copied());
    let mut failures: Vec<String> = runs.iter().flat_map(|run| run.failures.clone()).collect();
    if median_s.is_some_and(|median| median > limit_s + pace.slack().as_secs_f64()) {
        let median = median_s.unwrap_or_default();
        failures.push(format!("fresh after {median:.2} s, limit {limit_s:.2} s"));
    }
    Row {
        fault: fault.name.clone(),
        build: build(),
        limit_s,
        median_s,
        worst_s,
        runs,
        failures,
    }
}

fn tell(fault: &Fault, outcome: &Outcome) {
    let fresh = outcome.fresh_s.map_or("never fresh".to_owned(), |s| {
        format!("fresh after {s:.2} s")
    });
    println!(
        "{}: {fresh}; {}; rungs: {}; requests {} (worst minute {}); log {}",
        fault.name,
        outcome.view,
        outcome.rungs,
        outcome.requests.total(),
        outcome.requests.worst_minute,
        outcome.journal.in_short(),
    );
    for failure in &outcome.failures {
        println!("    FAILED: {failure}");
    }
    if !outcome.failures.is_empty() {
        println!("{}", outcome.log);
    }
}

/// Of a wall that did not heal.
fn state_of(bench: &Bench) -> String {
    let status = bench.wall.status_json();
    let status = status.unwrap_or_else(|error| format!("{error:#}"));
    let (requests, ends) = (bench.counters().requests, &bench.unit.ends);
    format!("{status}\nrequests {requests:?}\nends of the daemon {ends:?}\n")
}
