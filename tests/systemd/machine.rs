//! A container with systemd as its first process.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, Command, Stdio},
};

use anyhow::{Context as _, Result, bail, ensure};
use tempfile::TempDir;

use crate::{root::as_root, wall::until};

const BOOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/systemd/boot-root");

/// Writes standard input to `$1` with mode `$2`, in one piece.
const WRITE: &str =
    r#"mkdir -p "$(dirname "$1")" && cat > "$1.new" && chmod "$2" "$1.new" && mv "$1.new" "$1""#;

/// It ends with this value.
pub(crate) struct Machine {
    boot: Child,
    leader: String,
    log: TempDir,
}

impl Machine {
    pub(crate) fn boot(tar: &Path) -> Result<Self> {
        let log = TempDir::new()?;
        let name = format!("everlit-test-{}", std::process::id());
        let mut boot = as_root(BOOT)
            .arg(tar)
            .arg(name)
            .arg(log.path().join("log"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("a real systemd needs root: run the tests as root, or install sudo")?;
        let mut leader = String::new();
        let output = boot.stdout.take().context("no output")?;
        BufReader::new(output).read_line(&mut leader)?;
        let leader = leader.trim().to_owned();
        let machine = Self { boot, leader, log };
        ensure!(
            !machine.leader.is_empty(),
            "no container: systemd-nspawn needs root, cgroups version 2 and a kernel with \
             namespaces; what it said stands above"
        );
        until("the end of the boot", || {
            let state = machine
                .command(&["systemctl", "is-system-running"])
                .output()?;
            Ok((state.stdout == b"running\n").then_some(()))
        })
        .with_context(|| fs::read_to_string(machine.log.path().join("log")).unwrap_or_default())?;
        Ok(machine)
    }

    /// A command in the container, as its root.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = as_root("nsenter");
        command
            .args(["--target", &self.leader])
            .args(["-m", "-u", "-i", "-n", "-p", "-C", "-r", "-w", "--"])
            .args(words)
            .stdin(Stdio::null());
        command
    }

    /// What a command says, which must not fail.
    pub(crate) fn run(&self, words: &[&str]) -> Result<String> {
        let output = self
            .command(words)
            .output()
            .context("cannot start nsenter")?;
        let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if !output.status.success() {
            let error = String::from_utf8_lossy(&output.stderr);
            bail!("{words:?}: {}: {said} {error}", output.status);
        }
        Ok(said)
    }

    /// Writes a file in one piece, with its mode in octal digits.
    pub(crate) fn write(&self, path: &str, mode: &str, bytes: &[u8]) -> Result<()> {
        let mut command = self.command(&["sh", "-c", WRITE, "sh", path, mode]);
        let mut writer = command.stdin(Stdio::piped()).spawn()?;
        let mut input = writer.stdin.take().context("no input")?;
        input.write_all(bytes)?;
        drop(input);
        let status = writer.wait()?;
        ensure!(status.success(), "cannot write {path}: {status}");
        Ok(())
    }

    /// Whether the systemd that was booted still runs.
    pub(crate) fn is_up(&self) -> bool {
        Path::new("/proc").join(&self.leader).exists()
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // The end of its standard input ends it.
        drop(self.boot.stdin.take());
        let _ = self.boot.wait();
    }
}
