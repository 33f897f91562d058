//! What is logged on this thread, for tests of the log's promises.

use std::{fs, sync::Arc};

use tempfile::NamedTempFile;
use tracing::subscriber::{DefaultGuard, set_default};

/// Hears everything from debug up, until it is dropped.
pub(crate) struct Lines {
    file: NamedTempFile,
    _listening: DefaultGuard,
}

impl Lines {
    pub(crate) fn listen() -> Self {
        let file = NamedTempFile::new().unwrap();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::DEBUG)
            .with_writer(Arc::new(file.reopen().unwrap()))
            .with_ansi(false)
            .without_time()
            .finish();
        Self {
            file,
            _listening: set_default(subscriber),
        }
    }

    /// The lines of one level, such as `WARN`.
    pub(crate) fn of(&self, level: &str) -> Vec<String> {
        let text = fs::read_to_string(self.file.path()).unwrap();
        text.lines()
            .filter_map(|line| line.trim_start().strip_prefix(level))
            .map(|line| line.trim_start().to_owned())
            .collect()
    }
}
