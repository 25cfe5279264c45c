//! The command line: one file a subcommand, each a few calls into the library.

mod app;
mod calc;
mod check;
mod completions;
mod convert;
mod device;
mod devices;
mod files;
mod functions;
mod get;
mod grad;
mod json;
mod man;
mod set;
mod show;
mod solve;

use clap::{CommandFactory, Parser, Subcommand};
use gradsheet::value::format::printable;
use std::error::Error;
use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

/// A terminal spreadsheet whose formulas are differentiable.
#[derive(Debug, Parser)]
#[command(
    name = "gradsheet",
    version,
    args_conflicts_with_subcommands = true,
    after_help = "Exit status: 0 where what was asked holds, 1 where it does not (check found a \
                  difference, solve did not converge), 2 on an error.\n\n\
                  Examples:\n  \
                  gradsheet book.xlsx\n  \
                  gradsheet check book.xlsx\n  \
                  gradsheet solve book.xlsx --sheet linear -o solved.xlsx\n  \
                  gradsheet grad book.xlsx --of Model!B1 --wrt Model!C1:C9"
)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    app: app::Args,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(check::Args),
    Calc(calc::Args),
    Get(get::Args),
    Set(set::Args),
    Grad(grad::Args),
    Solve(solve::Args),
    Functions(functions::Args),
    Convert(convert::Args),
    Devices(devices::Args),
    Completions(completions::Args),
    Man(man::Args),
}

/// Reads the program's arguments; where they cannot be, says why and ends it.
pub fn parse() -> Cli {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    if let Some(problem) = arguments.get(1).and_then(|first| misspelt(first)) {
        complain(&problem);
        std::process::exit(2);
    }
    Cli::parse_from(arguments)
}

/// What is wrong with a first argument that is neither a command nor a file;
/// the parser would take it for a file and the next argument for a command.
fn misspelt(first: &OsStr) -> Option<String> {
    let mut cli = Cli::command();
    // Adds the command `help`.
    cli.build();
    let path = Path::new(first);
    let may_be = |text: &str| text.starts_with('-') || cli.find_subcommand(text).is_some();
    if first.to_str().is_none_or(may_be) || path.extension().is_some() || path.exists() {
        return None;
    }
    let text = first.to_string_lossy();
    let distance = |name: &str| strsim::damerau_levenshtein(&text.to_lowercase(), name);
    let nearest = cli
        .get_subcommands()
        .map(clap::Command::get_name)
        .min_by_key(|name| distance(name))
        .filter(|name| distance(name) <= 2);
    let hint = nearest.map_or_else(
        || "see gradsheet --help".to_owned(),
        |name| format!("did you mean gradsheet {name}?"),
    );
    Some(format!("there is no command and no file {text}: {hint}"))
}

/// How a command ended that met no error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Holds,
    DoesNotHold,
}

/// What a command returns: any error is told to the user and ends with status 2.
type Result<T = Verdict> = std::result::Result<T, Box<dyn Error>>;

/// Runs a command; the exit status is 0 where what was asked holds, 1 where
/// it does not, 2 on an error.
pub fn run(cli: Cli) -> ExitCode {
    let Some(command) = cli.command else {
        let result = app::run(&cli.app);
        device::tell_usage();
        return status(result);
    };
    let mut out = io::BufWriter::new(io::stdout().lock());
    let result = match command {
        Command::Check(args) => check::run(&args, &mut out),
        Command::Calc(args) => calc::run(&args, &mut out),
        Command::Get(args) => get::run(&args, &mut out),
        Command::Set(args) => set::run(&args, &mut out),
        Command::Grad(args) => grad::run(&args, &mut out),
        Command::Solve(args) => solve::run(&args, &mut out),
        Command::Functions(args) => functions::run(&args, &mut out),
        Command::Convert(args) => convert::run(&args, &mut out),
        Command::Devices(args) => devices::run(&args, &mut out),
        Command::Completions(args) => completions::run(&args, &mut out),
        Command::Man(args) => man::run(&args, &mut out),
    };
    device::tell_usage();
    status(result.and_then(|verdict| {
        out.flush()?;
        Ok(verdict)
    }))
}

fn status(result: Result) -> ExitCode {
    match result {
        Ok(Verdict::Holds) => ExitCode::SUCCESS,
        Ok(Verdict::DoesNotHold) => ExitCode::from(1),
        // The reader of a pipe has seen enough: `gradsheet functions | head`.
        Err(error) if is_broken_pipe(error.as_ref()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error.to_string());
            ExitCode::from(2)
        }
    }
}

/// Tells the user on stderr that something is wrong or worth knowing.
fn complain(text: &str) {
    eprintln!("gradsheet: {}", printable(text));
}

fn is_broken_pipe(error: &(dyn Error + 'static)) -> bool {
    let mut error = Some(error);
    while let Some(inner) = error {
        if let Some(io) = inner.downcast_ref::<io::Error>() {
            return io.kind() == io::ErrorKind::BrokenPipe;
        }
        error = inner.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commands_are_declared_without_contradictions() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_has_help_with_an_example() {
        for command in Cli::command().get_subcommands() {
            let name = command.get_name();
            let help = command.get_after_help().map(ToString::to_string);
            assert!(
                help.is_some_and(|help| help.contains(&format!("gradsheet {name}"))),
                "{name} has no example"
            );
            assert!(
                command.get_about().is_some(),
                "{name} says not what it does"
            );
        }
    }

    #[test]
    fn the_manual_describes_every_command_and_option() {
        let manual = include_str!("../../docs/cli.md");
        let app = Cli::command();
        for option in app.get_arguments().filter_map(|a| a.get_long()) {
            let name = format!("--{option}");
            assert!(
                manual.contains(&name),
                "docs/cli.md does not describe {name}"
            );
        }
        for command in Cli::command().get_subcommands() {
            let name = command.get_name();
            let heading = format!("\n## {name}\n");
            let section = manual
                .split_once(&heading)
                .unwrap_or_else(|| panic!("docs/cli.md has no section {name}"))
                .1;
            let section = section.split("\n## ").next().unwrap_or_default();
            for option in command.get_arguments().filter_map(|a| a.get_long()) {
                assert!(
                    section.contains(&format!("--{option}")),
                    "docs/cli.md: {name} does not describe --{option}"
                );
            }
        }
    }
}
