//! The page of the bundle for whoever helps.

use std::sync::Arc;

use askama::Template;
use axum::{Router, extract::State, response::Response, routing::get};

use super::{Admin, Frame, Site, html};

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/diagnostics", get(show))
}

#[derive(Template)]
#[template(path = "diagnostics.html")]
struct DiagnosticsPage {
    frame: Frame,
}

async fn show(State(site): State<Arc<Site>>, Admin(admin): Admin) -> Response {
    let frame = Frame::of(&site, "/diagnostics", &admin);
    html(&DiagnosticsPage { frame })
}
