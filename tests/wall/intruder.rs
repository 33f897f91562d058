//! A page on the wall that tries what it is told, and the server that it comes from.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, Sender, channel},
    },
    thread,
    time::Duration,
};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::rig::PATIENCE;

const PAGE: &str = include_str!("intruder.html");
/// The page asks again when there is nothing to try yet.
const LONG_POLL: Duration = Duration::from_secs(1);

/// What the page is to try; answers come back as words.
pub(crate) struct Intruder {
    pub(crate) port: u16,
    orders: Sender<Value>,
    outcomes: Receiver<String>,
    shared: Arc<Shared>,
}

struct Shared {
    orders: Mutex<Receiver<Value>>,
    outcomes: Mutex<Sender<String>>,
    /// The paths of everything else that was asked for.
    visits: Mutex<Vec<String>>,
}

impl Intruder {
    /// Listens on every address of this machine.
    pub(crate) fn open(has_ipv6: bool) -> Result<Self> {
        let listener = TcpListener::bind(if has_ipv6 { "[::]:0" } else { "0.0.0.0:0" })?;
        let port = listener.local_addr()?.port();
        let (orders, ordered) = channel();
        let (told, outcomes) = channel();
        let shared = Arc::new(Shared {
            orders: Mutex::new(ordered),
            outcomes: Mutex::new(told),
            visits: Mutex::default(),
        });
        let serving = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&serving);
                // A visitor that leaves early is none of our business.
                thread::spawn(move || shared.serve(stream).ok());
            }
        });
        Ok(Self {
            port,
            orders,
            outcomes,
            shared,
        })
    }

    /// Lets the page try a way to an address; answers what the page saw of it.
    pub(crate) fn attempt(&self, way: &str, url: &str) -> Result<String> {
        self.orders.send(json!({"way": way, "url": url}))?;
        let outcome = self.outcomes.recv_timeout(PATIENCE);
        outcome.with_context(|| format!("the page does not try {way} to {url}"))
    }

    /// Whether anybody has asked this server for the path.
    pub(crate) fn was_visited(&self, path: &str) -> bool {
        self.shared.visits().iter().any(|visit| visit == path)
    }
}

impl Shared {
    fn serve(&self, mut stream: TcpStream) -> Result<()> {
        let mut reader = BufReader::new(stream.try_clone()?);
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let path = line.split(' ').nth(1).unwrap_or("/").to_owned();
        let mut length = 0;
        while line.trim_end() != "" {
            line.clear();
            reader.read_line(&mut line)?;
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse()?;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let (kind, text) = self.answer(&path, String::from_utf8(body)?)?;
        let length = text.len();
        let head = format!(
            "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n"
        );
        Ok(stream.write_all((head + &text).as_bytes())?)
    }

    fn answer(&self, path: &str, body: String) -> Result<(&'static str, String)> {
        Ok(match path {
            "/" => ("text/html", PAGE.to_owned()),
            "/next" => {
                let orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
                let next = orders.recv_timeout(LONG_POLL).unwrap_or_default();
                ("application/json", next.to_string())
            }
            "/done" => {
                let outcomes = self.outcomes.lock().unwrap_or_else(PoisonError::into_inner);
                outcomes.send(body)?;
                ("text/plain", String::new())
            }
            _ => {
                self.visits().push(path.to_owned());
                ("text/plain", String::new())
            }
        })
    }

    fn visits(&self) -> std::sync::MutexGuard<'_, Vec<String>> {
        self.visits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
