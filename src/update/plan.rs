//! Decides when to look for an update, and what to do with a bundle.

use jiff::{SignedDuration, Timestamp, civil::DateTime};

use super::memory::{Attempt, Bundle, Memory};
use crate::settings::Update;

/// A bundle that did not stay is not tried again by the schedule before …
const PAUSE: SignedDuration = SignedDuration::from_hours(24);
/// … and so often in all.
const MOST_TRIES: u32 = 3;

/// A moment on the wall clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    pub wall: Timestamp,
    /// The same on the device's own clock.
    pub local: DateTime,
}

/// Who wants it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Occasion {
    Schedule,
    Operator,
}

/// The system that runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Running {
    /// `None`: it does not say.
    pub(super) version: Option<String>,
    /// The kernel's name for the time since the start.
    pub(super) boot: String,
}

/// What to do with a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is what runs.
    Current,
    Install,
    /// It is installed; the device only has to start from it.
    Restart,
    /// It did not stay, and this is not the time for another try.
    Leave(String),
}

/// Whether the schedule looks for an update now.
pub(super) fn is_due(update: &Update, memory: &Memory, now: Moment) -> bool {
    let is_early = memory.checked.is_some_and(|checked| {
        let ago = now.wall.duration_since(checked);
        let every = SignedDuration::try_from(update.check_every).unwrap_or(SignedDuration::MAX);
        // A check in the future was dated by a wrong clock.
        !ago.is_negative() && ago < every
    });
    let is_same = memory.url.as_deref() == Some(update.url.as_str());
    update.window.is_open(now.local) && !(is_early && is_same)
}

/// What to do with this bundle.
pub(super) fn verdict(
    bundle: &Bundle,
    running: &Running,
    attempt: Option<&Attempt>,
    occasion: Occasion,
    now: Timestamp,
) -> Verdict {
    if bundle.version.is_some() && bundle.version == running.version {
        return Verdict::Current;
    }
    let Some(attempt) = attempt.filter(|attempt| attempt.bundle.hash == bundle.hash) else {
        return Verdict::Install;
    };
    if attempt.problem.is_none() && attempt.boot == running.boot {
        return Verdict::Restart;
    }
    let ago = now.duration_since(attempt.at);
    let is_soon = !ago.is_negative() && ago < PAUSE;
    let is_last = attempt.tries >= MOST_TRIES;
    match occasion {
        Occasion::Schedule if is_soon || is_last => Verdict::Leave(words(attempt, running)),
        Occasion::Schedule | Occasion::Operator => Verdict::Install,
    }
}

/// The attempt that is remembered when this bundle is tried now.
pub(super) fn attempt(
    bundle: &Bundle,
    running: &Running,
    before: Option<&Attempt>,
    problem: Option<String>,
    now: Timestamp,
) -> Attempt {
    let before = before.filter(|attempt| attempt.bundle.hash == bundle.hash);
    Attempt {
        bundle: bundle.clone(),
        at: now,
        boot: running.boot.clone(),
        tries: before.map_or(0, |attempt| attempt.tries) + 1,
        problem,
    }
}

