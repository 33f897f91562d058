//! Spans of the week, such as `"Mon-Fri 02:00-04:00"`.

use jiff::civil::{DateTime, Weekday};

use super::{check::list_of, check::text, value::Value};

const SPAN: &str = "write a span such as \"02:00-04:00\" or \"Sat,Sun 22:00-06:00\"";
const SPANS: &str = "write one span or a list of them, such as \"Mon-Fri 02:00-04:00\"";
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const DAY_MINUTES: u16 = 24 * 60;

/// Spans of the week; without any it is always open.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Window(Vec<Span>);

/// A part of some days, or of the nights after them.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Span {
    /// From Monday on.
    days: [bool; 7],
    /// In minutes since midnight.
    from: u16,
    /// Not later than `from`: on the next day.
    to: u16,
}

impl Window {
    /// At night, from two to four.
    pub(super) fn nightly() -> Self {
        let (days, from, to) = ([true; 7], 2 * 60, 4 * 60);
        Self(vec![Span { days, from, to }])
    }

    /// Whether it is open at that moment on the device's own clock.
    #[must_use]
    pub fn is_open(&self, at: DateTime) -> bool {
        self.0.is_empty() || self.0.iter().any(|span| span.holds(at))
    }
}

impl Span {
    fn holds(&self, at: DateTime) -> bool {
        let minute = u16::try_from(i32::from(at.hour()) * 60 + i32::from(at.minute())).unwrap_or(0);
        let is_on = |day: Weekday| {
            let index = usize::try_from(day.to_monday_zero_offset()).unwrap_or(0);
            self.days[index]
        };
        let today = at.weekday();
        if self.from < self.to {
            return is_on(today) && (self.from..self.to).contains(&minute);
        }
        let is_begun = is_on(today) && self.from <= minute;
        is_begun || (is_on(today.previous()) && minute < self.to)
    }
}

/// A window, written as one span or as a list.
pub(super) fn window(value: &Value<'_>) -> Option<Window> {
    if value.toml().is_str() {
        return Some(Window(vec![span(value)?]));
    }
    list_of(value, SPANS, span).map(Window)
}

fn span(value: &Value<'_>) -> Option<Span> {
    let span = parse(text(value, SPAN)?);
    if span.is_none() {
        value.wrong("is no span of time", SPAN);
    }
    span
}

fn parse(text: &str) -> Option<Span> {
    let (days, hours) = match text.trim().rsplit_once(char::is_whitespace) {
        Some((days, hours)) => (parse_days(days)?, hours),
        None => ([true; 7], text.trim()),
    };
    let (from, to) = hours.split_once('-')?;
    let (from, to) = (parse_time(from)?, parse_time(to)?);
    (from < DAY_MINUTES && from != to).then_some(Span { days, from, to })
}

fn parse_days(text: &str) -> Option<[bool; 7]> {
    let mut days = [false; 7];
    for part in text.split(',').map(str::trim) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (parse_day(first)?, parse_day(last)?);
        // Over the end of the week, as in Sat-Mon.
        let length = (last + 7 - first) % 7;
        for step in 0..=length {
            days[(first + step) % 7] = true;
        }
    }
    Some(days)
}

fn parse_day(text: &str) -> Option<usize> {
    let text = text.trim().to_ascii_lowercase();
    DAYS.iter().position(|day| *day == text)
}

/// In minutes since midnight; 24:00 is the end of the day.
fn parse_time(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let is_written_out =
        |part: &str| (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    if !is_written_out(hour) || minute.len() != 2 || !is_written_out(minute) {
        return None;
    }
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    let time = hour * 60 + minute;
    (minute < 60 && time <= DAY_MINUTES).then_some(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_open_from_its_first_minute_to_before_its_last() {
        let window = window("02:00-04:00");
        for (at, is_open) in [
            ("2026-11-25T01:59:59", false),
            ("2026-11-25T02:00:00", true),
            ("2026-11-25T03:59:59", true),
            ("2026-11-25T04:00:00", false),
        ] {
            assert_eq!(window.is_open(at.parse().unwrap()), is_open, "{at}");
        }
    }

    #[test]
    fn a_span_over_midnight_belongs_to_the_day_on_which_it_begins() {
        let window = window("Fri 22:00-06:00");
        for (at, is_open) in [
            // A Friday.
            ("2026-11-27T05:00:00", false),
            ("2026-11-27T22:00:00", true),
            ("2026-11-28T05:59:00", true),
            ("2026-11-28T06:00:00", false),
            ("2026-11-28T22:30:00", false),
        ] {
            assert_eq!(window.is_open(at.parse().unwrap()), is_open, "{at}");
        }
    }

    #[test]
    fn days_are_listed_or_spanned_also_over_the_end_of_the_week() {
        let days = |text: &str| parse_days(text).unwrap().map(u8::from);
        assert_eq!(days("Mon-Fri"), [1, 1, 1, 1, 1, 0, 0]);
        assert_eq!(days("sat, SUN"), [0, 0, 0, 0, 0, 1, 1]);
        assert_eq!(days("Sat-Mon,Wed"), [1, 0, 1, 0, 0, 1, 1]);
    }

    #[test]
    fn without_any_span_it_is_always_open_and_a_whole_day_is_one() {
        let noon = "2026-11-25T12:00:00".parse().unwrap();
        assert!(Window::default().is_open(noon));
        assert!(window("0:00-24:00").is_open(noon));
        assert!(!Window::nightly().is_open(noon));
    }

    #[test]
    fn what_is_no_span_is_none() {
        for text in [
            "",
            "02:00",
            "2-4",
            "02:00-02:00",
            "24:00-02:00",
            "02:60-04:00",
            "25:00-26:00",
            "Someday 02:00-04:00",
            "Mon- 02:00-04:00",
            "02:00 - 04:00",
            "+2:00-04:00",
        ] {
            assert!(parse(text).is_none(), "{text}");
        }
    }

    fn window(text: &str) -> Window {
        Window(vec![parse(text).unwrap()])
    }
}
