//! How content comes up: it loads, is drawn, and its visuals ask for data.

use std::time::Duration;

use everlit::player::{Event, NetworkState, PageEvent, Sign};

use super::{
    Around, EffectKind, Loads, Page, ReportContent, Shown, View, Visuals,
    manners::{failure, signs},
    millis, on,
    page::{Picture, Text},
};

impl View {
    pub(super) fn begin_load(&mut self, around: &mut Around<'_>) {
        self.loads += 1;
        self.polls += 1;
        self.glazing.is_blank = false;
        let Some(page) = &mut self.page else {
            return;
        };
        page.picture = Picture::Loading;
        let delay = match (&page.shown, self.manners.loads) {
            (Shown::Slate(_), _) => millis(5..60, around),
            (Shown::Report(_) | Shown::Site(_), Loads::NeverRendered) => return,
            (Shown::Report(_) | Shown::Site(_), Loads::Slow) => millis(5_000..90_000, around),
            (
                Shown::Report(_) | Shown::Site(_),
                Loads::Rendered | Loads::Failing | Loads::Withdrawn,
            ) => millis(300..1_500, around),
        };
        let load = self.loads;
        self.later(delay, EffectKind::Settled { load }, around);
    }

    /// A load ends, one way or the other.
    pub(super) fn settle(&mut self, around: &mut Around<'_>) -> Vec<Event> {
        let now = around.agenda.now;
        let Some(page) = &mut self.page else {
            return Vec::new();
        };
        let id = page.id;
        if let Some(failure) = failure(&page.shown, self.manners.loads, around.network) {
            page.picture = Picture::Failed;
            return vec![on(id, PageEvent::Failed(failure))];
        }
        if page
            .token
            .is_some_and(|token| around.service.is_dead(token, now))
        {
            page.visuals = Visuals::Expired;
            return vec![on(id, PageEvent::ExpirySeen(Sign::Sdk))];
        }
        self.render(around)
    }

    fn render(&mut self, around: &mut Around<'_>) -> Vec<Event> {
        let now = around.agenda.now;
        let Some(page) = &mut self.page else {
            return Vec::new();
        };
        page.picture = Picture::Up { since: now };
        page.visuals = Visuals::Data;
        let mut events = Vec::new();
        if page.text == Text::Present && self.manners.report != ReportContent::ErrorWords {
            page.text = Text::Absent;
            events.push(on(page.id, PageEvent::ExpiryTextGone));
        }
        events.push(on(page.id, PageEvent::Rendered));
        if self.manners.report == ReportContent::ErrorWords {
            let load = self.loads;
            self.later(
                millis(50..4_000, around),
                EffectKind::Words { load },
                around,
            );
        }
        self.plan_poll(around);
        events
    }

    /// Visuals ask at their next turn; to be called when their token's fate has changed.
    pub(crate) fn plan_poll(&mut self, around: &mut Around<'_>) {
        self.polls += 1;
        let Some(token) = self.page.as_ref().and_then(Page::token_in_use) else {
            return;
        };
        let forbidden = self.manners.report == ReportContent::ForbiddenVisual;
        let now = around.agenda.now;
        let from = if forbidden {
            now
        } else {
            around.service.minted(token).dead_from.max(now)
        };
        // A minimum keeps many polls from falling into one instant.
        let wait = Duration::from_millis(10) + self.poll_every.mul_f64(around.rng.f64());
        let delay = from.duration_since(now) + wait;
        self.later(delay, EffectKind::Poll(self.polls), around);
    }

    pub(super) fn poll(&mut self, number: u64, around: &mut Around<'_>) -> Vec<Event> {
        let now = around.agenda.now;
        let page = self.page.as_mut().filter(|_| number == self.polls);
        let Some((token, page)) = page.and_then(|page| Some((page.token_in_use()?, page))) else {
            return Vec::new();
        };
        let mut events = Vec::new();
        if around.network == NetworkState::Offline {
            // No answer is no sign.
        } else if around.service.is_dead(token, now) {
            page.visuals = Visuals::Expired;
            let signs = signs(&self.signs, around.rng);
            if signs.contains(&Sign::Text) {
                page.text = Text::Present;
            }
            events.extend(
                signs
                    .into_iter()
                    .map(|sign| on(page.id, PageEvent::ExpirySeen(sign))),
            );
        } else if self.manners.report == ReportContent::ForbiddenVisual {
            events.push(on(page.id, PageEvent::ExpirySeen(Sign::Http)));
        }
        self.plan_poll(around);
        events
    }

    /// The report's data was drawn again, with the words of the error or without them.
    pub(super) fn find_words(&mut self, around: &mut Around<'_>) -> Vec<Event> {
        let Some(page) = &mut self.page else {
            return Vec::new();
        };
        let id = page.id;
        match self.manners.report {
            ReportContent::ErrorWords => {
                page.text = Text::Present;
                let load = self.loads;
                let again = millis(5_000..900_000, around);
                self.later(again, EffectKind::Words { load }, around);
                vec![on(id, PageEvent::ExpirySeen(Sign::Text))]
            }
            ReportContent::Plain | ReportContent::ForbiddenVisual => {
                page.text = Text::Absent;
                vec![on(id, PageEvent::ExpiryTextGone)]
            }
        }
    }
}
