//! Reads secrets where the settings say they are, and refuses those that others can read.

use std::{
    fs::{File, Metadata, OpenOptions},
    io::{self, Read},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use rustix::fs::OFlags;
use secrecy::{
    SecretString,
    zeroize::{Zeroize, Zeroizing},
};

use crate::settings::SecretRef;

/// No secret is larger, in bytes; whatever is larger is another file.
const LARGEST: u64 = 64 * 1024;

/// Where secrets are read from. They are read at each use, so a changed secret needs no restart.
#[derive(Debug, Clone)]
pub struct Secrets {
    credentials: Option<PathBuf>,
}

/// Why a secret cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Unusable {
    /// Names the place, never what is in it.
    pub reason: String,
    pub remedy: String,
}

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Audience {
    /// Only the daemon.
    Ourselves,
    /// systemd guards the folder, and shows its access list as permissions of the group.
    Systemd,
    /// Nothing in it is secret.
    Everybody,
}

impl Secrets {
    /// `credentials` is systemd's `$CREDENTIALS_DIRECTORY`; `None` when the daemon has none.
    #[must_use]
    pub fn new(credentials: Option<PathBuf>) -> Self {
        Self { credentials }
    }

    /// A secret of one line, without the newline at its end.
    ///
    /// # Errors
    ///
    /// When it is not there, others can read it, or it cannot be a secret of this kind.
    pub fn line(&self, place: &SecretRef) -> Result<SecretString, Unusable> {
        let (path, audience) = self.place(place)?;
        let text = read(&path, audience)?;
        let line = text.strip_suffix('\n').unwrap_or(&text);
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.is_empty() {
            return Err(unprepared(&path, "is empty", "Put the secret into it."));
        }
        if line.contains(|c: char| c.is_control() || !c.is_ascii()) {
            let problem = "holds more than one line, or characters that no secret has";
            let remedy = "Put only the secret into it, as one line of plain text.";
            return Err(unprepared(&path, problem, remedy));
        }
        Ok(SecretString::from(line))
    }

    /// A secret PEM file.
    ///
    /// # Errors
    ///
    /// When it is not there, others can read it, or it cannot be a secret of this kind.
    pub fn pem(&self, place: &SecretRef) -> Result<SecretString, Unusable> {
        let (path, audience) = self.place(place)?;
        read(&path, audience).map(|text| SecretString::from(text.as_str()))
    }

    /// A PEM file that everybody may read, such as a certificate.
    ///
    /// # Errors
    ///
    /// When it is not there, others can read it, or it cannot be a secret of this kind.
    pub fn public_pem(&self, place: &SecretRef) -> Result<String, Unusable> {
        let (path, _) = self.place(place)?;
        read(&path, Audience::Everybody).map(|text| text.as_str().to_owned())
    }

    fn place(&self, place: &SecretRef) -> Result<(PathBuf, Audience), Unusable> {
        match (place, &self.credentials) {
            (SecretRef::File(path), _) => Ok((path.clone(), Audience::Ourselves)),
            (SecretRef::Credential(name), Some(folder)) => {
                Ok((folder.join(name), Audience::Systemd))
            }
            (SecretRef::Credential(name), None) => Err(Unusable {
                reason: format!("systemd handed over no credentials, so there is no \"{name}\""),
                remedy: missing_credential(name),
            }),
        }
    }
}

/// What is named `place` in the settings, for people.
#[must_use]
pub fn spoken(place: &SecretRef) -> String {
    match place {
        SecretRef::Credential(name) => format!("credential \"{name}\""),
        SecretRef::File(path) => path.display().to_string(),
    }
}

fn read(path: &Path, audience: Audience) -> Result<Zeroizing<String>, Unusable> {
    let file = open(path).map_err(|error| unreadable(path, audience, &error))?;
    let metadata = file
        .metadata()
        .map_err(|error| unreadable(path, audience, &error))?;
    if !metadata.is_file() || metadata.len() > LARGEST {
        let remedy = "Name a small text file.";
        return Err(unprepared(
            path,
            "is no file that can hold a secret",
            remedy,
        ));
    }
    if is_too_open(&metadata, audience) {
        let problem = format!(
            "may be read by others (mode {:04o})",
            metadata.mode() & 0o7777
        );
        let remedy = format!("Run: chmod 600 {}", path.display());
        return Err(unprepared(path, &problem, &remedy));
    }
    // With room for all of it, reading leaves no second copy behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(metadata.len() as usize + 1));
    file.take(LARGEST)
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(path, audience, &error))?;
    String::from_utf8(std::mem::take(&mut *bytes))
        .map(Zeroizing::new)
        .map_err(|error| {
            error.into_bytes().zeroize();
            unprepared(path, "is no text", "Put the secret into it as plain text.")
        })
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        // Without it a pipe in the file's place would be waited for, and all the loop with it.
        .custom_flags(OFlags::NONBLOCK.bits().cast_signed())
        .open(path)
}

fn is_too_open(file: &Metadata, audience: Audience) -> bool {
    let forbidden = match audience {
        Audience::Ourselves => 0o077,
        Audience::Systemd => 0o007,
        Audience::Everybody => 0,
    };
    file.mode() & forbidden != 0
}

