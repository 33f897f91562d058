//! WebKit's context: memory limits, cookies, proxy, trusted certificates; nothing on the disk.

use std::{collections::HashSet, path::Path};

use gio::prelude::*;
use glib::TimeSpan;
use tracing::{debug, warn};
use url::Url;
use webkit2gtk::{
    CookieAcceptPolicy, CookieManagerExt, MemoryPressureSettings, NetworkProxyMode,
    NetworkProxySettings, WebContext, WebContextExt, WebsiteDataManager, WebsiteDataManagerExt,
    WebsiteDataManagerExtManual, WebsiteDataTypes,
};

use crate::settings::Network;

/// The web process is ended at this multiple of its limit; until then it is only asked to save.
const END_AT: f64 = 1.5;
/// It reads all of its page tables each time, which takes tens of milliseconds; what grows faster is
/// seen at the next heartbeat.
const MEMORY_POLL_SECONDS: f64 = 30.0;
const DIRECT_HOSTS: [&str; 3] = ["localhost", "127.0.0.0/8", "::1"];

/// Host names and the certificates (PEM) that the view trusts for them.
pub(super) type Trusted = HashSet<(String, String)>;

pub(super) fn create(memory_limit_mb: u32) -> WebContext {
    let mut memory = MemoryPressureSettings::new();
    memory.set_memory_limit(memory_limit_mb);
    memory.set_kill_threshold(END_AT);
    memory.set_poll_interval(MEMORY_POLL_SECONDS);
    let context = WebContext::builder()
        .website_data_manager(&WebsiteDataManager::new_ephemeral())
        .memory_pressure_settings(&memory)
        .build();
    // A report's frame is a third party to the host page.
    if let Some(cookies) = context.cookie_manager() {
        cookies.set_accept_policy(CookieAcceptPolicy::Always);
    }
    context
}

/// Whether a web process with so much memory of its own is to be ended.
pub(super) fn is_beyond(limit_mb: u32, own_mb: u64) -> bool {
    own_mb as f64 > f64::from(limit_mb) * END_AT
}

/// Makes the context use this proxy and trust these certificates from now on.
///
/// What did not change is left alone: setting a proxy or a trust again cuts connections, and a load
/// that is under way then can stay without an answer for ever.
pub(super) fn change_network(
    context: &WebContext,
    trusted: &mut Trusted,
    earlier: &Network,
    network: &Network,
) {
    if earlier.proxy != network.proxy {
        apply_proxy(context, network.proxy.as_ref());
    }
    trust_all(context, trusted, network);
}

/// Trusts what is listed and not trusted yet.
pub(super) fn trust_all(context: &WebContext, trusted: &mut Trusted, network: &Network) {
    for path in &network.trusted_certificates {
        trust(context, trusted, path);
    }
}

fn apply_proxy(context: &WebContext, proxy: Option<&Url>) {
    let Some(data) = context.website_data_manager() else {
        return;
    };
    match proxy {
        Some(proxy) => {
            let mut settings = NetworkProxySettings::new(Some(proxy.as_str()), &DIRECT_HOSTS);
            data.set_network_proxy_settings(NetworkProxyMode::Custom, Some(&mut settings));
        }
        None => data.set_network_proxy_settings(NetworkProxyMode::Default, None),
    }
}

/// WebKit knows no extra authorities, only exact server certificates for exact host names.
fn trust(context: &WebContext, trusted: &mut Trusted, path: &Path) {
    let certificates = match gio::TlsCertificate::list_new_from_file(path) {
        Ok(certificates) => certificates,
        Err(error) => {
            warn!(path = %path.display(), %error, "cannot read a trusted certificate");
            return;
        }
    };
    for certificate in certificates {
        let pem = certificate.certificate_pem().unwrap_or_default();
        for host in host_names(&certificate) {
            if host.starts_with("*.") {
                warn!(
                    host,
                    "the view cannot trust a wildcard certificate; put its issuer into the system store"
                );
                continue;
            }
            if !trusted.insert((host.clone(), pem.to_string())) {
                continue;
            }
            debug!(host, path = %path.display(), "the view trusts a certificate");
            context.allow_tls_certificate_for_host(&certificate, &host);
        }
    }
}

fn host_names(certificate: &gio::TlsCertificate) -> Vec<String> {
    let names = certificate.dns_names().into_iter();
    let addresses = certificate.ip_addresses().into_iter();
    names
        .map(|name| {
            String::from_utf8_lossy(&name)
                .trim_end_matches('\0')
                .to_owned()
        })
        .chain(addresses.map(|address| address.to_str().to_string()))
        .collect()
}

/// Deletes cookies, caches and storage of everything shown so far.
pub(super) fn forget_content(context: &WebContext) {
    let Some(data) = context.website_data_manager() else {
        return;
    };
    data.clear(
        WebsiteDataTypes::ALL,
        TimeSpan(0),
        gio::Cancellable::NONE,
        |result| {
            if let Err(error) = result {
                warn!(%error, "cannot delete the content's cookies and caches");
            }
        },
    );
    context.clear_cache();
}
