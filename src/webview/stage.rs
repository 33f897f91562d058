//! What is on the view right now, and the events that belong to it.

use std::{
    cell::{Cell, RefCell},
    collections::HashSet,
    rc::Rc,
};

use anyhow::Result;
use tao::window::Window;
use tracing::{debug, warn};
use webkit2gtk::{LoadEvent, WebContext, WebViewExt};

use crate::{
    player::{EmbedPlan, Event, Look, PageEvent, PageFailure, PageId, PagePlan, Sign},
    settings::Network,
};

use super::{
    ViewOptions, context,
    engine::Engine,
    guard::{Note, ReportError, Sighting},
    handle::Request,
    network_process::Watched,
    pane::Pane,
    policy,
    process::{self, WebMemory},
    signals,
    view::View,
};

/// The view with everything around it.
pub(super) struct Stage {
    pub(super) view: View,
    pub(super) pane: Rc<Pane>,
    pub(super) context: WebContext,
    pub(super) options: ViewOptions,
    pub(super) shown: RefCell<Shown>,
    /// Waits until the load of `shown` has got far enough.
    pub(super) coming: RefCell<Option<Coming>>,
    pub(super) web_process: Cell<Life>,
    pub(super) web_memory: WebMemory,
    /// Gives up every look at the page that is not done yet.
    pub(super) looking: RefCell<gio::Cancellable>,
    /// How often GTK has drawn the view.
    pub(super) drawings: Cell<u64>,
    pub(super) network_process: Cell<Watched>,
    pub(super) network: RefCell<Network>,
    pub(super) trusted: RefCell<context::Trusted>,
    report: Box<dyn Fn(Event)>,
    _window: Window,
}

/// The page on the view; its number goes into every event about it.
pub(super) struct Shown {
    pub(super) page: PageId,
    pub(super) document: Document,
    pub(super) progress: Progress,
    pub(super) frame: Frame,
    frames_with_text: HashSet<u32>,
}

/// A document on its way to the view.
pub(super) struct Coming {
    pub(super) page: PageId,
    pub(super) document: Document,
    pub(super) look: Look,
    pub(super) source: Source,
}

/// Where a document's text comes from.
pub(super) enum Source {
    Text(String),
    Address(String),
}

pub(super) enum Document {
    Nothing,
    Slate,
    Report(Box<EmbedPlan>),
    Page(PagePlan),
}

/// How far the page's document has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Progress {
    Asked,
    Started,
    /// The document is the one in the view.
    Committed,
    /// Its guard runs.
    Begun,
    /// It was loaded to its end and painted.
    Painted,
}

/// Whether anything came back for the report's frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Frame {
    Silent,
    Answered,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    Alive,
    Ended,
}

impl Shown {
    pub(super) fn new(page: PageId, document: Document) -> Self {
        Self {
            page,
            document,
            progress: Progress::Asked,
            frame: Frame::Silent,
            frames_with_text: HashSet::new(),
        }
    }
}

impl Stage {
    pub(super) fn open(
        engine: Engine,
        window: Window,
        options: ViewOptions,
        report: Box<dyn Fn(Event)>,
    ) -> Result<Rc<Self>> {
        let Engine {
            context,
            trusted,
            anchor,
            unused,
        } = engine;
        let pane = Pane::over(&window)?;
        let view = View::build(anchor, unused, pane.container())?;
        let stage = Rc::new(Self {
            view,
            pane,
            context,
            network_process: Cell::new(Watched::Nobody),
            network: RefCell::new(options.network.clone()),
            trusted: RefCell::new(trusted),
            options,
            shown: RefCell::new(Shown::new(PageId::default(), Document::Nothing)),
            coming: RefCell::new(None),
            web_process: Cell::new(Life::Alive),
            web_memory: WebMemory::default(),
            looking: RefCell::default(),
            drawings: Cell::default(),
            report,
            _window: window,
        });
        stage.await_process();
        signals::connect(&stage);
        policy::connect(&stage);
        Ok(stage)
    }

    /// What is ordered until the first web process is up waits, so that only the last of it is loaded.
    fn await_process(self: &Rc<Self>) {
        let stage = Rc::clone(self);
        self.view.anchor.connect_load_changed(move |_, event| {
            if event == LoadEvent::Committed && stage.page() == PageId::default() {
                stage.advance(Progress::Committed);
                stage.settle();
            }
        });
    }

    pub(super) fn serve(self: &Rc<Self>, request: Request) {
        match request {
            Request::Order(order) => self.carry_out(order),
            Request::Network(network) => self.change_network(network),
            Request::Picture(answer) => self.photograph(answer),
            Request::Exit(_) => self.close(),
        }
    }

    fn change_network(&self, network: Network) {
        let earlier = self.network.replace(network);
        let trusted = &mut self.trusted.borrow_mut();
        context::change_network(&self.context, trusted, &earlier, &self.network.borrow());
    }

    /// Ends WebKit's processes: a hung one would outlive ours.
    pub(super) fn close(&self) {
        self.view.web.terminate_web_process();
        process::end_children();
    }

