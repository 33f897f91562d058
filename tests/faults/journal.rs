//! The daemon's log since some moment, counted by level.

use serde::{Deserialize, Serialize};

/// What the log said during one fault.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Journal {
    pub(crate) warnings: Vec<String>,
    /// Lines of recovery that tell how long it took.
    pub(crate) recoveries: Vec<String>,
    pub(crate) errors: Vec<String>,
}

impl Journal {
    /// Lines are `time LEVEL message field=value …`.
    pub(crate) fn read(text: &str) -> Self {
        let mut journal = Self::default();
        for line in text.lines() {
            let mut words = line.split_whitespace();
            let (Some(_), Some(level)) = (words.next(), words.next()) else {
                continue;
            };
            let message = words.collect::<Vec<_>>().join(" ");
            match level {
                "WARN" => journal.warnings.push(message),
                "ERROR" => journal.errors.push(message),
                "INFO" if message.contains("recovered") && message.contains("took_s=") => {
                    journal.recoveries.push(message);
                }
                _ => {}
            }
        }
        journal
    }

    /// `1 warn, 1 recovered, 0 error`, shortened.
    pub(crate) fn in_short(&self) -> String {
        let counts = [
            self.warnings.len(),
            self.recoveries.len(),
            self.errors.len(),
        ];
        counts.map(|count| count.to_string()).join("/")
    }
}
