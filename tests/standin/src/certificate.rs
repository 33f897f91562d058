//! The self-signed certificate that all of the stand-in's hosts show, and one that nobody trusts.

use std::sync::Arc;

use anyhow::Context;
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use rustls::{
    ServerConfig,
    crypto::{CryptoProvider, ring},
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    server::{ClientHello, NoServerSessionStorage, ResolvesServerCert},
    sign::CertifiedKey,
};

use crate::{cloud::Cloud, links::Way, names::HOSTS};

pub(crate) struct ServerIdentity {
    pub(crate) pem: String,
    key: Arc<CertifiedKey>,
    untrusted: Arc<CertifiedKey>,
}

/// Makes fresh certificates. They are no CAs: rustls refuses a CA certificate as a server's own.
pub(crate) fn server_identity() -> anyhow::Result<ServerIdentity> {
    let (pem, key) = certificate("everlit stand-in")?;
    let (_, untrusted) = certificate("somebody else")?;
    Ok(ServerIdentity {
        pem,
        key,
        untrusted,
    })
}

/// How to shake hands. Nothing is resumed, since a resumed session would show no certificate.
pub(crate) fn server_config(
    identity: &ServerIdentity,
    cloud: Arc<Cloud>,
) -> anyhow::Result<Arc<ServerConfig>> {
    let shown = Shown {
        key: Arc::clone(&identity.key),
        untrusted: Arc::clone(&identity.untrusted),
        cloud,
    };
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(shown));
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(Arc::new(config))
}

/// Shows the certificate that the host has at the moment.
#[derive(Debug)]
struct Shown {
    key: Arc<CertifiedKey>,
    untrusted: Arc<CertifiedKey>,
    cloud: Arc<Cloud>,
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let host = hello.server_name().unwrap_or_default();
        let way = self.cloud.links().borrow().way(host);
        Some(match way {
            Way::Untrusted => {
                // The request itself will not come any more.
                self.cloud.was_asked(host);
                Arc::clone(&self.untrusted)
            }
            Way::Open | Way::Refused | Way::Down => Arc::clone(&self.key),
        })
    }
}

fn certificate(name: &str) -> anyhow::Result<(String, Arc<CertifiedKey>)> {
    let key = KeyPair::generate().context("cannot make a key")?;
    let mut params = CertificateParams::new(HOSTS.map(str::to_owned).to_vec())?;
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::ExplicitNoCa;
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let certificate = params.self_signed(&key)?;
    let certified = CertifiedKey::from_der(
        vec![certificate.der().clone()],
        PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
        &provider(),
    )?;
    Ok((certificate.pem(), Arc::new(certified)))
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}
