//! What goes wrong says what helps, and the last rung.

use anyhow::{Result, ensure};

use crate::wall::Wall;

pub(crate) fn what_is_missing_is_named_with_its_remedy(wall: &Wall) -> Result<()> {
    wall.change_unit(
        "[Service]\nEnvironment=LIBSEAT_BACKEND=seatd SEATD_SOCK=/run/none.sock\nRestart=no\n",
    )?;
    let started = wall
        .machine
        .command(&["systemctl", "start", "everlit"])
        .output()?;
    ensure!(!started.status.success());
    wall.until_journal("Remedy: apt install seatd")?;
    wall.until_journal("ended with exit-code, exited 69")?;

    // A machine whose one connector leads nowhere; then somebody plugs a display in.
    let connector = "/run/class/drm/card0-HDMI-A-1/status";
    wall.machine.write(connector, "644", b"disconnected\n")?;
    wall.machine.write(
        "/run/class/drm/card0-Writeback-1/status",
        "644",
        b"unknown\n",
    )?;
    wall.change_unit(
        "[Service]\nEnvironment=WLR_BACKENDS=\nBindReadOnlyPaths=/run/class:/sys/class\nRestart=no\n",
    )?;
    wall.machine
        .run(&["systemctl", "start", "--no-block", "everlit"])?;
    wall.until("a line about the display", || {
        let line = wall.property("StatusText")?;
        Ok((line == "waiting for a display: none is connected").then_some(()))
    })?;
    ensure!(
        wall.journal()?.contains("plug one in"),
        "{}",
        wall.journal()?
    );
    ensure!(wall.property("ActiveState")? == "activating");
    wall.machine
        .run(&["sh", "-c", &format!("echo connected > {connector}")])?;
    // There is no real graphics processor behind it.
    wall.until_journal("cage cannot open the screen")
}

pub(crate) fn a_daemon_that_cannot_start_reboots_the_machine_in_the_end(wall: &Wall) -> Result<()> {
    wall.change_unit(
        "[Unit]\nStartLimitBurst=2\n[Service]\nBindReadOnlyPaths=/bin/false:/usr/bin/everlit\n",
    )?;
    ensure!(
        !wall
            .machine
            .command(&["systemctl", "start", "everlit"])
            .status()?
            .success()
    );
    wall.until_journal("StartLimitAction=none")?;
    wall.until("the reboot", || Ok((!wall.machine.is_up()).then_some(())))
}
