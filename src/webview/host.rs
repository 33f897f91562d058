//! The host page: Microsoft's SDK with one report in it, and nothing else.

use serde_json::json;

use crate::player::EmbedPlan;

use super::template::{Fill, fill, nonce};

/// The host page's address. Nothing is ever fetched from it: WebKit gets the page's text with it.
pub(super) const ADDRESS: &str = "https://player.localhost/";

const TEMPLATE: &str = include_str!("host.html");
const SCRIPT: &str = include_str!("host.js");
const SDK: &str = include_str!(env!("EVERLIT_POWERBI_SDK"));

/// The page that the report is embedded into; it holds no token.
pub(super) fn page(plan: &EmbedPlan) -> String {
    let nonce = nonce();
    let origin = plan.embed_url.origin().ascii_serialization();
    fill(
        TEMPLATE,
        &[
            ("policy", Fill::Words(&policy(&nonce, &plan.embed_hosts))),
            ("origin", Fill::Words(&origin)),
            ("nonce", Fill::Own(&nonce)),
            ("script", Fill::Own(SCRIPT)),
            ("sdk", Fill::Own(SDK)),
        ],
    )
}

fn policy(nonce: &str, embed_hosts: &[String]) -> String {
    let frames: Vec<String> = embed_hosts
        .iter()
        .filter(|host| is_host_pattern(host))
        .map(|host| format!("https://{host}:*"))
        .collect();
    let frames = frames.join(" ");
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; \
         frame-src {frames}; base-uri 'none'; form-action 'none'"
    )
}

/// A host must not be able to add a rule of its own to the policy.
fn is_host_pattern(host: &str) -> bool {
    host.chars()
        .all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '*'))
}

/// The SDK's configuration as JSON, without the token.
pub(super) fn configuration(plan: &EmbedPlan) -> String {
    let report = &plan.report;
    let mut configuration = json!({
        "type": "report",
        "tokenType": 1,
        "permissions": 0,
        "id": report.report_id,
        "groupId": report.workspace_id,
        "embedUrl": plan.embed_url,
        "settings": {
            "hideErrors": true,
            "visualRenderedEvents": false,
            "panes": {
                "filters": { "visible": false },
                "pageNavigation": { "visible": false },
            },
        },
    });
    if let Some(page) = &report.page {
        configuration["pageName"] = json!(page);
    }
    if let Some(bookmark) = &report.bookmark {
        configuration["bookmark"] = json!({ "name": bookmark });
    }
    configuration.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_embed_hosts_may_be_framed() {
        let hosts = ["*.powerbi.com", "x; script-src *"].map(str::to_owned);
        let policy = policy("n", &hosts);
        assert!(policy.contains("frame-src https://*.powerbi.com:*; base-uri"));
        assert!(policy.starts_with("default-src 'none';"));
    }

    #[test]
    fn the_sdk_cannot_end_its_own_script_element() {
        assert!(!SDK.contains("</script"));
        assert!(!SCRIPT.contains("</script"));
    }
}
