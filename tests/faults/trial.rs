//! One fault, from a calm wall to a calm wall, and what was measured meanwhile.

use std::{
    fmt::Write as _,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use everlit::portal::StatusDocument;
use serde::{Deserialize, Serialize};

use crate::{
    asked::Requests,
    bench::Bench,
    fault::{Fault, Incident, Look, Since},
    journal::Journal,
    limits::{self, patience},
    rig::PATIENCE,
    seen::{Seen, View},
};

/// For what the daemon still has to say when the picture is back; it looks at the glass before it
/// says that a blank one is good again.
const LAST_WORDS: Duration = Duration::from_secs(15);
const LAST_LOOK: Duration = Duration::from_millis(300);

/// A wall shows for so long before anything happens to it, and has been looked at.
const CALM: Duration = Duration::from_secs(3);

/// What lasts, lasts up to so much longer: no retry shall know when it ends.
const UP_TO_LONGER_MS: u64 = 4_000;

const NO_RUNGS: &str = "none";

/// Long enough to be seen.
const SHORTEST_SLATE: Duration = Duration::from_secs(1);

/// What one run of a fault came to.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Outcome {
    /// `None`: the wall did not heal.
    pub(crate) fresh_s: Option<f64>,
    pub(crate) view: View,
    pub(crate) rungs: String,
    /// Another daemon than at the beginning.
    #[serde(skip)]
    pub(crate) is_new_daemon: bool,
    pub(crate) requests: Requests,
    pub(crate) journal: Journal,
    /// Everything that was not as it should be.
    pub(crate) failures: Vec<String>,
    #[serde(skip)]
    pub(crate) log: String,
}

impl Outcome {
    /// The daemon has nothing to remember.
    pub(crate) fn is_without_trace(&self) -> bool {
        self.is_new_daemon || (self.rungs == NO_RUNGS && self.journal.warnings.is_empty())
    }

    /// The wall was in no state for the fault.
    pub(crate) fn impossible(error: &anyhow::Error) -> Self {
        Self {
            fresh_s: None,
            view: View::default(),
            rungs: String::new(),
            is_new_daemon: false,
            requests: Requests::default(),
            journal: Journal::default(),
            failures: vec![format!("{error:#}")],
            log: String::new(),
        }
    }
}

/// The wall as it was before a fault.
pub(crate) struct Mark {
    status: Option<StatusDocument>,
    ends: usize,
    log: usize,
    pub(crate) at_ms: f64,
    at: Instant,
}

impl Mark {
    pub(crate) fn set(bench: &Bench) -> Result<Self> {
        Ok(Self {
            status: bench.wall.status().ok(),
            ends: bench.unit.ends.len(),
            log: bench.wall.log()?.len(),
            at_ms: bench.now_ms(),
            at: bench.now(),
        })
    }

    /// What was measured since.
    pub(crate) fn outcome(&self, bench: &Bench, fresh: Result<Duration>) -> Result<Outcome> {
        let mut failures = Vec::new();
        let fresh = fresh
            .map_err(|error| failures.push(format!("{error:#}")))
            .ok();
        let requests = Requests::since(self.at_ms, &bench.wall.cloud.asked());
        let log = bench.log_since(self.log)?;
        let most = limits::MOST_REQUESTS + limits::SCHEDULE;
        if requests.worst_minute > most {
            let worst = requests.worst_minute;
            failures.push(format!(
                "{worst} requests to one host in a minute, at most {most}"
            ));
        }
        Ok(Outcome {
            fresh_s: fresh.map(|fresh| fresh.as_secs_f64()),
            view: bench.screen.view_since(self.at),
            rungs: self.rungs(bench),
            is_new_daemon: bench.unit.ends.len() > self.ends,
            requests,
            journal: Journal::read(&log),
            failures,
            log,
        })
    }

    /// The log has told the end of an incident since.
    fn has_recovered(&self, bench: &Bench) -> Result<Option<()>> {
        let journal = Journal::read(&bench.log_since(self.log)?);
        Ok((!journal.recoveries.is_empty()).then_some(()))
    }

    /// The log has told the beginning of an incident since.
    fn has_warned(&self, bench: &Bench) -> Result<bool> {
        let journal = Journal::read(&bench.log_since(self.log)?);
        Ok(!journal.warnings.is_empty())
    }

