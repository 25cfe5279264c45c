//! Names that may follow what is typed.

use super::content::typed;
use super::pieces::{Piece, PieceKind, pieces};
use crate::engine::Engine;
use crate::formula::TokenKind;
use crate::functions;
use crate::grid::Cell;
use crate::tui::list::List;
use crate::value::{equal_text, fold_case};
use crate::workbook::{Table, quote_sheet_name};
use std::ops::Range;

/// What is offered, and what of the text it takes the place of.
#[derive(Clone, Debug)]
pub struct Completion {
    /// Never empty.
    pub items: Vec<Item>,
    pub list: List,
    /// The bytes of the text.
    pub range: Range<usize>,
    /// Whether it was opened to choose a value: accepting the entry takes it.
    pub is_list: bool,
}

/// Something that can be completed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub label: String,
    /// What is put into the text.
    pub text: String,
    /// What it is, in a few words or a sentence.
    pub help: String,
}

impl Completion {
    /// What may follow in the formula of a cell; `text` begins with `=`.
    pub fn of_formula(engine: &Engine, cell: Cell, text: &str, cursor: usize) -> Option<Self> {
        let (before, after) = text.split_at_checked(cursor)?;
        let before = before.strip_prefix('=')?;
        // In the middle of a word nothing is offered.
        let word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '\\');
        if after.starts_with(word) {
            return None;
        }
        let pieces = pieces(before);
        let last = pieces
            .last()
            .filter(|last| last.range.end == before.len())?;
        let written = &before[last.range.clone()];
        let start = last.range.start + 1;
        let (items, start) = match last.kind {
            PieceKind::Token(TokenKind::Broken) if written.starts_with('[') => {
                let table = pieces.len().checked_sub(2).map(|index| &pieces[index]);
                let named = table.filter(|table| {
                    table.kind == PieceKind::Name && table.range.end == last.range.start
                });
                let tables = &engine.workbook().tables;
                let table = match named {
                    Some(named) => tables.get(&before[named.range.clone()]),
                    None => tables.at(cell.sheet, cell.pos),
                };
                let (items, at) = columns(table?, written);
                (items, start + at)
            }
            PieceKind::Token(TokenKind::Broken) if written.starts_with('\'') => {
                (sheets(engine, &written[1..]), start)
            }
            PieceKind::Name | PieceKind::Bool => {
                let mut items = bound(before, &pieces, written);
                items.extend(names(engine, cell, written));
                (items, start)
            }
            // `LOG1`, `BIN2`: the beginning of a function that looks like a cell.
            PieceKind::Reference if !written.contains(['!', ':', '$', '#']) => {
                (functions(written), start)
            }
            _ => return None,
        };
        Self::new(items, start..cursor, &text[start..cursor])
    }

    /// The values that a cell's list allows and that begin with the text.
    pub fn of_values(engine: &Engine, cell: Cell, text: &str) -> Option<Self> {
        let mut items = values(engine, cell)?;
        items.retain(|item| begins(&item.text, text));
        Self::new(items, 0..text.len(), text)
    }

    /// All values that a cell's list allows, opened to choose one.
    pub fn of_list(engine: &Engine, cell: Cell, text: &str) -> Option<Self> {
        let items = values(engine, cell).filter(|items| !items.is_empty())?;
        let mut list = List::default();
        let now = items.iter().position(|item| item.text == text);
        list.step(now.unwrap_or(0) as isize, items.len());
        Some(Self {
            items,
            list,
            range: 0..text.len(),
            is_list: true,
        })
    }

    /// `None` where nothing is offered but what is there already.
    fn new(items: Vec<Item>, range: Range<usize>, written: &str) -> Option<Self> {
        match items.as_slice() {
            [] => None,
            [item] if item.text == written => None,
            _ => Some(Self {
                items,
                list: List::default(),
                range,
                is_list: false,
            }),
        }
    }

    pub fn chosen(&self) -> &Item {
        &self.items[self.list.chosen.min(self.items.len() - 1)]
    }
}

/// The values of a cell's list.
fn values(engine: &Engine, cell: Cell) -> Option<Vec<Item>> {
    let values = engine.allowed_values(cell)?;
    let texts = values.iter().map(|value| typed(engine, cell, value));
    let items = texts.map(|text| Item {
        label: text.clone(),
        text,
        help: String::new(),
    });
    Some(items.collect())
}

fn begins(name: &str, typed: &str) -> bool {
    fold_case(name).starts_with(&fold_case(typed))
}

