//! Starting, stopping, and starting with nothing in order.

use std::{fs, process::Command, time::Duration};

use anyhow::{Context as _, Result, ensure};
use everlit::{
    player::{Phase, TokenState},
    portal::StatusDocument,
};
use everlit_standin::{Content, Credential, Network, Refusal, Trouble};
use rustix::process::{Pid, Signal, kill_process};

use crate::{alone, program, rig::Wall};

#[test]
fn systemd_hears_ready_status_and_watchdog() -> Result<()> {
    let _alone = alone();
    let wall = Wall::showing(program(), "", |_| {})?;
    let mut heard = Vec::new();
    wall.until("a fed watchdog", |wall| {
        heard.extend(wall.notifications());
        Ok(heard.iter().any(|line| line == "WATCHDOG=1").then_some(()))
    })?;
    ensure!(
        heard.iter().filter(|line| *line == "READY=1").count() == 1,
        "{heard:?}"
    );
    ensure!(
        heard.iter().any(|line| line.starts_with("STATUS=showing")),
        "{heard:?}"
    );
    Ok(())
}

#[test]
fn sigterm_and_sigint_end_it_within_a_second_and_leave_nothing_behind() -> Result<()> {
    let _alone = alone();
    for signal in [Signal::TERM, Signal::INT] {
        let mut wall = Wall::showing(program(), "", |_| {})?;
        let children = children_of(wall.pid()?)?;
        ensure!(children.len() >= 2, "WebKit's processes: {children:?}");
        wall.signal(signal)?;
        let (status, took) = wall.ended()?;
        ensure!(status.code() == Some(0), "{status}: {}", wall.log()?);
        ensure!(took < Duration::from_secs(1), "{took:?}");
        wall.until("the end of WebKit's processes", |_| {
            let left = children.iter().filter(|pid| is_webkit(**pid)).count();
            Ok((left == 0).then_some(()))
        })?;
    }
    Ok(())
}

#[test]
fn without_settings_a_slate_says_so_and_a_file_that_appears_is_shown() -> Result<()> {
    let _alone = alone();
    let mut wall = Wall::new(program())?;
    wall.start()?;
    let status = wall.until_phase(Phase::Unconfigured)?;
    ensure!(
        status.settings.problems.len() == 1,
        "{}",
        wall.status_json()?
    );
    wall.write(&Content::Report, "")?;
    wall.until_phase(Phase::Showing)?;
    Ok(())
}

#[test]
fn a_bad_file_changes_nothing_on_the_screen_and_is_told_everywhere() -> Result<()> {
    let _alone = alone();
    let mut wall = Wall::showing(program(), "", |_| {})?;
    wall.notifications();
    wall.write(&Content::Report, "[token]\nrefresh_evry = \"3 s\"\n")?;
    let rejected = |status: &StatusDocument| !status.settings.problems.is_empty();
    let status = wall.until_status("a rejected file", rejected)?;
    let problem = status.settings.problems.first().context("a problem")?;
    ensure!(problem.key == "token.refresh_evry", "{problem}");
    ensure!(problem.remedy.contains("refresh_every"), "{problem}");
    ensure!(status.phase == Phase::Showing);
    ensure!(wall.counters().report_loads == 1);
    ensure!(wall.log()?.contains("refresh_evry"));
    let mut heard = Vec::new();
    wall.until("the status line", |wall| {
        heard.extend(wall.notifications());
        Ok(heard
            .iter()
            .any(|l| l.starts_with("STATUS=") && l.contains("settings"))
            .then_some(()))
    })?;

    // And a boot with the bad file runs with the last good settings.
    wall.signal(Signal::TERM)?;
    wall.ended()?;
    wall.start()?;
    let status = wall.until_phase(Phase::Showing)?;
    ensure!(rejected(&status), "{}", wall.status_json()?);
    wall.write(&Content::Report, "")?;
    wall.until_status("the mended file", |status| {
        status.settings.problems.is_empty()
    })?;
    Ok(())
}

#[test]
fn sighup_reads_the_settings_again() -> Result<()> {
    let _alone = alone();
    let wall = Wall::showing(program(), "", |_| {})?;
    wall.notifications();
    wall.signal(Signal::HUP)?;
    let mut heard = Vec::new();
    wall.until("READY after RELOADING", |wall| {
        heard.extend(wall.notifications());
        let reloading = heard.iter().position(|line| line == "RELOADING=1");
        let ready = heard.iter().rposition(|line| line == "READY=1");
        Ok((reloading.is_some() && ready > reloading).then_some(()))
    })?;
    ensure!(wall.status()?.phase == Phase::Showing && wall.counters().report_loads == 1);
    Ok(())
}

