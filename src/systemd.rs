//! Talks to systemd: readiness, status line, watchdog.

use std::time::Duration;

use systemd::daemon;

/// The service manager's notification socket; silent when there is none.
#[derive(Debug, Clone, Copy, Default)]
pub struct Notifier;

impl Notifier {
    /// The start is done: the first picture is up.
    pub fn ready(self) {
        send(&[(daemon::STATE_READY, "1")]);
    }

    /// One line for `systemctl status`.
    pub fn status(self, line: &str) {
        // A newline would begin another assignment.
        send(&[(daemon::STATE_STATUS, &line.replace(['\n', '\r'], " "))]);
    }

    /// What should be seen on the screen is seen.
    pub fn watchdog(self) {
        send(&[(daemon::STATE_WATCHDOG, "1")]);
    }

    /// Settings are being read again; [`Notifier::ready`] ends it.
    pub fn reloading(self, monotonic: Duration) {
        let micros = monotonic.as_micros().to_string();
        send(&[(daemon::STATE_RELOADING, "1"), ("MONOTONIC_USEC", &micros)]);
    }

    pub fn stopping(self) {
        send(&[(daemon::STATE_STOPPING, "1")]);
    }
}

fn send(state: &[(&str, &str)]) {
    // Failure means that nobody listens any more; there is nobody to tell.
    if let Err(error) = daemon::notify(state.iter()) {
        tracing::debug!(%error, "systemd does not take notifications");
    }
}
