//! The example for a computer with a desktop.

use anyhow::{Result, ensure};

use crate::{installing::example, wall::Wall};

/// A desktop in a few lines: somebody's compositor.
const DESKTOP: &str = "[Service]
User=wall
RuntimeDirectory=user/1000
Environment=XDG_RUNTIME_DIR=/run/user/1000
Environment=WLR_BACKENDS=headless WLR_RENDERER=pixman LIBSEAT_BACKEND=noop
ExecStart=/usr/bin/cage -- sleep infinity
";

pub(crate) fn with_the_example_the_daemon_uses_a_desktops_display(wall: &Wall) -> Result<()> {
    let machine = &wall.machine;
    machine.run(&["sh", "-c", "id wall 2>/dev/null || useradd --uid 1000 wall"])?;
    machine.write(
        "/run/systemd/system/desktop.service",
        "644",
        DESKTOP.as_bytes(),
    )?;
    wall.change_unit(&example("desktop.conf")?)?;
    machine.run(&["systemctl", "start", "desktop"])?;
    wall.until("the desktop's display", || {
        let display = ["test", "-S", "/run/user/1000/wayland-0"];
        Ok(machine.command(&display).status()?.success().then_some(()))
    })?;
    machine.run(&["chown", "-R", "wall:", "/etc/everlit"])?;
    let renders = wall.counters().renders;
    wall.start()?;
    wall.until_showing()?;
    ensure!(wall.counters().renders > renders);
    let owner = machine.run(&["ps", "-o", "user=", "-p", &wall.main_pid()?])?;
    ensure!(owner == "wall", "{owner}");
    machine.run(&["systemctl", "stop", "everlit", "desktop"])?;
    machine.run(&["chown", "-R", "everlit:", "/etc/everlit"])?;
    Ok(())
}