    pub(super) fn report(&self, event: Event) {
        (self.report)(event);
    }

    /// Tells something about the page that is on the view now.
    pub(super) fn tell(&self, event: PageEvent) {
        self.tell_of(self.page(), event);
    }

    /// Tells something about a page, unless another one has taken its place.
    pub(super) fn tell_of(&self, page: PageId, event: PageEvent) {
        if page == self.page() {
            self.report(Event::Page { page, event });
        } else {
            debug!(?page, ?event, "dropped an event of an earlier page");
        }
    }

    pub(super) fn page(&self) -> PageId {
        self.shown.borrow().page
    }

    pub(super) fn progress(&self) -> Progress {
        self.shown.borrow().progress
    }

    pub(super) fn advance(&self, progress: Progress) {
        let shown = &mut self.shown.borrow_mut().progress;
        *shown = (*shown).max(progress);
    }

    /// Takes what the guard saw in some frame of some page.
    pub(super) fn note(self: &Rc<Self>, note: Note) {
        if note.page != self.page().0 {
            return;
        }
        match note.sighting {
            Sighting::Begun => {
                self.advance(Progress::Begun);
                self.settle();
            }
            Sighting::Ready => {
                debug!(page = ?self.page(), "the host page is ready");
                self.embed_report();
            }
            Sighting::Painted => self.note_painted(),
            Sighting::Text => self.note_text(note.frame),
            Sighting::TextGone => self.note_text_gone(note.frame),
            Sighting::Touched => self.report(Event::ViewerInteracted),
            Sighting::ReportRendered => self.tell(PageEvent::Rendered),
            Sighting::ReportError(error) => self.note_report_error(error),
        }
    }

    fn note_painted(&self) {
        self.advance(Progress::Painted);
        let is_picture = match self.shown.borrow().document {
            Document::Slate | Document::Page(_) => true,
            // The host page alone is empty; the report says itself when it is rendered.
            Document::Nothing | Document::Report(_) => false,
        };
        if is_picture {
            self.tell(PageEvent::Rendered);
        }
    }

    fn note_text(&self, frame: u32) {
        self.shown.borrow_mut().frames_with_text.insert(frame);
        self.tell(PageEvent::ExpirySeen(Sign::Text));
    }

    fn note_text_gone(&self, frame: u32) {
        let is_gone = {
            let frames = &mut self.shown.borrow_mut().frames_with_text;
            frames.remove(&frame) && frames.is_empty()
        };
        if is_gone {
            self.tell(PageEvent::ExpiryTextGone);
        }
    }

    fn note_report_error(&self, error: ReportError) {
        match judge(&error) {
            Judgement::Expired => self.tell(PageEvent::ExpirySeen(Sign::Sdk)),
            Judgement::Fatal => self.tell(PageEvent::Failed(PageFailure::Report {
                message: error.message,
                detail: error.detail,
            })),
            Judgement::Minor => {
                warn!(
                    error.message,
                    error.detail, error.code, "a part of the report failed"
                );
            }
        }
    }
}

/// What an SDK error means for the whole report.
#[derive(Debug, PartialEq, Eq)]
enum Judgement {
    Expired,
    Fatal,
    /// One visual failed; the rest is fine.
    Minor,
}

const EXPIRED: &str = "TokenExpired";
const EXPIRED_WORDS: &str = "Access token has expired, resubmit with a new access token";
const FATAL: [&str; 7] = [
    "LoadReportFailed",
    "PowerBIEntityNotFound",
    "PowerBINotAuthorizedException",
    "ExplorationContainer_FailedToLoadModel_DefaultDetails",
    "FailedToLoadModel",
    "OpenConnectionError",
    "InvalidToken",
];
/// `TraceType.Fatal` of the SDK.
const FATAL_LEVEL: i64 = 6;

fn judge(error: &ReportError) -> Judgement {
    if error.message == EXPIRED || error.detail.starts_with(EXPIRED_WORDS) {
        Judgement::Expired
    } else if FATAL.contains(&error.message.as_str()) || error.level == Some(FATAL_LEVEL) {
        Judgement::Fatal
    } else {
        Judgement::Minor
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(message: &str, detail: &str, level: Option<i64>) -> ReportError {
        ReportError {
            message: message.to_owned(),
            detail: detail.to_owned(),
            code: "N/A".to_owned(),
            level,
        }
    }

    #[test]
    fn an_expired_token_is_known_by_its_message_and_not_by_its_code() {
        assert_eq!(judge(&error(EXPIRED, "", Some(6))), Judgement::Expired);
        assert_eq!(judge(&error("x", EXPIRED_WORDS, None)), Judgement::Expired);
    }

    #[test]
    fn one_broken_visual_does_not_fail_the_report() {
        assert_eq!(
            judge(&error("CouldntRetrieveData", "visual", Some(3))),
            Judgement::Minor
        );
        assert_eq!(
            judge(&error("LoadReportFailed", "", None)),
            Judgement::Fatal
        );
        assert_eq!(judge(&error("anything", "", Some(6))), Judgement::Fatal);
    }
}
