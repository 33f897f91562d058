//! What was measured, and how it compares.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::seat::{CHROMIUM, COG, OURS_ON_WAYLAND, OURS_ON_X, Seat};

/// What everybody on every seat is measured by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Quantity {
    /// Seconds from the start of the program until every visual has data.
    ReportRendered,
    /// Seconds from the start of the program until the page's second animation frame.
    PlainPainted,
    /// PSS of all processes in megabytes, 10 s after a report that polls was rendered.
    Memory,
    /// The same ten minutes later.
    MemoryLater,
    /// Processor seconds per minute with a report that polls and draws each second.
    LivingCpu,
    /// Processor seconds per minute with a still report.
    IdleCpu,
    /// Wake-ups per second with a still report.
    IdleWakeUps,
}

/// Each round's value, by quantity and seat.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Shared {
    values: Vec<(Quantity, Seat, Vec<f64>)>,
}

/// A value of ours against a peer's, and what the ratio should be.
pub(crate) struct Comparison {
    pub(crate) quantity: Quantity,
    pub(crate) ours: Seat,
    pub(crate) peer: Seat,
    pub(crate) limit: Option<f64>,
}

const fn compare(quantity: Quantity, ours: Seat, peer: Seat, limit: Option<f64>) -> Comparison {
    Comparison {
        quantity,
        ours,
        peer,
        limit,
    }
}

pub(crate) const COMPARISONS: [Comparison; 14] = [
    compare(Quantity::ReportRendered, OURS_ON_X, CHROMIUM, Some(0.8)),
    compare(Quantity::PlainPainted, OURS_ON_X, CHROMIUM, Some(0.8)),
    compare(Quantity::Memory, OURS_ON_X, CHROMIUM, Some(0.5)),
    compare(Quantity::MemoryLater, OURS_ON_X, CHROMIUM, Some(0.5)),
    compare(Quantity::IdleCpu, OURS_ON_X, CHROMIUM, Some(0.35)),
    compare(Quantity::IdleWakeUps, OURS_ON_X, CHROMIUM, None),
    compare(Quantity::LivingCpu, OURS_ON_X, CHROMIUM, None),
    compare(Quantity::ReportRendered, OURS_ON_WAYLAND, COG, Some(1.2)),
    compare(Quantity::PlainPainted, OURS_ON_WAYLAND, COG, Some(1.5)),
    compare(Quantity::Memory, OURS_ON_WAYLAND, COG, Some(1.0)),
    compare(Quantity::MemoryLater, OURS_ON_WAYLAND, COG, Some(1.0)),
    compare(Quantity::IdleCpu, OURS_ON_WAYLAND, COG, Some(0.25)),
    compare(Quantity::IdleWakeUps, OURS_ON_WAYLAND, COG, None),
    compare(Quantity::LivingCpu, OURS_ON_WAYLAND, COG, None),
];

/// Values of one kind with their middle and their spread.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
    pub(crate) p99: f64,
    pub(crate) count: usize,
}

/// Figures of everlit's own, in the order of their measurement.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Own(pub(crate) Vec<Figure>);

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Figure {
    pub(crate) what: String,
    pub(crate) spread: Spread,
    pub(crate) unit: String,
    /// What is asked of it, and of which of its values.
    pub(crate) limit: Option<Limit>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Limit {
    Median(f64),
    P99(f64),
    Most(f64),
    AtLeast(f64),
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ReportRendered => "report rendered (s)",
            Self::PlainPainted => "plain page, first paint (s)",
            Self::Memory => "PSS 10 s after the report (MB)",
            Self::MemoryLater => "PSS 10 min later (MB)",
            Self::LivingCpu => "figures that change each second: processor (s a minute)",
            Self::IdleCpu => "idle: processor (s a minute)",
            Self::IdleWakeUps => "idle: wake-ups (a second)",
        })
    }
}

impl Shared {
    pub(crate) fn add(&mut self, quantity: Quantity, seat: Seat, value: f64) {
        let known = self
            .values
            .iter_mut()
            .find(|(q, s, _)| (*q, *s) == (quantity, seat));
        match known {
            Some((_, _, values)) => values.push(value),
            None => self.values.push((quantity, seat, vec![value])),
        }
    }

    pub(crate) fn spread(&self, quantity: Quantity, seat: Seat) -> Option<Spread> {
        let known = self
            .values
            .iter()
            .find(|(q, s, _)| (*q, *s) == (quantity, seat));
        Spread::of(&known?.2)
    }

    pub(crate) fn ratio(&self, comparison: &Comparison) -> Option<f64> {
        let ours = self.spread(comparison.quantity, comparison.ours)?;
        let peer = self.spread(comparison.quantity, comparison.peer)?;
        // In a short time somebody may have spent nothing that was counted.
        Some(ours.median / peer.median).filter(|ratio| ratio.is_finite())
    }
}

impl Spread {
    pub(crate) fn of(values: &[f64]) -> Option<Self> {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let at = |index: usize| sorted.get(index).copied();
        let count = sorted.len();
        Some(Self {
            median: f64::midpoint(at(count.checked_sub(1)? / 2)?, at(count / 2)?),
            least: at(0)?,
            most: at(count - 1)?,
            // Of fewer than a hundred values, the most.
            p99: at((count * 99).div_ceil(100).checked_sub(1)?)?,
            count,
        })
    }
}

impl Own {
    /// Nothing is added without a value.
    pub(crate) fn add(&mut self, what: &str, values: &[f64], unit: &str, limit: Option<Limit>) {
        if let Some(spread) = Spread::of(values) {
            let Spread {
                median,
                least,
                most,
                ..
            } = spread;
            println!(
                "    {what}: {median:.2} {unit} ({least:.2} to {most:.2}, p99 {:.2})",
                spread.p99
            );
            self.0.push(Figure {
                what: what.to_owned(),
                spread,
                unit: unit.to_owned(),
                limit,
            });
        }
    }
}

impl Figure {
    pub(crate) fn is_met(&self) -> bool {
        self.limit.is_none_or(|limit| match limit {
            Limit::Median(most) => self.spread.median <= most,
            Limit::P99(most) => self.spread.p99 <= most,
            Limit::Most(most) => self.spread.most <= most,
            Limit::AtLeast(least) => self.spread.median >= least,
        })
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Median(most) => write!(f, "median ≤ {most}"),
            Self::P99(most) => write!(f, "p99 ≤ {most}"),
            Self::Most(most) => write!(f, "never > {most}"),
            Self::AtLeast(least) => write!(f, "≥ {least}"),
        }
    }
}
