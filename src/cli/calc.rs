//! `gradsheet calc`: recalculate, and evaluate formulas.

use super::json::Json;
use super::show::{count, full_value, short};
use super::{Result, Verdict, device, files, json};
use gradsheet::engine::{Engine, EntryError};
use gradsheet::grid::{Cell, Pos};
use gradsheet::value::Value;
use gradsheet::value::format::printable;
use serde::Serialize;
use std::io::Write;
use std::path::PathBuf;

/// Recalculate a workbook, and evaluate formulas in it
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    gradsheet calc book.xlsx -o recalculated.xlsx\n  \
    gradsheet calc book.xlsx '=AVERAGE(Data!B2:B100)' '=MAX(Data!B:B)'")]
pub struct Args {
    /// The workbook: xlsx, xlsm, xls, xlsb, ods, csv or tsv
    file: PathBuf,
    /// Formulas to evaluate, as if in A1 of the sheet
    #[arg(value_name = "FORMULA")]
    formulas: Vec<String>,
    /// The sheet that formulas are evaluated on, and that goes into a csv file
    /// [default: the active one]
    #[arg(long)]
    sheet: Option<String>,
    /// The seed of RAND and its kind
    #[arg(long)]
    seed: Option<u64>,
    #[command(flatten)]
    device: device::DeviceArgs,
    /// Save the recalculated workbook here
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,
    /// Save over the input
    #[arg(long)]
    force: bool,
    #[arg(long, help = "Print JSON (fields in docs/cli.md)")]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Document {
    file: String,
    evaluated: u64,
    errors: u64,
    circular: Vec<Vec<String>>,
    results: Vec<Evaluated>,
    saved: Option<String>,
}

#[derive(Debug, Serialize)]
struct Evaluated {
    formula: String,
    /// Row by row.
    value: Vec<Vec<Json>>,
}

pub fn run(args: &Args, out: &mut dyn Write) -> Result {
    args.device.choose()?;
    let target = files::destination(&args.file, args.output.as_deref(), args.force)?;
    if let Some(target) = &target {
        files::check_formats(&args.file, target)?;
    }
    let workbook = files::open(&args.file)?;
    let sheet = files::sheet(&workbook, args.sheet.as_deref())?;
    let mut engine = Engine::new(workbook);
    if let Some(seed) = args.seed {
        engine.set_seed(seed);
    }
    let done = engine.recalculate_all();
    let at = Cell {
        sheet,
        pos: Pos::new(0, 0),
    };
    let mut values = Vec::new();
    for text in &args.formulas {
        let formula = text.trim().strip_prefix('=').unwrap_or(text.trim());
        let value = engine
            .evaluate(formula, at)
            .map_err(|error| refusal(text, formula, &error))?;
        values.push((text.clone(), rows(&value)));
    }
    if let Some(target) = &target {
        files::save(engine.workbook(), &args.file, target, sheet)?;
    }
    let document = Document {
        file: args.file.display().to_string(),
        evaluated: done.evaluated,
        errors: done.errors,
        circular: done
            .circular
            .iter()
            .map(|path| path.iter().map(|&c| engine.workbook().address(c)).collect())
            .collect(),
        results: values
            .iter()
            .map(|(formula, rows)| Evaluated {
                formula: formula.clone(),
                value: rows
                    .iter()
                    .map(|row| row.iter().map(Json::from).collect())
                    .collect(),
            })
            .collect(),
        saved: target.map(|t| t.display().to_string()),
    };
    if args.json {
        json::print(out, &document)?;
        return Ok(Verdict::Holds);
    }
    for (_, rows) in &values {
        for row in rows {
            let texts: Vec<String> = row.iter().map(full_value).collect();
            writeln!(out, "{}", printable(&texts.join("  ")))?;
        }
    }
    // With formulas, their values are all that was asked for.
    if args.formulas.is_empty() {
        writeln!(
            out,
            "{}: {} recalculated, {}",
            printable(&document.file),
            count(done.evaluated as usize, "formula cell"),
            count(done.errors as usize, "error"),
        )?;
    }
    for path in &document.circular {
        writeln!(out, "circular reference: {}", printable(&path.join(" -> ")))?;
    }
    if let Some(saved) = &document.saved {
        writeln!(out, "saved {}", printable(saved))?;
    } else if args.formulas.is_empty() {
        writeln!(out, "not saved (give -o OUT)")?;
    }
    Ok(Verdict::Holds)
}

/// Why a formula cannot be evaluated, with what stands around the place.
fn refusal(text: &str, formula: &str, error: &EntryError) -> String {
    let before = text.trim_end().chars().count() - formula.chars().count();
    let shown = match error {
        EntryError::Parse(parse) => parse.excerpt(text, before),
        _ => short(text).into_owned(),
    };
    format!("{shown}: {error}")
}

/// The values of a result, row by row.
fn rows(value: &Value) -> Vec<Vec<Value>> {
    match value {
        Value::Array(array) => (0..array.rows())
            .map(|r| (0..array.cols()).map(|c| array.get(r, c).clone()).collect())
            .collect(),
        single => vec![vec![single.clone()]],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manual_lists_the_fields() {
        let document = Document {
            file: String::new(),
            evaluated: 0,
            errors: 0,
            circular: vec![],
            results: vec![Evaluated {
                formula: String::new(),
                value: vec![],
            }],
            saved: None,
        };
        json::assert_documented("calc", &document);
    }
}