fn unreadable(path: &Path, audience: Audience, error: &io::Error) -> Unusable {
    let remedy = match (error.kind(), audience) {
        (io::ErrorKind::NotFound, Audience::Systemd) => {
            let name = path.file_name().unwrap_or_default();
            missing_credential(&name.to_string_lossy())
        }
        (io::ErrorKind::PermissionDenied, _) => {
            "Give the file to the user that the daemon runs as.".to_owned()
        }
        _ => "Put the file there, or correct its name in the settings.".to_owned(),
    };
    unprepared(path, &format!("cannot be read: {error}"), &remedy)
}

/// systemd fills its folder at the start and only then: nothing helps that is put in there.
fn missing_credential(name: &str) -> String {
    format!(
        "Put it into /etc/credstore/{name} (mode 600) and run: systemctl restart everlit. The \
         service needs ImportCredential={name} for it, before systemd 254 LoadCredential={name}."
    )
}

fn unprepared(path: &Path, problem: &str, remedy: &str) -> Unusable {
    Unusable {
        reason: format!("{} {problem}", path.display()),
        remedy: remedy.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use rustix::fs::{CWD, Mode, mkfifoat};
    use secrecy::ExposeSecret;
    use tempfile::NamedTempFile;

    use super::*;

    #[test]
    fn one_newline_at_the_end_is_not_part_of_the_secret() {
        let (secrets, place, _file) = file("s3cret \n", 0o600);
        assert_eq!(secrets.line(&place).unwrap().expose_secret(), "s3cret ");
    }

    #[test]
    fn an_empty_file_is_no_secret() {
        for text in ["", "\n"] {
            let (secrets, place, _file) = file(text, 0o600);
            assert!(reason(secrets.line(&place)).contains("is empty"));
        }
    }

    #[test]
    fn two_lines_are_no_secret() {
        let (secrets, place, _file) = file("one\ntwo\n", 0o600);
        assert!(reason(secrets.line(&place)).contains("more than one line"));
    }

    #[test]
    fn what_others_can_read_is_refused_with_path_mode_and_remedy() {
        for mode in [0o604, 0o644, 0o602, 0o601, 0o620, 0o640, 0o660] {
            let (secrets, place, _file) = file("s3cret", mode);
            let SecretRef::File(path) = &place else {
                unreachable!()
            };
            let Unusable { reason, remedy } = secrets.line(&place).unwrap_err();
            assert!(reason.contains(&format!("{mode:04o}")), "{reason}");
            assert!(reason.contains(&path.display().to_string()), "{reason}");
            assert_eq!(remedy, format!("Run: chmod 600 {}", path.display()));
            assert!(!reason.contains("s3cret"));
        }
    }

    #[test]
    fn a_certificate_may_be_read_by_everybody() {
        let (secrets, place, _file) = file("public", 0o644);
        assert_eq!(secrets.public_pem(&place).unwrap(), "public");
    }

    #[test]
    fn credentials_are_read_from_systemds_folder() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("powerbi");
        fs::write(&path, "s3cret").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o440)).unwrap();
        let secrets = Secrets::new(Some(folder.path().to_owned()));
        let place = SecretRef::Credential("powerbi".into());
        assert_eq!(secrets.line(&place).unwrap().expose_secret(), "s3cret");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
        assert!(reason(secrets.line(&place)).contains("mode 0444"));
    }

    #[test]
    fn a_credential_without_systemd_is_explained() {
        let place = SecretRef::Credential("powerbi".into());
        let reason = reason(Secrets::new(None).line(&place));
        assert!(reason.contains("no \"powerbi\""), "{reason}");
    }

    #[test]
    fn a_missing_credential_is_not_asked_for_in_a_folder_that_systemd_fills() {
        let folder = tempfile::tempdir().unwrap();
        for folder in [Some(folder.path().to_owned()), None] {
            let place = SecretRef::Credential("powerbi".into());
            let remedy = Secrets::new(folder).line(&place).unwrap_err().remedy;
            assert!(remedy.contains("/etc/credstore/powerbi"), "{remedy}");
            assert!(remedy.contains("LoadCredential=powerbi"), "{remedy}");
        }
    }

    #[test]
    fn a_pipe_or_folder_in_the_files_place_is_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        mkfifoat(CWD, &pipe, Mode::RUSR).unwrap();
        for path in [folder.path(), &pipe] {
            let place = SecretRef::File(path.to_owned());
            assert!(reason(Secrets::new(None).line(&place)).contains("is no file"));
        }
    }

    fn file(text: &str, mode: u32) -> (Secrets, SecretRef, NamedTempFile) {
        let file = NamedTempFile::new().unwrap();
        fs::write(file.path(), text).unwrap();
        fs::set_permissions(file.path(), fs::Permissions::from_mode(mode)).unwrap();
        let place = SecretRef::File(file.path().to_owned());
        (Secrets::new(None), place, file)
    }

    fn reason(outcome: Result<SecretString, Unusable>) -> String {
        outcome.unwrap_err().to_string()
    }
}
