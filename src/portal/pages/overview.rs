//! The overview: what is on the screen, live, and what can be done about it.

use std::{convert::Infallible, sync::Arc, time::Duration};

use askama::Template;
use axum::{
    Router,
    extract::{Path, Query, State},
    http::HeaderMap,
    response::{
        Response,
        sse::{Event, KeepAlive, Sse},
    },
    routing::{get, post},
};
use futures_util::stream::{Stream, unfold};
use serde::Deserialize;
use tokio::time::sleep;

use super::{Admin, Frame, Sent, Site, go_to, html, refuse, spoken};
use crate::{
    clock,
    player::{ContentKind, SettingsState, TokenState},
    portal::{Action, Refusal, StatusDocument, document::ContentDocument, gate},
};

/// The live part is told at most this often.
const EVERY: Duration = Duration::from_secs(2);

/// Name, label and hint of each button.
const ACTIONS: [(&str, &str, &str); 4] = [
    (
        "refresh-token",
        "Refresh the token now",
        "The picture stays as it is",
    ),
    ("reload", "Reload", "Loads the content afresh"),
    (
        "restart-webview",
        "Restart the view",
        "Starts a new web process and loads the content",
    ),
    (
        "identify",
        "Show the name on the screen",
        "For ten seconds, over the picture",
    ),
];

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/", get(overview))
        .route("/live", get(live))
        .route("/actions/{name}", post(act))
}

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage {
    frame: Frame,
    live: Live,
    actions: &'static [(&'static str, &'static str, &'static str)],
}

/// The part that changes by itself.
#[derive(Template)]
#[template(path = "live.html")]
struct Live {
    tone: &'static str,
    phase: &'static str,
    since: String,
    notices: Vec<Notice>,
    token: &'static str,
    clock: String,
    settings: String,
    webkit: String,
    status: StatusDocument,
}

/// Something that a technician should read.
struct Notice {
    title: String,
    lines: Vec<String>,
}

#[derive(Deserialize)]
struct Done {
    done: Option<String>,
}

async fn overview(
    State(site): State<Arc<Site>>,
    Admin(admin): Admin,
    Query(done): Query<Done>,
) -> Response {
    let mut frame = Frame::of(&site, "/", &admin);
    frame.notice = done.done.as_deref().and_then(said);
    html(&OverviewPage {
        frame,
        live: Live::now(&site),
        actions: &ACTIONS,
    })
}

async fn act(State(site): State<Arc<Site>>, Path(name): Path<String>, _: Sent) -> Response {
    let Ok(action) = name.parse::<Action>() else {
        let detail = "there is no such action";
        return refuse(
            &site,
            &Refusal::new(axum::http::StatusCode::NOT_FOUND, detail),
        );
    };
    match site.api.ask(action.0).await {
        Ok(()) => go_to(&format!("/?done={action}")),
        Err(refusal) => refuse(&site, &refusal),
    }
}

/// Tells the live part as long as somebody is signed in and looks.
async fn live(
    State(site): State<Arc<Site>>,
    headers: HeaderMap,
    _: Admin,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let word = gate::cookie(&headers).unwrap_or_default().to_owned();
    let status = site.api.watch_status();
    let news = unfold((site, word, status), async |(site, word, mut status)| {
        sleep(EVERY).await;
        status.changed().await.ok()?;
        site.access.session(&word, clock::now())?;
        let text = Live::now(&site).to_string();
        // A carriage return would end the event.
        let event = Event::default().data(text.replace('\r', " "));
        Some((Ok(event), (site, word, status)))
    });
    Sse::new(news).keep_alive(KeepAlive::default())
}

impl Live {
    fn now(site: &Site) -> Self {
        let (status, facts) = site.api.document();
        let (phase, tone) = spoken::phase(status.phase);
        Self {
            tone,
            phase,
            since: spoken::moment(status.since),
            notices: notices(&status),
            token: spoken::token(status.token.state),
            clock: spoken::moment(facts.wall),
            settings: settings(&status),
            webkit: facts.webkit,
            status,
        }
    }

    fn spoken(&self, seconds: &u64) -> String {
        spoken::seconds(*seconds)
    }
}

impl ContentDocument {
    fn kind_word(&self) -> &'static str {
        match self.kind {
            ContentKind::Report => "report",
            ContentKind::Page => "web page",
        }
    }
}

fn settings(status: &StatusDocument) -> String {
    let revision = status.settings.revision.as_deref().unwrap_or("none");
    match status.settings.state {
        SettingsState::Applied => format!("revision {revision}"),
        SettingsState::Rejected => format!("revision {revision}; newer ones were rejected"),
    }
}

fn notices(status: &StatusDocument) -> Vec<Notice> {
    let mut notices = Vec::new();
    if let Some(trial) = &status.settings.trial {
        notices.push(Notice {
            title: "New settings are on trial".to_owned(),
            lines: vec![match trial.ends_in_s {
                Some(left) => format!(
                    "They are confirmed by the first picture. Without one, revision {} comes \
                     back in {}.",
                    trial.fallback,
                    spoken::seconds(left)
                ),
                None => "They are confirmed by the first picture, once the network and the time \
                         are there."
                    .to_owned(),
            }],
        });
    }
    if status.settings.state == SettingsState::Rejected {
        let problems = status.settings.problems.iter();
        notices.push(Notice {
            title: "The last settings were rejected; the ones before still run".to_owned(),
            lines: problems.map(ToString::to_string).collect(),
        });
    }
    let is_well = status.token.state == TokenState::Valid;
    if let Some(error) = status.token.last_error.as_ref().filter(|_| !is_well) {
        notices.push(Notice {
            title: "There is no valid token".to_owned(),
            lines: vec![error.clone()],
        });
    }
    notices
}

fn said(done: &str) -> Option<String> {
    let words = match done {
        "refresh-token" => "A new token is on its way.",
        "reload" => "The content is being loaded afresh.",
        "restart-webview" => "The view is being restarted.",
        "identify" => "The screen shows the device's name.",
        _ => return None,
    };
    Some(words.to_owned())
}
