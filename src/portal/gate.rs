//! Who of the network may ask for what: hosts, origins, sessions, tokens and their scopes.

use std::{net::IpAddr, sync::Arc};

use axum::{
    extract::{Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri,
        header::{
            AUTHORIZATION, CACHE_CONTROL, CONTENT_SECURITY_POLICY, COOKIE, HOST, LOCATION, ORIGIN,
            REFERRER_POLICY, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
        },
        uri::Authority,
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use secrecy::ExposeSecret as _;
use tokio::sync::watch;

use super::{
    Caller, Refusal,
    access::{Access, Scope, Session, TokenRecord},
    custody::Custody,
    door::{Carrier, Scheme},
};
use crate::{
    clock,
    settings::{Portal, Settings},
    store::How,
};

/// The cookie of a session. Browsers take one of this name only over TLS or from this device, for
/// this host alone.
pub(super) const COOKIE_NAME: &str = "__Host-everlit";
/// Carries the session's form word where there is no form.
pub(super) const FORM_WORD: HeaderName = HeaderName::from_static("x-csrf-token");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Only our own files, nothing inline, and nobody may frame us.
const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; \
    frame-ancestors 'none'";

/// What stands on every answer that does not say otherwise.
const HEADERS: [(HeaderName, &str); 8] = [
    (CACHE_CONTROL, "no-store"),
    (CONTENT_SECURITY_POLICY, CONTENT_POLICY),
    (X_FRAME_OPTIONS, "DENY"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // Not "no-referrer": forms would be sent without their origin.
    (REFERRER_POLICY, "same-origin"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), microphone=(), geolocation=()",
    ),
];

/// What the gate goes by.
#[derive(Debug, Clone)]
pub(super) struct Gate {
    pub(super) access: Access,
    pub(super) settings: watch::Receiver<Option<Arc<Settings>>>,
    pub(super) custody: Custody,
    /// The device's own names.
    pub(super) names: Arc<[String]>,
}

/// Who asks; an extension of every request that the gate let through.
#[derive(Debug, Clone)]
pub(super) enum Visitor {
    Nobody,
    /// The admin in a browser.
    Admin(Session),
    Program(TokenRecord),
}

/// What has to be shown for a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    Nothing,
    /// The admin, in person.
    Session,
    Scope(Scope),
}

/// Lets a request through to the router, or says why not.
pub(super) async fn guard(
    State(gate): State<Arc<Gate>>,
    mut request: Request,
    next: Next,
) -> Response {
    let mut response = match gate.judge(&request) {
        Ok(visitor) => {
            let extensions = request.extensions_mut();
            extensions.insert(caller(&visitor));
            extensions.insert(gate.custody.clone());
            extensions.insert(visitor);
            next.run(request).await
        }
        Err(response) => *response,
    };
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    response
}

impl Gate {
    fn portal(&self) -> Portal {
        let settings = self.settings.borrow();
        let portal = settings.as_ref().map(|settings| settings.portal.clone());
        portal.unwrap_or_default()
    }

    fn judge(&self, request: &Request) -> Result<Visitor, Box<Response>> {
        let refuse = |refusal: Refusal| Box::new(refusal.into_response());
        let carrier = request.extensions().get::<Carrier>().copied();
        let carrier = carrier.ok_or_else(|| {
            let detail = "the request came by no known way";
            refuse(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, detail))
        })?;
        let authority = self.authority(request.uri(), request.headers(), carrier);
        let authority = authority.map_err(refuse)?;
        if !request.method().is_safe() {
            check_origin(request.headers(), &authority, carrier.scheme).map_err(refuse)?;
        }
        let open_metrics = self.portal().open_metrics;
        let (method, path) = (request.method(), request.uri().path());
        let need = need(method, path, open_metrics);
        let visitor = self.visitor(request.headers());
        // Nothing is done for anybody while nobody owns the device, whatever tokens there are left.
        let lack = match need {
            Need::Session | Need::Scope(_) if !self.access.is_claimed() => Err(Lack::Credentials),
            Need::Nothing | Need::Session | Need::Scope(_) => check(need, &visitor),
        };
        match lack {
            Ok(()) => {}
            Err(Lack::Credentials) => return Err(Box::new(self.ask_for_credentials(request))),
            Err(Lack::Scope(scope)) => {
                let detail = format!("this token has not the scope \"{scope}\"");
                return Err(refuse(Refusal::new(StatusCode::FORBIDDEN, detail)));
            }
        }
        if !method.is_safe() && path.starts_with("/api/") {
            check_form_word(&visitor, request.headers()).map_err(refuse)?;
        }
        Ok(visitor)
    }

    /// The host that the request is for, if it is us. A page of somebody else's whose name leads
    /// to this device's address (DNS rebinding) still says its own name here.
    fn authority(
        &self,
        uri: &Uri,
        headers: &HeaderMap,
        carrier: Carrier,
    ) -> Result<Authority, Refusal> {
        let bad = |detail| Refusal::new(StatusCode::BAD_REQUEST, detail);
        let mut hosts = headers.get_all(HOST).iter();
        let (Some(host), None) = (hosts.next(), hosts.next()) else {
            return Err(bad("a request names one host"));
        };
        let host: Option<Authority> = host.to_str().ok().and_then(|host| host.parse().ok());
        let host = host.ok_or_else(|| bad("this is no host name"))?;
        let asked = [Some(&host), uri.authority()];
        for name in asked.into_iter().flatten() {
            if name.as_str().contains('@') || !self.is_own_name(name.host(), carrier) {
                return Err(Refusal::new(
                    StatusCode::MISDIRECTED_REQUEST,
                    "this device does not go by that name; add it to portal.hosts in the settings",
                ));
            }
        }
        Ok(host)
    }

    fn is_own_name(&self, name: &str, carrier: Carrier) -> bool {
        let plain = name.trim_start_matches('[').trim_end_matches(']');
        if let Ok(address) = plain.parse::<IpAddr>() {
            return address.to_canonical() == carrier.local.ip().to_canonical();
        }
        let plain = plain
            .strip_suffix('.')
            .unwrap_or(plain)
            .to_ascii_lowercase();
        self.names.contains(&plain) || self.portal().hosts.contains(&plain)
    }

    fn visitor(&self, headers: &HeaderMap) -> Visitor {
        if let Some(token) = bearer(headers) {
            return match self.access.token(token) {
                Some(record) => Visitor::Program(record),
                None => Visitor::Nobody,
            };
        }
        let session = cookie(headers).and_then(|word| self.access.session(word, clock::now()));
        session.map_or(Visitor::Nobody, Visitor::Admin)
    }

    /// A program is told what is missing; a person is led to where it can be given.
    fn ask_for_credentials(&self, request: &Request) -> Response {
        let path = request.uri().path();
        if path.starts_with("/api/") || path == "/metrics" {
            let detail = "sign in, or send a token: Authorization: Bearer …";
            let refusal = Refusal::new(StatusCode::UNAUTHORIZED, detail);
            return ([(WWW_AUTHENTICATE, "Bearer")], refusal).into_response();
        }
        let place = if self.access.is_claimed() {
            let target = request
                .uri()
                .path_and_query()
                .map_or("/", |target| target.as_str());
            let wanted = if request.method().is_safe() {
                target
            } else {
                "/"
            };
            format!("/sign-in?next={}", urlencoded(wanted))
        } else {
            "/claim".to_owned()
        };
        (StatusCode::SEE_OTHER, [(LOCATION, place)]).into_response()
    }
}

