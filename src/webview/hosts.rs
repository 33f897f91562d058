//! Which hosts belong to whom: embed hosts, Power BI's own hosts, a page's own site.

use url::Url;

/// Hosts of Power BI whose 401 or 403 means an expired token, whatever the settings say.
const POWER_BI: [&str; 12] = [
    "*.powerbi.com",
    "*.fabric.microsoft.com",
    "*.analysis.windows.net",
    "*.analysis.usgovcloudapi.net",
    "*.powerbigov.us",
    "*.high.analysis.usgovcloudapi.net",
    "*.mil.analysis.usgovcloudapi.net",
    "*.powerbi.cn",
    "*.analysis.chinacloudapi.cn",
    "*.powerbi.sovcloud-api.fr",
    "*.powerbi.eaglex.ic.gov",
    "*.powerbi.microsoft.scloud",
];

/// Whether a pattern of the settings covers this host; `*.` stands for any subdomain.
pub(super) fn covers(pattern: &str, host: &str) -> bool {
    match pattern.strip_prefix("*.") {
        Some(domain) => is_subdomain(host, domain),
        None => pattern.eq_ignore_ascii_case(host),
    }
}

pub(super) fn any_covers(patterns: &[String], host: &str) -> bool {
    patterns.iter().any(|pattern| covers(pattern, host))
}

pub(super) fn is_power_bi(host: &str) -> bool {
    POWER_BI.iter().any(|pattern| covers(pattern, host))
}

/// A page's own site: its host and every subdomain of it.
pub(super) fn is_same_site(page: &Url, other: &Url) -> bool {
    match (page.host_str(), other.host_str()) {
        (Some(own), Some(host)) => own.eq_ignore_ascii_case(host) || is_subdomain(host, own),
        (None, None) => page.scheme() == other.scheme(),
        (None, Some(_)) | (Some(_), None) => false,
    }
}

pub(super) fn is_loopback(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "[::1]")
}

fn is_subdomain(host: &str, domain: &str) -> bool {
    let Some(split) = host.len().checked_sub(domain.len() + 1) else {
        return false;
    };
    host.is_char_boundary(split)
        && host.as_bytes()[split] == b'.'
        && host[split + 1..].eq_ignore_ascii_case(domain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn a_star_covers_subdomains_and_nothing_else() {
        assert!(covers("*.powerbi.com", "app.powerbi.com"));
        assert!(!covers("*.powerbi.com", "powerbi.com"));
        assert!(!covers("*.powerbi.com", "evilpowerbi.com"));
        assert!(!covers("*.powerbi.com", "app.powerbi.com.evil.example"));
        assert!(covers("app.powerbi.com", "APP.powerbi.com"));
    }

    #[test]
    fn a_site_is_its_host_and_what_is_below_it() {
        let page = url("https://wall.example/board");
        assert!(is_same_site(&page, &url("http://wall.example/")));
        assert!(is_same_site(&page, &url("https://sso.wall.example/")));
        assert!(!is_same_site(&page, &url("https://example/")));
        assert!(!is_same_site(&page, &url("https://notwall.example/")));
    }
}
