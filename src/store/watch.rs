//! Sees every change of the settings file, however it was made, and reads it when it is complete.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use anyhow::Context;
use notify::{
    ErrorKind, Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher,
    event::{AccessKind, AccessMode, ModifyKind},
};
use tokio::{
    sync::{Notify, mpsc},
    time::{sleep, timeout},
};
use tracing::{debug, warn};

use super::{
    read::{Loaded, ReadFailure, read},
    trace::{Trace, trace},
};
use crate::settings::Problems;

/// A change is read when nothing more happened for this long,
pub const QUIET: Duration = Duration::from_millis(150);
/// or, in an unending series of changes or with a writer that stalls, this long after the first.
pub const LONGEST: Duration = Duration::from_secs(1);

/// Directories that come and go while we look; the next event brings us back.
const ROUNDS: usize = 8;

/// What the settings file says now.
pub type Change = Result<Loaded, Problems>;

/// Watches the settings file at `path`; sends what it says at the start of [`Watch::run`] and
/// whenever its content has changed.
///
/// # Errors
///
/// When the system has no inotify instance left to give.
pub fn watch(path: &Path, changes: mpsc::Sender<Change>) -> anyhow::Result<Watch> {
    let (seen, touches) = mpsc::unbounded_channel();
    let way = Way::default();
    let known = way.clone();
    let watcher = notify::recommended_watcher(move |event| {
        // What others do in the same directories wakes nobody.
        let seen_now = Seen::from_notify(event).filter(|seen_now| seen_now.concerns(&known.get()));
        if let Some(Seen { touch, .. }) = seen_now {
            // Nobody listens any more when the watch was dropped.
            let _ = seen.send(touch);
        }
    })
    .context("cannot watch the settings file")?;
    Ok(Watch {
        path: path.to_owned(),
        changes,
        reread: Reread(Arc::default()),
        watcher,
        touches,
        way,
        watched: BTreeSet::new(),
    })
}

/// A watch on the settings file; it works while [`Watch::run`] is polled.
#[derive(Debug)]
pub struct Watch {
    path: PathBuf,
    changes: mpsc::Sender<Change>,
    reread: Reread,
    watcher: RecommendedWatcher,
    touches: mpsc::UnboundedReceiver<Touch>,
    way: Way,
    watched: BTreeSet<PathBuf>,
}

/// The way to the file as it was followed last; the thread that hears of changes knows it, too.
///
/// A change that it takes for a stranger's while the way is being followed is read right after.
#[derive(Debug, Clone, Default)]
struct Way(Arc<Mutex<Trace>>);

impl Way {
    fn get(&self) -> MutexGuard<'_, Trace> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Asks for the file to be read and sent even if it did not change (SIGHUP).
#[derive(Debug, Clone)]
pub struct Reread(Arc<Notify>);

impl Reread {
    pub fn ask(&self) {
        self.0.notify_one();
    }
}

impl Watch {
    #[must_use]
    pub fn reread(&self) -> Reread {
        self.reread.clone()
    }

    /// Works until the receiver of the changes is gone.
    ///
    /// # Errors
    ///
    /// When the system's events end.
    pub async fn run(mut self) -> anyhow::Result<()> {
        let (asked, changes) = (self.reread.0.clone(), self.changes.clone());
        let mut sent = None;
        loop {
            // First watch, then read: so a change is either read now or seen later.
            self.follow();
            let reading = read(&self.path);
            let revision = reading.as_ref().map(|(_, revision)| revision.clone());
            let revision = revision.map_err(Clone::clone);
            if sent.as_ref() != Some(&revision) {
                if changes.send(self.change(reading)).await.is_err() {
                    return Ok(());
                }
                sent = Some(revision);
            }
            tokio::select! {
                () = changes.closed() => return Ok(()),
                () = asked.notified() => sent = None,
                settled = self.settled() => settled?,
            }
        }
    }

    fn change(&self, reading: Result<(String, String), ReadFailure>) -> Change {
        match reading {
            Ok((text, _)) => Loaded::from_text(text, &self.path),
            Err(failure) => Err(Problems(vec![failure.problem(&self.path)])),
        }
    }