/// The visitor, as the history names them.
fn caller(visitor: &Visitor) -> Caller {
    let (who, how) = match visitor {
        Visitor::Nobody => ("nobody", How::Api),
        Visitor::Admin(_) => ("admin", How::Portal),
        Visitor::Program(token) => (token.name.as_str(), How::Api),
    };
    let who = who.to_owned();
    Caller { who, how }
}

/// What a visitor does not have.
enum Lack {
    Credentials,
    Scope(Scope),
}

fn check(need: Need, visitor: &Visitor) -> Result<(), Lack> {
    match (need, visitor) {
        (Need::Nothing, _) | (Need::Session | Need::Scope(_), Visitor::Admin(_)) => Ok(()),
        (Need::Scope(scope), Visitor::Program(token)) if token.scope >= scope => Ok(()),
        (Need::Scope(scope), Visitor::Program(_)) => Err(Lack::Scope(scope)),
        (Need::Session, Visitor::Program(_)) | (_, Visitor::Nobody) => Err(Lack::Credentials),
    }
}

/// Whatever is not named here is for the admin only.
pub(super) fn need(method: &Method, path: &str, open_metrics: bool) -> Need {
    match path {
        "/healthz" | "/sign-in" | "/claim" | "/claim/show-code" => Need::Nothing,
        "/metrics" if open_metrics => Need::Nothing,
        "/metrics" | "/api/v1/settings/check" => Need::Scope(Scope::Read),
        _ if path.starts_with("/assets/") => Need::Nothing,
        _ if path.starts_with("/api/v1/tokens") => Need::Session,
        _ if !path.starts_with("/api/v1/") => Need::Session,
        _ if method.is_safe() => Need::Scope(Scope::Read),
        _ if path.starts_with("/api/v1/actions/") => Need::Scope(Scope::Operate),
        _ => Need::Scope(Scope::Configure),
    }
}

/// A page of somebody else's makes a browser say so.
fn check_origin(headers: &HeaderMap, own: &Authority, scheme: Scheme) -> Result<(), Refusal> {
    let scheme = match scheme {
        Scheme::Http => "http",
        Scheme::Https => "https",
    };
    let own = format!("{scheme}://{own}");
    let is_foreign = headers.get_all(ORIGIN).iter().any(|origin| *origin != own);
    let comes_from_elsewhere = headers
        .get_all(FETCH_SITE)
        .iter()
        .any(|site| site != "same-origin" && site != "none");
    if is_foreign || comes_from_elsewhere {
        let detail = "this request was made by a page of another site";
        return Err(Refusal::new(StatusCode::FORBIDDEN, detail));
    }
    Ok(())
}

/// A browser sends the cookie by itself; the form word only our own pages know.
fn check_form_word(visitor: &Visitor, headers: &HeaderMap) -> Result<(), Refusal> {
    match visitor {
        Visitor::Nobody | Visitor::Program(_) => Ok(()),
        Visitor::Admin(session) => {
            let word = headers.get(FORM_WORD).map(HeaderValue::as_bytes);
            if word == Some(session.form_word.expose_secret().as_bytes()) {
                return Ok(());
            }
            let detail = "a change through a session needs its word in X-CSRF-Token";
            Err(Refusal::new(StatusCode::FORBIDDEN, detail))
        }
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (kind, token) = value.split_once(' ')?;
    kind.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// The word in the session's cookie.
pub(super) fn cookie(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(COOKIE).iter();
    cookies
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, word)| (name == COOKIE_NAME).then_some(word))
}

/// A text as one value of a query.
pub(super) fn urlencoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
