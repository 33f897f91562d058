//! Tells what was measured: a table to read and JSON to compute with.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, ensure};

use crate::{
    arguments::Arguments,
    recovery,
    runs::{Report, Row},
    seen::View,
};

pub(crate) fn print(report: &Report) {
    println!("\n{}", markdown(report));
    for row in report.rows.iter().filter(|row| !row.failures.is_empty()) {
        eprintln!("FAILED {}: {}", row.fault, row.failures.join("; "));
    }
    for pair in report.pairs.iter().filter(|pair| !pair.failures.is_empty()) {
        let failures = pair.failures.join("; ");
        eprintln!("FAILED {} + {}: {failures}", pair.first, pair.second);
    }
}

pub(crate) fn save(report: &Report, arguments: &Arguments) -> Result<()> {
    let path = saved();
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, serde_json::to_vec_pretty(report)?)?;
    match &arguments.report {
        Some(path) => recovery::write(path, report),
        None => Ok(()),
    }
}

/// What was saved last, if each fault in it was run so often.
pub(crate) fn read(runs: usize) -> Result<Report> {
    let path = saved();
    let text = fs::read(&path).with_context(|| format!("no earlier run in {}", path.display()))?;
    let report: Report = serde_json::from_slice(&text)?;
    ensure!(
        report.rows.iter().all(|row| row.runs.len() >= runs),
        "{} is of a shorter run; `make faults` makes a whole one",
        path.display()
    );
    Ok(report)
}

fn saved() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/faults.json")
}

pub(crate) fn markdown(report: &Report) -> String {
    let head = "| fault | the viewer saw, at worst | median | worst | limit | rungs | requests | log |\n\
                | --- | --- | --- | --- | --- | --- | --- | --- |\n";
    let rows = report.rows.iter().map(line);
    format!("{head}{}", rows.collect::<String>())
}

fn line(row: &Row) -> String {
    let seconds = |s: Option<f64>| s.map_or("never".to_owned(), |s| format!("{s:.2} s"));
    let view = View::worst(row.runs.iter().map(|run| &run.view));
    let last = row.runs.last();
    let text = |of: Option<String>| of.unwrap_or_default();
    format!(
        "| {} | {view} | {} | {} | {:.1} s | {} | {} | {} |\n",
        row.fault,
        seconds(row.median_s),
        seconds(row.worst_s),
        row.limit_s,
        text(last.map(|run| run.rungs.clone())),
        text(last.map(|run| format!("{}, {} a minute", run.requests.total(), row.worst_minute()))),
        text(last.map(|run| run.journal.in_short())),
    )
}
