//! Updates: the good one stays, tampered ones are refused, and a bad one goes away by itself.

use std::time::Duration;

use anyhow::{Result, bail, ensure};
use everlit::clock;
use jiff::Timestamp;

use crate::{
    bundles::{BAD, FORGED, GOOD, TAMPERED},
    emulator::Clock,
    findings::Findings,
    guest::Guest,
    lab::Lab,
    picture, power_cuts,
    ssh::LOST,
    waiting::until,
};

/// The picture has to stay for a minute.
const STEADY: Duration = Duration::from_secs(60);
/// A bad system is given less time than usual, so that the story ends; a good one would still stay.
const HURRY: &str = "mkdir -p /etc/systemd/system/everlit-prove.service.d && \
                     printf '[Service]\\nEnvironment=\"EVERLIT_PROVE_STEADY=10 s\" \
                     \"EVERLIT_PROVE_WITHIN=80 s\"\\n' \
                     >/etc/systemd/system/everlit-prove.service.d/hurry.conf";
const WITHIN: Duration = Duration::from_secs(80);

/// When, in seconds since 1970.
const PROVED: &str = "systemctl show everlit-prove --timestamp=unix --value \
                      -p ActiveEnterTimestamp | tr -d @";

const NEXT_SLOT: &str = "/usr/lib/everlit/boot-slot get-primary";

/// Where the exit codes of updates are kept that have to be refused.
const REFUSED: &str = "/run/refused";
const REFUSALS: [&str; 2] = ["64", "70"];

const SLOTS: &str = "journalctl _TRANSPORT=kernel -o cat --no-pager | \
                     sed -n 's/^Kernel command line:.*rauc\\.slot=\\([ab]\\).*/\\1/p' | tail -n 2";

/// Which system runs, since when.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Running {
    slot: String,
    version: String,
    boot: String,
}

impl Running {
    fn on(guest: &mut Guest) -> Result<Self> {
        Ok(Self {
            slot: guest.run("grep -o 'rauc.slot=[ab]' /proc/cmdline | cut -d = -f 2")?,
            version: guest.run("sed -n 's/^IMAGE_VERSION=//p' /etc/os-release")?,
            boot: guest.run("cat /proc/sys/kernel/random/boot_id")?,
        })
    }

    fn other_slot(&self) -> String {
        if self.slot == "a" { "b" } else { "a" }.to_owned()
    }
}

/// It is installed beside the running one, and the next start runs it: here after a power cut.
pub(crate) fn update_to_a_good_bundle(lab: &mut Lab, findings: &mut Findings) -> Result<()> {
    lab.showing_with_bundles()?;
    let before = Running::on(lab.guest()?)?;
    let start = clock::now();
    lab.guest()?
        .run(&format!("everlit update --no-reboot {GOOD}"))?;
    let installed = (clock::now() - start).as_secs_f64();
    findings.note("the bundle is installed after", format!("{installed:.1} s"));
    let last = power_cuts::cut(lab, 0, &mut power_cuts::chance()?)?;
    let limit = lab.platform.boot_limit();
    let started = lab.power_on(Clock::Right)?.until_showing(limit)?;
    let shown = clock::wall();
    findings.at_most(
        "a power cut, then power-on to the report of the new system",
        started.as_secs_f64(),
        limit.as_secs_f64(),
        "s",
    )?;
    power_cuts::judge(lab, last)?;
    findings.note("pushes that were acknowledged and are kept", last);
    let after = Running::on(lab.guest()?)?;
    findings.is("slot", after.slot.clone(), before.other_slot())?;
    let (old, new) = (&before.version, &after.version);
    ensure!(old != new, "both systems say that they are version {old}");
    findings.note("version", format!("{old} became {new}"));
    picture::watch_refreshes(lab, findings)?;
    judge_the_proof(lab, shown, findings)?;
    let next = lab.guest()?.run(NEXT_SLOT)?;
    findings.is("slot of the next start", next, after.slot)
}

