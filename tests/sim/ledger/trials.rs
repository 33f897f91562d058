//! What is known of settings: which were proven, and which are on trial.

use std::time::Instant;

use everlit::player::NetworkState;

use super::Scene;

#[derive(Debug, Default)]
pub(crate) struct Trials {
    /// The revision that runs.
    pub(crate) running: String,
    /// The last one that was settled in this run, or is known from an unfinished trial.
    pub(crate) proven: Option<String>,
    /// Since when the running settings are on trial with nothing in the way of a picture.
    pub(crate) since: Option<Instant>,
    /// The settings that run say the same as the proven ones.
    pub(crate) is_same: bool,
    /// The trial's end was ordered.
    pub(crate) is_undone: bool,
    is_offline: bool,
}

impl Trials {
    pub(super) fn loaded(
        &mut self,
        revision: &str,
        fallback: Option<&str>,
        is_same: bool,
        now: Instant,
    ) {
        if let Some(fallback) = fallback {
            self.proven = Some(fallback.to_owned());
        }
        let is_proven = self.proven.as_deref() == Some(revision);
        let was_proven = self.proven.as_ref() == Some(&self.running);
        let has_fallback = fallback.is_some() || self.is_on_trial() || was_proven;
        self.is_same = is_same && was_proven;
        self.since = (has_fallback && !is_proven).then_some(now);
        self.is_undone = false;
        revision.clone_into(&mut self.running);
    }

    /// Also while its end is on the way.
    fn is_on_trial(&self) -> bool {
        self.since.is_some() || self.is_undone
    }

    pub(super) fn settled(&mut self, revision: &str) {
        self.proven = Some(revision.to_owned());
        self.since = None;
    }

    pub(super) fn undone(&mut self) {
        self.since = None;
        self.is_undone = true;
    }

    pub(super) fn see(&mut self, scene: &Scene<'_>) {
        let was_offline = self.is_offline;
        self.is_offline = scene.network == NetworkState::Offline;
        if let Some(since) = &mut self.since
            && (was_offline || self.is_offline)
        {
            *since = scene.now;
        }
    }
}
