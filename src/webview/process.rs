//! The web process as the kernel knows it: its number and its memory.

use std::{
    cell::RefCell,
    fs::{self, File},
    os::unix::fs::FileExt as _,
};

use rustix::process::{Pid, Signal, getpid, kill_process};
use webkit2gtk::ffi;

/// As the kernel cuts the name off.
const WEB: &str = "WebKitWebProces";

/// The process that draws the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WebProcess {
    pub pid: u32,
    /// What it holds in memory or has there had swapped out: all but the files of its program, which
    /// the kernel can drop.
    pub memory_mb: u64,
}

/// The web process of this daemon; the largest one, should WebKit keep a spare. Reads `/proc`.
#[must_use]
pub fn web_process() -> Option<WebProcess> {
    web_processes()
        .filter_map(|pid| {
            Some(WebProcess {
                pid,
                memory_mb: held_memory_kb(pid)? / 1024,
            })
        })
        .max_by_key(|process| process.memory_mb)
}

/// Reads what the web process has written to. Cheap enough for every heartbeat.
#[derive(Debug, Default)]
pub(super) struct WebMemory {
    found: RefCell<Vec<OwnMemory>>,
}

impl WebMemory {
    /// In megabytes; of the largest one, should WebKit keep a spare.
    pub(super) fn megabytes(&self) -> Option<u64> {
        let mut found = self.found.borrow_mut();
        if found.is_empty() {
            found.extend(web_processes().filter_map(OwnMemory::of));
        }
        let sizes: Option<Vec<u64>> = found.iter().map(OwnMemory::megabytes).collect();
        if sizes.is_none() {
            // One has ended, and another may be in its place.
            found.clear();
        }
        sizes?.into_iter().max()
    }

    /// To be told when another process may have come.
    pub(super) fn look_again(&self) {
        self.found.borrow_mut().clear();
    }
}

/// Memory of a process that is nobody else's, as far as the kernel knows it without counting pages.
#[derive(Debug)]
pub(super) struct OwnMemory {
    /// `/proc/PID/statm` is `size resident shared …`, in pages.
    statm: File,
}

impl OwnMemory {
    pub(super) fn of(pid: u32) -> Option<Self> {
        let statm = File::open(format!("/proc/{pid}/statm")).ok()?;
        Some(Self { statm })
    }

    /// `None` when the process has ended.
    pub(super) fn megabytes(&self) -> Option<u64> {
        let mut text = [0; 128];
        let length = self.statm.read_at(&mut text, 0).ok()?;
        let text = std::str::from_utf8(text.get(..length)?).ok()?;
        let mut pages = text.split_whitespace().skip(1).map(str::parse::<u64>);
        let (resident, shared) = (pages.next()?.ok()?, pages.next()?.ok()?);
        let page = u64::try_from(rustix::param::page_size()).ok()?;
        Some(resident.saturating_sub(shared) * page / 1024 / 1024)
    }
}

/// Those that draw this daemon's pages.
pub(super) fn web_processes() -> impl Iterator<Item = u32> {
    children(WEB).into_iter()
}

/// WebKitGTK's version as it runs, which may be newer than what we were built with.
#[must_use]
#[expect(unsafe_code, reason = "the bindings have no safe way to the version")]
pub fn webkit_version() -> String {
    // SAFETY: they only return constants of the library.
    let version = unsafe {
        [
            ffi::webkit_get_major_version(),
            ffi::webkit_get_minor_version(),
            ffi::webkit_get_micro_version(),
        ]
    };
    version.map(|number| number.to_string()).join(".")
}

/// The process that carries all of the view's requests.
pub(super) fn network_process() -> Option<Pid> {
    let pid = children("WebKitNetworkPr").into_iter().next()?;
    Pid::from_raw(i32::try_from(pid).ok()?)
}

/// Ends what WebKit started; a hung web process would outlive us.
pub(super) fn end_children() {
    for pid in children("WebKit") {
        if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
            // It may have ended by itself in the meantime.
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}

/// Our child processes whose names begin so.
fn children(name: &str) -> Vec<u32> {
    let mut children = told_children().unwrap_or_else(sought_children);
    children.retain(|pid| is_named(*pid, name));
    children
}

/// As the kernel tells them for each of our threads; `None` if it was built without that.
fn told_children() -> Option<Vec<u32>> {
    let mut children = Vec::new();
    for thread in fs::read_dir("/proc/self/task").ok()?.flatten() {
        match fs::read_to_string(thread.path().join("children")) {
            Ok(text) => children.extend(
                text.split_whitespace()
                    .filter_map(|pid| pid.parse::<u32>().ok()),
            ),
            // The thread has ended in the meantime.
            Err(_) if !thread.path().exists() => {}
            Err(_) => return None,
        }
    }
    Some(children)
}

/// Among all processes.
fn sought_children() -> Vec<u32> {
    let own = u32::try_from(getpid().as_raw_nonzero().get()).unwrap_or_default();
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid| parent(*pid) == Some(own))
        .collect()
}

/// `/proc/PID/stat` is `PID (name) state parent …`; the name may hold anything, even a bracket.
fn parent(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, tail) = stat.rsplit_once(')')?;
    tail.split_whitespace().nth(1)?.parse().ok()
}

fn is_named(pid: u32, name: &str) -> bool {
    fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|comm| comm.starts_with(name))
}

/// As the kernel knows it without counting pages, which takes it some milliseconds.
///
/// Lines of `/proc/PID/status` are `Name:   value kB`.
fn held_memory_kb(pid: u32) -> Option<u64> {
    const HELD: [&str; 3] = ["RssAnon:", "RssShmem:", "VmSwap:"];
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let value = |name| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()?.parse::<u64>().ok()
    };
    HELD.into_iter().map(value).sum()
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn children_are_told_and_found_by_name() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let pid = child.id();
        assert!(told_children().is_none_or(|told| told.contains(&pid)));
        assert!(sought_children().contains(&pid));
        assert!(children("sleep").contains(&pid) && !children("WebKit").contains(&pid));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!children("sleep").contains(&pid), "it has ended");
    }

    #[test]
    fn nothing_is_told_of_a_process_that_has_ended() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let memory = OwnMemory::of(child.id()).unwrap();
        assert!(memory.megabytes().is_some());
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(memory.megabytes(), None);
    }

    #[test]
    fn what_a_process_has_written_to_is_its_own() {
        let pid = std::process::id();
        let own = OwnMemory::of(pid).unwrap();
        let measure = || {
            (
                own.megabytes().unwrap(),
                held_memory_kb(pid).unwrap() / 1024,
            )
        };
        let (own_before, held_before) = measure();
        let mut block = vec![1_u8; 64 * 1024 * 1024];
        std::hint::black_box(&mut block);
        let (own, held) = measure();
        for grown in [own - own_before, held - held_before] {
            assert!((60..=80).contains(&grown), "{grown} MB");
        }
    }

    #[test]
    fn nothing_is_held_by_a_process_that_is_not_there() {
        assert_eq!(held_memory_kb(0), None);
    }
}
