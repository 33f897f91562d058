//! Does for the daemon what systemd does: starts it again, ends what is left, keeps the watchdog.

use std::{
    fs,
    os::unix::process::CommandExt as _,
    process::{Child, Command, ExitStatus},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use everlit::clock;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};

/// `RestartSec=`; it doubles while the daemon ends before it was ready, up to the longest pause.
const RESTART_AFTER: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// `WatchdogSec=`, counted from READY.
const WATCHDOG: Duration = Duration::from_secs(30);
/// `TimeoutStopSec=`.
const STOP_LIMIT: Duration = Duration::from_secs(10);

pub(crate) struct Unit {
    state: State,
    /// How often the daemon ended without being asked to, and how.
    pub(crate) ends: Vec<String>,
    pause: Duration,
}

enum State {
    Stopped,
    Running { daemon: Child, fed: Option<Instant> },
    Due(Instant),
}

/// How the daemon obeyed SIGTERM.
#[derive(Debug)]
pub(crate) struct Stopped {
    pub(crate) status: ExitStatus,
    pub(crate) took: Duration,
    /// Processes that were still there when the daemon was gone.
    pub(crate) left: Vec<i32>,
}

impl Unit {
    pub(crate) fn new() -> Self {
        Self {
            state: State::Stopped,
            ends: Vec::new(),
            pause: RESTART_AFTER,
        }
    }

    pub(crate) fn start(&mut self, mut command: Command) -> Result<()> {
        let daemon = command.process_group(0).spawn();
        self.state = State::Running {
            daemon: daemon.context("cannot start the daemon")?,
            fed: None,
        };
        Ok(())
    }

    /// Looks after the daemon; `heard` is what it told since the last time.
    pub(crate) fn tick(
        &mut self,
        heard: &[String],
        command: impl FnOnce() -> Result<Command>,
    ) -> Result<()> {
        let now = clock::now();
        match &mut self.state {
            State::Stopped => {}
            State::Due(at) if now >= *at => self.start(command()?)?,
            State::Due(_) => {}
            State::Running { daemon, fed } => {
                let was_fed = |line: &String| line == "WATCHDOG=1" && fed.is_some();
                if heard.iter().any(|line| line == "READY=1" || was_fed(line)) {
                    *fed = Some(now);
                }
                if fed.is_some_and(|fed| now > fed + WATCHDOG) {
                    self.ends.push("watchdog".to_owned());
                    *fed = None;
                    daemon.kill()?;
                }
                if let Some(status) = daemon.try_wait()? {
                    end_group(pid_of(daemon)?);
                    self.ends.push(status.to_string());
                    self.pause = match fed {
                        Some(_) => RESTART_AFTER,
                        None => (self.pause * 2).min(LONGEST_PAUSE),
                    };
                    self.state = State::Due(now + self.pause);
                }
            }
        }
        Ok(())
    }

    /// SIGTERM, and the end of everything within the unit's limit.
    pub(crate) fn stop(&mut self) -> Result<Stopped> {
        let State::Running { mut daemon, .. } = std::mem::replace(&mut self.state, State::Stopped)
        else {
            anyhow::bail!("no daemon runs");
        };
        let (pid, start) = (pid_of(&daemon)?, clock::now());
        kill_process(pid, Signal::TERM)?;
        let status = loop {
            if let Some(status) = daemon.try_wait()? {
                break status;
            }
            if clock::now() > start + STOP_LIMIT {
                daemon.kill()?;
            }
            thread::sleep(Duration::from_millis(2));
        };
        let took = clock::now() - start;
        let left = left_after(pid);
        end_group(pid);
        self.pause = RESTART_AFTER;
        Ok(Stopped { status, took, left })
    }

    /// Ends the daemon in any state, without a word.
    pub(crate) fn end(&mut self) {
        if let State::Running { daemon, .. } = &mut self.state
            && let Ok(pid) = pid_of(daemon)
        {
            end_group(pid);
            let _ = daemon.wait();
        }
        self.state = State::Stopped;
    }

    pub(crate) fn is_running(&self) -> bool {
        matches!(self.state, State::Running { .. })
    }

    pub(crate) fn pid(&self) -> Result<Pid> {
        match &self.state {
            State::Running { daemon, .. } => pid_of(daemon),
            State::Stopped | State::Due(_) => anyhow::bail!("no daemon runs"),
        }
    }

    /// The daemon's processes whose names begin so, the youngest first.
    pub(crate) fn processes(&self, name: &str) -> Result<Vec<Pid>> {
        let mut found = members(self.pid()?);
        found.retain(|(_, own)| own.starts_with(name));
        found.sort_by_key(|(pid, _)| std::cmp::Reverse(*pid));
        let pids = found.into_iter().filter_map(|(pid, _)| Pid::from_raw(pid));
        Ok(pids.collect())
    }

    pub(crate) fn signal(&self, signal: Signal) -> Result<()> {
        ensure!(self.is_running(), "no daemon runs");
        Ok(kill_process(self.pid()?, signal)?)
    }
}

impl Drop for Unit {
    fn drop(&mut self) {
        self.end();
    }
}

/// `KillMode=control-group`, with a process group for the control group.
fn end_group(daemon: Pid) {
    // With nobody left in it there is nothing to end.
    let _ = kill_process_group(daemon, Signal::KILL);
}

/// What has not ended soon after the daemon.
fn left_after(daemon: Pid) -> Vec<i32> {
    let start = clock::now();
    loop {
        let left: Vec<i32> = members(daemon).into_iter().map(|(pid, _)| pid).collect();
        if left.is_empty() || clock::now() > start + Duration::from_millis(500) {
            return left;
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// Numbers and names of the living processes in a group. `/proc/PID/stat` is
/// `PID (name) state parent group …`; the name may hold anything, even a bracket.
fn members(group: Pid) -> Vec<(i32, String)> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
            let (head, tail) = stat.rsplit_once(')')?;
            let (pid, name) = head.split_once(" (")?;
            let mut tail = tail.split_whitespace();
            let is_dead = tail.next()? == "Z";
            let of: i32 = tail.nth(1)?.parse().ok()?;
            (of == group.as_raw_nonzero().get() && !is_dead)
                .then(|| Some((pid.parse().ok()?, name.to_owned())))?
        })
        .collect()
}

fn pid_of(child: &Child) -> Result<Pid> {
    Pid::from_raw(child.id().cast_signed()).context("no process number")
}
