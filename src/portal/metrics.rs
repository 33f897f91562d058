//! The metrics: the status of the moment as OpenMetrics text.

use std::{fmt, sync::Arc};

use axum::{
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeGaugeValue, NoLabelSet, text},
    metrics::MetricType,
    registry::{Registry, Unit},
};

use super::{Facts, Refusal, StatusDocument, api::Api, names::phase_name};
use crate::player::{Phase, SettingsState};

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The status as OpenMetrics text.
///
/// For Prometheus; needs no token if the settings say `open_metrics`.
#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "readMetrics",
    tag = "monitoring",
    responses(
        (status = 200, description = "The metrics of this moment.", body = String, content_type = "application/openmetrics-text"),
        (status = 500, description = "They cannot be written.", body = Refusal, content_type = "application/problem+json"),
    )
)]
pub(super) async fn show(State(api): State<Arc<Api>>) -> Result<Response, Refusal> {
    let (status, facts) = api.document();
    let text = render(Exposition { status, facts })
        .map_err(|error| Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, error))?;
    Ok(([(CONTENT_TYPE, OPEN_METRICS)], text).into_response())
}

fn render(exposition: Exposition) -> Result<String, fmt::Error> {
    let mut registry = Registry::with_prefix("everlit");
    registry.register_collector(Box::new(exposition));
    let mut text = String::new();
    text::encode(&mut text, &registry)?;
    Ok(text)
}

/// What the status document says, for a machine: nothing is counted a second time.
#[derive(Debug)]
struct Exposition {
    status: StatusDocument,
    facts: Facts,
}

impl Collector for Exposition {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut page = Page(encoder);
        self.device(&mut page)?;
        self.token(&mut page)?;
        self.recoveries(&mut page)?;
        self.web_process(&mut page)?;
        self.settings(&mut page)
    }
}

impl Exposition {
    fn device(&self, page: &mut Page<'_>) -> fmt::Result {
        let Self { status, facts } = self;
        let version = [("version", status.version.as_str())];
        page.info("build", "The daemon's version.", &version)?;
        let uptime = facts.uptime.as_secs_f64();
        page.seconds("uptime", "Time since the daemon's start.", uptime)?;
        let start = facts.wall.as_duration().as_secs_f64() - uptime;
        let help = "When the daemon started, in seconds since 1970.";
        page.seconds("start_time", help, start)?;
        let healthy = status.phase.is_healthy();
        page.flag(
            "healthy",
            "Whether the screen shows what it should.",
            healthy,
        )?;
        page.phases(status.phase)?;
        let online = status.network.online;
        page.flag(
            "network_online",
            "Whether the device has an address.",
            online,
        )?;
        let synchronized = status.clock.synchronized;
        let help = "Whether the time service has set the clock.";
        page.flag("clock_synchronized", help, synchronized)
    }

    fn token(&self, page: &mut Page<'_>) -> fmt::Result {
        let token = &self.status.token;
        let times = [
            ("token_age", "Age of the embed token.", token.age_s),
            (
                "token_expires_in",
                "Life left of the embed token.",
                token.expires_in_s,
            ),
            (
                "token_next_refresh_in",
                "Time until the next fetch of a token.",
                token.next_refresh_in_s,
            ),
        ];
        for (name, help, seconds) in times {
            if let Some(seconds) = seconds {
                page.seconds(name, help, seconds)?;
            }
        }
        let help = "Tokens that replaced another one.";
        page.count("token_refreshes", help, token.refreshes)?;
        let by = &token.failures_by;
        let causes = [
            ("denied", by.denied),
            ("unprepared", by.unprepared),
            ("throttled", by.throttled),
            ("unreachable", by.unreachable),
            ("nonsense", by.nonsense),
        ];
        let help = "Token fetches that failed.";
        page.counts("token_fetch_failures", help, "cause", &causes)
    }

    fn recoveries(&self, page: &mut Page<'_>) -> fmt::Result {
        let by = &self.status.recoveries;
        let rungs = [
            ("token", by.token),
            ("report", by.report),
            ("embed", by.embed),
            ("page", by.page),
            ("webview", by.webview),
        ];
        let help = "Recoveries that ended with a good picture, by the strongest means needed.";
        page.counts("recoveries", help, "rung", &rungs)?;
        let by = &self.status.detections;
        let detectors = [
            ("sdk", by.sdk),
            ("dom", by.dom),
            ("http", by.http),
            ("clock", by.clock),
        ];
        let help = "Signs of an expired token.";
        page.counts("detections", help, "detector", &detectors)?;
        page.recovery_times(&self.status)
    }

