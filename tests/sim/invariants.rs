//! The rules that hold whatever happens, checked at every order and after every step.

use std::time::{Duration, Instant};

use everlit::player::{Command, Exit, Operation, Phase, Status, Timer, ViewOrder};
use everlit::settings::{Content, Report};

use crate::{
    ledger::{FailureKind, Ledger, Scene, interval},
    service::MARKER,
    settings::{HOUR, MINUTE},
    view::{Page, Process, serial},
};

/// From calm to the picture, by any way.
const BACK_WITHIN: Duration = Duration::from_secs(120);
/// A planned refresh: the fetch and the page's answer.
const SWAP_TAKES: Duration = Duration::from_secs(3);
/// The longest pause after a failure of the content.
const RESTS_AT_MOST: Duration = Duration::from_secs(70);
const FETCHES_A_MINUTE: f64 = 12.0;
const LOADS_IN_TEN_MINUTES: usize = 46;
const STEPS_A_SECOND: u32 = 400;

pub(crate) type Check = Result<(), Broken>;

#[derive(Debug)]
pub(crate) struct Broken {
    pub(crate) rule: &'static str,
    pub(crate) what: String,
}

/// Checks an order before it is carried out.
pub(crate) fn check_command(command: &Command, ledger: &Ledger, scene: &Scene<'_>) -> Check {
    match command {
        Command::FetchToken { report, .. } => {
            never_two_fetches_in_flight(ledger)?;
            never_too_many_fetches_a_minute(ledger, scene)?;
            a_refresh_waits_for_its_time(report, ledger, scene)?;
            retries_grow_and_keep_promises(ledger, scene)
        }
        Command::View(order) => check_order(order, ledger, scene),
        Command::FeedWatchdog => a_hung_page_feeds_no_watchdog(ledger, scene),
        Command::NotifyReady => ready_is_said_once(ledger),
        Command::Exit(exit) => the_daemon_gives_up_only_when_it_must(*exit, ledger, scene),
        Command::NotifyStatus(_) => Ok(()),
    }
}

/// Checks the world after a step.
pub(crate) fn check_world(ledger: &Ledger, scene: &Scene<'_>) -> Check {
    no_dead_token_in_calm(ledger, scene)?;
    a_refresh_comes_in_time(ledger, scene)?;
    calm_brings_the_picture_back(ledger, scene)?;
    a_denied_report_leaves_at_once(ledger, scene)?;
    a_lit_page_feeds_the_watchdog(ledger, scene)?;
    a_hung_page_is_replaced(ledger, scene)?;
    the_start_ends(ledger, scene)?;
    nothing_runs_hot(ledger)
}

/// Checks what the player says about itself.
pub(crate) fn check_status(status: &Status, scene: &Scene<'_>) -> Check {
    let page = scene.view.page.as_ref();
    let is_up = page.is_some_and(|page| page.up_since().is_some() && !page.is_slate());
    rule(
        "showing_means_a_picture",
        status.phase != Phase::Showing || is_up,
        || "the status says that content is showing, but it is not up".to_owned(),
    )
}

pub(crate) fn a_deadline_is_set(deadline: Option<(Instant, Timer)>) -> Check {
    rule("a_deadline_is_set", deadline.is_some(), || {
        "the player waits for ever".to_owned()
    })
}

pub(crate) fn no_secret_in(text: &str) -> Check {
    rule("no_secret_in_a_debug_text", !text.contains(MARKER), || {
        format!("a token is readable in {text}")
    })
}

pub(crate) fn a_stopped_player_is_silent(commands: usize) -> Check {
    rule("a_stopped_player_is_silent", commands == 0, || {
        "it gives orders after its exit".to_owned()
    })
}

pub(crate) fn few_commands_a_step(commands: usize) -> Check {
    rule("few_commands_a_step", commands <= 12, || {
        format!("{commands} commands in one step")
    })
}

