//! Carries out the player's orders.

use std::{cell::Cell, rc::Rc, time::Duration};

use secrecy::{ExposeSecret, SecretString};
use tracing::debug;
use webkit2gtk::WebViewExt;

use crate::{
    player::{
        BeatId, EmbedPlan, Event, Look, OpId, Operation, Outcome, PageEvent, PageFailure, PageId,
        PagePlan, Slate, ViewOrder, WebProcessEnd,
    },
    settings::Cursor,
};

use super::{
    context,
    engine::NOTHING,
    guard, host,
    ping::ping,
    plate,
    script::{World, call},
    slate,
    stage::{Coming, Document, Frame, Life, Progress, Shown, Source, Stage},
};

/// The SDK waits for ever for an answer that does not come.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);
/// A document of our own begins soon after its load has started.
const START_LIMIT: Duration = Duration::from_secs(10);

const SLATE_LOOK: Look = Look {
    zoom: 1.0,
    cursor: Cursor::Hidden,
};

impl Stage {
    pub(super) fn carry_out(self: &Rc<Self>, order: ViewOrder) {
        match order {
            ViewOrder::ShowReport { page, plan } => self.show_report(page, plan),
            ViewOrder::ShowPage { page, plan } => self.show_page(page, *plan),
            ViewOrder::ShowSlate { page, slate } => self.show_slate(page, &slate),
            ViewOrder::ShowNothing { page } => self.show_nothing(page),
            ViewOrder::Operate {
                page,
                op,
                operation,
            } => self.operate(page, op, &operation),
            ViewOrder::Beat(beat) => self.beat(beat),
            ViewOrder::EndWebProcess => self.end_web_process(),
            ViewOrder::ForgetContent => {
                context::forget_content(&self.context);
                self.forget_pictures();
            }
            ViewOrder::Inspect { page } => self.inspect(page),
            ViewOrder::Cover => self.pane.cover(),
            ViewOrder::Uncover => self.pane.uncover(),
            ViewOrder::ShowAge(age) => self.pane.show_age(age),
            ViewOrder::HideAge => self.pane.hide_age(),
            ViewOrder::ShowPlate(plate) => {
                self.pane
                    .show_plate(plate::Face::of(&plate, self.options.address));
            }
            ViewOrder::HidePlate => self.pane.hide_plate(),
        }
    }

    fn show_report(self: &Rc<Self>, page: PageId, plan: Box<EmbedPlan>) {
        self.show(Coming {
            page,
            look: plan.look,
            source: Source::Text(host::page(&plan)),
            document: Document::Report(plan),
        });
    }

    fn show_page(self: &Rc<Self>, page: PageId, plan: PagePlan) {
        self.show(Coming {
            page,
            look: plan.look,
            source: Source::Address(plan.url.to_string()),
            document: Document::Page(plan),
        });
    }

    fn show_slate(self: &Rc<Self>, page: PageId, slate: &Slate) {
        let text = slate::page(slate, self.options.address);
        self.show(Coming {
            page,
            look: SLATE_LOOK,
            source: Source::Text(text),
            document: Document::Slate,
        });
    }

    fn show_nothing(self: &Rc<Self>, page: PageId) {
        self.show(Coming {
            page,
            look: SLATE_LOOK,
            source: Source::Address(NOTHING.to_owned()),
            document: Document::Nothing,
        });
    }

    /// Loads a document, once the load before it has got far enough.
    fn show(self: &Rc<Self>, coming: Coming) {
        if self.is_settled() {
            return self.begin(coming);
        }
        let page = coming.page;
        *self.coming.borrow_mut() = Some(coming);
        self.limit_waiting(page);
    }

    /// A load that has not even started is waited for: when it does, its signals would be taken
    /// for the next page's. The player ends a web process that neither starts nor answers.
    fn limit_waiting(self: &Rc<Self>, page: PageId) {
        let stage = Rc::clone(self);
        glib::timeout_add_local_once(START_LIMIT, move || {
            if stage.coming.borrow().as_ref().map(|coming| coming.page) != Some(page) {
                return;
            }
            if stage.progress() < Progress::Started {
                stage.limit_waiting(page);
            } else {
                stage.begin_coming();
            }
        });
    }

    /// Loads what waits, if the load before it has got far enough.
    pub(super) fn settle(&self) {
        if self.is_settled() {
            self.begin_coming();
        }
    }

    /// Whether another load may begin.
    ///
    /// When WebKit has two loads to ask about at the same time, the page of the second one is
    /// sometimes committed and never gets its text. And a document that is made after the guard of
    /// the next one was installed would speak in its name.
    fn is_settled(&self) -> bool {
        let shown = self.shown.borrow();
        let far_enough = match shown.document {
            Document::Nothing => Progress::Committed,
            Document::Slate | Document::Report(_) => Progress::Begun,
            // Its server may take for ever; the load is stopped instead.
            Document::Page(_) => Progress::Started,
        };
        self.web_process.get() == Life::Ended || shown.progress >= far_enough
    }

