//! The rounds in which everybody does the same, one after the other.

use std::{path::PathBuf, thread, time::Duration};

use anyhow::{Context as _, Result, bail};
use everlit::clock;
use everlit_standin::{Counters, Standin};

use crate::{
    figures::{Quantity, Shared},
    seat::{self, Page, Running, SEATS, Seat},
    tree::{self, Cost, Spent},
};

/// Far beyond what any start takes.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_AGAIN: Duration = Duration::from_millis(1);
const SETTLED_AFTER: Duration = Duration::from_secs(10);
/// All processes of a start are there.
const COMPLETE_AFTER: Duration = Duration::from_secs(2);
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
    /// From the start of everybody's rest until it is measured: what a start leaves to do is done.
    pub(crate) settling: Duration,
    pub(crate) idle: Duration,
    /// With figures that change each second.
    pub(crate) living: Duration,
    pub(crate) is_watched_for_long: bool,
    /// Detections and settings files.
    pub(crate) reactions: usize,
}

pub(crate) struct Lab {
    pub(crate) cloud: Standin,
    pub(crate) everlit: PathBuf,
}

impl Lab {
    pub(crate) fn run(&self, extent: Extent) -> Result<Shared> {
        let mut shared = Shared::default();
        for seat in SEATS {
            // The first start reads everything from the disk.
            self.start(seat, Page::Plain)?;
        }
        for round in 0..extent.rounds {
            let rests = round < extent.rests;
            for turn in 0..SEATS.len() {
                // Nobody always follows the same one.
                if let Some(seat) = SEATS.get((turn + round) % SEATS.len()) {
                    self.one(*seat, &mut shared, extent, rests)?;
                }
            }
            if rests {
                self.all_idle(&mut shared, extent)?;
            }
        }
        if extent.is_watched_for_long {
            self.later(&mut shared)?;
        }
        Ok(shared)
    }

    fn one(&self, seat: Seat, shared: &mut Shared, extent: Extent, rests: bool) -> Result<()> {
        let (_, painted_s) = self.start(seat, Page::Plain)?;
        shared.add(Quantity::PlainPainted, seat, painted_s);
        let (running, rendered_s) = self.start_polling(seat)?;
        shared.add(Quantity::ReportRendered, seat, rendered_s);
        println!("    {seat}: plain page {painted_s:.2} s, report {rendered_s:.2} s");
        if rests {
            thread::sleep(SETTLED_AFTER);
            shared.add(Quantity::Memory, seat, running.tree.memory_mb());
            for cost in spent(|| vec![running.tree.spent()], extent.living) {
                shared.add(Quantity::LivingCpu, seat, cost.cpu_s * 60.0);
            }
        }
        Ok(())
    }

    /// Everybody at once, each on a display of its own: who does next to nothing disturbs nobody.
    fn all_idle(&self, shared: &mut Shared, extent: Extent) -> Result<()> {
        let mut running = Vec::new();
        for seat in SEATS {
            let (one, _) = self.start_polling(seat)?;
            thread::sleep(COMPLETE_AFTER);
            // Before the next one starts, whose processes are our children, too.
            let pids = one.tree.pids();
            running.push((one, pids));
        }
        self.become_still();
        thread::sleep(extent.settling);
        let look = || running.iter().map(|(_, pids)| tree::spent(pids)).collect();
        for (seat, idle) in SEATS.into_iter().zip(spent(look, extent.idle)) {
            println!("    {seat}: idle {:.3} s a minute", idle.cpu_s * 60.0);
            shared.add(Quantity::IdleCpu, seat, idle.cpu_s * 60.0);
            shared.add(Quantity::IdleWakeUps, seat, idle.wake_ups);
        }
        Ok(())
    }

    /// Only printed.
    pub(crate) fn rests(&self, extent: Extent) -> Result<()> {
        let mut shared = Shared::default();
        for rest in 1..=extent.rests {
            println!("  rest {rest} of {}", extent.rests);
            self.all_idle(&mut shared, extent)?;
        }
        Ok(())
    }

    /// One after the other: they would share memory.
    fn later(&self, shared: &mut Shared) -> Result<()> {
        for seat in SEATS {
            let (running, _) = self.start_polling(seat)?;
            thread::sleep(LATER);
            shared.add(Quantity::MemoryLater, seat, running.tree.memory_mb());
        }
        Ok(())
    }

    fn start_polling(&self, seat: Seat) -> Result<(Running, f64)> {
        self.cloud.set_faults(|faults| faults.poll_ms = POLLING_MS);
        self.start(seat, Page::Report)
    }

    /// A second's worth of processor time and wake-ups, of all processes, with a still report.
    pub(crate) fn idle(&self, running: &Running, length: Duration) -> Option<Cost> {
        self.become_still();
        let look = || vec![running.tree.spent()];
        spent(look, length).into_iter().next()
    }

    pub(crate) fn become_still(&self) {
        self.cloud.set_faults(|faults| faults.poll_ms = STILL_MS);
        thread::sleep(CALM_AFTER);
    }

    /// Starts somebody, and answers how many seconds later the page was there.
    pub(crate) fn start(&self, seat: Seat, page: Page) -> Result<(Running, f64)> {
        self.start_with(seat, page, "")
    }

    /// The same; `extra` is more of the daemon's settings.
    pub(crate) fn start_with(&self, seat: Seat, page: Page, extra: &str) -> Result<(Running, f64)> {
        let prepared = seat::prepare(seat, page, extra, &self.cloud, &self.everlit)?;
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

/// A second's worth of what each of those looked at spends in this time.
fn spent(look: impl Fn() -> Vec<Spent>, length: Duration) -> Vec<Cost> {
    let (before, start) = (look(), clock::now());
    thread::sleep(length);
    let seconds = (clock::now() - start).as_secs_f64();
    let between = look().into_iter().zip(before);
    between
        .map(|(now, before)| now.since(&before).per_second(seconds))
        .collect()
}
