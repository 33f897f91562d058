//! The settings file and its history, as the daemon would keep them.

use std::sync::Arc;

use everlit::{player::Event, settings::Settings};

#[derive(Debug, Default)]
pub(crate) struct SettingsFile {
    /// Every text that it had, by revision; the last one is in it now.
    written: Vec<(String, Arc<Settings>)>,
    /// The last revision that led to a picture.
    proven: Option<String>,
    /// The daemon that runs has read it.
    is_read: bool,
}

impl SettingsFile {
    pub(crate) fn write(&mut self, settings: &Arc<Settings>) -> Event {
        let revision = format!("r{}", self.written.len() + 1);
        self.written.push((revision, Arc::clone(settings)));
        self.is_read = true;
        self.read(None)
    }

    /// The next daemon starts.
    pub(crate) fn forget_reader(&mut self) {
        self.is_read = false;
    }

    /// What a daemon reads at its start; it also looks into its history, unless it has read the
    /// file already because somebody was faster.
    pub(crate) fn read_at_start(&mut self, first: &Arc<Settings>) -> Event {
        let Some((file, _)) = self.written.last() else {
            return self.write(first);
        };
        let is_first = !std::mem::replace(&mut self.is_read, true);
        let proven = self.proven.clone().filter(|_| is_first);
        let fallback = proven.filter(|proven| proven != file);
        self.read(fallback)
    }

    pub(crate) fn settled(&mut self, revision: &str) {
        self.proven = Some(revision.to_owned());
    }

    /// Puts an old version back, unless somebody wrote another one meanwhile.
    pub(crate) fn revert(&mut self, from: &str, to: &str) -> Option<Event> {
        let (file, _) = self.written.last()?;
        let old = self.written.iter().find(|(revision, _)| revision == to)?;
        if file != from {
            return None;
        }
        self.written.push(old.clone());
        Some(self.read(None))
    }

    fn read(&self, fallback: Option<String>) -> Event {
        let (revision, settings) = self.written.last().expect("a file").clone();
        Event::SettingsLoaded {
            settings,
            revision,
            fallback,
        }
    }
}
