//! Does what the command line asks for, and prints it.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is what a command line is for"
)]

use std::{fs, path::Path};

use super::{
    Command, CommandLine, DaemonArgs, Ending, RunArgs, SettingsCommand, await_picture, portal,
    provision,
    pushes::{self, Patience},
    update,
};
use crate::{
    app, logging,
    player::{Ask, Phase},
    portal::{
        StatusDocument,
        client::{Client, ClientFailure},
    },
    settings::{self, Problems},
    store, supervise,
};

/// Does what the command line asks for.
#[must_use]
pub fn run(command_line: CommandLine) -> Ending {
    match command_line.command {
        Command::Run(args) => run_daemon(args),
        Command::Check { file } => check(&file),
        Command::Status { json: true, daemon } => ask(&daemon, async |client| {
            client.status_json().await.map(|json| println!("{json}"))
        }),
        Command::Status {
            json: false,
            daemon,
        } => ask(&daemon, async |client| {
            client.status().await.map(|status| print_status(&status))
        }),
        Command::Reload(daemon) => ask(&daemon, async |client| client.ask(Ask::Reload).await),
        Command::RefreshToken(daemon) => {
            ask(&daemon, async |client| client.ask(Ask::RefreshToken).await)
        }
        Command::Screenshot { out, daemon } => screenshot(&daemon, &out),
        Command::AwaitPicture(args) => await_picture::run(&args),
        Command::Provision(args) => provision::run(args),
        Command::Update(args) => update::run(args),
        Command::Settings(SettingsCommand::Show(daemon)) => ask(&daemon, async |client| {
            client
                .settings()
                .await
                .map(|settings| print!("{}", settings.text))
        }),
        Command::Settings(SettingsCommand::Push { file, wait, daemon }) => {
            pushes::push(&daemon, &file, Patience::new(wait))
        }
        Command::Portal(command) => portal::run(command),
        Command::Settings(SettingsCommand::History(daemon)) => pushes::history(&daemon),
        Command::Settings(SettingsCommand::Restore { id, wait, daemon }) => {
            pushes::restore(&daemon, id, Patience::new(wait))
        }
    }
}

fn run_daemon(args: RunArgs) -> Ending {
    let log = logging::start(std::env::var("EVERLIT_LOG").ok().as_deref());
    match app::run(args, log) {
        Ok(never) => match never {},
        Err(error) => internal(&error),
    }
}

fn check(file: &Path) -> Ending {
    match checked(file) {
        Ok(checked) => {
            for note in checked.notes {
                println!("{note}");
            }
            println!("{}: good", file.display());
            Ending::Ok
        }
        Err(problems) => {
            eprintln!("{problems}");
            Ending::BadSettings
        }
    }
}

pub(super) fn checked(file: &Path) -> Result<settings::Checked, Problems> {
    let (text, _) = store::read(file).map_err(|failure| Problems(vec![failure.problem(file)]))?;
    settings::check(&text, file)
}

fn screenshot(daemon: &DaemonArgs, out: &Path) -> Ending {
    let mut written = Ok(());
    let ending = ask(daemon, async |client| {
        written = fs::write(out, client.screenshot().await?);
        Ok(())
    });
    if let Err(error) = written {
        eprintln!("everlit: cannot write {}: {error}", out.display());
        return Ending::Internal;
    }
    ending
}

fn print_status(status: &StatusDocument) {
    println!("{}", status.summary);
    if let Some(expires) = status.token.expires_in_s {
        println!(
            "token: expires in {expires} s, {} refreshes so far",
            status.token.refreshes
        );
    }
    if let Some(error) = &status.token.last_error {
        println!("last error: {error}");
    }
    if let Some(trial) = &status.settings.trial {
        let fallback = &trial.fallback;
        match trial.ends_in_s {
            Some(left) => println!("settings on trial: {left} s left, then back to {fallback}"),
            None => println!("settings on trial: waiting for the network or the time"),
        }
    }
    for problem in &status.settings.problems {
        println!("settings rejected: {problem}");
    }
    if status.phase == Phase::Unconfigured {
        println!("write the settings file to begin; `everlit check` tells what is wrong with it");
    }
}

/// Talks to the daemon; every failure is printed once, here.
pub(super) fn ask(
    daemon: &DaemonArgs,
    question: impl AsyncFnOnce(Client) -> Result<(), ClientFailure>,
) -> Ending {
    let answer = supervise::runtime().and_then(|runtime| {
        let client = Client::new(&daemon.socket())?;
        Ok(runtime.block_on(question(client)))
    });
    match answer {
        Ok(Ok(())) => Ending::Ok,
        Ok(Err(failure)) => {
            eprintln!("everlit: {failure}");
            match failure {
                ClientFailure::Unreachable { .. } => Ending::Unreachable,
                ClientFailure::Refused { .. } => Ending::TryAgain,
                ClientFailure::Nonsense(_) => Ending::Internal,
            }
        }
        Err(error) => internal(&error),
    }
}

pub(super) fn internal(error: &anyhow::Error) -> Ending {
    eprintln!("everlit: {error:#}");
    Ending::Internal
}
