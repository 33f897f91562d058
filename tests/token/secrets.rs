//! Secrets are read at each use, and refused when others can read them.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use everlit::{
    net,
    player::TokenFailure,
    settings::{Credential as Kept, SecretRef},
    token::Fetcher,
};
use everlit_standin::Credential;

use crate::lab::{LIMITS, Lab, denied};

#[tokio::test]
async fn a_secret_that_others_can_read_is_never_sent() {
    let lab = Lab::new(Credential::Secret);
    let path = lab.standin.client_secret_path();
    set_mode(&path, 0o644);
    let (reason, remedy) = unprepared(lab.failure().await);
    assert!(reason.contains(path.to_str().unwrap()), "{reason}");
    assert!(reason.contains("0644"), "{reason}");
    assert!(remedy.contains("chmod 600"), "{remedy}");
    assert!(lab.standin.counters().requests.is_empty());
    set_mode(&path, 0o600);
    lab.fetch().await.unwrap();
}

#[tokio::test]
async fn a_key_that_others_can_read_is_never_used() {
    let lab = Lab::new(Credential::Certificate);
    set_mode(&lab.standin.client_key_path(), 0o640 | 0o004);
    let (reason, _) = unprepared(lab.failure().await);
    assert!(reason.contains("client-key.pem"), "{reason}");
    assert!(lab.standin.counters().requests.is_empty());
}

#[tokio::test]
async fn a_bearer_that_others_can_read_is_never_sent() {
    let lab = Lab::new(Credential::TokenService);
    set_mode(&lab.standin.bearer_path(), 0o606);
    unprepared(lab.failure().await);
    assert!(lab.standin.counters().requests.is_empty());
}

#[tokio::test]
async fn a_new_secret_counts_from_the_next_fetch_on() {
    let lab = Lab::new(Credential::Secret);
    fs::write(lab.standin.client_secret_path(), "wrong").unwrap();
    assert_eq!(denied(lab.failure().await).0, "AADSTS7000215");
    let right = format!("{}\n", lab.standin.client_secret());
    fs::write(lab.standin.client_secret_path(), right).unwrap();
    lab.fetch().await.unwrap();
}

#[tokio::test]
async fn a_missing_secret_is_named() {
    let lab = Lab::new(Credential::Secret);
    let path = lab.standin.client_secret_path();
    fs::remove_file(&path).unwrap();
    let (reason, remedy) = unprepared(lab.failure().await);
    assert!(reason.contains(path.to_str().unwrap()), "{reason}");
    assert!(remedy.contains("in the settings"), "{remedy}");
}

#[tokio::test]
async fn a_systemd_credential_is_as_good_as_a_file() {
    let mut lab = Lab::new(Credential::Secret);
    let path = lab.standin.client_secret_path();
    lab.principal_mut().credential =
        Kept::ClientSecret(SecretRef::Credential("client-secret".into()));
    let (reason, _) = unprepared(lab.failure().await);
    assert!(reason.contains("\"client-secret\""), "{reason}");
    let client = net::client_with(&lab.settings.network, LIMITS).unwrap();
    lab.fetcher = Fetcher::new(client, path.parent().map(Path::to_owned));
    lab.fetch().await.unwrap();
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn unprepared(failure: TokenFailure) -> (String, String) {
    let TokenFailure::Unprepared { reason, remedy } = failure else {
        panic!("{failure:?}")
    };
    (reason, remedy)
}
