//! The one writer of the settings file: checked, one at a time, and noted in the history.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio::{sync::Mutex, task::spawn_blocking};

use super::{
    Author, History, How, Outcome, Version,
    owner::owner_of,
    read::{ReadFailure, read, revision},
    replace::{Replaced, replace_atomic},
    whole::read_whole,
    write::write_atomic,
};
use crate::settings::{Problems, Settings};

/// The settings file and its history; clones are the same one.
#[derive(Debug, Clone)]
pub struct SettingsFile {
    path: PathBuf,
    history: History,
    /// Held from the look at the present text to the writing of the new one.
    writing: Arc<Mutex<()>>,
}

/// What the file must hold for a replacement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    Anything,
    /// Any text.
    Something,
    /// No file.
    Nothing,
    /// One of these revisions.
    OneOf(Vec<String>),
}

/// Why the file was not replaced.
#[derive(Debug, thiserror::Error)]
pub enum ReplaceFailure {
    #[error("{0}")]
    Bad(Problems),
    /// It does not hold what was expected, or somebody else wrote it at the same moment.
    #[error("the settings have changed in the meantime; read them again")]
    Changed,
    #[error("there is no version {0}")]
    Unknown(u64),
    #[error("cannot write {}: {error}", path.display())]
    Io { path: PathBuf, error: io::Error },
}

impl SettingsFile {
    #[must_use]
    pub fn new(path: PathBuf, history: History) -> Self {
        let writing = Arc::default();
        Self {
            path,
            history,
            writing,
        }
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    #[must_use]
    pub fn history(&self) -> &History {
        &self.history
    }

    /// The file's text and its revision.
    ///
    /// # Errors
    ///
    /// When there is no text to be read.
    pub async fn read(&self) -> Result<(String, String), ReadFailure> {
        let path = self.path.clone();
        let reading = spawn_blocking(move || read(&path)).await;
        reading.map_err(|error| ReadFailure::Unreadable(error.to_string()))?
    }

    /// Replaces the text, if it is good and the present one is what is expected. The text that the
    /// file holds already is no new version.
    ///
    /// # Errors
    ///
    /// When nothing was changed.
    pub async fn replace(
        &self,
        text: String,
        expected: Expected,
        author: Author,
    ) -> Result<Version, ReplaceFailure> {
        self.alone(move |file| file.replace_now(&text, &expected, author))
            .await
    }

    /// Brings an earlier version's text back as a new version.
    ///
    /// # Errors
    ///
    /// When nothing was changed.
    pub async fn restore(
        &self,
        id: u64,
        expected: Expected,
        who: String,
    ) -> Result<Version, ReplaceFailure> {
        let text = self.history.text(id).ok_or(ReplaceFailure::Unknown(id))?;
        let how = How::Restore;
        self.replace(text, expected, Author { who, how }).await
    }

    /// Puts `text` back in the place of the revision `from`, which led to no picture. Does nothing
    /// if the file holds something else by now.
    ///
    /// # Errors
    ///
    /// When the file cannot be written; it is noted all the same that `from` was given up.
    pub async fn rollback(
        &self,
        from: String,
        text: String,
        reason: String,
    ) -> Result<(), ReplaceFailure> {
        self.alone(move |file| file.rollback_now(&from, &text, reason))
            .await
    }

    /// Notes what somebody else wrote into the file.
    ///
    /// # Errors
    ///
    /// When the work panics.
    pub async fn note_outside(&self) -> Result<(), ReplaceFailure> {
        self.alone(|file| {
            file.note_present(&read(&file.path));
            Ok(())
        })
        .await
    }

    /// Notes that these settings led to a picture. Comes after what was asked before it: a text that
    /// came past us is confirmed when it is noted.
    pub async fn settle(&self, revision: &str) {
        let _alone = self.writing.lock().await;
        self.history.settle(revision);
    }

    /// Works on the file where a slow disk does not hold up the loop, and to the end even if
    /// nobody waits for it any more.
    async fn alone<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, ReplaceFailure> + Send + 'static,
    ) -> Result<T, ReplaceFailure> {
        let writing = self.writing.clone().lock_owned().await;
        let file = self.clone();
        let done = spawn_blocking(move || {
            let _alone = writing;
            work(&file)
        });
        let done = done.await;
        done.map_err(|error| self.failure(io::Error::other(error)))?
    }

