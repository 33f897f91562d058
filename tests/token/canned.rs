//! A server on loopback that gives prepared answers, one after the other, to whatever is asked.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    thread::JoinHandle,
};

use url::Url;

/// The time of every answer, far from the real one.
pub(crate) const DATE: &str = "Tue, 06 May 2031 07:08:09 GMT";

pub(crate) struct Canned {
    base: Url,
    requests: JoinHandle<Vec<String>>,
}

impl Canned {
    /// Gives these answers, in this order, each on a connection of its own.
    pub(crate) fn serve(answers: Vec<String>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let requests = std::thread::spawn(move || {
            let give = |answer: String| {
                let (mut client, _) = listener.accept().unwrap();
                let request = request(&client);
                // Who does not want all of it may hang up.
                let _ = client.write_all(answer.as_bytes());
                request
            };
            answers.into_iter().map(give).collect()
        });
        Self {
            base: base.parse().unwrap(),
            requests,
        }
    }

    pub(crate) fn url(&self, path: &str) -> Url {
        self.base.join(path).unwrap()
    }

    /// What was asked: each request's head and body. Waits until all answers were given.
    pub(crate) fn requests(self) -> Vec<String> {
        self.requests.join().unwrap()
    }
}

/// A good answer.
pub(crate) fn json(body: &str) -> String {
    answer("200 OK", "content-type: application/json\r\n", body)
}

/// An answer; `headers` end in line breaks.
pub(crate) fn answer(status: &str, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\ndate: {DATE}\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n{body}",
        body.len()
    )
}

fn request(client: &TcpStream) -> String {
    let mut reader = BufReader::new(client);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(reader.read_line(&mut head).unwrap(), 0, "half a request");
    }
    let length = head
        .to_lowercase()
        .lines()
        .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).unwrap();
    head + &String::from_utf8(body).unwrap()
}
