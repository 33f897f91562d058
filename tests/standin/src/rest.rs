//! The Power BI REST API: a report's data, and embed tokens.

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::json;

use crate::{
    clock,
    cloud::Cloud,
    faults::{ErrorForm, Refusal},
    hosts::{authorization, status_of},
    names::{DATA_HOST, KnownReport, REPORT_HOST, REPORTS, WORKSPACE_ID, known_report},
    tokens::{Standing, random_guid, seconds},
};

const MOST_REPORTS: usize = 50;

/// The body of `POST /v1.0/myorg/GenerateToken`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct TokenRequest {
    #[serde(default)]
    datasets: Vec<DatasetRequest>,
    reports: Vec<ReportRequest>,
    #[serde(default)]
    target_workspaces: Vec<IdRequest>,
    #[serde(default)]
    identities: Vec<Identity>,
    #[serde(default)]
    lifetime_in_minutes: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct DatasetRequest {
    id: String,
    #[serde(default, rename = "xmlaPermissions")]
    _xmla_permissions: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct ReportRequest {
    id: String,
    #[serde(default)]
    allow_edit: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IdRequest {
    id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Identity {
    username: String,
    #[serde(default)]
    roles: Vec<String>,
    #[serde(default)]
    datasets: Vec<String>,
}

/// An error answer: its status and code.
pub(crate) struct ApiError(StatusCode, &'static str);

pub(crate) fn routes() -> Router<Arc<Cloud>> {
    Router::new()
        .route(
            "/v1.0/myorg/groups/{workspace}/reports/{report}",
            get(report),
        )
        .route("/v1.0/myorg/GenerateToken", post(generate_token))
}

async fn report(
    State(cloud): State<Arc<Cloud>>,
    Path((workspace, report)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    if let Err(response) = admit(&cloud, &headers) {
        return response;
    }
    if !workspace.eq_ignore_ascii_case(WORKSPACE_ID) {
        return ApiError(StatusCode::UNAUTHORIZED, "GroupNotAccessible").into_response();
    }
    let Some(known) = known_report(&report) else {
        return ApiError(StatusCode::NOT_FOUND, "PowerBIEntityNotFound").into_response();
    };
    Json(json!({
        "@odata.context": "http://api.powerbi.com/v1.0/myorg/groups/$metadata#reports/$entity",
        "id": known.id,
        "reportType": "PowerBIReport",
        "name": known.name,
        "webUrl": format!("https://{REPORT_HOST}/groups/{WORKSPACE_ID}/reports/{}", known.id),
        "embedUrl": embed_url(known),
        "datasetId": known.dataset_id,
    }))
    .into_response()
}

async fn generate_token(
    State(cloud): State<Arc<Cloud>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let left = match admit(&cloud, &headers) {
        Ok(left) => left,
        Err(response) => return response,
    };
    let request = match serde_json::from_slice::<TokenRequest>(&body) {
        Ok(request) => request,
        Err(error) => return bad_request(&error.to_string()),
    };
    if let Err(error) = judge(&request) {
        return error.into_response();
    }
    let wanted = Duration::from_secs(u64::from(request.lifetime_in_minutes) * 60);
    let life = if wanted.is_zero() {
        left
    } else {
        left.min(wanted)
    };
    Json(minted(&cloud, life)).into_response()
}

/// Lets a caller with a good Entra token in; what is left of that token's life is the answer.
#[expect(clippy::result_large_err, reason = "the error is the answer")]
fn admit(cloud: &Cloud, headers: &HeaderMap) -> Result<Duration, Response> {
    let now = clock::now();
    let book = cloud.book();
    let token = authorization(headers, "Bearer").unwrap_or_default();
    let until = match book.tokens.entra(token, now) {
        Standing::Good { until } => until,
        Standing::Expired => {
            return Err(ApiError(StatusCode::FORBIDDEN, "TokenExpired").into_response());
        }
        Standing::Unknown => {
            return Err(ApiError(StatusCode::FORBIDDEN, "InvalidToken").into_response());
        }
    };
    match &book.faults.api_refusal {
        Some(refusal) => Err(refused(refusal)),
        None => Ok(until - now),
    }
}

fn judge(request: &TokenRequest) -> Result<(), ApiError> {
    const INVALID: ApiError = ApiError(StatusCode::BAD_REQUEST, "InvalidRequest");
    const MISSING: ApiError = ApiError(StatusCode::NOT_FOUND, "PowerBIEntityNotFound");
    if request.reports.is_empty() || request.reports.len() > MOST_REPORTS {
        return Err(INVALID);
    }
    if request.reports.iter().any(|report| report.allow_edit) {
        return Err(INVALID);
    }
    for report in &request.reports {
        let known = known_report(&report.id).ok_or(MISSING)?;
        let mut datasets = request.datasets.iter();
        if !datasets.any(|dataset| dataset.id == known.dataset_id) {
            return Err(INVALID);
        }
    }
    let datasets: Vec<&str> = REPORTS.iter().map(|known| known.dataset_id).collect();
    let mut named = request.datasets.iter().map(|dataset| dataset.id.as_str());
    let mut workspaces = request.target_workspaces.iter();
    if !named.all(|id| datasets.contains(&id)) || !workspaces.all(|w| w.id == WORKSPACE_ID) {
        return Err(MISSING);
    }
    if !request
        .identities
        .iter()
        .all(|identity| is_valid(identity, &datasets))
    {
        return Err(INVALID);
    }
    Ok(())
}

fn is_valid(identity: &Identity, datasets: &[&str]) -> bool {
    let username = &identity.username;
    let fits = |role: &String| !role.is_empty() && role.len() <= 50 && !role.contains(',');
    !username.is_empty()
        && username.len() <= 256
        && identity.roles.len() <= 50
        && identity.roles.iter().all(fits)
        && !identity.datasets.is_empty()
        && identity
            .datasets
            .iter()
            .all(|id| datasets.contains(&id.as_str()))
}

/// Mints an embed token; the answer is that of both versions of GenerateToken.
pub(crate) fn minted(cloud: &Cloud, life: Duration) -> serde_json::Value {
    let (now, now_ms) = (clock::now(), cloud.now_ms());
    let book = &mut *cloud.book();
    let real_life = book.faults.real_life_s.map_or(life, seconds);
    let token = book.tokens.mint_embed(now + real_life);
    book.counters.minted_embed_token(&token, now_ms);
    json!({
        "@odata.context": "http://api.powerbi.com/v1.0/myorg/$metadata#Microsoft.PowerBI.ServiceContracts.Api.V1.GenerateTokenResponse",
        "token": token,
        "tokenId": random_guid(),
        "expiration": expiration(life),
    })
}

/// When a token of this life ends, in whole seconds like the real one's, and never more than a
/// tenth of a second too late by a clock that drops fractions (the `Date` header).
fn expiration(life: Duration) -> String {
    let whole = (life + Duration::from_millis(100)).as_secs();
    let end = clock::wall().as_second() + i64::try_from(whole).unwrap_or(0);
    jiff::Timestamp::from_second(end).map_or_else(|_| String::new(), |end| end.to_string())
}

pub(crate) fn embed_url(report: &KnownReport) -> String {
    let config = json!({
        "clusterUrl": format!("https://{DATA_HOST}"),
        "embedFeatures": {"usageMetricsVNext": true},
    });
    let config = STANDARD.encode(config.to_string());
    let mut url = format!(
        "https://{REPORT_HOST}/reportEmbed?reportId={}&groupId={WORKSPACE_ID}&w=2&config=",
        report.id
    );
    url.extend(url::form_urlencoded::byte_serialize(config.as_bytes()));
    url
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        refused(&Refusal {
            status: self.0.as_u16(),
            code: self.1.to_owned(),
            form: ErrorForm::HeaderAndBody,
        })
    }
}

pub(crate) fn refused(refusal: &Refusal) -> Response {
    let headers = [
        ("x-powerbi-error-info", refusal.code.clone()),
        ("requestid", random_guid()),
    ];
    let status = status_of(refusal.status);
    match refusal.form {
        ErrorForm::HeaderOnly => (status, headers).into_response(),
        ErrorForm::HeaderAndBody => {
            (status, headers, Json(error_body(&refusal.code))).into_response()
        }
    }
}

pub(crate) fn error_body(code: &str) -> serde_json::Value {
    let message = match code {
        "TokenExpired" => "Access token has expired, resubmit with a new access token",
        _ => "",
    };
    json!({"error": {"code": code, "message": message}})
}

fn bad_request(reason: &str) -> Response {
    let body = json!({"error": {"code": "BadRequest", "message": reason}});
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}
