//! The log's newest lines, and those to come.

use std::{convert::Infallible, sync::Arc};

use askama::Template;
use axum::{
    Router,
    extract::{Query, State},
    http::HeaderMap,
    response::{
        Response,
        sse::{Event, KeepAlive, Sse},
    },
    routing::get,
};
use futures_util::stream::{Stream, unfold};
use serde::Deserialize;
use tokio::sync::broadcast::error::RecvError;

use super::{Admin, Frame, Site, html, spoken};
use crate::{
    clock,
    portal::gate,
    recent::{Level, LogLine},
};

/// What a page begins with.
const MOST_LINES: usize = 400;

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/log", get(show))
        .route("/log/live", get(follow))
}

#[derive(Template)]
#[template(path = "log.html")]
struct LogPage {
    frame: Frame,
    level: String,
    lines: String,
}

#[derive(Template)]
#[template(path = "line.html")]
struct Line {
    at: String,
    class: String,
    level: Level,
    text: String,
}

#[derive(Deserialize)]
struct Wanted {
    level: Option<String>,
}

impl Wanted {
    /// Whatever is no level means the usual one.
    fn level(&self) -> Level {
        let level = self.level.as_deref().and_then(|level| level.parse().ok());
        level.unwrap_or(Level::Info)
    }
}

async fn show(
    State(site): State<Arc<Site>>,
    Admin(admin): Admin,
    Query(wanted): Query<Wanted>,
) -> Response {
    let level = wanted.level();
    let lines = site.api.log().newest(level, MOST_LINES);
    html(&LogPage {
        frame: Frame::of(&site, "/log", &admin),
        level: level.to_string().to_lowercase(),
        lines: lines
            .iter()
            .map(|line| Line::of(line).to_string())
            .collect(),
    })
}

/// Tells each new line as long as somebody is signed in and looks.
async fn follow(
    State(site): State<Arc<Site>>,
    headers: HeaderMap,
    _: Admin,
    Query(wanted): Query<Wanted>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let word = gate::cookie(&headers).unwrap_or_default().to_owned();
    let (news, level) = (site.api.log().follow(), wanted.level());
    let lines = unfold(
        (site, word, news, level),
        async |(site, word, mut news, level)| {
            let line = loop {
                match news.recv().await {
                    Ok(line) if line.level <= level => break line,
                    Ok(_) | Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return None,
                }
            };
            site.access.session(&word, clock::now())?;
            let text = Line::of(&line).to_string().replace('\r', " ");
            Some((Ok(Event::default().data(text)), (site, word, news, level)))
        },
    );
    Sse::new(lines).keep_alive(KeepAlive::default())
}

impl Line {
    fn of(line: &LogLine) -> Self {
        Self {
            at: spoken::moment(line.at),
            class: line.level.to_string().to_lowercase(),
            level: line.level,
            text: line.text.clone(),
        }
    }
}
