//! Checks of single values: each gives the checked value, or reports what is wrong and gives none.

use std::{
    net::SocketAddr,
    ops::RangeInclusive,
    path::{Path, PathBuf},
    time::Duration,
};

use toml::de::DeValue;
use url::{Host, Url};

use super::{
    SecretRef,
    cursor::{self, Value},
    duration, secret,
};

const UUID: &str = "write it as in \"7f1d3c5a-0b2e-4c6d-8e9f-a1b2c3d4e5f6\"";
const TENANT: &str =
    "write the directory's UUID or domain name, such as \"contoso.onmicrosoft.com\"";
const SECRET: &str = "write the name of a systemd credential, such as \"powerbi-secret\", \
     or the absolute path of a file that holds the secret";
const HTTPS: &str = "write an address such as \"https://example.com/path\"";
const PAGE: &str = "write an address such as \"https://example.com/dashboard\"";
const PROXY: &str = "write an address such as \"http://proxy.example.com:3128\"";
const HOSTS: &str = "write host names without https:// and port, such as \"example.com\" or \
     \"*.example.com\"";
const PATH: &str = "write an absolute path, such as \"/etc/everlit/company.pem\"";
const LISTEN: &str = "write ADDRESS:PORT, such as \"127.0.0.1:8400\"";

/// A text that is not empty, has at most `most` characters and stands on one line.
pub(super) fn text_up_to(most: usize) -> impl Fn(&Value<'_>) -> Option<String> {
    move |value| {
        let remedy = format!("write a text of 1 to {most} characters");
        let text = text(value, &remedy)?;
        if text.trim().is_empty() {
            value.wrong("is empty", &remedy);
        } else if text.chars().count() > most {
            value.wrong("is too long", &remedy);
        } else if text.contains(char::is_control) {
            value.wrong("has a line break or another control character", &remedy);
        } else {
            return Some(text.to_owned());
        }
        None
    }
}

/// A role of a data set; Power BI separates them by commas.
pub(super) fn role(value: &Value<'_>) -> Option<String> {
    let role = text_up_to(50)(value)?;
    if role.contains(',') {
        value.wrong("has a comma", "write each role as a text of its own");
        return None;
    }
    Some(role)
}

pub(super) fn flag(value: &Value<'_>) -> Option<bool> {
    let flag = value.toml().as_bool();
    if flag.is_none() {
        value.wrong_kind("true or false", "write it without quotes");
    }
    flag
}