    fn replace_now(
        &self,
        text: &str,
        expected: &Expected,
        author: Author,
    ) -> Result<Version, ReplaceFailure> {
        let Some(present) = read_whole(&self.path) else {
            return Err(ReplaceFailure::Changed);
        };
        if !expected.holds(&present) {
            return Err(ReplaceFailure::Changed);
        }
        Settings::parse(text, &self.path).map_err(ReplaceFailure::Bad)?;
        self.note_present(&present);
        let is_there = present.as_ref().is_ok_and(|(there, _)| there == text);
        if let Some(version) = self.history.present().filter(|_| is_there) {
            return Ok(version);
        }
        let version = self.history.note(text, author);
        self.write(&version, &present, text)?;
        self.history.placed(version.id);
        Ok(version)
    }

    fn rollback_now(&self, from: &str, text: &str, reason: String) -> Result<(), ReplaceFailure> {
        let present = read(&self.path);
        if present.as_ref().map(|(_, revision)| revision.as_str()) != Ok(from) {
            return Ok(());
        }
        self.note_present(&present);
        let given_up = self.history.present();
        let author = Author {
            who: "everlit".to_owned(),
            how: How::Rollback,
        };
        let version = self.history.note(text, author);
        let written = self.write(&version, &present, text);
        let is_overtaken = matches!(written, Err(ReplaceFailure::Changed));
        if let Some(given_up) = given_up.filter(|_| !is_overtaken) {
            let outcome = Outcome::RolledBack { reason };
            self.history.conclude(given_up.id, outcome);
        }
        match written {
            Ok(()) => self.history.conclude(version.id, Outcome::Confirmed),
            // Somebody was faster.
            Err(ReplaceFailure::Changed) => {}
            Err(failure) => return Err(failure),
        }
        Ok(())
    }

    /// Notes the version on the disk before it comes into the file: whoever finds it there can tell
    /// what it is.
    fn write(
        &self,
        version: &Version,
        present: &Result<(String, String), ReadFailure>,
        text: &str,
    ) -> Result<(), ReplaceFailure> {
        // What cannot be saved is tried again by the history itself, which also complains.
        let _ = self.history.save();
        let written = match present {
            Ok((old, _)) => replace_atomic(&self.path, Some(old.as_bytes()), text.as_bytes()),
            Err(ReadFailure::Missing) => replace_atomic(&self.path, None, text.as_bytes()),
            // Not settings at all.
            Err(_) => write_atomic(&self.path, text.as_bytes()).map(|()| Replaced::Done),
        };
        if let Ok(Replaced::Done) = written {
            return Ok(());
        }
        self.history.conclude(version.id, Outcome::Unwritten);
        match written {
            Ok(_) => {
                self.note_present(&read(&self.path));
                Err(ReplaceFailure::Changed)
            }
            Err(error) => Err(self.failure(error)),
        }
    }

    /// Notes a text that came into the file past us. What is no settings text is no version.
    fn note_present(&self, present: &Result<(String, String), ReadFailure>) {
        let Ok((text, revision)) = present else {
            return;
        };
        let known = self.history.present();
        if known.is_some_and(|known| known.revision == *revision)
            || Settings::parse(text, &self.path).is_err()
        {
            return;
        }
        let author = Author {
            who: owner_of(&self.path),
            how: How::File,
        };
        let version = self.history.note(text, author);
        let _ = self.history.save();
        self.history.placed(version.id);
    }

    fn failure(&self, error: io::Error) -> ReplaceFailure {
        let path = self.path.clone();
        ReplaceFailure::Io { path, error }
    }
}

impl Expected {
    fn holds(&self, present: &Result<(String, String), ReadFailure>) -> bool {
        match (self, present) {
            (Self::Anything, _) => true,
            (Self::Something, present) => present.is_ok(),
            (Self::Nothing, present) => *present == Err(ReadFailure::Missing),
            (Self::OneOf(revisions), Ok((text, _))) => revisions.contains(&revision(text)),
            (Self::OneOf(_), Err(_)) => false,
        }
    }
}
