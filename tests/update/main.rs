//! A device that updates itself from a small server, with a made-up rauc.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    cell::Cell,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    rc::Rc,
    time::Duration,
};

use everlit::{
    net::{self, Limits},
    settings::{Network, Settings, Update},
    update::{Done, Failure, Moment, Programs, Restart, Updater, Wish, is_due},
};
use jiff::{SignedDuration, Timestamp};
use server::Server;
use tempfile::TempDir;
use url::Url;

mod command;
mod cut;
#[path = "../lines/mod.rs"]
mod lines;
mod once;
mod schedule;
mod server;

/// Looks into a bundle by its first line, and notes what it installs.
const RAUC: &str = r#"#!/bin/sh
here=$(dirname "$0")
case $1 in
--version) echo "rauc 1.13" ;;
info)
    [ "$2" = --output-format=json ] || exit 9
    version=$(head -n 1 "$3" | sed -n 's/^version //p')
    [ -n "$version" ] || { echo "signature verification failed" >&2; exit 1; }
    echo 'a remark'
    printf '{"compatible":"everlit","version":"%s","images":[]}\n' "$version"
    ;;
install)
    [ ! -e "$here/broken" ] || { echo "LastError: no space in the slot"; echo failed >&2; exit 1; }
    echo "install $(sha256sum <"$2" | cut -d ' ' -f 1)" >>"$here/log"
    ;;
esac
"#;
const BOOT_SLOT: &str = "#!/bin/sh\necho \"$1\" >>\"$(dirname \"$0\")/log\"\n";

/// A device, the server that it asks, and the time.
struct Bench {
    dir: TempDir,
    server: Server,
    now: Rc<Cell<Timestamp>>,
}

impl Bench {
    fn new() -> Self {
        let dir = TempDir::new().unwrap();
        make_program(&dir.path().join("rauc"), RAUC);
        make_program(&dir.path().join("boot-slot"), BOOT_SLOT);
        let bench = Self {
            dir,
            server: Server::start(bundle("1.1")),
            now: Rc::new(Cell::new("2026-11-25T02:00:00Z".parse().unwrap())),
        };
        bench.runs("1.0", "first boot");
        bench
    }

    fn runs(&self, version: &str, boot: &str) {
        let text = format!("ID=debian\nIMAGE_VERSION=\"{version}\"\n");
        fs::write(self.path("os-release"), text).unwrap();
        fs::write(self.path("boot-id"), format!("{boot}\n")).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn folder(&self) -> PathBuf {
        self.path("folder")
    }

    fn updater(&self) -> Updater {
        let now = Rc::clone(&self.now);
        let limits = Limits {
            connect: Duration::from_secs(5),
            whole: Duration::from_secs(60),
        };
        Updater {
            client: net::client_with(&Network::default(), limits).unwrap(),
            programs: Programs {
                rauc: self.path("rauc"),
                boot_slot: self.path("boot-slot"),
            },
            folder: self.folder(),
            os_release: self.path("os-release"),
            boot_id: self.path("boot-id"),
            restart: Restart::AtOnce,
            now: Box::new(move || moment(now.get())),
        }
    }

    async fn ask(&self) -> Result<Done, Failure> {
        let wish = Wish::From(self.server.url());
        self.updater().update(&wish).await
    }

    /// What the timer does; `None`: it is not due.
    async fn scheduled(&self) -> Option<Result<Done, Failure>> {
        let update = self.settings();
        if !is_due(&update, &self.folder(), moment(self.now.get())) {
            return None;
        }
        Some(self.updater().update(&Wish::Scheduled(update)).await)
    }

    fn settings(&self) -> Update {
        let text = format!("update.url = '{}'", self.server.url());
        let settings = Settings::parse(&text, Path::new("settings.toml")).unwrap();
        settings.update.unwrap()
    }

    fn hours_later(&self, hours: i64) {
        self.now
            .set(self.now.get() + SignedDuration::from_hours(hours));
    }

    /// What rauc and the boot loader were told to do, without hashes.
    fn log(&self) -> Vec<String> {
        let log = fs::read_to_string(self.path("log")).unwrap_or_default();
        let words = log
            .lines()
            .map(|line| line.split(' ').next().unwrap().to_owned());
        words.collect()
    }

    /// Whether exactly these bytes were installed last.
    fn has_installed(&self, bytes: &[u8]) -> bool {
        let log = fs::read_to_string(self.path("log")).unwrap_or_default();
        let last = log
            .lines()
            .filter_map(|line| line.strip_prefix("install "))
            .next_back();
        last.is_some_and(|hash| hash == sha256(bytes))
    }

    fn left_behind(&self) -> bool {
        self.folder().join("bundle.raucb").exists()
    }
}

/// The device's own clock runs on UTC here.
fn moment(wall: Timestamp) -> Moment {
    let local = wall.to_zoned_datetime(jiff::tz::TimeZone::UTC).datetime();
    Moment { wall, local }
}

/// Large enough to come in many pieces.
fn bundle(version: &str) -> Vec<u8> {
    let mut bytes = format!("version {version}\n").into_bytes();
    bytes.extend((0..1_000_000_u32).map(|index| (index % 251) as u8));
    bytes
}

fn installed(version: &str) -> Done {
    Done::Installed {
        version: version.to_owned(),
    }
}

fn make_program(path: &Path, script: &str) {
    fs::write(path, script).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn sha256(bytes: &[u8]) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
    digest
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
