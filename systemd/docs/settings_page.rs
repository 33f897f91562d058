//! The man page of the settings file: the commented file itself, which explains every key.

use clap_mangen::roff::{Roff, bold, roman};

const COMMENTED: &str = include_str!("../../config/settings.toml");

/// `everlit-settings(5)`.
pub(crate) fn roff(version: &str) -> String {
    let source = format!("everlit {version}");
    let mut page = Roff::new();
    page.control("TH", ["everlit-settings", "5", "", source.as_str()])
        .control("SH", ["NAME"])
        .text([roman("everlit-settings - what everlit shows, and how")])
        .control("SH", ["SYNOPSIS"])
        .text([bold("/etc/everlit/settings.toml")])
        .control("SH", ["DESCRIPTION"])
        .text([roman(
            "The settings file is TOML. It is watched: what is saved there is on the screen half a \
             second later, and a file with mistakes changes nothing. everlit-check(1) lists them.",
        )])
        .control("SH", ["KEYS"])
        .control("nf", []);
    for line in COMMENTED.lines().filter(|line| !line.starts_with("#:")) {
        page.text([roman(line)]);
    }
    page.control("fi", [])
        .control("SH", ["SEE ALSO"])
        .text([roman("everlit(1), everlit-check(1), everlit-settings(1)")]);
    page.render()
}
