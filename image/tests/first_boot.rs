//! A card with a technician's files in a device whose clock knows nothing.

use anyhow::{Result, ensure};
use everlit::clock;

use crate::{
    disk::Disk,
    emulator::Clock,
    findings::Findings,
    guest::Guest,
    lab::Lab,
    provisioning::{FILES, PARTITION, REPORT},
    waiting::until,
};

const MB: f64 = 1e6;
/// A card that is a gigabyte larger gives the data nearly all of it.
const GROWN_MB: f64 = 900.0;
const MOST_WRONG_S: f64 = 2.0;

pub(crate) fn provisioning_with_a_wrong_clock(
    lab: &mut Lab,
    findings: &mut Findings,
) -> Result<()> {
    lab.make_card()?;
    let before = lab.disk()?.partition("data")?.size;
    // Two starts' worth: the time has to come from the network first.
    let limit = 2 * lab.platform.boot_limit();
    let shown = lab.power_on(Clock::Reset)?.until_showing(limit)?;
    findings.at_most(
        "power-on in 2001 to the report",
        shown.as_secs_f64(),
        limit.as_secs_f64(),
        "s",
    )?;
    // It grows once the picture is there.
    let patience = lab.platform.patience();
    let guest = lab.guest()?;
    until("a data partition that has grown", patience, || {
        let state = guest.output("systemctl is-active everlit-grow")?;
        Ok((state.stdout == b"active\n").then_some(()))
    })?;
    judge_the_device(lab.guest()?, findings)?;
    judge_the_partition(lab.disk()?, lab.cloud.client_secret(), findings)?;
    let after = lab.disk()?.partition("data")?.size;
    let grown = after.saturating_sub(before) as f64 / MB;
    findings.at_least("the data partition has grown by", grown, GROWN_MB, "MB")?;
    let size = lab
        .guest()?
        .number("df -B1 --output=size /data | tail -n 1")?;
    let inside = (size - before as f64) / MB;
    findings.at_least("and its file system by", inside, 0.9 * GROWN_MB, "MB")
}

fn judge_the_device(guest: &mut Guest, findings: &mut Findings) -> Result<()> {
    let wrong = guest.number("date +%s")? - clock::wall().as_second() as f64;
    findings.at_most("the clock is wrong by", wrong.abs(), MOST_WRONG_S, "s")?;
    guest.run("grep -q '\"powerbi-secret\"' /etc/everlit/settings.toml")?;
    findings.note("settings", "are in the device");
    let kept = guest.run(
        "find /etc/credstore.encrypted /etc/credstore -type f -size +0 -name powerbi-secret",
    )?;
    ensure!(!kept.is_empty(), "there is no credential");
    findings.note("credential", kept);
    Ok(())
}

/// What the next computer finds on the card.
fn judge_the_partition(card: &Disk, secret: &str, findings: &mut Findings) -> Result<()> {
    let report = card.text(PARTITION, REPORT)?;
    ensure!(!report.contains("REFUSED"), "{report}");
    for file in FILES {
        ensure!(report.contains(&format!("done     {file}: ")), "{report}");
    }
    findings.note("report on the partition", "names all files as done");
    let names = card.names(PARTITION)?;
    let left = FILES.iter().filter(|file| names.contains(**file)).count();
    findings.is("files left on the partition", left, 0)?;
    let traces = if card.holds(PARTITION, secret.as_bytes())? {
        "some"
    } else {
        "none"
    };
    findings.is("traces of the secret on the partition", traces, "none")
}
