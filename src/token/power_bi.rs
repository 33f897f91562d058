//! The two questions to the Power BI REST API: about a report, and for a token.

use reqwest::Client;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use url::Url;

use super::{
    answer::{Fields, exchange},
    entra::below,
    known::Details,
    refusal,
};
use crate::{
    player::TokenFailure,
    settings::{Identity, Report},
};

/// Asks what there is to know about a report.
pub(super) async fn details(
    client: &Client,
    api: &Url,
    entra_token: &SecretString,
    report: &Report,
) -> Result<Details, TokenFailure> {
    let path = [
        "v1.0",
        "myorg",
        "groups",
        &report.workspace_id,
        "reports",
        &report.report_id,
    ];
    let request = client
        .get(below(api, &path)?)
        .bearer_auth(entra_token.expose_secret());
    let fields = exchange(request).await?.accepted(refusal::of_power_bi)?;
    Ok(Details {
        title: fields.optional_text("name").map(ToOwned::to_owned),
        dataset_id: fields.optional_text("datasetId").map(ToOwned::to_owned),
        embed_url: fields.text("embedUrl")?.to_owned(),
    })
}

/// Asks for a token that shows this one report and changes nothing.
pub(super) async fn generate_token(
    client: &Client,
    api: &Url,
    entra_token: &SecretString,
    report: &Report,
    details: &Details,
) -> Result<Fields, TokenFailure> {
    let request = client
        .post(below(api, &["v1.0", "myorg", "GenerateToken"])?)
        .bearer_auth(entra_token.expose_secret())
        .json(&order(report, details));
    exchange(request).await?.accepted(refusal::of_power_bi)
}

fn order(report: &Report, details: &Details) -> Value {
    let datasets: Vec<_> = details.dataset_id.iter().collect();
    let mut order = json!({
        "datasets": datasets.iter().map(|id| json!({"id": id})).collect::<Vec<_>>(),
        "reports": [{"id": report.report_id, "allowEdit": false}],
        "targetWorkspaces": [{"id": report.workspace_id}],
    });
    if let Some(Identity { username, roles }) = &report.identity {
        let mut identity = json!({"username": username, "datasets": datasets});
        if !roles.is_empty() {
            identity["roles"] = json!(roles);
        }
        order["identities"] = json!([identity]);
    }
    order
}
