//! Durations as people write them: `"40 min"`, `"1 h 30 min"`, `"500 ms"`.

use std::time::Duration;

pub(super) const SECOND: Duration = Duration::from_secs(1);
pub(super) const MINUTE: Duration = Duration::from_secs(60);
pub(super) const HOUR: Duration = Duration::from_secs(3600);
pub(super) const DAY: Duration = Duration::from_secs(86_400);

/// How each unit may be spelled, from the longest to the shortest; the first is how we write it.
const UNITS: [(Duration, &[&str]); 5] = [
    (DAY, &["d", "day", "days"]),
    (HOUR, &["h", "hr", "hrs", "hour", "hours"]),
    (MINUTE, &["min", "m", "mins", "minute", "minutes"]),
    (SECOND, &["s", "sec", "secs", "second", "seconds"]),
    (
        Duration::from_millis(1),
        &["ms", "msec", "millisecond", "milliseconds"],
    ),
];

/// The duration that a text means; parts go from long to short, each unit once.
#[must_use]
pub fn parse(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut total = Duration::ZERO;
    let mut units = UNITS.iter();
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let (amount, after) = split_off(rest, |c| c.is_ascii_digit() || c == '.');
        let (word, after) = split_off(after.trim_start(), char::is_alphabetic);
        let word = word.to_lowercase();
        let (unit, _) = units.find(|(_, names)| names.contains(&&*word))?;
        let part = Duration::try_from_secs_f64(unit.as_secs_f64() * amount.parse::<f64>().ok()?);
        total = total.checked_add(part.ok()?)?;
        rest = after.trim_start();
    }
    Some(total)
}

/// The duration in the fewest units, such as `40 min` or `1 h 30 min`.
#[must_use]
pub fn spell(duration: Duration) -> String {
    // Up to two days people think in hours.
    let first = if duration < 2 * DAY { 1 } else { 0 };
    let mut left = duration.as_millis();
    let mut parts = Vec::new();
    for (unit, names) in UNITS.iter().skip(first) {
        let amount = left / unit.as_millis();
        left %= unit.as_millis();
        if amount > 0 {
            parts.push(format!("{amount} {}", names[0]));
        }
    }
    if parts.is_empty() {
        parts.push("0 s".to_owned());
    }
    parts.join(" ")
}

fn split_off(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    let end = text.find(|c| !belongs(c)).unwrap_or(text.len());
    text.split_at(end)
}
