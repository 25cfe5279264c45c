//! `gradsheet check`: recalculate and compare with the saved values.

use super::json::Json;
use super::show::{Table, count, full_value};
use super::{Result, Verdict, complain, files, json};
use gradsheet::engine::{self, Comparison, Engine};
use gradsheet::grid::Cell;
use gradsheet::value::format::printable;
use serde::Serialize;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Recalculate workbooks and compare the results with the saved values
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit status 1 where a value differs or is missing, or a formula is not supported.\n\n\
    Examples:\n  \
    gradsheet check book.xlsx\n  \
    gradsheet check --json *.xlsx\n  \
    gradsheet check folder"
)]
pub struct Args {
    /// Workbooks, or folders of them
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Differences to list for each file
    #[arg(long, default_value_t = 10, value_name = "N")]
    limit: usize,
    #[arg(long, help = "Print JSON (fields in docs/cli.md)")]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Document {
    file: String,
    formulas: usize,
    matched: usize,
    differing: usize,
    unsupported: usize,
    unsaved: usize,
    skipped_volatile: usize,
    rounding: Vec<Mismatch>,
    mismatches: Vec<Mismatch>,
    not_supported: Vec<NotSupported>,
}

#[derive(Debug, Serialize)]
struct NotSupported {
    cells: String,
    formula: String,
    reason: String,
}

#[derive(Debug, Serialize)]
struct Mismatch {
    cell: String,
    formula: String,
    expected: Json,
    got: Json,
}

pub fn run(args: &Args, out: &mut dyn Write) -> Result {
    let mut documents = Vec::new();
    let (mut holds, mut failed) = (true, 0);
    for path in expand(&args.files)? {
        // A file that cannot be read does not keep the others from being checked.
        let workbook = match files::open(&path) {
            Ok(workbook) => workbook,
            Err(error) => {
                complain(&error.to_string());
                failed += 1;
                continue;
            }
        };
        let (comparison, engine) = Comparison::of(workbook);
        let document = document(&path, &comparison, &engine);
        holds &= document.differing == 0 && document.unsupported == 0;
        if args.json {
            documents.push(document);
        } else {
            print(&document, &comparison, args.limit, out)?;
        }
    }
    if args.json {
        json::print(out, &documents)?;
    }
    if failed > 0 {
        return Err(format!("{} could not be checked", count(failed, "file")).into());
    }
    Ok(if holds {
        Verdict::Holds
    } else {
        Verdict::DoesNotHold
    })
}

fn document(path: &Path, comparison: &Comparison, engine: &Engine) -> Document {
    Document {
        file: path.display().to_string(),
        formulas: comparison.formulas,
        matched: comparison.matched,
        differing: comparison.differing,
        unsupported: comparison.unsupported,
        unsaved: comparison.unsaved,
        skipped_volatile: comparison.skipped_volatile,
        rounding: shown(&comparison.rounding, engine),
        mismatches: shown(&comparison.mismatches, engine),
        not_supported: comparison
            .unsupported_runs
            .iter()
            .map(|run| NotSupported {
                cells: engine.workbook().area_address(run.area),
                formula: engine
                    .formula_text(Cell {
                        sheet: run.area.sheet,
                        pos: run.area.rect.top_left(),
                    })
                    .unwrap_or_default(),
                reason: run.reason.clone(),
            })
            .collect(),
    }
}

fn shown(mismatches: &[engine::Mismatch], engine: &Engine) -> Vec<Mismatch> {
    let shown = mismatches.iter().map(|m| Mismatch {
        cell: engine.workbook().address(m.cell),
        formula: engine.formula_text(m.cell).unwrap_or_default(),
        expected: Json::from(&m.expected),
        got: Json::from(&m.got),
    });
    shown.collect()
}

