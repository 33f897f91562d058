//! What is logged on this thread, for tests of the log's promises.

use std::{cell::RefCell, io, str, sync::Once};

use tracing::{Level, subscriber::set_global_default};

thread_local! {
    /// What was logged here since somebody began to listen.
    static HEARD: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

/// Hears everything from debug up on this thread, until it is dropped.
pub(crate) struct Lines(());

impl Lines {
    /// One subscriber serves all threads: tracing keeps for the whole process whether anyone wants an
    /// event, and where subscribers belong to threads, a thread without one may answer for the others.
    pub(crate) fn listen() -> Self {
        static SUBSCRIBER: Once = Once::new();
        SUBSCRIBER.call_once(|| {
            let subscriber = tracing_subscriber::fmt()
                .with_max_level(Level::DEBUG)
                .with_writer(|| Ear)
                .with_ansi(false)
                .without_time()
                .finish();
            set_global_default(subscriber).unwrap();
        });
        HEARD.set(Some(Vec::new()));
        Self(())
    }

    /// The lines of one level, such as `WARN`.
    pub(crate) fn of(&self, level: &str) -> Vec<String> {
        HEARD.with_borrow(|heard| {
            let text = str::from_utf8(heard.as_deref().unwrap()).unwrap();
            text.lines()
                .filter_map(|line| line.trim_start().strip_prefix(level))
                .map(|line| line.trim_start().to_owned())
                .collect()
        })
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        HEARD.set(None);
    }
}

/// Takes the lines of whichever thread logs.
struct Ear;

impl io::Write for Ear {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        HEARD.with_borrow_mut(|heard| {
            if let Some(heard) = heard {
                heard.extend_from_slice(bytes);
            }
        });
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