/// Without a date, so that the same trouble always has the same words.
fn words(attempt: &Attempt, running: &Running) -> String {
    let bundle = match &attempt.bundle.version {
        Some(version) => format!("version {version}"),
        None => "the bundle".to_owned(),
    };
    let here = running.version.as_deref().unwrap_or("the one before");
    let what = match &attempt.problem {
        Some(problem) => format!("{bundle} could not be installed: {problem}"),
        None => format!("{bundle} was installed, and the device came back with {here}"),
    };
    let next = if attempt.tries < MOST_TRIES {
        "it is tried again in a day"
    } else {
        "it is not tried again; publish another one, or run `everlit update` to insist"
    };
    format!("{what}; {next}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Settings, Window};

    #[test]
    fn it_looks_in_the_window_and_as_often_as_it_should() {
        let (update, mut memory) = (nightly(), Memory::default());
        let due = |memory: &Memory, at: &str| is_due(&update, memory, both(at));
        assert!(!due(&memory, "2026-11-25T01:45:00Z"));
        assert!(due(&memory, "2026-11-25T02:00:00Z"));
        memory.turn_to(update.url.as_str());
        memory.checked = Some(moment("2026-11-25T02:00:00Z"));
        assert!(!due(&memory, "2026-11-25T02:15:00Z"));
        assert!(!due(&memory, "2026-11-25T14:00:00Z"));
        assert!(due(&memory, "2026-11-26T02:00:00Z"));
    }

    #[test]
    fn another_address_is_looked_at_in_the_next_window() {
        let (update, mut memory) = (nightly(), Memory::default());
        memory.turn_to("https://elsewhere.example/");
        memory.checked = Some(moment("2026-11-25T02:00:00Z"));
        let at = "2026-11-25T02:15:00Z";
        assert!(is_due(&update, &memory, both(at)));
    }

    #[test]
    fn a_check_that_was_dated_by_a_wrong_clock_does_not_count() {
        let (update, mut memory) = (nightly(), Memory::default());
        memory.turn_to(update.url.as_str());
        memory.checked = Some(moment("2061-01-01T02:00:00Z"));
        let at = "2026-11-25T02:15:00Z";
        assert!(is_due(&update, &memory, both(at)));
    }

    #[test]
    fn another_version_is_installed_and_the_running_one_is_not() {
        let judge = |version| ask(&bundle(version), None, Occasion::Schedule, 0);
        assert_eq!(judge("1.0"), Verdict::Current);
        assert_eq!(judge("1.1"), Verdict::Install);
        assert_eq!(
            judge("0.9"),
            Verdict::Install,
            "the server decides, also to go back"
        );
    }

    #[test]
    fn what_is_installed_already_wants_only_a_restart() {
        let bundle = bundle("1.1");
        let attempt = tried(&bundle, 1, "this boot", None);
        for occasion in [Occasion::Schedule, Occasion::Operator] {
            assert_eq!(ask(&bundle, Some(&attempt), occasion, 0), Verdict::Restart);
        }
    }

    #[test]
    fn a_bundle_that_fell_back_is_tried_three_times_and_once_a_day() {
        let bundle = bundle("1.1");
        let mut attempt = tried(&bundle, 1, "another boot", None);
        let ask = |attempt: &Attempt, hours| ask(&bundle, Some(attempt), Occasion::Schedule, hours);
        assert!(matches!(ask(&attempt, 23), Verdict::Leave(_)));
        assert_eq!(ask(&attempt, 24), Verdict::Install);
        attempt.tries = 3;
        let Verdict::Leave(words) = ask(&attempt, 1000) else {
            panic!("it is tried for ever")
        };
        assert!(
            words.contains("came back with 1.0; it is not tried again"),
            "{words}"
        );
    }

    #[test]
    fn a_bundle_that_cannot_be_installed_is_left_like_one_that_fell_back() {
        let bundle = bundle("1.1");
        let attempt = tried(&bundle, 1, "this boot", Some("no room"));
        let Verdict::Leave(words) = ask(&bundle, Some(&attempt), Occasion::Schedule, 1) else {
            panic!("it is tried again at once")
        };
        assert!(words.contains("could not be installed: no room"), "{words}");
        assert_eq!(
            ask(&bundle, Some(&attempt), Occasion::Schedule, 25),
            Verdict::Install
        );
    }

    #[test]
    fn an_operator_may_insist_and_another_bundle_is_not_blamed() {
        let fallen = tried(&bundle("1.1"), 3, "another boot", None);
        let insisted = ask(&fallen.bundle, Some(&fallen), Occasion::Operator, 1);
        assert_eq!(insisted, Verdict::Install);
        let other = ask(&bundle("1.2"), Some(&fallen), Occasion::Schedule, 1);
        assert_eq!(other, Verdict::Install);
    }

    #[test]
    fn tries_are_counted_for_each_bundle() {
        let (one, other) = (bundle("1.1"), bundle("1.2"));
        let now = moment(BEGIN);
        let first = attempt(&one, &running(), None, None, now);
        assert_eq!(first.tries, 1);
        let second = attempt(&one, &running(), Some(&first), None, now);
        assert_eq!(second.tries, 2);
        assert_eq!(
            attempt(&other, &running(), Some(&second), None, now).tries,
            1
        );
    }

    const BEGIN: &str = "2026-11-25T02:00:00Z";

    fn ask(bundle: &Bundle, attempt: Option<&Attempt>, occasion: Occasion, hours: i64) -> Verdict {
        let now = moment(BEGIN) + SignedDuration::from_hours(hours);
        verdict(bundle, &running(), attempt, occasion, now)
    }

    fn running() -> Running {
        Running {
            version: Some("1.0".to_owned()),
            boot: "this boot".to_owned(),
        }
    }

    fn bundle(version: &str) -> Bundle {
        Bundle {
            version: Some(version.to_owned()),
            hash: format!("hash of {version}"),
        }
    }

    fn tried(bundle: &Bundle, tries: u32, boot: &str, problem: Option<&str>) -> Attempt {
        Attempt {
            bundle: bundle.clone(),
            at: moment(BEGIN),
            boot: boot.to_owned(),
            tries,
            problem: problem.map(str::to_owned),
        }
    }

    fn nightly() -> Update {
        let text = "update.url = 'https://updates.example/everlit.raucb'";
        let settings = Settings::parse(text, std::path::Path::new("s.toml")).unwrap();
        let update = settings.update.unwrap();
        assert_ne!(update.window, Window::default());
        update
    }

    fn moment(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn both(text: &str) -> Moment {
        Moment {
            wall: moment(text),
            local: text.trim_end_matches('Z').parse().unwrap(),
        }
    }
}
