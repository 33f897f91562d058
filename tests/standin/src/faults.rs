//! What the stand-in does wrong on purpose.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// Everything that can be switched on. The default is a service without fault and tokens of an hour.
///
/// As JSON this is what `POST /faults` patches: the keys that are given replace the present values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// How long tokens live, in seconds; embed tokens inherit what is left of the Entra token's life.
    pub token_life_s: f64,
    /// Embed tokens die this many seconds after minting, whatever `expiration` says.
    pub real_life_s: Option<f64>,
    /// Trouble with Entra's token endpoint.
    pub entra: Trouble,
    /// Trouble with the REST API.
    pub api: Trouble,
    /// Trouble with `GET /reportEmbed`.
    pub report: Trouble,
    /// Trouble with the visuals' data.
    pub data: Trouble,
    /// Trouble with the customer's token service.
    pub token_service: Trouble,
    /// Trouble with the portal's pages.
    pub portal: Trouble,
    /// Entra refuses with this AADSTS number, such as 7000222.
    pub entra_refusal: Option<u32>,
    /// The REST API refuses every request with a good token.
    pub api_refusal: Option<Refusal>,
    /// The token service refuses with this status.
    pub token_service_refusal: Option<u16>,
    /// The report page is answered this late, in milliseconds.
    pub report_delay_ms: u64,
    /// A visual asks for its data this often, in milliseconds.
    pub poll_ms: u64,
    /// The value of `frame-ancestors` in the report page's Content-Security-Policy.
    pub frame_ancestors: Option<String>,
    /// Whether an expired token makes the page send the SDK's `error` event.
    pub sdk_sign: Switch,
    /// What an expired data request is answered.
    pub http_sign: HttpSign,
    /// Where a visual with an expired token says so.
    pub text_sign: TextSign,
    /// Error words in the report's own table.
    pub error_words: ErrorWords,
    /// What becomes of `POST /report/token`.
    pub token_message: TokenMessage,
    pub rendering: Rendering,
    /// One visual throws an exception every second.
    pub throwing_visual: Switch,
    /// The report page sends this error right after it was loaded, and does not render.
    pub report_error: Option<Error>,
    /// The report page watches its animation frames, and tells of them when it is to stop.
    pub frame_watch: Switch,
    /// The cross-origin frame of the portal's board shows the error text.
    pub board_error: Switch,
    pub network: Network,
    /// Hosts that the proxy cuts off: their open connections end, new ones are refused with 502.
    pub unreachable: BTreeSet<String>,
    /// The report's host shows a certificate that nobody was told to trust.
    pub bad_certificate: Switch,
    /// What comes over the report page next. Each is taken once, by the page that gets the next
    /// fresh data, so that the page after it is healthy.
    pub moods: Vec<Mood>,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            token_life_s: 3600.0,
            real_life_s: None,
            entra: Trouble::None,
            api: Trouble::None,
            report: Trouble::None,
            data: Trouble::None,
            token_service: Trouble::None,
            portal: Trouble::None,
            entra_refusal: None,
            api_refusal: None,
            token_service_refusal: None,
            report_delay_ms: 0,
            poll_ms: 1000,
            frame_ancestors: None,
            sdk_sign: Switch::On,
            http_sign: HttpSign::Forbidden,
            text_sign: TextSign::Document,
            error_words: ErrorWords::None,
            token_message: TokenMessage::Accepted,
            rendering: Rendering::Normal,
            throwing_visual: Switch::Off,
            report_error: None,
            frame_watch: Switch::Off,
            board_error: Switch::Off,
            network: Network::Up,
            unreachable: BTreeSet::new(),
            bad_certificate: Switch::Off,
            moods: Vec::new(),
        }
    }
}

impl Faults {
    /// Replaces the values whose keys are in `patch`.
    pub(crate) fn patched(&self, patch: serde_json::Value) -> anyhow::Result<Self> {
        let serde_json::Value::Object(patch) = patch else {
            anyhow::bail!("a JSON object is expected");
        };
        let mut all = serde_json::to_value(self)?;
        for (key, value) in patch {
            all[key] = value;
        }
        Ok(serde_json::from_value(all)?)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Switch {
    #[default]
    Off,
    On,
}

/// Trouble that hits every request to one host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    #[default]
    None,
    /// 429 with this `Retry-After`.
    Throttle { retry_after_s: u32 },
    /// This status with an empty body, such as 500 or 503.
    Status(u16),
    /// The answer comes this late.
    Late { ms: u32 },
    /// The request is taken and never answered.
    Hang,
    /// 200 with the HTML of a hotel's captive portal.
    Garbage,
}

/// How the REST API refuses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    pub status: u16,
    pub code: String,
    pub form: ErrorForm,
}

impl Refusal {
    /// The principal is not a member of the workspace.
    #[must_use]
    pub fn group_not_accessible() -> Self {
        Self::new(401, "GroupNotAccessible", ErrorForm::HeaderAndBody)
    }

    /// The report was deleted, or the principal may not see it.
    #[must_use]
    pub fn entity_not_found() -> Self {
        Self::new(404, "PowerBIEntityNotFound", ErrorForm::HeaderAndBody)
    }

    /// 403 without a body; only a header names the reason.
    #[must_use]
    pub fn empty_forbidden() -> Self {
        Self::new(403, "PowerBINotAuthorizedException", ErrorForm::HeaderOnly)
    }

    fn new(status: u16, code: &str, form: ErrorForm) -> Self {
        Self {
            status,
            code: code.to_owned(),
            form,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorForm {
    HeaderAndBody,
    HeaderOnly,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HttpSign {
    /// 403 with header and body.
    #[default]
    Forbidden,
    /// 200 with the error in the body only.
    OkWithError,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextSign {
    /// The visual keeps its last picture.
    Off,
    /// An error box in the page.
    #[default]
    Document,
    /// An error box inside an open shadow root.
    ShadowRoot,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorWords {
    #[default]
    None,
    /// Table rows of a log that mention the words.
    Mentioned,
    /// A table row and a card that look exactly like a visual's error.
    Identical,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenMessage {
    #[default]
    Accepted,
    /// Answered 400; the page keeps its old token.
    Rejected,
    /// Never answered; the page keeps its old token.
    Unanswered,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rendering {
    #[default]
    Normal,
    /// Draws nothing and never sends `rendered`.
    Never,
}

/// An error event of the report page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Error {
    /// Such as `LoadReportFailed`.
    pub message: String,
    pub detailed_message: String,
}

/// What can come over a report page that was fine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mood {
    /// Runs in a circle for ever and answers nothing.
    Busy,
    /// Covers everything with white, and goes on working.
    White,
    /// Covers everything with black, and goes on working.
    Black,
    /// Takes more and more memory and writes into it.
    Hog,
    /// Takes so many MB, writes into them, keeps them, and goes on working.
    Grown(u32),
}

/// Whether the proxy connects at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Network {
    #[default]
    Up,
    /// Open connections are cut and new ones refused.
    Down,
}
