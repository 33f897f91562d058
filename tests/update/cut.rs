//! Downloads that are cut off, and go on.

use super::*;

#[tokio::test]
async fn a_download_that_was_cut_goes_on_where_it_was() {
    let bench = Bench::new();
    bench.server.with(|server| server.cut_after = Some(300_000));
    for _ in 0..3 {
        let failure = bench.ask().await.unwrap_err();
        assert!(matches!(failure, Failure::Unreachable { .. }), "{failure}");
    }
    bench.server.with(|server| server.cut_after = None);
    assert_eq!(bench.ask().await.unwrap(), installed("1.1"));
    assert!(bench.has_installed(&bundle("1.1")));
    let asked = bench.server.asked();
    assert!(!asked[0].contains("range"), "{}", asked[0]);
    for (request, from) in asked[1..].iter().zip(["300000", "600000", "900000"]) {
        assert!(
            request.contains(&format!("\nrange: bytes={from}-\n")),
            "{request}"
        );
        assert!(request.contains("\nif-range: \"one\"\n"), "{request}");
    }
}

#[tokio::test]
async fn another_bundle_meanwhile_is_fetched_from_its_beginning() {
    let bench = Bench::new();
    bench.server.with(|server| server.cut_after = Some(300_000));
    bench.ask().await.unwrap_err();
    bench.server.publish(bundle("1.2"), "two");
    bench.server.with(|server| server.cut_after = None);
    assert_eq!(bench.ask().await.unwrap(), installed("1.2"));
    assert!(bench.has_installed(&bundle("1.2")));
}

#[tokio::test]
async fn without_a_name_for_its_state_a_download_begins_anew() {
    let bench = Bench::new();
    for etag in [None, Some("W/\"weak\"".to_owned())] {
        bench.server.with(|server| {
            server.etag = etag;
            server.cut_after = Some(300_000);
        });
        bench.ask().await.unwrap_err();
        bench.server.asked();
        bench.ask().await.unwrap_err();
        let asked = bench.server.asked();
        assert!(!asked[0].contains("range"), "{}", asked[0]);
    }
}

#[tokio::test]
async fn a_rest_that_does_not_fit_is_not_put_together() {
    let bench = Bench::new();
    bench.server.with(|server| server.cut_after = Some(300_000));
    bench.ask().await.unwrap_err();
    bench.server.with(|server| {
        server.cut_after = None;
        server.rest_from = Some(100_000);
    });
    let failure = bench.ask().await.unwrap_err();
    assert!(failure.to_string().contains("does not fit"), "{failure}");
    bench.server.with(|server| server.rest_from = None);
    assert_eq!(bench.ask().await.unwrap(), installed("1.1"));
    assert!(bench.has_installed(&bundle("1.1")));
}

#[tokio::test]
async fn a_length_that_is_not_kept_is_a_cut() {
    let bench = Bench::new();
    bench.server.with(|server| server.length = Some(1_500_000));
    let failure = bench.ask().await.unwrap_err();
    assert!(matches!(failure, Failure::Unreachable { .. }), "{failure}");
    assert!(bench.log().is_empty());
}

#[tokio::test]
async fn a_file_that_somebody_cut_or_removed_is_fetched_anew() {
    for length in [Some(1000), Some(0), None] {
        let bench = Bench::new();
        bench.server.with(|server| server.cut_after = Some(300_000));
        bench.ask().await.unwrap_err();
        let file = bench.folder().join("bundle.raucb");
        match length {
            Some(length) => fs::OpenOptions::new()
                .write(true)
                .open(file)
                .unwrap()
                .set_len(length)
                .unwrap(),
            None => fs::remove_file(file).unwrap(),
        }
        bench.server.with(|server| server.cut_after = None);
        assert_eq!(bench.ask().await.unwrap(), installed("1.1"), "{length:?}");
        assert!(bench.has_installed(&bundle("1.1")), "{length:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_away_is_named_and_asked_again() {
    let bench = Bench::new();
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let url: Url = format!("http://{port}/x?key=s3cret").parse().unwrap();
    let failure = bench.updater().update(&Wish::From(url)).await.unwrap_err();
    assert!(matches!(failure, Failure::Unreachable { .. }), "{failure}");
    assert!(!failure.to_string().contains("s3cret"), "{failure}");
}
