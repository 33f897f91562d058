//! The fields of a form that a browser sent.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    response::{IntoResponse as _, Response},
};
use url::form_urlencoded;

use super::super::Refusal;

/// Names and values in the order of the form.
#[derive(Default)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    /// The value of the first field of that name; empty when there is none.
    pub(super) fn get(&self, name: &str) -> &str {
        self.find(name).unwrap_or_default()
    }

    /// The value of the first field of that name.
    pub(super) fn find(&self, name: &str) -> Option<&str> {
        let mut fields = self.iter();
        fields.find_map(|(own, value)| (own == name).then_some(value))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let fields = self.0.iter();
        fields.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.iter().map(|(name, _)| name)
    }
}

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        let body = Bytes::from_request(request, state).await;
        let body = body.map_err(|rejection| Refusal::from(rejection).into_response())?;
        Ok(Self(form_urlencoded::parse(&body).into_owned().collect()))
    }
}
