//! The admin endpoint: reads counters and switches faults from outside the process, and gives
//! other browsers their pages.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};

use crate::{asked::Asked, cloud::Cloud, counters::Counters, plain};

pub(crate) fn routes(cloud: Arc<Cloud>) -> Router {
    Router::new()
        .route("/state", get(state))
        .route("/asked", get(asked))
        .route("/faults", get(faults).post(patch_faults))
        .route("/tokens/expire-all", post(expire_all))
        .route("/reset-counters", post(reset))
        .merge(plain::routes())
        .with_state(cloud)
}

async fn state(State(cloud): State<Arc<Cloud>>) -> Json<Counters> {
    Json(cloud.counters())
}

async fn asked(State(cloud): State<Arc<Cloud>>) -> Json<Vec<Asked>> {
    Json(cloud.asked())
}

async fn faults(State(cloud): State<Arc<Cloud>>) -> Response {
    Json(cloud.faults()).into_response()
}

async fn patch_faults(
    State(cloud): State<Arc<Cloud>>,
    Json(patch): Json<serde_json::Value>,
) -> Response {
    match cloud.faults().patched(patch) {
        Ok(faults) => {
            cloud.set_faults(faults.clone());
            Json(faults).into_response()
        }
        Err(error) => (StatusCode::BAD_REQUEST, format!("{error:#}\n")).into_response(),
    }
}

async fn expire_all(State(cloud): State<Arc<Cloud>>) -> StatusCode {
    cloud.expire_all_tokens();
    StatusCode::NO_CONTENT
}

async fn reset(State(cloud): State<Arc<Cloud>>) -> StatusCode {
    cloud.reset_counters();
    StatusCode::NO_CONTENT
}
