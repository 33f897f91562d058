//! The last steps before a broken rule, for the reader of a failed test.

use std::{
    collections::VecDeque,
    fmt,
    time::{Duration, Instant},
};

use everlit::player::{Command, Event, Glass, Operation, PageEvent, ViewOrder};

const KEPT: usize = 40;

#[derive(Debug)]
pub(crate) struct Trace {
    start: Instant,
    steps: VecDeque<(Instant, String)>,
}

/// A rule that did not hold.
#[derive(Debug)]
pub(crate) struct Violation {
    pub(crate) rule: &'static str,
    pub(crate) seed: u64,
    text: String,
}

impl Trace {
    pub(crate) fn new(start: Instant) -> Self {
        Self {
            start,
            steps: VecDeque::new(),
        }
    }

    pub(crate) fn note(&mut self, now: Instant, step: String) {
        if self.steps.len() == KEPT {
            self.steps.pop_front();
        }
        self.steps.push_back((now, step));
    }

    /// Routine is far too much to be kept.
    pub(crate) fn event(&mut self, now: Instant, event: &Event) {
        if is_routine(event) {
            return;
        }
        let text = match event {
            Event::SettingsLoaded { revision, .. } => format!("settings {revision} loaded"),
            Event::TokenFetched { request, token } => {
                format!("token of {request:?} fetched, lives {:?}", token.life)
            }
            Event::Page {
                page,
                event: PageEvent::Answered { op, outcome },
            } => format!("{page:?} answered {op:?}: {outcome:?}"),
            Event::SettingsRejected(_)
            | Event::TokenFetchFailed { .. }
            | Event::Page { .. }
            | Event::BeatAnswered(_)
            | Event::Stirred(_)
            | Event::WebProcessEnded(_)
            | Event::WebProcessOutgrown
            | Event::NetworkProcessEnded
            | Event::ViewerInteracted
            | Event::NetworkChanged(_)
            | Event::ClockStepped
            | Event::ClockJudged(_)
            | Event::MemoryMeasured { .. }
            | Event::Probed { .. }
            | Event::LastRunCutOff
            | Event::InvitationChanged(_)
            | Event::OperatorAsked(_)
            | Event::StopAsked => format!("{event:?}"),
        };
        self.note(now, format!("<- {text}"));
    }

    pub(crate) fn command(&mut self, now: Instant, command: &Command) {
        let text = match command {
            Command::FeedWatchdog
            | Command::NotifyStatus(_)
            | Command::Watch { .. }
            | Command::View(ViewOrder::Beat(_) | ViewOrder::Inspect { .. }) => return,
            Command::Probe { probe, url } => format!("{probe:?} to {url}"),
            Command::FetchToken { request, .. } => format!("fetch {request:?}"),
            Command::View(ViewOrder::ShowReport { page, .. }) => format!("show report as {page:?}"),
            Command::View(ViewOrder::ShowPage { page, plan }) => {
                format!("show {} as {page:?}", plan.url)
            }
            Command::View(ViewOrder::ShowSlate { page, slate }) => {
                format!("show slate {:?} as {page:?}: {}", slate.kind, slate.reason)
            }
            Command::View(ViewOrder::Operate {
                page,
                op,
                operation,
            }) => format!("{op:?} on {page:?}: {}", name(operation)),
            Command::View(
                ViewOrder::EndWebProcess
                | ViewOrder::ShowNothing { .. }
                | ViewOrder::ForgetContent
                | ViewOrder::ShowPlate(_)
                | ViewOrder::HidePlate
                | ViewOrder::Cover
                | ViewOrder::Uncover
                | ViewOrder::ShowAge(_)
                | ViewOrder::HideAge,
            )
            | Command::NotifyReady
            | Command::SettleSettings { .. }
            | Command::RevertSettings { .. }
            | Command::Exit(_) => format!("{command:?}"),
        };
        self.note(now, format!("-> {text}"));
    }

    pub(crate) fn violation(&self, rule: &'static str, what: &str, seed: u64) -> Violation {
        let steps: String = self.steps.iter().map(|step| self.line(step)).collect();
        Violation {
            rule,
            seed,
            text: format!("{what}\nthe last steps before:\n{steps}"),
        }
    }

    fn line(&self, (at, step): &(Instant, String)) -> String {
        format!("  {}  {step}\n", clock(at.duration_since(self.start)))
    }
}

/// What comes again and again while all is well: signs of life, and looks at a good picture.
pub(crate) fn is_routine(event: &Event) -> bool {
    matches!(
        event,
        Event::BeatAnswered(_)
            | Event::Stirred(_)
            | Event::Page {
                event: PageEvent::Inspected(Glass::Picture),
                ..
            }
    )
}

/// Days, hours, minutes and seconds since the start.
pub(crate) fn clock(time: Duration) -> String {
    let s = time.as_secs();
    format!(
        "{}d {:02}:{:02}:{:02}.{:03}",
        s / 86_400,
        s / 3600 % 24,
        s / 60 % 60,
        s % 60,
        time.subsec_millis()
    )
}

fn name(operation: &Operation) -> &'static str {
    match operation {
        Operation::SetToken(_) => "SetToken",
        Operation::ReloadReport => "ReloadReport",
        Operation::EmbedAgain(_) => "EmbedAgain",
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "broken rule `{}`, SEED={}\n{}",
            self.rule, self.seed, self.text
        )
    }
}
