//! Gets a token from the operator's own endpoint.

use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::{Fetcher, answer::exchange, embed, refusal};
use crate::{
    player::{EmbedToken, TokenFailure},
    settings::{Report, TokenService},
};

/// Posts `{workspaceId, reportId, identity?: {username, roles}}`; the answer is
/// `{token, expiration, embedUrl?}`.
pub(super) async fn fetch(
    fetcher: &Fetcher,
    service: &TokenService,
    report: &Report,
) -> Result<EmbedToken, TokenFailure> {
    let mut request = fetcher
        .client
        .post(service.url.clone())
        .json(&order(report));
    if let Some(bearer) = &service.bearer {
        request = request.bearer_auth(fetcher.secrets.line(bearer)?.expose_secret());
    }
    let fields = exchange(request)
        .await?
        .accepted(refusal::of_token_service)?;
    let hosts = &service.embed_hosts;
    let address = fields
        .optional_text("embedUrl")
        .map_or_else(|| embed::usual_url(report, hosts), ToOwned::to_owned);
    let embed_url = embed::checked_url(&address, hosts, fields.host())?;
    embed::token(&fields, embed_url, None)
}

fn order(report: &Report) -> Value {
    let mut order = json!({
        "workspaceId": report.workspace_id,
        "reportId": report.report_id,
    });
    if let Some(identity) = &report.identity {
        order["identity"] = json!({"username": identity.username, "roles": identity.roles});
    }
    order
}
