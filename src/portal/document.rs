//! The status document: what a person or a monitor reads about this device.

use std::time::{Duration, Instant};

use jiff::{Timestamp, Unit};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    ProblemDocument, Snapshot,
    names::{ContentKindName, PhaseName, SettingsStateName, TokenStateName},
};
use crate::player::{
    ContentKind, ContentStatus, Detections, Failures, Phase, Recoveries, RecoveryTimes,
    SettingsState, SettingsStatus, TokenState, TokenStatus, TrialStatus,
};

/// What the player does not know about the daemon.
#[derive(Debug, Clone)]
pub struct Facts {
    pub version: String,
    /// Of WebKitGTK.
    pub webkit: String,
    pub now: Instant,
    pub wall: Timestamp,
    pub web_process: Option<WebProcess>,
    /// How much the web process may use, in bytes.
    pub memory_limit: u64,
    pub clock_synchronized: bool,
    pub portal: PortalDocument,
    /// Since the daemon's start.
    pub uptime: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WebProcess {
    pub pid: u32,
    /// Held in memory or swapped out, without the files of its program; in bytes.
    pub memory: u64,
}

/// What `/healthz` answers.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HealthDocument {
    #[serde(with = "PhaseName")]
    #[schema(value_type = PhaseName)]
    pub(super) phase: Phase,
}

