//! What is bad stays, is told with its remedy, and does no harm.

use super::*;
use crate::files::{WIRED, certificate};

/// What is on the card, and what the report says of it.
const BAD: &[(&str, &str, &str)] = &[
    (
        "wifi.toml",
        "[[network]]\nssid = \"x\"\npassphrase = \"hunter2\"\n",
        "wifi.toml:3:14: network[0].passphrase: cannot be",
    ),
    (
        "wifi.toml",
        "[[network]]\nsid = \"x\"\n",
        "did you mean \"ssid\"?",
    ),
    ("wifi.toml", "", "network: is missing"),
    (
        "authorized_keys",
        "-----BEGIN OPENSSH PRIVATE KEY-----\n",
        "is a private key",
    ),
    (
        "secrets/powerbi-secret",
        "hunter2\nhunter2\n",
        "more than one line",
    ),
    ("secrets/powerbi-secret", "", "is empty"),
    (
        "secrets/powerbi-secret.rtf",
        "{\\rtf1 hunter2}",
        "as plain text",
    ),
    ("secrets/my secret", "hunter2", "name it as the settings do"),
    (
        "certificates/company.pem",
        "hunter2",
        "holds no usable certificate",
    ),
    ("certificates/company.der", "0\u{82}", "save it as PEM"),
    (
        "network/10-wired.network",
        "[Match]\nName=en*\nhunter2",
        "line 3 is none of",
    ),
    ("network/10-wired.network", "[Match]\n", "has no [Network]"),
];

#[test]
fn what_is_bad_stays_and_the_rest_is_taken_over() {
    for (name, text, told) in BAD {
        let bench = Bench::new();
        bench.put(name, text);
        bench.put("everlit.toml", GOOD);
        let outcomes = bench.start();
        let refused: Vec<_> = outcomes
            .iter()
            .filter(|outcome| outcome.done.is_none())
            .collect();
        assert_eq!(refused.len(), 1, "{outcomes:#?}");
        assert_eq!(refused[0].file, *name);
        let report = bench.report();
        assert!(report.contains(*told), "{name}: {report}");
        assert!(!report.contains("hunter2"), "{report}");
        assert_eq!(bench.on_card()[*name], text.as_bytes());
        assert_eq!(bench.device(SETTINGS).as_deref(), Some(GOOD));
        let device = contents(&bench.root());
        assert_eq!(
            device.len(),
            2,
            "only the users and the settings: {device:?}"
        );
    }
}

#[test]
fn a_secret_in_the_settings_themselves_is_told_without_repeating_it() {
    let bench = Bench::new();
    let secret = "Kx8Q~aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3z";
    let text = format!("[powerbi]\nclient_secret = \"{secret}\"\n");
    bench.put("everlit.toml", text);
    let outcomes = bench.start();
    assert!(
        bench
            .report()
            .contains("everlit.toml:2:17: powerbi.client_secret: looks like the secret itself")
    );
    assert!(!bench.report().contains(secret));
    assert!(!format!("{outcomes:?}").contains(secret));
}

#[test]
fn bad_settings_never_replace_usable_ones() {
    let bench = Bench::new();
    bench.put_on_device(SETTINGS, GOOD);
    bench.put("everlit.toml", "[playre]\n");
    bench.start();
    assert_eq!(bench.device(SETTINGS).as_deref(), Some(GOOD));
    assert_eq!(bench.on_card()["everlit.toml"], b"[playre]\n");
    assert!(
        bench.report().contains("did you mean \"player\"?"),
        "{}",
        bench.report()
    );
}

#[test]
fn where_there_are_no_usable_settings_bad_ones_are_put_there_for_the_screen_to_tell() {
    let bench = Bench::new();
    bench.put("everlit.toml", "[playre]\n");
    bench.start();
    assert_eq!(bench.device(SETTINGS).as_deref(), Some("[playre]\n"));
    assert!(
        bench.on_card().contains_key("everlit.toml"),
        "to be corrected there"
    );
    bench.put("everlit.toml", "[tokne]\n");
    bench.start();
    assert_eq!(bench.device(SETTINGS).as_deref(), Some("[tokne]\n"));
}

#[test]
fn a_bad_file_is_reported_once_and_not_at_each_start() {
    let bench = Bench::new();
    bench.put("everlit.toml", "[playre]\n");
    bench.start();
    let marked = bench.report().replacen("20", "19", 1);
    bench.put("everlit-report.txt", &marked);
    assert_eq!(bench.start().len(), 1, "it is still said in the journal");
    assert_eq!(bench.report(), marked, "nothing is written that is known");
    bench.put("everlit.toml", "[tokne]\n");
    bench.start();
    assert_ne!(bench.report(), marked);
}

#[test]
fn two_files_that_mean_the_same_are_both_left() {
    let bench = Bench::new();
    bench.put("secrets/powerbi-secret", "one");
    bench.put("secrets/powerbi-secret.txt", "two");
    bench.put("network/10-wired.network", WIRED);
    bench.put("certificates/company.pem", certificate());
    let outcomes = bench.start();
    let refused = outcomes
        .iter()
        .filter(|outcome| outcome.done.is_none())
        .count();
    assert_eq!(refused, 2, "{outcomes:#?}");
    assert_eq!(bench.on_card().len(), 2);
    assert!(bench.report().contains("keep one"));
}

#[test]
fn a_place_that_cannot_be_written_is_told_and_the_file_stays() {
    let bench = Bench::new();
    bench.put("authorized_keys", KEY);
    bench.put("everlit.toml", GOOD);
    bench.put_on_device("etc/ssh", "in the way");
    bench.start();
    assert_eq!(bench.on_card()["authorized_keys"], KEY.as_bytes());
    assert!(
        bench.report().contains("cannot be taken over"),
        "{}",
        bench.report()
    );
    assert_eq!(bench.device(SETTINGS).as_deref(), Some(GOOD));
}
