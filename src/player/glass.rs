//! Looks at the glass: whether what should be seen is seen.

use std::time::{Duration, Instant};

use super::{
    Glass, Player, Timer, ViewOrder,
    ladder::Rung,
    page::Signs,
    stage::{Picture, Stage, Task},
};

/// A picture that has just come up is complete after this long.
const SETTLING: Duration = Duration::from_secs(1);
/// Between the first flat look and the one that confirms it.
const SECOND_LOOK: Duration = Duration::from_secs(2);
/// Before there are settings.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// What is known of the glass.
#[derive(Debug)]
pub(super) struct GlassWatch {
    nature: Nature,
    sight: Sight,
    /// Recoveries that have left it flat.
    tries: u8,
    looked: Option<Instant>,
}

/// What the content looks like when all is well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Nature {
    Unknown,
    Picture,
    Flat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sight {
    Clear,
    /// Flat at one look; the next one decides.
    Doubtful,
    Blank,
}

impl GlassWatch {
    pub(super) const fn new() -> Self {
        Self {
            nature: Nature::Unknown,
            sight: Sight::Clear,
            tries: 0,
            looked: None,
        }
    }

    /// Other content has another look.
    pub(super) fn forget_nature(&mut self) {
        self.nature = Nature::Unknown;
        self.sight = Sight::Clear;
        self.tries = 0;
    }

    pub(super) fn is_clear(&self) -> bool {
        self.sight == Sight::Clear
    }

    pub(super) fn is_blank(&self) -> bool {
        self.sight == Sight::Blank
    }
}

impl Player {
    /// Plans a look at a picture that has just come back.
    pub(super) fn look_soon(&mut self, now: Instant) {
        let delay = match self.glass.sight {
            Sight::Clear | Sight::Doubtful => SETTLING,
            // One look has to do, so it is a late one.
            Sight::Blank => SETTLING + SECOND_LOOK,
        };
        self.timers.set(Timer::Glass, now + delay);
    }

    /// Plans a look at a picture that was loaded by plan; one that is known has its usual time.
    pub(super) fn look_at_new_picture(&mut self, now: Instant) {
        let by_plan = self.glass.looked.map(|looked| looked + self.look_every());
        // What was not good before is to be cleared up.
        let by_plan = by_plan.filter(|_| self.glass.is_clear());
        match (self.glass.nature, by_plan) {
            (Nature::Picture | Nature::Flat, Some(by_plan)) if by_plan > now + SETTLING => {
                self.timers.set(Timer::Glass, by_plan);
            }
            (Nature::Picture | Nature::Flat | Nature::Unknown, _) => self.look_soon(now),
        }
    }

    pub(super) fn look(&mut self, now: Instant) {
        self.timers.set(Timer::Glass, now + self.look_every());
        let is_calm = match &self.task {
            Task::Show | Task::Swap { .. } => !self.has_dead_token(now),
            Task::Nothing | Task::AwaitToken | Task::Rest(_) => self.stage.screen().is_none(),
            Task::Load | Task::Heal(_) | Task::Stop => false,
        };
        if is_calm && self.stage.picture() == Picture::Up && self.liveness.is_running() {
            self.glass.looked = Some(now);
            self.order(ViewOrder::Inspect {
                page: self.stage.page(),
            });
        }
    }

    pub(super) fn inspected(&mut self, glass: Glass, now: Instant) {
        if self.stage.picture() != Picture::Up {
            return;
        }
        match glass {
            Glass::Picture => {
                self.glass.sight = Sight::Clear;
                if self.stage.screen().is_some() {
                    self.cover.kept();
                    self.glass.tries = 0;
                    self.glass.nature = Nature::Picture;
                }
                self.recycle_if_due(now);
            }
            Glass::Flat => self.flat_seen(now),
        }
    }

    fn flat_seen(&mut self, now: Instant) {
        let nature = match self.stage {
            // No slate is flat.
            Stage::Slate { .. } => Nature::Picture,
            Stage::Content(_) => self.glass.nature,
        };
        match (nature, self.glass.sight) {
            (Nature::Flat, _) => self.recycle_if_due(now),
            (Nature::Picture | Nature::Unknown, Sight::Clear) => {
                self.glass.sight = Sight::Doubtful;
                self.timers.set(Timer::Glass, now + SECOND_LOOK);
            }
            (Nature::Picture | Nature::Unknown, Sight::Doubtful | Sight::Blank) => self.blank(now),
        }
    }

    /// The picture went blank, although the page calls it rendered.
    fn blank(&mut self, now: Instant) {
        self.glass.sight = Sight::Blank;
        self.note_trouble(
            "the picture is one flat colour although it was rendered",
            now,
        );
        if self.stage.screen().is_none() {
            return self.replace_stuck_process("a slate is blank", now);
        }
        self.glass.tries += 1;
        match (self.glass.tries, self.glass.nature) {
            (1, _) => self.climb(Rung::Page, Signs::default(), now),
            (2, Nature::Picture) => self.climb(Rung::Webview, Signs::default(), now),
            (_, Nature::Picture | Nature::Unknown | Nature::Flat) => {
                tracing::info!("loading does not change it: this content is flat");
                self.glass.nature = Nature::Flat;
                self.glass.sight = Sight::Clear;
            }
        }
    }

    fn look_every(&self) -> Duration {
        self.settings()
            .map_or(LOOK_EVERY, |settings| settings.recovery.blank_after)
    }
}
