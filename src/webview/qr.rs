//! QR codes: an address that a phone can read off the screen.

use std::fmt::Write as _;

use gtk::cairo;
use qrcodegen::{QrCode, QrCodeEcc};
use url::Url;

/// Light modules around the code, as the standard asks for.
const QUIET: i32 = 4;

pub(super) struct Qr(QrCode);

impl Qr {
    /// `None`: no QR code is large enough for the address.
    pub(super) fn of(address: &Url) -> Option<Self> {
        QrCode::encode_text(address.as_str(), QrCodeEcc::Medium)
            .ok()
            .map(Self)
    }

    /// The code in modules, dark on a light card whatever is around it.
    pub(super) fn svg(&self) -> String {
        let side = self.side();
        let mut dark = String::new();
        for (x, y, length) in self.runs() {
            let _ = write!(dark, "M{x} {y}h{length}v1h-{length}z");
        }
        format!(
            "<svg class=\"qr\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\" \
             role=\"img\"><path fill=\"#fff\" d=\"M0 0h{side}v{side}h-{side}z\"/>\
             <path fill=\"#000\" d=\"{dark}\"/></svg>"
        )
    }

    /// Paints the code as a square of about this many units; its modules are whole units wide.
    pub(super) fn paint(
        &self,
        cr: &cairo::Context,
        (x, y): (f64, f64),
        side: f64,
    ) -> Result<(), cairo::Error> {
        cr.save()?;
        cr.set_source_rgb(1.0, 1.0, 1.0);
        cr.rectangle(x, y, side, side);
        cr.fill()?;
        let module = (side / f64::from(self.side())).floor().max(1.0);
        let edge = ((side - module * f64::from(self.side())) / 2.0).floor();
        cr.translate((x + edge).round(), (y + edge).round());
        cr.set_antialias(cairo::Antialias::None);
        cr.set_source_rgb(0.0, 0.0, 0.0);
        for (x, y, length) in self.runs() {
            let [x, y, length] = [x, y, length].map(|n| f64::from(n) * module);
            cr.rectangle(x, y, length, module);
        }
        cr.fill()?;
        cr.restore()
    }

    /// Modules along an edge, the quiet zone included.
    fn side(&self) -> i32 {
        self.0.size() + 2 * QUIET
    }

    /// Dark modules next to each other: the place of the first one, and how many.
    fn runs(&self) -> Vec<(i32, i32, i32)> {
        let mut runs: Vec<(i32, i32, i32)> = Vec::new();
        for y in 0..self.0.size() {
            for x in (0..self.0.size()).filter(|&x| self.0.get_module(x, y)) {
                let (x, y) = (x + QUIET, y + QUIET);
                match runs.last_mut() {
                    Some((first, row, length)) if *row == y && *first + *length == x => {
                        *length += 1;
                    }
                    Some(_) | None => runs.push((x, y, 1)),
                }
            }
        }
        runs
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const ADDRESS: &str = "https://192.0.2.7:8400/";

    fn qr() -> Qr {
        Qr::of(&ADDRESS.parse().unwrap()).unwrap()
    }

    /// What an SVG paints dark, read from its own text.
    fn dark_modules(svg: &str) -> BTreeSet<(i32, i32)> {
        let (_, dark) = svg.split_once("fill=\"#000\" d=\"M").unwrap();
        let (dark, _) = dark.split_once("z\"").unwrap();
        dark.split("zM")
            .flat_map(|run| {
                let (place, run) = run.split_once('h').unwrap();
                let (x, y) = place.split_once(' ').unwrap();
                let (x, y): (i32, i32) = (x.parse().unwrap(), y.parse().unwrap());
                let (length, back) = run.split_once("v1h-").unwrap();
                assert_eq!(length, back);
                (0..length.parse().unwrap()).map(move |more| (x + more, y))
            })
            .collect()
    }

    fn encoded() -> (i32, BTreeSet<(i32, i32)>) {
        let code = QrCode::encode_text(ADDRESS, QrCodeEcc::Medium).unwrap();
        let all = (0..code.size()).flat_map(|y| (0..code.size()).map(move |x| (x, y)));
        let dark = all.filter(|&(x, y)| code.get_module(x, y));
        (code.size(), dark.map(|(x, y)| (x + 4, y + 4)).collect())
    }

    #[test]
    fn the_svg_is_dark_where_the_code_is_and_has_a_quiet_zone() {
        let svg = qr().svg();
        let (size, dark) = encoded();
        assert_eq!(dark_modules(&svg), dark);
        let side = size + 8;
        assert!(svg.contains(&format!("viewBox=\"0 0 {side} {side}\"")));
    }

    #[test]
    fn the_painted_code_is_dark_where_the_code_is() {
        let (size, dark) = encoded();
        let side = size + 8;
        let wide = side * 3;
        let mut surface = cairo::ImageSurface::create(cairo::Format::Rgb24, wide, wide).unwrap();
        let cr = cairo::Context::new(&surface).unwrap();
        qr().paint(&cr, (0.0, 0.0), f64::from(wide)).unwrap();
        drop(cr);
        let stride = surface.stride();
        let pixels = surface.data().unwrap();
        for y in 0..side {
            for x in 0..side {
                let at = usize::try_from((y * 3 + 1) * stride + (x * 3 + 1) * 4).unwrap();
                assert_eq!(pixels[at] == 0, dark.contains(&(x, y)), "at {x}, {y}");
            }
        }
    }

    #[test]
    fn an_endless_address_has_no_code() {
        let endless = format!("https://example.com/{}", "x".repeat(4000));
        assert!(Qr::of(&endless.parse().unwrap()).is_none());
    }
}
