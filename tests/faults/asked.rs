//! How much was asked of whom.

use std::collections::BTreeMap;

use everlit_standin::Asked;
use serde::{Deserialize, Serialize};

const MINUTE_MS: f64 = 60_000.0;

/// The daemon's requests during one fault.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Requests {
    pub(crate) by_host: BTreeMap<String, usize>,
    /// The most to one host in any minute.
    pub(crate) worst_minute: usize,
}

impl Requests {
    pub(crate) fn since(at_ms: f64, asked: &[Asked]) -> Self {
        let mut times: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
        for asked in asked.iter().filter(|asked| asked.at_ms >= at_ms) {
            times.entry(&asked.host).or_default().push(asked.at_ms);
        }
        let worst = times.values().map(|times| most_in_a_minute(times)).max();
        let by_host = times
            .iter()
            .map(|(host, times)| ((*host).to_owned(), times.len()));
        Self {
            by_host: by_host.collect(),
            worst_minute: worst.unwrap_or(0),
        }
    }

    pub(crate) fn total(&self) -> usize {
        self.by_host.values().sum()
    }
}

/// `times` is in order.
fn most_in_a_minute(times: &[f64]) -> usize {
    let ends = times.iter().enumerate();
    let counts = ends.map(|(index, end)| {
        let earlier = times.iter().take(index + 1);
        earlier.filter(|at| end - **at < MINUTE_MS).count()
    });
    counts.max().unwrap_or(0)
}
