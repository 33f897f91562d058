//! The emulator's control socket.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    os::unix::net::UnixStream,
    path::Path,
    time::Duration,
};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};

/// A dump of the screen takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Qmp {
    reader: BufReader<UnixStream>,
}

impl Qmp {
    /// The emulator has to listen already.
    pub(crate) fn connect(path: &Path) -> Result<Self> {
        let stream = UnixStream::connect(path)
            .with_context(|| format!("cannot reach the emulator by {}", path.display()))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut qmp = Self {
            reader: BufReader::new(stream),
        };
        qmp.next()?;
        qmp.order("qmp_capabilities", &json!({}))?;
        Ok(qmp)
    }

    /// What the emulator answers to an order.
    pub(crate) fn order(&mut self, name: &str, arguments: &Value) -> Result<Value> {
        let order = json!({ "execute": name, "arguments": arguments });
        writeln!(self.reader.get_mut(), "{order}")?;
        loop {
            let mut said = self.next()?;
            if let Some(error) = said.get("error") {
                bail!("the emulator refuses {order}: {error}");
            }
            // Events stand between the answers.
            if said.get("return").is_some() {
                return Ok(said["return"].take());
            }
        }
    }

    fn next(&mut self) -> Result<Value> {
        let mut line = String::new();
        self.reader
            .read_line(&mut line)
            .context("the emulator does not answer")?;
        ensure!(!line.is_empty(), "the emulator has ended");
        Ok(serde_json::from_str(&line)?)
    }
}
