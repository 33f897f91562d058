//! The settings file in a real directory.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod copying;
mod files;
mod keeping;
mod killing;
#[path = "../lines/mod.rs"]
mod lines;
mod pushing;
mod watching;

/// A settings file's text that names the device.
fn settings(name: &str) -> String {
    format!("[player]\nname = \"{name}\"\n")
}
