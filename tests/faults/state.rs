//! The state directory: full, read-only, corrupt. The wall shows all the same.

use std::{
    fs::{self, File},
    io::Write as _,
    path::Path,
};

use anyhow::Result;
use rustix::process::Signal;

use crate::{
    bench::Bench,
    fault::{Fault, Look},
};

/// Settings that are new to the daemon, so that it has something to keep.
const NEWS: &str = "[player]\nname = \"Lobby\"\n";

pub(crate) fn faults() -> Vec<Fault> {
    vec![
        Fault::new("state directory full", |bench| {
            fill(bench)?;
            take_news(bench)
        })
        .ended(2, |bench| Ok(fs::remove_file(bench.room.state("ballast"))?))
        .tidied(|bench| bench.write_settings(""))
        .looking(Look::Picture),
        Fault::new("state directory read-only", |bench| {
            bench.room.remount_state("ro")?;
            take_news(bench)
        })
        .ended(2, |bench| bench.room.remount_state("rw"))
        .tidied(|bench| bench.write_settings(""))
        .looking(Look::Picture),
        Fault::new("state directory corrupt", |bench| {
            corrupt(&bench.room.state(""))?;
            bench.unit.signal(Signal::KILL)
        })
        .in_a_new_frame(),
    ]
}

fn corrupt(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            corrupt(&path)?;
        } else {
            fs::write(path, b"\xff\0 no settings \xff")?;
        }
    }
    Ok(())
}

fn fill(bench: &mut Bench) -> Result<()> {
    let mut ballast = File::create(bench.room.state("ballast"))?;
    // To the last byte: then not even a small file fits.
    while ballast.write_all(&[0; 512]).is_ok() {}
    Ok(())
}

fn take_news(bench: &mut Bench) -> Result<()> {
    let before = bench.wall.status()?.settings.revision;
    bench.write_settings(NEWS)?;
    bench.until_status("the new settings", |status| {
        status.settings.revision != before
    })?;
    Ok(())
}
