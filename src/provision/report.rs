//! The report on the partition: what a technician reads on another computer.

use std::path::Path;

use jiff::Timestamp;

/// Its name on the partition.
pub(super) const NAME: &str = "everlit-report.txt";

/// What became of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// As a technician calls it.
    pub file: String,
    /// What was done; `None`: it stays where it is.
    pub done: Option<String>,
    /// What is wrong, each with its remedy.
    pub problems: Vec<String>,
}

impl Outcome {
    pub(super) fn done(file: &Path, done: String) -> Self {
        Self {
            file: file.display().to_string(),
            done: Some(done),
            problems: Vec::new(),
        }
    }

    pub(super) fn refused(file: &Path, problems: Vec<String>) -> Self {
        Self {
            file: file.display().to_string(),
            done: None,
            problems,
        }
    }
}

/// The report's text, with the line ends of Windows.
pub(super) fn report(outcomes: &[Outcome], at: Timestamp) -> String {
    let mut lines = vec![
        "What everlit made of the files on this partition".to_owned(),
        format!(
            "{} (UTC, by the device's clock)",
            at.strftime("%Y-%m-%d %H:%M:%S")
        ),
        String::new(),
    ];
    for outcome in outcomes {
        match &outcome.done {
            Some(done) => lines.push(format!("done     {}: {done}", outcome.file)),
            None => lines.push(format!("REFUSED  {}: stays here", outcome.file)),
        }
        let problems = outcome.problems.iter();
        lines.extend(problems.map(|problem| format!("         {problem}")));
    }
    if outcomes.iter().any(|outcome| outcome.done.is_none()) {
        lines.push(String::new());
        lines.push("Correct what was refused and start the device again.".to_owned());
    }
    lines.join("\r\n") + "\r\n"
}

/// Whether two reports say the same, whenever they were written.
pub(super) fn says_the_same(one: &str, other: &str) -> bool {
    let without_date = |text: &str| -> Vec<String> {
        let lines = text.lines().map(str::to_owned).enumerate();
        lines
            .filter(|(index, _)| *index != 1)
            .map(|(_, line)| line)
            .collect()
    };
    without_date(one) == without_date(other)
}
