//! The portal's keys on the command line: for whoever administers the device itself.
#![expect(clippy::print_stdout, reason = "this is what a command line is for")]

use clap::{Subcommand, ValueEnum};

use super::{DaemonArgs, Ending, actions::ask};
use crate::{
    player::Ask,
    portal::{
        access::Scope,
        local::{WantedToken, WayIn},
    },
};

#[derive(Debug, Subcommand)]
pub enum PortalCommand {
    /// Say where the portal is, and the pairing code while nobody has set its password.
    Show(DaemonArgs),
    /// Show address and pairing code on the screen for a while.
    ShowCode(DaemonArgs),
    /// Forget the password; the screen shows a pairing code to set a new one.
    Reset(DaemonArgs),
    /// Make a token for programs and print it; it is never shown again.
    AddToken {
        /// Who uses it, as the history and the portal name them.
        name: String,
        /// What it is good for.
        #[arg(long, value_enum, default_value_t = ScopeName::Read)]
        scope: ScopeName,
        #[command(flatten)]
        daemon: DaemonArgs,
    },
    /// List the tokens.
    Tokens(DaemonArgs),
    /// End a token.
    EndToken {
        /// Its id in the list.
        id: String,
        #[command(flatten)]
        daemon: DaemonArgs,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ScopeName {
    Read,
    Operate,
    Configure,
}

pub(super) fn run(command: PortalCommand) -> Ending {
    match command {
        PortalCommand::Show(daemon) => ask(&daemon, async |client| {
            client.way_in().await.map(|way_in| print_way_in(&way_in))
        }),
        PortalCommand::ShowCode(daemon) => {
            ask(&daemon, async |client| client.ask(Ask::Invite).await)
        }
        PortalCommand::Reset(daemon) => ask(&daemon, async |client| {
            client.reset_password().await?;
            client.way_in().await.map(|way_in| print_way_in(&way_in))
        }),
        PortalCommand::AddToken {
            name,
            scope,
            daemon,
        } => ask(&daemon, async |client| {
            let scope = scope.into();
            let made = client.make_token(&WantedToken { name, scope }).await?;
            println!("{}", made.token);
            Ok(())
        }),
        PortalCommand::Tokens(daemon) => ask(&daemon, async |client| {
            for token in client.tokens().await? {
                println!(
                    "{}  {:9}  {}",
                    token.id,
                    token.scope.to_string(),
                    token.name
                );
            }
            Ok(())
        }),
        PortalCommand::EndToken { id, daemon } => {
            ask(&daemon, async |client| client.end_token(&id).await)
        }
    }
}

fn print_way_in(way_in: &WayIn) {
    match &way_in.portal.address {
        Some(address) => println!("{address}"),
        None => println!("the portal does not listen; the log says why"),
    }
    if let Some(fingerprint) = &way_in.portal.fingerprint {
        println!("certificate (SHA-256): {fingerprint}");
    }
    match &way_in.code {
        Some(code) => println!("pairing code: {code}"),
        None => println!("the admin password is set"),
    }
}

impl From<ScopeName> for Scope {
    fn from(name: ScopeName) -> Self {
        match name {
            ScopeName::Read => Self::Read,
            ScopeName::Operate => Self::Operate,
            ScopeName::Configure => Self::Configure,
        }
    }
}
