//! A fake view that behaves: one page, one web process, visuals that ask for data.

use std::time::{Duration, Instant};

use everlit::{
    player::{
        BeatId, Event, NetworkState, OpId, Operation, Outcome, PageEvent, PageFailure, PageId,
        Sign, SlateKind, ViewOrder, WebProcessEnd,
    },
    settings::{Content, Report},
};
use fastrand::Rng;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::{
    agenda::{Agenda, Due},
    service::{Serial, Service},
};

#[derive(Debug)]
pub(crate) struct View {
    pub(crate) process: Process,
    pub(crate) page: Option<Page>,
    pub(crate) manners: Manners,
    /// How often visuals ask for data.
    pub(crate) poll_every: Duration,
    /// How an expired token shows; empty: some signs, any number of them.
    pub(crate) signs: Vec<Sign>,
    /// Counts processes: what an earlier one had begun comes to nothing.
    generation: u64,
    loads: u64,
    polls: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Process {
    Alive,
    Hung { since: Instant },
    Gone,
}

/// What is on the screen.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) id: PageId,
    pub(crate) shown: Shown,
    pub(crate) picture: Picture,
    /// The token that visuals ask with.
    pub(crate) token: Option<Serial>,
    pub(crate) visuals: Visuals,
    text: Text,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Shown {
    Report(Report),
    Site(Url),
    Slate(SlateKind),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Picture {
    Loading,
    Up { since: Instant },
    Failed,
}

/// What a viewer sees inside a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Visuals {
    Data,
    /// They asked with a dead token, and say so until the report is loaded again.
    Expired,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Text {
    Absent,
    Present,
}

/// How well the view and what it shows behave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Manners {
    pub(crate) operations: Operations,
    pub(crate) loads: Loads,
    pub(crate) ends: Ends,
    pub(crate) report: ReportContent,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operations {
    Done,
    /// The SDK does not take tokens, and reloads all the same.
    TokensRejected,
    TokensUnanswered,
    Rejected,
    Unanswered,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loads {
    Rendered,
    Slow,
    Failing,
    /// The report was withdrawn, although tokens are still given.
    Withdrawn,
    NeverRendered,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ends {
    Answered,
    Unanswered,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReportContent {
    Plain,
    /// Its own data holds the words of the error.
    ErrorWords,
    /// One visual asks for what it may not see, again and again.
    ForbiddenVisual,
}

/// Something that was begun and comes to its end.
#[derive(Debug, Clone)]
pub(crate) struct Effect {
    generation: u64,
    kind: EffectKind,
}

#[derive(Debug, Clone)]
enum EffectKind {
    Settled {
        load: u64,
    },
    Answered {
        op: OpId,
        operation: Operation,
        outcome: Outcome,
    },
    Beat(BeatId),
    Ended,
    Poll(u64),
    Words {
        load: u64,
    },
}

/// What the view needs of the world around it.
pub(crate) struct Around<'a> {
    pub(crate) agenda: &'a mut Agenda,
    pub(crate) rng: &'a mut Rng,
    pub(crate) service: &'a Service,
    pub(crate) network: NetworkState,
}

impl Manners {
    pub(crate) const GOOD: Self = Self {
        operations: Operations::Done,
        loads: Loads::Rendered,
        ends: Ends::Answered,
        report: ReportContent::Plain,
    };
}

impl View {
    pub(crate) fn new() -> Self {
        Self {
            process: Process::Alive,
            page: None,
            manners: Manners::GOOD,
            poll_every: Duration::from_secs(30),
            signs: Vec::new(),
            generation: 0,
            loads: 0,
            polls: 0,
        }
    }

    pub(crate) fn order(&mut self, order: &ViewOrder, around: &mut Around<'_>) {
        match order {
            ViewOrder::ShowReport { page, plan } => {
                let report = Shown::Report(plan.report.clone());
                self.show(*page, report, Some(serial(&plan.token)), around);
            }
            ViewOrder::ShowPage { page, plan } => {
                self.show(*page, Shown::Site(plan.url.clone()), None, around);
            }
            ViewOrder::ShowSlate { page, slate } => {
                self.show(*page, Shown::Slate(slate.kind), None, around);
            }
            ViewOrder::Operate {
                page,
                op,
                operation,
            } => self.operate(*page, *op, operation, around),
            ViewOrder::Beat(beat) => {
                if self.process == Process::Alive {
                    self.later(millis(2..40, around), EffectKind::Beat(*beat), around);
                }
            }
            ViewOrder::EndWebProcess => {
                if self.manners.ends == Ends::Answered {
                    self.later(millis(10..200, around), EffectKind::Ended, around);
                }
            }
            ViewOrder::ForgetContent | ViewOrder::Identify { .. } => {}
        }
    }

    /// What comes of something that was begun.
    pub(crate) fn take(&mut self, effect: Effect, around: &mut Around<'_>) -> Vec<Event> {
        if effect.generation != self.generation {
            return Vec::new();
        }
        match effect.kind {
            EffectKind::Ended => self.end(WebProcessEnd::Asked),
            EffectKind::Settled { .. }
            | EffectKind::Answered { .. }
            | EffectKind::Beat(_)
            | EffectKind::Poll(_)
            | EffectKind::Words { .. }
                if self.process != Process::Alive =>
            {
                Vec::new()
            }
            EffectKind::Settled { load } if load == self.loads => self.settle(around),
            EffectKind::Words { load } if load == self.loads => self.find_words(around),
            EffectKind::Settled { .. } | EffectKind::Words { .. } => Vec::new(),
            EffectKind::Answered {
                op,
                operation,
                outcome,
            } => self.answer(op, &operation, outcome, around),
            EffectKind::Beat(beat) => vec![Event::BeatAnswered(beat)],
            EffectKind::Poll(number) => self.poll(number, around),
        }
    }

    /// The web process ends, and what it showed is gone.
    pub(crate) fn end(&mut self, end: WebProcessEnd) -> Vec<Event> {
        if self.process == Process::Gone {
            return Vec::new();
        }
        self.process = Process::Gone;
        self.generation += 1;
        self.page = None;
        vec![Event::WebProcessEnded(end)]
    }

    /// A new daemon with a new web process; the world keeps its manners.
    pub(crate) fn start_again(&mut self) {
        self.process = Process::Alive;
        self.generation += 1;
        self.page = None;
    }

    pub(crate) fn hang(&mut self, now: Instant) {
        if self.process == Process::Alive {
            self.process = Process::Hung { since: now };
        }
    }

    /// Visuals ask at their next turn; to be called when their token's fate has changed.
    pub(crate) fn plan_poll(&mut self, around: &mut Around<'_>) {
        self.polls += 1;
        let Some(token) = self.page.as_ref().and_then(Page::token_in_use) else {
            return;
        };
        let forbidden = self.manners.report == ReportContent::ForbiddenVisual;
        let now = around.agenda.now;
        let from = if forbidden {
            now
        } else {
            around.service.minted(token).dead_from.max(now)
        };
        // A minimum keeps many polls from falling into one instant.
        let wait = Duration::from_millis(10) + self.poll_every.mul_f64(around.rng.f64());
        let delay = from.duration_since(now) + wait;
        self.later(delay, EffectKind::Poll(self.polls), around);
    }

    fn show(&mut self, id: PageId, shown: Shown, token: Option<Serial>, around: &mut Around<'_>) {
        if self.process == Process::Gone {
            self.process = Process::Alive;
        }
        self.page = Some(Page {
            id,
            shown,
            picture: Picture::Loading,
            token,
            visuals: Visuals::Data,
            text: Text::Absent,
        });
        self.begin_load(around);
    }

    fn begin_load(&mut self, around: &mut Around<'_>) {
        self.loads += 1;
        self.polls += 1;
        let Some(page) = &mut self.page else {
            return;
        };
        page.picture = Picture::Loading;
        let delay = match (&page.shown, self.manners.loads) {
            (Shown::Slate(_), _) => millis(5..60, around),
            (Shown::Report(_) | Shown::Site(_), Loads::NeverRendered) => return,
            (Shown::Report(_) | Shown::Site(_), Loads::Slow) => millis(5_000..90_000, around),
            (
                Shown::Report(_) | Shown::Site(_),
                Loads::Rendered | Loads::Failing | Loads::Withdrawn,
            ) => millis(300..1_500, around),
        };
        let load = self.loads;
        self.later(delay, EffectKind::Settled { load }, around);
    }

    fn operate(&mut self, page: PageId, op: OpId, operation: &Operation, around: &mut Around<'_>) {
        if self.page.as_ref().is_none_or(|shown| shown.id != page) {
            return;
        }
        let takes_token = match operation {
            Operation::SetToken(_) => true,
            Operation::ReloadReport | Operation::EmbedAgain(_) => false,
        };
        let outcome = match self.manners.operations {
            Operations::Done => Outcome::Done,
            Operations::TokensRejected if takes_token => Outcome::Rejected("403".to_owned()),
            Operations::TokensUnanswered if takes_token => return,
            Operations::TokensRejected | Operations::TokensUnanswered => Outcome::Done,
            Operations::Rejected => Outcome::Rejected("no".to_owned()),
            Operations::Unanswered if around.rng.bool() => Outcome::Unanswered,
            Operations::Unanswered => return,
        };
        let delay = match outcome {
            Outcome::Done | Outcome::Rejected(_) => millis(3..60, around),
            Outcome::Unanswered => millis(9_900..10_100, around),
        };
        let operation = operation.clone();
        let kind = EffectKind::Answered {
            op,
            operation,
            outcome,
        };
        self.later(delay, kind, around);
    }

    fn answer(
        &mut self,
        op: OpId,
        operation: &Operation,
        outcome: Outcome,
        around: &mut Around<'_>,
    ) -> Vec<Event> {
        let Some(page) = &mut self.page else {
            return Vec::new();
        };
        let id = page.id;
        if outcome == Outcome::Done {
            match operation {
                Operation::SetToken(token) => {
                    page.token = Some(serial(token));
                    self.plan_poll(around);
                }
                Operation::ReloadReport => self.begin_load(around),
                Operation::EmbedAgain(token) => {
                    page.token = Some(serial(token));
                    self.begin_load(around);
                }
            }
        }
        vec![on(id, PageEvent::Answered { op, outcome })]
    }

    /// A load ends, one way or the other.
    fn settle(&mut self, around: &mut Around<'_>) -> Vec<Event> {
        let now = around.agenda.now;
        let Some(page) = &mut self.page else {
            return Vec::new();
        };
        let id = page.id;
        if let Some(failure) = failure(&page.shown, self.manners.loads, around.network) {
            page.picture = Picture::Failed;
            return vec![on(id, PageEvent::Failed(failure))];
        }
        if page
            .token
            .is_some_and(|token| around.service.is_dead(token, now))
        {
            page.visuals = Visuals::Expired;
            return vec![on(id, PageEvent::ExpirySeen(Sign::Sdk))];
        }
        self.render(around)
    }

    fn render(&mut self, around: &mut Around<'_>) -> Vec<Event> {
        let now = around.agenda.now;
        let Some(page) = &mut self.page else {
            return Vec::new();
        };
        page.picture = Picture::Up { since: now };
        page.visuals = Visuals::Data;
        let mut events = Vec::new();
        if page.text == Text::Present && self.manners.report != ReportContent::ErrorWords {
            page.text = Text::Absent;
            events.push(on(page.id, PageEvent::ExpiryTextGone));
        }
        events.push(on(page.id, PageEvent::Rendered));
        if self.manners.report == ReportContent::ErrorWords {
            let load = self.loads;
            self.later(
                millis(50..4_000, around),
                EffectKind::Words { load },
                around,
            );
        }
        self.plan_poll(around);
        events
    }

    fn poll(&mut self, number: u64, around: &mut Around<'_>) -> Vec<Event> {
        let now = around.agenda.now;
        let page = self.page.as_mut().filter(|_| number == self.polls);
        let Some((token, page)) = page.and_then(|page| Some((page.token_in_use()?, page))) else {
            return Vec::new();
        };
        let mut events = Vec::new();
        if around.network == NetworkState::Offline {
            // No answer is no sign.
        } else if around.service.is_dead(token, now) {
            page.visuals = Visuals::Expired;
            let signs = signs(&self.signs, around.rng);
            if signs.contains(&Sign::Text) {
                page.text = Text::Present;
            }
            events.extend(
                signs
                    .into_iter()
                    .map(|sign| on(page.id, PageEvent::ExpirySeen(sign))),
            );
        } else if self.manners.report == ReportContent::ForbiddenVisual {
            events.push(on(page.id, PageEvent::ExpirySeen(Sign::Http)));
        }
        self.plan_poll(around);
        events
    }

    /// The report's data was drawn again, with the words of the error or without them.
    fn find_words(&mut self, around: &mut Around<'_>) -> Vec<Event> {
        let Some(page) = &mut self.page else {
            return Vec::new();
        };
        let id = page.id;
        match self.manners.report {
            ReportContent::ErrorWords => {
                page.text = Text::Present;
                let load = self.loads;
                let again = millis(5_000..900_000, around);
                self.later(again, EffectKind::Words { load }, around);
                vec![on(id, PageEvent::ExpirySeen(Sign::Text))]
            }
            ReportContent::Plain | ReportContent::ForbiddenVisual => {
                page.text = Text::Absent;
                vec![on(id, PageEvent::ExpiryTextGone)]
            }
        }
    }

    fn later(&self, delay: Duration, kind: EffectKind, around: &mut Around<'_>) {
        let generation = self.generation;
        around
            .agenda
            .after(delay, Due::Effect(Effect { generation, kind }));
    }
}

impl Page {
    pub(crate) fn shows(&self, content: &Content) -> bool {
        match (&self.shown, content) {
            (Shown::Report(shown), Content::Report(report)) => shown == report,
            (Shown::Site(shown), Content::Page(page)) => *shown == page.url,
            (Shown::Report(_) | Shown::Site(_) | Shown::Slate(_), _) => false,
        }
    }

    /// The slate of content that does not load, or may not be seen.
    pub(crate) fn is_given_up(&self) -> bool {
        match self.shown {
            Shown::Slate(SlateKind::Trouble | SlateKind::Denied) => true,
            Shown::Slate(
                SlateKind::Starting | SlateKind::Unconfigured | SlateKind::WaitingForNetwork,
            )
            | Shown::Report(_)
            | Shown::Site(_) => false,
        }
    }

    pub(crate) fn is_slate(&self) -> bool {
        match self.shown {
            Shown::Slate(_) => true,
            Shown::Report(_) | Shown::Site(_) => false,
        }
    }

    pub(crate) fn up_since(&self) -> Option<Instant> {
        match self.picture {
            Picture::Up { since } => Some(since),
            Picture::Loading | Picture::Failed => None,
        }
    }

    /// The token of a report that is up.
    pub(crate) fn token_in_use(&self) -> Option<Serial> {
        self.up_since().and(self.token)
    }
}

fn failure(shown: &Shown, loads: Loads, network: NetworkState) -> Option<PageFailure> {
    let not_loaded = || PageFailure::NotLoaded {
        url: "https://app.powerbi.com/".to_owned(),
        reason: "no connection".to_owned(),
    };
    let offline = network == NetworkState::Offline;
    match (shown, loads) {
        (Shown::Slate(_), _) => None,
        (Shown::Report(_) | Shown::Site(_), _) if offline => Some(not_loaded()),
        (_, Loads::Rendered | Loads::Slow | Loads::NeverRendered) => None,
        (Shown::Report(_), Loads::Failing) => Some(complaint("LoadReportFailed")),
        (Shown::Report(_), Loads::Withdrawn) => Some(complaint("PowerBIEntityNotFound")),
        (Shown::Site(_), Loads::Failing) => Some(not_loaded()),
        (Shown::Site(url), Loads::Withdrawn) => Some(PageFailure::HttpStatus {
            url: url.to_string(),
            status: 503,
        }),
    }
}

fn complaint(message: &str) -> PageFailure {
    PageFailure::Report {
        message: message.to_owned(),
        detail: "as the service says".to_owned(),
    }
}

/// One expiry makes as many signs as there are visuals.
fn signs(fixed: &[Sign], rng: &mut Rng) -> Vec<Sign> {
    if !fixed.is_empty() {
        return fixed.to_vec();
    }
    let all = [Sign::Sdk, Sign::Http, Sign::Text];
    (0..rng.usize(1..8))
        .filter_map(|_| rng.choice(all))
        .collect()
}

fn on(page: PageId, event: PageEvent) -> Event {
    Event::Page { page, event }
}

pub(crate) fn serial(token: &SecretString) -> Serial {
    Serial::of(token.expose_secret())
}

fn millis(range: std::ops::Range<u64>, around: &mut Around<'_>) -> Duration {
    Duration::from_millis(around.rng.u64(range))
}
