//! The pages of the portal, made on the device; they can be read and used without JavaScript.

use std::sync::Arc;

use askama::Template;
use axum::{
    Extension, Router,
    extract::{FromRequest, FromRequestParts, Path, Request, State},
    http::{
        HeaderValue, StatusCode, Uri,
        header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION},
        request::Parts,
    },
    response::{Html, IntoResponse, Response},
    routing::get,
};
use secrecy::ExposeSecret as _;

mod access;
mod diagnostics;
mod doors;
mod fields;
mod input;
mod log;
mod overview;
mod settings;
mod spoken;
mod versions;

use super::{
    Refusal,
    access::{Access, Session},
    api::Api,
    custody::Custody,
    gate::Visitor,
};
use fields::Fields;

const STYLE: &str = include_str!("portal.css");
const SCRIPT: &str = include_str!("portal.js");
const ICON: &str = include_str!("icon.svg");

/// What the pages share.
pub(super) struct Site {
    pub(super) api: Arc<Api>,
    pub(super) access: Access,
    pub(super) custody: Custody,
}

/// Every page, without the gate.
pub(super) fn routes(site: Arc<Site>) -> Router {
    Router::new()
        .route("/assets/{name}", get(asset))
        .merge(access::routes())
        .merge(diagnostics::routes())
        .merge(doors::routes())
        .merge(log::routes())
        .merge(overview::routes())
        .merge(settings::routes())
        .merge(versions::routes())
        .with_state(site)
}

/// What stands around every page.
struct Frame {
    device: String,
    /// The place of the page in [`Frame::places`].
    here: &'static str,
    /// `None`: nobody is signed in.
    form_word: Option<String>,
    notice: Option<String>,
    /// Part of the assets' addresses, so that a newer daemon's are not taken for the old ones.
    assets: &'static str,
}

impl Frame {
    fn new(site: &Site, here: &'static str) -> Self {
        Self {
            device: site.api.device_name(),
            here,
            form_word: None,
            notice: None,
            assets: env!("CARGO_PKG_VERSION"),
        }
    }

    fn of(site: &Site, here: &'static str, admin: &Session) -> Self {
        Self {
            form_word: Some(admin.form_word.expose_secret().to_owned()),
            ..Self::new(site, here)
        }
    }

    /// What the forms of this page send along.
    fn csrf(&self) -> &str {
        self.form_word.as_deref().unwrap_or_default()
    }

    fn places(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("/", "Overview"),
            ("/settings", "Settings"),
            ("/versions", "History"),
            ("/log", "Log"),
            ("/diagnostics", "Diagnostics"),
            ("/access", "Access"),
        ]
    }
}

/// The admin's session; the gate has seen to it that there is one.
struct Admin(Session);

impl<S: Send + Sync> FromRequestParts<S> for Admin {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let visitor = Extension::<Visitor>::from_request_parts(parts, state).await;
        match visitor.map_err(IntoResponse::into_response)?.0 {
            Visitor::Admin(session) => Ok(Self(session)),
            Visitor::Nobody | Visitor::Program(_) => Err(StatusCode::FORBIDDEN.into_response()),
        }
    }
}

/// What the admin sent with one of our own forms.
struct Sent {
    admin: Session,
    fields: Fields,
}

impl<S: Send + Sync> FromRequest<S> for Sent {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        let (mut parts, body) = request.into_parts();
        let Admin(admin) = Admin::from_request_parts(&mut parts, state).await?;
        let request = Request::from_parts(parts, body);
        let fields = Fields::from_request(request, state).await?;
        if fields.get("csrf") != admin.form_word.expose_secret() {
            let detail = "this form is of an earlier session; load the page again";
            return Err(Refusal::new(StatusCode::FORBIDDEN, detail).into_response());
        }
        Ok(Self { admin, fields })
    }
}

/// A page that refuses, in words.
#[derive(Template)]
#[template(path = "refusal.html")]
struct RefusalPage {
    frame: Frame,
    title: String,
    detail: String,
}

/// What somebody gets who is lost: a program in its own words, a person a page.
pub(super) fn lost(site: &Site, uri: &Uri) -> Response {
    let refusal = Refusal::new(StatusCode::NOT_FOUND, "there is nothing at this address");
    if uri.path().starts_with("/api/") {
        return refusal.into_response();
    }
    refuse(site, &refusal)
}

fn refuse(site: &Site, refusal: &Refusal) -> Response {
    let page = RefusalPage {
        frame: Frame::new(site, ""),
        title: refusal.title.clone(),
        detail: refusal.to_string(),
    };
    let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, html(&page)).into_response()
}

fn html(page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => Html(text).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page of the portal cannot be made");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// After a change: another request shows what has become of it, so that reloading repeats nothing.
fn go_to(place: &str) -> Response {
    match HeaderValue::try_from(place) {
        Ok(place) => (StatusCode::SEE_OTHER, [(LOCATION, place)]).into_response(),
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}

async fn asset(State(site): State<Arc<Site>>, Path(name): Path<String>, uri: Uri) -> Response {
    let (kind, text) = match name.as_str() {
        "portal.css" => ("text/css; charset=utf-8", STYLE),
        "portal.js" => ("text/javascript; charset=utf-8", SCRIPT),
        "icon.svg" => ("image/svg+xml", ICON),
        _ => return lost(&site, &uri),
    };
    let headers = [(CONTENT_TYPE, kind), (CACHE_CONTROL, "max-age=3600")];
    (headers, text).into_response()
}
