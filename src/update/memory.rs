//! What is remembered from one run to the next, across restarts of the device.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use jiff::Timestamp;
use reqwest::header::{ETAG, HeaderMap, HeaderName, LAST_MODIFIED};
use serde::{Deserialize, Serialize};

const FILE: &str = "memory.json";

/// Everything that is remembered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    /// What the rest of it is about.
    pub url: Option<String>,
    /// When the schedule last came to an end with what is there.
    pub checked: Option<Timestamp>,
    pub download: Option<Download>,
    /// The last bundle that was looked into, and what the server called it.
    pub seen: Option<Seen>,
    /// The last bundle that was to be installed, wherever it came from.
    pub attempt: Option<Attempt>,
    /// A trouble that was told; it is not told again while it lasts.
    pub trouble: Option<String>,
}

/// A download, perhaps a part of it only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Download {
    pub tag: Tag,
    /// `None`: the server did not say.
    pub length: Option<u64>,
    pub is_complete: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    pub tag: Tag,
    pub bundle: Bundle,
}

/// How a server calls one state of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tag {
    pub etag: Option<String>,
    pub modified: Option<String>,
}

/// A bundle by its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bundle {
    /// `None`: nobody could look into it.
    pub version: Option<String>,
    /// SHA-256, in hexadecimal digits.
    pub hash: String,
}

/// A bundle that was to be installed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    pub bundle: Bundle,
    pub at: Timestamp,
    /// The kernel's name for the time between two starts.
    pub boot: String,
    /// How often in all.
    pub tries: u32,
    /// Why it was not installed; `None`: it was.
    pub problem: Option<String>,
}

impl Memory {
    /// What was remembered; nothing where that cannot be read, as all of it can be found out anew.
    pub(super) fn load(folder: &Path) -> Self {
        let text = fs::read(folder.join(FILE)).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }

    /// Remembers it, also if the plug is pulled afterwards.
    pub(super) fn save(&self, folder: &Path) -> io::Result<()> {
        let draft = folder.join("memory.draft");
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&draft)?;
        file.write_all(&serde_json::to_vec(self)?)?;
        file.sync_all()?;
        fs::rename(draft, folder.join(FILE))?;
        File::open(folder)?.sync_all()
    }

    /// What was there under another address says nothing about this one.
    pub(super) fn turn_to(&mut self, url: &str) {
        if self.url.as_deref() != Some(url) {
            *self = Self {
                url: Some(url.to_owned()),
                attempt: self.attempt.take(),
                trouble: self.trouble.take(),
                ..Self::default()
            };
        }
    }
}

impl Tag {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let text = |name: HeaderName| {
            let value = headers.get(name)?.to_str().ok()?;
            Some(value.to_owned())
        };
        Self {
            etag: text(ETAG),
            modified: text(LAST_MODIFIED),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What says for sure that it is the same, byte for byte.
    pub(super) fn strong(&self) -> Option<&str> {
        let etag = self.etag.as_deref().filter(|etag| !etag.starts_with("W/"));
        etag.or(self.modified.as_deref())
    }
}
