//! The last versions of the settings: who wrote them, what came of them, and the way back.

use std::sync::Arc;

use askama::Template;
use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
    routing::{get, post},
};

use super::{Admin, Frame, Sent, Site, go_to, html, refuse, spoken};
use crate::{
    portal::Refusal,
    settings::{DiffLine, Sign, diff},
    store::{Author, Expected, How, Outcome, ReplaceFailure, Version},
};

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/versions", get(list))
        .route("/versions/{id}", get(show))
        .route("/versions/{id}/restore", post(restore))
}

/// What changes between two texts.
#[derive(Template)]
#[template(path = "diff.html")]
pub(super) struct Comparison {
    lines: Vec<DiffLine>,
}

impl Comparison {
    pub(super) fn new(old: &str, new: &str) -> Self {
        Self {
            lines: diff(old, new),
        }
    }
}

#[derive(Template)]
#[template(path = "versions.html")]
struct VersionsPage {
    frame: Frame,
    versions: Vec<Version>,
}

#[derive(Template)]
#[template(path = "version.html")]
struct VersionPage {
    frame: Frame,
    version: Version,
    at: String,
    how: &'static str,
    outcome: String,
    is_present: bool,
    diff: Comparison,
    base: String,
    text: String,
}

async fn list(State(site): State<Arc<Site>>, Admin(admin): Admin) -> Response {
    html(&VersionsPage {
        frame: Frame::of(&site, "/versions", &admin),
        versions: site.api.settings().history().versions(),
    })
}

async fn show(State(site): State<Arc<Site>>, Admin(admin): Admin, Path(id): Path<u64>) -> Response {
    let file = site.api.settings();
    let found = file.history().version(id).zip(file.history().text(id));
    let Some((version, text)) = found else {
        return refuse(&site, &refusal_of(ReplaceFailure::Unknown(id)));
    };
    let (present, base) = file.read().await.unwrap_or_default();
    html(&VersionPage {
        frame: Frame::of(&site, "/versions", &admin),
        at: spoken::moment(version.at),
        how: how(version.how),
        outcome: outcome(&version.outcome),
        is_present: present == text,
        diff: Comparison::new(&present, &text),
        base,
        version,
        text,
    })
}

async fn restore(
    State(site): State<Arc<Site>>,
    Path(id): Path<u64>,
    Sent { fields, .. }: Sent,
) -> Response {
    let expected = match fields.get("base") {
        "" => Expected::Nothing,
        base => Expected::OneOf(vec![base.to_owned()]),
    };
    let restored = site.api.settings().restore(id, expected, author().who);
    match restored.await {
        Ok(version) => go_to(&format!("/settings?saved={}", version.id)),
        Err(failure) => refuse(&site, &refusal_of(failure)),
    }
}

/// The admin, as the history names them.
pub(super) fn author() -> Author {
    Author {
        who: "admin".to_owned(),
        how: How::Portal,
    }
}

/// The API's words, but a person is told what to do about a conflict.
pub(super) fn refusal_of(failure: ReplaceFailure) -> Refusal {
    match failure {
        ReplaceFailure::Changed => {
            let detail = "somebody else has changed the settings in the meantime; nothing was \
                saved. Load the settings again and repeat the change.";
            Refusal::new(StatusCode::CONFLICT, detail)
        }
        ReplaceFailure::Bad(_) | ReplaceFailure::Unknown(_) | ReplaceFailure::Io { .. } => {
            failure.into()
        }
    }
}

impl VersionsPage {
    fn at(&self, version: &Version) -> String {
        spoken::moment(version.at)
    }

    fn how(&self, version: &Version) -> &'static str {
        how(version.how)
    }

    fn outcome(&self, version: &Version) -> String {
        outcome(&version.outcome)
    }
}

fn how(how: How) -> &'static str {
    match how {
        How::Portal => "in the portal",
        How::Api => "over the API",
        How::Socket => "on the command line",
        How::File => "by writing the file",
        How::Restore => "brought back",
        How::Rollback => "put back by itself",
    }
}

fn outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Pending => "not confirmed yet".to_owned(),
        Outcome::Confirmed => "confirmed by the screen".to_owned(),
        Outcome::RolledBack { reason } => format!("undone: {reason}"),
        Outcome::Replaced => "replaced before it was confirmed".to_owned(),
        Outcome::Unwritten => "could not be written".to_owned(),
    }
}
