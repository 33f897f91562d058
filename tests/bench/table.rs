//! Tells what was measured: tables to read, JSON to compute with, and whether much was lost since.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path, thread};

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use crate::{
    figures::{COMPARISONS, Comparison, Figure, Own, Quantity, Shared, Spread},
    seat::OURS_ON_X,
};

const METHOD: &str = include_str!("method.md");
/// How much worse than in the document a ratio may be before it is a loss: machines are noisy.
const NOISE: f64 = 1.5;

/// All of a run.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Report {
    pub(crate) shared: Shared,
    pub(crate) own: Own,
}

pub(crate) fn save(report: &Report, path: &Path) -> Result<()> {
    Ok(fs::write(path, serde_json::to_vec_pretty(report)?)?)
}

pub(crate) fn markdown(report: &Report) -> String {
    let comparisons = comparisons(&report.shared);
    match report.own.0.is_empty() {
        true => comparisons,
        false => format!("{comparisons}\n{}", own(&report.own)),
    }
}

/// What was saved last.
pub(crate) fn read(path: &Path) -> Result<Report> {
    let text =
        fs::read(path).with_context(|| format!("no {}: run `make bench` first", path.display()))?;
    Ok(serde_json::from_slice(&text)?)
}

/// The document with the last whole run.
pub(crate) fn write(report: &Report, path: &Path) -> Result<()> {
    let starts = report.shared.spread(Quantity::ReportRendered, OURS_ON_X);
    let rounds = starts.map_or(0, |spread| spread.count);
    let text = format!(
        "# How fast and how light everlit is\n\nWritten by `make bench`, not by hand. {rounds} rounds; everlit {} on {}.\n\n{}\n{METHOD}",
        env!("CARGO_PKG_VERSION"),
        machine(),
        markdown(report),
    );
    Ok(fs::write(path, text)?)
}

fn comparisons(shared: &Shared) -> String {
    let mut text = "| median (least to most) | everlit | peer | ratio | wanted |\n| --- | --- | --- | --- | --- |\n".to_owned();
    for comparison in &COMPARISONS {
        if let Some(line) = compared(shared, comparison) {
            text.push_str(&line);
        }
    }
    text
}

fn compared(shared: &Shared, comparison: &Comparison) -> Option<String> {
    let Comparison {
        quantity,
        ours,
        peer,
        limit,
    } = comparison;
    let (our_spread, peer_spread) = (
        shared.spread(*quantity, *ours)?,
        shared.spread(*quantity, *peer)?,
    );
    let wanted = limit.map_or(String::new(), |limit| format!("≤ {limit}"));
    let ratio = shared.ratio(comparison)?;
    Some(format!(
        "| {quantity} | {} ({ours}) | {} ({peer}) | {ratio:.2} | {wanted} |\n",
        short(our_spread),
        short(peer_spread),
    ))
}

fn own(own: &Own) -> String {
    let mut text = "| everlit alone | median | least | most | p99 | values | wanted |\n| --- | --- | --- | --- | --- | --- | --- |\n".to_owned();
    for Figure {
        what,
        spread,
        unit,
        limit,
    } in &own.0
    {
        let wanted = limit.map_or(String::new(), |limit| limit.to_string());
        // Writing into a text cannot fail.
        let _ = writeln!(
            text,
            "| {what} ({unit}) | {} | {} | {} | {} | {} | {wanted} |",
            number(spread.median),
            number(spread.least),
            number(spread.most),
            number(spread.p99),
            spread.count
        );
    }
    text
}

fn short(spread: Spread) -> String {
    if spread.count == 1 {
        return format!("{}, one value", number(spread.median));
    }
    format!(
        "{} ({} to {})",
        number(spread.median),
        number(spread.least),
        number(spread.most)
    )
}

/// Three digits that say something.
fn number(value: f64) -> String {
    match value.abs() {
        100.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

fn machine() -> String {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let memory = rustix::system::sysinfo();
    let bytes = memory.totalram.saturating_mul(u64::from(memory.mem_unit));
    let gpu = match Path::new("/dev/dri").exists() {
        true => "a GPU",
        false => "no GPU",
    };
    format!(
        "{}, {cores} cores, {:.0} GiB of memory, {gpu}",
        system(),
        bytes as f64 / f64::from(1 << 30)
    )
}

/// The system's name and version, as it calls itself.
fn system() -> String {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let mut lines = release.lines();
    let name = lines.find_map(|line| line.strip_prefix("PRETTY_NAME="));
    name.unwrap_or("Linux").trim_matches('"').to_owned()
}

/// Ratios that are far worse than those of the document: against both peers, since one of them alone
/// may have a good day.
pub(crate) fn losses(shared: &Shared, document: &Path) -> Result<Vec<String>> {
    let text =
        fs::read_to_string(document).with_context(|| format!("no {}", document.display()))?;
    let mut losses = BTreeMap::<_, Vec<_>>::new();
    for comparison in &COMPARISONS {
        let Some(now) = shared.ratio(comparison) else {
            continue;
        };
        let name = format!("{} against {}", comparison.quantity, comparison.peer);
        let then = written(&text, comparison)
            .with_context(|| format!("{} says nothing of {name}", document.display()))?;
        let loss = is_lost(comparison.quantity, now, then)
            .then(|| format!("{name}: {now:.2}, and {then:.2} in {}", document.display()));
        losses.entry(comparison.quantity).or_default().push(loss);
    }
    let of_both = losses
        .into_values()
        .filter_map(|of_each| of_each.into_iter().collect());
    Ok(of_both.collect::<Vec<Vec<_>>>().concat())
}

fn is_lost(quantity: Quantity, now: f64, then: f64) -> bool {
    match quantity {
        // A few seconds say little of processor time.
        Quantity::LivingCpu | Quantity::IdleCpu | Quantity::IdleWakeUps | Quantity::MemoryLater => {
            false
        }
        Quantity::ReportRendered | Quantity::PlainPainted | Quantity::Memory => now > then * NOISE,
    }
}

/// The ratio in the document's line about this comparison.
fn written(document: &str, comparison: &Comparison) -> Option<f64> {
    let quantity = comparison.quantity.to_string();
    let peer = format!("({})", comparison.peer);
    let line = document.lines().find(|line| {
        let mut cells = line.split('|').skip(1).map(str::trim);
        cells.next() == Some(quantity.as_str())
            && cells.nth(1).is_some_and(|cell| cell.ends_with(&peer))
    })?;
    line.split('|').nth(4)?.trim().parse().ok()
}
