//! Pages without TLS and without a proxy, for whoever shows them beside the daemon: a report with a
//! token that is ready, and a page that is only there to be painted.

use std::{fmt::Write as _, sync::Arc};

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    response::Html,
    routing::{get, post},
};
use serde_json::json;

use crate::{
    cloud::Cloud,
    names::{REPORTS, WORKSPACE_ID},
    rest::{embed_url, minted},
    tokens::seconds,
};

const SDK: &str = library!("powerbi-client/dist/powerbi.min.js");
/// Each has five elements; with the page's own that makes some 2,000.
const ROWS: usize = 400;

pub(crate) fn routes() -> Router<Arc<Cloud>> {
    Router::new()
        .route("/embedded", get(embedded))
        .route("/plain", get(async || Html(plain())))
        .route("/painted", post(painted))
}

/// What the daemon itself asks of the SDK, with a token that is minted for this load.
async fn embedded(State(cloud): State<Arc<Cloud>>) -> Html<String> {
    let life = seconds(cloud.faults().token_life_s);
    let report = &REPORTS[0];
    let plan = json!({
        "type": "report",
        "tokenType": 1,
        "permissions": 0,
        "id": report.id,
        "groupId": WORKSPACE_ID,
        "embedUrl": embed_url(report),
        "accessToken": minted(&cloud, life)["token"],
        "settings": {
            "hideErrors": true,
            "visualRenderedEvents": false,
            "panes": {
                "filters": { "visible": false },
                "pageNavigation": { "visible": false },
            },
        },
    });
    Html(
        include_str!("../web/embedded.html")
            .replace("{{plan}}", &plan.to_string())
            .replace("{{sdk}}", SDK),
    )
}

/// A still page of an ordinary size.
fn plain() -> String {
    let mut rows = String::new();
    for row in 0..ROWS {
        let (hue, height) = (row * 7 % 360, 10 + row * 13 % 50);
        // Writing into a text cannot fail.
        let _ = write!(
            rows,
            "<p><b>Line {row}</b><span>{}</span><span><i style=\"background:hsl({hue} 60% 50%);width:{height}px\"></i></span></p>",
            row * 31 % 997
        );
    }
    include_str!("../web/plain.html").replace("{{rows}}", &rows)
}

async fn painted(State(cloud): State<Arc<Cloud>>) -> StatusCode {
    cloud.count(|counters, now_ms| counters.painted_ms = Some(now_ms));
    StatusCode::NO_CONTENT
}
