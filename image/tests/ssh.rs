//! Looking into a running device.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};

use crate::{daemon, emulator::SSH_PORT, waiting::until};

/// Its own end of a connection that died without a word.
const OPTIONS: [&str; 11] = [
    "BatchMode=yes",
    "IdentitiesOnly=yes",
    "IdentityAgent=none",
    "StrictHostKeyChecking=no",
    "ConnectTimeout=5",
    "ServerAliveInterval=5",
    "ServerAliveCountMax=6",
    "LogLevel=ERROR",
    "PermitLocalCommand=no",
    "StreamLocalBindUnlink=yes",
    // The one that costs an emulated processor least.
    "KexAlgorithms=curve25519-sha256",
];

/// What ssh itself answers when the connection is at fault.
pub(crate) const LOST: i32 = 255;

/// A pair of keys, made for one run.
pub(crate) struct Key(PathBuf);

impl Key {
    pub(crate) fn new(folder: &Path) -> Result<Self> {
        let path = folder.join("key");
        for old in [path.clone(), path.with_extension("pub")] {
            if old.exists() {
                fs::remove_file(old)?;
            }
        }
        let status = Command::new("ssh-keygen")
            .args(["-q", "-t", "ed25519", "-N", "", "-C", "image-test", "-f"])
            .arg(&path)
            .status()
            .context("cannot start ssh-keygen")?;
        ensure!(status.success(), "no key: {status}");
        Ok(Self(path))
    }

    /// The file that goes to the device.
    pub(crate) fn public(&self) -> PathBuf {
        self.0.with_extension("pub")
    }
}

/// One connection for all commands; it ends with this value.
pub(crate) struct Ssh {
    master: Child,
    /// There as soon as the connection is.
    control: PathBuf,
    options: Vec<String>,
}

impl Ssh {
    /// Tries until the device lets us in.
    pub(crate) fn connect(folder: &Path, limit: Duration) -> Result<Self> {
        until("the device's SSH", limit, || {
            let mut ssh = Self::begin(folder)?;
            Ok(ssh.is_through()?.then_some(ssh))
        })
    }

    fn begin(folder: &Path) -> Result<Self> {
        let (hosts, control) = (folder.join("known_hosts"), folder.join("ssh"));
        for old in [&hosts, &control] {
            // A device that is made anew has another key.
            let _ = fs::remove_file(old);
        }
        let own = [
            format!("UserKnownHostsFile={}", hosts.display()),
            format!("IdentityFile={}", folder.join("key").display()),
            format!("ControlPath={}", control.display()),
        ];
        let options = OPTIONS.map(str::to_owned).into_iter().chain(own);
        let options: Vec<String> = options
            .flat_map(|option| ["-o".to_owned(), option])
            .collect();
        let master = ssh(&options)
            .args([
                "-M",
                "-N",
                "-L",
                &daemon::forwarding(folder),
                "root@127.0.0.1",
            ])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start ssh")?;
        Ok(Self {
            master,
            control,
            options,
        })
    }

    /// Waits until it is connected or has given up.
    fn is_through(&mut self) -> Result<bool> {
        until(
            "ssh to connect or to give up",
            Duration::from_secs(20),
            || {
                if self.master.try_wait()?.is_some() {
                    return Ok(Some(false));
                }
                Ok(self.control.exists().then_some(true))
            },
        )
    }

    /// A command line for the device's shell.
    fn command(&self, line: &str) -> Command {
        let mut command = ssh(&self.options);
        command.args(["-o", "ControlMaster=no", "root@127.0.0.1", line]);
        command
    }

    pub(crate) fn output(&self, line: &str) -> Result<Output> {
        self.command(line).output().context("cannot start ssh")
    }
}

impl Drop for Ssh {
    fn drop(&mut self) {
        let _ = self.master.kill();
        let _ = self.master.wait();
    }
}

fn ssh(options: &[String]) -> Command {
    let mut command = Command::new("ssh");
    command
        .args(["-F", "/dev/null", "-p", &SSH_PORT.to_string()])
        .args(options)
        .stdin(Stdio::null());
    command
}
