//! A portal whose board has a frame of another origin, and pages that misbehave.

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::json;

use crate::{clock, cloud::Cloud};

/// Pages by path: a title and the script that misbehaves.
const PAGES: [(&str, &str, &str); 8] = [
    ("calm", "A calm page", ""),
    (
        "closes",
        "A page that closes itself",
        "setInterval(() => window.close(), 200);",
    ),
    (
        "dialogs",
        "A page with dialogs",
        "setTimeout(() => { alert('alert'); confirm('confirm'); prompt('prompt'); }, 200);",
    ),
    (
        "opens",
        "A page that opens windows",
        "setInterval(() => window.open('https://dashboards.standin.example/elsewhere'), 500);",
    ),
    (
        "prints",
        "A page that prints",
        "setTimeout(() => window.print(), 200);",
    ),
    (
        "clings",
        "A page that does not want to be left",
        "addEventListener('beforeunload', event => { event.preventDefault(); event.returnValue = 'stay'; });",
    ),
    (
        "leaves",
        "A page that goes elsewhere",
        "setTimeout(() => { location.href = 'https://dashboards.standin.example/elsewhere'; }, 200);",
    ),
    (
        "links",
        "A page with links",
        "document.querySelector('main').innerHTML += '<p><a id=\"elsewhere\" href=\"https://dashboards.standin.example/elsewhere\">Elsewhere</a> <a id=\"here\" href=\"/calm\">Here</a></p>';",
    ),
];

#[derive(Deserialize)]
struct Slowness {
    #[serde(default = "ten_seconds")]
    seconds: u64,
}

pub(crate) fn portal_routes() -> Router<Arc<Cloud>> {
    Router::new()
        .route("/board", get(board))
        .route("/slow", get(slow))
        .route("/{page}", get(page))
}

pub(crate) fn dashboards_routes() -> Router<Arc<Cloud>> {
    Router::new()
        .route(
            "/frames/board",
            get(async || Html(include_str!("../web/frame.html"))),
        )
        .route("/elsewhere", get(elsewhere))
        .route("/standin/board", get(board_state))
        .route("/standin/shown", post(shown))
}

async fn board(State(cloud): State<Arc<Cloud>>) -> Response {
    cloud.count(|counters, now_ms| {
        *counters.page_loads.entry("/board".to_owned()).or_default() += 1;
        counters.board_loaded_ms = Some(now_ms);
    });
    Html(include_str!("../web/board.html")).into_response()
}

async fn slow(State(cloud): State<Arc<Cloud>>, Query(slowness): Query<Slowness>) -> Response {
    count_page(&cloud, "/slow");
    tokio::time::sleep(Duration::from_secs(slowness.seconds)).await;
    Html(document("A slow page", "")).into_response()
}

async fn page(State(cloud): State<Arc<Cloud>>, Path(page): Path<String>) -> Response {
    let Some((name, title, script)) = PAGES.into_iter().find(|(name, ..)| *name == page) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    count_page(&cloud, &format!("/{name}"));
    Html(document(title, script)).into_response()
}

async fn elsewhere(State(cloud): State<Arc<Cloud>>) -> Html<String> {
    count_page(&cloud, "/elsewhere");
    Html(document("Elsewhere", ""))
}

async fn board_state(State(cloud): State<Arc<Cloud>>) -> Json<serde_json::Value> {
    Json(json!({"error": cloud.book().faults.board_error}))
}

#[derive(Deserialize)]
struct Shown {
    /// On the wall clock, in milliseconds; the view runs on this machine.
    at: f64,
}

async fn shown(State(cloud): State<Arc<Cloud>>, Query(shown): Query<Shown>) -> StatusCode {
    let ago_ms = clock::wall().as_microsecond() as f64 / 1000.0 - shown.at;
    cloud.count(|counters, now_ms| {
        counters.board_error_shown_ms.get_or_insert(now_ms - ago_ms);
    });
    StatusCode::NO_CONTENT
}

fn count_page(cloud: &Cloud, path: &str) {
    cloud.count(|counters, _| *counters.page_loads.entry(path.to_owned()).or_default() += 1);
}

fn document(title: &str, script: &str) -> String {
    include_str!("../web/page.html")
        .replace("{{title}}", title)
        .replace("{{script}}", script)
}

fn ten_seconds() -> u64 {
    10
}
