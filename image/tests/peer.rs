//! What the other browser's device is told: the page to open, and how it reaches the stand-in.

use everlit_standin::Standin;

use crate::{
    credentials::Credentials,
    provisioning::{self, HERE},
};

/// Longer than any comparison takes.
const TOKEN_LIFE_S: f64 = 12.0 * 3600.0;

/// The token of the page that it opens is never replaced.
pub(crate) fn credentials(cloud: &Standin, credentials: Credentials) -> Credentials {
    cloud.set_faults(|faults| faults.token_life_s = TOKEN_LIFE_S);
    let page = format!("{}/embedded", provisioning::here(&cloud.admin_url()));
    credentials
        .with("everlit.peer-url", &page)
        .with("everlit.peer-flags", &flags(cloud))
}

/// How Chromium reaches the stand-in, in one line. The page itself is not asked for by the proxy,
/// which knows only the stand-in's hosts.
fn flags(cloud: &Standin) -> String {
    let proxy = provisioning::here(&cloud.proxy_url());
    format!("--proxy-server={proxy} --proxy-bypass-list={HERE} --ignore-certificate-errors")
}
