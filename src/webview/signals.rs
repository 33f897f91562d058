//! WebKit's signals, turned into events.

use std::{cell::Cell, rc::Rc, time::Duration};

use gio::TlsCertificateFlags;
use glib::Error;
use gtk::prelude::WidgetExt;
use javascriptcore::ValueExt;
use tracing::{debug, warn};
use url::Url;
use webkit2gtk::{
    LoadEvent, NetworkError, PluginError, PolicyError, URIResponse, URIResponseExt,
    UserContentManagerExt, WebProcessTerminationReason, WebResource, WebResourceExt, WebViewExt,
};

use crate::player::{Event, PageEvent, PageFailure, PageId, Sign, WebProcessEnd};

use super::{
    guard, hosts, policy,
    stage::{Document, Frame, Life, Progress, Stage},
};

/// One expiry is answered with as many refusals as the report has visuals.
const REFUSAL_PAUSE: Duration = Duration::from_millis(100);

pub(super) fn connect(stage: &Rc<Stage>) {
    connect_guard(stage);
    connect_loading(stage);
    connect_failures(stage);
    connect_resources(stage);
    connect_process(stage);
    connect_drawing(stage);
}

fn connect_drawing(stage: &Rc<Stage>) {
    let own = Rc::clone(stage);
    stage.view.web.connect_draw(move |_, _| {
        own.drawings.set(own.drawings.get() + 1);
        glib::Propagation::Proceed
    });
}

fn connect_guard(stage: &Rc<Stage>) {
    let content = &stage.view.content;
    let own = Rc::clone(stage);
    let budget = guard::Budget::default();
    content.connect_script_message_received(Some(guard::CHANNEL), move |_, message| {
        let Some(value) = message.js_value().filter(|_| budget.spend()) else {
            return;
        };
        if let Some(note) = guard::Note::parse(&value.to_str()) {
            own.note(note);
        }
    });
    content.register_script_message_handler_in_world(guard::CHANNEL, guard::WORLD);
}

fn connect_loading(stage: &Rc<Stage>) {
    let web = &stage.view.web;
    let own = Rc::clone(stage);
    web.connect_load_changed(move |web, event| {
        debug!(?event, uri = %web.uri().unwrap_or_default(), page = ?own.page(), "load changed");
        if event == LoadEvent::Started {
            own.advance(Progress::Started);
        } else if event == LoadEvent::Committed && own.progress() >= Progress::Started {
            own.advance(Progress::Committed);
            own.web_memory.look_again();
            own.view.set_ground(&own.shown.borrow().document);
        }
        own.settle();
        own.watch_network_process();
    });
    let own = Rc::clone(stage);
    web.connect_title_notify(move |web| {
        let is_page = matches!(own.shown.borrow().document, Document::Page(_));
        let title = web.title().unwrap_or_default();
        if is_page && own.progress() >= Progress::Committed && !title.is_empty() {
            own.tell(PageEvent::TitleChanged(title.into()));
        }
    });
}

fn connect_failures(stage: &Rc<Stage>) {
    let web = &stage.view.web;
    let own = Rc::clone(stage);
    web.connect_load_failed(move |_, _, uri, error| {
        if is_our_doing(error) {
            debug!(%error, "a load was ended on purpose");
        } else {
            own.tell(PageEvent::Failed(not_loaded(uri, error.message())));
        }
        // Otherwise WebKit shows an error page of its own.
        true
    });
    let own = Rc::clone(stage);
    web.connect_load_failed_with_tls_errors(move |_, uri, _, flaws| {
        own.tell(PageEvent::Failed(not_loaded(uri, &distrust(uri, flaws))));
        true
    });
}

/// Our own policy, and a newer load, end loads too.
fn is_our_doing(error: &Error) -> bool {
    error.matches(NetworkError::Cancelled)
        || error.matches(PolicyError::FrameLoadInterruptedByPolicyChange)
        || error.matches(PluginError::WillHandleLoad)
}

fn connect_resources(stage: &Rc<Stage>) {
    let own = Rc::clone(stage);
    let refusals = Rc::new(Cell::new(Pause::Over));
    stage
        .view
        .web
        .connect_resource_load_started(move |_, resource, _| {
            // Until then what loads belongs to the earlier page; the main document is policy's matter.
            if own.progress() < Progress::Committed {
                return;
            }
            let page = own.page();
            let stage = Rc::clone(&own);
            let refusals = Rc::clone(&refusals);
            resource.connect_response_notify(move |resource| {
                if let Some(response) = resource.response() {
                    stage.note_response(page, &response, &refusals);
                }
            });
            let stage = Rc::clone(&own);
            resource.connect_failed(move |resource, error| {
                if !is_our_doing(error) {
                    stage.note_frame_failure(page, resource, error.message());
                }
            });
            let stage = Rc::clone(&own);
            resource.connect_failed_with_tls_errors(move |resource, _, flaws| {
                let uri = resource.uri().unwrap_or_default();
                stage.note_frame_failure(page, resource, &distrust(&uri, flaws));
            });
        });
}

