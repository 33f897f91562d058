//! What the page looks like, and how that becomes a PNG.

use anyhow::{Result, anyhow};
use gtk::cairo::{Context, Filter, Format, ImageSurface, ImageSurfaceDataOwned, Operator};
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

    /// The picture as PNG, at most `width` pixels wide; slow, so not for the main thread.
    pub(super) fn encode(self, width: Option<u16>) -> Result<Vec<u8>> {
        let mut picture = self.0.into_inner();
        if let Some(width) = width
            .map(i32::from)
            .filter(|width| *width < picture.width())
        {
            picture = scaled(&picture, width.max(1))?;
        }
        let mut png = Vec::new();
        picture.write_to_png(&mut png)?;
        Ok(png)
    }
}

fn scaled(picture: &ImageSurface, width: i32) -> Result<ImageSurface> {
    let factor = f64::from(width) / f64::from(picture.width());
    #[expect(
        clippy::cast_possible_truncation,
        reason = "smaller than the picture's own height"
    )]
    let height = (f64::from(picture.height()) * factor).round().max(1.0) as i32;
    let small = blank(width, height)?;
    let cr = Context::new(&small)?;
    cr.scale(factor, factor);
    cr.set_source_surface(picture, 0.0, 0.0)?;
    cr.source().set_filter(Filter::Good);
    cr.paint()?;
    drop(cr);
    Ok(small)
}
