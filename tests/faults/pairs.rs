//! Random pairs of faults that overlap, for as long as is asked, the same ones for the same seed.

use std::time::Duration;

use anyhow::Result;
use everlit::clock;
use fastrand::Rng;
use serde::{Deserialize, Serialize};

use crate::{
    bench::Bench,
    fault::{Fault, Proof},
    limits,
    trial::Mark,
};

/// The second fault comes at most this long after the first.
const APART_MS: u64 = 3000;
/// So long both last together, at most.
const TOGETHER_MS: u64 = 8000;
/// An answer that was under way at the end proves nothing.
const UNDER_WAY: Duration = Duration::from_millis(200);

/// What came of one pair.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Pair {
    pub(crate) first: String,
    pub(crate) second: String,
    pub(crate) fresh_s: Option<f64>,
    pub(crate) worst_minute: usize,
    pub(crate) failures: Vec<String>,
    #[serde(skip)]
    pub(crate) log: String,
}

impl Pair {
    /// The wall was in no state for the faults.
    pub(crate) fn impossible((first, second): (&Fault, &Fault), error: &anyhow::Error) -> Self {
        Self {
            first: first.name.clone(),
            second: second.name.clone(),
            fresh_s: None,
            worst_minute: 0,
            failures: vec![format!("{error:#}")],
            log: String::new(),
        }
    }
}

/// Picks two faults that do not touch the same thing.
pub(crate) fn pick<'f>(faults: &'f [Fault], rng: &mut Rng) -> Option<(&'f Fault, &'f Fault)> {
    let able: Vec<&Fault> = faults
        .iter()
        .filter(|fault| fault.touches.is_some())
        .collect();
    let first = *able.get(rng.usize(..able.len().max(1)))?;
    let others = able
        .into_iter()
        .filter(|other| other.touches != first.touches);
    let others: Vec<&Fault> = others.collect();
    let second = *others.get(rng.usize(..others.len().max(1)))?;
    Some((first, second))
}

/// Lets two faults overlap; an error means that the bench itself failed.
pub(crate) fn run(
    bench: &mut Bench,
    (first, second): (&Fault, &Fault),
    rng: &mut Rng,
) -> Result<Pair> {
    bench.wall.cloud.reset_counters();
    bench.until_showing(limits::PAIR)?;
    let mark = Mark::set(bench)?;
    let fresh = suffer(bench, (first, second), rng);
    let outcome = mark.outcome(bench, fresh)?;
    Ok(Pair {
        first: first.name.clone(),
        second: second.name.clone(),
        fresh_s: outcome.fresh_s,
        worst_minute: outcome.requests.worst_minute,
        failures: outcome.failures,
        log: outcome.log,
    })
}

fn suffer(bench: &mut Bench, (first, second): (&Fault, &Fault), rng: &mut Rng) -> Result<Duration> {
    (first.inject)(bench)?;
    bench.live(Duration::from_millis(rng.u64(..APART_MS)))?;
    (second.inject)(bench)?;
    bench.live(Duration::from_millis(rng.u64(..TOGETHER_MS)))?;
    let (sooner, later) = match rng.bool() {
        true => (first, second),
        false => (second, first),
    };
    (sooner.end)(bench)?;
    bench.live(Duration::from_millis(rng.u64(..APART_MS)))?;
    (later.end)(bench)?;
    // What has not come over a page by now would be a third fault.
    bench.set_faults(|faults| faults.moods.clear());
    let end = clock::now();
    bench.live(UNDER_WAY)?;
    let since = bench.now_ms();
    bench.until_fresh(since, Proof::Data, limits::PAIR)?;
    Ok(clock::now() - end)
}
