//! Looks at what is on the glass: a picture, or one colour from edge to edge.

use std::{ops::Range, rc::Rc};

use anyhow::Result;
use gio::prelude::*;
use gtk::cairo::ImageSurface;
use tracing::debug;

use crate::player::{Glass, PageEvent, PageId};

use super::{
    pane::Drawing,
    snapshot::{self, Packed},
    stage::Stage,
};

/// The picture is judged by the average colours of this many cells: a word or a spinner colours
/// some of them, a hairline or a single odd pixel does not.
const COLUMNS: usize = 64;
const ROWS: usize = 36;
/// How far the cells of a flat picture may be apart, in each of red, green and blue.
const TOLERANCE: u8 = 4;
const BYTES_PER_PIXEL: usize = 4;

/// Pixels as cairo keeps them: blue, green, red and a spare byte, line by line.
struct Pixels<'a> {
    bytes: &'a [u8],
    stride: usize,
    width: usize,
    height: usize,
}

impl Stage {
    pub(super) fn inspect(self: &Rc<Self>, page: PageId) {
        if page != self.page() {
            return;
        }
        let drawing = Drawing {
            page,
            count: self.drawings.get(),
        };
        // The web process has nothing to do for a look that would show the same again.
        if self.pane.keeps(drawing) {
            return self.tell(PageEvent::Inspected(Glass::Picture));
        }
        let stage = Rc::clone(self);
        let given_up = self.looking.borrow().clone();
        snapshot::take(&self.view.web, Some(&given_up), move |image| {
            if page != stage.page() {
                return;
            }
            match image.and_then(|image| stage.judge(&image, drawing)) {
                Ok(glass) => stage.tell(PageEvent::Inspected(glass)),
                Err(error) => debug!(error = format!("{error:#}"), "cannot look at the page"),
            }
        });
    }

    fn judge(&self, image: &ImageSurface, drawing: Drawing) -> Result<Glass> {
        let glass = look(image)?;
        match glass {
            Glass::Picture => self.pane.keep(Packed::new(image)?, drawing),
            Glass::Flat => {}
        }
        Ok(glass)
    }

    /// Forgets the picture that was kept, and every one that is being taken.
    pub(super) fn forget_pictures(&self) {
        self.looking.take().cancel();
        self.pane.uncover();
    }
}

fn look(image: &ImageSurface) -> Result<Glass> {
    let mut glass = Glass::Flat;
    let stride = usize::try_from(image.stride())?;
    let width = usize::try_from(image.width())?;
    let height = usize::try_from(image.height())?;
    image.with_data(|bytes| {
        let pixels = Pixels {
            bytes,
            stride,
            width,
            height,
        };
        glass = pixels.look();
    })?;
    Ok(glass)
}

impl Pixels<'_> {
    /// Ends at the first cell that makes it a picture, so that looking at one costs little.
    fn look(&self) -> Glass {
        let mut darkest = [u8::MAX; 3];
        let mut lightest = [u8::MIN; 3];
        for row in 0..ROWS {
            for column in 0..COLUMNS {
                let cell = self.average(
                    part(column, COLUMNS, self.width),
                    part(row, ROWS, self.height),
                );
                for (channel, average) in cell.into_iter().flatten().enumerate() {
                    darkest[channel] = darkest[channel].min(average);
                    lightest[channel] = lightest[channel].max(average);
                    if lightest[channel] - darkest[channel] > TOLERANCE {
                        return Glass::Picture;
                    }
                }
            }
        }
        Glass::Flat
    }

    /// `None` for a cell without pixels.
    fn average(&self, columns: Range<usize>, rows: Range<usize>) -> Option<[u8; 3]> {
        let count = columns.len() * rows.len();
        let mut sums = [0_usize; 3];
        for row in rows {
            let line = &self.bytes[row * self.stride..];
            let cell = &line[columns.start * BYTES_PER_PIXEL..columns.end * BYTES_PER_PIXEL];
            for pixel in cell.chunks_exact(BYTES_PER_PIXEL) {
                for (sum, value) in sums.iter_mut().zip(pixel) {
                    *sum += usize::from(*value);
                }
            }
        }
        (count > 0).then(|| sums.map(|sum| u8::try_from(sum / count).unwrap_or(u8::MAX)))
    }
}

/// The piece of a length that belongs to one of so many equal parts.
fn part(index: usize, parts: usize, length: usize) -> Range<usize> {
    index * length / parts..(index + 1) * length / parts
}

#[cfg(test)]
mod tests {
    use gtk::cairo::Context;

    use super::*;

    fn white(width: i32, height: i32, paint: impl FnOnce(&Context)) -> ImageSurface {
        let image = snapshot::blank(width, height).unwrap();
        let cr = Context::new(&image).unwrap();
        cr.set_source_rgb(1.0, 1.0, 1.0);
        cr.paint().unwrap();
        cr.set_source_rgb(0.0, 0.0, 0.0);
        paint(&cr);
        drop(cr);
        image
    }

    fn with_block(x: f64, y: f64, width: f64, height: f64) -> Glass {
        let image = white(1920, 1080, |cr| {
            cr.rectangle(x, y, width, height);
            cr.fill().unwrap();
        });
        look(&image).unwrap()
    }

    #[test]
    fn one_colour_from_edge_to_edge_is_flat_at_any_size() {
        for (width, height) in [(1920, 1080), (1080, 1920), (1366, 768), (50, 20), (1, 1)] {
            assert_eq!(look(&white(width, height, |_| {})).unwrap(), Glass::Flat);
        }
    }

    #[test]
    fn a_thin_line_or_a_small_thing_in_any_corner_is_a_picture() {
        assert_eq!(with_block(0.0, 500.0, 1920.0, 1.0), Glass::Picture);
        for (x, y) in [(0.0, 0.0), (1904.0, 0.0), (0.0, 1064.0), (1904.0, 1064.0)] {
            assert_eq!(with_block(x, y, 16.0, 16.0), Glass::Picture);
        }
    }

    #[test]
    fn an_odd_pixel_is_no_picture() {
        assert_eq!(with_block(700.0, 300.0, 2.0, 2.0), Glass::Flat);
    }
}
