//! A small web site on the loopback interface.

use std::{
    collections::HashMap,
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use url::Url;

/// Pages that can be changed while the site is open.
#[derive(Clone)]
pub(crate) struct Site {
    port: u16,
    pages: Arc<Mutex<HashMap<String, String>>>,
}

impl Site {
    pub(crate) fn open() -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let site = Self {
            port: listener.local_addr()?.port(),
            pages: Arc::default(),
        };
        let pages = Arc::clone(&site.pages);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let pages = Arc::clone(&pages);
                thread::spawn(move || serve(stream, &pages));
            }
        });
        Ok(site)
    }

    /// Puts an HTML page at a path.
    pub(crate) fn page(&self, path: &str, html: &str) -> Url {
        self.answer(
            path,
            "200 OK",
            "Content-Type: text/html; charset=utf-8\r\n",
            html,
        )
    }

    /// Puts any answer at a path; each header line ends with `\r\n`.
    pub(crate) fn answer(&self, path: &str, status: &str, headers: &str, body: &str) -> Url {
        let length = body.len();
        let answer = format!(
            "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
        );
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        pages.insert(path.to_owned(), answer);
        self.url("127.0.0.1", path)
    }

    /// The same site under a host name of this machine.
    pub(crate) fn url(&self, host: &str, path: &str) -> Url {
        Url::parse(&format!("http://{host}:{}{path}", self.port)).expect("this is an address")
    }
}

fn serve(mut stream: TcpStream, pages: &Mutex<HashMap<String, String>>) {
    let mut reader = BufReader::new(&stream);
    let mut first = String::new();
    let mut line = String::new();
    if reader.read_line(&mut first).is_err() {
        return;
    }
    while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
        line.clear();
    }
    let path = first.split(' ').nth(1).unwrap_or("/").to_owned();
    let pages = pages.lock().unwrap_or_else(PoisonError::into_inner);
    let missing = "HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    let answer = pages.get(&path).map_or(missing, String::as_str).to_owned();
    drop(pages);
    let _ = stream.write_all(answer.as_bytes());
}
