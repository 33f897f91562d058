//! What the viewer sees in the end: the page, the cover over it, and the badge.

use std::time::{Duration, Instant};

use everlit::player::{Event, Glass, PageEvent, PageId, Plate, ViewOrder};

use super::{Process, View, on, page::Picture};

/// What lies between the page and the viewer.
#[derive(Debug, Default)]
pub(crate) struct Glazing {
    /// The page shows one flat colour until it is loaded again.
    pub(crate) is_blank: bool,
    pub(crate) cover: Cover,
    pub(crate) age: Option<Duration>,
    pub(crate) plate: Option<Plate>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Cover {
    /// There is no picture to cover with.
    #[default]
    Missing,
    /// It was ordered when there was none.
    Wanted,
    /// A picture is kept for it.
    Ready,
    Up,
}

impl Glazing {
    pub(super) fn order(&mut self, order: &ViewOrder) {
        match order {
            ViewOrder::Cover => {
                self.cover = match self.cover {
                    Cover::Missing | Cover::Wanted => Cover::Wanted,
                    Cover::Ready | Cover::Up => Cover::Up,
                }
            }
            ViewOrder::Uncover | ViewOrder::ForgetContent => self.cover = Cover::Missing,
            ViewOrder::ShowAge(age) => self.age = Some(*age),
            ViewOrder::HideAge => self.age = None,
            ViewOrder::ShowPlate(plate) => self.plate = Some(plate.as_ref().clone()),
            ViewOrder::HidePlate => self.plate = None,
            ViewOrder::ShowReport { .. }
            | ViewOrder::ShowPage { .. }
            | ViewOrder::ShowSlate { .. }
            | ViewOrder::ShowNothing { .. }
            | ViewOrder::Operate { .. }
            | ViewOrder::Beat(_)
            | ViewOrder::EndWebProcess
            | ViewOrder::Inspect { .. } => {}
        }
    }
}

impl View {
    /// The page stays as it is, but what it draws is one colour.
    pub(crate) fn turn_blank(&mut self, now: Instant) {
        let page = self.page.as_ref();
        let up_for = page.and_then(|page| Some(now - page.up_since()?));
        // Before its first look nobody can know what the content looks like, and content that is one
        // colour by nature has nothing to lose.
        let is_known = up_for.is_some_and(|up_for| up_for > Duration::from_secs(10))
            && self.manners.glass == Glass::Picture;
        self.glazing.is_blank = is_known && page.is_some_and(|page| !page.is_slate());
    }

    /// Whether a look shows what the last one did, so that it needs no web process.
    pub(super) fn stands_still(&self, inspected: PageId) -> bool {
        let page = self.page.as_ref().filter(|page| page.id == inspected);
        let is_up = page.is_some_and(|page| matches!(page.picture, Picture::Up { .. }));
        let is_hung = matches!(self.process, Process::Hung { .. });
        is_up && is_hung && self.glazing.cover == Cover::Ready && !self.glazing.is_blank
    }

    pub(super) fn inspect(&mut self, inspected: PageId) -> Vec<Event> {
        let Some(page) = self.page.as_ref().filter(|page| page.id == inspected) else {
            return Vec::new();
        };
        let is_up = matches!(page.picture, Picture::Up { .. });
        let is_flat = !is_up || self.glazing.is_blank || self.manners.glass == Glass::Flat;
        if is_flat && !page.is_slate() {
            return vec![on(inspected, PageEvent::Inspected(Glass::Flat))];
        }
        if self.glazing.cover == Cover::Missing && !page.is_slate() {
            self.glazing.cover = Cover::Ready;
        }
        vec![on(inspected, PageEvent::Inspected(Glass::Picture))]
    }
}
