//! Writes the history to the disk, as soon as the disk lets us.

use std::{
    fs::{self, DirBuilder},
    io,
    os::unix::fs::DirBuilderExt,
    sync::PoisonError,
    time::Duration,
};

use anyhow::{Context as _, Result};
use tokio::{task::spawn_blocking, time::sleep};
use tracing::{debug, info, warn};

use super::{
    History, Trouble,
    history::{Record, path_of},
    keep::remedy,
    write::write_private,
};
use crate::{
    clock,
    incident::{Failure, Incident},
};

const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

impl History {
    /// Writes for ever what is noted; a disk that cannot be written to is waited out.
    ///
    /// # Errors
    ///
    /// When the writing panics.
    pub async fn keep_saving(self, trouble: Trouble) -> Result<()> {
        let mut incident = Incident::new(FIRST_PAUSE, LONGEST_PAUSE);
        loop {
            self.0.wake.notified().await;
            while let Err(error) = self.save_off_the_loop().await? {
                let own = incident.failed(clock::now());
                self.tell(&error, trouble.failed(own, clock::now()));
                // Each new version tries for itself.
                sleep(incident.next_pause()).await;
            }
            let was_failing = incident.over(clock::now()).is_some();
            if was_failing && let Some(took_s) = trouble.over(clock::now()) {
                let path = self.0.directory.display();
                info!(took_s, %path, "keeping the history of the settings recovered");
            }
        }
    }

    async fn save_off_the_loop(&self) -> Result<io::Result<()>> {
        let history = self.clone();
        spawn_blocking(move || history.save())
            .await
            .context("cannot write the history of the settings")
    }

    /// Writes everything that is not on the disk yet; does not touch the disk when there is nothing.
    ///
    /// # Errors
    ///
    /// When something could not be written; it stays noted.
    pub fn save(&self) -> io::Result<()> {
        let disk = self.0.disk.lock();
        let _alone = disk.unwrap_or_else(PoisonError::into_inner);
        let (records, dropped) = self.unsaved();
        if records.is_empty() && dropped.is_empty() {
            return Ok(());
        }
        let mut private = DirBuilder::new();
        let private = private.recursive(true).mode(0o700);
        private.create(&self.0.directory)?;
        for record in records {
            self.write(&record)?;
        }
        for id in dropped {
            match fs::remove_file(path_of(&self.0.directory, id)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                Ok(()) | Err(_) => self.removed(id),
            }
        }
        Ok(())
    }

    fn write(&self, record: &Record) -> io::Result<()> {
        let json = serde_json::to_vec(record)?;
        write_private(&path_of(&self.0.directory, record.version.id), &json)?;
        self.saved(record);
        Ok(())
    }

    fn tell(&self, error: &io::Error, failure: Failure) {
        let path = self.0.directory.display();
        match failure {
            Failure::First => warn!(
                %error, %path, remedy = remedy(error.kind()),
                "cannot keep the history of the settings; trying again"
            ),
            Failure::Repeated => debug!(%error, %path, "still cannot keep the history"),
        }
    }
}
