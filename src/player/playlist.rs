//! Whose turn it is: the playlist's position, and what is known about each entry.

use std::time::Instant;

use super::page::Judge;
use crate::settings::{Content, Entry};

#[derive(Debug, Default)]
pub(super) struct Playlist {
    pub(super) current: usize,
    places: Vec<Place>,
}

/// What is known about one entry.
#[derive(Debug, Clone)]
struct Place {
    content: Content,
    judge: Judge,
    /// It failed; others come first until then.
    skipped_until: Option<Instant>,
}

impl Playlist {
    /// Takes over new entries, with what is known about those that stay.
    pub(super) fn replace(&mut self, entries: &[Entry]) {
        let old = std::mem::take(&mut self.places);
        let known = |entry: &Entry| {
            let place = old.iter().find(|place| place.content == entry.content);
            place.cloned().unwrap_or_else(|| Place {
                content: entry.content.clone(),
                judge: Judge::default(),
                skipped_until: None,
            })
        };
        self.places = entries.iter().map(known).collect();
        self.current = self.current.min(entries.len().saturating_sub(1));
    }

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    pub(super) fn content(&self) -> Option<&Content> {
        Some(&self.places.get(self.current)?.content)
    }

    /// The place of this content, or of the same page with other options.
    pub(super) fn find(&self, content: &Content) -> Option<usize> {
        self.places
            .iter()
            .position(|place| is_same_picture(&place.content, content))
    }

    pub(super) fn judge(&mut self) -> Option<&mut Judge> {
        Some(&mut self.places.get_mut(self.current)?.judge)
    }

    /// Lets the others come first until then.
    pub(super) fn skip(&mut self, until: Instant) {
        if let Some(place) = self.places.get_mut(self.current) {
            place.skipped_until = Some(until);
        }
    }

    pub(super) fn skip_none(&mut self) {
        for place in &mut self.places {
            place.skipped_until = None;
        }
    }

    /// The next entry after the current one that did not fail lately and can be shown.
    pub(super) fn next_ready(
        &self,
        can_show: impl Fn(&Content) -> bool,
        now: Instant,
    ) -> Option<usize> {
        let mut others = (1..self.len()).map(|step| (self.current + step) % self.len());
        others.find(|index| {
            let place = &self.places[*index];
            place.skipped_until.is_none_or(|until| until <= now) && can_show(&place.content)
        })
    }
}

/// True if going from one to the other needs no load.
pub(super) fn is_same_picture(one: &Content, other: &Content) -> bool {
    match (one, other) {
        (Content::Report(one), Content::Report(other)) => one == other,
        (Content::Page(one), Content::Page(other)) => {
            one.url == other.url && one.allow == other.allow
        }
        (Content::Report(_), Content::Page(_)) | (Content::Page(_), Content::Report(_)) => false,
    }
}
