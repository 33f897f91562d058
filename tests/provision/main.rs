//! A card with a technician's files, and a device that takes them over.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    collections::BTreeMap,
    fs, io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use everlit::provision::{Outcome, Places, Sealing, provision};
use tempfile::TempDir;

mod command;
mod files;
mod plug;
mod refused;

const SETTINGS: &str = "etc/everlit/settings.toml";
const GOOD: &str = "[player]\nname = \"lobby\"\n";
const SECRET: &str = "s3cret-Of~the.wall";
const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl ann\n";

/// A card and a device.
struct Bench {
    dir: TempDir,
    sealing: Sealing,
}

impl Bench {
    fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let root = dir.path().join("root");
        fs::create_dir_all(root.join("etc")).unwrap();
        fs::create_dir(dir.path().join("card")).unwrap();
        let (uid, gid) = (rustix::process::getuid(), rustix::process::getgid());
        let (uid, gid) = (uid.as_raw(), gid.as_raw());
        let users = format!("root:x:0:0::/:\neverlit:x:{uid}:{gid}::/:\n");
        fs::write(root.join("etc/passwd"), users).unwrap();
        let program = dir.path().join("systemd-creds");
        // It is told apart from the secret itself, and can be undone by the tests.
        let script = "#!/bin/sh\n[ \"$1 $3 $4 $5\" = 'encrypt --with-key=auto - -' ] || exit 9\n\
                      printf 'sealed %s ' \"${2#--name=}\"; tr 'A-Za-z' 'N-ZA-Mn-za-m'\n";
        make_program(&program, script);
        Self {
            dir,
            sealing: Sealing::With(program),
        }
    }

    fn put(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.card().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn put_on_device(&self, name: &str, text: &str) {
        let path = self.root().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn start(&self) -> Vec<Outcome> {
        provision(&self.places(), &|| Ok(())).unwrap()
    }

    fn places(&self) -> Places {
        Places {
            from: self.card(),
            root: self.root(),
            user: "everlit".to_owned(),
            sealing: self.sealing.clone(),
        }
    }

    fn card(&self) -> PathBuf {
        self.dir.path().join("card")
    }

    fn root(&self) -> PathBuf {
        self.dir.path().join("root")
    }

    /// A file of the device; `None`: there is none.
    fn device(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.root().join(name)).ok()
    }

    fn mode(&self, name: &str) -> u32 {
        let file = fs::metadata(self.root().join(name)).unwrap();
        file.permissions().mode() & 0o7777
    }

    fn report(&self) -> String {
        fs::read_to_string(self.card().join("everlit-report.txt")).unwrap()
    }

    /// Everything on the card but the report, with its content.
    fn on_card(&self) -> BTreeMap<String, Vec<u8>> {
        let mut files = contents(&self.card());
        files.remove("everlit-report.txt");
        files
    }
}

/// Every file below a folder, by its path there.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(
                fs::read_dir(path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
        } else {
            let name = path.strip_prefix(folder).unwrap().display().to_string();
            found.insert(name, fs::read(&path).unwrap());
        }
    }
    found
}

fn make_program(path: &Path, script: &str) {
    fs::write(path, script).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// What the made-up `systemd-creds` makes of a secret.
fn sealed(name: &str, secret: &str) -> String {
    let turned = |c: char| match c {
        'a'..='m' | 'A'..='M' => char::from(c as u8 + 13),
        'n'..='z' | 'N'..='Z' => char::from(c as u8 - 13),
        other => other,
    };
    format!(
        "sealed {name} {}",
        secret.chars().map(turned).collect::<String>()
    )
}
