//! What only the control socket carries, for whoever administers the device itself: the keys of
//! the portal, and the live status.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Caller, Control, PortalDocument, Refusal,
    access::{Access, Scope, TokenRecord},
    api::{self, Api},
    live,
};
use crate::player::Ask;

/// The API, the keys and the live status, for the control socket.
pub fn local_router(control: Control, access: Access) -> Router {
    let api = Arc::new(Api::new(control));
    let keys = Keys {
        api: Arc::clone(&api),
        access,
    };
    let local = OpenApiRouter::default()
        .routes(routes!(show))
        .routes(routes!(reset))
        .routes(routes!(list, make))
        .routes(routes!(end))
        .with_state(Arc::new(keys));
    let live = OpenApiRouter::default()
        .routes(routes!(live::follow))
        .with_state(Arc::clone(&api));
    api::routes_with(api, local.merge(live))
}

struct Keys {
    api: Arc<Api>,
    access: Access,
}

/// The way into the portal.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct WayIn {
    #[serde(flatten)]
    pub portal: PortalDocument,
    /// The code that the screen shows; `null`: the device is claimed.
    #[schema(required)]
    pub code: Option<String>,
}

/// A token to be made.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct WantedToken {
    pub name: String,
    pub scope: Scope,
}

/// A token; it is never told again.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct NewToken {
    pub token: String,
}

/// The way into the portal, with the pairing code.
#[utoipa::path(
    get,
    path = "/api/v1/portal",
    operation_id = "readWayIn",
    tag = "access",
    responses(
        (status = 200, description = "Where it is, and what lets somebody in.", body = WayIn),
    )
)]
async fn show(State(keys): State<Arc<Keys>>) -> Json<WayIn> {
    let code = keys.access.code().borrow().clone();
    Json(WayIn {
        portal: keys.api.document().0.portal,
        code: code.map(|code| code.expose_secret().to_owned()),
    })
}

/// Forgets the portal's password.
///
/// The screen shows a code, and whoever stands in front of it sets the next password.
#[utoipa::path(
    delete,
    path = "/api/v1/portal/password",
    operation_id = "resetPassword",
    tag = "access",
    responses(
        (status = 204, description = "The device belongs to nobody."),
        (status = 500, description = "This cannot be kept.", body = Refusal, content_type = "application/problem+json"),
        (status = 503, description = "The daemon is stopping.", body = Refusal, content_type = "application/problem+json"),
    )
)]
async fn reset(State(keys): State<Arc<Keys>>, caller: Caller) -> Result<StatusCode, Refusal> {
    keys.access
        .reset()
        .await
        .map_err(|error| not_kept(&error))?;
    tracing::info!(by = caller.who, "the portal waits for a new password");
    keys.api.ask(Ask::Invite).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Every token for programs, without the tokens themselves.
#[utoipa::path(
    get,
    path = "/api/v1/tokens",
    operation_id = "listTokens",
    tag = "access",
    responses(
        (status = 200, description = "The tokens.", body = Vec<ApiToken>),
    )
)]
async fn list(State(keys): State<Arc<Keys>>) -> Json<Vec<ApiToken>> {
    let tokens = keys.access.tokens();
    Json(tokens.into_iter().map(Into::into).collect())
}

/// Makes a token for a program.
#[utoipa::path(
    post,
    path = "/api/v1/tokens",
    operation_id = "makeToken",
    tag = "access",
    request_body = WantedToken,
    responses(
        (status = 201, description = "The token, which is told only now.", body = NewToken),
        (status = 400, description = "The wish is no JSON.", content((String = "text/plain"), (Refusal = "application/problem+json"))),
        (status = 413, description = "The wish is too long.", content((String = "text/plain"), (Refusal = "application/problem+json"))),
        (status = 415, description = "The wish does not say that it is JSON.", content((String = "text/plain"), (Refusal = "application/problem+json"))),
        (status = 422, description = "The name or the scope will not do.", content((String = "text/plain"), (Refusal = "application/problem+json"))),
        (status = 500, description = "This cannot be kept.", body = Refusal, content_type = "application/problem+json"),
    )
)]
async fn make(
    State(keys): State<Arc<Keys>>,
    Json(wish): Json<WantedToken>,
) -> Result<(StatusCode, Json<NewToken>), Refusal> {
    let name = check_name(&wish.name)
        .map_err(|problem| Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, problem))?;
    let token = keys.access.add_token(name, wish.scope).await;
    let token = token.map_err(|error| not_kept(&error))?;
    let made = NewToken {
        token: token.expose_secret().to_owned(),
    };
    Ok((StatusCode::CREATED, Json(made)))
}

/// Ends a token.
#[utoipa::path(
    delete,
    path = "/api/v1/tokens/{id}",
    operation_id = "endToken",
    tag = "access",
    params(("id" = String, Path, description = "The token's `id` in the list.")),
    responses(
        (status = 204, description = "It opens nothing any more."),
        (status = 400, description = "The address cannot be understood.", content((String = "text/plain"), (Refusal = "application/problem+json"))),
        (status = 404, description = "There is no such token.", body = Refusal, content_type = "application/problem+json"),
        (status = 500, description = "This cannot be kept.", body = Refusal, content_type = "application/problem+json"),
    )
)]
async fn end(State(keys): State<Arc<Keys>>, Path(id): Path<String>) -> Result<StatusCode, Refusal> {
    match keys.access.revoke_token(&id).await {
        Ok(true) => Ok(StatusCode::NO_CONTENT),
        Ok(false) => Err(Refusal::new(
            StatusCode::NOT_FOUND,
            "there is no such token",
        )),
        Err(error) => Err(not_kept(&error)),
    }
}

/// A token as it is listed.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ApiToken {
    pub id: String,
    pub name: String,
    pub scope: Scope,
    pub created: jiff::Timestamp,
}

impl From<TokenRecord> for ApiToken {
    fn from(record: TokenRecord) -> Self {
        Self {
            id: record.id,
            name: record.name,
            scope: record.scope,
            created: record.created,
        }
    }
}

/// A name that a token can have, trimmed.
///
/// # Errors
///
/// What would be right.
pub(super) fn check_name(name: &str) -> Result<&str, &'static str> {
    let name = name.trim();
    let is_name = (1..=64).contains(&name.chars().count()) && !name.contains(char::is_control);
    is_name
        .then_some(name)
        .ok_or("give the token a name of 1 to 64 characters")
}

pub(super) fn not_kept(error: &std::io::Error) -> Refusal {
    let detail = format!("this cannot be kept: {error}");
    Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, detail)
}
