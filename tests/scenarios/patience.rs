//! Stories of waiting: for the time, and for a server that is away.

use std::time::Duration;

use everlit::player::*;

use crate::{mins, page, report, wall::Wall};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn with_a_wrong_date_nothing_is_asked_for_until_it_is_right() {
    let mut wall = Wall::starting(&[]);
    wall.tell(Event::ClockJudged(ClockState::Implausible));
    wall.load_settings(crate::settings(&[report("sales")]));
    assert_eq!(
        (wall.slate(), wall.phase()),
        (SlateKind::WaitingForTime, Phase::Waiting)
    );
    wall.rendered();
    wall.tell(Event::NetworkChanged(NetworkState::Online));
    wall.tell(Event::OperatorAsked(Ask::Reload));
    wall.pass(mins(60));
    assert_eq!(wall.fetch, None);
    wall.tell(Event::ClockJudged(ClockState::Plausible));
    assert!(wall.fetch.is_some());
    wall.token(mins(60));
    wall.rendered();
    assert_eq!(wall.phase(), Phase::Showing);
}

#[test]
fn a_date_that_goes_wrong_in_operation_leaves_the_picture() {
    let mut wall = Wall::showing(&[report("sales")]);
    let shown = wall.page;
    wall.tell(Event::ClockStepped);
    wall.tell(Event::ClockJudged(ClockState::Implausible));
    wall.pass(mins(10));
    assert_eq!((wall.page, wall.phase()), (shown, Phase::Showing));
}

#[test]
fn an_answer_may_be_as_late_as_a_page_may_be_silent_within_reason() {
    for (silent, late) in [(5, 10), (20, 20), (300, 30)] {
        let mut wall = Wall::showing(&[report("sales")]);
        let mut settings = crate::settings(&[report("sales")]);
        settings.recovery.heartbeat_limit = silent * SECOND;
        wall.load_settings(settings);
        wall.pass(mins(40));
        wall.token(mins(60));
        wall.pass((late - 1) * SECOND);
        assert!(matches!(wall.operation(), Operation::SetToken(_)));
        wall.pass(SECOND);
        assert!(matches!(wall.operation(), Operation::EmbedAgain(_)));
    }
}

#[test]
fn a_server_that_is_back_is_noticed_by_a_probe_and_not_by_a_load() {
    let mut wall = Wall::showing(&[page("https://portal.example/")]);
    wall.tell(Event::OperatorAsked(Ask::Reload));
    lose_page(&mut wall);
    wall.pass(2 * SECOND);
    lose_page(&mut wall);
    assert_eq!(wall.slate(), SlateKind::WaitingForNetwork);
    let slate = wall.page;
    wall.rendered();
    wall.pass(SECOND);
    for _ in 0..10 {
        answer_probe(&mut wall, Reach::Away);
        wall.pass(11 * SECOND);
    }
    assert_eq!(wall.page, slate, "nothing was loaded meanwhile");
    answer_probe(&mut wall, Reach::There);
    assert_eq!(wall.phase(), Phase::Loading);
    wall.rendered();
    assert_eq!(wall.phase(), Phase::Showing);
}

#[test]
fn a_page_that_fails_although_its_server_answers_is_tried_by_backoff() {
    let mut wall = Wall::showing(&[page("https://portal.example/")]);
    wall.tell(Event::OperatorAsked(Ask::Reload));
    let mut loads = 0;
    for _ in 0..600 {
        if wall.phase() == Phase::Loading {
            loads += 1;
            lose_page(&mut wall);
        }
        if wall.probe.is_some() {
            answer_probe(&mut wall, Reach::There);
        }
        wall.pass(SECOND);
    }
    assert!((8..=20).contains(&loads), "{loads} loads in ten minutes");
}

#[test]
fn a_load_that_hangs_is_begun_anew_as_soon_as_its_server_answers() {
    let mut wall = loading_after_silence();
    let hanging = wall.page;
    for _ in 0..2 {
        wall.pass(4 * SECOND);
        answer_probe(&mut wall, Reach::Away);
    }
    assert_eq!(wall.page, hanging, "nothing is loaded before it can be");
    wall.pass(4 * SECOND);
    answer_probe(&mut wall, Reach::There);
    assert_ne!(wall.page, hanging);
    wall.rendered();
    assert_eq!(wall.phase(), Phase::Showing);
    wall.pass(mins(1));
    assert!(wall.probe.is_none(), "a picture is not probed for");
}

#[test]
fn a_load_that_is_only_slow_is_left_alone() {
    let mut wall = loading_after_silence();
    let slow = wall.page;
    for _ in 0..2 {
        wall.pass(4 * SECOND);
        answer_probe(&mut wall, Reach::There);
    }
    assert_eq!(wall.page, slow);
}

/// A report that is loaded once more, as nothing came back for its frame.
fn loading_after_silence() -> Wall {
    let mut wall = Wall::showing(&[report("sales")]);
    wall.pass(mins(5));
    wall.tell(Event::OperatorAsked(Ask::Reload));
    wall.pass(5 * SECOND);
    lose_page(&mut wall);
    wall
}

fn lose_page(wall: &mut Wall) {
    wall.page_event(PageEvent::Failed(PageFailure::NotLoaded {
        url: "https://portal.example/".into(),
        reason: "refused".into(),
    }));
}

fn answer_probe(wall: &mut Wall, reach: Reach) {
    let probe = wall.probe.take().expect("a probe");
    wall.tell(Event::Probed { probe, reach });
}