    fn begin_coming(&self) {
        let coming = self.coming.borrow_mut().take();
        if let Some(coming) = coming {
            self.begin(coming);
        }
    }

    /// From here on, everything that happens belongs to the new page.
    fn begin(&self, coming: Coming) {
        let Coming {
            page,
            document,
            look,
            source,
        } = coming;
        if matches!(document, Document::Slate) {
            // It has something to say that a picture of yesterday must not hide.
            self.pane.uncover();
        }
        self.view.web.stop_loading();
        guard::install(&self.view.content, page, &document, look.cursor);
        self.view.web.set_zoom_level(look.zoom);
        self.web_process.set(Life::Alive);
        *self.shown.borrow_mut() = Shown::new(page, document);
        match source {
            Source::Text(html) => self.view.web.load_html(&html, Some(host::ADDRESS)),
            Source::Address(url) => self.view.web.load_uri(&url),
        }
    }

    /// The host page is ready: hands it the report and the token.
    pub(super) fn embed_report(self: &Rc<Self>) {
        let (configuration, token, limit) = match &self.shown.borrow().document {
            Document::Report(plan) => {
                let configuration = host::configuration(plan);
                (configuration, plan.token.clone(), plan.frame_limit)
            }
            Document::Nothing | Document::Slate | Document::Page(_) => return,
        };
        let page = self.page();
        let stage = Rc::clone(self);
        glib::timeout_add_local_once(limit, move || stage.miss_frame(page));
        let stage = Rc::clone(self);
        call(
            &self.view.web,
            World::Page,
            "return await everlit.embed(plan, token)",
            &[("plan", &configuration), ("token", token.expose_secret())],
            move |answer| {
                if let Some(words) = answer.filter(|words| !words.is_empty()) {
                    stage.tell_of(page, PageEvent::Failed(cannot_embed(words)));
                }
            },
        );
    }

    /// WebKit gives no signal for a frame whose server is dead or not trusted: silence is the sign.
    fn miss_frame(&self, page: PageId) {
        if page == self.page() && self.shown.borrow().frame == Frame::Silent {
            let url = host::ADDRESS.to_owned();
            let reason = "nothing came back for the report's frame".to_owned();
            self.tell_of(
                page,
                PageEvent::Failed(PageFailure::NotLoaded { url, reason }),
            );
        }
    }

    fn operate(self: &Rc<Self>, page: PageId, op: OpId, operation: &Operation) {
        if page != self.page() {
            debug!(?page, ?op, "an operation came too late for its page");
            return;
        }
        let no_token = SecretString::default();
        let (body, token) = match operation {
            Operation::SetToken(token) => ("return await everlit.setToken(token)", token),
            Operation::ReloadReport => ("return await everlit.reload()", &no_token),
            Operation::EmbedAgain(token) => ("return await everlit.embedAgain(token)", token),
        };
        let answer = self.first_answer(page, op);
        let late = answer.clone();
        glib::timeout_add_local_once(ANSWER_LIMIT, move || late(Outcome::Unanswered));
        let arguments = [("token", token.expose_secret())];
        call(
            &self.view.web,
            World::Page,
            body,
            &arguments,
            move |words| {
                answer(match words {
                    Some(words) if words.is_empty() => Outcome::Done,
                    Some(words) => Outcome::Rejected(words),
                    None => Outcome::Unanswered,
                });
            },
        );
    }

    /// Tells the first answer to an operation and drops every later one.
    fn first_answer(self: &Rc<Self>, page: PageId, op: OpId) -> impl Fn(Outcome) + Clone + 'static {
        let stage = Rc::clone(self);
        let is_open = Rc::new(Cell::new(true));
        move |outcome| {
            if is_open.replace(false) {
                stage.tell_of(page, PageEvent::Answered { op, outcome });
            }
        }
    }

    fn beat(self: &Rc<Self>, beat: BeatId) {
        self.watch_network_process();
        self.watch_memory();
        let stage = Rc::clone(self);
        ping(&self.view.web, move || {
            stage.report(Event::BeatAnswered(beat));
        });
    }

    /// WebKit itself looks more rarely.
    fn watch_memory(&self) {
        let own_mb = self.web_memory.megabytes().unwrap_or_default();
        if context::is_beyond(self.options.memory_limit_mb, own_mb) {
            debug!(own_mb, "the web process has grown beyond all measure");
            self.report(Event::WebProcessOutgrown);
        }
    }

    fn end_web_process(&self) {
        match self.web_process.get() {
            // WebKit's signal tells when it has ended.
            Life::Alive => self.view.web.terminate_web_process(),
            Life::Ended => self.report(Event::WebProcessEnded(WebProcessEnd::Asked)),
        }
    }
}

fn cannot_embed(words: String) -> PageFailure {
    PageFailure::Report {
        message: "CannotEmbed".to_owned(),
        detail: words,
    }
}
