//! Who shows a page, where, and how each is started as its users start it.

use std::{
    fmt, fs,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use everlit::{clock, player::Ask, portal::client::Client, supervise};
use everlit_standin::{Content, Credential, Standin};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use crate::{
    process,
    tree::{self, Tree},
};

const WIDTH: &str = "1920";
const HEIGHT: &str = "1080";
const SOCKET: &str = "bench-0";
/// For a compositor to come up.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Program {
    Everlit,
    Chromium,
    /// WPE WebKit's own launcher.
    Cog,
}

/// Where a window goes. cog of Debian 12 knows Wayland only, and kiosks with Chromium run on X.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Screen {
    X,
    Wayland,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Seat {
    pub(crate) program: Program,
    pub(crate) screen: Screen,
}

/// All of them, each of ours beside the peer that it is compared with.
pub(crate) const SEATS: [Seat; 4] = [OURS_ON_X, CHROMIUM, OURS_ON_WAYLAND, COG];
pub(crate) const OURS_ON_X: Seat = Seat {
    program: Program::Everlit,
    screen: Screen::X,
};
pub(crate) const OURS_ON_WAYLAND: Seat = Seat {
    program: Program::Everlit,
    screen: Screen::Wayland,
};
pub(crate) const CHROMIUM: Seat = Seat {
    program: Program::Chromium,
    screen: Screen::X,
};
pub(crate) const COG: Seat = Seat {
    program: Program::Cog,
    screen: Screen::Wayland,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Page {
    /// The stand-in's report: the daemon gets its token itself, the others are given one.
    Report,
    /// Some 2,000 elements, and nothing that moves.
    Plain,
}

/// A program that runs; it ends with this value, and its display with it.
pub(crate) struct Running {
    child: Child,
    command: Command,
    pub(crate) tree: Tree,
    _screen: Open,
    dir: TempDir,
    /// With the daemon's socket.
    runtime: TempDir,
}

/// A display that is up.
enum Open {
    X(process::Display),
    Wayland { compositor: Child, folder: TempDir },
}

impl fmt::Display for Seat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let program = match self.program {
            Program::Everlit => "everlit",
            Program::Chromium => "chromium --kiosk",
            Program::Cog => "cog",
        };
        let screen = match self.screen {
            Screen::X => "X",
            Screen::Wayland => "Wayland",
        };
        write!(f, "{program} on {screen}")
    }
}

/// Opens a display, and gives the command that only waits to be started on it. `extra` is more of the
/// daemon's settings.
pub(crate) fn prepare(
    seat: Seat,
    page: Page,
    extra: &str,
    cloud: &Standin,
    everlit: &Path,
) -> Result<Prepared> {
    let dir = TempDir::new()?;
    // In memory, as on a device.
    let runtime = TempDir::new_in("/dev/shm")?;
    let screen = Open::new(seat.screen)?;
    let url = match page {
        Page::Report => format!("{}/embedded", cloud.admin_url()),
        Page::Plain => format!("{}/plain", cloud.admin_url()),
    };
    let mut command = match seat.program {
        Program::Everlit => {
            fs::write(
                dir.path().join("settings.toml"),
                settings(cloud, page, extra, &url),
            )?;
            process::daemon_here(everlit, dir.path(), runtime.path())?
        }
        Program::Chromium => chromium(&dir, &url),
        Program::Cog => cog(&url),
    };
    // Nobody finds what an earlier start has kept.
    for name in ["HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"] {
        command.env(name, dir.path());
    }
    screen.lead(&mut command);
    Ok(Prepared {
        command,
        screen,
        dir,
        runtime,
    })
}

pub(crate) struct Prepared {
    command: Command,
    screen: Open,
    dir: TempDir,
    runtime: TempDir,
}

impl Prepared {
    pub(crate) fn start(mut self) -> Result<Running> {
        let strangers = tree::children();
        let child = self
            .command
            .spawn()
            .context("cannot start it; `make bench` installs it")?;
        let tree = Tree::new(i32::try_from(child.id())?, strangers);
        Ok(Running {
            child,
            command: self.command,
            tree,
            _screen: self.screen,
            dir: self.dir,
            runtime: self.runtime,
        })
    }
}

