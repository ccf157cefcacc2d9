//! `completions` and `man`: made of the same definition as the command line.

use std::process::ExitCode;

use clap::CommandFactory;

use super::Cli;
use super::screen::Screen;

/// Prints completions for a shell.
pub fn completions(screen: &mut Screen, shell: clap_complete::Shell) -> anyhow::Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "cagekeeper", &mut script);
    screen.bytes(&script)?;
    screen.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// Prints the manual page, with every verb.
pub fn man(screen: &mut Screen) -> anyhow::Result<ExitCode> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut page)?;
    screen.bytes(&page)?;
    screen.flush()?;
    Ok(ExitCode::SUCCESS)
}
