//! Keeps the shape of the code: layers, purity, file length, opening lines, names.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Which modules each module may import. `*` stands for everything listed above it.
const LAYERS: &[(&str, &[&str])] = &[
    ("settings", &[]),
    ("player", &["settings"]),
    ("readable", &[]),
    ("clock", &["readable"]),
    ("incident", &["clock"]),
    ("supervise", &["clock"]),
    ("net", &["settings"]),
    ("links", &["player", "clock", "readable"]),
    ("system", &[]),
    ("systemd", &[]),
    ("timedate", &["player", "clock"]),
    ("signals", &["player"]),
    ("recent", &[]),
    ("logging", &["clock", "recent"]),
    ("memory", &[]),
    ("secret", &["settings"]),
    ("token", &["settings", "player", "clock", "secret"]),
    (
        "store",
        &["settings", "player", "clock", "incident", "supervise"],
    ),
    ("webview", &["settings", "player", "clock"]),
    (
        "portal",
        &[
            "settings",
            "player",
            "clock",
            "readable",
            "incident",
            "supervise",
            "store",
            "secret",
            "recent",
        ],
    ),
    ("provision", &["settings", "clock"]),
    ("update", &["settings", "clock"]),
    ("driver", &["*"]),
    ("app", &["*"]),
    ("cli", &["*"]),
    ("main", &["*"]),
];

/// Names that only the outside world's modules may use.
const IMPURE: &[&str] = &[
    "std::fs",
    "std::io",
    "std::net::Tcp",
    "std::net::Udp",
    "std::thread",
    "std::process",
    "std::env",
    "std::os",
    "File::",
    "Instant::now",
    "SystemTime",
    "tokio",
    "reqwest",
    "webkit2gtk",
    "wry::",
    "tao::",
    "gtk::",
    "crate::clock",
];

const BANNED_FILES: &[&str] = &["utils", "util", "helpers", "helper", "common", "misc"];

const BANNED_SUFFIXES: &[&str] = &[
    "Manager",
    "Service",
    "Helper",
    "Util",
    "Utils",
    "Factory",
    "Handler",
    "Processor",
];

/// Types that carry a banned suffix because the outside world calls the thing so.
const OUTSIDE_NAMES: &[&str] = &["TokenService", "Service"];

const LONGEST_FILE: usize = 400;

#[test]
fn imports_go_only_downwards() {
    let mut faults = Vec::new();
    for (path, text) in sources("src") {
        let module = module_of(&path);
        for imported in crate_imports(&text) {
            if imported != module && !allowed(&module).contains(imported.as_str()) {
                faults.push(format!(
                    "{}: {module} must not import {imported}",
                    path.display()
                ));
            }
        }
    }
    assert_no(&faults);
}

#[test]
fn every_module_has_its_place_in_the_layers() {
    let known: BTreeSet<_> = LAYERS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let found: BTreeSet<_> = sources("src")
        .iter()
        .map(|(path, _)| module_of(path))
        .collect();
    let lost: Vec<_> = found
        .difference(&known)
        .filter(|name| *name != "lib")
        .cloned()
        .collect();
    assert_no(&lost);
}

#[test]
fn the_layers_have_no_cycle() {
    for (name, _) in LAYERS {
        let mut seen = BTreeSet::new();
        let mut open = vec![(*name).to_owned()];
        while let Some(module) = open.pop() {
            for below in allowed(&module) {
                assert_ne!(below, *name, "{name} reaches itself through {module}");
                if seen.insert(below.to_owned()) {
                    open.push(below.to_owned());
                }
            }
        }
    }
}

#[test]
fn settings_and_player_know_nothing_of_the_outside_world() {
    let mut faults = Vec::new();
    for (path, text) in sources("src/settings")
        .into_iter()
        .chain(sources("src/player"))
    {
        // A test has to begin somewhere in time.
        let shipped = text.split("#[cfg(test)]").next().unwrap_or_default();
        for (number, line) in code_lines(shipped) {
            for name in IMPURE.iter().filter(|name| line.contains(**name)) {
                faults.push(format!("{}:{number}: {name}", path.display()));
            }
        }
    }
    assert_no(&faults);
}

