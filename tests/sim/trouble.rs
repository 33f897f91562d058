//! Stories of a source that is away, refuses, throttles or talks nonsense.

use std::time::Duration;

use everlit::{
    player::{Ask, NetworkState, Phase, SlateKind, TokenState},
    settings::WhenOffline,
};

use crate::{
    faults::{Happening, Plan},
    service::Mood,
    settings::{DAY, HOUR, MINUTE, one_report, playlist, report},
    world::World,
};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_short_outage_is_not_seen_at_all() {
    let mut world = World::with(one_report());
    world.run(35 * MINUTE);
    world.happen(Happening::ServiceBecomes(Mood::Unreachable));
    world.run(15 * MINUTE);
    world.happen(Happening::ServiceBecomes(Mood::Willing));
    world.run(DAY);

    let counts = world.counts();
    assert_eq!(
        (counts.dead_time, counts.page_loads, counts.signs),
        (Duration::ZERO, 1, 0)
    );
    assert_eq!(counts.report_reloads, 0);
}

#[test]
fn an_outage_longer_than_the_token_keeps_the_picture_and_is_healed() {
    let mut world = World::with(one_report());
    world.happen(Happening::ServiceBecomes(Mood::Unreachable));
    world.run(5 * HOUR);
    assert_eq!(world.slate(), None);
    assert_eq!(world.status().phase, Phase::Offline);
    assert_ne!(world.status().token.state, TokenState::Valid);
    let tries = world.counts().fetches;
    assert!(
        (2_000..3_200).contains(&tries),
        "{tries} tries in 4 h 20 min"
    );
    world.happen(Happening::ServiceBecomes(Mood::Willing));
    world.run(2 * MINUTE);

    assert!(world.is_fine());
    assert_eq!(world.counts().page_loads, 1);
}

#[test]
fn an_outage_ends_in_a_slate_where_the_operator_wants_that() {
    let mut settings = one_report();
    settings.recovery.when_offline = WhenOffline::Slate;
    let mut world = World::with(settings);
    world.happen(Happening::ServiceBecomes(Mood::Unreachable));
    world.run(58 * MINUTE);
    assert_eq!(world.slate(), None);
    world.run(2 * MINUTE);
    assert_eq!(world.slate(), Some(SlateKind::WaitingForNetwork));
    world.happen(Happening::ServiceBecomes(Mood::Willing));
    world.run(2 * MINUTE);
    assert!(world.is_fine());
}

#[test]
fn a_refused_report_leaves_the_screen_at_once_and_returns_when_it_may() {
    let mut world = World::with(one_report());
    world.happen(Happening::ServiceBecomes(Mood::Refusing));
    world.run(41 * MINUTE);

    assert_eq!(world.slate(), Some(SlateKind::Denied));
    assert_eq!(world.counts().forgets, 1);
    assert_eq!(world.status().phase, Phase::Denied);
    assert_eq!(world.status().token.state, TokenState::Denied);
    let fetches = world.counts().fetches;
    world.run(DAY);
    let tries = world.counts().fetches - fetches;
    assert!((90..140).contains(&tries), "{tries} tries in a day");
    world.happen(Happening::ServiceBecomes(Mood::Willing));
    world.run(16 * MINUTE);
    assert!(world.is_fine());
}

#[test]
fn a_refused_report_leaves_the_others_their_turns() {
    let mut world = World::with(playlist(&[report(1), report(2)]));
    world.happen(Happening::ServiceBecomes(Mood::Refusing));
    world.run(2 * HOUR);
    assert_eq!(world.slate(), Some(SlateKind::Denied));
    world.happen(Happening::ServiceBecomes(Mood::Willing));
    world.run(16 * MINUTE);
    assert!(world.is_fine());
}

#[test]
fn a_retry_after_is_honoured_to_the_second() {
    let mut world = World::with(one_report());
    world.happen(Happening::ServiceBecomes(Mood::Throttling(Some(
        5 * MINUTE,
    ))));
    world.run(40 * MINUTE);
    let fetches = world.counts().fetches;
    world.run(HOUR);
    let tries = world.counts().fetches - fetches;
    assert!((9..=12).contains(&tries), "{tries} tries in an hour");
    world.happen(Happening::ServiceBecomes(Mood::Willing));
    world.run(7 * MINUTE);
    assert!(world.is_fine());
}

