//! Talks to systemd: readiness, status line, watchdog.

use std::{
    collections::BTreeMap,
    env,
    ffi::OsStr,
    io,
    os::{
        linux::net::SocketAddrExt as _,
        unix::{
            ffi::OsStrExt as _,
            net::{SocketAddr, UnixDatagram},
        },
    },
    process,
    time::Duration,
};

use systemd::daemon;

/// Tells the service manager how we are, and never waits for it.
#[derive(Debug)]
pub struct Notifier {
    listener: Listener,
    /// What found no room; it goes with the next notification. By variable.
    unsent: BTreeMap<&'static str, String>,
}

/// Who hears notifications.
#[derive(Debug)]
enum Listener {
    Nobody,
    /// libsystemd would wait here while the queue is full, and the wall with it: that one datagram
    /// we send ourselves.
    Socket(SocketAddr),
    /// Anything else that systemd has thought of, such as a virtual machine's vsock.
    Other,
}

impl Notifier {
    /// Notifies whom `NOTIFY_SOCKET` names.
    #[must_use]
    pub fn from_environment() -> Self {
        let named = env::var_os("NOTIFY_SOCKET").unwrap_or_default();
        let started = env::var("SYSTEMD_EXEC_PID").ok();
        Self::to(&named, started.and_then(|pid| pid.parse().ok()))
    }

    /// `started` is the process that systemd started, and takes for the unit's main one.
    fn to(named: &OsStr, started: Option<u32>) -> Self {
        let own = process::id();
        // Under a compositor it is the compositor, which would get our SIGHUP, our watchdog's
        // signal, and the last word about how we ended.
        let correction = started.filter(|started| *started != own);
        Self {
            listener: Listener::named(named.as_bytes()),
            unsent: correction
                .map(|_| ("MAINPID", own.to_string()))
                .into_iter()
                .collect(),
        }
    }

    /// The start is done: the first picture is up.
    pub fn ready(&mut self) {
        self.send([(daemon::STATE_READY, "1".to_owned())]);
    }

    /// One line for `systemctl status`.
    pub fn status(&mut self, line: &str) {
        // A newline would begin another assignment.
        let line = line.replace(['\n', '\r'], " ");
        self.send([(daemon::STATE_STATUS, line)]);
    }

    /// What should be seen on the screen is seen.
    pub fn watchdog(&mut self) {
        self.send([(daemon::STATE_WATCHDOG, "1".to_owned())]);
        // Said later it would not be true any more.
        self.unsent.remove(daemon::STATE_WATCHDOG);
    }

    /// Settings are being read again; [`Notifier::ready`] ends it.
    pub fn reloading(&mut self, monotonic: Duration) {
        let micros = monotonic.as_micros().to_string();
        let reloading = (daemon::STATE_RELOADING, "1".to_owned());
        self.send([reloading, ("MONOTONIC_USEC", micros)]);
    }

    pub fn stopping(&mut self) {
        self.send([(daemon::STATE_STOPPING, "1".to_owned())]);
    }

    fn send<const N: usize>(&mut self, news: [(&'static str, String); N]) {
        self.unsent.extend(news);
        match self.listener.hear(&self.unsent) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                tracing::debug!("systemd is too busy for notifications");
            }
            Err(error) => {
                // Nobody listens any more; there is nobody to tell.
                tracing::debug!(%error, "systemd does not take notifications");
                self.unsent.clear();
            }
            Ok(()) => self.unsent.clear(),
        }
    }
}

impl Listener {
    fn named(name: &[u8]) -> Self {
        let address = match name {
            [] => return Self::Nobody,
            [b'@', abstract_name @ ..] => SocketAddr::from_abstract_name(abstract_name),
            [b'/', ..] => SocketAddr::from_pathname(OsStr::from_bytes(name)),
            _ => return Self::Other,
        };
        match address {
            Ok(address) => Self::Socket(address),
            Err(error) => {
                tracing::warn!(%error, remedy = "correct NOTIFY_SOCKET", "cannot notify systemd");
                Self::Nobody
            }
        }
    }