#[test]
fn no_file_is_longer_than_a_reader_can_hold() {
    let mut faults = Vec::new();
    for folder in ["src", "tests"] {
        for (path, text) in sources(folder) {
            let lines = text.lines().count();
            if lines > LONGEST_FILE {
                faults.push(format!(
                    "{}: {lines} lines, at most {LONGEST_FILE}",
                    path.display()
                ));
            }
        }
    }
    assert_no(&faults);
}

#[test]
fn every_file_opens_with_what_it_is() {
    let faults: Vec<_> = all_sources()
        .iter()
        .filter(|(_, text)| {
            let first = text.lines().next().unwrap_or_default();
            !(first.starts_with("//! ") && first.len() > 12)
        })
        .map(|(path, _)| format!("{}: no opening `//!` line", path.display()))
        .collect();
    assert_no(&faults);
}

#[test]
fn nothing_hides_behind_an_empty_name() {
    let mut faults = Vec::new();
    for (path, text) in all_sources() {
        let stem = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if BANNED_FILES.contains(&stem.as_str()) {
            faults.push(format!(
                "{}: a file's name says what is in it",
                path.display()
            ));
        }
        for name in defined_types(&text) {
            let banned = BANNED_SUFFIXES.iter().any(|suffix| name.ends_with(suffix));
            if banned && !OUTSIDE_NAMES.contains(&name.as_str()) {
                faults.push(format!("{}: {name}", path.display()));
            }
        }
    }
    assert_no(&faults);
}

#[test]
fn no_line_names_the_machine_it_was_written_on() {
    let home = env!("CARGO_MANIFEST_DIR");
    let faults: Vec<_> = all_sources()
        .iter()
        .filter(|(_, text)| text.contains(home))
        .map(|(path, _)| path.display().to_string())
        .collect();
    assert_no(&faults);
}

fn allowed(module: &str) -> BTreeSet<&'static str> {
    let table: BTreeMap<_, _> = LAYERS.iter().copied().collect();
    let Some(names) = table.get(module) else {
        return BTreeSet::new();
    };
    if *names == ["*"] {
        return LAYERS
            .iter()
            .map(|(name, _)| *name)
            .take_while(|name| *name != module)
            .collect();
    }
    names.iter().copied().collect()
}

/// The module below `src` that a file belongs to.
fn module_of(path: &Path) -> String {
    let inside = path.strip_prefix(root().join("src")).expect("below src");
    let first = inside.iter().next().expect("a file").to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

fn crate_imports(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (_, line) in code_lines(text) {
        for part in line
            .split("crate::")
            .skip(1)
            .chain(line.split("everlit::").skip(1))
        {
            let name: String = part
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect();
            found.insert(name);
        }
    }
    found.remove("");
    found.retain(|name| LAYERS.iter().any(|(module, _)| module == name));
    found
}

fn defined_types(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (_, line) in code_lines(text) {
        let mut words = line
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .filter(|w| !w.is_empty());
        while let Some(word) = words.next() {
            if matches!(word, "struct" | "enum" | "trait" | "type") {
                names.extend(words.next().map(str::to_owned));
            }
        }
    }
    names
}

/// Lines without comments, numbered from 1.
fn code_lines(text: &str) -> Vec<(usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line.split("//").next().unwrap_or_default()))
        .collect()
}

fn all_sources() -> Vec<(PathBuf, String)> {
    sources("src").into_iter().chain(sources("tests")).collect()
}

fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut open = vec![root().join(folder)];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(&path).expect("a readable folder");
            open.extend(entries.map(|entry| entry.expect("an entry").path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("readable source");
            found.push((path, text));
        }
    }
    found.sort();
    assert!(!found.is_empty(), "nothing found below {folder}");
    found
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn assert_no(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}
