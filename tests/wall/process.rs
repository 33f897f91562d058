//! Starts the daemon on an X server, for walls and for the demo.

use std::{
    fs::File,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use anyhow::{Context as _, Result};

/// An X server of our own; ends with this value.
pub(crate) struct Display {
    pub(crate) server: Child,
    pub(crate) name: String,
}

impl Display {
    pub(crate) fn open() -> Result<Self> {
        Self::with(&[])
    }

    /// With more arguments for the server, such as a number of our own choice.
    pub(crate) fn with(arguments: &[&str]) -> Result<Self> {
        let mut server = Command::new("Xvfb")
            .args([
                "-displayfd",
                "1",
                "-screen",
                "0",
                "1920x1080x24",
                "-nolisten",
                "tcp",
            ])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start Xvfb; `make deps` installs it")?;
        let output = server.stdout.take().context("no output")?;
        let mut number = String::new();
        BufReader::new(output).read_line(&mut number)?;
        let name = format!(":{}", number.trim());
        Ok(Self { server, name })
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// The daemon with everything it needs in `dir`: settings, state, control socket and log.
pub(crate) fn daemon(program: &Path, dir: &Path, display: &Display) -> Result<Command> {
    let mut command = daemon_here(program, dir, dir)?;
    command
        .env("DISPLAY", &display.name)
        .env("GDK_BACKEND", "x11")
        .env_remove("WAYLAND_DISPLAY");
    Ok(command)
}

/// The same on the display that this process has; the socket is in `runtime`.
pub(crate) fn daemon_here(program: &Path, dir: &Path, runtime: &Path) -> Result<Command> {
    let log = File::options()
        .create(true)
        .append(true)
        .open(dir.join("log"))?;
    let mut command = Command::new(program);
    command
        .arg("run")
        .arg("--settings")
        .arg(dir.join("settings.toml"))
        .arg("--state")
        .arg(dir.join("state"))
        .arg("--socket")
        .arg(runtime.join("control.sock"))
        .env_remove("JOURNAL_STREAM")
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log);
    Ok(command)
}
