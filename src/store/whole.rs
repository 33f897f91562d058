//! Reads the settings file when nobody is in the middle of writing it.

use std::{
    fs::{self, Metadata},
    io,
    os::unix::fs::MetadataExt as _,
    path::Path,
    thread::sleep,
    time::{Duration, SystemTime},
};

use jiff::Timestamp;

use super::{
    read::{ReadFailure, read},
    watch::{LONGEST, QUIET},
};
use crate::clock;

const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// A file that is made and then renamed into place is written within this time of its making.
const IN_ONE_GO: Duration = Duration::from_millis(10);

/// The file's text and revision, as [`read`], once whoever writes it in place (as `cp` and `scp`
/// do) seems to have finished. `None`: they go on and on. Blocks.
///
/// Whoever replaced the file before that would lose the rest of their text: they go on writing
/// into a file that nobody finds any more.
pub(super) fn read_whole(path: &Path) -> Option<Result<(String, String), ReadFailure>> {
    let give_up = clock::now() + LONGEST;
    loop {
        // In this order: who begins after the reading is found by the exchange.
        let present = read(path);
        let is_being_written =
            fs::metadata(path).is_ok_and(|file| is_being_written(&file, clock::wall()));
        if !is_being_written {
            return Some(present);
        }
        if clock::now() > give_up {
            return None;
        }
        // The end of a writing is told only to those who watched before it began.
        sleep(LOOK_AGAIN);
    }
}

fn is_being_written(file: &Metadata, now: Timestamp) -> bool {
    let Some(written) = timestamp(file.modified()) else {
        return false;
    };
    let ago = now.duration_since(written);
    let is_recent = !ago.is_negative() && ago.unsigned_abs() < QUIET;
    // Renaming changes a file's status and not its content.
    let was_renamed = (file.ctime(), file.ctime_nsec()) > (file.mtime(), file.mtime_nsec());
    let took = timestamp(file.created()).map(|born| written.duration_since(born).unsigned_abs());
    is_recent && !was_renamed && took.is_none_or(|took| took > IN_ONE_GO)
}

/// `None`: the file system does not know.
fn timestamp(time: io::Result<SystemTime>) -> Option<Timestamp> {
    time.ok()?.try_into().ok()
}
