//! Every way in which people and programs change a file, and what the watch makes of it.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    sync::mpsc::RecvTimeoutError,
    time::Duration,
};

use everlit::store::{self, Change, LONGEST, QUIET, Reread, write_atomic};
use tempfile::TempDir;
use tokio::{sync::mpsc, task::JoinSet, time::timeout};

use super::settings;

#[tokio::test]
async fn a_file_written_in_place_is_seen() {
    let mut world = World::with_file("old").await;
    fs::write(&world.path, settings("new")).unwrap();
    assert_eq!(world.name().await, "new");
}

#[tokio::test]
async fn an_editor_that_renames_a_new_file_over_the_old_one_is_seen() {
    let mut world = World::with_file("old").await;
    rename_over(&world.path, "new");
    assert_eq!(world.name().await, "new");
}

#[tokio::test]
async fn an_editor_that_keeps_a_backup_makes_one_change() {
    let mut world = World::with_file("old").await;
    fs::rename(&world.path, world.root().join("settings.toml~")).unwrap();
    fs::write(&world.path, settings("new")).unwrap();
    assert_eq!(world.name().await, "new");
}

#[tokio::test]
async fn a_file_moved_in_from_elsewhere_is_seen() {
    let mut world = World::with_file("old").await;
    let elsewhere = world.root().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    fs::write(elsewhere.join("x"), settings("new")).unwrap();
    fs::rename(elsewhere.join("x"), &world.path).unwrap();
    assert_eq!(world.name().await, "new");
}

#[tokio::test]
async fn our_own_atomic_write_is_seen() {
    let mut world = World::with_file("old").await;
    write_atomic(&world.path, settings("new").as_bytes()).unwrap();
    assert_eq!(world.name().await, "new");
}

#[tokio::test]
async fn a_slow_copy_is_read_only_when_it_is_complete() {
    let mut world = World::with_file("old").await;
    let mut copy = fs::File::create(&world.path).unwrap();
    // The pause of a copy over a slow line, longer than the quiet time.
    tokio::time::sleep(QUIET * 3).await;
    std::io::Write::write_all(&mut copy, settings("new").as_bytes()).unwrap();
    drop(copy);
    assert_eq!(world.name().await, "new");
}

#[tokio::test]
async fn a_copy_that_stalls_for_ever_does_not_hide_the_file_for_ever() {
    let mut world = World::with_file("old").await;
    let stalled = fs::File::create(&world.path).unwrap();
    std::io::Write::write_all(&mut &stalled, b"[player\n").unwrap();
    assert!(world.next().await.is_err());
}

#[tokio::test]
async fn a_file_that_appears_later_is_seen() {
    let mut world = World::start(|root| root.join("settings.toml"));
    assert_eq!(world.problem().await, "the file does not exist");
    fs::write(&world.path, settings("new")).unwrap();
    assert_eq!(world.name().await, "new");
}

#[tokio::test]
async fn directories_that_appear_later_are_followed() {
    let mut world = World::start(|root| root.join("a/b/c/settings.toml"));
    assert_eq!(world.problem().await, "the file does not exist");
    fs::create_dir_all(world.root().join("a/b/c")).unwrap();
    fs::write(&world.path, settings("new")).unwrap();
    assert_eq!(world.name().await, "new");
    fs::write(&world.path, settings("newer")).unwrap();
    assert_eq!(world.name().await, "newer");
}

#[tokio::test]
async fn a_directory_deleted_and_made_again_is_followed() {
    let mut world = World::with_directory("old").await;
    let directory = world.root().join("etc");
    fs::remove_dir_all(&directory).unwrap();
    assert_eq!(world.problem().await, "the file does not exist");
    fs::create_dir(&directory).unwrap();
    fs::write(&world.path, settings("new")).unwrap();
    assert_eq!(world.name().await, "new");
    fs::write(&world.path, settings("newer")).unwrap();
    assert_eq!(world.name().await, "newer");
}

