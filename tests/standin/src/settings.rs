//! Settings files for a daemon that is to work against the stand-in.

use crate::{
    names::{CLIENT_ID, REPORT_ID, TENANT_ID, TOKEN_SERVICE_HOST, WORKSPACE_ID},
    standin::{Entrance, Standin},
};

/// How the daemon gets its tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credential {
    Secret,
    Certificate,
    TokenService,
}

/// What the daemon shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// The first report.
    Report,
    /// A page such as `https://portal.standin.example/board`.
    Page(String),
    /// `[[playlist]]` tables as they are written in the file.
    Tables(String),
}

impl Standin {
    /// The text of a settings file; `extra` is more TOML, such as a `[token]` table.
    #[must_use]
    pub fn settings_toml(&self, content: &Content, credential: Credential, extra: &str) -> String {
        // Several walls of one machine must not want the same port.
        let portal = if extra.contains("[portal]") {
            ""
        } else {
            "[portal]\nlisten = \"127.0.0.1:0\"\n"
        };
        let proxy = match self.entrance {
            Entrance::Proxy => format!("proxy = \"{}\"\n", self.proxy_url()),
            Entrance::Direct => String::new(),
        };
        format!(
            "{}\n{}\n[network]\n{proxy}trusted_certificates = [{}]\n\n{portal}\n{extra}\n",
            self.credential_toml(credential),
            content_toml(content),
            quoted(self.certificate_path()),
        )
    }

    fn credential_toml(&self, credential: Credential) -> String {
        match credential {
            Credential::Secret => format!(
                "[powerbi]\ntenant_id = \"{TENANT_ID}\"\nclient_id = \"{CLIENT_ID}\"\nclient_secret = {}\n",
                quoted(&self.client_secret_path()),
            ),
            Credential::Certificate => format!(
                "[powerbi]\ntenant_id = \"{TENANT_ID}\"\nclient_id = \"{CLIENT_ID}\"\nclient_certificate = {}\nclient_key = {}\n",
                quoted(&self.client_certificate_path()),
                quoted(&self.client_key_path()),
            ),
            Credential::TokenService => format!(
                "[token_service]\nurl = \"https://{TOKEN_SERVICE_HOST}/token\"\nbearer = {}\n",
                quoted(&self.bearer_path()),
            ),
        }
    }
}

fn content_toml(content: &Content) -> String {
    match content {
        Content::Report => format!(
            "[[playlist]]\nreport_id = \"{REPORT_ID}\"\nworkspace_id = \"{WORKSPACE_ID}\"\n"
        ),
        Content::Page(url) => format!("[[playlist]]\nurl = \"{url}\"\n"),
        Content::Tables(tables) => tables.clone(),
    }
}

/// A path as a TOML string.
fn quoted(path: &std::path::Path) -> String {
    format!("{:?}", path.display().to_string())
}
