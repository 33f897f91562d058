//! A whole wall: the real daemon with its real view on an own X server, against the stand-in.

use std::{
    fs,
    net::{IpAddr, Ipv4Addr},
    os::unix::net::UnixDatagram,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output},
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};

use anyhow::{Context as _, Result, bail, ensure};
use everlit::{
    clock,
    player::Phase,
    portal::{
        StatusDocument,
        access::{Access, Scope},
        client::Client,
    },
};
use everlit_standin::{Content, Counters, Credential, Faults, Options, Standin};
use secrecy::ExposeSecret as _;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use crate::process::{Display, daemon};

/// Far beyond anything a healthy wall needs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// How often a condition is looked at again.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

pub(crate) struct Wall {
    pub(crate) cloud: Standin,
    pub(crate) settings: PathBuf,
    daemon: Option<Child>,
    notified: Receiver<String>,
    runtime: Runtime,
    client: Client,
    pub(crate) display: Display,
    program: PathBuf,
    dir: TempDir,
}

impl Wall {
    /// A service and an X server, and no daemon yet.
    pub(crate) fn new(program: &Path) -> Result<Self> {
        Self::on(Display::open()?, program)
    }

    pub(crate) fn on(display: Display, program: &Path) -> Result<Self> {
        Self::within(TempDir::new()?, display, program)
    }

    /// With all of its files in memory, as those of systemd's runtime directory are.
    pub(crate) fn in_memory(program: &Path) -> Result<Self> {
        Self::within(TempDir::new_in("/dev/shm")?, Display::open()?, program)
    }

    fn within(dir: TempDir, display: Display, program: &Path) -> Result<Self> {
        let notified = listen(&dir.path().join("notify"))?;
        Ok(Self {
            cloud: Standin::start(Options::new(dir.path()))?,
            settings: dir.path().join("settings.toml"),
            daemon: None,
            notified,
            runtime: Builder::new_current_thread().enable_all().build()?,
            client: Client::new(&dir.path().join("control.sock"))?,
            display,
            program: program.to_owned(),
            dir,
        })
    }

    /// Starts the daemon on the report, with more settings, and waits for its picture.
    pub(crate) fn showing(
        program: &Path,
        extra: &str,
        faults: impl FnOnce(&mut Faults),
    ) -> Result<Self> {
        let mut wall = Self::new(program)?;
        wall.cloud.set_faults(faults);
        wall.write(&Content::Report, extra)?;
        wall.start()?;
        wall.until_phase(Phase::Showing)?;
        Ok(wall)
    }

    /// Claims the device whose daemon has not started yet, and makes a token for its portal.
    pub(crate) fn token(&self, scope: Scope) -> Result<String> {
        ensure!(self.daemon.is_none(), "the daemon reads them at its start");
        let access = Access::open(&self.path("state"));
        let code = access.code().borrow().clone();
        self.runtime.block_on(async {
            if let Some(code) = code {
                let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
                let password = "three blind mice".into();
                access.claim(code.expose_secret(), password, here).await?;
            }
            let token = access.add_token("test", scope).await?;
            Ok(token.expose_secret().to_owned())
        })
    }

    pub(crate) fn start(&mut self) -> Result<()> {
        let mut command = self.command()?;
        command.env("EVERLIT_LOG", "everlit=debug,info");
        self.daemon = Some(command.spawn().context("cannot start the daemon")?);
        Ok(())
    }

    /// How the daemon is started here.
    pub(crate) fn command(&self) -> Result<Command> {
        let mut command = daemon(&self.program, self.dir.path(), &self.display)?;
        command.env("NOTIFY_SOCKET", self.path("notify"));
        Ok(command)
    }

    /// Writes the settings file in one piece.
    pub(crate) fn write(&self, content: &Content, extra: &str) -> Result<()> {
        self.write_text(&self.cloud.settings_toml(content, Credential::Secret, extra))
    }

    pub(crate) fn write_text(&self, text: &str) -> Result<()> {
        let fresh = self.settings.with_extension("new");
        fs::write(&fresh, text)?;
        Ok(fs::rename(fresh, &self.settings)?)
    }

    pub(crate) fn status(&self) -> Result<StatusDocument> {
        Ok(self.runtime.block_on(self.client.status())?)
    }

    pub(crate) fn status_json(&self) -> Result<String> {
        Ok(self.runtime.block_on(self.client.status_json())?)
    }

    pub(crate) fn version_text(&self, id: u64) -> Result<String> {
        Ok(self.runtime.block_on(self.client.version_text(id))?)
    }

