//! What a viewer sees, judged by the colours of a coarse grid of the screen's pixels.

use std::{collections::BTreeMap, fmt, time::Duration};

use serde::{Deserialize, Serialize};

/// The colour of the stand-in's error boxes; no report has it.
const ERROR: u32 = 0x00ff_00ff;
/// So many points of it are a box and not a speck.
const BOX: usize = 2;
/// No channel of a slate's background is brighter.
const DARK: u32 = 0x60;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Seen {
    Picture,
    /// One colour, whichever.
    Blank,
    Slate,
    /// The report's own error text.
    Error,
    /// There is no screen.
    Nothing,
}

impl Seen {
    /// `points` are colours as `0x00RRGGBB`.
    pub(crate) fn on(points: &[u32]) -> Self {
        if points.iter().filter(|point| **point == ERROR).count() >= BOX {
            return Self::Error;
        }
        if most_common(points) * 10 >= points.len() * 9 {
            return Self::Blank;
        }
        if points.iter().filter(|point| is_dark(**point)).count() * 10 >= points.len() * 8 {
            return Self::Slate;
        }
        Self::Picture
    }

    fn name(self) -> &'static str {
        match self {
            Self::Picture => "picture",
            Self::Blank => "blank",
            Self::Slate => "slate",
            Self::Error => "error text",
            Self::Nothing => "no screen",
        }
    }
}

/// How long a viewer saw what; in JSON in seconds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(into = "BTreeMap<Seen, f64>", from = "BTreeMap<Seen, f64>")]
pub(crate) struct View(BTreeMap<Seen, Duration>);

impl From<View> for BTreeMap<Seen, f64> {
    fn from(view: View) -> Self {
        let times = view.0.into_iter();
        times
            .map(|(seen, time)| (seen, time.as_secs_f64()))
            .collect()
    }
}

impl From<BTreeMap<Seen, f64>> for View {
    fn from(times: BTreeMap<Seen, f64>) -> Self {
        let times = times.into_iter();
        Self(
            times
                .map(|(seen, seconds)| (seen, Duration::from_secs_f64(seconds.max(0.0))))
                .collect(),
        )
    }
}

impl View {
    pub(crate) fn add(&mut self, seen: Seen, time: Duration) {
        *self.0.entry(seen).or_default() += time;
    }

    pub(crate) fn time_of(&self, seen: Seen) -> Duration {
        self.0.get(&seen).copied().unwrap_or_default()
    }

    /// The one of several runs in which the picture was away longest.
    pub(crate) fn worst<'v>(views: impl Iterator<Item = &'v Self>) -> Self {
        views
            .max_by_key(|view| view.without_picture())
            .cloned()
            .unwrap_or_default()
    }

    pub(crate) fn is_picture_throughout(&self) -> bool {
        self.without_picture().is_zero()
    }

    fn without_picture(&self) -> Duration {
        let others = self.0.iter().filter(|(seen, _)| **seen != Seen::Picture);
        others.map(|(_, time)| *time).sum()
    }
}

impl fmt::Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_picture_throughout() {
            return write!(f, "picture throughout");
        }
        let others = self.0.iter().filter(|(seen, _)| **seen != Seen::Picture);
        let words =
            others.map(|(seen, time)| format!("{} {:.1} s", seen.name(), time.as_secs_f64()));
        write!(f, "{}", words.collect::<Vec<_>>().join(", "))
    }
}

fn most_common(points: &[u32]) -> usize {
    let mut counts = BTreeMap::new();
    for point in points {
        *counts.entry(point).or_insert(0) += 1;
    }
    counts.into_values().max().unwrap_or(0)
}

fn is_dark(point: u32) -> bool {
    [16, 8, 0]
        .into_iter()
        .all(|shift| (point >> shift) & 0xff < DARK)
}
