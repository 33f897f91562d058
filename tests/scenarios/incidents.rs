//! What a technician reads: one warning when something breaks, one line when it is well again.

use std::{
    io,
    sync::{Arc, Mutex, Once, PoisonError},
    time::Duration,
};

use everlit::{
    player::*,
    settings::{Problem, Problems},
};
use tracing::Level;

use crate::{mins, report, settings, wall::Wall};

#[test]
fn an_expiry_is_one_warning_and_one_recovery_however_many_signs_it_has() {
    let log = logged(|| {
        let mut wall = Wall::showing(&[report("sales")]);
        wall.sign(Sign::Sdk);
        for sign in [Sign::Http, Sign::Text, Sign::Sdk, Sign::Http] {
            wall.sign(sign);
        }
        wall.token(mins(60));
        wall.answer(Outcome::Done);
        wall.pass(Duration::from_millis(1_500));
        wall.rendered();
        wall.sign(Sign::Http);
    });
    assert_eq!(warnings(&log), ["the report says that its token expired"]);
    let [recovery] = &recoveries(&log)[..] else {
        panic!("{log}")
    };
    assert!(recovery.contains("took_s=1.5"), "{recovery}");
}

#[test]
fn a_crash_is_one_warning_and_one_recovery() {
    let log = logged(|| {
        let mut wall = Wall::showing(&[report("sales")]);
        wall.tell(Event::WebProcessEnded(WebProcessEnd::Crashed));
        wall.rendered();
    });
    assert_eq!(warnings(&log), ["the web process crashed"]);
    assert_eq!(recoveries(&log).len(), 1, "{log}");
}

#[test]
fn a_long_outage_is_one_warning_that_names_the_host_and_one_recovery() {
    let log = logged(|| {
        let mut wall = Wall::showing(&[report("sales")]);
        wall.until_minute_without_source(90);
        if wall.fetch.is_none() {
            wall.pass(Duration::from_secs(6));
        }
        wall.token(mins(60));
        wall.answer(Outcome::Done);
        wall.rendered();
    });
    let [warning] = &warnings(&log)[..] else {
        panic!("{log}")
    };
    assert!(warning.contains("login.example"), "{warning}");
    assert_eq!(recoveries(&log).len(), 1, "{log}");
}

#[test]
fn a_bad_settings_file_is_one_warning_and_one_recovery() {
    let log = logged(|| {
        let mut wall = Wall::showing(&[report("sales")]);
        for _ in 0..3 {
            wall.tell(Event::SettingsRejected(problems()));
        }
        wall.load_settings(settings(&[report("sales")]));
    });
    let [warning] = &warnings(&log)[..] else {
        panic!("{log}")
    };
    assert!(warning.contains("token: is odd"), "{warning}");
    assert_eq!(recoveries(&log).len(), 1, "{log}");
}

#[test]
fn a_daemon_that_was_killed_says_so_at_its_next_start_and_when_all_is_well() {
    let log = logged(|| {
        let mut wall = Wall::starting(&[]);
        wall.tell(Event::LastRunCutOff);
        wall.load_settings(settings(&[report("sales")]));
        wall.token(mins(60));
        wall.rendered();
    });
    let [warning] = &warnings(&log)[..] else {
        panic!("{log}")
    };
    assert!(warning.contains("did not end on request"), "{warning}");
    assert_eq!(recoveries(&log).len(), 1, "{log}");
}

#[test]
fn a_healthy_day_warns_of_nothing() {
    let log = logged(|| {
        let mut wall = Wall::showing(&[report("sales")]);
        for _ in 0..24 * 60 {
            wall.pass(mins(1));
            if wall.fetch.is_some() {
                wall.token(mins(60));
                wall.answer(Outcome::Done);
            }
        }
    });
    assert!(
        warnings(&log).is_empty() && recoveries(&log).is_empty(),
        "{log}"
    );
}

fn problems() -> Problems {
    Problems(vec![Problem {
        file: "settings.toml".into(),
        line: 1,
        column: 1,
        key: "token".into(),
        problem: "is odd".into(),
        remedy: "be even".into(),
    }])
}

fn warnings(log: &str) -> Vec<&str> {
    let lines = log
        .lines()
        .filter_map(|line| line.trim().strip_prefix("WARN "));
    lines.collect()
}

fn recoveries(log: &str) -> Vec<&str> {
    let lines = log.lines().map(str::trim);
    lines
        .filter(|line| line.starts_with("INFO") && line.contains("recovered"))
        .collect()
}

/// What is written to the log at the usual level meanwhile.
fn logged(story: impl FnOnce()) -> String {
    // Where nobody at all listens, tracing remembers a line as one that nobody wants to hear, also
    // for a listener that comes a moment later on another thread.
    static LISTENER: Once = Once::new();
    LISTENER.call_once(|| {
        let nowhere = tracing_subscriber::fmt().with_max_level(Level::INFO);
        tracing::subscriber::set_global_default(nowhere.with_writer(io::sink).finish())
            .expect("the first global listener");
    });
    let page = Page::default();
    let writer = page.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(Level::INFO)
        .with_ansi(false)
        .with_target(false)
        .without_time()
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, story);
    let text = page.0.lock().unwrap_or_else(PoisonError::into_inner);
    String::from_utf8_lossy(&text).into_owned()
}

/// A log that is kept in memory.
#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl io::Write for Page {
    fn write(&mut self, words: &[u8]) -> io::Result<usize> {
        let mut text = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        text.extend_from_slice(words);
        Ok(words.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