/// Times ending in `_s` are whole seconds from now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StatusDocument {
    pub version: String,
    pub uptime_s: u64,
    /// One line for people.
    pub summary: String,
    #[serde(with = "PhaseName")]
    #[schema(value_type = PhaseName)]
    pub phase: Phase,
    /// When this phase began.
    pub since: Timestamp,
    pub token: TokenDocument,
    #[schema(required)]
    pub content: Option<ContentDocument>,
    pub recoveries: RecoveriesDocument,
    pub recovery_times: RecoveryTimesDocument,
    pub detections: DetectionsDocument,
    /// What has happened since midnight, or since the start if that was later.
    pub today: TodayDocument,
    pub settings: SettingsDocument,
    pub webview: WebviewDocument,
    pub network: NetworkDocument,
    pub clock: ClockDocument,
    pub portal: PortalDocument,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TokenDocument {
    #[serde(with = "TokenStateName")]
    #[schema(value_type = TokenStateName)]
    pub state: TokenState,
    #[schema(required)]
    pub age_s: Option<u64>,
    #[schema(required)]
    pub expires_in_s: Option<u64>,
    #[schema(required)]
    pub next_refresh_in_s: Option<u64>,
    pub refreshes: u64,
    pub failures: u64,
    /// The same, by cause.
    pub failures_by: FailuresDocument,
    #[schema(required)]
    pub last_error: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FailuresDocument {
    pub denied: u64,
    pub unprepared: u64,
    pub throttled: u64,
    pub unreachable: u64,
    pub nonsense: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ContentDocument {
    #[serde(with = "ContentKindName")]
    #[schema(value_type = ContentKindName)]
    pub kind: ContentKind,
    pub title: String,
    pub index: usize,
    pub rendered: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RecoveriesDocument {
    pub token: u64,
    pub report: u64,
    pub embed: u64,
    pub page: u64,
    pub webview: u64,
}

/// How long incidents took, from the first sign until all was well.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RecoveryTimesDocument {
    pub count: u64,
    pub sum_s: f64,
    /// Those that took longer than the last bucket's are only in the count.
    pub buckets: Vec<BucketDocument>,
}

/// Those that took longer than the bucket before, and at most so long.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BucketDocument {
    pub up_to_s: f64,
    pub count: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TodayDocument {
    pub refreshes: u64,
    pub recoveries: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DetectionsDocument {
    pub sdk: u64,
    pub dom: u64,
    pub http: u64,
    pub clock: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SettingsDocument {
    #[serde(with = "SettingsStateName")]
    #[schema(value_type = SettingsStateName)]
    pub state: SettingsState,
    #[schema(required)]
    pub revision: Option<String>,
    pub problems: Vec<ProblemDocument>,
    /// New settings that have to lead to a picture.
    #[schema(required)]
    pub trial: Option<TrialDocument>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TrialDocument {
    /// The revision that is put back if there is no picture.
    pub fallback: String,
    /// `null` while the network link or the time is missing: the trial waits.
    #[schema(required)]
    pub ends_in_s: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WebviewDocument {
    #[schema(required)]
    pub pid: Option<u32>,
    #[schema(required)]
    pub memory_mb: Option<u64>,
    pub memory_limit_mb: u64,
    pub restarts: u64,
}

/// Where a technician goes with a browser.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct PortalDocument {
    /// `null` while it cannot listen.
    #[schema(required)]
    pub address: Option<String>,
    /// SHA-256 of its certificate; `null`: plain HTTP, on this device only.
    #[schema(required)]
    pub fingerprint: Option<String>,
    /// Whether the admin's password has been set.
    pub claimed: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct NetworkDocument {
    pub online: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ClockDocument {
    pub synchronized: bool,
}

impl StatusDocument {
    pub(super) fn new(snapshot: &Snapshot, facts: &Facts) -> Self {
        let status = &snapshot.status;
        let age = facts.now.saturating_duration_since(snapshot.taken);
        Self {
            version: facts.version.clone(),
            uptime_s: facts.uptime.as_secs(),
            summary: status.summary(),
            phase: status.phase,
            since: before(facts.wall, status.phase_age + age),
            token: TokenDocument::new(&status.token, age),
            content: status.content.as_ref().map(ContentDocument::from),
            recoveries: status.recoveries.into(),
            recovery_times: (&status.recovery_times).into(),
            detections: status.detections.into(),
            today: TodayDocument {
                refreshes: snapshot.today.refreshes,
                recoveries: snapshot.today.recoveries,
            },
            settings: SettingsDocument::new(&status.settings, age),
            webview: WebviewDocument {
                pid: facts.web_process.map(|process| process.pid),
                memory_mb: facts.web_process.map(|process| process.memory / 1_000_000),
                memory_limit_mb: facts.memory_limit / 1_000_000,
                restarts: status.web_process_restarts,
            },
            network: NetworkDocument {
                online: status.online,
            },
            clock: ClockDocument {
                synchronized: facts.clock_synchronized,
            },
            portal: facts.portal.clone(),
        }
    }
}

impl TokenDocument {
    /// The token's status `age` after it was taken.
    fn new(token: &TokenStatus, age: Duration) -> Self {
        let left = |time: Duration| time.saturating_sub(age).as_secs();
        Self {
            state: token.state,
            age_s: token.age.map(|time| (time + age).as_secs()),
            expires_in_s: token.expires_in.map(left),
            next_refresh_in_s: token.next_refresh_in.map(left),
            refreshes: token.refreshes,
            failures: token.failures.total(),
            failures_by: token.failures.into(),
            last_error: token.last_error.clone(),
        }
    }
}

impl RecoveriesDocument {
    #[must_use]
    pub fn all(&self) -> u64 {
        self.token + self.report + self.embed + self.page + self.webview
    }
}

impl From<&ContentStatus> for ContentDocument {
    fn from(content: &ContentStatus) -> Self {
        Self {
            kind: content.kind,
            title: content.title.clone(),
            index: content.index,
            rendered: content.rendered,
        }
    }
}

impl From<Recoveries> for RecoveriesDocument {
    fn from(recoveries: Recoveries) -> Self {
        let Recoveries {
            token,
            report,
            embed,
            page,
            webview,
        } = recoveries;
        Self {
            token,
            report,
            embed,
            page,
            webview,
        }
    }
}

impl From<Failures> for FailuresDocument {
    fn from(failures: Failures) -> Self {
        let Failures {
            denied,
            unprepared,
            throttled,
            unreachable,
            nonsense,
        } = failures;
        Self {
            denied,
            unprepared,
            throttled,
            unreachable,
            nonsense,
        }
    }
}

impl From<&RecoveryTimes> for RecoveryTimesDocument {
    fn from(times: &RecoveryTimes) -> Self {
        let bucket = |(up_to_s, count)| BucketDocument { up_to_s, count };
        Self {
            count: times.count(),
            sum_s: times.sum.as_secs_f64(),
            buckets: times.buckets().map(bucket).collect(),
        }
    }
}

impl From<Detections> for DetectionsDocument {
    fn from(detections: Detections) -> Self {
        let Detections {
            sdk,
            dom,
            http,
            clock,
        } = detections;
        Self {
            sdk,
            dom,
            http,
            clock,
        }
    }
}

impl SettingsDocument {
    fn new(settings: &SettingsStatus, age: Duration) -> Self {
        let left = |time: Duration| time.saturating_sub(age).as_secs();
        let trial = |trial: &TrialStatus| TrialDocument {
            fallback: trial.fallback.clone(),
            ends_in_s: trial.ends_in.map(left),
        };
        Self {
            trial: settings.trial.as_ref().map(trial),
            state: settings.state,
            revision: settings.revision.clone(),
            problems: settings.problems.iter().map(Into::into).collect(),
        }
    }
}

/// A moment `ago`, to the second.
fn before(now: Timestamp, ago: Duration) -> Timestamp {
    let then = now.checked_sub(ago).unwrap_or(now);
    then.round(Unit::Second).unwrap_or(then)
}
