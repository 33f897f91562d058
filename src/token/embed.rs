//! Which addresses may be embedded, and the token that is handed on.

use secrecy::SecretString;
use url::{Host, Url, form_urlencoded};

use super::{answer::Fields, life::remaining};
use crate::{
    clock,
    player::{EmbedToken, TokenFailure},
    settings::{Report, host_matches},
};

/// Where the public cloud shows reports.
const PUBLIC_HOST: &str = "app.powerbi.com";

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
    let Some(url) = Url::parse(text).ok().filter(is_safe) else {
        return Err(TokenFailure::Unprepared {
            reason: format!("{service} gives the report an address that is no plain https address"),
            remedy: "Correct it in the service that [token_service] or [powerbi.endpoints] names."
                .into(),
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

/// The usual address of a report, on the first host that the settings name in full. Check it like
/// one that a service gave.
pub(super) fn usual_url(report: &Report, embed_hosts: &[String]) -> String {
    let named = embed_hosts.iter().find(|host| !host.starts_with("*."));
    let host = named.map_or(PUBLIC_HOST, String::as_str);
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("reportId", &report.report_id)
        .append_pair("groupId", &report.workspace_id)
        .finish();
    format!("https://{host}/reportEmbed?{query}")
}

fn is_safe(url: &Url) -> bool {
    let is_encrypted = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url));
    is_encrypted && url.username().is_empty() && url.password().is_none()
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_on_an_allowed_host_is_embedded() {
        let hosts = ["*.powerbi.com", "app.powerbi.cn", "127.0.0.1"].map(str::to_owned);
        for good in [
            "https://app.powerbi.com/reportEmbed?reportId=1",
            "https://app.powerbi.com:8443/reportEmbed",
            "https://APP.POWERBI.CN/reportEmbed",
            "http://127.0.0.1:7200/reportEmbed",
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
            "http://127.0.0.2/reportEmbed",
            "http://localhost/reportEmbed",
            "javascript:alert(1)",
            "/reportEmbed",
        ] {
            let failure = checked_url(bad, &hosts, "api").unwrap_err();
            let TokenFailure::Unprepared { reason, remedy } = failure else {
                panic!("{bad}: {failure:?}")
            };
            assert!(reason.starts_with("api ") && !remedy.is_empty(), "{reason}");
        }
    }

    #[test]
    fn the_usual_address_is_on_the_first_host_that_is_named_in_full() {
        let report = Report {
            workspace_id: "w".into(),
            report_id: "r&x".into(),
            page: None,
            bookmark: None,
            identity: None,
        };
        let usual = |hosts: &[&str]| {
            let hosts: Vec<_> = hosts.iter().map(|&host| host.to_owned()).collect();
            usual_url(&report, &hosts)
        };
        let public = "https://app.powerbi.com/reportEmbed?reportId=r%26x&groupId=w";
        assert_eq!(usual(&["*.powerbi.com"]), public);
        assert_eq!(usual(&[]), public);
        let china = usual(&["*.analysis.chinacloudapi.cn", "app.powerbi.cn"]);
        assert_eq!(china, public.replace(".com", ".cn"));
    }
}
