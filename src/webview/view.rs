//! wry's view on our own WebKit context.

use std::ptr;

use anyhow::{Context as _, Result};
use glib::{gobject_ffi, prelude::*, translate::IntoGlib};
use tracing::warn;
use webkit2gtk::{
    HardwareAccelerationPolicy, SettingsExt, UserContentManager, WebView, WebViewExt,
};
use wry::{WebViewBuilder, WebViewBuilderExtUnix, WebViewExtUnix};

use super::{gpu::has_gpu, stage::Document};

/// The slates' colour, also before the first page, so that nothing flashes.
const NIGHT: (u8, u8, u8, u8) = (11, 18, 32, 255);
const PAPER: (u8, u8, u8, u8) = (255, 255, 255, 255);

pub(super) struct View {
    pub(super) web: WebView,
    pub(super) content: UserContentManager,
    /// Dropping it would destroy the view.
    wry: wry::WebView,
    /// As [`super::engine::Engine`] made them.
    pub(super) anchor: WebView,
    _unused: wry::WebContext,
}

impl View {
    pub(super) fn build(
        anchor: WebView,
        mut unused: wry::WebContext,
        container: &gtk::Overlay,
    ) -> Result<Self> {
        let wry = WebViewBuilder::new_with_web_context(&mut unused)
            .with_related_view(anchor.clone())
            .with_devtools(false)
            .with_background_color(NIGHT)
            .build_gtk(container)
            .context("cannot build the web view")?;
        let web = wry.webview();
        outlive_window_close(&web);
        configure(&web);
        let content = web
            .user_content_manager()
            .context("the web view has no content manager")?;
        Ok(Self {
            web,
            content,
            wry,
            anchor,
            _unused: unused,
        })
    }

    /// What shows where the document paints nothing: other people's pages take white for granted.
    pub(super) fn set_ground(&self, document: &Document) {
        let colour = match document {
            Document::Nothing | Document::Slate | Document::Report(_) => NIGHT,
            Document::Page(_) => PAPER,
        };
        if let Err(error) = self.wry.set_background_color(colour) {
            warn!(%error, "cannot change the colour behind the page");
        }
    }
}

/// wry destroys its view when a page calls `window.close()`, and the wall would stay grey for good.
#[expect(
    unsafe_code,
    reason = "GObject's calls to find a foreign handler have no safe form"
)]
fn outlive_window_close(web: &WebView) {
    let instance = web.as_ptr().cast::<gobject_ffi::GObject>();
    // SAFETY: `instance` is a live GObject owned by `web`, the signal's name is a C string, and only
    // a handler that was just found on this instance is disconnected.
    unsafe {
        let signal =
            gobject_ffi::g_signal_lookup(c"close".as_ptr(), WebView::static_type().into_glib());
        let handler = gobject_ffi::g_signal_handler_find(
            instance,
            gobject_ffi::G_SIGNAL_MATCH_ID,
            signal,
            0,
            ptr::null_mut(),
            ptr::null_mut(),
            ptr::null_mut(),
        );
        if handler != 0 {
            gobject_ffi::g_signal_handler_disconnect(instance, handler);
        }
    }
}

pub(super) fn configure(web: &WebView) {
    let Some(settings) = WebViewExt::settings(web) else {
        return;
    };
    settings.set_enable_developer_extras(false);
    settings.set_enable_page_cache(false);
    settings.set_enable_back_forward_navigation_gestures(false);
    settings.set_enable_media_stream(false);
    settings.set_javascript_can_open_windows_automatically(false);
    settings.set_javascript_can_access_clipboard(false);
    settings.set_allow_modal_dialogs(false);
    settings.set_enable_fullscreen(false);
    if !has_gpu() {
        settings.set_hardware_acceleration_policy(HardwareAccelerationPolicy::Never);
    }
}
