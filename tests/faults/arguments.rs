//! What the bench is asked to do.

use std::{path::PathBuf, time::Duration};

use anyhow::{Context as _, Result, bail, ensure};

use crate::limits::Pace;

const USAGE: &str = "faults [--runs N] [--pairs \"10 min\"] [--seed N] [--report FILE] [--again] [--list] \
     [WORD…]";

#[derive(Debug)]
pub(crate) struct Arguments {
    pub(crate) runs: usize,
    pub(crate) pairs: Option<Duration>,
    pub(crate) seed: u64,
    pub(crate) report: Option<PathBuf>,
    pub(crate) list: bool,
    /// Keep what is not measured now as it was measured last.
    pub(crate) again: bool,
    /// Only faults whose name holds one of these.
    pub(crate) words: Vec<String>,
}

impl Arguments {
    pub(crate) fn read(mut words: impl Iterator<Item = String>) -> Result<Self> {
        let mut arguments = Self {
            runs: 1,
            pairs: None,
            seed: 1,
            report: None,
            list: false,
            again: false,
            words: Vec::new(),
        };
        while let Some(word) = words.next() {
            let mut value = || words.next().context(USAGE);
            match word.as_str() {
                "--runs" => arguments.runs = value()?.parse().context(USAGE)?,
                "--pairs" => arguments.pairs = Some(duration(&value()?)?),
                "--seed" => arguments.seed = value()?.parse().context(USAGE)?,
                "--report" => arguments.report = Some(value()?.into()),
                "--list" => arguments.list = true,
                "--again" => arguments.again = true,
                // Cargo's own words for a test program.
                option if option.starts_with('-') => {}
                _ => arguments.words.push(word),
            }
        }
        let is_whole = (arguments.words.is_empty() && arguments.runs > 0) || arguments.again;
        ensure!(
            arguments.report.is_none() || is_whole,
            "a report tells of every fault"
        );
        Ok(arguments)
    }

    pub(crate) fn pace(&self) -> Pace {
        if self.runs > 1 {
            Pace::Full
        } else {
            Pace::Short
        }
    }

    pub(crate) fn wants(&self, name: &str) -> bool {
        self.words.is_empty() || self.words.iter().any(|word| name.contains(word.as_str()))
    }
}

/// A number of seconds or minutes, as in the settings file.
fn duration(text: &str) -> Result<Duration> {
    let (number, unit) = text.split_once(' ').context(USAGE)?;
    let number: u64 = number.parse().context(USAGE)?;
    match unit {
        "s" => Ok(Duration::from_secs(number)),
        "min" => Ok(Duration::from_secs(number * 60)),
        _ => bail!(USAGE),
    }
}
