//! The Debian package: what it holds, asks for and leaves alone. It is packed as releases are, from
//! the daemon of this build.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};

use clap::CommandFactory as _;
use everlit::cli::CommandLine;

const PACK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/image/pack");

static PACKAGE: LazyLock<PathBuf> = LazyLock::new(|| pack("package", &[]));

#[test]
fn it_asks_for_a_compositor_a_font_and_the_libraries_that_the_daemon_is_linked_with() {
    let depends = said("dpkg-deb", &["--field", path(&PACKAGE), "Depends"]);
    let names: Vec<_> = depends
        .split(", ")
        .filter_map(|dependency| dependency.split_whitespace().next())
        .collect();
    for name in ["cage", "seatd", "fonts-dejavu-core", "ca-certificates"] {
        assert!(names.contains(&name), "{name} is not in {names:?}");
    }
    for library in ["libwebkit2gtk-4.1-0", "libsystemd0", "libc6"] {
        assert!(names.contains(&library), "{library} is not in {names:?}");
    }
}

#[test]
fn the_settings_are_nobodys_but_the_operators() {
    let conffiles = said("dpkg-deb", &["--info", path(&PACKAGE), "conffiles"]);
    assert_eq!(conffiles.trim(), "/etc/default/everlit");
    let claimed: Vec<_> = contents()
        .into_iter()
        .filter(|file| file.starts_with("etc/everlit/"))
        .collect();
    assert_eq!(claimed, Vec::<String>::new());
}

#[test]
fn every_command_has_a_man_page_and_every_shell_its_completions() {
    let held = contents();
    let mut wanted = vec![
        "usr/share/man/man5/everlit-settings.5.gz".to_owned(),
        "usr/share/bash-completion/completions/everlit".to_owned(),
        "usr/share/zsh/vendor-completions/_everlit".to_owned(),
        "usr/share/fish/vendor_completions.d/everlit.fish".to_owned(),
    ];
    pages_of(&CommandLine::command(), "everlit", &mut wanted);
    assert!(wanted.len() > 15, "commands were looked up: {wanted:?}");
    wanted.retain(|file| !held.contains(file));
    assert_eq!(wanted, Vec::<String>::new());
}

#[test]
fn those_whose_work_is_compiled_in_are_named_with_their_licence() {
    let copyright = file_in(&PACKAGE, "usr/share/doc/everlit/copyright");
    for named in [
        "\n node_modules/powerbi-client/*\n",
        "\n vendor/webkit2gtk-2.0.2/*\n",
        "\nLicense: MIT\n Permission is hereby granted",
        "\nLicense: LGPL-2.1-or-later with GCC exception\n",
    ] {
        assert!(copyright.contains(named), "{named:?} is missing");
    }
    for test_only in ["vendor/proptest-", "node_modules/axe-core"] {
        assert!(!copyright.contains(test_only), "{test_only} is not shipped");
    }
}

#[test]
fn the_same_sources_give_the_same_package() {
    let again = pack("package-again", &[]);
    assert!(
        fs::read(&*PACKAGE).unwrap() == fs::read(again).unwrap(),
        "two packages of one build differ"
    );
}

#[test]
fn a_package_can_be_of_another_version_so_that_an_upgrade_can_be_tried() {
    let older = pack("package-older", &["--deb-version", "0.0.1-1"]);
    let version = |package: &Path| said("dpkg-deb", &["--field", path(package), "Version"]);
    assert_eq!(version(&older).trim(), "0.0.1-1");
    let newer = version(&PACKAGE);
    said(
        "dpkg",
        &["--compare-versions", newer.trim(), "gt", "0.0.1-1"],
    );
}

fn pages_of(command: &clap::Command, name: &str, pages: &mut Vec<String>) {
    pages.push(format!("usr/share/man/man1/{name}.1.gz"));
    for below in command.get_subcommands().filter(|one| !one.is_hide_set()) {
        pages_of(below, &format!("{name}-{}", below.get_name()), pages);
    }
}

/// Packs into a folder of its own.
fn pack(folder: &str, options: &[&str]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder);
    let architecture = said("dpkg", &["--print-architecture"]);
    let daemon = env!("CARGO_BIN_EXE_everlit");
    let mut words = vec![
        architecture.trim(),
        daemon,
        path(&folder),
        "-Z",
        "gz",
        "--fast",
    ];
    words.extend(options);
    PathBuf::from(said(PACK, &words).trim())
}

fn contents() -> Vec<String> {
    let listed = said(
        "sh",
        &[
            "-c",
            r#"dpkg-deb --fsys-tarfile "$0" | tar -t"#,
            path(&PACKAGE),
        ],
    );
    listed
        .lines()
        .map(|line| line.trim_start_matches("./").to_owned())
        .collect()
}

fn file_in(package: &Path, file: &str) -> String {
    let script = r#"dpkg-deb --fsys-tarfile "$0" | tar -xO "./$1""#;
    said("sh", &["-c", script, path(package), file])
}

fn said(program: &str, words: &[&str]) -> String {
    let output = Command::new(program)
        .args(words)
        .output()
        .expect("it is installed");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {words:?}: {error}");
    String::from_utf8(output.stdout).expect("text")
}

fn path(path: &Path) -> &str {
    path.to_str().expect("a path of UTF-8")
}