fn print(
    document: &Document,
    comparison: &Comparison,
    limit: usize,
    out: &mut dyn Write,
) -> std::io::Result<()> {
    writeln!(
        out,
        "{}: {}, {} matched, {} differing, {} unsupported, {} volatile skipped; {} spilled compared",
        printable(&document.file),
        count(document.formulas, "formula"),
        document.matched,
        document.differing,
        document.unsupported,
        document.skipped_volatile,
        count(comparison.spilled, "cell"),
    )?;
    if document.unsaved > 0 {
        writeln!(
            out,
            "  {} without a saved value: nothing to compare with (gradsheet calc FILE -o OUT calculates and saves them)",
            count(document.unsaved, "cell"),
        )?;
    }
    let mut table = Table::default();
    for run in document.not_supported.iter().take(limit) {
        table
            .row()
            .text(&format!("  {}", run.cells))
            .text(&format!("not supported: {}", run.reason))
            .text(&run.formula);
    }
    table.print(out)?;
    let left = document.not_supported.len().saturating_sub(limit);
    if left > 0 {
        writeln!(out, "  and {left} more not supported (--limit shows more)")?;
    }
    let differing = comparison.mismatches.iter().zip(&document.mismatches);
    let differing = differing.filter(|(mismatch, _)| !mismatch.expected.is_blank());
    list(differing, limit, out)?;
    let left = (document.differing - document.unsaved).saturating_sub(limit);
    if left > 0 {
        writeln!(out, "  and {left} more (--limit shows more)")?;
    }
    if !document.rounding.is_empty() {
        writeln!(
            out,
            "  {} of the matched by rounding: what it reads differs in its last digits only, and the saved digits give what was saved",
            document.rounding.len(),
        )?;
        list(
            comparison.rounding.iter().zip(&document.rounding),
            limit,
            out,
        )?;
    }
    Ok(())
}

/// A line for each difference, as many as `limit`.
fn list<'a>(
    differences: impl Iterator<Item = (&'a engine::Mismatch, &'a Mismatch)>,
    limit: usize,
    out: &mut dyn Write,
) -> std::io::Result<()> {
    let mut table = Table::default();
    for (mismatch, shown) in differences.take(limit) {
        table
            .row()
            .text(&format!("  {}", shown.cell))
            .text(&format!("saved {}", full_value(&mismatch.expected)))
            .text(&format!("recalculated {}", full_value(&mismatch.got)))
            .text(&shown.formula);
    }
    table.print(out)
}

/// The files named, and the workbooks in the folders named, in order.
fn expand(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for path in paths {
        if !path.is_dir() {
            found.push(path.clone());
            continue;
        }
        let before = found.len();
        let mut folders = vec![path.clone()];
        while let Some(folder) = folders.pop() {
            let unreadable = |e| format!("{}: cannot be read: {e}", folder.display());
            for entry in std::fs::read_dir(&folder).map_err(unreadable)? {
                let entry = entry.map_err(unreadable)?;
                let inner = entry.path();
                // Links are not followed: they may lead in circles.
                if entry.file_type().map_err(unreadable)?.is_dir() {
                    folders.push(inner);
                } else if is_workbook(&inner) {
                    found.push(inner);
                }
            }
        }
        if found.len() == before {
            return Err(format!("{}: there are no workbooks in it", path.display()).into());
        }
        found[before..].sort();
    }
    Ok(found)
}

/// `~$book.xlsx` is what Excel leaves beside a workbook while it is open.
fn is_workbook(path: &Path) -> bool {
    let extension = path
        .extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("xlsx") || e.eq_ignore_ascii_case("xlsm"));
    let lock = path
        .file_name()
        .is_some_and(|name| name.to_string_lossy().starts_with("~$"));
    extension && !lock
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manual_lists_the_fields() {
        let document = Document {
            file: String::new(),
            formulas: 0,
            matched: 0,
            differing: 0,
            unsupported: 0,
            unsaved: 0,
            skipped_volatile: 0,
            rounding: Vec::new(),
            mismatches: vec![Mismatch {
                cell: String::new(),
                formula: String::new(),
                expected: Json::Blank(()),
                got: Json::Blank(()),
            }],
            not_supported: vec![NotSupported {
                cells: String::new(),
                formula: String::new(),
                reason: String::new(),
            }],
        };
        json::assert_documented("check", &document);
    }
}
