//! The daemon's log since some moment, counted by level.

use jiff::Timestamp;
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
    /// Lines are `time LEVEL message field=value …`. They share the error output with WebKit's
    /// processes, so that one may stand behind words of WebKit that were to go on.
    pub(crate) fn read(text: &str) -> Self {
        let mut journal = Self::default();
        for line in text.lines() {
            let words: Vec<_> = line.split_whitespace().collect();
            let Some(at) = words.iter().position(|word| ends_with_a_time(word)) else {
                continue;
            };
            let Some((level, message)) = words[at + 1..].split_first() else {
                continue;
            };
            let message = message.join(" ");
            match *level {
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

/// Whether the word ends with a time of the log's.
fn ends_with_a_time(word: &str) -> bool {
    const LENGTH: usize = "2026-12-01T01:35:06.651530Z".len();
    let start = word.len().checked_sub(LENGTH);
    let end = start.and_then(|start| word.get(start..));
    end.is_some_and(|end| end.parse::<Timestamp>().is_ok())
}
