//! Stories of refusals, outages and content that does not load.

use std::time::Duration;

use everlit::{
    player::*,
    settings::{Content, WhenOffline},
};

use crate::{denied, mins, page, report, settings, unreachable, wall::Wall};

#[test]
fn a_refusal_takes_the_report_off_at_once_and_it_comes_back_by_itself() {
    let mut wall = Wall::showing(&[report("sales")]);
    wall.pass(mins(40));
    wall.no_token(denied());
    assert_eq!(wall.slate(), SlateKind::Denied);
    assert_eq!(wall.forgotten, 1);
    assert_eq!(wall.phase(), Phase::Denied);
    assert_eq!(wall.status().token.state, TokenState::Denied);
    wall.pass(Duration::from_secs(37));
    wall.token(mins(60));
    wall.rendered();

    assert_eq!(wall.phase(), Phase::Showing);
}

#[test]
fn a_missing_secret_keeps_the_picture_until_the_token_dies() {
    let mut wall = Wall::showing(&[report("sales")]);
    let unprepared = TokenFailure::Unprepared {
        reason: "no secret".into(),
        remedy: "put it there".into(),
    };
    wall.pass(mins(40));
    wall.no_token(unprepared.clone());
    assert_eq!(wall.phase(), Phase::Showing);
    for _ in 0..25 {
        wall.pass(mins(1));
        if wall.fetch.is_some() {
            wall.no_token(unprepared.clone());
        }
    }
    assert_eq!(
        (wall.phase(), wall.slate()),
        (Phase::Denied, SlateKind::Denied)
    );
}

#[test]
fn a_withdrawn_report_is_tried_once_more_and_then_refused() {
    let mut wall = Wall::showing(&[report("sales")]);
    let withdrawn = PageFailure::Report {
        message: "PowerBIEntityNotFound".into(),
        detail: "gone".into(),
    };
    wall.page_event(PageEvent::Failed(withdrawn.clone()));
    assert_eq!(wall.phase(), Phase::Recovering);
    wall.page_event(PageEvent::Failed(withdrawn));
    assert_eq!(wall.phase(), Phase::Denied);
    assert_eq!((wall.slate(), wall.forgotten), (SlateKind::Denied, 1));
}

#[test]
fn an_outage_keeps_the_picture_and_a_dead_token_is_healed_afterwards() {
    let mut wall = Wall::showing(&[report("sales")]);
    let page = wall.page;
    wall.until_minute_without_source(50);
    assert_eq!(wall.phase(), Phase::Offline);
    wall.until_minute_without_source(20);
    assert_eq!(wall.status().detections.clock, 1);
    assert_eq!(wall.page, page, "the last picture stays");
    wall.tell(Event::NetworkChanged(NetworkState::Online));
    wall.token(mins(60));
    wall.answer(Outcome::Done);
    assert!(matches!(wall.operation(), Operation::ReloadReport));
    wall.rendered();
    assert_eq!(wall.phase(), Phase::Showing);
}

#[test]
fn before_the_first_picture_an_outage_says_why_and_when_it_tries_again() {
    let mut wall = Wall::starting(&[report("sales")]);
    wall.no_token(unreachable());
    assert_eq!(wall.slate(), SlateKind::WaitingForNetwork);
    assert_eq!(wall.phase(), Phase::Waiting);
    assert!(wall.shown_slate.as_ref().unwrap().next_try.is_some());
    wall.pass(Duration::from_secs(2));
    wall.token(mins(60));
    assert_eq!(wall.phase(), Phase::Loading);
}

#[test]
fn when_offline_says_slate_the_picture_goes_with_its_token() {
    let mut wall = Wall::showing(&[report("sales")]);
    let mut changed = settings(&[report("sales")]);
    changed.recovery.when_offline = WhenOffline::Slate;
    wall.load_settings(changed);
    let page = wall.page;
    wall.until_minute_without_source(59);
    assert_eq!((wall.page, wall.phase()), (page, Phase::Offline));
    wall.until_minute_without_source(3);
    assert_eq!(
        (wall.slate(), wall.phase()),
        (SlateKind::WaitingForNetwork, Phase::Waiting)
    );
}

#[test]
fn failed_reloads_of_a_web_page_keep_its_last_picture_until_it_is_too_old() {
    let mut entry = page("https://portal.example/");
    let Content::Page(web_page) = &mut entry.content else {
        panic!("a page")
    };
    web_page.reload_every = Some(mins(5));
    let mut wall = Wall::showing(&[entry]);
    wall.shown_slate = None;
    let lost = PageFailure::NotLoaded {
        url: "https://portal.example/".into(),
        reason: "reset".into(),
    };
    wall.pass(mins(5));
    wall.page_event(PageEvent::Failed(lost.clone()));
    assert!(wall.shown_slate.is_none());
    wall.pass(Duration::from_secs(2));
    wall.page_event(PageEvent::Failed(lost.clone()));
    assert!(wall.shown_slate.is_none() && wall.is_covered);
    assert!(wall.phase() == Phase::Offline && wall.age.is_some());
    for _ in 0..65 {
        wall.pass(mins(1));
        wall.page_event(PageEvent::Failed(lost.clone()));
    }
    assert_eq!(wall.slate(), SlateKind::WaitingForNetwork);
    assert!(!wall.is_covered);
}

#[test]
fn the_operator_cannot_flood_the_source() {
    let mut wall = Wall::showing(&[report("sales")]);
    let mut fetches = 0;
    for _ in 0..100 {
        wall.tell(Event::OperatorAsked(Ask::RefreshToken));
        wall.pass(Duration::from_millis(400));
        if wall.fetch.is_some() {
            fetches += 1;
            wall.token(mins(60));
        }
    }
    assert!((5..=12).contains(&fetches), "{fetches}");
}
