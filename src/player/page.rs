//! Judges the signs of an expired token: which are believed, and how strongly to react.

use std::time::{Duration, Instant};

use super::{Sign, ladder::Rung};

/// Signs this soon after a recovery were under way when it ended. What is dropped here may never
/// come again, as a visual that failed stops asking: so this is no longer than messages take.
const ECHO: Duration = Duration::from_millis(300);
/// An SDK error that keeps away this long was healed; the next one is another expiry. Whether that
/// happens too often is for the ladder's budgets to say.
const SETTLED: Duration = Duration::from_secs(5);
/// After this long without a sign a recovery has really helped.
const HEALTHY: Duration = Duration::from_secs(600);

/// The kinds of sign seen for one expiry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Signs {
    sdk: u32,
    http: u32,
    text: u32,
}

impl Signs {
    /// Notes a sign; true for the first of its kind.
    pub(super) fn note(&mut self, sign: Sign) -> bool {
        let seen = match sign {
            Sign::Sdk => &mut self.sdk,
            Sign::Http => &mut self.http,
            Sign::Text => &mut self.text,
        };
        *seen += 1;
        *seen == 1
    }

    /// Whether the sign makes a case of its own: the SDK names the reason and speaks for all.
    fn stands_for_itself(self, sign: Sign) -> bool {
        match sign {
            Sign::Sdk => self.sdk > 0,
            Sign::Http => self.http > 0 && self.sdk == 0,
            Sign::Text => self.text > 0 && self.sdk == 0 && self.http == 0,
        }
    }
}

/// What to do about a sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Part of the expiry that was just healed.
    Echo,
    /// It has become clear that this sign is false: the content looks like that.
    Latched,
    /// Believed: recover, starting at this rung.
    Recover(Rung),
    /// Believed, but nothing has helped: try again after a while.
    Rest,
}

/// How far one kind of sign is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Belief {
    #[default]
    Trusted,
    /// It came, a recovery ended well at `healed`; `next` is how to react if it comes again.
    Suspected { healed: Instant, next: Verdict },
    /// The content looks like that; last seen at `seen`.
    Latched { seen: Instant },
}

/// The judge of one content; knows what recoveries did for it.
#[derive(Debug, Clone, Default)]
pub(super) struct Judge {
    sdk: Belief,
    http: Belief,
    text: Belief,
    /// When the last recovery ended, and what had been seen.
    healed: Option<(Instant, Signs)>,
    text_presence: Presence,
    /// A complaint of the report after which it was rendered all the same.
    tolerated: Option<(String, Instant)>,
}

/// Whether the expiry text is in the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Presence {
    #[default]
    Never,
    There,
    GoneSince(Instant),
}

impl Judge {
    pub(super) fn judge(&mut self, sign: Sign, now: Instant) -> Verdict {
        if sign == Sign::Text {
            self.note_text(now);
        }
        if self.is_echo(now) {
            return Verdict::Echo;
        }
        self.clear_old(sign, now);
        let verdict = match self.belief(sign) {
            Belief::Trusted => Verdict::Recover(Rung::Report),
            Belief::Suspected { next, .. } => next,
            Belief::Latched { .. } => Verdict::Latched,
        };
        if verdict == Verdict::Latched {
            self.latch(sign, now);
        }
        verdict
    }

    /// True if this kind of sign has not been counted for the expiry that was just healed.
    pub(super) fn is_new_echo(&mut self, sign: Sign) -> bool {
        if sign != Sign::Text {
            // Not the text alone: it told the truth.
            self.text = Belief::Trusted;
        }
        self.healed
            .as_mut()
            .is_some_and(|(_, signs)| signs.note(sign))
    }

    /// A sign came while a recovery is at work.
    pub(super) fn noticed(&mut self, sign: Sign, now: Instant) {
        if sign == Sign::Text {
            self.note_text(now);
        }
    }

    /// The document is replaced, and its text goes with it.
    pub(super) fn replaced(&mut self, now: Instant) {
        if self.text_presence == Presence::There {
            self.text_presence = Presence::GoneSince(now);
        }
    }

    /// A recovery ended with a good picture.
    pub(super) fn healed(&mut self, signs: Signs, now: Instant) {
        self.healed = Some((now, signs));
        for sign in [Sign::Sdk, Sign::Http, Sign::Text] {
            if signs.stands_for_itself(sign) {
                let next = self.harder(sign);
                *self.belief_mut(sign) = Belief::Suspected { healed: now, next };
            }
        }
    }

    pub(super) fn text_gone(&mut self, now: Instant) {
        self.text_presence = Presence::GoneSince(now);
    }

    /// The content was loaded afresh by plan: what was latched must show itself once more.
    pub(super) fn loaded_afresh(&mut self, now: Instant) {
        self.text_presence = Presence::GoneSince(now);
        if let Belief::Latched { .. } = self.text {
            self.text = Belief::Suspected {
                healed: now,
                next: Verdict::Latched,
            };
        }
    }

