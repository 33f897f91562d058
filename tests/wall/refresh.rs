//! Tokens are refreshed and nobody sees it.

use std::{fs, time::Duration};

use anyhow::{Context as _, Result, ensure};
use everlit::player::Phase;
use everlit_standin::Content;

use crate::{alone, program, rig::Wall};

#[test]
fn tokens_of_six_seconds_never_run_out_and_nobody_sees_them_change() -> Result<()> {
    let _alone = alone();
    let wall = Wall::showing(program(), "", |faults| faults.token_life_s = 6.0)?;
    wall.throughout(Duration::from_secs(60), |wall| {
        ensure!(
            wall.status()?.phase == Phase::Showing,
            "{}",
            wall.status_json()?
        );
        ensure!(wall.counters().data_expired == 0, "{:?}", wall.counters());
        no_secret_in_sight(wall)
    })?;
    let counters = wall.counters();
    println!(
        "60 s of 6 s tokens: {} iframe load, {} report load, {} expired, {} fresh, {} refreshes",
        counters.iframe_loads,
        counters.report_loads,
        counters.data_expired,
        counters.data_fresh,
        counters.token_messages,
    );
    ensure!(
        counters.iframe_loads == 1 && counters.report_loads == 1,
        "{counters:?}"
    );
    ensure!(counters.token_messages >= 8, "{counters:?}");
    ensure!(
        counters.entra_tokens == counters.embed_tokens,
        "a new Entra token for each token"
    );
    let status = wall.status()?;
    ensure!(status.token.refreshes >= 8, "{}", wall.status_json()?);
    let recoveries = status.recoveries;
    ensure!(recoveries.token + recoveries.report + recoveries.embed + recoveries.page == 0);
    Ok(())
}

#[test]
fn a_new_interval_moves_the_deadline_and_leaves_the_picture_alone() -> Result<()> {
    let _alone = alone();
    let wall = Wall::showing(program(), "[token]\nrefresh_every = \"3 s\"\n", |_| {})?;
    wall.until("two refreshes", |wall| {
        Ok((wall.counters().token_messages >= 2).then_some(()))
    })?;
    let before = wall.status()?.settings.revision;
    wall.write(&Content::Report, "[token]\nrefresh_every = \"2 s\"\n")?;
    wall.until_status("the new revision", |status| {
        status.settings.revision != before
    })?;
    let refreshed = wall.counters().token_messages;
    wall.throughout(Duration::from_secs(10), |wall| {
        let next = wall.status()?.token.next_refresh_in_s;
        ensure!(next.is_none_or(|next| next <= 2), "{next:?}");
        Ok(())
    })?;
    let counters = wall.counters();
    ensure!(counters.token_messages >= refreshed + 4, "{counters:?}");
    ensure!(
        counters.iframe_loads == 1 && counters.report_loads == 1,
        "{counters:?}"
    );
    Ok(())
}

#[test]
fn a_touch_refreshes_an_old_token() -> Result<()> {
    let _alone = alone();
    let wall = Wall::showing(program(), "", |faults| faults.token_life_s = 60.0)?;
    let tokens = wall.counters().embed_tokens;
    // Older than a tenth of its life.
    wall.until_status("an older token", |status| {
        status.token.expires_in_s.is_some_and(|s| s <= 52)
    })?;
    wall.touch()?;
    wall.until("a token more", |wall| {
        Ok((wall.counters().embed_tokens > tokens).then_some(()))
    })?;
    wall.until("its arrival", |wall| {
        Ok((wall.counters().token_messages >= 1).then_some(()))
    })?;
    ensure!(wall.counters().report_loads == 1);
    Ok(())
}

/// No token and no secret in the log, the status or the process list.
fn no_secret_in_sight(wall: &Wall) -> Result<()> {
    let mut secrets = wall.counters().tokens;
    secrets.push(wall.cloud.client_secret().to_owned());
    let mut places = vec![("log", wall.log()?), ("status", wall.status_json()?)];
    for entry in fs::read_dir("/proc")? {
        let command_line = entry?.path().join("cmdline");
        // Processes end while we read.
        if let Ok(bytes) = fs::read(command_line) {
            places.push(("process list", String::from_utf8_lossy(&bytes).into_owned()));
        }
    }
    for (place, text) in places {
        let found = secrets.iter().find(|secret| text.contains(secret.as_str()));
        ensure!(found.is_none(), "a secret stands in the {place}");
    }
    let first = wall.counters().tokens.first().context("a token")?.clone();
    ensure!(first.len() > 20, "tokens are long enough to look for");
    Ok(())
}
