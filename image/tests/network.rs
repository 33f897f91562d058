//! A network of our own, with nothing in it but loopback: no device under test reaches anybody.

use std::{
    env, fs,
    os::unix::process::CommandExt as _,
    process::{Command, ExitCode},
};

use anyhow::{Context as _, Result, ensure};

/// Set for the program that runs inside.
const INSIDE: &str = "EVERLIT_IMAGE_TEST_INSIDE";

pub(crate) fn is_our_own() -> bool {
    env::var_os(INSIDE).is_some()
}

/// Becomes the same program inside.
pub(crate) fn run_in_our_own() -> Result<ExitCode> {
    ensure!(
        rustix::process::geteuid().is_root(),
        "root is needed for a network of our own and for the emulator: run it as root"
    );
    let error = Command::new("unshare")
        .args(["--net", "--"])
        .arg(env::current_exe()?)
        .args(env::args_os().skip(1))
        .env(INSIDE, "1")
        .exec();
    Err(error).context("cannot start unshare")
}

pub(crate) fn bring_up() -> Result<()> {
    let routes = fs::read_to_string("/proc/net/route")?;
    ensure!(
        routes.lines().count() <= 1,
        "this network leads out of here; {INSIDE} is set by the program itself only"
    );
    let status = Command::new("ip")
        .args(["link", "set", "lo", "up"])
        .status()
        .context("cannot start ip")?;
    ensure!(status.success(), "loopback does not come up: {status}");
    Ok(())
}
