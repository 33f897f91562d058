//! The one writer of the settings file and its history, also against others that write the file.

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use everlit::store::{
    Author, Expected, History, How, KEPT, Outcome, ReplaceFailure, SettingsFile, Trouble, Version,
    revision,
};
use fastrand::Rng;
use tempfile::TempDir;
use tokio::time::{sleep, timeout};

use super::{lines::Lines, settings};

const PATIENCE: Duration = Duration::from_secs(20);
const SEED: u64 = 1;

#[tokio::test]
async fn a_push_is_written_and_noted_with_who_and_how() {
    let device = Device::new();
    let version = device.push("lobby").await;
    assert_eq!((version.id, version.outcome), (1, Outcome::Pending));
    assert_eq!((version.who.as_str(), version.how), ("ann", How::Api));
    assert_eq!(version.revision, revision(&settings("lobby")));
    assert_eq!(device.text(), settings("lobby"));
    assert_eq!(device.history().text(1), Some(settings("lobby")));
}

#[tokio::test]
async fn the_next_daemon_knows_all_versions_and_nobody_else_may_read_them() {
    let device = Device::new();
    device.push("lobby").await;
    device.history().settle(&revision(&settings("lobby")));
    device.push("hall").await;
    device.history().save().unwrap();
    let next = History::open(&device.state());
    assert_eq!(next.versions(), device.history().versions());
    let outcomes: Vec<_> = next.versions().into_iter().map(|v| v.outcome).collect();
    assert_eq!(outcomes, [Outcome::Pending, Outcome::Confirmed]);
    let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(device.state().join("history")), 0o700);
    assert_eq!(mode(device.state().join("history/000001.json")), 0o600);
}

#[tokio::test]
async fn a_trial_that_was_cut_off_is_known_with_what_it_goes_back_to() {
    let device = Device::new();
    device.push("lobby").await;
    device.history().settle(&revision(&settings("lobby")));
    device.push("hall").await;
    device.history().save().unwrap();
    let next = History::open(&device.state());
    let unfinished = next.unfinished(&revision(&settings("hall")));
    let proven = (revision(&settings("lobby")), settings("lobby"));
    assert_eq!(unfinished, Some(proven));
    assert_eq!(next.unfinished(&revision(&settings("lobby"))), None);
    next.settle(&revision(&settings("hall")));
    assert_eq!(next.unfinished(&revision(&settings("hall"))), None);
}

#[tokio::test]
async fn the_newest_versions_are_kept_and_the_proven_one_however_old_it_is() {
    let device = Device::new();
    device.push("proven").await;
    device.history().settle(&revision(&settings("proven")));
    for number in 0..3 * KEPT {
        device.push(&number.to_string()).await;
    }
    device.history().save().unwrap();
    let versions = device.history().versions();
    assert_eq!(versions.len(), KEPT);
    assert_eq!((versions[0].id, versions[KEPT - 2].id), (61, 43));
    assert_eq!(versions[KEPT - 1].id, 1);
    assert_eq!(versions[1].outcome, Outcome::Replaced);
    assert_eq!(History::open(&device.state()).versions(), versions);
    let files = fs::read_dir(device.state().join("history")).unwrap();
    assert_eq!(files.count(), KEPT);
}

#[tokio::test]
async fn damaged_and_foreign_files_are_skipped_and_never_touched() {
    let device = Device::new();
    let folder = device.state().join("history");
    fs::create_dir_all(folder.join("000003.json")).unwrap();
    let strange = ["000007.json", "notes.txt", "7.json", "000008.json"];
    for name in strange {
        fs::write(folder.join(name), "{\"id\": 8}").unwrap();
    }
    let history = History::open(&device.state());
    assert_eq!(history.versions(), []);
    let file = SettingsFile::new(device.path(), history);
    let pushed = file.replace(settings("lobby"), Expected::Anything, ann());
    assert_eq!(pushed.await.unwrap().id, 9);
    for name in strange {
        assert_eq!(
            fs::read_to_string(folder.join(name)).unwrap(),
            "{\"id\": 8}"
        );
    }
}

#[tokio::test]
async fn the_text_that_is_there_already_is_no_new_version() {
    let device = Device::new();
    device.push("lobby").await;
    assert_eq!(device.push("lobby").await.id, 1);
    device.push("hall").await;
    assert_eq!(device.push("lobby").await.id, 3);
}

