//! What is on the screen, as a PNG.

use anyhow::{Context as _, Result, anyhow};
use gtk::cairo::{Format, ImageSurface, Surface};
use tokio::sync::oneshot;
use webkit2gtk::{SnapshotOptions, SnapshotRegion, WebView, WebViewExt};

/// A picture as WebKit gives it; encoding it takes longer than taking it.
pub(super) struct Picture {
    pixels: Vec<u8>,
    format: Format,
    width: i32,
    height: i32,
    stride: i32,
}

/// Takes the visible picture and sends it.
pub(super) fn take(view: &WebView, answer: oneshot::Sender<Result<Picture>>) {
    view.snapshot(
        SnapshotRegion::Visible,
        SnapshotOptions::NONE,
        gio::Cancellable::NONE,
        |surface| {
            let picture = surface.map_err(Into::into).and_then(copy);
            // Nobody waits any more: the request was given up.
            let _ = answer.send(picture);
        },
    );
}

fn copy(surface: Surface) -> Result<Picture> {
    let mut image = ImageSurface::try_from(surface).map_err(|_| anyhow!("WebKit gave no image"))?;
    image.flush();
    Ok(Picture {
        format: image.format(),
        width: image.width(),
        height: image.height(),
        stride: image.stride(),
        pixels: image.data().context("the image is in use")?.to_vec(),
    })
}

impl Picture {
    /// The picture as PNG; slow, so not for the main thread.
    pub(super) fn encode(self) -> Result<Vec<u8>> {
        let image = ImageSurface::create_for_data(
            self.pixels,
            self.format,
            self.width,
            self.height,
            self.stride,
        )?;
        let mut png = Vec::new();
        image.write_to_png(&mut png)?;
        Ok(png)
    }
}
