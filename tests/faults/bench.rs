//! The wall on the bench: daemon under supervision, screen under watch, service with its faults.

use std::{
    os::unix::net::UnixListener,
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use everlit::{clock, player::Phase, portal::StatusDocument};
use everlit_standin::{Content, Counters, Credential, Faults};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::{
    fault::Proof,
    limits::{self, Pace},
    rig::{PATIENCE, Wall},
    room::{self, PROXY_NAME, Room},
    screen::Screen,
    seen::Seen,
    unit::{Stopped, Unit},
};

const LOOK_AGAIN: Duration = Duration::from_millis(5);
/// Within which a process of the daemon's is there.
const APPEARANCE: Duration = Duration::from_secs(5);
/// On the first page of the stand-in's report.
const VISUALS: usize = 8;

pub(crate) struct Bench {
    // The daemon ends before what it stands on.
    pub(crate) unit: Unit,
    pub(crate) wall: Wall,
    pub(crate) screen: Screen,
    pub(crate) room: Room,
    pub(crate) pace: Pace,
    /// Whoever else sits on the control socket's path.
    pub(crate) squatter: Option<UnixListener>,
    /// How long this machine takes to load the report.
    pub(crate) page_load: Duration,
}

impl Bench {
    /// A new wall that shows the report.
    pub(crate) fn open(program: &Path, pace: Pace) -> Result<Self> {
        let dir = TempDir::new()?;
        let (screen, display) = Screen::open()?;
        let wall = Wall::on(display, &room::script(&dir))?;
        let room = Room::open(dir, program, wall.path("state"))?;
        let mut bench = Self {
            unit: Unit::new(),
            wall,
            screen,
            room,
            pace,
            squatter: None,
            page_load: Duration::ZERO,
        };
        bench.heal_service();
        bench.write_settings("")?;
        bench.start()?;
        bench.until_showing(PATIENCE)?;
        bench.page_load = bench.measure_page_load()?;
        Ok(bench)
    }

    /// From the order to load the report afresh until it is fresh, the middle one of three.
    fn measure_page_load(&mut self) -> Result<Duration> {
        let mut times = Vec::new();
        for _ in 0..3 {
            self.live(Duration::from_millis(500))?;
            let start = self.now_ms();
            self.everlit("reload");
            times.push(self.until_fresh(start, Proof::Frame, PATIENCE)?);
        }
        times.sort();
        times.get(1).copied().context("three measurements")
    }

    pub(crate) fn settings_text(&self, extra: &str) -> String {
        let blank_after = self.pace.blank_after().as_secs();
        let recovery = format!("[recovery]\nblank_after = \"{blank_after} s\"\n{extra}");
        let cloud = &self.wall.cloud;
        cloud
            .settings_toml(&Content::Report, Credential::Secret, &recovery)
            .replace("http://127.0.0.1:", &format!("http://{PROXY_NAME}:"))
    }

    pub(crate) fn write_settings(&self, extra: &str) -> Result<()> {
        self.wall.write_text(&self.settings_text(extra))
    }

    pub(crate) fn set_faults(&self, change: impl FnOnce(&mut Faults)) {
        self.wall.cloud.set_faults(change);
    }

    /// Makes the service healthy, with the tokens that are usual here.
    pub(crate) fn heal_service(&self) {
        self.set_faults(|faults| {
            *faults = Faults {
                token_life_s: limits::TOKEN_LIFE_S,
                ..Faults::default()
            };
        });
    }

    pub(crate) fn counters(&self) -> Counters {
        self.wall.counters()
    }

    /// The stand-in's clock.
    pub(crate) fn now_ms(&self) -> f64 {
        self.counters().now_ms
    }

    /// A command to the daemon, which may be in no state to take it.
    pub(crate) fn everlit(&self, command: &str) {
        let _ = self.wall.everlit(&[command]);
    }

    pub(crate) fn start(&mut self) -> Result<()> {
        let command = command(&self.wall)?;
        self.unit.start(command)
    }

    /// Stops the daemon as systemd does, and checks that it obeys.
    pub(crate) fn stop(&mut self) -> Result<Stopped> {
        let stopped = self.unit.stop()?;
        ensure!(stopped.left.is_empty(), "left behind: {stopped:?}");
        ensure!(stopped.took < limits::STOP, "too slow: {stopped:?}");
        Ok(stopped)
    }

    /// SIGTERM and a new start.
    pub(crate) fn restart(&mut self) -> Result<()> {
        self.stop()?;
        self.start()
    }

    pub(crate) fn kill(&self, pid: Pid, signal: Signal) -> Result<()> {
        Ok(kill_process(pid, signal)?)
    }

    /// Waits for a process of the daemon's.
    pub(crate) fn until_process(&mut self, name: &str) -> Result<Pid> {
        self.until(&format!("a process {name}"), APPEARANCE, |bench| {
            Ok(bench
                .unit
                .processes(name)
                .unwrap_or_default()
                .first()
                .copied())
        })
    }

    /// Lets the supervisor work.
    pub(crate) fn tick(&mut self) -> Result<()> {
        let (unit, wall) = (&mut self.unit, &self.wall);
        unit.tick(&wall.notifications(), || command(wall))
    }

    pub(crate) fn live(&mut self, time: Duration) -> Result<()> {
        let end = clock::now() + time;
        while clock::now() < end {
            self.tick()?;
            thread::sleep(LOOK_AGAIN);
        }
        Ok(())
    }

    pub(crate) fn until<T>(
        &mut self,
        what: &str,
        patience: Duration,
        mut wanted: impl FnMut(&Self) -> Result<Option<T>>,
    ) -> Result<T> {
        let start = clock::now();
        loop {
            self.tick()?;
            if let Some(found) = wanted(self)? {
                return Ok(found);
            }
            if clock::now() > start + patience {
                bail!("waited {} s in vain for {what}", patience.as_secs());
            }
            thread::sleep(LOOK_AGAIN);
        }
    }

    pub(crate) fn until_status(
        &mut self,
        what: &str,
        wanted: impl Fn(&StatusDocument) -> bool,
    ) -> Result<StatusDocument> {
        self.until(what, PATIENCE, |bench| {
            Ok(bench.wall.status().ok().filter(&wanted))
        })
    }

    pub(crate) fn until_phase(&mut self, phase: Phase) -> Result<StatusDocument> {
        self.until_status(&format!("phase {phase:?}"), |status| status.phase == phase)
    }

    pub(crate) fn until_showing(&mut self, patience: Duration) -> Result<()> {
        let start = self.now_ms();
        self.until_fresh(start, Proof::Data, patience).map(drop)
    }

    /// Waits until the content that is seen is fresher than `since_ms`; answers how long after it that was.
    pub(crate) fn until_fresh(
        &mut self,
        since_ms: f64,
        proof: Proof,
        patience: Duration,
    ) -> Result<Duration> {
        let fresh_ms = self.until("fresh content", patience, |bench| {
            let counters = bench.counters();
            let is_fresh = is_fresh(&counters, since_ms, proof) && bench.is_showing();
            let is_seen = is_fresh && bench.screen.look() == Seen::Picture;
            Ok(is_seen.then_some(counters.now_ms))
        })?;
        Ok(Duration::from_secs_f64(
            (fresh_ms - since_ms).max(0.0) / 1000.0,
        ))
    }

    fn is_showing(&self) -> bool {
        self.wall.status().is_ok_and(|status| {
            let rendered = status.content.is_some_and(|content| content.rendered);
            status.phase == Phase::Showing && rendered
        })
    }

    /// What was written to the log after its first bytes.
    pub(crate) fn log_since(&self, length: usize) -> Result<String> {
        let log = self.wall.log()?;
        Ok(log.get(length..).unwrap_or_default().to_owned())
    }

    /// Time to watch the screen from.
    pub(crate) fn now(&self) -> Instant {
        clock::now()
    }
}

fn command(wall: &Wall) -> Result<Command> {
    let mut command = wall.command()?;
    command.env_remove("EVERLIT_LOG");
    Ok(command)
}

fn is_fresh(counters: &Counters, since_ms: f64, proof: Proof) -> bool {
    let start = match proof {
        Proof::Data => Some(since_ms),
        Proof::Frame => counters.frame_asked_ms.filter(|at| *at >= since_ms),
    };
    start.is_some_and(|start| {
        let fresh = counters.fresh_ms.values().filter(|at| **at > start);
        fresh.count() >= VISUALS
    })
}
