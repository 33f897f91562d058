//! Keeps the last good picture over a view that has none, and says how old its data is.

use std::time::{Duration, Instant};

use super::{Phase, Player, Timer, ViewOrder, stage::Task, token::Stamp};

/// The cover comes so long before the token on the page dies while nothing can replace it: then
/// the visuals would say so.
const BEFORE_DEATH: Duration = Duration::from_secs(2);
/// And this much earlier a picture is taken for it.
const LAST_LOOK: Duration = Duration::from_secs(2);

/// What lies over the view.
#[derive(Debug)]
pub(super) struct Cover {
    state: State,
    /// The view keeps a good picture of the content that is on the screen.
    is_kept: bool,
    /// When the data on the screen was last known to be fresh.
    data_from: Option<Instant>,
    /// The age that is said on the screen, as the moment that it is counted from.
    badge: Option<Instant>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Down,
    Up,
}

impl Cover {
    pub(super) const fn new() -> Self {
        Self {
            state: State::Down,
            is_kept: false,
            data_from: None,
            badge: None,
        }
    }

    /// The view has just kept a good picture.
    pub(super) fn kept(&mut self) {
        // What was ordered when there was none has laid nothing over the page.
        self.is_kept |= self.state == State::Down;
    }

    pub(super) const fn data_from(&self) -> Option<Instant> {
        self.data_from
    }

    pub(super) fn data_is_fresh(&mut self, now: Instant) {
        self.data_from = Some(now);
    }
}

impl Player {
    /// Brings cover and badge in line with everything else.
    pub(super) fn dress(&mut self, now: Instant) {
        let wanted = match self.is_cover_wanted(now) {
            true => State::Up,
            false => State::Down,
        };
        if wanted != self.cover.state {
            match wanted {
                State::Up => self.cover(),
                State::Down => self.uncover(),
            }
        }
        let badge = self.cover.data_from.filter(|_| self.is_age_wanted(now));
        if badge != self.cover.badge {
            self.cover.badge = badge;
            self.order(match badge {
                Some(from) => ViewOrder::ShowAge(now.saturating_duration_since(from)),
                None => ViewOrder::HideAge,
            });
        }
    }

    pub(super) fn cover(&mut self) {
        if self.cover.state == State::Down {
            self.cover.state = State::Up;
            self.order(ViewOrder::Cover);
        }
    }

    pub(super) fn uncover(&mut self) {
        self.cover.state = State::Down;
        self.cover.is_kept = false;
        self.order(ViewOrder::Uncover);
    }

    /// Other content comes, or none: the cover must not show the old one.
    pub(super) fn forget_picture(&mut self) {
        self.uncover();
        self.cover.data_from = None;
    }

    /// The last good picture may stay although there is nothing good under it.
    pub(super) fn may_stay_covered(&self, now: Instant) -> bool {
        let is_recent = self.offline_limit(now).is_some_and(|until| now < until);
        self.has_current_content() && self.cover.is_kept && is_recent
    }

    /// Only the cover shows the content.
    pub(super) fn is_covered(&self) -> bool {
        self.cover.state == State::Up && self.cover.is_kept
    }

    fn is_cover_wanted(&self, now: Instant) -> bool {
        let is_content = || self.has_current_content();
        match &self.task {
            Task::Heal(_) => is_content(),
            Task::Load => self.cover.state == State::Up && is_content(),
            Task::Show => self.is_near_death(now),
            // Also another entry's picture, which stays until there is a token for the next one.
            Task::AwaitToken => {
                let stays = self.is_covered() && !self.has_picture() && is_content();
                stays || self.is_near_death(now)
            }
            Task::Swap { .. } => self.cover.state == State::Up && is_content(),
            // No recovery has helped: what is on the page is no picture to be seen.
            Task::Rest(_) => is_content(),
            Task::Nothing | Task::Stop => false,
        }
    }

    fn is_age_wanted(&self, now: Instant) -> bool {
        self.stage.screen().is_some() && self.phase(now) == Phase::Offline
    }

    /// The token on the page is dead, or dies soon and there is no other.
    fn is_near_death(&self, now: Instant) -> bool {
        let dies = now + BEFORE_DEATH;
        self.has_dead_token(now) || self.tokens.trouble().is_some() && self.has_dead_token(dies)
    }

    /// Plans the last look and the cover for a token that may die without a successor.
    pub(super) fn plan_cover(&mut self, token: Stamp) {
        let before = |time| token.expires.checked_sub(time).unwrap_or(token.expires);
        self.timers
            .set(Timer::Cover, before(BEFORE_DEATH + LAST_LOOK));
    }

    /// The token on the page dies soon: the picture is looked at, and kept, before the cover comes.
    pub(super) fn death_is_near(&mut self, now: Instant) {
        let token = self.stage.screen().and_then(|screen| screen.token);
        let cover = token.and_then(|token| token.expires.checked_sub(BEFORE_DEATH));
        if let Some(cover) = cover.filter(|cover| *cover > now) {
            // Whether it comes is decided then.
            self.timers.set(Timer::Cover, cover);
            if self.tokens.trouble().is_some() {
                self.look(now);
            }
        }
    }
}
