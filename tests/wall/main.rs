//! The whole wall: the real daemon and view under Xvfb, against the stand-in, as a viewer sees it.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "measurements are printed, and the log of a wall that failed"
)]

use std::{
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

mod ansible;
mod boot;
mod healing;
mod intruder;
mod killing;
mod load;
mod operator;
mod process;
mod pushes;
mod race;
mod refresh;
mod rig;
mod seclusion;
mod visitor;
mod watchdog;

/// One wall at a time: two on two cores would disturb each other's measurements.
fn alone() -> MutexGuard<'static, ()> {
    static WALL: Mutex<()> = Mutex::new(());
    WALL.lock().unwrap_or_else(PoisonError::into_inner)
}

fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_everlit"))
}
