//! The last versions of the settings: in memory for everybody who asks, on the disk for the next
//! daemon.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use tokio::{
    sync::{Notify, watch},
    time::timeout,
};

use super::{Author, Outcome, Version, read::SIZE_LIMIT, revision};
use crate::clock;

/// Versions that are kept.
pub const KEPT: usize = 20;

/// A version with its text, as it stands in its file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    #[serde(flatten)]
    pub(super) version: Version,
    pub(super) text: String,
}

/// The history; clones are the same one.
#[derive(Debug, Clone)]
pub struct History(pub(super) Arc<Shared>);

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) directory: PathBuf,
    state: Mutex<State>,
    /// Held while files are written; never together with `state`, for which the loop may wait.
    pub(super) disk: Mutex<()>,
    /// Something is to be written.
    pub(super) wake: Notify,
    changes: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    /// In the order of their numbers.
    entries: Vec<Entry>,
    /// Numbers whose files are to go.
    dropped: Vec<u64>,
    last_id: u64,
}

#[derive(Debug)]
struct Entry {
    record: Record,
    is_saved: bool,
}

impl History {
    /// Reads the folder `history` in the state directory. What cannot be read there is left alone.
    #[must_use]
    pub fn open(state_dir: &Path) -> Self {
        let directory = state_dir.join("history");
        let (changes, _) = watch::channel(0);
        Self(Arc::new(Shared {
            state: Mutex::new(State::read(&directory)),
            directory,
            disk: Mutex::new(()),
            wake: Notify::new(),
            changes,
        }))
    }

    /// All versions, the newest first.
    #[must_use]
    pub fn versions(&self) -> Vec<Version> {
        let state = self.state();
        let newest_first = state.entries.iter().rev();
        newest_first
            .map(|entry| entry.record.version.clone())
            .collect()
    }

    #[must_use]
    pub fn version(&self, id: u64) -> Option<Version> {
        let mut versions = self.versions().into_iter();
        versions.find(|version| version.id == id)
    }

    /// The text of a version.
    #[must_use]
    pub fn text(&self, id: u64) -> Option<String> {
        let state = self.state();
        let mut entries = state.entries.iter();
        let entry = entries.find(|entry| entry.record.version.id == id)?;
        Some(entry.record.text.clone())
    }

    /// The newest text of this revision.
    #[must_use]
    pub fn text_of(&self, revision: &str) -> Option<String> {
        let newest = self.newest(|version| version.revision == revision)?;
        self.text(newest.id)
    }

    /// The version that the file holds, as far as we know.
    pub(super) fn present(&self) -> Option<Version> {
        self.newest(|version| version.outcome != Outcome::Unwritten)
    }

    /// If an earlier daemon ended while this revision was on trial: the revision and the text that
    /// it would have gone back to.
    #[must_use]
    pub fn unfinished(&self, revision: &str) -> Option<(String, String)> {
        let trial = self.newest(|version| version.revision == revision)?;
        match trial.outcome {
            // Also one that was given up, but is in the file all the same.
            Outcome::Pending | Outcome::RolledBack { .. } => {}
            Outcome::Confirmed | Outcome::Replaced | Outcome::Unwritten => return None,
        }
        let proven = self.newest(|version| version.outcome == Outcome::Confirmed)?;
        let text = self.text(proven.id)?;
        (proven.revision != revision).then_some((proven.revision, text))
    }

    /// Waits until something is to come of the version no more, at most this long. `None`: there is
    /// no such version.
    pub async fn settled(&self, id: u64, longest: Duration) -> Option<Version> {
        let mut changes = self.0.changes.subscribe();
        let wait = async {
            while self
                .version(id)
                .is_some_and(|version| !version.outcome.is_settled())
            {
                // It cannot end before `self` does.
                let _ = changes.changed().await;
            }
        };
        let _ = timeout(longest, wait).await;
        self.version(id)
    }

    /// These settings led to a picture.
    pub fn settle(&self, revision: &str) {
        if let Some(version) = self.newest(|version| version.revision == revision) {
            self.conclude(version.id, Outcome::Confirmed);
        }
    }

