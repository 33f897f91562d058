//! A raw disk with an image on it, and what is on its partitions.

use std::{
    fs::{self, File},
    io::{Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::{platform::Arch, workshop};

/// Cards are larger than the image; the device has to make use of that by itself.
const LARGER_BY: u64 = 1 << 30;
const SECTOR: u64 = 512;
const CHUNK: usize = 1 << 20;

pub(crate) struct Disk {
    arch: Arch,
    path: PathBuf,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Partition {
    start: u64,
    /// In bytes.
    pub(crate) size: u64,
}

impl Disk {
    /// A card with this image on it.
    pub(crate) fn new(arch: Arch, image: &Path, path: PathBuf) -> Result<Self> {
        let status = Command::new("cp")
            .args(["--sparse=always", "--reflink=auto"])
            .args([image, &path])
            .status()?;
        ensure!(
            status.success(),
            "cannot copy {}: {status}",
            image.display()
        );
        let file = File::options().write(true).open(&path)?;
        file.set_len(file.metadata()?.len() + LARGER_BY)?;
        Ok(Self { arch, path })
    }

    pub(crate) fn path(&self) -> String {
        self.path.display().to_string()
    }

    pub(crate) fn partition(&self, label: &str) -> Result<Partition> {
        let json = workshop::run(self.arch, &["sfdisk", "--json", &self.path()])?;
        let table: Value = serde_json::from_str(&json)?;
        let partitions = table["partitiontable"]["partitions"]
            .as_array()
            .context("no partitions")?;
        let found = partitions
            .iter()
            .find(|partition| partition["name"] == label)
            .with_context(|| format!("no partition {label} in {json}"))?;
        let bytes = |key: &str| Some(found[key].as_u64()? * SECTOR);
        Ok(Partition {
            start: bytes("start").context("no start")?,
            size: bytes("size").context("no size")?,
        })
    }

    /// Makes a folder on a FAT partition, unless it is there.
    pub(crate) fn make_folder(&self, label: &str, name: &str) -> Result<()> {
        self.mtools(label, "mmd", &["-D", "s", &format!("::{name}")])?;
        Ok(())
    }

    /// Copies a file onto a FAT partition.
    pub(crate) fn put(&self, label: &str, from: &Path, name: &str) -> Result<()> {
        let from = from.display().to_string();
        self.mtools(label, "mcopy", &["-o", &from, &format!("::{name}")])?;
        Ok(())
    }

    /// Copies a file from a FAT partition.
    pub(crate) fn take(&self, label: &str, name: &str, to: &Path) -> Result<()> {
        let to = to.display().to_string();
        self.mtools(label, "mcopy", &["-n", "-o", &format!("::{name}"), &to])?;
        Ok(())
    }

    /// A text file on a FAT partition.
    pub(crate) fn text(&self, label: &str, name: &str) -> Result<String> {
        self.mtools(label, "mtype", &[&format!("::{name}")])
    }

    /// All files on a FAT partition, a path a line.
    pub(crate) fn names(&self, label: &str) -> Result<String> {
        self.mtools(label, "mdir", &["-b", "-/", "::"])
    }

    /// Whether these bytes are anywhere on a partition, also in what was deleted.
    pub(crate) fn holds(&self, label: &str, bytes: &[u8]) -> Result<bool> {
        let Partition { start, size } = self.partition(label)?;
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(start))?;
        let mut rest = file.take(size);
        let mut window = Vec::new();
        loop {
            let overlap = window.split_off(window.len().saturating_sub(bytes.len()));
            window = overlap;
            let mut chunk = Vec::with_capacity(CHUNK);
            if rest.by_ref().take(CHUNK as u64).read_to_end(&mut chunk)? == 0 {
                return Ok(false);
            }
            window.extend(chunk);
            if window.windows(bytes.len()).any(|part| part == bytes) {
                return Ok(true);
            }
        }
    }

    fn mtools(&self, label: &str, program: &str, words: &[&str]) -> Result<String> {
        let start = self.partition(label)?.start;
        let image = format!("{}@@{start}", self.path());
        let all = [
            &["env", "MTOOLS_SKIP_CHECK=1", program, "-i", &image],
            words,
        ]
        .concat();
        workshop::run(self.arch, &all)
    }
}

/// Writes a file, and its folder if need be.
pub(crate) fn write(path: &Path, bytes: impl AsRef<[u8]>) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}
