//! The control socket's file: ours as long as its path leads to it.

use std::{
    fs,
    future::pending,
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
use tracing::debug;

use super::Loss;
use crate::{clock::Ticks, readable::Readable};

/// How often to look whether the path still leads to us. The kernel tells of all but a file system that
/// is mounted over it, and a link on the way that is set anew.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// Removes the socket's file in the end, unless it is another's by then.
#[derive(Debug)]
pub(super) struct SocketFile {
    path: PathBuf,
    mark: Mark,
}

/// Tells a file from every other, also from a later one that got its number.
#[derive(Debug, PartialEq, Eq)]
struct Mark {
    inode: (u64, u64),
    /// `None`: the file system does not know.
    born: Option<SystemTime>,
}

impl SocketFile {
    pub(super) fn new(path: &Path) -> io::Result<Self> {
        Ok(Self {
            path: path.to_owned(),
            mark: mark(path)?,
        })
    }

    /// Waits until the path leads to something else, or to nothing.
    pub(super) async fn lost(&self) -> Loss {
        match self.watch_until_lost().await {
            Ok(loss) => loss,
            Err(error) => Loss::Io(error),
        }
    }

    async fn watch_until_lost(&self) -> io::Result<Loss> {
        let watch = watch(&self.path)
            .inspect_err(|error| debug!(%error, "the control socket's file cannot be watched"))
            .ok();
        let ticks = Ticks::every(LOOK_EVERY)?;
        // First watch, then look: so a change is either seen now or told later.
        loop {
            match mark(&self.path) {
                Ok(mark) if mark == self.mark => {}
                Ok(_) => return Ok(Loss::Replaced),
                Err(_) => return Ok(Loss::Deleted),
            }
            tokio::select! {
                told = told(watch.as_ref()) => told?,
                ticked = ticks.next() => ticked?,
            }
        }
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if mark(&self.path).is_ok_and(|mark| mark == self.mark) {
            // A file that stays is taken over by the next start.
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn mark(path: &Path) -> io::Result<Mark> {
    let file = fs::symlink_metadata(path)?;
    Ok(Mark {
        inode: (file.dev(), file.ino()),
        born: file.created().ok(),
    })
}

/// Tells from now on what may have taken the file, or a directory that it lies in, out of its place.
fn watch(path: &Path) -> io::Result<Readable> {
    let watches = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC)?;
    // A file that loses its name has one link less, which is an attribute.
    let taken_away = WatchFlags::ATTRIB | WatchFlags::MOVE_SELF | WatchFlags::DONT_FOLLOW;
    inotify::add_watch(&watches, path, taken_away)?;
    for directory in fs::canonicalize(path)?.ancestors().skip(1) {
        // One that the daemon may not read is only looked at.
        let _ = inotify::add_watch(&watches, directory, WatchFlags::MOVE_SELF);
    }
    Readable::new(watches)
}

async fn told(watch: Option<&Readable>) -> io::Result<()> {
    match watch {
        Some(watch) => watch.drained().await,
        None => pending().await,
    }
}
