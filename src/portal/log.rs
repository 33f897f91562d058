//! The newest lines of the log over the API.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
    http::StatusCode,
};
use serde::Deserialize;

use super::{Refusal, api::Api};
use crate::recent::{Level, LogLine};

const USUAL_LINES: usize = 200;

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(super) struct Asked {
    /// The least important that is wanted; `info` if nothing is said.
    #[param(value_type = Level)]
    level: String,
    /// At most so many; 200 if nothing is said.
    lines: usize,
}

impl Default for Asked {
    fn default() -> Self {
        Self {
            level: "info".to_owned(),
            lines: USUAL_LINES,
        }
    }
}

/// The newest lines of the log.
///
/// The newest last.
#[utoipa::path(
    get,
    path = "/api/v1/log",
    operation_id = "readLog",
    tag = "diagnostics",
    params(Asked),
    responses(
        (status = 200, description = "The lines.", body = Vec<LogLine>),
        (status = 400, description = "There is no such level, or this is no number.", body = Refusal, content_type = "application/problem+json"),
    )
)]
pub(super) async fn show(
    State(api): State<Arc<Api>>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<Vec<LogLine>>, Refusal> {
    let bad = |detail: String| Refusal::new(StatusCode::BAD_REQUEST, detail);
    let Query(asked) = asked.map_err(|rejection| bad(rejection.body_text()))?;
    let level: Level = asked
        .level
        .parse()
        .map_err(|level| bad(format!("{level}")))?;
    Ok(Json(api.control.log.newest(level, asked.lines)))
}
