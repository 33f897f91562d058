//! Who reaches the daemon on the device itself.

use std::net::TcpListener;

use anyhow::{Context as _, Result, ensure};

use crate::wall::Wall;

pub(crate) fn a_program_on_the_device_reaches_the_portal_and_the_log_from_before_the_start(
    wall: &Wall,
) -> Result<()> {
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    wall.write_settings(&format!("[portal]\nlisten = \"127.0.0.1:{port}\"\n"))?;
    let address = format!("http://127.0.0.1:{port}/healthz");
    let nobody = [
        "setpriv",
        "--reuid=nobody",
        "--clear-groups",
        "curl",
        "-sf",
        &address,
    ];
    // A connection whose owner the sandbox hid from the daemon would be refused.
    wall.until("the portal's answer to another user", || {
        let answer = wall.machine.command(&nobody).output()?;
        Ok(answer.status.success().then_some(()))
    })?;

    wall.machine.run(&["systemctl", "restart", "everlit"])?;
    wall.until("a line from before the start", || {
        let address = "http://localhost/api/v1/log?lines=500";
        let socket = "/run/everlit/control.sock";
        let log = wall
            .machine
            .run(&["curl", "-s", "--unix-socket", socket, address])?;
        Ok(log.contains("Stopping everlit.service").then_some(()))
    })
}

pub(crate) fn settings_that_are_pushed_keep_the_files_group(wall: &Wall) -> Result<()> {
    let file = "/etc/everlit/settings.toml";
    let kept = ["stat", "-c", "%U:%G %a", file];
    wall.machine.run(&["chgrp", "systemd-journal", file])?;
    let pushed = wall.settings("[token]\nrefresh_every = \"7 min\"\n");
    wall.machine
        .write("/tmp/pushed.toml", "600", pushed.as_bytes())?;
    wall.machine
        .run(&["everlit", "settings", "push", "--wait", "/tmp/pushed.toml"])?;
    let told = wall.machine.run(&kept)?;
    ensure!(told == "everlit:systemd-journal 640", "{told}");
    let shown = wall.machine.run(&["cat", file])?;
    shown.contains("7 min").then_some(()).context(shown)
}
