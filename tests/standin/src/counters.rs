//! What was asked of the stand-in, for assertions and for the demo's live line.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::faults::Mood;

/// Counts and time stamps since the start or the last reset. Times are milliseconds since the start.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Counters {
    /// The time of this answer.
    pub now_ms: f64,
    /// Tokens given out by Entra.
    pub entra_tokens: u64,
    /// Embed tokens given out by the REST API and the token service.
    pub embed_tokens: u64,
    /// `GET /reportEmbed`: how often a report's frame was loaded.
    pub iframe_loads: u64,
    /// `POST /report/load`: first loads, reloads and repeated embeds.
    pub report_loads: u64,
    /// `POST /report/token`.
    pub token_messages: u64,
    /// `POST /report/refresh`.
    pub report_refreshes: u64,
    /// `PUT /report/pages/active` and applied bookmarks.
    pub page_changes: u64,
    /// `rendered` events sent by the report page.
    pub renders: u64,
    /// Data requests with a good token.
    pub data_fresh: u64,
    /// Data requests with an expired token.
    pub data_expired: u64,
    /// Connections through the proxy, by host.
    pub connections: BTreeMap<String, u64>,
    /// Requests by host, refused and troubled ones included.
    pub requests: BTreeMap<String, u64>,
    /// Documents loaded from the portal, by path.
    pub page_loads: BTreeMap<String, u64>,
    /// Hosts that the proxy refused.
    pub refused_hosts: BTreeSet<String>,
    /// The first data answer with an expired token since the picture was last whole.
    pub first_expired_ms: Option<f64>,
    /// The first fresh data answer after it.
    pub fresh_again_ms: Option<f64>,
    /// When every visual that had an expired answer had a fresh one again.
    pub healed_ms: Option<f64>,
    /// From the first expired answer to the first fresh one, for every time that happened.
    pub healing_times_ms: Vec<f64>,
    /// When Entra last gave out a token.
    pub last_entra_ms: Option<f64>,
    /// When the last embed token was minted.
    pub last_mint_ms: Option<f64>,
    /// When the board's frame first showed the error text.
    pub board_error_shown_ms: Option<f64>,
    /// When the portal's board was last loaded.
    pub board_loaded_ms: Option<f64>,
    /// Every token that was given out, so that a test can look for leaks.
    pub tokens: Vec<String>,
    /// Visuals whose last answer was an expired one.
    pub expired_visuals: BTreeSet<String>,
    /// When each visual last had a fresh answer.
    pub fresh_ms: BTreeMap<String, f64>,
    /// When the report's frame was last asked for, in whatever trouble its host was.
    pub frame_asked_ms: Option<f64>,
    /// When the report page last said that it is rendered.
    pub rendered_ms: Option<f64>,
    /// When the plain page last said that it was painted.
    pub painted_ms: Option<f64>,
    /// What the report page saw of its animation frames since it was told to watch them.
    pub frames: Option<Frames>,
    /// The moods that came over a page, each with the time at which the page said so.
    pub moods_begun: Vec<(Mood, f64)>,
}

/// Animation frames of a page.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Frames {
    pub count: u64,
    /// The longest time from one to the next.
    pub longest_gap_ms: f64,
}

impl Counters {
    pub(crate) fn minted_embed_token(&mut self, token: &str, now_ms: f64) {
        self.embed_tokens += 1;
        self.last_mint_ms = Some(now_ms);
        self.tokens.push(token.to_owned());
    }

    pub(crate) fn answered_expired(&mut self, visual: &str, now_ms: f64) {
        self.data_expired += 1;
        if self.first_expired_ms.is_none() || self.healed_ms.is_some() {
            self.first_expired_ms = Some(now_ms);
            self.fresh_again_ms = None;
            self.healed_ms = None;
        }
        self.expired_visuals.insert(visual.to_owned());
    }

    pub(crate) fn answered_fresh(&mut self, visual: &str, now_ms: f64) {
        self.data_fresh += 1;
        self.fresh_ms.insert(visual.to_owned(), now_ms);
        let was_expired = self.expired_visuals.remove(visual);
        let Some(first_expired) = self.first_expired_ms else {
            return;
        };
        if self.fresh_again_ms.is_none() {
            self.fresh_again_ms = Some(now_ms);
            self.healing_times_ms.push(now_ms - first_expired);
        }
        if was_expired && self.expired_visuals.is_empty() {
            self.healed_ms = Some(now_ms);
        }
    }
}
