//! One exchange with a service: send, read a limited answer, and sort it.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::{
    RequestBuilder, Response, StatusCode,
    header::{HeaderMap, LOCATION, RETRY_AFTER},
};
use secrecy::zeroize::Zeroizing;
use serde_json::Value;
use url::Url;

use super::{cause, life};
use crate::{clock, player::TokenFailure};

/// No answer of ours is larger, in bytes.
const LARGEST: usize = 1024 * 1024;

/// A longer wait than this is not believed.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3600);

/// An answer that came as a whole; its body may hold a token, so it has no `Debug`.
pub(super) struct Answer {
    pub(super) host: String,
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    body: Zeroizing<Vec<u8>>,
    took: Duration,
}

/// The fields of a good answer.
pub(super) struct Fields {
    host: String,
    /// The service's own time.
    pub(super) date: Option<Timestamp>,
    /// How long the exchange took.
    pub(super) took: Duration,
    json: Value,
}

/// Sends a request and reads the whole answer, whatever its status.
pub(super) async fn exchange(request: RequestBuilder) -> Result<Answer, TokenFailure> {
    let (client, request) = request.build_split();
    let request = request.map_err(|error| TokenFailure::Unprepared {
        reason: format!("cannot write the request: {}", error.without_url()),
        remedy: "Check the addresses and the secret in the settings.".into(),
    })?;
    let host = request.url().host_str().unwrap_or_default().to_owned();
    let start = clock::now();
    let response = match client.execute(request).await {
        Ok(response) => response,
        Err(error) => return Err(unreachable(host, &error)),
    };
    let (status, headers) = (response.status(), response.headers().clone());
    let body = read(response, &host).await?;
    Ok(Answer {
        host,
        status,
        headers,
        body,
        took: clock::now().saturating_duration_since(start),
    })
}

async fn read(mut response: Response, host: &str) -> Result<Zeroizing<Vec<u8>>, TokenFailure> {
    let mut body = Zeroizing::new(Vec::with_capacity(8 * 1024));
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > LARGEST => {
                return Err(nonsense(host, "more than 1 MB"));
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return Ok(body),
            Err(error) => return Err(unreachable(host.to_owned(), &error)),
        }
    }
}

impl Answer {
    /// The fields of a good answer; `refusal` tells what a definite refusal (4xx) means.
    pub(super) fn accepted(
        self,
        refusal: impl FnOnce(&Self) -> TokenFailure,
    ) -> Result<Fields, TokenFailure> {
        match self.status.as_u16() {
            200..=299 => self.fields(),
            300..=399 => Err(self.redirect()),
            407 => Err(TokenFailure::Unreachable {
                host: self.host,
                reason: "the proxy wants a name and a password (network.proxy)".into(),
            }),
            429 => Err(TokenFailure::Throttled {
                retry_after: self.retry_after(),
            }),
            408 | 425 => Err(nonsense(&self.host, &format!("HTTP {}", self.status))),
            400..=499 => Err(refusal(&self)),
            _ => Err(nonsense(&self.host, &format!("HTTP {}", self.status))),
        }
    }

    /// The body as JSON, where it is such.
    pub(super) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// Whether somebody in between, such as a firewall, answered with a page for people.
    pub(super) fn is_web_page(&self) -> bool {
        self.body.trim_ascii_start().starts_with(b"<")
    }

    pub(super) fn nonsense(&self, reason: &str) -> TokenFailure {
        nonsense(&self.host, reason)
    }

