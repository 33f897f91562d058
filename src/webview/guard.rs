//! The guard: our script in every frame, in a world that pages cannot see, and what it tells.

use std::{cell::Cell, rc::Rc, time::Duration};

use serde::Deserialize;
use serde_json::json;
use webkit2gtk::{
    UserContentInjectedFrames::AllFrames, UserContentManager, UserContentManagerExt, UserScript,
    UserScriptInjectionTime, UserStyleLevel, UserStyleSheet,
};

use crate::{player::PageId, settings::Cursor};

use super::stage::Document;

pub(super) const WORLD: &str = "everlit-guard";
pub(super) const CHANNEL: &str = "guard";

const SCRIPT: &str = include_str!("guard.js");
const SHADOW_SCRIPT: &str = include_str!("shadow.js");
const NO_CURSOR: &str = "*, *::before, *::after { cursor: none !important; }";

/// Longer ones cannot come from the guard.
const LONGEST_NOTE: usize = 4096;
const NOTES_PER_SECOND: u32 = 200;

/// One message of the guard.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// The page whose document the guard was put into.
    pub page: u64,
    /// A number of the frame's own.
    pub frame: u32,
    pub sighting: Sighting,
}

impl Note {
    /// Reads one message; `None` for anything that our guard would not have sent.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > LONGEST_NOTE {
            return None;
        }
        serde_json::from_str(text)
            .inspect_err(|error| tracing::warn!(%error, "a frame sent something strange"))
            .ok()
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Sighting {
    /// The main frame's document is there, and still empty.
    Begun,
    /// The main frame's document is complete.
    Ready,
    /// The main frame was loaded and painted.
    Painted,
    /// The expiry text is in this frame.
    Text,
    TextGone,
    /// A viewer touched something.
    Touched,
    ReportRendered,
    ReportError(ReportError),
}

/// The SDK's `error` event.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportError {
    pub message: String,
    pub detail: String,
    pub code: String,
    pub level: Option<i64>,
}

/// Makes the next document loaded a page of this number.
pub(super) fn install(
    content: &UserContentManager,
    page: PageId,
    document: &Document,
    cursor: Cursor,
) {
    let (kind, hosts): (&str, &[String]) = match document {
        Document::Nothing | Document::Slate => ("slate", &[]),
        Document::Report(plan) => ("report", &plan.embed_hosts),
        Document::Page(_) => ("page", &[]),
    };
    let plan = json!({ "page": page.0, "kind": kind, "hosts": hosts });
    let script = format!("({})({plan});", SCRIPT.trim_end());
    let at_start = UserScriptInjectionTime::Start;
    content.remove_all_scripts();
    content.add_script(&UserScript::for_world(
        &script,
        AllFrames,
        at_start,
        WORLD,
        &[],
        &[],
    ));
    content.add_script(&UserScript::new(
        SHADOW_SCRIPT,
        AllFrames,
        at_start,
        &[],
        &[],
    ));
    content.remove_all_style_sheets();
    match cursor {
        // The window's own cursor comes back as soon as it moves over the page.
        Cursor::Hidden => content.add_style_sheet(&UserStyleSheet::new(
            NO_CURSOR,
            AllFrames,
            UserStyleLevel::User,
            &[],
            &[],
        )),
        Cursor::Shown => {}
    }
}

/// A page that makes the guard talk without end must not keep the daemon busy.
#[derive(Debug, Clone, Default)]
pub(super) struct Budget {
    spent: Rc<Cell<u32>>,
}

impl Budget {
    /// Whether one more message is taken in this second.
    pub(super) fn spend(&self) -> bool {
        let spent = self.spent.get();
        if spent == 0 {
            let counter = Rc::clone(&self.spent);
            glib::timeout_add_local_once(Duration::from_secs(1), move || counter.set(0));
        }
        self.spent.set(spent.saturating_add(1));
        spent < NOTES_PER_SECOND
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn nothing_that_a_frame_sends_is_taken_for_more_than_it_says(
            page in any::<u64>(), frame in any::<u32>(), level in any::<Option<i64>>(), message in any::<String>(),
        ) {
            let error = json!({ "message": message, "detail": "", "code": "", "level": level });
            let note = json!({ "page": page, "frame": frame, "sighting": { "report_error": error } });
            let text = note.to_string();
            let read = Note::parse(&text);
            prop_assert_eq!(read.is_some(), text.len() <= LONGEST_NOTE);
            if let Some(Note { page: read_page, frame: read_frame, sighting: Sighting::ReportError(read) }) = read {
                prop_assert_eq!((read_page, read_frame, read.level, read.message), (page, frame, level, message));
            }
        }

        #[test]
        fn no_text_is_too_strange_for_a_note(text in r#"([\{\}\[\]:,"0-9e.-]|page|frame|sighting|report_error|text|null|é){0,60}"#) {
            // Words in a row make no note: it needs all three names with fitting values.
            if let Some(note) = Note::parse(&text) {
                prop_assert!(text.contains("page") && text.contains("frame"), "{:?}", note);
            }
        }
    }

    #[test]
    fn notes_are_read_and_strangers_are_not() {
        let note = Note::parse(r#"{"page":7,"frame":1,"sighting":"text"}"#).unwrap();
        assert_eq!(note.page, 7);
        assert!(matches!(note.sighting, Sighting::Text));
        assert!(Note::parse(r#"{"page":7,"frame":1,"sighting":"reboot"}"#).is_none());
        assert!(Note::parse(r#"{"page":7,"frame":1,"sighting":"text","more":1}"#).is_none());
        assert!(Note::parse(&" ".repeat(5000)).is_none());
    }
}
