//! The memory limit of the daemon's unit, which needs a kernel of its own.

use anyhow::{Result, ensure};

use crate::{findings::Findings, guest::Guest, lab::Lab};

const SHARE: f64 = 0.80;
const SHARE_OFF: f64 = 0.02;

/// Above MemoryHigh the kernel slows a process down so much that MemoryMax is minutes away.
const UNLIMIT: &str = "systemctl set-property --runtime everlit MemoryHigh=infinity";
const LIMIT: &str = "systemctl set-property --runtime everlit MemoryHigh=70%";

pub(crate) fn a_memory_eater_is_ended_and_the_picture_stays(
    lab: &mut Lab,
    findings: &mut Findings,
) -> Result<()> {
    let limit = lab.platform.boot_limit();
    let guest = lab.showing()?;
    let group = format!("/sys/fs/cgroup{}", guest.property("ControlGroup")?);
    judge_limit(guest, &group, findings)?;
    let restarts = guest.property("NRestarts")?;
    let before = kills(guest, &group)?;
    guest.run(UNLIMIT)?;
    // One endless line, which it keeps in memory.
    let eat = format!("echo $$ > {group}/cgroup.procs && exec timeout 120 tail /dev/zero");
    let eaten = guest.output(&eat)?;
    guest.run(LIMIT)?;
    ensure!(!eaten.status.success(), "the eater ended by itself");
    let ended = kills(guest, &group)? - before;
    findings.at_least("processes that the kernel ended", ended, 1.0, "")?;
    guest.until_showing(limit)?;
    let after = guest.property("NRestarts")?;
    findings.is("restarts of the daemon", after, restarts)?;
    findings.note("report", "is on the screen");
    Ok(())
}

fn judge_limit(guest: &mut Guest, group: &str, findings: &mut Findings) -> Result<()> {
    let limit = guest.number(&format!("cat {group}/memory.max"))?;
    let total = guest.number("awk '/^MemTotal/ { printf \"%d\", $2 * 1024 }' /proc/meminfo")?;
    let share = limit / total;
    findings.note(
        "memory limit",
        format!("{:.1} % of the device's memory", share * 100.0),
    );
    ensure!((share - SHARE).abs() <= SHARE_OFF, "not about 80 %");
    Ok(())
}

fn kills(guest: &mut Guest, group: &str) -> Result<f64> {
    guest.number(&format!("sed -n 's/^oom_kill //p' {group}/memory.events"))
}