    pub(crate) fn counters(&self) -> Counters {
        self.cloud.counters()
    }

    /// Runs the command line against this daemon.
    pub(crate) fn everlit(&self, arguments: &[&str]) -> Result<Output> {
        let socket = self.dir.path().join("control.sock");
        let mut command = Command::new(&self.program);
        Ok(command
            .args(arguments)
            .arg("--socket")
            .arg(socket)
            .output()?)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Looks at the wall until it is as wanted.
    pub(crate) fn until<T>(
        &self,
        what: &str,
        mut wanted: impl FnMut(&Self) -> Result<Option<T>>,
    ) -> Result<T> {
        let start = clock::now();
        loop {
            if let Some(found) = wanted(self)? {
                return Ok(found);
            }
            if clock::now() > start + PATIENCE {
                let status = self.status_json();
                bail!(
                    "waited in vain for {what}; {status:?}; {:?}; {}",
                    self.counters(),
                    self.log()?
                );
            }
            thread::sleep(LOOK_AGAIN);
        }
    }

    pub(crate) fn until_status(
        &self,
        what: &str,
        wanted: impl Fn(&StatusDocument) -> bool,
    ) -> Result<StatusDocument> {
        // While it starts there is no socket yet.
        self.until(what, |wall| Ok(wall.status().ok().filter(&wanted)))
    }

    pub(crate) fn until_phase(&self, phase: Phase) -> Result<StatusDocument> {
        self.until_status(&format!("phase {phase:?}"), |status| status.phase == phase)
    }

    /// Checks something again and again for a while.
    pub(crate) fn throughout(
        &self,
        time: Duration,
        mut check: impl FnMut(&Self) -> Result<()>,
    ) -> Result<()> {
        let start = clock::now();
        while clock::now() < start + time {
            check(self)?;
            thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    /// Everything that was sent to the service manager since the last time.
    pub(crate) fn notifications(&self) -> Vec<String> {
        self.notified.try_iter().collect()
    }

    pub(crate) fn pid(&self) -> Result<i32> {
        let daemon = self.daemon.as_ref().context("no daemon runs")?;
        Ok(i32::try_from(daemon.id())?)
    }

    pub(crate) fn signal(&self, signal: rustix::process::Signal) -> Result<()> {
        let pid = rustix::process::Pid::from_raw(self.pid()?).context("no pid")?;
        Ok(rustix::process::kill_process(pid, signal)?)
    }

    /// Clicks into the middle of the screen.
    pub(crate) fn touch(&self) -> Result<()> {
        let status = Command::new("xdotool")
            .args(["mousemove", "960", "540", "click", "1"])
            .env("DISPLAY", &self.display.name)
            .status()
            .context("cannot start xdotool; `make deps` installs it")?;
        ensure!(status.success(), "xdotool: {status}");
        Ok(())
    }

    /// Waits for the daemon's end; answers how it ended and how long it took.
    pub(crate) fn ended(&mut self) -> Result<(ExitStatus, Duration)> {
        let start = clock::now();
        loop {
            let daemon = self.daemon.as_mut().context("no daemon runs")?;
            if let Some(status) = daemon.try_wait()? {
                self.daemon = None;
                return Ok((status, clock::now() - start));
            }
            ensure!(clock::now() < start + PATIENCE, "the daemon does not end");
            thread::sleep(LOOK_AGAIN);
        }
    }

    pub(crate) fn log(&self) -> Result<String> {
        Ok(fs::read_to_string(self.path("log"))?)
    }
}

impl Drop for Wall {
    fn drop(&mut self) {
        if let Some(mut daemon) = self.daemon.take() {
            // It may have ended by itself; then there is nothing to end.
            let _ = daemon.kill();
            let _ = daemon.wait();
        }
        if thread::panicking() {
            eprintln!("{}", self.log().unwrap_or_default());
        }
    }
}

/// Takes what is sent to the service manager; a full socket would make the daemon wait.
fn listen(path: &Path) -> Result<Receiver<String>> {
    let socket = UnixDatagram::bind(path)?;
    let (lines, heard) = channel();
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(length) = socket.recv(&mut buffer) {
            let text = String::from_utf8_lossy(buffer.get(..length).unwrap_or_default());
            for line in text.lines() {
                if lines.send(line.to_owned()).is_err() {
                    return;
                }
            }
        }
    });
    Ok(heard)
}

/// The middle one of some measurements.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
