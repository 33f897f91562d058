//! The picture: how soon it is there, and that it stays.

use std::time::Duration;

use anyhow::Result;
use everlit::clock;

use crate::{emulator::Clock, findings::Findings, guest::Guest, lab::Lab, waiting::until};

const MB: f64 = 1e6;
const UNIT_MEMORY_MB: f64 = 450.0;
/// Memory is measured when the picture has been there for so long.
const SETTLED: Duration = Duration::from_secs(10);

const LONG_LIFE_S: f64 = 3600.0;
const SHORT_LIFE_S: f64 = 40.0;
const REFRESHES: Duration = Duration::from_secs(80);
/// Longer than a token lives.
const PULLED: Duration = Duration::from_secs(45);
const FRESH_AGAIN: Duration = Duration::from_secs(30);

const USED: &str = "awk '/^MemTotal/ { all = $2 } /^MemAvailable/ { free = $2 } END { printf \"%d\", \
                    (all - free) * 1024 }' /proc/meminfo";

/// What systemd, too, calls the unit's memory.
const UNIT: &str = "cat /sys/fs/cgroup/system.slice/everlit.service/memory.current";

pub(crate) fn power_on_to_report(lab: &mut Lab, findings: &mut Findings) -> Result<()> {
    lab.switched_off()?;
    let limit = lab.platform.boot_limit();
    let shown = lab.power_on(Clock::Right)?.until_showing(limit)?;
    findings.at_most(
        "power-on to the report",
        shown.as_secs_f64(),
        limit.as_secs_f64(),
        "s",
    )?;
    judge_memory(lab.guest()?, findings)
}

pub(crate) fn judge_memory(guest: &mut Guest, findings: &mut Findings) -> Result<()> {
    let memory = Memory::of(guest)?;
    findings.at_most(
        "memory of the unit, with all that was cached for it",
        memory.unit_mb,
        UNIT_MEMORY_MB,
        "MB",
    )?;
    findings.note(
        "used memory of the device",
        format!("{:.1} MB", memory.used_mb),
    );
    Ok(())
}

/// What a device takes up once its picture has settled.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory {
    pub(crate) unit_mb: f64,
    pub(crate) used_mb: f64,
}

impl Memory {
    /// The report has to be on the screen, and to stay there.
    pub(crate) fn of(guest: &mut Guest) -> Result<Self> {
        guest.stays_showing(SETTLED)?;
        Ok(Self {
            unit_mb: guest.number(UNIT)? / MB,
            used_mb: guest.number(USED)? / MB,
        })
    }
}

pub(crate) fn refreshes_leave_the_picture_alone(
    lab: &mut Lab,
    findings: &mut Findings,
) -> Result<()> {
    lab.showing()?;
    watch_refreshes(lab, findings)
}

/// Looks at a device that shows the report while its token becomes old more than once.
pub(crate) fn watch_refreshes(lab: &mut Lab, findings: &mut Findings) -> Result<()> {
    lab.take_tokens_of(SHORT_LIFE_S)?;
    let before = lab.cloud.counters();
    let glances = lab.guest()?.stays_showing(REFRESHES)?;
    let after = lab.cloud.counters();
    lab.take_tokens_of(LONG_LIFE_S)?;
    findings.note("looks at the screen, each with the report on it", glances);
    let refreshes = after.embed_tokens - before.embed_tokens;
    let tokens = format!("tokens of {SHORT_LIFE_S} s in {} s", REFRESHES.as_secs());
    findings.at_least(&tokens, refreshes as f64, 2.0, "tokens")?;
    findings.is(
        "data requests with an expired token",
        after.data_expired - before.data_expired,
        0,
    )?;
    findings.is(
        "loads of the report",
        after.report_loads - before.report_loads,
        0,
    )?;
    findings.is(
        "loads of its frame",
        after.iframe_loads - before.iframe_loads,
        0,
    )
}

pub(crate) fn network_pulled_and_given_back(lab: &mut Lab, findings: &mut Findings) -> Result<()> {
    lab.showing()?;
    lab.take_tokens_of(SHORT_LIFE_S)?;
    lab.guest()?.pull_network()?;
    let glances = lab.guest()?.stays_showing(PULLED)?;
    findings.note("looks at the screen without a network", glances);
    lab.guest()?.keep_screen("network-pulled")?;
    let (before, start) = (lab.cloud.counters(), clock::now());
    lab.guest()?.plug_network()?;
    until("fresh data", FRESH_AGAIN, || {
        lab.guest()?.stays_showing(Duration::ZERO)?;
        let after = lab.cloud.counters();
        Ok((after.data_fresh > before.data_fresh).then_some(()))
    })?;
    let took = (clock::now() - start).as_secs_f64();
    findings.at_most(
        "the network is back: fresh data after",
        took,
        FRESH_AGAIN.as_secs_f64(),
        "s",
    )?;
    lab.guest()?.stays_showing(SETTLED)?;
    findings.note("errors on the screen", 0);
    let expired = lab.cloud.counters().data_expired - before.data_expired;
    findings.note(
        "data requests with an expired token, under the cover",
        expired,
    );
    lab.take_tokens_of(LONG_LIFE_S)
}
