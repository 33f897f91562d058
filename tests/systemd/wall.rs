//! A wall in the machine: the installed unit on a headless compositor, against the stand-in.

use std::{cell::Cell, collections::BTreeSet, fs, path::Path, thread, time::Duration};

use anyhow::{Context as _, Result, bail, ensure};
use everlit::clock;
use everlit_standin::{Content, Counters, Credential, Options, Standin};
use jiff::Timestamp;
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    installing::{NEWER, install},
    machine::Machine,
    root::root,
};

/// Far beyond anything a healthy wall needs.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often a condition is looked at again.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// A window without a picture in it has one colour, or a few.
const FLAT: usize = 50;

const CERTIFICATE: &str = "/etc/everlit/standin-certificate.pem";
pub(crate) const SECRET: &str = "/etc/credstore/powerbi-secret";
pub(crate) const SETTINGS: &str = "/etc/everlit/settings.toml";

/// Turns the unit's lines about a real screen into ones about a headless one, and hurries. WebKit
/// complains about its threads when the tests themselves are run by `nice`.
const HEADLESS: &str = "[Service]
Environment=WLR_BACKENDS=headless WLR_RENDERER=pixman LIBSEAT_BACKEND=noop
WatchdogSec=15s
Nice=0
";

/// What one story changes about the unit.
const DROP_IN: &str = "/etc/systemd/system/everlit.service.d/90-story.conf";

pub(crate) struct Wall {
    pub(crate) machine: Machine,
    cloud: Standin,
    began: Cell<Timestamp>,
    _dir: TempDir,
}

impl Wall {
    pub(crate) fn new() -> Result<Self> {
        let dir = TempDir::new()?;
        let cloud = Standin::start(Options::new(dir.path()))?;
        let machine = Machine::boot(&root()?)?;
        let headless = "/etc/systemd/system/everlit.service.d/50-headless.conf";
        machine.write(headless, "644", HEADLESS.as_bytes())?;
        install(&machine, NEWER)?;
        Ok(Self {
            machine,
            cloud,
            began: Cell::new(clock::wall()),
            _dir: dir,
        })
    }

    /// A wall in order, as each story begins.
    pub(crate) fn fresh(&self) -> Result<()> {
        if !self.property("DropInPaths")?.contains(DROP_IN) && self.is_showing() {
            self.began.set(clock::wall());
            return self.write_settings("");
        }
        self.machine.run(&["systemctl", "stop", "everlit"])?;
        self.machine.run(&["rm", "-f", DROP_IN])?;
        let certificate = fs::read(self.cloud.certificate_path())?;
        self.machine.write(CERTIFICATE, "644", &certificate)?;
        self.write_settings("")?;
        self.put_secret()?;
        self.machine.run(&["systemctl", "daemon-reload"])?;
        self.began.set(clock::wall());
        self.start()?;
        self.until_showing()
    }

    /// Changes the unit for this story; the daemon is stopped then.
    pub(crate) fn change_unit(&self, text: &str) -> Result<()> {
        self.machine.run(&["systemctl", "stop", "everlit"])?;
        self.machine.write(DROP_IN, "644", text.as_bytes())?;
        self.machine.run(&["systemctl", "daemon-reload"])?;
        Ok(())
    }

    /// Starts the unit and waits until it is ready.
    pub(crate) fn start(&self) -> Result<()> {
        self.machine.run(&["systemctl", "reset-failed"])?;
        self.machine.run(&["systemctl", "start", "everlit"])?;
        Ok(())
    }

    /// The report's settings file with more of it, saved in one piece.
    pub(crate) fn write_settings(&self, extra: &str) -> Result<()> {
        self.machine
            .write(SETTINGS, "640", self.settings(extra).as_bytes())?;
        self.machine.run(&["chown", "everlit:everlit", SETTINGS])?;
        Ok(())
    }

    pub(crate) fn settings(&self, extra: &str) -> String {
        let text = self
            .cloud
            .settings_toml(&Content::Report, Credential::Secret, extra);
        let here = |path: &Path| path.display().to_string();
        text.replace(&here(&self.cloud.client_secret_path()), "powerbi-secret")
            .replace(&here(self.cloud.certificate_path()), CERTIFICATE)
    }

    pub(crate) fn put_secret(&self) -> Result<()> {
        self.machine.write(SECRET, "600", self.secret().as_bytes())
    }

