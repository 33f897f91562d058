//! How other threads reach the view.

use std::{fmt, time::Duration};

use anyhow::{Context as _, Result};
use tao::event_loop::EventLoopProxy;
use tokio::sync::oneshot;

use crate::{player::ViewOrder, settings::Network};

use super::snapshot::Picture;

/// A hung web process takes no picture.
const PICTURE_LIMIT: Duration = Duration::from_secs(5);

/// What comes to the main thread from outside.
pub(super) enum Request {
    Order(ViewOrder),
    Network(Network),
    Picture(oneshot::Sender<Result<Picture>>),
    Exit(i32),
}

/// Sends orders to the view from any thread; they are carried out in the order of sending.
#[derive(Clone)]
pub struct ViewHandle {
    proxy: EventLoopProxy<Request>,
}

impl ViewHandle {
    pub(super) fn new(proxy: EventLoopProxy<Request>) -> Self {
        Self { proxy }
    }

    /// Has an order carried out; its answers come as events.
    pub fn send(&self, order: ViewOrder) {
        self.request(Request::Order(order));
    }

    /// Applies network settings to everything loaded from now on.
    ///
    /// A certificate that is no longer listed stays trusted until the daemon starts again: WebKit
    /// has no way to take the trust back.
    pub fn set_network(&self, network: Network) {
        self.request(Request::Network(network));
    }

    /// What is on the screen, as a PNG; scaled down to `width` pixels where it is wider.
    ///
    /// # Errors
    ///
    /// The web process does not answer, or WebKit gave no picture.
    pub async fn screenshot(&self, width: Option<u16>) -> Result<Vec<u8>> {
        let (answer, picture) = oneshot::channel();
        self.request(Request::Picture(answer));
        let picture = tokio::time::timeout(PICTURE_LIMIT, picture)
            .await
            .context("the page does not answer")?
            .context("the view is closed")??;
        tokio::task::spawn_blocking(move || picture.encode(width)).await?
    }

    /// Ends the process with this code, and every process of WebKit before it.
    pub fn exit(&self, code: i32) {
        self.request(Request::Exit(code));
    }

    fn request(&self, request: Request) {
        // The loop is gone only while the process ends; nobody is left to serve then.
        let _ = self.proxy.send_event(request);
    }
}

impl fmt::Debug for ViewHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ViewHandle")
    }
}
