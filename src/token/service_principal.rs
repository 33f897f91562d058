//! Gets a token as a service principal: an Entra token, the report's details, the embed token.

use super::{Fetcher, embed, entra, power_bi};
use crate::{
    clock,
    player::{EmbedToken, TokenFailure},
    settings::{Report, ServicePrincipal},
};

pub(super) async fn fetch(
    fetcher: &Fetcher,
    principal: &ServicePrincipal,
    report: &Report,
) -> Result<EmbedToken, TokenFailure> {
    let outcome = fetch_anew(fetcher, principal, report).await;
    if let Err(failure) = &outcome
        && may_be_outdated(failure)
    {
        fetcher.known.forget(&principal.endpoints, report);
    }
    outcome
}

async fn fetch_anew(
    fetcher: &Fetcher,
    principal: &ServicePrincipal,
    report: &Report,
) -> Result<EmbedToken, TokenFailure> {
    let (client, at) = (&fetcher.client, &principal.endpoints);
    // An embed token inherits what is left of the Entra token's life, so that one is never kept.
    let entra_token = entra::token(client, &fetcher.secrets, principal).await?;
    let details = match fetcher.known.get(at, report, clock::now()) {
        Some(details) => details,
        None => {
            let details = power_bi::details(client, &at.api, &entra_token, report).await?;
            let now = clock::now();
            fetcher.known.remember(at, report, details.clone(), now);
            details
        }
    };
    let service = at.api.host_str().unwrap_or_default();
    let embed_url = embed::checked_url(&details.embed_url, &at.embed_hosts, service)?;
    let fields = power_bi::generate_token(client, &at.api, &entra_token, report, &details).await?;
    drop(entra_token);
    embed::token(&fields, embed_url, details.title)
}

/// Whether what is remembered about the report may be the reason.
fn may_be_outdated(failure: &TokenFailure) -> bool {
    match failure {
        TokenFailure::Denied { .. }
        | TokenFailure::Unprepared { .. }
        | TokenFailure::Nonsense { .. } => true,
        TokenFailure::Throttled { .. } | TokenFailure::Unreachable { .. } => false,
    }
}
