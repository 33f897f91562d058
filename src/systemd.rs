//! Talks to systemd: readiness, status, watchdog, credentials.
