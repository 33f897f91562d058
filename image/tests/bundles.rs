//! The bundles that a device is updated with: a good one, a bad one, and two that are no longer
//! what was signed.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, ensure};

use crate::{emulator::BUNDLES, platform::Arch, workshop};

/// Makes `good.raucb` and `bad.raucb`.
const MAKE: &str = "image/tests/bundles";

pub(crate) const MOUNT: &str = "mountpoint -q /run/bundles || { mkdir -p /run/bundles && \
                                mount -t ext4 -o ro /dev/disk/by-id/virtio-bundles /run/bundles; }";

pub(crate) const GOOD: &str = "/run/bundles/good.raucb";
pub(crate) const BAD: &str = "/run/bundles/bad.raucb";
/// Other bytes than those that were signed.
pub(crate) const TAMPERED: &str = "/run/bundles/tampered.raucb";
/// Another signature.
pub(crate) const FORGED: &str = "/run/bundles/forged.raucb";

/// At the very end stands how long the signature before it is.
const LENGTH_OF_LENGTH: usize = 8;
const FLIPPED: usize = 16;
const ROOM_MB: u64 = 64;

/// Makes the bundles, where they are missing or older than the image.
pub(crate) fn make(arch: Arch) -> Result<()> {
    let folder = arch.test_folder()?;
    let made = |file: &Path| fs::metadata(file).and_then(|file| file.modified());
    let image = made(&arch.image())?;
    if ["good", "bad"]
        .iter()
        .all(|name| made(&bundle(&folder, name)).is_ok_and(|made| made > image))
    {
        return Ok(());
    }
    let status = Command::new(MAKE)
        .arg(arch.name())
        .status()
        .with_context(|| format!("cannot start {MAKE}"))?;
    ensure!(status.success(), "{MAKE}: {status}");
    Ok(())
}

/// A disk with all four on it.
pub(crate) fn disk(arch: Arch) -> Result<PathBuf> {
    let folder = arch.test_folder()?;
    let inside = folder.join(BUNDLES);
    let _ = fs::remove_dir_all(&inside);
    fs::create_dir_all(&inside)?;
    for name in ["good", "bad"] {
        fs::hard_link(bundle(&folder, name), bundle(&inside, name))
            .with_context(|| format!("there is no bundle \"{name}\""))?;
    }
    // Not the good one, which may be what runs already and would not be looked into any further.
    let signed = fs::read(bundle(&folder, "bad"))?;
    let (payload, signature) = split(&signed)?;
    let flip_at = |middle: usize| {
        let mut bytes = signed.clone();
        let part = bytes.iter_mut().skip(middle).take(FLIPPED);
        part.for_each(|byte| *byte = !*byte);
        bytes
    };
    fs::write(bundle(&inside, "tampered"), flip_at(payload / 2))?;
    let end = payload + signature - FLIPPED;
    fs::write(bundle(&inside, "forged"), flip_at(end))?;
    let size_mb = 4 * (signed.len() as u64 >> 20) * 21 / 20 + ROOM_MB;
    let disk = folder.join("bundles.img");
    let _ = fs::remove_file(&disk);
    let (from, to) = (inside.display().to_string(), disk.display().to_string());
    let size = format!("{size_mb}M");
    workshop::run(
        arch,
        &["mke2fs", "-q", "-t", "ext4", "-d", &from, &to, &size],
    )?;
    Ok(disk)
}

/// How long the payload and its signature are.
fn split(bundle: &[u8]) -> Result<(usize, usize)> {
    let (rest, length) = bundle
        .split_last_chunk::<LENGTH_OF_LENGTH>()
        .context("half a bundle")?;
    let signature = usize::try_from(u64::from_be_bytes(*length))?;
    let payload = rest.len().checked_sub(signature).context("no bundle")?;
    Ok((payload, signature))
}

fn bundle(folder: &Path, name: &str) -> PathBuf {
    folder.join(name).with_extension("raucb")
}
