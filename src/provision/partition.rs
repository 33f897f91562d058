//! The partition that other computers can write: it is read-only but for moments.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use rustix::{
    fs::{StatVfsMountFlags, statvfs, syncfs},
    mount::{MountFlags, mount_remount},
};
use secrecy::zeroize::Zeroizing;

use super::name::{Kind, Named, is_our_folder, named};

/// No file that a technician writes is larger, in bytes.
const LARGEST: u64 = 1_000_000;

/// A file that a technician put on the partition.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) path: PathBuf,
    /// As a technician sees it, such as `secrets/powerbi-secret.txt`.
    pub(super) shown: PathBuf,
    pub(super) meant: Meant,
}

#[derive(Debug)]
pub(super) enum Meant {
    Ours(Kind),
    /// None of what belongs there, and what to do.
    Odd(&'static str),
}

/// Everything of ours below `from`, in the order of the names.
pub(super) fn scan(from: &Path) -> io::Result<Vec<Found>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type()?.is_dir() && is_our_folder(&name) {
            for inner in fs::read_dir(entry.path())? {
                found.extend(look(&inner?, Some(&name))?);
            }
        } else {
            found.extend(look(&entry, None)?);
        }
    }
    found.sort_by(|a, b| a.shown.cmp(&b.shown));
    Ok(found)
}

fn look(entry: &fs::DirEntry, folder: Option<&str>) -> io::Result<Option<Found>> {
    let name = entry.file_name().to_string_lossy().into_owned();
    let meant = match named(folder, &name) {
        _ if !entry.file_type()?.is_file() => return Ok(None),
        Named::Foreign => return Ok(None),
        Named::Ours(kind) => Meant::Ours(kind),
        Named::Odd { remedy } => Meant::Odd(remedy),
    };
    Ok(Some(Found {
        path: entry.path(),
        shown: Path::new(folder.unwrap_or_default()).join(name),
        meant,
    }))
}

/// `None`: it is too large for anything that we take over.
pub(super) fn read(path: &Path) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    let mut bytes = Zeroizing::new(Vec::new());
    File::open(path)?
        .take(LARGEST + 1)
        .read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= LARGEST).then_some(bytes))
}

/// While it lives, the partition can be written.
#[derive(Debug)]
pub(super) struct Writable {
    /// To be made read-only again.
    remounted: Option<(PathBuf, MountFlags)>,
}

impl Writable {
    /// Mounts the file system at `at` writable, if it is not.
    pub(super) fn make(at: &Path) -> io::Result<Self> {
        let present = statvfs(at)?.f_flag;
        if !present.contains(StatVfsMountFlags::RDONLY) {
            return Ok(Self { remounted: None });
        }
        let flags = kept(present);
        mount_remount(at, flags, c"")?;
        Ok(Self {
            remounted: Some((at.to_owned(), flags)),
        })
    }
}

impl Drop for Writable {
    fn drop(&mut self) {
        let Some((at, flags)) = &self.remounted else {
            return;
        };
        if let Ok(folder) = File::open(at) {
            // What fails here fails again below.
            let _ = syncfs(&folder);
        }
        if let Err(error) = mount_remount(at, *flags | MountFlags::RDONLY, c"") {
            let at = at.display();
            tracing::warn!(%error, %at, "stays writable until the next start");
        }
    }
}

/// What a remount would take away unless it is said again.
fn kept(present: StatVfsMountFlags) -> MountFlags {
    [
        (StatVfsMountFlags::NOSUID, MountFlags::NOSUID),
        (StatVfsMountFlags::NODEV, MountFlags::NODEV),
        (StatVfsMountFlags::NOEXEC, MountFlags::NOEXEC),
        (StatVfsMountFlags::NOATIME, MountFlags::NOATIME),
        (StatVfsMountFlags::RELATIME, MountFlags::RELATIME),
    ]
    .into_iter()
    .filter(|(here, _)| present.contains(*here))
    .fold(MountFlags::empty(), |flags, (_, flag)| flags | flag)
}
