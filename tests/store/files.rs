//! Reading and writing the settings file, and keeping the last good settings.

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt, symlink},
    path::Path,
    thread,
};

use everlit::store::{self, LastEnd, LastGood, ReadFailure, Running, write_atomic};
use tempfile::TempDir;

use super::settings;

#[test]
fn each_reason_for_not_reading_is_told_with_a_remedy() {
    let dir = TempDir::new().unwrap();
    let large = dir.path().join("large");
    fs::write(&large, vec![b'#'; store::SIZE_LIMIT + 1]).unwrap();
    let pipe = dir.path().join("pipe");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, 0o600.into()).unwrap();
    let cases = [
        (dir.path().join("none"), ReadFailure::Missing),
        (dir.path().to_owned(), ReadFailure::Directory),
        (pipe, ReadFailure::Special),
        (large, ReadFailure::TooLarge),
    ];
    for (path, failure) in cases {
        assert_eq!(store::read(&path), Err(failure.clone()));
        let problems = store::load(&path).unwrap_err();
        assert_eq!(problems.0, [failure.problem(&path)]);
        assert!(!problems.0[0].remedy.is_empty());
    }
}

#[test]
fn bytes_that_are_no_text_are_told_with_their_place() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("settings.toml");
    fs::write(&path, b"[player]\nname = \"\xc3\xbc\xff\"\n").unwrap();
    let problems = store::load(&path).unwrap_err();
    assert_eq!((problems.0[0].line, problems.0[0].column), (2, 10));
}

// Writing.

#[test]
fn an_atomic_write_keeps_mode_and_owner() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("settings.toml");
    fs::write(&path, "old").unwrap();
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(&path, Some(4242), Some(4343)).unwrap();
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o604)).unwrap();
    let before = fs::metadata(&path).unwrap();
    write_atomic(&path, b"new").unwrap();
    let after = fs::metadata(&path).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new");
    assert_ne!(after.ino(), before.ino());
    assert_eq!(
        (after.mode(), after.uid(), after.gid()),
        (before.mode(), before.uid(), before.gid())
    );
}

#[test]
fn a_new_file_is_not_for_everybody() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("settings.toml");
    write_atomic(&path, b"new").unwrap();
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o640);
}

#[test]
fn an_atomic_write_goes_through_a_link_and_keeps_it() {
    let dir = TempDir::new().unwrap();
    fs::create_dir(dir.path().join("real")).unwrap();
    let link = dir.path().join("settings.toml");
    symlink("real/settings.toml", &link).unwrap();
    for content in ["the target is not there yet", "and now it is"] {
        write_atomic(&link, content.as_bytes()).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        let target = dir.path().join("real/settings.toml");
        assert_eq!(fs::read_to_string(target).unwrap(), content);
    }
}

#[test]
fn a_write_that_cannot_be_done_leaves_everything_as_it_was() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("settings.toml");
    fs::create_dir(&path).unwrap();
    assert!(write_atomic(&path, b"new").is_err());
    assert!(write_atomic(&dir.path().join("none/settings.toml"), b"new").is_err());
    assert_eq!(names_in(dir.path()), ["settings.toml"]);
}

#[test]
fn a_reader_never_sees_a_torn_file() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("settings.toml");
    let versions = ["a", "b"].map(|letter| letter.repeat(200_000));
    write_atomic(&path, versions[0].as_bytes()).unwrap();
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            for _ in 0..200 {
                let (text, _) = store::read(&path).unwrap();
                assert!(versions.contains(&text), "{} bytes", text.len());
            }
        });
        for version in versions.iter().cycle() {
            write_atomic(&path, version.as_bytes()).unwrap();
            if reader.is_finished() {
                break;
            }
        }
    });
    assert_eq!(names_in(dir.path()), ["settings.toml"]);
}

// The last good settings.

#[test]
fn the_last_good_settings_survive_a_restart() {
    let dir = TempDir::new().unwrap();
    let state = dir.path().join("var/everlit");
    let kept = LastGood::new(&state);
    assert_eq!(kept.load(), Ok(None));
    kept.save(&settings("first")).unwrap();
    kept.save(&settings("second")).unwrap();
    let again = LastGood::new(&state).load().unwrap().unwrap();
    assert_eq!(again.settings.name.as_deref(), Some("second"));
    assert_eq!(fs::metadata(&state).unwrap().mode() & 0o777, 0o700);
}

#[test]
fn what_is_kept_already_is_not_written_again() {
    let dir = TempDir::new().unwrap();
    let kept = LastGood::new(dir.path());
    kept.save(&settings("same")).unwrap();
    let file = dir.path().join("last-good.toml");
    let before = fs::metadata(&file).unwrap().ino();
    kept.save(&settings("same")).unwrap();
    assert_eq!(fs::metadata(&file).unwrap().ino(), before);
}

#[test]
fn damaged_last_good_settings_are_told_and_replaced_by_the_next_good_ones() {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("last-good.toml"), b"[player\xff").unwrap();
    let kept = LastGood::new(dir.path());
    assert!(kept.load().is_err());
    kept.save(&settings("good")).unwrap();
    assert_eq!(kept.load().unwrap().unwrap().text, settings("good"));
}

fn names_in(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_run_that_was_cut_off_is_noticed_by_the_next_one() {
    let dir = TempDir::new().unwrap();
    let state = dir.path().join("state");
    let (running, last_end) = Running::begin(&state);
    assert_eq!(last_end, LastEnd::Clean);
    drop(running);
    let (running, last_end) = Running::begin(&state);
    assert_eq!(last_end, LastEnd::CutOff);
    running.end();
    assert_eq!(Running::begin(&state).1, LastEnd::Clean);
    let mode = fs::metadata(&state).unwrap().mode();
    assert_eq!(mode & 0o777, 0o700);
}
