//! Puts new settings on trial: confirmed by the glass, or undone.

use std::{path::PathBuf, time::Instant};

use super::{
    ClockState, Command, NetworkState, PageId, Phase, Player, RequestId, Running, Timer,
    TrialStatus, adopt::Reach, stage::Picture, summary::Words,
};
use crate::settings::{Content, Problem};

/// What the running settings have shown so far.
#[derive(Debug)]
pub(super) enum Standing {
    /// They have led to no picture yet, and there is nothing to go back to.
    New,
    /// They led to a picture.
    Proven,
    Trial(Trial),
    /// They were given up; what was proven before them is on its way.
    Undone {
        fallback: String,
    },
}

/// Settings that have to lead to a picture, since the ones before them did.
#[derive(Debug)]
pub(super) struct Trial {
    /// The revision that was proven.
    fallback: String,
    proof: Proof,
    /// The last thing that went wrong under these settings.
    cause: Option<String>,
}

/// What is no work of the new settings: a picture has to be newer than this to speak for them.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Proof {
    page: Option<PageId>,
    request: Option<RequestId>,
}

/// New settings that were undone, until others are applied.
#[derive(Debug)]
pub(super) struct Undone {
    fallback: String,
    problem: Problem,
}

impl Proof {
    /// What must be new when the change reaches so far; `old` is what was there before it.
    fn of(reach: Option<Reach>, old: Self) -> Self {
        match reach {
            None | Some(Reach::Deadlines) => Self::default(),
            Some(Reach::Source) => Self { page: None, ..old },
            // Its token is new, too, should the source have changed.
            Some(Reach::Content) => Self {
                request: None,
                ..old
            },
        }
    }

    /// A later change that reaches less leaves open what the earlier ones still have to show.
    fn after(self, earlier: Self) -> Self {
        if self.page.is_some() {
            return self;
        }
        Self {
            page: earlier.page,
            request: self.request.or(earlier.request),
        }
    }
}

impl Player {
    /// What there is before a change of the settings.
    pub(super) fn proof_before(&self) -> Proof {
        Proof {
            page: Some(self.last_page),
            request: Some(self.tokens.last_request()),
        }
    }

    /// The first settings of this run; an earlier daemon may have ended in the middle of their
    /// trial.
    pub(super) fn first_standing(fallback: Option<String>) -> Standing {
        match fallback {
            Some(fallback) => Standing::Trial(Trial {
                fallback,
                proof: Proof::default(),
                cause: None,
            }),
            None => Standing::New,
        }
    }

    /// Says how new settings stand that have taken the place of `old` ones.
    pub(super) fn stand_anew(&mut self, old: Running, reach: Option<Reach>, before: Proof) {
        let Some(revision) = self.running.as_ref().map(|now| now.revision.clone()) else {
            return;
        };
        if old.revision == revision {
            return self.set_standing(old.standing);
        }
        let proof = Proof::of(reach, before);
        let trial = |fallback, proof| {
            Standing::Trial(Trial {
                fallback,
                proof,
                cause: None,
            })
        };
        // Another trial has its full time.
        self.timers.stop(Timer::Confirm);
        match old.standing {
            Standing::New => {}
            // The glass could not tell them apart.
            Standing::Proven if reach.is_none() => self.settle(),
            Standing::Proven => self.set_standing(trial(old.revision, proof)),
            Standing::Trial(Trial { fallback, .. }) | Standing::Undone { fallback }
                if fallback == revision =>
            {
                self.settle();
            }
            Standing::Trial(earlier) => {
                let proof = proof.after(earlier.proof);
                self.set_standing(trial(earlier.fallback, proof));
            }
            Standing::Undone { fallback } => self.set_standing(trial(fallback, proof)),
        }
    }

    /// Settles what the glass confirms, and lets a trial's time run while nothing else is in the
    /// way of a picture.
    pub(super) fn follow_trial(&mut self, now: Instant) {
        let Some(running) = &self.running else {
            return;
        };
        match &running.standing {
            Standing::Proven | Standing::Undone { .. } => {}
            Standing::New => {
                if self.is_proven(Proof::default()) {
                    self.settle();
                }
            }
            Standing::Trial(trial) if self.is_proven(trial.proof) => self.confirm(),
            Standing::Trial(_) => {
                let limit = now + running.settings.recovery.confirm_within;
                let is_running = self.timers.get(Timer::Confirm).is_some();
                match self.has_obstacle(now) {
                    true => self.timers.stop(Timer::Confirm),
                    false if !is_running => self.timers.set(Timer::Confirm, limit),
                    false => {}
                }
            }
        }
    }

    /// Something went wrong that may be the new settings' fault.
    pub(super) fn blame_trial(&mut self, cause: impl ToString) {
        if let Some(Running {
            standing: Standing::Trial(trial),
            ..
        }) = &mut self.running
        {
            trial.cause = Some(cause.to_string());
        }
    }

