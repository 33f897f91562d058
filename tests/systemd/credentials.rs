//! Secrets by systemd's credentials.

use std::{io::Write as _, process::Stdio};

use anyhow::{Context as _, Result, ensure};

use crate::wall::Wall;

pub(crate) fn a_secret_comes_encrypted_or_plain_and_a_missing_one_says_what_to_do(
    wall: &Wall,
) -> Result<()> {
    // The stories before this one had it plain.
    let place = "/run/credentials/everlit.service/powerbi-secret";
    ensure!(wall.machine.run(&["cat", place])? == wall.secret());
    wall.remove_secret()?;
    wall.machine.run(&["systemctl", "restart", "everlit"])?;
    wall.until_journal("remedy: Put it into /etc/credstore/powerbi-secret (mode 600)")?;
    ensure!(wall.status()?["phase"] == "denied", "{}", wall.status()?);
    let line = wall.property("StatusText")?;
    ensure!(line.contains("powerbi-secret"), "{line}");

    encrypt(wall)?;
    wall.machine.run(&["systemctl", "restart", "everlit"])?;
    wall.until_showing()?;
    wall.machine
        .run(&["rm", "/etc/credstore.encrypted/powerbi-secret"])?;
    wall.put_secret()?;
    wall.machine.run(&["systemctl", "restart", "everlit"])?;
    wall.until_showing()
}

fn encrypt(wall: &Wall) -> Result<()> {
    wall.machine
        .run(&["mkdir", "-p", "-m", "700", "/etc/credstore.encrypted"])?;
    let words = [
        "systemd-creds",
        "encrypt",
        "--with-key=host",
        "--name=powerbi-secret",
        "-",
        "/etc/credstore.encrypted/powerbi-secret",
    ];
    let mut encrypting = wall.machine.command(&words).stdin(Stdio::piped()).spawn()?;
    let mut input = encrypting.stdin.take().context("no input")?;
    input.write_all(wall.secret().as_bytes())?;
    drop(input);
    ensure!(encrypting.wait()?.success());
    Ok(())
}
