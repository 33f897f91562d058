//! Keeps a secret as a systemd credential, encrypted where that can be.

use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::{
    disk::Disk,
    judge::{CREDENTIALS, Readers, SEALED_CREDENTIALS},
};

/// How secrets are kept.
#[derive(Debug, Clone)]
pub enum Sealing {
    /// With this `systemd-creds`: bound to the device's TPM, or to its host key.
    With(PathBuf),
    /// Readable by root only: the key would be another system's.
    None,
}

/// How a secret was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kept {
    Sealed,
    /// And why not otherwise.
    Plain(String),
}

/// Keeps the secret; afterwards it is in one place only.
pub(super) fn keep(disk: &Disk<'_>, how: &Sealing, name: &str, secret: &str) -> io::Result<Kept> {
    let plain = Path::new(CREDENTIALS).join(name);
    let sealed = Path::new(SEALED_CREDENTIALS).join(name);
    match seal(how, name, secret) {
        Ok(bytes) => {
            disk.write(&sealed, &bytes, Readers::Root)?;
            // systemd would take the old plain one first.
            disk.wipe_below_root(&plain)?;
            Ok(Kept::Sealed)
        }
        Err(reason) => {
            disk.write(&plain, secret.as_bytes(), Readers::Root)?;
            disk.delete(&sealed)?;
            Ok(Kept::Plain(reason))
        }
    }
}

fn seal(how: &Sealing, name: &str, secret: &str) -> Result<Vec<u8>, String> {
    let Sealing::With(program) = how else {
        return Err("this is not the running system".to_owned());
    };
    let failed = |error: io::Error| format!("{}: {error}", program.display());
    let mut child = Command::new(program)
        .args([
            "encrypt",
            &format!("--name={name}"),
            "--with-key=auto",
            "-",
            "-",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that fails at once takes no secret; its own words come below.
        let _ = stdin.write_all(secret.as_bytes());
    }
    let output = child.wait_with_output().map_err(failed)?;
    if output.status.success() && !output.stdout.is_empty() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.lines().last().unwrap_or("it gave nothing back").trim();
    Err(format!("{}: {last}", program.display()))
}
