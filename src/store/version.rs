//! One version of the settings: which text, by whom, how, and what came of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One version of the settings file, as the history tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Version {
    /// Counts up; never given twice.
    pub id: u64,
    /// A digest of the text; several versions may have the same text.
    pub revision: String,
    pub at: Timestamp,
    /// A user's or a token's name.
    pub who: String,
    pub how: How,
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// By which way a version came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum How {
    Portal,
    Api,
    Socket,
    /// Somebody else wrote the file: an editor, a copy, a tool.
    File,
    /// An earlier version was brought back on request.
    Restore,
    /// An earlier version was put back since a later one led to no picture.
    Rollback,
}

/// What came of a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// It has shown no picture yet.
    Pending,
    Confirmed,
    /// It led to no picture; the version before it was put back.
    RolledBack {
        reason: String,
    },
    /// Another one came before it was confirmed.
    Replaced,
    /// It could not be written to the file.
    Unwritten,
}

impl Outcome {
    /// Nothing more is going to come of it by itself.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        match self {
            Self::Pending => false,
            Self::Confirmed | Self::RolledBack { .. } | Self::Replaced | Self::Unwritten => true,
        }
    }
}

/// Who changes the settings, and by which way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    pub who: String,
    pub how: How,
}
