//! Where one device stands: a folder for its files, and a port for the way into it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Result;

use crate::platform::Arch;

/// The network is our own, so the ports are free.
const FIRST_SSH_PORT: u16 = 2222;

#[derive(Debug, Clone)]
pub(crate) struct Bench {
    folder: PathBuf,
    ssh_port: u16,
}

impl Bench {
    /// The one with this number, from 0.
    pub(crate) fn new(arch: Arch, number: u16) -> Result<Self> {
        let folder = arch.test_folder()?.join(format!("bench-{number}"));
        fs::create_dir_all(&folder)?;
        Ok(Self {
            folder,
            ssh_port: FIRST_SSH_PORT + number,
        })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the device's SSH is found on this machine.
    pub(crate) fn ssh_port(&self) -> u16 {
        self.ssh_port
    }
}
