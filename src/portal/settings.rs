//! The settings over the API: the same file that an editor would change.

use std::{io, path::Path, sync::Arc};

use axum::{
    body::Bytes,
    extract::{State, rejection::BytesRejection},
    http::{
        HeaderMap, StatusCode,
        header::{CONTENT_TYPE, ETAG, IF_MATCH},
    },
    response::{IntoResponse, Response},
};
use tokio::task::spawn_blocking;

use super::{Refusal, api::Api};
use crate::{
    settings::Settings,
    store::{self, ReadFailure},
};

pub(super) async fn show(State(api): State<Arc<Api>>) -> Result<Response, Refusal> {
    let path = api.settings_path();
    let (text, revision) = off_the_loop(move || read(&path)).await?;
    let headers = [
        (CONTENT_TYPE, "application/toml".to_owned()),
        (ETAG, etag(&revision)),
    ];
    Ok((headers, text).into_response())
}

pub(super) async fn push(
    State(api): State<Arc<Api>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Refusal> {
    let text = String::from_utf8(body?.into()).map_err(|_| {
        let detail = "the settings are not UTF-8 text";
        Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
    })?;
    let path = api.settings_path();
    let _alone = api.writing.lock().await;
    let revision = off_the_loop(move || replace(&path, &text, &headers)).await?;
    Ok((StatusCode::NO_CONTENT, [(ETAG, etag(&revision))]).into_response())
}

/// Writes new settings, if they are good and the present ones are those the sender knows.
fn replace(path: &Path, text: &str, headers: &HeaderMap) -> Result<String, Refusal> {
    check_precondition(path, headers)?;
    Settings::parse(text, path).map_err(|problems| Refusal::bad_settings(&problems))?;
    store::write_atomic(path, text.as_bytes()).map_err(|error| not_written(path, &error))?;
    Ok(store::revision(text))
}

fn check_precondition(path: &Path, headers: &HeaderMap) -> Result<(), Refusal> {
    let mut wanted = headers.get_all(IF_MATCH).iter().peekable();
    if wanted.peek().is_none() {
        return Ok(());
    }
    let present = match store::read(path) {
        Ok((_, revision)) => Some(etag(&revision)),
        Err(_) => None,
    };
    let matches = present.is_some_and(|present| {
        wanted
            .filter_map(|list| list.to_str().ok())
            .flat_map(|list| list.split(','))
            .any(|one| one.trim() == "*" || one.trim() == present)
    });
    if matches {
        return Ok(());
    }
    Err(Refusal::new(
        StatusCode::PRECONDITION_FAILED,
        "the settings have changed in the meantime; read them again",
    ))
}

fn read(path: &Path) -> Result<(String, String), Refusal> {
    store::read(path).map_err(|failure| {
        let status = match failure {
            ReadFailure::Missing => StatusCode::NOT_FOUND,
            ReadFailure::Directory
            | ReadFailure::Special
            | ReadFailure::TooLarge
            | ReadFailure::NotText { .. }
            | ReadFailure::Unreadable(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Refusal::new(status, format_args!("{}: {failure}", path.display()))
    })
}

fn not_written(path: &Path, error: &io::Error) -> Refusal {
    Refusal::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        format_args!("cannot write {}: {error}", path.display()),
    )
}

fn etag(revision: &str) -> String {
    format!("\"{revision}\"")
}

/// Runs file work where a slow disk does not hold up the daemon's one loop.
async fn off_the_loop<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    let done = spawn_blocking(work).await;
    done.map_err(|error| Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, error))?
}