    fn web_process(&self, page: &mut Page<'_>) -> fmt::Result {
        if let Some(process) = self.facts.web_process {
            let help = "Memory that the web process holds, without the files of its program.";
            page.bytes("web_process_memory", help, process.memory)?;
        }
        let help = "Memory that the web process may use.";
        page.bytes("web_process_memory_limit", help, self.facts.memory_limit)?;
        let help = "Web processes that ended and were replaced.";
        page.count("web_process_restarts", help, self.status.webview.restarts)
    }

    fn settings(&self, page: &mut Page<'_>) -> fmt::Result {
        let settings = &self.status.settings;
        if let Some(revision) = &settings.revision {
            let revision = [("revision", revision.as_str())];
            page.info("settings", "The settings that run.", &revision)?;
        }
        let rejected = settings.state == SettingsState::Rejected;
        let help = "Whether the settings file is bad; the settings before it run.";
        page.flag("settings_rejected", help, rejected)
    }
}

/// The page that is being written.
struct Page<'a>(DescriptorEncoder<'a>);

impl Page<'_> {
    fn seconds(&mut self, name: &str, help: &str, value: impl EncodeGaugeValue) -> fmt::Result {
        self.gauge(name, help, Some(&Unit::Seconds), value)
    }

    fn bytes(&mut self, name: &str, help: &str, value: u64) -> fmt::Result {
        self.gauge(name, help, Some(&Unit::Bytes), value)
    }

    fn flag(&mut self, name: &str, help: &str, is_so: bool) -> fmt::Result {
        self.gauge(name, help, None, u32::from(is_so))
    }

    fn gauge(
        &mut self,
        name: &str,
        help: &str,
        unit: Option<&Unit>,
        value: impl EncodeGaugeValue,
    ) -> fmt::Result {
        let mut metric = self
            .0
            .encode_descriptor(name, help, unit, MetricType::Gauge)?;
        metric.encode_gauge(&value)
    }

    fn info(&mut self, name: &str, help: &str, labels: &[(&str, &str)]) -> fmt::Result {
        let mut metric = self
            .0
            .encode_descriptor(name, help, None, MetricType::Info)?;
        metric.encode_info(&labels)
    }

    fn count(&mut self, name: &str, help: &str, count: u64) -> fmt::Result {
        let mut metric = self
            .0
            .encode_descriptor(name, help, None, MetricType::Counter)?;
        metric.encode_counter::<NoLabelSet, _, u64>(&count, None)
    }

    fn counts(
        &mut self,
        name: &str,
        help: &str,
        label: &str,
        counts: &[(&str, u64)],
    ) -> fmt::Result {
        let mut metric = self
            .0
            .encode_descriptor(name, help, None, MetricType::Counter)?;
        for (value, count) in counts {
            let labels = [(label, *value)];
            let mut one = metric.encode_family(&labels)?;
            one.encode_counter::<NoLabelSet, _, u64>(count, None)?;
        }
        Ok(())
    }

    /// Every phase, so that one that never was can be asked for.
    fn phases(&mut self, current: Phase) -> fmt::Result {
        let help = "What the player is about: 1 for the phase that it is in.";
        let mut metric = self
            .0
            .encode_descriptor("phase", help, None, MetricType::Gauge)?;
        for phase in Phase::ALL {
            let labels = [("phase", phase_name(phase))];
            let mut one = metric.encode_family(&labels)?;
            one.encode_gauge(&u32::from(phase == current))?;
        }
        Ok(())
    }

    fn recovery_times(&mut self, status: &StatusDocument) -> fmt::Result {
        let times = &status.recovery_times;
        let mut buckets: Vec<_> = times
            .buckets
            .iter()
            .map(|bucket| (bucket.up_to_s, bucket.count))
            .collect();
        let within: u64 = buckets.iter().map(|(_, count)| count).sum();
        buckets.push((f64::INFINITY, times.count - within));
        let help = "Time from the first sign of trouble until all was well.";
        let unit = Some(&Unit::Seconds);
        let mut metric = self
            .0
            .encode_descriptor("recovery", help, unit, MetricType::Histogram)?;
        metric.encode_histogram::<NoLabelSet>(times.sum_s, times.count, &buckets, None)
    }
}
