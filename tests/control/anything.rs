//! Any request to the settings: never a fault of ours, and never a bad settings file.

use axum::{
    body::Body,
    http::{HeaderName, Method, Request, StatusCode},
};
use everlit::{
    portal::{Caller, router},
    settings::check,
    store,
};
use proptest::{prelude::*, sample::select, strategy::ValueTree as _, test_runner::TestRunner};
use tower::ServiceExt as _;

use super::*;

const BODIES: [&str; 5] = [
    "",
    GOOD,
    "[token]\nrefresh_every = '1 h'\n",
    "[tokne]\n",
    "\u{feff}[player]\r\nname = 'hall'",
];

#[tokio::test]
async fn no_request_to_the_settings_fails_or_leaves_a_bad_file() {
    let dir = TempDir::new().unwrap();
    let (_, settings_path) = paths(dir.path());
    let (control, _strings) = control(SettingsFile::new(
        settings_path.clone(),
        History::open(&dir.path().join("state")),
    ));
    let who = "nobody".to_owned();
    let how = store::How::Socket;
    let router = router(control).layer(axum::Extension(Caller { who, how }));
    let mut runner = TestRunner::deterministic();
    let mut written = 0;
    for _ in 0..500 {
        let request = request().new_tree(&mut runner).unwrap().current();
        let told = format!("{request:?}");
        fs::write(&settings_path, GOOD).unwrap();
        let answer = router.clone().oneshot(spelled(request)).await.unwrap();
        assert!(!answer.status().is_server_error(), "{told}: {answer:?}");
        let text = fs::read_to_string(&settings_path).unwrap();
        if answer.status() == StatusCode::NO_CONTENT {
            written += 1;
            check(&text, &settings_path).unwrap_or_else(|problems| panic!("{told}: {problems}"));
        } else {
            assert_eq!(text, GOOD, "{told}: {answer:?}");
        }
    }
    assert!(
        written > 20,
        "only {written} of the requests were good ones"
    );
}

/// Method, headers and body.
type Anything = (String, Vec<(&'static str, Vec<u8>)>, Vec<u8>);

fn request() -> impl Strategy<Value = Anything> {
    let methods = [
        "PUT", "PUT", "PUT", "GET", "HEAD", "POST", "PATCH", "OPTIONS", "BREW",
    ];
    let names = [
        "if-match",
        "if-none-match",
        "content-type",
        "content-length",
        "expect",
        "host",
    ];
    let values = prop_oneof![
        Just(b"*".to_vec()),
        Just(format!("\"x\", {:?}", store::revision(GOOD)).into_bytes()),
        prop::collection::vec((b' '..=b'~').prop_union(128..=255), 0..20),
    ];
    let bodies = prop_oneof![
        2 => select(&BODIES[..]).prop_map(|body| body.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..200),
    ];
    let headers = prop::collection::vec((select(names.to_vec()), values), 0..3);
    (
        select(methods.to_vec()).prop_map(str::to_owned),
        headers,
        bodies,
    )
}

fn spelled((method, headers, body): Anything) -> Request<Body> {
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    let mut request = Request::builder().method(method).uri("/api/v1/settings");
    for (name, value) in headers {
        request = request.header(HeaderName::from_static(name), value);
    }
    request.body(Body::from(body)).unwrap()
}
