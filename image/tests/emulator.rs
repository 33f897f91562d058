//! The emulator's command line: a machine as it is before it is switched on.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Result;

use crate::{
    credentials::Credentials,
    disk::Disk,
    platform::{Accelerator, Arch, Platform},
    screen::SIZE,
    workshop,
};

/// Where the device's SSH is found; the network is our own, so it is free.
pub(crate) const SSH_PORT: u16 = 2222;
/// The emulator's name for the network, for pulling it.
pub(crate) const NETWORK: &str = "net";
/// What the disk with the bundles is called in the device.
pub(crate) const BUNDLES: &str = "bundles";

const MEMORY_MB: &str = "2048";
const PROCESSORS: &str = "2";

/// What the clock of the machine shows when it is switched on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clock {
    Right,
    Reset,
}

pub(crate) struct Machine<'a> {
    pub(crate) platform: Platform,
    pub(crate) folder: &'a Path,
    pub(crate) disk: &'a Disk,
    pub(crate) clock: Clock,
    pub(crate) credentials: &'a Credentials,
    /// A second disk.
    pub(crate) bundles: Option<&'a Path>,
}

impl Machine<'_> {
    pub(crate) fn control_socket(&self) -> PathBuf {
        self.folder.join("qmp")
    }

    pub(crate) fn serial_log(&self) -> PathBuf {
        self.folder.join("serial.log")
    }

    /// The emulator with all its arguments; the machine stands still until it is told to go.
    pub(crate) fn words(&self) -> Result<Vec<String>> {
        let mut words = self.processors();
        words.extend(match self.platform.arch {
            Arch::Amd64 => self.firmware()?,
            Arch::Arm64 => self.kernel()?,
        });
        words.extend(self.devices());
        let (control, serial) = (self.control_socket(), self.serial_log());
        words.extend([
            "-qmp".to_owned(),
            format!("unix:{},server=on,wait=off", control.display()),
            "-serial".to_owned(),
            format!("file:{}", serial.display()),
        ]);
        Ok(words)
    }

    fn processors(&self) -> Vec<String> {
        let Platform { arch, accelerator } = self.platform;
        let processor = match (arch, accelerator) {
            (Arch::Amd64 | Arch::Arm64, Accelerator::Kvm) => "max",
            // Translated, instructions that copy strings go byte by byte: nobody shall think them fast.
            (Arch::Amd64, Accelerator::Tcg) => "max,-erms,-fsrm",
            (Arch::Arm64, Accelerator::Tcg) => "cortex-a72",
        };
        let accelerator = match accelerator {
            Accelerator::Kvm => "kvm",
            Accelerator::Tcg => "tcg,thread=multi",
        };
        let clock = match self.clock {
            Clock::Right => "base=utc",
            Clock::Reset => "base=2001-01-01T00:00:00",
        };
        [
            arch.emulator(),
            "-S",
            "-nodefaults",
            "-no-user-config",
            "-display",
            "none",
            "-M",
            arch.machine(),
            "-accel",
            accelerator,
            "-cpu",
            processor,
            "-m",
            MEMORY_MB,
            "-smp",
            PROCESSORS,
            "-rtc",
            clock,
        ]
        .map(str::to_owned)
        .to_vec()
    }

    fn devices(&self) -> Vec<String> {
        let (width, height) = SIZE;
        let screen = match self.platform.arch {
            Arch::Amd64 => "VGA",
            Arch::Arm64 => "virtio-gpu-pci",
        };
        let mut words = vec![
            "-device".to_owned(),
            format!("{screen},xres={width},yres={height}"),
            "-device".to_owned(),
            "virtio-rng-pci".to_owned(),
            "-netdev".to_owned(),
            format!("user,id={NETWORK},hostfwd=tcp:127.0.0.1:{SSH_PORT}-:22"),
            "-device".to_owned(),
            format!("virtio-net-pci,netdev={NETWORK},romfile="),
        ];
        words.extend(drive("disk", &self.disk.path(), "cache=writeback"));
        if let Some(bundles) = self.bundles {
            words.extend(drive(
                BUNDLES,
                &bundles.display().to_string(),
                "readonly=on",
            ));
        }
        words
    }

    /// What it remembers belongs to the disk: both are made and kept together.
    fn firmware(&self) -> Result<Vec<String>> {
        let kept = format!("{}.vars", self.disk.path());
        if !Path::new(&kept).exists() {
            let words = ["cp", "/usr/share/OVMF/OVMF_VARS_4M.fd", &kept];
            workshop::run(self.platform.arch, &words)?;
        }
        let mut words = vec![
            "-drive".to_owned(),
            "if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd".to_owned(),
            "-drive".to_owned(),
            format!("if=pflash,format=raw,file={kept}"),
        ];
        words.extend(self.credentials.in_firmware(self.folder)?);
        Ok(words)
    }

    /// The machine has no boot loader for this image, so it gets what slot a starts with.
    fn kernel(&self) -> Result<Vec<String>> {
        let [kernel, initrd, line] =
            ["vmlinuz", "initrd.img", "cmdline"].map(|name| (name, self.folder.join(name)));
        for (name, file) in [&kernel, &initrd, &line] {
            self.disk.take("boot-a", name, file)?;
        }
        let line = fs::read_to_string(&line.1)?;
        let line = format!(
            "root=PARTLABEL=root-a rauc.slot=a {} console=ttyAMA0{}",
            line.trim(),
            self.credentials.on_command_line()
        );
        let words = [
            "-kernel".to_owned(),
            kernel.1.display().to_string(),
            "-initrd".to_owned(),
            initrd.1.display().to_string(),
            "-append".to_owned(),
            line,
        ];
        Ok(words.to_vec())
    }
}

fn drive(name: &str, file: &str, how: &str) -> [String; 4] {
    [
        "-drive".to_owned(),
        format!("if=none,id={name},format=raw,file={file},{how}"),
        "-device".to_owned(),
        format!("virtio-blk-pci,drive={name},serial={name}"),
    ]
}
