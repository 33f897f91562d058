//! The page of the password and of the tokens for programs.

use std::sync::Arc;

use askama::Template;
use axum::{
    Extension, Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use secrecy::{ExposeSecret as _, SecretString};

use super::{
    Admin, Frame, Sent, Site,
    doors::{status_of, with_cookie},
    go_to, html, refuse, spoken,
};
use crate::portal::{
    access::{Scope, Session, TokenRecord},
    door::Carrier,
    local::{self, not_kept},
};

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/access", get(show))
        .route("/access/tokens", post(make_token))
        .route("/access/tokens/{id}/end", post(end_token))
        .route("/access/password", post(change_password))
}

#[derive(Template)]
#[template(path = "access.html")]
struct AccessPage {
    frame: Frame,
    tokens: Vec<TokenRecord>,
    made: Option<String>,
    token_problem: Option<String>,
    password_problem: Option<String>,
}

impl AccessPage {
    fn new(site: &Site, admin: &Session) -> Self {
        Self {
            frame: Frame::of(site, "/access", admin),
            tokens: site.access.tokens(),
            made: None,
            token_problem: None,
            password_problem: None,
        }
    }
}

impl AccessPage {
    fn made(&self, token: &TokenRecord) -> String {
        spoken::moment(token.created)
    }
}

async fn show(State(site): State<Arc<Site>>, Admin(admin): Admin) -> Response {
    html(&AccessPage::new(&site, &admin))
}

async fn make_token(State(site): State<Arc<Site>>, Sent { admin, fields }: Sent) -> Response {
    let name = local::check_name(fields.get("name"));
    let scope = match fields.get("scope") {
        "read" => Some(Scope::Read),
        "operate" => Some(Scope::Operate),
        "configure" => Some(Scope::Configure),
        _ => None,
    };
    let (Some(scope), Ok(name)) = (scope, name) else {
        let problem = "give it a name of 1 to 64 characters".to_owned();
        let page = AccessPage {
            token_problem: Some(problem),
            ..AccessPage::new(&site, &admin)
        };
        return (StatusCode::UNPROCESSABLE_ENTITY, html(&page)).into_response();
    };
    match site.access.add_token(name, scope).await {
        Ok(token) => html(&AccessPage {
            made: Some(token.expose_secret().to_owned()),
            ..AccessPage::new(&site, &admin)
        }),
        Err(error) => refuse(&site, &not_kept(&error)),
    }
}

async fn end_token(State(site): State<Arc<Site>>, Path(id): Path<String>, _: Sent) -> Response {
    match site.access.revoke_token(&id).await {
        Ok(_) => go_to("/access"),
        Err(error) => refuse(&site, &not_kept(&error)),
    }
}

async fn change_password(
    State(site): State<Arc<Site>>,
    Extension(carrier): Extension<Carrier>,
    Sent { admin, fields }: Sent,
) -> Response {
    let again = |status, problem| {
        let page = AccessPage {
            password_problem: Some(problem),
            ..AccessPage::new(&site, &admin)
        };
        (status, html(&page)).into_response()
    };
    if fields.get("new") != fields.get("again") {
        let problem = "the two new passwords differ".to_owned();
        return again(StatusCode::UNPROCESSABLE_ENTITY, problem);
    }
    let (old, new) = (fields.get("old"), fields.get("new"));
    let (old, new) = (SecretString::from(old), SecretString::from(new));
    let changed = site.access.change_password(old, new, carrier.peer.ip());
    match changed.await {
        Ok(word) => with_cookie(go_to("/access"), &word),
        Err(denial) => again(status_of(&denial), denial.to_string()),
    }
}
