//! Updates a device that runs everlit's own image: fetches a signed bundle, has rauc install it
//! into the other slot, and restarts into that.
//!
//! Nothing is half installed: a bundle is installed when all of it is there, and rauc has found it
//! to be signed for this device. Whether it stays is decided after the restart, by the picture.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use reqwest::Client;
use ring::digest::{Context, SHA256};
use url::Url;

mod download;
mod failure;
pub mod memory;
mod plan;
mod rauc;

pub use failure::Failure;
pub use plan::Moment;
pub use rauc::Programs;

use crate::settings::Update;
use download::{Ask, Fetch, Fetched};
use memory::{Bundle, Memory, Seen};
use plan::{Occasion, Running, Verdict};

/// What updates a device.
pub struct Updater {
    pub client: Client,
    pub programs: Programs,
    /// For what is remembered and for the bundle.
    pub folder: PathBuf,
    /// Where the system says what it is: `/etc/os-release`.
    pub os_release: PathBuf,
    /// Where the kernel names the time since the start.
    pub boot_id: PathBuf,
    pub restart: Restart,
    pub now: Box<dyn Fn() -> Moment>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restart {
    AtOnce,
    Later,
}

/// What is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// What the schedule wants; it has to be due, see [`is_due`].
    Scheduled(Update),
    From(Url),
    /// A bundle that somebody brought; it stays where it is.
    File(PathBuf),
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    /// What is there is what runs.
    Current,
    /// It is all there, and waits for the window to open again.
    Fetched,
    /// It did not stay before; with the words for it.
    Left(String),
    /// The device restarts into it, unless that is to be left out.
    Installed { version: String },
}

/// Whether the schedule wants to look for an update now, after what is remembered in the folder.
#[must_use]
pub fn is_due(update: &Update, folder: &Path, now: Moment) -> bool {
    let memory = Memory::load(folder);
    plan::is_due(update, &memory, now)
}

impl Updater {
    /// Does what is wanted, and tells the log. A trouble of the schedule is told once, and its end.
    ///
    /// # Errors
    ///
    /// Why there was no update.
    pub async fn update(&self, wish: &Wish) -> Result<Done, Failure> {
        let _alone = match self.begin().await {
            Ok(alone) => alone,
            Err(failure) => {
                let outcome = Err(failure);
                tell(wish, &outcome, None);
                return outcome;
            }
        };
        let mut memory = Memory::load(&self.folder);
        let told = memory.trouble.take();
        let mut outcome = self.carry_out(wish, &mut memory).await;
        memory.trouble = trouble(&outcome);
        tell(wish, &outcome, told.as_deref());
        self.save(&memory)?;
        if let Ok(Done::Installed { version }) = &outcome
            && self.restart == Restart::AtOnce
            && let Err(failure) = self.programs.restart(version).await
        {
            outcome = Err(failure);
            tell(wish, &outcome, None);
        }
        outcome
    }

    async fn begin(&self) -> Result<File, Failure> {
        self.programs.look().await?;
        self.lock()
    }

    async fn carry_out(&self, wish: &Wish, memory: &mut Memory) -> Result<Done, Failure> {
        let (url, occasion) = match wish {
            Wish::File(bundle) => return self.take(bundle, Occasion::Operator, memory).await,
            Wish::From(url) => (url, Occasion::Operator),
            Wish::Scheduled(update) => (&update.url, Occasion::Schedule),
        };
        memory.turn_to(url.as_str());
        let seen = memory.seen.as_ref().map(|seen| &seen.bundle);
        let seen = seen.map(|bundle| self.verdict(bundle, memory, occasion));
        let ask = match &seen {
            Some(Verdict::Current | Verdict::Restart | Verdict::Leave(_)) => Ask::ForNews,
            Some(Verdict::Install) | None => Ask::ForWhateverIsThere,
        };
        let fetch = Fetch {
            client: &self.client,
            url,
            folder: &self.folder,
        };
        let bundle = match (fetch.run(memory, ask).await?, seen) {
            (Fetched::Bundle(bundle), _) => bundle,
            (Fetched::Known, seen) => return Ok(self.known(seen, memory)),
        };
        if let Wish::Scheduled(update) = wish
            && !update.window.is_open((self.now)().local)
        {
            return Ok(Done::Fetched);
        }
        let done = self.take(&bundle, occasion, memory).await;
        memory.download = None;
        memory.checked = Some((self.now)().wall);
        fs::remove_file(&bundle).map_err(Failure::io(&bundle))?;
        done
    }

    /// What is there was looked into before.
    fn known(&self, verdict: Option<Verdict>, memory: &mut Memory) -> Done {
        memory.checked = Some((self.now)().wall);
        let version = memory
            .seen
            .as_ref()
            .and_then(|seen| seen.bundle.version.clone());
        match verdict {
            Some(Verdict::Restart) => installed(version),
            Some(Verdict::Leave(words)) => Done::Left(words),
            Some(Verdict::Current | Verdict::Install) | None => Done::Current,
        }
    }

