//! The `everlit` command.

use std::process::ExitCode;

use clap::Parser as _;
use everlit::cli::{self, CommandLine};

fn main() -> ExitCode {
    let command_line = CommandLine::parse();
    ExitCode::from(cli::run(command_line).code())
}
