//! Keeps each line of the log as it would read on stderr.

use tracing::{Event, Subscriber};
use tracing_subscriber::{
    EnvFilter, Layer,
    field::RecordFields,
    filter::{FilterExt as _, LevelFilter},
    fmt::{
        FormatFields as _,
        format::{DefaultFields, Writer},
    },
    layer::Context,
    registry::LookupSpan,
};

use crate::{
    clock,
    recent::{Level, LogLine, Recent},
};

/// Keeps what is logged in `recent`: all from info up, and debug where the filter asks for it.
pub fn keeping<S>(recent: Recent, filter: Option<&str>) -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let asked = EnvFilter::new(filter.unwrap_or("info")).and(LevelFilter::DEBUG);
    Keeping { recent }.with_filter(asked.or(LevelFilter::INFO))
}

struct Keeping {
    recent: Recent,
}

impl<S: Subscriber> Layer<S> for Keeping {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let about = event.metadata();
        let level = match *about.level() {
            tracing::Level::ERROR => Level::Error,
            tracing::Level::WARN => Level::Warn,
            tracing::Level::INFO => Level::Info,
            tracing::Level::DEBUG | tracing::Level::TRACE => Level::Debug,
        };
        self.recent.add(LogLine {
            at: clock::wall(),
            level,
            target: Some(about.target().to_owned()),
            text: text(event),
        });
    }
}

/// A line as it reads on stderr, without its time and level.
pub(super) fn text(fields: impl RecordFields) -> String {
    let mut text = String::new();
    // A `String` takes everything; only a field's own `Debug` can fail, and that ends the text.
    let _ = DefaultFields::new().format_fields(Writer::new(&mut text), fields);
    text
}

#[cfg(test)]
mod tests {
    use tracing::{debug, error, info, subscriber::with_default, trace, warn};
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    fn logged(filter: Option<&str>, work: impl FnOnce()) -> Vec<LogLine> {
        let recent = Recent::new();
        let kept = keeping(recent.clone(), filter);
        with_default(tracing_subscriber::registry().with(kept), work);
        recent.newest(Level::Debug, usize::MAX)
    }

    fn all_levels() {
        error!("e");
        warn!("w");
        info!("i");
        debug!("d");
        trace!("t");
    }

    fn texts(lines: &[LogLine]) -> Vec<&str> {
        lines.iter().map(|line| line.text.as_str()).collect()
    }

    #[test]
    fn a_line_reads_as_on_stderr() {
        let lines = logged(None, || {
            info!(took_s = 1.5, cause = "no route", "recovered");
        });
        assert_eq!(texts(&lines), ["recovered took_s=1.5 cause=\"no route\""]);
        assert_eq!(lines[0].level, Level::Info);
        assert_eq!(lines[0].target.as_deref(), Some(module_path!()));
    }

    #[test]
    fn info_is_kept_whatever_the_filter_says_and_debug_when_it_says_so() {
        assert_eq!(texts(&logged(None, all_levels)), ["e", "w", "i"]);
        assert_eq!(texts(&logged(Some("error"), all_levels)), ["e", "w", "i"]);
        assert_eq!(
            texts(&logged(Some("other=debug"), all_levels)),
            ["e", "w", "i"]
        );
        let debug = ["e", "w", "i", "d"];
        assert_eq!(texts(&logged(Some("everlit=debug"), all_levels)), debug);
        assert_eq!(texts(&logged(Some("trace"), all_levels)), debug);
    }
}
