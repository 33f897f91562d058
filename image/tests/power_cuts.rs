//! The plug is pulled while settings are pushed, again and again.

use std::{
    env,
    io::{BufRead as _, BufReader},
    process::{Child, ChildStdout, Stdio},
    thread,
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::{
    emulator::Clock,
    findings::Findings,
    guest::Guest,
    lab::{Lab, NAME},
    provisioning,
    waiting::until,
};

const CYCLES: u64 = 10;
const SHORTEST: f64 = 0.2;
const LONGEST: f64 = 4.0;

const BASE: &str = "/run/push.toml";
/// Pushes the number `$1` and those after it, and says each one that was acknowledged.
const PUSH: &str = r#"n=$1
while sed "s/^name = .*/name = \"push $n\"/" /run/push.toml >/run/pushed.toml &&
  everlit settings push /run/pushed.toml >/run/push.log 2>&1
do echo "$n"; n=$((n + 1)); done
cat /run/push.log"#;

pub(crate) fn power_cuts_lose_no_push(lab: &mut Lab, findings: &mut Findings) -> Result<()> {
    let cycles = number("CYCLES")?.unwrap_or(CYCLES);
    let seed = number("SEED")?.unwrap_or_else(|| fastrand::u64(..10_000));
    println!("    SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    lab.showing()?;
    let limit = lab.platform.boot_limit();
    let (mut kept, mut longest, mut pushes) = (0, Duration::ZERO, 0);
    for cycle in 1..=cycles {
        let pause = SHORTEST + random.f64() * (LONGEST - SHORTEST);
        let last = push_until_cut(lab, kept + 1, Duration::from_secs_f64(pause))?;
        println!("    {cycle}: cut {pause:.2} s after the first of the pushes to {last}");
        pushes += last - kept;
        longest = longest.max(lab.power_on(Clock::Right)?.until_showing(limit)?);
        kept = judge(lab, last)?;
    }
    findings.note("power cuts", format!("{cycles} (SEED={seed})"));
    findings.note("pushes that were acknowledged and are kept", pushes);
    findings.at_most(
        "longest power-on to the report",
        longest.as_secs_f64(),
        limit.as_secs_f64(),
        "s",
    )
}

/// The last number whose push was acknowledged before the plug was pulled.
fn push_until_cut(lab: &mut Lab, first: u64, pause: Duration) -> Result<u64> {
    let base = provisioning::settings(&lab.cloud, NAME);
    let mut pushing = Pushing::begin(lab.guest()?, &base, first)?;
    thread::sleep(pause);
    lab.cut_power();
    pushing.last()
}

/// What the device says while settings are pushed on it.
struct Pushing {
    ssh: Child,
    said: BufReader<ChildStdout>,
    last: u64,
}

impl Pushing {
    /// Waits for the first push.
    fn begin(guest: &mut Guest, base: &str, first: u64) -> Result<Self> {
        guest.run(&format!("cat >{BASE} <<'END'\n{base}\nEND"))?;
        let line = format!("set -- {first}; {PUSH}");
        let mut ssh = guest.command(&line)?.stdout(Stdio::piped()).spawn()?;
        let said = BufReader::new(ssh.stdout.take().context("no output")?);
        let mut pushing = Self { ssh, said, last: 0 };
        let said = pushing.next()?;
        ensure!(said == first.to_string(), "the first push fails: {said}");
        pushing.last = first;
        Ok(pushing)
    }

    fn last(&mut self) -> Result<u64> {
        self.ssh.kill()?;
        self.ssh.wait()?;
        // A line that was cut off is no acknowledgement.
        while let Ok(number) = self.next()?.parse() {
            self.last = number;
        }
        Ok(self.last)
    }

    fn next(&mut self) -> Result<String> {
        let mut line = String::new();
        self.said.read_line(&mut line)?;
        Ok(line.strip_suffix('\n').unwrap_or_default().to_owned())
    }
}

/// The settings are whole, and no older than the last acknowledged push; the number that they hold.
fn judge(lab: &mut Lab, last: u64) -> Result<u64> {
    let limit = lab.platform.boot_limit();
    let guest = lab.guest()?;
    until("settings that are applied", limit, || {
        let state = guest.run("everlit status --json")?;
        let state: Value = serde_json::from_str(&state)?;
        Ok((state["settings"]["state"] == "applied").then_some(()))
    })?;
    guest.run("everlit check")?;
    let name = guest.run("sed -n 's/^name = \"\\(.*\\)\"$/\\1/p' /etc/everlit/settings.toml")?;
    let number = name.strip_prefix("push ").unwrap_or("0").parse()?;
    // The push that the plug interrupted may have gone through.
    ensure!(
        number == last || number == last + 1,
        "the settings hold \"{name}\" after push {last} was acknowledged"
    );
    let shown = guest.run("everlit settings show")?;
    ensure!(shown.contains(&format!("name = \"{name}\"")), "{shown}");
    Ok(number)
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
