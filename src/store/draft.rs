//! A file in the making, beside the one that it will replace.

use std::{
    fs::{self, DirEntry, OpenOptions},
    io,
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::Path,
};

use rustix::fs::OFlags;
use tempfile::{Builder, NamedTempFile};

const PREFIX: &str = ".everlit-";

/// An empty file with a name of its own and mode 0600. Its lock says that somebody still writes.
pub(super) fn draft(directory: &Path) -> io::Result<NamedTempFile> {
    sweep(directory);
    loop {
        let draft = Builder::new().prefix(PREFIX).tempfile_in(directory)?;
        // A file system without locks does not let anybody sweep either.
        let _ = draft.as_file().lock();
        // Somebody may have swept it away before it was locked.
        if draft.as_file().metadata()?.nlink() > 0 {
            return Ok(draft);
        }
    }
}

/// Removes what writers left behind that were killed. What cannot be removed does no harm.
fn sweep(directory: &Path) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let is_ours = entry.file_name().to_string_lossy().starts_with(PREFIX);
        if is_ours && is_left_over(&entry).unwrap_or(false) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn is_left_over(entry: &DirEntry) -> io::Result<bool> {
    if !entry.file_type()?.is_file() {
        return Ok(false);
    }
    let flags = i32::try_from((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits()).unwrap_or(0);
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(flags)
        .open(entry.path())?;
    // The lock goes with the file at the end of this function.
    Ok(file.try_lock().is_ok())
}
