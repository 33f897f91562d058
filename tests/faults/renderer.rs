//! The processes that draw the page: killed, stopped, busy, greedy.

use anyhow::Result;
use everlit::memory;
use everlit_standin::Mood;
use rustix::process::Signal;

use crate::{
    bench::Bench,
    fault::{Fault, Limit, Look, Since},
};

const WEB: &str = "WebKitWebProces";
const NETWORK: &str = "WebKitNetworkPr";
/// The process with the report in it.
const PAGE_MB: u32 = 50;

pub(crate) fn faults() -> Vec<Fault> {
    vec![
        Fault::new("renderer killed (SIGKILL)", |bench| {
            signal(bench, WEB, Signal::KILL)
        })
        .in_a_new_frame()
        .within(Limit::PageLoad)
        .touching("renderer"),
        Fault::new("renderer in an endless loop", |bench| {
            mood(bench, Mood::Busy)
        })
        .since(Since::Mood)
        .in_a_new_frame()
        .within(Limit::Heartbeat)
        .touching("renderer"),
        Fault::new("renderer frozen (SIGSTOP)", |bench| {
            signal(bench, WEB, Signal::STOP)
        })
        .in_a_new_frame()
        .within(Limit::Heartbeat)
        .touching("renderer"),
        Fault::new("network process killed", |bench| {
            signal(bench, NETWORK, Signal::KILL)
        })
        .within(Limit::ServiceBack)
        .touching("network process"),
        Fault::new("renderer over its memory limit", |bench| {
            mood(bench, Mood::Hog)
        })
        .since(Since::Mood)
        .in_a_new_frame()
        // On a slow machine its memory grows so slowly that the daemon replaces it in time.
        .perhaps_forestalled(),
        Fault::new("renderer grown beyond its share of memory", |bench| {
            mood(bench, Mood::Grown(urgent_mb()))
        })
        .since(Since::Mood)
        .in_a_new_frame()
        .silent()
        .looking(Look::Picture),
        Fault::new("page turns white while loaded", |bench| {
            mood(bench, Mood::White)
        })
        .since(Since::Mood)
        .in_a_new_frame()
        .within(Limit::Blank)
        .touching("page"),
        Fault::new("page turns black while loaded", |bench| {
            mood(bench, Mood::Black)
        })
        .since(Since::Mood)
        .in_a_new_frame()
        .within(Limit::Blank)
        .touching("page"),
    ]
}

/// Together with the page itself, between what is replaced at once and what WebKit ends.
fn urgent_mb() -> u32 {
    memory::web_limit_mb() * 11 / 8 - PAGE_MB
}

fn signal(bench: &mut Bench, name: &str, signal: Signal) -> Result<()> {
    // Another fault may have left none; a fault alone is not healed then, and is told so.
    match bench.until_process(name) {
        Ok(pid) => bench.kill(pid, signal),
        Err(_) => Ok(()),
    }
}

fn mood(bench: &mut Bench, mood: Mood) -> Result<()> {
    bench.set_faults(|faults| faults.moods = vec![mood]);
    Ok(())
}
