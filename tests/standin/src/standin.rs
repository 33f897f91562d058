//! The stand-in as its users hold it.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context;
use rustls::pki_types::{CertificateDer, pem::PemObject};

use crate::{
    asked::Asked, certificate, cloud::Cloud, counters::Counters, faults::Faults, server::Server,
    tokens::random_text,
};

const CLIENT_CERTIFICATE: &str = include_str!("../fixtures/client-certificate.pem");
const CLIENT_KEY: &str = include_str!("../fixtures/client-key.pem");

/// How to start.
#[derive(Debug, Clone)]
pub struct Options {
    /// An existing folder for the certificate and the secrets.
    pub dir: PathBuf,
    /// The faults from the start on.
    pub faults: Faults,
    pub entrance: Entrance,
}

/// How the hosts are reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Entrance {
    /// Through the CONNECT proxy; anybody may start such a stand-in.
    #[default]
    Proxy,
    /// On port 443 of loopback, by whom the hosts' names lead there.
    Direct,
}

impl Options {
    #[must_use]
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            faults: Faults::default(),
            entrance: Entrance::default(),
        }
    }
}

/// A running stand-in; it ends when this is dropped.
#[derive(Debug)]
pub struct Standin {
    dir: PathBuf,
    certificate: PathBuf,
    cloud: Arc<Cloud>,
    server: Server,
    pub(crate) entrance: Entrance,
}

impl Standin {
    /// Starts on free loopback ports, on a thread of its own, and writes certificate and secrets
    /// into the folder.
    ///
    /// # Errors
    ///
    /// When the folder cannot be written or no port can be opened.
    pub fn start(options: Options) -> anyhow::Result<Self> {
        let dir = fs::canonicalize(&options.dir)
            .with_context(|| format!("no folder {}", options.dir.display()))?;
        let identity = certificate::server_identity()?;
        let certificate = dir.join("standin-certificate.pem");
        fs::write(&certificate, &identity.pem)
            .with_context(|| format!("cannot write {}", certificate.display()))?;
        let cloud = Arc::new(Cloud::new(
            options.faults,
            format!("standin~secret.{}", random_text()),
            CertificateDer::from_pem_slice(CLIENT_CERTIFICATE.as_bytes())?,
            format!("standin-bearer-{}", random_text()),
        ));
        let server = Server::start(&identity, Arc::clone(&cloud), options.entrance)?;
        let standin = Self {
            dir,
            certificate,
            cloud,
            server,
            entrance: options.entrance,
        };
        standin.write_secrets()?;
        Ok(standin)
    }

    /// The CONNECT proxy, `http://127.0.0.1:port`.
    #[must_use]
    pub fn proxy_url(&self) -> String {
        format!("http://{}", self.server.proxy)
    }

    /// The admin endpoint, `http://127.0.0.1:port`.
    #[must_use]
    pub fn admin_url(&self) -> String {
        format!("http://{}", self.server.admin)
    }

    /// The certificate of all hosts, in PEM.
    #[must_use]
    pub fn certificate_path(&self) -> &Path {
        &self.certificate
    }

    #[must_use]
    pub fn client_secret(&self) -> &str {
        &self.cloud.client_secret
    }

    /// The bearer secret of the token service.
    #[must_use]
    pub fn bearer(&self) -> &str {
        &self.cloud.bearer
    }

    /// A file with the client secret, mode 0600.
    #[must_use]
    pub fn client_secret_path(&self) -> PathBuf {
        self.dir.join("client-secret")
    }

    /// A file with the token service's bearer secret, mode 0600.
    #[must_use]
    pub fn bearer_path(&self) -> PathBuf {
        self.dir.join("bearer")
    }

    /// The certificate that the application is registered with, in PEM.
    #[must_use]
    pub fn client_certificate_path(&self) -> PathBuf {
        self.dir.join("client-certificate.pem")
    }

    /// Its RSA key in PKCS#8 PEM, mode 0600.
    #[must_use]
    pub fn client_key_path(&self) -> PathBuf {
        self.dir.join("client-key.pem")
    }

    /// Writes `settings.toml` into the folder, replacing it atomically.
    ///
    /// # Errors
    ///
    /// When the folder cannot be written.
    pub fn write_settings(&self, text: &str) -> anyhow::Result<PathBuf> {
        let (path, new) = (
            self.dir.join("settings.toml"),
            self.dir.join(".settings.new"),
        );
        fs::write(&new, text)?;
        fs::rename(&new, &path)?;
        Ok(path)
    }

    /// Changes the faults from now on.
    pub fn set_faults(&self, change: impl FnOnce(&mut Faults)) {
        let mut faults = self.cloud.faults();
        change(&mut faults);
        self.cloud.set_faults(faults);
    }

    #[must_use]
    pub fn counters(&self) -> Counters {
        self.cloud.counters()
    }

    /// What the daemon asked for since the start or the last reset, the oldest first.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        self.cloud.asked()
    }

    pub fn reset_counters(&self) {
        self.cloud.reset_counters();
    }

    /// Kills every token at the service, whatever its `expiration` says.
    pub fn expire_all_tokens(&self) {
        self.cloud.expire_all_tokens();
    }

    fn write_secrets(&self) -> anyhow::Result<()> {
        fs::write(self.client_certificate_path(), CLIENT_CERTIFICATE)?;
        write_secret(&self.client_key_path(), CLIENT_KEY)?;
        write_secret(&self.client_secret_path(), self.client_secret())?;
        write_secret(&self.bearer_path(), self.bearer())
    }
}

fn write_secret(path: &Path, secret: &str) -> anyhow::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("cannot write {}", path.display()))?;
    // The mode above counts only for a file that is new.
    file.set_permissions(fs::Permissions::from_mode(0o600))?;
    file.write_all(secret.as_bytes())?;
    Ok(())
}
