//! The API's other side: what the command line says to the daemon.

use std::{
    error::Error,
    path::{Path, PathBuf},
    time::Duration,
};

use reqwest::{
    Method, RequestBuilder, Response, StatusCode,
    header::{CONTENT_TYPE, ETAG, IF_MATCH, LOCATION},
};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use serde::de::DeserializeOwned;

use super::{
    Action, Refusal, StatusDocument,
    live::Sights,
    local::{ApiToken, NewToken, WantedToken, WayIn},
};
use crate::{player::Ask, store::Version};

/// Longer than the daemon gives itself.
const TIME_LIMIT: Duration = Duration::from_secs(15);

/// For what lasts as long as somebody listens.
const ENDLESS: Duration = Duration::from_secs(365 * 86_400);

/// Speaks to the daemon over its control socket.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    socket: PathBuf,
}

/// Why the daemon did not do it.
#[derive(Debug, thiserror::Error)]
pub enum ClientFailure {
    /// Nobody listens on the socket, we may not open it, or nothing came back.
    #[error("daemon not reachable at {}: {reason}", socket.display())]
    Unreachable { socket: PathBuf, reason: String },
    /// The daemon said no, and why.
    #[error("{0}")]
    Refused(Refusal),
    /// Another program listens there, or another version of this one.
    #[error("the daemon gave an unusable answer: {0}")]
    Nonsense(String),
}

/// A settings file's text and the revision to send back with a change of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsText {
    pub text: String,
    pub revision: String,
}

/// What the daemon says of settings that it took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed {
    pub revision: String,
    /// Number of the version, to follow what comes of it.
    pub version: u64,
}

impl Client {
    /// A client for the daemon at `socket`; connects when something is asked.
    ///
    /// # Errors
    ///
    /// When no HTTP client can be built.
    pub fn new(socket: &Path) -> anyhow::Result<Self> {
        // Nothing is encrypted here, but the HTTP client wants to know how it would be.
        let tls = ClientConfig::builder_with_provider(ring::default_provider().into())
            .with_safe_default_protocol_versions()?
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth();
        let http = reqwest::Client::builder()
            .unix_socket(socket)
            .tls_backend_preconfigured(tls)
            .no_proxy()
            .timeout(TIME_LIMIT)
            .build()?;
        Ok(Self {
            http,
            socket: socket.to_owned(),
        })
    }

    /// # Errors
    ///
    /// When the daemon cannot be reached or answers something else.
    pub async fn status(&self) -> Result<StatusDocument, ClientFailure> {
        self.read("api/v1/status").await
    }

    /// The status as the daemon wrote it, with keys that this version may not know.
    ///
    /// # Errors
    ///
    /// When the daemon cannot be reached.
    pub async fn status_json(&self) -> Result<String, ClientFailure> {
        let response = self
            .send(self.request(Method::GET, "api/v1/status"))
            .await?;
        response.text().await.map_err(|error| self.failure(&error))
    }

    /// What is on the screen, whenever it changes.
    ///
    /// # Errors
    ///
    /// When the daemon cannot be reached or is of an earlier version.
    pub async fn follow(&self) -> Result<Sights, ClientFailure> {
        let request = self.request(Method::GET, "api/v1/status/live");
        let answer = self.send(request.timeout(ENDLESS)).await?;
        Ok(Sights::new(answer))
    }

    /// Returns when the daemon has taken the order, not when it is carried out.
    ///
    /// # Errors
    ///
    /// When the daemon cannot be reached or is stopping.
    pub async fn ask(&self, ask: Ask) -> Result<(), ClientFailure> {
        let place = format!("api/v1/actions/{}", Action(ask));
        self.send(self.request(Method::POST, &place)).await?;
        Ok(())
    }

    /// The screen as PNG.
    ///
    /// # Errors
    ///
    /// When the daemon cannot be reached or has no picture.
    pub async fn screenshot(&self) -> Result<Vec<u8>, ClientFailure> {
        let request = self.request(Method::GET, "api/v1/screenshot.png");
        let body = self.send(request).await?.bytes().await;
        Ok(body.map_err(|error| self.failure(&error))?.into())
    }

    /// # Errors
    ///
    /// When the daemon cannot be reached or cannot read its settings file.
    pub async fn settings(&self) -> Result<SettingsText, ClientFailure> {
        let response = self
            .send(self.request(Method::GET, "api/v1/settings"))
            .await?;
        let revision = revision(&response)?;
        let text = response.text().await;
        let text = text.map_err(|error| self.failure(&error))?;
        Ok(SettingsText { text, revision })
    }

    /// Replaces the settings file; with `if_match` only if that is still its revision. Answers
    /// the new revision.
    ///
    /// # Errors
    ///
    /// When the settings are bad (the refusal lists every problem) or the file has changed.
    pub async fn push_settings(
        &self,
        text: String,
        if_match: Option<&str>,
    ) -> Result<String, ClientFailure> {
        let pushed = self.push(text, if_match).await?;
        Ok(pushed.revision)
    }

    /// The same; answers the version, too.
    ///
    /// # Errors
    ///
    /// As [`Client::push_settings`].
    pub async fn push(
        &self,
        text: String,
        if_match: Option<&str>,
    ) -> Result<Pushed, ClientFailure> {
        let mut request = self
            .request(Method::PUT, "api/v1/settings")
            .header(CONTENT_TYPE, "application/toml")
            .body(text);
        if let Some(revision) = if_match {
            request = request.header(IF_MATCH, format!("\"{revision}\""));
        }
        pushed(&self.send(request).await?)
    }

