//! Stories of the glass: blank pictures, the cover, the age of the data, memory.

use std::time::Duration;

use everlit::{player::*, settings::WhenOffline};

use crate::{mins, page, report, settings, unreachable, wall::Wall};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_picture_that_turns_blank_is_noticed_within_65_seconds_and_loaded_again() {
    let mut wall = Wall::showing(&[report("sales")]);
    wall.pass(mins(5));
    let shown = wall.page;
    wall.glass = Glass::Flat;
    let blank = wall.now;
    while wall.page == shown {
        wall.pass(SECOND);
        assert!(wall.now - blank <= 65 * SECOND);
    }
    assert!(wall.is_covered, "the last good picture is over it");
    wall.glass = Glass::Picture;
    wall.rendered();
    wall.pass(10 * SECOND);
    assert!(!wall.is_covered);
    let recoveries = wall.status().recoveries;
    assert_eq!(
        (wall.phase(), recoveries.page),
        (Phase::Showing, 1),
        "{recoveries:?}"
    );
}

#[test]
fn the_glass_is_looked_at_once_a_minute() {
    let mut wall = Wall::showing(&[report("sales")]);
    wall.pass(10 * SECOND);
    let looks = wall.looks;
    wall.pass(mins(30));
    assert_eq!(wall.looks - looks, 30);
}

#[test]
fn one_flat_moment_is_no_reason_to_load() {
    let mut wall = Wall::showing(&[report("sales")]);
    wall.pass(5 * SECOND);
    let (shown, looks) = (wall.page, wall.looks);
    wall.glass = Glass::Flat;
    while wall.looks == looks {
        wall.pass(SECOND);
    }
    wall.glass = Glass::Picture;
    wall.pass(mins(10));
    assert_eq!(wall.page, shown);
}

#[test]
fn content_that_is_flat_from_the_start_is_loaded_once_more_and_then_left_alone_and_fed() {
    let mut wall = Wall::starting(&[report("dark")]);
    wall.glass = Glass::Flat;
    wall.token(mins(60));
    wall.rendered();
    let first = wall.page;
    while wall.page == first {
        wall.pass(SECOND);
    }
    wall.rendered();
    let (shown, fed) = (wall.page, wall.fed);
    wall.pass(mins(30));
    assert_eq!((wall.page, wall.phase()), (shown, Phase::Showing));
    let meals = wall.fed - fed;
    assert!(
        meals >= 179,
        "{meals} in half an hour, one each ten seconds"
    );
}

#[test]
fn content_that_becomes_flat_for_good_is_loaded_twice_and_then_left_alone() {
    let mut wall = Wall::showing(&[report("sales")]);
    wall.pass(mins(5));
    wall.glass = Glass::Flat;
    let mut loads = 0;
    let mut shown = wall.page;
    for _ in 0..1800 {
        wall.pass(SECOND);
        if wall.page != shown {
            loads += 1;
            shown = wall.page;
            wall.rendered();
        }
    }
    assert_eq!((loads, wall.phase()), (2, Phase::Showing));
}

#[test]
fn a_blank_picture_starves_the_watchdog_until_it_is_good_again() {
    let mut wall = Wall::showing(&[report("sales")]);
    wall.pass(mins(5));
    wall.glass = Glass::Flat;
    wall.pass(65 * SECOND);
    wall.rendered();
    let fed = wall.fed;
    wall.pass(2 * SECOND);
    assert_eq!(wall.fed, fed, "rendered, but not seen yet");
    wall.glass = Glass::Picture;
    wall.pass(10 * SECOND);
    assert!(wall.fed > fed);
}

#[test]
fn a_blank_slate_gets_a_new_web_process() {
    let mut wall = Wall::starting(&[report("sales")]);
    wall.no_token(unreachable());
    wall.rendered();
    wall.glass = Glass::Flat;
    wall.rendered();
    wall.pass(4 * SECOND);
    assert_eq!(wall.ended, 1);
}

#[test]
fn an_outage_dates_the_picture_and_covers_it_before_its_token_dies() {
    let mut wall = Wall::showing(&[report("sales")]);
    wall.until_minute_without_source(50);
    assert_eq!((wall.phase(), wall.is_covered), (Phase::Offline, false));
    assert!(wall.age.is_some_and(|age| age > mins(30)), "{:?}", wall.age);
    wall.until_minute_without_source(9);
    wall.pass(59 * SECOND);
    assert!(wall.is_covered, "what the visuals would say is not seen");
    if wall.fetch.is_none() {
        wall.pass(6 * SECOND);
    }
    wall.token(mins(60));
    if wall.phase() == Phase::Recovering {
        wall.answer(Outcome::Done);
        wall.rendered();
    } else {
        wall.answer(Outcome::Done);
    }
    assert_eq!(
        (wall.phase(), wall.is_covered, wall.age),
        (Phase::Showing, false, None)
    );
}

#[test]
fn the_last_picture_is_kept_for_the_offline_limit_and_no_longer() {
    let mut wall = Wall::showing(&[report("sales")]);
    wall.until_minute_without_source(119);
    assert_eq!((wall.phase(), wall.is_covered), (Phase::Offline, true));
    wall.until_minute_without_source(3);
    assert_eq!(wall.slate(), SlateKind::WaitingForNetwork);
    assert_eq!((wall.is_covered, wall.age), (false, None));
}

