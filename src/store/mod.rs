//! Reads, watches and writes the settings file, and keeps its history.

mod draft;
mod history;
mod keep;
mod last_good;
mod owner;
mod read;
mod replace;
mod running;
mod saving;
mod settings_file;
mod trace;
mod trouble;
mod version;
mod watch;
mod whole;
mod write;

pub use history::{History, KEPT};
pub use keep::{Keep, Keeping, keeping};
pub use last_good::LastGood;
pub use owner::user_name;
pub use read::{Loaded, ReadFailure, SIZE_LIMIT, load, read, revision};
pub use running::{LastEnd, Running};
pub use settings_file::{Expected, ReplaceFailure, SettingsFile};
pub use trouble::Trouble;
pub use version::{Author, How, Outcome, Version};
pub use watch::{Change, LONGEST, QUIET, Reread, Watch, watch};
pub use write::write_atomic;
