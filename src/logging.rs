//! Logs to the journal with fields, or to stderr.

use std::io::IsTerminal as _;

use tracing_subscriber::{
    EnvFilter, Layer as _, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

/// Starts logging: to the journal when systemd connected stderr to it, otherwise to stderr.
///
/// `filter` is in the form of `EVERLIT_LOG`, such as `info` or `everlit=debug`.
pub fn start(filter: Option<&str>) {
    let filter = || EnvFilter::new(filter.unwrap_or("info"));
    if std::env::var_os("JOURNAL_STREAM").is_some()
        && let Ok(journal) = tracing_journald::layer()
    {
        let journal = journal.with_syslog_identifier("everlit".to_owned());
        tracing_subscriber::registry()
            .with(journal.with_filter(filter()))
            .init();
        return;
    }
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false);
    tracing_subscriber::registry()
        .with(lines.with_filter(filter()))
        .init();
}
