//! Status, orders, screenshot and health, as the client and a monitor get them.

use everlit::player::{Ask, Event, Phase, TokenState};
use serde_json::Value;
use tokio::time::timeout;

use super::{Device, PATIENCE, refused};

#[tokio::test]
async fn the_status_has_every_promised_key() {
    let device = Device::start().await;
    let status: Value = serde_json::from_str(&device.client.status_json().await.unwrap()).unwrap();
    let promised = [
        "/version",
        "/uptime_s",
        "/phase",
        "/since",
        "/summary",
        "/token/state",
        "/token/expires_in_s",
        "/token/next_refresh_in_s",
        "/token/refreshes",
        "/token/failures",
        "/token/failures_by/denied",
        "/token/failures_by/unprepared",
        "/token/failures_by/throttled",
        "/token/failures_by/unreachable",
        "/token/failures_by/nonsense",
        "/token/last_error",
        "/content/kind",
        "/content/title",
        "/content/index",
        "/content/rendered",
        "/recoveries/token",
        "/recoveries/report",
        "/recoveries/embed",
        "/recoveries/page",
        "/recoveries/webview",
        "/recovery_times/count",
        "/recovery_times/sum_s",
        "/recovery_times/buckets/0/up_to_s",
        "/detections/sdk",
        "/detections/dom",
        "/detections/http",
        "/detections/clock",
        "/settings/state",
        "/settings/revision",
        "/settings/problems/0/key",
        "/webview/pid",
        "/webview/memory_mb",
        "/webview/memory_limit_mb",
        "/webview/restarts",
        "/network/online",
        "/clock/synchronized",
    ];
    for key in promised {
        assert!(status.pointer(key).is_some(), "{key} is missing: {status}");
    }
    assert_eq!(status["phase"], "showing");
    assert_eq!(status["token"]["state"], "valid");
    assert_eq!(status["content"]["kind"], "report");
    assert_eq!(status["settings"]["state"], "rejected");
}

#[tokio::test]
async fn the_status_counts_from_the_moment_it_is_read() {
    let device = Device::start().await;
    // Taken 10 s before it is read, when the phase was 50 s old and the token had 100 s left.
    let status = device.client.status().await.unwrap();
    assert_eq!(status.since.to_string(), "2026-05-01T11:59:00Z");
    assert_eq!(status.token.age_s, Some(30));
    assert_eq!(status.token.expires_in_s, Some(90));
    assert_eq!(status.token.next_refresh_in_s, Some(0));
    assert_eq!(status.webview.memory_mb, Some(300));
}

#[tokio::test]
async fn the_status_without_content_or_token_reads_back() {
    let device = Device::start().await;
    device.status.send_modify(|snapshot| {
        snapshot.status.content = None;
        snapshot.status.phase = Phase::Unconfigured;
        snapshot.status.token.state = TokenState::None;
        snapshot.status.token.expires_in = None;
    });
    let status = device.client.status().await.unwrap();
    assert_eq!(status.phase, Phase::Unconfigured);
    assert_eq!(status.token.state, TokenState::None);
    assert_eq!(status.token.expires_in_s, None);
    assert_eq!(status.content, None);
}

#[tokio::test]
async fn each_order_reaches_the_player() {
    let mut device = Device::start().await;
    for ask in [
        Ask::Reload,
        Ask::RefreshToken,
        Ask::RestartWebview,
        Ask::Identify,
        Ask::Invite,
    ] {
        device.client.ask(ask).await.unwrap();
        let event = timeout(PATIENCE, device.events.recv()).await.unwrap();
        assert!(matches!(event, Some(Event::OperatorAsked(asked)) if asked == ask));
    }
}

#[tokio::test]
async fn an_order_to_a_stopping_daemon_is_refused() {
    let mut device = Device::start().await;
    device.events.close();
    let refusal = refused(device.client.ask(Ask::Reload).await);
    assert_eq!(refusal.status, 503);
}

#[tokio::test]
async fn the_screenshot_comes_as_it_was_taken() {
    let device = Device::start().await;
    assert_eq!(device.client.screenshot().await.unwrap(), b"\x89PNG");
}

#[tokio::test]
async fn health_follows_the_phase() {
    let device = Device::start().await;
    for (phase, code) in [
        (Phase::Showing, 200),
        (Phase::Dark, 200),
        (Phase::Unconfigured, 200),
        (Phase::Recovering, 503),
        (Phase::Denied, 503),
        (Phase::Offline, 503),
    ] {
        device
            .status
            .send_modify(|snapshot| snapshot.status.phase = phase);
        let answer = device.raw("GET /healthz").await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {code} ")), "{answer}");
    }
}

#[tokio::test]
async fn whatever_is_not_there_is_refused_in_the_same_way() {
    let device = Device::start().await;
    for (request, code) in [
        ("GET /nothing", 404),
        ("POST /api/v1/actions/explode", 404),
        ("GET /api/v1/actions/reload", 405),
    ] {
        let answer = device.raw(request).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {code} ")), "{answer}");
        assert!(answer.contains("application/problem+json"), "{answer}");
        assert!(answer.contains("\"detail\":"), "{answer}");
    }
}