#[tokio::test]
async fn a_directory_exchanged_for_another_is_followed() {
    let mut world = World::with_directory("old").await;
    let directory = world.root().join("etc");
    let other = world.root().join("etc.new");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("settings.toml"), settings("new")).unwrap();
    fs::rename(&directory, world.root().join("etc.old")).unwrap();
    fs::rename(&other, &directory).unwrap();
    assert_eq!(world.name().await, "new");
    fs::write(&world.path, settings("newer")).unwrap();
    assert_eq!(world.name().await, "newer");
}

#[tokio::test]
async fn a_link_to_the_file_is_followed_to_its_target() {
    let mut world = World::start(|root| {
        for (place, name) in [("one", "in one"), ("two", "in two")] {
            fs::create_dir(root.join(place)).unwrap();
            fs::write(root.join(place).join("real.toml"), settings(name)).unwrap();
        }
        symlink("one/real.toml", root.join("settings.toml")).unwrap();
        root.join("settings.toml")
    });
    assert_eq!(world.name().await, "in one");
    rename_over(&world.root().join("one/real.toml"), "edited in one");
    assert_eq!(world.name().await, "edited in one");
    swap_link(&world.path, "two/real.toml");
    assert_eq!(world.name().await, "in two");
    fs::write(
        world.root().join("two/real.toml"),
        settings("edited in two"),
    )
    .unwrap();
    assert_eq!(world.name().await, "edited in two");
}

#[tokio::test]
async fn a_mounted_config_map_is_followed_through_its_data_link() {
    let mut world = World::start(|root| {
        for version in ["..1", "..2"] {
            fs::create_dir(root.join(version)).unwrap();
            fs::write(root.join(version).join("settings.toml"), settings(version)).unwrap();
        }
        symlink("..1", root.join("..data")).unwrap();
        symlink("..data/settings.toml", root.join("settings.toml")).unwrap();
        root.join("settings.toml")
    });
    assert_eq!(world.name().await, "..1");
    swap_link(&world.root().join("..data"), "..2");
    fs::remove_dir_all(world.root().join("..1")).unwrap();
    assert_eq!(world.name().await, "..2");
}

#[tokio::test]
async fn a_link_that_goes_in_a_circle_is_a_problem_until_it_is_mended() {
    let mut world = World::start(|root| {
        symlink("settings.toml", root.join("settings.toml")).unwrap();
        root.join("settings.toml")
    });
    assert!(world.problem().await.contains("cannot be read"));
    rename_over(&world.path, "mended");
    assert_eq!(world.name().await, "mended");
}

// What is sent.

#[tokio::test]
async fn a_bad_file_is_sent_with_its_problems_and_then_the_good_one() {
    let mut world = World::with_file("old").await;
    fs::write(&world.path, "[player]\nnmae = \"x\"\n").unwrap();
    let problems = world.next().await.unwrap_err();
    assert_eq!(problems.0[0].file, world.path);
    assert_eq!((problems.0[0].line, problems.0.len()), (2, 1));
    fs::write(&world.path, settings("old")).unwrap();
    assert_eq!(world.name().await, "old");
}

#[tokio::test]
async fn the_same_content_again_is_no_change() {
    let mut world = World::with_file("old").await;
    rename_over(&world.path, "old");
    world.settle().await;
    fs::write(&world.path, settings("new")).unwrap();
    assert_eq!(world.name().await, "new");
}

#[tokio::test]
async fn asking_again_sends_again_what_did_not_change() {
    let mut world = World::with_file("same").await;
    world.reread.ask();
    assert_eq!(world.name().await, "same");
}

#[tokio::test]
async fn a_change_is_sent_with_its_text_and_revision() {
    let mut world = World::with_file("old").await;
    fs::write(&world.path, settings("new")).unwrap();
    let loaded = world.next().await.unwrap();
    assert_eq!(loaded.text, settings("new"));
    assert_eq!(loaded.revision, store::revision(&settings("new")));
}

