//! `gradsheet set`: enter values and formulas.

use super::json::Json;
use super::show::{Table, short};
use super::{Result, Verdict, complain, files, json};
use gradsheet::engine::{Engine, EntryError};
use gradsheet::formula::{self, Dialect};
use gradsheet::functions;
use gradsheet::grid::{Area, Cell, Pos, Rect};
use gradsheet::value::format::printable;
use gradsheet::value::{ErrorKind, Value};
use gradsheet::workbook::{Edit, Transaction};
use serde::Serialize;
use std::borrow::Cow;
use std::io::Write;
use std::path::PathBuf;

/// Enter values or formulas into cells, recalculate and save
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A value is read as if typed into the cell: 12.5%, 2026-11-30, TRUE, text; \
    a second = makes it a formula, ' makes it text, nothing clears the cell. A formula for a \
    range is filled into it, its relative references shifted.\n\n\
    Examples:\n  \
    gradsheet set book.xlsx B2=0.5 -o changed.xlsx\n  \
    gradsheet set book.xlsx 'Data!C1:C9==A1*2' Data!C10= --force\n  \
    gradsheet set book.xlsx --r1c1 'D2:D9==RC[-1]-R[-1]C[-1]' -o differences.xlsx"
)]
pub struct Args {
    /// The workbook: xlsx, xlsm, xls, xlsb, ods, csv or tsv
    file: PathBuf,
    /// Cells and what to enter into them
    #[arg(required = true, value_name = "REF=VALUE")]
    entries: Vec<String>,
    /// The sheet of references that name none [default: the active one]
    #[arg(long)]
    sheet: Option<String>,
    /// Read the references of formulas as R1C1: =R[-1]C*R1C1
    #[arg(long)]
    r1c1: bool,
    /// Save the changed workbook here
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
    cells: Vec<CellDocument>,
    saved: Option<String>,
}

#[derive(Debug, Serialize)]
struct CellDocument {
    cell: String,
    before: Json,
    after: Json,
}

/// The most cells whose values are printed for one entry.
const MAX_PRINTED: u64 = 1000;

pub fn run(args: &Args, out: &mut dyn Write) -> Result {
    let target = files::destination(&args.file, args.output.as_deref(), args.force)?;
    if let Some(target) = &target {
        files::check_formats(&args.file, target)?;
    }
    let workbook = files::open(&args.file)?;
    let sheet = files::sheet(&workbook, args.sheet.as_deref())?;
    let mut engine = Engine::new(workbook);
    let mut transaction = Transaction::new("Set cells", vec![]);
    let mut areas: Vec<Area> = Vec::new();
    for entry in &args.entries {
        let (reference, text) =
            split(entry).ok_or_else(|| format!("\"{entry}\" is not REF=VALUE, such as B2=0.5"))?;
        for area in engine.workbook().parse_areas(reference, sheet)? {
            let first = Cell {
                sheet: area.sheet,
                pos: area.rect.top_left(),
            };
            // What the first cell is given, the whole area is given.
            let text = match text.strip_prefix('=') {
                Some(formula) if args.r1c1 => Cow::Owned(a1(formula, first.pos, entry)?),
                _ => Cow::Borrowed(text),
            };
            let typed = engine.entry(first, &text).map_err(|error| match &error {
                EntryError::Parse(parse) => {
                    let before = characters(entry).saturating_sub(characters(&text)) + 1;
                    format!("{}: {error}", parse.excerpt(entry, before))
                }
                _ => format!("{}: {error}", short(entry)),
            })?;
            transaction
                .edits
                .extend(typed.edits.into_iter().map(|edit| spread(edit, area)));
            areas.push(area);
        }
    }
    let cells: Vec<Cell> = areas
        .iter()
        .filter(|area| area.rect.len() <= MAX_PRINTED)
        .flat_map(|area| {
            area.rect.cells().map(|pos| Cell {
                sheet: area.sheet,
                pos,
            })
        })
        .collect();
    let before: Vec<(Json, String)> = cells
        .iter()
        .map(|&c| (Json::from(&engine.value(c)), engine.display(c)))
        .collect();
    let spills: Vec<(Cell, Rect)> = spills_under(&engine, &areas);
    engine.apply(&transaction)?;
    for (anchor, rect) in spills {
        if engine.value(anchor) == Value::Error(ErrorKind::Spill) {
            let at = engine.workbook().address(anchor);
            let area = engine.workbook().area_address(Area {
                sheet: anchor.sheet,
                rect,
            });
            complain(&format!(
                "{at} spilled over {area}, where an entry now is in its way: it shows #SPILL!"
            ));
        }
    }
    for path in engine.circular() {
        let path: Vec<String> = path.iter().map(|&c| engine.workbook().address(c)).collect();
        complain(&format!("circular reference: {}", path.join(" -> ")));
    }
    if let Some(target) = &target {
        files::save(engine.workbook(), &args.file, target, sheet)?;
    }
    let saved = target.map(|t| t.display().to_string());
    if args.json {
        let cells = cells
            .iter()
            .zip(before)
            .map(|(&cell, (before, _))| CellDocument {
                cell: engine.workbook().address(cell),
                before,
                after: Json::from(&engine.value(cell)),
            })
            .collect();
        json::print(out, &Document { cells, saved })?;
        return Ok(Verdict::Holds);
    }
    let mut table = Table::default();
    for (&cell, (_, before)) in cells.iter().zip(&before) {
        table
            .row()
            .text(&engine.workbook().address(cell))
            .number(before)
            .text("->")
            .number(&engine.display(cell));
    }
    table.print(out)?;
    match saved {
        Some(saved) => writeln!(out, "saved {}", printable(&saved))?,
        None => writeln!(
            out,
            "not saved (give -o OUT, or --force to save over the input)"
        )?,
    }
    Ok(Verdict::Holds)
}

