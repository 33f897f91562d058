//! The daemon's own requests: for tokens, and whether a server is back.

use std::{path::PathBuf, sync::Arc};

use reqwest::Client;
use tokio::sync::mpsc;
use url::Url;

use crate::{
    net,
    player::{Event, ProbeId, Reach, RequestId, TokenFailure},
    settings::{Network, Report, Settings},
    token::{Fetcher, Handover},
};

/// What the requests are made with, or why there can be none.
#[derive(Debug, Clone)]
pub(super) struct Asking(Result<Means, TokenFailure>);

#[derive(Debug, Clone)]
struct Means {
    client: Client,
    fetcher: Fetcher,
}

impl Asking {
    pub(super) fn with(network: &Network, credentials: Option<PathBuf>) -> Self {
        let client = net::client(network).map_err(|error| TokenFailure::Unprepared {
            reason: format!("{error:#}"),
            remedy: "correct [network] in the settings file".to_owned(),
        });
        Self(client.map(|client| Means {
            fetcher: Fetcher::new(client.clone(), credentials),
            client,
        }))
    }

    /// Answers with `TokenFetched` or `TokenFetchFailed`.
    pub(super) async fn fetch_token(
        self,
        request: RequestId,
        report: Report,
        settings: Arc<Settings>,
        handover: Handover,
        events: mpsc::Sender<Event>,
    ) {
        let fetch = async { self.0?.fetcher.fetch(&report, &settings).await };
        let answer = handover.or(fetch, &report, settings.source.as_ref()).await;
        let event = match answer {
            Ok(token) => Event::TokenFetched { request, token },
            Err(failure) => Event::TokenFetchFailed { request, failure },
        };
        // The queue is gone only while the daemon ends.
        let _ = events.send(event).await;
    }

    /// Answers with `Probed`.
    pub(super) async fn probe(self, probe: ProbeId, url: Url, events: mpsc::Sender<Event>) {
        let reach = match self.0 {
            Ok(means) => net::reach(&means.client, url).await,
            Err(_) => Reach::Away,
        };
        // The queue is gone only while the daemon ends.
        let _ = events.send(Event::Probed { probe, reach }).await;
    }
}
