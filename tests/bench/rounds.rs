//! The rounds in which everybody does the same, one after the other.

use std::{path::Path, thread, time::Duration};

use anyhow::{Context as _, Result, bail};
use everlit::clock;
use everlit_standin::{Counters, Standin};

use crate::{
    figures::{Quantity, Shared},
    seat::{self, Page, Running, SEATS, Seat},
    tree::Cost,
};

/// Far beyond what any start takes.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_AGAIN: Duration = Duration::from_millis(1);
const SETTLED_AFTER: Duration = Duration::from_secs(10);
const LATER: Duration = Duration::from_secs(600);
/// Visuals that ask for data every second.
const POLLING_MS: u64 = 1_000;
/// As long as a browser's timers can be; none comes round.
const STILL_MS: u64 = 1_000_000_000;
/// Until the last answers with the new pace have come, and what they brought is drawn.
const CALM_AFTER: Duration = Duration::from_secs(3);

/// How much is done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extent {
    pub(crate) rounds: usize,
    /// Rounds of them in which everybody is also watched at rest.
    pub(crate) rests: usize,
    pub(crate) idle: Duration,
    pub(crate) is_watched_for_long: bool,
}

pub(crate) struct Lab<'l> {
    pub(crate) cloud: &'l Standin,
    pub(crate) everlit: &'l Path,
}

impl Lab<'_> {
    pub(crate) fn run(&self, extent: Extent) -> Result<Shared> {
        let mut shared = Shared::default();
        for seat in SEATS {
            // The first start reads everything from the disk.
            self.start(seat, Page::Plain)?;
        }
        for round in 0..extent.rounds {
            for turn in 0..SEATS.len() {
                // Nobody always follows the same one.
                let Some(seat) = SEATS.get((turn + round) % SEATS.len()) else {
                    continue;
                };
                let is_first = round == 0;
                self.one(*seat, &mut shared, extent, round < extent.rests, is_first)?;
            }
        }
        Ok(shared)
    }

    fn one(
        &self,
        seat: Seat,
        shared: &mut Shared,
        extent: Extent,
        rests: bool,
        is_first: bool,
    ) -> Result<()> {
        let (_, painted_s) = self.start(seat, Page::Plain)?;
        shared.add(Quantity::PlainPainted, seat, painted_s);
        self.cloud.set_faults(|faults| faults.poll_ms = POLLING_MS);
        let (running, rendered_s) = self.start(seat, Page::Report)?;
        shared.add(Quantity::ReportRendered, seat, rendered_s);
        println!("    {seat}: plain page {painted_s:.2} s, report {rendered_s:.2} s");
        if rests {
            thread::sleep(SETTLED_AFTER);
            shared.add(Quantity::Memory, seat, running.tree.memory_mb());
            let living = self.spent(&running, extent.idle);
            shared.add(Quantity::LivingCpu, seat, living.cpu_s * 60.0);
            if is_first && extent.is_watched_for_long {
                thread::sleep(LATER);
                shared.add(Quantity::MemoryLater, seat, running.tree.memory_mb());
            }
            let idle = self.idle(&running, extent.idle);
            shared.add(Quantity::IdleCpu, seat, idle.cpu_s * 60.0);
            shared.add(Quantity::IdleWakeUps, seat, idle.wake_ups);
        }
        Ok(())
    }

    /// A second's worth of processor time and wake-ups, of all processes, with a still report.
    pub(crate) fn idle(&self, running: &Running, length: Duration) -> Cost {
        self.become_still();
        self.spent(running, length)
    }

    pub(crate) fn become_still(&self) {
        self.cloud.set_faults(|faults| faults.poll_ms = STILL_MS);
        thread::sleep(CALM_AFTER);
    }

    fn spent(&self, running: &Running, length: Duration) -> Cost {
        let (before, start) = (running.tree.spent(), clock::now());
        thread::sleep(length);
        let spent = running.tree.spent().since(&before);
        spent.per_second((clock::now() - start).as_secs_f64())
    }

    /// Starts somebody, and answers how many seconds later the page was there.
    pub(crate) fn start(&self, seat: Seat, page: Page) -> Result<(Running, f64)> {
        self.start_with(seat, page, "")
    }

    /// The same; `extra` is more of the daemon's settings.
    pub(crate) fn start_with(&self, seat: Seat, page: Page, extra: &str) -> Result<(Running, f64)> {
        let prepared = seat::prepare(seat, page, extra, self.cloud, self.everlit)?;
        let start_ms = self.cloud.counters().now_ms;
        let running = prepared.start()?;
        let mark = match page {
            Page::Report => |counters: &Counters| counters.rendered_ms,
            Page::Plain => |counters: &Counters| counters.painted_ms,
        };
        let at_ms = self.until(&format!("{seat} to show the page"), |counters| {
            mark(counters).filter(|at| *at > start_ms)
        });
        let at_ms = at_ms.with_context(|| running.log())?;
        Ok((running, (at_ms - start_ms) / 1000.0))
    }

    /// Looks at the stand-in's counters until they are as wanted.
    pub(crate) fn until<T>(
        &self,
        what: &str,
        wanted: impl Fn(&Counters) -> Option<T>,
    ) -> Result<T> {
        self.until_within(what, PATIENCE, wanted)
    }

    pub(crate) fn until_within<T>(
        &self,
        what: &str,
        patience: Duration,
        wanted: impl Fn(&Counters) -> Option<T>,
    ) -> Result<T> {
        let start = clock::now();
        loop {
            if let Some(found) = wanted(&self.cloud.counters()) {
                return Ok(found);
            }
            if clock::now() > start + patience {
                bail!("waited {} s in vain for {what}", patience.as_secs());
            }
            thread::sleep(LOOK_AGAIN);
        }
    }
}
