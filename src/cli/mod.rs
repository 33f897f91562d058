//! The command line: what can be asked, and how each answer ends.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

mod actions;
mod await_picture;
mod portal;
mod provision;
mod pushes;
mod update;

pub use actions::run;
pub use await_picture::AwaitArgs;
pub use portal::{PortalCommand, ScopeName};
pub use provision::ProvisionArgs;
pub use update::UpdateArgs;

/// How the process ends, as `sysexits.h` numbers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    Ok,
    /// What was given, such as the settings, cannot be read or is invalid.
    BadSettings,
    /// The daemon is not reachable, or a program is not there.
    Unreachable,
    /// A fault inside.
    Internal,
    /// Try again: systemd starts the daemon anew.
    TryAgain,
}

impl Ending {
    /// The process's exit code.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::BadSettings => 64,
            Self::Unreachable => 69,
            Self::Internal => 70,
            Self::TryAgain => 75,
        }
    }
}

/// Keeps a dashboard on a wall alive.
#[derive(Debug, Parser)]
#[command(name = "everlit", version, about, arg_required_else_help = true)]
pub struct CommandLine {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the daemon: show the content of the settings file.
    Run(RunArgs),
    /// Check a settings file and list all problems.
    Check {
        #[arg(default_value = DEFAULT_SETTINGS)]
        file: PathBuf,
    },
    /// Say what the daemon is doing.
    Status {
        /// The whole status, for programs.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        daemon: DaemonArgs,
    },
    /// Load the content afresh.
    Reload(DaemonArgs),
    /// Get a new token now; the picture stays.
    RefreshToken(DaemonArgs),
    /// Save what the screen shows.
    Screenshot {
        /// A PNG file to write.
        out: PathBuf,
        #[command(flatten)]
        daemon: DaemonArgs,
    },
    /// Wait until the screen shows a picture that stays.
    AwaitPicture(AwaitArgs),
    /// Take over what a technician put on the boot partition.
    Provision(ProvisionArgs),
    /// Install the next image, and restart into it.
    Update(UpdateArgs),
    /// Show or push settings.
    #[command(subcommand)]
    Settings(SettingsCommand),
    /// The portal's address, password and tokens.
    #[command(subcommand)]
    Portal(PortalCommand),
}

#[derive(Debug, Subcommand)]
pub enum SettingsCommand {
    /// Print the settings file that the daemon reads.
    Show(DaemonArgs),
    /// Check a file and put it in the place of the daemon's settings file.
    Push {
        file: PathBuf,
        /// Wait until the screen has confirmed the settings, or they were rolled back.
        #[arg(long)]
        wait: bool,
        #[command(flatten)]
        daemon: DaemonArgs,
    },
    /// List the last versions: by whom, how, and what came of them.
    History(DaemonArgs),
    /// Bring back an earlier version.
    Restore {
        /// Its number in the history.
        id: u64,
        /// Wait until the screen has confirmed the settings, or they were rolled back.
        #[arg(long)]
        wait: bool,
        #[command(flatten)]
        daemon: DaemonArgs,
    },
}

#[derive(Debug, Clone, Args)]
pub struct RunArgs {
    /// The settings file; watched while running.
    #[arg(long, value_name = "FILE", default_value = DEFAULT_SETTINGS)]
    pub settings: PathBuf,
    /// Folder for what outlives a restart [default: $STATE_DIRECTORY or /var/lib/everlit]
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,
    #[command(flatten)]
    pub daemon: DaemonArgs,
    /// Run in a window instead of fullscreen.
    #[arg(long)]
    pub windowed: bool,
}

#[derive(Debug, Clone, Args)]
pub struct DaemonArgs {
    /// Control socket [default: $RUNTIME_DIRECTORY/control.sock or /run/everlit/control.sock]
    #[arg(long, value_name = "PATH")]
    socket: Option<PathBuf>,
}

const DEFAULT_SETTINGS: &str = "/etc/everlit/settings.toml";

impl DaemonArgs {
    /// The control socket's path, after the environment.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.socket
            .clone()
            .unwrap_or_else(|| directory("RUNTIME_DIRECTORY", "/run/everlit").join("control.sock"))
    }
}

impl RunArgs {
    /// The state directory, after the environment.
    #[must_use]
    pub fn state(&self) -> PathBuf {
        self.state
            .clone()
            .unwrap_or_else(|| directory("STATE_DIRECTORY", "/var/lib/everlit"))
    }
}

/// The first of systemd's colon-separated directories, or the one of a hand-started daemon.
fn directory(variable: &str, otherwise: &str) -> PathBuf {
    let named = std::env::var(variable).unwrap_or_default();
    match named.split(':').next() {
        Some(first) if !first.is_empty() => first.into(),
        Some(_) | None => otherwise.into(),
    }
}
