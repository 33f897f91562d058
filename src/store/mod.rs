//! Reads, watches and writes the settings file.

mod draft;
mod keep;
mod last_good;
mod read;
mod running;
mod trace;
mod watch;
mod write;

pub use keep::{Keep, Keeping, keeping};
pub use last_good::LastGood;
pub use read::{Loaded, ReadFailure, SIZE_LIMIT, load, read, revision};
pub use running::{LastEnd, Running};
pub use watch::{Change, LONGEST, QUIET, Reread, Watch, watch};
pub use write::write_atomic;
