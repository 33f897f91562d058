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
    /// Does not touch the disk: the directory may come later.
    #[must_use]
    pub fn new(state_dir: &Path) -> Self {
        Self {
            path: state_dir.join("last-good.toml"),
        }
    }

    /// Keeps this text, in a directory (mode 0700) that is made if it is missing; does not touch
    /// the disk when it is the text that is kept.
    ///
    /// # Errors
    ///
    /// When it cannot be written; what was kept before still is.
    pub fn save(&self, text: &str) -> io::Result<()> {
        if read(&self.path).is_ok_and(|(kept, _)| kept == text) {
            return Ok(());
        }
        if let Some(directory) = self.path.parent() {
            let mut private = DirBuilder::new();
            private.recursive(true).mode(0o700).create(directory)?;
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

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}
