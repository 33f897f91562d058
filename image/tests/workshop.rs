//! Commands in the workshop, where the emulator and the tools for disks are.

use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use crate::platform::Arch;

/// Its paths are below the repository, which is where it starts.
pub(crate) fn command(arch: Arch, words: &[&str]) -> Command {
    // Should the tests be killed, nothing of theirs stays.
    let mut command = Command::new("setpriv");
    command
        .args(["--pdeathsig", "KILL", "image/workshop", "image"])
        .arg(arch.name())
        .args(words)
        .stdin(Stdio::null());
    command
}

/// What it says on its standard output; it must not fail.
pub(crate) fn run(arch: Arch, words: &[&str]) -> Result<String> {
    let output = command(arch, words)
        .output()
        .context("cannot start image/workshop")?;
    let error = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "{words:?}: {}: {error}",
        output.status
    );
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
