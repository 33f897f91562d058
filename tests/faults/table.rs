//! Tells what was measured: a table to read and JSON to compute with.

use std::{fs, path::Path};

use anyhow::Result;

use crate::{
    arguments::Arguments,
    runs::{Report, Row},
    seen::View,
};

pub(crate) fn print(report: &Report) {
    println!("\n{}", markdown(report));
    for row in report.rows.iter().filter(|row| !row.failures.is_empty()) {
        eprintln!("FAILED {}: {}", row.fault, row.failures.join("; "));
    }
}

pub(crate) fn save(report: &Report, _arguments: &Arguments) -> Result<()> {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
    fs::write(
        target.join("faults.json"),
        serde_json::to_vec_pretty(report)?,
    )?;
    Ok(())
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
        text(last.map(|run| run.requests.total().to_string())),
        text(last.map(|run| run.journal.in_short())),
    )
}