    #[cfg(test)]
    pub(super) fn canned(status: u16, headers: &[(&'static str, &str)], body: &str) -> Self {
        let headers = headers.iter().map(|&(name, value)| {
            let name = reqwest::header::HeaderName::from_static(name);
            (name, value.parse().unwrap())
        });
        Self {
            host: "service.example".into(),
            status: StatusCode::from_u16(status).unwrap(),
            headers: headers.collect(),
            body: Zeroizing::new(body.into()),
            took: Duration::ZERO,
        }
    }

    fn fields(self) -> Result<Fields, TokenFailure> {
        match self.json() {
            Some(json) => Ok(Fields {
                date: life::date(&self.headers),
                host: self.host,
                took: self.took,
                json,
            }),
            None if self.is_web_page() => {
                Err(self.nonsense("a web page; the network may want a sign-in (captive portal)"))
            }
            // The parser's own words would quote the answer.
            None => Err(self.nonsense("no JSON")),
        }
    }

    fn redirect(&self) -> TokenFailure {
        let target = self
            .headers
            .get(LOCATION)
            .and_then(|value| Url::parse(value.to_str().ok()?).ok());
        let target = target.as_ref().and_then(Url::host_str);
        self.nonsense(&format!(
            "a redirect to {}; the network may want a sign-in (captive portal)",
            target.unwrap_or("somewhere else")
        ))
    }

    /// `Retry-After`: seconds, or a date by the service's clock.
    fn retry_after(&self) -> Option<Duration> {
        let text = self.headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
        let wait = match text.parse() {
            Ok(seconds) => Duration::from_secs(seconds),
            Err(_) => {
                let date = life::date(&self.headers);
                life::remaining(life::http_date(text)?, date, clock::wall(), Duration::ZERO)
            }
        };
        Some(wait.min(LONGEST_WAIT))
    }
}

impl Fields {
    /// A text that must be there and must not be empty.
    pub(super) fn text(&self, name: &str) -> Result<&str, TokenFailure> {
        self.optional_text(name)
            .ok_or_else(|| self.nonsense(&format!("no `{name}` in it")))
    }

    pub(super) fn optional_text(&self, name: &str) -> Option<&str> {
        self.json[name].as_str().filter(|text| !text.is_empty())
    }

    pub(super) fn nonsense(&self, reason: &str) -> TokenFailure {
        nonsense(&self.host, reason)
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }
}

fn nonsense(host: &str, reason: &str) -> TokenFailure {
    TokenFailure::Nonsense {
        host: host.to_owned(),
        reason: reason.to_owned(),
    }
}

fn unreachable(host: String, error: &reqwest::Error) -> TokenFailure {
    TokenFailure::Unreachable {
        host,
        reason: cause::in_plain_words(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passing_trouble_is_never_a_refusal() {
        for status in [408, 425, 500, 502, 503, 504, 511] {
            let TokenFailure::Nonsense { reason, .. } = failure(Answer::canned(status, &[], ""))
            else {
                panic!("{status} is another failure")
            };
            assert!(reason.contains(&status.to_string()), "{reason}");
        }
    }

    #[test]
    fn a_wait_is_understood_in_seconds_and_as_a_date() {
        let date = ("date", "Thu, 01 Jan 2026 12:00:00 GMT");
        let until = ("retry-after", "Thu, 01 Jan 2026 12:01:30 GMT");
        let ages = ("retry-after", "99999999999");
        let day = Duration::from_secs(86400);
        assert_eq!(
            wait(&[("retry-after", "17")]),
            Some(Duration::from_secs(17))
        );
        assert_eq!(wait(&[until, date]), Some(Duration::from_secs(90)));
        assert_eq!(wait(&[ages]), Some(day));
        assert_eq!(wait(&[("retry-after", "soon")]), None);
        assert_eq!(wait(&[]), None);
    }

    #[test]
    fn what_is_no_answer_is_not_quoted() {
        for body in [
            "",
            "s3cret",
            "{\"token\": s3cret}",
            "[]",
            "\"s3cret\"",
            "<html>s3cret",
        ] {
            let answer = Answer::canned(200, &[], body);
            let failure = answer
                .accepted(|_| panic!("no refusal"))
                .and_then(|fields| fields.text("token").map(ToOwned::to_owned))
                .unwrap_err();
            assert!(matches!(failure, TokenFailure::Nonsense { .. }), "{body}");
            assert!(!failure.to_string().contains("s3cret"), "{failure}");
        }
    }

    #[test]
    fn a_redirect_names_only_the_host_it_leads_to() {
        let to = ("location", "https://login.hotel.example/?room=12");
        let failure = failure(Answer::canned(302, &[to], "")).to_string();
        assert!(
            failure.contains("redirect to login.hotel.example;"),
            "{failure}"
        );
    }

    fn wait(headers: &[(&'static str, &str)]) -> Option<Duration> {
        let failure = failure(Answer::canned(429, headers, ""));
        let TokenFailure::Throttled { retry_after } = failure else {
            panic!("{failure:?}")
        };
        retry_after
    }

    fn failure(answer: Answer) -> TokenFailure {
        let fields = answer.accepted(|_| panic!("taken for a refusal"));
        fields.err().unwrap()
    }
}
