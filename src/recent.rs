//! The newest lines of the log, kept in memory for those who ask from afar.

use std::{
    collections::VecDeque,
    fmt,
    str::FromStr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;
use utoipa::ToSchema;

/// More is in the journal.
const MOST_LINES: usize = 2_000;
const MOST_BYTES: usize = 512 * 1024;
const LONGEST_TEXT: usize = 8 * 1024;
/// What a line takes beside its texts.
const LINE_BYTES: usize = size_of::<LogLine>();

/// A follower that is further behind loses lines.
const FOLLOWED: usize = 256;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogLine {
    pub at: Timestamp,
    pub level: Level,
    /// The module that said it; missing when it was not one of ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The message, and its fields as ` key=value`.
    pub text: String,
}

/// From the gravest to the least important.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    Error,
    Warn,
    Info,
    Debug,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no level {0}; levels are error, warn, info and debug")]
pub struct UnknownLevel(String);

/// The newest lines; clones share them.
#[derive(Debug, Clone)]
pub struct Recent {
    kept: Arc<Mutex<Kept>>,
    news: broadcast::Sender<LogLine>,
}

#[derive(Debug, Default)]
struct Kept {
    lines: VecDeque<LogLine>,
    bytes: usize,
}

impl Recent {
    #[must_use]
    pub fn new() -> Self {
        Self {
            kept: Arc::default(),
            news: broadcast::Sender::new(FOLLOWED),
        }
    }

    /// Keeps a line; the oldest make room for it.
    pub fn add(&self, mut line: LogLine) {
        shorten(&mut line.text);
        if self.news.receiver_count() > 0 {
            // Nobody may have followed since; then nobody misses it.
            let _ = self.news.send(line.clone());
        }
        let mut kept = self.kept();
        kept.bytes += line.bytes();
        kept.lines.push_back(line);
        kept.make_room();
    }

    /// Puts lines from before this start in front of those that are here already.
    pub fn add_earlier(&self, lines: impl DoubleEndedIterator<Item = LogLine>) {
        let mut kept = self.kept();
        for mut line in lines.rev() {
            shorten(&mut line.text);
            if !kept.has_room_for(&line) {
                break;
            }
            kept.bytes += line.bytes();
            kept.lines.push_front(line);
        }
    }

    /// At most so many of the newest lines that are at least so grave, the newest last.
    #[must_use]
    pub fn newest(&self, at_least: Level, most: usize) -> Vec<LogLine> {
        let kept = self.kept();
        let newest_first = kept.lines.iter().rev();
        let mut found: Vec<_> = newest_first
            .filter(|line| line.level <= at_least)
            .take(most)
            .cloned()
            .collect();
        found.reverse();
        found
    }

    /// Hears each line from now on. A slow reader loses lines and holds up nobody.
    #[must_use]
    pub fn follow(&self) -> broadcast::Receiver<LogLine> {
        self.news.subscribe()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Whatever panicked, the lines are whole.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Recent {
    fn default() -> Self {
        Self::new()
    }
}

impl Kept {
    fn has_room_for(&self, line: &LogLine) -> bool {
        self.lines.len() < MOST_LINES && self.bytes + line.bytes() <= MOST_BYTES
    }

    fn make_room(&mut self) {
        while self.lines.len() > MOST_LINES || self.bytes > MOST_BYTES {
            let Some(oldest) = self.lines.pop_front() else {
                return;
            };
            self.bytes -= oldest.bytes();
        }
    }
}

impl LogLine {
    fn bytes(&self) -> usize {
        LINE_BYTES + self.text.len() + self.target.as_ref().map_or(0, String::len)
    }
}

impl fmt::Display for LogLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:>5} {}", self.at, self.level, self.text)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Error => "ERROR",
            Self::Warn => "WARN",
            Self::Info => "INFO",
            Self::Debug => "DEBUG",
        })
    }
}

impl FromStr for Level {
    type Err = UnknownLevel;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "error" => Ok(Self::Error),
            "warn" => Ok(Self::Warn),
            "info" => Ok(Self::Info),
            "debug" => Ok(Self::Debug),
            _ => Err(UnknownLevel(name.to_owned())),
        }
    }
}

fn shorten(text: &mut String) {
    if text.len() > LONGEST_TEXT {
        text.truncate(text.floor_char_boundary(LONGEST_TEXT));
        text.push('…');
    }
    // A line must not keep more than it shows.
    text.shrink_to_fit();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(level: Level, text: &str) -> LogLine {
        LogLine {
            at: Timestamp::UNIX_EPOCH,
            level,
            target: Some("everlit".to_owned()),
            text: text.to_owned(),
        }
    }

    fn texts(lines: &[LogLine]) -> Vec<&str> {
        lines.iter().map(|line| line.text.as_str()).collect()
    }

    #[test]
    fn the_newest_lines_come_last_and_less_grave_ones_can_be_left_out() {
        let recent = Recent::new();
        recent.add(line(Level::Info, "a"));
        recent.add(line(Level::Debug, "b"));
        recent.add(line(Level::Error, "c"));
        assert_eq!(texts(&recent.newest(Level::Debug, 9)), ["a", "b", "c"]);
        assert_eq!(texts(&recent.newest(Level::Info, 9)), ["a", "c"]);
        assert_eq!(texts(&recent.newest(Level::Warn, 9)), ["c"]);
        assert_eq!(texts(&recent.newest(Level::Debug, 2)), ["b", "c"]);
    }

    #[test]
    fn neither_many_lines_nor_long_ones_fill_the_memory() {
        let recent = Recent::new();
        for number in 0..3 * MOST_LINES {
            recent.add(line(Level::Info, &number.to_string()));
        }
        let lines = recent.newest(Level::Debug, usize::MAX);
        assert_eq!(lines.len(), MOST_LINES);
        assert_eq!(lines[MOST_LINES - 1].text, (3 * MOST_LINES - 1).to_string());
        for _ in 0..MOST_LINES {
            recent.add(line(Level::Info, &"ä".repeat(LONGEST_TEXT)));
        }
        let lines = recent.newest(Level::Debug, usize::MAX);
        assert!(lines.iter().map(LogLine::bytes).sum::<usize>() <= MOST_BYTES);
        assert!(lines.len() > 50 && lines[0].text.len() <= LONGEST_TEXT + '…'.len_utf8());
        assert_eq!(
            recent.kept().bytes,
            lines.iter().map(LogLine::bytes).sum::<usize>()
        );
    }

    #[test]
    fn earlier_lines_never_push_out_those_of_this_start() {
        let recent = Recent::new();
        for _ in 0..MOST_LINES - 2 {
            recent.add(line(Level::Info, "now"));
        }
        let earlier = ["1", "2", "3"].map(|text| line(Level::Info, text));
        recent.add_earlier(earlier.into_iter());
        let lines = recent.newest(Level::Debug, usize::MAX);
        assert_eq!(texts(&lines[..3]), ["2", "3", "now"]);
        assert_eq!(lines.len(), MOST_LINES);
    }

    #[test]
    fn a_slow_reader_loses_lines_and_goes_on_with_the_newest() {
        let recent = Recent::new();
        let mut slow = recent.follow();
        for number in 0..FOLLOWED + 10 {
            recent.add(line(Level::Info, &number.to_string()));
        }
        let lost = slow.try_recv();
        assert!(
            matches!(lost, Err(broadcast::error::TryRecvError::Lagged(10))),
            "{lost:?}"
        );
        assert_eq!(slow.try_recv().unwrap().text, "10");
    }
}
