//! Trouble by host, the report page's faults, the proxy, and the admin endpoint.

use std::time::Duration;

use everlit_standin::*;
use reqwest::{Client, StatusCode};
use serde_json::json;

use crate::caller::{Caller, json_of};

#[tokio::test]
async fn every_host_can_be_in_every_trouble() {
    let caller = Caller::new(|_| {});
    let url = |host: &str| format!("https://{host}/");
    for (host, path, set) in [
        (
            ENTRA_HOST,
            "t/oauth2/v2.0/token",
            (|f, t| f.entra = t) as fn(&mut Faults, Trouble),
        ),
        (API_HOST, "v1.0/myorg/GenerateToken", |f, t| f.api = t),
        (DATA_HOST, "explore/querydata", |f, t| f.data = t),
        (TOKEN_SERVICE_HOST, "token", |f, t| f.token_service = t),
    ] {
        let post = async || caller.client.post(url(host) + path).send().await.unwrap();
        caller
            .standin
            .set_faults(|f| set(f, Trouble::Throttle { retry_after_s: 7 }));
        assert_eq!(post().await.headers()["retry-after"], "7", "{host}");
        caller.standin.set_faults(|f| set(f, Trouble::Status(503)));
        assert_eq!(
            post().await.status(),
            StatusCode::SERVICE_UNAVAILABLE,
            "{host}"
        );
        caller.standin.set_faults(|f| set(f, Trouble::Garbage));
        let garbage = post().await;
        assert_eq!(garbage.status(), StatusCode::OK, "{host}");
        assert!(
            garbage.text().await.unwrap().contains("Hotel Wi-Fi"),
            "{host}"
        );
        caller.standin.set_faults(|f| set(f, Trouble::Hang));
        let request = caller.client.post(url(host) + path);
        let hung = request.timeout(Duration::from_millis(200)).send().await;
        assert!(hung.unwrap_err().is_timeout(), "{host}");
    }
}

#[tokio::test]
async fn the_report_page_can_be_broken_late_or_fussy_about_its_frame() {
    let caller = Caller::new(|faults| faults.frame_ancestors = Some("https:".to_owned()));
    let url = "https://app.powerbi.com/reportEmbed?reportId=x";
    let page = caller.client.get(url).send().await.unwrap();
    assert_eq!(
        page.headers()["content-security-policy"],
        "frame-ancestors https:"
    );
    caller
        .standin
        .set_faults(|faults| faults.report = Trouble::Status(500));
    let broken = caller.client.get(url).send().await.unwrap();
    assert_eq!(broken.status(), StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn the_proxy_knows_only_the_stand_ins_hosts_and_can_go_down() {
    let caller = Caller::new(|_| {});
    let outside = caller.client.get("https://elsewhere.example/").send().await;
    assert!(outside.is_err());
    let refused = caller.standin.counters().refused_hosts;
    assert!(refused.contains("elsewhere.example:443"), "{refused:?}");
    let calm = "https://portal.standin.example/calm";
    assert!(caller.client.get(calm).send().await.is_ok());
    caller
        .standin
        .set_faults(|faults| faults.network = Network::Down);
    assert!(caller.client.get(calm).send().await.is_err());
    caller
        .standin
        .set_faults(|faults| faults.network = Network::Up);
    assert!(caller.client.get(calm).send().await.is_ok());
}

#[tokio::test]
async fn a_host_alone_can_be_cut_off_and_what_was_asked_of_it_is_noted() {
    let caller = Caller::new(|_| {});
    let token = caller.embed_token().await;
    caller.standin.reset_counters();
    caller.standin.set_faults(|faults| {
        faults.unreachable.insert(ENTRA_HOST.to_owned());
    });
    let url = format!("https://{ENTRA_HOST}/{TENANT_ID}/oauth2/v2.0/token");
    // The first finds the open connection cut, the second is refused a new one.
    for _ in 0..2 {
        assert!(caller.client.post(&url).send().await.is_err());
    }
    // The visuals' data is the page's business and not noted.
    assert_eq!(caller.data(&token).await.status(), StatusCode::OK);
    let asked = caller.standin.asked();
    assert!(asked.iter().any(|asked| asked.host == ENTRA_HOST));
    assert!(asked.iter().all(|asked| asked.host != DATA_HOST));
    caller
        .standin
        .set_faults(|faults| faults.unreachable.clear());
    assert!(caller.client.post(&url).send().await.is_ok());
}

#[tokio::test]
async fn the_reports_host_can_show_a_certificate_that_nobody_trusts() {
    let caller = Caller::new(|_| {});
    let report = "https://app.powerbi.com/reportEmbed?reportId=x";
    assert!(caller.client.get(report).send().await.is_ok());
    // Also the connection that is open already is of no use any more.
    caller
        .standin
        .set_faults(|faults| faults.bad_certificate = Switch::On);
    assert!(caller.client.get(report).send().await.is_err());
    let other = caller.client.get("https://portal.standin.example/calm");
    assert!(other.send().await.is_ok());
    caller
        .standin
        .set_faults(|faults| faults.bad_certificate = Switch::Off);
    assert!(caller.client.get(report).send().await.is_ok());
}

#[tokio::test]
async fn a_mood_comes_over_one_page_only() {
    let caller = Caller::new(|faults| faults.moods = vec![Mood::Busy, Mood::Grown(5)]);
    let token = caller.embed_token().await;
    let mut moods = Vec::new();
    for _ in 0..3 {
        moods.push(json_of(caller.data(&token).await).await["mood"].clone());
    }
    assert_eq!(json!(moods), json!(["busy", {"grown": 5}, null]));
    let url = format!("https://{REPORT_HOST}/standin/mood");
    let began = caller.client.post(url).json(&json!({"mood": {"grown": 5}}));
    assert!(began.send().await.unwrap().status().is_success());
    assert_eq!(caller.standin.counters().moods_begun[0].0, Mood::Grown(5));
}

#[tokio::test]
async fn faults_and_counters_are_reachable_from_outside_the_process() {
    let caller = Caller::new(|_| {});
    let (admin, client) = (caller.standin.admin_url(), Client::new());
    let patch = json!({"entra": {"throttle": {"retry_after_s": 3}}, "token_life_s": 2.5});
    let patched = client
        .post(format!("{admin}/faults"))
        .json(&patch)
        .send()
        .await
        .unwrap();
    assert_eq!(json_of(patched).await["token_life_s"], 2.5);
    assert_eq!(
        caller.entra("any").await.status(),
        StatusCode::TOO_MANY_REQUESTS
    );
    let state = json_of(client.get(format!("{admin}/state")).send().await.unwrap()).await;
    assert_eq!(state["requests"][ENTRA_HOST], 1);
    let typo = client
        .post(format!("{admin}/faults"))
        .json(&json!({"entr": "hang"}));
    assert_eq!(typo.send().await.unwrap().status(), StatusCode::BAD_REQUEST);
    client
        .post(format!("{admin}/reset-counters"))
        .send()
        .await
        .unwrap();
    assert!(caller.standin.counters().requests.is_empty());
}