#[test]
fn a_refusal_takes_the_report_down_and_its_end_brings_it_back() -> Result<()> {
    let _alone = alone();
    let wall = Wall::showing(program(), "", |_| {})?;
    wall.cloud
        .set_faults(|faults| faults.api_refusal = Some(Refusal::group_not_accessible()));
    wall.everlit(&["refresh-token"])?;
    let status = wall.until_phase(Phase::Denied)?;
    let error = status.token.last_error.context("an error")?;
    ensure!(error.contains("GroupNotAccessible"), "{error}");
    wall.cloud.set_faults(|faults| faults.api_refusal = None);
    wall.everlit(&["refresh-token"])?;
    wall.until_phase(Phase::Showing)?;
    Ok(())
}

#[test]
fn a_service_that_is_away_at_boot_is_waited_for() -> Result<()> {
    let _alone = alone();
    let mut wall = Wall::new(program())?;
    wall.cloud
        .set_faults(|faults| faults.entra = Trouble::Garbage);
    wall.write(&Content::Report, "")?;
    wall.start()?;
    wall.until_status("a failed try", |status| {
        status.phase == Phase::Waiting && status.token.failures >= 2
    })?;
    wall.cloud.set_faults(|faults| faults.entra = Trouble::None);
    wall.until_phase(Phase::Showing)?;
    Ok(())
}

#[test]
fn a_network_that_goes_leaves_the_picture() -> Result<()> {
    let _alone = alone();
    let wall = Wall::showing(program(), "[token]\nrefresh_every = \"1 s\"\n", |_| {})?;
    wall.cloud
        .set_faults(|faults| faults.network = Network::Down);
    wall.until_phase(Phase::Offline)?;
    ensure!(wall.status()?.content.context("content")?.rendered);
    wall.cloud.set_faults(|faults| faults.network = Network::Up);
    wall.until_phase(Phase::Showing)?;
    ensure!(wall.counters().iframe_loads == 1);
    Ok(())
}

#[test]
fn a_crash_while_nothing_can_be_loaded_leaves_the_last_picture() -> Result<()> {
    let _alone = alone();
    let wall = Wall::showing(program(), "", |faults| faults.token_life_s = 6.0)?;
    // The picture is looked at, and kept, a second after it came up.
    wall.throughout(Duration::from_secs(2), |_| Ok(()))?;
    wall.cloud
        .set_faults(|faults| faults.network = Network::Down);
    let status = wall.until_status("a dead token", |status| {
        status.phase == Phase::Offline && status.token.state == TokenState::Expired
    })?;
    let web = status.webview.pid.context("no web process")?;
    let web = Pid::from_raw(i32::try_from(web)?).context("no pid")?;
    kill_process(web, Signal::KILL)?;
    wall.until_status("a new web process", |status| status.webview.restarts == 1)?;
    // Longer than a page may be silent.
    wall.throughout(Duration::from_secs(8), |wall| {
        let status = wall.status()?;
        let is_kept = status.phase == Phase::Offline && status.webview.restarts == 1;
        ensure!(is_kept, "{status:?}; {}", wall.log()?);
        Ok(())
    })?;
    wall.cloud.set_faults(|faults| faults.network = Network::Up);
    wall.until_phase(Phase::Showing)?;
    Ok(())
}

#[test]
fn a_certificate_and_a_token_service_work_as_well() -> Result<()> {
    let _alone = alone();
    for credential in [Credential::Certificate, Credential::TokenService] {
        let mut wall = Wall::new(program())?;
        wall.write_text(&wall.cloud.settings_toml(&Content::Report, credential, ""))?;
        wall.start()?;
        wall.until_phase(Phase::Showing)?;
    }
    Ok(())
}

#[test]
fn frame_ancestors_of_https_alone_are_no_obstacle() -> Result<()> {
    let _alone = alone();
    Wall::showing(program(), "", |faults| {
        faults.frame_ancestors = Some("https:".to_owned())
    })?;
    Ok(())
}

#[test]
fn without_a_display_the_error_says_so() -> Result<()> {
    let output = Command::new(program())
        .args([
            "run",
            "--settings",
            "/nonexistent/settings.toml",
            "--state",
            "/nonexistent",
        ])
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .output()?;
    ensure!(output.status.code() == Some(70), "{output:?}");
    ensure!(
        String::from_utf8_lossy(&output.stderr).contains("no display"),
        "{output:?}"
    );
    Ok(())
}

pub(crate) fn children_of(pid: i32) -> Result<Vec<i32>> {
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"))?;
    Ok(children
        .split_whitespace()
        .filter_map(|pid| pid.parse().ok())
        .collect())
}

fn is_webkit(pid: i32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.starts_with("WebKit"))
}
