//! What the ledger notes of the player's commands.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use everlit::player::{Command, Operation, ViewOrder};

use super::{Asked, Ledger, Scene, interval, remember};
use crate::{
    settings::{HOUR, MINUTE},
    view::Shown,
};

impl Ledger {
    pub(crate) fn see_command(&mut self, command: &Command, scene: &Scene<'_>) {
        let now = scene.now;
        match command {
            Command::FetchToken {
                request,
                report,
                settings,
            } => {
                self.counts.fetches += 1;
                let pace = self.shortest_pace(scene);
                self.fetches.push_back((now, pace));
                while self
                    .fetches
                    .front()
                    .is_some_and(|(at, _)| now - *at >= MINUTE)
                {
                    self.fetches.pop_front();
                }
                self.in_flight = Some(Asked {
                    request: *request,
                    report: report.as_ref().clone(),
                    settings: Arc::clone(settings),
                    at: now,
                });
            }
            Command::View(order) => self.see_order(order, now),
            Command::NotifyReady => self.counts.ready += 1,
            Command::FeedWatchdog => {
                self.counts.feeds += 1;
                self.fed_at = now;
                self.slowest_limit = scene.settings.recovery.heartbeat_limit;
            }
            Command::SettleSettings { revision } => self.trials.settled(revision),
            Command::RevertSettings { .. } => self.trials.undone(),
            Command::NotifyStatus(_)
            | Command::Watch { .. }
            | Command::Probe { .. }
            | Command::Exit(_) => {}
        }
    }

    fn see_order(&mut self, order: &ViewOrder, now: Instant) {
        match order {
            ViewOrder::ShowReport { plan, .. } => {
                self.see_load(Shown::Report(plan.report.clone()), now);
            }
            ViewOrder::ShowPage { plan, .. } => self.see_load(Shown::Site(plan.url.clone()), now),
            ViewOrder::ShowSlate { .. } | ViewOrder::ShowNothing { .. } => {
                self.operation = None;
                self.wish = now;
            }
            ViewOrder::Operate { op, operation, .. } => {
                self.operation = Some((*op, now));
                self.see_operation(operation, now);
            }
            ViewOrder::Beat(_) => self.counts.beats += 1,
            ViewOrder::EndWebProcess => {
                self.counts.process_ends += 1;
                self.end_asked.get_or_insert(now);
            }
            ViewOrder::ForgetContent => {
                self.counts.forgets += 1;
                self.forgot_content = true;
            }
            ViewOrder::ShowPlate(_) => {
                self.plate_since.get_or_insert(now);
            }
            ViewOrder::HidePlate => self.plate_since = None,
            ViewOrder::Inspect { .. }
            | ViewOrder::Cover
            | ViewOrder::Uncover
            | ViewOrder::ShowAge(_)
            | ViewOrder::HideAge => {}
        }
    }

    fn see_load(&mut self, shown: Shown, now: Instant) {
        self.counts.page_loads += 1;
        self.operation = None;
        remember(&mut self.loads, now, 10 * MINUTE);
        if self
            .turn
            .as_ref()
            .is_none_or(|(current, _)| *current != shown)
        {
            self.turn = Some((shown, now));
        }
    }

    fn see_operation(&mut self, operation: &Operation, now: Instant) {
        match operation {
            Operation::SetToken(_) => self.counts.swaps += 1,
            Operation::ReloadReport => {
                self.counts.report_reloads += 1;
                remember(&mut self.loads, now, 10 * MINUTE);
            }
            Operation::EmbedAgain(_) => {
                self.counts.embeds += 1;
                remember(&mut self.loads, now, 10 * MINUTE);
            }
        }
    }

    fn shortest_pace(&self, scene: &Scene<'_>) -> Duration {
        let settings = &scene.settings.token;
        let lives = self.tokens.iter().map(|(_, _, life)| *life);
        lives
            .map(|life| interval(settings, life))
            .min()
            .unwrap_or(HOUR)
    }
}
