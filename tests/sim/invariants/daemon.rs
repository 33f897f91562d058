//! Rules on the daemon itself: its watchdog, its start and end, and how busy it is.

use std::time::{Duration, Instant};

use everlit::player::{Exit, Timer};

use super::{Check, rule};
use crate::{
    ledger::{Ledger, Scene},
    settings::MINUTE,
    view::{Glimpse, Process},
};

const SECOND: Duration = Duration::from_secs(1);
const STEPS_A_SECOND: u32 = 400;

pub(super) fn a_lit_page_feeds_the_watchdog(ledger: &Ledger, scene: &Scene<'_>) -> Check {
    let Some(lit) = ledger.lit_since else {
        return Ok(());
    };
    let hungry = scene.now.saturating_duration_since(ledger.fed_at.max(lit));
    let limit = ledger.slowest_limit + unasked(ledger) + SECOND;
    rule("a_lit_page_feeds_the_watchdog", hungry <= limit, || {
        format!("the watchdog was not fed for {hungry:?}")
    })
}

pub(super) fn a_hung_page_feeds_no_watchdog(ledger: &Ledger, scene: &Scene<'_>) -> Check {
    let is_seen = match scene.view.process {
        Process::Alive => true,
        Process::Hung { since, .. } => scene.now - since <= SECOND,
        Process::Gone => false,
    };
    rule("a_hung_page_feeds_no_watchdog", is_seen, || {
        format!(
            "fed while the web process is {:?}, {:?}",
            scene.view.process, ledger.lit_since
        )
    })
}

pub(super) fn a_hung_page_is_replaced(ledger: &Ledger, scene: &Scene<'_>) -> Check {
    let Process::Hung { since, glimpse } = scene.view.process else {
        return Ok(());
    };
    let hung_for = scene.now - since;
    // One that comes up may be busy, where one that is up has to answer.
    let up_since = scene.view.page.as_ref().and_then(|page| page.up_since());
    let was_up = up_since.is_some_and(|up| up + SECOND <= since);
    let busy = if was_up { 0 } else { 20 };
    let hidden = match glimpse {
        Glimpse::Waiting => unasked(ledger),
        Glimpse::Unsure => Duration::ZERO,
    };
    let limit = ledger.slowest_limit + hidden + SECOND + Duration::from_secs(busy);
    let is_ending = ledger.end_asked.is_some();
    rule(
        "a_hung_page_is_replaced",
        is_ending || hung_for <= limit,
        || format!("the page has hung for {hung_for:?}"),
    )
}

/// How long a page that seems to wait for something to do is only looked at: not at all where two
/// fifths of the limit, which are between two beats, are longer anyway.
fn unasked(ledger: &Ledger) -> Duration {
    match ledger.slowest_limit < 25 * SECOND {
        true => (2 * ledger.slowest_limit).min(10 * SECOND),
        false => Duration::ZERO,
    }
}

pub(super) fn ready_is_said_once(ledger: &Ledger) -> Check {
    rule("ready_is_said_once", ledger.counts.ready == 0, || {
        "READY was said before".to_owned()
    })
}

pub(super) fn the_start_ends(ledger: &Ledger, scene: &Scene<'_>) -> Check {
    let lit_for = || {
        let lit = ledger.lit_since;
        lit.map_or(Duration::ZERO, |lit| scene.now - lit)
    };
    rule(
        "the_start_ends",
        ledger.counts.ready == 1 || lit_for() <= MINUTE,
        || "something is on the screen, but READY was not said".to_owned(),
    )
}

pub(super) fn the_daemon_gives_up_only_when_it_must(
    exit: Exit,
    ledger: &Ledger,
    scene: &Scene<'_>,
) -> Check {
    let crashes = ledger
        .ends
        .iter()
        .filter(|at| scene.now - **at < 10 * MINUTE)
        .count();
    let may = match exit {
        Exit::Stopped => true,
        Exit::GivenUp => crashes >= 5 || ledger.end_asked.is_some_and(|at| at < scene.now),
    };
    rule("the_daemon_gives_up_only_when_it_must", may, || {
        format!("{exit:?} after {crashes} ends of web processes")
    })
}

pub(crate) fn a_stopped_player_is_silent(commands: usize) -> Check {
    rule("a_stopped_player_is_silent", commands == 0, || {
        "it gives orders after its exit".to_owned()
    })
}

pub(crate) fn a_deadline_is_set(deadline: Option<(Instant, Timer)>) -> Check {
    rule("a_deadline_is_set", deadline.is_some(), || {
        "the player waits for ever".to_owned()
    })
}

pub(crate) fn few_commands_a_step(commands: usize) -> Check {
    rule("few_commands_a_step", commands <= 12, || {
        format!("{commands} commands in one step")
    })
}

pub(super) fn nothing_runs_hot(ledger: &Ledger) -> Check {
    let (_, steps) = ledger.steps_in_second;
    let quiet = steps <= STEPS_A_SECOND && ledger.timeouts_in_a_row <= 8;
    rule("nothing_runs_hot", quiet, || {
        format!(
            "{steps} steps in one second, {} timeouts at once",
            ledger.timeouts_in_a_row
        )
    })
}
