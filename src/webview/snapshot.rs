//! What the page looks like, and how that becomes a PNG.

use anyhow::{Result, anyhow, ensure};
use gtk::cairo::{Context, Filter, Format, ImageSurface, ImageSurfaceDataOwned, Operator};
use lz4_flex::block;
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

/// A picture that waits to be needed: most of a dashboard is plain, and packs to a small part of the
/// 8 MB that it takes on a screen.
pub(super) struct Packed {
    pixels: Vec<u8>,
    size: usize,
    width: i32,
    height: i32,
    stride: i32,
}

impl Packed {
    /// A picture of four bytes a pixel, as WebKit takes them.
    pub(super) fn new(image: &ImageSurface) -> Result<Self> {
        ensure!(
            matches!(image.format(), Format::Rgb24 | Format::ARgb32),
            "unknown kind of picture"
        );
        let (mut pixels, mut size) = (Vec::new(), 0);
        image.with_data(|bytes| {
            size = bytes.len();
            pixels = block::compress(bytes);
        })?;
        pixels.shrink_to_fit();
        Ok(Self {
            pixels,
            size,
            width: image.width(),
            height: image.height(),
            stride: image.stride(),
        })
    }

    pub(super) fn unpack(&self) -> Result<ImageSurface> {
        let pixels = block::decompress(&self.pixels, self.size)?;
        let (width, height) = (self.width, self.height);
        let image =
            ImageSurface::create_for_data(pixels, Format::Rgb24, width, height, self.stride)?;
        Ok(image)
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_the_same_after_it_was_packed() {
        let image = blank(640, 360).unwrap();
        let cr = Context::new(&image).unwrap();
        cr.set_source_rgb(0.9, 0.4, 0.1);
        cr.rectangle(10.0, 20.0, 300.5, 99.5);
        cr.fill().unwrap();
        drop(cr);
        let packed = Packed::new(&image).unwrap();
        assert!(
            packed.pixels.len() < packed.size / 50,
            "most of it is plain"
        );
        let unpacked = packed.unpack().unwrap();
        assert_eq!((unpacked.width(), unpacked.height()), (640, 360));
        let (before, after) = (image.take_data().unwrap(), unpacked.take_data().unwrap());
        assert!(before[..] == after[..]);
    }

    #[test]
    fn what_is_not_as_webkit_gives_it_is_not_kept() {
        let image = ImageSurface::create(Format::A8, 8, 8).unwrap();
        assert!(Packed::new(&image).is_err());
    }
}
