//! No text makes the reader panic, and no problem repeats a secret.

use std::path::Path;

use everlit::settings::{Settings, check};
use proptest::prelude::*;

use crate::{parse, powerbi, problems};

const REFUSED: &str = "looks like the secret itself; write the name of a systemd credential, such \
    as \"powerbi-secret\", or the absolute path of a file that holds the secret";

#[test]
fn a_secret_in_place_of_its_name_is_refused() {
    for secret in [
        "Ab38Q~vQ1d_kXy2LmNo3PqRs4TuVw5XyZa.BcDeF",
        "u7Kx9pQ2Lw4Zt8Rn1Vb6Ym3Hc5Jd0FsG",
        "Zm9vYmFyMTIzNDU2Nzg5MGFiY2RlZmdoaWprbG1ub3A=",
        "0f9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c",
        "-----BEGIN PRIVATE KEY-----",
    ] {
        let text = powerbi("").replace("\"pbi\"", &format!("'{secret}'"));
        let expected = format!("s.toml:4:17: powerbi.client_secret: {REFUSED}");
        assert_eq!(problems(&text), expected);
    }
}

#[test]
fn names_that_people_give_are_not_taken_for_secrets() {
    for name in [
        "pbi",
        "powerbi-client-secret.txt",
        "everlit_Wall-Building7-Floor3_secret",
        "PowerBI.ClientSecret.Production2026",
        "/run/credentials/everlit.service/powerbi",
        "/etc/everlit/7f1d3c5a-0b2e-4c6d-8e9f-a1b2c3d4e5f6.secret",
    ] {
        parse(&powerbi("").replace("\"pbi\"", &format!("'{name}'")));
    }
}

/// Places where somebody could paste a secret; `@` stands for it.
const PLACES: &[&str] = &[
    "@",
    "@ = 1",
    "'@' = 1",
    "[@]",
    "['@']",
    "x = @",
    "x = \"@",
    "x = '''@",
    "name = '@' @",
    "[player]\n'@' = '@'\nname = '@'\n",
    "token = '@'",
    "[token]\nrefresh_every = '@'\n",
    "[powerbi]\ntenant_id = '@'\nclient_id = '@'\nclient_secret = '@'\ncloud = '@'",
    "[powerbi]\nclient_certificate = '@'\nclient_key = '@'\nsecret = '@'\n'@' = ''",
    "[powerbi]\nclient_secret = ['@']\nclient_id = { '@' = '@' }\n",
    "[powerbi.endpoints]\nauthority = '@'\napi = 'https://x:@/'\nscope = '@'\nembed_hosts = ['@']",
    "[token_service]\nurl = 'https://u:@@x/'\nbearer = '@'\n",
    "[token_service]\nurl = '@'\nbearer = 'Bearer @'\nembed_hosts = '@'",
    "[[playlist]]\nreport_id = '@'\nworkspace_id = '@'\nidentity = '@'\nseconds = '@'",
    "[[playlist]]\nurl = 'https://u:@@x/'\nreload_every = '@'\nallow = ['@:@']\n",
    "[network]\nproxy = 'http://u:@@x/'\ntrusted_certificates = ['@']\n",
    "[display]\ncursor = '@'\nrotate = '@'\nzoom = '@'\n[portal]\nlisten = '@'",
    "a.'@'.b = 1\na = 2",
    "a = 1\na.'@' = 2",
];

/// Pieces that a settings file is made of.
const PIECES: &[&str] = &[
    "[",
    "]",
    "[[",
    "]]",
    "{",
    "}",
    "=",
    ".",
    ",",
    "\n",
    " ",
    "'",
    "\"",
    "#",
    "\\",
    "\u{feff}",
    "token",
    "powerbi",
    "playlist",
    "playlist.identity",
    "token_service",
    "url",
    "seconds",
    "refresh_every",
    "client_secret",
    "embed_hosts",
    "rotate",
    "name",
    "40 min",
    "1e999 s",
    "'9 d'",
    "0x7f",
    "1e999",
    "nan",
    "-inf",
    "99999999999999999999",
    "true",
    "2026-01-01",
    "é",
    "\r\n",
];

#[test]
fn a_text_nested_beyond_reason_is_a_problem_and_no_crash() {
    for text in [
        "a.".repeat(200_000) + "a = 1",
        format!("x = {}", "[".repeat(200_000)),
        format!("x = {}", "{a=".repeat(200_000)),
        format!("[{}a]", "a.".repeat(200_000)),
    ] {
        assert!(check(&text, Path::new("s.toml")).is_err());
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in ".*") {
        let _ = check(&text, Path::new("s.toml"));
    }

    #[test]
    fn no_text_of_the_right_pieces_makes_the_reader_panic(
        pieces in proptest::collection::vec(proptest::sample::select(PIECES), 0..40)
    ) {
        let _ = check(&pieces.concat(), Path::new("s.toml"));
    }

    #[test]
    fn no_key_panics_whatever_its_value(
        pieces in proptest::collection::vec(proptest::sample::select(PIECES), 0..6),
        place in proptest::sample::select(PLACES),
    ) {
        let _ = check(&place.replace('@', &pieces.concat()), Path::new("s.toml"));
    }

    #[test]
    fn no_problem_repeats_a_secret(
        secret in prop_oneof![
            "[A-Za-z0-9]{3}8Q~[A-Za-z0-9_.~-]{34}",
            "[A-Za-z0-9+][A-Za-z0-9+/]{42}=",
            "[0-9a-f]{40}",
        ],
        place in proptest::sample::select(PLACES),
    ) {
        let text = place.replace('@', &secret);
        if let Err(problems) = Settings::parse(&text, Path::new("s.toml")) {
            prop_assert!(!problems.to_string().contains(&secret), "{problems}");
            let debug = format!("{problems:?}");
            prop_assert!(!debug.contains(&secret));
        }
    }

    #[test]
    fn an_entra_secret_is_always_refused(secret in "[A-Za-z0-9]{3}8Q~[A-Za-z0-9_.~-]{34}") {
        let text = powerbi("").replace("\"pbi\"", &format!("'{secret}'"));
        prop_assert!(problems(&text).contains(REFUSED));
    }
}
