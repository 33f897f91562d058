//! What `/metrics` says is what the status says, and it says it by the book.

use everlit::{
    player::{Detections, Failures, Phase, Recoveries, RecoveryTimes, SettingsState, Status},
    store,
};

use super::*;
use crate::exposition::Exposition;

#[tokio::test]
async fn the_exposition_keeps_every_rule_and_names_its_format() {
    let device = Device::start().await;
    let answer = device.raw("GET /metrics").await;
    let kind = "content-type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n";
    assert!(
        answer.starts_with("HTTP/1.1 200 ") && answer.contains(kind),
        "{answer}"
    );
    let page = metrics(&device).await;
    let families = page.families.keys();
    assert!(
        families.clone().all(|name| name.starts_with("everlit_")),
        "{families:?}"
    );
    assert_eq!(page.families.len(), 20, "{families:?}");
}

#[tokio::test]
async fn every_number_of_the_status_is_in_the_metrics() {
    let device = Device::start().await;
    device
        .status
        .send_modify(|snapshot| busy(&mut snapshot.status));
    let status: serde_json::Value =
        serde_json::from_str(&device.client.status_json().await.unwrap()).unwrap();
    let page = metrics(&device).await;
    let is_told = |name: &str, labels: &[(&str, &str)], pointer: &str| {
        let told = page
            .value(name, labels)
            .unwrap_or_else(|| panic!("no {name} {labels:?}"));
        assert_eq!(
            Some(told),
            status.pointer(pointer).unwrap().as_f64(),
            "{name} {labels:?}"
        );
    };
    is_told("everlit_token_age_seconds", &[], "/token/age_s");
    is_told(
        "everlit_token_expires_in_seconds",
        &[],
        "/token/expires_in_s",
    );
    is_told(
        "everlit_token_next_refresh_in_seconds",
        &[],
        "/token/next_refresh_in_s",
    );
    is_told("everlit_token_refreshes_total", &[], "/token/refreshes");
    is_told(
        "everlit_web_process_restarts_total",
        &[],
        "/webview/restarts",
    );
    is_told("everlit_uptime_seconds", &[], "/uptime_s");
    is_told("everlit_recovery_seconds_sum", &[], "/recovery_times/sum_s");
    is_told(
        "everlit_recovery_seconds_count",
        &[],
        "/recovery_times/count",
    );
    for (name, label, group) in [
        (
            "everlit_token_fetch_failures_total",
            "cause",
            "/token/failures_by",
        ),
        ("everlit_recoveries_total", "rung", "/recoveries"),
        ("everlit_detections_total", "detector", "/detections"),
    ] {
        let group_of = status.pointer(group).unwrap().as_object().unwrap();
        for value in group_of.keys() {
            is_told(name, &[(label, value)], &format!("{group}/{value}"));
        }
        assert_eq!(
            page.families[name.trim_end_matches("_total")].samples.len(),
            group_of.len()
        );
    }
}

#[tokio::test]
async fn the_histogram_counts_up_to_each_limit() {
    let device = Device::start().await;
    device
        .status
        .send_modify(|snapshot| busy(&mut snapshot.status));
    let page = metrics(&device).await;
    let up_to = |le| page.value("everlit_recovery_seconds_bucket", &[("le", le)]);
    assert_eq!(up_to("0.5"), Some(1.0));
    assert_eq!(up_to("1.0"), Some(1.0));
    assert_eq!(up_to("2.0"), Some(2.0));
    assert_eq!(up_to("3600.0"), Some(2.0));
    assert_eq!(up_to("+Inf"), Some(3.0));
    assert_eq!(
        page.value("everlit_recovery_seconds_sum", &[]),
        Some(7202.0)
    );
}

#[tokio::test]
async fn exactly_the_present_phase_is_one_and_health_is_what_the_probe_says() {
    let device = Device::start().await;
    for phase in Phase::ALL {
        device
            .status
            .send_modify(|snapshot| snapshot.status.phase = phase);
        let page = metrics(&device).await;
        let samples = &page.families["everlit_phase"].samples;
        assert_eq!(samples.len(), Phase::ALL.len());
        assert_eq!(samples.iter().map(|sample| sample.value).sum::<f64>(), 1.0);
        let json = device.client.status_json().await.unwrap();
        let status: serde_json::Value = serde_json::from_str(&json).unwrap();
        let name = status["phase"].as_str().unwrap();
        assert_eq!(page.value("everlit_phase", &[("phase", name)]), Some(1.0));
        let health = device.raw("GET /healthz").await;
        let healthy = f64::from(u8::from(health.starts_with("HTTP/1.1 200 ")));
        assert_eq!(
            page.value("everlit_healthy", &[]),
            Some(healthy),
            "{phase:?}"
        );
    }
}

#[tokio::test]
async fn what_there_is_not_is_absent_and_not_zero() {
    let device = Device::start().await;
    device.status.send_modify(|snapshot| {
        let status = &mut snapshot.status;
        status.token.age = None;
        status.token.expires_in = None;
        status.token.next_refresh_in = None;
        status.settings.revision = None;
    });
    let page = metrics(&device).await;
    for family in [
        "everlit_token_age_seconds",
        "everlit_token_expires_in_seconds",
        "everlit_token_next_refresh_in_seconds",
        "everlit_settings",
    ] {
        assert!(!page.families.contains_key(family), "{family}");
    }
}

#[tokio::test]
async fn the_device_itself_is_described() {
    let device = Device::start().await;
    let page = metrics(&device).await;
    let revision = store::revision(GOOD);
    for (name, labels, value) in [
        ("everlit_build_info", &[("version", "1.2.3")][..], 1.0),
        (
            "everlit_settings_info",
            &[("revision", revision.as_str())][..],
            1.0,
        ),
        ("everlit_settings_rejected", &[], 1.0),
        ("everlit_network_online", &[], 1.0),
        ("everlit_clock_synchronized", &[], 1.0),
        ("everlit_web_process_memory_bytes", &[], 300e6),
        ("everlit_web_process_memory_limit_bytes", &[], 500e6),
        // 2026-05-01T12:00:00Z, less the hour since the start.
        ("everlit_start_time_seconds", &[], 1_777_633_200.0),
    ] {
        assert_eq!(page.value(name, labels), Some(value), "{name}");
    }
    device.status.send_modify(|snapshot| {
        snapshot.status.settings.state = SettingsState::Applied;
        snapshot.status.settings.problems.clear();
        snapshot.status.online = false;
    });
    let page = metrics(&device).await;
    assert_eq!(page.value("everlit_settings_rejected", &[]), Some(0.0));
    assert_eq!(page.value("everlit_network_online", &[]), Some(0.0));
}

pub(crate) async fn metrics(device: &Device) -> Exposition {
    let answer = device.raw("GET /metrics").await;
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    Exposition::parse(body).unwrap_or_else(|fault| panic!("{fault} in\n{body}"))
}

/// A device that has seen much: every counter has a number of its own.
fn busy(status: &mut Status) {
    status.token.failures = Failures {
        denied: 11,
        unprepared: 12,
        throttled: 13,
        unreachable: 14,
        nonsense: 15,
    };
    status.recoveries = Recoveries {
        token: 21,
        report: 22,
        embed: 23,
        page: 24,
        webview: 25,
    };
    status.detections = Detections {
        sdk: 31,
        dom: 32,
        http: 33,
        clock: 34,
    };
    status.web_process_restarts = 41;
    let mut times = RecoveryTimes::default();
    for millis in [500, 1_500, 7_200_000] {
        times.add(Duration::from_millis(millis));
    }
    status.recovery_times = times;
}