    /// Watches each directory on the way to the file as it is now.
    ///
    /// Every watch is made anew, since a directory may have been replaced by another of its name.
    fn follow(&mut self) {
        for directory in std::mem::take(&mut self.watched) {
            // It may be gone, and its watch with it.
            let _ = self.watcher.unwatch(&directory);
        }
        for _ in 0..ROUNDS {
            let way = trace(&self.path);
            let wanted = directories(&way);
            *self.way.get() = way;
            if wanted == self.watched {
                return;
            }
            for directory in wanted.difference(&self.watched) {
                add(&mut self.watcher, directory);
            }
            self.watched = wanted;
        }
    }

    /// Waits for a change and then until it is complete.
    async fn settled(&mut self) -> anyhow::Result<()> {
        let mut touch = self.touched().await?;
        let longest = sleep(LONGEST);
        tokio::pin!(longest);
        loop {
            let quiet = match touch {
                Touch::Complete => QUIET,
                // A slow copy has emptied the file and not written it yet; its end is seen, too.
                Touch::Writing => LONGEST,
            };
            tokio::select! {
                () = &mut longest => return Ok(()),
                next = timeout(quiet, self.touched()) => match next {
                    Ok(next) => touch = next?,
                    Err(_) => return Ok(()),
                },
            }
        }
    }

    /// Waits for something to happen on the way to the file.
    async fn touched(&mut self) -> anyhow::Result<Touch> {
        let touch = self.touches.recv().await;
        touch.context("the watch on the settings file ended")
    }
}

/// Something happened in a watched directory.
#[derive(Debug)]
struct Seen {
    touch: Touch,
    /// Empty: anything may have happened.
    paths: Vec<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Touch {
    /// Somebody has the file open and writes.
    Writing,
    Complete,
}

impl Seen {
    /// `None` for what cannot change the file, such as our own reading.
    fn from_notify(event: notify::Result<Event>) -> Option<Self> {
        let event = match event {
            Ok(event) if event.need_rescan() => return Some(Self::anything()),
            Ok(event) => event,
            Err(error) => {
                warn!(%error, "trouble with watching the settings file");
                return Some(Self::anything());
            }
        };
        let touch = match event.kind {
            EventKind::Access(AccessKind::Close(AccessMode::Write)) => Touch::Complete,
            EventKind::Access(_) => return None,
            EventKind::Modify(ModifyKind::Data(_)) => Touch::Writing,
            EventKind::Modify(_)
            | EventKind::Any
            | EventKind::Create(_)
            | EventKind::Remove(_)
            | EventKind::Other => Touch::Complete,
        };
        let paths = event.paths;
        Some(Self { touch, paths })
    }

    fn anything() -> Self {
        Self {
            touch: Touch::Complete,
            paths: Vec::new(),
        }
    }

    fn concerns(&self, trace: &Trace) -> bool {
        self.paths.is_empty() || self.paths.iter().any(|path| trace.entries.contains(path))
    }
}

/// The directories that exist and hold an entry of the way.
fn directories(trace: &Trace) -> BTreeSet<PathBuf> {
    let parents = trace.entries.iter().filter_map(|entry| entry.parent());
    parents
        .filter(|parent| parent.is_dir())
        .map(Path::to_owned)
        .collect()
}

fn add(watcher: &mut RecommendedWatcher, directory: &Path) {
    let Err(error) = watcher.watch(directory, RecursiveMode::NonRecursive) else {
        return;
    };
    let directory = directory.display();
    if matches!(error.kind, ErrorKind::PathNotFound) {
        debug!(%directory, "went away before it could be watched");
        return;
    }
    warn!(%error, %directory, "cannot be watched: changes here are read on SIGHUP only");
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[tokio::test]
    async fn what_others_write_in_the_same_directory_wakes_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        let (changes, _unread) = mpsc::channel(1);
        let mut watch = watch(&path, changes).unwrap();
        watch.follow();
        for number in 0..100 {
            fs::write(folder.path().join(number.to_string()), "not ours").unwrap();
        }
        fs::write(&path, "").unwrap();

        let mut touches = 0;
        while watch.touched().await.unwrap() == Touch::Writing {
            touches += 1;
        }
        while watch.touches.try_recv().is_ok() {
            touches += 1;
        }
        assert!(touches < 10, "{touches} wake-ups");
    }
}
