//! What an operator asks on the command line.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use everlit::player::Phase;
use everlit_standin::Content;

use crate::{alone, program, rig::Wall};

#[test]
fn the_commands_do_what_they_say() -> Result<()> {
    let _alone = alone();
    let wall = Wall::showing(program(), "", |_| {})?;

    let output = wall.everlit(&["status"])?;
    ensure!(output.status.success(), "{output:?}");
    ensure!(
        String::from_utf8_lossy(&output.stdout).starts_with("showing"),
        "{output:?}"
    );

    let output = wall.everlit(&["status", "--json"])?;
    let status: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    ensure!(
        status["phase"] == "showing" && status["webview"]["pid"].is_number(),
        "{status}"
    );

    let tokens = wall.counters().embed_tokens;
    ensure!(wall.everlit(&["refresh-token"])?.status.success());
    wall.until("a token more", |wall| {
        Ok((wall.counters().embed_tokens > tokens).then_some(()))
    })?;

    ensure!(wall.counters().iframe_loads == 1);
    ensure!(wall.everlit(&["reload"])?.status.success());
    wall.until("a load more", |wall| {
        Ok((wall.counters().iframe_loads == 2).then_some(()))
    })?;
    wall.until_phase(Phase::Showing)?;

    let picture = wall.path("picture.png");
    let output = wall.everlit(&["screenshot", &picture.display().to_string()])?;
    ensure!(output.status.success(), "{output:?}");
    let png = fs::read(picture)?;
    ensure!(
        png.starts_with(b"\x89PNG") && png.len() > 20_000,
        "{} bytes",
        png.len()
    );
    Ok(())
}

#[test]
fn pushed_settings_are_checked_and_applied() -> Result<()> {
    let _alone = alone();
    let wall = Wall::showing(program(), "", |_| {})?;
    let good = wall.path("good.toml");
    let text = wall.cloud.settings_toml(
        &Content::Page("https://portal.standin.example/calm".to_owned()),
        everlit_standin::Credential::Secret,
        "",
    );
    fs::write(&good, &text)?;
    let output = wall.everlit(&["settings", "push", &good.display().to_string()])?;
    ensure!(output.status.success(), "{output:?}");
    wall.until_status("the page", |status| {
        status.phase == Phase::Showing
            && status
                .content
                .as_ref()
                .is_some_and(|content| content.kind == everlit::player::ContentKind::Page)
    })?;
    let output = wall.everlit(&["settings", "show"])?;
    ensure!(String::from_utf8_lossy(&output.stdout) == text);

    let bad = wall.path("bad.toml");
    fs::write(&bad, "[playerr]\n")?;
    let output = wall.everlit(&["settings", "push", &bad.display().to_string()])?;
    ensure!(output.status.code() == Some(64), "{output:?}");
    ensure!(
        String::from_utf8_lossy(&output.stderr).contains("player"),
        "{output:?}"
    );
    ensure!(
        fs::read_to_string(&wall.settings)? == text,
        "the file is untouched"
    );
    Ok(())
}

#[test]
fn without_a_daemon_the_exit_code_says_so() -> Result<()> {
    let wall = Wall::new(program())?;
    let output = wall.everlit(&["status"])?;
    ensure!(output.status.code() == Some(69), "{output:?}");
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    message
        .contains("not reachable")
        .then_some(())
        .context(message)
}
