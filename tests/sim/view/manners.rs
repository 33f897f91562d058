//! How well the view and what it shows behave, and what comes of bad manners.

use everlit::player::{Glass, NetworkState, PageFailure, Reach, Sign};
use fastrand::Rng;

use super::{Shown, View};

/// How well the view and what it shows behave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Manners {
    pub(crate) operations: Operations,
    pub(crate) loads: Loads,
    pub(crate) ends: Ends,
    pub(crate) report: ReportContent,
    pub(crate) glass: Glass,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operations {
    Done,
    /// The SDK does not take tokens, and reloads all the same.
    TokensRejected,
    TokensUnanswered,
    Rejected,
    Unanswered,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loads {
    Rendered,
    Slow,
    Failing,
    /// The report was withdrawn, although tokens are still given.
    Withdrawn,
    NeverRendered,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ends {
    Answered,
    Unanswered,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReportContent {
    Plain,
    /// Its own data holds the words of the error.
    ErrorWords,
    /// One visual asks for what it may not see, again and again.
    ForbiddenVisual,
}

impl Manners {
    pub(crate) const GOOD: Self = Self {
        operations: Operations::Done,
        loads: Loads::Rendered,
        ends: Ends::Answered,
        report: ReportContent::Plain,
        glass: Glass::Picture,
    };
}

pub(super) fn failure(shown: &Shown, loads: Loads, network: NetworkState) -> Option<PageFailure> {
    let not_loaded = || PageFailure::NotLoaded {
        url: "https://app.powerbi.com/".to_owned(),
        reason: "no connection".to_owned(),
    };
    let offline = network == NetworkState::Offline;
    match (shown, loads) {
        (Shown::Slate(_), _) => None,
        (Shown::Report(_) | Shown::Site(_), _) if offline => Some(not_loaded()),
        (_, Loads::Rendered | Loads::Slow | Loads::NeverRendered) => None,
        (Shown::Report(_), Loads::Failing) => Some(complaint("LoadReportFailed")),
        (Shown::Report(_), Loads::Withdrawn) => Some(complaint("PowerBIEntityNotFound")),
        (Shown::Site(_), Loads::Failing) => Some(not_loaded()),
        (Shown::Site(url), Loads::Withdrawn) => Some(PageFailure::HttpStatus {
            url: url.to_string(),
            status: 503,
        }),
    }
}

impl View {
    /// What a probe finds: less than a load does.
    pub(crate) fn reach(&self, network: NetworkState) -> Reach {
        match (network, self.manners.loads) {
            (NetworkState::Offline, _) | (_, Loads::Failing) => Reach::Away,
            (NetworkState::Online, Loads::Rendered | Loads::Slow) => Reach::There,
            (NetworkState::Online, Loads::Withdrawn | Loads::NeverRendered) => Reach::There,
        }
    }
}

fn complaint(message: &str) -> PageFailure {
    PageFailure::Report {
        message: message.to_owned(),
        detail: "as the service says".to_owned(),
    }
}

/// One expiry makes as many signs as there are visuals.
pub(super) fn signs(fixed: &[Sign], rng: &mut Rng) -> Vec<Sign> {
    if !fixed.is_empty() {
        return fixed.to_vec();
    }
    let all = [Sign::Sdk, Sign::Http, Sign::Text];
    (0..rng.usize(1..8))
        .filter_map(|_| rng.choice(all))
        .collect()
}
