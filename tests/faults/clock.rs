//! The wall clock: wrong at boot, and stepped in operation. The machine's own clock stays as it is.

use anyhow::Result;

use crate::{
    bench::Bench,
    fault::{Fault, Limit, Look},
};

/// No offset, and ready to be changed.
const RIGHT: &str = "+0";

pub(crate) fn faults() -> Vec<Fault> {
    let stepped = |name, offset| {
        Fault::new(name, move |bench: &mut Bench| {
            bench.room.set_clock(Some(offset))
        })
        .arranged(movable)
        .tidied(own)
        .within(Limit::Unnoticed)
        .looking(Look::Picture)
        .silent()
    };
    vec![
        Fault::new("clock wrong by years at boot, then set", |bench| {
            bench.stop()?;
            bench.room.set_clock(Some("-20y"))?;
            bench.start()
        })
        .ended(8, |bench| bench.room.set_clock(Some(RIGHT)))
        .tidied(own)
        .within(Limit::ServiceBack)
        .looking(Look::Slate),
        stepped("clock stepped by +1 h", "+1h"),
        stepped("clock stepped by -1 h", "-1h"),
    ]
}

/// Starts the daemon on a clock that can be moved.
fn movable(bench: &mut Bench) -> Result<()> {
    bench.room.set_clock(Some(RIGHT))?;
    bench.restart()
}

/// Starts the daemon on the machine's clock.
fn own(bench: &mut Bench) -> Result<()> {
    bench.room.set_clock(None)?;
    bench.restart()
}
