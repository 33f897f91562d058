//! What the timer does, night after night.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use super::{lines::Lines, *};

#[tokio::test]
async fn it_looks_once_a_night_and_only_at_night() {
    let bench = Bench::new();
    bench.runs("1.1", "first boot");
    assert_eq!(bench.scheduled().await.unwrap().unwrap(), Done::Current);
    for _ in 0..23 {
        bench.hours_later(1);
        assert!(bench.scheduled().await.is_none());
    }
    bench.hours_later(1);
    assert_eq!(bench.scheduled().await.unwrap().unwrap(), Done::Current);
    assert_eq!(bench.server.asked().len(), 2);
}

#[tokio::test]
async fn a_bundle_that_falls_back_is_tried_on_three_nights_and_then_left() {
    let bench = Bench::new();
    let mut outcomes = Vec::new();
    for night in 0..6 {
        // The picture did not come, and the device started from the old slot.
        bench.runs("1.0", &format!("boot {night}"));
        outcomes.push(bench.scheduled().await.unwrap().unwrap());
        bench.hours_later(24);
    }
    assert_eq!(
        outcomes[..3],
        [installed("1.1"), installed("1.1"), installed("1.1")]
    );
    for outcome in &outcomes[3..] {
        let Done::Left(words) = outcome else {
            panic!("{outcome:?}")
        };
        assert!(words.contains("the device came back with 1.0"), "{words}");
    }
    assert_eq!(bench.log().len(), 6, "three times installed and restarted");
    bench.server.publish(bundle("1.2"), "two");
    assert_eq!(bench.scheduled().await.unwrap().unwrap(), installed("1.2"));
}

#[tokio::test]
async fn an_operator_may_insist_on_a_bundle_that_fell_back() {
    let bench = Bench::new();
    bench.scheduled().await.unwrap().unwrap();
    bench.runs("1.0", "second boot");
    assert_eq!(bench.ask().await.unwrap(), installed("1.1"));
}

#[tokio::test]
async fn a_bundle_that_stayed_is_current_from_then_on() {
    let bench = Bench::new();
    bench.scheduled().await.unwrap().unwrap();
    bench.runs("1.1", "second boot");
    bench.hours_later(24);
    assert_eq!(bench.scheduled().await.unwrap().unwrap(), Done::Current);
    assert_eq!(bench.log(), ["install", "reboot"]);
}

#[tokio::test]
async fn a_refused_bundle_is_not_fetched_each_night() {
    let bench = Bench::new();
    bench.server.publish(b"tampered with".to_vec(), "bad");
    for _ in 0..3 {
        bench.scheduled().await.unwrap().unwrap_err();
        bench.hours_later(24);
    }
    bench.server.asked();
    for _ in 0..3 {
        let outcome = bench.scheduled().await.unwrap().unwrap();
        assert!(matches!(outcome, Done::Left(_)), "{outcome:?}");
        bench.hours_later(24);
    }
    let asked = bench.server.asked();
    assert!(
        asked
            .iter()
            .all(|request| request.contains("if-none-match: \"bad\""))
    );
}

#[tokio::test]
async fn a_bundle_that_comes_too_late_is_installed_in_the_next_window_without_fetching_it_again() {
    let mut bench = Bench::new();
    let is_late = Arc::new(AtomicBool::new(false));
    let slow = Arc::clone(&is_late);
    bench.server.with(|server| {
        server.meanwhile = Some(Box::new(move || slow.store(true, Ordering::Relaxed)));
    });
    let (begin, now) = (bench.now.get(), Rc::clone(&bench.now));
    let mut updater = bench.updater();
    updater.now = Box::new(move || {
        let hours = if is_late.load(Ordering::Relaxed) {
            3
        } else {
            0
        };
        moment(now.get() + SignedDuration::from_hours(hours))
    });
    let wish = Wish::Scheduled(bench.settings());
    assert_eq!(updater.update(&wish).await.unwrap(), Done::Fetched);
    assert!(bench.log().is_empty());
    bench.server.with(|server| server.meanwhile = None);
    bench.now = Rc::new(Cell::new(begin));
    bench.hours_later(24);
    bench.server.asked();
    assert_eq!(bench.scheduled().await.unwrap().unwrap(), installed("1.1"));
    assert!(bench.has_installed(&bundle("1.1")));
    assert!(bench.server.asked()[0].contains("if-none-match"));
}

#[tokio::test]
async fn a_cut_download_goes_on_with_the_next_run_of_the_timer() {
    let bench = Bench::new();
    bench.server.with(|server| server.cut_after = Some(300_000));
    bench.scheduled().await.unwrap().unwrap_err();
    bench
        .now
        .set(bench.now.get() + SignedDuration::from_mins(15));
    bench.server.with(|server| server.cut_after = None);
    assert_eq!(bench.scheduled().await.unwrap().unwrap(), installed("1.1"));
}

#[tokio::test]
async fn a_trouble_is_told_once_and_its_end_too() {
    let lines = Lines::listen();
    let bench = Bench::new();
    bench.runs("1.1", "first boot");
    bench
        .server
        .with(|server| server.status = Some("404 Not Found"));
    for _ in 0..5 {
        bench.scheduled().await.unwrap().unwrap_err();
        bench
            .now
            .set(bench.now.get() + SignedDuration::from_mins(15));
    }
    bench.server.with(|server| server.status = None);
    bench.scheduled().await.unwrap().unwrap();
    let [warning] = &lines.of("WARN")[..] else {
        panic!("one warning: {:?}", lines.of("WARN"))
    };
    assert!(warning.contains("correct update.url"), "{warning}");
    let recovered = lines
        .of("INFO")
        .into_iter()
        .filter(|line| line.contains("recovered"));
    assert_eq!(recovered.count(), 1);
}
