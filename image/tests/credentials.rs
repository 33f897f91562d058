//! What only a device in the emulator is told: systemd credentials, past its disk.

use std::{collections::BTreeMap, fmt::Write as _, path::Path};

use anyhow::Result;
use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::disk;

/// Nothing else paints in the emulator, which has no graphics processor, and is slower than any device.
const RENDERER: &str =
    "[Service]\nEnvironment=WLR_RENDERER=pixman\nWatchdogSec=2min\nTimeoutStartSec=5min\n";

/// By name. The emulator's own way for them, `-fw_cfg`, allows no name as long as that of a drop-in.
#[derive(Debug, Clone, Default)]
pub(crate) struct Credentials(BTreeMap<String, String>);

impl Credentials {
    /// What every device needs here.
    pub(crate) fn emulated() -> Self {
        Self::default().with_drop_in("everlit.service", RENDERER)
    }

    pub(crate) fn with(mut self, name: &str, text: &str) -> Self {
        self.0.insert(name.to_owned(), text.to_owned());
        self
    }

    /// Changes a unit.
    pub(crate) fn with_drop_in(self, unit: &str, text: &str) -> Self {
        self.with(&format!("systemd.unit-dropin.{unit}"), text)
    }

    /// As strings in the firmware's tables: arguments for the emulator.
    pub(crate) fn in_firmware(&self, folder: &Path) -> Result<Vec<String>> {
        let mut arguments = Vec::new();
        for (name, text) in &self.0 {
            let file = folder.join("credentials").join(name);
            let text = STANDARD.encode(text);
            disk::write(&file, format!("io.systemd.credential.binary:{name}={text}"))?;
            let file = file.display();
            arguments.extend(["-smbios".to_owned(), format!("type=11,path={file}")]);
        }
        Ok(arguments)
    }

    /// As words for a kernel that is started without firmware.
    pub(crate) fn on_command_line(&self) -> String {
        let mut words = String::new();
        for (name, text) in &self.0 {
            let text = STANDARD.encode(text);
            let _ = write!(words, " systemd.set_credential_binary={name}:{text}");
        }
        words
    }
}
