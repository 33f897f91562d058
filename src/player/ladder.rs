//! The recovery ladder: its rungs, from the gentlest to the strongest, and their budgets.

use std::time::{Duration, Instant};

use super::retry::Window;

/// What a recovery does; each rung disturbs the picture more than the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rung {
    /// Put a new token in place and reload the report inside the page.
    Report,
    /// Embed again on the same page.
    Embed,
    /// Load the page afresh.
    Page,
    /// A new web process.
    Webview,
}

impl Rung {
    pub(super) fn above(self) -> Option<Self> {
        match self {
            Self::Report => Some(Self::Embed),
            Self::Embed => Some(Self::Page),
            Self::Page => Some(Self::Webview),
            Self::Webview => None,
        }
    }

    /// How often it may be used within [`Ladder::WINDOW`].
    fn budget(self) -> usize {
        match self {
            // Cheap and hardly seen: a service that kills tokens every minute is followed.
            Self::Report => 12,
            Self::Embed | Self::Page | Self::Webview => 4,
        }
    }
}

/// How often each rung was used lately.
#[derive(Debug)]
pub(super) struct Ladder {
    report: Window,
    embed: Window,
    page: Window,
    webview: Window,
}

impl Ladder {
    const WINDOW: Duration = Duration::from_secs(600);

    pub(super) fn new() -> Self {
        Self {
            report: Window::new(Self::WINDOW),
            embed: Window::new(Self::WINDOW),
            page: Window::new(Self::WINDOW),
            webview: Window::new(Self::WINDOW),
        }
    }

    /// The first rung at or above `from` that has budget left; its budget is used up by one.
    pub(super) fn take(&mut self, from: Rung, now: Instant) -> Option<Rung> {
        let mut rung = from;
        loop {
            if self.window(rung).start(rung.budget(), now).is_ok() {
                return Some(rung);
            }
            rung = rung.above()?;
        }
    }

    fn window(&mut self, rung: Rung) -> &mut Window {
        match rung {
            Rung::Report => &mut self.report,
            Rung::Embed => &mut self.embed,
            Rung::Page => &mut self.page,
            Rung::Webview => &mut self.webview,
        }
    }
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "a test needs some instant to start from"
)]
mod tests {
    use super::*;

    #[test]
    fn a_spent_rung_passes_on_to_the_next_until_all_are_spent() {
        let start = Instant::now();
        let mut ladder = Ladder::new();
        let mut taken: Vec<_> = (0..26).map(|_| ladder.take(Rung::Report, start)).collect();

        assert_eq!(taken.pop(), Some(None));
        assert_eq!(taken[11], Some(Rung::Report));
        assert_eq!(taken[12], Some(Rung::Embed));
        assert_eq!(taken[23], Some(Rung::Webview));
        assert_eq!(taken[24], None);
        let later = start + Ladder::WINDOW;
        assert_eq!(ladder.take(Rung::Report, later), Some(Rung::Report));
    }
}
