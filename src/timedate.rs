//! Judges the wall clock: whether it can be right, and whether a time server keeps it right.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, Result};
use gio::{
    BusType, Cancellable, DBusCallFlags, DBusConnection, DBusConnectionFlags,
    glib::{ToVariant as _, Variant, VariantTy},
    prelude::CancellableExt as _,
};
use jiff::{Timestamp, ToSpan as _};
use tokio::{
    sync::watch,
    task::spawn_blocking,
    time::{sleep, timeout},
};

use crate::{clock, player::ClockState};

/// A bus or a time service that hangs is as good as none.
const ASK_LIMIT: Duration = Duration::from_secs(2);

/// How often to look again while no time server keeps the clock right,
const UNSYNCHRONIZED: Duration = Duration::from_secs(60);
/// and while it is wrong and the wall waits for it.
const IMPLAUSIBLE: Duration = Duration::from_secs(5);

/// Longer than any device of today will run.
const LONGEST_LIFE_HOURS: i64 = 30 * 365 * 24;

/// What is known about the wall clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judgement {
    pub state: ClockState,
    /// A time server set it.
    pub synchronized: bool,
}

/// Where to ask whether the clock is synchronized.
#[derive(Debug, Clone)]
pub struct Timedate {
    /// `None`: the system bus.
    bus: Option<String>,
    /// The file that timesyncd makes in its folder, which is there while it runs.
    marker: PathBuf,
}

impl Judgement {
    /// Judges a wall clock of a program that was built at a certain time.
    #[must_use]
    pub fn new(wall: Timestamp, built: Timestamp, synchronized: bool) -> Self {
        let latest = built
            .checked_add(LONGEST_LIFE_HOURS.hours())
            .unwrap_or(Timestamp::MAX);
        let state = if synchronized || (built..=latest).contains(&wall) {
            ClockState::Plausible
        } else {
            ClockState::Implausible
        };
        Self {
            state,
            synchronized,
        }
    }

    /// `None`: a change would be seen by itself.
    fn look_again(self) -> Option<Duration> {
        match (self.state, self.synchronized) {
            (ClockState::Implausible, _) => Some(IMPLAUSIBLE),
            (ClockState::Plausible, false) => Some(UNSYNCHRONIZED),
            (ClockState::Plausible, true) => None,
        }
    }
}

/// When this program was built, or when its sources were written (`SOURCE_DATE_EPOCH`).
#[must_use]
pub fn built() -> Timestamp {
    let seconds = env!("EVERLIT_BUILT").parse().ok();
    seconds
        .and_then(|seconds| Timestamp::from_second(seconds).ok())
        .unwrap_or(Timestamp::UNIX_EPOCH)
}

impl Timedate {
    /// This system's time service.
    #[must_use]
    pub fn system() -> Self {
        Self {
            bus: None,
            marker: "/run/systemd/timesync/synchronized".into(),
        }
    }

    /// The time service on the bus at an address, with another marker file.
    #[must_use]
    pub fn on_bus(address: &str, marker: PathBuf) -> Self {
        Self {
            bus: Some(address.to_owned()),
            marker,
        }
    }

    /// A judgement for the start, without waiting for anybody.
    #[must_use]
    pub fn first_judgement(&self) -> Judgement {
        Judgement::new(clock::wall(), built(), self.marker.exists())
    }

    /// Judges the clock now, after each step of it, and from time to time until it is
    /// synchronized; works until nobody listens any more.
    ///
    /// # Errors
    ///
    /// When the kernel has no timer left to give.
    pub async fn follow(self, judgements: watch::Sender<Judgement>) -> Result<()> {
        while !judgements.is_closed() {
            let stepped = clock::stepped();
            tokio::pin!(stepped);
            // The watch for steps comes first: none is missed while we ask.
            let synchronized = tokio::select! {
                biased;
                result = &mut stepped => {
                    result.context("cannot watch the wall clock")?;
                    continue;
                }
                synchronized = self.is_synchronized() => synchronized,
            };
            let judgement = Judgement::new(clock::wall(), built(), synchronized);
            tell(&judgements, judgement);
            tokio::select! {
                result = stepped => result.context("cannot watch the wall clock")?,
                () = pause(judgement.look_again()) => {}
            }
        }
        Ok(())
    }

    /// Whether a time server set the clock: timesyncd's marker says so where timesyncd runs, or else
    /// timedated, which also knows of other services.
    ///
    /// Asking timedated starts it, just when the picture wants all processors.
    pub async fn is_synchronized(&self) -> bool {
        if self.marker.parent().is_some_and(Path::is_dir) {
            return self.marker.exists();
        }
        let (bus, cancellable) = (self.bus.clone(), Cancellable::new());
        let end = cancellable.clone();
        let asking = spawn_blocking(move || ask(bus, &end));
        let answer = timeout(ASK_LIMIT, asking).await;
        // The thread must not wait on for an answer that comes too late.
        cancellable.cancel();
        match answer {
            Ok(Ok(Ok(synchronized))) => return synchronized,
            Ok(Ok(Err(error))) => tracing::debug!("no word from timedated: {error:#}"),
            Ok(Err(error)) => tracing::error!(%error, "asking timedated failed"),
            Err(_) => tracing::debug!("timedated does not answer"),
        }
        false
    }
}

fn tell(judgements: &watch::Sender<Judgement>, judgement: Judgement) {
    judgements.send_if_modified(|known| {
        if *known == judgement {
            return false;
        }
        let wall = clock::wall();
        tracing::info!(%wall, built = %built(), ?judgement, "the wall clock was judged");
        *known = judgement;
        true
    });
}

/// Asks with a connection of its own: the shared one of `bus_get` ends the process with the bus.
fn ask(bus: Option<String>, end: &Cancellable) -> Result<bool> {
    let address = match bus {
        Some(address) => address,
        None => gio::dbus_address_get_for_bus_sync(BusType::System, Some(end))?.to_string(),
    };
    let flags =
        DBusConnectionFlags::AUTHENTICATION_CLIENT | DBusConnectionFlags::MESSAGE_BUS_CONNECTION;
    let connection = DBusConnection::for_address_sync(&address, flags, None, Some(end))
        .context("cannot reach the bus")?;
    let answer = connection.call_sync(
        Some("org.freedesktop.timedate1"),
        "/org/freedesktop/timedate1",
        "org.freedesktop.DBus.Properties",
        "Get",
        Some(&("org.freedesktop.timedate1", "NTPSynchronized").to_variant()),
        Some(VariantTy::new("(v)")?),
        DBusCallFlags::NONE,
        i32::try_from(ASK_LIMIT.as_millis())?,
        Some(end),
    )?;
    let (value,) = answer.get::<(Variant,)>().context("an odd answer")?;
    value.get().context("NTPSynchronized is no truth value")
}

async fn pause(length: Option<Duration>) {
    match length {
        Some(length) => sleep(length).await,
        None => std::future::pending().await,
    }
}
