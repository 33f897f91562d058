//! `everlit update`: the next image, from a file, an address or the settings.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use jiff::tz::TimeZone;
use url::Url;

use super::{DEFAULT_SETTINGS, Ending};
use crate::{
    clock, logging, net,
    settings::{Network, Problems, Settings, is_encrypted},
    store::{self, LastGood},
    supervise,
    update::{Done, Failure, Moment, Programs, Restart, Updater, Wish, is_due},
};

/// The daemon's state directory.
const STATE: &str = "/var/lib/everlit";

const LIMITS: net::Limits = net::Limits {
    connect: Duration::from_secs(15),
    // Of a whole bundle over a slow line; silence ends it much sooner.
    whole: Duration::from_secs(12 * 3600),
};

#[derive(Debug, Clone, Args)]
pub struct UpdateArgs {
    /// A bundle's file or https address [default: update.url of the settings]
    #[arg(value_name = "FILE|URL")]
    bundle: Option<String>,
    /// Only when it is due after the settings: what the timer runs.
    #[arg(long, conflicts_with = "bundle")]
    scheduled: bool,
    /// Install it and go on; the next start runs it.
    #[arg(long)]
    no_reboot: bool,
    /// The settings file.
    #[arg(long, value_name = "FILE", default_value = DEFAULT_SETTINGS)]
    settings: PathBuf,
    /// Folder for the bundle and for what is remembered.
    #[arg(long, value_name = "DIR", default_value = "/var/lib/everlit-update")]
    folder: PathBuf,
}

pub(super) fn run(args: UpdateArgs) -> Ending {
    let _log = logging::start(std::env::var("EVERLIT_LOG").ok().as_deref());
    match update(args) {
        Ok(ending) => ending,
        Err(error) => {
            tracing::warn!("no update: {error:#}");
            Ending::BadSettings
        }
    }
}

fn update(args: UpdateArgs) -> Result<Ending> {
    let settings = settings(&args.settings);
    let wish = match (&args.bundle, &settings) {
        (Some(bundle), _) => brought(bundle)?,
        (
            None,
            Ok(Settings {
                update: Some(update),
                ..
            }),
        ) if args.scheduled => {
            if !is_due(update, &args.folder, now()) {
                return Ok(Ending::Ok);
            }
            Wish::Scheduled(update.clone())
        }
        // The daemon tells what is wrong with the settings.
        (None, Ok(_) | Err(_)) if args.scheduled => return Ok(Ending::Ok),
        (
            None,
            Ok(Settings {
                update: Some(update),
                ..
            }),
        ) => Wish::From(update.url.clone()),
        (None, Ok(_)) => bail!("set update.url in the settings, or name a bundle"),
        (None, Err(problems)) => bail!("{problems}"),
    };
    let network = settings.map_or_else(|_| Network::default(), |settings| settings.network);
    let updater = Updater {
        client: net::client_with(&network, LIMITS)?,
        programs: Programs {
            rauc: "rauc".into(),
            boot_slot: "/usr/lib/everlit/boot-slot".into(),
        },
        folder: args.folder,
        os_release: "/etc/os-release".into(),
        boot_id: "/proc/sys/kernel/random/boot_id".into(),
        restart: if args.no_reboot {
            Restart::Later
        } else {
            Restart::AtOnce
        },
        now: Box::new(now),
    };
    let outcome = supervise::runtime()?.block_on(updater.update(&wish));
    Ok(ending(&outcome))
}

fn now() -> Moment {
    let wall = clock::wall();
    let local = wall.to_zoned_datetime(TimeZone::system()).datetime();
    Moment { wall, local }
}

/// The settings file's, or else the last good ones: they are what runs.
fn settings(file: &Path) -> Result<Settings, Problems> {
    let problems = match store::load(file) {
        Ok(loaded) => return Ok(Settings::clone(&loaded.settings)),
        Err(problems) => problems,
    };
    match LastGood::new(Path::new(STATE)).load() {
        Ok(Some(kept)) => Ok(Settings::clone(&kept.settings)),
        Ok(None) | Err(_) => Err(problems),
    }
}

fn brought(bundle: &str) -> Result<Wish> {
    if !bundle.contains("://") {
        return Ok(Wish::File(bundle.into()));
    }
    let url = Url::parse(bundle).context("this is no address")?;
    if !is_encrypted(&url) {
        bail!("the address is not encrypted; write it with https://");
    }
    Ok(Wish::From(url))
}

fn ending(outcome: &Result<Done, Failure>) -> Ending {
    match outcome {
        Ok(Done::Current | Done::Fetched | Done::Left(_) | Done::Installed { .. }) => Ending::Ok,
        Err(Failure::NoRauc) => Ending::Unreachable,
        Err(Failure::BadBundle(_)) => Ending::BadSettings,
        Err(
            Failure::Busy
            | Failure::Unreachable { .. }
            | Failure::Refused { .. }
            | Failure::NoRoom { .. }
            | Failure::NotRestarted { .. },
        ) => Ending::TryAgain,
        Err(Failure::NotInstalled(_) | Failure::Io { .. }) => Ending::Internal,
    }
}
