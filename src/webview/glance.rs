//! A look at the web process from outside, which wakes nobody.

use std::{fs::File, os::unix::fs::FileExt as _};

use super::{
    context,
    process::{OwnMemory, web_processes},
};

/// What can be seen of the page's process from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Glimpse {
    /// It sleeps until there is something to do, and would take it up at once.
    Waiting,
    /// It does something, or stands still, or nobody can tell.
    Unsure,
}

const POLL: &[u8] = b"poll";

/// Sees whether the web processes wait for something to do.
///
/// The kernel tells in which of its functions the first thread of a process sleeps
/// (`/proc/PID/wchan`, proc_pid_wchan(5)), and that is the thread which runs the pages. Its loop waits
/// in `poll` or `ppoll`: a name with "poll" in it. A thread that computes, that was stopped, or that
/// waits for a lock or for another process is somewhere else.
#[derive(Debug)]
pub(super) struct Glance {
    seen: Vec<Process>,
    memory_limit_mb: u32,
}

#[derive(Debug)]
struct Process {
    wchan: File,
    memory: OwnMemory,
}

impl Glance {
    /// `memory_limit_mb` as in [`super::ViewOptions`].
    pub(super) fn new(memory_limit_mb: u32) -> Self {
        Self {
            seen: Vec::new(),
            memory_limit_mb,
        }
    }

    /// All of them, should WebKit keep a spare; one that has grown beyond its limit is to be asked.
    pub(super) fn look(&mut self) -> Glimpse {
        if self.seen.is_empty() {
            self.seen.extend(web_processes().filter_map(Process::find));
        }
        let is_waiting = |process: &Process| {
            let own_mb = process.memory.megabytes();
            let is_small = own_mb.is_some_and(|mb| !context::is_beyond(self.memory_limit_mb, mb));
            is_small && process.waits()
        };
        if !self.seen.is_empty() && self.seen.iter().all(is_waiting) {
            return Glimpse::Waiting;
        }
        self.look_again();
        Glimpse::Unsure
    }

    /// To be told when another process may have come.
    pub(super) fn look_again(&mut self) {
        self.seen.clear();
    }
}

impl Process {
    fn find(pid: u32) -> Option<Self> {
        Some(Self {
            wchan: File::open(format!("/proc/{pid}/wchan")).ok()?,
            memory: OwnMemory::of(pid)?,
        })
    }

    fn waits(&self) -> bool {
        let mut name = [0; 64];
        let length = self.wchan.read_at(&mut name, 0).unwrap_or_default();
        let name = name.get(..length).unwrap_or_default();
        name.windows(POLL.len()).any(|part| part == POLL)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        process::{Child, Command, Stdio},
        time::Duration,
    };

    use rustix::process::{Pid, Signal, kill_process};

    use super::*;
    use crate::clock;

    /// A process that does this, in Perl.
    struct Doing(Child);

    impl Doing {
        fn this(code: &str) -> Self {
            let mut perl = Command::new("perl");
            perl.args(["-e", code]).stdin(Stdio::piped());
            Self(perl.spawn().unwrap())
        }

        fn process(&self) -> Process {
            Process::find(self.0.id()).unwrap()
        }

        fn send(&self, signal: Signal) {
            kill_process(Pid::from_child(&self.0), signal).unwrap();
        }
    }

    impl Drop for Doing {
        fn drop(&mut self) {
            self.0.kill().unwrap();
            self.0.wait().unwrap();
        }
    }

    /// Whether it comes to that within some seconds.
    fn comes_to(waits: bool, process: &Process) -> bool {
        let end = clock::now() + Duration::from_secs(5);
        while process.waits() != waits {
            if clock::now() > end {
                return false;
            }
            std::thread::yield_now();
        }
        true
    }

    const IN_POLL: &str = "use IO::Poll; $p = IO::Poll->new; $p->mask(*STDIN => POLLIN); $p->poll";

    #[test]
    fn a_thread_in_poll_waits_until_it_is_stopped() {
        let polling = Doing::this(IN_POLL);
        let process = polling.process();
        assert!(comes_to(true, &process), "perl polls");
        polling.send(Signal::STOP);
        assert!(comes_to(false, &process), "it was stopped");
        polling.send(Signal::CONT);
        assert!(comes_to(true, &process), "it goes on");
    }

    #[test]
    fn a_thread_that_computes_or_has_ended_does_not_wait() {
        let mut busy = Doing::this("<STDIN>; 1 while 1");
        drop(busy.0.stdin.take());
        let process = busy.process();
        assert!((0..10_000).all(|_| !process.waits()), "it computes");
        let polling = Doing::this(IN_POLL);
        let process = polling.process();
        assert!(comes_to(true, &process));
        drop(polling);
        assert!(!process.waits());
    }

    #[test]
    fn without_a_web_process_nothing_is_sure() {
        assert_eq!(Glance::new(100).look(), Glimpse::Unsure);
    }
}
