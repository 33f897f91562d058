//! The only reader of time in the stand-in.

use std::time::Instant;

use jiff::Timestamp;

#[expect(clippy::disallowed_methods, reason = "this is the clock")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

pub(crate) fn wall() -> Timestamp {
    Timestamp::now()
}
