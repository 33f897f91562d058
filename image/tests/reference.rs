//! Takes the pictures by which the report is known, from a device that shows it.
//!
//! Here the stand-in's word counts, which saw a report render; a person has to look at the result.

use std::{process::ExitCode, thread, time::Duration};

use anyhow::{Context as _, Result};

use crate::{
    compare::Contender,
    guest::Guest,
    lab,
    platform::Platform,
    screen::{self, Picture, REGIONS, Reference, Whose},
    ssh::Key,
    waiting::until,
};

/// By then each visual was drawn more than once.
const DATA_REQUESTS: u64 = 20;
const PAUSE: Duration = Duration::from_secs(2);

pub(crate) fn take(platform: Platform, whose: Whose) -> Result<ExitCode> {
    let cloud = lab::cloud(platform)?;
    let key = Key::new(&platform.arch.test_folder()?)?;
    let device = Contender::new(platform, whose, &cloud, &key, Reference::default())?;
    let mut guest = device.power_on()?;
    let limit = 4 * platform.boot_limit();
    until("a report with data in the stand-in", limit, || {
        let counters = cloud.counters();
        let is_drawn = counters.renders > 0 && counters.data_fresh > DATA_REQUESTS;
        Ok(is_drawn.then_some(()))
    })
    .inspect_err(|_| println!("{}", guest.last_words()))?;
    let pieces = until("parts of the report that stay as they are", limit, || {
        steady(&mut guest)
    })?;
    for (region, piece) in REGIONS.iter().zip(&pieces) {
        let file = region.file(whose);
        piece.write_png(&file)?;
        println!("{}", file.display());
    }
    let whole = guest.keep_screen("reference")?;
    println!(
        "Look at them before they are committed; the whole screen is in {}",
        whole.display()
    );
    Ok(ExitCode::SUCCESS)
}

/// The regions, if they are the report's and two looks show the same.
fn steady(guest: &mut Guest) -> Result<Option<Vec<Picture>>> {
    let mut look = || -> Result<Vec<Picture>> {
        let screen = guest.screen()?;
        let pieces = REGIONS.iter().map(|region| screen.cut(region));
        pieces
            .collect::<Option<_>>()
            .context("the screen is too small")
    };
    let first = look()?;
    thread::sleep(PAUSE);
    let second = look()?;
    let mut pairs = first.iter().zip(&second);
    let is_steady = pairs.all(|(one, other)| screen::is_same(one, other));
    let is_report = second.iter().all(screen::is_telling)
        && second.first().is_some_and(Picture::begins_like_the_report);
    Ok((is_steady && is_report).then_some(second))
}