#[test]
fn a_senseless_retry_after_does_not_silence_the_wall_for_a_day() {
    let mut world = World::with(one_report());
    world.happen(Happening::ServiceBecomes(Mood::Throttling(Some(100 * DAY))));
    world.run(41 * MINUTE);
    world.happen(Happening::ServiceBecomes(Mood::Willing));
    world.run(62 * MINUTE);
    assert!(world.is_fine());
}

#[test]
fn a_storm_of_throttling_is_answered_with_patience() {
    let mut world = World::with(one_report());
    world.happen(Happening::ServiceBecomes(Mood::Throttling(None)));
    world.run(41 * MINUTE);
    let fetches = world.counts().fetches;
    for _ in 0..600 {
        world.happen(Happening::ViewerTouches);
        world.run(SECOND);
    }
    assert!(
        world.counts().fetches - fetches <= 14,
        "{:?}",
        world.counts()
    );
}

#[test]
fn a_wall_that_boots_without_network_says_so_and_starts_as_soon_as_it_can() {
    let mut plan = Plan::quiet(one_report());
    plan.add(
        Duration::ZERO,
        Happening::NetworkBecomes(NetworkState::Offline),
    );
    let mut world = World::new(9, &plan);
    world.run(3 * HOUR);
    assert_eq!(world.slate(), Some(SlateKind::WaitingForNetwork));
    assert_eq!(world.status().phase, Phase::Waiting);
    world.happen(Happening::NetworkBecomes(NetworkState::Online));
    // One try may be on its way into the void.
    world.run(8 * SECOND);
    assert!(world.is_fine());
}

#[test]
fn a_captive_portal_is_an_outage() {
    let mut plan = Plan::quiet(one_report());
    plan.add(Duration::ZERO, Happening::ServiceBecomes(Mood::Garbling));
    let mut world = World::new(10, &plan);
    world.run(HOUR);
    assert_eq!(world.slate(), Some(SlateKind::WaitingForNetwork));
    world.happen(Happening::ServiceBecomes(Mood::Willing));
    world.run(2 * MINUTE);
    assert!(world.is_fine());
}

#[test]
fn an_impatient_operator_does_not_flood_the_source() {
    let mut world = World::with(one_report());
    let fetches = world.counts().fetches;
    for _ in 0..600 {
        world.happen(Happening::OperatorAsks(Ask::RefreshToken));
        world.run(SECOND / 5);
    }
    let tries = world.counts().fetches - fetches;
    assert!((10..=36).contains(&tries), "{tries} tries in two minutes");
    assert!(world.is_fine());
    assert_eq!(world.counts().page_loads, 1);
}

#[test]
fn a_hanging_source_is_asked_one_question_at_a_time() {
    let mut world = World::with(one_report());
    world.happen(Happening::ServiceBecomes(Mood::Hanging));
    world.run(39 * MINUTE);
    let fetches = world.counts().fetches;
    for _ in 0..1200 {
        world.happen(Happening::ViewerTouches);
        world.run(SECOND);
    }
    assert!(
        world.counts().fetches - fetches <= 32,
        "{:?}",
        world.counts()
    );
    assert_eq!(world.counts().dead_time, Duration::ZERO);
}

#[test]
fn tokens_that_arrive_dead_start_no_storm() {
    let mut world = World::with(one_report());
    world.happen(Happening::ServiceBecomes(Mood::Stillborn));
    world.service.longest_life = Duration::ZERO;
    world.run(41 * MINUTE);
    let fetches = world.counts().fetches;
    world.run(HOUR);
    let tries = world.counts().fetches - fetches;
    assert!((500..720).contains(&tries), "{tries} tries in an hour");
}

#[test]
fn an_unreadable_secret_does_not_blank_a_living_picture() {
    let mut world = World::with(one_report());
    world.happen(Happening::ServiceBecomes(Mood::Unprepared));
    world.run(55 * MINUTE);
    assert!(world.is_fine());
    world.run(10 * MINUTE);
    assert_eq!(world.slate(), Some(SlateKind::Denied));
    world.happen(Happening::ServiceBecomes(Mood::Willing));
    world.run(16 * MINUTE);
    assert!(world.is_fine());
}
