//! A real Ansible brings settings onto a wall.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use anyhow::{Context as _, Result, ensure};
use everlit::player::Phase;
use everlit_standin::{Content, Credential};

use crate::{alone, program, pushes::unknown_report, rig::Wall};

const REQUIREMENTS: &str = include_str!("../ansible/requirements.txt");
const SOON: &str = "[recovery]\nconfirm_within = \"2 s\"\n";

#[test]
fn a_playbook_run_is_confirmed_by_the_glass_and_a_second_one_changes_nothing() -> Result<()> {
    let _alone = alone();
    let ansible = Ansible::installed()?;
    let wall = Wall::showing(program(), SOON, |_| {})?;
    let loads = wall.counters().report_loads;
    let extra = format!("[token]\nrefresh_every = \"20 min\"\n{SOON}");
    let text = settings(&wall, &Content::Report, &extra);

    let first = ansible.push(&wall, &text)?;
    ensure!(first.status.success(), "{}", said(&first));
    ensure!(said(&first).contains("changed=1 "), "{}", said(&first));
    ensure!(fs::read_to_string(&wall.settings)? == text);
    let status = wall.status()?;
    ensure!(status.phase == Phase::Showing && status.settings.trial.is_none());
    ensure!(
        status.token.next_refresh_in_s.is_some_and(|s| s <= 20 * 60),
        "the interval has changed"
    );
    ensure!(wall.counters().report_loads == loads, "and nothing else");

    let second = ansible.push(&wall, &text)?;
    ensure!(second.status.success(), "{}", said(&second));
    ensure!(said(&second).contains("changed=0 "), "{}", said(&second));
    Ok(())
}

#[test]
fn a_playbook_run_that_shows_nothing_is_rolled_back_and_a_mistake_is_not_even_copied() -> Result<()>
{
    let _alone = alone();
    let ansible = Ansible::installed()?;
    let wall = Wall::showing(program(), SOON, |_| {})?;
    let old = fs::read_to_string(&wall.settings)?;

    let mistaken = ansible.push(&wall, "[token]\nrefresh_evry = \"3 s\"\n")?;
    ensure!(!mistaken.status.success(), "{}", said(&mistaken));
    let says_why = said(&mistaken).contains("did you mean");
    ensure!(says_why, "{}", said(&mistaken));
    ensure!(fs::read_to_string(&wall.settings)? == old);

    let broken = settings(&wall, &unknown_report(), SOON);
    // The second time, the outcome of the first stands in the history already.
    for _ in 0..2 {
        let run = ansible.push(&wall, &broken)?;
        ensure!(!run.status.success(), "{}", said(&run));
        ensure!(said(&run).contains("rolled back"), "{}", said(&run));
        ensure!(said(&run).contains("changed=1 "), "{}", said(&run));
        wall.until("the old text", |wall| {
            Ok((fs::read_to_string(&wall.settings)? == old).then_some(()))
        })?;
        wall.until_phase(Phase::Showing)?;
    }
    Ok(())
}

/// An Ansible of the locked version, in a place of its own.
struct Ansible(PathBuf);

impl Ansible {
    /// Installs it where no earlier run has.
    fn installed() -> Result<Self> {
        let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ansible");
        let stamp = home.join("requirements.txt");
        if fs::read_to_string(&stamp).is_ok_and(|installed| installed == REQUIREMENTS) {
            return Ok(Self(home));
        }
        let requirements = home.with_extension("requirements");
        fs::write(&requirements, REQUIREMENTS)?;
        let mut venv = Command::new("python3");
        venv.args(["-m", "venv", "--clear"]).arg(&home);
        run(&mut venv)
            .context("cannot make a Python environment; `make deps` installs python3-venv")?;
        let mut pip = Command::new(home.join("bin/python"));
        pip.args(["-m", "pip", "install", "--quiet", "--only-binary", ":all:"])
            .args(["--require-hashes", "--requirement"])
            .arg(requirements);
        run(&mut pip).context("cannot install Ansible; pip needs a network or a mirror")?;
        fs::write(stamp, REQUIREMENTS)?;
        Ok(Self(home))
    }

    /// Runs the example playbook, as an operator would, for this one wall.
    fn push(&self, wall: &Wall, text: &str) -> Result<Output> {
        let pushed = wall.path("pushed.toml");
        fs::write(&pushed, text)?;
        // Not what this machine's own Ansible is told.
        let config = wall.path("ansible.cfg");
        fs::write(&config, "")?;
        let playbook =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("config/ansible/push-settings.yml");
        let mut command = Command::new(self.0.join("bin/ansible-playbook"));
        command
            .args(["--inventory", "wall,", "--connection", "local"])
            .args(["--extra-vars", "look_every=1"]);
        for (name, path) in [
            ("settings", pushed.as_path()),
            ("settings_path", &wall.settings),
            ("everlit", program()),
            ("everlit_socket", &wall.path("control.sock")),
            ("ansible_python_interpreter", &self.0.join("bin/python")),
        ] {
            let value = serde_json::json!({ name: path });
            command.args(["--extra-vars", &value.to_string()]);
        }
        command
            .arg(playbook)
            .env("HOME", wall.path("operator"))
            .env("ANSIBLE_CONFIG", &config)
            .env("ANSIBLE_NOCOLOR", "1")
            .env("LC_ALL", "C.UTF-8");
        command.output().context("cannot start ansible-playbook")
    }
}

fn run(command: &mut Command) -> Result<()> {
    let output = command.output()?;
    ensure!(output.status.success(), "{}", said(&output));
    Ok(())
}

fn said(output: &Output) -> String {
    let [out, err] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    format!("{out}{err}")
}

fn settings(wall: &Wall, content: &Content, extra: &str) -> String {
    wall.cloud.settings_toml(content, Credential::Secret, extra)
}
