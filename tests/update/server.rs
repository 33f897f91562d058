//! A small server with faults to switch on.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use url::Url;

/// What it does.
pub(crate) struct Behaviour {
    pub(crate) bytes: Vec<u8>,
    pub(crate) etag: Option<String>,
    /// Hangs up after so many bytes of a body.
    pub(crate) cut_after: Option<usize>,
    /// Answers only with this.
    pub(crate) status: Option<&'static str>,
    /// Says that there are so many bytes.
    pub(crate) length: Option<u64>,
    /// Says that the rest begins there.
    pub(crate) rest_from: Option<usize>,
    /// Called before each answer to a request.
    pub(crate) meanwhile: Option<Box<dyn FnMut() + Send>>,
}

pub(crate) struct Server {
    address: SocketAddr,
    behaviour: Arc<Mutex<Behaviour>>,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub(crate) fn start(bytes: Vec<u8>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let behaviour = Arc::new(Mutex::new(Behaviour {
            bytes,
            etag: Some("\"one\"".to_owned()),
            cut_after: None,
            status: None,
            length: None,
            rest_from: None,
            meanwhile: None,
        }));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (behaves, noted) = (Arc::clone(&behaviour), Arc::clone(&requests));
        // It ends with the test's process.
        thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                let request = head(&stream);
                noted.lock().unwrap().push(request.clone());
                answer(&stream, &request, &mut behaves.lock().unwrap());
                let _ = stream.shutdown(Shutdown::Both);
            }
        });
        Self {
            address,
            behaviour,
            requests,
        }
    }

    pub(crate) fn url(&self) -> Url {
        let url = format!("http://{}/everlit.raucb?key=s3cret", self.address);
        url.parse().unwrap()
    }

    pub(crate) fn with(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.behaviour.lock().unwrap());
    }

    /// Another bundle under the same address.
    pub(crate) fn publish(&self, bytes: Vec<u8>, etag: &str) {
        self.with(|behaviour| {
            behaviour.bytes = bytes;
            behaviour.etag = Some(format!("\"{etag}\""));
        });
    }

    /// The heads of all requests since the last time, in lower case.
    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.requests.lock().unwrap())
    }
}

fn head(stream: &TcpStream) -> String {
    let mut head = String::new();
    let mut lines = BufReader::new(stream).lines();
    while let Some(Ok(line)) = lines.next() {
        if line.is_empty() {
            break;
        }
        head += &line.to_lowercase();
        head.push('\n');
    }
    head
}

fn header<'r>(request: &'r str, name: &str) -> Option<&'r str> {
    let name = format!("{name}: ");
    request.lines().find_map(|line| line.strip_prefix(&name))
}

fn answer(mut stream: &TcpStream, request: &str, behaviour: &mut Behaviour) {
    if let Some(meanwhile) = &mut behaviour.meanwhile {
        meanwhile();
    }
    let etag = behaviour.etag.clone();
    let tag = etag
        .as_ref()
        .map_or(String::new(), |etag| format!("etag: {etag}\r\n"));
    if let Some(status) = behaviour.status {
        let _ = write!(stream, "HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
        return;
    }
    if etag.is_some() && header(request, "if-none-match") == etag.as_deref() {
        let _ = write!(stream, "HTTP/1.1 304 Not Modified\r\n{tag}\r\n");
        return;
    }
    let is_same = header(request, "if-range") == etag.as_deref();
    let range = header(request, "range").filter(|_| is_same);
    let first = range.and_then(|range| {
        range
            .strip_prefix("bytes=")?
            .strip_suffix('-')?
            .parse()
            .ok()
    });
    let whole = behaviour.bytes.len();
    let body = &behaviour.bytes[first.unwrap_or(0)..];
    let length = behaviour.length.unwrap_or(body.len() as u64);
    let status = match first {
        Some(first) => {
            let first = behaviour.rest_from.unwrap_or(first);
            format!(
                "206 Partial Content\r\ncontent-range: bytes {first}-{}/{whole}",
                whole - 1
            )
        }
        None => "200 OK".to_owned(),
    };
    let _ = write!(
        stream,
        "HTTP/1.1 {status}\r\n{tag}content-length: {length}\r\n\r\n"
    );
    let end = behaviour
        .cut_after
        .map_or(body.len(), |after| after.min(body.len()));
    let _ = stream.write_all(&body[..end]);
}
