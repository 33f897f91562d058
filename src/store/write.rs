//! Writes a file so that every reader sees the whole old or the whole new content.

use std::{
    fs::{self, File, Metadata, Permissions},
    io::{self, Write},
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::Path,
};

use rustix::fs::{Gid, Uid, fchown};
use tempfile::NamedTempFile;

use super::{draft::draft, trace::trace};

/// For a file that did not exist.
pub(super) const DEFAULT_MODE: u32 = 0o640;

/// Replaces the content of the file that `path` leads to, through symbolic links.
///
/// An existing file keeps its mode, and its owner and group where we may give them; a new one gets
/// mode 0640. After a failure the old content is in place and nothing is left behind. What a killed
/// writer left behind goes with the next write.
///
/// # Errors
///
/// When the directory is missing or not ours to write to, the disk is full, or `path` leads to
/// something that is not a regular file.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_new(path, bytes, DEFAULT_MODE)
}

/// The same, for what nobody but us may read.
pub(super) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_new(path, bytes, 0o600)
}

fn write_new(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let target = trace(path).target;
    let old = existing(&target)?;
    let directory = target.parent().ok_or(io::ErrorKind::IsADirectory)?;
    let new = complete_draft(directory, bytes, old.as_ref(), mode)?;
    new.persist(&target).map_err(|error| error.error)?;
    sync_directory(directory)
}

/// A new file with all of its content, ready to take the old one's place.
pub(super) fn complete_draft(
    directory: &Path,
    bytes: &[u8],
    old: Option<&Metadata>,
    mode: u32,
) -> io::Result<NamedTempFile> {
    // Its mode is 0600 until it is complete.
    let mut new = draft(directory)?;
    new.write_all(bytes)?;
    match old {
        Some(old) => take_over(old, new.as_file())?,
        None => set_mode(new.as_file(), mode)?,
    }
    new.as_file().sync_all()?;
    Ok(new)
}

pub(super) fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

pub(super) fn existing(target: &Path) -> io::Result<Option<Metadata>> {
    match fs::symlink_metadata(target) {
        Ok(old) if old.is_file() => Ok(Some(old)),
        Ok(old) if old.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        Ok(_) => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "not a regular file",
        )),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Gives the new file the old one's owner, group and mode.
fn take_over(old: &Metadata, new: &File) -> io::Result<()> {
    let mode = old.mode() & 0o7777;
    let (owner, group) = (Uid::from_raw(old.uid()), Gid::from_raw(old.gid()));
    // Only root can give a file away. A member of the group can still keep the group, and then the
    // same people can read it.
    if fchown(new, Some(owner), Some(group)).is_ok() || fchown(new, None, Some(group)).is_ok() {
        return set_mode(new, mode);
    }
    // Our own group may be a larger one than the file was meant for.
    set_mode(new, mode & 0o7707)
}

fn set_mode(file: &File, mode: u32) -> io::Result<()> {
    file.set_permissions(Permissions::from_mode(mode))
}
