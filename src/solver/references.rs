//! References as the Solver's stored model and the command line write them:
//! `nnet!$R$4:$AA$5`, several joined by commas, names, table columns.

use crate::grid::{
    Area, Cell, MAX_COLS, MAX_ROWS, Pos, Rect, SheetId, column_name, parse_column, parse_row,
};
use crate::workbook::Workbook;

/// Why a text is not a reference of this workbook.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    #[error("a reference is missing")]
    Empty,
    #[error("there is no sheet \"{0}\"")]
    NoSheet(String),
    #[error(
        "\"{0}\" is neither a reference (A1, Sheet1!A1:B2) nor a name or table of this workbook"
    )]
    Unknown(String),
    #[error("\"{0}\" is several cells where one is wanted")]
    NotACell(String),
    #[error("the name \"{0}\" does not lead to cells")]
    NotCells(String),
}

/// Names that stand for names are followed this far.
const MAX_NAMES: usize = 16;

/// The areas that a text names; those without a sheet are on `sheet`.
pub fn parse_areas(
    text: &str,
    workbook: &Workbook,
    sheet: SheetId,
) -> Result<Vec<Area>, ReferenceError> {
    let mut areas = Vec::new();
    collect(text, workbook, sheet, MAX_NAMES, &mut areas)?;
    Ok(areas)
}

/// The one cell that a text names.
pub fn parse_cell(text: &str, workbook: &Workbook, sheet: SheetId) -> Result<Cell, ReferenceError> {
    match parse_areas(text, workbook, sheet)?.as_slice() {
        [area] if area.rect.is_cell() => Ok(Cell {
            sheet: area.sheet,
            pos: area.rect.top_left(),
        }),
        _ => Err(ReferenceError::NotACell(text.trim().into())),
    }
}

fn collect(
    text: &str,
    workbook: &Workbook,
    sheet: SheetId,
    names_left: usize,
    areas: &mut Vec<Area>,
) -> Result<(), ReferenceError> {
    let text = text.trim();
    let text = text.strip_prefix('=').unwrap_or(text);
    for piece in split(text) {
        let piece = piece.trim();
        if piece.is_empty() {
            return Err(ReferenceError::Empty);
        }
        let (named, rest) = split_sheet(piece);
        let on = match &named {
            None => sheet,
            Some(name) => workbook
                .sheet_named(name)
                .ok_or_else(|| ReferenceError::NoSheet(name.clone()))?,
        };
        if let Some(rect) = parse_rect(rest) {
            areas.push(Area { sheet: on, rect });
        } else if let Some(area) = table_column(rest, workbook) {
            areas.push(area);
        } else if let Some(name) = workbook.names.visible_from(rest, on) {
            if names_left == 0 {
                return Err(ReferenceError::NotCells(rest.into()));
            }
            let formula = name.formula.clone();
            collect(&formula, workbook, on, names_left - 1, areas)
                .map_err(|_| ReferenceError::NotCells(rest.into()))?;
        } else {
            return Err(ReferenceError::Unknown(piece.into()));
        }
    }
    Ok(())
}

