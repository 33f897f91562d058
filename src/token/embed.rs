//! Which addresses may be embedded, and the token that is handed on.

use secrecy::SecretString;
use url::Url;

use super::{answer::Fields, life::remaining};
use crate::{
    clock,
    player::{EmbedToken, TokenFailure},
    settings::{Report, host_matches},
};

/// The token in an answer `{token, expiration}`.
pub(super) fn token(
    fields: &Fields,
    embed_url: Url,
    title: Option<String>,
) -> Result<EmbedToken, TokenFailure> {
    let secret = SecretString::from(fields.text("token")?);
    let expiration = fields
        .text("expiration")?
        .parse()
        .map_err(|_| fields.nonsense("`expiration` is no time such as 2026-01-31T12:00:00Z"))?;
    let life = remaining(expiration, fields.date, clock::wall(), fields.took);
    if life.is_zero() {
        return Err(fields.nonsense("the token had expired when it came"));
    }
    Ok(EmbedToken {
        secret,
        life,
        embed_url,
        title,
    })
}

/// Checks an address that is to be shown in the report's frame, as `service` gave it.
pub(super) fn checked_url(
    text: &str,
    embed_hosts: &[String],
    service: &str,
) -> Result<Url, TokenFailure> {
    let url = Url::parse(text).ok().filter(|url| url.scheme() == "https");
    let Some(url) = url.filter(|url| url.username().is_empty() && url.password().is_none()) else {
        return Err(TokenFailure::Nonsense {
            host: service.to_owned(),
            reason: "the report's embed address is no plain https address".into(),
        });
    };
    let host = url.host_str().unwrap_or_default();
    if embed_hosts
        .iter()
        .any(|pattern| host_matches(pattern, host))
    {
        return Ok(url);
    }
    Err(TokenFailure::Unprepared {
        reason: format!("{service} wants {host} to be shown, which the settings do not allow"),
        remedy: format!("Add {host} to embed_hosts in the settings if it is to be trusted."),
    })
}

/// The usual address of a report, on the first host that may be embedded.
pub(super) fn usual_url(report: &Report, embed_hosts: &[String]) -> Option<Url> {
    let pattern = embed_hosts.first()?;
    let host = match pattern.strip_prefix("*.") {
        Some(domain) => format!("app.{domain}"),
        None => pattern.clone(),
    };
    let mut url = Url::parse(&format!("https://{host}/reportEmbed")).ok()?;
    url.query_pairs_mut()
        .append_pair("reportId", &report.report_id)
        .append_pair("groupId", &report.workspace_id);
    Some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_on_an_allowed_host_is_embedded() {
        let hosts = ["*.powerbi.com".to_owned(), "app.powerbi.cn".to_owned()];
        for good in [
            "https://app.powerbi.com/reportEmbed?reportId=1",
            "https://app.powerbi.com:8443/reportEmbed",
            "https://APP.POWERBI.CN/reportEmbed",
        ] {
            assert!(checked_url(good, &hosts, "api").is_ok(), "{good}");
        }
        for bad in [
            "http://app.powerbi.com/reportEmbed",
            "https://powerbi.com/reportEmbed",
            "https://evilpowerbi.com/",
            "https://app.powerbi.com.evil.example/",
            "https://user@app.powerbi.com/",
            "https://x.app.powerbi.cn/",
            "javascript:alert(1)",
            "/reportEmbed",
        ] {
            assert!(checked_url(bad, &hosts, "api").is_err(), "{bad}");
        }
    }

    #[test]
    fn the_usual_address_is_on_the_first_allowed_host() {
        let report = Report {
            workspace_id: "w".into(),
            report_id: "r&x".into(),
            page: None,
            bookmark: None,
            identity: None,
        };
        let usual = |host: &str| usual_url(&report, &[host.to_owned()]).map(String::from);
        let public = "https://app.powerbi.com/reportEmbed?reportId=r%26x&groupId=w";
        assert_eq!(usual("*.powerbi.com").as_deref(), Some(public));
        assert_eq!(usual("app.powerbi.com").as_deref(), Some(public));
        assert_eq!(usual_url(&report, &[]), None);
    }
}
