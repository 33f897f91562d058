//! The world at one moment, and how it looks to somebody who knows everything.

use std::{sync::Arc, time::Instant};

use everlit::{player::NetworkState, settings::Settings};

use crate::{
    service::{Mood, Service},
    view::{Manners, Process, View, Visuals},
};

/// The world at one moment.
#[derive(Clone, Copy)]
pub(crate) struct Scene<'a> {
    pub(crate) now: Instant,
    pub(crate) view: &'a View,
    pub(crate) service: &'a Service,
    pub(crate) settings: &'a Arc<Settings>,
    pub(crate) network: NetworkState,
}

impl Scene<'_> {
    /// Nothing is wrong that the player could not have noticed yet.
    pub(crate) fn is_calm(&self) -> bool {
        let is_hung = match self.view.process {
            Process::Hung { .. } => true,
            Process::Alive | Process::Gone => false,
        };
        !is_hung
            && self.service.mood == Mood::Willing
            && self.view.manners == Manners::GOOD
            && self.network == NetworkState::Online
    }

    /// A report whose visuals cannot get data.
    pub(crate) fn is_dead_picture(&self) -> bool {
        self.view.page.as_ref().is_some_and(|page| {
            let token = page.token_in_use();
            let is_dead = token.is_some_and(|token| self.service.is_dead(token, self.now));
            token.is_some() && (is_dead || page.visuals == Visuals::Expired)
        })
    }

    /// Visuals that asked for data in vain say so.
    pub(crate) fn has_error(&self) -> bool {
        let page = self.view.page.as_ref();
        page.is_some_and(|page| page.visuals == Visuals::Expired && page.up_since().is_some())
    }

    /// Content is up, lives, and is what the settings ask for.
    pub(crate) fn is_fine(&self) -> bool {
        self.is_good_picture() && !self.is_dead_picture()
    }

    /// It may be dead all the same.
    pub(crate) fn is_good_picture(&self) -> bool {
        let is_up = self
            .view
            .page
            .as_ref()
            .is_some_and(|page| page.up_since().is_some() && page.is_wanted_by(self.settings));
        let is_blank = self.view.glazing.is_blank;
        is_up && self.view.process == Process::Alive && !is_blank
    }
}
