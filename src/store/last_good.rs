//! Keeps the last settings that worked, for a boot with a bad settings file.

use std::{
    fs::DirBuilder,
    io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use super::{
    read::{Loaded, ReadFailure, load, read},
    write::write_atomic,
};
use crate::settings::Problems;

/// The file `last-good.toml` in the state directory.
#[derive(Debug, Clone)]
pub struct LastGood {
    path: PathBuf,
}

impl LastGood {
    /// Makes the state directory (mode 0700) if it is missing.
    ///
    /// # Errors
    ///
    /// When the directory cannot be made.
    pub fn open(state_dir: &Path) -> io::Result<Self> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(state_dir)?;
        Ok(Self {
            path: state_dir.join("last-good.toml"),
        })
    }

    /// Keeps this text; does not touch the disk when it is the one that is kept.
    ///
    /// # Errors
    ///
    /// When it cannot be written; what was kept before still is.
    pub fn save(&self, text: &str) -> io::Result<()> {
        if read(&self.path).is_ok_and(|(kept, _)| kept == text) {
            return Ok(());
        }
        write_atomic(&self.path, text.as_bytes())
    }

    /// The settings that were kept; `None`: none ever were.
    ///
    /// # Errors
    ///
    /// What is wrong with the kept file: damage, or keys that this version no longer knows.
    pub fn load(&self) -> Result<Option<Loaded>, Problems> {
        if read(&self.path) == Err(ReadFailure::Missing) {
            return Ok(None);
        }
        load(&self.path).map(Some)
    }
}
