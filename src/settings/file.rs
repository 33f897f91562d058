//! Reads a settings file from its text: all tables but the sources and the playlist.

use std::{path::Path, time::Duration};

use toml::de::{DeTable, Error};

use super::{
    Cursor, Display, Network, Note, Portal, PortalIdentity, Problems, Recovery, Rotation, Settings,
    TokenSettings, Update, WhenOffline,
    address::{https_url, names, proxy_url, socket_address},
    check::{
        absolute_path, absolute_paths, flag, list_of, number_within, one_of, secret_ref,
        text_up_to, within,
    },
    duration::{DAY, HOUR, MINUTE, SECOND},
    findings::Findings,
    playlist, source,
    table::Table,
    value::Value,
    window::{Window, window},
};

/// Keys that are checked but whose feature comes later.
const WITHOUT_EFFECT: &[&str] = &["display.rotate", "display.schedule"];

/// Good settings, and what an operator might want to know about their text.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    pub settings: Settings,
    /// Keys that are set and have no effect yet.
    pub notes: Vec<Note>,
}

/// Checks the text of a settings file; `file` is only for the problems and notes.
///
/// A text without any key is good: it means a device that nobody has configured yet.
///
/// # Errors
///
/// Everything that is wrong, at once; when the text is no TOML, only that.
pub fn check(text: &str, file: &Path) -> Result<Checked, Problems> {
    let findings = Findings::new(text, file, WITHOUT_EFFECT);
    let (document, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        report_syntax(&findings, &errors);
        return Err(findings.into_problems());
    }
    let root = Table::new(&findings, Some(document.get_ref()), String::new(), 0..0);
    let settings = root.read(settings);
    let notes = findings.conclude()?;
    Ok(Checked { settings, notes })
}

impl Settings {
    /// Settings from the text of a settings file; see [`check`].
    ///
    /// # Errors
    ///
    /// Everything that is wrong, at once.
    pub fn parse(text: &str, file: &Path) -> Result<Self, Problems> {
        check(text, file).map(|checked| checked.settings)
    }
}

/// One mistake often confuses the parser for the rest of its line: the first of a line is enough.
pub(super) fn report_syntax(findings: &Findings<'_>, errors: &[Error]) {
    for error in errors {
        // Not `Display`: that repeats the whole line, which may hold anything.
        let (problem, remedy) = match error.message().split_once(", expected ") {
            Some((problem, expected)) if expected != "nothing" => {
                (problem, format!("expected {expected}"))
            }
            Some((problem, _)) => (problem, String::new()),
            None => (error.message(), String::new()),
        };
        findings.add_once_per_line(&error.span().unwrap_or_default(), problem, &remedy);
    }
}

fn settings(root: &mut Table<'_>) -> Settings {
    Settings {
        name: root.section("player", |player| player.take("name", text_up_to(64))),
        token: root.section("token", token),
        source: source::source(root),
        playlist: playlist::playlist(root),
        display: root.section("display", display),
        network: root.section("network", network),
        portal: root.section("portal", portal),
        recovery: root.section("recovery", recovery),
        update: root.section("update", update),
    }
}

fn token(token: &mut Table<'_>) -> TokenSettings {
    let mut duration = |key, default| token.take(key, within(SECOND, DAY)).unwrap_or(default);
    TokenSettings {
        refresh_every: duration("refresh_every", 40 * MINUTE),
        refresh_before_expiry: duration("refresh_before_expiry", 10 * MINUTE),
        refresh_on_interaction: token.take("refresh_on_interaction", flag).unwrap_or(true),
    }
}

fn display(display: &mut Table<'_>) -> Display {
    let cursor = one_of([("hidden", Cursor::Hidden), ("shown", Cursor::Shown)]);
    Display {
        rotate: display.take("rotate", rotation).unwrap_or(Rotation::None),
        zoom: display
            .take("zoom", number_within(0.25..=5.0))
            .unwrap_or(1.0),
        cursor: display.take("cursor", cursor).unwrap_or(Cursor::Hidden),
        schedule: display.take("schedule", schedule).unwrap_or_default(),
    }
}

fn rotation(value: &Value<'_>) -> Option<Rotation> {
    let remedy = "write 0, 90, 180 or 270";
    let Some(degrees) = value.toml().as_integer() else {
        value.wrong_kind("a number", remedy);
        return None;
    };
    match degrees.to_string().as_str() {
        "0" => Some(Rotation::None),
        "90" => Some(Rotation::Clockwise90),
        "180" => Some(Rotation::UpsideDown),
        "270" => Some(Rotation::Clockwise270),
        _ => {
            value.wrong("is no quarter turn", remedy);
            None
        }
    }
}

fn schedule(value: &Value<'_>) -> Option<Vec<String>> {
    let line = text_up_to(200);
    if value.toml().is_str() {
        return Some(vec![line(value)?]);
    }
    list_of(value, "write texts such as \"Mon-Fri 07:00-19:00\"", line)
}

fn network(network: &mut Table<'_>) -> Network {
    Network {
        proxy: network.take("proxy", proxy_url),
        trusted_certificates: network
            .take("trusted_certificates", absolute_paths)
            .unwrap_or_default(),
    }
}

fn portal(portal: &mut Table<'_>) -> Portal {
    let usual = Portal::default();
    Portal {
        listen: portal
            .take("listen", socket_address)
            .unwrap_or(usual.listen),
        identity: portal_identity(portal),
        hosts: portal.take("hosts", names).unwrap_or_default(),
        open_metrics: portal.take("open_metrics", flag).unwrap_or(false),
    }
}

fn portal_identity(portal: &mut Table<'_>) -> Option<PortalIdentity> {
    match (portal.has("certificate"), portal.has("key")) {
        (true, false) => portal.miss("key", "add where the certificate's key is kept"),
        (false, true) => portal.miss("certificate", "add where the key's certificate is kept"),
        (true, true) | (false, false) => {}
    }
    let certificate = portal.take("certificate", absolute_path);
    let key = portal.take("key", secret_ref);
    Some(PortalIdentity {
        certificate: certificate?,
        key: key?,
    })
}

fn recovery(recovery: &mut Table<'_>) -> Recovery {
    let when_offline = one_of([("keep", WhenOffline::Keep), ("slate", WhenOffline::Slate)]);
    let mut duration = |key, default: Duration, longest| {
        let duration = recovery.take(key, within(SECOND, longest));
        duration.unwrap_or(default)
    };
    Recovery {
        load_limit: duration("load_limit", MINUTE, HOUR),
        heartbeat_limit: duration("heartbeat_limit", 5 * SECOND, HOUR),
        blank_after: duration("blank_after", MINUTE, DAY),
        offline_limit: duration("offline_limit", 8 * HOUR, 365 * DAY),
        confirm_within: duration("confirm_within", 3 * MINUTE, HOUR),
        when_offline: recovery
            .take("when_offline", when_offline)
            .unwrap_or(WhenOffline::Keep),
    }
}

fn update(update: &mut Table<'_>) -> Option<Update> {
    let url = update.take("url", https_url);
    let check_every = update.take("check_every", within(15 * MINUTE, 365 * DAY));
    let window = update.take("window", window);
    Some(Update {
        url: url?,
        check_every: check_every.unwrap_or(DAY),
        window: window.unwrap_or_else(Window::nightly),
    })
}
