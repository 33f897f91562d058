//! The web process as the kernel knows it: its number and its memory.

use std::fs;

use rustix::process::{Pid, Signal, getpid, kill_process};
use webkit2gtk::ffi;

/// The process that draws the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WebProcess {
    pub pid: u32,
    /// Its own share of memory (PSS).
    pub memory_mb: u64,
}

/// The web process of this daemon; the largest one, should WebKit keep a spare. Reads `/proc`.
#[must_use]
pub fn web_process() -> Option<WebProcess> {
    children("WebKitWebProces")
        .filter_map(|pid| {
            Some(WebProcess {
                pid,
                memory_mb: proportional_memory_kb(pid)? / 1024,
            })
        })
        .max_by_key(|process| process.memory_mb)
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
    let pid = children("WebKitNetworkPr").next()?;
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

fn children(name: &str) -> impl Iterator<Item = u32> {
    let own = u32::try_from(getpid().as_raw_nonzero().get()).unwrap_or_default();
    fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(move |pid| is_child(*pid, own, name))
}

/// `/proc/PID/stat` is `PID (name) state parent …`; the name may hold anything, even a bracket.
fn is_child(pid: u32, parent: u32, name: &str) -> bool {
    let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else {
        return false;
    };
    let Some((head, tail)) = stat.rsplit_once(')') else {
        return false;
    };
    let is_named = head
        .split_once('(')
        .is_some_and(|(_, own)| own.starts_with(name));
    let own_parent = tail
        .split_whitespace()
        .nth(1)
        .and_then(|id| id.parse().ok());
    is_named && own_parent == Some(parent)
}

fn proportional_memory_kb(pid: u32) -> Option<u64> {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    line.split_whitespace().next()?.parse().ok()
}
