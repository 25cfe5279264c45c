//! `gradsheet [FILE]`: the terminal application.

use super::{Result, Verdict};
use clap::ValueEnum;
use gradsheet::tui::terminal;
use gradsheet::tui::{Background, Journal, KeySet, Settings};
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The workbook to open in the terminal application; without one, and
    /// without a command, an empty workbook
    file: Option<PathBuf>,
    /// The keys: those of Excel, or those of vim besides
    #[arg(long, value_enum)]
    keys: Option<Keys>,
    /// For a terminal with a light background
    #[arg(long, conflicts_with = "dark")]
    light: bool,
    /// For a terminal with a dark background
    #[arg(long)]
    dark: bool,
    /// The configuration file [default: gradsheet/config.toml in
    /// $XDG_CONFIG_HOME or ~/.config]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Keys {
    Excel,
    Vim,
}

pub fn run(args: &Args) -> Result {
    // A file that was named must be there; the usual one need not.
    if let Some(file) = args.config.as_deref().filter(|file| !file.exists()) {
        return Err(format!("{}: there is no such configuration file", file.display()).into());
    }
    let mut settings = match args.config.clone().or_else(Settings::path) {
        Some(file) => Settings::load(&file)?,
        None => Settings::default(),
    };
    if let Some(keys) = args.keys {
        settings.keys = match keys {
            Keys::Excel => KeySet::Excel,
            Keys::Vim => KeySet::Vim,
        };
    }
    settings.journal = true;
    settings.state = Journal::state_folder();
    settings.depth = terminal::colour_depth();
    settings.background = match (args.light, args.dark, settings.background) {
        (true, ..) => Some(Background::Light),
        (_, true, _) => Some(Background::Dark),
        (.., chosen) => chosen.or_else(|| Some(terminal::background())),
    };
    terminal::run(args.file.as_deref(), settings)?;
    Ok(Verdict::Holds)
}
