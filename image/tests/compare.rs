//! Another image beside ours, with the same report on the same machine: who shows it sooner, and
//! with how much memory.

use std::{fs, path::PathBuf, process::ExitCode, rc::Rc};

use anyhow::{Result, ensure};
use everlit_standin::Standin;

use crate::{
    credentials::Credentials,
    disk::Disk,
    emulator::{Clock, Machine},
    guest::Guest,
    lab, peer,
    picture::Memory,
    platform::Platform,
    provisioning,
    screen::{Reference, Whose},
    ssh::Key,
};

pub(crate) const ROUNDS: usize = 5;

/// One of the images, on a card.
pub(crate) struct Contender {
    platform: Platform,
    folder: PathBuf,
    disk: Disk,
    credentials: Credentials,
    reference: Rc<Reference>,
}

type Figure = fn(&Sample) -> f64;

struct Sample {
    shown_s: f64,
    memory: Memory,
}

impl Contender {
    /// On a card with a technician's files on it.
    pub(crate) fn new(
        platform: Platform,
        whose: Whose,
        cloud: &Standin,
        key: &Key,
        reference: Reference,
    ) -> Result<Self> {
        let folder = platform.arch.test_folder()?;
        let (image, name, credentials) = match whose {
            Whose::Ours => (platform.arch.image(), "ours.img", Credentials::emulated()),
            Whose::Peer => (
                platform.arch.peer_image(),
                "peer-disk.img",
                peer::credentials(cloud, Credentials::emulated()),
            ),
        };
        let keys = fs::read_to_string(key.public())?;
        let path = folder.join(name);
        let _ = fs::remove_file(path.with_extension("img.vars"));
        let disk = Disk::new(platform.arch, &image, path)?;
        provisioning::put_files(&disk, cloud, key, lab::NAME, &folder)?;
        Ok(Self {
            platform,
            folder,
            disk,
            // For an image that takes nothing over from the partition.
            credentials: credentials.with("ssh.authorized_keys.root", &keys),
            reference: Rc::new(reference),
        })
    }

    pub(crate) fn power_on(&self) -> Result<Guest> {
        let machine = Machine {
            platform: self.platform,
            folder: &self.folder,
            disk: &self.disk,
            clock: Clock::Right,
            credentials: &self.credentials,
            bundles: None,
        };
        Guest::power_on(&machine, &self.reference)
    }

    /// From power-on until the picture has settled, and off again.
    fn sample(&self) -> Result<Sample> {
        let mut guest = self.power_on()?;
        let shown_s = guest
            .until_showing(4 * self.platform.boot_limit())?
            .as_secs_f64();
        let memory = Memory::of(&mut guest)?;
        guest.shut_down()?;
        Ok(Sample { shown_s, memory })
    }
}

pub(crate) fn run(platform: Platform, rounds: usize) -> Result<ExitCode> {
    ensure!(rounds > 0, "at least one round");
    let references = (Reference::read(Whose::Ours)?, Reference::read(Whose::Peer)?);
    let cloud = lab::cloud(platform)?;
    let key = Key::new(&platform.arch.test_folder()?)?;
    let peer = Contender::new(platform, Whose::Peer, &cloud, &key, references.1)?;
    let ours = Contender::new(platform, Whose::Ours, &cloud, &key, references.0)?;
    // The first start of a card does what no other one does.
    for contender in [&ours, &peer] {
        contender.sample()?;
    }
    let (mut our_samples, mut peer_samples) = (Vec::new(), Vec::new());
    for round in 1..=rounds {
        our_samples.push(ours.sample()?);
        peer_samples.push(peer.sample()?);
        let last = |samples: &[Sample]| samples.last().map_or(0.0, |sample| sample.shown_s);
        let (ours, peer) = (last(&our_samples), last(&peer_samples));
        println!("    {round} of {rounds}: ours {ours:.1} s, peer {peer:.1} s");
    }
    print(platform, &our_samples, &peer_samples);
    Ok(ExitCode::SUCCESS)
}

fn print(platform: Platform, ours: &[Sample], peer: &[Sample]) {
    println!(
        "\n| {platform}, median of {} | everlit | peer | ratio |",
        ours.len()
    );
    println!("| --- | --- | --- | --- |");
    let figures: [(&str, Figure); 3] = [
        ("power-on to the report (s)", |sample| sample.shown_s),
        ("memory of the unit (MB)", |sample| sample.memory.unit_mb),
        ("used memory of the device (MB)", |sample| {
            sample.memory.used_mb
        }),
    ];
    for (what, figure) in figures {
        let [ours, peer] = [ours, peer].map(|samples| median(samples.iter().map(figure)));
        println!("| {what} | {ours:.1} | {peer:.1} | {:.2} |", ours / peer);
    }
}

fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    let (upper, lower) = (figures.len() / 2, figures.len().saturating_sub(1) / 2);
    let at = |index: usize| figures.get(index).copied().unwrap_or(f64::NAN);
    f64::midpoint(at(lower), at(upper))
}
