//! The words of the status document for the player's states; a new state breaks the build here.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::player::{ContentKind, Phase, SettingsState, TokenState};

/// What the player is about.
#[derive(Serialize, Deserialize, ToSchema)]
#[schema(as = Phase)]
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

/// What is known of the embed token.
#[derive(Serialize, Deserialize, ToSchema)]
#[schema(as = TokenState)]
#[serde(remote = "TokenState", rename_all = "snake_case")]
pub(super) enum TokenStateName {
    None,
    Fetching,
    Valid,
    Expired,
    Denied,
}

/// A Power BI report, or a page of any address.
#[derive(Serialize, Deserialize, ToSchema)]
#[schema(as = ContentKind)]
#[serde(remote = "ContentKind", rename_all = "snake_case")]
pub(super) enum ContentKindName {
    Report,
    Page,
}

/// Whether the settings file runs, or is bad and the settings before it run.
#[derive(Serialize, Deserialize, ToSchema)]
#[schema(as = SettingsState)]
#[serde(remote = "SettingsState", rename_all = "snake_case")]
pub(super) enum SettingsStateName {
    Applied,
    Rejected,
}
