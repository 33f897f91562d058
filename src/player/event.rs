//! Facts that edges report to the player, in the past tense.

use std::{fmt, sync::Arc, time::Duration};

use secrecy::SecretString;
use url::Url;

use super::{
    ids::{BeatId, OpId, PageId, ProbeId, RequestId},
    invitation::Invitation,
};
use crate::settings::{Problems, Settings};

/// Something happened outside.
#[derive(Debug, Clone)]
pub enum Event {
    /// A good settings file was read: at start, or because it changed.
    SettingsLoaded {
        settings: Arc<Settings>,
        revision: String,
        /// For the first settings of a run: the proven revision that an earlier daemon would have
        /// gone back to, had it not ended in the middle of their trial.
        fallback: Option<String>,
    },
    /// The settings file is bad or missing; what runs stays.
    SettingsRejected(Problems),
    TokenFetched {
        request: RequestId,
        token: EmbedToken,
    },
    TokenFetchFailed {
        request: RequestId,
        failure: TokenFailure,
    },
    /// Something happened to a page in the view. Old pages' events are ignored.
    Page {
        page: PageId,
        event: PageEvent,
    },
    /// The page answered a beat.
    BeatAnswered(BeatId),
    /// At a look from outside ([`super::Command::Watch`]), the page's process did something, or stood
    /// still, or nobody could tell.
    Stirred(BeatId),
    /// The web process ended: it crashed, used too much memory, or we ended it.
    WebProcessEnded(WebProcessEnd),
    /// The web process has grown beyond the limit at which WebKit ends it, which WebKit itself may
    /// notice late. Told again and again while it is so.
    WebProcessOutgrown,
    /// WebKit's network process ended; the next one is there already.
    NetworkProcessEnded,
    /// A viewer touched, typed or moved something on the screen.
    ViewerInteracted,
    NetworkChanged(NetworkState),
    /// The wall clock was set; deadlines are monotonic and stay.
    ClockStepped,
    /// The wall clock was looked at: at start, and when the outcome changed.
    ClockJudged(ClockState),
    /// How much memory the web process holds, and near which limit it is asked to save.
    MemoryMeasured {
        web_mb: u64,
        limit_mb: u64,
    },
    /// The answer to a [`super::Command::Probe`].
    Probed {
        probe: ProbeId,
        reach: Reach,
    },
    /// The daemon before this one did not end on request.
    LastRunCutOff,
    /// The way into the portal is another one; `None`: there is no portal.
    InvitationChanged(Option<Invitation>),
    /// The operator asked for something (CLI, API, portal).
    OperatorAsked(Ask),
    /// SIGTERM or SIGINT.
    StopAsked,
}

/// A token as it came from the source.
#[derive(Debug, Clone)]
pub struct EmbedToken {
    pub secret: SecretString,
    /// Remaining life at the moment of arrival, from the answer's own clock.
    pub life: Duration,
    pub embed_url: Url,
    /// The report's name, where the source told it.
    pub title: Option<String>,
}

/// Why there is no token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenFailure {
    /// A definite refusal: asking again soon is pointless, showing the report is not allowed.
    #[error("{code}: {reason}")]
    Denied {
        /// Such as `AADSTS7000215` or `PowerBIEntityNotFound`.
        code: String,
        reason: String,
        /// What a technician should do about it.
        remedy: String,
    },
    /// We cannot even ask: a secret or certificate of ours is missing or unreadable.
    #[error("{reason}")]
    Unprepared { reason: String, remedy: String },
    #[error("too many requests; asked to wait {}", retry_after.map_or_else(|| "a while".to_owned(), |d| format!("{} s", d.as_secs())))]
    Throttled { retry_after: Option<Duration> },
    #[error("cannot reach {host}: {reason}")]
    Unreachable { host: String, reason: String },
    /// An answer that makes no sense, such as a captive portal's HTML or a server error (5xx).
    #[error("{host} gave an unusable answer: {reason}")]
    Nonsense { host: String, reason: String },
}

impl TokenFailure {
    /// What a technician should do about it; what passes by itself needs nothing.
    #[must_use]
    pub fn remedy(&self) -> Option<&str> {
        match self {
            Self::Denied { remedy, .. } | Self::Unprepared { remedy, .. } => Some(remedy),
            Self::Throttled { .. } | Self::Unreachable { .. } | Self::Nonsense { .. } => None,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PageEvent {
    /// The picture is there: SDK `rendered` (each time), a page's load finished, a slate is up.
    Rendered,
    /// The page or the report in it cannot be shown.
    Failed(PageFailure),
    /// The answer to a [`super::ViewOrder::Operate`].
    Answered {
        op: OpId,
        outcome: Outcome,
    },
    /// A sign that the token on the page expired.
    ExpirySeen(Sign),
    /// The expiry text that had been seen is no longer in any frame.
    ExpiryTextGone,
    TitleChanged(String),
    /// The answer to a [`super::ViewOrder::Inspect`].
    Inspected(Glass),
}

/// What a look at the glass shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Glass {
    Picture,
    /// One colour from edge to edge.
    Flat,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PageFailure {
    /// The document did not load (connection, DNS, TLS).
    #[error("{url} does not load: {reason}")]
    NotLoaded { url: String, reason: String },
    /// The document's own HTTP status is an error.
    #[error("{url} answered {status}")]
    HttpStatus { url: String, status: u16 },
    /// The SDK reported an error that is not an expired token.
    #[error("the report says {message}: {detail}")]
    Report { message: String, detail: String },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// The SDK rejected it.
    Rejected(String),
    /// Nothing came back in time.
    Unanswered,
}

/// How an expired token was seen on the page. The fourth sign, the clock, is the player's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sign {
    /// The SDK's `error` event with `TokenExpired`.
    Sdk,
    /// HTTP 401 or 403 from a Power BI host.
    Http,
    /// The error text in some frame's DOM.
    Text,
}

impl fmt::Display for Sign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sdk => "the report says that its token expired",
            Self::Http => "Power BI refuses the token of the report on the screen",
            Self::Text => "the page shows the error of an expired token",
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebProcessEnd {
    Crashed,
    TooMuchMemory,
    /// By [`super::ViewOrder::EndWebProcess`].
    Asked,
}

impl fmt::Display for WebProcessEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Crashed => "the web process crashed",
            Self::TooMuchMemory => "the web process used too much memory and was ended",
            Self::Asked => "the web process ended",
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetworkState {
    Online,
    Offline,
}

/// Whether the wall clock can be right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockState {
    Plausible,
    /// Certificates would be judged by a wrong date.
    Implausible,
}

/// Whether the content's server gives what can be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    There,
    Away,
}

/// What an operator can ask for at any time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// Load the content afresh.
    Reload,
    RefreshToken,
    RestartWebview,
    /// Show the device's name on the screen for a while.
    Identify,
    /// Show how to get into the portal, with the pairing code if there is one.
    Invite,
}
