//! The tokens that are kept, the one fetch in flight, and how often it may fail.

use std::time::{Duration, Instant};

use fastrand::Rng;

use super::{
    EmbedToken, Failures, RequestId, TokenFailure,
    retry::{Backoff, Vigil, Window},
    token::Token,
};
use crate::settings::{Report, TokenSettings};

/// Fetches in any minute beside those by plan.
const FETCHES_PER_MINUTE: usize = 12;
const MINUTE: Duration = Duration::from_secs(60);
/// A token that lives no longer than this is of no use.
const SHORTEST_LIFE: Duration = Duration::from_secs(1);
/// The longest wait that a service may ask for.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(3600);

#[derive(Debug)]
pub(super) struct Tokens {
    kept: Vec<(Report, Token)>,
    fetch: Fetch,
    last_request: RequestId,
    starts: Window,
    outage: Vigil,
    throttling: Backoff,
    refusal: Backoff,
    trouble: Option<Trouble>,
    /// Tokens that replaced another one of the same report.
    pub(super) refreshes: u64,
    pub(super) failures: Failures,
    pub(super) last_error: Option<String>,
}

#[derive(Debug)]
enum Fetch {
    Idle,
    InFlight {
        request: RequestId,
        report: Report,
        fate: Fate,
    },
}

/// What becomes of the answer in flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Use,
    /// It was asked with settings that no longer run.
    Discard,
}

/// Why the last fetch failed; there is none after a success.
#[derive(Debug)]
pub(super) struct Trouble {
    pub(super) report: Report,
    pub(super) failure: TokenFailure,
    pub(super) in_a_row: u32,
    pub(super) until: Instant,
}

/// What came of the wish to fetch.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Start {
    Started(RequestId),
    /// One is in flight; its answer serves this wish too.
    Busy,
    NotBefore(Instant),
}

impl Tokens {
    pub(super) fn new() -> Self {
        Self {
            kept: Vec::new(),
            fetch: Fetch::Idle,
            last_request: RequestId(0),
            starts: Window::new(MINUTE),
            outage: Vigil::new(),
            throttling: Backoff::new(Duration::from_secs(1), MINUTE),
            refusal: Backoff::new(Duration::from_secs(30), Duration::from_secs(900)),
            trouble: None,
            refreshes: 0,
            failures: Failures::default(),
            last_error: None,
        }
    }

    pub(super) fn kept(&self, report: &Report) -> Option<&Token> {
        let (_, token) = self.kept.iter().find(|(kept, _)| kept == report)?;
        Some(token)
    }

    pub(super) fn alive(&self, report: &Report, now: Instant) -> Option<&Token> {
        self.kept(report).filter(|token| token.is_alive(now))
    }

    /// Notes the start of a fetch, unless one is in flight or the limit is reached.
    pub(super) fn start(
        &mut self,
        report: &Report,
        settings: &TokenSettings,
        now: Instant,
    ) -> Start {
        if self.is_fetching() {
            return Start::Busy;
        }
        let paces = self.kept.iter().map(|(_, token)| token.interval(settings));
        let pace = paces.min();
        if let Err(at) = self.starts.start(limit(pace), now) {
            return Start::NotBefore(at);
        }
        self.last_request = self.last_request.next();
        self.fetch = Fetch::InFlight {
            request: self.last_request,
            report: report.clone(),
            fate: Fate::Use,
        };
        Start::Started(self.last_request)
    }

    /// Ends the fetch; `None` when the answer is not awaited or not wanted any more.
    pub(super) fn finish(&mut self, request: RequestId) -> Option<Report> {
        match std::mem::replace(&mut self.fetch, Fetch::Idle) {
            Fetch::InFlight {
                request: awaited,
                report,
                fate,
            } if awaited == request => (fate == Fate::Use).then_some(report),
            other @ (Fetch::InFlight { .. } | Fetch::Idle) => {
                self.fetch = other;
                None
            }
        }
    }

    /// Keeps a token that arrived; hands it back if it is as good as dead.
    pub(super) fn keep(
        &mut self,
        report: &Report,
        token: EmbedToken,
        now: Instant,
    ) -> Result<(), TokenFailure> {
        if token.life <= SHORTEST_LIFE {
            return Err(TokenFailure::Nonsense {
                host: token
                    .embed_url
                    .host_str()
                    .unwrap_or("the source")
                    .to_owned(),
                reason: "the token has already expired".to_owned(),
            });
        }
        self.clear_trouble();
        let token = Token::new(token, self.last_request, now);
        match self.kept.iter_mut().find(|(kept, _)| kept == report) {
            Some((_, old)) => {
                *old = token;
                self.refreshes += 1;
            }
            None => self.kept.push((report.clone(), token)),
        }
        Ok(())
    }

    /// Notes a failure; says when the next try is due.
    pub(super) fn fail(
        &mut self,
        report: Report,
        failure: TokenFailure,
        rng: &mut Rng,
        now: Instant,
    ) -> Instant {
        let delay = match &failure {
            TokenFailure::Denied { .. } | TokenFailure::Unprepared { .. } => {
                self.refusal.next(rng, now)
            }
            TokenFailure::Unreachable { .. } | TokenFailure::Nonsense { .. } => {
                self.outage.next(rng)
            }
            TokenFailure::Throttled { retry_after } => {
                let asked = retry_after.unwrap_or_default().min(LONGEST_RETRY_AFTER);
                self.throttling.next(rng, now).max(asked)
            }
        };
        self.failures.count(&failure);
        self.last_error = Some(failure.to_string());
        self.trouble = Some(Trouble {
            in_a_row: self.trouble.as_ref().map_or(0, |t| t.in_a_row) + 1,
            report,
            failure,
            until: now + delay,
        });
        now + delay
    }