impl Running {
    /// Kills the first process alone, and starts it anew as soon as it is gone.
    pub(crate) fn crash(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        self.child = self.command.spawn()?;
        self.tree.root = i32::try_from(self.child.id())?;
        Ok(())
    }

    /// What the daemon wrote; nothing for the others.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }

    /// Asks the daemon for something.
    pub(crate) fn ask(&self, ask: Ask) -> Result<()> {
        let client = Client::new(&self.runtime.path().join("control.sock"))?;
        Ok(supervise::runtime()?.block_on(client.ask(ask))?)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.tree.end();
        let _ = self.child.wait();
    }
}

fn settings(cloud: &Standin, page: Page, extra: &str, url: &str) -> String {
    match page {
        Page::Report => cloud.settings_toml(&Content::Report, Credential::Secret, extra),
        Page::Plain => {
            format!("[portal]\nlisten = \"127.0.0.1:0\"\n[[playlist]]\nurl = \"{url}\"\n")
        }
    }
}

/// What descriptions of kiosks recommend. As root its own sandbox does not work.
fn chromium(dir: &TempDir, url: &str) -> Command {
    let mut command = Command::new("chromium");
    command
        .args([
            "--kiosk",
            "--no-first-run",
            "--noerrdialogs",
            "--disable-infobars",
        ])
        .args(["--password-store=basic", "--window-position=0,0"])
        .arg(format!("--window-size={WIDTH},{HEIGHT}"))
        .arg(format!(
            "--user-data-dir={}",
            dir.path().join("profile").display()
        ))
        .arg("--ignore-certificate-errors");
    if rustix::process::geteuid().is_root() {
        command.arg("--no-sandbox");
    }
    command.arg(url);
    silent(command)
}

/// Fullscreen it never paints on a compositor without a screen, so it is given the screen's size.
fn cog(url: &str) -> Command {
    let mut command = Command::new("cog");
    command
        .args(["--platform=wl", "--ignore-tls-errors"])
        .arg(url)
        .env("COG_PLATFORM_WL_VIEW_WIDTH", WIDTH)
        .env("COG_PLATFORM_WL_VIEW_HEIGHT", HEIGHT);
    silent(command)
}

fn silent(mut command: Command) -> Command {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

impl Open {
    fn new(screen: Screen) -> Result<Self> {
        match screen {
            Screen::X => Ok(Self::X(process::Display::open()?)),
            Screen::Wayland => Self::compositor(),
        }
    }

    /// A new one each time: once a window of cog's was gone, one took no other any more.
    fn compositor() -> Result<Self> {
        let folder = TempDir::new()?;
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700))?;
        let mut command = Command::new("weston");
        command
            .args([
                "--backend=headless-backend.so",
                "--use-pixman",
                "--no-config",
                "--idle-time=0",
            ])
            .arg(format!("--width={WIDTH}"))
            .arg(format!("--height={HEIGHT}"))
            .arg(format!("--socket={SOCKET}"))
            .env("XDG_RUNTIME_DIR", folder.path());
        let compositor = silent(command)
            .spawn()
            .context("cannot start weston; `make bench` installs it")?;
        let open = Self::Wayland { compositor, folder };
        open.wait()?;
        Ok(open)
    }

    fn wait(&self) -> Result<()> {
        let Self::Wayland { folder, .. } = self else {
            return Ok(());
        };
        let start = clock::now();
        while !folder.path().join(SOCKET).exists() {
            ensure!(clock::now() < start + PATIENCE, "weston does not come up");
            thread::sleep(Duration::from_millis(5));
        }
        // Its own desktop is drawn first.
        thread::sleep(Duration::from_millis(500));
        Ok(())
    }

    fn lead(&self, command: &mut Command) {
        match self {
            Self::X(display) => {
                command
                    .env("DISPLAY", &display.name)
                    .env("GDK_BACKEND", "x11")
                    .env_remove("WAYLAND_DISPLAY");
            }
            Self::Wayland { folder, .. } => {
                command
                    .env("XDG_RUNTIME_DIR", folder.path())
                    .env("WAYLAND_DISPLAY", SOCKET)
                    .env("GDK_BACKEND", "wayland")
                    .env_remove("DISPLAY");
            }
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if let Self::Wayland { compositor, .. } = self {
            let _ = compositor.kill();
            let _ = compositor.wait();
        }
    }
}