/// One of a closed set of words.
pub(super) fn one_of<T: Copy, const N: usize>(
    words: [(&'static str, T); N],
) -> impl Fn(&Value<'_>) -> Option<T> {
    move |value| {
        let all = words.map(|(word, _)| format!("\"{word}\"")).join(", ");
        let remedy = format!("write one of {all}");
        let text = text(value, &remedy)?;
        let found = words.iter().find(|(word, _)| *word == text);
        if found.is_none() {
            match cursor::nearest(text, words.map(|(word, _)| word)) {
                Some(word) => value.wrong("is no known word", &format!("did you mean \"{word}\"?")),
                None => value.wrong("is no known word", &remedy),
            }
        }
        found.map(|(_, meaning)| *meaning)
    }
}

/// A number within limits.
pub(super) fn number_within(limits: RangeInclusive<f64>) -> impl Fn(&Value<'_>) -> Option<f64> {
    move |value| {
        let remedy = format!("write a number from {} to {}", limits.start(), limits.end());
        let Some(number) = number(value.toml()) else {
            value.wrong_kind("a number", &remedy);
            return None;
        };
        if !limits.contains(&number) {
            value.wrong("is out of range", &remedy);
            return None;
        }
        Some(number)
    }
}

/// A duration within limits, written as text.
pub(super) fn within(
    shortest: Duration,
    longest: Duration,
) -> impl Fn(&Value<'_>) -> Option<Duration> {
    move |value| {
        if number(value.toml()).is_some() {
            value.wrong("has no unit", &with_units(value.toml()));
            return None;
        }
        let example = "write a duration such as \"5 s\", \"40 min\" or \"1 h 30 min\"";
        let Some(duration) = duration::parse(text(value, example)?) else {
            value.wrong("is no duration", example);
            return None;
        };
        let (from, to) = (duration::spell(shortest), duration::spell(longest));
        let remedy = format!("write a duration from \"{from}\" to \"{to}\"");
        if duration < shortest {
            value.wrong("is too short", &remedy);
        } else if duration > longest {
            value.wrong("is too long", &remedy);
        } else {
            return Some(duration);
        }
        None
    }
}

pub(super) fn uuid(value: &Value<'_>) -> Option<String> {
    let text = text(value, UUID)?;
    if !is_uuid(text) {
        value.wrong("is no UUID", UUID);
        return None;
    }
    Some(text.to_owned())
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

/// Where a secret is kept.
pub(super) fn secret_ref(value: &Value<'_>) -> Option<SecretRef> {
    let text = text(value, SECRET)?;
    if secret::looks_like_one(text) {
        value.wrong("looks like the secret itself", SECRET);
        return None;
    }
    let reference = secret::reference(text);
    if reference.is_none() {
        value.wrong(
            "is neither a credential's name nor an absolute path",
            SECRET,
        );
    }
    reference
}

/// An address that requests with secrets may go to.
pub(super) fn https_url(value: &Value<'_>) -> Option<Url> {
    let url = web_url(value, HTTPS)?;
    if url.scheme() == "http" && !is_loopback(&url) {
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

/// The scope of an Entra token for an application.
pub(super) fn scope(value: &Value<'_>) -> Option<String> {
    let scope = text_up_to(500)(value)?;
    if !scope.ends_with("/.default") {
        let remedy = "write one such as \"https://analysis.windows.net/powerbi/api/.default\"";
        value.wrong("does not end with /.default", remedy);
        return None;
    }
    Some(scope)
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

/// Host names, one at least.
pub(super) fn some_hosts(value: &Value<'_>) -> Option<Vec<String>> {
    let hosts = hosts(value)?;
    if hosts.is_empty() {
        value.wrong("is empty", HOSTS);
        return None;
    }
    Some(hosts)
}

pub(super) fn absolute_paths(value: &Value<'_>) -> Option<Vec<PathBuf>> {
    list_of(value, PATH, |item| {
        let path = Path::new(text(item, PATH)?);
        if !path.is_absolute() {
            item.wrong("is no absolute path", PATH);
            return None;
        }
        Some(path.to_owned())
    })
}

pub(super) fn socket_address(value: &Value<'_>) -> Option<SocketAddr> {
    let address = text(value, LISTEN)?.parse().ok();
    if address.is_none() {
        value.wrong("is no address with a port", LISTEN);
    }
    address
}

/// A list whose items all pass the check; the problems of every item are reported.
pub(super) fn list_of<'d, T>(
    value: &Value<'d>,
    remedy: &str,
    check: impl Fn(&Value<'d>) -> Option<T>,
) -> Option<Vec<T>> {
    let items = value.items(remedy)?;
    let checked: Vec<_> = items.iter().map(check).collect();
    checked.into_iter().collect()
}

fn text<'d>(value: &Value<'d>, remedy: &str) -> Option<&'d str> {
    let text = value.toml().as_str();
    if text.is_none() {
        value.wrong_kind("a text", remedy);
    }
    text
}

fn number(value: &DeValue<'_>) -> Option<f64> {
    let integer = value
        .as_integer()
        .and_then(|i| i64::from_str_radix(i.as_str(), i.radix()).ok());
    let float = value.as_float().and_then(|f| f.as_str().parse().ok());
    #[expect(clippy::cast_precision_loss, reason = "limits are far below 2^52")]
    integer.map(|i| i as f64).or(float)
}

/// What a bare number was probably meant to be. Long numbers are not repeated.
fn with_units(value: &DeValue<'_>) -> String {
    let digits = value.as_integer().map_or("", |integer| integer.as_str());
    match digits.len() {
        1..=6 => format!("write \"{digits} s\" or \"{digits} min\""),
        _ => "write it as text with a unit, such as \"5 s\" or \"40 min\"".to_owned(),
    }
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<_> = text.split('-').map(str::len).collect();
    let is_digit = |b: u8| b.is_ascii_hexdigit() || b == b'-';
    groups == [8, 4, 4, 4, 12] && text.bytes().all(is_digit)
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
