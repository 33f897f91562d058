//! What a technician puts on the card before it goes into the device.

use std::path::Path;

use anyhow::Result;
use everlit_standin::{Content, Credential, Standin};

use crate::{
    disk::{self, Disk},
    ssh::Key,
};

/// The partition that every computer can write.
pub(crate) const PARTITION: &str = "everlit";
pub(crate) const REPORT: &str = "everlit-report.txt";
pub(crate) const SETTINGS: &str = "everlit.toml";
pub(crate) const SECRET: &str = "secrets/powerbi-secret";
pub(crate) const CERTIFICATE: &str = "certificates/standin.pem";
pub(crate) const KEYS: &str = "authorized_keys";
pub(crate) const NETWORK: &str = "network/10-test.network";

/// All that has to be taken over.
pub(crate) const FILES: [&str; 5] = [SETTINGS, SECRET, CERTIFICATE, KEYS, NETWORK];

/// How this machine is called in the device's network.
pub(crate) const HERE: &str = "10.0.2.2";

const CABLE: &str = "[Match]\nName=en*\n\n[Network]\nDHCP=yes\nNTP=10.0.2.2\n";

/// In the emulator a page may be busy for longer than on any device.
const SLOW: &str = "[recovery]\nheartbeat_limit = \"30 s\"\nload_limit = \"5 min\"\n";

/// The settings, for a device with this name.
pub(crate) fn settings(cloud: &Standin, name: &str) -> String {
    let extra =
        format!("[player]\nname = \"{name}\"\n\n[portal]\nlisten = \"127.0.0.1:8400\"\n\n{SLOW}");
    let text = cloud.settings_toml(&Content::Report, Credential::Secret, &extra);
    let path = |path: &Path| path.display().to_string();
    text.replace(&path(&cloud.client_secret_path()), "powerbi-secret")
        .replace(
            &path(cloud.certificate_path()),
            "/etc/everlit/certificates/standin.pem",
        )
        .replace(&cloud.proxy_url(), &here(&cloud.proxy_url()))
}

/// An address of this machine's loopback, as the device reaches it.
pub(crate) fn here(url: &str) -> String {
    url.replace("127.0.0.1", HERE)
}

/// Puts everything for a device with this name on the card; `folder` is for the files themselves.
pub(crate) fn put_files(
    card: &Disk,
    cloud: &Standin,
    key: &Key,
    name: &str,
    folder: &Path,
) -> Result<()> {
    let folder = folder.join("files");
    disk::write(&folder.join(SETTINGS), settings(cloud, name))?;
    disk::write(&folder.join(SECRET), cloud.client_secret())?;
    let certificate = std::fs::read(cloud.certificate_path())?;
    disk::write(&folder.join(CERTIFICATE), certificate)?;
    disk::write(&folder.join(KEYS), std::fs::read(key.public())?)?;
    disk::write(&folder.join(NETWORK), CABLE)?;
    for file in FILES {
        if let Some((parent, _)) = file.split_once('/') {
            card.make_folder(PARTITION, parent)?;
        }
        card.put(PARTITION, &folder.join(file), file)?;
    }
    Ok(())
}
