//! Secrets that come over the network: they are put into files that only the daemon reads, and
//! settings from afar name no others.

use std::{
    collections::BTreeSet,
    fs::{self, DirBuilder, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Component, Path, PathBuf},
    time::Duration,
};

use axum::http::StatusCode;
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};

use tokio::task::spawn_blocking;

use super::{Refusal, access, api::Api};
use crate::{
    clock,
    settings::{Problem, Problems, Settings},
};

/// Secrets of drafts that were never saved are dropped after this long.
const UNUSED_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// Keeps secrets, and says which files a secret may be in.
#[derive(Debug, Clone)]
pub struct Custody {
    folder: PathBuf,
    roots: Vec<PathBuf>,
}

/// Which secret a form brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Line,
    Pem,
}

impl Custody {
    /// Keeps secrets in the state directory; takes also those beside the settings file, in
    /// `/etc/everlit` and in `/run/secrets`.
    #[must_use]
    pub fn new(state_dir: &Path, settings: &Path) -> Self {
        // Settings name absolute paths only.
        let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let folder = absolute(state_dir).join("secrets");
        let beside = absolute(settings).parent().map(Path::to_owned);
        let mut roots = vec![folder.clone(), "/etc/everlit".into(), "/run/secrets".into()];
        roots.extend(beside.filter(|folder| folder.components().count() > 2));
        Self { folder, roots }
    }

    /// Puts a secret into a new file and answers its path.
    pub(super) async fn keep(
        &self,
        key: &str,
        kind: Kind,
        secret: SecretString,
        api: &Api,
    ) -> Result<PathBuf, Refusal> {
        let (custody, key) = (self.clone(), key.to_owned());
        let in_use = secrets_in_use(api);
        let kept =
            spawn_blocking(move || custody.keep_now(&key, kind, &secret, &in_use, clock::wall()));
        let failed = |error| Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, error);
        kept.await.map_err(failed)?
    }

    /// Whether settings from afar may be taken over; see [`Custody::check_against`].
    pub(super) fn check(&self, text: &str, api: &Api) -> Result<(), Refusal> {
        self.check_against(text, api.settings().path(), api.running().as_deref())
    }

    /// Writes files; `in_use` are the secrets that some version of the settings names, `now` is the
    /// wall clock.
    fn keep_now(
        &self,
        key: &str,
        kind: Kind,
        secret: &SecretString,
        in_use: &BTreeSet<PathBuf>,
        now: Timestamp,
    ) -> Result<PathBuf, Refusal> {
        check_kind(key, kind, secret)?;
        let name = format!("{}-{}", key.replace('.', "-"), access::mark());
        let path = self.folder.join(name);
        let failed = |error: io::Error| {
            let detail = format!(
                "the secret cannot be kept in {}: {error}",
                self.folder.display()
            );
            Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, detail)
        };
        let mut private = DirBuilder::new();
        let made = private.recursive(true).mode(0o700).create(&self.folder);
        made.map_err(failed)?;
        self.drop_unused(in_use, now);
        let mut private = OpenOptions::new();
        let file = private.write(true).create_new(true).mode(0o600).open(&path);
        let mut file = file.map_err(failed)?;
        file.write_all(secret.expose_secret().trim().as_bytes())
            .map_err(failed)?;
        file.sync_all().map_err(failed)?;
        Ok(path)
    }

    /// Whoever may push settings must not make the daemon read any file it can and send it to a
    /// host of their choice as a secret. What the present settings name was put there on the
    /// device itself.
    fn check_against(
        &self,
        text: &str,
        file: &Path,
        present: Option<&Settings>,
    ) -> Result<(), Refusal> {
        let Ok(settings) = Settings::parse(text, file) else {
            // The writer says what is wrong with it.
            return Ok(());
        };
        let known: BTreeSet<_> = present
            .into_iter()
            .flat_map(Settings::secret_files)
            .collect();
        let strange = settings
            .secret_files()
            .into_iter()
            .filter(|secret| !known.contains(secret) && !self.may_hold_secrets(secret.1));
        let problems: Vec<_> = strange.map(|(key, _)| problem(file, key)).collect();
        if problems.is_empty() {
            return Ok(());
        }
        Err(Refusal::bad_settings(&Problems(problems)))
    }

    fn may_hold_secrets(&self, path: &Path) -> bool {
        let is_plain = path
            .components()
            .all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
        is_plain && self.roots.iter().any(|root| path.starts_with(root))
    }

    /// What cannot be removed does no harm.
    fn drop_unused(&self, in_use: &BTreeSet<PathBuf>, now: Timestamp) {
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let written = entry.metadata().and_then(|file| file.modified());
            let written = written.ok().and_then(|time| Timestamp::try_from(time).ok());
            let is_old = written.is_some_and(|written| {
                let age = Duration::try_from(now.duration_since(written));
                age.is_ok_and(|age| age > UNUSED_FOR)
            });
            if is_old && !in_use.contains(&path) {
                let _ = fs::remove_file(path);
            }
        }
    }
}

