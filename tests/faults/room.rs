//! A mount namespace for the daemon: a name service and a state directory that can be broken.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use everlit::clock;
use tempfile::TempDir;

/// The proxy is asked for by this name, so that a dead name service cuts the device off.
pub(crate) const PROXY_NAME: &str = "proxy.standin.test";

/// The loader knows where libraries are on this architecture.
const FAKETIME: &str = "/usr/$LIB/faketime/libfaketime.so.1";

/// Room for the few files that the daemon keeps.
const STATE_SIZE: &str = "256k";

/// Where the daemon lives; its mounts are gone with this value.
pub(crate) struct Room {
    dir: TempDir,
    /// Keeps the namespace alive while no daemon runs; it ends when its input does.
    holder: Child,
    state: PathBuf,
}

/// Where the program to start is written before there is a room.
pub(crate) fn script(dir: &TempDir) -> PathBuf {
    dir.path().join("everlit")
}

impl Room {
    /// Opens a room with a state directory of its own, and writes the script that starts the
    /// program inside.
    pub(crate) fn open(dir: TempDir, program: &Path, state: PathBuf) -> Result<Self> {
        fs::create_dir_all(&state)?;
        let at = |name: &str| dir.path().join(name);
        fs::write(at("hosts"), hosts(true))?;
        // Nobody answers there: what the hosts file does not know is unknown at once.
        fs::write(
            at("resolv.conf"),
            "nameserver 127.0.0.1\noptions attempts:1\n",
        )?;
        let mounts = format!(
            "mount --bind {} /etc/hosts && mount --bind {} /etc/resolv.conf && \
             mount -t tmpfs -o mode=700,size={STATE_SIZE} state {} && echo > {} && exec cat",
            at("hosts").display(),
            at("resolv.conf").display(),
            state.display(),
            at("open").display(),
        );
        let holder = Command::new("unshare")
            .args(own_user_if_needed(&["--user", "--map-root-user"]))
            .args(["--mount", "sh", "-c", &mounts])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .context("cannot start unshare")?;
        let room = Self { dir, holder, state };
        room.wait_until_open()?;
        room.write_script(program)?;
        Ok(room)
    }

    fn wait_until_open(&self) -> Result<()> {
        let start = clock::now();
        while !self.dir.path().join("open").exists() {
            let waited = clock::now() - start;
            ensure!(waited < Duration::from_secs(5), "no mount namespace");
            thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    /// A file mode counts for the daemon even when it is started by root.
    fn write_script(&self, program: &Path) -> Result<()> {
        let clock = self.dir.path().join("clock");
        let text = format!(
            "#!/bin/sh\nif [ -e {clock} ]; then\n\
             export LD_PRELOAD='{faketime}' FAKETIME_TIMESTAMP_FILE={clock}\n\
             export FAKETIME_NO_CACHE=1 DONT_FAKE_MONOTONIC=1\nfi\n\
             exec nsenter {user} --target {holder} --mount -- \
             setpriv --bounding-set=-dac_override,-dac_read_search {program} \"$@\"\n",
            clock = clock.display(),
            faketime = FAKETIME,
            user = own_user_if_needed(&["--user", "--preserve-credentials"]).join(" "),
            holder = self.holder.id(),
            program = program.display(),
        );
        let script = script(&self.dir);
        fs::write(&script, text)?;
        Ok(fs::set_permissions(
            script,
            fs::Permissions::from_mode(0o755),
        )?)
    }

    /// The state directory as the daemon sees it.
    pub(crate) fn state(&self, name: &str) -> PathBuf {
        let root = format!("/proc/{}/root", self.holder.id());
        let inside = self.state.strip_prefix("/").unwrap_or(&self.state);
        Path::new(&root).join(inside).join(name)
    }

    pub(crate) fn remount_state(&self, how: &str) -> Result<()> {
        let status = Command::new("nsenter")
            .args(own_user_if_needed(&["--user", "--preserve-credentials"]))
            .args(["--target", &self.holder.id().to_string(), "--mount", "--"])
            .args(["mount", "-o", &format!("remount,{how}")])
            .arg(&self.state)
            .status()?;
        ensure!(
            status.success(),
            "cannot remount the state directory: {status}"
        );
        Ok(())
    }

    /// In place: another file of that name would not be the one that is mounted.
    pub(crate) fn set_name_service(&self, knows_the_proxy: bool) -> Result<()> {
        Ok(fs::write(
            self.dir.path().join("hosts"),
            hosts(knows_the_proxy),
        )?)
    }

    /// The offset of the daemon's wall clock, such as `+1h`; nothing: the daemon started next has
    /// the machine's own clock.
    pub(crate) fn set_clock(&self, offset: Option<&str>) -> Result<()> {
        let (clock, new) = (
            self.dir.path().join("clock"),
            self.dir.path().join("clock.new"),
        );
        match offset {
            Some(offset) => {
                fs::write(&new, format!("{offset}\n"))?;
                fs::rename(new, clock)?;
            }
            None if clock.exists() => fs::remove_file(clock)?,
            None => {}
        }
        Ok(())
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

fn hosts(knows_the_proxy: bool) -> String {
    let proxy = if knows_the_proxy {
        format!("127.0.0.1 {PROXY_NAME}\n")
    } else {
        String::new()
    };
    format!("127.0.0.1 localhost\n{proxy}")
}

/// Only root may mount without a user namespace.
fn own_user_if_needed(arguments: &'static [&'static str]) -> &'static [&'static str] {
    if rustix::process::geteuid().is_root() {
        &[]
    } else {
        arguments
    }
}