    /// Notes a new version that nothing has come of yet.
    pub(super) fn note(&self, text: &str, author: Author) -> Version {
        let mut state = self.state();
        state.last_id += 1;
        let version = Version {
            id: state.last_id,
            revision: revision(text),
            at: clock::wall(),
            who: author.who,
            how: author.how,
            outcome: Outcome::Pending,
        };
        state.entries.push(Entry {
            record: Record {
                version: version.clone(),
                text: text.to_owned(),
            },
            is_saved: false,
        });
        state.forget_the_oldest();
        drop(state);
        self.changed();
        version
    }

    /// The version is in the file now: those before it wait for nothing any more.
    pub(super) fn placed(&self, id: u64) {
        for version in self.versions() {
            if version.id < id && version.outcome == Outcome::Pending {
                self.conclude(version.id, Outcome::Replaced);
            }
        }
    }

    pub(super) fn conclude(&self, id: u64, outcome: Outcome) {
        let mut state = self.state();
        let mut entries = state.entries.iter_mut();
        let Some(entry) = entries.find(|entry| entry.record.version.id == id) else {
            return;
        };
        if entry.record.version.outcome == outcome {
            return;
        }
        entry.record.version.outcome = outcome;
        entry.is_saved = false;
        drop(state);
        self.changed();
    }

    pub(super) fn newest(&self, is_wanted: impl Fn(&Version) -> bool) -> Option<Version> {
        self.versions().into_iter().find(is_wanted)
    }

    /// What is to be written, and the numbers of what is to go.
    pub(super) fn unsaved(&self) -> (Vec<Record>, Vec<u64>) {
        let state = self.state();
        let unsaved = state.entries.iter().filter(|entry| !entry.is_saved);
        let records = unsaved.map(|entry| entry.record.clone()).collect();
        (records, state.dropped.clone())
    }

    pub(super) fn saved(&self, record: &Record) {
        let mut state = self.state();
        let mut entries = state.entries.iter_mut();
        // It may have changed while it was written.
        if let Some(entry) = entries.find(|entry| entry.record == *record) {
            entry.is_saved = true;
        }
    }

    pub(super) fn removed(&self, id: u64) {
        self.state().dropped.retain(|dropped| *dropped != id);
    }

    fn changed(&self) {
        self.0.changes.send_modify(|count| *count += 1);
        self.0.wake.notify_one();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn read(directory: &Path) -> Self {
        let mut state = Self::default();
        for file in fs::read_dir(directory).into_iter().flatten().flatten() {
            let Some(id) = id_of(&file.path()) else {
                continue;
            };
            // Also a damaged file keeps its number: it is never written over.
            state.last_id = state.last_id.max(id);
            if let Some(record) = read_record(&file.path()).filter(|read| read.version.id == id) {
                let is_saved = true;
                state.entries.push(Entry { record, is_saved });
            }
        }
        state.entries.sort_by_key(|entry| entry.record.version.id);
        state
    }

    /// What a trial may go back to stays, however old it is.
    fn forget_the_oldest(&mut self) {
        let is_proven = |entry: &Entry| entry.record.version.outcome == Outcome::Confirmed;
        while self.entries.len() > KEPT {
            let proven = self.entries.iter().rposition(is_proven);
            let oldest = usize::from(proven == Some(0));
            let forgotten = self.entries.remove(oldest);
            self.dropped.push(forgotten.record.version.id);
        }
    }
}

pub(super) fn path_of(directory: &Path, id: u64) -> PathBuf {
    directory.join(format!("{id:06}.json"))
}

fn id_of(path: &Path) -> Option<u64> {
    let id = path.file_stem()?.to_str()?.parse().ok()?;
    let directory = path.parent()?;
    (path_of(directory, id) == path).then_some(id)
}

fn read_record(path: &Path) -> Option<Record> {
    // A text of the largest size, with every character escaped.
    let longest = u64::try_from(SIZE_LIMIT * 7).ok()?;
    let file = fs::symlink_metadata(path).ok()?;
    if !file.is_file() || file.len() > longest {
        return None;
    }
    let record: Record = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
    (revision(&record.text) == record.version.revision).then_some(record)
}
