//! Checks of addresses: URLs, host names, tenants, sockets.

use std::net::SocketAddr;

use url::{Host, Url};

use super::{
    check::{is_uuid, list_of, text},
    value::Value,
};

const HTTPS: &str = "write an address such as \"https://example.com/path\"";
const PAGE: &str = "write an address such as \"https://example.com/dashboard\"";
const PROXY: &str = "write an address such as \"http://proxy.example.com:3128\"";
const HOSTS: &str = "write host names without https:// and port, such as \"example.com\" or \
     \"*.example.com\"";
const NAMES: &str = "write host names without https:// and port, such as \"wall7.example.com\"";
const TENANT: &str =
    "write the directory's UUID or domain name, such as \"contoso.onmicrosoft.com\"";
const LISTEN: &str = "write ADDRESS:PORT, such as \"127.0.0.1:8400\"";

/// An address that requests with secrets may go to.
pub(super) fn https_url(value: &Value<'_>) -> Option<Url> {
    let url = web_url(value, HTTPS)?;
    if !is_encrypted(&url) {
        value.wrong("is not encrypted", "write it with https://");
        return None;
    }
    Some(url)
}

/// The address of a page to show.
pub(super) fn page_url(value: &Value<'_>) -> Option<Url> {
    web_url(value, PAGE)
}

/// The address of an HTTP proxy.
pub(super) fn proxy_url(value: &Value<'_>) -> Option<Url> {
    web_url(value, PROXY)
}

/// Host names; a leading `*.` stands for any subdomain.
pub(super) fn hosts(value: &Value<'_>) -> Option<Vec<String>> {
    list_of(value, HOSTS, |item| {
        let host = host_pattern(text(item, HOSTS)?);
        if host.is_none() {
            item.wrong("is no host name", HOSTS);
        }
        host
    })
}

/// Host names that stand for themselves.
pub(super) fn names(value: &Value<'_>) -> Option<Vec<String>> {
    list_of(value, NAMES, |item| {
        let name = host_pattern(text(item, NAMES)?).filter(|name| !name.starts_with("*."));
        if name.is_none() {
            item.wrong("is no host name", NAMES);
        }
        name
    })
}

/// Host names, one at least.
pub(super) fn some_hosts(value: &Value<'_>) -> Option<Vec<String>> {
    let hosts = hosts(value)?;
    if hosts.is_empty() {
        value.wrong("is empty", HOSTS);
        return None;
    }
    Some(hosts)
}

/// A directory's UUID or one of its domain names.
pub(super) fn tenant(value: &Value<'_>) -> Option<String> {
    let text = text(value, TENANT)?;
    let is_domain = text.contains('.') && host_pattern(text).is_some_and(|host| host == text);
    if !is_uuid(text) && !is_domain {
        value.wrong("is neither a UUID nor a domain name", TENANT);
        return None;
    }
    Some(text.to_owned())
}

pub(super) fn socket_address(value: &Value<'_>) -> Option<SocketAddr> {
    let address = text(value, LISTEN)?.parse().ok();
    if address.is_none() {
        value.wrong("is no address with a port", LISTEN);
    }
    address
}

fn web_url(value: &Value<'_>, remedy: &str) -> Option<Url> {
    let Ok(url) = Url::parse(text(value, remedy)?) else {
        value.wrong("is no address", remedy);
        return None;
    };
    if !matches!(url.scheme(), "http" | "https") {
        value.wrong("is no http or https address", remedy);
        return None;
    }
    if !url.username().is_empty() || url.password().is_some() {
        let remedy = "write it without them: addresses end up in logs";
        value.wrong("holds a user name or a password", remedy);
        return None;
    }
    Some(url)
}

/// Whether nobody can listen on the way: https, or http on this machine.
#[must_use]
pub fn is_encrypted(url: &Url) -> bool {
    url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url))
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// The pattern in lower case and ASCII, or `None` when it is no host name.
fn host_pattern(text: &str) -> Option<String> {
    match text.strip_prefix("*.") {
        Some(domain) => match Host::parse(domain).ok()? {
            Host::Domain(domain) => Some(format!("*.{domain}")).filter(|_| !domain.contains('*')),
            Host::Ipv4(_) | Host::Ipv6(_) => None,
        },
        None => Some(Host::parse(text).ok()?.to_string()).filter(|host| !host.contains('*')),
    }
}
