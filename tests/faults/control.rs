//! The control socket's path: taken by something else, or by what an earlier daemon left there.

use std::{fs, os::unix::net::UnixListener, path::PathBuf};

use crate::{bench::Bench, fault::Fault};

pub(crate) fn faults() -> Vec<Fault> {
    vec![
        Fault::new("control socket's path occupied by a file", |bench| {
            bench.stop()?;
            fs::write(path(bench), "not a socket")?;
            bench.start()
        })
        .ended(4, |bench| Ok(fs::remove_file(path(bench))?)),
        Fault::new(
            "control socket's path occupied by another program",
            |bench| {
                bench.stop()?;
                bench.squatter = Some(UnixListener::bind(path(bench))?);
                bench.start()
            },
        )
        .ended(4, |bench| {
            bench.squatter = None;
            Ok(fs::remove_file(path(bench))?)
        }),
        Fault::new("control socket stale", |bench| {
            bench.stop()?;
            // Nobody listens behind the file that stays.
            drop(UnixListener::bind(path(bench))?);
            bench.start()
        })
        .in_a_new_frame()
        .silent(),
    ]
}

fn path(bench: &Bench) -> PathBuf {
    bench.wall.path("control.sock")
}
