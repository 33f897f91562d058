//! Why there was no update, with what would be right.

use std::{io, path::PathBuf};

/// Why there was no update.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error(
        "this device does not run everlit's own image (there is no rauc); its package is updated \
         by apt"
    )]
    NoRauc,
    #[error("another update is under way")]
    Busy,
    /// Nothing was answered, or not all of it: another try continues.
    #[error("{host} cannot be reached: {reason}")]
    Unreachable { host: String, reason: String },
    #[error("{host} answers {status}; {remedy}")]
    Refused {
        host: String,
        status: u16,
        remedy: &'static str,
    },
    #[error(
        "the bundle has {needed_mb} MB, and {} has room for {free_mb} MB; make room on that disk, or \
         write the image to a larger one",
        folder.display()
    )]
    NoRoom {
        folder: PathBuf,
        needed_mb: u64,
        free_mb: u64,
    },
    #[error(
        "the bundle is refused: {0}; it has to be signed for this device, and to have arrived whole"
    )]
    BadBundle(String),
    #[error("the bundle could not be installed: {0}; the system that runs is not changed")]
    NotInstalled(String),
    #[error("version {version} is installed, and the device does not restart: {reason}")]
    NotRestarted { version: String, reason: String },
    #[error("{}: {error}", path.display())]
    Io { path: PathBuf, error: io::Error },
}

impl Failure {
    pub(super) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        |error| Self::Io { path, error }
    }
}
