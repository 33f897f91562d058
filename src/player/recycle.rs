//! Replaces a web process that uses too much memory: in a quiet moment, behind the last picture.

use std::time::{Duration, Instant};

use super::{
    Player, Timer,
    stage::{Stage, Task},
};

/// Measurements above the limit, one after the other: a peak is no reason.
const MEASUREMENTS: u8 = 2;
/// Without a viewer's touch for so long, the moment is quiet.
const QUIET: Duration = Duration::from_secs(120);
/// A page that needs so much by its nature is not loaded again and again.
const PAUSE: Duration = Duration::from_secs(1800);

/// How the web process uses its memory.
#[derive(Debug)]
pub(super) struct Memory {
    web_mb: u64,
    limit_mb: u64,
    above: u8,
    replaced: Option<Instant>,
    touched: Option<Instant>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pressure {
    None,
    /// Above the limit at which the process was asked to save.
    High,
    /// WebKit ends it soon, in whatever moment that is.
    Urgent,
}

impl Memory {
    pub(super) const fn new() -> Self {
        Self {
            web_mb: 0,
            limit_mb: 0,
            above: 0,
            replaced: None,
            touched: None,
        }
    }

    pub(super) fn touched(&mut self, now: Instant) {
        self.touched = Some(now);
    }

    fn note(&mut self, web_mb: u64, limit_mb: u64) {
        (self.web_mb, self.limit_mb) = (web_mb, limit_mb);
        self.above = match web_mb > limit_mb {
            true => self.above.saturating_add(1),
            false => 0,
        };
    }

    fn pressure(&self) -> Pressure {
        match self.above {
            0 => Pressure::None,
            // A quarter more; WebKit ends it at one and a half.
            _ if self.web_mb > self.limit_mb + self.limit_mb / 4 => Pressure::Urgent,
            MEASUREMENTS.. => Pressure::High,
            _ => Pressure::None,
        }
    }

    fn is_due(&self, now: Instant) -> bool {
        let is_past = |at: Option<Instant>, pause: Duration| {
            at.is_none_or(|at| now.saturating_duration_since(at) >= pause)
        };
        let is_quiet = match self.pressure() {
            Pressure::None => false,
            Pressure::High => is_past(self.touched, QUIET),
            Pressure::Urgent => true,
        };
        is_quiet && is_past(self.replaced, PAUSE)
    }
}

impl Player {
    pub(super) fn memory_measured(&mut self, web_mb: u64, limit_mb: u64, now: Instant) {
        self.memory.note(web_mb, limit_mb);
        if self.can_recycle(now) {
            // A fresh picture is looked at and kept first: it covers the screen meanwhile.
            self.timers.set(Timer::Glass, now);
        }
    }

    /// The glass was just looked at, so that its picture can cover the screen.
    pub(super) fn recycle_if_due(&mut self, now: Instant) {
        if !self.can_recycle(now) {
            return;
        }
        tracing::info!(
            web_mb = self.memory.web_mb,
            limit_mb = self.memory.limit_mb,
            "the web process uses too much memory and is replaced"
        );
        self.memory = Memory {
            replaced: Some(now),
            touched: self.memory.touched,
            ..Memory::new()
        };
        self.replace_behind_cover(now);
    }

    fn can_recycle(&self, now: Instant) -> bool {
        let is_content = match self.stage {
            Stage::Slate { .. } => false,
            Stage::Content(_) => self.has_picture(),
        };
        let can_load = self
            .report()
            .is_none_or(|report| self.tokens.alive(report, now).is_some());
        self.task == Task::Show && is_content && can_load && self.memory.is_due(now)
    }
}
