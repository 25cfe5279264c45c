//! `gradsheet man`: manual pages.

use super::{Cli, Result, Verdict};
use clap::CommandFactory;
use std::io::Write;
use std::path::PathBuf;

/// Print the manual page, or write the pages of all commands into a directory
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    gradsheet man | man -l -\n  \
    gradsheet man --dir ~/.local/share/man/man1")]
pub struct Args {
    /// Write gradsheet.1, gradsheet-solve.1 and so on into this directory
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

pub fn run(args: &Args, out: &mut dyn Write) -> Result {
    match &args.dir {
        Some(dir) => {
            std::fs::create_dir_all(dir)
                .and_then(|()| clap_mangen::generate_to(Cli::command(), dir))
                .map_err(|e| format!("{}: cannot write manual pages: {e}", dir.display()))?;
        }
        None => clap_mangen::Man::new(Cli::command()).render(out)?,
    }
    Ok(Verdict::Holds)
}
