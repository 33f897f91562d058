//! What a program costs, with all the processes that it has started: memory, processor time, wake-ups.

use std::{
    collections::{HashMap, HashSet},
    fs,
    time::Duration,
};

use nix::time::ClockId;
use rustix::process::{Pid, getpid, set_child_subreaper};

/// A program's processes. Those whose parents ended are ours ([`adopt_orphans`]).
#[derive(Debug)]
pub(crate) struct Tree {
    pub(crate) root: i32,
    /// Our other children, which belong to somebody else.
    strangers: HashSet<i32>,
}

/// What has been spent since the processes began, by process and by thread: what has ended in the
/// meantime must not count against what goes on.
#[derive(Debug, Clone, Default)]
pub(crate) struct Spent {
    cpu_s: HashMap<i32, f64>,
    wake_ups: HashMap<i32, f64>,
}

/// What was spent in a time, or in a second of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    pub(crate) cpu_s: f64,
    /// Times that a thread went to sleep of its own accord, and so was woken again.
    pub(crate) wake_ups: f64,
}

/// Makes processes whose parent ended children of this one.
pub(crate) fn adopt_orphans() -> anyhow::Result<()> {
    Ok(set_child_subreaper(Some(getpid()))?)
}

/// Our children of now: displays and services.
pub(crate) fn children() -> HashSet<i32> {
    let parents = parents();
    let own = own_pid();
    let ours = parents.iter().filter(|(_, parent)| **parent == own);
    ours.map(|(pid, _)| *pid).collect()
}

impl Tree {
    /// `strangers` are the [`children`] from before the program was started.
    pub(crate) fn new(root: i32, strangers: HashSet<i32>) -> Self {
        Self { root, strangers }
    }

    pub(crate) fn pids(&self) -> Vec<i32> {
        let parents = parents();
        let own = own_pid();
        let is_ours = |pid: &i32| {
            let mut at = *pid;
            loop {
                match parents.get(&at) {
                    Some(parent) if *parent == own => return !self.strangers.contains(&at),
                    Some(parent) if *parent != at => at = *parent,
                    Some(_) | None => return false,
                }
            }
        };
        parents.keys().copied().filter(is_ours).collect()
    }

    /// Proportional set size in megabytes: a page that n processes share counts as an nth for each.
    pub(crate) fn memory_mb(&self) -> f64 {
        // A process may end while we look at it.
        let sizes = self.pids().into_iter().filter_map(proportional_mb);
        sizes.sum()
    }

    pub(crate) fn spent(&self) -> Spent {
        spent(&self.pids())
    }

    /// By the program's first process alone.
    pub(crate) fn spent_by_root(&self) -> Spent {
        spent(&[self.root])
    }

    /// The first process's memory in megabytes without the pages of libraries that others map, too.
    pub(crate) fn own_memory_mb(&self) -> f64 {
        let text = fs::read_to_string(format!("/proc/{}/smaps", self.root)).unwrap_or_default();
        own_kilobytes(&text) / 1024.0
    }

    /// Ends all of them.
    pub(crate) fn end(&self) {
        for pid in self.pids().into_iter().filter_map(Pid::from_raw) {
            // It may have ended by itself.
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
        }
    }
}

impl Spent {
    pub(crate) fn since(&self, earlier: &Self) -> Cost {
        let grown = |now: &HashMap<i32, f64>, then: &HashMap<i32, f64>| {
            now.iter()
                .map(|(id, value)| value - then.get(id).copied().unwrap_or_default())
                .sum()
        };
        Cost {
            cpu_s: grown(&self.cpu_s, &earlier.cpu_s),
            wake_ups: grown(&self.wake_ups, &earlier.wake_ups),
        }
    }
}

impl Cost {
    pub(crate) fn per_second(self, seconds: f64) -> Self {
        Self {
            cpu_s: self.cpu_s / seconds,
            wake_ups: self.wake_ups / seconds,
        }
    }
}

fn own_pid() -> i32 {
    getpid().as_raw_nonzero().get()
}

/// Every process's parent. `/proc/PID/stat` is `PID (name) state parent …`; the name may hold
/// anything, even a bracket.
fn parents() -> HashMap<i32, i32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            let fields = stat(pid)?;
            Some((pid, fields.get(1)?.parse().ok()?))
        })
        .collect()
}

/// The fields after the name: state, parent, group …
fn stat(pid: i32) -> Option<Vec<String>> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, tail) = stat.rsplit_once(") ")?;
    Some(tail.split_whitespace().map(str::to_owned).collect())
}

/// By these processes, as far as they still live.
pub(crate) fn spent(pids: &[i32]) -> Spent {
    let mut spent = Spent::default();
    for &pid in pids {
        spent.cpu_s.extend(cpu_s(pid).map(|cpu_s| (pid, cpu_s)));
        spent.wake_ups.extend(wake_ups(pid));
    }
    spent
}

/// From the process's own clock: `/proc` tells times in user mode and in the kernel, each cut to ticks
/// of 10 ms, which is much of what a process at rest takes in a minute.
fn cpu_s(pid: i32) -> Option<f64> {
    let clock = ClockId::pid_cpu_clock_id(nix::unistd::Pid::from_raw(pid)).ok()?;
    Some(Duration::from(clock.now().ok()?).as_secs_f64())
}

/// Of each thread.
fn wake_ups(pid: i32) -> Vec<(i32, f64)> {
    let threads = fs::read_dir(format!("/proc/{pid}/task"));
    let threads = threads.into_iter().flatten().flatten();
    threads
        .filter_map(|thread| {
            let status = fs::read_to_string(thread.path().join("status")).ok()?;
            let switches = number_after(&status, "voluntary_ctxt_switches:")?;
            Some((thread.file_name().to_str()?.parse().ok()?, switches))
        })
        .collect()
}

fn proportional_mb(pid: i32) -> Option<f64> {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    Some(number_after(&rollup, "Pss:")? / 1024.0)
}

/// From `/proc/PID/smaps`: the proportional size of everything but libraries, and of these only what
/// is private to the process, such as their data.
fn own_kilobytes(smaps: &str) -> f64 {
    let mut is_library = false;
    let mut sum = 0.0;
    for line in smaps.lines() {
        let first = line.split_whitespace().next().unwrap_or_default();
        let wanted = match first {
            "Pss:" => !is_library,
            "Private_Clean:" | "Private_Dirty:" => is_library,
            _ if !first.ends_with(':') => {
                is_library = line.contains(".so");
                false
            }
            _ => false,
        };
        if wanted {
            sum += number_after(line, first).unwrap_or_default();
        }
    }
    sum
}

/// The number behind a word at the beginning of a line.
fn number_after(text: &str, word: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(word))?;
    line.split_whitespace().next()?.parse().ok()
}
