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

#[derive(Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    level: String,
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
