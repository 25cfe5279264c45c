//! `gradsheet convert`: from one file format to another.

use super::{Result, Verdict, files, json};
use gradsheet::engine;
use gradsheet::value::format::printable;
use serde::Serialize;
use std::io::Write;
use std::path::PathBuf;

/// Convert a file into the format that the other file's extension names
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Reads xlsx, xlsm, xls, xlsb, ods, csv, tsv; writes xlsx, csv, tsv.\n\n\
    Examples:\n  \
    gradsheet convert data.csv data.xlsx\n  \
    gradsheet convert book.xlsx sheet.csv --sheet Data\n  \
    gradsheet convert old.xls new.xlsx"
)]
pub struct Args {
    /// The file to read: xlsx, xlsm, xls, xlsb, ods, csv or tsv
    #[arg(value_name = "IN")]
    input: PathBuf,
    /// The file to write: xlsx, xlsm, csv or tsv
    #[arg(value_name = "OUT")]
    output: PathBuf,
    /// The sheet that goes into a csv file [default: the active one]
    #[arg(long)]
    sheet: Option<String>,
    /// Replace the input
    #[arg(long)]
    force: bool,
    #[arg(long, help = "Print JSON (fields in docs/cli.md)")]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Document {
    input: String,
    output: String,
}

pub fn run(args: &Args, out: &mut dyn Write) -> Result {
    let output = files::destination(&args.input, Some(&args.output), args.force)?
        .unwrap_or_else(|| args.output.clone());
    files::check_formats(&args.input, &output)?;
    let workbook = engine::with_missing_values(files::open(&args.input)?);
    let sheet = files::sheet(&workbook, args.sheet.as_deref())?;
    files::save(&workbook, &args.input, &output, sheet)?;
    let document = Document {
        input: args.input.display().to_string(),
        output: output.display().to_string(),
    };
    if args.json {
        json::print(out, &document)?;
    } else {
        let line = format!("{} -> {}", document.input, document.output);
        writeln!(out, "{}", printable(&line))?;
    }
    Ok(Verdict::Holds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manual_lists_the_fields() {
        let document = Document {
            input: String::new(),
            output: String::new(),
        };
        json::assert_documented("convert", &document);
    }
}
