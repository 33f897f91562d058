//! What the player counts for those who watch many walls: failures by cause, times to recover.

use std::time::Duration;

use everlit::player::*;

use crate::{denied, mins, report, settings, unreachable, wall::Wall};

#[test]
fn each_failed_fetch_counts_once_and_by_its_cause() {
    let mut wall = Wall::starting(&[report("sales")]);
    let unprepared = TokenFailure::Unprepared {
        reason: "no secret".into(),
        remedy: "put it there".into(),
    };
    let throttled = TokenFailure::Throttled { retry_after: None };
    for failure in [
        unreachable(),
        unprepared,
        throttled,
        denied(),
        unreachable(),
    ] {
        fail_when_asked(&mut wall, failure);
    }
    // A token that is dead on arrival is nonsense.
    wall.token_when_asked(Duration::ZERO);
    let counted = Failures {
        denied: 1,
        unprepared: 1,
        throttled: 1,
        unreachable: 2,
        nonsense: 1,
    };
    assert_eq!(wall.status().token.failures, counted);
    assert_eq!(counted.total(), 6);
    wall.token_when_asked(mins(60));
    assert_eq!(wall.status().token.failures, counted);
}

#[test]
fn an_answer_that_nobody_waits_for_is_no_failure() {
    let mut wall = Wall::starting(&[report("sales")]);
    let failure = unreachable();
    let request = RequestId(4711);
    wall.tell(Event::TokenFetchFailed { request, failure });
    // Asked with settings that no longer run.
    let mut changed = settings(&[report("sales")]);
    changed.token.refresh_every = mins(7);
    changed.source = None;
    changed.playlist = vec![report("other")];
    wall.load_settings(changed);
    assert_eq!(wall.status().token.failures, Failures::default());
}

#[test]
fn the_time_of_each_recovery_lands_in_its_bucket() {
    let mut wall = Wall::showing(&[report("sales")]);
    for took in [Duration::from_millis(400), Duration::from_millis(1_500)] {
        wall.pass(mins(15));
        wall.sign(Sign::Sdk);
        wall.pass(took);
        wall.token(mins(60));
        wall.answer(Outcome::Done);
        wall.rendered();
        assert_eq!(wall.phase(), Phase::Showing);
    }
    let times = wall.status().recovery_times;
    assert_eq!(filled(&times), [(0.5, 1), (2.0, 1)]);
    assert_eq!(times.count(), 2);
    assert_eq!(times.sum, Duration::from_millis(1_900));
}

#[test]
fn an_outage_longer_than_the_last_bucket_is_counted_all_the_same() {
    let mut wall = Wall::showing(&[report("sales")]);
    wall.until_minute_without_source(115);
    let times = wall.status().recovery_times;
    assert_eq!(times.count(), 0, "it is not over");
    if wall.fetch.is_none() {
        wall.pass(Duration::from_secs(6));
    }
    wall.token(mins(60));
    wall.answer(Outcome::Done);
    wall.rendered();
    let times = wall.status().recovery_times;
    assert_eq!((filled(&times).len(), times.count()), (0, 1));
    assert!(times.sum > mins(60) && times.sum < mins(80), "{times:?}");
}

#[test]
fn a_healthy_day_fills_no_bucket() {
    let mut wall = Wall::showing(&[report("sales")]);
    for _ in 0..24 * 60 {
        wall.pass(mins(1));
        if wall.fetch.is_some() {
            wall.token(mins(60));
            wall.answer(Outcome::Done);
        }
    }
    let status = wall.status();
    assert_eq!(status.recovery_times, RecoveryTimes::default());
    assert_eq!(status.token.failures, Failures::default());
    assert!(status.token.refreshes > 30);
}

/// The buckets with something in them.
fn filled(times: &RecoveryTimes) -> Vec<(f64, u64)> {
    times.buckets().filter(|(_, count)| *count > 0).collect()
}

fn fail_when_asked(wall: &mut Wall, failure: TokenFailure) {
    while wall.fetch.is_none() {
        wall.pass(Duration::from_secs(1));
    }
    wall.no_token(failure);
}
