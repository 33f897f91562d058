//! Stories of a wall's days: its start, new settings, turns, hangs and crashes.

use std::time::Duration;

use everlit::{
    player::*,
    settings::{Problem, Problems},
};

use crate::{mins, page, report, settings, unreachable, wall::Wall};

#[test]
fn the_start_is_done_with_the_first_picture_and_told_once() {
    let mut wall = Wall::starting(&[report("sales")]);
    wall.rendered();
    assert_eq!(wall.ready, 0, "the starting slate does not count");
    wall.token(mins(60));
    wall.rendered();
    wall.rendered();
    assert_eq!(wall.ready, 1);
}

#[test]
fn a_network_process_that_ends_costs_no_load_of_the_frame_but_what_it_carried_is_asked_anew() {
    let mut wall = Wall::showing(&[report("sales")]);
    let shown = wall.page;
    wall.tell(Event::NetworkProcessEnded);
    assert!(matches!(wall.operation(), Operation::EmbedAgain(_)));
    wall.answer(Outcome::Done);
    wall.rendered();
    assert_eq!((wall.page, wall.phase()), (shown, Phase::Showing));
}

#[test]
fn a_new_interval_moves_the_deadline_and_nothing_else() {
    let mut wall = Wall::showing(&[report("sales")]);
    let page = wall.page;
    wall.pass(mins(5));
    let mut changed = settings(&[report("sales")]);
    changed.token.refresh_every = mins(10);
    wall.load_settings(changed.clone());
    let left = wall.status().token.next_refresh_in.unwrap();
    assert!(left > mins(4) && left <= mins(5), "{left:?}");
    changed.token.refresh_every = mins(2);
    wall.load_settings(changed);

    assert!(wall.fetch.is_some(), "the new deadline has already passed");
    assert_eq!(wall.page, page);
}

#[test]
fn bad_settings_leave_the_picture_and_are_told() {
    let mut wall = Wall::showing(&[report("sales")]);
    let page = wall.page;
    wall.tell(Event::SettingsRejected(Problems(vec![Problem {
        file: "settings.toml".into(),
        line: 1,
        column: 1,
        key: "token".into(),
        problem: "is odd".into(),
        remedy: "be even".into(),
    }])));
    assert_eq!(wall.status().settings.state, SettingsState::Rejected);
    assert_eq!((wall.page, wall.phase()), (page, Phase::Showing));
    assert!(wall.line.contains("settings rejected"), "{}", wall.line);
}

#[test]
fn another_report_in_the_settings_replaces_the_picture_when_its_token_is_there() {
    let mut wall = Wall::showing(&[report("sales")]);
    let page = wall.page;
    wall.load_settings(settings(&[report("stock")]));
    assert_eq!(wall.page, page, "the old picture stays until then");
    wall.token(mins(60));
    assert_ne!(wall.page, page);
    wall.rendered();
    assert_eq!(wall.phase(), Phase::Showing);
}

#[test]
fn entries_take_turns_and_one_without_a_token_is_passed_over() {
    let mut wall = Wall::showing(&[page("https://one.example/"), report("sales")]);
    let one = wall.page;
    wall.pass(mins(1));
    assert_eq!(
        wall.page, one,
        "the old picture stays until the token is there"
    );
    wall.no_token(unreachable());
    assert_eq!((wall.page, wall.phase()), (one, Phase::Showing));
    wall.pass(mins(1));
    wall.token(mins(60));
    assert_ne!(wall.page, one);
    wall.rendered();
    assert_eq!(wall.status().content.unwrap().index, 1);
    wall.pass(mins(1));
    wall.rendered();
    assert_eq!(wall.status().content.unwrap().index, 0);
}

#[test]
fn a_hung_page_gets_a_new_web_process_and_the_watchdog_waits() {
    // Anywhere between two times at which it is asked.
    for later in 0..10 {
        let mut wall = Wall::showing(&[report("sales")]);
        wall.pass(Duration::from_secs(20 + later));
        assert!(wall.fed > 0);
        wall.is_hung = true;
        let fed = wall.fed;
        wall.pass(Duration::from_secs(6));
        assert_eq!((wall.ended, wall.fed), (1, fed), "after {later} s");
        wall.is_hung = false;
        wall.rendered();
        assert_eq!(wall.phase(), Phase::Showing);
        assert_eq!(wall.status().web_process_restarts, 1);
    }
}

#[test]
fn a_page_that_comes_up_again_is_asked_and_not_only_looked_at() {
    for (is_up, beats) in [(true, 0), (false, 4)] {
        let mut wall = Wall::showing(&[report("sales")]);
        wall.pass(Duration::from_secs(3));
        if !is_up {
            wall.tell(Event::OperatorAsked(Ask::Reload));
        }
        let before = wall.beats;
        wall.pass(Duration::from_secs(8));
        assert_eq!(wall.beats - before, beats, "up: {is_up}");
    }
}

#[test]
fn a_process_that_outgrows_its_limit_is_ended_once_and_behind_the_picture() {
    let mut wall = Wall::showing(&[report("sales")]);
    wall.pass(mins(5));
    wall.tell(Event::WebProcessOutgrown);
    assert_eq!((wall.ended, wall.is_covered), (1, true));
    wall.rendered();
    assert_eq!((wall.phase(), wall.is_covered), (Phase::Showing, false));

    for _ in 0..6 {
        wall.tell(Event::WebProcessOutgrown);
        wall.pass(Duration::from_secs(5));
    }
    assert_eq!(wall.exit, Some(Exit::GivenUp));
}

#[test]
fn a_process_that_always_crashes_ends_in_a_restart_of_the_daemon() {
    let mut wall = Wall::showing(&[report("sales")]);
    for _ in 0..6 {
        wall.tell(Event::WebProcessEnded(WebProcessEnd::Crashed));
        wall.pass(Duration::from_secs(5));
    }
    assert_eq!(wall.exit, Some(Exit::GivenUp));
}

#[test]
fn a_device_that_slept_does_not_blame_the_page() {
    let mut wall = Wall::showing(&[report("sales")]);
    wall.is_hung = true;
    wall.pass(Duration::from_secs(2));
    wall.now += mins(30);
    wall.is_hung = false;
    wall.pass(mins(1));
    assert_eq!(wall.ended, 0);
}

#[test]
fn no_secret_is_in_any_debug_text() {
    let wall = Wall::showing(&[report("sales")]);
    assert!(!format!("{:?}", wall.player).contains("hush"));
}
