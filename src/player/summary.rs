//! The status in one line for people.

use std::{
    fmt::{self, Write as _},
    time::Duration,
};

use super::{ContentKind, ContentStatus, Phase, SettingsStatus, Status, TokenState, TokenStatus};

/// Room for most lines.
const LENGTH: usize = 160;

impl Status {
    /// One line for people, such as `showing Sales (report), token valid for 50 min, next refresh in
    /// 30 min`.
    #[must_use]
    pub fn summary(&self) -> String {
        let mut line = String::with_capacity(LENGTH);
        // Writing into a text cannot fail.
        let _ = write_phase(&mut line, self.phase, self.content.as_ref());
        let _ = write_token(&mut line, &self.token);
        let _ = write_problems(&mut line, &self.settings);
        line
    }
}

fn write_phase(line: &mut String, phase: Phase, content: Option<&ContentStatus>) -> fmt::Result {
    let verb = match phase {
        Phase::Waiting => "waiting to show ",
        Phase::Loading => "loading ",
        Phase::Showing => "showing ",
        Phase::Recovering => "recovering ",
        Phase::Denied => "not allowed to show ",
        Phase::Offline => "showing the last picture of ",
        Phase::Unconfigured => {
            return line.write_str("no settings yet, or nothing to show in them");
        }
        Phase::Dark => return line.write_str("the screen is off"),
        Phase::Stopping => return line.write_str("stopping"),
    };
    line.push_str(verb);
    let Some(ContentStatus { kind, title, .. }) = content else {
        return line.write_str("nothing");
    };
    line.push_str(title);
    line.write_str(match kind {
        ContentKind::Report => " (report)",
        ContentKind::Page => " (page)",
    })
}

fn write_token(line: &mut String, token: &TokenStatus) -> fmt::Result {
    if let (TokenState::Valid, Some(left)) = (token.state, token.expires_in) {
        write!(line, ", token valid for {}", Words(left))?;
    }
    let trouble = token.last_error.as_ref().filter(|_| token.is_failing);
    if let Some(next) = token.next_refresh_in {
        let what = match trouble {
            Some(_) => "try",
            None => "refresh",
        };
        write!(line, ", next {what} in {}", Words(next))?;
    }
    match trouble {
        Some(trouble) => write!(line, " ({trouble})"),
        None => Ok(()),
    }
}

fn write_problems(line: &mut String, settings: &SettingsStatus) -> fmt::Result {
    let problems = settings.problems.len();
    match problems.saturating_sub(usize::from(settings.is_undone)) {
        0 if settings.is_undone => {
            line.write_str("; settings rejected: the previous ones were put back")
        }
        0 => Ok(()),
        1 => line.write_str("; settings rejected: 1 problem"),
        count => write!(line, "; settings rejected: {count} problems"),
    }
}

/// A duration as people say it.
pub(super) struct Words(pub(super) Duration);

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        match seconds {
            0..120 => write!(f, "{seconds} s"),
            120..7200 => write!(f, "{} min", seconds / 60),
            _ => write!(f, "{} h", seconds / 3600),
        }
    }
}