    pub(crate) fn remove_secret(&self) -> Result<()> {
        self.machine.run(&["rm", "-f", SECRET])?;
        Ok(())
    }

    pub(crate) fn secret(&self) -> &str {
        self.cloud.client_secret()
    }

    pub(crate) fn counters(&self) -> Counters {
        self.cloud.counters()
    }

    /// What systemd knows about the unit.
    pub(crate) fn property(&self, name: &str) -> Result<String> {
        self.machine
            .run(&["systemctl", "show", "everlit", "--value", "-p", name])
    }

    pub(crate) fn status(&self) -> Result<Value> {
        let json = self.machine.run(&["everlit", "status", "--json"])?;
        Ok(serde_json::from_str(&json)?)
    }

    fn is_showing(&self) -> bool {
        let status = self.property("StatusText").unwrap_or_default();
        status.starts_with("showing Operations today (report)")
    }

    pub(crate) fn until_showing(&self) -> Result<()> {
        self.until("the report", || Ok(self.is_showing().then_some(())))
    }

    /// Waits for the unit's next start, counted by systemd, and for a picture that it loaded.
    pub(crate) fn until_restarted(&self, restarts: u64, renders: u64) -> Result<()> {
        self.until("a restart with a new picture", || {
            let count: u64 = self.property("NRestarts")?.parse()?;
            let is_new = count > restarts && self.counters().renders > renders;
            Ok((is_new && self.is_showing()).then_some(()))
        })
    }

    pub(crate) fn restarts(&self) -> Result<u64> {
        Ok(self.property("NRestarts")?.parse()?)
    }

    pub(crate) fn main_pid(&self) -> Result<String> {
        self.property("MainPID")
    }

    pub(crate) fn compositor_pid(&self) -> Result<String> {
        self.machine.run(&["pgrep", "--exact", "cage"])
    }

    /// What the unit has said in this story.
    pub(crate) fn journal(&self) -> Result<String> {
        let since = format!("@{}", self.began.get().as_second());
        let words = [
            "journalctl",
            "-u",
            "everlit",
            "-o",
            "cat",
            "--since",
            &since,
        ];
        self.machine.run(&words)
    }

    pub(crate) fn until_journal(&self, text: &str) -> Result<()> {
        self.until(text, || Ok(self.journal()?.contains(text).then_some(())))
    }

    pub(crate) fn until<T>(
        &self,
        what: &str,
        wanted: impl FnMut() -> Result<Option<T>>,
    ) -> Result<T> {
        until(what, wanted)
    }

    /// A command of the user that the wall runs as, on the compositor's display.
    pub(crate) fn on_screen(&self, words: &[&str]) -> Result<Vec<u8>> {
        let user = [
            "setpriv",
            "--reuid=everlit",
            "--regid=everlit",
            "--clear-groups",
        ];
        let display = [
            "env",
            "XDG_RUNTIME_DIR=/run/everlit/session",
            "WAYLAND_DISPLAY=wayland-0",
        ];
        let words = [&user[..], &display, words].concat();
        let output = self.machine.command(&words).output()?;
        ensure!(output.status.success(), "{words:?}: {output:?}");
        Ok(output.stdout)
    }

    /// Waits until the compositor has a picture with the colours of the report.
    pub(crate) fn until_seen(&self) -> Result<()> {
        self.until("the report's colours on the screen", || {
            // Between two starts there is no compositor.
            let is_seen = self.colours().is_ok_and(|colours| colours > FLAT);
            Ok(is_seen.then_some(()))
        })
    }

    /// How many colours are on the screen, as the compositor gives it away.
    fn colours(&self) -> Result<usize> {
        let picture = self.on_screen(&["grim", "-t", "ppm", "-"])?;
        let pixels = picture.get(16..).context("no picture")?.chunks_exact(3);
        Ok(pixels.collect::<BTreeSet<_>>().len())
    }
}

/// Looks again and again until something is as wanted.
pub(crate) fn until<T>(what: &str, mut wanted: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    let start = clock::now();
    loop {
        if let Some(found) = wanted()? {
            return Ok(found);
        }
        if clock::now() > start + PATIENCE {
            bail!("waited in vain for {what}");
        }
        thread::sleep(LOOK_AGAIN);
    }
}
