//! Puts the daemon and its units into the machine, as their package does.

use std::{fs, path::Path, process::Command, sync::OnceLock};

use anyhow::{Context as _, Result, ensure};

use crate::machine::Machine;

const HERE: &str = env!("CARGO_MANIFEST_DIR");

/// What is there before an upgrade.
pub(crate) const OLDER: &str = "0.0.1-1";

/// What is packed when nobody asks for another version.
pub(crate) const NEWER: &str = concat!(env!("CARGO_PKG_VERSION"), "-1");

/// Installs this build's daemon as one of the two versions.
pub(crate) fn install(machine: &Machine, version: &'static str) -> Result<()> {
    machine.write("/root/everlit.deb", "644", package(version)?)?;
    machine.run(&["dpkg", "--install", "/root/everlit.deb"])?;
    Ok(())
}

/// The package's bytes; each version is packed once.
fn package(version: &'static str) -> Result<&'static [u8]> {
    static PACKED: [OnceLock<Vec<u8>>; 2] = [OnceLock::new(), OnceLock::new()];
    let packed = &PACKED[usize::from(version == NEWER)];
    if let Some(bytes) = packed.get() {
        return Ok(bytes);
    }
    let bytes = fs::read(pack(version)?)?;
    Ok(packed.get_or_init(|| bytes))
}

fn pack(version: &str) -> Result<String> {
    let architecture = Command::new("dpkg").arg("--print-architecture").output()?;
    let packed = Command::new(format!("{HERE}/image/pack"))
        .arg(String::from_utf8(architecture.stdout)?.trim())
        .arg(env!("CARGO_BIN_EXE_everlit"))
        .arg(Path::new(env!("CARGO_TARGET_TMPDIR")).join("systemd"))
        .args(["-Z", "gz", "--fast", "--deb-version", version])
        .output()
        .context("cannot start image/pack")?;
    let error = String::from_utf8_lossy(&packed.stderr);
    ensure!(packed.status.success(), "image/pack: {error}");
    Ok(String::from_utf8(packed.stdout)?.trim().to_owned())
}

/// An example that the package brings.
pub(crate) fn example(name: &str) -> Result<String> {
    Ok(fs::read_to_string(format!(
        "{HERE}/systemd/examples/{name}"
    ))?)
}
