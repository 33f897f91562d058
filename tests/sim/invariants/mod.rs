//! The rules that hold whatever happens, checked at every order and after every step.

mod daemon;
mod glass;
mod invitation;
mod picture;
mod tokens;
mod trials;

use std::time::Duration;

use everlit::player::{Command, Operation, Phase, Status, ViewOrder};

use crate::{
    ledger::{Ledger, Scene},
    service::MARKER,
    view::serial,
};

use daemon::*;
pub(crate) use daemon::{a_deadline_is_set, a_stopped_player_is_silent, few_commands_a_step};
use glass::*;
use invitation::*;
use picture::*;
use tokens::*;
use trials::*;

/// From calm to the picture, by any way.
const BACK_WITHIN: Duration = Duration::from_secs(120);

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
            retries_grow_and_keep_promises(report, ledger, scene)
        }
        Command::View(order) => check_order(order, ledger, scene),
        Command::FeedWatchdog => a_hung_page_feeds_no_watchdog(ledger, scene),
        Command::NotifyReady => ready_is_said_once(ledger),
        Command::Exit(exit) => the_daemon_gives_up_only_when_it_must(*exit, ledger, scene),
        Command::SettleSettings { revision } => only_a_picture_settles(revision, ledger, scene),
        Command::RevertSettings { from, to, .. } => {
            only_a_trial_is_undone_to_what_was_proven(from, to, ledger)
        }
        Command::NotifyStatus(_) | Command::Probe { .. } | Command::Watch { .. } => Ok(()),
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
    a_blank_picture_is_noticed(ledger, scene)?;
    a_cover_hides_no_slate_and_no_living_picture(ledger, scene)?;
    no_error_stays_on_the_glass(ledger, scene)?;
    a_trial_ends(ledger, scene)?;
    no_old_code_is_on_a_plate(ledger, scene)?;
    a_plate_goes_again(ledger, scene)?;
    the_start_ends(ledger, scene)?;
    nothing_runs_hot(ledger)
}

/// Checks what the player says about itself.
pub(crate) fn check_status(status: &Status, scene: &Scene<'_>) -> Check {
    an_old_picture_says_its_age(status, scene)?;
    let page = scene.view.page.as_ref();
    let is_up = page.is_some_and(|page| page.up_since().is_some() && !page.is_slate());
    rule(
        "showing_means_a_picture",
        status.phase != Phase::Showing || is_up,
        || "the status says that content is showing, but it is not up".to_owned(),
    )
}

pub(crate) fn no_secret_in(text: &str) -> Check {
    rule("no_secret_in_a_debug_text", !text.contains(MARKER), || {
        format!("a token is readable in {text}")
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
        ViewOrder::ShowSlate { slate, .. } => {
            only_an_unconfigured_slate_has_the_code(slate, ledger)?;
            a_healthy_page_gives_way_to_no_slate(ledger, scene)
        }
        ViewOrder::ShowNothing { .. } => {
            a_healthy_page_gives_way_to_no_slate(ledger, scene)?;
            nothing_is_shown_only_under_a_cover(scene)
        }
        ViewOrder::Beat(_)
        | ViewOrder::ForgetContent
        | ViewOrder::ShowPlate(_)
        | ViewOrder::HidePlate
        | ViewOrder::Inspect { .. }
        | ViewOrder::Cover
        | ViewOrder::Uncover
        | ViewOrder::ShowAge(_)
        | ViewOrder::HideAge => Ok(()),
    }
}

fn check_load(ledger: &Ledger, scene: &Scene<'_>) -> Check {
    a_healthy_page_is_never_reloaded(ledger, scene)?;
    nothing_is_loaded_in_a_loop(ledger, scene)
}

fn rule(rule: &'static str, holds: bool, what: impl FnOnce() -> String) -> Check {
    if holds {
        return Ok(());
    }
    Err(Broken { rule, what: what() })
}
