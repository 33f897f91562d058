//! Takes over new settings, and touches only what changed.

use std::{sync::Arc, time::Instant};

use super::{
    Player, Running, SlateKind, Timer,
    incident::tenths,
    playlist::is_same_picture,
    show::{embed_hosts, look},
    stage::{Stage, Task},
};
use crate::settings::{Content, Problems, Settings};

/// How far the new settings reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reach {
    /// Deadlines at most.
    Deadlines,
    /// Tokens have to come anew; the picture stays.
    Source,
    /// The content has to be loaded again.
    Content,
}

impl Player {
    pub(super) fn settings_loaded(
        &mut self,
        settings: Arc<Settings>,
        revision: String,
        fallback: Option<String>,
        now: Instant,
    ) {
        tracing::info!(revision, "settings applied");
        self.problems = Problems::default();
        self.forget_undone(&revision);
        if let Some(since) = self.rejected.take() {
            let took_s = tenths(now.saturating_duration_since(since).as_secs_f64());
            tracing::info!(took_s, cause = "the settings file was bad", "recovered");
        }
        let before = self.proof_before();
        let wanted = self.playlist.content().cloned();
        self.playlist.replace(&settings.playlist);
        let running = Running {
            settings: settings.clone(),
            revision,
            standing: Self::first_standing(fallback),
        };
        match self.running.replace(running) {
            None => self.present(now),
            Some(old) => {
                let reach = self.apply(&old.settings, &settings, wanted.as_ref(), now);
                self.stand_anew(old, reach, before);
            }
        }
    }

    pub(super) fn settings_rejected(&mut self, problems: Problems, now: Instant) {
        let words: Vec<String> = problems
            .0
            .iter()
            .take(3)
            .map(|problem| match problem.key.as_str() {
                "" => problem.problem.clone(),
                key => format!("{key}: {}", problem.problem),
            })
            .collect();
        if self.rejected.is_none() {
            self.rejected = Some(now);
            tracing::warn!("settings rejected, what runs stays: {}", words.join("; "));
        }
        self.problems = problems;
        if self.running.is_none() {
            let reason = format!("The settings cannot be used. {}", words.join("; "));
            self.show_unconfigured(&reason, now);
        }
    }

    /// Answers how far the change reached; `None`: there is none.
    fn apply(
        &mut self,
        old: &Arc<Settings>,
        new: &Arc<Settings>,
        wanted: Option<&Content>,
        now: Instant,
    ) -> Option<Reach> {
        if old == new {
            return None;
        }
        if old.source != new.source || old.network != new.network {
            self.tokens.forget_all();
            self.playlist.skip_none();
        }
        self.forget_unlisted_tokens(new);
        let place = wanted.and_then(|wanted| self.playlist.find(wanted));
        let Some(place) = place.filter(|_| !new.playlist.is_empty()) else {
            self.show_from_the_start(now);
            return Some(Reach::Content);
        };
        self.playlist.current = place;
        let reach = reach(old, new, wanted, self.playlist.content());
        match reach {
            Reach::Content => self.present(now),
            Reach::Source if self.is_stuck() => self.present(now),
            Reach::Source | Reach::Deadlines => self.apply_deadlines(old, new, wanted, now),
        }
        Some(reach)
    }

    fn show_from_the_start(&mut self, now: Instant) {
        self.playlist.current = 0;
        self.timers.stop(Timer::Turn);
        self.present(now);
    }

    fn apply_deadlines(
        &mut self,
        old: &Settings,
        new: &Settings,
        wanted: Option<&Content>,
        now: Instant,
    ) {
        if old.playlist != new.playlist && self.timers.get(Timer::Turn).is_some() {
            self.restart_turn(now);
        }
        if self.task == Task::Show {
            self.start_turn(now);
        }
        if wanted != self.playlist.content() {
            self.update_page_options(now);
        }
        if old.token != new.token || old.source != new.source || old.network != new.network {
            self.plan_refresh(now);
        }
        if old.name != new.name {
            self.rename_slate(now);
        }
    }

    /// The same page with another `reload_every`: only the deadline moves.
    fn update_page_options(&mut self, now: Instant) {
        if let (Some(screen), Some(content)) = (self.stage.screen_mut(), self.playlist.content())
            && is_same_picture(&screen.content, content)
        {
            screen.content = content.clone();
        }
        if self.task == Task::Show {
            self.start_page_reload(now);
        }
    }

    fn rename_slate(&mut self, now: Instant) {
        let name = self.settings().and_then(|settings| settings.name.clone());
        if let Stage::Slate { slate, .. } = &mut self.stage
            && slate.kind == SlateKind::Unconfigured
        {
            slate.device = name;
            self.order_stage(now);
        }
    }

    /// Nothing good is on the screen, and the new settings may be what helps.
    fn is_stuck(&self) -> bool {
        match self.task {
            Task::Nothing | Task::AwaitToken | Task::Rest(_) => true,
            Task::Load | Task::Show | Task::Swap { .. } | Task::Heal(_) | Task::Stop => false,
        }
    }

    fn forget_unlisted_tokens(&mut self, new: &Settings) {
        self.tokens.retain(|report| {
            new.playlist.iter().any(|entry| match &entry.content {
                Content::Report(listed) => listed == report,
                Content::Page(_) => false,
            })
        });
    }
}

fn reach(
    old: &Settings,
    new: &Settings,
    wanted: Option<&Content>,
    listed: Option<&Content>,
) -> Reach {
    let is_same = wanted
        .zip(listed)
        .is_some_and(|(one, other)| is_same_picture(one, other));
    let is_loaded_alike = look(old) == look(new)
        && embed_hosts(old) == embed_hosts(new)
        && old.network == new.network;
    if !is_same || !is_loaded_alike {
        Reach::Content
    } else if old.source != new.source {
        Reach::Source
    } else {
        Reach::Deadlines
    }
}
