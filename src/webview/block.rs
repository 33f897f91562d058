//! Words of one look on a plate.

use gtk::{
    pango::{self, Layout},
    prelude::*,
};

/// Lines of one look.
pub(super) struct Block {
    pub(super) words: String,
    pub(super) look: Look,
}

/// How words look; lengths in parts of the plate's unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Look {
    pub(super) letters: f64,
    pub(super) weight: pango::Weight,
    pub(super) family: Option<&'static str>,
    pub(super) colour: (u8, u8, u8),
    /// Between letters.
    pub(super) spacing: f64,
    pub(super) above: f64,
}

const INK: (u8, u8, u8) = (244, 247, 251);
const SOFT: (u8, u8, u8) = (169, 183, 204);
pub(super) const ACCENT: (u8, u8, u8) = (182, 156, 255);
const MONO: Option<&str> = Some("JetBrains Mono, DejaVu Sans Mono, Noto Sans Mono, monospace");

pub(super) const PLAIN: Look = Look {
    letters: 1.0,
    weight: pango::Weight::Normal,
    family: None,
    colour: INK,
    spacing: 0.0,
    above: 0.0,
};
pub(super) const LABEL: Look = Look {
    letters: 0.62,
    colour: SOFT,
    above: 0.85,
    ..PLAIN
};
pub(super) const SMALL: Look = Look {
    above: 0.25,
    ..LABEL
};
pub(super) const ADDRESS: Look = Look {
    letters: 1.15,
    weight: pango::Weight::Semibold,
    above: 0.15,
    ..PLAIN
};
pub(super) const CODE: Look = Look {
    letters: 2.0,
    weight: pango::Weight::Bold,
    family: MONO,
    colour: ACCENT,
    spacing: 0.16,
    above: 0.1,
};
pub(super) const FINGERPRINT: Look = Look {
    letters: 0.5,
    family: MONO,
    above: 0.2,
    ..PLAIN
};
/// In units; longer lines are broken.
const WIDTH: f64 = 18.0;

impl Block {
    pub(super) fn new(words: &str, look: Look) -> Self {
        Self {
            words: words.to_owned(),
            look,
        }
    }

    /// Words of somebody else are only ever text here, never markup.
    pub(super) fn layout(&self, area: &gtk::DrawingArea, unit: f64) -> Layout {
        let look = self.look;
        let scale = f64::from(pango::SCALE);
        let layout = area.create_pango_layout(Some(&self.words));
        let mut font = layout.context().font_description().unwrap_or_default();
        if let Some(family) = look.family {
            font.set_family(family);
        }
        font.set_weight(look.weight);
        font.set_absolute_size(look.letters * unit * scale);
        layout.set_font_description(Some(&font));
        let attributes = pango::AttrList::new();
        let (red, green, blue) = look.colour;
        let [red, green, blue] = [red, green, blue].map(|part| u16::from(part) * 257);
        attributes.insert(pango::AttrColor::new_foreground(red, green, blue));
        #[expect(clippy::cast_possible_truncation, reason = "a length on a screen")]
        let [spacing, width] =
            [look.spacing * look.letters, WIDTH].map(|units| (units * unit * scale) as i32);
        attributes.insert(pango::AttrInt::new_letter_spacing(spacing));
        layout.set_attributes(Some(&attributes));
        layout.set_width(width);
        layout.set_wrap(pango::WrapMode::WordChar);
        layout
    }
}
