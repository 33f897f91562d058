//! A device that is switched on: its screen, its plug, its network cable, and a way in.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Output},
    rc::Rc,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use everlit::clock;
use serde_json::json;

use crate::{
    daemon::Daemon,
    emulator::{Machine, NETWORK},
    platform::Platform,
    qmp::Qmp,
    screen::{Picture, Reference},
    ssh::Ssh,
    waiting::until,
    workshop,
};

const EMULATOR_START: Duration = Duration::from_secs(20);
/// How often the screen is looked at while it should stay as it is.
const GLANCE: Duration = Duration::from_secs(1);
const SERIAL_LINES: usize = 40;

/// Dropping it pulls the plug.
struct Emulator(Child);

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(crate) struct Guest {
    emulator: Emulator,
    qmp: Qmp,
    ssh: Option<Ssh>,
    reference: Rc<Reference>,
    platform: Platform,
    folder: PathBuf,
    serial_log: PathBuf,
    powered_on: Instant,
}

impl Guest {
    pub(crate) fn power_on(machine: &Machine<'_>, reference: &Rc<Reference>) -> Result<Self> {
        let (socket, words) = (machine.control_socket(), machine.words()?);
        let _ = fs::remove_file(&socket);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let emulator = workshop::command(machine.platform.arch, &words).spawn();
        let mut emulator = Emulator(emulator.context("cannot start the emulator")?);
        let mut qmp = until("the emulator", EMULATOR_START, || {
            let ended = emulator.0.try_wait()?;
            ensure!(ended.is_none(), "the emulator does not start: {ended:?}");
            Ok(Qmp::connect(&socket).ok())
        })?;
        // The emulator's own start is no part of the device's.
        let powered_on = clock::now();
        qmp.order("cont", &json!({}))?;
        Ok(Self {
            emulator,
            qmp,
            ssh: None,
            reference: Rc::clone(reference),
            platform: machine.platform,
            folder: machine.folder.to_owned(),
            serial_log: machine.serial_log(),
            powered_on,
        })
    }

    pub(crate) fn screen(&mut self) -> Result<Picture> {
        let file = self.folder.join("screen.ppm");
        let dump = json!({ "filename": file, "format": "ppm" });
        self.qmp.order("screendump", &dump)?;
        Picture::from_ppm(&fs::read(file)?)
    }

    /// Keeps what is on the screen for people to look at.
    pub(crate) fn keep_screen(&mut self, name: &str) -> Result<PathBuf> {
        let file = self.folder.join(name).with_extension("png");
        let dump = json!({ "filename": file, "format": "png" });
        self.qmp.order("screendump", &dump)?;
        Ok(file)
    }

    pub(crate) fn is_showing(&mut self) -> Result<bool> {
        let screen = self.screen()?;
        Ok(self.reference.is_on(&screen) && !screen.shows_an_expired_token())
    }

    /// Waits for the report, and tells how long after the power came on it was there.
    pub(crate) fn until_showing(&mut self, limit: Duration) -> Result<Duration> {
        let shown = until("the report on the screen", limit, || {
            Ok(self.is_showing()?.then(clock::now))
        });
        if shown.is_err() {
            let screen = self.screen()?;
            let distances = self.reference.distances(&screen);
            return shown.map(|_| limit).context(distances);
        }
        Ok(shown? - self.powered_on)
    }

    /// Waits until the report is not on the screen any more.
    pub(crate) fn until_gone(&mut self, limit: Duration) -> Result<()> {
        until("the report to leave the screen", limit, || {
            Ok((!self.is_showing()?).then_some(()))
        })
    }

    /// The report has to stay on the screen for so long; how often it was looked at.
    pub(crate) fn stays_showing(&mut self, length: Duration) -> Result<u32> {
        let end = clock::now() + length;
        let mut glances = 0;
        loop {
            let screen = self.screen()?;
            ensure!(
                !screen.shows_an_expired_token(),
                "an expired token's error is on the screen"
            );
            ensure!(
                self.reference.is_on(&screen),
                "the report left the screen: {}",
                self.reference.distances(&screen)
            );
            glances += 1;
            if clock::now() >= end {
                return Ok(glances);
            }
            thread::sleep(GLANCE);
        }
    }

    pub(crate) fn pull_network(&mut self) -> Result<()> {
        self.ssh = None;
        let down = json!({ "name": NETWORK, "up": false });
        self.qmp.order("set_link", &down).map(drop)
    }

    pub(crate) fn plug_network(&mut self) -> Result<()> {
        let up = json!({ "name": NETWORK, "up": true });
        self.qmp.order("set_link", &up).map(drop)
    }

    /// The way in, opened if need be.
    pub(crate) fn ssh(&mut self) -> Result<&Ssh> {
        let (folder, limit) = (&self.folder, self.platform.patience());
        match &mut self.ssh {
            Some(ssh) => Ok(ssh),
            none => Ok(none.insert(Ssh::connect(folder, limit)?)),
        }
    }

    /// Whom to ask; what is asked travels by SSH.
    pub(crate) fn daemon(&mut self) -> Result<Daemon> {
        self.ssh()?;
        Daemon::new(&self.folder)
    }

    /// Forgets a connection that a restart of the device has cut.
    pub(crate) fn leave(&mut self) {
        self.ssh = None;
    }

    pub(crate) fn output(&mut self, line: &str) -> Result<Output> {
        self.ssh()?.output(line)
    }

    /// A command's answer, which must not fail.
    pub(crate) fn run(&mut self, line: &str) -> Result<String> {
        let output = self.output(line)?;
        let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        let error = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.success(),
            "`{line}`: {}: {said} {error}",
            output.status
        );
        Ok(said)
    }

    /// A number that a command says.
    pub(crate) fn number(&mut self, line: &str) -> Result<f64> {
        let said = self.run(line)?;
        said.parse()
            .with_context(|| format!("`{line}` says {said}"))
    }

    /// What systemd knows about the daemon's unit.
    pub(crate) fn property(&mut self, name: &str) -> Result<String> {
        self.run(&format!("systemctl show everlit --value -p {name}"))
    }

    pub(crate) fn shut_down(mut self) -> Result<()> {
        // The connection may end before the command.
        self.output("systemctl poweroff")?;
        until("the end of the device", self.platform.patience(), || {
            Ok(self.emulator.0.try_wait()?)
        })?;
        Ok(())
    }

    /// The last of what the kernel said, for people.
    pub(crate) fn last_words(&mut self) -> String {
        let serial = tail(&self.serial_log);
        let journal = self.run("journalctl -b -n 60 --no-pager -o short-monotonic");
        let journal = journal.unwrap_or_else(|error| format!("no journal: {error:#}"));
        format!("--- serial line\n{serial}\n--- journal\n{journal}\n---")
    }
}

fn tail(log: &Path) -> String {
    let bytes = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(SERIAL_LINES)..].join("\n")
}
