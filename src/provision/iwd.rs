//! Writes wireless networks as iwd reads them (iwd.network(5), iwd.config(5)).

use secrecy::{ExposeSecret as _, SecretString};

use crate::settings::{WifiKey, WifiNetwork};

/// The file's name below iwd's folder.
pub(super) fn file_name(network: &WifiNetwork) -> String {
    match network.key {
        Some(_) => psk_name(&network.ssid),
        None => open_name(&network.ssid),
    }
}

/// The name that the same network's file has if it used to be open, or not to be.
pub(super) fn other_file_name(network: &WifiNetwork) -> String {
    match network.key {
        Some(_) => open_name(&network.ssid),
        None => psk_name(&network.ssid),
    }
}

/// What stands in the file.
pub(super) fn file(network: &WifiNetwork) -> SecretString {
    let mut text = String::new();
    let mut security = |key: &str, value: &str| {
        text += &format!("[Security]\n{key}={}\n\n", escaped(value));
    };
    match &network.key {
        Some(WifiKey::Passphrase(passphrase)) => {
            security("Passphrase", passphrase.expose_secret());
        }
        Some(WifiKey::PreShared(key)) => security("PreSharedKey", key.expose_secret()),
        None => {}
    }
    text += "[Settings]\nAutoConnect=true\n";
    if network.is_hidden {
        text += "Hidden=true\n";
    }
    text.into()
}

/// iwd's own configuration with another country in it; everything else stays.
pub(super) fn with_country(config: &str, country: &str) -> String {
    let line = format!("Country={country}");
    let mut lines: Vec<&str> = Vec::new();
    let mut is_general = false;
    for text in config.lines() {
        if let Some(group) = text.trim().strip_prefix('[') {
            is_general = group.trim_end().trim_end_matches(']') == "General";
        }
        let is_old = is_general && key(text) == Some("Country");
        if !is_old {
            lines.push(text);
        }
    }
    match lines.iter().position(|text| text.trim() == "[General]") {
        Some(general) => lines.insert(general + 1, &line),
        None => lines.splice(0..0, ["[General]", &line]).for_each(drop),
    }
    lines.join("\n") + "\n"
}

fn key(line: &str) -> Option<&str> {
    line.split_once('=').map(|(key, _)| key.trim())
}

fn psk_name(ssid: &str) -> String {
    format!("{}.psk", encoded(ssid))
}

fn open_name(ssid: &str) -> String {
    format!("{}.open", encoded(ssid))
}

/// A network's name as a part of a file's name.
fn encoded(ssid: &str) -> String {
    let is_verbatim = |byte: u8| byte.is_ascii_alphanumeric() || b" _-".contains(&byte);
    if ssid.bytes().all(is_verbatim) {
        return ssid.to_owned();
    }
    let digits = ssid.bytes().map(|byte| format!("{byte:02x}"));
    format!("={}", digits.collect::<String>())
}

/// A value whose first space would get lost, and whose backslashes would mean something.
fn escaped(value: &str) -> String {
    let value = value.replace('\\', "\\\\");
    match value.strip_prefix(' ') {
        Some(rest) => format!("\\s{rest}"),
        None => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_encoded_as_iwd_looks_for_them() {
        for (ssid, name) in [
            ("Office 2_b-c", "Office 2_b-c.psk"),
            ("Café", "=436166c3a9.psk"),
            ("a.b", "=612e62.psk"),
            ("../x", "=2e2e2f78.psk"),
        ] {
            assert_eq!(file_name(&network(ssid, Some("12345678"))), name);
        }
        assert_eq!(file_name(&network("Guests", None)), "Guests.open");
        assert_eq!(other_file_name(&network("Guests", None)), "Guests.psk");
    }

    #[test]
    fn a_passphrase_is_escaped_and_stands_in_its_group() {
        let text = file(&network("x", Some(r" pass\word")));
        assert_eq!(
            text.expose_secret(),
            "[Security]\nPassphrase=\\spass\\\\word\n\n[Settings]\nAutoConnect=true\n"
        );
        let hidden = WifiNetwork {
            is_hidden: true,
            ..network("x", None)
        };
        let text = "[Settings]\nAutoConnect=true\nHidden=true\n";
        assert_eq!(file(&hidden).expose_secret(), text);
    }

    #[test]
    fn the_country_is_set_and_the_rest_of_the_configuration_stays() {
        assert_eq!(with_country("", "DE"), "[General]\nCountry=DE\n");
        let config = "# ours\n[Network]\nCountry=keep\n[General]\nCountry = US\nX=1\n";
        let with = "# ours\n[Network]\nCountry=keep\n[General]\nCountry=DE\nX=1\n";
        assert_eq!(with_country(config, "DE"), with);
        assert_eq!(with_country(with, "DE"), with);
        let config = "[Network]\nX=1\n";
        assert_eq!(
            with_country(config, "DE"),
            "[General]\nCountry=DE\n[Network]\nX=1\n"
        );
    }

    fn network(ssid: &str, passphrase: Option<&str>) -> WifiNetwork {
        WifiNetwork {
            ssid: ssid.to_owned(),
            is_hidden: false,
            key: passphrase.map(|text| WifiKey::Passphrase(text.into())),
        }
    }
}
