//! Which host answers what, and the trouble that hits a whole host.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    middleware::{self, Next},
    response::{Html, IntoResponse, Response},
};

use crate::{
    cloud::Cloud,
    entra,
    faults::{Faults, Trouble},
    names::{
        API_HOST, DASHBOARDS_HOST, DATA_HOST, ENTRA_HOST, PORTAL_HOST, REPORT_HOST,
        TOKEN_SERVICE_HOST,
    },
    portal, query, report, rest, token_service,
};

const CAPTIVE_PORTAL: &str = "<!doctype html><html><head><title>Hotel Wi-Fi</title></head>\
    <body><h1>Welcome!</h1><p>Please accept the terms to go online.</p></body></html>";

/// One of the parts that the stand-in plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Entra,
    Api,
    Report,
    Data,
    TokenService,
    Portal,
    Dashboards,
}

impl Role {
    fn host(self) -> &'static str {
        match self {
            Self::Entra => ENTRA_HOST,
            Self::Api => API_HOST,
            Self::Report => REPORT_HOST,
            Self::Data => DATA_HOST,
            Self::TokenService => TOKEN_SERVICE_HOST,
            Self::Portal => PORTAL_HOST,
            Self::Dashboards => DASHBOARDS_HOST,
        }
    }

    fn trouble(self, faults: &Faults) -> Trouble {
        match self {
            Self::Entra => faults.entra,
            Self::Api => faults.api,
            Self::Report => faults.report,
            Self::Data => faults.data,
            Self::TokenService => faults.token_service,
            Self::Portal => faults.portal,
            Self::Dashboards => Trouble::None,
        }
    }
}

#[derive(Clone)]
struct Gate {
    role: Role,
    cloud: Arc<Cloud>,
}

pub(crate) fn routes(cloud: &Arc<Cloud>) -> Router {
    [
        (Role::Entra, entra::routes()),
        (Role::Api, rest::routes()),
        (Role::Report, report::routes()),
        (Role::Data, query::routes()),
        (Role::TokenService, token_service::routes()),
        (Role::Portal, portal::portal_routes()),
        (Role::Dashboards, portal::dashboards_routes()),
    ]
    .into_iter()
    .fold(Router::new(), |all, (role, routes)| {
        let cloud = Arc::clone(cloud);
        let gate = middleware::from_fn_with_state(Gate { role, cloud }, pass);
        all.merge(routes.route_layer(gate))
    })
    .with_state(Arc::clone(cloud))
}

/// Lets a request through to the right host, unless that host is in trouble.
async fn pass(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    if host(&request) != gate.role.host() {
        return StatusCode::MISDIRECTED_REQUEST.into_response();
    }
    // The page's own reports to the stand-in and a browser's preflights are nobody's requests.
    if request.uri().path().starts_with("/standin/") || request.method() == Method::OPTIONS {
        return next.run(request).await;
    }
    gate.cloud.count(|counters, _| {
        *counters
            .requests
            .entry(gate.role.host().to_owned())
            .or_default() += 1;
    });
    gate.cloud.was_asked(gate.role.host());
    if gate.role == Role::Report {
        gate.cloud
            .count(|counters, now_ms| counters.frame_asked_ms = Some(now_ms));
    }
    let trouble = gate.role.trouble(&gate.cloud.book().faults);
    match trouble {
        Trouble::None => next.run(request).await,
        Trouble::Late { ms } => {
            tokio::time::sleep(Duration::from_millis(u64::from(ms))).await;
            next.run(request).await
        }
        Trouble::Throttle { retry_after_s } => (
            StatusCode::TOO_MANY_REQUESTS,
            [(header::RETRY_AFTER, retry_after_s.to_string())],
        )
            .into_response(),
        Trouble::Status(status) => status_of(status).into_response(),
        Trouble::Hang => std::future::pending().await,
        Trouble::Garbage => Html(CAPTIVE_PORTAL).into_response(),
    }
}

/// A status from a fault; 500 where the number is none.
pub(crate) fn status_of(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// The token of an `Authorization` header with this scheme.
pub(crate) fn authorization<'h>(headers: &'h HeaderMap, scheme: &str) -> Option<&'h str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (given, token) = value.split_once(' ')?;
    given.eq_ignore_ascii_case(scheme).then_some(token)
}

/// HTTP/2 has it in the address, HTTP/1.1 in a header.
fn host(request: &Request) -> &str {
    let header = request.headers().get(header::HOST);
    let host = request
        .uri()
        .host()
        .or_else(|| header.and_then(|host| host.to_str().ok()));
    host.unwrap_or_default().trim_end_matches(":443")
}
