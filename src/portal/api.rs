//! The routes of the API.

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Path, Query, Request, State},
    http::{
        HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE},
    },
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Deserialize;
use tokio::{
    sync::{Mutex, watch},
    time::timeout,
};

use super::{
    Action, Control, Facts, Refusal, Snapshot, StatusDocument, diagnostics,
    document::HealthDocument, log, metrics, settings, versions,
};
use crate::{
    player::{Ask, Event, Phase},
    recent::Recent,
    settings::Settings,
    store::{SIZE_LIMIT, SettingsFile},
};

/// No request takes longer.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// The API as a router, for whatever carries it; that also says who asks, see
/// [`super::Caller`].
pub fn router(control: Control) -> Router {
    routes(Arc::new(Api::new(control)))
}

pub(super) fn routes(api: Arc<Api>) -> Router {
    Router::new()
        .route("/api/v1/status", get(status))
        .route("/api/v1/settings", get(settings::show).put(settings::push))
        .route("/api/v1/settings/check", post(settings::check))
        .route("/api/v1/settings/versions", get(versions::list))
        .route("/api/v1/settings/versions/{id}", get(versions::show))
        .route("/api/v1/settings/versions/{id}/text", get(versions::text))
        .route(
            "/api/v1/settings/versions/{id}/restore",
            post(versions::restore),
        )
        .route("/api/v1/actions/{action}", post(act))
        .route("/api/v1/screenshot.png", get(screenshot))
        .route("/api/v1/log", get(log::show))
        .route("/api/v1/diagnostics.tar.gz", get(diagnostics::download))
        .route("/healthz", get(health))
        .route("/metrics", get(metrics::show))
        .fallback(not_found)
        .method_not_allowed_fallback(not_allowed)
        .layer(DefaultBodyLimit::max(SIZE_LIMIT))
        .layer(from_fn(in_time))
        .with_state(api)
}

/// What the routes share.
pub(super) struct Api {
    pub(super) control: Control,
    photographing: Mutex<()>,
}

impl Api {
    pub(super) fn new(control: Control) -> Self {
        Self {
            control,
            photographing: Mutex::new(()),
        }
    }

    /// The status as it is now, and the facts that it was made with.
    pub(super) fn document(&self) -> (StatusDocument, Facts) {
        let facts = (self.control.facts)();
        let snapshot = self.control.status.borrow();
        (StatusDocument::new(&snapshot, &facts), facts)
    }

    pub(super) fn log(&self) -> &Recent {
        &self.control.log
    }

    /// The settings that run.
    pub(super) fn running(&self) -> Option<Arc<Settings>> {
        self.control.running.borrow().clone()
    }

    /// Whether the settings that run have led to a picture: others have to do as well.
    pub(super) fn is_proven(&self) -> bool {
        let status = &self.control.status.borrow().status;
        status.settings.trial.is_none() && status.phase == Phase::Showing
    }

    pub(super) fn watch_status(&self) -> watch::Receiver<Snapshot> {
        self.control.status.clone()
    }

    /// What people call this device.
    pub(super) fn device_name(&self) -> String {
        let settings = self.control.running.borrow();
        let name = settings.as_ref().and_then(|settings| settings.name.clone());
        name.unwrap_or_else(|| self.control.host.clone())
    }

    pub(super) async fn ask(&self, ask: Ask) -> Result<(), Refusal> {
        let sent = self.control.events.send(Event::OperatorAsked(ask)).await;
        sent.map_err(|_| Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "the daemon is stopping"))
    }

    pub(super) fn settings(&self) -> &SettingsFile {
        &self.control.settings
    }
}

async fn status(State(api): State<Arc<Api>>) -> Json<StatusDocument> {
    Json(api.document().0)
}

async fn act(State(api): State<Arc<Api>>, Path(name): Path<String>) -> Result<StatusCode, Refusal> {
    let action: Action = name
        .parse()
        .map_err(|unknown| Refusal::new(StatusCode::NOT_FOUND, unknown))?;
    api.ask(action.0).await?;
    Ok(StatusCode::ACCEPTED)
}

#[derive(Deserialize)]
struct Size {
    /// In pixels; the height follows.
    width: Option<u16>,
}

async fn screenshot(
    State(api): State<Arc<Api>>,
    Query(size): Query<Size>,
) -> Result<Response, Refusal> {
    // One at a time: each takes the view's main loop some milliseconds.
    let _alone = api.photographing.lock().await;
    let picture = (api.control.screenshot)(size.width).await;
    let png = picture.map_err(|reason| Refusal::new(StatusCode::SERVICE_UNAVAILABLE, reason))?;
    Ok(([(CONTENT_TYPE, "image/png")], png).into_response())
}

/// For monitoring: 200 while the screen shows what it should.
async fn health(State(api): State<Arc<Api>>) -> Response {
    let phase = api.control.status.borrow().status.phase;
    let code = if phase.is_healthy() {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
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

pub(super) async fn in_time(request: Request, next: Next) -> Response {
    let answer = timeout(TIME_LIMIT, next.run(request)).await;
    let mut response = answer.unwrap_or_else(|_| {
        let detail = "the daemon did not answer in time";
        Refusal::new(StatusCode::GATEWAY_TIMEOUT, detail).into_response()
    });
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