fn connect_process(stage: &Rc<Stage>) {
    let own = Rc::clone(stage);
    stage
        .view
        .web
        .connect_web_process_terminated(move |_, reason| {
            let end = if reason == WebProcessTerminationReason::ExceededMemoryLimit {
                WebProcessEnd::TooMuchMemory
            } else if reason == WebProcessTerminationReason::TerminatedByApi {
                WebProcessEnd::Asked
            } else {
                WebProcessEnd::Crashed
            };
            own.coming.borrow_mut().take();
            if own.web_process.replace(Life::Ended) == Life::Alive {
                own.report(Event::WebProcessEnded(end));
            }
        });
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pause {
    On,
    Over,
}

impl Stage {
    /// The status of everything that a committed page loads, in all frames.
    fn note_response(&self, page: PageId, response: &URIResponse, refusals: &Rc<Cell<Pause>>) {
        let status = u16::try_from(response.status_code()).unwrap_or_default();
        let Some(url) = response.uri().and_then(|uri| Url::parse(&uri).ok()) else {
            return;
        };
        if page == self.page() && self.is_power_bi(&url) {
            self.shown.borrow_mut().frame = Frame::Answered;
        }
        if status < 400 {
            return;
        }
        if matches!(status, 401 | 403) && self.is_power_bi(&url) {
            self.note_refusal(page, response, &url, refusals);
        } else if self.is_report_frame(&url) {
            let url = policy::without_query(url);
            self.tell_of(
                page,
                PageEvent::Failed(PageFailure::HttpStatus { url, status }),
            );
        }
    }

    fn note_refusal(
        &self,
        page: PageId,
        response: &URIResponse,
        url: &Url,
        refusals: &Rc<Cell<Pause>>,
    ) {
        if let Some(code) = other_refusal(response) {
            warn!(host = url.host_str(), code, "Power BI refused a request");
            return;
        }
        if refusals.replace(Pause::On) == Pause::On {
            return;
        }
        let pause = Rc::clone(refusals);
        glib::timeout_add_local_once(REFUSAL_PAUSE, move || pause.set(Pause::Over));
        self.tell_of(page, PageEvent::ExpirySeen(Sign::Http));
    }

    fn is_power_bi(&self, url: &Url) -> bool {
        let Some(host) = url.host_str() else {
            return false;
        };
        let is_embed_host = match &self.shown.borrow().document {
            Document::Report(plan) => hosts::any_covers(&plan.embed_hosts, host),
            Document::Nothing | Document::Slate | Document::Page(_) => false,
        };
        is_embed_host || hosts::is_power_bi(host)
    }

    fn is_report_frame(&self, url: &Url) -> bool {
        match &self.shown.borrow().document {
            Document::Report(plan) => {
                plan.embed_url.host() == url.host() && plan.embed_url.path() == url.path()
            }
            Document::Nothing | Document::Slate | Document::Page(_) => false,
        }
    }

    /// A report's frame that does not load says nothing by itself.
    fn note_frame_failure(&self, page: PageId, resource: &WebResource, reason: &str) {
        let uri = resource.uri().unwrap_or_default();
        if Url::parse(&uri).is_ok_and(|url| self.is_report_frame(&url)) {
            self.tell_of(page, PageEvent::Failed(not_loaded(&uri, reason)));
        }
    }

    /// The page's own document was refused.
    pub(super) fn fail_with_status(&self, host: &str, status: u16) {
        let url = host.to_owned();
        self.tell(PageEvent::Failed(PageFailure::HttpStatus { url, status }));
    }
}

/// The reason that Power BI gives in a header, when it is another one than an expired token.
fn other_refusal(response: &URIResponse) -> Option<String> {
    let code = response.http_headers()?.one("x-powerbi-error-info")?;
    (!code.contains("TokenExpired")).then(|| code.into())
}

fn not_loaded(uri: &str, reason: &str) -> PageFailure {
    PageFailure::NotLoaded {
        url: Url::parse(uri).map_or_else(|_| uri.to_owned(), policy::without_query),
        reason: reason.to_owned(),
    }
}

fn distrust(uri: &str, flaws: TlsCertificateFlags) -> String {
    let host = Url::parse(uri)
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned))
        .unwrap_or_else(|| uri.to_owned());
    let flaw = if flaws.contains(TlsCertificateFlags::NOT_ACTIVATED) {
        "is not valid yet; check this device's clock"
    } else if flaws.contains(TlsCertificateFlags::EXPIRED) {
        "has expired; renew it, or check this device's clock"
    } else if flaws.contains(TlsCertificateFlags::BAD_IDENTITY) {
        "is for another host"
    } else if flaws.contains(TlsCertificateFlags::REVOKED) {
        "was revoked"
    } else {
        "comes from an issuer that this device does not know; put the issuer into the system store, \
         or the certificate itself into network.trusted_certificates"
    };
    format!("the certificate of {host} {flaw}")
}
