//! Stories of recoveries: what is tried, in which order, and what is left alone.

use std::time::Duration;

use everlit::{
    player::{Ask, Event, Exit, Phase, Sign, WebProcessEnd},
    settings::Settings,
};

use crate::{
    faults::{Happening, Plan},
    service::Mood,
    settings::{DAY, HOUR, MINUTE, one_report},
    view::{Ends, Glimpse, Loads, Manners, Operations, Process, ReportContent},
    world::World,
};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_token_that_dies_early_is_healed_whichever_sign_shows_it() {
    let all = [Sign::Text, Sign::Http, Sign::Sdk, Sign::Http, Sign::Text];
    let cases = [&[Sign::Sdk][..], &[Sign::Http], &[Sign::Text], &all];
    for signs in cases {
        let mut world = World::with(one_report());
        world.view.signs = signs.to_vec();
        world.happen(Happening::TokensDie);
        world.run(40 * SECOND);

        let counts = world.counts();
        assert!(world.is_fine(), "{signs:?}");
        assert_eq!(
            (counts.report_reloads, counts.page_loads),
            (1, 1),
            "{signs:?}"
        );
        assert!(counts.dead_time < 35 * SECOND, "{signs:?}: {counts:?}");
        assert_eq!(world.status().recoveries.report, 1, "{signs:?}");
        world.run(DAY);
        assert_eq!(world.counts().report_reloads, 1, "{signs:?}");
    }
}

#[test]
fn the_clock_alone_finds_a_token_that_died_in_an_outage() {
    let mut plan = Plan::quiet(one_report());
    // Nobody asks for data, so that no other sign can come.
    plan.poll_every = 100 * DAY;
    let mut world = World::new(3, &plan);
    world.run(MINUTE);
    world.happen(Happening::ServiceBecomes(Mood::Unreachable));
    world.run(2 * HOUR);
    assert_eq!(world.status().detections.clock, 1);
    world.happen(Happening::ServiceBecomes(Mood::Willing));
    world.run(2 * MINUTE);

    assert!(world.is_fine());
    assert_eq!(
        (world.counts().report_reloads, world.counts().page_loads),
        (1, 1)
    );
}

#[test]
fn a_rejected_token_is_healed_by_embedding_again() {
    embedding_again_heals(Operations::TokensRejected);
}

#[test]
fn an_unanswered_token_is_healed_by_embedding_again() {
    embedding_again_heals(Operations::TokensUnanswered);
}

fn embedding_again_heals(operations: Operations) {
    let mut world = World::with(one_report());
    world.happen(operating(operations));
    world.run(HOUR);

    let counts = world.counts();
    assert_eq!(
        (counts.embeds, counts.page_loads, counts.process_ends),
        (1, 1, 0)
    );
    assert_eq!(counts.dead_time, Duration::ZERO);
    assert_eq!(world.status().recoveries.embed, 1);
}

#[test]
fn a_page_that_does_nothing_is_loaded_afresh() {
    let mut world = World::with(one_report());
    world.happen(operating(Operations::Rejected));
    world.run(HOUR);

    let counts = world.counts();
    assert_eq!((counts.page_loads, counts.process_ends), (2, 0));
    assert_eq!(counts.dead_time, Duration::ZERO);
    assert_eq!(world.status().recoveries.page, 1);
}

#[test]
fn a_page_that_never_renders_gets_a_new_web_process() {
    let mut world = World::with(one_report());
    world.happen(loading(Loads::NeverRendered));
    world.happen(Happening::TokensDie);
    world.run(10 * MINUTE);
    assert!(world.counts().process_ends >= 1, "{:?}", world.counts());
    world.happen(Happening::ViewBecomes(Manners::GOOD));
    world.run(3 * MINUTE);
    assert!(world.is_fine());
}

#[test]
fn a_token_that_dies_while_the_page_loads_is_not_used_again() {
    let mut world = World::with(one_report());
    world.happen(operating(Operations::Rejected));
    world.happen(Happening::OperatorAsks(Ask::RefreshToken));
    while world.counts().page_loads == 1 {
        world.run(SECOND / 50);
    }
    world.happen(Happening::TokensDie);
    world.happen(Happening::ViewBecomes(Manners::GOOD));
    world.run(5 * SECOND);
    assert!(world.is_fine());
}

#[test]
fn a_report_that_holds_the_error_words_is_recovered_once_and_shown_on() {
    let mut world = World::with(one_report());
    world.view.signs = vec![Sign::Text];
    world.happen(containing(ReportContent::ErrorWords));
    // The words come with the next data, so the report is loaded once more.
    world.happen(Happening::TokensDie);
    world.run(10 * MINUTE);
    let loads = total_loads(&world);
    world.run(3 * DAY);

    assert_eq!(total_loads(&world), loads, "{:?}", world.counts());
    assert!(loads <= 3, "{:?}", world.counts());
    assert_eq!(world.status().phase, Phase::Showing);
}

#[test]
fn words_that_are_there_from_the_start_cost_one_recovery() {
    let mut plan = Plan::quiet(one_report());
    plan.add(Duration::ZERO, containing(ReportContent::ErrorWords));
    let mut world = World::new(4, &plan);
    world.run(3 * DAY);

    let counts = world.counts();
    assert_eq!((counts.page_loads, counts.embeds), (1, 0), "{counts:?}");
    assert_eq!(counts.report_reloads, 1, "{counts:?}");
    assert!(counts.signs > 100, "{counts:?}");
}

