//! The plug is pulled after each step, and the device starts again.

use std::cell::Cell;

use super::*;
use crate::files::{everything, full};

#[test]
fn whenever_the_plug_is_pulled_nothing_is_lost_and_nothing_is_left_twice() {
    for encrypts in [true, false] {
        let steps = all_steps(encrypts);
        assert!(steps > 40, "{steps} steps");
        for pulled_after in 0..steps {
            let bench = bench(encrypts);
            start_until(&bench, pulled_after);
            everything_is_somewhere(&bench, pulled_after);
            let outcomes = bench.start();
            let is_done = |outcome: &Outcome| outcome.done.is_some();
            assert!(
                outcomes.iter().all(is_done),
                "{pulled_after}: {outcomes:#?}"
            );
            all_is_in_its_place(&bench, encrypts, pulled_after);
        }
    }
}

#[test]
fn the_plug_may_be_pulled_again_and_again() {
    let bench = full();
    let mut starts = 0;
    // Two steps further each time, so that each start does a little.
    while !bench.on_card().is_empty() {
        starts += 1;
        assert!(starts < 100, "{:?}", bench.on_card().keys());
        start_until(&bench, 10);
        everything_is_somewhere(&bench, starts);
    }
    bench.start();
    all_is_in_its_place(&bench, true, starts);
}

#[test]
fn a_wiping_that_was_cut_short_is_finished_and_not_taken_over() {
    let bench = Bench::new();
    bench.put_on_device("etc/credstore.encrypted/portal-key", "the good one");
    let mut key = format!("-----BEGIN PRIVATE KEY-----\n{}", "A".repeat(1500)).into_bytes();
    key[..512].fill(0);
    bench.put("secrets/portal-key", key);
    bench.start();
    let kept = bench.device("etc/credstore.encrypted/portal-key");
    assert_eq!(kept.as_deref(), Some("the good one"));
    assert!(bench.on_card().is_empty());
    assert!(bench.report().contains("taken over at an earlier start"));
}

fn bench(encrypts: bool) -> Bench {
    let mut bench = full();
    if !encrypts {
        bench.sealing = Sealing::None;
        bench.put_on_device("etc/credstore.encrypted/powerbi-secret", "an old one");
    } else {
        bench.put_on_device("etc/credstore/powerbi-secret", "an old one");
    }
    bench.put_on_device(SETTINGS, "[player]\nname = \"before\"\n");
    bench
}

fn all_steps(encrypts: bool) -> u32 {
    let count = Cell::new(0);
    let step = || {
        count.set(count.get() + 1);
        Ok(())
    };
    provision(&bench(encrypts).places(), &step).unwrap();
    count.get()
}

/// Nothing happens any more after so many steps.
fn start_until(bench: &Bench, steps: u32) {
    let left = Cell::new(steps);
    let step = || match left.get().checked_sub(1) {
        Some(fewer) => {
            left.set(fewer);
            Ok(())
        }
        None => Err(io::Error::other("the plug is pulled")),
    };
    // Without power nobody hears of it.
    let _ = provision(&bench.places(), &step);
}

/// Each file is whole on the card or whole in its place.
fn everything_is_somewhere(bench: &Bench, pulled_after: u32) {
    let (card, whole) = (bench.on_card(), full().on_card());
    let is_on_card = |name: &str| card.get(name) == whole.get(name);
    let place = |file: &str| bench.device(file);
    for (name, file) in [
        ("everlit.toml", SETTINGS),
        (
            "certificates/company.pem",
            "etc/everlit/certificates/company.pem",
        ),
        ("wifi.toml", "var/lib/iwd/=436166c3a9.psk"),
        ("wifi.toml", "etc/iwd/main.conf"),
        (
            "network/10-wired.network",
            "etc/systemd/network/10-wired.network",
        ),
        ("authorized_keys", "etc/ssh/device/authorized_keys"),
    ] {
        let wanted = everything().into_iter().find(|(path, ..)| *path == file);
        let is_in_place = place(file) == wanted.map(|(_, text, _)| text);
        assert!(is_on_card(name) || is_in_place, "{pulled_after}: {name}");
    }
    let sealed = sealed("powerbi-secret", SECRET);
    let is_kept = place("etc/credstore.encrypted/powerbi-secret") == Some(sealed)
        || place("etc/credstore/powerbi-secret").as_deref() == Some(SECRET);
    assert!(
        is_on_card("secrets/powerbi-secret.txt") || is_kept,
        "{pulled_after}: the secret"
    );
}

fn all_is_in_its_place(bench: &Bench, encrypts: bool, pulled_after: u32) {
    let (sealed, plain) = (
        "etc/credstore.encrypted/powerbi-secret",
        "etc/credstore/powerbi-secret",
    );
    let mut wanted: BTreeMap<_, _> = everything()
        .into_iter()
        .map(|(file, text, _)| (file, text))
        .collect();
    if !encrypts {
        wanted.remove(sealed);
        wanted.insert(plain, SECRET.to_owned());
    }
    let mut device = contents(&bench.root());
    device.remove("etc/passwd");
    for (file, text) in &wanted {
        let found = device.remove(*file);
        assert_eq!(
            found.as_deref(),
            Some(text.as_bytes()),
            "{pulled_after}: {file}"
        );
    }
    assert!(device.is_empty(), "{pulled_after}: {:?}", device.keys());
    assert!(bench.on_card().is_empty(), "{pulled_after}");
}
