//! Takes over what a technician put on the partition that every computer can write: settings,
//! secrets, certificates, networks, keys.
//!
//! What is good is moved into the device, what is bad stays where it is, and a report beside it
//! says which and why. A pulled plug at any moment loses nothing: each file is complete in its new
//! place before it goes from the old one, and one that is half wiped tells so by its zeros.

use std::{
    io,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use tracing::{info, warn};

mod disk;
mod iwd;
mod judge;
mod keys;
mod name;
mod partition;
mod report;
mod seal;
mod text;

pub use report::Outcome;
pub use seal::Sealing;

use crate::clock;
use disk::Disk;
use judge::{End, Judgement, Order, Readers, SETTINGS, WIRELESS_CONFIG, refused};
use partition::{Found, Meant, Writable};
use seal::Kept;

/// From where to where.
#[derive(Debug, Clone)]
pub struct Places {
    /// The partition.
    pub from: PathBuf,
    /// The device's file system.
    pub root: PathBuf,
    /// Whom the settings belong to.
    pub user: String,
    pub sealing: Sealing,
}

/// Takes over what there is; nothing there: nothing is touched. `step` is called between two steps
/// on a disk, for tests that pull the plug.
///
/// # Errors
///
/// When the partition cannot be read or written, or the user is not there. What is wrong with a
/// file is in its outcome.
pub fn provision(places: &Places, step: &dyn Fn() -> io::Result<()>) -> Result<Vec<Outcome>> {
    let from = places.from.display();
    let found = partition::scan(&places.from).with_context(|| format!("cannot read {from}"))?;
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let daemon = disk::user(&places.root, &places.user).context("cannot read the users")?;
    let disk = Disk {
        root: &places.root,
        daemon: daemon.with_context(|| format!("there is no user {}", places.user))?,
        step,
    };
    let present = disk.read(Path::new(SETTINGS)).unwrap_or_default();
    let judged = judged(found, present.as_deref());
    let is_idle = judged.iter().all(|(_, judgement)| judgement.is_idle());
    let _writable = if is_idle {
        None
    } else {
        Some(writable(&places.from)?)
    };
    let outcomes: Vec<_> = judged
        .into_iter()
        .map(|(found, judgement)| take_over(&disk, &places.sealing, &found, judgement))
        .inspect(tell)
        .collect();
    write_report(&disk, &places.from, &outcomes)?;
    Ok(outcomes)
}

fn writable(partition: &Path) -> Result<Writable> {
    Writable::make(partition).with_context(|| {
        let partition = partition.display();
        format!("{partition} cannot be written, so nothing is taken over; try another card")
    })
}

/// One that says the same already stays as it is.
fn write_report(disk: &Disk<'_>, partition: &Path, outcomes: &[Outcome]) -> Result<()> {
    let path = partition.join(report::NAME);
    let text = report::report(outcomes, clock::wall());
    let told = partition::read(&path).ok().flatten();
    let told = told.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    if told.is_some_and(|told| report::says_the_same(&told, &text)) {
        return Ok(());
    }
    let _writable = writable(partition)?;
    disk.write_on_partition(&path, &text)
        .with_context(|| format!("cannot write {}", path.display()))
}

fn judged(found: Vec<Found>, present: Option<&str>) -> Vec<(Found, Judgement)> {
    let kinds: Vec<_> = found
        .iter()
        .filter_map(|found| match &found.meant {
            Meant::Ours(kind) => Some(kind.clone()),
            Meant::Odd(_) => None,
        })
        .collect();
    let judge = |found: Found| {
        let is_doubled = |kind| kinds.iter().filter(|other| *other == kind).count() > 1;
        let judgement = match &found.meant {
            Meant::Odd(remedy) => refused(format!("is none of what belongs here; {remedy}")),
            Meant::Ours(kind) if is_doubled(kind) => {
                refused("is here twice, under names that mean the same; keep one")
            }
            Meant::Ours(kind) => match partition::read(&found.path) {
                Ok(Some(bytes)) => judge::judge(kind, &found.shown, &bytes, present),
                Ok(None) => refused("is too large; check that this is the right file"),
                Err(error) => refused(format!("cannot be read: {error}; copy it here again")),
            },
        };
        (found, judgement)
    };
    found.into_iter().map(judge).collect()
}

fn take_over(disk: &Disk<'_>, sealing: &Sealing, found: &Found, judgement: Judgement) -> Outcome {
    let mut done = judgement.done;
    for order in judgement.orders {
        match carry_out(disk, sealing, order) {
            Ok(None) => {}
            Ok(Some(note)) => done = format!("{done} ({note})"),
            Err(error) => {
                let problem = format!("cannot be taken over: {error}");
                return Outcome::refused(&found.shown, vec![problem]);
            }
        }
    }
    let ended = match judgement.end {
        End::Stay => return Outcome::refused(&found.shown, judgement.problems),
        End::Remove => disk.remove(&found.path),
        End::Wipe => disk.wipe(&found.path),
    };
    match ended {
        Ok(()) => Outcome::done(&found.shown, done),
        Err(error) => {
            let problem = format!("was taken over and cannot be removed: {error}; delete it here");
            Outcome::refused(&found.shown, vec![problem])
        }
    }
}

/// Answers what is worth a note.
fn carry_out(disk: &Disk<'_>, sealing: &Sealing, order: Order) -> io::Result<Option<String>> {
    match order {
        Order::Write { to, bytes, readers } => disk.write(&to, &bytes, readers).map(|()| None),
        Order::Delete(path) => disk.delete(&path).map(|()| None),
        Order::SetCountry(country) => {
            let path = Path::new(WIRELESS_CONFIG);
            let config = disk.read(path)?.unwrap_or_default();
            let config = iwd::with_country(&config, &country);
            disk.write(path, config.as_bytes(), Readers::Everybody)?;
            Ok(None)
        }
        Order::Keep { name, secret } => match seal::keep(disk, sealing, &name, &secret)? {
            Kept::Sealed => Ok(None),
            Kept::Plain(reason) => Ok(Some(format!(
                "not encrypted, readable by root only, as {reason}"
            ))),
        },
    }
}

fn tell(outcome: &Outcome) {
    let file = &outcome.file;
    match &outcome.done {
        Some(done) => info!("{file}: {done}"),
        None => {
            for problem in &outcome.problems {
                warn!("{file} is not taken over: {problem}");
            }
        }
    }
}