    /// Looks into a bundle that is all there, and installs it if it should be.
    async fn take(
        &self,
        path: &Path,
        occasion: Occasion,
        memory: &mut Memory,
    ) -> Result<Done, Failure> {
        let hash = hash(path).map_err(Failure::io(path))?;
        let version = self.programs.version(path).await;
        let bundle = Bundle {
            version: version.as_ref().ok().cloned().flatten(),
            hash,
        };
        let tag = memory
            .download
            .as_ref()
            .map(|download| download.tag.clone());
        if let Some(tag) = tag.filter(|tag| !tag.is_empty()) {
            let bundle = bundle.clone();
            memory.seen = Some(Seen { tag, bundle });
        }
        if let Err(failure) = version {
            self.remember_attempt(&bundle, Some(failure.to_string()), memory)?;
            return Err(failure);
        }
        match self.verdict(&bundle, memory, occasion) {
            Verdict::Current => Ok(Done::Current),
            Verdict::Leave(words) => Ok(Done::Left(words)),
            Verdict::Restart => Ok(installed(bundle.version)),
            Verdict::Install => self.install(path, bundle, memory).await,
        }
    }

    async fn install(
        &self,
        path: &Path,
        bundle: Bundle,
        memory: &mut Memory,
    ) -> Result<Done, Failure> {
        // For the next start, should the device go down in the middle.
        let unfinished = "the device went down meanwhile".to_owned();
        self.remember_attempt(&bundle, Some(unfinished), memory)?;
        tracing::info!(version = bundle.version, "installing a bundle");
        let outcome = self.programs.install(path).await;
        if let Some(attempt) = &mut memory.attempt {
            attempt.problem = outcome.as_ref().err().map(ToString::to_string);
        }
        self.save(memory)?;
        outcome.map(|()| installed(bundle.version))
    }

    fn remember_attempt(
        &self,
        bundle: &Bundle,
        problem: Option<String>,
        memory: &mut Memory,
    ) -> Result<(), Failure> {
        let now = (self.now)().wall;
        let before = memory.attempt.as_ref();
        let attempt = plan::attempt(bundle, &self.running(), before, problem, now);
        memory.attempt = Some(attempt);
        self.save(memory)
    }

    fn verdict(&self, bundle: &Bundle, memory: &Memory, occasion: Occasion) -> Verdict {
        let now = (self.now)().wall;
        plan::verdict(
            bundle,
            &self.running(),
            memory.attempt.as_ref(),
            occasion,
            now,
        )
    }

    fn running(&self) -> Running {
        let system = fs::read_to_string(&self.os_release).unwrap_or_default();
        let version = system
            .lines()
            .find_map(|line| line.strip_prefix("IMAGE_VERSION="));
        let version = version.map(|version| version.trim_matches(['"', '\'']).to_owned());
        let boot = fs::read_to_string(&self.boot_id).unwrap_or_default();
        Running {
            version,
            boot: boot.trim().to_owned(),
        }
    }

    fn save(&self, memory: &Memory) -> Result<(), Failure> {
        memory.save(&self.folder).map_err(Failure::io(&self.folder))
    }

    /// Makes the folder; the lock goes with the file.
    fn lock(&self) -> Result<File, Failure> {
        let open = || -> io::Result<File> {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(&self.folder)?;
            let mut options = OpenOptions::new();
            options.write(true).create(true).truncate(false).mode(0o600);
            options.open(self.folder.join("lock"))
        };
        let file = open().map_err(Failure::io(&self.folder))?;
        file.try_lock().map_err(|_| Failure::Busy)?;
        Ok(file)
    }
}

fn installed(version: Option<String>) -> Done {
    Done::Installed {
        version: version.unwrap_or_else(|| "unknown".to_owned()),
    }
}

/// What is wrong, in words that are the same while the same is wrong.
fn trouble(outcome: &Result<Done, Failure>) -> Option<String> {
    match outcome {
        Ok(Done::Left(words)) => Some(words.clone()),
        Ok(Done::Current | Done::Fetched | Done::Installed { .. }) => None,
        Err(failure) => Some(failure.to_string()),
    }
}

fn tell(wish: &Wish, outcome: &Result<Done, Failure>, told: Option<&str>) {
    let is_known = match wish {
        Wish::Scheduled(_) => trouble(outcome).as_deref() == told,
        Wish::From(_) | Wish::File(_) => false,
    };
    if told.is_some() && trouble(outcome).is_none() {
        tracing::info!("updating recovered");
    }
    match outcome {
        Err(_) | Ok(Done::Left(_)) if is_known => tracing::debug!("still no update"),
        Err(failure) => tracing::warn!("no update: {failure}"),
        Ok(Done::Left(words)) => tracing::warn!("no update: {words}"),
        Ok(Done::Current) => tracing::info!("the newest version runs already"),
        Ok(Done::Fetched) => {
            tracing::info!("a bundle is there; it is installed in the next window")
        }
        Ok(Done::Installed { version }) => {
            tracing::info!(version, "installed; it runs after a restart")
        }
    }
}

/// SHA-256 of a file, in hexadecimal digits.
fn hash(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut context = Context::new(&SHA256);
    let mut piece = vec![0; 1 << 20];
    loop {
        let length = file.read(&mut piece)?;
        if length == 0 {
            break;
        }
        context.update(&piece[..length]);
    }
    let digest = context.finish();
    Ok(digest
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}
