//! `[update]`: when a device may update itself.

use std::time::Duration;

use everlit::settings::Window;

use crate::{parse, problems};

#[test]
fn without_an_address_a_device_does_not_update_itself() {
    for text in [
        "",
        "[update]\n",
        "[update]\nwindow = []\ncheck_every = '1 h'\n",
    ] {
        assert_eq!(parse(text).update, None, "{text}");
    }
}

#[test]
fn with_an_address_alone_it_looks_daily_and_installs_at_night() {
    let update = parse("[update]\nurl = 'https://a.example/x'\n")
        .update
        .unwrap();
    assert_eq!(update.url.as_str(), "https://a.example/x");
    assert_eq!(update.check_every, Duration::from_secs(86_400));
    assert!(
        update
            .window
            .is_open("2026-11-25T03:00:00".parse().unwrap())
    );
    assert!(
        !update
            .window
            .is_open("2026-11-25T12:00:00".parse().unwrap())
    );
}

#[test]
fn a_window_is_one_span_or_several_or_always() {
    let window = |value: &str| {
        let text = format!("[update]\nurl = 'https://a.example'\nwindow = {value}\n");
        parse(&text).update.unwrap().window
    };
    let noon = "2026-11-28T12:00:00".parse().unwrap();
    assert!(window("'Sat 11:00-13:00'").is_open(noon));
    assert!(window("['02:00-04:00', 'Sat,Sun 11:00-13:00']").is_open(noon));
    assert!(!window("'Mon-Fri 11:00-13:00'").is_open(noon));
    assert_eq!(window("[]"), Window::default());
}

#[test]
fn what_cannot_be_is_told_where_it_stands() {
    let text = "[update]\nurl = 'http://a.example'\ncheck_every = '5 min'\nwindow = '2am'\n";
    let found = problems(text);
    let lines: Vec<_> = found.lines().collect();
    assert_eq!(
        lines,
        [
            "s.toml:2:7: update.url: is not encrypted; write it with https://",
            "s.toml:3:15: update.check_every: is too short; write a duration from \"15 min\" to \"365 d\"",
            "s.toml:4:10: update.window: is no span of time; \
             write a span such as \"02:00-04:00\" or \"Sat,Sun 22:00-06:00\"",
        ]
    );
    assert!(problems("update.url = '/data/everlit.raucb'").contains("is no address"));
}
