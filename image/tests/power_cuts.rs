//! The plug is pulled while settings are pushed, again and again.

use std::{env, thread, time::Duration};

use anyhow::{Context as _, Result, anyhow, ensure};
use everlit::player::SettingsState;
use fastrand::Rng;

use crate::{
    emulator::Clock,
    findings::Findings,
    lab::{Lab, NAME},
    picture, provisioning,
    waiting::until,
};

/// The tenth cut hits a device with a new system that was not started yet: see the updates.
const CYCLES: u64 = 9;
/// In seconds, of pushing before the cut.
const SHORTEST: f64 = 0.2;
const LONGEST: f64 = 4.0;

pub(crate) fn power_cuts_lose_no_push(lab: &mut Lab, findings: &mut Findings) -> Result<()> {
    let cycles = number("CYCLES")?.unwrap_or(CYCLES);
    let mut random = chance()?;
    lab.showing()?;
    let limit = lab.platform.boot_limit();
    let (mut kept, mut pushes, mut starts) = (0, 0, Vec::new());
    for _ in 0..cycles {
        let last = cut(lab, kept, &mut random)?;
        pushes += last - kept;
        starts.push(lab.power_on(Clock::Right)?.until_showing(limit)?);
        kept = judge(lab, last)?;
    }
    findings.note("power cuts", cycles);
    findings.note("pushes that were acknowledged and are kept", pushes);
    starts.sort_unstable();
    let middle = starts.get(starts.len() / 2).context("no cut")?;
    findings.note(
        "power-on to the report, the median",
        format!("{:.1} s", middle.as_secs_f64()),
    );
    let longest = starts.last().context("no cut")?;
    findings.at_most(
        "power-on to the report, the longest",
        longest.as_secs_f64(),
        limit.as_secs_f64(),
        "s",
    )?;
    picture::judge_memory(lab.guest()?, findings)
}

/// What decides when the plug is pulled; SEED makes a run's moments come again.
pub(crate) fn chance() -> Result<Rng> {
    let seed = number("SEED")?.unwrap_or_else(|| fastrand::u64(..10_000));
    println!("    SEED={seed}");
    Ok(Rng::with_seed(seed))
}

/// Pulls the plug while settings are pushed, each with a number of its own after `kept`; the last
/// number whose push was acknowledged before.
pub(crate) fn cut(lab: &mut Lab, kept: u64, random: &mut Rng) -> Result<u64> {
    let pause = SHORTEST + random.f64() * (LONGEST - SHORTEST);
    let last = push_until_cut(lab, kept + 1, Duration::from_secs_f64(pause))?;
    let pushed = last - kept;
    println!("    {pushed} pushes, cut {pause:.2} s after the first");
    Ok(last)
}

fn push_until_cut(lab: &mut Lab, first: u64, pause: Duration) -> Result<u64> {
    let settings = provisioning::settings(&lab.cloud, NAME);
    let daemon = lab.guest()?.daemon()?;
    let push = move |number: u64| {
        let text = settings.replace(NAME, &name(number));
        daemon.ask(async |client| client.push(text, None).await)
    };
    push(first)?;
    let push_on = move || {
        let mut last = first;
        loop {
            match push(last + 1) {
                Ok(_) => last += 1,
                Err(failure) => return (last, failure),
            }
        }
    };
    thread::scope(|scope| {
        let pushing = scope.spawn(push_on);
        thread::sleep(pause);
        let is_early = pushing.is_finished();
        lab.cut_power();
        let (last, failure) = pushing.join().map_err(|_| anyhow!("no more pushes"))?;
        ensure!(!is_early, "a push fails with the plug in: {failure}");
        Ok(last)
    })
}

/// What this push calls the device.
fn name(number: u64) -> String {
    format!("push {number}")
}

/// The settings are whole, and no older than the last acknowledged push; the number that they hold.
pub(crate) fn judge(lab: &mut Lab, last: u64) -> Result<u64> {
    let patience = lab.platform.patience();
    let guest = lab.guest()?;
    let daemon = guest.daemon()?;
    let applied = until("settings that are applied", patience, || {
        let settings = daemon.ask(async |client| client.status().await)?.settings;
        Ok((settings.state == SettingsState::Applied).then_some(settings.revision))
    })?;
    let settings = daemon.ask(async |client| client.settings().await)?;
    ensure!(
        applied.as_deref() == Some(settings.revision.as_str()),
        "settings {} are in the file, {applied:?} are applied",
        settings.revision
    );
    let kept = guest.run("cat /etc/everlit/settings.toml")?;
    ensure!(
        kept == settings.text.trim(),
        "the file is another one: {kept}"
    );
    // The push that the plug interrupted may have gone through.
    [last, last + 1]
        .into_iter()
        .find(|number| kept.contains(&format!("name = \"{}\"", name(*number))))
        .with_context(|| format!("push {last} was acknowledged, and this is kept: {kept}"))
}

fn number(name: &str) -> Result<Option<u64>> {
    let Ok(text) = env::var(name) else {
        return Ok(None);
    };
    let number = text
        .parse()
        .with_context(|| format!("{name} is a number"))?;
    Ok(Some(number))
}