/// The new system was declared good some time after its report was `shown`.
fn judge_the_proof(lab: &mut Lab, shown: Timestamp, findings: &mut Findings) -> Result<()> {
    let limit = STEADY + lab.platform.patience();
    let guest = lab.guest()?;
    until("the proof of the new system", limit, || {
        let state = guest.output("systemctl is-active everlit-prove")?;
        Ok((state.stdout == b"active\n").then_some(()))
    })?;
    let trial = guest.output("/usr/lib/everlit/boot-slot is-on-trial")?;
    ensure!(trial.status.code() == Some(1), "still on trial: {trial:?}");
    let took = guest.number(PROVED)? - shown.as_second() as f64;
    findings.at_most("declared good after", took, limit.as_secs_f64(), "s")
}

/// Refusing takes a while, and so does an outage: the picture has to live through both at once.
pub(crate) fn tampered_bundles_are_refused_without_a_network(
    lab: &mut Lab,
    findings: &mut Findings,
) -> Result<()> {
    lab.showing_with_bundles()?;
    let before = Running::on(lab.guest()?)?;
    lab.guest()?.run(&refusals())?;
    picture::network_pulled_and_given_back(lab, findings)?;
    let patience = lab.platform.patience();
    let guest = lab.guest()?;
    let codes = until("both refusals", patience, || {
        let codes = guest.run(&format!("cat {REFUSED}"))?;
        Ok((codes.lines().count() == 2).then_some(codes))
    })?;
    let said = guest.run("journalctl -b -u refusals -o cat --no-pager")?;
    for (what, code) in ["other bytes: exit code", "another signature: exit code"]
        .iter()
        .zip(codes.lines())
    {
        findings.note(what, code);
        ensure!(REFUSALS.contains(&code), "not refused: {said}");
    }
    let next = guest.run(NEXT_SLOT)?;
    findings.is("slot of the next start", next, before.slot.clone())?;
    ensure!(Running::on(guest)? == before, "another system runs");
    guest.stays_showing(Duration::from_secs(5)).map(drop)
}

/// Begins with both updates, one after the other, and does not wait for them.
fn refusals() -> String {
    format!(
        ": >{REFUSED} && systemd-run --quiet --unit=refusals sh -c 'for bundle in {TAMPERED} {FORGED}; do \
         everlit update $bundle; echo $? >>{REFUSED}; done'"
    )
}

pub(crate) fn a_bad_bundle_falls_back(lab: &mut Lab, findings: &mut Findings) -> Result<()> {
    lab.showing_with_bundles()?;
    lab.guest()?.run(HURRY)?;
    let before = Running::on(lab.guest()?)?;
    install(lab.guest()?, BAD)?;
    let (start, limit) = (clock::now(), 3 * lab.platform.boot_limit() + WITHIN);
    let after = restarted(lab.guest()?, limit)?;
    let took = (clock::now() - start).as_secs_f64();
    ensure!(after.boot != before.boot, "it has not been restarted");
    findings.is("slot", after.slot, before.slot.clone())?;
    findings.at_most("the report is back after", took, limit.as_secs_f64(), "s")?;
    findings.is("version", after.version, before.version.clone())?;
    // Otherwise it may never have tried.
    let slots = lab.guest()?.run(SLOTS)?.replace('\n', ", ");
    let wanted = format!("{}, {}", before.other_slot(), before.slot);
    findings.is("slots of the last two starts", slots, wanted)
}

/// Orders an update. The device may be down before the connection has heard of its end.
fn install(guest: &mut Guest, bundle: &str) -> Result<()> {
    let output = guest.output(&format!("everlit update {bundle}"))?;
    match output.status.code() {
        Some(0 | LOST) => Ok(()),
        code => bail!(
            "no update, exit code {code:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        ),
    }
}

/// Waits until the report has left the screen and is there again: nobody asks a device that starts.
fn restarted(guest: &mut Guest, limit: Duration) -> Result<Running> {
    guest.until_gone(limit)?;
    guest.until_showing(limit)?;
    guest.leave();
    Running::on(guest)
}
