//! Counts what happens each day.

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use super::Today;
use crate::player::Status;

/// Notes the counters at each midnight of the device's wall clock.
#[derive(Debug, Default)]
pub struct Day {
    date: Option<Date>,
    /// The counters when it began.
    begin: Today,
}

impl Day {
    /// What has happened since midnight, in the device's own time zone.
    pub fn so_far(&mut self, status: &Status, wall: Timestamp) -> Today {
        self.so_far_in(TimeZone::system(), status, wall)
    }

    fn so_far_in(&mut self, zone: TimeZone, status: &Status, wall: Timestamp) -> Today {
        let since_start = since_start(status);
        let date = wall.to_zoned_datetime(zone).date();
        if self.date.is_some_and(|begun| begun != date) {
            self.begin = since_start;
        }
        self.date = Some(date);
        Today {
            refreshes: since_start.refreshes.saturating_sub(self.begin.refreshes),
            recoveries: since_start.recoveries.saturating_sub(self.begin.recoveries),
        }
    }
}

fn since_start(status: &Status) -> Today {
    let by_rung = status.recoveries;
    Today {
        refreshes: status.token.refreshes,
        recoveries: by_rung.token + by_rung.report + by_rung.embed + by_rung.page + by_rung.webview,
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::Offset;

    use super::*;
    use crate::{clock, player::Player};

    #[test]
    fn a_day_begins_at_the_devices_own_midnight() {
        let now = clock::now();
        let mut status = Player::new(1, now).status(now);
        let mut day = Day::default();
        let zone = TimeZone::fixed(Offset::constant(2));
        let mut at = |refreshes, webview, wall: &str| {
            status.token.refreshes = refreshes;
            status.recoveries.webview = webview;
            let today = day.so_far_in(zone.clone(), &status, wall.parse().unwrap());
            (today.refreshes, today.recoveries)
        };
        assert_eq!(at(0, 0, "2026-11-24T20:00:00Z"), (0, 0));
        assert_eq!(at(5, 1, "2026-11-24T21:59:59Z"), (5, 1));
        assert_eq!(at(5, 1, "2026-11-24T22:00:00Z"), (0, 0));
        assert_eq!(at(7, 1, "2026-11-25T12:00:00Z"), (2, 0));
    }
}