fn check_order(order: &ViewOrder, ledger: &Ledger, scene: &Scene<'_>) -> Check {
    match order {
        ViewOrder::ShowReport { plan, .. } => {
            no_dead_token_is_given(serial(&plan.token), scene)?;
            a_denied_report_stays_off(&plan.report, ledger)?;
            check_load(ledger, scene)
        }
        ViewOrder::ShowPage { .. } => check_load(ledger, scene),
        ViewOrder::Operate { operation, .. } => match operation {
            Operation::SetToken(token) => no_dead_token_is_given(serial(token), scene),
            Operation::ReloadReport => check_load(ledger, scene),
            Operation::EmbedAgain(token) => {
                no_dead_token_is_given(serial(token), scene)?;
                check_load(ledger, scene)
            }
        },
        ViewOrder::EndWebProcess => a_healthy_page_is_never_reloaded(ledger, scene),
        ViewOrder::ShowSlate { .. } => a_healthy_page_gives_way_to_no_slate(ledger, scene),
        ViewOrder::Beat(_) | ViewOrder::ForgetContent | ViewOrder::Identify { .. } => Ok(()),
    }
}

fn check_load(ledger: &Ledger, scene: &Scene<'_>) -> Check {
    a_healthy_page_is_never_reloaded(ledger, scene)?;
    nothing_is_loaded_in_a_loop(ledger, scene)
}

fn never_two_fetches_in_flight(ledger: &Ledger) -> Check {
    rule(
        "never_two_fetches_in_flight",
        ledger.in_flight.is_none(),
        || format!("{:?} is still in flight", ledger.in_flight),
    )
}

