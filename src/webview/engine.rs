//! WebKit with its processes under way, before there is a window: they take longest to start.

use std::path::Path;

use webkit2gtk::{WebContext, WebView, WebViewExt};

use super::{
    ViewOptions,
    context::{self, Trusted},
    gpu::{self, Drivers},
    view::configure,
};
use crate::settings::Network;

/// No folder, and none can be made there.
const NOWHERE: &str = "/dev/null/everlit";
pub(super) const NOTHING: &str = "about:blank";

pub(super) struct Engine {
    pub(super) context: WebContext,
    pub(super) trusted: Trusted,
    /// Never shown: it gives wry's view our context and the process that runs by then.
    pub(super) anchor: WebView,
    /// wry insists on a context of its own, of which its view uses nothing.
    pub(super) unused: wry::WebContext,
}

impl Engine {
    /// Starts the network process and the first web process.
    pub(super) fn start(options: &ViewOptions, drivers: &Drivers) -> Self {
        // WebKit gives each ephemeral context a network process of its own, but for one that finds
        // a persistent context there before it. This one has no page, and nowhere to keep anything.
        let unused = wry::WebContext::new(Some(Path::new(NOWHERE).to_owned()));
        let context = context::create(options.memory_limit_mb);
        let mut trusted = Trusted::new();
        context::change_network(
            &context,
            &mut trusted,
            &Network::default(),
            &options.network,
        );
        let anchor = WebView::builder().web_context(&context).build();
        // It has a page in the same process, which would draw with a graphics processor's stand-in.
        configure(&anchor);
        anchor.load_uri(NOTHING);
        gpu::show_drivers(drivers);
        Self {
            context,
            trusted,
            anchor,
            unused,
        }
    }
}
