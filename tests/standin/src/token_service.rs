//! A customer's own token service: one endpoint behind a bearer secret.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::json;

use crate::{
    cloud::Cloud,
    hosts::{authorization, status_of},
    names::REPORTS,
    rest::{embed_url, minted},
    tokens::seconds,
};

pub(crate) fn routes() -> Router<Arc<Cloud>> {
    Router::new().route("/token", get(token).post(token))
}

async fn token(State(cloud): State<Arc<Cloud>>, headers: HeaderMap) -> Response {
    if authorization(&headers, "Bearer") != Some(cloud.bearer.as_str()) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let (refusal, life) = {
        let faults = &cloud.book().faults;
        (faults.token_service_refusal, seconds(faults.token_life_s))
    };
    if let Some(status) = refusal {
        return status_of(status).into_response();
    }
    let minted = minted(&cloud, life);
    Json(json!({
        "token": minted["token"],
        "expiration": minted["expiration"],
        "embedUrl": embed_url(&REPORTS[0]),
    }))
    .into_response()
}