    /// All versions of the settings, the newest first.
    ///
    /// # Errors
    ///
    /// When the daemon cannot be reached.
    pub async fn versions(&self) -> Result<Vec<Version>, ClientFailure> {
        self.read("api/v1/settings/versions").await
    }

    /// One version, as soon as something has come of it or after `wait_s` (at most 8).
    ///
    /// # Errors
    ///
    /// When the daemon cannot be reached or knows no such version.
    pub async fn version(&self, id: u64, wait_s: u64) -> Result<Version, ClientFailure> {
        let place = format!("api/v1/settings/versions/{id}?wait_s={wait_s}");
        self.read(&place).await
    }

    /// A version's text.
    ///
    /// # Errors
    ///
    /// When the daemon cannot be reached or knows no such version.
    pub async fn version_text(&self, id: u64) -> Result<String, ClientFailure> {
        let place = format!("api/v1/settings/versions/{id}/text");
        let response = self.send(self.request(Method::GET, &place)).await?;
        response.text().await.map_err(|error| self.failure(&error))
    }

    /// Brings a version's text back as a new version.
    ///
    /// # Errors
    ///
    /// When there is no such version, or its text is not good any more.
    pub async fn restore(&self, id: u64) -> Result<Pushed, ClientFailure> {
        let place = format!("api/v1/settings/versions/{id}/restore");
        pushed(&self.send(self.request(Method::POST, &place)).await?)
    }

    async fn read<T: DeserializeOwned>(&self, place: &str) -> Result<T, ClientFailure> {
        let response = self.send(self.request(Method::GET, place)).await?;
        let json = response
            .text()
            .await
            .map_err(|error| self.failure(&error))?;
        serde_json::from_str(&json).map_err(|error| ClientFailure::Nonsense(error.to_string()))
    }

    /// The way into the portal, with the pairing code.
    ///
    /// # Errors
    ///
    /// When the daemon cannot be reached.
    pub async fn way_in(&self) -> Result<WayIn, ClientFailure> {
        self.ask_for(self.request(Method::GET, "api/v1/portal"))
            .await
    }

    /// Forgets the portal's password; the screen shows a pairing code.
    ///
    /// # Errors
    ///
    /// When the daemon cannot be reached, or cannot keep that.
    pub async fn reset_password(&self) -> Result<(), ClientFailure> {
        let request = self.request(Method::DELETE, "api/v1/portal/password");
        self.send(request).await.map(|_| ())
    }

    /// Every token for programs, without the tokens themselves.
    ///
    /// # Errors
    ///
    /// When the daemon cannot be reached.
    pub async fn tokens(&self) -> Result<Vec<ApiToken>, ClientFailure> {
        self.ask_for(self.request(Method::GET, "api/v1/tokens"))
            .await
    }

    /// Makes a token for programs.
    ///
    /// # Errors
    ///
    /// When the daemon cannot be reached, or cannot keep it.
    pub async fn make_token(&self, wish: &WantedToken) -> Result<NewToken, ClientFailure> {
        self.ask_for(self.request(Method::POST, "api/v1/tokens").json(wish))
            .await
    }

    /// Ends a token.
    ///
    /// # Errors
    ///
    /// When the daemon cannot be reached, or there is none of that id.
    pub async fn end_token(&self, id: &str) -> Result<(), ClientFailure> {
        let request = self.request(Method::DELETE, &format!("api/v1/tokens/{id}"));
        self.send(request).await.map(|_| ())
    }

    async fn ask_for<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
    ) -> Result<T, ClientFailure> {
        let answer = self.send(request).await?.text().await;
        let text = answer.map_err(|error| self.failure(&error))?;
        serde_json::from_str(&text).map_err(|error| ClientFailure::Nonsense(error.to_string()))
    }

    fn request(&self, method: Method, place: &str) -> RequestBuilder {
        self.http.request(method, format!("http://everlit/{place}"))
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, ClientFailure> {
        let response = request.send().await.map_err(|error| self.failure(&error))?;
        if response.status().is_success() {
            return Ok(response);
        }
        Err(refusal(response.status(), response.text().await.ok()))
    }

    fn failure(&self, error: &reqwest::Error) -> ClientFailure {
        let reason = root_cause(error);
        if error.is_connect() || error.is_timeout() {
            let socket = self.socket.clone();
            return ClientFailure::Unreachable { socket, reason };
        }
        ClientFailure::Nonsense(reason)
    }
}

fn refusal(status: StatusCode, body: Option<String>) -> ClientFailure {
    let body = body.unwrap_or_default();
    match serde_json::from_str(&body) {
        Ok(refusal) => ClientFailure::Refused(refusal),
        Err(_) => ClientFailure::Nonsense(status.to_string()),
    }
}

fn revision(response: &Response) -> Result<String, ClientFailure> {
    let tag = response.headers().get(ETAG);
    let tag = tag.and_then(|tag| tag.to_str().ok());
    let revision = tag.and_then(|tag| tag.strip_prefix('"')?.strip_suffix('"'));
    revision
        .map(str::to_owned)
        .ok_or_else(|| ClientFailure::Nonsense("the revision is missing".to_owned()))
}

fn pushed(response: &Response) -> Result<Pushed, ClientFailure> {
    let place = response.headers().get(LOCATION);
    let place = place.and_then(|place| place.to_str().ok());
    let version = place.and_then(|place| place.rsplit('/').next()?.parse().ok());
    let nonsense = || ClientFailure::Nonsense("the version is missing".to_owned());
    Ok(Pushed {
        revision: revision(response)?,
        version: version.ok_or_else(nonsense)?,
    })
}

fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
