//! What the stories prove, with the figures: told as it goes and in a table at the end.

use std::{fmt, time::Duration};

use anyhow::{Result, ensure};

#[derive(Debug, Default)]
pub(crate) struct Findings(Vec<Row>);

#[derive(Debug)]
struct Row {
    what: String,
    measured: String,
    limit: String,
}

/// A story that was told to its end, or not.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) name: &'static str,
    pub(crate) took: Duration,
    pub(crate) findings: Findings,
    pub(crate) outcome: Result<()>,
}

impl Findings {
    pub(crate) fn at_most(
        &mut self,
        what: &str,
        measured: f64,
        limit: f64,
        unit: &str,
    ) -> Result<()> {
        self.add(
            what,
            format!("{measured:.1} {unit}"),
            format!("at most {limit:.0} {unit}"),
        );
        ensure!(
            measured <= limit,
            "{what}: {measured:.1} {unit} is too much"
        );
        Ok(())
    }

    pub(crate) fn at_least(
        &mut self,
        what: &str,
        measured: f64,
        limit: f64,
        unit: &str,
    ) -> Result<()> {
        self.add(
            what,
            format!("{measured:.1} {unit}"),
            format!("at least {limit:.0} {unit}"),
        );
        ensure!(
            measured >= limit,
            "{what}: {measured:.1} {unit} is too little"
        );
        Ok(())
    }

    /// It has to be this.
    pub(crate) fn is<T: fmt::Display + PartialEq>(
        &mut self,
        what: &str,
        measured: T,
        wanted: T,
    ) -> Result<()> {
        self.add(what, measured.to_string(), wanted.to_string());
        ensure!(measured == wanted, "{what}: {measured}, not {wanted}");
        Ok(())
    }

    /// A figure without a limit.
    pub(crate) fn note(&mut self, what: &str, measured: impl fmt::Display) {
        self.add(what, measured.to_string(), String::new());
    }

    fn add(&mut self, what: &str, measured: String, limit: String) {
        match limit.as_str() {
            "" => println!("    {what}: {measured}"),
            limit => println!("    {what}: {measured} ({limit})"),
        }
        self.0.push(Row {
            what: what.to_owned(),
            measured,
            limit,
        });
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name.replace('_', " ");
        let outcome = match &self.outcome {
            Ok(()) => "proved".to_owned(),
            Err(error) => format!("FAILED: {error:#}"),
        };
        writeln!(
            f,
            "| **{name}** | {outcome} | | {:.0} s |",
            self.took.as_secs_f64()
        )?;
        for row in &self.findings.0 {
            writeln!(f, "| {} | {} | {} | |", row.what, row.measured, row.limit)?;
        }
        Ok(())
    }
}

pub(crate) fn print(stories: &[Told]) {
    let took: Duration = stories.iter().map(|story| story.took).sum();
    println!("\n| what was proved | measured | limit | time |\n| --- | --- | --- | --- |");
    stories.iter().for_each(|story| print!("{story}"));
    println!("| **all of it** | | | {:.0} s |", took.as_secs_f64());
}
