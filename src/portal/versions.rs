//! The versions of the settings over the API: what was pushed, and what came of it.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    extract::{Path, Query, State},
    http::{
        HeaderMap, StatusCode,
        header::{CONTENT_TYPE, ETAG},
    },
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use super::{
    Caller, Refusal,
    api::Api,
    settings::{etag, expected, placed},
};
use crate::store::{ReplaceFailure, Version};

/// Shorter than any request may take.
const LONGEST_WAIT_S: u64 = 8;

/// How long to wait for an outcome.
#[derive(Debug, Deserialize)]
pub(super) struct Wait {
    #[serde(default)]
    wait_s: u64,
}

/// The newest first, without their texts.
pub(super) async fn list(State(api): State<Arc<Api>>) -> Json<Vec<Version>> {
    Json(api.settings().history().versions())
}

/// The record of one push; with `wait_s` only when something has come of it, or after that time.
pub(super) async fn show(
    State(api): State<Arc<Api>>,
    Path(id): Path<String>,
    Query(wait): Query<Wait>,
) -> Result<Json<Version>, Refusal> {
    let longest = Duration::from_secs(wait.wait_s.min(LONGEST_WAIT_S));
    let history = api.settings().history().clone();
    let version = match id.parse() {
        Ok(id) => history.settled(id, longest).await,
        Err(_) => None,
    };
    version.map(Json).ok_or_else(|| unknown(&id))
}

pub(super) async fn text(
    State(api): State<Arc<Api>>,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let history = api.settings().history();
    let id_number = id.parse().map_err(|_| unknown(&id))?;
    let version = history.version(id_number).zip(history.text(id_number));
    let (version, text) = version.ok_or_else(|| unknown(&id))?;
    let headers = [
        (CONTENT_TYPE, "application/toml".to_owned()),
        (ETAG, etag(&version.revision)),
    ];
    Ok((headers, text).into_response())
}

/// Brings a version's text back as a new version.
pub(super) async fn restore(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let id = id.parse().map_err(|_| unknown(&id))?;
    let expected = expected(&headers)?;
    let restored = api.settings().restore(id, expected, caller.who).await;
    Ok(restored.map(|version: Version| placed(&version))?)
}

fn unknown(id: &str) -> Refusal {
    match id.parse() {
        Ok(id) => ReplaceFailure::Unknown(id).into(),
        Err(_) => Refusal::new(StatusCode::NOT_FOUND, "a version has a number"),
    }
}
