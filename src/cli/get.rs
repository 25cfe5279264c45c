//! `gradsheet get`: what cells hold.

use super::json::Json;
use super::show::{Row, full_value, print_rows};
use super::{Result, Verdict, files, json};
use gradsheet::engine::Engine;
use gradsheet::grid::{Area, Cell, Pos, Rect, column_name};
use gradsheet::value::Value;
use gradsheet::value::format::printable;
use gradsheet::workbook::Workbook;
use serde::Serialize;
use std::borrow::Cow;
use std::io::Write;
use std::path::PathBuf;

/// Print what cells hold, as their number formats show it
#[derive(Debug, clap::Args)]
#[command(
    after_help = "REF is A1, Sheet1!A1:C9, a whole column (B:B), a name, Table1[Column], \
    or several of these joined by commas.\n\n\
    Examples:\n  \
    gradsheet get book.xlsx Model!B1\n  \
    gradsheet get book.xlsx A1:C9 --formulas\n  \
    gradsheet get book.xlsx 'Data!B:B' --raw"
)]
pub struct Args {
    /// The workbook: xlsx, xlsm, xls, xlsb, ods, csv or tsv
    file: PathBuf,
    /// The cells: areas, names or table columns, joined by commas
    #[arg(value_name = "REF")]
    reference: String,
    /// The sheet of references that name none [default: the active one]
    #[arg(long)]
    sheet: Option<String>,
    /// Show formulas in place of their values
    #[arg(long)]
    formulas: bool,
    /// Show numbers with all their digits in place of their formats
    #[arg(long)]
    raw: bool,
    #[arg(long, help = "Print JSON (fields in docs/cli.md)")]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Document {
    cell: String,
    value: Json,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    formula: Option<String>,
}

/// The most cells that are printed: a million rows of 64.
const MAX_PRINTED: u64 = 1 << 26;

/// The cells of areas, made one by one while they are written.
struct Documents<'a>(&'a Engine, &'a [Area]);

impl Serialize for Documents<'_> {
    fn serialize<S: serde::Serializer>(
        &self,
        serializer: S,
    ) -> std::result::Result<S::Ok, S::Error> {
        let Self(engine, areas) = *self;
        let cells = areas.iter().flat_map(|area| {
            area.rect.cells().map(|pos| Cell {
                sheet: area.sheet,
                pos,
            })
        });
        serializer.collect_seq(cells.map(|cell| Document {
            cell: engine.workbook().address(cell),
            value: Json::from(&engine.value(cell)),
            text: engine.display(cell),
            formula: engine.formula_text(cell),
        }))
    }
}

pub fn run(args: &Args, out: &mut dyn Write) -> Result {
    let workbook = files::open(&args.file)?;
    let sheet = files::sheet(&workbook, args.sheet.as_deref())?;
    let areas: Vec<Area> = workbook
        .parse_areas(&args.reference, sheet)?
        .into_iter()
        .filter_map(|area| clip(area, &workbook))
        .collect();
    let engine = Engine::new(workbook);
    let cells: u64 = areas.iter().map(|area| area.rect.len()).sum();
    if cells > MAX_PRINTED {
        return Err(format!(
            "{} has {cells} cells up to the last one in use, more than the {MAX_PRINTED} that are \
             printed: name a smaller range",
            args.reference
        )
        .into());
    }
    if args.json {
        json::print(out, &Documents(&engine, &areas))?;
        return Ok(Verdict::Holds);
    }
    let show = |cell: Cell| match engine.formula_text(cell) {
        Some(formula) if args.formulas => formula,
        _ if args.raw => full_value(&engine.value(cell)),
        _ => engine.display(cell),
    };
    if let [area] = areas.as_slice()
        && area.rect.is_cell()
    {
        let cell = Cell {
            sheet: area.sheet,
            pos: area.rect.top_left(),
        };
        writeln!(out, "{}", printable(&show(cell)))?;
        return Ok(Verdict::Holds);
    }
    for (i, area) in areas.iter().enumerate() {
        if i > 0 {
            writeln!(out)?;
        }
        let mut head = Row::default();
        head.text(&engine.workbook().sheet(area.sheet).name);
        for col in area.rect.left..=area.rect.right {
            // Over the values of their columns, most of which are numbers.
            head.number(&column_name(col));
        }
        let row = |row: u32| {
            let mut fields = Row::default();
            fields.number(&(row + 1).to_string());
            for col in area.rect.left..=area.rect.right {
                let cell = Cell {
                    sheet: area.sheet,
                    pos: Pos::new(row, col),
                };
                let text = show(cell);
                match engine.value(cell) {
                    Value::Number(_) if !text.starts_with('=') => fields.number(&text),
                    _ => fields.text(&text),
                };
            }
            Cow::Owned(fields)
        };
        print_rows(out, || {
            let rows = area.rect.top..=area.rect.bottom;
            std::iter::once(Cow::Borrowed(&head)).chain(rows.map(row))
        })?;
    }
    Ok(Verdict::Holds)
}

/// Cuts whole rows and columns, and whatever reaches beyond them, back to the
/// cells in use; one cell stays as it is. `None` where nothing is left.
fn clip(area: Area, workbook: &Workbook) -> Option<Area> {
    if area.rect.is_cell() {
        return Some(area);
    }
    let used = workbook.sheet(area.sheet).cells.used()?;
    // From A1 on, so that asking for A1:C9 of a sheet that begins in B2 shows A1.
    let used = used.hull(&Rect::cell(Pos::new(0, 0)));
    let rect = area.rect.intersection(&used)?;
    Some(Area { rect, ..area })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manual_lists_the_fields() {
        let document = Document {
            cell: String::new(),
            value: Json::Blank(()),
            text: String::new(),
            formula: Some(String::new()),
        };
        json::assert_documented("get", &document);
    }
}
