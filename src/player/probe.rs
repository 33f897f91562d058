//! Asks the server of content that rests whether it is back, which costs far less than a load.

use std::time::{Duration, Instant};

use url::Url;

use super::{
    Command, Player, ProbeId, Reach, Timer,
    retry::Vigil,
    stage::{LONGEST_RETRY, Resting, Task},
};
use crate::settings::Content;

const FIRST_PROBE: Duration = Duration::from_secs(1);

/// What is known of the server while its content rests.
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
            vigil: Vigil::new(),
            report_url: None,
        }
    }

    pub(super) fn report_is_at(&mut self, url: Url) {
        self.report_url = Some(url);
    }
}

impl Player {
    pub(super) fn start_probes(&mut self, now: Instant) {
        self.probes.seen = Seen::Nothing;
        self.probes.vigil = Vigil::after_tries();
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
                // A load is pointless before a probe finds the server.
                self.timers.set(Timer::Retry, now + LONGEST_RETRY);
            }
            (Reach::There, Seen::Away) => self.retry(now),
            // It does not load although the server answers: only trying helps.
            (Reach::There, Seen::Nothing) => {}
        }
    }

    fn may_probe(&self) -> bool {
        match self.task {
            Task::Rest(Resting::Trouble | Resting::Unreachable) => true,
            Task::Rest(Resting::Refused | Resting::Untimed)
            | Task::Nothing
            | Task::AwaitToken
            | Task::Load
            | Task::Show
            | Task::Swap { .. }
            | Task::Heal(_)
            | Task::Stop => false,
        }
    }
}
