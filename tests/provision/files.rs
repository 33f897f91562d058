//! Each kind of file, where it goes and who may read it there.

use super::*;

#[test]
fn a_card_with_everything_is_taken_over_and_empty_afterwards() {
    let bench = full();
    let outcomes = bench.start();
    assert!(
        outcomes.iter().all(|outcome| outcome.done.is_some()),
        "{outcomes:#?}"
    );
    assert!(bench.on_card().is_empty(), "{:?}", bench.on_card());
    for (file, text, mode) in everything() {
        assert_eq!(bench.device(file).as_deref(), Some(&*text), "{file}");
        assert_eq!(bench.mode(file), mode, "{file}");
    }
    assert_eq!(bench.mode("etc/everlit"), 0o750);
    let secrets = [SECRET, "correct horse"];
    assert!(
        secrets
            .iter()
            .all(|secret| !bench.report().contains(secret))
    );
}

/// A card with one of each.
pub(crate) fn full() -> Bench {
    let bench = Bench::new();
    bench.put("everlit.toml", GOOD);
    bench.put("secrets/powerbi-secret.txt", SECRET);
    bench.put("certificates/company.pem", certificate());
    bench.put(
        "wifi.toml",
        "country = \"de\"\n[[network]]\nssid = \"Café\"\npassphrase = \"correct horse\"\n",
    );
    bench.put("network/10-wired.network", WIRED);
    bench.put("authorized_keys", KEY);
    bench
}

/// What such a card becomes, with the modes.
pub(crate) fn everything() -> Vec<(&'static str, String, u32)> {
    let wireless = "[Security]\nPassphrase=correct horse\n\n[Settings]\nAutoConnect=true\n";
    let secret = "etc/credstore.encrypted/powerbi-secret";
    vec![
        (SETTINGS, GOOD.to_owned(), 0o640),
        (secret, sealed("powerbi-secret", SECRET), 0o600),
        ("etc/everlit/certificates/company.pem", certificate(), 0o644),
        ("var/lib/iwd/=436166c3a9.psk", wireless.to_owned(), 0o600),
        (
            "etc/iwd/main.conf",
            "[General]\nCountry=DE\n".to_owned(),
            0o644,
        ),
        (
            "etc/systemd/network/10-wired.network",
            WIRED.to_owned(),
            0o644,
        ),
        ("etc/ssh/device/authorized_keys", KEY.to_owned(), 0o600),
    ]
}

pub(crate) const WIRED: &str = "[Match]\nName=en*\n\n[Network]\n# ours\nAddress=10.0.0.7/24\n";

/// The same one each time.
pub(crate) fn certificate() -> String {
    static MADE: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    let make = || {
        let made = rcgen::generate_simple_self_signed(["wall.example".to_owned()]).unwrap();
        made.cert.pem().replace("\r\n", "\n")
    };
    MADE.get_or_init(make).clone()
}

#[test]
fn with_nothing_to_take_over_nothing_is_touched() {
    let bench = Bench::new();
    bench.put("cmdline.txt", "quiet");
    bench.put("EFI/BOOT/BOOTX64.EFI", "MZ");
    bench.put("._everlit.toml", "\0\x05\x16\x07");
    bench.put(".fseventsd/fseventsd-uuid", "x");
    let before = (contents(&bench.card()), contents(&bench.root()));
    assert!(bench.start().is_empty());
    assert_eq!((contents(&bench.card()), contents(&bench.root())), before);
}

#[test]
fn files_are_good_however_a_desktop_wrote_them() {
    let bench = Bench::new();
    let utf16 = |text: &str| -> Vec<u8> {
        let units = text.encode_utf16();
        [0xFEFF]
            .into_iter()
            .chain(units)
            .flat_map(u16::to_le_bytes)
            .collect()
    };
    bench.put(
        "EVERLIT.TOML.txt",
        "\u{feff}[player]\r\nname = \"lobby\"\r\n",
    );
    bench.put(
        "Secrets/POWERBI-SECRET.TXT",
        utf16(&format!("{SECRET}\r\n")),
    );
    bench.put("secrets/._powerbi-secret", "\0\x05\x16\x07");
    bench.put("NETWORK/10-WIRED.NETWORK", WIRED.replace('\n', "\r\n"));
    let outcomes = bench.start();
    assert!(
        outcomes.iter().all(|outcome| outcome.done.is_some()),
        "{outcomes:#?}"
    );
    assert_eq!(bench.device(SETTINGS).as_deref(), Some(GOOD));
    let secret = bench.device("etc/credstore.encrypted/powerbi-secret");
    assert_eq!(secret, Some(sealed("powerbi-secret", SECRET)));
    let wired = bench.device("etc/systemd/network/10-wired.network");
    assert_eq!(wired.as_deref(), Some(WIRED));
    assert_eq!(bench.on_card().len(), 1, "only what macOS left");
}

