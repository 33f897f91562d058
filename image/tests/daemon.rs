//! The daemon's control socket, which SSH carries to this machine: a question costs the device no
//! start of a program.

use std::path::Path;

use anyhow::{Context as _, Result};
use everlit::{
    portal::client::{Client, ClientFailure},
    supervise,
};
use tokio::runtime::Runtime;

const THERE: &str = "/run/everlit/control.sock";
const HERE: &str = "control.sock";

/// What `ssh -L` is told.
pub(crate) fn forwarding(folder: &Path) -> String {
    format!("{}:{THERE}", folder.join(HERE).display())
}

pub(crate) struct Daemon {
    client: Client,
    runtime: Runtime,
}

impl Daemon {
    /// SSH has to be connected.
    pub(crate) fn new(folder: &Path) -> Result<Self> {
        Ok(Self {
            client: Client::new(&folder.join(HERE))?,
            runtime: supervise::runtime().context("no runtime")?,
        })
    }

    /// Waits for what the daemon answers.
    pub(crate) fn ask<T>(
        &self,
        question: impl AsyncFnOnce(&Client) -> Result<T, ClientFailure>,
    ) -> Result<T, ClientFailure> {
        self.runtime.block_on(question(&self.client))
    }
}
