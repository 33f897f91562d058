//! What a slate says: the pages of our own, shown when there is no content to show.

use std::time::Duration;

use super::Invitation;

/// A slate's words. The view adds the host's address if there is no invitation, and draws it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slate {
    pub kind: SlateKind,
    /// The device's name; `None`: the host's name.
    pub device: Option<String>,
    /// Why, in plain words; for a refusal also what to do.
    pub reason: String,
    pub remedy: Option<String>,
    /// Time until the next try, counted down on the slate; `None`: nothing is tried by itself.
    pub next_try: Option<Duration>,
    /// The way into the portal; only [`SlateKind::Unconfigured`] has the pairing code.
    pub invitation: Option<Invitation>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SlateKind {
    /// The daemon starts; the first content is on its way.
    Starting,
    /// There are no settings, or nothing to show in them.
    Unconfigured,
    /// The service cannot be reached.
    WaitingForNetwork,
    /// The device's clock cannot be right, so no certificate can be judged.
    WaitingForTime,
    /// The service refused to show the report.
    Denied,
    /// The content does not load although the service answers.
    Trouble,
}