#[test]
fn without_encryption_a_secret_is_for_root_only_and_the_report_says_so() {
    let mut bench = Bench::new();
    let program = bench.dir.path().join("broken");
    make_program(
        &program,
        "#!/bin/sh\necho 'no TPM and no host key' >&2\nexit 1\n",
    );
    bench.sealing = Sealing::With(program);
    bench.put_on_device("etc/credstore.encrypted/powerbi-secret", "an old one");
    bench.put("secrets/powerbi-secret", SECRET);
    bench.start();
    assert_eq!(
        bench.device("etc/credstore/powerbi-secret").as_deref(),
        Some(SECRET)
    );
    assert_eq!(bench.mode("etc/credstore/powerbi-secret"), 0o600);
    assert_eq!(bench.mode("etc/credstore"), 0o700);
    assert_eq!(bench.device("etc/credstore.encrypted/powerbi-secret"), None);
    assert!(
        bench.report().contains("not encrypted"),
        "{}",
        bench.report()
    );
    assert!(
        bench.report().contains("no TPM and no host key"),
        "{}",
        bench.report()
    );
}

#[test]
fn an_encrypted_secret_takes_the_place_of_a_plain_one() {
    let bench = Bench::new();
    bench.put_on_device("etc/credstore/powerbi-secret", "an old one");
    bench.put("secrets/powerbi-secret", SECRET);
    bench.start();
    assert_eq!(bench.device("etc/credstore/powerbi-secret"), None);
    assert!(
        bench
            .device("etc/credstore.encrypted/powerbi-secret")
            .is_some()
    );
}

#[test]
fn a_secret_key_keeps_its_lines() {
    let bench = Bench::new();
    let key = "-----BEGIN PRIVATE KEY-----\r\nAAAA\r\n-----END PRIVATE KEY-----\r\n";
    bench.put("secrets/portal-key.txt", key);
    bench.start();
    let kept = bench.device("etc/credstore.encrypted/portal-key");
    assert_eq!(kept, Some(sealed("portal-key", &key.replace("\r\n", "\n"))));
}

#[test]
fn a_network_that_is_open_now_has_no_passphrase_left() {
    let bench = Bench::new();
    bench.put_on_device(
        "var/lib/iwd/Guests.psk",
        "[Security]\nPassphrase=12345678\n",
    );
    bench.put_on_device(
        "etc/iwd/main.conf",
        "[General]\nEnableNetworkConfiguration=false\n",
    );
    bench.put(
        "wifi.toml",
        "[[network]]\nssid = \"Guests\"\nhidden = true\n",
    );
    bench.start();
    assert_eq!(bench.device("var/lib/iwd/Guests.psk"), None);
    let open = bench.device("var/lib/iwd/Guests.open").unwrap();
    assert_eq!(open, "[Settings]\nAutoConnect=true\nHidden=true\n");
    let config = bench.device("etc/iwd/main.conf").unwrap();
    assert_eq!(config, "[General]\nEnableNetworkConfiguration=false\n");
}

#[test]
fn a_link_in_the_place_of_the_settings_is_replaced_and_not_followed() {
    let bench = Bench::new();
    bench.put_on_device("etc/shadow", "precious");
    fs::create_dir_all(bench.root().join("etc/everlit")).unwrap();
    let link = bench.root().join(SETTINGS);
    std::os::unix::fs::symlink("../shadow", &link).unwrap();
    bench.put("everlit.toml", GOOD);
    bench.start();
    assert_eq!(bench.device("etc/shadow").as_deref(), Some("precious"));
    assert!(fs::symlink_metadata(&link).unwrap().is_file());
}

#[test]
fn a_pipe_in_the_place_of_the_settings_holds_nothing_up() {
    let bench = Bench::new();
    fs::create_dir_all(bench.root().join("etc/everlit")).unwrap();
    let (pipe, mode) = (bench.root().join(SETTINGS), rustix::fs::Mode::RUSR);
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, mode).unwrap();
    bench.put("everlit.toml", GOOD);
    bench.start();
    assert_eq!(bench.device(SETTINGS).as_deref(), Some(GOOD));
}

#[test]
fn a_link_in_the_place_of_a_folder_leads_nowhere() {
    let bench = Bench::new();
    bench.put_on_device("etc/everlit/settings.toml", GOOD);
    fs::create_dir(bench.root().join("etc/pam.d")).unwrap();
    let link = bench.root().join("etc/everlit/certificates");
    std::os::unix::fs::symlink("../pam.d", link).unwrap();
    bench.put("certificates/company.pem", certificate());
    bench.start();
    assert_eq!(bench.device("etc/pam.d/company.pem"), None);
    assert!(bench.on_card().contains_key("certificates/company.pem"));
}
