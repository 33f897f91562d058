//! The badge in a corner of the screen that says how old the picture's data is.

use std::time::Duration;

use gtk::{cairo, pango, prelude::*};
use jiff::{Timestamp, civil::DateTime, tz::Offset};
use tracing::error;

use crate::clock;

/// It reads well over light and over dark reports.
const STYLE: &[u8] = b".age {
    color: #f4f7fb;
    background-color: rgba(11, 18, 32, 0.84);
    border: 1px solid rgba(244, 247, 251, 0.28);
    border-radius: 9999px;
    font-family: Inter, 'Segoe UI', 'Noto Sans', 'DejaVu Sans', sans-serif;
    font-weight: 500;
}";
const CLASS: &str = "age";

/// Heights and widths in parts of the screen's shorter side, and of the letters.
const LETTERS: f64 = 0.022;
const SIDE: f64 = 0.85;
const TOP: f64 = 0.35;
const AWAY: f64 = 0.9;

/// Gives the area on which badges are painted their look.
pub(super) fn dress(area: &gtk::DrawingArea) {
    let provider = gtk::CssProvider::new();
    if let Err(error) = provider.load_from_data(STYLE) {
        error!(%error, "the badge's style is wrong");
    }
    let style = area.style_context();
    style.add_class(CLASS);
    style.add_provider(&provider, gtk::STYLE_PROVIDER_PRIORITY_APPLICATION);
}

pub(super) fn paint(
    area: &gtk::DrawingArea,
    cr: &cairo::Context,
    words: &str,
    width: i32,
    height: i32,
) {
    let letters = f64::from(width.min(height)) * LETTERS;
    let layout = area.create_pango_layout(Some(words));
    let mut font = layout.context().font_description().unwrap_or_default();
    font.set_absolute_size(letters * f64::from(pango::SCALE));
    layout.set_font_description(Some(&font));
    let (text_width, text_height) = layout.pixel_size();
    let pill_width = f64::from(text_width) + 2.0 * SIDE * letters;
    let pill_height = f64::from(text_height) + 2.0 * TOP * letters;
    let left = f64::from(width) - pill_width - AWAY * letters;
    let top = f64::from(height) - pill_height - AWAY * letters;
    let style = area.style_context();
    gtk::render_background(&style, cr, left, top, pill_width, pill_height);
    gtk::render_frame(&style, cr, left, top, pill_width, pill_height);
    gtk::render_layout(
        &style,
        cr,
        left + SIDE * letters,
        top + TOP * letters,
        &layout,
    );
}

/// What the badge says about data of this age.
pub(super) fn words(age: Duration) -> String {
    let now = clock::wall();
    let then = now.checked_sub(age).unwrap_or(Timestamp::MIN);
    words_between(local(then), local(now))
}

fn words_between(then: DateTime, now: DateTime) -> String {
    if then.date() == now.date() {
        format!("data from {}", then.strftime("%H:%M"))
    } else {
        format!("data from {}", then.strftime("%a %-d %b, %H:%M"))
    }
}

/// The time on a clock on the device's own wall.
fn local(time: Timestamp) -> DateTime {
    let offset = glib::DateTime::from_unix_local(time.as_second())
        .ok()
        .and_then(|local| i32::try_from(local.utc_offset().as_seconds()).ok())
        .and_then(|seconds| Offset::from_seconds(seconds).ok())
        .unwrap_or(Offset::UTC);
    offset.to_datetime(time)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn data_of_today_is_told_by_its_time() {
        let now = date(2026, 11, 24).at(14, 30, 0, 0);
        let then = date(2026, 11, 24).at(9, 5, 59, 0);
        assert_eq!(words_between(then, now), "data from 09:05");
    }

    #[test]
    fn data_of_another_day_is_told_with_its_date() {
        let now = date(2026, 11, 24).at(0, 1, 0, 0);
        let then = date(2026, 11, 23).at(14, 5, 0, 0);
        assert_eq!(words_between(then, now), "data from Mon 23 Nov, 14:05");
    }

    #[test]
    fn a_senseless_age_does_no_harm() {
        assert!(words(Duration::MAX).starts_with("data from "));
    }
}