#[tokio::test]
async fn what_somebody_copied_there_is_noted_before_it_is_replaced() {
    let device = Device::new();
    device.push("lobby").await;
    fs::write(device.path(), settings("by hand")).unwrap();
    device.push("hall").await;
    let versions = device.history().versions();
    assert_eq!((versions[1].how, versions[1].id), (How::File, 2));
    assert_eq!(device.history().text(2), Some(settings("by hand")));
    let me = everlit::store::user_name(rustix::process::geteuid().as_raw());
    assert_eq!(versions[1].who, me);
    let outcomes: Vec<_> = versions.into_iter().map(|v| v.outcome).collect();
    assert_eq!(
        outcomes,
        [Outcome::Pending, Outcome::Replaced, Outcome::Replaced]
    );
}

#[tokio::test]
async fn only_good_settings_are_versions() {
    let device = Device::new();
    device.push("lobby").await;
    let bad = device
        .file
        .replace("[plyer]".to_owned(), Expected::Anything, ann());
    assert!(matches!(bad.await, Err(ReplaceFailure::Bad(_))));
    fs::write(device.path(), "[plyer]").unwrap();
    device.file.note_outside().await.unwrap();
    assert_eq!(device.history().versions().len(), 1);
}

#[tokio::test]
async fn a_text_that_is_not_what_was_expected_stays() {
    let device = Device::new();
    device.push("lobby").await;
    let other = Expected::OneOf(vec![revision("other")]);
    for expected in [other, Expected::Nothing] {
        let push = device.file.replace(settings("hall"), expected, ann());
        assert!(matches!(push.await, Err(ReplaceFailure::Changed)));
    }
    assert_eq!(device.text(), settings("lobby"));
}

#[tokio::test]
async fn a_rollback_puts_the_text_back_and_tells_why() {
    let device = Device::new();
    device.push("lobby").await;
    device.history().settle(&revision(&settings("lobby")));
    device.push("hall").await;
    device.roll_back("hall", "lobby").await;
    assert_eq!(device.text(), settings("lobby"));
    let versions = device.history().versions();
    assert_eq!((versions[0].how, versions[0].id), (How::Rollback, 3));
    assert_eq!(versions[0].outcome, Outcome::Confirmed);
    let reason = "no picture".to_owned();
    assert_eq!(versions[1].outcome, Outcome::RolledBack { reason });
}

#[tokio::test]
async fn a_rollback_leaves_alone_what_somebody_pushed_meanwhile() {
    let device = Device::new();
    device.push("lobby").await;
    device.push("hall").await;
    device.push("stairs").await;
    device.roll_back("hall", "lobby").await;
    assert_eq!(device.text(), settings("stairs"));
    let versions = device.history().versions();
    assert_eq!(versions[0].outcome, Outcome::Pending);
    assert_eq!(versions[1].outcome, Outcome::Replaced);
}

#[tokio::test]
async fn an_earlier_version_is_restored_as_a_new_one() {
    let device = Device::new();
    device.push("lobby").await;
    device.push("hall").await;
    let who = "bob".to_owned();
    let restored = device
        .file
        .restore(1, Expected::Anything, who)
        .await
        .unwrap();
    assert_eq!((restored.id, restored.how), (3, How::Restore));
    assert_eq!(device.text(), settings("lobby"));
    let none = device.file.restore(9, Expected::Anything, "bob".to_owned());
    assert!(matches!(none.await, Err(ReplaceFailure::Unknown(9))));
}

#[tokio::test]
async fn whoever_waits_for_an_outcome_hears_of_it_at_once() {
    let device = Device::new();
    device.push("lobby").await;
    let history = device.history().clone();
    let pending = history.settled(1, Duration::from_millis(50)).await.unwrap();
    assert_eq!(pending.outcome, Outcome::Pending);
    let settle = async {
        sleep(Duration::from_millis(20)).await;
        history.settle(&revision(&settings("lobby")));
    };
    let waiting = timeout(PATIENCE / 2, history.settled(1, PATIENCE));
    let (settled, ()) = tokio::join!(waiting, settle);
    assert_eq!(settled.unwrap().unwrap().outcome, Outcome::Confirmed);
    assert_eq!(history.settled(2, PATIENCE).await, None);
}

#[tokio::test]
async fn a_disk_without_room_for_the_history_hinders_no_push_and_is_told_once() {
    let (device, lines) = (Device::new(), Lines::listen());
    fs::write(device.state(), "in the way").unwrap();
    let saving = device.history().clone().keep_saving(Trouble::none());
    let work = async {
        device.push("lobby").await;
        device.push("hall").await;
        until(|| !lines.of("WARN").is_empty()).await;
        fs::remove_file(device.state()).unwrap();
        until(|| {
            lines
                .of("INFO")
                .iter()
                .any(|line| line.contains("recovered"))
        })
        .await;
    };
    tokio::select! {
        ended = saving => panic!("{ended:?}"),
        () = work => {}
    }
    assert_eq!(lines.of("WARN").len(), 1);
    assert_eq!(History::open(&device.state()).versions().len(), 2);
}

