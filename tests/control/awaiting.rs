//! `everlit await-picture` follows a made-up daemon.

use std::{
    path::Path,
    process::{Output, Stdio},
};

use everlit::{player::Phase, portal::live::Sights};
use tokio::process::{Child, Command};

use super::*;

/// The end of the made-up device's line, after what it does with its content.
const SUMMARY_REST: &str = "Sales (report), token valid for 100 s, next refresh in 5 s; settings \
                            rejected: 1 problem\n";

#[tokio::test]
async fn a_picture_that_stays_is_awaited_from_before_the_daemon_listens() {
    let dir = TempDir::new().unwrap();
    let waiting = await_picture(&paths(dir.path()).0, "1 s", "20 s");
    let device = Device::start_in(dir).await;
    let output = ended(waiting).await;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said, format!("on the screen: showing {SUMMARY_REST}"));
    drop(device);
}

#[tokio::test]
async fn without_a_picture_it_ends_in_time_and_says_what_there_is_instead() {
    let device = Device::start().await;
    let deny = |snapshot: &mut Snapshot| snapshot.status.phase = Phase::Denied;
    device.status.send_modify(deny);
    let output = ended(await_picture(&device.socket_path(), "1 s", "2 s")).await;
    assert_eq!(output.status.code(), Some(75), "{output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    let what = "no steady picture within 2 s; on the screen";
    let expected = format!("everlit: {what}: not allowed to show {SUMMARY_REST}");
    assert_eq!(said, expected);
}

#[tokio::test]
async fn without_a_daemon_it_ends_in_time_and_says_that() {
    let dir = TempDir::new().unwrap();
    let output = ended(await_picture(&paths(dir.path()).0, "1 s", "1 s")).await;
    assert_eq!(output.status.code(), Some(75), "{output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("daemon not reachable at"), "{said}");
}

#[tokio::test]
async fn bad_durations_are_bad_usage() {
    let output = ended(await_picture(Path::new("/nowhere"), "soon", "1 s")).await;
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}

#[tokio::test]
async fn each_change_is_told_once_and_the_end_is_told() {
    let device = Device::start().await;
    let mut sights = device.client.follow().await.unwrap();
    assert_eq!(seen(&mut sights).await, Some((Phase::Showing, true)));
    for (phase, drawn) in [(Phase::Showing, false), (Phase::Loading, false)] {
        device.status.send_modify(|snapshot| {
            snapshot.status.phase = phase;
            snapshot.status.is_drawn = drawn;
        });
        assert_eq!(seen(&mut sights).await, Some((phase, drawn)));
        // News of something else.
        device.status.send_modify(|_| {});
    }
    drop(device);
    assert_eq!(seen(&mut sights).await, None);
}

async fn seen(sights: &mut Sights) -> Option<(Phase, bool)> {
    let sight = timeout(PATIENCE, sights.next()).await.unwrap();
    sight.map(|sight| (sight.phase, sight.drawn))
}

fn await_picture(socket: &Path, steady: &str, within: &str) -> Child {
    let everlit = env!("CARGO_BIN_EXE_everlit");
    let mut command = Command::new(everlit);
    command.args(["await-picture", "--steady", steady, "--within", within]);
    command.arg("--socket").arg(socket);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.kill_on_drop(true).spawn().unwrap()
}

async fn ended(waiting: Child) -> Output {
    let output = timeout(PATIENCE, waiting.wait_with_output()).await;
    output.unwrap().unwrap()
}
