//! What the operator asked for: the checked settings, as every other part sees them.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use url::Url;

mod address;
mod check;
mod cloud;
mod diff;
mod duration;
mod file;
mod findings;
pub mod form;
mod host;
mod playlist;
mod problem;
mod redact;
mod secret;
mod shape;
mod source;
mod table;
mod value;
mod wifi;
mod window;

pub use address::is_encrypted;
pub use diff::{DiffLine, Sign, diff};
pub use duration::{parse as duration, spell};
pub use file::{Checked, check};
pub use host::host_matches;
pub use problem::{Note, Problem, Problems};
pub use redact::{redact, scrub};
pub use secret::is_credential_name;
pub use shape::schema;
pub use wifi::{Wifi, WifiKey, WifiNetwork, wifi};
pub use window::Window;

/// Checked settings; [`Settings::parse`] is the only way to get them from text.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Name of this device on slates and in status; `None`: the host's name.
    pub name: Option<String>,
    pub token: TokenSettings,
    /// Where embed tokens come from; `None` is fine while the playlist holds no report.
    pub source: Option<Source>,
    /// Shown in this order, for ever. Empty: the device is unconfigured.
    pub playlist: Vec<Entry>,
    pub display: Display,
    pub network: Network,
    pub portal: Portal,
    pub recovery: Recovery,
    /// `None`: the device does not update itself.
    pub update: Option<Update>,
}

impl Settings {
    /// Host names that a report's frame may be on; none when there is no source.
    #[must_use]
    pub fn embed_hosts(&self) -> &[String] {
        match &self.source {
            Some(Source::ServicePrincipal(principal)) => &principal.endpoints.embed_hosts,
            Some(Source::TokenService(service)) => &service.embed_hosts,
            None => &[],
        }
    }
}

impl Settings {
    /// The files that secrets are to be read from, each with its key.
    #[must_use]
    pub fn secret_files(&self) -> Vec<(&'static str, &std::path::Path)> {
        let mut places = Vec::new();
        match &self.source {
            Some(Source::ServicePrincipal(principal)) => match &principal.credential {
                Credential::ClientSecret(secret) => places.push(("powerbi.client_secret", secret)),
                Credential::Certificate { certificate, key } => {
                    places.push(("powerbi.client_certificate", certificate));
                    places.push(("powerbi.client_key", key));
                }
            },
            Some(Source::TokenService(service)) => {
                places.extend(
                    service
                        .bearer
                        .iter()
                        .map(|bearer| ("token_service.bearer", bearer)),
                );
            }
            None => {}
        }
        if let Some(identity) = &self.portal.identity {
            places.push(("portal.key", &identity.key));
        }
        let files = places.into_iter().filter_map(|(key, place)| match place {
            SecretRef::File(path) => Some((key, path.as_path())),
            SecretRef::Credential(_) => None,
        });
        files.collect()
    }
}

/// `[token]`: when embed tokens are refreshed.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenSettings {
    /// "Refresh token every"; 1 s to 24 h (default 40 min). A token's own life still comes first.
    pub refresh_every: Duration,
    pub refresh_on_interaction: bool,
    /// Refresh at the latest this long before expiry, or 20 % of the life if that is shorter.
    pub refresh_before_expiry: Duration,
}

/// Where embed tokens come from.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// `[powerbi]`
    ServicePrincipal(ServicePrincipal),
    /// `[token_service]`
    TokenService(TokenService),
}

#[derive(Debug, Clone, PartialEq)]
pub struct ServicePrincipal {
    pub tenant_id: String,
    pub client_id: String,
    pub credential: Credential,
    pub endpoints: Endpoints,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Credential {
    ClientSecret(SecretRef),
    /// A PEM certificate and its PEM private key (RSA).
    Certificate {
        certificate: SecretRef,
        key: SecretRef,
    },
}

/// Where a secret is kept; never the secret itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretRef {
    /// A systemd credential's name, read from `$CREDENTIALS_DIRECTORY`.
    Credential(String),
    /// An absolute path.
    File(PathBuf),
}