/// The secrets of every version that may come back.
fn secrets_in_use(api: &Api) -> BTreeSet<PathBuf> {
    let (path, history) = (api.settings().path(), api.settings().history());
    let texts = history
        .versions()
        .into_iter()
        .filter_map(|version| history.text(version.id));
    texts
        .filter_map(|text| Settings::parse(&text, path).ok())
        .flat_map(|settings| {
            let files = settings.secret_files().into_iter();
            files.map(|(_, file)| file.to_owned()).collect::<Vec<_>>()
        })
        .collect()
}

fn check_kind(key: &str, kind: Kind, secret: &SecretString) -> Result<(), Refusal> {
    let text = secret.expose_secret().trim();
    let problem = match kind {
        Kind::Pem if !text.starts_with("-----BEGIN ") => "is no PEM text",
        Kind::Line if text.contains(|c: char| c.is_control() || !c.is_ascii()) => {
            "holds more than one line, or characters that no secret has"
        }
        Kind::Pem | Kind::Line => return Ok(()),
    };
    let detail = format!("{key}: what was entered {problem}; nothing was saved");
    Err(Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, detail))
}

fn problem(file: &Path, key: &str) -> Problem {
    Problem {
        file: file.to_owned(),
        line: 0,
        column: 0,
        key: key.to_owned(),
        problem: "is no place for secrets that may be named from afar".to_owned(),
        remedy: "name a credential or a file in /etc/everlit, enter the secret in the portal, or \
            set it on the device itself"
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    const FILE: &str = "/srv/wall/settings.toml";

    fn settings(secret: &str) -> String {
        let id = "00000000-0000-0000-0000-000000000000";
        format!("[powerbi]\ntenant_id = '{id}'\nclient_id = '{id}'\nclient_secret = '{secret}'\n")
    }

    fn custody() -> Custody {
        Custody::new(Path::new("/var/lib/everlit"), Path::new(FILE))
    }

    #[test]
    fn a_push_from_afar_names_no_file_of_the_systems() {
        for secret in [
            "/etc/shadow",
            "/root/.ssh/id_rsa",
            "/etc/everlit/../shadow",
            "/etc/everlitx/secret",
            "/proc/self/environ",
            "/var/lib/everlit/portal.key",
        ] {
            let refusal = custody()
                .check_against(&settings(secret), Path::new(FILE), None)
                .unwrap_err();
            assert_eq!(refusal.status, 422, "{secret}");
            assert_eq!(refusal.problems[0].key, "powerbi.client_secret");
        }
    }

    #[test]
    fn the_usual_places_and_what_is_there_already_may_be_named() {
        for secret in [
            "powerbi-secret",
            "/etc/everlit/client-secret",
            "/run/secrets/powerbi",
            "/srv/wall/secret",
            "/var/lib/everlit/secrets/powerbi-client_secret-1",
        ] {
            custody()
                .check_against(&settings(secret), Path::new(FILE), None)
                .unwrap();
        }
        let present = Settings::parse(&settings("/home/wall/secret"), Path::new(FILE)).unwrap();
        let text = settings("/home/wall/secret") + "[player]\nname = 'x'\n";
        custody()
            .check_against(&text, Path::new(FILE), Some(&present))
            .unwrap();
    }

    #[test]
    fn a_kept_secret_is_for_the_daemon_only_and_unused_ones_go() {
        let dir = tempfile::tempdir().unwrap();
        let custody = Custody::new(dir.path(), Path::new(FILE));
        let (none, now) = (BTreeSet::new(), Timestamp::now());
        let keep = |in_use: &BTreeSet<PathBuf>, now| {
            custody
                .keep_now(
                    "powerbi.client_secret",
                    Kind::Line,
                    &" s3cret\n".into(),
                    in_use,
                    now,
                )
                .unwrap()
        };
        let first = keep(&none, now);
        assert_eq!(fs::read_to_string(&first).unwrap(), "s3cret");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(
            (mode(&first), mode(first.parent().unwrap())),
            (0o600, 0o700)
        );

        let second = keep(&none, now);
        let later = now + 2 * UNUSED_FOR;
        keep(&BTreeSet::from([first.clone()]), later);
        assert!(first.exists(), "some version needs it");
        assert!(!second.exists());
    }

    #[test]
    fn what_cannot_be_a_secret_is_refused_and_not_repeated() {
        let dir = tempfile::tempdir().unwrap();
        let custody = Custody::new(dir.path(), Path::new(FILE));
        for (kind, text) in [(Kind::Line, "two\nlines"), (Kind::Pem, "no pem")] {
            let kept =
                custody.keep_now("k", kind, &text.into(), &BTreeSet::new(), Timestamp::now());
            let refusal = kept.unwrap_err();
            assert_eq!(refusal.status, 422);
            assert!(!refusal.detail.contains(text));
        }
        assert!(!dir.path().join("secrets").exists());
    }
}
