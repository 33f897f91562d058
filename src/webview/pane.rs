//! The pane between the page and the viewer: a cover, a badge and a plate may be on it.

use std::{cell::RefCell, rc::Rc, time::Duration};

use anyhow::{Context as _, Result};
use gtk::{
    cairo::{self, ImageSurface},
    prelude::*,
};
use tao::{platform::unix::WindowExtUnix, window::Window};
use tracing::error;

use crate::{clock, player::PageId};

use super::{
    badge, plate,
    snapshot::{Packed, Picture, blank},
};

const SAY_AGAIN_SECONDS: u32 = 60;

pub(super) struct Pane {
    container: gtk::Overlay,
    area: gtk::DrawingArea,
    things: Rc<RefCell<Things>>,
    /// Says the age again while there is a badge.
    again: RefCell<Option<glib::SourceId>>,
}

/// What is on the pane, from the back to the front.
#[derive(Default)]
struct Things {
    cover: Cover,
    badge: Option<String>,
    plate: Option<plate::Face>,
}

/// Who looks at the pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Eye {
    /// Somebody in front of the screen.
    Viewer,
    /// A screenshot, which may go anywhere: it shows no pairing code.
    Camera,
}

/// What GTK drew last of a page: as long as that stays, so does what is on the glass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Drawing {
    pub(super) page: PageId,
    /// How often the view has been drawn.
    pub(super) count: u64,
}

#[derive(Default)]
enum Cover {
    #[default]
    Nothing,
    /// The last good picture waits for its turn.
    Kept(Packed, Drawing),
    Laid(ImageSurface),
}

impl Pane {
    /// Lays a pane over the whole window.
    pub(super) fn over(window: &Window) -> Result<Rc<Self>> {
        let things = Rc::new(RefCell::new(Things::default()));
        let area = gtk::DrawingArea::new();
        badge::dress(&area);
        let own = Rc::clone(&things);
        area.connect_draw(move |area, cr| {
            let size = area.allocation();
            let field = (size.width(), size.height());
            let outcome = own.borrow().paint(area, cr, field, Eye::Viewer);
            if let Err(error) = outcome {
                error!(%error, "cannot paint over the page");
            }
            glib::Propagation::Stop
        });
        // What a viewer touches is the page.
        area.set_has_window(false);
        let container = gtk::Overlay::new();
        container.add_overlay(&area);
        container.set_overlay_pass_through(&area, true);
        window
            .default_vbox()
            .context("the window has no container")?
            .pack_start(&container, true, true, 0);
        container.show();
        Ok(Rc::new(Self {
            container,
            area,
            things,
            again: RefCell::default(),
        }))
    }

    /// Where the page goes.
    pub(super) fn container(&self) -> &gtk::Overlay {
        &self.container
    }

    /// Keeps a good picture of the page; while an earlier one covers it, that one stays.
    pub(super) fn keep(&self, picture: Packed, drawing: Drawing) {
        let cover = &mut self.things.borrow_mut().cover;
        match cover {
            Cover::Nothing | Cover::Kept(..) => *cover = Cover::Kept(picture, drawing),
            Cover::Laid(_) => {}
        }
    }

    /// Whether the picture that is kept was taken when this was drawn.
    pub(super) fn keeps(&self, drawing: Drawing) -> bool {
        matches!(self.things.borrow().cover, Cover::Kept(_, kept) if kept == drawing)
    }

    /// Lays the picture that was kept over the page, if there is one.
    pub(super) fn cover(&self) {
        self.change(|things| {
            things.cover = match std::mem::take(&mut things.cover) {
                Cover::Kept(picture, _) => match picture.unpack() {
                    Ok(picture) => Cover::Laid(picture),
                    Err(error) => {
                        error!(%error, "cannot lay the last picture over the page");
                        Cover::Nothing
                    }
                },
                Cover::Laid(picture) => Cover::Laid(picture),
                Cover::Nothing => Cover::Nothing,
            };
        });
    }

