//! What the player tells about itself; the API's status document is made from it.

use std::time::Duration;

use super::TokenFailure;
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
    /// How long each incident took, from its first sign until all was well.
    pub recovery_times: RecoveryTimes,
    pub detections: Detections,
    pub settings: SettingsStatus,
    pub web_process_restarts: u64,
    pub online: bool,
    /// The content or the slate that was last ordered onto the screen is drawn.
    pub is_drawn: bool,
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

impl Phase {
    pub const ALL: [Self; 9] = [
        Self::Unconfigured,
        Self::Waiting,
        Self::Loading,
        Self::Showing,
        Self::Recovering,
        Self::Denied,
        Self::Offline,
        Self::Dark,
        Self::Stopping,
    ];

    /// The screen shows what it should: nobody has to come.
    #[must_use]
    pub fn is_healthy(self) -> bool {
        match self {
            Self::Showing | Self::Dark | Self::Unconfigured => true,
            Self::Waiting
            | Self::Loading
            | Self::Recovering
            | Self::Denied
            | Self::Offline
            | Self::Stopping => false,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct TokenStatus {
    pub state: TokenState,
    pub age: Option<Duration>,
    pub expires_in: Option<Duration>,
    pub next_refresh_in: Option<Duration>,
    /// Tokens that replaced another one.
    pub refreshes: u64,
    pub failures: Failures,
    pub last_error: Option<String>,
    /// The last fetch failed, with this error.
    pub is_failing: bool,
}

/// Token fetches that failed, by their cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Failures {
    pub denied: u64,
    pub unprepared: u64,
    pub throttled: u64,
    pub unreachable: u64,
    pub nonsense: u64,
}

impl Failures {
    pub(super) fn count(&mut self, failure: &TokenFailure) {
        *match failure {
            TokenFailure::Denied { .. } => &mut self.denied,
            TokenFailure::Unprepared { .. } => &mut self.unprepared,
            TokenFailure::Throttled { .. } => &mut self.throttled,
            TokenFailure::Unreachable { .. } => &mut self.unreachable,
            TokenFailure::Nonsense { .. } => &mut self.nonsense,
        } += 1;
    }

    #[must_use]
    pub fn total(self) -> u64 {
        self.denied + self.unprepared + self.throttled + self.unreachable + self.nonsense
    }
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

/// A histogram of durations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RecoveryTimes {
    buckets: [u64; Self::UP_TO_S.len()],
    longer: u64,
    pub sum: Duration,
}

impl RecoveryTimes {
    /// The longest duration of each bucket, in seconds; one more bucket holds what took longer.
    pub const UP_TO_S: [f64; 12] = [
        0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0,
    ];

    /// Counts one.
    pub fn add(&mut self, took: Duration) {
        let seconds = took.as_secs_f64();
        match Self::UP_TO_S.iter().position(|up_to| seconds <= *up_to) {
            Some(bucket) => self.buckets[bucket] += 1,
            None => self.longer += 1,
        }
        self.sum = self.sum.saturating_add(took);
    }

    /// How many took at most so many seconds and longer than the bucket before.
    pub fn buckets(&self) -> impl Iterator<Item = (f64, u64)> {
        Self::UP_TO_S.into_iter().zip(self.buckets)
    }

    #[must_use]
    pub fn count(&self) -> u64 {
        self.buckets.iter().sum::<u64>() + self.longer
    }
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
    /// Problems of the file that was rejected, or why new settings were undone.
    pub problems: Vec<Problem>,
    /// New settings were undone: the last problem says why.
    pub is_undone: bool,
    /// The settings that run have to lead to a picture.
    pub trial: Option<TrialStatus>,
}

/// New settings that are not confirmed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialStatus {
    /// The revision that is put back if there is no picture.
    pub fallback: String,
    /// `None` while something else is in the way of a picture; the time runs afterwards.
    pub ends_in: Option<Duration>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingsState {
    Applied,
    Rejected,
}
