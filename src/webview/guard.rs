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
pub(super) struct Note {
    /// The page whose document the guard was put into.
    pub(super) page: u64,
    /// A number of the frame's own.
    pub(super) frame: u32,
    pub(super) sighting: Sighting,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Sighting {
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
pub(super) struct ReportError {
    pub(super) message: String,
    pub(super) detail: String,
    pub(super) code: String,
    pub(super) level: Option<i64>,
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

/// Reads one message; `None` for anything that our guard would not have sent.
pub(super) fn read(text: &str) -> Option<Note> {
    if text.len() > LONGEST_NOTE {
        return None;
    }
    serde_json::from_str(text)
        .inspect_err(|error| tracing::warn!(%error, "a frame sent something strange"))
        .ok()
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
    use super::*;

    #[test]
    fn notes_are_read_and_strangers_are_not() {
        let note = read(r#"{"page":7,"frame":1,"sighting":"text"}"#).unwrap();
        assert_eq!(note.page, 7);
        assert!(matches!(note.sighting, Sighting::Text));
        assert!(read(r#"{"page":7,"frame":1,"sighting":"reboot"}"#).is_none());
        assert!(read(r#"{"page":7,"frame":1,"sighting":"text","more":1}"#).is_none());
        assert!(read(&" ".repeat(5000)).is_none());
    }
}
