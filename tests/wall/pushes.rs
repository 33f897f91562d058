//! Pushed settings are confirmed by the glass, or undone.

use std::{fs, path::PathBuf, time::Duration};

use anyhow::{Result, ensure};
use everlit::{
    player::{Phase, SettingsState},
    portal::StatusDocument,
};
use everlit_standin::{Content, Credential};
use rustix::process::Signal;

use crate::{alone, process::Display, program, rig::Wall};

const SOON: &str = "[recovery]\nconfirm_within = \"4 s\"\n";

#[test]
fn a_push_that_shows_nothing_is_rolled_back_by_itself() -> Result<()> {
    let _alone = alone();
    let wall = Wall::showing(program(), SOON, |_| {})?;
    let old = fs::read(&wall.settings)?;
    let before = wall.status()?.settings.revision;
    let refused = pushable(&wall, &unknown_report(), SOON)?;
    let output = wall.everlit(&["settings", "push", "--wait", &refused.display().to_string()])?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(output.status.code() == Some(75), "{output:?}");
    ensure!(said.contains("rolled back: settings "), "{said}");

    ensure!(
        fs::read(&wall.settings)? == old,
        "the file holds the old text"
    );
    let status = wall.until_status("the picture from before", is_back)?;
    ensure!(status.settings.revision == before);
    let problem = &status.settings.problems[0].problem;
    ensure!(
        problem.contains("did not lead to a picture within 4 s"),
        "{problem}"
    );
    ensure!(wall.log()?.contains("the previous ones are put back"));

    let history = wall.everlit(&["settings", "history"])?;
    let history = String::from_utf8_lossy(&history.stdout).into_owned();
    let lines: Vec<_> = history.lines().collect();
    ensure!(
        lines[1].contains("rollback") && lines[1].contains("confirmed"),
        "{history}"
    );
    ensure!(
        lines[2].contains("socket") && lines[2].contains("rolled back"),
        "{history}"
    );
    let rejected = wall.version_text(2)?;
    ensure!(rejected == fs::read_to_string(refused)?);

    let output = wall.everlit(&["status"])?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(said.contains("settings rejected: settings "), "{said}");
    Ok(())
}

#[test]
fn a_push_that_only_moves_a_deadline_is_confirmed_at_once() -> Result<()> {
    let _alone = alone();
    let wall = Wall::showing(program(), "", |_| {})?;
    let loads = wall.counters().report_loads;
    let extra = "[token]\nrefresh_every = \"20 min\"\n";
    let pushed = pushable(&wall, &Content::Report, extra)?;
    let output = wall.everlit(&["settings", "push", "--wait", &pushed.display().to_string()])?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(output.status.success(), "{output:?}");
    ensure!(said.contains("confirmed by the glass"), "{said}");
    ensure!(wall.counters().report_loads == loads);
    ensure!(wall.status()?.settings.trial.is_none());

    wall.write(&Content::Report, "[token]\nrefresh_every = \"15 min\"\n")?;
    wall.until("the copied settings in the history", |wall| {
        let history = wall.everlit(&["settings", "history"])?;
        let history = String::from_utf8_lossy(&history.stdout).into_owned();
        let newest = history.lines().nth(1).unwrap_or_default();
        Ok((newest.contains("file") && newest.ends_with("confirmed")).then_some(()))
    })?;
    ensure!(wall.counters().report_loads == loads);
    Ok(())
}

#[test]
fn settings_that_were_copied_onto_the_file_are_rolled_back_as_well() -> Result<()> {
    let _alone = alone();
    let wall = Wall::showing(program(), SOON, |_| {})?;
    let old = fs::read(&wall.settings)?;
    let nowhere = Content::Page("https://portal.standin.example:9/nowhere".to_owned());
    fs::copy(pushable(&wall, &nowhere, SOON)?, &wall.settings)?;
    wall.until_status("a trial", |status| status.settings.trial.is_some())?;
    wall.until_status("the picture from before", is_back)?;
    wall.until("the old text", |wall| {
        Ok((fs::read(&wall.settings)? == old).then_some(()))
    })
}

#[test]
fn a_trial_that_was_cut_off_is_finished_by_the_next_daemon() -> Result<()> {
    let _alone = alone();
    // Its server does not start anew when the killed daemon's connections end.
    let mut wall = Wall::on(Display::with(&["-noreset"])?, program())?;
    wall.write(&Content::Report, SOON)?;
    wall.start()?;
    wall.until_phase(Phase::Showing)?;
    let old = fs::read(&wall.settings)?;
    let refused = pushable(&wall, &unknown_report(), SOON)?;
    let push = wall.everlit(&["settings", "push", &refused.display().to_string()])?;
    ensure!(push.status.success(), "{push:?}");
    wall.until_status("a trial", |status| status.settings.trial.is_some())?;
    let last_good = fs::read(wall.path("state/last-good.toml"))?;
    ensure!(last_good == old, "what is on trial is not the last good");
    wall.signal(Signal::KILL)?;
    wall.ended()?;
    ensure!(fs::read(&wall.settings)? == fs::read(refused)?);

    wall.start()?;
    wall.until_status("the trial goes on", |status| {
        status.settings.trial.is_some() || is_back(status)
    })?;
    wall.until_status("the picture from before", is_back)?;
    wall.until("the old text", |wall| {
        Ok((fs::read(&wall.settings)? == old).then_some(()))
    })?;
    // And that is the end of it.
    wall.throughout(Duration::from_secs(6), |wall| {
        ensure!(is_back(&wall.status()?), "{}", wall.status_json()?);
        Ok(())
    })
}

/// The earlier picture is back, and the status says what was rejected.
fn is_back(status: &StatusDocument) -> bool {
    status.phase == Phase::Showing
        && status.settings.state == SettingsState::Rejected
        && status.settings.trial.is_none()
}

/// A report that nobody may see.
pub(crate) fn unknown_report() -> Content {
    let id = "00000000-0000-4000-8000-00000000dead";
    Content::Tables(format!(
        "[[playlist]]\nreport_id = \"{id}\"\nworkspace_id = \"{id}\"\n"
    ))
}

/// A file beside the settings file, to be pushed.
fn pushable(wall: &Wall, content: &Content, extra: &str) -> Result<PathBuf> {
    let path = wall.path("pushed.toml");
    let text = wall.cloud.settings_toml(content, Credential::Secret, extra);
    fs::write(&path, text)?;
    Ok(path)
}
