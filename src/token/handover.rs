//! Keeps the newest tokens where another daemon finds them should this one be cut off: in memory.
//!
//! A token is a file of its daemon's user in a folder that is never written to a disk of its own
//! accord (tmpfs, such as systemd's `RuntimeDirectory=`). It is gone with the machine's power, and
//! when the daemon ends by itself, so that a technician's restart begins afresh.

use std::{
    borrow::Cow,
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use base64::{Engine as _, prelude::BASE64_STANDARD_NO_PAD};
use ring::digest::{SHA256, digest};
use rustix::{
    fs::{OFlags, statfs},
    process::geteuid,
};
use secrecy::{ExposeSecret as _, SecretString, zeroize::Zeroizing};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{
    clock,
    player::{EmbedToken, TokenFailure},
    settings::{Report, Source},
};

/// Less is not worth the swap that would follow at once.
const SHORTEST_REST: Duration = Duration::from_secs(10);
/// More cannot be ours, in bytes.
const LARGEST: u64 = 4 * 1024 * 1024;
/// `TMPFS_MAGIC` and `RAMFS_MAGIC` of the kernel's `linux/magic.h`.
const IN_MEMORY: [u64; 2] = [0x0102_1994, 0x8584_58f6];

/// The tokens that are kept; clones share them.
#[derive(Debug, Clone)]
pub struct Handover(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    /// `None` where a file would go to a disk.
    path: Option<PathBuf>,
    /// What the daemon before this one left; each is used once at most.
    found: Vec<Entry>,
    own: Vec<Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    key: String,
    secret: SecretString,
    /// Since boot, on the clock that goes on in suspend.
    expires: Duration,
    embed_url: Url,
    title: Option<String>,
}

/// An entry as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'l> {
    #[serde(borrow)]
    key: Cow<'l, str>,
    #[serde(borrow)]
    secret: Cow<'l, str>,
    expires: Duration,
    embed_url: Url,
    title: Option<String>,
}

impl Handover {
    /// What the daemon before this one left in the file at `path`, if it `was_cut_off`.
    #[must_use]
    pub fn open(path: PathBuf, was_cut_off: bool) -> Self {
        let path = path.parent().is_some_and(is_in_memory).then_some(path);
        let found = match path.as_deref() {
            Some(path) if !was_cut_off => {
                remove(path);
                Vec::new()
            }
            Some(path) => read(path).unwrap_or_else(|error| {
                if error.kind() != io::ErrorKind::NotFound {
                    tracing::warn!(path = %path.display(), %error, "the kept tokens cannot be used");
                }
                Vec::new()
            }),
            None => Vec::new(),
        };
        let own = Vec::new();
        Self(Arc::new(Mutex::new(State { path, found, own })))
    }

    /// The token that the daemon before this one had, or else what comes of `fetch`; keeps it, and
    /// forgets it when the report may not be shown.
    ///
    /// # Errors
    ///
    /// Those of `fetch`.
    pub async fn or(
        &self,
        fetch: impl Future<Output = Result<EmbedToken, TokenFailure>>,
        report: &Report,
        source: Option<&Source>,
    ) -> Result<EmbedToken, TokenFailure> {
        let answer = match self.take(report, source) {
            Some(token) => {
                tracing::info!(life = ?token.life, "going on with the token of the daemon before this one");
                Ok(token)
            }
            None => fetch.await,
        };
        match &answer {
            Ok(token) => self.keep(report, source, token),
            Err(TokenFailure::Denied { .. }) => self.forget(report, source),
            Err(_) => {}
        }
        answer
    }

    /// The token that the daemon before this one had for the report, from the same source.
    fn take(&self, report: &Report, source: Option<&Source>) -> Option<EmbedToken> {
        let key = key(report, source);
        let found = &mut self.state().found;
        let at = found.iter().position(|entry| entry.key == key)?;
        let entry = found.swap_remove(at);
        let life = entry.expires.checked_sub(clock::since_boot())?;
        (life >= SHORTEST_REST).then_some(EmbedToken {
            secret: entry.secret,
            life,
            embed_url: entry.embed_url,
            title: entry.title,
        })
    }

    /// Keeps the report's token instead of the one before.
    fn keep(&self, report: &Report, source: Option<&Source>, token: &EmbedToken) {
        let now = clock::since_boot();
        let entry = Entry {
            key: key(report, source),
            secret: token.secret.clone(),
            expires: now + token.life,
            embed_url: token.embed_url.clone(),
            title: token.title.clone(),
        };
        let mut state = self.state();
        state
            .own
            .retain(|other| other.key != entry.key && other.expires > now);
        state.own.push(entry);
        state.write();
    }

    /// Keeps no token of this report any more: it may not be shown.
    fn forget(&self, report: &Report, source: Option<&Source>) {
        let key = key(report, source);
        let mut state = self.state();
        state.found.retain(|entry| entry.key != key);
        state.own.retain(|entry| entry.key != key);
        state.write();
    }

    /// The daemon ends by itself: nothing is handover.
    pub fn end(&self) {
        if let Some(path) = &self.state().path {
            remove(path);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Without them a start after a crash only takes longer.
    fn write(&self) {
        let Some(path) = &self.path else { return };
        if let Err(error) = write(path, &self.own) {
            tracing::debug!(path = %path.display(), %error, "cannot keep tokens");
        }
    }
}

fn remove(path: &Path) {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(path = %path.display(), %error, "cannot remove the kept tokens");
        }
        Ok(()) | Err(_) => {}
    }
}

fn is_in_memory(folder: &Path) -> bool {
    let kind = statfs(folder).map(|system| u64::try_from(system.f_type));
    matches!(kind, Ok(Ok(kind)) if IN_MEMORY.contains(&kind))
}

