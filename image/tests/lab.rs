//! One device with its card, its plug and its network, and the stand-in that it works against.

use std::{fs, path::PathBuf, rc::Rc};

use anyhow::{Context as _, Result, ensure};
use everlit::player::{Ask, Phase};
use everlit_standin::{Faults, Options, Standin};

use crate::{
    bundles,
    credentials::Credentials,
    disk::Disk,
    emulator::{Clock, Machine},
    guest::Guest,
    platform::Platform,
    provisioning,
    screen::Reference,
    ssh::Key,
    waiting::until,
};

/// What the device is called at first.
pub(crate) const NAME: &str = "Test wall";

pub(crate) struct Lab {
    guest: Option<Guest>,
    disk: Option<Disk>,
    bundles: Option<PathBuf>,
    pub(crate) platform: Platform,
    pub(crate) cloud: Standin,
    folder: PathBuf,
    key: Key,
    reference: Rc<Reference>,
}

impl Lab {
    /// A second disk with bundles is in the device from the start, if there is one.
    pub(crate) fn new(
        platform: Platform,
        reference: Reference,
        bundles: Option<PathBuf>,
    ) -> Result<Self> {
        let folder = platform.arch.test_folder()?;
        Ok(Self {
            guest: None,
            disk: None,
            bundles,
            platform,
            cloud: cloud(platform)?,
            key: Key::new(&folder)?,
            folder,
            reference: Rc::new(reference),
        })
    }

    /// Puts the image and a technician's files on a card; the device is off.
    pub(crate) fn make_card(&mut self) -> Result<()> {
        self.guest = None;
        let path = self.folder.join("disk.img");
        let _ = fs::remove_file(path.with_extension("img.vars"));
        let card = Disk::new(self.platform.arch, &self.platform.arch.image(), path)?;
        provisioning::put_files(&card, &self.cloud, &self.key, NAME, &self.folder)?;
        self.disk = Some(card);
        Ok(())
    }

    pub(crate) fn power_on(&mut self, clock: Clock) -> Result<&mut Guest> {
        ensure!(self.guest.is_none(), "it is on already");
        let machine = Machine {
            platform: self.platform,
            folder: &self.folder,
            disk: self.disk.as_ref().context("there is no card")?,
            clock,
            credentials: &Credentials::emulated(),
            bundles: self.bundles.as_deref(),
        };
        let guest = Guest::power_on(&machine, &self.reference)?;
        Ok(self.guest.insert(guest))
    }

    /// A device that shows the report, as most stories begin.
    pub(crate) fn showing(&mut self) -> Result<&mut Guest> {
        if self.disk.is_none() {
            self.make_card()?;
        }
        if self.guest.is_none() {
            self.power_on(Clock::Right)?;
        }
        let limit = self.platform.boot_limit();
        let guest = self.guest()?;
        guest.until_showing(limit)?;
        // What is seen from outside may be on the way still for the daemon.
        let daemon = guest.daemon()?;
        until("the daemon to see it, too", limit, || {
            let status = daemon.ask(async |client| client.status().await)?;
            Ok((status.phase == Phase::Showing).then_some(()))
        })?;
        Ok(guest)
    }

    /// A device that is set up, and off.
    pub(crate) fn switched_off(&mut self) -> Result<()> {
        if self.disk.is_none() {
            self.showing()?;
        }
        match self.guest.take() {
            Some(guest) => guest.shut_down(),
            None => Ok(()),
        }
    }

    pub(crate) fn cut_power(&mut self) {
        self.guest = None;
    }

    pub(crate) fn guest(&mut self) -> Result<&mut Guest> {
        self.guest.as_mut().context("the device is off")
    }

    pub(crate) fn disk(&self) -> Result<&Disk> {
        self.disk.as_ref().context("there is no card")
    }

    /// A device that shows the report and has the bundles in a folder of its own.
    pub(crate) fn showing_with_bundles(&mut self) -> Result<()> {
        self.showing()?.run(bundles::MOUNT)?;
        Ok(())
    }

    /// From now on tokens live so long, the one in the page too.
    pub(crate) fn take_tokens_of(&mut self, life_s: f64) -> Result<()> {
        self.cloud.set_faults(|faults| faults.token_life_s = life_s);
        let before = self.cloud.counters().token_messages;
        let daemon = self.guest()?.daemon()?;
        daemon.ask(async |client| client.ask(Ask::RefreshToken).await)?;
        until("a new token in the page", self.platform.patience(), || {
            let after = self.cloud.counters().token_messages;
            Ok((after > before).then_some(()))
        })
    }

    /// What people want to see of a story that failed; the next one begins with a start.
    pub(crate) fn give_up(&mut self, story: &str) {
        self.cloud.set_faults(|faults| *faults = calm());
        let Some(mut guest) = self.guest.take() else {
            return;
        };
        println!("{}", guest.last_words());
        match guest.keep_screen(story) {
            Ok(file) => println!("the screen is kept in {}", file.display()),
            Err(error) => println!("the screen is lost: {error:#}"),
        }
    }
}

/// An emulated processor is slow, and each fresh figure is painted by it.
fn calm() -> Faults {
    Faults {
        poll_ms: 10_000,
        ..Faults::default()
    }
}

/// A service of the test's own.
pub(crate) fn cloud(platform: Platform) -> Result<Standin> {
    let folder = platform.arch.test_folder()?.join("standin");
    fs::create_dir_all(&folder)?;
    let mut options = Options::new(folder);
    options.faults = calm();
    Standin::start(options)
}
