//! States and times in plain words.

use jiff::{Timestamp, tz::TimeZone};

use crate::player::{Phase, TokenState};

/// A phase in words, and how it is coloured.
pub(super) fn phase(phase: Phase) -> (&'static str, &'static str) {
    match phase {
        Phase::Unconfigured => ("Not set up yet", "busy"),
        Phase::Waiting => ("Waiting for the service", "busy"),
        Phase::Loading => ("Loading", "busy"),
        Phase::Showing => ("Showing", "good"),
        Phase::Recovering => ("Recovering", "busy"),
        Phase::Denied => ("Access was refused", "bad"),
        Phase::Offline => ("Service out of reach, the last picture stays", "bad"),
        Phase::Dark => ("The screen is off on purpose", "good"),
        Phase::Stopping => ("Stopping", "busy"),
    }
}

pub(super) fn token(state: TokenState) -> &'static str {
    match state {
        TokenState::None => "none",
        TokenState::Fetching => "being fetched",
        TokenState::Valid => "valid",
        TokenState::Expired => "expired",
        TokenState::Denied => "refused",
    }
}

/// Seconds as people say them; the pages' script says them alike.
pub(super) fn seconds(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// A moment on the device's own wall clock.
pub(super) fn moment(time: Timestamp) -> String {
    let local = time.to_zoned_datetime(TimeZone::system());
    local.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    #[test]
    fn seconds_are_said_in_two_units_at_most() {
        let said = [0, 59, 60, 125, 3599, 3600, 7380].map(super::seconds);
        let words = [
            "0 s",
            "59 s",
            "1 min 00 s",
            "2 min 05 s",
            "59 min 59 s",
            "1 h 00 min",
            "2 h 03 min",
        ];
        assert_eq!(said, words);
    }
}
