//! Writes what a full run measured as a document for people.

use std::{collections::BTreeMap, fs, path::Path, thread};

use anyhow::Result;

use crate::{
    limits::{MOST_REQUESTS, SCHEDULE},
    pairs::Pair,
    runs::Report,
    table,
};

const METHOD: &str = include_str!("method.md");

pub(crate) fn write(path: &Path, report: &Report) -> Result<()> {
    let runs = report.rows.iter().map(|row| row.runs.len());
    let text = format!(
        "# How long a wall takes to recover\n\n\
         Written by `make faults`, not by hand. {} runs of each fault; everlit {} on {}, where a \
         page load takes {:.2} s.\n\n{METHOD}\n## Faults\n\n{}\n{}\n{}\n## Overlapping faults\n\n{}",
        runs.min().unwrap_or(0),
        env!("CARGO_PKG_VERSION"),
        machine(),
        report.page_load_s,
        table::markdown(report),
        builds(report),
        verdict(report),
        overlapping(report),
    );
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    Ok(fs::write(path, text)?)
}

fn machine() -> String {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let total = rustix::system::sysinfo();
    let bytes = total.totalram.saturating_mul(u64::from(total.mem_unit));
    let gib = bytes as f64 / f64::from(1 << 30);
    let gpu = match Path::new("/dev/dri").exists() {
        true => "a GPU",
        false => "no GPU",
    };
    format!("{cores} cores, {gib:.0} GiB of memory, {gpu}")
}

/// Which sources were measured.
fn builds(report: &Report) -> String {
    let mut faults: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for row in &report.rows {
        faults.entry(&row.build).or_default().push(&row.fault);
    }
    let largest = faults.iter().max_by_key(|(_, faults)| faults.len());
    let Some((most, _)) = largest.map(|(build, faults)| (*build, faults)) else {
        return String::new();
    };
    let again = faults.iter().filter(|(build, _)| **build != most);
    let again = again.map(|(build, faults)| {
        format!(
            " Measured again, at {build}, after a change: {}.",
            faults.join(", ")
        )
    });
    format!("Measured at {most}.{}\n", again.collect::<String>())
}

fn verdict(report: &Report) -> String {
    let most = MOST_REQUESTS + SCHEDULE;
    let worst = report.rows.iter().map(crate::runs::Row::worst_minute).max();
    let mut text = format!(
        "No fault may make the daemon ask any host more than {MOST_REQUESTS} times in a minute \
         beyond its schedule (here {SCHEDULE}): the most was {} of {most}.\n\n",
        worst.unwrap_or(0),
    );
    let failed: Vec<_> = report
        .rows
        .iter()
        .filter(|row| !row.failures.is_empty())
        .collect();
    if failed.is_empty() {
        text.push_str("Every limit was met.\n");
        return text;
    }
    text.push_str("Not as it should be:\n\n");
    for row in failed {
        let mut failures = row.failures.clone();
        failures.dedup();
        text.push_str(&format!("* {}: {}\n", row.fault, failures.join("; ")));
    }
    text
}

fn overlapping(report: &Report) -> String {
    let pairs = &report.pairs;
    if pairs.is_empty() {
        return "None were run.\n".to_owned();
    }
    let healed = pairs.iter().filter(|pair| pair.failures.is_empty()).count();
    let mut times: Vec<f64> = pairs.iter().filter_map(|pair| pair.fresh_s).collect();
    times.sort_by(f64::total_cmp);
    let middle = times.get(times.len() / 2).copied().unwrap_or(f64::NAN);
    let worst = times.last().copied().unwrap_or(f64::NAN);
    let mut text = format!(
        "At {}. Random pairs of different faults (seed {}) began within 3 s of each other and ended in \
         random order. {healed} of {} pairs healed by themselves and within the limits; content \
         was fresh again {middle:.2} s (median) and at worst {worst:.2} s after both had ended.\n",
        report.pairs_build,
        report.seed,
        pairs.len(),
    );
    for pair in pairs.iter().filter(|pair| !pair.failures.is_empty()) {
        text.push_str(&failed(pair));
    }
    text
}

fn failed(pair: &Pair) -> String {
    let failures = pair.failures.join("; ");
    format!("\n* {} + {}: {failures}", pair.first, pair.second)
}
