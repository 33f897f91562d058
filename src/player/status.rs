//! What the player tells about itself; the API's status document is made from it.

use std::time::Duration;

use crate::settings::Problem;

/// A snapshot; all times are relative to the moment it was taken.
#[derive(Debug, Clone, PartialEq)]
pub struct Status {
    pub phase: Phase,
    /// Time in this phase.
    pub phase_age: Duration,
    pub token: TokenStatus,
    pub content: Option<ContentStatus>,
    /// Recoveries that ended with a good picture, by the highest rung that was needed.
    pub recoveries: Recoveries,
    pub detections: Detections,
    pub settings: SettingsStatus,
    pub web_process_restarts: u64,
    pub online: bool,
    /// One line for people.
    pub summary: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// No settings, or an empty playlist.
    Unconfigured,
    /// The first token is not there yet (network, throttling).
    Waiting,
    /// Content was ordered and is not rendered yet.
    Loading,
    Showing,
    /// The ladder is at work.
    Recovering,
    Denied,
    /// The service went away while content was showing; the last picture stays.
    Offline,
    /// The screen is off on purpose.
    Dark,
    Stopping,
}

#[derive(Debug, Clone, PartialEq)]
pub struct TokenStatus {
    pub state: TokenState,
    pub age: Option<Duration>,
    pub expires_in: Option<Duration>,
    pub next_refresh_in: Option<Duration>,
    /// Tokens that replaced another one.
    pub refreshes: u64,
    pub failures: u64,
    pub last_error: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenState {
    None,
    Fetching,
    Valid,
    Expired,
    Denied,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentStatus {
    pub kind: ContentKind,
    pub title: String,
    /// Position in the playlist, from 0.
    pub index: usize,
    pub rendered: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentKind {
    Report,
    Page,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Recoveries {
    pub token: u64,
    pub report: u64,
    pub embed: u64,
    pub page: u64,
    pub webview: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Detections {
    pub sdk: u64,
    pub dom: u64,
    pub http: u64,
    pub clock: u64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct SettingsStatus {
    pub state: SettingsState,
    /// Revision of the settings that run.
    pub revision: Option<String>,
    /// Problems of the file that was rejected.
    pub problems: Vec<Problem>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingsState {
    Applied,
    Rejected,
}
