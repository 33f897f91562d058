//! The bootable image in the emulator, against the stand-in: what `make image-test` runs.
//!
//! `image-test` runs all stories, but for those that a longer one tells, too; `image-test WORD…` runs
//! those whose name holds one of the words, `image-test reference [peer]` takes the pictures by which
//! the report is known on a screen, and `image-test compare [ROUNDS]` measures another image beside
//! ours. The environment may name ARCH (amd64 or arm64), ACCEL (kvm or tcg), CYCLES and SEED of the
//! power cuts.
//!
//! The screen is looked at from outside, in the emulator's own dump: no word of the device's counts.
#![expect(
    clippy::print_stdout,
    reason = "it is its own test runner, and prints a table"
)]

use std::{env, process::ExitCode};

use anyhow::{Result, ensure};

mod bundles;
mod compare;
mod credentials;
mod daemon;
mod disk;
mod emulator;
mod findings;
mod first_boot;
mod guest;
mod lab;
mod memory;
mod network;
mod peer;
mod picture;
mod platform;
mod power_cuts;
mod provisioning;
mod qmp;
mod reference;
mod screen;
mod ssh;
mod stories;
mod time_server;
mod updates;
mod waiting;
mod workshop;

use platform::Platform;

fn main() -> Result<ExitCode> {
    env::set_current_dir(env!("CARGO_MANIFEST_DIR"))?;
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    if !network::is_our_own() {
        let arch = platform::arch()?;
        ensure!(
            arch.image().exists(),
            "there is no {}: `make image ARCH={}` makes it",
            arch.image().display(),
            arch.name()
        );
        // It is made from the network, which is out of reach later.
        workshop::run(arch, &["true"])?;
        stories::prepare(arch, &words)?;
        return network::run_in_our_own();
    }
    network::bring_up()?;
    time_server::start()?;
    let platform = Platform::from_environment()?;
    println!("{platform}");
    match words[..] {
        ["reference"] => reference::take(platform, screen::Whose::Ours),
        ["reference", "peer"] => reference::take(platform, screen::Whose::Peer),
        ["compare"] => compare::run(platform, compare::ROUNDS),
        ["compare", rounds] => compare::run(platform, rounds.parse()?),
        ref words => stories::run(platform, words),
    }
}
