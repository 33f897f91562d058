//! How the API says no: problem details after RFC 9457.

use std::fmt;

use axum::{
    Json,
    extract::rejection::BytesRejection,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::settings::{Problem, Problems};

/// The kind of every refusal: the status says it all.
const NO_MORE_THAN_THE_STATUS: &str = "about:blank";

/// Why a request was refused: problem details after RFC 9457.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Refusal {
    /// Always `about:blank`: the status says what kind of refusal it is.
    #[serde(rename = "type", default)]
    #[schema(required)]
    pub kind: String,
    /// HTTP status.
    pub status: u16,
    /// The status in words.
    pub title: String,
    /// What is wrong this time.
    pub detail: String,
    /// Each thing that is wrong with the settings that were sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<ProblemDocument>,
}

/// One thing wrong with a settings file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProblemDocument {
    pub file: String,
    pub line: usize,
    pub column: usize,
    pub key: String,
    pub problem: String,
    pub remedy: String,
}

impl Refusal {
    pub(super) const CONTENT_TYPE: &str = "application/problem+json";

    pub(super) fn new(status: StatusCode, detail: impl fmt::Display) -> Self {
        Self {
            kind: NO_MORE_THAN_THE_STATUS.to_owned(),
            status: status.as_u16(),
            title: status.canonical_reason().unwrap_or_default().to_owned(),
            detail: detail.to_string(),
            problems: Vec::new(),
        }
    }

    pub(super) fn bad_settings(problems: &Problems) -> Self {
        let count = problems.0.len();
        let things = if count == 1 { "problem" } else { "problems" };
        Self {
            problems: problems.0.iter().map(ProblemDocument::from).collect(),
            ..Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                format_args!("the settings have {count} {things}; nothing was changed"),
            )
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)?;
        for problem in &self.problems {
            write!(f, "\n{problem}")?;
        }
        Ok(())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let kind = [(CONTENT_TYPE, Self::CONTENT_TYPE)];
        (status, kind, Json(self)).into_response()
    }
}

impl From<BytesRejection> for Refusal {
    fn from(rejection: BytesRejection) -> Self {
        Self::new(rejection.status(), rejection.body_text())
    }
}

impl From<&Problem> for ProblemDocument {
    fn from(problem: &Problem) -> Self {
        Self {
            file: problem.file.display().to_string(),
            line: problem.line,
            column: problem.column,
            key: problem.key.clone(),
            problem: problem.problem.clone(),
            remedy: problem.remedy.clone(),
        }
    }
}

impl fmt::Display for ProblemDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Problem {
            file: self.file.clone().into(),
            line: self.line,
            column: self.column,
            key: self.key.clone(),
            problem: self.problem.clone(),
            remedy: self.remedy.clone(),
        }
        .fmt(f)
    }
}