    /// Steps of the ladder that were taken since.
    fn rungs(&self, bench: &Bench) -> String {
        let ends = bench.unit.ends.get(self.ends..).unwrap_or_default();
        // A daemon that started anew counts anew.
        let before = self.status.as_ref().filter(|_| ends.is_empty());
        let now = bench.wall.status().ok();
        let steps = |status: Option<&StatusDocument>| {
            status.map_or([0; 6], |status| {
                let by = &status.recoveries;
                let restarts = status.webview.restarts;
                [by.token, by.report, by.embed, by.page, by.webview, restarts]
            })
        };
        let (before, now) = (steps(before), steps(now.as_ref()));
        let names = ["token", "report", "embed", "page", "webview", "web process"];
        let mut text = String::new();
        for (name, (now, before)) in names.into_iter().zip(now.into_iter().zip(before)) {
            let count = now.saturating_sub(before);
            if count > 0 {
                let _ = write!(text, "{name} {count}, ");
            }
        }
        if !ends.is_empty() {
            let _ = write!(text, "daemon {} ({})", ends.len(), ends.join("; "));
        }
        let text = text.trim_end_matches(", ").to_owned();
        if text.is_empty() {
            NO_RUNGS.to_owned()
        } else {
            text
        }
    }
}

/// Runs a fault on a calm wall; leaves a calm wall, or an error when that is impossible.
pub(crate) fn run(bench: &mut Bench, fault: &Fault) -> Result<Outcome> {
    (fault.arrange)(bench)?;
    bench.wall.cloud.reset_counters();
    bench.until_showing(PATIENCE)?;
    bench.live(CALM)?;
    let mark = Mark::set(bench)?;
    let fresh = suffer(bench, fault, &mark);
    let is_told = fault.incident == Incident::Told
        || (fault.incident == Incident::ToldIfThere && mark.has_warned(bench)?);
    if fresh.is_ok() && is_told {
        // When it never comes, the log is judged for it.
        let _ = bench.until("the last words", LAST_WORDS, |bench| {
            mark.has_recovered(bench)
        });
    }
    bench.live(LAST_LOOK)?;
    let mut outcome = mark.outcome(bench, fresh)?;
    judge_look(fault.look, bench, &mut outcome);
    judge_log(fault.incident, &mut outcome);
    (fault.tidy)(bench)?;
    Ok(outcome)
}

/// From the fault's beginning to fresh content.
fn suffer(bench: &mut Bench, fault: &Fault, mark: &Mark) -> Result<Duration> {
    (fault.inject)(bench)?;
    let since_ms = match fault.since {
        Since::Injection => mark.at_ms,
        Since::Mood => bench.until("the page's mood", PATIENCE, |bench| {
            let begun = bench.counters().moods_begun;
            Ok(begun
                .last()
                .map(|(_, at_ms)| *at_ms)
                .filter(|at_ms| *at_ms >= mark.at_ms))
        })?,
        Since::End => {
            let longer = Duration::from_millis(fastrand::u64(0..UP_TO_LONGER_MS));
            bench.live(fault.lasts + longer)?;
            // The change itself takes a moment; what was fresh before it does not count.
            (fault.end)(bench)?;
            bench.now_ms()
        }
    };
    let patience = patience(fault.limit, bench.pace);
    let fresh = bench.until_fresh(since_ms, fault.proof, patience)?;
    ensure!(!fresh.is_zero(), "nothing happened");
    Ok(fresh)
}

fn judge_look(look: Look, bench: &Bench, outcome: &mut Outcome) {
    let slate = outcome.view.time_of(Seen::Slate);
    match look {
        Look::Any => {}
        Look::Picture if outcome.view.is_picture_throughout() => {}
        Look::Picture => outcome
            .failures
            .push(format!("the viewer saw: {}", outcome.view)),
        Look::Slate if slate >= SHORTEST_SLATE => {}
        Look::Slate => outcome.failures.push("the viewer saw no slate".to_owned()),
    }
    let now = bench.screen.look();
    if now != Seen::Picture {
        outcome
            .failures
            .push(format!("in the end the viewer saw: {now:?}"));
    }
}

fn judge_log(incident: Incident, outcome: &mut Outcome) {
    let Journal {
        warnings,
        recoveries,
        errors,
    } = &outcome.journal;
    let (warned, recovered) = (warnings.len(), recoveries.len());
    let (wanted, is_as_wanted) = match incident {
        Incident::Told => ("one incident", warned == 1 && recovered == 1),
        Incident::ToldIfThere => ("one incident at most", warned == recovered && warned <= 1),
        Incident::Silent => ("no incident", warned == 0 && recovered == 0),
        Incident::Amid => ("no error", true),
    };
    if !is_as_wanted || !errors.is_empty() {
        let found = format!("{warnings:?} {recoveries:?} {errors:?}");
        outcome
            .failures
            .push(format!("the log should tell {wanted}: {found}"));
    }
}
