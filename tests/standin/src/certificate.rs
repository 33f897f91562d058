//! The self-signed certificate that all of the stand-in's hosts show.

use std::sync::Arc;

use anyhow::Context;
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use rustls::{
    ServerConfig,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};

use crate::names::HOSTS;

pub(crate) struct ServerIdentity {
    pub(crate) pem: String,
    pub(crate) config: Arc<ServerConfig>,
}

/// Makes a fresh certificate. It is no CA: rustls refuses a CA certificate as a server's own.
pub(crate) fn server_identity() -> anyhow::Result<ServerIdentity> {
    let key = KeyPair::generate().context("cannot make a key")?;
    let mut params = CertificateParams::new(HOSTS.map(str::to_owned).to_vec())?;
    params
        .distinguished_name
        .push(DnType::CommonName, "everlit stand-in");
    params.is_ca = IsCa::ExplicitNoCa;
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let certificate = params.self_signed(&key)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
        )?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(ServerIdentity {
        pem: certificate.pem(),
        config: Arc::new(config),
    })
}
