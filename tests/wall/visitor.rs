//! A program that asks the portal over the network, with a token or without.

use anyhow::{Context as _, Result};
use reqwest::{Client, Method, RequestBuilder};
use rustls::crypto::ring;

use crate::rig::Wall;

#[derive(Clone)]
pub(crate) struct Visitor {
    client: Client,
    /// Ends with a slash.
    address: String,
    token: Option<String>,
}

impl Visitor {
    /// For the portal of this wall, as soon as it listens.
    pub(crate) fn of(wall: &Wall, token: Option<&str>) -> Result<Self> {
        let address = wall.until("an open portal", |wall| {
            Ok(wall.status().ok().and_then(|status| status.portal.address))
        })?;
        Ok(Self {
            client: client()?,
            address,
            token: token.map(str::to_owned),
        })
    }

    /// The same with connections of its own.
    pub(crate) fn another(&self) -> Result<Self> {
        Ok(Self {
            client: client()?,
            ..self.clone()
        })
    }

    /// The same by another address of the portal, such as `https://[::1]:8400/`.
    pub(crate) fn by(&self, address: &str) -> Self {
        let address = address.to_owned();
        Self {
            address,
            ..self.clone()
        }
    }

    pub(crate) fn port(&self) -> Result<u16> {
        let port = self.address.trim_end_matches('/').rsplit(':').next();
        Ok(port.context("no port")?.parse()?)
    }

    pub(crate) fn request(&self, method: Method, place: &str) -> RequestBuilder {
        let url = format!("{}{place}", self.address);
        let request = self.client.request(method, url);
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }
}

fn client() -> Result<Client> {
    // It fails only when a provider was installed before, which is just as well.
    let _ = ring::default_provider().install_default();
    Ok(Client::builder()
        .danger_accept_invalid_certs(true)
        .no_proxy()
        .build()?)
}
