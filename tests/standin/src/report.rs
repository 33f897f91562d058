//! The report page: its files, and what it tells and asks the stand-in.

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    clock,
    cloud::Cloud,
    counters::Frames,
    faults::{Error, ErrorWords, Faults, Mood, Rendering, Switch, TextSign, TokenMessage},
    names::REPORTS,
    tokens::Standing,
};

const SCRIPTS: [(&str, &str); 8] = [
    (
        "window-post-message-proxy.js",
        library!("window-post-message-proxy/dist/windowPostMessageProxy.min.js"),
    ),
    (
        "http-post-message.js",
        library!("http-post-message/dist/httpPostMessage.min.js"),
    ),
    (
        "powerbi-router.js",
        library!("powerbi-router/dist/router.min.js"),
    ),
    (
        "powerbi-models.js",
        library!("powerbi-models/dist/models.min.js"),
    ),
    ("pages.js", include_str!("../web/pages.js")),
    ("charts.js", include_str!("../web/charts.js")),
    ("moods.js", include_str!("../web/moods.js")),
    ("report.js", include_str!("../web/report.js")),
];

/// The faults that the page itself plays.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PageFaults {
    poll_ms: u64,
    sdk_sign: Switch,
    text_sign: TextSign,
    error_words: ErrorWords,
    token_message: TokenMessage,
    rendering: Rendering,
    throwing_visual: Switch,
    report_error: Option<Error>,
    frame_watch: Switch,
}

pub(crate) fn page_faults(faults: &Faults) -> PageFaults {
    PageFaults {
        poll_ms: faults.poll_ms,
        sdk_sign: faults.sdk_sign,
        text_sign: faults.text_sign,
        error_words: faults.error_words,
        token_message: faults.token_message,
        rendering: faults.rendering,
        throwing_visual: faults.throwing_visual,
        report_error: faults.report_error.clone(),
        frame_watch: faults.frame_watch,
    }
}

/// What the page was asked to do by the SDK; messages between windows are invisible from here.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Operation {
    Load,
    Token,
    Refresh,
    PageChange,
    Rendered,
}

#[derive(Deserialize)]
struct Asked {
    operation: Operation,
    #[serde(default)]
    token: String,
}

pub(crate) fn routes() -> Router<Arc<Cloud>> {
    let routes = Router::new()
        .route("/reportEmbed", get(page))
        .route("/standin/operation", post(operation))
        .route("/standin/mood", post(mood_began))
        .route("/standin/frames", post(frames_seen))
        .route("/standin/report.css", get(style));
    SCRIPTS.into_iter().fold(routes, |routes, (name, text)| {
        routes.route(&format!("/standin/{name}"), get(async move || script(text)))
    })
}

async fn page(State(cloud): State<Arc<Cloud>>) -> Response {
    cloud.count(|counters, _| counters.iframe_loads += 1);
    let faults = cloud.faults();
    tokio::time::sleep(Duration::from_millis(faults.report_delay_ms)).await;
    let names = REPORTS.map(|report| (report.id, report.name));
    let names = json!(
        names
            .into_iter()
            .collect::<std::collections::BTreeMap<_, _>>()
    );
    let html = include_str!("../web/report.html").replace("{{names}}", &names.to_string());
    let mut response = Html(html).into_response();
    let policy = faults
        .frame_ancestors
        .map(|who| format!("frame-ancestors {who}"));
    if let Some(policy) = policy.and_then(|policy| HeaderValue::from_str(&policy).ok()) {
        let name = HeaderName::from_static("content-security-policy");
        response.headers_mut().insert(name, policy);
    }
    response
}

async fn operation(
    State(cloud): State<Arc<Cloud>>,
    Json(asked): Json<Asked>,
) -> Json<serde_json::Value> {
    cloud.count(|counters, now_ms| match asked.operation {
        Operation::Load => counters.report_loads += 1,
        Operation::Token => counters.token_messages += 1,
        Operation::Refresh => counters.report_refreshes += 1,
        Operation::PageChange => counters.page_changes += 1,
        Operation::Rendered => {
            counters.renders += 1;
            counters.rendered_ms = Some(now_ms);
        }
    });
    let book = cloud.book();
    let token = match book.tokens.embed(&asked.token, clock::now()) {
        Standing::Good { .. } => "good",
        Standing::Expired => "expired",
        Standing::Unknown => "unknown",
    };
    Json(json!({"standin": page_faults(&book.faults), "token": token}))
}

#[derive(Deserialize)]
struct Began {
    mood: Mood,
}

async fn mood_began(State(cloud): State<Arc<Cloud>>, Json(began): Json<Began>) -> StatusCode {
    cloud.count(|counters, now_ms| counters.moods_begun.push((began.mood, now_ms)));
    StatusCode::NO_CONTENT
}

async fn frames_seen(State(cloud): State<Arc<Cloud>>, Json(seen): Json<Frames>) -> StatusCode {
    cloud.count(|counters, _| counters.frames = Some(seen));
    StatusCode::NO_CONTENT
}

async fn style() -> Response {
    let kind = [(header::CONTENT_TYPE, "text/css; charset=utf-8")];
    (kind, include_str!("../web/report.css")).into_response()
}

fn script(text: &'static str) -> Response {
    let kind = [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")];
    (kind, text).into_response()
}
