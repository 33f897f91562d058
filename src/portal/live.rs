//! What is on the screen, told whenever it changes; only over the control socket.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::State,
    response::sse::{Event, KeepAlive, Sse},
};
use futures_util::stream::{Stream, unfold};
use reqwest::Response;
use serde::{Deserialize, Serialize};
use tokio::{sync::watch, time::timeout};
use utoipa::ToSchema;

use super::{Snapshot, api::Api, names::PhaseName};
use crate::player::Phase;

/// While nothing changes, a sign of life comes this often …
const BEAT: Duration = Duration::from_secs(5);
/// … and who hears nothing for this long takes the daemon for stuck.
const SILENCE: Duration = Duration::from_secs(15);

/// What is on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Sight {
    #[serde(with = "PhaseName")]
    #[schema(value_type = PhaseName)]
    pub phase: Phase,
    /// Whether the content or the slate that belongs there is drawn.
    pub drawn: bool,
}

/// What is on the screen, now and whenever it changes.
///
/// As server-sent events; the data of each is JSON with `phase` and `drawn`. Comments between them
/// are signs of life, and the stream ends with the daemon.
#[utoipa::path(
    get,
    path = "/api/v1/status/live",
    operation_id = "followStatus",
    tag = "device",
    responses(
        (status = 200, description = "Events until somebody hangs up.", body = String, content_type = "text/event-stream"),
    )
)]
pub(super) async fn follow(
    State(api): State<Arc<Api>>,
) -> Sse<impl Stream<Item = Result<Event, axum::Error>>> {
    let news = unfold((api.watch_status(), None), async |(mut status, told)| {
        let sight = next_sight(&mut status, told).await?;
        Some((Event::default().json_data(sight), (status, Some(sight))))
    });
    Sse::new(news).keep_alive(KeepAlive::new().interval(BEAT))
}

/// `None`: the daemon ends.
async fn next_sight(status: &mut watch::Receiver<Snapshot>, told: Option<Sight>) -> Option<Sight> {
    let is_news = |snapshot: &Snapshot| told != Some(Sight::from(snapshot));
    let status = status.wait_for(is_news).await.ok()?;
    Some(Sight::from(&*status))
}

impl From<&Snapshot> for Sight {
    fn from(snapshot: &Snapshot) -> Self {
        Self {
            phase: snapshot.status.phase,
            drawn: snapshot.status.is_drawn,
        }
    }
}

/// The stream's other end.
#[derive(Debug)]
pub struct Sights {
    answer: Response,
    unread: Vec<u8>,
}

impl Sights {
    pub(super) fn new(answer: Response) -> Self {
        Self {
            answer,
            unread: Vec::new(),
        }
    }

    /// The next one; `None` when the daemon is gone or stuck. Nothing is lost when this is dropped.
    pub async fn next(&mut self) -> Option<Sight> {
        loop {
            while let Some(end) = self.unread.iter().position(|byte| *byte == b'\n') {
                let line: Vec<_> = self.unread.drain(..=end).collect();
                // Everything else are comments and the empty lines between events.
                if let Some(data) = line.strip_prefix(b"data:") {
                    return serde_json::from_slice(data).ok();
                }
            }
            let more = timeout(SILENCE, self.answer.chunk()).await;
            self.unread.extend_from_slice(&more.ok()?.ok()??);
        }
    }
}