/// A cloud's addresses, after `[powerbi.endpoints]` overrides.
#[derive(Debug, Clone, PartialEq)]
pub struct Endpoints {
    pub authority: Url,
    pub scope: String,
    pub api: Url,
    /// Host names that may be embedded; a leading `*.` stands for any subdomain.
    pub embed_hosts: Vec<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct TokenService {
    pub url: Url,
    pub bearer: Option<SecretRef>,
    /// Host names that may be embedded (the public cloud's, or `[token_service] embed_hosts`).
    pub embed_hosts: Vec<String>,
}

/// One `[[playlist]]` entry.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub content: Content,
    /// How long it is shown when there are several entries.
    pub show_for: Duration,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    Report(Report),
    Page(WebPage),
}

/// A Power BI report.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    pub workspace_id: String,
    pub report_id: String,
    /// Name of the report page to open.
    pub page: Option<String>,
    /// Name of the bookmark to apply.
    pub bookmark: Option<String>,
    /// Effective identity for row-level security.
    pub identity: Option<Identity>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Identity {
    pub username: String,
    pub roles: Vec<String>,
}

/// Any web page.
#[derive(Debug, Clone, PartialEq)]
pub struct WebPage {
    pub url: Url,
    pub reload_every: Option<Duration>,
    /// Hosts that the page may navigate to besides its own site; `*.` as in [`Endpoints`].
    pub allow: Vec<String>,
}

/// `[display]`
#[derive(Debug, Clone, PartialEq)]
pub struct Display {
    pub rotate: Rotation,
    /// Zoom factor of the content, 0.25 to 5.
    pub zoom: f64,
    pub cursor: Cursor,
    /// When the screen is on, such as `"Mon-Fri 07:00-19:00"`; empty: always.
    pub schedule: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotation {
    None,
    Clockwise90,
    UpsideDown,
    Clockwise270,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cursor {
    Hidden,
    Shown,
}

/// `[network]`
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Network {
    /// An HTTP proxy for the daemon's requests and for the view.
    pub proxy: Option<Url>,
    pub trusted_certificates: Vec<PathBuf>,
}

/// `[portal]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Portal {
    /// On loopback it speaks plain HTTP, everywhere else TLS. Port 0 is any free one.
    pub listen: SocketAddr,
    /// Without it, a self-signed certificate is made.
    pub identity: Option<PortalIdentity>,
    /// Further host names that browsers may call the portal by, such as a DNS name of the device.
    pub hosts: Vec<String>,
    pub open_metrics: bool,
}

/// The portal's own certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortalIdentity {
    /// A PEM file: the certificate, then those of its issuers.
    pub certificate: PathBuf,
    /// Its PEM private key.
    pub key: SecretRef,
}

impl Default for Portal {
    /// As it is while there are no settings.
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8400)),
            identity: None,
            hosts: Vec::new(),
            open_metrics: false,
        }
    }
}

/// `[recovery]`
#[derive(Debug, Clone, PartialEq)]
pub struct Recovery {
    /// A page that loads this long without being rendered counts as failed (default 60 s).
    pub load_limit: Duration,
    /// A page that gives no sign of life this long is replaced (default 5 s).
    /// An operation inside it may take as long for its answer, but no less than 10 s and no more than 30.
    pub heartbeat_limit: Duration,
    /// How often the picture is looked at; one that has become flat is blank (default 60 s).
    pub blank_after: Duration,
    /// What is shown when the service stays away after the token died.
    pub when_offline: WhenOffline,
    pub offline_limit: Duration,
    /// New settings are confirmed when content is rendered within this time.
    pub confirm_within: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenOffline {
    Keep,
    Slate,
}

/// `[update]`: where an image gets the next one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    pub url: Url,
    pub check_every: Duration,
    /// On the device's own clock.
    pub window: Window,
}