/// The names that LET and LAMBDA bind around the end of a formula's beginning
/// and that begin with a text, the innermost first.
fn bound(before: &str, pieces: &[Piece], typed: &str) -> Vec<Item> {
    // The calls that are open, with what their arguments so far may bind.
    let mut open: Vec<(String, Vec<Option<&str>>)> = Vec::new();
    let mut argument = Vec::new();
    let text = |piece: &Piece| &before[piece.range.clone()];
    for (index, piece) in pieces.iter().enumerate() {
        match piece.kind {
            PieceKind::Token(TokenKind::Open | TokenKind::OpenBrace) => {
                let function = index.checked_sub(1).map(|i| &pieces[i]);
                let function = function.filter(|piece| piece.kind == PieceKind::Function);
                let name = function.map_or(String::new(), |piece| text(piece).to_uppercase());
                open.push((name, Vec::new()));
                argument.clear();
            }
            PieceKind::Token(TokenKind::Close | TokenKind::CloseBrace) => {
                open.pop();
                argument.push(piece);
            }
            PieceKind::Token(TokenKind::Comma) => {
                let name = match argument.as_slice() {
                    [one] if one.kind == PieceKind::Name => Some(text(one)),
                    // `[x]`: a parameter that may be left out.
                    [one] if one.kind == PieceKind::Table => text(one)
                        .strip_prefix('[')
                        .and_then(|x| x.strip_suffix(']')),
                    _ => None,
                };
                if let Some((_, arguments)) = open.last_mut() {
                    arguments.push(name);
                }
                argument.clear();
            }
            _ => argument.push(piece),
        }
    }
    let mut items: Vec<Item> = Vec::new();
    for (function, arguments) in open.iter().rev() {
        let (step, help) = match function.as_str() {
            "LET" => (2, "a name of LET"),
            "LAMBDA" => (1, "a parameter of LAMBDA"),
            _ => continue,
        };
        // A name of LET stands for its value once that is complete.
        let complete = arguments.len() / step * step;
        for name in arguments[..complete].iter().step_by(step).rev().flatten() {
            let known = items.iter().any(|item| equal_text(&item.text, name));
            if begins(name, typed) && !known {
                items.push(Item {
                    label: (*name).to_owned(),
                    text: (*name).to_owned(),
                    help: help.to_owned(),
                });
            }
        }
    }
    items
}

/// Functions, names, tables and sheets that begin with a text.
fn names(engine: &Engine, cell: Cell, typed: &str) -> Vec<Item> {
    let workbook = engine.workbook();
    let mut items = functions(typed);
    for name in workbook.names.iter() {
        let visible = !name.hidden && name.scope.is_none_or(|scope| scope == cell.sheet);
        if visible && begins(&name.name, typed) {
            items.push(Item {
                label: name.name.to_string(),
                text: name.name.to_string(),
                help: format!("={}", name.formula),
            });
        }
    }
    for table in workbook.tables.iter() {
        if begins(&table.name, typed) {
            items.push(Item {
                label: table.name.to_string(),
                text: table.name.to_string(),
                help: format!("Table {}", workbook.area_address(table.area)),
            });
        }
    }
    items.extend(sheets(engine, typed));
    items
}

fn functions(typed: &str) -> Vec<Item> {
    let mut found: Vec<Item> = functions::all()
        .filter(|function| begins(function.name, typed))
        .map(|function| Item {
            label: function.name.to_owned(),
            text: format!("{}(", function.name),
            help: function.help.to_owned(),
        })
        .collect();
    found.sort_by(|a, b| a.label.cmp(&b.label));
    found
}

fn sheets(engine: &Engine, typed: &str) -> Vec<Item> {
    let workbook = engine.workbook();
    let visible = workbook.visible_sheets().map(|id| workbook.sheet(id));
    visible
        .filter(|sheet| begins(&sheet.name, typed))
        .map(|sheet| Item {
            label: sheet.name.to_string(),
            text: format!("{}!", quote_sheet_name(&sheet.name)),
            help: "Sheet".to_owned(),
        })
        .collect()
}

/// A table's columns, and items such as `#Totals`, for `written`, which begins
/// with a bracket; and where in it the completed part begins.
fn columns(table: &Table, written: &str) -> (Vec<Item>, usize) {
    let inner = written.rfind('[').unwrap_or(0);
    let nested = inner > 0;
    let mut start = inner + 1;
    // `[@Age` is short for `[[#This Row],[Age]]`.
    let this_row = written[start..].starts_with('@');
    start += usize::from(this_row);
    let typed = written[start..].trim_start();
    start = written.len() - typed.len();
    // Brackets close what they opened; special characters need their own after `@`.
    let close = |name: &str| {
        let escaped = escaped(name);
        let plain = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        match this_row && !nested && !name.chars().all(plain) {
            true => format!("[{escaped}]]"),
            false => format!("{escaped}]"),
        }
    };
    let mut items: Vec<Item> = table
        .columns
        .iter()
        .filter(|column| begins(&column.name, typed))
        .map(|column| Item {
            label: column.name.to_string(),
            text: close(&column.name),
            help: format!("Column of {}", table.name),
        })
        .collect();
    if !this_row {
        let special = [
            ("#All", "All rows"),
            ("#Data", "The rows between headers and totals"),
            ("#Headers", "The header row"),
            ("#Totals", "The row of totals"),
            ("#This Row", "The formula's own row"),
        ];
        let begun = special.iter().filter(|(name, _)| begins(name, typed));
        items.extend(begun.map(|(name, help)| Item {
            label: (*name).to_owned(),
            text: format!("{name}]"),
            help: (*help).to_owned(),
        }));
    }
    (items, start)
}

