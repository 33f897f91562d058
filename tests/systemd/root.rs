//! The small Debian: made once, and again when what is in it changes.

use std::{
    env, fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, ensure};

/// What the unit needs at run time, and what the tests look with.
const PACKAGES: &[&str] = &[
    "systemd-sysv",
    "dbus",
    "libwebkit2gtk-4.1-0",
    "cage",
    "seatd",
    "xwayland",
    "kbd",
    "procps",
    "fonts-dejavu-core",
    "ca-certificates",
    "curl",
    "grim",
    "wlr-randr",
];

const MAKE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/systemd/make-root");

/// The root as a tar file below `target/`.
pub(crate) fn root() -> Result<PathBuf> {
    let mut recipe = DefaultHasher::new();
    (PACKAGES, fs::read_to_string(MAKE)?).hash(&mut recipe);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let tar = folder.join(format!("systemd-root-{:016x}.tar", recipe.finish()));
    if !tar.exists() {
        println!("making {} once, about a minute", tar.display());
        let made = as_root(MAKE).arg(&tar).args(PACKAGES).status();
        let made = made.with_context(|| format!("cannot start {MAKE}"))?;
        ensure!(
            made.success(),
            "mmdebstrap made no root: {made}; `make deps` installs it"
        );
    }
    Ok(tar)
}

/// A command as root, by sudo if need be.
pub(crate) fn as_root(program: &str) -> Command {
    if rustix::process::geteuid().is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("sudo");
    command.arg(program);
    command
}
