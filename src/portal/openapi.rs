//! The API described for programs: an OpenAPI 3.1 document, made from the handlers themselves.

use std::sync::Arc;

use axum::{
    Extension, Json,
    http::{Method, StatusCode},
    response::{IntoResponse, Response},
};
use utoipa::openapi::{
    Components, Content, Header, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, PathItem,
    Ref, ResponseBuilder,
    path::Operation,
    response::Response as Described,
    security::{
        ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
    },
    tag::TagBuilder,
};

use super::{
    Refusal,
    gate::{COOKIE_NAME, FORM_WORD, Need, need},
};

const ABOUT: &str = "\
Everything that the portal's pages and the command line do with a display.\n\n\
Over the network a program sends an API token, `Authorization: Bearer …`, which the admin makes on \
the page *Access*. Its scope is `read`, `operate` or `configure`; each holds the ones before it. \
Each operation names the scope that it needs beside the scheme `token`. Whoever may open the \
control socket needs no token there, and gets neither 401 nor 403 nor 421.\n\n\
Refusals are told as problem details (RFC 9457); only what cannot be read at all may be refused in \
plain text.";

const TAGS: [(&str, &str); 5] = [
    ("device", "What it shows, and what it should do now."),
    ("settings", "The settings file and its versions."),
    ("monitoring", "For machines that watch it."),
    (
        "diagnostics",
        "For people who look for the cause of trouble.",
    ),
    ("access", "Who gets in; only over the control socket."),
];

const TOKEN: &str = "token";
const SESSION: &str = "session";
const SESSION_WORD: &str = "session_word";

/// Refusals that do not come from the handlers: their status, their name in the document, and why.
const BAD_REQUEST: Common = Common(
    StatusCode::BAD_REQUEST,
    "BadRequest",
    "The request cannot be understood, or names no host.",
);
const UNAUTHORIZED: Common = Common(
    StatusCode::UNAUTHORIZED,
    "Unauthorized",
    "Nobody is signed in, and the request carries no token that is known.",
);
const FORBIDDEN: Common = Common(
    StatusCode::FORBIDDEN,
    "Forbidden",
    "The token's scope is too small, or a page of another site made the request.",
);
const MISDIRECTED: Common = Common(
    StatusCode::MISDIRECTED_REQUEST,
    "MisdirectedRequest",
    "The device does not go by the host's name that the request is for.",
);
const TIMEOUT: Common = Common(
    StatusCode::GATEWAY_TIMEOUT,
    "GatewayTimeout",
    "The daemon did not answer in time.",
);
const COMMON: [Common; 5] = [BAD_REQUEST, UNAUTHORIZED, FORBIDDEN, MISDIRECTED, TIMEOUT];

/// The finished document, as an extension of every request.
#[derive(Clone)]
pub(super) struct Document(Arc<OpenApi>);

impl Document {
    pub(super) fn new(finished: OpenApi) -> Self {
        Self(Arc::new(finished))
    }
}

/// This document.
///
/// Made from the code of the running daemon; nothing that the API has is missing in it.
#[utoipa::path(
    get,
    path = "/api/v1/openapi.json",
    operation_id = "describe",
    tag = "diagnostics",
    responses((status = 200, description = "An OpenAPI 3.1 document.", content(("application/json"))))
)]
pub(super) async fn show(Extension(Document(document)): Extension<Document>) -> Response {
    Json(&*document).into_response()
}

/// The document before it has any route.
pub(super) fn blank() -> OpenApi {
    let licence = env!("CARGO_PKG_LICENSE");
    let licence = LicenseBuilder::new()
        .name(licence)
        .identifier(Some(licence));
    let info = InfoBuilder::new()
        .title(env!("CARGO_PKG_NAME"))
        .description(Some(ABOUT))
        .version(env!("CARGO_PKG_VERSION"))
        .license(Some(licence.build()));
    let tags = TAGS.map(|(name, about)| {
        let tag = TagBuilder::new().name(name);
        tag.description(Some(about)).build()
    });
    OpenApiBuilder::new()
        .info(info)
        .tags(Some(tags))
        .components(Some(components()))
        .build()
}

/// Adds what the gate asks for and how it refuses.
pub(super) fn guard(document: &mut OpenApi) {
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations(item) {
            guard_one(&method, path, operation);
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (Method, &mut Operation)> {
    let operations = [
        (Method::GET, &mut item.get),
        (Method::PUT, &mut item.put),
        (Method::POST, &mut item.post),
        (Method::PATCH, &mut item.patch),
        (Method::DELETE, &mut item.delete),
    ];
    let described = operations.into_iter();
    described.filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

/// Says who may do it, as the gate sees it.
fn guard_one(method: &Method, path: &str, operation: &mut Operation) {
    let nothing: [&str; 0] = [];
    let mut session = SecurityRequirement::new(SESSION, nothing);
    if !method.is_safe() {
        session = session.add(SESSION_WORD, nothing);
    }
    let open_metrics = false;
    let keys = match need(method, path, open_metrics) {
        Need::Nothing => vec![],
        Need::Session => vec![session],
        Need::Scope(scope) => vec![
            SecurityRequirement::new(TOKEN, [scope.to_string()]),
            session,
        ],
    };
    let mut refusals = vec![BAD_REQUEST, MISDIRECTED, TIMEOUT];
    if !keys.is_empty() {
        refusals.push(UNAUTHORIZED);
    }
    if !method.is_safe() {
        refusals.push(FORBIDDEN);
    }
    operation.security = Some(keys);
    let described = &mut operation.responses.responses;
    for Common(status, name, _) in refusals {
        let status = described.entry(status.as_str().to_owned());
        status.or_insert_with(|| Ref::from_response_name(name).into());
    }
}

fn components() -> Components {
    let mut components = Components::new();
    for common in COMMON {
        let name = common.1.to_owned();
        components.responses.insert(name, common.described().into());
    }
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some(
            "An API token; its scopes are read, operate and configure.",
        ));
    let cookie = "The admin, signed in with a browser.";
    let cookie = ApiKeyValue::with_description(COOKIE_NAME, cookie);
    let word = "The session's word, which its pages carry: a change needs it beside the cookie.";
    let word = ApiKeyValue::with_description(FORM_WORD.as_str(), word);
    for (name, scheme) in [
        (TOKEN, SecurityScheme::Http(bearer.build())),
        (SESSION, SecurityScheme::ApiKey(ApiKey::Cookie(cookie))),
        (SESSION_WORD, SecurityScheme::ApiKey(ApiKey::Header(word))),
    ] {
        components.add_security_scheme(name, scheme);
    }
    components
}

/// A refusal that many operations share.
#[derive(Clone, Copy)]
struct Common(StatusCode, &'static str, &'static str);

impl Common {
    fn described(self) -> Described {
        let Self(status, _, why) = self;
        let schema = Ref::from_schema_name("Refusal");
        let response = ResponseBuilder::new()
            .description(why)
            .content(Refusal::CONTENT_TYPE, Content::new(Some(schema)));
        if status == StatusCode::UNAUTHORIZED {
            return response
                .header("WWW-Authenticate", Header::default())
                .build();
        }
        response.build()
    }
}
