//! `gradsheet completions`: completion for shells.

use super::{Cli, Result, Verdict};
use clap::CommandFactory;
use clap_complete::Shell;
use std::io::Write;

/// Print a script that completes commands and options in a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    gradsheet completions bash > ~/.local/share/bash-completion/completions/gradsheet\n  \
    gradsheet completions zsh > ~/.zfunc/_gradsheet\n  \
    gradsheet completions fish > ~/.config/fish/completions/gradsheet.fish")]
pub struct Args {
    shell: Shell,
}

pub fn run(args: &Args, out: &mut dyn Write) -> Result {
    // Into a buffer, as the generator panics where it cannot write.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "gradsheet", &mut script);
    out.write_all(&script)?;
    Ok(Verdict::Holds)
}
