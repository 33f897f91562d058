//! Turns POSIX signals into events.
