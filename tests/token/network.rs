//! A network in trouble is told apart from a service that refuses.

use everlit::{player::TokenFailure, settings::Source};
use everlit_standin::{Credential, Network, Trouble};

use crate::{
    canned::{self, Canned},
    lab::{Lab, fetcher},
};

#[tokio::test]
async fn a_captive_portal_is_called_so() {
    let lab = Lab::new(Credential::Secret);
    lab.standin.set_faults(|f| f.entra = Trouble::Garbage);
    let (host, reason) = nonsense(lab.failure().await);
    assert_eq!(host, "login.microsoftonline.com");
    assert!(reason.contains("captive portal"), "{reason}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let to = "location: https://hotel.example/login\r\n";
    let lab = lab_with(canned::answer("302 Found", to, ""));
    let (_, reason) = nonsense(lab.failure().await);
    assert!(reason.contains("a redirect to hotel.example"), "{reason}");
}

#[tokio::test]
async fn an_answer_without_end_is_cut_off() {
    let huge = format!("{{\"token\": \"{}\"}}", "x".repeat(2 * 1024 * 1024));
    let lab = lab_with(canned::json(&huge));
    assert_eq!(nonsense(lab.failure().await).1, "more than 1 MB");
}

#[tokio::test]
async fn an_answer_that_breaks_off_counts_as_unreachable() {
    let half = canned::json("{\"token\": \"abc\"}").replace("h: 16", "h: 99");
    let lab = lab_with(half);
    let (host, _) = unreachable(lab.failure().await);
    assert_eq!(host, "127.0.0.1");
}

#[tokio::test]
async fn a_service_that_hangs_is_unreachable_after_the_limit() {
    let lab = Lab::new(Credential::Secret);
    lab.standin.set_faults(|f| f.entra = Trouble::Hang);
    let (host, reason) = unreachable(lab.failure().await);
    assert_eq!(host, "login.microsoftonline.com");
    assert_eq!(reason, "no answer in time");
}

#[tokio::test]
async fn a_network_that_is_down_is_unreachable_and_comes_back() {
    let lab = Lab::new(Credential::Secret);
    lab.fetch().await.unwrap();
    lab.standin.set_faults(|f| f.network = Network::Down);
    unreachable(lab.failure().await);
    lab.standin.set_faults(|f| f.network = Network::Up);
    lab.fetch().await.unwrap();
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_is_explained_with_the_setting() {
    let mut lab = Lab::new(Credential::Secret);
    let another = lab.standin.client_certificate_path();
    lab.settings.network.trusted_certificates = vec![another];
    lab.fetcher = fetcher(&lab.settings);
    let (_, reason) = unreachable(lab.failure().await);
    assert!(reason.contains("network.trusted_certificates"), "{reason}");
}

#[tokio::test]
async fn a_proxy_that_does_not_connect_is_named() {
    let mut lab = Lab::new(Credential::Secret);
    let elsewhere = "https://login.elsewhere.example".parse().unwrap();
    lab.principal_mut().endpoints.authority = elsewhere;
    let (host, reason) = unreachable(lab.failure().await);
    assert_eq!(host, "login.elsewhere.example");
    assert!(reason.contains("network.proxy"), "{reason}");
}

#[tokio::test]
async fn a_proxy_that_is_not_there_refuses_the_connection() {
    let mut lab = Lab::new(Credential::Secret);
    // A port that was free a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    lab.settings.network.proxy = Some(format!("http://{address}").parse().unwrap());
    lab.fetcher = fetcher(&lab.settings);
    assert_eq!(unreachable(lab.failure().await).1, "connection refused");
}

#[tokio::test]
async fn a_service_on_this_machine_is_asked_past_the_proxy() {
    let body = r#"{"token": "t", "expiration": "2031-05-06T08:08:09Z"}"#;
    // The stand-in's proxy would refuse this address.
    let lab = lab_with(canned::json(body));
    lab.fetch().await.unwrap();
    assert!(lab.standin.counters().refused_hosts.is_empty());
}

/// A lab whose token service gives one prepared answer.
fn lab_with(answer: String) -> Lab {
    let mut lab = Lab::new(Credential::TokenService);
    let Some(Source::TokenService(service)) = &mut lab.settings.source else {
        panic!("the source is a token service")
    };
    service.url = Canned::serve(vec![answer]).url("/token");
    lab
}

fn nonsense(failure: TokenFailure) -> (String, String) {
    let TokenFailure::Nonsense { host, reason } = failure else {
        panic!("{failure:?}")
    };
    (host, reason)
}

fn unreachable(failure: TokenFailure) -> (String, String) {
    let TokenFailure::Unreachable { host, reason } = failure else {
        panic!("{failure:?}")
    };
    (host, reason)
}