    pub(super) fn confirm_limit_reached(&mut self, now: Instant) {
        let Some(Running {
            standing: Standing::Trial(trial),
            ..
        }) = &self.running
        else {
            return;
        };
        let is_untried = trial.proof.page.is_none() && self.tokens.trouble().is_none();
        if is_untried && self.is_proven(Proof::default()) {
            // No report had its turn, so the new source was not asked; nothing speaks against it.
            return self.confirm();
        }
        self.undo(now);
    }

    /// What a status says of a trial.
    pub(super) fn trial_status(&self, now: Instant) -> Option<TrialStatus> {
        let Standing::Trial(trial) = &self.running.as_ref()?.standing else {
            return None;
        };
        let end = self.timers.get(Timer::Confirm);
        Some(TrialStatus {
            fallback: trial.fallback.clone(),
            ends_in: end.map(|at| at.saturating_duration_since(now)),
        })
    }

    pub(super) fn undone_problem(&self) -> Option<&Problem> {
        Some(&self.undone.as_ref()?.problem)
    }

    /// Other settings than those that were put back end the rejection.
    pub(super) fn forget_undone(&mut self, revision: &str) {
        self.undone.take_if(|undone| undone.fallback != revision);
    }

    /// Content of the running settings is up, newer than what speaks for others.
    fn is_proven(&self, proof: Proof) -> bool {
        let Some(screen) = self.stage.screen() else {
            return false;
        };
        let is_up = screen.picture == Picture::Up && self.playlist.find(&screen.content).is_some();
        let is_new_page = proof.page.is_none_or(|before| screen.page > before);
        let is_new_token = proof.request.is_none_or(|before| {
            let token = screen.token;
            token.is_some_and(|token| token.request > before)
        });
        is_up && is_new_page && (is_new_token || !self.wants_tokens())
    }

    fn wants_tokens(&self) -> bool {
        let mut entries = self.settings().into_iter().flat_map(|s| &s.playlist);
        entries.any(|entry| match entry.content {
            Content::Report(_) => true,
            Content::Page(_) => false,
        })
    }

    /// There can be no picture now, whatever the settings say.
    fn has_obstacle(&self, now: Instant) -> bool {
        self.network == NetworkState::Offline
            || self.clock == ClockState::Implausible
            || self.phase(now) == Phase::Dark
    }

    fn confirm(&mut self) {
        if let Some(running) = &self.running {
            tracing::info!(
                revision = running.revision,
                "settings confirmed by the glass"
            );
        }
        self.settle();
    }

    fn settle(&mut self) {
        self.timers.stop(Timer::Confirm);
        if let Some(running) = &mut self.running {
            running.standing = Standing::Proven;
            let revision = running.revision.clone();
            self.commands
                .push_back(Command::SettleSettings { revision });
        }
    }

    fn undo(&mut self, now: Instant) {
        let reason = self.reason_to_undo(now);
        let Some(running) = &mut self.running else {
            return;
        };
        let Standing::Trial(trial) = &running.standing else {
            return;
        };
        tracing::warn!("{reason}; the previous ones are put back");
        let (from, to) = (running.revision.clone(), trial.fallback.clone());
        let fallback = to.clone();
        running.standing = Standing::Undone { fallback };
        self.undone = Some(Undone {
            fallback: to.clone(),
            problem: Problem {
                file: PathBuf::new(),
                line: 0,
                column: 0,
                key: String::new(),
                problem: reason.clone(),
                remedy: "correct them and push again; the rejected text is kept in the history"
                    .to_owned(),
            },
        });
        self.commands
            .push_back(Command::RevertSettings { from, to, reason });
    }

    fn reason_to_undo(&self, now: Instant) -> String {
        let Some(running) = &self.running else {
            return String::new();
        };
        let known = match &running.standing {
            Standing::Trial(trial) => trial.cause.clone(),
            Standing::New | Standing::Proven | Standing::Undone { .. } => None,
        };
        let cause = known.unwrap_or_else(|| match self.phase(now) {
            Phase::Unconfigured => "there is nothing to show in them".to_owned(),
            Phase::Waiting | Phase::Loading | Phase::Recovering | Phase::Showing => {
                "no content was rendered".to_owned()
            }
            Phase::Denied => "access was refused".to_owned(),
            Phase::Offline | Phase::Dark | Phase::Stopping => "no new content came".to_owned(),
        });
        format!(
            "settings {} did not lead to a picture within {} ({cause})",
            running.revision,
            Words(running.settings.recovery.confirm_within)
        )
    }

    fn set_standing(&mut self, standing: Standing) {
        if let Some(running) = &mut self.running {
            running.standing = standing;
        }
    }
}