    /// Whether a complaint of a rendered report is known to be harmless; remembers it.
    pub(super) fn tolerates(&mut self, complaint: &str, now: Instant) -> bool {
        let known = self.tolerated.as_ref().is_some_and(|(message, seen)| {
            message == complaint && now.saturating_duration_since(*seen) < HEALTHY
        });
        self.tolerated = Some((complaint.to_owned(), now));
        known
    }

    fn is_echo(&self, now: Instant) -> bool {
        self.healed
            .is_some_and(|(at, _)| now.saturating_duration_since(at) < ECHO)
    }

    fn note_text(&mut self, now: Instant) {
        // Gone for long: whatever comes now is news.
        if let Presence::GoneSince(gone) = self.text_presence
            && now.saturating_duration_since(gone) >= HEALTHY
        {
            self.text = Belief::Trusted;
        }
        self.text_presence = Presence::There;
    }

    /// Long silence restores trust; text restores it by being gone, see `note_text`.
    fn clear_old(&mut self, sign: Sign, now: Instant) {
        let last = match self.belief(sign) {
            Belief::Suspected { healed, .. } => healed,
            Belief::Latched { seen } => seen,
            Belief::Trusted => return,
        };
        let enough = match sign {
            Sign::Sdk => SETTLED,
            Sign::Http => HEALTHY,
            Sign::Text => return,
        };
        if now.saturating_duration_since(last) >= enough {
            *self.belief_mut(sign) = Belief::Trusted;
        }
    }

    /// How to react if the sign comes again after the recovery that has just ended.
    fn harder(&self, sign: Sign) -> Verdict {
        let Belief::Suspected { next, .. } = self.belief(sign) else {
            return match sign {
                Sign::Text => Verdict::Latched,
                Sign::Http | Sign::Sdk => Verdict::Recover(Rung::Embed),
            };
        };
        match (sign, next) {
            (Sign::Text, _) => Verdict::Latched,
            (_, Verdict::Recover(Rung::Embed)) => Verdict::Recover(Rung::Page),
            (Sign::Http, _) => Verdict::Latched,
            (Sign::Sdk, _) => Verdict::Rest,
        }
    }

    fn latch(&mut self, sign: Sign, now: Instant) {
        if let Belief::Suspected { .. } = self.belief(sign) {
            tracing::info!(
                ?sign,
                "this sign comes from the content itself; it is ignored from now on"
            );
        }
        *self.belief_mut(sign) = Belief::Latched { seen: now };
    }

    fn belief(&self, sign: Sign) -> Belief {
        match sign {
            Sign::Sdk => self.sdk,
            Sign::Http => self.http,
            Sign::Text => self.text,
        }
    }

    fn belief_mut(&mut self, sign: Sign) -> &mut Belief {
        match sign {
            Sign::Sdk => &mut self.sdk,
            Sign::Http => &mut self.http,
            Sign::Text => &mut self.text,
        }
    }
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "a test needs some instant to start from"
)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn heal(judge: &mut Judge, sign: Sign, now: Instant) {
        let mut signs = Signs::default();
        signs.note(sign);
        judge.healed(signs, now);
    }

    #[test]
    fn text_that_comes_back_is_content() {
        let start = Instant::now();
        let mut judge = Judge::default();
        assert_eq!(
            judge.judge(Sign::Text, start),
            Verdict::Recover(Rung::Report)
        );
        heal(&mut judge, Sign::Text, start);
        assert_eq!(judge.judge(Sign::Text, start + MINUTE), Verdict::Latched);
        assert_eq!(
            judge.judge(Sign::Text, start + MINUTE * 300),
            Verdict::Latched
        );
    }

    #[test]
    fn text_that_was_gone_for_ten_minutes_is_believed_again() {
        let start = Instant::now();
        let mut judge = Judge::default();
        judge.judge(Sign::Text, start);
        heal(&mut judge, Sign::Text, start);
        judge.text_gone(start + MINUTE);
        let verdict = judge.judge(Sign::Text, start + MINUTE * 11);
        assert_eq!(verdict, Verdict::Recover(Rung::Report));
    }

    #[test]
    fn a_visual_that_is_forbidden_for_ever_does_not_loop() {
        let mut now = Instant::now();
        let mut judge = Judge::default();
        let mut verdicts = Vec::new();
        for _ in 0..5 {
            now += MINUTE;
            let verdict = judge.judge(Sign::Http, now);
            verdicts.push(verdict);
            if let Verdict::Recover(_) = verdict {
                heal(&mut judge, Sign::Http, now);
            }
        }
        let expected = [
            Verdict::Recover(Rung::Report),
            Verdict::Recover(Rung::Embed),
            Verdict::Recover(Rung::Page),
            Verdict::Latched,
            Verdict::Latched,
        ];
        assert_eq!(verdicts, expected);
    }

    #[test]
    fn many_signs_of_one_expiry_are_one() {
        let start = Instant::now();
        let mut judge = Judge::default();
        heal(&mut judge, Sign::Sdk, start);
        assert_eq!(judge.judge(Sign::Http, start + ECHO / 2), Verdict::Echo);
    }
}
