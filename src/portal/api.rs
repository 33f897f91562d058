//! The routes of the API.

use std::{path::PathBuf, sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Path, Request, State},
    http::{
        HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE},
    },
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use tokio::{sync::Mutex, time::timeout};

use super::{Action, Control, Refusal, StatusDocument, document::HealthDocument, settings};
use crate::{
    player::{Event, Phase},
    store::SIZE_LIMIT,
};

/// No request takes longer.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// The API as a router, for whatever carries it.
pub fn router(control: Control) -> Router {
    let api = Api {
        control,
        writing: Mutex::new(()),
    };
    Router::new()
        .route("/api/v1/status", get(status))
        .route("/api/v1/settings", get(settings::show).put(settings::push))
        .route("/api/v1/actions/{action}", post(act))
        .route("/api/v1/screenshot.png", get(screenshot))
        .route("/healthz", get(health))
        .fallback(not_found)
        .method_not_allowed_fallback(not_allowed)
        .layer(DefaultBodyLimit::max(SIZE_LIMIT))
        .layer(from_fn(in_time))
        .with_state(Arc::new(api))
}

/// What the routes share.
pub(super) struct Api {
    control: Control,
    /// Held from the look at the present settings to the writing of the new ones.
    pub(super) writing: Mutex<()>,
}

impl Api {
    pub(super) fn settings_path(&self) -> PathBuf {
        self.control.settings_path.clone()
    }
}

async fn status(State(api): State<Arc<Api>>) -> Json<StatusDocument> {
    let facts = (api.control.facts)();
    let snapshot = api.control.status.borrow();
    Json(StatusDocument::new(&snapshot, facts))
}

async fn act(State(api): State<Arc<Api>>, Path(name): Path<String>) -> Result<StatusCode, Refusal> {
    let action: Action = name
        .parse()
        .map_err(|unknown| Refusal::new(StatusCode::NOT_FOUND, unknown))?;
    let asked = Event::OperatorAsked(action.0);
    let sent = api.control.events.send(asked).await;
    sent.map_err(|_| Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "the daemon is stopping"))?;
    Ok(StatusCode::ACCEPTED)
}

async fn screenshot(State(api): State<Arc<Api>>) -> Result<Response, Refusal> {
    let picture = (api.control.screenshot)().await;
    let png = picture.map_err(|reason| Refusal::new(StatusCode::SERVICE_UNAVAILABLE, reason))?;
    Ok(([(CONTENT_TYPE, "image/png")], png).into_response())
}

/// For monitoring: 200 while the screen shows what it should.
async fn health(State(api): State<Arc<Api>>) -> Response {
    let phase = api.control.status.borrow().status.phase;
    let code = match phase {
        Phase::Showing | Phase::Dark | Phase::Unconfigured => StatusCode::OK,
        Phase::Waiting
        | Phase::Loading
        | Phase::Recovering
        | Phase::Denied
        | Phase::Offline
        | Phase::Stopping => StatusCode::SERVICE_UNAVAILABLE,
    };
    (code, Json(HealthDocument { phase })).into_response()
}

async fn not_found() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "there is nothing at this address")
}

async fn not_allowed() -> Refusal {
    Refusal::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "this address has other methods",
    )
}

async fn in_time(request: Request, next: Next) -> Response {
    let answer = timeout(TIME_LIMIT, next.run(request)).await;
    let mut response = answer.unwrap_or_else(|_| {
        let detail = "the daemon did not answer in time";
        Refusal::new(StatusCode::GATEWAY_TIMEOUT, detail).into_response()
    });
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
