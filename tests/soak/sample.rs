//! How much memory the daemon and WebKit's processes use at a moment.

use std::{fmt, fs, time::Duration};

use anyhow::{Context as _, Result};
use serde::Serialize;

/// Proportional set sizes in megabytes; of several web processes the sum.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Sample {
    pub(crate) seconds: f64,
    pub(crate) daemon_mb: f64,
    pub(crate) web_mb: f64,
    pub(crate) network_mb: f64,
}

impl Sample {
    /// # Errors
    ///
    /// When the daemon is gone.
    pub(crate) fn take(daemon: i32, passed: Duration) -> Result<Self> {
        let daemon_mb = proportional_mb(daemon).context("the daemon is gone")?;
        let children = children(daemon);
        // A process may end while we look at it.
        let of = |name: &str| -> f64 {
            let named = children.iter().filter(|pid| is_named(**pid, name));
            named.filter_map(|pid| proportional_mb(*pid)).sum()
        };
        Ok(Self {
            seconds: passed.as_secs_f64(),
            daemon_mb,
            web_mb: of("WebKitWebProces"),
            network_mb: of("WebKitNetworkPr"),
        })
    }
}

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "daemon {:.1} MB, web {:.0} MB, network {:.0} MB",
            self.daemon_mb, self.web_mb, self.network_mb
        )
    }
}

fn proportional_mb(pid: i32) -> Option<f64> {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    let kilobytes: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes / 1024.0)
}

fn children(pid: i32) -> Vec<i32> {
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
    let children = children.unwrap_or_default();
    children
        .split_whitespace()
        .filter_map(|pid| pid.parse().ok())
        .collect()
}

fn is_named(pid: i32, name: &str) -> bool {
    fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|comm| comm.trim() == name)
}
