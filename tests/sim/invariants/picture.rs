//! Rules on the picture: a good one stays, a refused one goes, a lost one comes back.

use std::time::{Duration, Instant};

use everlit::settings::{Content, Report};

use super::{BACK_WITHIN, Check, rule};
use crate::{
    ledger::{Ledger, Scene},
    settings::{HOUR, MINUTE},
};

const LOADS_IN_TEN_MINUTES: usize = 46;

/// Only a sign, a failure, an ask, a change, a crash or a turn is a reason to load.
pub(super) fn a_healthy_page_is_never_reloaded(ledger: &Ledger, scene: &Scene<'_>) -> Check {
    let is_unanswered = ledger
        .operation
        .is_some_and(|(_, asked)| scene.now - asked >= Duration::from_millis(9_900));
    rule(
        "a_healthy_page_is_never_reloaded",
        !scene.is_fine()
            || ledger.cause.is_some()
            || ledger.memory_is_high
            || is_unanswered
            || is_due_by_plan(ledger, scene),
        || "a good picture is replaced for no reason".to_owned(),
    )
}

pub(super) fn a_healthy_page_gives_way_to_no_slate(ledger: &Ledger, scene: &Scene<'_>) -> Check {
    rule(
        "a_healthy_page_gives_way_to_no_slate",
        !scene.is_fine() || ledger.cause.is_some() || is_due_by_plan(ledger, scene),
        || "a good picture gives way to a slate".to_owned(),
    )
}

/// It has had its turn, or it is a page that is to be loaded again from time to time.
fn is_due_by_plan(ledger: &Ledger, scene: &Scene<'_>) -> bool {
    let Some(page) = &scene.view.page else {
        return true;
    };
    let up_for = page
        .up_since()
        .map_or(Duration::ZERO, |since| scene.now - since);
    let on_turn_since = ledger.turn.as_ref().map_or(scene.now, |(_, since)| *since);
    let on_turn_for = scene.now - on_turn_since;
    let playlist = &scene.settings.playlist;
    let entry = playlist.iter().find(|entry| page.shows(&entry.content));
    entry.is_none_or(|entry| {
        let had_its_turn = playlist.len() > 1 && on_turn_for >= entry.show_for;
        let reloads = match &entry.content {
            Content::Page(page) => page.reload_every.is_some_and(|every| up_for >= every),
            Content::Report(_) => false,
        };
        had_its_turn || reloads
    })
}

pub(super) fn nothing_is_loaded_in_a_loop(ledger: &Ledger, scene: &Scene<'_>) -> Check {
    let show_for = scene.settings.playlist.iter().map(|entry| entry.show_for);
    let turn = show_for.min().unwrap_or(HOUR).as_secs().max(1);
    let turns = usize::try_from(600 / turn).unwrap_or(600);
    let is_recent = |at: &&Instant| scene.now - **at < 10 * MINUTE;
    let loads = ledger.loads.iter().filter(is_recent).count();
    rule(
        "nothing_is_loaded_in_a_loop",
        loads < LOADS_IN_TEN_MINUTES + turns,
        || format!("{loads} loads within ten minutes"),
    )
}

pub(super) fn calm_brings_the_picture_back(ledger: &Ledger, scene: &Scene<'_>) -> Check {
    let since = ledger.fine_at.max(ledger.peace);
    let missing = scene.now.saturating_duration_since(since);
    rule(
        "calm_brings_the_picture_back",
        missing <= BACK_WITHIN,
        || {
            format!(
                "no content for {missing:?} although all is well: {:?}",
                scene.view.page
            )
        },
    )
}

pub(super) fn a_denied_report_stays_off(report: &Report, ledger: &Ledger) -> Check {
    rule(
        "a_denied_report_stays_off",
        !ledger.denied.contains(report),
        || format!("{} was refused and is shown", report.report_id),
    )
}

/// Or another one is started all the same.
const PROCESS_ENDS_WITHIN: Duration = Duration::from_secs(5);

pub(super) fn a_denied_report_leaves_at_once(ledger: &Ledger, scene: &Scene<'_>) -> Check {
    let Some(page) = scene.view.page.as_ref() else {
        return Ok(());
    };
    let is_shown = |denied: &&Report| page.shows(&Content::Report((*denied).clone()));
    let shown = ledger.denied.iter().find(is_shown);
    // A web process that is on its end takes its page with it, and no orders.
    let ending_for = ledger.end_asked.map(|at| scene.now - at);
    let is_ending = ending_for.is_some_and(|time| time <= PROCESS_ENDS_WITHIN);
    rule(
        "a_denied_report_leaves_at_once",
        is_ending || shown.is_none(),
        || format!("{shown:?} was refused and is still on the screen"),
    )
}