/// Names the report and where its token comes from, and nothing of either.
fn key(report: &Report, source: Option<&Source>) -> String {
    let text = format!("{report:?} {source:?}");
    BASE64_STANDARD_NO_PAD.encode(digest(&SHA256, text.as_bytes()))
}

fn read(path: &Path) -> io::Result<Vec<Entry>> {
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(i32::try_from(OFlags::NOFOLLOW.bits()).unwrap_or_default())
        .open(path)?;
    let about = file.metadata()?;
    let is_private = about.uid() == geteuid().as_raw() && about.mode() & 0o077 == 0;
    if !is_private || !about.is_file() {
        return Err(io::Error::other("others could have written or read them"));
    }
    let mut text = Zeroizing::new(String::new());
    file.take(LARGEST).read_to_string(&mut text)?;
    let lines: Vec<Line<'_>> = serde_json::from_str(&text)?;
    Ok(lines.into_iter().map(Entry::from).collect())
}

fn write(path: &Path, entries: &[Entry]) -> io::Result<()> {
    let lines: Vec<_> = entries.iter().map(Line::from).collect();
    let text = Zeroizing::new(serde_json::to_vec(&lines)?);
    let fresh = path.with_extension("new");
    let mut file = private(&fresh)?;
    file.write_all(&text)?;
    fs::rename(fresh, path)
}

/// A file that is empty and ours alone, whatever was there before.
fn private(path: &Path) -> io::Result<File> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}

impl From<Line<'_>> for Entry {
    fn from(line: Line<'_>) -> Self {
        Self {
            key: line.key.into_owned(),
            secret: line.secret.into_owned().into(),
            expires: line.expires,
            embed_url: line.embed_url,
            title: line.title,
        }
    }
}

impl<'l> From<&'l Entry> for Line<'l> {
    fn from(entry: &'l Entry) -> Self {
        Self {
            key: entry.key.as_str().into(),
            secret: entry.secret.expose_secret().into(),
            expires: entry.expires,
            embed_url: entry.embed_url.clone(),
            title: entry.title.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{fs::Permissions, os::unix::fs::PermissionsExt as _};

    use tempfile::TempDir;

    use super::*;
    use crate::settings::Settings;

    const HOUR: Duration = Duration::from_secs(3600);

    fn folder() -> TempDir {
        tempfile::tempdir_in("/dev/shm").unwrap()
    }

    fn file(folder: &TempDir) -> PathBuf {
        folder.path().join("tokens")
    }

    fn report(id: &str) -> Report {
        Report {
            workspace_id: "w".to_owned(),
            report_id: id.to_owned(),
            page: None,
            bookmark: None,
            identity: None,
        }
    }

    fn token(life: Duration) -> EmbedToken {
        EmbedToken {
            secret: "hush \"quoted\"".into(),
            life,
            embed_url: "https://app.powerbi.com/reportEmbed".parse().unwrap(),
            title: Some("Sales".to_owned()),
        }
    }

    /// What a daemon left that was cut off with this token.
    fn left(folder: &TempDir, life: Duration) {
        let handover = Handover::open(file(folder), false);
        handover.keep(&report("a"), None, &token(life));
    }

    #[test]
    fn the_next_daemon_finds_the_token_with_what_is_left_of_its_life() {
        let folder = folder();
        left(&folder, HOUR);
        let handover = Handover::open(file(&folder), true);
        assert!(handover.take(&report("b"), None).is_none(), "another one's");
        let text = "[token_service]\nurl = \"https://tokens.example/\"\nbearer = \"/etc/everlit/bearer\"\n";
        let other = Settings::parse(text, Path::new("s.toml")).unwrap().source;
        assert!(handover.take(&report("a"), other.as_ref()).is_none());
        let found = handover.take(&report("a"), None).unwrap();
        assert_eq!(found.secret.expose_secret(), "hush \"quoted\"");
        assert_eq!(found.title.as_deref(), Some("Sales"));
        assert!(found.life < HOUR && found.life > HOUR - Duration::from_secs(60));
        assert!(
            handover.take(&report("a"), None).is_none(),
            "it is used once"
        );
    }

    #[test]
    fn a_token_that_dies_soon_is_not_worth_it() {
        let folder = folder();
        left(&folder, SHORTEST_REST);
        let handover = Handover::open(file(&folder), true);
        assert!(handover.take(&report("a"), None).is_none());
    }

    #[test]
    fn after_an_end_in_order_there_is_none() {
        let folder = folder();
        left(&folder, HOUR);
        let after_power = Handover::open(file(&folder), false);
        assert!(after_power.take(&report("a"), None).is_none());
        after_power.end();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_report_that_is_refused_is_forgotten() {
        let folder = folder();
        left(&folder, HOUR);
        Handover::open(file(&folder), true).forget(&report("a"), None);
        let handover = Handover::open(file(&folder), true);
        assert!(handover.take(&report("a"), None).is_none());
    }

    #[test]
    fn nobody_else_can_read_it_and_what_others_could_write_is_not_believed() {
        let folder = folder();
        left(&folder, HOUR);
        let path = file(&folder);
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        let handover = Handover::open(file(&folder), true);
        assert!(handover.take(&report("a"), None).is_none());
    }

    #[test]
    fn a_debug_text_tells_no_token() {
        let folder = folder();
        let handover = Handover::open(file(&folder), false);
        handover.keep(&report("a"), None, &token(HOUR));
        assert!(!format!("{handover:?}").contains("hush"));
    }

    #[test]
    fn a_disk_is_no_memory() {
        assert!(is_in_memory(Path::new("/dev/shm")));
        assert!(!is_in_memory(Path::new("/proc")));
        assert!(!is_in_memory(Path::new("/nonexistent")));
    }
}
