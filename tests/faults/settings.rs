//! The settings file, broken in every way while the wall shows.

use std::{
    fs::{self, File, Permissions},
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    time::Duration,
};

use anyhow::Result;

use crate::{
    bench::Bench,
    fault::{Fault, Limit, Look},
    rig::PATIENCE,
};

const BETWEEN_BYTES: Duration = Duration::from_millis(5);

pub(crate) fn faults() -> Vec<Fault> {
    let broken = |name, inject: fn(&mut Bench) -> Result<()>| {
        Fault::new(name, move |bench| {
            inject(bench)?;
            until_told(bench)
        })
        .ended(2, put_right)
        .within(Limit::Unnoticed)
        .looking(Look::Picture)
        .touching("settings")
    };
    vec![
        broken("settings file truncated", truncate),
        broken("settings file unreadable", |bench| {
            let nobody = Permissions::from_mode(0o000);
            Ok(fs::set_permissions(&bench.wall.settings, nobody)?)
        }),
        broken("settings file deleted", |bench| {
            Ok(fs::remove_file(&bench.wall.settings)?)
        }),
        broken("settings file replaced by a directory", |bench| {
            fs::remove_file(&bench.wall.settings)?;
            Ok(fs::create_dir(&bench.wall.settings)?)
        }),
        Fault::new("settings file written byte by byte", write_slowly)
            .within(Limit::Calm)
            .looking(Look::Picture),
    ]
}

fn truncate(bench: &mut Bench) -> Result<()> {
    let text = bench.settings_text("");
    let half = text.get(..text.len() / 2).unwrap_or_default();
    Ok(fs::write(&bench.wall.settings, half)?)
}

fn until_told(bench: &mut Bench) -> Result<()> {
    until_problems(bench, "a problem of the settings", |problems| problems > 0)
}

/// Waits while there is a daemon that can tell; another fault may have ended it.
fn until_problems(bench: &mut Bench, what: &str, wanted: impl Fn(usize) -> bool) -> Result<()> {
    bench.until(what, PATIENCE, |bench| {
        let status = bench.wall.status();
        let told = status.is_ok_and(|status| wanted(status.settings.problems.len()));
        Ok((told || !bench.unit.is_running()).then_some(()))
    })
}

fn put_right(bench: &mut Bench) -> Result<()> {
    let settings = &bench.wall.settings;
    if settings.is_dir() {
        fs::remove_dir(settings)?;
    }
    bench.write_settings("")?;
    until_problems(bench, "no problem of the settings", |problems| {
        problems == 0
    })
}

fn write_slowly(bench: &mut Bench) -> Result<()> {
    let text = bench.settings_text("");
    let mut file = File::create(&bench.wall.settings)?;
    for byte in text.bytes() {
        file.write_all(&[byte])?;
        bench.live(BETWEEN_BYTES)?;
    }
    drop(file);
    until_problems(bench, "no problem of the settings", |problems| {
        problems == 0
    })
}
