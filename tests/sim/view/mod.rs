//! A fake view that behaves: one page, one web process, visuals that ask for data.

mod content;
mod glass;
mod manners;
mod page;

use std::{
    cell::RefCell,
    time::{Duration, Instant},
};

use everlit::player::{
    BeatId, Event, Glass, NetworkState, OpId, Operation, Outcome, PageEvent, PageId, Sign,
    ViewOrder, WebProcessEnd,
};
use fastrand::Rng;
use secrecy::{ExposeSecret, SecretString};

use crate::{
    agenda::{Agenda, Due},
    service::{Serial, Service},
};

pub(crate) use glass::{Cover, Glazing};
pub(crate) use manners::{Ends, Loads, Manners, Operations, ReportContent};
pub(crate) use page::{Page, Shown, Visuals};
use page::{Picture, Text};

#[derive(Debug)]
pub(crate) struct View {
    pub(crate) process: Process,
    pub(crate) page: Option<Page>,
    pub(crate) manners: Manners,
    /// How often visuals ask for data.
    pub(crate) poll_every: Duration,
    /// How an expired token shows; empty: some signs, any number of them.
    pub(crate) signs: Vec<Sign>,
    pub(crate) glazing: Glazing,
    watch: Option<Watch>,
    /// Counts processes: what an earlier one had begun comes to nothing.
    generation: u64,
    loads: u64,
    polls: u64,
}

/// What a hung process looks like from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Glimpse {
    /// As if it waited for something to do.
    Waiting,
    Unsure,
}

/// The daemon looks from outside since it asked.
#[derive(Debug, Clone, Copy)]
struct Watch {
    beat: BeatId,
    since: Instant,
    every: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Process {
    Alive,
    Hung { since: Instant, glimpse: Glimpse },
    Gone,
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
    Stirred(BeatId),
    Inspected(PageId),
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

impl View {
    pub(crate) fn new() -> Self {
        Self {
            process: Process::Alive,
            page: None,
            manners: Manners::GOOD,
            poll_every: Duration::from_secs(30),
            signs: Vec::new(),
            glazing: Glazing::default(),
            watch: None,
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
            ViewOrder::ShowNothing { .. } => {
                self.process = Process::Alive;
                self.page = None;
                self.loads += 1;
                self.polls += 1;
            }
            ViewOrder::Operate {
                page,
                op,
                operation,
            } => self.operate(*page, *op, operation, around),
            ViewOrder::Beat(beat) => {
                self.watch = None;
                if self.process == Process::Alive {
                    self.later(millis(2..40, around), EffectKind::Beat(*beat), around);
                }
            }
            ViewOrder::EndWebProcess => {
                if self.manners.ends == Ends::Answered {
                    self.later(millis(10..200, around), EffectKind::Ended, around);
                }
            }
            ViewOrder::Inspect { page } => {
                self.later(millis(5..60, around), EffectKind::Inspected(*page), around);
            }
            ViewOrder::ForgetContent
            | ViewOrder::ShowPlate(_)
            | ViewOrder::HidePlate
            | ViewOrder::Cover
            | ViewOrder::Uncover
            | ViewOrder::ShowAge(_)
            | ViewOrder::HideAge => self.glazing.order(order),
        }
    }

    /// The beat that is answered, if that is what comes of it; so it is with nearly all effects.
    pub(crate) fn answered_beat(&self, effect: &Effect) -> Option<BeatId> {
        let answers = effect.generation == self.generation && self.process == Process::Alive;
        if let EffectKind::Beat(beat) = effect.kind
            && answers
        {
            return Some(beat);
        }
        None
    }

    /// What else comes of something that was begun.
    pub(crate) fn take(&mut self, effect: Effect, around: &mut Around<'_>) -> Vec<Event> {
        if effect.generation != self.generation {
            return Vec::new();
        }
        match effect.kind {
            EffectKind::Ended => self.end(WebProcessEnd::Asked),
            EffectKind::Stirred(beat) if self.stirs(beat) => vec![Event::Stirred(beat)],
            EffectKind::Stirred(_) => Vec::new(),
            EffectKind::Inspected(page) if self.stands_still(page) => {
                vec![on(page, PageEvent::Inspected(Glass::Picture))]
            }
            EffectKind::Settled { .. }
            | EffectKind::Answered { .. }
            | EffectKind::Beat(_)
            | EffectKind::Inspected(_)
            | EffectKind::Poll(_)
            | EffectKind::Words { .. }
                if self.process != Process::Alive =>
            {
                Vec::new()
            }
            EffectKind::Settled { load } if load == self.loads => self.settle(around),
            EffectKind::Words { load } if load == self.loads => self.find_words(around),
            EffectKind::Settled { .. } | EffectKind::Words { .. } | EffectKind::Beat(_) => {
                Vec::new()
            }
            EffectKind::Answered {
                op,
                operation,
                outcome,
            } => self.answer(op, &operation, outcome, around),
            EffectKind::Inspected(page) => self.inspect(page),
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
        self.watch = None;
        vec![Event::WebProcessEnded(end)]
    }

    /// A new daemon with a new web process; the world keeps its manners.
    pub(crate) fn start_again(&mut self) {
        self.process = Process::Alive;
        self.generation += 1;
        self.page = None;
        self.watch = None;
        self.glazing = Glazing::default();
    }

    pub(crate) fn hang(&mut self, glimpse: Glimpse, around: &mut Around<'_>) {
        if self.process != Process::Alive {
            return;
        }
        let since = around.agenda.now;
        self.process = Process::Hung { since, glimpse };
        if let Some(Watch {
            beat,
            since: asked,
            every,
        }) = self.watch
            && glimpse == Glimpse::Unsure
        {
            let watched = (since - asked).as_nanos();
            let left = every.as_nanos() - watched % every.as_nanos();
            let left = Duration::from_nanos(u64::try_from(left).unwrap_or_default());
            self.later(left, EffectKind::Stirred(beat), around);
        }
    }

    /// A page that lives does something now and then: at 6 of 256 looks.
    pub(crate) fn watch(&mut self, beat: BeatId, every: Duration, around: &mut Around<'_>) {
        let since = around.agenda.now;
        self.watch = Some(Watch { beat, since, every });
        // At most five come before the next beat.
        if let look @ 1..=5 = around.rng.u8(..) / 6 {
            self.later(every * u32::from(look), EffectKind::Stirred(beat), around);
        }
    }

    fn stirs(&self, beat: BeatId) -> bool {
        let is_watched = self.watch.is_some_and(|watch| watch.beat == beat);
        let is_seen = match self.process {
            Process::Alive => true,
            Process::Hung { glimpse, .. } => glimpse == Glimpse::Unsure,
            Process::Gone => false,
        };
        is_watched && is_seen
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
            wanted: RefCell::default(),
        });
        self.begin_load(around);
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

    fn later(&self, delay: Duration, kind: EffectKind, around: &mut Around<'_>) {
        let generation = self.generation;
        around
            .agenda
            .after(delay, Due::Effect(Effect { generation, kind }));
    }
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
