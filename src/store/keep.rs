//! Keeps settings as the last good ones, as soon as the disk lets us.

use std::{io, time::Duration};

use anyhow::{Context as _, Result};
use tokio::{sync::watch, task::spawn_blocking, time::sleep};
use tracing::{debug, info, warn};

use super::{LastGood, Trouble};
use crate::{
    clock,
    incident::{Failure, Incident},
};

/// Between tries; the disk may be full, read-only or not there yet.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Takes what is to be kept, without waiting for the disk.
#[derive(Debug)]
pub struct Keep(watch::Sender<Option<String>>);

/// What is to be kept goes through here to the disk while [`Keeping::run`] is polled.
#[derive(Debug)]
pub struct Keeping {
    last_good: LastGood,
    wanted: watch::Receiver<Option<String>>,
    trouble: Trouble,
}

/// A way to the disk for one kind of settings.
#[must_use]
pub fn keeping(last_good: LastGood, trouble: Trouble) -> (Keep, Keeping) {
    let (keep, wanted) = watch::channel(None);
    let keeping = Keeping {
        last_good,
        wanted,
        trouble,
    };
    (Keep(keep), keeping)
}

impl Keep {
    /// Has this settings text kept; an earlier one that is not kept yet never will be.
    pub fn keep(&self, text: String) {
        self.0.send_replace(Some(text));
    }
}

impl Keeping {
    /// Works until the [`Keep`] is gone and what it took is kept.
    ///
    /// # Errors
    ///
    /// When the writing panics.
    pub async fn run(mut self) -> Result<()> {
        let mut incident = Incident::new(FIRST_PAUSE, LONGEST_PAUSE);
        while self.wanted.changed().await.is_ok() {
            while let Err(error) = self.save().await? {
                let own = incident.failed(clock::now());
                self.tell(&error, self.trouble.failed(own, clock::now()));
                // Newer settings are worth a try of their own, since somebody may just have made
                // room for them.
                tokio::select! {
                    () = sleep(incident.next_pause()) => {}
                    Ok(()) = self.wanted.changed() => {}
                }
            }
            let was_failing = incident.over(clock::now()).is_some();
            if was_failing && let Some(took_s) = self.trouble.over(clock::now()) {
                let path = self.last_good.path().display();
                info!(took_s, %path, "keeping the last good settings recovered");
            }
        }
        Ok(())
    }

    async fn save(&mut self) -> Result<io::Result<()>> {
        let Some(text) = self.wanted.borrow_and_update().clone() else {
            return Ok(Ok(()));
        };
        let last_good = self.last_good.clone();
        spawn_blocking(move || last_good.save(&text))
            .await
            .context("cannot write the last good settings")
    }

    fn tell(&self, error: &io::Error, failure: Failure) {
        let path = self.last_good.path().display();
        match failure {
            Failure::First => warn!(
                %error, %path, remedy = remedy(error.kind()),
                "cannot keep the settings as the last good ones; trying again"
            ),
            Failure::Repeated => debug!(%error, %path, "still cannot keep the settings"),
        }
    }
}

pub(super) fn remedy(kind: io::ErrorKind) -> &'static str {
    use io::ErrorKind;
    if kind == ErrorKind::StorageFull || kind == ErrorKind::QuotaExceeded {
        "make room on the state directory's disk"
    } else if kind == ErrorKind::ReadOnlyFilesystem {
        "mount the state directory's disk writable"
    } else if kind == ErrorKind::PermissionDenied {
        "let the daemon's user write into the state directory"
    } else if kind == ErrorKind::IsADirectory || kind == ErrorKind::NotADirectory {
        "move away what is in the way"
    } else {
        "check the state directory, or choose another one with --state"
    }
}