#[test]
fn a_crash_while_nothing_can_be_loaded_leaves_the_last_picture() {
    let mut wall = Wall::showing(&[report("sales")]);
    wall.until_minute_without_source(90);
    wall.shown_slate = None;
    let fed = wall.fed;
    wall.tell(Event::WebProcessEnded(WebProcessEnd::Crashed));
    wall.until_minute_without_source(20);
    assert_eq!((wall.phase(), wall.is_covered), (Phase::Offline, true));
    assert!(wall.shown_slate.is_none(), "{:?}", wall.shown_slate);
    assert!(wall.age.is_some() && wall.fed > fed + 100);
    wall.token_when_asked(mins(60));
    wall.rendered();
    assert_eq!(
        (wall.phase(), wall.is_covered, wall.age),
        (Phase::Showing, false, None)
    );
    wall.pass(mins(10));
    assert_eq!(wall.phase(), Phase::Showing);
}

#[test]
fn a_crash_while_nothing_can_be_loaded_does_not_move_the_offline_limit() {
    let mut wall = Wall::showing(&[report("sales")]);
    wall.until_minute_without_source(90);
    wall.tell(Event::WebProcessEnded(WebProcessEnd::Crashed));
    wall.until_minute_without_source(29);
    assert!(wall.is_covered);
    wall.until_minute_without_source(3);
    assert_eq!(
        (wall.slate(), wall.is_covered),
        (SlateKind::WaitingForNetwork, false)
    );
}

#[test]
fn a_slate_at_once_is_what_some_operators_want() {
    let mut wall = Wall::showing(&[report("sales")]);
    let mut changed = settings(&[report("sales")]);
    changed.recovery.when_offline = WhenOffline::Slate;
    wall.load_settings(changed);
    wall.until_minute_without_source(59);
    assert_eq!(wall.phase(), Phase::Offline);
    wall.until_minute_without_source(2);
    assert_eq!(wall.phase(), Phase::Waiting);
}

#[test]
fn a_report_whose_page_is_away_stays_on_the_glass_with_its_age() {
    let mut wall = Wall::showing(&[report("sales")]);
    wall.pass(mins(5));
    wall.tell(Event::OperatorAsked(Ask::Reload));
    let away = PageFailure::HttpStatus {
        url: "https://app.powerbi.com/reportEmbed".into(),
        status: 500,
    };
    wall.shown_slate = None;
    for _ in 0..3 {
        wall.page_event(PageEvent::Failed(away.clone()));
        wall.pass(SECOND);
    }
    assert!(wall.shown_slate.is_none() && wall.is_covered);
    assert!(wall.phase() == Phase::Offline && wall.age.is_some());
    let fed = wall.fed;
    wall.pass(mins(1));
    assert!(wall.fed > fed, "what should be seen is seen");
}

#[test]
fn a_refusal_takes_the_cover_down_with_the_report() {
    let mut wall = Wall::showing(&[report("sales")]);
    wall.pass(5 * SECOND);
    wall.sign(Sign::Sdk);
    assert!(wall.is_covered);
    wall.no_token(crate::denied());
    assert_eq!((wall.slate(), wall.is_covered), (SlateKind::Denied, false));
    assert_eq!(wall.forgotten, 1);
}

#[test]
fn another_entry_is_never_under_the_cover_of_the_one_before() {
    let mut wall = Wall::showing(&[page("https://one.example/"), page("https://two.example/")]);
    wall.pass(5 * SECOND);
    wall.tell(Event::WebProcessEnded(WebProcessEnd::Crashed));
    assert!(wall.is_covered);
    wall.rendered();
    wall.pass(mins(2));
    assert!(!wall.is_covered);
}

#[test]
fn a_report_that_expires_while_the_next_one_waits_for_its_token_is_covered() {
    let mut wall = Wall::showing(&[report("sales")]);
    wall.pass(mins(5));
    wall.load_settings(settings(&[report("costs")]));
    wall.sign(Sign::Sdk);
    assert!(wall.is_covered);
    wall.token(mins(60));
    wall.rendered();
    assert_eq!((wall.phase(), wall.is_covered), (Phase::Showing, false));
}

#[test]
fn too_much_memory_is_given_back_in_a_quiet_moment_behind_the_last_picture() {
    let mut wall = Wall::showing(&[report("sales")]);
    wall.pass(mins(5));
    wall.tell(Event::ViewerInteracted);
    if wall.fetch.is_some() {
        wall.token(mins(60));
        wall.answer(Outcome::Done);
    }
    for _ in 0..3 {
        wall.tell(memory(1_050));
    }
    wall.pass(mins(1));
    assert_eq!(wall.ended, 0, "somebody is there");
    wall.pass(mins(2));
    wall.tell(memory(1_050));
    wall.tell(memory(1_050));
    wall.pass(SECOND);
    assert_eq!((wall.ended, wall.is_covered), (1, true));
    wall.rendered();
    assert_eq!((wall.phase(), wall.is_covered), (Phase::Showing, false));

    for _ in 0..10 {
        wall.tell(memory(1_050));
        wall.pass(mins(1));
    }
    assert_eq!(wall.ended, 1, "not again and again");
}

#[test]
fn one_peak_of_memory_is_no_reason_but_an_urgent_one_is() {
    let mut wall = Wall::showing(&[report("sales")]);
    wall.pass(mins(5));
    wall.tell(memory(1_050));
    wall.tell(memory(900));
    wall.pass(mins(3));
    assert_eq!(wall.ended, 0);
    wall.tell(memory(1_300));
    wall.pass(SECOND);
    assert_eq!(wall.ended, 1);
}

fn memory(web_mb: u64) -> Event {
    let limit_mb = 1_000;
    Event::MemoryMeasured { web_mb, limit_mb }
}
