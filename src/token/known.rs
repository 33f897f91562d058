//! Remembers for a while what Power BI told about reports.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use url::Url;

use crate::settings::{Endpoints, Report};

/// After this long it is asked again: a report may have been bound to other data.
const REMEMBERED: Duration = Duration::from_secs(3600);

/// What Power BI tells about a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Details {
    pub(super) title: Option<String>,
    /// A paginated report has none.
    pub(super) dataset_id: Option<String>,
    /// As it came; check it against the settings at each use.
    pub(super) embed_url: String,
}

type Key = (Url, String, String);

#[derive(Debug, Default)]
pub(super) struct Known(Mutex<HashMap<Key, (Instant, Details)>>);

impl Known {
    pub(super) fn get(&self, at: &Endpoints, report: &Report, now: Instant) -> Option<Details> {
        let mut all = self.all();
        all.retain(|_, (since, _)| now.saturating_duration_since(*since) < REMEMBERED);
        all.get(&key(at, report))
            .map(|(_, details)| details.clone())
    }

    pub(super) fn remember(&self, at: &Endpoints, report: &Report, details: Details, now: Instant) {
        self.all().insert(key(at, report), (now, details));
    }

    pub(super) fn forget(&self, at: &Endpoints, report: &Report) {
        self.all().remove(&key(at, report));
    }

    fn all(&self) -> MutexGuard<'_, HashMap<Key, (Instant, Details)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(at: &Endpoints, report: &Report) -> Key {
    (
        at.api.clone(),
        report.workspace_id.clone(),
        report.report_id.clone(),
    )
}
