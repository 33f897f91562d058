//! Stories of walls on which nothing goes wrong: the token is swapped, the picture stays.

use std::{sync::Arc, time::Duration};

use everlit::{
    player::{Ask, Phase, SettingsState},
    settings::Settings,
};

use crate::{
    faults::{Happening, Plan},
    settings::{DAY, HOUR, MINUTE, one_report, playlist, report, web_page},
    world::World,
};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_month_without_a_dead_token_on_screen() {
    let mut world = World::with(one_report());
    world.run(30 * DAY);

    let counts = world.counts();
    assert_eq!(counts.dead_time, Duration::ZERO);
    assert_eq!(
        (counts.page_loads, counts.report_reloads, counts.embeds),
        (1, 0, 0)
    );
    assert!((1080..=1140).contains(&counts.swaps), "{counts:?}");
    assert!(counts.dark_time < 5 * SECOND, "{counts:?}");
    assert!(counts.feeds >= 30 * 24 * 60, "{counts:?}");
    assert_eq!(world.status().token.refreshes, counts.swaps);
}

#[test]
fn ten_second_tokens_are_swapped_in_time_and_nothing_is_reloaded() {
    let mut plan = Plan::quiet(one_report());
    (plan.shortest_life, plan.longest_life) = (10 * SECOND, 10 * SECOND);
    plan.poll_every = SECOND;
    let mut world = World::new(7, &plan);
    world.run(6 * HOUR);

    let counts = world.counts();
    assert_eq!((counts.dead_time, counts.signs), (Duration::ZERO, 0));
    assert_eq!(
        (counts.page_loads, counts.report_reloads, counts.embeds),
        (1, 0, 0)
    );
}

#[test]
fn ten_thousand_refreshes_leave_nothing_behind() {
    let mut settings = one_report();
    settings.token.refresh_every = MINUTE;
    let mut world = World::with(settings);
    world.run(HOUR);
    let (before, swaps) = (world.player_text().len(), world.counts().swaps);
    world.run(7 * DAY);

    let swaps = world.counts().swaps - swaps;
    assert!(swaps >= 10_000, "{swaps}");
    // All that it keeps is in the text; the numbers in it become longer.
    let grown = world.player_text().len().saturating_sub(before);
    assert!(grown < 100, "{grown} letters: {}", world.player_text());
}

#[test]
fn an_interval_longer_than_the_token_gives_way_to_the_margin() {
    let mut settings = one_report();
    settings.token.refresh_every = DAY;
    let mut plan = Plan::quiet(settings);
    plan.longest_life = 90 * MINUTE;
    let mut world = World::new(8, &plan);
    world.run(7 * DAY);

    let counts = world.counts();
    assert_eq!((counts.dead_time, counts.page_loads), (Duration::ZERO, 1));
    // Between 50 and 80 minutes apart, and 5 % of jitter.
    assert!((126..=213).contains(&counts.swaps), "{counts:?}");
}

#[test]
fn a_new_interval_moves_the_refresh_and_leaves_the_picture() {
    let mut world = World::with(one_report());
    let mut settings = one_report();
    settings.token.refresh_every = 2 * MINUTE;
    world.happen(becoming(settings));

    let next = world.status().token.next_refresh_in;
    assert!(next.is_some_and(|next| next <= 2 * MINUTE), "{next:?}");
    world.run(20 * MINUTE);
    let counts = world.counts();
    assert!((10..=12).contains(&counts.swaps), "{counts:?}");
    assert_eq!((counts.page_loads, counts.dead_time), (1, Duration::ZERO));
}

#[test]
fn an_interval_that_is_over_already_refreshes_at_once() {
    let mut world = World::with(one_report());
    world.run(20 * MINUTE);
    let mut settings = one_report();
    settings.token.refresh_every = 10 * MINUTE;
    world.happen(becoming(settings));
    world.run(3 * SECOND);

    assert_eq!((world.counts().swaps, world.counts().page_loads), (1, 1));
}

#[test]
fn bad_settings_change_nothing_but_the_status() {
    let mut world = World::with(one_report());
    world.happen(Happening::SettingsBreak);

    let status = world.status();
    assert_eq!(status.settings.state, SettingsState::Rejected);
    assert_eq!(status.settings.problems.len(), 1);
    assert_eq!(status.settings.revision.as_deref(), Some("r1"));
    world.run(DAY);
    assert_eq!(world.counts().page_loads, 1);
    assert_eq!(world.status().phase, Phase::Showing);
}

#[test]
fn the_same_settings_again_do_nothing() {
    let mut world = World::with(one_report());
    let fetches = world.counts().fetches;
    for _ in 0..20 {
        world.happen(becoming(one_report()));
        world.run(10 * SECOND);
    }
    let counts = world.counts();
    assert_eq!((counts.fetches, counts.page_loads), (fetches, 1));
    assert_eq!(world.status().settings.state, SettingsState::Applied);
}

#[test]
fn a_touch_refreshes_an_old_token_once() {
    let mut world = World::with(one_report());
    world.run(5 * MINUTE);
    for _ in 0..50 {
        world.happen(Happening::ViewerTouches);
        world.run(SECOND);
    }
    assert_eq!((world.counts().swaps, world.counts().page_loads), (1, 1));
}

#[test]
fn a_touch_refreshes_nothing_when_the_operator_does_not_want_it() {
    let mut settings = one_report();
    settings.token.refresh_on_interaction = false;
    let mut world = World::with(settings);
    world.run(5 * MINUTE);
    world.happen(Happening::ViewerTouches);
    world.run(MINUTE);
    assert_eq!(world.counts().swaps, 0);
}

#[test]
fn an_operator_gets_a_new_token_without_a_reload() {
    let mut world = World::with(one_report());
    world.happen(Happening::OperatorAsks(Ask::RefreshToken));
    world.run(3 * SECOND);
    assert_eq!((world.counts().swaps, world.counts().page_loads), (1, 1));
}

#[test]
fn steps_of_the_wall_clock_change_nothing() {
    let mut calm = World::with(one_report());
    let mut stepping = World::with(one_report());
    for _ in 0..24 {
        calm.run(HOUR);
        stepping.run(HOUR);
        stepping.happen(Happening::ClockSteps);
    }
    assert_eq!(stepping.counts().fetches, calm.counts().fetches);
    assert_eq!(stepping.counts().page_loads, 1);
}

#[test]
fn two_reports_take_turns_with_living_tokens() {
    let mut world = World::with(playlist(&[report(1), report(2)]));
    world.run(2 * DAY);

    let counts = world.counts();
    assert_eq!(counts.dead_time, Duration::ZERO);
    // Each turn is five minutes and a load.
    assert!((560..=577).contains(&counts.page_loads), "{counts:?}");
    assert_eq!((counts.report_reloads, counts.embeds), (0, 0));
}

#[test]
fn a_web_page_needs_no_token() {
    let mut settings = playlist(&[web_page(1)]);
    settings.source = None;
    let mut world = World::with(settings);
    world.run(DAY);
    assert_eq!((world.counts().fetches, world.counts().page_loads), (0, 1));
    assert!(world.is_fine());
}

#[test]
fn another_report_is_shown_at_once_and_with_its_own_token() {
    let mut world = World::with(one_report());
    world.happen(becoming(playlist(&[report(2)])));
    world.run(5 * SECOND);
    assert!(world.is_fine());
    assert_eq!(world.counts().page_loads, 2);
}

fn becoming(settings: Settings) -> Happening {
    Happening::SettingsBecome(Arc::new(settings))
}
