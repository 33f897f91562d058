//! The plate over the picture: the device's name and the way into its portal.
//!
//! It is painted on the pane and not put into the page: a page could read the pairing code in its
//! own document or fake another one, and a page that hangs would not show it.

use gtk::{
    cairo,
    pango::{self, Layout},
    prelude::*,
};
use secrecy::{ExposeSecret, SecretString};

use crate::player::{Invitation, InvitationReach, Plate};

use super::{
    block::{ACCENT, ADDRESS, Block, CODE, FINGERPRINT, LABEL, Look, PLAIN, SMALL},
    invitation,
    pane::Eye,
    qr::Qr,
    slate,
};

/// What a plate looks like.
pub(super) struct Face {
    device: String,
    address: String,
    qr: Option<Qr>,
    notes: Vec<Note>,
}

/// One thing that the plate says below the address.
enum Note {
    LocalOnly,
    Code(SecretString),
    Fingerprint(String),
}

/// The unit and the plate's largest size, in parts of the screen.
const UNIT: f64 = 0.042;
const WIDEST: f64 = 0.88;
const HIGHEST: f64 = 0.88;
/// The rest in units.
const PAD: f64 = 1.7;
const GAP: f64 = 1.6;
/// At most: it is as high as the words, and no less than half of this.
const QR_SIDE: f64 = 13.0;
const BORDER: f64 = 0.12;
/// In letters.
const LONG_NAME: usize = 25;
/// Of a fingerprint.
const GROUPS_IN_LINE: usize = 4;

/// Where everything is for one screen.
struct Plan {
    unit: f64,
    layouts: Vec<(Layout, f64)>,
    text: (f64, f64),
    qr: f64,
    is_tall: bool,
}

impl Face {
    /// `host_address` is for a device whose portal told no address.
    pub(super) fn of(plate: &Plate, host_address: fn() -> String) -> Self {
        match plate {
            Plate::Name { device, address } => Self {
                device: slate::device_name(device.as_deref()),
                address: address
                    .as_ref()
                    .map_or_else(host_address, invitation::address_in_lines),
                qr: None,
                notes: Vec::new(),
            },
            Plate::Invitation { device, invitation } => Self {
                device: slate::device_name(device.as_deref()),
                address: invitation::address_in_lines(&invitation.address),
                qr: invitation::qr(invitation),
                notes: notes(invitation),
            },
        }
    }

    pub(super) fn paint(
        &self,
        area: &gtk::DrawingArea,
        cr: &cairo::Context,
        (width, height): (f64, f64),
        eye: Eye,
    ) -> Result<(), cairo::Error> {
        let plan = self.plan(area, (width, height), eye);
        let (plate_width, plate_height) = plan.size();
        let left = ((width - plate_width) / 2.0).round();
        let top = ((height - plate_height) / 2.0).round();
        paint_card(cr, (left, top), (plate_width, plate_height), plan.unit)?;
        let pad = PAD * plan.unit;
        let (mut x, mut y) = (left + pad, top + pad);
        if let Some(qr) = &self.qr {
            let qr_left = if plan.is_tall {
                left + (plate_width - plan.qr) / 2.0
            } else {
                x
            };
            qr.paint(cr, (qr_left.round(), y.round()), plan.qr)?;
            if plan.is_tall {
                y += plan.qr + GAP / 2.0 * plan.unit;
            } else {
                x += plan.qr + GAP * plan.unit;
                y += ((plan.inner_height() - plan.text.1) / 2.0).max(0.0);
            }
        }
        let style = area.style_context();
        for (layout, above) in &plan.layouts {
            y += above;
            gtk::render_layout(&style, cr, x, y, layout);
            y += f64::from(layout.pixel_size().1);
        }
        Ok(())
    }

    /// The largest plate that fits.
    fn plan(&self, area: &gtk::DrawingArea, (width, height): (f64, f64), eye: Eye) -> Plan {
        let blocks = self.blocks(eye);
        let mut unit = width.min(height) * UNIT;
        loop {
            let plan = self.plan_in(area, &blocks, unit, width < height);
            let (plate_width, plate_height) = plan.size();
            let fits = plate_width <= width * WIDEST && plate_height <= height * HIGHEST;
            if fits || unit < 4.0 {
                return plan;
            }
            unit *= 0.94;
        }
    }

    fn plan_in(&self, area: &gtk::DrawingArea, blocks: &[Block], unit: f64, is_tall: bool) -> Plan {
        let layouts: Vec<_> = blocks
            .iter()
            .map(|block| (block.layout(area, unit), block.look.above * unit))
            .collect();
        let (mut text_width, mut text_height) = (0.0_f64, 0.0);
        for (layout, above) in &layouts {
            let (width, height) = layout.pixel_size();
            text_width = text_width.max(f64::from(width));
            text_height += above + f64::from(height);
        }
        let largest = QR_SIDE * unit;
        let qr = if is_tall {
            largest
        } else {
            largest.min(text_height.max(largest / 2.0))
        };
        Plan {
            unit,
            layouts,
            text: (text_width, text_height),
            qr: self.qr.as_ref().map_or(0.0, |_| qr.round()),
            is_tall,
        }
    }

    fn blocks(&self, eye: Eye) -> Vec<Block> {
        let name = Look {
            letters: match (self.qr.is_some(), self.device.chars().count()) {
                (false, ..LONG_NAME) => 2.2,
                (true, ..LONG_NAME) => 1.5,
                (_, LONG_NAME..) => 1.1,
            },
            weight: pango::Weight::Bold,
            ..PLAIN
        };
        let mut blocks = vec![
            Block::new(&self.device, name),
            Block::new("Address", LABEL),
            Block::new(&self.address, ADDRESS),
        ];
        for note in &self.notes {
            note.add_to(&mut blocks, eye);
        }
        blocks
    }
}