/// A column's name as it stands between brackets.
fn escaped(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        if matches!(c, '[' | ']' | '#' | '\'' | '@') {
            out.push('\'');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::{Area, Pos, Rect, SheetId};
    use crate::workbook::{DefinedName, TableColumn, Workbook};

    fn engine() -> Engine {
        let mut workbook = Workbook::new();
        let sheet = workbook.add_sheet("Sheet1");
        workbook.add_sheet("my sheet");
        workbook.tables.push(Table {
            name: "Trips".into(),
            saved_as: None,
            area: Area {
                sheet,
                rect: Rect::new(Pos::new(0, 0), Pos::new(9, 2)),
            },
            columns: ["Age", "Fare, paid", "Sex [m]"]
                .map(|name| TableColumn {
                    name: name.into(),
                    saved_as: None,
                    formula: None,
                    criterion: None,
                })
                .into(),
            header_rows: 1,
            totals_rows: 0,
            buttons: false,
        });
        workbook.names.define(DefinedName {
            name: "trial".into(),
            scope: None,
            formula: "Sheet1!$A$1".into(),
            hidden: false,
        });
        Engine::new(workbook)
    }

    fn offered(text: &str) -> Vec<String> {
        let cell = Cell {
            sheet: SheetId(0),
            pos: Pos::new(5, 1),
        };
        let completion = Completion::of_formula(&engine(), cell, text, text.len());
        completion.map_or_else(Vec::new, |completion| {
            let head = &text[..completion.range.start];
            let items = completion.items.iter();
            items.map(|item| format!("{head}{}", item.text)).collect()
        })
    }

    #[test]
    fn functions_names_tables_and_sheets_are_offered() {
        let found = offered("=1+tri");
        assert_eq!(found, ["=1+TRIM(", "=1+TRIMMEAN(", "=1+trial", "=1+Trips"]);
        assert_eq!(offered("=SUM(my"), ["=SUM('my sheet'!"]);
        assert_eq!(offered("='m"), ["='my sheet'!"]);
        assert_eq!(offered("=LOG1"), ["=LOG10("]);
        assert!(offered("=1+").is_empty());
        assert!(offered("=A1:B2").is_empty());
        assert!(offered("=trial").is_empty(), "it is there already");
        assert!(offered("=\"tri").is_empty());
    }

    #[test]
    fn names_of_let_and_lambda_are_offered_where_they_stand_for_a_value() {
        let engine = engine();
        let cell = Cell {
            sheet: SheetId(0),
            pos: Pos::new(20, 20),
        };
        let first = |text: &str| {
            let offered = Completion::of_formula(&engine, cell, text, text.len());
            let items = offered.map_or(Vec::new(), |offered| offered.items);
            let bound = items.iter().filter(|item| item.help.contains(" of L"));
            bound.map(|item| item.text.clone()).collect::<Vec<_>>()
        };
        assert_eq!(first("=LET(weight,A1*2,we"), ["weight"]);
        assert_eq!(first("=LET(weight,we"), Vec::<String>::new());
        assert_eq!(first("=LET(wa,1,wb,wa+1,SUM(2,W"), ["wb", "wa"]);
        assert_eq!(first("=LET(wa,1,LAMBDA(wa,[wb],w"), ["wb", "wa"]);
        assert_eq!(first("=LET(wa,1,wa)+w"), Vec::<String>::new());
        assert_eq!(first("=LET(wa,{1,2},wb,SUM(1,2),w"), ["wb", "wa"]);
    }

    #[test]
    fn columns_are_offered_in_their_brackets() {
        assert_eq!(offered("=trips[a"), ["=trips[Age]"]);
        assert_eq!(offered("=Trips[sex"), ["=Trips[Sex '[m']]"]);
        assert_eq!(offered("=[@Fa"), ["=[@[Fare, paid]]"]);
        assert_eq!(offered("=[@a"), ["=[@Age]"]);
        assert_eq!(
            offered("=Trips[[#Headers],[fa"),
            ["=Trips[[#Headers],[Fare, paid]"]
        );
        assert_eq!(offered("=Trips[").len(), 3 + 5);
        assert!(offered("=Other[a").is_empty());
    }
}
