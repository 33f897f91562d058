//! Where pages may go, and everything else they may not do.

use std::rc::Rc;

use glib::prelude::*;
use url::Url;
use webkit2gtk::{
    AuthenticationRequestExt, ColorChooserRequestExt, DownloadExt, FileChooserRequestExt,
    NavigationPolicyDecision, NavigationPolicyDecisionExt, PermissionRequestExt, PolicyDecision,
    PolicyDecisionExt, PolicyDecisionType, ResponsePolicyDecision, ResponsePolicyDecisionExt,
    ScriptDialogType, URIRequestExt, URIResponseExt, WebContextExt, WebView, WebViewExt,
};

use crate::player::{PageEvent, PageFailure};

use super::{
    host, hosts,
    stage::{Document, Progress, Stage},
};

pub(super) fn connect(stage: &Rc<Stage>) {
    let web = &stage.view.web;
    let own = Rc::clone(stage);
    web.connect_decide_policy(move |_, decision, kind| {
        if is_allowed(&own, decision, kind) {
            decision.use_();
        } else {
            decision.ignore();
        }
        true
    });
    let own = Rc::clone(stage);
    web.connect_authenticate(move |_, request| {
        request.cancel();
        if own.progress() < Progress::Committed {
            let status = if request.is_for_proxy() { 407 } else { 401 };
            own.fail_with_status(&request.host().unwrap_or_default(), status);
        }
        true
    });
    deny_extras(web);
    stage
        .context
        .connect_download_started(|_, download| download.cancel());
}

/// Dialogs, menus, windows, permissions: nobody is there to answer them.
fn deny_extras(web: &WebView) {
    web.connect_create(|_, _| None);
    web.connect_context_menu(|_, _, _, _| true);
    web.connect_print(|_, _| true);
    web.connect_enter_fullscreen(|_| true);
    web.connect_show_notification(|_, _| true);
    web.connect_permission_request(|_, request| {
        request.deny();
        true
    });
    web.connect_run_file_chooser(|_, request| {
        request.cancel();
        true
    });
    web.connect_run_color_chooser(|_, request| {
        request.cancel();
        true
    });
    web.connect_script_dialog(|_, dialog| {
        // A page that asks to stay is left all the same.
        if dialog.dialog_type() == ScriptDialogType::BeforeUnloadConfirm {
            dialog.confirm_set_confirmed(true);
        }
        true
    });
}

fn is_allowed(stage: &Stage, decision: &PolicyDecision, kind: PolicyDecisionType) -> bool {
    if kind == PolicyDecisionType::NavigationAction {
        decision
            .downcast_ref::<NavigationPolicyDecision>()
            .is_some_and(|navigation| may_leave(stage, navigation))
    } else if kind == PolicyDecisionType::Response {
        decision
            .downcast_ref::<ResponsePolicyDecision>()
            .is_some_and(|response| may_arrive(stage, response))
    } else {
        // New windows, and whatever WebKit may ask about one day.
        false
    }
}

/// Whether a navigation may begin.
fn may_leave(stage: &Stage, decision: &NavigationPolicyDecision) -> bool {
    let url = decision
        .navigation_action()
        .and_then(|action| action.request()?.uri())
        .and_then(|uri| Url::parse(&uri).ok());
    let Some(url) = url else {
        return false;
    };
    let shown = stage.shown.borrow();
    let is_allowed = may_go(&shown.document, shown.progress, &url);
    if !is_allowed {
        tracing::info!(url = without_query(url), "kept a page from going elsewhere");
    }
    is_allowed
}

/// Whether some frame may start to load this address; WebKit does not tell which frame asks.
fn may_go(document: &Document, progress: Progress, url: &Url) -> bool {
    match url.scheme() {
        "about" | "blob" => return true,
        "https" | "http" | "file" | "data" => {}
        _ => return false,
    }
    match document {
        Document::Nothing => false,
        Document::Slate => is_own_load(progress, url),
        Document::Report(plan) => {
            is_own_load(progress, url) || is_embed_address(&plan.embed_hosts, url)
        }
        // Frames may come from anywhere; the main frame is judged when its answer arrives.
        Document::Page(plan) => url.scheme() != "file" || plan.url.scheme() == "file",
    }
}

/// Our own page is loaded once, by us; nothing else ever goes to its address.
fn is_own_load(progress: Progress, url: &Url) -> bool {
    progress < Progress::Committed && url.as_str() == host::ADDRESS
}

fn is_embed_address(embed_hosts: &[String], url: &Url) -> bool {
    let Some(host) = url.host_str() else {
        return false;
    };
    let is_safe = url.scheme() == "https" || (url.scheme() == "http" && hosts::is_loopback(host));
    is_safe && hosts::any_covers(embed_hosts, host)
}

