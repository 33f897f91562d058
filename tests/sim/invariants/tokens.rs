//! Rules on tokens: when one is fetched, and that no dead one stays in use.

use std::time::Duration;

use everlit::settings::Report;

use super::{BACK_WITHIN, Check, rule};
use crate::{
    ledger::{FailureKind, Ledger, Scene, interval},
    service::Serial,
    settings::MINUTE,
    view::Page,
};

/// A planned refresh: the fetch and the page's answer.
const SWAP_TAKES: Duration = Duration::from_secs(3);
/// The longest pause after a failure of the content.
const RESTS_AT_MOST: Duration = Duration::from_secs(70);
/// From then on there may be more patience.
const LONGEST_OUTAGE_RETRY: Duration = Duration::from_millis(3_500);
const FETCHES_A_MINUTE: f64 = 12.0;

pub(super) fn never_two_fetches_in_flight(ledger: &Ledger) -> Check {
    rule(
        "never_two_fetches_in_flight",
        ledger.in_flight.is_none(),
        || format!("{:?} is still in flight", ledger.in_flight),
    )
}

pub(super) fn never_too_many_fetches_a_minute(ledger: &Ledger, scene: &Scene<'_>) -> Check {
    let recent = ledger.fetches.iter();
    let recent = recent.filter(|(at, _)| scene.now - *at < MINUTE);
    let pace = recent.clone().map(|(_, pace)| pace.as_secs_f64());
    let pace = pace.fold(f64::INFINITY, f64::min).max(0.25);
    let count = recent.count() + 1;
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    let within = (count as f64) <= FETCHES_A_MINUTE + 2.0 + 60.0 / pace * 1.06;
    rule("never_too_many_fetches_a_minute", within, || {
        format!("{count} fetches in a minute at a pace of {pace} s")
    })
}

/// Without a reason, a token is fetched when the plan says so, give or take 5 %.
pub(super) fn a_refresh_waits_for_its_time(
    report: &Report,
    ledger: &Ledger,
    scene: &Scene<'_>,
) -> Check {
    let Some((arrived, life)) = ledger.token_of(report) else {
        return Ok(());
    };
    let has_reason = ledger.wish >= arrived || ledger.peace >= arrived;
    let takes_turns = scene.settings.playlist.len() > 1;
    let planned = interval(&scene.settings.token, life).mul_f64(0.949);
    let age = scene.now - arrived;
    rule(
        "a_refresh_waits_for_its_time",
        has_reason || takes_turns || age >= planned,
        || format!("a token of {age:?} is replaced, planned were {planned:?}"),
    )
}

/// In calm, the page's token is replaced at its planned time, long before it dies.
pub(super) fn a_refresh_comes_in_time(ledger: &Ledger, scene: &Scene<'_>) -> Check {
    let Some(token) = scene
        .view
        .page
        .as_ref()
        .and_then(|page| page.token_in_use())
    else {
        return Ok(());
    };
    let minted = scene.service.minted(token);
    let due = minted.arrived + interval(&scene.settings.token, minted.life);
    if scene.now <= due {
        return Ok(());
    }
    let due = due.max(ledger.settings_at).max(ledger.peace + BACK_WITHIN);
    let up_since = scene.view.page.as_ref().and_then(|page| page.up_since());
    let due = up_since.map_or(due, |up| due.max(up));
    let late = scene.now.saturating_duration_since(due);
    rule("a_refresh_comes_in_time", late <= SWAP_TAKES, || {
        format!(
            "the token of {:?} is {late:?} past its refresh",
            minted.life
        )
    })
}

pub(super) fn retries_grow_and_keep_promises(
    report: &Report,
    ledger: &Ledger,
    scene: &Scene<'_>,
) -> Check {
    let Some(failures) = &ledger.failures else {
        return Ok(());
    };
    // What happened lately may be tried by a plan of its own, and so is content that rests.
    let is_recent = scene.now.saturating_duration_since(ledger.wish) < RESTS_AT_MOST;
    let page = scene.view.page.as_ref();
    let rests = failures.kind != FailureKind::Refusal && page.is_some_and(Page::is_given_up);
    // A refusal concerns only the report that was refused.
    let is_of_another = failures.kind == FailureKind::Refusal && failures.report != *report;
    if is_recent || rests || is_of_another || scene.settings.playlist.len() > 1 {
        return Ok(());
    }
    let doubled = |first: Duration, longest| {
        let doublings = (failures.in_a_row - 1).min(12);
        first.saturating_mul(1 << doublings).min(longest)
    };
    let planned = match failures.kind {
        FailureKind::Outage => doubled(Duration::from_secs(1), LONGEST_OUTAGE_RETRY),
        FailureKind::Throttling => doubled(Duration::from_secs(1), MINUTE),
        FailureKind::Refusal => doubled(Duration::from_secs(30), 15 * MINUTE),
    };
    let least = planned.mul_f64(0.75).max(failures.retry_after);
    let most = planned.mul_f64(1.25).max(failures.retry_after) + MINUTE;
    let waited = scene.now - failures.last;
    rule(
        "retries_grow_and_keep_promises",
        waited >= least && (waited <= most || failures.kind == FailureKind::Refusal),
        || format!("waited {waited:?} instead of {least:?} to {most:?} after {failures:?}"),
    )
}

/// The player knows each token's life, but not that the service killed it.
pub(super) fn no_dead_token_is_given(serial: Serial, scene: &Scene<'_>) -> Check {
    let minted = scene.service.minted(serial);
    rule(
        "no_dead_token_is_given",
        scene.now < minted.lives_until(),
        || format!("a token that lived {:?} is given to the page", minted.life),
    )
}

/// However a token died: once all is well, live data is back in time.
pub(super) fn no_dead_token_in_calm(ledger: &Ledger, scene: &Scene<'_>) -> Check {
    let Some(since) = ledger.dead_since else {
        return Ok(());
    };
    let dead_for = scene.now.saturating_duration_since(since.max(ledger.peace));
    rule("no_dead_token_in_calm", dead_for <= BACK_WITHIN, || {
        format!("visuals have had no data for {dead_for:?} although all is well")
    })
}