    pub(super) fn trouble(&self) -> Option<&Trouble> {
        self.trouble.as_ref()
    }

    /// The last fetch failed, and that concerns this report.
    pub(super) fn is_in_trouble(&self, report: &Report) -> bool {
        self.blocked_until(report).is_some()
    }

    /// Asking for the report's token earlier is pointless after the last failure.
    pub(super) fn blocked_until(&self, report: &Report) -> Option<Instant> {
        let trouble = self.trouble.as_ref()?;
        let concerns_all = !matches!(trouble.failure, TokenFailure::Denied { .. });
        (concerns_all || trouble.report == *report).then_some(trouble.until)
    }

    pub(super) fn is_fetching(&self) -> bool {
        self.awaited().is_some()
    }

    pub(super) fn awaited(&self) -> Option<RequestId> {
        match &self.fetch {
            Fetch::InFlight { request, .. } => Some(*request),
            Fetch::Idle => None,
        }
    }

    pub(super) fn last_request(&self) -> RequestId {
        self.last_request
    }

    pub(super) fn last_start(&self) -> Option<Instant> {
        self.starts.last()
    }

    pub(super) fn forget(&mut self, report: &Report) {
        self.kept.retain(|(kept, _)| kept != report);
    }

    /// Other settings: what was fetched with the old ones is of no use.
    pub(super) fn forget_all(&mut self) {
        self.kept.clear();
        self.clear_trouble();
        if let Fetch::InFlight { fate, .. } = &mut self.fetch {
            *fate = Fate::Discard;
        }
    }

    /// Keeps only the tokens of these reports.
    pub(super) fn retain(&mut self, is_wanted: impl Fn(&Report) -> bool) {
        self.kept.retain(|(report, _)| is_wanted(report));
    }

    fn clear_trouble(&mut self) {
        self.trouble = None;
        self.outage.reset();
        self.throttling.reset();
        self.refusal.reset();
    }
}

/// Fetches allowed in a minute when the plan wants one each `pace`.
fn limit(pace: Option<Duration>) -> usize {
    let by_plan = pace.map_or(0.0, |pace| 60.0 / pace.as_secs_f64() * 1.06);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and 255, as an interval is at least 250 ms"
    )]
    let by_plan = by_plan as usize;
    FETCHES_PER_MINUTE + by_plan
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "a test needs some instant to start from"
)]
mod tests {
    use super::*;

    fn token(life_s: u64) -> EmbedToken {
        EmbedToken {
            secret: "hush".into(),
            life: Duration::from_secs(life_s),
            embed_url: "https://app.powerbi.com/reportEmbed".parse().unwrap(),
            title: None,
        }
    }

    fn report() -> Report {
        Report {
            workspace_id: "w".into(),
            report_id: "r".into(),
            page: None,
            bookmark: None,
            identity: None,
        }
    }

    fn settings() -> TokenSettings {
        TokenSettings {
            refresh_every: Duration::from_secs(2400),
            refresh_on_interaction: true,
            refresh_before_expiry: Duration::from_secs(600),
        }
    }

    #[test]
    fn the_plan_keeps_the_margin_of_a_short_life() {
        let now = Instant::now();
        let mut tokens = Tokens::new();
        tokens.keep(&report(), token(10), now).unwrap();
        let kept = tokens.kept(&report()).unwrap();
        assert_eq!(kept.due(&settings()), now + Duration::from_secs(8));
        let planned = kept.planned(&settings(), &mut Rng::with_seed(1));
        assert!(planned <= now + Duration::from_secs(8) && planned > now + Duration::from_secs(7));
    }

    #[test]
    fn a_second_wish_waits_for_the_fetch_in_flight() {
        let now = Instant::now();
        let mut tokens = Tokens::new();
        let first = tokens.start(&report(), &settings(), now);
        assert_eq!(first, Start::Started(RequestId(1)));
        assert_eq!(tokens.start(&report(), &settings(), now), Start::Busy);
        assert_eq!(tokens.finish(RequestId(7)), None);
        assert_eq!(tokens.finish(RequestId(1)), Some(report()));
    }

    #[test]
    fn a_hostile_retry_after_is_capped() {
        let now = Instant::now();
        let mut tokens = Tokens::new();
        let throttled = TokenFailure::Throttled {
            retry_after: Some(Duration::MAX),
        };
        let at = tokens.fail(report(), throttled, &mut Rng::with_seed(1), now);
        assert_eq!(at, now + LONGEST_RETRY_AFTER);
    }

    #[test]
    fn a_token_that_is_as_good_as_dead_is_a_failure() {
        let mut tokens = Tokens::new();
        let kept = tokens.keep(&report(), token(1), Instant::now());
        assert!(matches!(kept, Err(TokenFailure::Nonsense { .. })));
        assert!(tokens.kept(&report()).is_none());
    }
}
