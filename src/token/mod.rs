//! Gets embed tokens from their source: a service principal or a token service.

use std::{path::PathBuf, sync::Arc};

use reqwest::Client;

pub use handover::Handover;

use crate::{
    player::{EmbedToken, TokenFailure},
    secret::{Secrets, Unusable},
    settings::{Report, Settings, Source},
};

mod answer;
mod assertion;
mod cause;
mod embed;
mod entra;
mod handover;
mod known;
mod life;
mod meaning;
mod power_bi;
mod refusal;
mod service_principal;
mod token_service;

/// Fetches embed tokens; clones share what is remembered.
///
/// It keeps no token and no secret. It remembers for an hour what Power BI told about a report,
/// so that a recovery needs two exchanges only: one with Entra, one for the token.
#[derive(Debug, Clone)]
pub struct Fetcher {
    client: Client,
    secrets: Secrets,
    known: Arc<known::Known>,
}

impl Fetcher {
    /// A fetcher that asks through `client`, which should have time limits and follow no
    /// redirects, as the one of `net` does; make a new one when the network settings change.
    /// `credentials` is systemd's `$CREDENTIALS_DIRECTORY`.
    #[must_use]
    pub fn new(client: Client, credentials: Option<PathBuf>) -> Self {
        Self {
            client,
            secrets: Secrets::new(credentials),
            known: Arc::default(),
        }
    }

    /// Gets a new token for the report from the source that the settings name.
    ///
    /// Takes at most three exchanges, each within the client's limits.
    ///
    /// # Errors
    ///
    /// See [`TokenFailure`]; no text in it holds a secret or a token.
    pub async fn fetch(
        &self,
        report: &Report,
        settings: &Settings,
    ) -> Result<EmbedToken, TokenFailure> {
        match &settings.source {
            Some(Source::ServicePrincipal(principal)) => {
                service_principal::fetch(self, principal, report).await
            }
            Some(Source::TokenService(service)) => {
                token_service::fetch(self, service, report).await
            }
            None => Err(TokenFailure::Unprepared {
                reason: "the settings name no source of tokens".into(),
                remedy: "Add a [powerbi] or a [token_service] table to the settings.".into(),
            }),
        }
    }
}

impl From<Unusable> for TokenFailure {
    fn from(Unusable { reason, remedy }: Unusable) -> Self {
        Self::Unprepared { reason, remedy }
    }
}
