//! The happy path of every source, and how many questions it costs.

use std::time::Duration;

use everlit::{player::TokenFailure, settings::Source};
use everlit_standin::{API_HOST, Credential, ENTRA_HOST, REPORT_ID, WORKSPACE_ID};

use crate::lab::{Lab, is_from};

#[tokio::test]
async fn a_client_secret_gets_a_token_that_lives_an_hour() {
    let lab = Lab::new(Credential::Secret);
    let token = lab.fetch().await.unwrap();
    assert!(is_from(&token, &lab.standin));
    assert!(token.life <= Duration::from_secs(3601), "{:?}", token.life);
    assert!(token.life > Duration::from_secs(3590), "{:?}", token.life);
    let url = token.embed_url.as_str();
    assert!(url.starts_with("https://app.powerbi.com/reportEmbed?reportId="));
    assert!(url.contains("config="), "taken as it was given: {url}");
    assert_eq!(token.title.as_deref(), Some("Operations today"));
}

#[tokio::test]
async fn a_certificate_gets_a_token_too() {
    let lab = Lab::new(Credential::Certificate);
    let token = lab.fetch().await.unwrap();
    assert!(is_from(&token, &lab.standin));
}

#[tokio::test]
async fn a_token_service_gets_a_token_too() {
    let lab = Lab::new(Credential::TokenService);
    let token = lab.fetch().await.unwrap();
    assert!(is_from(&token, &lab.standin));
    assert!(token.embed_url.as_str().contains(REPORT_ID));
}

#[tokio::test]
async fn every_token_is_made_by_a_new_entra_token_and_the_report_is_asked_for_once() {
    let lab = Lab::new(Credential::Secret);
    for _ in 0..3 {
        lab.fetch().await.unwrap();
    }
    let counters = lab.standin.counters();
    assert_eq!((counters.entra_tokens, counters.embed_tokens), (3, 3));
    assert_eq!(counters.requests[ENTRA_HOST], 3);
    assert_eq!(counters.requests[API_HOST], 4);
}

#[tokio::test]
async fn a_refusal_makes_it_ask_for_the_report_again() {
    let lab = Lab::new(Credential::Secret);
    lab.fetch().await.unwrap();
    let refusal = everlit_standin::Refusal::entity_not_found();
    lab.standin.set_faults(|f| f.api_refusal = Some(refusal));
    lab.failure().await;
    lab.standin.set_faults(|f| f.api_refusal = None);
    lab.standin.reset_counters();
    lab.fetch().await.unwrap();
    assert_eq!(lab.standin.counters().requests[API_HOST], 2);
}

#[tokio::test]
async fn a_short_life_is_told_as_it_is() {
    let lab = Lab::new(Credential::Secret);
    lab.standin.set_faults(|f| f.token_life_s = 6.0);
    let life = lab.fetch().await.unwrap().life;
    let (shortest, longest) = (Duration::from_secs(3), Duration::from_secs(7));
    assert!((shortest..=longest).contains(&life), "{life:?}");
}

#[tokio::test]
async fn without_a_source_the_settings_are_to_blame() {
    let mut lab = Lab::new(Credential::Secret);
    lab.settings.source = None;
    let TokenFailure::Unprepared { remedy, .. } = lab.failure().await else {
        panic!("another failure")
    };
    assert!(remedy.contains("[powerbi]"), "{remedy}");
}

#[tokio::test]
async fn a_report_on_a_host_that_is_not_allowed_is_not_shown() {
    let mut lab = Lab::new(Credential::Secret);
    lab.fetch().await.unwrap();
    // What is remembered about the report is checked against the settings as well.
    for _ in 0..2 {
        lab.principal_mut().endpoints.embed_hosts = vec!["app.powerbi.cn".into()];
        let TokenFailure::Unprepared { reason, remedy } = lab.failure().await else {
            panic!("another failure")
        };
        assert!(reason.contains("app.powerbi.com"), "{reason}");
        assert!(remedy.contains("embed_hosts"), "{remedy}");
    }
}

#[tokio::test]
async fn a_token_service_that_names_no_address_gets_the_usual_one() {
    let body = r#"{"token": "t", "expiration": "2031-05-06T08:08:09Z"}"#;
    let service = crate::canned::Canned::serve(vec![crate::canned::json(body)]);
    let mut lab = Lab::new(Credential::TokenService);
    let Some(Source::TokenService(settings)) = &mut lab.settings.source else {
        panic!("the source is a token service")
    };
    settings.url = service.url("/token");
    let token = lab.fetch().await.unwrap();
    let usual =
        format!("https://app.powerbi.com/reportEmbed?reportId={REPORT_ID}&groupId={WORKSPACE_ID}");
    assert_eq!(token.embed_url.as_str(), usual);
}
