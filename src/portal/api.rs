//! The routes of the API.

use std::{sync::Arc, time::Duration};

use axum::{
    Extension, Json, Router,
    extract::{DefaultBodyLimit, Path, Query, Request, State},
    http::{
        HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE},
    },
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use tokio::{
    sync::{Mutex, watch},
    time::timeout,
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Action, Control, Facts, Refusal, Snapshot, StatusDocument, diagnostics,
    document::HealthDocument, log, metrics, openapi, settings, versions,
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
    routes_with(api, OpenApiRouter::default())
}

/// With the routes that only this carrier has.
pub(super) fn routes_with(api: Arc<Api>, local: OpenApiRouter) -> Router {
    // Each route brings its description along: there is no other way in.
    let mut guarded = OpenApiRouter::with_openapi(openapi::blank())
        .routes(routes!(status))
        .routes(routes!(settings::show, settings::push))
        .routes(routes!(settings::check))
        .routes(routes!(versions::list))
        .routes(routes!(versions::show))
        .routes(routes!(versions::text))
        .routes(routes!(versions::restore))
        .routes(routes!(act))
        .routes(routes!(screenshot))
        .routes(routes!(log::show))
        .routes(routes!(diagnostics::download))
        .routes(routes!(openapi::show))
        .routes(routes!(health))
        .routes(routes!(metrics::show))
        .with_state(api);
    openapi::guard(guarded.get_openapi_mut());
    let (router, document) = guarded.merge(local).split_for_parts();
    router
        .fallback(not_found)
        .method_not_allowed_fallback(not_allowed)
        .layer(DefaultBodyLimit::max(SIZE_LIMIT))
        .layer(Extension(openapi::Document::new(document)))
        .layer(from_fn(in_time))
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

    /// The screen as PNG, at most so many pixels wide; or why there is no picture.
    pub(super) async fn photograph(&self, width: Option<u16>) -> Result<Vec<u8>, String> {
        // One at a time: each takes the view's main loop some milliseconds.
        let _alone = self.photographing.lock().await;
        (self.control.screenshot)(width).await
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

/// What a person or a monitor reads about the device.
#[utoipa::path(
    get,
    path = "/api/v1/status",
    operation_id = "readStatus",
    tag = "device",
    responses(
        (status = 200, description = "The status of this moment.", body = StatusDocument),
    )
)]
async fn status(State(api): State<Arc<Api>>) -> Json<StatusDocument> {
    Json(api.document().0)
}

/// Tells the device to do something.
///
/// The answer comes when the order is taken, not when it is carried out.
#[utoipa::path(
    post,
    path = "/api/v1/actions/{action}",
    operation_id = "act",
    tag = "device",
    params(("action" = inline(Action), Path, description = "What to do.")),
    responses(
        (status = 202, description = "The order is taken."),
        (status = 400, description = "The address cannot be understood.", content((String = "text/plain"), (Refusal = "application/problem+json"))),
        (status = 404, description = "There is no such action.", body = Refusal, content_type = "application/problem+json"),
        (status = 503, description = "The daemon is stopping.", body = Refusal, content_type = "application/problem+json"),
    )
)]
async fn act(State(api): State<Arc<Api>>, Path(name): Path<String>) -> Result<StatusCode, Refusal> {
    let action: Action = name
        .parse()
        .map_err(|unknown| Refusal::new(StatusCode::NOT_FOUND, unknown))?;
    api.ask(action.0).await?;
    Ok(StatusCode::ACCEPTED)
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Size {
    /// In pixels; the height follows.
    #[param(nullable = false)]
    width: Option<u16>,
}

/// The screen, as it is now.
#[utoipa::path(
    get,
    path = "/api/v1/screenshot.png",
    operation_id = "takeScreenshot",
    tag = "device",
    params(Size),
    responses(
        (status = 200, description = "A picture of the screen.", content(("image/png"))),
        (status = 400, description = "The address cannot be understood.", content((String = "text/plain"), (Refusal = "application/problem+json"))),
        (status = 503, description = "There is no picture.", body = Refusal, content_type = "application/problem+json"),
    )
)]
async fn screenshot(
    State(api): State<Arc<Api>>,
    Query(size): Query<Size>,
) -> Result<Response, Refusal> {
    let picture = api.photograph(size.width).await;
    let png = picture.map_err(|reason| Refusal::new(StatusCode::SERVICE_UNAVAILABLE, reason))?;
    Ok(([(CONTENT_TYPE, "image/png")], png).into_response())
}

/// Whether the screen shows what it should.
///
/// For monitoring; open to everybody.
#[utoipa::path(
    get,
    path = "/healthz",
    operation_id = "readHealth",
    tag = "monitoring",
    responses(
        (status = 200, description = "It shows what it should: content, nothing on purpose, or nothing yet to show.", body = HealthDocument),
        (status = 503, description = "It does not.", body = HealthDocument),
    )
)]
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