#[tokio::test]
async fn a_burst_of_writes_makes_few_changes_and_the_last_one_wins() {
    let mut world = World::with_file("old").await;
    let path = world.path.clone();
    let burst = tokio::task::spawn_blocking(move || {
        for number in 1..=50 {
            fs::write(&path, settings(&number.to_string())).unwrap();
        }
    });
    let mut changes = 1;
    while world.next().await.map(|loaded| loaded.text) != Ok(settings("50")) {
        changes += 1;
    }
    burst.await.unwrap();
    assert!(changes <= 5, "{changes} changes");
}

#[tokio::test]
async fn a_file_that_changes_without_end_is_read_in_between() {
    let mut world = World::with_file("old").await;
    let path = world.path.clone();
    let (listening, listener) = std::sync::mpsc::channel::<()>();
    let writer = tokio::task::spawn_blocking(move || {
        let mut number = 0;
        while listener.recv_timeout(QUIET / 5) == Err(RecvTimeoutError::Timeout) {
            number += 1;
            rename_over(&path, &number.to_string());
        }
    });
    assert_ne!(world.name().await, "old");
    assert!(!writer.is_finished());
    drop(listening);
    writer.await.unwrap();
}

#[tokio::test]
async fn the_watch_ends_with_its_listener() {
    let world = World::with_file("old").await;
    let mut running = world.running;
    drop(world.changes);
    let ended = timeout(PATIENCE, running.join_next()).await.unwrap();
    ended.unwrap().unwrap().unwrap();
}

/// Longer than anything here takes, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// A directory with a watched settings file.
struct World {
    dir: TempDir,
    path: PathBuf,
    changes: mpsc::Receiver<Change>,
    reread: Reread,
    running: JoinSet<anyhow::Result<()>>,
}

impl World {
    /// A file whose first reading has been received.
    async fn with_file(name: &str) -> Self {
        let mut world = Self::start(|root| {
            let path = root.join("settings.toml");
            fs::write(&path, settings(name)).unwrap();
            path
        });
        assert_eq!(world.name().await, name);
        world
    }

    /// The same in a directory of its own, `etc`.
    async fn with_directory(name: &str) -> Self {
        let mut world = Self::start(|root| {
            fs::create_dir(root.join("etc")).unwrap();
            let path = root.join("etc/settings.toml");
            fs::write(&path, settings(name)).unwrap();
            path
        });
        assert_eq!(world.name().await, name);
        world
    }

    /// Watches the path that `prepare` makes in a fresh directory.
    fn start(prepare: impl FnOnce(&Path) -> PathBuf) -> Self {
        let dir = TempDir::new().unwrap();
        let path = prepare(dir.path());
        let (sender, changes) = mpsc::channel(8);
        let watch = store::watch(&path, sender).unwrap();
        let reread = watch.reread();
        let mut running = JoinSet::new();
        running.spawn(watch.run());
        Self {
            dir,
            path,
            changes,
            reread,
            running,
        }
    }

    fn root(&self) -> &Path {
        self.dir.path()
    }

    async fn next(&mut self) -> Change {
        let change = timeout(PATIENCE, self.changes.recv()).await;
        change
            .expect("no change was seen")
            .expect("the watch ended")
    }

    /// The device's name in the next change.
    async fn name(&mut self) -> String {
        let loaded = self.next().await.expect("the file is good");
        loaded.settings.name.clone().unwrap()
    }

    /// What is wrong in the next change.
    async fn problem(&mut self) -> String {
        self.next().await.unwrap_err().0.remove(0).problem
    }

    /// Gives the watch time to send something, which it must not.
    async fn settle(&mut self) {
        let change = timeout(LONGEST + QUIET, self.changes.recv()).await;
        assert!(change.is_err(), "{change:?}");
    }
}

fn rename_over(path: &Path, name: &str) {
    let new = path.with_extension("swp");
    fs::write(&new, settings(name)).unwrap();
    fs::rename(new, path).unwrap();
}

fn swap_link(link: &Path, target: &str) {
    let new = link.with_file_name("new-link");
    symlink(target, &new).unwrap();
    fs::rename(new, link).unwrap();
}