#[test]
fn words_that_were_gone_are_believed_when_they_come_again() {
    let mut plan = Plan::quiet(one_report());
    plan.add(Duration::ZERO, containing(ReportContent::ErrorWords));
    let mut world = World::new(5, &plan);
    world.view.signs = vec![Sign::Text];
    world.run(HOUR);
    world.happen(containing(ReportContent::Plain));
    world.run(HOUR);
    world.happen(Happening::TokensDie);
    world.run(MINUTE);

    assert!(world.is_fine());
    assert_eq!(world.counts().report_reloads, 2, "{:?}", world.counts());
}

#[test]
fn a_visual_that_is_forbidden_for_ever_makes_no_reload_loop() {
    let mut world = World::with(one_report());
    world.happen(containing(ReportContent::ForbiddenVisual));
    world.run(DAY);

    assert!(total_loads(&world) <= 4, "{:?}", world.counts());
    assert_eq!(world.status().phase, Phase::Showing);
}

#[test]
fn a_crash_is_over_in_three_seconds() {
    for end in [WebProcessEnd::Crashed, WebProcessEnd::TooMuchMemory] {
        let mut world = World::with(one_report());
        let dark = world.counts().dark_time;
        world.happen(Happening::WebProcessEnds(end));
        world.run(MINUTE);
        assert!(world.is_fine());
        assert!(
            world.counts().dark_time - dark < 3 * SECOND,
            "{:?}",
            world.counts()
        );
        assert_eq!(world.status().web_process_restarts, 1);
    }
}

#[test]
fn a_process_that_outgrows_its_limit_is_replaced_in_three_seconds() {
    let mut world = World::with(one_report());
    let dark = world.counts().dark_time;
    world.happen(Happening::WebProcessOutgrows);
    world.run(MINUTE);
    assert!(world.is_fine());
    let counts = world.counts();
    assert!(counts.dark_time - dark < 3 * SECOND, "{counts:?}");
    assert_eq!(
        (counts.process_ends, world.status().web_process_restarts),
        (1, 1)
    );
}

#[test]
fn a_page_that_hangs_is_replaced_within_the_heartbeat_limit() {
    hangs_and_is_replaced_within(8 * SECOND, Glimpse::Unsure);
}

#[test]
fn a_page_that_hangs_and_seems_to_wait_is_replaced_ten_seconds_later_at_most() {
    hangs_and_is_replaced_within(18 * SECOND, Glimpse::Waiting);
}

fn hangs_and_is_replaced_within(time: Duration, glimpse: Glimpse) {
    // Anywhere between two times at which it is asked.
    for later in 0..10 {
        let mut world = World::with(with_quick_beats());
        world.run(later * SECOND);
        world.happen(Happening::WebProcessHangs(glimpse));
        world.run(time);

        assert_eq!(world.counts().process_ends, 1, "after {later} s");
        assert_eq!(world.view.process, Process::Alive);
        assert!(world.is_fine());
    }
}

/// As a device has them by default.
fn with_quick_beats() -> Settings {
    let mut settings = one_report();
    settings.recovery.heartbeat_limit = 5 * SECOND;
    settings
}

#[test]
fn a_page_that_waits_for_something_to_do_is_hardly_ever_asked() {
    let mut world = World::with(with_quick_beats());
    let before = world.counts().beats;
    world.run(10 * MINUTE);
    let asked = world.counts().beats - before;
    // Each ten seconds, and when it happens to do something.
    assert!((60..90).contains(&asked), "{asked}");
}

#[test]
fn a_process_that_crashes_again_and_again_ends_in_a_new_start() {
    let mut world = World::with(one_report());
    for _ in 0..4 {
        world.happen(Happening::WebProcessEnds(WebProcessEnd::Crashed));
        world.run(MINUTE);
    }
    assert_eq!(world.counts().given_up, 0, "it came back each time");
    let mut plan = Plan::quiet(one_report());
    plan.add(Duration::ZERO, loading(Loads::NeverRendered));
    for crash in 0..40 {
        plan.add(
            crash * 5 * SECOND,
            Happening::WebProcessEnds(WebProcessEnd::Crashed),
        );
    }
    let mut world = World::new(6, &plan);
    world.run(5 * MINUTE);
    assert!(world.counts().given_up >= 1);
}

#[test]
fn a_process_that_does_not_end_ends_in_a_new_start() {
    let mut world = World::with(one_report());
    let manners = Manners {
        ends: Ends::Unanswered,
        ..Manners::GOOD
    };
    world.happen(Happening::ViewBecomes(manners));
    world.happen(Happening::WebProcessHangs(Glimpse::Unsure));
    world.run(3 * MINUTE);
    assert_eq!(world.counts().given_up, 1);
    assert!(world.is_fine());
}

#[test]
fn a_stop_is_obeyed_at_once_and_then_all_is_silent() {
    let mut world = World::with(one_report());
    world.report(Event::StopAsked);
    assert_eq!(world.exit(), Some(Exit::Stopped));
    world.report(Event::ViewerInteracted);
    world.happen(Happening::WebProcessEnds(WebProcessEnd::Crashed));
    world.run(HOUR);
}

fn total_loads(world: &World) -> u64 {
    let counts = world.counts();
    counts.page_loads + counts.report_reloads + counts.embeds
}

fn operating(operations: Operations) -> Happening {
    Happening::ViewBecomes(Manners {
        operations,
        ..Manners::GOOD
    })
}

fn loading(loads: Loads) -> Happening {
    Happening::ViewBecomes(Manners {
        loads,
        ..Manners::GOOD
    })
}

fn containing(report: ReportContent) -> Happening {
    Happening::ViewBecomes(Manners {
        report,
        ..Manners::GOOD
    })
}
