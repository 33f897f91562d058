//! What the daemon asked for, with times; the page's own polling is left out.

use serde::{Deserialize, Serialize};

use crate::names::{API_HOST, ENTRA_HOST, REPORT_HOST, TOKEN_SERVICE_HOST};

/// A request of the daemon's, a report page that it ordered, or a connection for one that the proxy
/// did not make.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    pub host: String,
    /// Milliseconds since the start.
    pub at_ms: f64,
}

/// The page asks its data host again and again, and that is its own business.
pub(crate) fn is_asked_by_the_daemon(host: &str) -> bool {
    [ENTRA_HOST, API_HOST, TOKEN_SERVICE_HOST, REPORT_HOST].contains(&host)
}