    fn hear(&self, state: &BTreeMap<&'static str, String>) -> io::Result<()> {
        match self {
            Self::Nobody => Ok(()),
            Self::Socket(address) => {
                let lines: Vec<_> = state
                    .iter()
                    .map(|(key, value)| format!("{key}={value}"))
                    .collect();
                let socket = UnixDatagram::unbound()?;
                socket.set_nonblocking(true)?;
                socket.send_to_addr(lines.join("\n").as_bytes(), address)?;
                Ok(())
            }
            Self::Other => {
                let state: Vec<_> = state.iter().collect();
                daemon::notify(state.iter())?;
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_and_an_abstract_name_are_understood() {
        let dir = tempfile::TempDir::new().unwrap();
        let path = dir.path().join("notify");
        let name = format!("everlit-test-{}", process::id());
        let hidden = SocketAddr::from_abstract_name(&name).unwrap();
        let listeners = [
            (
                path.clone().into_os_string(),
                UnixDatagram::bind(&path).unwrap(),
            ),
            (
                format!("@{name}").into(),
                UnixDatagram::bind_addr(&hidden).unwrap(),
            ),
        ];
        for (named, listener) in listeners {
            let mut notifier = Notifier::to(&named, None);
            notifier.ready();
            notifier.status("two\nlines");
            notifier.watchdog();
            assert_eq!(
                heard(&listener),
                ["READY=1", "STATUS=two lines", "WATCHDOG=1"]
            );
        }
    }

    #[test]
    fn a_listener_that_does_not_read_holds_nobody_up_and_misses_nothing_but_beats() {
        let dir = tempfile::TempDir::new().unwrap();
        let path = dir.path().join("notify");
        let listener = UnixDatagram::bind(&path).unwrap();
        let mut notifier = Notifier::to(path.as_os_str(), None);
        for beat in 0..2000 {
            notifier.watchdog();
            notifier.status(&format!("beat {beat}"));
        }
        notifier.ready();
        notifier.watchdog();
        let early = heard(&listener);
        assert!(
            early.len() < 4000 && !early.contains(&"READY=1".to_owned()),
            "{early:?}"
        );
        notifier.watchdog();
        assert_eq!(heard(&listener), ["READY=1\nSTATUS=beat 1999\nWATCHDOG=1"]);
        notifier.watchdog();
        assert_eq!(heard(&listener), ["WATCHDOG=1"]);
    }

    #[test]
    fn without_a_listener_nothing_happens() {
        Notifier::to(OsStr::new(""), None).ready();
        Notifier::to(OsStr::new("/nonexistent/notify"), None).ready();
    }

    #[test]
    fn who_was_started_by_another_process_than_systemd_says_once_that_it_is_the_main_one() {
        let dir = tempfile::TempDir::new().unwrap();
        let path = dir.path().join("notify");
        let listener = UnixDatagram::bind(&path).unwrap();
        let own = process::id();
        for (started, first) in [
            (Some(own + 1), format!("MAINPID={own}\nSTATUS=up")),
            (Some(own), "STATUS=up".to_owned()),
            (None, "STATUS=up".to_owned()),
        ] {
            let mut notifier = Notifier::to(path.as_os_str(), started);
            notifier.status("up");
            notifier.watchdog();
            assert_eq!(heard(&listener), [first.as_str(), "WATCHDOG=1"]);
        }
    }

    fn heard(listener: &UnixDatagram) -> Vec<String> {
        listener.set_nonblocking(true).unwrap();
        let mut buffer = [0; 4096];
        std::iter::from_fn(|| {
            let length = listener.recv(&mut buffer).ok()?;
            Some(String::from_utf8_lossy(&buffer[..length]).into_owned())
        })
        .collect()
    }
}
