//! Hundreds of devices, each with its own fate; `SEED=n` runs one of them alone.

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

use crate::{faults::Plan, ledger::Counts, settings::DAY, trace::Violation, world::World};

const SEEDS: u64 = 500;
const SHOWN: usize = 3;

/// What a device went through.
struct Life {
    days: f64,
    counts: Counts,
}

#[test]
fn whatever_happens_the_rules_hold_and_calm_brings_the_picture_back() {
    let seeds: Vec<u64> = match std::env::var("SEED") {
        Ok(seed) => vec![seed.parse().expect("SEED is a number")],
        Err(_) => (1..=SEEDS).collect(),
    };
    let lives = live_all(&seeds);

    let (good, bad): (Vec<_>, Vec<_>) = lives.into_iter().partition(Result::is_ok);
    let bad: Vec<Violation> = bad.into_iter().filter_map(Result::err).collect();
    assert!(bad.is_empty(), "{}", tell(&bad));
    if seeds.len() > 1 {
        let good: Vec<Life> = good.into_iter().filter_map(Result::ok).collect();
        enough_was_tried(&good);
    }
}

/// Guards against a plan that has become harmless.
fn enough_was_tried(lives: &[Life]) {
    let sum = |of: fn(&Counts) -> u64| lives.iter().map(|life| of(&life.counts)).sum::<u64>();
    let days: f64 = lives.iter().map(|life| life.days).sum();
    assert!(lives.len() >= 500, "{} devices", lives.len());
    assert!(days >= 2_000.0, "{days} device-days");
    assert!(sum(|c| c.beats) > 1_000_000, "beats");
    assert!(sum(|c| c.report_reloads) > 500, "reports reloaded");
    assert!(sum(|c| c.embeds) > 100, "reports embedded again");
    assert!(sum(|c| c.process_ends) > 100, "web processes ended");
    assert!(sum(|c| c.forgets) > 50, "refusals");
    assert!(sum(|c| c.given_up) > 5, "daemons given up");
}

/// Every thread takes every n-th seed.
fn live_all(seeds: &[u64]) -> Vec<Result<Life, Violation>> {
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|worker| {
                let mine = seeds.iter().skip(worker).step_by(threads);
                scope.spawn(move || mine.map(|seed| live(*seed)).collect::<Vec<_>>())
            })
            .collect();
        let lives = workers.into_iter().map(|worker| worker.join());
        lives
            .flat_map(|lives| lives.expect("a worker that ends"))
            .collect()
    })
}

fn live(seed: u64) -> Result<Life, Violation> {
    let plan = Plan::from_seed(seed);
    let mut world = World::new(seed, &plan);
    let end = catch_unwind(AssertUnwindSafe(|| world.try_run(plan.end)));
    end.unwrap_or_else(|_| Err(world.panicked()))?;
    Ok(Life {
        days: days(plan.end),
        counts: world.counts().clone(),
    })
}

fn days(time: Duration) -> f64 {
    time.as_secs_f64() / DAY.as_secs_f64()
}

fn tell(bad: &[Violation]) -> String {
    let mut rules: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for violation in bad {
        rules
            .entry(violation.rule)
            .or_default()
            .push(violation.seed);
    }
    let shown: Vec<String> = bad.iter().take(SHOWN).map(Violation::to_string).collect();
    format!("{rules:?}\n{}", shown.join("\n"))
}
