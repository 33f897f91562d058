//! Which machine is emulated, and by what.

use std::{
    env, fmt,
    fs::{self, File},
    io::Read as _,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal};

use crate::workshop;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arch {
    Amd64,
    Arm64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Accelerator {
    Kvm,
    Tcg,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Platform {
    pub(crate) arch: Arch,
    pub(crate) accelerator: Accelerator,
}

const FIRMWARE: &str = "/usr/share/ovmf/OVMF.fd";
const FIRST_WORD_S: &str = "10";

pub(crate) fn arch() -> Result<Arch> {
    match env::var("ARCH").as_deref() {
        Ok("amd64") | Err(_) => Ok(Arch::Amd64),
        Ok("arm64") => Ok(Arch::Arm64),
        Ok(other) => bail!("ARCH is amd64 or arm64, not {other}"),
    }
}

impl Arch {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Amd64 => "amd64",
            Self::Arm64 => "arm64",
        }
    }

    pub(crate) fn emulator(self) -> &'static str {
        match self {
            Self::Amd64 => "qemu-system-x86_64",
            Self::Arm64 => "qemu-system-aarch64",
        }
    }

    pub(crate) fn machine(self) -> &'static str {
        match self {
            Self::Amd64 => "q35",
            Self::Arm64 => "virt",
        }
    }

    pub(crate) fn image(self) -> PathBuf {
        self.folder("everlit.img")
    }

    /// The image that `image-test compare` measures beside ours.
    pub(crate) fn peer_image(self) -> PathBuf {
        self.folder("peer.img")
    }

    /// Where the tests leave what they make.
    pub(crate) fn test_folder(self) -> Result<PathBuf> {
        let folder = self.folder("test");
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(folder)
    }

    fn folder(self, name: &str) -> PathBuf {
        Path::new("target/image").join(self.name()).join(name)
    }
}

impl Platform {
    pub(crate) fn from_environment() -> Result<Self> {
        let arch = arch()?;
        let accelerator = match env::var("ACCEL").as_deref() {
            Ok("kvm") => Accelerator::Kvm,
            Ok("tcg") => Accelerator::Tcg,
            Ok(other) => bail!("ACCEL is kvm or tcg, not {other}"),
            Err(_) if has_kvm(arch)? => Accelerator::Kvm,
            Err(_) => Accelerator::Tcg,
        };
        Ok(Self { arch, accelerator })
    }

    /// How long a power-on may take until the report is on the screen.
    pub(crate) fn boot_limit(self) -> Duration {
        Duration::from_secs(match (self.accelerator, self.arch) {
            (Accelerator::Kvm, Arch::Amd64 | Arch::Arm64) => 45,
            (Accelerator::Tcg, Arch::Amd64) => 240,
            (Accelerator::Tcg, Arch::Arm64) => 360,
        })
    }

    /// Far beyond anything that a running device needs for an answer.
    pub(crate) fn patience(self) -> Duration {
        match self.accelerator {
            Accelerator::Kvm => Duration::from_secs(30),
            Accelerator::Tcg => Duration::from_secs(90),
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by = match self.accelerator {
            Accelerator::Kvm => "kvm",
            Accelerator::Tcg => "tcg",
        };
        write!(f, "{} by {by}", self.arch.name())
    }
}

/// A device file alone proves nothing: it may be there and refuse to run a whole machine. What does
/// is a firmware that says its first word.
fn has_kvm(arch: Arch) -> Result<bool> {
    let is_open = File::options().read(true).write(true).open("/dev/kvm");
    if arch != Arch::Amd64 || !cfg!(target_arch = "x86_64") || is_open.is_err() {
        return Ok(false);
    }
    let mut words = vec!["timeout", FIRST_WORD_S, arch.emulator()];
    words.extend(["-M", "q35", "-accel", "kvm", "-cpu", "max", "-nodefaults"]);
    words.extend(["-display", "none", "-bios", FIRMWARE, "-serial", "stdio"]);
    let mut probe = workshop::command(arch, &words)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let mut output = probe.stdout.take().context("no output")?;
    let has_spoken = output.read(&mut [0])? > 0;
    // It is `timeout`, which takes the emulator along.
    rustix::process::kill_process(Pid::from_child(&probe), Signal::TERM)?;
    probe.wait()?;
    Ok(has_spoken)
}
