//! What only everlit does, and what that costs: token swaps, the daemon's own share, a start after a crash.

use std::{fs, thread, time::Duration};

use anyhow::{Context as _, Result};
use everlit::{clock, player::Ask};
use everlit_standin::{Switch, Trouble};
use serde_json::Value;

use crate::{
    figures::{Limit, Own, Spread},
    network,
    rounds::{Extent, Lab},
    seat::{OURS_ON_X, Page, Running},
    tree::{Cost, Spent},
};

/// A swap each second instead of every 40 minutes.
const OFTEN: &str = "[token]\nrefresh_every = \"1 s\"\n";
const RELOADS: usize = 5;
/// For what a start leaves to do to come to its end.
const REST: Duration = Duration::from_secs(2);
const SWAPS_FOR_MEMORY: u64 = 500;
/// What an answer over the internet may take; the stand-in answers in a few milliseconds.
const FAR_AWAY_MS: u32 = 200;
/// Where criterion leaves its estimates, in the build folder.
const BEAT: &str = "criterion/player/beat/new/estimates.json";
const DAY: &str = "criterion/world/day/new/estimates.json";
const DAY_ON_A_WALL: &str = "criterion/world/day-on-a-wall/new/estimates.json";
const DAYS_A_YEAR: f64 = 365.25;

impl Lab {
    /// The daemon's process at rest, without WebKit's others.
    pub(crate) fn daemon(&self, extent: Extent, own: &mut Own) -> Result<()> {
        let (running, _) = self.start(OURS_ON_X, Page::Report)?;
        self.become_still();
        thread::sleep(extent.settling);
        let (before, start) = (running.tree.spent_by_root(), clock::now());
        thread::sleep(extent.idle);
        let spent = running.tree.spent_by_root().since(&before);
        let spent = spent.per_second((clock::now() - start).as_secs_f64());
        let memory = running.tree.own_memory_mb();
        own.add(
            "daemon: memory of its own",
            &[memory],
            "MB",
            Some(Limit::Median(25.0)),
        );
        own.add(
            "daemon: wake-ups",
            &[spent.wake_ups],
            "a second",
            Some(Limit::Median(2.0)),
        );
        own.add(
            "daemon: processor",
            &[spent.cpu_s * 60.0],
            "s a minute",
            None,
        );
        Ok(())
    }

    /// Token swaps on a still report, against loads of the page.
    pub(crate) fn swaps(&self, extent: Extent, own: &mut Own) -> Result<()> {
        let (still, _) = self.start(OURS_ON_X, Page::Report)?;
        let idle = self.idle(&still, extent.idle).context("no look")?;
        self.reloads(&still, own)?;
        drop(still);
        let (running, _) = self.start_with(OURS_ON_X, Page::Report, OFTEN)?;
        self.become_still();
        let memory_before = running.tree.memory_mb();
        let before = self.mark(&running)?;
        thread::sleep(extent.idle);
        let between = self.mark(&running)?.since(&before);
        let swaps = between.swaps as f64;
        let cpu_ms = (between.cost.cpu_s - idle.cpu_s * between.seconds) * 1000.0 / swaps;
        own.add(
            "token swap: processor, all processes",
            &[cpu_ms],
            "ms",
            None,
        );
        own.add(
            "token swap: bytes on the network",
            &[between.bytes / swaps / 1024.0],
            "kB",
            None,
        );
        let gap = self.longest_gap(extent.idle)?;
        own.add(
            "token swaps: longest gap between animation frames",
            &[gap],
            "ms",
            Some(Limit::Most(50.0)),
        );
        own.add(
            "token swaps: loads of the report's frame",
            &[between.loads as f64],
            "",
            Some(Limit::Most(0.0)),
        );
        if extent.is_watched_for_long {
            let so_far = self.cloud.counters().token_messages;
            self.until_within("500 swaps", Duration::from_secs(900), |counters| {
                (counters.token_messages >= so_far + SWAPS_FOR_MEMORY).then_some(())
            })?;
            let grown = running.tree.memory_mb() - memory_before;
            own.add("memory after 500 swaps: growth", &[grown], "MB", None);
        }
        Ok(())
    }

    fn reloads(&self, running: &Running, own: &mut Own) -> Result<()> {
        let before = self.mark(running)?;
        let mut times = Vec::new();
        for _ in 0..RELOADS {
            let start_ms = self.cloud.counters().now_ms;
            running.ask(Ask::Reload)?;
            let done_ms = self.until("the report again", |counters| {
                counters.rendered_ms.filter(|at| *at > start_ms)
            })?;
            times.push(done_ms - start_ms);
            thread::sleep(REST);
        }
        let between = self.mark(running)?.since(&before);
        let loads = RELOADS as f64;
        own.add(
            "page load instead: processor, all processes",
            &[between.cost.cpu_s * 1000.0 / loads],
            "ms",
            None,
        );
        own.add(
            "page load instead: bytes on the network",
            &[between.bytes / loads / 1024.0],
            "kB",
            None,
        );
        own.add(
            "page load instead: until the report is there again",
            &times,
            "ms",
            None,
        );
        Ok(())
    }

