//! Writes what a package holds beside the daemon: man pages, shell completions and the licences.
//!
//! `cargo run --example docs OUT_DIR`

mod licences;
mod settings_page;

use std::{env, fs, path::Path, process::ExitCode};

use anyhow::{Context as _, Result};
use clap::{Command, CommandFactory as _};
use clap_complete::Shell;
use everlit::cli::CommandLine;

fn main() -> ExitCode {
    let Some(out) = env::args_os().nth(1) else {
        tell("usage: docs OUT_DIR");
        return ExitCode::from(2);
    };
    match write_all(Path::new(&out)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stderr, reason = "this is a command line")]
fn tell(text: &str) {
    eprintln!("{text}");
}

fn write_all(out: &Path) -> Result<()> {
    let (man, completions) = (out.join("man"), out.join("completions"));
    for folder in [&man, &completions] {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    write_man_pages(&man).context("cannot write the man pages")?;
    write_completions(&completions).context("cannot write the completions")?;
    let copyright = licences::copyright()?;
    fs::write(out.join("copyright"), copyright).context("cannot write the copyright file")
}

/// A page for each command, `everlit-settings-push.1` for a nested one, and one for the settings.
fn write_man_pages(folder: &Path) -> Result<()> {
    let command = CommandLine::command();
    clap_mangen::generate_to(command.clone(), folder)?;
    fs::write(
        folder.join("everlit-settings.5"),
        settings_page::roff(command.get_version().unwrap_or_default()),
    )?;
    Ok(())
}

fn write_completions(folder: &Path) -> Result<()> {
    let mut command: Command = CommandLine::command();
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        clap_complete::generate_to(shell, &mut command, "everlit", folder)?;
    }
    Ok(())
}