/// The parts between commas, but for those within quotes and brackets.
fn split(text: &str) -> Vec<&str> {
    let (mut quoted, mut depth, mut from) = (false, 0u32, 0);
    let mut parts = Vec::new();
    for (i, c) in text.char_indices() {
        match c {
            '\'' if depth == 0 => quoted = !quoted,
            '[' if !quoted => depth += 1,
            ']' if !quoted => depth = depth.saturating_sub(1),
            ',' if !quoted && depth == 0 => {
                parts.push(&text[from..i]);
                from = i + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[from..]);
    parts
}

/// The sheet's name, without its quotes, and what follows the `!`.
fn split_sheet(piece: &str) -> (Option<String>, &str) {
    if let Some(after) = piece.strip_prefix('\'') {
        let mut quotes = after.match_indices('\'').map(|(i, _)| i);
        while let Some(end) = quotes.next() {
            let rest = &after[end + 1..];
            if rest.starts_with('\'') {
                quotes.next();
            } else if let Some(rest) = rest.strip_prefix('!') {
                return (Some(after[..end].replace("''", "'")), rest);
            } else {
                break;
            }
        }
        return (None, piece);
    }
    match piece.split_once('!') {
        Some((sheet, rest)) if !piece.contains('[') => (Some(sheet.into()), rest),
        _ => (None, piece),
    }
}

/// `A1`, `A1:B2`, `A:C`, `1:5`, with or without `$`.
fn parse_rect(text: &str) -> Option<Rect> {
    let Some((first, last)) = text.split_once(':') else {
        return Pos::parse_a1(text).map(Rect::cell);
    };
    let (first, last) = (first.trim(), last.trim());
    if let (Some(a), Some(b)) = (Pos::parse_a1(first), Pos::parse_a1(last)) {
        return Some(Rect::new(a, b));
    }
    let bare = |text: &'_ str| text.strip_prefix('$').unwrap_or(text).to_string();
    let (first, last) = (bare(first), bare(last));
    if let (Some(a), Some(b)) = (parse_column(&first), parse_column(&last)) {
        return Some(Rect::new(Pos::new(0, a), Pos::new(MAX_ROWS - 1, b)));
    }
    if let (Some(a), Some(b)) = (parse_row(&first), parse_row(&last)) {
        return Some(Rect::new(Pos::new(a, 0), Pos::new(b, MAX_COLS - 1)));
    }
    None
}

/// `Table1` and `Table1[Column]`: the data rows.
fn table_column(text: &str, workbook: &Workbook) -> Option<Area> {
    let (name, column) = match text.split_once('[') {
        Some((name, column)) => (name, Some(column.strip_suffix(']')?)),
        None => (text, None),
    };
    let table = workbook.tables.get(name)?;
    let mut rect = table.data()?;
    if let Some(column) = column {
        let col = table.column(column)?;
        (rect.left, rect.right) = (col, col);
    }
    Some(Area {
        sheet: table.area.sheet,
        rect,
    })
}

/// Areas as Excel's Solver stores them: `bias!$H$19:$V$24,bias!$A$26`.
pub fn write_areas(areas: &[Area], workbook: &Workbook) -> String {
    let parts: Vec<String> = areas
        .iter()
        .map(|area| {
            let absolute = |row, col| format!("${}${}", column_name(col), row + 1);
            let rect = area.rect;
            let mut text = format!(
                "{}!{}",
                quoted(&workbook.sheet(area.sheet).name),
                absolute(rect.top, rect.left)
            );
            if !rect.is_cell() {
                text.push(':');
                text.push_str(&absolute(rect.bottom, rect.right));
            }
            text
        })
        .collect();
    parts.join(",")
}

/// A sheet's name as a formula writes it: in quotes where it could be read as
/// something else.
pub fn quoted(name: &str) -> String {
    let plain = name
        .chars()
        .all(|c| c.is_alphanumeric() || c == '_' || c == '.')
        && name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && Pos::parse_a1(name).is_none()
        && !looks_like_r1c1(name)
        && !["TRUE", "FALSE"]
            .iter()
            .any(|word| name.eq_ignore_ascii_case(word));
    if plain {
        name.into()
    } else {
        format!("'{}'", name.replace('\'', "''"))
    }
}

/// `R`, `C`, `R1`, `C2`, `R1C2`.
fn looks_like_r1c1(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    match upper.strip_prefix('R') {
        Some(rest) => match rest.split_once('C') {
            Some((row, col)) => digits(row) && digits(col),
            None => digits(rest),
        },
        None => upper.strip_prefix('C').is_some_and(digits),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workbook::DefinedName;

    fn book() -> (Workbook, SheetId, SheetId) {
        let mut book = Workbook::new();
        let first = book.add_sheet("bias");
        let second = book.add_sheet("it's, here");
        book.names.define(DefinedName {
            name: "weights".into(),
            scope: None,
            formula: "bias!$A$1:$A$3,'it''s, here'!$B$2".into(),
            hidden: false,
        });
        book.names.define(DefinedName {
            name: "circle".into(),
            scope: None,
            formula: "circle".into(),
            hidden: false,
        });
        (book, first, second)
    }

    #[test]
    fn several_areas_on_several_sheets_are_read_and_written() {
        let (book, first, second) = book();
        let text = "bias!$H$19:$V$24,'it''s, here'!$A$26";
        let areas = parse_areas(text, &book, second).unwrap();
        assert_eq!(areas.len(), 2);
        assert_eq!((areas[0].sheet, areas[1].sheet), (first, second));
        assert_eq!(areas[0].rect.to_string(), "H19:V24");
        assert_eq!(write_areas(&areas, &book), text);
    }

    #[test]
    fn a_reference_without_a_sheet_is_on_the_one_given() {
        let (book, _, second) = book();
        let cell = parse_cell(" b7 ", &book, second).unwrap();
        assert_eq!((cell.sheet, cell.pos.to_string()), (second, "B7".into()));
        let columns = parse_areas("A:B", &book, second).unwrap();
        assert_eq!(columns[0].rect.rows(), MAX_ROWS);
    }

    #[test]
    fn names_lead_to_their_areas_and_circles_end() {
        let (book, first, _) = book();
        assert_eq!(parse_areas("Weights", &book, first).unwrap().len(), 2);
        assert_eq!(
            parse_areas("circle", &book, first),
            Err(ReferenceError::NotCells("circle".into()))
        );
    }

    #[test]
    fn what_is_no_reference_is_named() {
        let (book, first, _) = book();
        for (text, message) in [
            ("nowhere!A1", "there is no sheet \"nowhere\""),
            ("#REF!", "there is no sheet \"#REF\""),
            ("A1,,B1", "a reference is missing"),
            ("A0", "\"A0\" is neither a reference"),
            ("'bias", "\"'bias\" is neither a reference"),
        ] {
            let error = parse_areas(text, &book, first).unwrap_err().to_string();
            assert!(error.starts_with(message), "{text}: {error}");
        }
        assert_eq!(
            parse_cell("A1:B2", &book, first),
            Err(ReferenceError::NotACell("A1:B2".into()))
        );
    }

    #[test]
    fn sheet_names_are_quoted_where_they_need_it() {
        for plain in ["nnet", "Sheet1.b", "_x", "Blätter"] {
            assert_eq!(quoted(plain), plain);
        }
        for other in ["Q1", "R1C1", "rc", "2020", "a b", "a-b", "true", ""] {
            assert_eq!(quoted(other), format!("'{other}'"));
        }
    }
}