/// The spilled results that entries are made into, by the cells of their formulas.
fn spills_under(engine: &Engine, areas: &[Area]) -> Vec<(Cell, Rect)> {
    let mut found = Vec::new();
    for &sheet in engine.workbook().order() {
        for (&pos, &rect) in &engine.workbook().sheet(sheet).spills {
            let anchor = Cell { sheet, pos };
            let entered =
                |area: &Area| area.sheet == sheet && area.rect.intersection(&rect).is_some();
            if areas.iter().any(entered) {
                found.push((anchor, rect));
            }
        }
    }
    found
}

/// A formula in R1C1 notation as it would be typed into the cell at `at`.
fn a1(formula: &str, at: Pos, entry: &str) -> std::result::Result<String, String> {
    let expr = formula::parse_r1c1(formula).map_err(|error| {
        let before = characters(entry).saturating_sub(characters(formula));
        format!("{}: {error}", error.excerpt(entry, before))
    })?;
    let text = formula::print(&expr, at, Dialect::People(functions::file_prefix));
    Ok(format!("={text}"))
}

fn characters(text: &str) -> usize {
    text.chars().count()
}

/// At the first `=` outside of quotes: sheet names may hold one.
fn split(entry: &str) -> Option<(&str, &str)> {
    let mut quoted = false;
    for (i, c) in entry.char_indices() {
        match c {
            '\'' => quoted = !quoted,
            '=' if !quoted => return Some((&entry[..i], &entry[i + 1..])),
            _ => {}
        }
    }
    None
}

/// An edit of one cell, for a whole area.
fn spread(edit: Edit, area: Area) -> Edit {
    match edit {
        Edit::Set { content, .. } => Edit::Set { area, content },
        Edit::SetNumberFormat { code, .. } => Edit::SetNumberFormat { area, code },
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_split_at_the_first_equals_sign_outside_of_quotes() {
        assert_eq!(split("B2=0.5"), Some(("B2", "0.5")));
        assert_eq!(split("'a=b'!B2==C1"), Some(("'a=b'!B2", "=C1")));
        assert_eq!(split("B2="), Some(("B2", "")));
        assert_eq!(split("B2"), None);
    }

    #[test]
    fn the_manual_lists_the_fields() {
        let document = Document {
            cells: vec![CellDocument {
                cell: String::new(),
                before: Json::Blank(()),
                after: Json::Blank(()),
            }],
            saved: None,
        };
        json::assert_documented("set", &document);
    }
}
