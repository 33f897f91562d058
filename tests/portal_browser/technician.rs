//! A technician comes with a browser.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use everlit::{clock, player::Phase};
use everlit_standin::Content;

use crate::{
    browser::{Browser, Driver},
    program,
    rig::Wall,
};

const PASSWORD: &str = "three blind mice";

/// Where the portal is, and the code on the screen.
fn way_in(wall: &Wall) -> Result<(String, String)> {
    let told = wall.everlit(&["portal", "show"])?;
    let text = String::from_utf8(told.stdout)?;
    let address = text.lines().next().context("no address")?.to_owned();
    let code = text
        .lines()
        .find_map(|line| line.strip_prefix("pairing code: "));
    Ok((address, code.unwrap_or_default().to_owned()))
}

fn claim(browser: &Browser, address: &str, code: &str) -> Result<()> {
    browser.open(address)?;
    browser.fill("code", code)?;
    browser.fill("password", PASSWORD)?;
    browser.fill("again", PASSWORD)?;
    browser.press("Set the password")?;
    browser.until("On the screen")
}

fn sign_in(browser: &Browser, address: &str) -> Result<()> {
    browser.open(address)?;
    browser.fill("password", PASSWORD)?;
    browser.press("Sign in")?;
    browser.until("On the screen")
}

#[test]
fn a_technician_pairs_signs_in_and_sets_the_interval() -> Result<()> {
    let wall = Wall::showing(program(), "", |faults| faults.token_life_s = 3600.0)?;
    let driver = Driver::start()?;
    let browser = driver.browser()?;
    let (address, code) = way_in(&wall)?;
    pairing(&browser, &address, &code)?;
    every_page_is_sound(&browser, &address)?;
    the_interval(&wall, &browser, &address)?;
    a_mistake(&wall, &browser, &address)?;
    an_undo(&wall, &browser, &address)?;
    two_browsers(&wall, &driver, &browser, &address)?;
    signing_out(&browser, &address)?;
    browser.close()
}

fn pairing(browser: &Browser, address: &str, code: &str) -> Result<()> {
    browser.open(address)?;
    browser.until("pairing code")?;
    browser.examine("claim")?;
    browser.fill("code", "AAAA-AAAA")?;
    browser.fill("password", PASSWORD)?;
    browser.fill("again", PASSWORD)?;
    browser.press("Set the password")?;
    browser.until("this is not the code on the screen")?;
    claim(browser, address, code)
}

fn every_page_is_sound(browser: &Browser, address: &str) -> Result<()> {
    for (name, place) in [
        ("overview", ""),
        ("settings", "settings"),
        ("settings-text", "settings/text"),
        ("versions", "versions"),
        ("log", "log"),
        ("diagnostics", "diagnostics"),
        ("access", "access"),
    ] {
        browser.open(&format!("{address}{place}"))?;
        browser.text_of("h1")?;
        browser.examine(name)?;
    }
    Ok(())
}

/// *Refresh token every*, Save, and the wall follows within a second, without a flicker.
fn the_interval(wall: &Wall, browser: &Browser, address: &str) -> Result<()> {
    let before = wall.counters();
    browser.open(&format!("{address}settings"))?;
    browser.fill("token-refresh_every", "7 min")?;
    browser.press("Review and save")?;
    browser.until("Review the changes")?;
    let text = browser.text_of("body")?;
    ensure!(text.contains("+ refresh_every = \"7 min\""), "{text}");
    browser.examine("review")?;
    browser.press("Save")?;
    browser.until("Saved as version")?;
    let saved = clock::now();
    wall.until_status("the new deadline", |status| {
        status
            .token
            .next_refresh_in_s
            .is_some_and(|left| left <= 7 * 60)
    })?;
    let took = clock::now() - saved;
    ensure!(took < Duration::from_secs(1), "{took:?}");
    let after = wall.counters();
    ensure!(after.report_loads == before.report_loads, "{after:?}");
    ensure!(after.iframe_loads == before.iframe_loads, "{after:?}");
    let status = wall.until_phase(Phase::Showing)?;
    ensure!(
        status.settings.trial.is_none(),
        "a deadline is confirmed at once"
    );
    Ok(())
}

fn a_mistake(wall: &Wall, browser: &Browser, address: &str) -> Result<()> {
    let before = std::fs::read_to_string(&wall.settings)?;
    browser.open(&format!("{address}settings"))?;
    browser.fill("token-refresh_every", "7 parsecs")?;
    browser.press("Review and save")?;
    browser.until("Nothing was saved")?;
    let beside = browser.text_of("#token-refresh_every-problem")?;
    let checked = everlit::settings::check(&before.replace("7 min", "7 parsecs"), &wall.settings);
    let words = checked.err().context("it is wrong")?.0[0].sentence();
    ensure!(beside == words, "{beside:?} is not {words:?}");
    browser.examine("mistake")?;
    ensure!(std::fs::read_to_string(&wall.settings)? == before);
    Ok(())
}

fn an_undo(wall: &Wall, browser: &Browser, address: &str) -> Result<()> {
    browser.open(&format!("{address}versions"))?;
    browser.until("confirmed by the screen")?;
    browser.follow("tbody tr:nth-child(2) a")?;
    browser.until("What would change if it came back")?;
    browser.examine("version")?;
    browser.press("Bring this version back")?;
    browser.until("Saved as version")?;
    let text = std::fs::read_to_string(&wall.settings)?;
    ensure!(!text.contains("7 min"), "{text}");
    Ok(())
}

fn two_browsers(wall: &Wall, driver: &Driver, browser: &Browser, address: &str) -> Result<()> {
    let other = driver.browser()?;
    sign_in(&other, address)?;
    other.open(&format!("{address}settings"))?;
    other.fill("player-name", "stale")?;
    browser.open(&format!("{address}settings"))?;
    browser.fill("player-name", "Lobby")?;
    browser.press("Review and save")?;
    browser.press("Save")?;
    browser.until("Saved as version")?;
    other.press("Review and save")?;
    other.until("somebody else has changed the settings")?;
    let text = std::fs::read_to_string(&wall.settings)?;
    ensure!(text.contains("Lobby") && !text.contains("stale"), "{text}");
    other.close()
}

fn signing_out(browser: &Browser, address: &str) -> Result<()> {
    browser.press("Sign out")?;
    browser.until("Admin password")?;
    browser.examine("sign-in")?;
    browser.open(&format!("{address}settings"))?;
    browser.until("Admin password")
}

#[test]
fn the_overview_is_live_and_its_buttons_work() -> Result<()> {
    let wall = Wall::showing(program(), "", |faults| faults.token_life_s = 3600.0)?;
    let driver = Driver::start()?;
    let browser = driver.browser()?;
    let (address, code) = way_in(&wall)?;
    claim(&browser, &address, &code)?;
    let refreshes = wall.status()?.token.refreshes;
    browser.press("Refresh the token now")?;
    browser.until("A new token is on its way")?;
    wall.until_status("a refresh", |status| status.token.refreshes > refreshes)?;
    // Without loading the page again.
    browser.until(&format!("{} of {}", refreshes + 1, refreshes + 1))?;
    let seconds = "return Number(document.querySelector('[data-count=down]').dataset.seconds)";
    ensure!(browser.script(seconds)?.as_u64() > Some(60));
    wall.write(&Content::Report, "[token]\nrefresh_evry = '1 min'\n")?;
    browser.until("The last settings were rejected")?;
    browser.photograph("overview-rejected")?;
    let picture = browser.script("return document.querySelector('.picture').naturalWidth")?;
    ensure!(picture.as_u64() == Some(960), "{picture}");
    browser.close()
}
