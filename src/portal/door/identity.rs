//! The portal's certificate: the operator's own, or one that is made at the first start.

use std::{
    fs::{self, DirBuilder, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, Result, bail};
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, date_time_ymd};
use ring::digest::{SHA256, digest};
use rustls::{
    ServerConfig,
    crypto::ring::default_provider,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};
use secrecy::ExposeSecret as _;

use crate::{
    secret::{Secrets, Unusable},
    settings::PortalIdentity,
    store,
};

/// How the portal proves who it is.
#[derive(Debug, Clone)]
pub(super) struct Identity {
    pub(super) config: Arc<ServerConfig>,
    /// SHA-256 of the certificate, as browsers show it: `AB:CD:…`.
    pub(super) fingerprint: String,
}

/// The operator's certificate. Reads files.
pub(super) fn own(identity: &PortalIdentity, secrets: &Secrets) -> Result<Identity> {
    let path = identity.certificate.display();
    let remedy = "portal.certificate and portal.key want a PEM certificate and its PEM key";
    let pem =
        fs::read(&identity.certificate).with_context(|| format!("cannot read {path}; {remedy}"))?;
    let key = secrets
        .pem(&identity.key)
        .map_err(|Unusable { reason, remedy }| anyhow::anyhow!("{reason}; {remedy}"))?;
    from_pem(&pem, key.expose_secret().as_bytes())
        .with_context(|| format!("{path} and its key cannot be used; {remedy}"))
}

/// The certificate that was made at the first start, or a new one. Reads and writes files.
///
/// A state directory that cannot be written to gets a new one at each start.
pub(super) fn self_signed(state_dir: &Path, names: Vec<String>) -> Result<Identity> {
    let (certificate, key) = places(state_dir);
    if let (Ok(certificate), Ok(key)) = (fs::read(&certificate), fs::read(&key))
        && let Ok(identity) = from_pem(&certificate, &key)
    {
        return Ok(identity);
    }
    let made = make(names)?;
    if let Err(error) = keep(state_dir, &made) {
        tracing::warn!(
            %error, remedy = "let the daemon's user write into the state directory",
            "the portal's certificate cannot be kept: browsers will see another one after a restart"
        );
    }
    from_pem(made.certificate.as_bytes(), made.key.as_bytes())
}

struct Made {
    certificate: String,
    key: String,
}

/// The dates say nothing: nobody vouches for this certificate, and the device's clock may be wrong
/// by years when it is made.
fn make(names: Vec<String>) -> Result<Made> {
    let key = KeyPair::generate().context("cannot make a key for the portal")?;
    let mut params = CertificateParams::new(names)?;
    params
        .distinguished_name
        .push(DnType::CommonName, "everlit portal");
    params.is_ca = IsCa::ExplicitNoCa;
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2049, 12, 31);
    let certificate = params
        .self_signed(&key)
        .context("cannot sign the certificate")?;
    Ok(Made {
        certificate: certificate.pem(),
        key: key.serialize_pem(),
    })
}

fn keep(state_dir: &Path, made: &Made) -> io::Result<()> {
    let mut private = DirBuilder::new();
    private.recursive(true).mode(0o700).create(state_dir)?;
    let (certificate, key) = places(state_dir);
    let mut private = OpenOptions::new();
    let private = private.create(true).truncate(true).write(true).mode(0o600);
    private.open(key)?.write_all(made.key.as_bytes())?;
    store::write_atomic(&certificate, made.certificate.as_bytes())
}

fn places(state_dir: &Path) -> (PathBuf, PathBuf) {
    (state_dir.join("portal.crt"), state_dir.join("portal.key"))
}

fn from_pem(certificate: &[u8], key: &[u8]) -> Result<Identity> {
    let chain: Vec<_> = CertificateDer::pem_slice_iter(certificate).collect::<Result<_, _>>()?;
    let Some(first) = chain.first() else {
        bail!("there is no certificate in it");
    };
    let fingerprint = fingerprint(first);
    let key = PrivateKeyDer::from_pem_slice(key).context("there is no private key in it")?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Identity {
        config: Arc::new(config),
        fingerprint,
    })
}

fn fingerprint(certificate: &[u8]) -> String {
    let hash = digest(&SHA256, certificate);
    let bytes = hash.as_ref().iter().map(|byte| format!("{byte:02X}"));
    bytes.collect::<Vec<_>>().join(":")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::settings::SecretRef;

    fn names() -> Vec<String> {
        vec!["wall7".to_owned(), "localhost".to_owned()]
    }

    #[test]
    fn a_certificate_is_made_once_and_its_key_is_private() {
        let dir = tempfile::tempdir().unwrap();
        let state = dir.path().join("state");
        let first = self_signed(&state, names()).unwrap();
        assert_eq!(first.fingerprint.len(), 32 * 3 - 1);
        let second = self_signed(&state, names()).unwrap();
        assert_eq!(first.fingerprint, second.fingerprint);
        let mode = fs::metadata(state.join("portal.key"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_damaged_certificate_is_made_anew() {
        let dir = tempfile::tempdir().unwrap();
        let first = self_signed(dir.path(), names()).unwrap();
        fs::write(dir.path().join("portal.key"), "cut off").unwrap();
        let second = self_signed(dir.path(), names()).unwrap();
        assert_ne!(first.fingerprint, second.fingerprint);
    }

    #[test]
    fn ones_own_certificate_is_used_and_its_faults_are_named() {
        let dir = tempfile::tempdir().unwrap();
        let made = self_signed(dir.path(), names()).unwrap();
        let (certificate, key) = places(dir.path());
        let identity = |key: &Path| PortalIdentity {
            certificate: certificate.clone(),
            key: SecretRef::File(key.to_owned()),
        };
        let secrets = Secrets::new(None);
        let used = own(&identity(&key), &secrets).unwrap();
        assert_eq!(used.fingerprint, made.fingerprint);
        let error = own(&identity(&dir.path().join("no.key")), &secrets).unwrap_err();
        assert!(
            format!("{error:#}").contains("no.key cannot be read"),
            "{error:#}"
        );
        fs::write(&certificate, "no certificate").unwrap();
        let error = own(&identity(&key), &secrets).unwrap_err();
        assert!(
            format!("{error:#}").contains("portal.certificate"),
            "{error:#}"
        );
    }
}
