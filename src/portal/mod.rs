//! The API: what it needs, its routes, and the control socket that carries it.

use std::{pin::Pin, sync::Arc, time::Instant};

use tokio::sync::{mpsc, watch};

pub mod access;
mod action;
mod api;
mod caller;
pub mod client;
pub mod custody;
mod diagnostics;
mod document;
pub mod door;
mod gate;
mod listening;
pub mod live;
pub mod local;
mod log;
mod metrics;
mod names;
mod network;
mod openapi;
mod pages;
mod refusal;
mod settings;
mod socket;
mod socket_file;
mod today;
mod versions;

pub use action::Action;
pub use api::router;
pub use caller::Caller;
pub use document::{
    BucketDocument, ClockDocument, ContentDocument, DetectionsDocument, Facts, FailuresDocument,
    NetworkDocument, PortalDocument, RecoveriesDocument, RecoveryTimesDocument, SettingsDocument,
    StatusDocument, TodayDocument, TokenDocument, TrialDocument, WebProcess, WebviewDocument,
};
pub use listening::keep_listening;
pub use network::network_router;
pub use refusal::{ProblemDocument, Refusal};
pub use socket::{BindFailure, ControlSocket, Loss};
pub use today::Day;

use crate::{
    player::{Event, Status},
    recent::Recent,
    settings::Settings,
    store::SettingsFile,
};

/// The rest of the daemon, as the API sees it.
#[derive(Clone)]
pub struct Control {
    pub status: watch::Receiver<Snapshot>,
    /// Reads what the player does not know; called for each status.
    pub facts: FactsNow,
    /// Takes what the operator asks for.
    pub events: mpsc::Sender<Event>,
    pub screenshot: Screenshot,
    /// The settings that run; `None` before there are any.
    pub running: watch::Receiver<Option<Arc<Settings>>>,
    pub log: Recent,
    /// The host's name, for a device that has none in its settings.
    pub host: String,
    /// Describes the machine; may read files.
    pub system: Arc<dyn Fn() -> String + Send + Sync>,
    /// Further files for the diagnostics, by name, without secrets; may read files.
    pub more_diagnostics: Arc<dyn Fn() -> Vec<(String, Vec<u8>)> + Send + Sync>,
    /// The file that is read and written.
    pub settings: SettingsFile,
}

/// The player's status and when it was taken, on the clock of [`Facts::now`]: by the time somebody
/// asks for it, its ages and countdowns have gone on.
#[derive(Debug, Clone)]
pub struct Snapshot {
    pub status: Status,
    pub taken: Instant,
    pub today: Today,
}

/// What has happened since midnight on the device's wall clock, or since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Today {
    pub refreshes: u64,
    pub recoveries: u64,
}

/// Reads what the player does not know.
pub type FactsNow = Arc<dyn Fn() -> Facts + Send + Sync>;

/// Takes a picture of the screen, as PNG, at most so many pixels wide; or says why it cannot.
pub type Screenshot = Arc<dyn Fn(Option<u16>) -> Picture + Send + Sync>;

/// A picture in the making.
pub type Picture = Pin<Box<dyn Future<Output = Result<Vec<u8>, String>> + Send>>;
