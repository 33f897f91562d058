//! Replaces a file's text, and notices if somebody else has replaced it at the same moment.

use std::{fs, io, path::Path};

use rustix::{
    fs::{CWD, RenameFlags, renameat_with},
    io::Errno,
};

use super::{
    trace::trace,
    write::{DEFAULT_MODE, complete_draft, existing, sync_directory},
};

/// What came of a replacement.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Replaced {
    Done,
    /// Somebody else wrote the file meanwhile; theirs is in place.
    Overtaken,
}

/// Replaces what `path` leads to as [`super::write_atomic`] does, if it still holds `old`; `None`:
/// if there is no file.
///
/// No text is lost between two writers: the old file is exchanged with the new one, looked at, and
/// put back if it is not the old one any more.
pub(super) fn replace_atomic(path: &Path, old: Option<&[u8]>, new: &[u8]) -> io::Result<Replaced> {
    let target = trace(path).target;
    let directory = target.parent().ok_or(io::ErrorKind::IsADirectory)?;
    let there = existing(&target)?;
    if there.is_some() != old.is_some() {
        return Ok(Replaced::Overtaken);
    }
    let draft = complete_draft(directory, new, there.as_ref(), DEFAULT_MODE)?;
    let Some(old) = old else {
        let replaced = match draft.persist_noclobber(&target) {
            Ok(_) => Replaced::Done,
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Replaced::Overtaken,
            Err(error) => return Err(error.error),
        };
        sync_directory(directory)?;
        return Ok(replaced);
    };
    let replaced = match exchange(draft.path(), &target) {
        // Some file systems cannot exchange.
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
            if fs::read(&target)? != old {
                return Ok(Replaced::Overtaken);
            }
            draft.persist(&target).map_err(|error| error.error)?;
            Replaced::Done
        }
        Err(error) => return Err(error.into()),
        // With the draft goes the old file, or ours if that was taken out again.
        Ok(()) => look(draft.path(), &target, old, new)?,
    };
    sync_directory(directory)?;
    Ok(replaced)
}

/// What was taken out is in the place of the draft.
fn look(draft: &Path, target: &Path, old: &[u8], new: &[u8]) -> io::Result<Replaced> {
    if taken_out(draft)?.is_none_or(|text| text == old) {
        return Ok(Replaced::Done);
    }
    exchange(draft, target)?;
    if taken_out(draft)?.is_some_and(|text| text != new) {
        // A third writer replaced ours in this moment: theirs is the newest.
        exchange(draft, target)?;
    }
    Ok(Replaced::Overtaken)
}

/// `None`: another writer has swept it away, as nobody holds its lock.
fn taken_out(draft: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(draft) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn exchange(one: &Path, other: &Path) -> Result<(), Errno> {
    renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)
}
