//! The words of the status document for the player's states; a new state breaks the build here.

use serde::{Deserialize, Serialize};

use crate::player::{ContentKind, Phase, SettingsState, TokenState};

#[derive(Serialize, Deserialize)]
#[serde(remote = "Phase", rename_all = "snake_case")]
pub(super) enum PhaseName {
    Unconfigured,
    Waiting,
    Loading,
    Showing,
    Recovering,
    Denied,
    Offline,
    Dark,
    Stopping,
}

/// The same word for where no serializer is at hand.
pub(super) fn phase_name(phase: Phase) -> &'static str {
    match phase {
        Phase::Unconfigured => "unconfigured",
        Phase::Waiting => "waiting",
        Phase::Loading => "loading",
        Phase::Showing => "showing",
        Phase::Recovering => "recovering",
        Phase::Denied => "denied",
        Phase::Offline => "offline",
        Phase::Dark => "dark",
        Phase::Stopping => "stopping",
    }
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "TokenState", rename_all = "snake_case")]
pub(super) enum TokenStateName {
    None,
    Fetching,
    Valid,
    Expired,
    Denied,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "ContentKind", rename_all = "snake_case")]
pub(super) enum ContentKindName {
    Report,
    Page,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "SettingsState", rename_all = "snake_case")]
pub(super) enum SettingsStateName {
    Applied,
    Rejected,
}
