//! Everything that a report of trouble needs, in one archive and without secrets.

use std::{io, path::Path, sync::Arc, time::Duration};

use axum::{
    extract::State,
    http::{
        StatusCode,
        header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use flate2::{Compression, write::GzEncoder};
use serde_json::Value;
use tar::{Builder, Header};
use tokio::{task::spawn_blocking, time::timeout};

use super::{Refusal, StatusDocument, api::Api};
use crate::{
    recent::{Level, LogLine},
    settings::{Settings, redact, scrub},
    store,
};

/// A view that hangs is a reason to ask for diagnostics.
const PICTURE_LIMIT: Duration = Duration::from_secs(5);

/// Longer names are cut.
const LONGEST_NAME: usize = 40;

/// A file of the archive, by its name.
pub(super) type File = (String, Vec<u8>);

/// Everything that a report of trouble needs, without secrets.
#[utoipa::path(
    get,
    path = "/api/v1/diagnostics.tar.gz",
    operation_id = "packDiagnostics",
    tag = "diagnostics",
    responses(
        (status = 200, description = "An archive of text files and a screenshot.", content(("application/gzip")), headers(
            ("Content-Disposition" = String, description = "The name that the archive should have."),
        )),
        (status = 500, description = "The archive cannot be made.", body = Refusal, content_type = "application/problem+json"),
    )
)]
pub(super) async fn download(State(api): State<Arc<Api>>) -> Result<Response, Refusal> {
    let picture = timeout(PICTURE_LIMIT, api.photograph(None)).await;
    let picture = picture.ok().and_then(Result::ok);
    let (document, facts) = api.document();
    let packed = spawn_blocking(move || {
        let mut files = files(&api, document);
        files.extend(picture.map(|png| ("screenshot.png".to_owned(), png)));
        let name = archive_name(api.control.settings.path(), &api.control.host);
        let at = facts.wall.as_second();
        Ok::<_, io::Error>((pack(&name, at, files)?, name))
    });
    let failed =
        |error: &dyn std::fmt::Display| Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, error);
    let packed = packed.await.map_err(|error| failed(&error))?;
    let (archive, name) = packed.map_err(|error| failed(&error))?;
    let headers = [
        (CONTENT_TYPE, "application/gzip".to_owned()),
        (
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}.tar.gz\""),
        ),
    ];
    Ok((headers, archive).into_response())
}

/// All files but the picture. Reads files: not for the loop.
fn files(api: &Api, document: StatusDocument) -> Vec<File> {
    let control = &api.control;
    let status = status(document);
    let log = log(&control.log.newest(Level::Debug, usize::MAX));
    let texts = [
        ("settings.toml", settings(control.settings.path())),
        ("status.json", status),
        ("log.txt", log),
        ("system.txt", (control.system)()),
    ];
    let texts = texts.map(|(name, text)| (name.to_owned(), text.into_bytes()));
    texts
        .into_iter()
        .chain((control.more_diagnostics)())
        .collect()
}

fn settings(path: &Path) -> String {
    match store::read(path) {
        Ok((text, _)) => redact(&text, path),
        Err(failure) => format!("# {}: {failure}\n", path.display()),
    }
}

fn status(document: StatusDocument) -> String {
    let written = serde_json::to_value(document).and_then(|mut value| {
        scrub_json(&mut value);
        serde_json::to_string_pretty(&value)
    });
    written.unwrap_or_else(|error| error.to_string())
}

/// Problems name keys of a file that may be anything, and errors quote answers from outside.
fn scrub_json(value: &mut Value) {
    match value {
        Value::String(text) => *text = scrub(text),
        Value::Array(values) => values.iter_mut().for_each(scrub_json),
        Value::Object(entries) => {
            // A revision is a digest, which changes as a secret does.
            let entries = entries.iter_mut().filter(|(key, _)| *key != "revision");
            entries.for_each(|(_, value)| scrub_json(value));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn log(lines: &[LogLine]) -> String {
    lines
        .iter()
        .map(|line| scrub(&line.to_string()) + "\n")
        .collect()
}

/// Such as `everlit-lobby`: the device's name as far as every file system takes it.
fn archive_name(settings_path: &Path, host: &str) -> String {
    let settings = store::read(settings_path).ok();
    let settings = settings.and_then(|(text, _)| Settings::parse(&text, settings_path).ok());
    let name = settings.and_then(|settings| settings.name);
    let is_safe = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let name = scrub(name.as_deref().unwrap_or(host));
    let words = name.split(|c| !is_safe(c)).filter(|word| !word.is_empty());
    let safe = words.collect::<Vec<_>>().join("-");
    format!(
        "everlit-{}",
        safe.chars().take(LONGEST_NAME).collect::<String>()
    )
}

fn pack(name: &str, at: i64, files: Vec<File>) -> io::Result<Vec<u8>> {
    let mut archive = Builder::new(GzEncoder::new(Vec::new(), Compression::default()));
    for (file, bytes) in files {
        let mut header = Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o600);
        header.set_mtime(at.unsigned_abs());
        archive.append_data(&mut header, format!("{name}/{file}"), bytes.as_slice())?;
    }
    archive.into_inner()?.finish()
}
