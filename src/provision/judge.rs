//! Judges each file on the partition: what it becomes, or what is wrong with it.

use std::path::{Path, PathBuf};

use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use secrecy::{ExposeSecret as _, zeroize::Zeroizing};

use super::{iwd, keys, name::Kind, text};
use crate::settings;

/// The settings file, below the root.
pub(super) const SETTINGS: &str = "etc/everlit/settings.toml";
pub(super) const CERTIFICATES: &str = "etc/everlit/certificates";
pub(super) const CREDENTIALS: &str = "etc/credstore";
pub(super) const SEALED_CREDENTIALS: &str = "etc/credstore.encrypted";
pub(super) const WIRELESS: &str = "var/lib/iwd";
pub(super) const WIRELESS_CONFIG: &str = "etc/iwd/main.conf";
pub(super) const NETWORK: &str = "etc/systemd/network";
pub(super) const AUTHORIZED_KEYS: &str = "etc/ssh/device/authorized_keys";

const LARGEST_SECRET: usize = 64 * 1024;

/// What is to happen with one file.
#[derive(Debug)]
pub(super) struct Judgement {
    pub(super) orders: Vec<Order>,
    pub(super) end: End,
    /// What was done, if it can be done.
    pub(super) done: String,
    /// What is wrong, each with its remedy; never with a secret.
    pub(super) problems: Vec<String>,
}

#[derive(Debug)]
pub(super) enum Order {
    /// A file below the root.
    Write {
        to: PathBuf,
        bytes: Zeroizing<Vec<u8>>,
        readers: Readers,
    },
    /// A systemd credential.
    Keep {
        name: String,
        secret: Zeroizing<String>,
    },
    /// In iwd's configuration.
    SetCountry(String),
    /// A file below the root, if it is there.
    Delete(PathBuf),
}

/// Who may read what is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Readers {
    /// It belongs to the daemon.
    Daemon,
    Root,
    Everybody,
}

/// What becomes of the file on the partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Remove,
    /// Overwritten first.
    Wipe,
    Stay,
}

impl Judgement {
    fn refused(problems: Vec<String>) -> Self {
        Self {
            orders: Vec::new(),
            end: End::Stay,
            done: String::new(),
            problems,
        }
    }

    /// Nothing is touched.
    pub(super) fn is_idle(&self) -> bool {
        self.orders.is_empty() && self.end == End::Stay
    }

    fn taken(orders: Vec<Order>, end: End, done: impl Into<String>) -> Self {
        Self {
            orders,
            end,
            done: done.into(),
            problems: Vec::new(),
        }
    }
}

/// Judges a file by its content. `shown` is how it is called on the partition, and `present` what
/// the settings file of the device says now.
pub(super) fn judge(kind: &Kind, shown: &Path, bytes: &[u8], present: Option<&str>) -> Judgement {
    let is_secret = match kind {
        Kind::Secret(_) | Kind::Wifi => true,
        Kind::Settings | Kind::Certificate(_) | Kind::Network(_) | Kind::AuthorizedKeys => false,
    };
    if is_secret && text::is_half_wiped(bytes) {
        let done = "wiped; it was taken over at an earlier start, or never copied here whole";
        return Judgement::taken(Vec::new(), End::Wipe, done);
    }
    let Some(text) = text::decode(bytes) else {
        return refused("is no text; save it as plain text (UTF-8)");
    };
    match kind {
        Kind::Settings => settings(&text, shown, present),
        Kind::Secret(name) => secret(name, &text),
        Kind::Certificate(name) => certificate(name, &text),
        Kind::Wifi => wifi(&text, shown),
        Kind::Network(name) => network(name, &text),
        Kind::AuthorizedKeys => authorized_keys(&text),
    }
}

fn settings(text: &str, shown: &Path, present: Option<&str>) -> Judgement {
    let write = || vec![write(SETTINGS.into(), text, Readers::Daemon)];
    let Err(problems) = settings::check(text, shown) else {
        return Judgement::taken(write(), End::Remove, "these are the settings now");
    };
    let is_usable = |present: &str| settings::check(present, Path::new(SETTINGS)).is_ok();
    // The screen lists the problems of settings that are there.
    let has_better = present.is_some_and(|present| present == text || is_usable(present));
    Judgement {
        orders: if has_better { Vec::new() } else { write() },
        ..Judgement::refused(problems.0.iter().map(ToString::to_string).collect())
    }
}

