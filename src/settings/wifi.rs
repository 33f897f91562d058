//! Reads `wifi.toml`: the wireless networks that a technician gives to a device.

use std::path::Path;

use secrecy::SecretString;
use toml::de::DeTable;

use super::{
    Problems,
    check::{flag, text},
    file::report_syntax,
    findings::Findings,
    table::Table,
    value::Value,
};

const LIST: &str = "write each network as [[network]]";
const SSID: &str = "write the network's name, 1 to 32 bytes long";
const PASSPHRASE: &str = "write the 8 to 63 characters of the passphrase, without accents or other \
     special letters, or the 64 hexadecimal digits of the key";
const COUNTRY: &str = "write the two letters of the country, such as \"DE\"";

/// What `wifi.toml` says.
#[derive(Debug, Clone)]
pub struct Wifi {
    /// Two capital letters; it decides which channels may be used.
    pub country: Option<String>,
    pub networks: Vec<WifiNetwork>,
}

/// One wireless network.
#[derive(Debug, Clone)]
pub struct WifiNetwork {
    pub ssid: String,
    pub is_hidden: bool,
    /// `None`: an open network.
    pub key: Option<WifiKey>,
}

#[derive(Debug, Clone)]
pub enum WifiKey {
    Passphrase(SecretString),
    /// What is computed from a passphrase: 64 hexadecimal digits.
    PreShared(SecretString),
}

/// Checks the text of a `wifi.toml`; `file` is only for the problems.
///
/// # Errors
///
/// Everything that is wrong, at once; when the text is no TOML, only that.
pub fn wifi(text: &str, file: &Path) -> Result<Wifi, Problems> {
    let findings = Findings::new(text, file, &[]);
    let (document, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        report_syntax(&findings, &errors);
        return Err(findings.into_problems());
    }
    let root = Table::new(&findings, Some(document.get_ref()), String::new(), 0..0);
    let wifi = root.read(|root| {
        if !root.has("network") && !root.has("country") {
            root.miss("network", LIST);
        }
        Wifi {
            country: root.take("country", country),
            networks: networks(root),
        }
    });
    findings.conclude()?;
    Ok(wifi)
}

fn networks(root: &mut Table<'_>) -> Vec<WifiNetwork> {
    let items = root.value("network").and_then(|list| list.items(LIST));
    let items = items.unwrap_or_default();
    let networks: Vec<_> = items
        .iter()
        .filter_map(|item| item.table(LIST).read_if_there(network))
        .collect();
    for (index, network) in networks.iter().enumerate() {
        let is_doubled = networks[..index].iter().any(|n| n.ssid == network.ssid);
        if let Some(item) = items.get(index).filter(|_| is_doubled) {
            item.wrong("has the name of a network above", "keep one of the two");
        }
    }
    networks
}

fn network(table: &mut Table<'_>) -> Option<WifiNetwork> {
    let ssid = table.need("ssid", "add the network's name", ssid);
    let key = table.take("passphrase", key);
    let is_hidden = table.take("hidden", flag).unwrap_or(false);
    Some(WifiNetwork {
        ssid: ssid?,
        is_hidden,
        key,
    })
}

fn ssid(value: &Value<'_>) -> Option<String> {
    let ssid = text(value, SSID)?;
    if !(1..=32).contains(&ssid.len()) || ssid.contains(char::is_control) {
        value.wrong("cannot be a network's name", SSID);
        return None;
    }
    Some(ssid.to_owned())
}

fn key(value: &Value<'_>) -> Option<WifiKey> {
    let key = text(value, PASSPHRASE)?;
    let is_plain = key.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if key.len() == 64 && key.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Some(WifiKey::PreShared(key.to_ascii_lowercase().into()));
    }
    if !(8..=63).contains(&key.len()) || !is_plain {
        value.wrong("cannot be a network's passphrase", PASSPHRASE);
        return None;
    }
    Some(WifiKey::Passphrase(key.into()))
}

fn country(value: &Value<'_>) -> Option<String> {
    let country = text(value, COUNTRY)?;
    if country.len() != 2 || !country.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        value.wrong("is no country", COUNTRY);
        return None;
    }
    Some(country.to_ascii_uppercase())
}
