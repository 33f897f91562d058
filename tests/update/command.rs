//! `everlit update` on the command line.

use std::process::{Command, Output};

use super::*;

#[test]
fn the_timer_ends_at_once_and_silently_where_nothing_is_set() {
    for text in ["", "[playlist", "[update]\n"] {
        let bench = Bench::new();
        fs::write(bench.path("settings.toml"), text).unwrap();
        let output = run(&bench, &["--scheduled"]);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        assert!(output.stderr.is_empty(), "{output:?}");
    }
    let output = run(&Bench::new(), &["--scheduled"]);
    assert_eq!(
        output.status.code(),
        Some(0),
        "no settings at all: {output:?}"
    );
}

#[test]
fn a_file_is_installed_with_the_rauc_that_is_there() {
    let bench = Bench::new();
    let file = bench.path("brought.raucb");
    fs::write(&file, bundle("1.2")).unwrap();
    let output = run(&bench, &["--no-reboot", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(bench.log(), ["install"]);
    assert!(said(&output).contains("1.2"), "{output:?}");
}

#[test]
fn a_device_without_rauc_says_how_it_is_updated() {
    let bench = Bench::new();
    fs::remove_file(bench.path("rauc")).unwrap();
    let output = run(&bench, &["x.raucb"]);
    assert_eq!(output.status.code(), Some(69), "{output:?}");
    assert!(said(&output).contains("updated by apt"), "{output:?}");
}

#[test]
fn what_cannot_be_asked_for_is_refused_with_its_remedy() {
    for (arguments, code, words) in [
        (
            &["http://updates.example/x.raucb"][..],
            64,
            "write it with https://",
        ),
        (&[], 64, "set update.url"),
        (&["--scheduled", "x.raucb"], 2, "cannot be used with"),
    ] {
        let bench = Bench::new();
        fs::write(bench.path("settings.toml"), "").unwrap();
        let output = run(&bench, arguments);
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        assert!(said(&output).contains(words), "{output:?}");
        assert!(bench.log().is_empty());
    }
}

fn run(bench: &Bench, arguments: &[&str]) -> Output {
    let path = format!("{}:/usr/bin:/bin", bench.dir.path().display());
    let mut command = Command::new(env!("CARGO_BIN_EXE_everlit"));
    command.arg("update").args(arguments);
    command.arg("--settings").arg(bench.path("settings.toml"));
    command
        .arg("--folder")
        .arg(bench.folder())
        .env("PATH", path);
    command
        .env_remove("JOURNAL_STREAM")
        .env_remove("EVERLIT_LOG");
    command.output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
