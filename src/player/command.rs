//! Orders of the player to the edges, in the imperative.

use std::{sync::Arc, time::Duration};

use secrecy::SecretString;
use url::Url;

use super::{
    ids::{BeatId, OpId, PageId, ProbeId, RequestId},
    plate::Plate,
    slate::Slate,
};
use crate::settings::{Cursor, Report, Settings};

/// Something is to be done outside. What is large is in a box: most commands are heartbeats.
#[derive(Debug, Clone)]
pub enum Command {
    /// Get a token for the report; answered by `TokenFetched` or `TokenFetchFailed`.
    /// A fetch has its own limit (20 s per exchange) and always answers.
    FetchToken {
        request: RequestId,
        report: Box<Report>,
        settings: Arc<Settings>,
    },
    /// Ask the content's server for its document; answered by `Probed` within 3 s.
    Probe {
        probe: ProbeId,
        url: Url,
    },
    View(ViewOrder),
    /// After the answer to this beat, see so often from outside whether the page's process waits for
    /// something to do, until the next beat; answered by `Stirred` once it does not.
    Watch {
        beat: BeatId,
        every: Duration,
    },
    /// Tell systemd that the start is done: the first content or slate is up.
    NotifyReady,
    /// One human line for `systemctl status`.
    NotifyStatus(String),
    /// Feed the systemd watchdog: what should be seen is seen.
    FeedWatchdog,
    /// The settings of this revision led to a picture: they are what to go back to from now on.
    SettleSettings {
        revision: String,
    },
    /// Put the revision `to` back in the place of `from`, which led to no picture; answered by
    /// `SettingsLoaded`.
    RevertSettings {
        from: String,
        to: String,
        reason: String,
    },
    /// End the daemon with this outcome.
    Exit(Exit),
}

/// What the view is to do; carried out on the main thread in this order.
#[derive(Debug, Clone)]
pub enum ViewOrder {
    /// Load the host page and embed the report.
    ShowReport {
        page: PageId,
        plan: Box<EmbedPlan>,
    },
    /// Load a web page.
    ShowPage {
        page: PageId,
        plan: Box<PagePlan>,
    },
    /// Show a page of our own.
    ShowSlate {
        page: PageId,
        slate: Box<Slate>,
    },
    /// Load an empty page under the cover, which stays: there is nothing that could be shown.
    ShowNothing {
        page: PageId,
    },
    /// Do something inside the page's report; answered by `PageEvent::Answered`.
    Operate {
        page: PageId,
        op: OpId,
        operation: Operation,
    },
    /// Ask the page for a sign of life; answered by `BeatAnswered`, or not.
    Beat(BeatId),
    /// End the web process; answered by `WebProcessEnded`.
    EndWebProcess,
    /// Forget cookies, cache and storage of the content.
    ForgetContent,
    /// Look at what is on the glass, and keep it as the last good picture unless it is flat;
    /// answered by `PageEvent::Inspected`, or not.
    Inspect {
        page: PageId,
    },
    /// Lay the last good picture over the view until `Uncover`; nothing happens if there is none.
    Cover,
    /// Take the picture away and forget it.
    Uncover,
    /// Say in a corner of the screen that the picture's data is this old, until `HideAge`.
    ShowAge(Duration),
    HideAge,
    /// Lay this plate over whatever is on the screen, in place of an earlier one, until
    /// `HidePlate`; no page can see it.
    ShowPlate(Box<Plate>),
    HidePlate,
}

#[derive(Debug, Clone)]
pub struct EmbedPlan {
    pub report: Report,
    pub token: SecretString,
    pub embed_url: Url,
    /// Host names the frame may be on.
    pub embed_hosts: Vec<String>,
    /// The frame's server counts as away when nothing came back for so long.
    pub frame_limit: Duration,
    pub look: Look,
}

#[derive(Debug, Clone)]
pub struct PagePlan {
    pub url: Url,
    /// Further hosts it may navigate to.
    pub allow: Vec<String>,
    pub look: Look,
}

/// How content looks, whatever it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Look {
    pub zoom: f64,
    pub cursor: Cursor,
}

/// What can be done inside a loaded report without loading anything.
#[derive(Debug, Clone)]
pub enum Operation {
    /// SDK `setAccessToken`.
    SetToken(SecretString),
    /// SDK `reload()`: the report loads again inside its frame; `Rendered` follows.
    ReloadReport,
    /// SDK `embed()` on the same element: heals what `setAccessToken` could not; `Rendered` follows.
    EmbedAgain(SecretString),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Asked to stop.
    Stopped,
    /// Nothing helps any more; systemd shall start us again.
    GivenUp,
}
