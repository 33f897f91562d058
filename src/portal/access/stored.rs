//! What the portal keeps between two starts: the password's hash, and the hashes of API tokens.

use std::{
    fs::{self, DirBuilder, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::store;

/// The file `portal.json` in the state directory; mode 0600.
#[derive(Debug, Clone)]
pub(super) struct Place(PathBuf);

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stored {
    /// An argon2id hash; `None`: nobody has claimed the device yet.
    pub(super) password: Option<String>,
    #[serde(default)]
    pub(super) tokens: Vec<TokenRecord>,
}

/// A token for programs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRecord {
    /// Names it in addresses; not secret.
    pub id: String,
    /// What the operator calls it.
    pub name: String,
    pub scope: Scope,
    pub created: Timestamp,
    /// SHA-256 of the whole token, in hexadecimal digits.
    hash: String,
}

/// What a token is good for; each scope holds the ones before it.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Look: status, screenshot, log, metrics, settings.
    Read,
    /// And act: new token, reload, restart the view.
    Operate,
    /// And change the settings.
    Configure,
}

impl TokenRecord {
    pub(super) fn new(
        id: String,
        name: String,
        scope: Scope,
        created: Timestamp,
        fingerprint: &[u8],
    ) -> Self {
        Self {
            id,
            name,
            scope,
            created,
            hash: hex(fingerprint),
        }
    }

    pub(super) fn is_of(&self, fingerprint: &[u8]) -> bool {
        self.hash == hex(fingerprint)
    }
}

impl Place {
    pub(super) fn new(state_dir: &Path) -> Self {
        Self(state_dir.join("portal.json"))
    }

    /// What was kept. A damaged file is moved aside, and the device has to be claimed anew by
    /// whoever stands in front of it.
    pub(super) fn load(&self) -> Stored {
        let text = match fs::read_to_string(&self.0) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Stored::default(),
            Err(error) => return self.damaged(&error),
        };
        serde_json::from_str(&text).unwrap_or_else(|error| self.damaged(&error))
    }

    pub(super) fn save(&self, stored: &Stored) -> io::Result<()> {
        if let Some(directory) = self.0.parent() {
            let mut private = DirBuilder::new();
            private.recursive(true).mode(0o700).create(directory)?;
        }
        // The writer keeps the mode of what it replaces.
        let mut private = OpenOptions::new();
        let private = private.append(true).create(true).mode(0o600);
        private.open(&self.0)?;
        let text = serde_json::to_string_pretty(stored)?;
        store::write_atomic(&self.0, text.as_bytes())
    }

    fn damaged(&self, error: &dyn std::fmt::Display) -> Stored {
        let aside = self.0.with_extension("damaged");
        // Whatever becomes of it, the portal has to go on without it.
        let _ = fs::rename(&self.0, &aside);
        tracing::warn!(
            %error, path = %self.0.display(),
            remedy = "claim the device anew with the pairing code on its screen, and make new tokens",
            "the portal's password and tokens cannot be read"
        );
        Stored::default()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
