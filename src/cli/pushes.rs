//! Pushes settings, waits for what comes of them, and looks back.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is what a command line is for"
)]

use std::{fs, path::Path};

use super::{
    DaemonArgs, Ending,
    actions::{ask, checked},
};
use crate::{
    portal::client::{Client, ClientFailure, Pushed},
    store::{How, Outcome, Version},
};

/// The longest that the daemon lets one request wait.
const WAIT_S: u64 = 8;
/// So many waits without a trial: there is nothing to go back to, and nothing is shown either.
const WAITS_WITHOUT_TRIAL: u32 = 75;

/// Whether to wait for the outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Patience {
    None,
    UntilSettled,
}

impl Patience {
    pub(super) fn new(is_asked: bool) -> Self {
        if is_asked {
            Self::UntilSettled
        } else {
            Self::None
        }
    }
}

pub(super) fn push(daemon: &DaemonArgs, file: &Path, patience: Patience) -> Ending {
    if let Err(problems) = checked(file) {
        eprintln!("{problems}");
        return Ending::BadSettings;
    }
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) => {
            eprintln!("everlit: cannot read {}: {error}", file.display());
            return Ending::BadSettings;
        }
    };
    follow(daemon, patience, async |client| {
        client.push(text, None).await
    })
}

pub(super) fn restore(daemon: &DaemonArgs, id: u64, patience: Patience) -> Ending {
    follow(daemon, patience, async |client| client.restore(id).await)
}

pub(super) fn history(daemon: &DaemonArgs) -> Ending {
    ask(daemon, async |client| {
        let versions = client.versions().await?;
        println!(
            "{:>6}  {:<20}  {:<12}  {:<8}  {:<16}  OUTCOME",
            "ID", "WHEN", "REVISION", "HOW", "WHO"
        );
        for version in versions {
            print_version(&version);
        }
        Ok(())
    })
}

fn print_version(version: &Version) {
    let at = version.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    println!(
        "{:>6}  {at:<20}  {:<12}  {:<8}  {:<16}  {}",
        version.id,
        version.revision,
        how_in_words(version.how),
        version.who,
        outcome_in_words(&version.outcome)
    );
}

/// Sends settings and, if asked to, waits for what comes of them.
fn follow(
    daemon: &DaemonArgs,
    patience: Patience,
    send: impl AsyncFnOnce(&Client) -> Result<Pushed, ClientFailure>,
) -> Ending {
    let mut outcome = None;
    let ending = ask(daemon, async |client| {
        let pushed = send(&client).await?;
        println!(
            "pushed; revision {}, version {}",
            pushed.revision, pushed.version
        );
        if patience == Patience::UntilSettled {
            outcome = Some(settled(&client, pushed.version).await?);
        }
        Ok(())
    });
    match outcome {
        Some(Outcome::Confirmed) => println!("confirmed by the glass"),
        Some(outcome) => {
            println!("{}", outcome_in_words(&outcome));
            return Ending::TryAgain;
        }
        None => {}
    }
    ending
}

async fn settled(client: &Client, version: u64) -> Result<Outcome, ClientFailure> {
    let mut waits_without_trial = 0;
    loop {
        let outcome = client.version(version, WAIT_S).await?.outcome;
        if outcome.is_settled() || waits_without_trial > WAITS_WITHOUT_TRIAL {
            return Ok(outcome);
        }
        if client.status().await?.settings.trial.is_none() {
            waits_without_trial += 1;
        }
    }
}

fn how_in_words(how: How) -> &'static str {
    match how {
        How::Portal => "portal",
        How::Api => "API",
        How::Socket => "socket",
        How::File => "file",
        How::Restore => "restore",
        How::Rollback => "rollback",
    }
}

fn outcome_in_words(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Pending => "not confirmed yet: nothing was shown".to_owned(),
        Outcome::Confirmed => "confirmed".to_owned(),
        Outcome::RolledBack { reason } => format!("rolled back: {reason}"),
        Outcome::Replaced => "replaced before it was confirmed".to_owned(),
        Outcome::Unwritten => "could not be written".to_owned(),
    }
}
