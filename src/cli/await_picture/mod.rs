//! Waits until the screen shows a picture that stays: what a new system has to prove.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is what a command line is for"
)]

use std::time::Duration;

use anyhow::Result;
use clap::Args;
use tokio::time::{sleep, timeout};

use super::{DaemonArgs, Ending, actions::internal};
use crate::{
    clock,
    portal::{
        client::{Client, ClientFailure},
        live::{Sight, Sights},
    },
    settings, supervise,
};

mod judge;

use judge::{Judge, Verdict};

/// Between two tries to reach the daemon. A socket's file is seen before anybody listens on it, so
/// that waiting for the file would need a second try all the same.
const TRY_EVERY: Duration = Duration::from_millis(500);
/// The last word on what is on the screen must not take longer.
const LAST_WORD: Duration = Duration::from_secs(5);

#[derive(Debug, Clone, Args)]
pub struct AwaitArgs {
    /// How long the picture has to stay without a break.
    #[arg(long, value_name = "DURATION", default_value = "1 min", value_parser = duration)]
    steady: Duration,
    /// When to give up.
    #[arg(long, value_name = "DURATION", default_value = "10 min", value_parser = duration)]
    within: Duration,
    #[command(flatten)]
    daemon: DaemonArgs,
}

fn duration(text: &str) -> Result<Duration, &'static str> {
    settings::duration(text).ok_or("write a duration such as \"30 s\" or \"10 min\"")
}

pub(super) fn run(args: &AwaitArgs) -> Ending {
    match supervise::runtime().and_then(|runtime| runtime.block_on(wait(args))) {
        Ok(ending) => ending,
        Err(error) => internal(&error),
    }
}

async fn wait(args: &AwaitArgs) -> Result<Ending> {
    let client = Client::new(&args.daemon.socket())?;
    let mut judge = Judge::new(args.steady, args.within, clock::now());
    let mut feed = Feed::new(client.clone());
    loop {
        let until = match judge.verdict(clock::now()) {
            Verdict::Waiting { until } => until,
            Verdict::Steady => {
                println!("{}", last_word(&client).await);
                return Ok(Ending::Ok);
            }
            Verdict::TooLate => {
                let within = settings::spell(args.within);
                let instead = last_word(&client).await;
                eprintln!("everlit: no steady picture within {within}; {instead}");
                return Ok(Ending::TryAgain);
            }
        };
        tokio::select! {
            news = feed.next() => match news {
                Some(sight) => judge.saw(sight, clock::now()),
                None => judge.lost(),
            },
            reached = clock::sleep_until(until) => reached?,
        }
    }
}

/// What is on the screen now.
async fn last_word(client: &Client) -> String {
    match timeout(LAST_WORD, client.status()).await {
        Ok(Ok(status)) => format!("on the screen: {}", status.summary),
        Ok(Err(failure)) => failure.to_string(),
        Err(_) => "the daemon does not answer".to_owned(),
    }
}

/// News of the daemon, through all of its restarts.
#[derive(Debug)]
struct Feed {
    client: Client,
    sights: Option<Sights>,
}

impl Feed {
    fn new(client: Client) -> Self {
        Self {
            client,
            sights: None,
        }
    }

    /// The next sight; `None` when the daemon is gone. Nothing is lost when this is dropped.
    async fn next(&mut self) -> Option<Sight> {
        let sights = match &mut self.sights {
            Some(sights) => sights,
            none => none.insert(connect(&self.client).await),
        };
        let news = sights.next().await;
        if news.is_none() {
            self.sights = None;
        }
        news
    }
}

async fn connect(client: &Client) -> Sights {
    loop {
        match client.follow().await {
            Ok(sights) => return sights,
            Err(
                ClientFailure::Unreachable { .. }
                | ClientFailure::Refused(_)
                | ClientFailure::Nonsense(_),
            ) => sleep(TRY_EVERY).await,
        }
    }
}
