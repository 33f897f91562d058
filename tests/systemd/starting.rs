//! Starting, reloading and stopping in order.

use anyhow::{Context as _, Result, ensure};
use everlit::clock;

use crate::wall::Wall;

/// As `systemd-analyze security` counts: 0 is locked, 10 is open.
const MOST_EXPOSED: f64 = 3.6;

pub(crate) fn the_units_are_well_formed_and_well_locked(wall: &Wall) -> Result<()> {
    let verify = ["systemd-analyze", "verify", "--man=no", "everlit.service"];
    let verified = wall.machine.command(&verify).output()?;
    let told = String::from_utf8_lossy(&verified.stderr);
    ensure!(verified.status.success() && told.is_empty(), "{told}");
    let security = [
        "systemd-analyze",
        "security",
        "--no-pager",
        "everlit.service",
    ];
    let told = wall.machine.run(&security)?;
    let (_, level) = told.rsplit_once("everlit.service: ").context("no level")?;
    let level: f64 = level.split(' ').next().context("no number")?.parse()?;
    println!("systemd-analyze security: {level}");
    ensure!(level <= MOST_EXPOSED, "{told}");
    for folder in ["journald.conf", "system.conf"] {
        let shown = wall.machine.run(&[
            "systemd-analyze",
            "cat-config",
            &format!("systemd/{folder}"),
        ])?;
        ensure!(shown.contains("50-everlit.conf"), "{shown}");
    }
    Ok(())
}

pub(crate) fn a_start_ends_with_the_report_on_the_screen(wall: &Wall) -> Result<()> {
    wall.machine.run(&["systemctl", "stop", "everlit"])?;
    let (renders, start) = (wall.counters().renders, clock::now());
    wall.start()?;
    println!(
        "systemctl start: {:.1} s",
        (clock::now() - start).as_secs_f64()
    );
    wall.until_showing()?;
    ensure!(wall.counters().renders > renders, "{:?}", wall.counters());
    wall.until_seen()?;
    // The line that `systemctl status` shows, and the process that the unit is about.
    let status = wall
        .machine
        .run(&["systemctl", "status", "--no-pager", "everlit"])?;
    ensure!(
        status.contains("Status: \"showing Operations today (report), token valid for"),
        "{status}"
    );
    ensure!(status.contains("(everlit)"), "{status}");
    let warnings = [
        "journalctl",
        "-u",
        "everlit",
        "-o",
        "cat",
        "-q",
        "-p",
        "warning",
    ];
    let told = wall.machine.run(&warnings)?;
    // The one line is of the window library's making.
    let strange: Vec<_> = told
        .lines()
        .filter(|line| !line.starts_with("gtk_window_set_titlebar"))
        .collect();
    ensure!(strange.is_empty(), "an ordinary start warns: {strange:?}");
    Ok(())
}

/// Drivers that draw in software would take up a hundred megabytes and draw nothing.
pub(crate) fn what_has_no_graphics_processor_loads_no_drivers_for_one(wall: &Wall) -> Result<()> {
    let nodes = ["sh", "-c", "ls /sys/class/drm 2>/dev/null || true"];
    if wall.machine.run(&nodes)?.contains("renderD") {
        println!("this machine has a graphics processor");
        return Ok(());
    }
    let loaded = format!("/proc/{}/maps", wall.main_pid()?);
    let loaded = wall.machine.run(&["cat", &loaded])?;
    ensure!(loaded.contains("/libwebkit2gtk"), "{loaded}");
    let drivers: Vec<_> = loaded
        .lines()
        .filter(|line| line.contains("/libgallium") || line.contains("/libLLVM"))
        .collect();
    ensure!(drivers.is_empty(), "{drivers:?}");
    // The pages' process finds them all the same.
    let found = wall.machine.run(&["ls", "/run/everlit/scratch/egl/"])?;
    ensure!(found.contains(".json"), "{found}");
    Ok(())
}

