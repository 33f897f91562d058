//! Tells by its place what a file on the partition is meant to be.

use crate::settings::is_credential_name;

/// What a file is meant to be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Settings,
    /// With the credential's name.
    Secret(String),
    /// With the file's name.
    Certificate(String),
    Wifi,
    /// With the file's name.
    Network(String),
    AuthorizedKeys,
}

/// Our folders on the partition.
#[derive(Clone, Copy)]
enum Folder {
    Secrets,
    Certificates,
    Network,
}

/// What a name says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Named {
    Ours(Kind),
    /// Somebody put it into one of our folders, and it is none of what belongs there.
    Odd {
        remedy: &'static str,
    },
    /// Another's: the boot loader's, or what an operating system leaves everywhere.
    Foreign,
}

/// Whether files in a folder of that name are ours.
pub(super) fn is_our_folder(name: &str) -> bool {
    folder(name).is_some()
}

/// What a file is meant to be that lies in the folder of that name; `None`: at the top.
pub(super) fn named(above: Option<&str>, file: &str) -> Named {
    if is_litter(file) {
        return Named::Foreign;
    }
    let name = without_editors_ending(file);
    let Some(above) = above else {
        return top(name);
    };
    match folder(above) {
        Some(Folder::Secrets) => secret(name),
        Some(Folder::Certificates) => certificate(name),
        Some(Folder::Network) => network(name),
        None => Named::Foreign,
    }
}

fn folder(name: &str) -> Option<Folder> {
    match &*name.to_ascii_lowercase() {
        "secrets" => Some(Folder::Secrets),
        "certificates" => Some(Folder::Certificates),
        "network" => Some(Folder::Network),
        _ => None,
    }
}

fn top(name: &str) -> Named {
    match &*name.to_ascii_lowercase() {
        "everlit.toml" => Named::Ours(Kind::Settings),
        "wifi.toml" => Named::Ours(Kind::Wifi),
        "authorized_keys" => Named::Ours(Kind::AuthorizedKeys),
        _ => Named::Foreign,
    }
}

fn secret(name: &str) -> Named {
    let name = in_usual_case(name);
    if !is_credential_name(&name) {
        return Named::Odd {
            remedy: "name it as the settings do: letters, digits, \"-\", \"_\" and \".\"",
        };
    }
    Named::Ours(Kind::Secret(name))
}

fn certificate(name: &str) -> Named {
    match with_ending(name, ".pem") {
        Some(name) => Named::Ours(Kind::Certificate(name)),
        None => Named::Odd {
            remedy: "save it as PEM (\"Base-64 encoded X.509\") under a name with the ending .pem",
        },
    }
}

fn network(name: &str) -> Named {
    match with_ending(name, ".network") {
        Some(name) => Named::Ours(Kind::Network(name)),
        None => Named::Odd {
            remedy: "give its name the ending .network",
        },
    }
}

/// The name if it has the ending and can be a file's name anywhere.
fn with_ending(name: &str, ending: &str) -> Option<String> {
    let name = in_usual_case(name);
    let stem = name.len().checked_sub(ending.len())?;
    let has_ending = name.get(stem..)?.eq_ignore_ascii_case(ending);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let is_good = has_ending && stem > 0 && name.chars().all(is_plain) && !name.starts_with('.');
    is_good.then(|| format!("{}{ending}", &name[..stem]))
}

/// What old Windows programs write all in capitals was not meant so.
fn in_usual_case(name: &str) -> String {
    if name.chars().any(|c| c.is_ascii_lowercase()) {
        name.to_owned()
    } else {
        name.to_ascii_lowercase()
    }
}

/// Editors append `.txt` where nobody sees it.
fn without_editors_ending(name: &str) -> &str {
    let stem = name.len().saturating_sub(4);
    match name.get(stem..) {
        Some(ending) if ending.eq_ignore_ascii_case(".txt") => &name[..stem],
        Some(_) | None => name,
    }
}

/// What operating systems leave everywhere.
fn is_litter(name: &str) -> bool {
    let known = ["thumbs.db", "desktop.ini"];
    name.starts_with('.')
        || name.starts_with('~')
        || name.ends_with('~')
        || known.contains(&&*name.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_however_a_desktop_wrote_them() {
        for name in [
            "everlit.toml",
            "EVERLIT.TOML",
            "Everlit.toml.txt",
            "everlit.toml.TXT",
        ] {
            assert_eq!(named(None, name), Named::Ours(Kind::Settings), "{name}");
        }
        let secret = |name: &str| Named::Ours(Kind::Secret(name.to_owned()));
        assert_eq!(
            named(Some("SECRETS"), "powerbi-secret.txt"),
            secret("powerbi-secret")
        );
        assert_eq!(
            named(Some("secrets"), "POWERBI-SECRET.TXT"),
            secret("powerbi-secret")
        );
        assert_eq!(named(Some("secrets"), "MyKey"), secret("MyKey"));
        let wired = Named::Ours(Kind::Network("10-wired.network".to_owned()));
        assert_eq!(named(Some("network"), "10-WIRED.NETWORK"), wired);
        assert_eq!(named(Some("network"), "10-wired.network.txt"), wired);
    }

    #[test]
    fn what_desktops_leave_behind_and_what_boots_the_device_is_not_ours() {
        for name in [
            "._everlit.toml",
            ".DS_Store",
            "Thumbs.db",
            "cmdline.txt",
            "kernel8.img",
        ] {
            assert_eq!(named(None, name), Named::Foreign, "{name}");
        }
        for name in [
            "._powerbi-secret",
            ".DS_Store",
            "desktop.ini",
            "powerbi-secret~",
        ] {
            assert_eq!(named(Some("secrets"), name), Named::Foreign, "{name}");
        }
        assert_eq!(named(Some("EFI"), "everlit.toml"), Named::Foreign);
    }

    #[test]
    fn what_does_not_belong_into_our_folders_is_odd() {
        for (folder, name) in [
            ("certificates", "company.der"),
            ("certificates", ".pem.txt"),
            ("network", "wired.conf"),
            ("secrets", "the secret"),
        ] {
            let is_odd = matches!(
                named(Some(folder), name),
                Named::Odd { .. } | Named::Foreign
            );
            assert!(is_odd, "{folder}/{name}");
        }
    }
}