fn never_too_many_fetches_a_minute(ledger: &Ledger, scene: &Scene<'_>) -> Check {
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
fn a_refresh_waits_for_its_time(report: &Report, ledger: &Ledger, scene: &Scene<'_>) -> Check {
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

fn retries_grow_and_keep_promises(ledger: &Ledger, scene: &Scene<'_>) -> Check {
    let Some(failures) = &ledger.failures else {
        return Ok(());
    };
    // What happened lately may be tried by a plan of its own, and so is content that rests.
    let is_recent = scene.now.saturating_duration_since(ledger.wish) < RESTS_AT_MOST;
    let page = scene.view.page.as_ref();
    let rests = failures.kind == FailureKind::Outage && page.is_some_and(Page::is_given_up);
    if is_recent || rests || scene.settings.playlist.len() > 1 {
        return Ok(());
    }
    let (first, longest) = match failures.kind {
        FailureKind::Outage => (Duration::from_secs(1), MINUTE),
        FailureKind::Refusal => (Duration::from_secs(30), 15 * MINUTE),
    };
    let doublings = (failures.in_a_row - 1).min(12);
    let planned = first.saturating_mul(1 << doublings).min(longest);
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
fn no_dead_token_is_given(serial: crate::service::Serial, scene: &Scene<'_>) -> Check {
    let minted = scene.service.minted(serial);
    rule(
        "no_dead_token_is_given",
        scene.now < minted.lives_until(),
        || format!("a token that lived {:?} is given to the page", minted.life),
    )
}

fn a_denied_report_stays_off(report: &Report, ledger: &Ledger) -> Check {
    rule(
        "a_denied_report_stays_off",
        !ledger.denied.contains(report),
        || format!("{} was refused and is shown", report.report_id),
    )
}

fn a_denied_report_leaves_at_once(ledger: &Ledger, scene: &Scene<'_>) -> Check {
    let Some(denied) = &ledger.just_denied else {
        return Ok(());
    };
    let content = Content::Report(denied.clone());
    let page = scene.view.page.as_ref();
    rule(
        "a_denied_report_leaves_at_once",
        page.is_none_or(|page| !page.shows(&content)),
        || {
            format!(
                "{} was refused and is still on the screen",
                denied.report_id
            )
        },
    )
}

/// Only a sign, a failure, an ask, a change, a crash or a turn is a reason to load.
fn a_healthy_page_is_never_reloaded(ledger: &Ledger, scene: &Scene<'_>) -> Check {
    let is_unanswered = ledger
        .operation
        .is_some_and(|(_, asked)| scene.now - asked >= Duration::from_millis(9_900));
    rule(
        "a_healthy_page_is_never_reloaded",
        !scene.is_fine()
            || ledger.cause.is_some()
            || is_unanswered
            || is_due_by_plan(ledger, scene),
        || "a good picture is replaced for no reason".to_owned(),
    )
}

fn a_healthy_page_gives_way_to_no_slate(ledger: &Ledger, scene: &Scene<'_>) -> Check {
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

fn nothing_is_loaded_in_a_loop(ledger: &Ledger, scene: &Scene<'_>) -> Check {
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

/// However a token died: once all is well, live data is back in time.
fn no_dead_token_in_calm(ledger: &Ledger, scene: &Scene<'_>) -> Check {
    let Some(since) = ledger.dead_since else {
        return Ok(());
    };
    let dead_for = scene.now.saturating_duration_since(since.max(ledger.peace));
    rule("no_dead_token_in_calm", dead_for <= BACK_WITHIN, || {
        format!("visuals have had no data for {dead_for:?} although all is well")
    })
}

/// In calm, the page's token is replaced at its planned time, long before it dies.
fn a_refresh_comes_in_time(ledger: &Ledger, scene: &Scene<'_>) -> Check {
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

fn calm_brings_the_picture_back(ledger: &Ledger, scene: &Scene<'_>) -> Check {
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

fn a_lit_page_feeds_the_watchdog(ledger: &Ledger, scene: &Scene<'_>) -> Check {
    let Some(lit) = ledger.lit_since else {
        return Ok(());
    };
    let hungry = scene.now.saturating_duration_since(ledger.fed_at.max(lit));
    let limit = ledger.slowest_limit + Duration::from_secs(1);
    rule("a_lit_page_feeds_the_watchdog", hungry <= limit, || {
        format!("the watchdog was not fed for {hungry:?}")
    })
}

fn a_hung_page_feeds_no_watchdog(ledger: &Ledger, scene: &Scene<'_>) -> Check {
    let is_seen = match scene.view.process {
        Process::Alive => true,
        Process::Hung { since } => scene.now - since <= Duration::from_secs(1),
        Process::Gone => false,
    };
    rule("a_hung_page_feeds_no_watchdog", is_seen, || {
        format!(
            "fed while the web process is {:?}, {:?}",
            scene.view.process, ledger.lit_since
        )
    })
}

fn a_hung_page_is_replaced(ledger: &Ledger, scene: &Scene<'_>) -> Check {
    let Process::Hung { since } = scene.view.process else {
        return Ok(());
    };
    let hung_for = scene.now - since;
    let limit = ledger.slowest_limit + Duration::from_secs(1);
    let is_ending = ledger.end_asked.is_some();
    rule(
        "a_hung_page_is_replaced",
        is_ending || hung_for <= limit,
        || format!("the page has hung for {hung_for:?}"),
    )
}

fn ready_is_said_once(ledger: &Ledger) -> Check {
    rule("ready_is_said_once", ledger.counts.ready == 0, || {
        "READY was said before".to_owned()
    })
}

fn the_start_ends(ledger: &Ledger, scene: &Scene<'_>) -> Check {
    let lit_for = ledger
        .lit_since
        .map_or(Duration::ZERO, |lit| scene.now - lit);
    rule(
        "the_start_ends",
        ledger.counts.ready == 1 || lit_for <= MINUTE,
        || "something is on the screen, but READY was not said".to_owned(),
    )
}

fn the_daemon_gives_up_only_when_it_must(exit: Exit, ledger: &Ledger, scene: &Scene<'_>) -> Check {
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

fn nothing_runs_hot(ledger: &Ledger) -> Check {
    let (_, steps) = ledger.steps_in_second;
    let quiet = steps <= STEPS_A_SECOND && ledger.timeouts_in_a_row <= 8;
    rule("nothing_runs_hot", quiet, || {
        format!(
            "{steps} steps in one second, {} timeouts at once",
            ledger.timeouts_in_a_row
        )
    })
}

fn rule(rule: &'static str, holds: bool, what: impl FnOnce() -> String) -> Check {
    if holds {
        return Ok(());
    }
    Err(Broken { rule, what: what() })
}
