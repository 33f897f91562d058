//! Puts the daemon and its units into the machine.

use std::fs;

use anyhow::Result;

use crate::machine::Machine;

const UNITS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/systemd");

/// What the package holds: file, place, mode.
const FILES: &[(&str, &str, &str)] = &[
    (
        "everlit.service",
        "/usr/lib/systemd/system/everlit.service",
        "644",
    ),
    ("on-screen", "/usr/lib/everlit/on-screen", "755"),
    (
        "everlit.sysusers",
        "/usr/lib/sysusers.d/everlit.conf",
        "644",
    ),
    (
        "everlit.tmpfiles",
        "/usr/lib/tmpfiles.d/everlit.conf",
        "644",
    ),
    (
        "journald.conf",
        "/usr/lib/systemd/journald.conf.d/50-everlit.conf",
        "644",
    ),
    (
        "system.conf",
        "/usr/lib/systemd/system.conf.d/50-everlit.conf",
        "644",
    ),
];

/// What the package and its scripts do.
pub(crate) fn install(machine: &Machine) -> Result<()> {
    let program = fs::read(env!("CARGO_BIN_EXE_everlit"))?;
    machine.write("/usr/bin/everlit", "755", &program)?;
    for (file, place, mode) in FILES {
        machine.write(place, mode, &fs::read(format!("{UNITS}/{file}"))?)?;
    }
    machine.run(&["systemd-sysusers"])?;
    machine.run(&["systemd-tmpfiles", "--create", "everlit.conf"])?;
    machine.run(&["systemctl", "daemon-reload"])?;
    machine.run(&["systemctl", "enable", "everlit"])?;
    Ok(())
}

/// An example that the package brings.
pub(crate) fn example(name: &str) -> Result<String> {
    Ok(fs::read_to_string(format!("{UNITS}/examples/{name}"))?)
}
