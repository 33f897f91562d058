//! Judges whether the screen has been well for long enough.

use std::time::{Duration, Instant};

use crate::{player::Phase, portal::live::Sight};

/// Follows the screen from one sight to the next.
#[derive(Debug)]
pub(super) struct Judge {
    steady: Duration,
    deadline: Instant,
    spell: Option<Spell>,
}

/// What the judge has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Without other news, the next verdict is due then.
    Waiting {
        until: Instant,
    },
    /// The screen was well without a break.
    Steady,
    TooLate,
}

/// A time without a break.
#[derive(Debug, Clone, Copy)]
struct Spell {
    picture: Picture,
    since: Instant,
    present: Look,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Picture {
    Content,
    /// "Not set up yet".
    Slate,
}

/// What a sight means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    Well(Picture),
    /// The playlist's next entry loads, or a page is loaded afresh by its plan: a trouble would be
    /// called a recovery.
    Loading,
    Amiss,
}

impl Judge {
    pub(super) fn new(steady: Duration, within: Duration, now: Instant) -> Self {
        Self {
            steady,
            deadline: now + within,
            spell: None,
        }
    }

    pub(super) fn saw(&mut self, sight: Sight, now: Instant) {
        let present = look(sight);
        let going_on = |picture| self.spell.filter(|spell| spell.picture == picture);
        self.spell = match present {
            Look::Well(picture) => Some(Spell {
                picture,
                since: going_on(picture).map_or(now, |spell| spell.since),
                present,
            }),
            Look::Loading => going_on(Picture::Content).map(|spell| Spell { present, ..spell }),
            Look::Amiss => None,
        };
    }

    /// The daemon is gone, and another one begins anew.
    pub(super) fn lost(&mut self) {
        self.spell = None;
    }

    pub(super) fn verdict(&self, now: Instant) -> Verdict {
        let steady_at = self
            .spell
            .filter(|spell| spell.present != Look::Loading)
            .map(|spell| spell.since + self.steady)
            .filter(|at| *at <= self.deadline);
        match steady_at {
            Some(at) if at <= now => Verdict::Steady,
            Some(_) | None if self.deadline <= now => Verdict::TooLate,
            Some(at) => Verdict::Waiting { until: at },
            None => Verdict::Waiting {
                until: self.deadline,
            },
        }
    }
}

fn look(sight: Sight) -> Look {
    match sight.phase {
        Phase::Showing if sight.drawn => Look::Well(Picture::Content),
        Phase::Unconfigured if sight.drawn => Look::Well(Picture::Slate),
        Phase::Showing | Phase::Loading => Look::Loading,
        // A dark screen proves nothing.
        Phase::Unconfigured
        | Phase::Waiting
        | Phase::Recovering
        | Phase::Denied
        | Phase::Offline
        | Phase::Dark
        | Phase::Stopping => Look::Amiss,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    const MINUTE: Duration = Duration::from_secs(60);
    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn content_that_stays_for_a_minute_is_steady() {
        let mut screen = Screen::new();
        screen.shows(Phase::Loading);
        screen.after(20, Phase::Showing);
        assert_eq!(screen.verdict_after(59), screen.waiting(SECOND));
        assert_eq!(screen.verdict_after(1), Verdict::Steady);
    }

    #[test]
    fn every_break_begins_the_minute_anew() {
        for amiss in Phase::ALL {
            if matches!(amiss, Phase::Showing | Phase::Loading) {
                continue;
            }
            let mut screen = Screen::new();
            screen.shows(Phase::Showing);
            screen.after(59, amiss);
            screen.after(1, Phase::Showing);
            assert_eq!(
                screen.verdict_after(59),
                screen.waiting(SECOND),
                "{amiss:?}"
            );
            assert_eq!(screen.verdict_after(1), Verdict::Steady, "{amiss:?}");
        }
    }

    #[test]
    fn a_daemon_that_starts_again_begins_the_minute_anew() {
        let mut screen = Screen::new();
        screen.shows(Phase::Showing);
        screen.now += 59 * SECOND;
        screen.judge.lost();
        screen.after(0, Phase::Showing);
        assert_eq!(screen.verdict_after(59), screen.waiting(SECOND));
        assert_eq!(screen.verdict_after(1), Verdict::Steady);
    }

    #[test]
    fn a_playlist_may_take_turns_and_the_last_one_has_to_be_drawn() {
        let mut screen = Screen::new();
        for _ in 0..6 {
            screen.after(3, Phase::Loading);
            screen.after(7, Phase::Showing);
        }
        screen.after(3, Phase::Loading);
        assert!(matches!(screen.verdict_after(10), Verdict::Waiting { .. }));
        screen.after(0, Phase::Showing);
        assert_eq!(screen.verdict_after(0), Verdict::Steady);
    }

    #[test]
    fn loading_alone_is_no_picture() {
        let mut screen = Screen::new();
        screen.shows(Phase::Loading);
        assert!(matches!(screen.verdict_after(599), Verdict::Waiting { .. }));
        assert_eq!(screen.verdict_after(1), Verdict::TooLate);
    }

    #[test]
    fn a_slate_counts_where_nothing_is_configured_and_not_towards_content() {
        let mut screen = Screen::new();
        screen.shows(Phase::Unconfigured);
        screen.after(59, Phase::Loading);
        screen.after(0, Phase::Showing);
        assert_eq!(screen.verdict_after(59), screen.waiting(SECOND));
        screen.after(0, Phase::Unconfigured);
        assert_eq!(screen.verdict_after(59), screen.waiting(SECOND));
        assert_eq!(screen.verdict_after(1), Verdict::Steady);
    }

    #[test]
    fn what_is_not_drawn_does_not_count() {
        for phase in [Phase::Showing, Phase::Unconfigured] {
            let mut screen = Screen::new();
            let drawn = false;
            screen.judge.saw(Sight { phase, drawn }, screen.now);
            assert_eq!(screen.verdict_after(600), Verdict::TooLate, "{phase:?}");
        }
    }

    #[test]
    fn what_would_be_steady_only_after_the_end_is_too_late() {
        let mut screen = Screen::new();
        screen.after(541, Phase::Showing);
        assert_eq!(screen.verdict_after(0), screen.waiting(59 * SECOND));
        assert_eq!(screen.verdict_after(59), Verdict::TooLate);
    }

    #[test]
    fn nobody_there_is_too_late() {
        let mut screen = Screen::new();
        assert_eq!(screen.verdict_after(0), screen.waiting(10 * MINUTE));
        assert_eq!(screen.verdict_after(600), Verdict::TooLate);
    }

    struct Screen {
        judge: Judge,
        now: Instant,
    }

    impl Screen {
        fn new() -> Self {
            let now = clock::now();
            Self {
                judge: Judge::new(MINUTE, 10 * MINUTE, now),
                now,
            }
        }

        fn shows(&mut self, phase: Phase) {
            self.after(0, phase);
        }

        fn after(&mut self, seconds: u64, phase: Phase) {
            self.now += Duration::from_secs(seconds);
            self.judge.saw(Sight { phase, drawn: true }, self.now);
        }

        fn verdict_after(&mut self, seconds: u64) -> Verdict {
            self.now += Duration::from_secs(seconds);
            self.judge.verdict(self.now)
        }

        fn waiting(&self, left: Duration) -> Verdict {
            Verdict::Waiting {
                until: self.now + left,
            }
        }
    }
}
