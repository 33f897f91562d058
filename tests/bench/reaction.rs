//! How fast the daemon reacts: to an error text in a frame, and to another settings file.

use std::{fs, thread, time::Duration};

use anyhow::{Context as _, Result};
use everlit::{clock, player::Phase};
use everlit_standin::{Content, Switch};
use jiff::Timestamp;
use rustix::process::Signal;

use crate::{
    figures::{Limit, Own},
    rig::Wall,
    rounds::{Extent, Lab},
};

const BOARD: &str = "https://portal.standin.example/board";
/// The line that goes with the first command of a recovery.
const RECOVERING: &str = "recovering rung=";

/// For the threads of a start to come to rest.
const SETTLED_AFTER: Duration = Duration::from_millis(500);

impl Lab {
    /// From the text in a cross-origin frame to the command that heals it. Each time with a new
    /// daemon, since one that sees the same text again and again takes it for content.
    pub(crate) fn detection(&self, extent: Extent, own: &mut Own) -> Result<()> {
        let mut wall = Wall::new(&self.everlit)?;
        wall.write(&Content::Page(BOARD.to_owned()), "")?;
        let mut delays = Vec::new();
        for _ in 0..extent.reactions {
            delays.push(one_detection(&mut wall)?);
        }
        let limit = Some(Limit::P99(10.0));
        own.add(
            "error text in a frame, until the command to heal it",
            &delays,
            "ms",
            limit,
        );
        Ok(())
    }

    /// From a file that is renamed into the place of another until the daemon's next refresh is
    /// planned anew.
    pub(crate) fn settings(&self, extent: Extent, own: &mut Own) -> Result<()> {
        let wall = Wall::showing(&self.everlit, &refresh_every(20), |_| ())?;
        let mut delays = Vec::new();
        for time in 0..extent.reactions {
            let minutes = [30, 20][time % 2];
            let fresh = wall.settings.with_extension("next");
            let text = wall.cloud.settings_toml(
                &Content::Report,
                everlit_standin::Credential::Secret,
                &refresh_every(minutes),
            );
            fs::write(&fresh, text)?;
            let start = clock::now();
            fs::rename(fresh, &wall.settings)?;
            until_planned(&wall, minutes)?;
            delays.push((clock::now() - start).as_secs_f64() * 1000.0);
        }
        let limit = Some(Limit::P99(350.0));
        own.add(
            "settings file renamed into place, until the deadline has moved",
            &delays,
            "ms",
            limit,
        );
        Ok(())
    }
}

/// In milliseconds, of which the page's clock tells whole ones.
fn one_detection(wall: &mut Wall) -> Result<f64> {
    let _ = fs::remove_file(wall.path("log"));
    wall.cloud.reset_counters();
    wall.start()?;
    wall.until_phase(Phase::Showing)?;
    thread::sleep(SETTLED_AFTER);
    wall.cloud
        .set_faults(|faults| faults.board_error = Switch::On);
    let shown_ms = wall.until("the error text", |wall| {
        Ok(wall.counters().board_error_shown_ms)
    })?;
    let ago_ms = wall.counters().now_ms - shown_ms;
    let shown = clock::wall().as_microsecond() as f64 / 1000.0 - ago_ms;
    wall.cloud
        .set_faults(|faults| faults.board_error = Switch::Off);
    let healing = wall.until("the command", |wall| {
        let log = wall.log()?;
        let line = log.lines().find(|line| line.contains(RECOVERING));
        Ok(line.and_then(|line| line.split_whitespace().next()?.parse::<Timestamp>().ok()))
    })?;
    wall.signal(Signal::KILL)?;
    wall.ended()?;
    Ok(healing.as_microsecond() as f64 / 1000.0 - shown)
}

fn refresh_every(minutes: u64) -> String {
    format!("[token]\nrefresh_every = \"{minutes} min\"\n")
}

/// A plan is up to a twentieth shorter than its interval.
fn until_planned(wall: &Wall, minutes: u64) -> Result<()> {
    let between = 25;
    wall.until("the new plan", |wall| {
        let next = wall.status()?.token.next_refresh_in_s.context("no plan")?;
        let is_new = (next > between * 60) == (minutes > between);
        Ok(is_new.then_some(()))
    })
}
