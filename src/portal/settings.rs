//! The settings over the API: the same file that an editor would change.

use std::sync::Arc;

use axum::{
    Extension, Json,
    body::Bytes,
    extract::{State, rejection::BytesRejection},
    http::{
        HeaderMap, StatusCode,
        header::{CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH, LOCATION},
    },
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Caller, ProblemDocument, Refusal, api::Api, custody::Custody};
use crate::{
    settings,
    store::{Expected, ReadFailure, ReplaceFailure, Version},
};

/// What a check of good settings answers.
#[derive(Debug, Serialize, ToSchema)]
struct CheckDocument {
    /// None: settings with problems are refused.
    problems: Vec<ProblemDocument>,
    /// Keys without effect yet, one line each.
    notes: Vec<String>,
}

/// The text of the settings file.
#[utoipa::path(
    get,
    path = "/api/v1/settings",
    operation_id = "readSettings",
    tag = "settings",
    responses(
        (status = 200, description = "The text as it is in the file.", body = String, content_type = "application/toml", headers(
            ("ETag" = String, description = "The revision of the text, in quotes."),
        )),
        (status = 404, description = "There is no settings file.", body = Refusal, content_type = "application/problem+json"),
        (status = 500, description = "The settings file cannot be read.", body = Refusal, content_type = "application/problem+json"),
    )
)]
pub(super) async fn show(State(api): State<Arc<Api>>) -> Result<Response, Refusal> {
    let settings = api.settings();
    let (text, revision) = settings.read().await.map_err(|failure| {
        let status = match failure {
            ReadFailure::Missing => StatusCode::NOT_FOUND,
            ReadFailure::Directory
            | ReadFailure::Special
            | ReadFailure::TooLarge
            | ReadFailure::NotText { .. }
            | ReadFailure::Unreadable(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let path = settings.path().display();
        Refusal::new(status, format_args!("{path}: {failure}"))
    })?;
    let headers = [
        (CONTENT_TYPE, "application/toml".to_owned()),
        (ETAG, etag(&revision)),
    ];
    Ok((headers, text).into_response())
}

/// Replaces the settings file.
///
/// The new settings are on trial until they have led to a picture; if there is none, the ones before
/// come back.
#[utoipa::path(
    put,
    path = "/api/v1/settings",
    operation_id = "pushSettings",
    tag = "settings",
    params(
        ("If-Match" = Option<String>, Header, nullable = false, description = "Revisions in quotes, or `*`: only if the file still is one of them."),
        ("If-None-Match" = Option<String>, Header, nullable = false, description = "`*`: only if there are no settings yet."),
    ),
    request_body(content = String, content_type = "application/toml", description = "The text of a settings file."),
    responses(
        (status = 204, description = "The text is in the settings file; follow its version to see what comes of it.", headers(
            ("ETag" = String, description = "The revision of the text, in quotes."),
            ("Location" = String, description = "The address of the version."),
        )),
        (status = 400, description = "`If-None-Match` is not `*`, or the request names no host.", body = Refusal, content_type = "application/problem+json"),
        (status = 412, description = "The file is not what the sender takes it for.", body = Refusal, content_type = "application/problem+json"),
        (status = 413, description = "The text is too long.", body = Refusal, content_type = "application/problem+json"),
        (status = 422, description = "The settings are bad; every problem is listed.", body = Refusal, content_type = "application/problem+json"),
        (status = 500, description = "The file cannot be written.", body = Refusal, content_type = "application/problem+json"),
    )
)]
pub(super) async fn push(
    State(api): State<Arc<Api>>,
    caller: Caller,
    custody: Option<Extension<Custody>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Refusal> {
    let text = text_of(body)?;
    // Whoever comes by the control socket may as well write the file.
    if let Some(Extension(custody)) = custody {
        custody.check(&text, &api)?;
    }
    let expected = expected(&headers)?;
    let pushed = api.settings().replace(text, expected, caller.into()).await;
    Ok(pushed.map(|version| placed(&version))?)
}

/// Checks a settings file without using it.
#[utoipa::path(
    post,
    path = "/api/v1/settings/check",
    operation_id = "checkSettings",
    tag = "settings",
    request_body(content = String, content_type = "application/toml", description = "The text of a settings file."),
    responses(
        (status = 200, description = "The settings are good.", body = CheckDocument),
        (status = 413, description = "The text is too long.", body = Refusal, content_type = "application/problem+json"),
        (status = 422, description = "The settings are bad; every problem is listed.", body = Refusal, content_type = "application/problem+json"),
    )
)]
pub(super) async fn check(
    State(api): State<Arc<Api>>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Refusal> {
    let text = text_of(body)?;
    let checked = settings::check(&text, api.settings().path());
    let checked = checked.map_err(|problems| Refusal::bad_settings(&problems))?;
    let document = CheckDocument {
        problems: Vec::new(),
        notes: checked.notes.iter().map(ToString::to_string).collect(),
    };
    Ok(Json(document).into_response())
}

/// Says that a version is in the file, and where to follow what comes of it.
pub(super) fn placed(version: &Version) -> Response {
    let headers = [
        (ETAG, etag(&version.revision)),
        (
            LOCATION,
            format!("/api/v1/settings/versions/{}", version.id),
        ),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// What the sender wants to be in the file now.
pub(super) fn expected(headers: &HeaderMap) -> Result<Expected, Refusal> {
    if let Some(none) = headers.get(IF_NONE_MATCH) {
        return match none.as_bytes().trim_ascii() {
            b"*" => Ok(Expected::Nothing),
            _ => Err(Refusal::new(
                StatusCode::BAD_REQUEST,
                "If-None-Match takes only *: write where there are no settings yet",
            )),
        };
    }
    let mut wanted = headers.get_all(IF_MATCH).iter().peekable();
    if wanted.peek().is_none() {
        return Ok(Expected::Anything);
    }
    let lists = wanted.filter_map(|list| list.to_str().ok());
    let tags: Vec<_> = lists
        .flat_map(|list| list.split(',').map(str::trim))
        .collect();
    if tags.contains(&"*") {
        return Ok(Expected::Something);
    }
    let revisions = tags
        .iter()
        .filter_map(|tag| tag.strip_prefix('"')?.strip_suffix('"'));
    Ok(Expected::OneOf(revisions.map(str::to_owned).collect()))
}

fn text_of(body: Result<Bytes, BytesRejection>) -> Result<String, Refusal> {
    String::from_utf8(body?.into()).map_err(|_| {
        let detail = "the settings are not UTF-8 text";
        Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
    })
}

pub(super) fn etag(revision: &str) -> String {
    format!("\"{revision}\"")
}

impl From<ReplaceFailure> for Refusal {
    fn from(failure: ReplaceFailure) -> Self {
        let status = match &failure {
            ReplaceFailure::Bad(problems) => return Self::bad_settings(problems),
            ReplaceFailure::Changed => StatusCode::PRECONDITION_FAILED,
            ReplaceFailure::Unknown(_) => StatusCode::NOT_FOUND,
            ReplaceFailure::Io { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::new(status, failure)
    }
}
