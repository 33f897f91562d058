//! Heals an expired or broken page: from the sign up the ladder to the good picture.

use std::time::{Duration, Instant};

use super::{
    OpId, Operation, Outcome, PageFailure, Player, Sign, Slate, SlateKind, Timer, ViewOrder,
    ladder::Rung,
    page::{Signs, Verdict},
    stage::{Asked, Healing, Occasion, Picture, Resting, Step, Task},
};
use crate::settings::Content;

/// An operation inside the page is answered within this time.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// What the service says when the report will not be shown to us, however often we ask.
const REFUSALS: [&str; 4] = [
    "PowerBIEntityNotFound",
    "PowerBINotAuthorizedException",
    "PowerBIFolderNotFound",
    "GroupNotAccessible",
];

impl Player {
    pub(super) fn expiry_seen(&mut self, sign: Sign, now: Instant) {
        if !self.has_current_content() {
            return;
        }
        match self.task.clone() {
            Task::Load | Task::Show | Task::Swap { .. } => self.judge_sign(sign, now),
            Task::Heal(healing) => self.note_sign(sign, healing, now),
            Task::Nothing | Task::AwaitToken | Task::Rest(_) | Task::Stop => {}
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
    }

    fn count_sign(&mut self, sign: Sign) {
        tracing::warn!(?sign, "the token on the page expired");
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
        self.want_token(now);
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
        tracing::info!(rung = ?healing.rung, "recovering");
        self.timers.stop(Timer::Answer);
        self.timers.stop(Timer::Load);
        if !self.liveness.is_running() {
            let step = Step::Replace;
            self.task = Task::Heal(Healing { step, ..healing });
            return;
        }
        if !self.can_load(now) {
            let step = Step::Token;
            self.task = Task::Heal(Healing { step, ..healing });
            return self.want_token(now);
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

    fn set_token(&mut self, healing: Healing, now: Instant) {
        let Some(token) = self.newest_token() else {
            return;
        };
        let op = self.operate(Operation::SetToken(token.secret), now);
        let token = token.stamp;
        let step = Step::SetToken { op, token };
        self.task = Task::Heal(Healing { step, ..healing });
    }

    fn reload_report(&mut self, healing: Healing, now: Instant) {
        let op = self.operate(Operation::ReloadReport, now);
        self.await_render(op, healing, now);
    }

    fn embed_again(&mut self, healing: Healing, now: Instant) {
        let Some(token) = self.newest_token() else {
            return;
        };
        let op = self.operate(Operation::EmbedAgain(token.secret), now);
        if let Some(screen) = self.stage.screen_mut() {
            screen.token = Some(token.stamp);
        }
        self.await_render(op, healing, now);
    }

    fn await_render(&mut self, op: OpId, healing: Healing, now: Instant) {
        let step = Step::Render(Asked::Operation(op));
        self.task = Task::Heal(Healing { step, ..healing });
        self.timers.set(Timer::Load, now + self.load_limit());
    }

    /// Puts the newest token in place; the picture is not touched.
    pub(super) fn swap(&mut self, occasion: Occasion, now: Instant) {
        let Some(token) = self.newest_token() else {
            return;
        };
        if self.has_picture() && self.liveness.is_running() {
            let op = self.operate(Operation::SetToken(token.secret), now);
            let token = token.stamp;
            self.task = Task::Swap {
                op,
                token,
                occasion,
            };
        }
    }

    fn operate(&mut self, operation: Operation, now: Instant) -> OpId {
        self.last_op = self.last_op.next();
        let op = self.last_op;
        self.timers.set(Timer::Answer, now + ANSWER_LIMIT);
        self.order(ViewOrder::Operate {
            page: self.stage.page(),
            op,
            operation,
        });
        op
    }

    pub(super) fn answered(&mut self, op: OpId, outcome: Outcome, now: Instant) {
        if self.awaited_op() != Some(op) {
            return;
        }
        self.timers.stop(Timer::Answer);
        match outcome {
            Outcome::Done => self.operation_done(now),
            Outcome::Rejected(reason) => self.operation_failed(&reason, now),
            Outcome::Unanswered => self.operation_failed("no answer", now),
        }
    }

    pub(super) fn unanswered(&mut self, now: Instant) {
        if self.awaited_op().is_some() {
            self.operation_failed("no answer", now);
        }
    }

    fn operation_done(&mut self, now: Instant) {
        match self.task.clone() {
            Task::Swap {
                token, occasion, ..
            } => {
                self.hold_token(token);
                if occasion == Occasion::Outage {
                    self.recoveries.token += 1;
                }
                self.task = Task::Show;
                self.watch_token(now);
                self.catch_up_with_token(now);
            }
            Task::Heal(healing) => match healing.step {
                Step::SetToken { token, .. } => {
                    self.hold_token(token);
                    self.reload_report(healing, now);
                }
                Step::Token | Step::Render(_) | Step::Replace => {}
            },
            Task::Nothing | Task::AwaitToken | Task::Load => {}
            Task::Show | Task::Rest(_) | Task::Stop => {}
        }
    }

    fn operation_failed(&mut self, reason: &str, now: Instant) {
        tracing::warn!(reason, "the page did not do what it was told");
        match self.task.clone() {
            Task::Swap { .. } => self.climb(Rung::Embed, Signs::default(), now),
            Task::Heal(healing) => match healing.step {
                // Reloading would send the old token again.
                Step::SetToken { .. } => self.climb(Rung::Embed, healing.signs, now),
                Step::Token | Step::Render(_) | Step::Replace => self.climb_above(healing, now),
            },
            Task::Nothing | Task::AwaitToken | Task::Load => {}
            Task::Show | Task::Rest(_) | Task::Stop => {}
        }
    }

    fn awaited_op(&self) -> Option<OpId> {
        match &self.task {
            Task::Swap { op, .. } => Some(*op),
            Task::Heal(healing) => match healing.step {
                Step::SetToken { op, .. } | Step::Render(Asked::Operation(op)) => Some(op),
                Step::Token | Step::Render(Asked::Load) | Step::Replace => None,
            },
            Task::Nothing | Task::AwaitToken | Task::Load => None,
            Task::Show | Task::Rest(_) | Task::Stop => None,
        }
    }

    pub(super) fn healed(&mut self, healing: Healing, now: Instant) {
        tracing::info!(rung = ?healing.rung, "recovered");
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
    }

    pub(super) fn report_failed(&mut self, message: &str, failure: &PageFailure, now: Instant) {
        let is_refusal = REFUSALS.contains(&message);
        match self.task.clone() {
            Task::Heal(healing) if is_refusal && healing.rung >= Rung::Page => {
                self.rest(Resting::Refused, &failure.to_string(), now);
            }
            Task::Heal(healing) => match healing.step {
                Step::Render(_) => self.climb_above(healing, now),
                Step::Token | Step::SetToken { .. } | Step::Replace => {}
            },
            Task::Show | Task::Swap { .. } => {
                let judge = self.playlist.judge();
                // It was rendered after this complaint before, so it can be lived with.
                if !judge.is_some_and(|judge| judge.tolerates(message, now)) {
                    self.climb(Rung::Page, Signs::default(), now);
                }
            }
            Task::Load => self.climb(Rung::Page, Signs::default(), now),
            Task::Nothing | Task::AwaitToken | Task::Rest(_) | Task::Stop => {}
        }
    }

    /// Nothing helps now: other entries come first, and this one is tried again later.
    pub(super) fn rest(&mut self, resting: Resting, reason: &str, now: Instant) {
        let delay = match resting {
            Resting::Trouble | Resting::Unreachable => self.rests.next(&mut self.rng, now),
            Resting::Refused => self.refusals.next(&mut self.rng, now),
        };
        tracing::warn!(reason, delay_s = delay.as_secs(), "trying again later");
        self.timers.stop(Timer::Answer);
        self.timers.stop(Timer::Load);
        self.playlist.skip(now + delay);
        if let Some(report) = self.report() {
            self.tokens.forget(&report);
        }
        let keeps_picture = match resting {
            Resting::Refused => false,
            // The old document stays when the new one cannot be had: no slate for one hiccup.
            Resting::Unreachable => self.stage.picture() == Picture::Renewed,
            Resting::Trouble => self.has_picture(),
        };
        if !keeps_picture {
            let slate = self.slate(slate_kind(resting), reason.to_owned());
            let next_try = Some(delay);
            self.show_slate(Slate { next_try, ..slate }, now);
        }
        if resting == Resting::Refused {
            self.order(ViewOrder::ForgetContent);
        }
        self.task = Task::Rest(resting);
        self.timers.set(Timer::Retry, now + delay);
        if let Some(next) = self.next_ready(now) {
            self.go_to(next, now);
        }
    }

    pub(super) fn retry(&mut self, now: Instant) {
        match self.next_ready(now) {
            Some(next) => self.go_to(next, now),
            None => self.present(now),
        }
    }

    fn hold_token(&mut self, token: super::token::Stamp) {
        if let Some(screen) = self.stage.screen_mut() {
            screen.token = Some(token);
        }
        self.watch_page_token();
    }

    fn newest_token(&self) -> Option<super::token::Token> {
        self.tokens.kept(&self.report()?).cloned()
    }

    fn can_load(&self, now: Instant) -> bool {
        self.report()
            .is_none_or(|report| self.tokens.alive(&report, now).is_some())
    }
}

fn slate_kind(resting: Resting) -> SlateKind {
    match resting {
        Resting::Trouble => SlateKind::Trouble,
        Resting::Unreachable => SlateKind::WaitingForNetwork,
        Resting::Refused => SlateKind::Denied,
    }
}
