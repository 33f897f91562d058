//! Rules on new settings: what confirms them, and that nothing else is put back than was proven.

use std::time::Duration;

use super::{Check, rule};
use crate::ledger::{Ledger, Scene};

/// Settings that stand for themselves have their picture on the screen, or change nothing on it.
pub(super) fn only_a_picture_settles(revision: &str, ledger: &Ledger, scene: &Scene<'_>) -> Check {
    let trials = &ledger.trials;
    let wanted = &scene.settings.playlist;
    let is_up = scene.view.page.as_ref().is_some_and(|page| {
        page.up_since().is_some() && wanted.iter().any(|entry| page.shows(&entry.content))
    });
    let goes_back = trials.proven.as_deref() == Some(revision);
    let holds = revision == trials.running && (is_up || trials.is_same || goes_back);
    rule("only_a_picture_settles", holds, || {
        format!("{revision} is settled without a picture: {trials:?}")
    })
}

pub(super) fn only_a_trial_is_undone_to_what_was_proven(
    from: &str,
    to: &str,
    ledger: &Ledger,
) -> Check {
    let trials = &ledger.trials;
    let is_trial = trials.since.is_some() && trials.running == from;
    let holds = is_trial && trials.proven.as_deref() == Some(to) && from != to;
    rule("only_a_trial_is_undone_to_what_was_proven", holds, || {
        format!("from {from} to {to}: {trials:?}")
    })
}

/// Confirmed, undone or replaced: no trial lasts longer than it may.
pub(super) fn a_trial_ends(ledger: &Ledger, scene: &Scene<'_>) -> Check {
    let Some(since) = ledger.trials.since else {
        return Ok(());
    };
    let lasts = scene.now.saturating_duration_since(since);
    let limit = scene.settings.recovery.confirm_within + Duration::from_secs(1);
    rule("a_trial_ends", lasts <= limit, || {
        format!("settings are on trial for {lasts:?}")
    })
}
