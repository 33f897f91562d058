//! Gets embed tokens from their source.

use std::path::PathBuf;

use crate::{
    player::{EmbedToken, TokenFailure},
    settings::{Report, Settings},
};

/// Placeholder.
#[derive(Debug, Clone)]
pub struct Fetcher;
impl Fetcher {
    #[must_use]
    pub fn new(_client: reqwest::Client, _credentials: Option<PathBuf>) -> Self {
        Self
    }
    #[expect(clippy::unused_async, clippy::missing_errors_doc)]
    pub async fn fetch(
        &self,
        _report: &Report,
        _settings: &Settings,
    ) -> Result<EmbedToken, TokenFailure> {
        Err(TokenFailure::Throttled { retry_after: None })
    }
}
