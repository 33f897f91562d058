//! Writes, wipes and removes, so that a pulled plug never loses anything.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io::{self, Read as _, Seek as _, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
};

use rustix::fs::{Gid, OFlags, Uid, fchown};

use super::judge::Readers;

/// Here the daemon and its portal write, too.
const DAEMONS_FOLDER: &str = "etc/everlit";

/// One at a time in a folder; the next one takes the place of what a pulled plug left behind.
const DRAFT: &str = ".everlit-draft";

/// No text that is read here is larger, in bytes.
const LARGEST: u64 = 1_000_000;

/// The disks of the device.
pub(super) struct Disk<'a> {
    /// Where the device's files are.
    pub(super) root: &'a Path,
    /// User and group of the daemon.
    pub(super) daemon: (u32, u32),
    /// Called between two steps; a failure is as if the plug was pulled.
    pub(super) step: &'a dyn Fn() -> io::Result<()>,
}

impl Disk<'_> {
    /// A text below the root; `None`: there is none. The daemon's user may have put anything
    /// there, also a pipe that never ends.
    pub(super) fn read(&self, path: &Path) -> io::Result<Option<String>> {
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let opened = OpenOptions::new()
            .read(true)
            .custom_flags(flags.bits().cast_signed())
            .open(self.root.join(path));
        let file = match opened {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        if !file.metadata()?.is_file() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let mut text = String::new();
        file.take(LARGEST).read_to_string(&mut text)?;
        Ok(Some(text))
    }

    /// Replaces a file below the root as a whole; it is on the disk afterwards.
    pub(super) fn write(&self, path: &Path, bytes: &[u8], readers: Readers) -> io::Result<()> {
        let path = self.root.join(path);
        let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
        self.make_folder(folder, readers)?;
        (self.step)()?;
        let draft = folder.join(DRAFT);
        remove_if_there(&draft)?;
        // Nobody else can have put anything in its place: it must not exist.
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&draft)?;
        file.write_all(bytes)?;
        let mode = match readers {
            Readers::Daemon => 0o640,
            Readers::Root => 0o600,
            Readers::Everybody => 0o644,
        };
        if readers == Readers::Daemon {
            self.give_to_daemon(&file)?;
        }
        file.set_permissions(Permissions::from_mode(mode))?;
        file.sync_all()?;
        (self.step)()?;
        fs::rename(&draft, &path)?;
        File::open(folder)?.sync_all()?;
        (self.step)()
    }

    /// Removes a file below the root, if it is there.
    pub(super) fn delete(&self, path: &Path) -> io::Result<()> {
        self.remove(&self.root.join(path))
    }

    /// Wipes a file below the root, if it is there.
    pub(super) fn wipe_below_root(&self, path: &Path) -> io::Result<()> {
        let path = self.root.join(path);
        if path.exists() {
            self.wipe(&path)
        } else {
            Ok(())
        }
    }

    /// Removes a file, if it is there.
    pub(super) fn remove(&self, path: &Path) -> io::Result<()> {
        (self.step)()?;
        remove_if_there(path)?;
        if let Some(folder) = path.parent().filter(|folder| folder.is_dir()) {
            File::open(folder)?.sync_all()?;
        }
        (self.step)()
    }

    /// Overwrites a file with zeros where it lies, and removes it.
    pub(super) fn wipe(&self, path: &Path) -> io::Result<()> {
        let flags = OFlags::NOFOLLOW.bits().cast_signed();
        let mut file = OpenOptions::new()
            .write(true)
            .custom_flags(flags)
            .open(path)?;
        let length = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
        file.rewind()?;
        let zeros = vec![0; length];
        // In two parts: one may reach the disk without the other.
        let (first, rest) = zeros.split_at(length.min(512));
        for part in [first, rest] {
            (self.step)()?;
            file.write_all(part)?;
            file.sync_all()?;
        }
        self.remove(path)
    }

    /// Replaces a file on the partition, which knows neither owners nor modes.
    pub(super) fn write_on_partition(&self, path: &Path, text: &str) -> io::Result<()> {
        (self.step)()?;
        let mut file = File::create(path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        (self.step)()
    }

    fn make_folder(&self, folder: &Path, readers: Readers) -> io::Result<()> {
        match fs::symlink_metadata(folder) {
            Ok(there) if there.is_dir() => return Ok(()),
            // A link of the daemon's user must not lead us anywhere.
            Ok(_) => return Err(io::ErrorKind::NotADirectory.into()),
            Err(_) => {}
        }
        let above = folder.parent().ok_or(io::ErrorKind::InvalidInput)?;
        if !above.is_dir() {
            let is_daemons = above.ends_with(DAEMONS_FOLDER);
            let readers = if is_daemons {
                Readers::Daemon
            } else {
                Readers::Everybody
            };
            self.make_folder(above, readers)?;
        }
        let mode = match readers {
            Readers::Daemon => 0o750,
            Readers::Root => 0o700,
            Readers::Everybody => 0o755,
        };
        DirBuilder::new().mode(mode).create(folder)?;
        let made = File::open(folder)?;
        if readers == Readers::Daemon {
            self.give_to_daemon(&made)?;
        }
        // Whatever the umask is.
        made.set_permissions(Permissions::from_mode(mode))?;
        File::open(above)?.sync_all()
    }

    fn give_to_daemon(&self, file: &File) -> io::Result<()> {
        let (user, group) = self.daemon;
        fchown(file, Some(Uid::from_raw(user)), Some(Gid::from_raw(group)))?;
        Ok(())
    }
}

/// User and group of that name, after the `etc/passwd` below `root`.
pub(super) fn user(root: &Path, name: &str) -> io::Result<Option<(u32, u32)>> {
    let users = fs::read_to_string(root.join("etc/passwd"))?;
    Ok(users.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next() == Some(name)).then_some(())?;
        let uid = fields.nth(1)?.parse().ok()?;
        Some((uid, fields.next()?.parse().ok()?))
    }))
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}
