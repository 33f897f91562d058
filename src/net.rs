//! The HTTP client for the daemon's own requests, made from the network settings.

use std::{fs, path::Path, time::Duration};

use anyhow::{Context, bail};
use reqwest::{Certificate, Client, NoProxy, Proxy, redirect};
use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use url::Url;

use crate::{player::Reach, settings::Network};

const USER_AGENT: &str = concat!("everlit/", env!("CARGO_PKG_VERSION"));

/// These hosts are never asked for through the proxy: what runs on this machine is this machine's.
const PAST_THE_PROXY: &str = "localhost,127.0.0.0/8,::1";

/// Shorter than the shortest pause between two probes: only the answer to the last one counts.
const PROBE_LIMIT: Duration = Duration::from_secs(3);

/// How long a request may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Name lookup, TCP, proxy and TLS together.
    pub connect: Duration,
    /// From the first look-up to the last byte of the answer.
    pub whole: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            whole: Duration::from_secs(20),
        }
    }
}

/// A client with the usual [`Limits`]; see [`client_with`].
///
/// # Errors
///
/// As [`client_with`].
pub fn client(network: &Network) -> anyhow::Result<Client> {
    client_with(network, Limits::default())
}

/// A client that trusts the system's roots (or those of `SSL_CERT_FILE`, where the environment
/// sets it) and `network.trusted_certificates`.
///
/// It uses `network.proxy` and nothing else: the environment's `HTTPS_PROXY` and the like do not
/// count, so that the settings file tells the whole story. Hosts on loopback are asked directly.
///
/// It follows no redirect, because a service of ours never sends one and a captive portal does.
///
/// # Errors
///
/// When a certificate file cannot be read or holds no certificate, when there is no trusted root
/// at all, or when the proxy's address is unusable. The text names the file or key and the remedy.
pub fn client_with(network: &Network, limits: Limits) -> anyhow::Result<Client> {
    // It fails only when a provider was installed before, which is just as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = Client::builder()
        .user_agent(USER_AGENT)
        .redirect(redirect::Policy::none())
        .connect_timeout(limits.connect)
        .timeout(limits.whole)
        // A connection that is kept longer may be dead without a sign after a change of network.
        .pool_idle_timeout(Duration::from_secs(30))
        .no_proxy();
    if let Some(url) = &network.proxy {
        builder = builder.proxy(proxy(url)?);
    }
    for path in &network.trusted_certificates {
        for certificate in certificates(path)? {
            builder = builder.add_root_certificate(certificate);
        }
    }
    builder.build().context(
        "cannot set up HTTPS: without a trusted root certificate nothing can be reached; install \
         the package ca-certificates or set network.trusted_certificates",
    )
}

/// Whether `url` is answered with something to show; nothing of the body is read.
///
/// A server that takes longer than a probe may last counts as away.
pub async fn reach(client: &Client, url: Url) -> Reach {
    let request = client.get(url).timeout(PROBE_LIMIT);
    match request.send().await {
        Ok(answer) if answer.status().as_u16() < 400 => Reach::There,
        Ok(_) => Reach::Away,
        Err(error) => {
            tracing::debug!(%error, "a probe failed");
            Reach::Away
        }
    }
}

fn proxy(url: &Url) -> anyhow::Result<Proxy> {
    let host = url.host_str().unwrap_or_default();
    let remedy = format!("network.proxy ({host}) is unusable; write it as http://HOST:PORT");
    // Any other kind would be passed by silently.
    if !matches!(url.scheme(), "http" | "https") {
        bail!(remedy);
    }
    let proxy = Proxy::all(url.as_str()).context(remedy)?;
    Ok(proxy.no_proxy(NoProxy::from_string(PAST_THE_PROXY)))
}

fn certificates(path: &Path) -> anyhow::Result<Vec<Certificate>> {
    let name = path.display();
    let remedy = "network.trusted_certificates wants readable PEM files";
    let pem = fs::read(path).with_context(|| format!("cannot read {name}; {remedy}"))?;
    let mut certificates = Vec::new();
    for der in CertificateDer::pem_slice_iter(&pem) {
        let der = der.with_context(|| format!("{name} is damaged; {remedy}"))?;
        RootCertStore::empty()
            .add(der.clone())
            .with_context(|| format!("{name} holds an unusable certificate; {remedy}"))?;
        certificates.push(Certificate::from_der(&der)?);
    }
    if certificates.is_empty() {
        bail!("{name} holds no certificate (-----BEGIN CERTIFICATE-----); {remedy}");
    }
    Ok(certificates)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_certificate_file_is_named_with_the_remedy() {
        let error = client_with_certificate(Path::new("/nowhere/company.pem"));
        assert!(
            error.contains("cannot read /nowhere/company.pem"),
            "{error}"
        );
        assert!(error.contains("network.trusted_certificates"), "{error}");
    }

    #[test]
    fn a_file_without_a_certificate_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "no certificate at all").unwrap();
        let error = client_with_certificate(file.path());
        assert!(error.contains("holds no certificate"), "{error}");
    }

    #[test]
    fn a_damaged_certificate_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        fs::write(file.path(), pem).unwrap();
        let error = client_with_certificate(file.path());
        assert!(error.contains("unusable certificate"), "{error}");
    }

    #[test]
    fn a_proxy_of_another_kind_is_refused_without_quoting_its_password() {
        let url = Url::parse("socks5://user:hunter2@proxy.example").unwrap();
        let network = Network {
            proxy: Some(url),
            trusted_certificates: Vec::new(),
        };
        let error = client(&network).unwrap_err();
        let text = format!("{error:#} {error:?}");
        assert!(text.contains("network.proxy (proxy.example)"), "{text}");
        assert!(!text.contains("hunter2"), "{text}");
    }

    fn client_with_certificate(path: &Path) -> String {
        let network = Network {
            proxy: None,
            trusted_certificates: vec![path.to_owned()],
        };
        format!("{:#}", client(&network).unwrap_err())
    }
}