pub(crate) fn one_network_process_is_enough(wall: &Wall) -> Result<()> {
    let named = "grep -l WebKitNetworkPr /proc/[0-9]*/comm";
    let found = wall.machine.run(&["sh", "-c", named])?;
    ensure!(found.lines().count() == 1, "{found}");
    Ok(())
}

pub(crate) fn settings_are_applied_when_saved_and_by_reload(wall: &Wall) -> Result<()> {
    let next_refresh = || {
        wall.status()?["token"]["next_refresh_in_s"]
            .as_f64()
            .context("no refresh")
    };
    ensure!(next_refresh()? > 1000.0, "{}", wall.status()?);
    let loads = wall.counters().report_loads;
    wall.write_settings("[token]\nrefresh_every = \"10 min\"\n")?;
    wall.until("the saved interval", || {
        Ok((next_refresh()? <= 600.0).then_some(()))
    })?;
    wall.write_settings("[token]\nrefresh_every = \"5 min\"\n")?;
    wall.machine.run(&["systemctl", "reload", "everlit"])?;
    ensure!(
        next_refresh()? <= 300.0,
        "reload ends when the settings run: {}",
        wall.status()?
    );
    ensure!(
        wall.journal()?.contains("Reloaded everlit.service"),
        "{}",
        wall.journal()?
    );
    ensure!(wall.counters().report_loads == loads, "the picture stays");
    // A bad file changes nothing but the line.
    wall.machine
        .write("/etc/everlit/settings.toml", "644", b"nonsense")?;
    wall.machine.run(&["systemctl", "reload", "everlit"])?;
    let line = wall.property("StatusText")?;
    ensure!(
        line.starts_with("showing") && line.contains("settings rejected"),
        "{line}"
    );
    Ok(())
}

pub(crate) fn a_stop_is_quick_and_in_order(wall: &Wall) -> Result<()> {
    let start = clock::now();
    wall.machine.run(&["systemctl", "stop", "everlit"])?;
    let took = (clock::now() - start).as_secs_f64();
    println!("systemctl stop: {took:.1} s");
    ensure!(took < 3.0, "{took}");
    ensure!(wall.property("Result")? == "success", "{}", wall.journal()?);
    ensure!(!wall.journal()?.contains("SIGKILL"), "{}", wall.journal()?);
    let left = wall.machine.command(&["pgrep", "-u", "everlit"]).output()?;
    ensure!(left.stdout.is_empty(), "{left:?}");
    wall.start()?;
    ensure!(
        !wall.journal()?.contains("did not end on request"),
        "{}",
        wall.journal()?
    );
    Ok(())
}

pub(crate) fn limits_are_shares_of_the_machine_and_the_last_rung_is_a_reboot(
    wall: &Wall,
) -> Result<()> {
    for (name, value) in [
        ("Type", "notify-reload"),
        ("NotifyAccess", "all"),
        ("KillMode", "control-group"),
        ("Restart", "always"),
        ("OOMPolicy", "continue"),
        ("StartLimitAction", "reboot"),
        ("StartLimitBurst", "20"),
        ("StartLimitIntervalUSec", "1h"),
        ("RestartMaxDelayUSec", "20s"),
    ] {
        let found = wall.property(name)?;
        ensure!(found == value, "{name} is {found}");
    }
    let machine: f64 = wall
        .machine
        .run(&[
            "sh",
            "-c",
            "awk '/MemTotal/ {print $2 * 1024}' /proc/meminfo",
        ])?
        .parse()?;
    let share = |name: &str| -> Result<f64> { Ok(wall.property(name)?.parse::<f64>()? / machine) };
    ensure!(
        (0.79..0.81).contains(&share("MemoryMax")?),
        "{}",
        share("MemoryMax")?
    );
    ensure!(
        (0.69..0.71).contains(&share("MemoryHigh")?),
        "{}",
        share("MemoryHigh")?
    );
    ensure!(wall.property("TasksMax")?.parse::<u64>()? >= 300);
    Ok(())
}