    /// What the report page sees for a while; the answer to each swap tells it whether to look.
    fn longest_gap(&self, length: Duration) -> Result<f64> {
        let watch = |switch| self.cloud.set_faults(|faults| faults.frame_watch = switch);
        watch(Switch::On);
        thread::sleep(length);
        watch(Switch::Off);
        let frames = self.until("the animation frames", |counters| counters.frames)?;
        Ok(frames.longest_gap_ms)
    }

    fn mark(&self, running: &Running) -> Result<Mark> {
        let counters = self.cloud.counters();
        Ok(Mark {
            spent: running.tree.spent(),
            bytes: network::bytes()?,
            swaps: counters.token_messages,
            loads: counters.iframe_loads,
            seconds: counters.now_ms / 1000.0,
        })
    }

    /// The daemon is killed, and started again at once.
    pub(crate) fn crashes(&self, extent: Extent, own: &mut Own) -> Result<()> {
        self.restarts("", extent, own)?;
        self.source_is(Trouble::Late { ms: FAR_AWAY_MS });
        let far = format!(", the source's answers {FAR_AWAY_MS} ms late");
        let done = self.restarts(&far, extent, own);
        self.source_is(Trouble::None);
        done
    }

    fn source_is(&self, trouble: Trouble) {
        self.cloud.set_faults(|faults| {
            (faults.entra, faults.api) = (trouble, trouble);
        });
    }

    fn restarts(&self, how: &str, extent: Extent, own: &mut Own) -> Result<()> {
        let crashes = self.crash_times(extent)?;
        own.add(
            &format!("killed daemon, until the report is there again{how}"),
            &crashes,
            "s",
            None,
        );
        let cold_starts = self.cold_starts(extent)?;
        let Some(cold) = Spread::of(&cold_starts) else {
            return Ok(());
        };
        own.add(
            &format!("cold start, until the report is there{how}"),
            &cold_starts,
            "s",
            None,
        );
        let ratios: Vec<f64> = crashes.iter().map(|time| time / cold.median).collect();
        let limit = Some(Limit::Median(0.7));
        let what = format!("killed daemon against a cold start{how}");
        own.add(&what, &ratios, "", limit);
        Ok(())
    }

    fn crash_times(&self, extent: Extent) -> Result<Vec<f64>> {
        let (mut running, _) = self.start(OURS_ON_X, Page::Report)?;
        let mut times = Vec::new();
        for _ in 0..extent.rounds {
            thread::sleep(REST);
            let start_ms = self.cloud.counters().now_ms;
            running.crash()?;
            let done_ms = self.until("the report again", |counters| {
                counters.rendered_ms.filter(|at| *at > start_ms)
            })?;
            times.push((done_ms - start_ms) / 1000.0);
        }
        Ok(times)
    }

    /// Starts as after power-on, when every file comes from the disk: what a killed daemon's next start
    /// is spared. None without root, by which alone the kernel forgets them.
    fn cold_starts(&self, extent: Extent) -> Result<Vec<f64>> {
        let mut times = Vec::new();
        for _ in 0..extent.rounds {
            if fs::write("/proc/sys/vm/drop_caches", "3").is_err() {
                break;
            }
            times.push(self.start(OURS_ON_X, Page::Report)?.1);
        }
        Ok(times)
    }

    /// What `cargo bench --bench speed` found last.
    pub(crate) fn player(&self, own: &mut Own) -> Result<()> {
        // A beat is two facts: that it is due, and that it was answered.
        let facts = 2.0e9 / self.estimate(BEAT)?;
        own.add(
            "player: facts taken in",
            &[facts / 1.0e6],
            "million a second",
            None,
        );
        let limit = Some(Limit::AtLeast(1.0));
        let as_tested = "simulated device-years, as tested";
        own.add(as_tested, &[self.years(DAY)?], "a second", limit);
        let on_walls = "simulated device-years, with heartbeats as on walls";
        own.add(on_walls, &[self.years(DAY_ON_A_WALL)?], "a second", limit);
        Ok(())
    }

    /// In a second of the machine's time, of a day that takes what stands there.
    fn years(&self, name: &str) -> Result<f64> {
        Ok(1.0e9 / self.estimate(name)? / DAYS_A_YEAR)
    }

    /// The median in nanoseconds.
    fn estimate(&self, name: &str) -> Result<f64> {
        let target = self.everlit.ancestors().nth(2).context("no build folder")?;
        let path = target.join(name);
        let text = fs::read_to_string(&path).with_context(|| {
            format!(
                "no {}: run `cargo bench --bench speed` first",
                path.display()
            )
        })?;
        let estimates: Value = serde_json::from_str(&text)?;
        estimates["median"]["point_estimate"]
            .as_f64()
            .context("no median in it")
    }
}

/// What has happened so far.
struct Mark {
    spent: Spent,
    bytes: f64,
    swaps: u64,
    loads: u64,
    seconds: f64,
}

/// What happened between two marks.
struct Between {
    cost: Cost,
    bytes: f64,
    swaps: u64,
    loads: u64,
    seconds: f64,
}

impl Mark {
    fn since(&self, earlier: &Self) -> Between {
        Between {
            cost: self.spent.since(&earlier.spent),
            bytes: self.bytes - earlier.bytes,
            swaps: self.swaps - earlier.swaps,
            loads: self.loads - earlier.loads,
            seconds: self.seconds - earlier.seconds,
        }
    }
}
