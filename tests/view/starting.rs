//! A web process that takes its time to start.

use std::{thread, time::Duration};

use anyhow::{Context as _, Result};
use everlit::{
    clock,
    player::{SlateKind, ViewOrder, WebProcessEnd},
    webview::web_process,
};
use rustix::process::{Pid, Signal, kill_process};

use crate::{
    bench::{Bench, expect, fail},
    report::{ask_for_report, calm, until_rendered},
    stories::ended,
};

const PATIENCE: Duration = Duration::from_secs(10);
/// More than any limit of the view's own.
const SLOW: Duration = Duration::from_secs(12);

pub(crate) fn a_report_waits_for_a_web_process_that_starts_slowly(bench: &mut Bench) -> Result<()> {
    calm(bench)?;
    bench.show_slate(SlateKind::Starting, "There is a web process.")?;
    let earlier = web_process().context("there is no web process")?;
    bench.view.send(ViewOrder::EndWebProcess);
    expect(&ended(bench)?, &WebProcessEnd::Asked)?;
    let page = bench.turn_page();
    bench.view.send(ViewOrder::ShowNothing { page });
    let pid = stop_process_after(earlier.pid)?;
    let asked = ask_for_report(bench);
    bench.sleep(SLOW);
    kill_process(pid, Signal::CONT)?;
    asked?;
    until_rendered(bench)
}

/// Stops the web process that follows this one, before it can do anything.
fn stop_process_after(earlier: u32) -> Result<Pid> {
    let start = clock::now();
    while clock::now() < start + PATIENCE {
        // The kernel may still know the earlier one.
        if let Some(process) = web_process().filter(|process| process.pid != earlier) {
            let pid = Pid::from_raw(i32::try_from(process.pid)?).context("no pid")?;
            kill_process(pid, Signal::STOP)?;
            return Ok(pid);
        }
        thread::yield_now();
    }
    fail("no web process came")
}
