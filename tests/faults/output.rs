//! The X server and its output: gone, unplugged, of another size.

use anyhow::Result;

use crate::{
    bench::Bench,
    fault::{Fault, Limit},
    screen::{FULL, SMALL},
};

pub(crate) fn faults() -> Vec<Fault> {
    vec![
        Fault::new("X server dies", |bench| {
            bench.screen.crash(&mut bench.wall.display)
        })
        .ended(1, |bench| bench.screen.start_again(&mut bench.wall.display))
        .in_a_new_frame()
        .touching("display"),
        Fault::new("output unplugged and back", |bench| {
            bench.screen.unplug(&bench.wall.display)
        })
        .ended(5, full_size)
        .within(Limit::Unnoticed)
        .silent()
        .touching("display"),
        Fault::new("output of another size and back", |bench| {
            bench.screen.set_mode(&bench.wall.display, SMALL)
        })
        .ended(3, full_size)
        .within(Limit::Unnoticed)
        .silent()
        .touching("display"),
    ]
}

fn full_size(bench: &mut Bench) -> Result<()> {
    bench.screen.set_mode(&bench.wall.display, FULL)
}
