//! Stories of tokens that age and expire, and of words that only look like it.

use std::time::Duration;

use everlit::player::*;

use crate::{mins, page, report, wall::Wall};

#[test]
fn the_report_is_on_the_wall_and_stays_through_a_refresh() {
    let mut wall = Wall::showing(&[report("sales")]);
    let page = wall.page;
    wall.pass(mins(40));
    wall.token(mins(60));
    assert!(matches!(wall.operation(), Operation::SetToken(_)));
    wall.answer(Outcome::Done);

    assert_eq!(wall.phase(), Phase::Showing);
    assert_eq!(wall.page, page, "the picture is not touched");
    assert_eq!(wall.status().token.refreshes, 1);
}

#[test]
fn a_touch_brings_a_fresh_token_but_only_when_the_old_one_has_some_age() {
    let mut wall = Wall::showing(&[report("sales")]);
    wall.pass(Duration::from_secs(30));
    wall.tell(Event::ViewerInteracted);
    assert!(wall.fetch.is_none());
    wall.pass(Duration::from_secs(31));
    wall.tell(Event::ViewerInteracted);
    assert!(wall.fetch.is_some());
}

#[test]
fn an_expired_report_heals_with_a_new_token_and_one_reload() {
    let mut wall = Wall::showing(&[report("sales")]);
    wall.sign(Sign::Sdk);
    wall.sign(Sign::Http);
    wall.token(mins(60));
    wall.answer(Outcome::Done);
    assert!(matches!(wall.operation(), Operation::ReloadReport));
    assert_eq!(wall.phase(), Phase::Recovering);
    wall.answer(Outcome::Done);
    wall.rendered();
    wall.sign(Sign::Http);

    assert_eq!(wall.phase(), Phase::Showing);
    assert_eq!(wall.status().recoveries.report, 1);
    assert_eq!(wall.status().detections.http, 1, "one expiry counts once");
    assert!(wall.fetch.is_none(), "the late sign is an echo");
}

#[test]
fn a_rejected_token_is_embedded_again_then_loaded_then_given_a_new_process() {
    let mut wall = Wall::showing(&[report("sales")]);
    let page = wall.page;
    wall.sign(Sign::Sdk);
    wall.token(mins(60));
    wall.answer(Outcome::Rejected("no".into()));
    assert!(matches!(wall.operation(), Operation::EmbedAgain(_)));
    wall.pass(mins(1));
    assert_ne!(wall.page, page, "the page is loaded afresh");
    wall.pass(mins(1));
    assert_eq!(wall.ended, 1);
    wall.rendered();

    assert_eq!(wall.status().recoveries.webview, 1);
    assert_eq!(wall.phase(), Phase::Showing);
}

#[test]
fn a_token_that_the_page_does_not_take_is_embedded_within_ten_seconds() {
    let mut wall = Wall::showing(&[report("sales")]);
    wall.pass(mins(40));
    wall.token(mins(60));
    wall.pass(Duration::from_secs(10));
    assert!(matches!(wall.operation(), Operation::EmbedAgain(_)));
    wall.answer(Outcome::Done);
    wall.rendered();
    assert_eq!(
        (wall.phase(), wall.status().recoveries.embed),
        (Phase::Showing, 1)
    );
}

#[test]
fn expiry_text_in_a_web_page_reloads_it_once_and_then_is_content() {
    let mut wall = Wall::showing(&[page("https://portal.example/")]);
    let first = wall.page;
    wall.sign(Sign::Text);
    let second = wall.page;
    assert_ne!(second, first, "reloaded in the same breath");
    wall.rendered();
    wall.pass(Duration::from_secs(3));
    wall.sign(Sign::Text);
    wall.pass(mins(300));
    wall.sign(Sign::Text);

    assert_eq!(wall.page, second, "not again");
    assert_eq!(wall.status().recoveries.page, 1);
}

#[test]
fn a_report_that_holds_the_expiry_words_is_reloaded_once_and_shown_on() {
    let mut wall = Wall::showing(&[report("log")]);
    wall.sign(Sign::Text);
    wall.token(mins(60));
    wall.answer(Outcome::Done);
    wall.rendered();
    for _ in 0..20 {
        wall.pass(Duration::from_secs(60));
        wall.sign(Sign::Text);
    }
    assert!(wall.fetch.is_none(), "no second recovery");
    assert_eq!(wall.status().recoveries.report, 1);
    assert_eq!(wall.status().detections.dom, 1);
}

#[test]
fn a_new_expiry_an_hour_later_is_believed_again() {
    let mut wall = Wall::showing(&[page("https://portal.example/")]);
    for healed in 1..4 {
        wall.sign(Sign::Text);
        wall.rendered();
        assert_eq!(wall.status().recoveries.page, healed);
        wall.pass(mins(60));
    }
}