fn secret(name: &str, text: &str) -> Judgement {
    let line = text.trim_end_matches('\n');
    let is_pem = line.contains("-----BEGIN ");
    if line.is_empty() {
        return refused("is empty; write the secret into it");
    }
    if line.len() > LARGEST_SECRET || line.starts_with("{\\rtf") {
        return refused("is no secret; write only the secret into it, as plain text");
    }
    if !is_pem && line.contains(|c: char| c.is_control() || !c.is_ascii()) {
        return refused(
            "holds more than one line, or characters that no secret has; write only the secret \
             into it",
        );
    }
    let name = name.to_owned();
    let done = format!("kept as the credential \"{name}\", and wiped here");
    let secret = Zeroizing::new(if is_pem {
        format!("{line}\n")
    } else {
        line.to_owned()
    });
    Judgement::taken(vec![Order::Keep { name, secret }], End::Wipe, done)
}

fn certificate(name: &str, text: &str) -> Judgement {
    if text.contains("PRIVATE KEY") {
        return refused("holds a private key; put that into the folder secrets");
    }
    let found: Vec<_> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
    let is_good = |der: &CertificateDer<'_>| {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(der.clone().into_owned()).is_ok()
    };
    if found.is_empty() || !found.iter().flatten().all(is_good) || found.iter().any(Result::is_err)
    {
        return refused("holds no usable certificate; export it again as PEM (Base-64)");
    }
    let to = Path::new(CERTIFICATES).join(name);
    let done = format!("it is /{} now", to.display());
    let orders = vec![write(to, text, Readers::Everybody)];
    Judgement::taken(orders, End::Remove, done)
}

fn wifi(text: &str, shown: &Path) -> Judgement {
    let wifi = match settings::wifi(text, shown) {
        Ok(wifi) => wifi,
        Err(problems) => {
            return Judgement::refused(problems.0.iter().map(ToString::to_string).collect());
        }
    };
    let folder = Path::new(WIRELESS);
    let mut orders = Vec::new();
    for network in &wifi.networks {
        let file = iwd::file(network);
        let to = folder.join(iwd::file_name(network));
        orders.push(write(to, file.expose_secret(), Readers::Root));
        orders.push(Order::Delete(folder.join(iwd::other_file_name(network))));
    }
    orders.extend(wifi.country.clone().map(Order::SetCountry));
    let names: Vec<_> = wifi
        .networks
        .iter()
        .map(|network| format!("\"{}\"", network.ssid))
        .collect();
    let done = match (&names[..], wifi.country) {
        ([], Some(country)) => format!("the country is {country}; wiped here"),
        (names, _) => format!("the device knows {} now; wiped here", names.join(", ")),
    };
    Judgement::taken(orders, End::Wipe, done)
}

fn network(name: &str, text: &str) -> Judgement {
    let mut problems = Vec::new();
    for (index, line) in text.lines().map(str::trim).enumerate() {
        let is_header = line.starts_with('[') && line.ends_with(']');
        let is_comment = line.is_empty() || line.starts_with(['#', ';']);
        if !is_header && !is_comment && !line.contains('=') {
            let number = index + 1;
            problems.push(format!(
                "line {number} is none of [Section], Key=Value and # comment"
            ));
        }
    }
    for header in ["[Match]", "[Network]"] {
        if !text.lines().any(|line| line.trim() == header) {
            problems.push(format!("has no {header}; see systemd.network(5)"));
        }
    }
    if !problems.is_empty() {
        return Judgement::refused(problems);
    }
    let to = Path::new(NETWORK).join(name);
    let done = format!("it is /{} now", to.display());
    let orders = vec![write(to, text, Readers::Everybody)];
    Judgement::taken(orders, End::Remove, done)
}

fn authorized_keys(text: &str) -> Judgement {
    match keys::check(text) {
        Ok(()) => Judgement::taken(
            vec![write(AUTHORIZED_KEYS.into(), text, Readers::Root)],
            End::Remove,
            "these keys may sign in over SSH now, and no others",
        ),
        Err(problems) => Judgement::refused(problems),
    }
}

/// For one thing that is wrong, with its remedy.
pub(super) fn refused(problem: impl Into<String>) -> Judgement {
    Judgement::refused(vec![problem.into()])
}

fn write(to: PathBuf, text: &str, readers: Readers) -> Order {
    let bytes = Zeroizing::new(text.as_bytes().to_vec());
    Order::Write { to, bytes, readers }
}
