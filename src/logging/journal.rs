//! Sends each line to the journal: the whole of it as its message, and each field by itself.

use std::{fmt::Debug, io, os::unix::net::UnixDatagram, path::Path};

use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{Layer, layer::Context};

use super::keep::text;

/// Where journald listens, for its native protocol.
const SOCKET: &str = "/run/systemd/journal/socket";

/// `journalctl` shows nothing but the message, so it holds the fields, too: the remedy is one.
pub(super) struct Journal {
    socket: UnixDatagram,
}

impl Journal {
    pub(super) fn open() -> io::Result<Self> {
        Self::at(Path::new(SOCKET))
    }

    fn at(path: &Path) -> io::Result<Self> {
        let socket = UnixDatagram::unbound()?;
        socket.connect(path)?;
        // A journal that is stuck must not hold up the wall.
        socket.set_nonblocking(true)?;
        Ok(Self { socket })
    }
}

impl<S: Subscriber> Layer<S> for Journal {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let about = event.metadata();
        let mut entry = Entry::default();
        entry.put("PRIORITY", priority(about.level()));
        entry.put("SYSLOG_IDENTIFIER", "everlit");
        entry.put("TARGET", about.target());
        if let (Some(file), Some(line)) = (about.file(), about.line()) {
            entry.put("CODE_FILE", file);
            entry.put("CODE_LINE", &line.to_string());
        }
        entry.put("MESSAGE", &text(event));
        event.record(&mut entry);
        // There is nobody to tell; the line is kept in memory all the same.
        let _ = self.socket.send(&entry.bytes);
    }
}

/// As syslog numbers them.
fn priority(level: &Level) -> &'static str {
    match *level {
        Level::ERROR => "3",
        Level::WARN => "4",
        Level::INFO => "5",
        Level::DEBUG => "6",
        Level::TRACE => "7",
    }
}

/// One entry as it goes to journald: each field's name, the length of its value, the value.
#[derive(Default)]
struct Entry {
    bytes: Vec<u8>,
}

impl Entry {
    fn put(&mut self, name: &str, value: &str) {
        let length = value.len() as u64;
        self.bytes.extend(name.as_bytes());
        self.bytes.push(b'\n');
        self.bytes.extend(length.to_le_bytes());
        self.bytes.extend(value.as_bytes());
        self.bytes.push(b'\n');
    }

    fn put_field(&mut self, field: &Field, value: &str) {
        if field.name() != "message" {
            // Never one of the journal's own.
            self.put(&format!("F_{}", field.name().to_uppercase()), value);
        }
    }
}

impl Visit for Entry {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put_field(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.put_field(field, &format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use tracing::{info, subscriber::with_default, warn};
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    #[test]
    fn the_message_holds_the_remedy_and_the_fields_stand_by_themselves() {
        let entry = sent(|| warn!(remedy = "plug it in", took_s = 1.5, "no\nscreen"));
        for expected in [
            ("PRIORITY", "4"),
            ("SYSLOG_IDENTIFIER", "everlit"),
            ("TARGET", module_path!()),
            ("MESSAGE", "no\nscreen remedy=\"plug it in\" took_s=1.5"),
            ("F_REMEDY", "plug it in"),
            ("F_TOOK_S", "1.5"),
        ] {
            let expected = (expected.0.to_owned(), expected.1.to_owned());
            assert!(entry.contains(&expected), "{expected:?}: {entry:?}");
        }
        assert!(!entry.iter().any(|(name, _)| name == "F_MESSAGE"));
    }

    #[test]
    fn a_journal_that_does_not_read_holds_nobody_up() {
        let dir = tempfile::TempDir::new().unwrap();
        let path = dir.path().join("journal");
        let _deaf = UnixDatagram::bind(&path).unwrap();
        let layer = Journal::at(&path).unwrap();
        with_default(tracing_subscriber::registry().with(layer), || {
            for line in 0..5000 {
                info!(line, "more than any queue holds");
            }
        });
    }

    /// The entry of one line, by field.
    fn sent(work: impl FnOnce()) -> Vec<(String, String)> {
        let dir = tempfile::TempDir::new().unwrap();
        let path = dir.path().join("journal");
        let journald = UnixDatagram::bind(&path).unwrap();
        let layer = Journal::at(&path).unwrap();
        with_default(tracing_subscriber::registry().with(layer), work);
        let mut buffer = [0; 4096];
        let length = journald.recv(&mut buffer).unwrap();
        fields(&buffer[..length])
    }

    fn fields(mut entry: &[u8]) -> Vec<(String, String)> {
        let mut fields = Vec::new();
        while let Some(end) = entry.iter().position(|byte| *byte == b'\n') {
            let (name, rest) = entry.split_at(end);
            let (length, rest) = rest[1..].split_at(8);
            let length = u64::from_le_bytes(length.try_into().unwrap());
            let (value, rest) = rest.split_at(usize::try_from(length).unwrap());
            let word = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
            fields.push((word(name), word(value)));
            entry = &rest[1..];
        }
        fields
    }
}
