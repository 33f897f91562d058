//! Reads a settings file: bounded, and with a clear word on what is wrong.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    sync::Arc,
};

use ring::digest::{SHA256, digest};
use rustix::fs::OFlags;

use crate::settings::{Problem, Problems, Settings};

/// The largest settings file that is read, in bytes.
pub const SIZE_LIMIT: usize = 1_000_000;

/// A good settings file.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    pub settings: Arc<Settings>,
    /// The text they were made from, to be kept as the last good one.
    pub text: String,
    /// See [`revision`].
    pub revision: String,
}

/// Why there is no text to parse.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadFailure {
    #[error("the file does not exist")]
    Missing,
    #[error("this is a directory")]
    Directory,
    /// A device, a pipe or a socket.
    #[error("this is not a regular file")]
    Special,
    #[error("the file is larger than {SIZE_LIMIT} bytes")]
    TooLarge,
    /// The place, from 1, of the first byte that is not UTF-8.
    #[error("the file is not UTF-8 text")]
    NotText { line: usize, column: usize },
    #[error("the file cannot be read: {0}")]
    Unreadable(String),
}

/// Reads and checks a settings file.
///
/// # Errors
///
/// Everything that is wrong with it, at once.
pub fn load(path: &Path) -> Result<Loaded, Problems> {
    let (text, _) = read(path).map_err(|failure| Problems(vec![failure.problem(path)]))?;
    Loaded::from_text(text, path)
}

/// Reads a settings file; answers its text and its [`revision`].
///
/// # Errors
///
/// When there is no text of at most [`SIZE_LIMIT`] bytes.
pub fn read(path: &Path) -> Result<(String, String), ReadFailure> {
    let bytes = read_bytes(path)?;
    let text = String::from_utf8(bytes).map_err(|error| not_text(&error))?;
    let revision = revision(&text);
    Ok((text, revision))
}

/// A name for a settings text: the first 12 hexadecimal digits of its SHA-256.
#[must_use]
pub fn revision(text: &str) -> String {
    let hash = digest(&SHA256, text.as_bytes());
    let first = &hash.as_ref()[..6];
    first.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Loaded {
    /// Checks a text; `path` is only for the problems.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it, at once.
    pub fn from_text(text: String, path: &Path) -> Result<Self, Problems> {
        let settings = Settings::parse(&text, path)?;
        Ok(Self {
            settings: Arc::new(settings),
            revision: revision(&text),
            text,
        })
    }
}

impl ReadFailure {
    /// The same as a problem of the settings file, with what would be right.
    #[must_use]
    pub fn problem(&self, path: &Path) -> Problem {
        let (line, column) = match self {
            Self::NotText { line, column } => (*line, *column),
            Self::Missing
            | Self::Directory
            | Self::Special
            | Self::TooLarge
            | Self::Unreadable(_) => (0, 0),
        };
        Problem {
            file: path.to_owned(),
            line,
            column,
            key: String::new(),
            problem: self.to_string(),
            remedy: self.remedy().to_owned(),
        }
    }

    fn remedy(&self) -> &'static str {
        match self {
            Self::Missing => "create it, or name another file with --settings",
            Self::Directory | Self::Special => "name the settings file itself",
            Self::TooLarge => "a settings file has a few kilobytes; check that this is one",
            Self::NotText { .. } => "save it as UTF-8",
            Self::Unreadable(_) => "let the daemon's user or group read it",
        }
    }
}

fn read_bytes(path: &Path) -> Result<Vec<u8>, ReadFailure> {
    let file = open(path).map_err(|error| unreadable(&error))?;
    let kind = file.metadata().map_err(|error| unreadable(&error))?;
    if kind.is_dir() {
        return Err(ReadFailure::Directory);
    }
    if !kind.is_file() {
        return Err(ReadFailure::Special);
    }
    let mut bytes = Vec::new();
    let limit = u64::try_from(SIZE_LIMIT + 1).unwrap_or(u64::MAX);
    file.take(limit)
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(&error))?;
    if bytes.len() > SIZE_LIMIT {
        return Err(ReadFailure::TooLarge);
    }
    Ok(bytes)
}

/// Without waiting for the other end, should the path lead to a pipe.
fn open(path: &Path) -> io::Result<File> {
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or(0);
    OpenOptions::new().read(true).custom_flags(flags).open(path)
}

fn unreadable(error: &io::Error) -> ReadFailure {
    if error.kind() == io::ErrorKind::NotFound {
        return ReadFailure::Missing;
    }
    ReadFailure::Unreadable(error.to_string())
}

fn not_text(error: &std::string::FromUtf8Error) -> ReadFailure {
    let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
    let last_line = good.rsplit(|byte| *byte == b'\n').next().unwrap_or(good);
    ReadFailure::NotText {
        line: good.iter().filter(|byte| **byte == b'\n').count() + 1,
        column: String::from_utf8_lossy(last_line).chars().count() + 1,
    }
}
