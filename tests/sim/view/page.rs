//! The page on the screen: what it shows, and how far it has come.

use std::{cell::RefCell, sync::Arc, time::Instant};

use everlit::{
    player::{PageId, SlateKind},
    settings::{Content, Report, Settings},
};
use url::Url;

use crate::service::Serial;

/// What is on the screen.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) id: PageId,
    pub(crate) shown: Shown,
    pub(crate) picture: Picture,
    /// The token that visuals ask with.
    pub(crate) token: Option<Serial>,
    pub(crate) visuals: Visuals,
    pub(super) text: Text,
    /// Whether the settings that were asked about last want it: to compare texts takes time.
    pub(super) wanted: RefCell<Option<(Arc<Settings>, bool)>>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Shown {
    Report(Report),
    Site(Url),
    Slate(SlateKind),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Picture {
    Loading,
    Up { since: Instant },
    Failed,
}

/// What a viewer sees inside a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Visuals {
    Data,
    /// They asked with a dead token, and say so until the report is loaded again.
    Expired,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Text {
    Absent,
    Present,
}

impl Page {
    pub(crate) fn shows(&self, content: &Content) -> bool {
        match (&self.shown, content) {
            (Shown::Report(shown), Content::Report(report)) => shown == report,
            (Shown::Site(shown), Content::Page(page)) => *shown == page.url,
            (Shown::Report(_) | Shown::Site(_) | Shown::Slate(_), _) => false,
        }
    }

    pub(crate) fn is_wanted_by(&self, settings: &Arc<Settings>) -> bool {
        let known = &mut *self.wanted.borrow_mut();
        if let Some((asked, is_wanted)) = known
            && Arc::ptr_eq(asked, settings)
        {
            return *is_wanted;
        }
        let mut entries = settings.playlist.iter();
        let is_wanted = entries.any(|entry| self.shows(&entry.content));
        *known = Some((Arc::clone(settings), is_wanted));
        is_wanted
    }

    /// The slate of content that does not load, or may not be seen.
    pub(crate) fn is_given_up(&self) -> bool {
        match self.shown {
            Shown::Slate(SlateKind::Trouble | SlateKind::Denied) => true,
            Shown::Slate(
                SlateKind::Starting
                | SlateKind::Unconfigured
                | SlateKind::WaitingForNetwork
                | SlateKind::WaitingForTime,
            )
            | Shown::Report(_)
            | Shown::Site(_) => false,
        }
    }

    pub(crate) fn is_slate(&self) -> bool {
        match self.shown {
            Shown::Slate(_) => true,
            Shown::Report(_) | Shown::Site(_) => false,
        }
    }

    pub(crate) fn up_since(&self) -> Option<Instant> {
        match self.picture {
            Picture::Up { since } => Some(since),
            Picture::Loading | Picture::Failed => None,
        }
    }

    /// The token of a report that is up.
    pub(crate) fn token_in_use(&self) -> Option<Serial> {
        self.up_since().and(self.token)
    }
}
