//! The programs that look into a bundle, install it, and start from it.

use std::{
    io,
    path::{Path, PathBuf},
    process::{Output, Stdio},
};

use serde::Deserialize;
use tokio::process::Command;

use super::failure::Failure;

/// The programs.
#[derive(Debug, Clone)]
pub struct Programs {
    pub rauc: PathBuf,
    /// Restarts into the slot that was installed last.
    pub boot_slot: PathBuf,
}

/// What a bundle says of itself.
#[derive(Debug, Deserialize)]
struct Info {
    #[serde(default)]
    version: String,
}

impl Programs {
    /// # Errors
    ///
    /// There is no rauc.
    pub(super) async fn look(&self) -> Result<(), Failure> {
        let told = self.rauc(&["--version"]).await;
        match told {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Failure::NoRauc),
            Err(error) => Err(Failure::io(&self.rauc)(error)),
        }
    }

    /// The bundle's version, once rauc has found its signature to be good; `None`: it has none.
    pub(super) async fn version(&self, bundle: &Path) -> Result<Option<String>, Failure> {
        let bundle = bundle.display().to_string();
        let output = self.rauc(&["info", "--output-format=json", &bundle]).await;
        let output = output.map_err(Failure::io(&self.rauc))?;
        if !output.status.success() {
            return Err(Failure::BadBundle(last_words(&output)));
        }
        // Remarks of its libraries may stand around the one line of JSON.
        let mut lines = output.stdout.split(|byte| *byte == b'\n');
        let json = lines.find(|line| line.starts_with(b"{"));
        let info: Info = serde_json::from_slice(json.unwrap_or_default())
            .map_err(|error| Failure::BadBundle(format!("rauc speaks of it strangely: {error}")))?;
        Ok(Some(info.version).filter(|version| !version.is_empty()))
    }

    /// # Errors
    ///
    /// It was not installed, and what runs stays as it is.
    pub(super) async fn install(&self, bundle: &Path) -> Result<(), Failure> {
        let output = self.rauc(&["install", &bundle.display().to_string()]).await;
        let output = output.map_err(Failure::io(&self.rauc))?;
        if output.status.success() {
            return Ok(());
        }
        Err(Failure::NotInstalled(last_words(&output)))
    }

    /// Orders the restart; the device goes down a little later.
    pub(super) async fn restart(&self, version: &str) -> Result<(), Failure> {
        let failed = |reason: String| Failure::NotRestarted {
            version: version.to_owned(),
            reason,
        };
        let output = Command::new(&self.boot_slot)
            .arg("reboot")
            .stdin(Stdio::null())
            .output()
            .await
            .map_err(|error| failed(format!("{}: {error}", self.boot_slot.display())))?;
        if output.status.success() {
            return Ok(());
        }
        Err(failed(last_words(&output)))
    }

    async fn rauc(&self, arguments: &[&str]) -> io::Result<Output> {
        Command::new(&self.rauc)
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .await
    }
}

/// What rauc calls its last error, or the last line that it said.
fn last_words(output: &Output) -> String {
    let said = [&output.stdout[..], &output.stderr].map(String::from_utf8_lossy);
    let lines = || said.iter().flat_map(|text| text.lines()).map(str::trim);
    let error = lines()
        .rev()
        .find_map(|line| line.split_once("LastError: "));
    let last = error.map(|(_, words)| words);
    let last = last.or_else(|| lines().rev().find(|line| !line.is_empty()));
    last.map_or_else(|| output.status.to_string(), str::to_owned)
}
