//! The data endpoint that a report's visuals ask.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use serde::Deserialize;
use serde_json::json;

use crate::{
    clock,
    cloud::Cloud,
    faults::{ErrorForm, Faults, HttpSign, Refusal},
    figures,
    hosts::authorization,
    names::REPORT_HOST,
    report::page_faults,
    rest::{error_body, refused},
    tokens::Standing,
};

#[derive(Deserialize)]
struct Query {
    /// The visual's name, unique in its report.
    visual: String,
    /// How many values it draws.
    count: usize,
}

pub(crate) fn routes() -> Router<Arc<Cloud>> {
    Router::new().route("/explore/querydata", post(query_data).options(preflight))
}

async fn query_data(
    State(cloud): State<Arc<Cloud>>,
    headers: HeaderMap,
    Json(query): Json<Query>,
) -> Response {
    let token = authorization(&headers, "EmbedToken").unwrap_or_default();
    let standing = cloud.book().tokens.embed(token, clock::now());
    let response = match standing {
        Standing::Good { .. } => {
            cloud.count(|counters, now_ms| counters.answered_fresh(&query.visual, now_ms));
            Json(fresh(&cloud, &query)).into_response()
        }
        Standing::Expired => {
            cloud.count(|counters, now_ms| counters.answered_expired(&query.visual, now_ms));
            expired(&cloud.faults())
        }
        Standing::Unknown => refused(&Refusal {
            status: 403,
            code: "InvalidToken".to_owned(),
            form: ErrorForm::HeaderAndBody,
        }),
    };
    shared(response)
}

fn fresh(cloud: &Cloud, query: &Query) -> serde_json::Value {
    let seconds = cloud.now_ms() / 1000.0;
    json!({
        "values": figures::values(&query.visual, query.count, seconds),
        "seconds": seconds,
        "standin": page_faults(&cloud.faults()),
        "mood": cloud.take_mood(),
    })
}

/// The page learns from the same answer which signs of expiry it is to give.
fn expired(faults: &Faults) -> Response {
    let mut body = error_body("TokenExpired");
    body["standin"] = json!(page_faults(faults));
    match faults.http_sign {
        HttpSign::Forbidden => {
            let headers = [("x-powerbi-error-info", "TokenExpired")];
            (StatusCode::FORBIDDEN, headers, Json(body)).into_response()
        }
        HttpSign::OkWithError => Json(body).into_response(),
    }
}

async fn preflight() -> Response {
    shared(
        (
            StatusCode::NO_CONTENT,
            [
                ("access-control-allow-methods", "POST"),
                (
                    "access-control-allow-headers",
                    "authorization, content-type",
                ),
                ("access-control-max-age", "600"),
            ],
        )
            .into_response(),
    )
}

/// Lets the report page read the answer, but not its error header: as in reality, nothing exposes it.
fn shared(mut response: Response) -> Response {
    if let Ok(origin) = HeaderValue::from_str(&format!("https://{REPORT_HOST}")) {
        let headers = response.headers_mut();
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
    response
}
