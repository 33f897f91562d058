//! The stand-in as a plain client sees it: happy paths, refusals and faults.
#![expect(clippy::unwrap_used, reason = "a failed call is a failed test")]

mod caller;
mod entra;
mod faults;
mod power_bi;