    /// Takes the cover away, and forgets the picture.
    pub(super) fn uncover(&self) {
        self.change(|things| things.cover = Cover::Nothing);
    }

    pub(super) fn show_age(self: &Rc<Self>, age: Duration) {
        let shown = clock::now();
        self.say_age(age);
        let own = Rc::clone(self);
        // Midnight and a clock that is set give the same moment another name.
        let again = glib::timeout_add_seconds_local(SAY_AGAIN_SECONDS, move || {
            own.say_age(age.saturating_add(clock::now().saturating_duration_since(shown)));
            glib::ControlFlow::Continue
        });
        self.say_again(Some(again));
    }

    pub(super) fn hide_age(&self) {
        self.say_again(None);
        self.change(|things| things.badge = None);
    }

    /// Lays a plate over everything.
    pub(super) fn show_plate(&self, plate: plate::Face) {
        self.change(|things| things.plate = Some(plate));
    }

    pub(super) fn hide_plate(&self) {
        self.change(|things| things.plate = None);
    }

    fn say_age(&self, age: Duration) {
        let words = Some(badge::words(age));
        if self.things.borrow().badge != words {
            self.change(|things| things.badge = words);
        }
    }

    fn say_again(&self, again: Option<glib::SourceId>) {
        if let Some(earlier) = self.again.replace(again) {
            earlier.remove();
        }
    }

    fn change(&self, change: impl FnOnce(&mut Things)) {
        change(&mut self.things.borrow_mut());
        let is_empty = self.things.borrow().is_empty();
        self.area.set_visible(!is_empty);
        self.area.queue_draw();
    }

    /// What the viewer sees while the page is covered; it does not matter what the page does.
    pub(super) fn photograph(&self) -> Option<Result<Picture>> {
        self.things.borrow().cover.laid()?;
        let size = self.container.allocation();
        let scale = self.container.scale_factor();
        Some(
            blank(size.width() * scale, size.height() * scale)
                .and_then(|picture| self.paint_on(picture)),
        )
    }

    /// Completes a picture of the page with what is on the pane.
    pub(super) fn paint_on(&self, picture: ImageSurface) -> Result<Picture> {
        let size = self.container.allocation();
        let cr = cairo::Context::new(&picture)?;
        cr.scale(
            f64::from(picture.width()) / f64::from(size.width()),
            f64::from(picture.height()) / f64::from(size.height()),
        );
        self.things
            .borrow()
            .paint(&self.area, &cr, (size.width(), size.height()), Eye::Camera)?;
        drop(cr);
        Picture::new(picture)
    }
}

impl Things {
    fn is_empty(&self) -> bool {
        self.cover.laid().is_none() && self.badge.is_none() && self.plate.is_none()
    }

    fn paint(
        &self,
        area: &gtk::DrawingArea,
        cr: &cairo::Context,
        (width, height): (i32, i32),
        eye: Eye,
    ) -> Result<(), cairo::Error> {
        if let Some(picture) = self.cover.laid() {
            cr.save()?;
            cr.scale(
                f64::from(width) / f64::from(picture.width()),
                f64::from(height) / f64::from(picture.height()),
            );
            cr.set_source_surface(picture, 0.0, 0.0)?;
            // Otherwise the edges of an enlarged picture let the page shine through.
            cr.source().set_extend(cairo::Extend::Pad);
            cr.paint()?;
            cr.restore()?;
        }
        if let Some(words) = &self.badge {
            badge::paint(area, cr, words, width, height);
        }
        if let Some(plate) = &self.plate {
            plate.paint(area, cr, (f64::from(width), f64::from(height)), eye)?;
        }
        Ok(())
    }
}

impl Cover {
    fn laid(&self) -> Option<&ImageSurface> {
        match self {
            Self::Laid(picture) => Some(picture),
            Self::Nothing | Self::Kept(..) => None,
        }
    }
}
