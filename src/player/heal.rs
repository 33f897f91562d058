//! Heals an expired or broken page: from the sign up the ladder to the good picture.

use std::time::Instant;

use super::{
    Player, Sign, Timer,
    ladder::Rung,
    page::{Signs, Verdict},
    stage::{Asked, Healing, Resting, Step, Task},
};
use crate::settings::Content;

impl Player {
    pub(super) fn expiry_seen(&mut self, sign: Sign, now: Instant) {
        match self.task.clone() {
            // Also another entry's picture, which stays until there is a token for the next one.
            Task::AwaitToken => self.stage.token_has_died(now),
            _ if !self.has_current_content() => {}
            Task::Load | Task::Show | Task::Swap { .. } => self.judge_sign(sign, now),
            Task::Heal(healing) => self.note_sign(sign, healing, now),
            Task::Nothing | Task::Rest(_) | Task::Stop => {}
        }
    }

    pub(super) fn expiry_text_gone(&mut self, now: Instant) {
        if self.has_current_content()
            && let Some(judge) = self.playlist.judge()
        {
            judge.text_gone(now);
        }
    }

    fn judge_sign(&mut self, sign: Sign, now: Instant) {
        let Some(judge) = self.playlist.judge() else {
            return;
        };
        match judge.judge(sign, now) {
            Verdict::Latched => {}
            Verdict::Echo => {
                if judge.is_new_echo(sign) {
                    self.count_sign(sign);
                }
            }
            Verdict::Recover(rung) => {
                self.count_sign(sign);
                self.note_trouble(sign, now);
                self.recover(rung, sign, now);
            }
            Verdict::Rest => {
                self.count_sign(sign);
                self.rest(
                    Resting::Trouble,
                    "The report says again and again that its token expired",
                    now,
                );
            }
        }
    }

    fn note_sign(&mut self, sign: Sign, mut healing: Healing, now: Instant) {
        if let Some(judge) = self.playlist.judge() {
            judge.noticed(sign, now);
        }
        if healing.signs.note(sign) {
            self.count_sign(sign);
        }
        self.task = Task::Heal(healing);
        if sign == Sign::Sdk {
            self.token_died_in_load(healing, now);
        }
    }

    /// The token that the report is being loaded with died before its time.
    fn token_died_in_load(&mut self, healing: Healing, now: Instant) {
        match healing.step {
            // It speaks of the new page, as no old page is heard: this load comes to nothing.
            Step::Render(Asked::Load) => {
                self.distrust_token();
                self.climb(Rung::Page, healing.signs, now);
            }
            // It may still speak of the old picture: the load goes on, the next gets another token.
            Step::Render(Asked::Operation(_)) => self.distrust_token(),
            Step::Token | Step::SetToken { .. } | Step::Replace => {}
        }
    }

    fn distrust_token(&mut self) {
        let on_page = self.stage.screen().and_then(|screen| screen.token);
        let Some(report) = self.report().cloned() else {
            return;
        };
        let newest = self.tokens.kept(&report).map(|token| token.stamp);
        if newest == on_page {
            self.tokens.forget(&report);
        }
    }

    fn count_sign(&mut self, sign: Sign) {
        tracing::debug!(?sign, "the token on the page expired");
        match sign {
            Sign::Sdk => self.detections.sdk += 1,
            Sign::Http => self.detections.http += 1,
            Sign::Text => self.detections.dom += 1,
        }
    }

    fn recover(&mut self, rung: Rung, sign: Sign, now: Instant) {
        let mut signs = Signs::default();
        signs.note(sign);
        match self.playlist.content() {
            Some(Content::Report(_)) => self.recover_report(rung, signs, now),
            Some(Content::Page(_)) => self.climb(Rung::Page, signs, now),
            None => {}
        }
    }

    pub(super) fn recover_from_clock(&mut self, now: Instant) {
        self.recover_report(Rung::Report, Signs::default(), now);
    }

    /// Only a token that arrives from now on can heal the page.
    fn recover_report(&mut self, from: Rung, signs: Signs, now: Instant) {
        let Some(rung) = self.ladder.take(from, now) else {
            return self.rest(Resting::Trouble, "No recovery has helped", now);
        };
        self.timers.stop(Timer::Answer);
        self.timers.stop(Timer::Load);
        self.task = Task::Heal(Healing {
            rung,
            step: Step::Token,
            signs,
        });
        if signs == Signs::default() {
            // The clock alone is no news about a source that is away.
            self.await_token(now);
        } else {
            self.want_token(now);
        }
    }

    /// Goes on at the first rung from `from` upwards that has budget left.
    pub(super) fn climb(&mut self, from: Rung, signs: Signs, now: Instant) {
        match self.ladder.take(from, now) {
            Some(rung) => {
                let step = Step::Token;
                self.perform(Healing { rung, step, signs }, now);
            }
            None => self.rest(Resting::Trouble, "The content does not load", now),
        }
    }

    pub(super) fn climb_above(&mut self, healing: Healing, now: Instant) {
        match healing.rung.above() {
            Some(rung) => self.climb(rung, healing.signs, now),
            None => self.rest(Resting::Trouble, "The content does not load", now),
        }
    }

    /// Does what the rung says, with the newest token; waits for one if it is dead.
    pub(super) fn perform(&mut self, healing: Healing, now: Instant) {
        tracing::debug!(rung = ?healing.rung, "recovering");
        self.timers.stop(Timer::Answer);
        self.timers.stop(Timer::Load);
        if !self.liveness.is_running() {
            let step = Step::Replace;
            self.task = Task::Heal(Healing { step, ..healing });
            return;
        }
        if !self.can_load(now) {
            return self.wait_for_token(healing, now);
        }
        match healing.rung {
            Rung::Report => self.set_token(healing, now),
            Rung::Embed => self.embed_again(healing, now),
            Rung::Page => self.load_again(healing, now),
            Rung::Webview => {
                let step = Step::Replace;
                self.task = Task::Heal(Healing { step, ..healing });
                self.end_web_process(now);
            }
        }
    }

    fn wait_for_token(&mut self, healing: Healing, now: Instant) {
        if self.patience(now).is_some() && !self.has_picture() {
            return self.lose_picture(now);
        }
        let step = Step::Token;
        self.task = Task::Heal(Healing { step, ..healing });
        self.await_token(now);
    }

    pub(super) fn healed(&mut self, healing: Healing, now: Instant) {
        tracing::debug!(rung = ?healing.rung, "it has helped");
        match healing.rung {
            Rung::Report => self.recoveries.report += 1,
            Rung::Embed => self.recoveries.embed += 1,
            Rung::Page => self.recoveries.page += 1,
            Rung::Webview => self.recoveries.webview += 1,
        }
        let is_expiry = healing.rung < Rung::Page || healing.signs != Signs::default();
        if is_expiry && let Some(judge) = self.playlist.judge() {
            judge.healed(healing.signs, now);
        }
        self.shown(now);
        self.look_soon(now);
    }

    fn can_load(&self, now: Instant) -> bool {
        self.report()
            .is_none_or(|report| self.tokens.alive(report, now).is_some())
    }
}
