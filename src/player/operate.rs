//! Does things inside the loaded page, and waits for its answers.

use std::time::{Duration, Instant};

use super::{
    OpId, Operation, Outcome, Player, Timer, ViewOrder,
    ladder::Rung,
    page::Signs,
    stage::{Asked, Healing, Occasion, Picture, Step, Task},
    token::{Stamp, Token},
};

/// An operation inside the page is answered within this time,
const ANSWER_LIMIT: Duration = Duration::from_secs(10);
/// or, where pages may be silent for longer, as late as this.
const LATEST_ANSWER: Duration = Duration::from_secs(30);

impl Player {
    /// Puts the newest token in place; the picture is not touched.
    pub(super) fn swap(&mut self, occasion: Occasion, now: Instant) {
        let Some(token) = self.living_token(now) else {
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

    pub(super) fn set_token(&mut self, healing: Healing, now: Instant) {
        let Some(token) = self.living_token(now) else {
            return;
        };
        let op = self.operate(Operation::SetToken(token.secret), now);
        let token = token.stamp;
        let step = Step::SetToken { op, token };
        self.task = Task::Heal(Healing { step, ..healing });
    }

    pub(super) fn reload_report(&mut self, healing: Healing, now: Instant) {
        let op = self.operate(Operation::ReloadReport, now);
        self.await_render(op, healing, now);
    }

    pub(super) fn embed_again(&mut self, healing: Healing, now: Instant) {
        let Some(token) = self.living_token(now) else {
            return;
        };
        let op = self.operate(Operation::EmbedAgain(token.secret), now);
        if let Some(screen) = self.stage.screen_mut() {
            screen.token = Some(token.stamp);
        }
        self.await_render(op, healing, now);
    }

    pub(super) fn await_render(&mut self, op: OpId, healing: Healing, now: Instant) {
        // The report is drawn anew; until it is there, nothing good is seen.
        self.stage.set_picture(Picture::Renewed);
        let step = Step::Render(Asked::Operation(op));
        self.task = Task::Heal(Healing { step, ..healing });
        self.timers.set(Timer::Load, now + self.load_limit());
    }

    pub(super) fn operate(&mut self, operation: Operation, now: Instant) -> OpId {
        self.last_op = self.last_op.next();
        let op = self.last_op;
        let limit = self.heartbeat_limit().clamp(ANSWER_LIMIT, LATEST_ANSWER);
        self.timers.set(Timer::Answer, now + limit);
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

    pub(super) fn operation_done(&mut self, now: Instant) {
        match self.task.clone() {
            Task::Swap {
                token, occasion, ..
            } => {
                self.hold_token(token);
                self.cover.data_is_fresh(now);
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

    pub(super) fn operation_failed(&mut self, reason: &str, now: Instant) {
        self.note_trouble(
            format_args!("the page did not take its token: {reason}"),
            now,
        );
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

    pub(super) fn awaited_op(&self) -> Option<OpId> {
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

    pub(super) fn hold_token(&mut self, token: Stamp) {
        if let Some(screen) = self.stage.screen_mut() {
            screen.token = Some(token);
        }
        self.watch_page_token();
    }

    pub(super) fn living_token(&self, now: Instant) -> Option<Token> {
        self.tokens.alive(self.report()?, now).cloned()
    }
}