fn notes(invitation: &Invitation) -> Vec<Note> {
    let local = match invitation.reach {
        InvitationReach::LocalOnly => Some(Note::LocalOnly),
        InvitationReach::Network => None,
    };
    let code = invitation.code.clone().map(Note::Code);
    let fingerprint = invitation.fingerprint.as_deref();
    let fingerprint = fingerprint.map(|it| Note::Fingerprint(in_lines(&invitation::groups(it))));
    [local, code, fingerprint].into_iter().flatten().collect()
}

fn in_lines(groups: &[String]) -> String {
    let lines = groups.chunks(GROUPS_IN_LINE);
    lines
        .map(|groups| groups.join("  "))
        .collect::<Vec<_>>()
        .join("\n")
}

impl Note {
    fn add_to(&self, blocks: &mut Vec<Block>, eye: Eye) {
        match self {
            Self::LocalOnly => blocks.push(Block::new(invitation::LOCAL_ONLY, SMALL)),
            Self::Code(code) => {
                let code = match eye {
                    Eye::Viewer => code.expose_secret().to_owned(),
                    Eye::Camera => invitation::hidden(code),
                };
                blocks.push(Block::new(invitation::CODE, LABEL));
                blocks.push(Block::new(&code, CODE));
                blocks.push(Block::new(invitation::CODE_USE, SMALL));
            }
            Self::Fingerprint(fingerprint) => {
                blocks.push(Block::new(invitation::FINGERPRINT, LABEL));
                blocks.push(Block::new(fingerprint, FINGERPRINT));
            }
        }
    }
}

impl Plan {
    fn inner_height(&self) -> f64 {
        if self.is_tall && self.qr > 0.0 {
            self.qr + GAP / 2.0 * self.unit + self.text.1
        } else {
            self.qr.max(self.text.1)
        }
    }

    fn size(&self) -> (f64, f64) {
        let beside = if self.qr > 0.0 {
            self.qr + GAP * self.unit
        } else {
            0.0
        };
        let inner = if self.is_tall {
            self.qr.max(self.text.0)
        } else {
            beside + self.text.0
        };
        let pads = 2.0 * PAD * self.unit;
        ((inner + pads).ceil(), (self.inner_height() + pads).ceil())
    }
}

fn paint_card(
    cr: &cairo::Context,
    (left, top): (f64, f64),
    (width, height): (f64, f64),
    unit: f64,
) -> Result<(), cairo::Error> {
    use std::f64::consts::{FRAC_PI_2, PI};
    let radius = unit;
    let (right, bottom) = (left + width, top + height);
    cr.new_path();
    cr.arc(right - radius, top + radius, radius, -FRAC_PI_2, 0.0);
    cr.arc(right - radius, bottom - radius, radius, 0.0, FRAC_PI_2);
    cr.arc(left + radius, bottom - radius, radius, FRAC_PI_2, PI);
    cr.arc(left + radius, top + radius, radius, PI, 1.5 * PI);
    cr.close_path();
    cr.set_source_rgba(0.043, 0.071, 0.125, 0.97);
    cr.fill_preserve()?;
    let (red, green, blue) = ACCENT;
    let [red, green, blue] = [red, green, blue].map(|part| f64::from(part) / 255.0);
    cr.set_source_rgb(red, green, blue);
    cr.set_line_width((BORDER * unit).max(1.0));
    cr.stroke()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn face(reach: InvitationReach, code: Option<&str>) -> Face {
        let invitation = Invitation {
            address: "https://192.0.2.7:8400/".parse().unwrap(),
            reach,
            fingerprint: None,
            code: code.map(Into::into),
        };
        let device = Some("Lobby <1>".to_owned());
        Face::of(&Plate::Invitation { device, invitation }, || {
            panic!("the address is known")
        })
    }

    fn words(face: &Face, eye: Eye) -> Vec<String> {
        face.blocks(eye)
            .into_iter()
            .map(|block| block.words)
            .collect()
    }

    #[test]
    fn the_viewer_reads_the_code_and_a_screenshot_does_not_have_it() {
        let face = face(InvitationReach::Network, Some("KX4-7QD"));
        assert!(words(&face, Eye::Viewer).contains(&"KX4-7QD".to_owned()));
        let on_picture = words(&face, Eye::Camera);
        assert!(on_picture.contains(&"•••••••".to_owned()));
        assert!(!on_picture.concat().contains("KX4"));
    }

    #[test]
    fn without_a_code_nothing_is_said_of_one() {
        let face = face(InvitationReach::Network, None);
        let words = words(&face, Eye::Viewer);
        assert_eq!(
            words,
            ["Lobby <1>", "Address", "https://192.0.2.7:\u{200b}8400"]
        );
        assert!(face.qr.is_some());
    }

    #[test]
    fn an_address_of_the_device_itself_says_how_to_open_it_and_has_no_qr_code() {
        let face = face(InvitationReach::LocalOnly, None);
        assert!(face.qr.is_none());
        let words = words(&face, Eye::Viewer).concat();
        assert!(words.contains("[portal] listen"), "{words}");
    }

    #[test]
    fn a_device_whose_portal_told_nothing_says_its_own_address() {
        let plate = Plate::Name {
            device: Some("hall".to_owned()),
            address: None,
        };
        let face = Face::of(&plate, || "192.0.2.20".to_owned());
        let words = words(&face, Eye::Viewer);
        assert_eq!(words, ["hall", "Address", "192.0.2.20"]);
    }
}
