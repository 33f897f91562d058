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
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Wait {
    /// How many seconds to wait until something has come of it, at most 8.
    #[serde(default)]
    wait_s: u64,
}

/// The newest versions of the settings.
///
/// The newest first, without their texts.
#[utoipa::path(
    get,
    path = "/api/v1/settings/versions",
    operation_id = "listVersions",
    tag = "settings",
    responses(
        (status = 200, description = "The versions.", body = Vec<Version>),
    )
)]
pub(super) async fn list(State(api): State<Arc<Api>>) -> Json<Vec<Version>> {
    Json(api.settings().history().versions())
}

/// What came of one version.
///
/// With `wait_s` the answer comes when something has come of it, or after that time.
#[utoipa::path(
    get,
    path = "/api/v1/settings/versions/{id}",
    operation_id = "readVersion",
    tag = "settings",
    params(
        ("id" = u64, Path, description = "The version's number."),
        Wait,
    ),
    responses(
        (status = 200, description = "The version.", body = Version),
        (status = 400, description = "The address cannot be understood.", content((String = "text/plain"), (Refusal = "application/problem+json"))),
        (status = 404, description = "There is no such version.", body = Refusal, content_type = "application/problem+json"),
    )
)]
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

/// The text of one version.
#[utoipa::path(
    get,
    path = "/api/v1/settings/versions/{id}/text",
    operation_id = "readVersionText",
    tag = "settings",
    params(
        ("id" = u64, Path, description = "The version's number."),
    ),
    responses(
        (status = 200, description = "The text as it was pushed.", body = String, content_type = "application/toml", headers(
            ("ETag" = String, description = "The revision of the text, in quotes."),
        )),
        (status = 400, description = "The address cannot be understood.", content((String = "text/plain"), (Refusal = "application/problem+json"))),
        (status = 404, description = "There is no such version.", body = Refusal, content_type = "application/problem+json"),
    )
)]
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
#[utoipa::path(
    post,
    path = "/api/v1/settings/versions/{id}/restore",
    operation_id = "restoreVersion",
    tag = "settings",
    params(
        ("id" = u64, Path, description = "The version's number."),
        ("If-Match" = Option<String>, Header, nullable = false, description = "Revisions in quotes, or `*`: only if the file still is one of them."),
        ("If-None-Match" = Option<String>, Header, nullable = false, description = "`*`: only if there are no settings yet."),
    ),
    responses(
        (status = 204, description = "The text is in the settings file; follow its version to see what comes of it.", headers(
            ("ETag" = String, description = "The revision of the text, in quotes."),
            ("Location" = String, description = "The address of the version."),
        )),
        (status = 400, description = "The address cannot be understood.", content((String = "text/plain"), (Refusal = "application/problem+json"))),
        (status = 404, description = "There is no such version.", body = Refusal, content_type = "application/problem+json"),
        (status = 412, description = "The file is not what the sender takes it for.", body = Refusal, content_type = "application/problem+json"),
        (status = 422, description = "The text is not good any more; every problem is listed.", body = Refusal, content_type = "application/problem+json"),
        (status = 500, description = "The file cannot be written.", body = Refusal, content_type = "application/problem+json"),
    )
)]
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
