//! Upgrading, switching off, removing and purging the package.

use anyhow::{Result, ensure};

use crate::{
    installing::{NEWER, OLDER, install},
    wall::{SECRET, SETTINGS, Wall},
};

const ENVIRONMENT: &str = "/etc/default/everlit";
const STATE: &str = "/var/lib/everlit";

pub(crate) fn an_upgrade_keeps_the_settings_and_shows_the_report_again(wall: &Wall) -> Result<()> {
    let machine = &wall.machine;
    install(machine, OLDER)?;
    wall.until_showing()?;
    let append = format!("echo '# mine' >>{ENVIRONMENT}");
    machine.run(&["sh", "-c", &append])?;
    let (settings, before) = (machine.run(&["cat", SETTINGS])?, wall.main_pid()?);

    install(machine, NEWER)?;
    wall.until("the new version's daemon", || {
        let now = wall.main_pid()?;
        Ok((now != before && now != "0").then_some(()))
    })?;
    wall.until_showing()?;
    let version = machine.run(&["dpkg-query", "--show", "--showformat=${Version}", "everlit"])?;
    ensure!(version == NEWER, "{version}");
    ensure!(machine.run(&["cat", SETTINGS])? == settings);
    ensure!(machine.run(&["cat", ENVIRONMENT])?.ends_with("# mine"));
    Ok(())
}

pub(crate) fn an_upgrade_leaves_a_daemon_alone_that_was_switched_off(wall: &Wall) -> Result<()> {
    wall.machine
        .run(&["systemctl", "disable", "--now", "everlit"])?;
    install(&wall.machine, NEWER)?;
    let state = (
        wall.property("UnitFileState")?,
        wall.property("ActiveState")?,
    );
    ensure!(
        state == ("disabled".to_owned(), "inactive".to_owned()),
        "{state:?}"
    );
    wall.machine.run(&["systemctl", "enable", "everlit"])?;
    Ok(())
}

pub(crate) fn a_desktops_screen_is_not_taken_by_an_installation(wall: &Wall) -> Result<()> {
    let machine = &wall.machine;
    let manager = "/etc/systemd/system/display-manager.service";
    purge(wall)?;
    machine.write(manager, "644", b"[Service]\nExecStart=/bin/true\n")?;
    install(machine, NEWER)?;
    let state = (
        wall.property("UnitFileState")?,
        wall.property("ActiveState")?,
    );
    machine.run(&["rm", manager])?;
    ensure!(
        state == ("disabled".to_owned(), "inactive".to_owned()),
        "{state:?}"
    );
    machine.run(&["systemctl", "enable", "everlit"])?;
    Ok(())
}

pub(crate) fn removing_keeps_what_is_the_operators_and_purging_leaves_no_secret_of_ours(
    wall: &Wall,
) -> Result<()> {
    let machine = &wall.machine;
    machine.run(&["dpkg", "--remove", "everlit"])?;
    ensure!(wall.property("ActiveState")? == "inactive");
    for kept in [SETTINGS, ENVIRONMENT, STATE] {
        machine.run(&["test", "-e", kept])?;
    }
    purge(wall)?;
    for deleted in ["/etc/everlit", ENVIRONMENT, STATE, "/var/cache/everlit"] {
        machine.run(&["test", "!", "-e", deleted])?;
    }
    machine.run(&["test", "-e", SECRET])?;
    machine.run(&["id", "everlit"])?;
    install(machine, NEWER)
}

fn purge(wall: &Wall) -> Result<()> {
    wall.machine.run(&["dpkg", "--purge", "everlit"])?;
    Ok(())
}
