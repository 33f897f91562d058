//! Logs to the journal with fields, or to stderr, and keeps the newest lines at hand.

use std::io::IsTerminal as _;

use tracing_subscriber::{
    EnvFilter, Layer as _, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

mod earlier;
mod journal;
mod keep;

pub use earlier::add_earlier_lines;
pub use keep::keeping;

use crate::recent::Recent;

/// Starts logging: to the journal when systemd connected stderr to it, otherwise to stderr.
///
/// `filter` is in the form of `EVERLIT_LOG`, such as `info` or `everlit=debug`.
#[must_use]
pub fn start(filter: Option<&str>) -> Recent {
    let recent = Recent::new();
    let kept = tracing_subscriber::registry().with(keeping(recent.clone(), filter));
    let filter = EnvFilter::new(filter.unwrap_or("info"));
    if is_connected_to_journal()
        && let Ok(journal) = journal::Journal::open()
    {
        kept.with(journal.with_filter(filter)).init();
        return recent;
    }
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false);
    kept.with(lines.with_filter(filter)).init();
    recent
}

fn is_connected_to_journal() -> bool {
    std::env::var_os("JOURNAL_STREAM").is_some()
}