/// Whether an answer that has come may be shown.
fn may_arrive(stage: &Stage, decision: &ResponsePolicyDecision) -> bool {
    let Some(response) = decision.response() else {
        return false;
    };
    if !decision.is_main_frame_main_resource() {
        return decision.is_mime_type_supported();
    }
    if stage.progress() < Progress::Started {
        tracing::debug!("dropped the answer to an earlier load");
        return false;
    }
    let uri = response.uri().unwrap_or_default();
    let status = u16::try_from(response.status_code()).unwrap_or_default();
    let refusal = {
        let shown = stage.shown.borrow();
        main_frame_refusal(
            &shown.document,
            &uri,
            status,
            decision.is_mime_type_supported(),
        )
    };
    let Some(failure) = refusal else {
        return true;
    };
    tracing::info!(%failure, "kept an answer off the screen");
    // Once the page is there, a link that leads nowhere changes nothing.
    if stage.progress() < Progress::Painted || status >= 400 {
        stage.tell(PageEvent::Failed(failure));
    }
    false
}

fn main_frame_refusal(
    document: &Document,
    uri: &str,
    status: u16,
    is_readable: bool,
) -> Option<PageFailure> {
    let Ok(url) = Url::parse(uri) else {
        return Some(not_loaded(uri, "the address makes no sense"));
    };
    match document {
        Document::Nothing | Document::Slate | Document::Report(_) => (uri != host::ADDRESS
            && url.scheme() != "about")
            .then(|| not_loaded(uri, "a report must not leave its page")),
        Document::Page(plan) => {
            let host = url.host_str().unwrap_or_default();
            let is_own = hosts::is_same_site(&plan.url, &url) || url.scheme() == "about";
            if !is_own && !hosts::any_covers(&plan.allow, host) {
                let reason =
                    format!("it leads to {host}, which is not in the entry's `allow` list");
                Some(not_loaded(uri, &reason))
            } else if status >= 400 {
                let url = without_query(url);
                Some(PageFailure::HttpStatus { url, status })
            } else if !is_readable {
                Some(not_loaded(uri, "it is a file to download and not a page"))
            } else {
                None
            }
        }
    }
}

fn not_loaded(uri: &str, reason: &str) -> PageFailure {
    PageFailure::NotLoaded {
        url: Url::parse(uri).map_or_else(|_| uri.to_owned(), without_query),
        reason: reason.to_owned(),
    }
}

/// An address as it may be logged: queries hold secrets of all kinds.
pub(super) fn without_query(mut url: Url) -> String {
    url.set_query(None);
    url.set_fragment(None);
    let _ = url.set_password(None);
    let _ = url.set_username("");
    url.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        player::{EmbedPlan, Look, PagePlan},
        settings::{Cursor, Report},
    };

    const LOOK: Look = Look {
        zoom: 1.0,
        cursor: Cursor::Hidden,
    };

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn report() -> Document {
        Document::Report(Box::new(EmbedPlan {
            report: Report {
                workspace_id: "w".to_owned(),
                report_id: "r".to_owned(),
                page: None,
                bookmark: None,
                identity: None,
            },
            token: "secret".into(),
            embed_url: url("https://app.powerbi.com/reportEmbed?reportId=r"),
            embed_hosts: vec!["*.powerbi.com".to_owned()],
            frame_limit: std::time::Duration::from_secs(10),
            look: LOOK,
        }))
    }

    fn web_page() -> Document {
        Document::Page(PagePlan {
            url: url("https://wall.example/board"),
            allow: vec!["*.sso.example".to_owned()],
            look: LOOK,
        })
    }

    #[test]
    fn a_report_stays_on_the_embed_hosts() {
        let may = |to| may_go(&report(), Progress::Committed, &url(to));
        assert!(may("https://app.powerbi.com/reportEmbed"));
        assert!(may("about:blank"));
        assert!(!may("http://app.powerbi.com/"));
        assert!(!may("https://evil.example/"));
        assert!(!may("data:text/html,hello"));
        assert!(!may("file:///etc/passwd"));
        assert!(!may("mailto:a@b.example"));
    }

    #[test]
    fn the_host_page_is_loaded_once_and_never_gone_to_again() {
        assert!(may_go(&report(), Progress::Asked, &url(host::ADDRESS)));
        assert!(!may_go(&report(), Progress::Committed, &url(host::ADDRESS)));
        let top = "https://app.powerbi.com/";
        assert!(main_frame_refusal(&report(), top, 200, true).is_some());
    }

    #[test]
    fn a_page_stays_on_its_site_and_the_allowed_hosts() {
        let refusal = |to, status| main_frame_refusal(&web_page(), to, status, true);
        assert_eq!(refusal("https://wall.example/other", 200), None);
        assert_eq!(refusal("https://login.sso.example/", 200), None);
        assert!(refusal("https://evil.example/", 200).is_some());
        assert_eq!(
            refusal("https://wall.example/board?key=1", 503),
            Some(PageFailure::HttpStatus {
                url: "https://wall.example/board".to_owned(),
                status: 503
            })
        );
    }
}
