//! Waiting for something with a limit.

use std::{thread, time::Duration};

use anyhow::{Result, bail};
use everlit::clock;

/// How often a condition is looked at again.
pub(crate) const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// Looks again and again until something is as wanted.
pub(crate) fn until<T>(
    what: &str,
    limit: Duration,
    mut wanted: impl FnMut() -> Result<Option<T>>,
) -> Result<T> {
    let end = clock::now() + limit;
    loop {
        if let Some(found) = wanted()? {
            return Ok(found);
        }
        if clock::now() > end {
            bail!("waited {} s in vain for {what}", limit.as_secs());
        }
        thread::sleep(LOOK_AGAIN);
    }
}
