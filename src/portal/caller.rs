//! Who asks, as the carrier of a request knows it.

use axum::{extract::FromRequestParts, http::StatusCode, http::request::Parts};

use super::Refusal;
use crate::store::{Author, How};

/// Who asks, and by which way. Whatever carries the router sets it as an extension of each request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    pub who: String,
    pub how: How,
}

impl From<Caller> for Author {
    fn from(caller: Caller) -> Self {
        let Caller { who, how } = caller;
        Self { who, how }
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Refusal> {
        let caller = parts.extensions.get().cloned();
        caller.ok_or_else(|| {
            let detail = "nobody says who asks; this is a fault in everlit";
            Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, detail)
        })
    }
}
