//! What the page looks like, and how that becomes a PNG.

use anyhow::{Result, anyhow};
use gtk::cairo::{Context, Format, ImageSurface, ImageSurfaceDataOwned, Operator};
use webkit2gtk::{SnapshotOptions, SnapshotRegion, WebView, WebViewExt};

/// A picture that may go to another thread: encoding it takes longer than taking it.
pub(super) struct Picture(ImageSurfaceDataOwned);

/// Takes the visible picture of the page, in memory that belongs to WebKit.
pub(super) fn take(
    view: &WebView,
    given_up: Option<&gio::Cancellable>,
    done: impl FnOnce(Result<ImageSurface>) + 'static,
) {
    view.snapshot(
        SnapshotRegion::Visible,
        SnapshotOptions::NONE,
        given_up,
        |surface| {
            let image = surface.map_err(Into::into).and_then(|surface| {
                ImageSurface::try_from(surface).map_err(|_| anyhow!("WebKit gave no image"))
            });
            done(image);
        },
    );
}

/// The same picture in memory of our own.
pub(super) fn copy(image: &ImageSurface) -> Result<ImageSurface> {
    let own = blank(image.width(), image.height())?;
    let cr = Context::new(&own)?;
    let (x, y) = image.device_scale();
    cr.scale(x, y);
    cr.set_operator(Operator::Source);
    cr.set_source_surface(image, 0.0, 0.0)?;
    cr.paint()?;
    Ok(own)
}

/// A picture without transparency, to be painted on.
pub(super) fn blank(width: i32, height: i32) -> Result<ImageSurface> {
    Ok(ImageSurface::create(Format::Rgb24, width, height)?)
}

impl Picture {
    pub(super) fn new(image: ImageSurface) -> Result<Self> {
        Ok(Self(image.take_data()?))
    }

    /// The picture as PNG; slow, so not for the main thread.
    pub(super) fn encode(self) -> Result<Vec<u8>> {
        let mut png = Vec::new();
        self.0.into_inner().write_to_png(&mut png)?;
        Ok(png)
    }
}
