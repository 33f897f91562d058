//! Asks the server of content that does not load whether it is back, which costs far less than a
//! load.

use std::time::{Duration, Instant};

use url::Url;

use super::{
    Command, Player, ProbeId, Reach, Timer,
    ladder::Rung,
    page::Signs,
    retry::Vigil,
    stage::{Asked, LONGEST_RETRY, Resting, Step, Task},
};
use crate::settings::Content;

const FIRST_PROBE: Duration = Duration::from_secs(1);

/// What is known of the server while its content does not load.
#[derive(Debug)]
pub(super) struct Probes {
    last: ProbeId,
    seen: Seen,
    vigil: Vigil,
    /// Where the last report was; its token is forgotten when it rests.
    report_url: Option<Url>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    Nothing,
    Away,
}

impl Probes {
    pub(super) const fn new() -> Self {
        Self {
            last: ProbeId(0),
            seen: Seen::Nothing,
            vigil: Vigil::after_tries(),
            report_url: None,
        }
    }

    /// The content is up: the next trouble is another one.
    pub(super) fn end(&mut self) {
        self.vigil = Vigil::after_tries();
    }

    pub(super) fn report_is_at(&mut self, url: Url) {
        self.report_url = Some(url);
    }
}

impl Player {
    pub(super) fn start_probes(&mut self, now: Instant) {
        self.probes.seen = Seen::Nothing;
        self.timers.set(Timer::Probe, now + FIRST_PROBE);
    }

    pub(super) fn probe(&mut self, now: Instant) {
        if !self.may_probe() {
            return;
        }
        let url = match self.playlist.content() {
            Some(Content::Page(page)) => Some(page.url.clone()),
            Some(Content::Report(_)) => self.probes.report_url.clone(),
            None => None,
        };
        if let Some(url) = url {
            self.probes.last = self.probes.last.next();
            let probe = self.probes.last;
            self.commands.push_back(Command::Probe { probe, url });
            self.plan_probe(now);
        }
    }

    fn plan_probe(&mut self, now: Instant) {
        let pause = self.probes.vigil.next(&mut self.rng);
        self.timers.set(Timer::Probe, now + pause);
    }

    pub(super) fn probed(&mut self, probe: ProbeId, reach: Reach, now: Instant) {
        if probe != self.probes.last || !self.may_probe() {
            return;
        }
        match (reach, self.probes.seen) {
            (Reach::Away, _) => {
                self.probes.seen = Seen::Away;
                if matches!(self.task, Task::Rest(_)) {
                    // A load is pointless before a probe finds the server.
                    self.timers.set(Timer::Retry, now + LONGEST_RETRY);
                }
            }
            (Reach::There, Seen::Away) => self.server_is_back(now),
            // It does not load although the server answers: only trying helps.
            (Reach::There, Seen::Nothing) => {}
        }
    }

    fn server_is_back(&mut self, now: Instant) {
        match self.task.clone() {
            // What was asked while it was away may never be answered.
            Task::Load => self.climb(Rung::Page, Signs::default(), now),
            Task::Heal(healing) => self.climb(healing.rung, healing.signs, now),
            Task::Rest(_) => self.retry(now),
            Task::Nothing | Task::AwaitToken | Task::Show | Task::Swap { .. } | Task::Stop => {}
        }
    }

    fn may_probe(&self) -> bool {
        match &self.task {
            Task::Rest(Resting::Trouble | Resting::Unreachable) => true,
            Task::Load => self.is_load_doubtful(),
            Task::Heal(healing) => {
                healing.step == Step::Render(Asked::Load) && self.is_load_doubtful()
            }
            Task::Rest(Resting::Refused | Resting::Untimed)
            | Task::Nothing
            | Task::AwaitToken
            | Task::Show
            | Task::Swap { .. }
            | Task::Stop => false,
        }
    }

    /// The last load got no answer.
    pub(super) fn is_load_doubtful(&self) -> bool {
        self.unanswered_loads > 0 && self.has_current_content()
    }
}
