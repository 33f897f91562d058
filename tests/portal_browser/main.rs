//! The portal in a real Chromium, in front of a whole wall: what a technician does, and sees.
#![expect(clippy::print_stderr, reason = "the log of a wall that failed")]

use std::path::Path;

mod browser;
#[path = "../wall/process.rs"]
mod process;
#[path = "../wall/rig.rs"]
#[expect(dead_code, reason = "walls in other tests can do more")]
mod rig;
mod technician;

fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_everlit"))
}
