//! Whether a soak went well, and the figures that say so.

use std::fmt;

use serde::Serialize;

use crate::{sample::Sample, trend::slope};

/// What the daemon's own memory may grow in the second half of a soak, as its trend says.
const GROWTH_LIMIT_MB: f64 = 4.0;

/// The web process is ended by WebKit at this multiple of its limit.
const WEB_LIMIT_FACTOR: f64 = 1.5;

#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Verdict {
    samples: usize,
    daemon_growth_mb: f64,
    daemon_growth_mb_per_hour: f64,
    daemon_growth_limit_mb: f64,
    daemon_largest_mb: f64,
    web_growth_mb_per_hour: f64,
    web_largest_mb: f64,
    web_limit_mb: f64,
}

impl Verdict {
    pub(crate) fn new(samples: &[Sample], web_limit_mb: u64) -> Self {
        let second_half = samples.get(samples.len() / 2..).unwrap_or_default();
        let first = second_half.first().map_or(0.0, |sample| sample.seconds);
        let last = second_half.last().map_or(0.0, |sample| sample.seconds);
        let per_second = |value: fn(&Sample) -> f64| {
            let points: Vec<_> = second_half
                .iter()
                .map(|one| (one.seconds, value(one)))
                .collect();
            slope(&points).unwrap_or_default()
        };
        let largest = |value: fn(&Sample) -> f64| samples.iter().map(value).fold(0.0, f64::max);
        let daemon = per_second(|sample| sample.daemon_mb);
        Self {
            samples: samples.len(),
            daemon_growth_mb: daemon * (last - first),
            daemon_growth_mb_per_hour: daemon * 3600.0,
            daemon_growth_limit_mb: GROWTH_LIMIT_MB,
            daemon_largest_mb: largest(|sample| sample.daemon_mb),
            web_growth_mb_per_hour: per_second(|sample| sample.web_mb) * 3600.0,
            web_largest_mb: largest(|sample| sample.web_mb),
            web_limit_mb: u32::try_from(web_limit_mb).map_or(f64::MAX, f64::from),
        }
    }

    pub(crate) fn web_limit_mb(&self) -> f64 {
        self.web_limit_mb
    }

    pub(crate) fn is_good(&self) -> bool {
        let is_flat = self.daemon_growth_mb <= GROWTH_LIMIT_MB;
        self.samples > 1 && is_flat && self.web_largest_mb <= self.web_limit_mb * WEB_LIMIT_FACTOR
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} samples", self.samples)?;
        writeln!(
            f,
            "daemon: at most {:.1} MB; in the second half {:+.2} MB ({:+.1} MB/h), allowed {:+.1} MB",
            self.daemon_largest_mb,
            self.daemon_growth_mb,
            self.daemon_growth_mb_per_hour,
            self.daemon_growth_limit_mb
        )?;
        writeln!(
            f,
            "web process: at most {:.0} MB of {:.0} MB ({:+.1} MB/h in the second half), ended at {:.0} MB",
            self.web_largest_mb,
            self.web_limit_mb,
            self.web_growth_mb_per_hour,
            self.web_limit_mb * WEB_LIMIT_FACTOR
        )?;
        f.write_str(if self.is_good() { "good" } else { "NOT GOOD" })
    }
}
