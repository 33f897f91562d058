//! `everlit provision` as the unit starts it.

use std::process::{Command, Output};

use super::*;

#[test]
fn it_takes_over_and_says_so() {
    let bench = Bench::new();
    bench.put("everlit.toml", GOOD);
    bench.put("secrets/powerbi-secret", SECRET);
    let output = run(&bench);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("everlit.toml: these are the settings now"),
        "{said}"
    );
    assert!(!said.contains(SECRET), "{said}");
    let kept = bench.device("etc/credstore/powerbi-secret");
    assert_eq!(
        kept.as_deref(),
        Some(SECRET),
        "another system's key would seal it"
    );
}

#[test]
fn with_nothing_to_do_it_is_done_at_once() {
    let output = run(&Bench::new());
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(
        output.stderr.is_empty() && output.stdout.is_empty(),
        "{output:?}"
    );
}

#[test]
fn what_is_refused_makes_another_exit_code_and_a_warning() {
    let bench = Bench::new();
    bench.put("everlit.toml", "[playre]\n");
    let output = run(&bench);
    assert_eq!(output.status.code(), Some(64), "{output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("WARN") && said.contains("did you mean \"player\"?"),
        "{said}"
    );
}

#[test]
fn a_read_only_partition_is_writable_only_meanwhile_and_keeps_its_other_flags() {
    let bench = Bench::new();
    let script = r#"set -eu
        mount -t tmpfs none "$1"
        cp "$3" "$1/everlit.toml"
        mount -o remount,ro,nosuid,nodev,noexec "$1"
        "$0" provision --from "$1" --root "$2"
        grep " $1 " /proc/self/mounts
        ls "$1"
    "#;
    let settings = bench.dir.path().join("mine.toml");
    fs::write(&settings, GOOD).unwrap();
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--mount", "sh", "-c", script]);
    command.arg(env!("CARGO_BIN_EXE_everlit")).arg(bench.card());
    command.arg(bench.root()).arg(&settings);
    let output = command.env_remove("JOURNAL_STREAM").output().unwrap();
    if String::from_utf8_lossy(&output.stderr).contains("unshare failed") {
        // This kernel lets nobody have mounts of their own.
        return;
    }
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("ro,nosuid,nodev,noexec"), "{said}");
    assert!(said.ends_with("everlit-report.txt\n"), "{said}");
    assert_eq!(bench.device(SETTINGS).as_deref(), Some(GOOD));
}

#[test]
fn a_device_without_the_daemons_user_takes_nothing_over() {
    let bench = Bench::new();
    bench.put_on_device("etc/passwd", "root:x:0:0::/:\n");
    bench.put("everlit.toml", GOOD);
    let output = run(&bench);
    assert_eq!(output.status.code(), Some(70), "{output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("there is no user everlit"), "{said}");
    assert!(bench.on_card().contains_key("everlit.toml"));
}

fn run(bench: &Bench) -> Output {
    let everlit = env!("CARGO_BIN_EXE_everlit");
    let mut command = Command::new(everlit);
    command.arg("provision").arg("--from").arg(bench.card());
    command.arg("--root").arg(bench.root());
    command
        .env_remove("JOURNAL_STREAM")
        .env_remove("EVERLIT_LOG");
    command.output().unwrap()
}