#[tokio::test]
async fn of_a_push_and_another_writer_at_the_same_moment_no_text_is_lost() {
    let device = Device::new();
    device.push("first").await;
    let mut rng = Rng::with_seed(SEED);
    let mut overtaken = 0;
    for round in 0..400 {
        let (ours, theirs) = (format!("ours {round}"), format!("theirs {round}"));
        let other = write_soon(&device.path(), &settings(&theirs), rng.u64(0..4_000));
        let push = device
            .file
            .replace(settings(&ours), Expected::Anything, ann());
        let pushed = push.await;
        other.join().unwrap();
        overtaken += usize::from(pushed.is_err());
        let known = device.everything_known();
        assert!(
            known.contains(&settings(&ours)),
            "round {round}: {pushed:?}"
        );
        assert!(
            known.contains(&settings(&theirs)),
            "round {round}: {pushed:?}"
        );
        let winner = device.text();
        assert!([settings(&ours), settings(&theirs)].contains(&winner));
        assert!(pushed.is_ok() || winner == settings(&theirs));
    }
    assert!(overtaken < 400, "no push ever came through");
}

#[test]
fn a_text_that_came_between_look_and_exchange_is_put_back() {
    // The moment is short: it takes many tries to hit it, and each has to end well.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let device = Device::new();
    let path = device.path();
    fs::write(&path, settings("start")).unwrap();
    let busy = std::sync::atomic::AtomicBool::new(true);
    thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut written = Vec::new();
            while busy.load(std::sync::atomic::Ordering::Relaxed) {
                let text = settings(&format!("theirs {}", written.len()));
                replace_by_rename(&path, &text);
                written.push(text);
            }
            written
        });
        let mut conflicts = 0;
        for number in 0..300 {
            let ours = settings(&format!("ours {number}"));
            let push = device.file.replace(ours.clone(), Expected::Anything, ann());
            match runtime.block_on(push) {
                Ok(_) => {}
                Err(ReplaceFailure::Changed) => conflicts += 1,
                Err(failure) => panic!("{failure}"),
            }
        }
        busy.store(false, std::sync::atomic::Ordering::Relaxed);
        let written = writer.join().unwrap();
        // Its last word stands, or was seen by a push that came after it.
        assert!(device.everything_known().contains(written.last().unwrap()));
        assert!(conflicts > 0, "the moment was never hit");
    });
}

pub(super) struct Device {
    dir: TempDir,
    file: SettingsFile,
}

impl Device {
    pub(super) fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let history = History::open(&dir.path().join("state"));
        let file = SettingsFile::new(dir.path().join("settings.toml"), history);
        Self { dir, file }
    }

    pub(super) async fn push(&self, name: &str) -> Version {
        self.try_push(name).await.unwrap()
    }

    pub(super) async fn try_push(&self, name: &str) -> Result<Version, ReplaceFailure> {
        let text = settings(name);
        self.file.replace(text, Expected::Anything, ann()).await
    }

    async fn roll_back(&self, from: &str, to: &str) {
        let (from, text) = (revision(&settings(from)), settings(to));
        let reason = "no picture".to_owned();
        self.file.rollback(from, text, reason).await.unwrap();
    }

    pub(super) fn everything_known(&self) -> BTreeSet<String> {
        let versions = self.history().versions().into_iter();
        let texts = versions.filter_map(|version| self.history().text(version.id));
        texts.chain([self.text()]).collect()
    }

    pub(super) fn history(&self) -> &History {
        self.file.history()
    }

    pub(super) fn path(&self) -> PathBuf {
        self.file.path().to_owned()
    }

    fn state(&self) -> PathBuf {
        self.dir.path().join("state")
    }

    pub(super) fn text(&self) -> String {
        fs::read_to_string(self.path()).unwrap()
    }
}

fn ann() -> Author {
    Author {
        who: "ann".to_owned(),
        how: How::Api,
    }
}

/// Another program replaces the file after so many microseconds.
fn write_soon(path: &Path, text: &str, micros: u64) -> thread::JoinHandle<()> {
    let (path, text) = (path.to_owned(), text.to_owned());
    thread::spawn(move || {
        thread::sleep(Duration::from_micros(micros));
        replace_by_rename(&path, &text);
    })
}

fn replace_by_rename(path: &Path, text: &str) {
    let fresh = path.with_extension("theirs");
    fs::write(&fresh, text).unwrap();
    fs::rename(fresh, path).unwrap();
}

async fn until(is_so: impl Fn() -> bool) {
    let wait = async {
        while !is_so() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, wait).await.unwrap();
}
