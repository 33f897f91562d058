//! Signing in and out, and setting the first password.

use std::sync::Arc;

use askama::Template;
use axum::{
    Extension, Router,
    extract::{Query, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode,
        header::{RETRY_AFTER, SET_COOKIE},
    },
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::{Fields, Frame, Sent, Site, go_to, html};
use crate::{
    player::Ask,
    portal::{
        access::Denial,
        door::Carrier,
        gate::{self, COOKIE_NAME},
    },
};

const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/sign-in", get(sign_in_page).post(sign_in))
        .route("/sign-out", post(sign_out))
        .route("/claim", get(claim_page).post(claim))
        .route("/claim/show-code", post(show_code))
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    frame: Frame,
    next: String,
    problem: Option<String>,
}

#[derive(Template)]
#[template(path = "claim.html")]
struct ClaimPage {
    frame: Frame,
    problem: Option<String>,
}

#[derive(Deserialize)]
struct Next {
    #[serde(default)]
    next: String,
}

async fn sign_in_page(State(site): State<Arc<Site>>, Query(next): Query<Next>) -> Response {
    if !site.access.is_claimed() {
        return go_to("/claim");
    }
    html(&SignInPage {
        frame: Frame::new(&site, ""),
        next: own_place(&next.next).to_owned(),
        problem: None,
    })
}

async fn sign_in(
    State(site): State<Arc<Site>>,
    Extension(carrier): Extension<Carrier>,
    fields: Fields,
) -> Response {
    let password = SecretString::from(fields.get("password"));
    let next = own_place(fields.get("next")).to_owned();
    match site.access.sign_in(password, carrier.peer.ip()).await {
        Ok(word) => with_cookie(go_to(&next), &word),
        Err(Denial::Unclaimed) => go_to("/claim"),
        Err(denial) => denied(&denial, |problem| {
            html(&SignInPage {
                frame: Frame::new(&site, ""),
                next,
                problem: Some(problem),
            })
        }),
    }
}

async fn sign_out(State(site): State<Arc<Site>>, headers: HeaderMap, _: Sent) -> Response {
    if let Some(word) = gate::cookie(&headers) {
        site.access.sign_out(word);
    }
    let mut response = with_cookie(go_to("/sign-in"), &SecretString::from(""));
    let everything = HeaderValue::from_static("\"cache\", \"storage\"");
    response.headers_mut().insert(CLEAR_SITE_DATA, everything);
    response
}

async fn claim_page(State(site): State<Arc<Site>>) -> Response {
    if site.access.is_claimed() {
        return go_to("/sign-in");
    }
    let frame = Frame::new(&site, "");
    html(&ClaimPage {
        frame,
        problem: None,
    })
}

async fn claim(
    State(site): State<Arc<Site>>,
    Extension(carrier): Extension<Carrier>,
    fields: Fields,
) -> Response {
    let say = |problem| {
        let frame = Frame::new(&site, "");
        html(&ClaimPage {
            frame,
            problem: Some(problem),
        })
    };
    let password = SecretString::from(fields.get("password"));
    if password.expose_secret() != fields.get("again") {
        let problem = "the two passwords differ".to_owned();
        return (StatusCode::UNPROCESSABLE_ENTITY, say(problem)).into_response();
    }
    let claimed = site
        .access
        .claim(fields.get("code"), password, carrier.peer.ip());
    match claimed.await {
        Ok(word) => with_cookie(go_to("/"), &word),
        Err(Denial::Claimed) => go_to("/sign-in"),
        Err(denial) => denied(&denial, say),
    }
}

/// Anybody who gets here may ask for it: the code helps only those who see the screen.
async fn show_code(State(site): State<Arc<Site>>) -> Response {
    if site.access.is_claimed() {
        return go_to("/sign-in");
    }
    match site.api.ask(Ask::Invite).await {
        Ok(()) => go_to("/claim"),
        Err(refusal) => super::refuse(&site, &refusal),
    }
}

/// The same page again, with the reason and its status.
fn denied(denial: &Denial, say: impl FnOnce(String) -> Response) -> Response {
    let status = status_of(denial);
    let mut response = (status, say(denial.to_string())).into_response();
    if let Denial::Wait(left) = denial {
        let seconds = HeaderValue::from(left.as_secs() + 1);
        response.headers_mut().insert(RETRY_AFTER, seconds);
    }
    response
}

pub(super) fn status_of(denial: &Denial) -> StatusCode {
    match denial {
        Denial::Wait(_) => StatusCode::TOO_MANY_REQUESTS,
        Denial::WrongPassword | Denial::WrongCode | Denial::CodeRenewed => StatusCode::FORBIDDEN,
        Denial::Unclaimed | Denial::Claimed => StatusCode::CONFLICT,
        Denial::Unfit(_) => StatusCode::UNPROCESSABLE_ENTITY,
        Denial::NotKept(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// An empty word takes the cookie away.
pub(super) fn with_cookie(mut response: Response, word: &SecretString) -> Response {
    let word = word.expose_secret();
    let age = if word.is_empty() { "; Max-Age=0" } else { "" };
    let cookie = format!("{COOKIE_NAME}={word}; Path=/; Secure; HttpOnly; SameSite=Strict{age}");
    if let Ok(mut cookie) = HeaderValue::try_from(cookie) {
        cookie.set_sensitive(true);
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    response
}

/// A place on this device, whatever a link says.
fn own_place(next: &str) -> &str {
    let is_own = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains(|letter: char| letter == '\\' || letter.is_control());
    if is_own { next } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::own_place;

    #[test]
    fn nobody_is_led_elsewhere() {
        for place in [
            "https://evil.example/",
            "//evil.example",
            "/\\evil.example",
            "evil",
            "/a\nb",
            "",
        ] {
            assert_eq!(own_place(place), "/", "{place:?}");
        }
        assert_eq!(own_place("/log?level=warn"), "/log?level=warn");
    }
}
