//! How long a token lives, by the clock of the service that made it.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{DATE, HeaderMap};

/// Remaining life when an answer has arrived: its `expiration` less the answer's own `Date`.
///
/// Our wall clock counts only when there is no `Date`. The time that the exchange took is taken
/// off, since the answer may have been on its way that long. `Date` drops fractions of a second,
/// so a life may be told up to a second too long, and no more; rounding that up would cost a token
/// that lives two seconds half of its life. Never negative.
pub(super) fn remaining(
    expiration: Timestamp,
    date: Option<Timestamp>,
    wall: Timestamp,
    took: Duration,
) -> Duration {
    let left = expiration.duration_since(date.unwrap_or(wall));
    Duration::try_from(left)
        .unwrap_or_default()
        .saturating_sub(took)
}

/// The `Date` header.
pub(super) fn date(headers: &HeaderMap) -> Option<Timestamp> {
    http_date(headers.get(DATE)?.to_str().ok()?)
}

/// A date as HTTP writes it, such as `Sun, 06 Nov 1994 08:49:37 GMT`.
pub(super) fn http_date(text: &str) -> Option<Timestamp> {
    Timestamp::try_from(httpdate::parse_http_date(text).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO_TIME: Duration = Duration::ZERO;

    #[test]
    fn life_is_counted_by_the_services_clock_however_wrong_ours_is() {
        let life = remaining(
            at("2026-01-01T13:00:00Z"),
            http_date("Thu, 01 Jan 2026 12:00:00 GMT"),
            at("1970-01-01T00:00:00Z"),
            NO_TIME,
        );
        assert_eq!(life, Duration::from_secs(3600));
    }

    #[test]
    fn without_a_date_our_own_clock_counts() {
        let wall = at("2026-01-01T12:30:00Z");
        let life = remaining(at("2026-01-01T13:00:00Z"), None, wall, NO_TIME);
        assert_eq!(life, Duration::from_secs(1800));
    }

    #[test]
    fn the_time_on_the_way_is_taken_off() {
        let wall = at("2026-01-01T12:00:00Z");
        let took = Duration::from_secs(7);
        let life = remaining(at("2026-01-01T12:00:10Z"), None, wall, took);
        assert_eq!(life, Duration::from_secs(3));
    }

    #[test]
    fn a_life_is_never_negative() {
        let wall = at("2026-01-01T12:00:00Z");
        let took = Duration::from_secs(7);
        for expiration in ["2026-01-01T11:00:00Z", "2026-01-01T12:00:05Z"] {
            assert_eq!(remaining(at(expiration), None, wall, took), NO_TIME);
        }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }
}
