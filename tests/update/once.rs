//! One update, asked for by an operator.

use super::*;

#[tokio::test]
async fn a_newer_bundle_is_installed_and_the_device_restarts_into_it() {
    let bench = Bench::new();
    assert_eq!(bench.ask().await.unwrap(), installed("1.1"));
    assert_eq!(bench.log(), ["install", "reboot"]);
    assert!(bench.has_installed(&bundle("1.1")));
    assert!(!bench.left_behind());
    let mode = fs::metadata(bench.folder()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[tokio::test]
async fn without_a_restart_it_waits_for_the_next_start() {
    let bench = Bench::new();
    let mut updater = bench.updater();
    updater.restart = Restart::Later;
    let wish = Wish::From(bench.server.url());
    assert_eq!(updater.update(&wish).await.unwrap(), installed("1.1"));
    assert_eq!(bench.log(), ["install"]);
    // It is not installed again, but the restart is made up for.
    assert_eq!(bench.ask().await.unwrap(), installed("1.1"));
    assert_eq!(bench.log(), ["install", "reboot"]);
}

#[tokio::test]
async fn the_running_version_is_left_alone_and_asked_for_only_if_it_changed() {
    let bench = Bench::new();
    bench.runs("1.1", "first boot");
    assert_eq!(bench.ask().await.unwrap(), Done::Current);
    bench.server.asked();
    assert_eq!(bench.ask().await.unwrap(), Done::Current);
    let [asked] = &bench.server.asked()[..] else {
        panic!("it asks once")
    };
    assert!(asked.contains("if-none-match: \"one\""), "{asked}");
    bench.server.publish(bundle("1.2"), "two");
    assert_eq!(bench.ask().await.unwrap(), installed("1.2"));
    assert_eq!(bench.log(), ["install", "reboot"]);
}

#[tokio::test]
async fn a_file_is_installed_and_stays_where_it_is() {
    let bench = Bench::new();
    let file = bench.path("brought.raucb");
    fs::write(&file, bundle("1.2")).unwrap();
    let done = bench.updater().update(&Wish::File(file.clone())).await;
    assert_eq!(done.unwrap(), installed("1.2"));
    assert!(bench.has_installed(&bundle("1.2")));
    assert!(file.exists());
    assert!(bench.server.asked().is_empty());
}

#[tokio::test]
async fn a_bundle_that_is_not_signed_for_this_device_is_refused_and_gone() {
    let bench = Bench::new();
    bench.server.publish(b"tampered with".to_vec(), "bad");
    let failure = bench.ask().await.unwrap_err();
    assert!(matches!(failure, Failure::BadBundle(_)), "{failure}");
    assert!(
        failure
            .to_string()
            .contains("signature verification failed"),
        "{failure}"
    );
    assert!(bench.log().is_empty());
    assert!(!bench.left_behind());
}

#[tokio::test]
async fn what_rauc_cannot_install_is_told_in_its_words_and_may_be_tried_again() {
    let bench = Bench::new();
    fs::write(bench.path("broken"), "").unwrap();
    let failure = bench.ask().await.unwrap_err();
    assert!(
        failure.to_string().contains("no space in the slot"),
        "{failure}"
    );
    assert!(bench.log().is_empty() && !bench.left_behind());
    fs::remove_file(bench.path("broken")).unwrap();
    assert_eq!(bench.ask().await.unwrap(), installed("1.1"));
}

#[tokio::test]
async fn each_refusal_of_the_server_has_its_remedy_and_no_key_is_repeated() {
    let bench = Bench::new();
    for (status, remedy) in [
        ("404 Not Found", "correct update.url"),
        ("302 Found", "write the address that it leads to"),
        ("403 Forbidden", "let everybody fetch the bundle"),
        ("503 Service Unavailable", "it is asked again"),
    ] {
        bench.server.with(|server| server.status = Some(status));
        let failure = bench.ask().await.unwrap_err().to_string();
        assert!(failure.contains(remedy), "{failure}");
        assert!(
            failure.contains(&status[..3]) && !failure.contains("s3cret"),
            "{failure}"
        );
    }
    assert!(bench.log().is_empty());
}

#[tokio::test]
async fn a_bundle_for_which_there_is_no_room_is_not_begun() {
    let bench = Bench::new();
    bench.server.with(|server| server.length = Some(1 << 50));
    let failure = bench.ask().await.unwrap_err();
    assert!(matches!(failure, Failure::NoRoom { .. }), "{failure}");
    assert!(failure.to_string().contains("make room"), "{failure}");
}

#[tokio::test]
async fn a_device_without_rauc_is_told_of_apt() {
    let bench = Bench::new();
    fs::remove_file(bench.path("rauc")).unwrap();
    let failure = bench.ask().await.unwrap_err();
    assert!(failure.to_string().contains("updated by apt"), "{failure}");
    assert!(bench.server.asked().is_empty());
}

#[tokio::test]
async fn two_at_once_do_not_meet() {
    let bench = Bench::new();
    fs::create_dir(bench.folder()).unwrap();
    let lock = fs::File::create(bench.folder().join("lock")).unwrap();
    lock.lock().unwrap();
    assert!(matches!(bench.ask().await, Err(Failure::Busy)));
    drop(lock);
    assert_eq!(bench.ask().await.unwrap(), installed("1.1"));
}

#[tokio::test]
async fn a_restart_that_fails_is_told() {
    let bench = Bench::new();
    make_program(&bench.path("boot-slot"), "#!/bin/sh\necho no >&2\nexit 1\n");
    let failure = bench.ask().await.unwrap_err();
    assert!(matches!(failure, Failure::NotRestarted { .. }), "{failure}");
}
