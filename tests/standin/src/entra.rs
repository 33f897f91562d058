//! Entra's token endpoint for client credentials.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::json;

use crate::{
    assertion, clock,
    cloud::Cloud,
    names::{CLIENT_ID, ENTRA_HOST, TENANT_ID},
    tokens::{random_guid, seconds},
};

const SCOPE: &str = "https://analysis.windows.net/powerbi/api/.default";
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The fields of a request's form.
struct Form(HashMap<String, String>);

impl Form {
    fn field(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

/// Why Entra refuses, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Aadsts(pub(crate) u32);

pub(crate) fn routes() -> Router<Arc<Cloud>> {
    Router::new().route("/{tenant}/oauth2/v2.0/token", post(token))
}

async fn token(
    State(cloud): State<Arc<Cloud>>,
    Path(tenant): Path<String>,
    body: Bytes,
) -> Response {
    let form = Form(url::form_urlencoded::parse(&body).into_owned().collect());
    if let Err(refusal) = judge(&cloud, &tenant, &form) {
        return refused(refusal);
    }
    let now = clock::now();
    let now_ms = cloud.now_ms();
    let book = &mut *cloud.book();
    let life = seconds(book.faults.token_life_s);
    let token = book.tokens.mint_entra(now + life);
    book.counters.entra_tokens += 1;
    book.counters.last_entra_ms = Some(now_ms);
    book.counters.tokens.push(token.clone());
    Json(json!({
        "token_type": "Bearer",
        "expires_in": life.as_secs(),
        "ext_expires_in": life.as_secs(),
        "access_token": token,
    }))
    .into_response()
}

fn judge(cloud: &Cloud, tenant: &str, form: &Form) -> Result<(), Aadsts> {
    if let Some(number) = cloud.book().faults.entra_refusal {
        return Err(Aadsts(number));
    }
    if tenant != TENANT_ID {
        return Err(Aadsts(90002));
    }
    if form.field("client_id") != Some(CLIENT_ID) {
        return Err(Aadsts(700_016));
    }
    if form.field("grant_type") != Some("client_credentials") {
        return Err(Aadsts(70003));
    }
    if form.field("scope") != Some(SCOPE) {
        return Err(Aadsts(70011));
    }
    judge_credential(cloud, form)
}

fn judge_credential(cloud: &Cloud, form: &Form) -> Result<(), Aadsts> {
    match (form.field("client_secret"), form.field("client_assertion")) {
        (Some(secret), None) if secret == cloud.client_secret => Ok(()),
        (Some(_), None) => Err(Aadsts(7_000_215)),
        (None, Some(assertion)) if form.field("client_assertion_type") == Some(ASSERTION_TYPE) => {
            assertion::verify(assertion, &cloud.client_certificate, &audience())
        }
        (None | Some(_), Some(_)) => Err(Aadsts(900_144)),
        (None, None) => Err(Aadsts(7_000_216)),
    }
}

fn audience() -> String {
    format!("https://{ENTRA_HOST}/{TENANT_ID}/oauth2/v2.0/token")
}

fn refused(Aadsts(number): Aadsts) -> Response {
    let (status, error, reason) = match number {
        7_000_215 => (
            StatusCode::UNAUTHORIZED,
            "invalid_client",
            "Invalid client secret provided.",
        ),
        7_000_222 => (
            StatusCode::UNAUTHORIZED,
            "invalid_client",
            "The provided client secret keys for app are expired.",
        ),
        700_027 => (
            StatusCode::UNAUTHORIZED,
            "invalid_client",
            "The certificate with identifier used to sign the client assertion is not registered.",
        ),
        700_016 => (
            StatusCode::BAD_REQUEST,
            "unauthorized_client",
            "Application was not found in the directory.",
        ),
        90002 => (
            StatusCode::BAD_REQUEST,
            "invalid_request",
            "Tenant not found.",
        ),
        _ => (
            StatusCode::BAD_REQUEST,
            "invalid_request",
            "The request was refused.",
        ),
    };
    let (trace, correlation) = (random_guid(), random_guid());
    let at = clock::wall().strftime("%Y-%m-%d %H:%M:%SZ").to_string();
    let body = json!({
        "error": error,
        "error_description": format!(
            "AADSTS{number}: {reason} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {at}"
        ),
        "error_codes": [number],
        "timestamp": at,
        "trace_id": trace,
        "correlation_id": correlation,
    });
    (status, Json(body)).into_response()
}
