//! What dies or stands still comes back by itself.

use std::{thread, time::Duration};

use anyhow::{Result, ensure};
use everlit::clock;

use crate::wall::Wall;

/// Longer than the watchdog of this machine waits.
const DARK: Duration = Duration::from_secs(9);

pub(crate) fn a_killed_daemon_is_back_on_the_screen_within_seconds(wall: &Wall) -> Result<()> {
    let daemon = wall.main_pid()?;
    comes_back_after(wall, "KILL", &daemon)?;
    ensure!(wall.main_pid()? != daemon);
    ensure!(
        wall.journal()?.contains("code=killed, status=9/KILL"),
        "systemd sees the daemon's own end: {}",
        wall.journal()?
    );
    // It outlives the daemon's runtime directory only because of RuntimeDirectoryPreserve=.
    wall.until_journal("going on with the token of the daemon before this one")?;
    Ok(())
}

pub(crate) fn a_killed_compositor_takes_the_daemon_along_and_both_come_back(
    wall: &Wall,
) -> Result<()> {
    let (daemon, compositor) = (wall.main_pid()?, wall.compositor_pid()?);
    comes_back_after(wall, "KILL", &compositor)?;
    ensure!(wall.main_pid()? != daemon && wall.compositor_pid()? != compositor);
    Ok(())
}

pub(crate) fn a_daemon_that_stands_still_is_ended_by_the_watchdog_and_comes_back(
    wall: &Wall,
) -> Result<()> {
    comes_back_after(wall, "STOP", &wall.main_pid()?)?;
    let journal = wall.journal()?;
    ensure!(journal.contains("Watchdog timeout"), "{journal}");
    ensure!(
        journal.contains("what should be on the screen was not seen"),
        "{journal}"
    );
    Ok(())
}

pub(crate) fn a_display_that_is_dark_for_a_while_costs_no_restart(wall: &Wall) -> Result<()> {
    let restarts = wall.restarts()?;
    wall.on_screen(&["wlr-randr", "--output", "HEADLESS-1", "--off"])?;
    thread::sleep(DARK);
    wall.on_screen(&["wlr-randr", "--output", "HEADLESS-1", "--on"])?;
    wall.until_seen()?;
    ensure!(wall.restarts()? == restarts, "{}", wall.journal()?);
    Ok(())
}

/// Sends a signal and waits until the report is on the screen again.
fn comes_back_after(wall: &Wall, signal: &str, pid: &str) -> Result<()> {
    let (restarts, renders, start) = (wall.restarts()?, wall.counters().renders, clock::now());
    wall.machine.run(&["kill", &format!("-{signal}"), pid])?;
    wall.until_restarted(restarts, renders)?;
    wall.until_seen()?;
    println!(
        "SIG{signal}: the report is back after {:.1} s",
        (clock::now() - start).as_secs_f64()
    );
    Ok(())
}
