//! Notices that the daemon was cut off last time: killed, crashed, or without power.

use std::{
    fs::{self, DirBuilder},
    io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

/// The file `running` in the state directory: there as long as the daemon runs.
#[derive(Debug)]
pub struct Running {
    path: PathBuf,
}

/// How the daemon before this one ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LastEnd {
    /// By itself, or there was none.
    Clean,
    CutOff,
}

impl Running {
    /// Says that the daemon runs, and how the one before ended.
    ///
    /// A state directory that cannot be used tells nothing; other parts complain about it.
    #[must_use]
    pub fn begin(state_dir: &Path) -> (Self, LastEnd) {
        let path = state_dir.join("running");
        let last_end = match path.try_exists() {
            Ok(true) => LastEnd::CutOff,
            Ok(false) | Err(_) => LastEnd::Clean,
        };
        let mut private = DirBuilder::new();
        let made = private.recursive(true).mode(0o700).create(state_dir);
        match made.and_then(|()| fs::write(&path, "")) {
            Ok(()) => (Self { path }, last_end),
            Err(error) => {
                tracing::debug!(%error, "cannot note that the daemon runs");
                // Perhaps the one before could not note its end either.
                (Self { path }, LastEnd::Clean)
            }
        }
    }

    /// The daemon ends by itself.
    pub fn end(self) {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::debug!(%error, "cannot note that the daemon ended");
            }
            Ok(()) | Err(_) => {}
        }
    }
}
