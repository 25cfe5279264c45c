//! What the formula that is being typed would give.

use super::pieces::{PieceKind, pieces};
use crate::engine::{Engine, Preview};
use crate::formula::TokenKind;
use crate::grid::Cell;
use crate::value::format::{general, show};
use crate::value::{Array, Value};

/// The columns that a previewed number may take.
const NUMBER_WIDTH: usize = 12;
/// The values of an array that are shown.
const SHOWN: usize = 4;

/// What a formula would give, or why it gives nothing yet.
#[derive(Clone, Debug, PartialEq)]
pub enum Outlook {
    /// Nothing can be said.
    None,
    /// The value, as it is shown.
    Value(String),
    /// Why there would be no value.
    Problem(String),
    /// It looks complete but cannot be read: at which character of the entry, and why.
    Wrong { at: usize, message: String },
}

impl Outlook {
    /// The outlook for an entry's text in a cell.
    pub fn new(engine: &Engine, cell: Cell, text: &str) -> Self {
        let Some(formula) = text.strip_prefix('=') else {
            return Self::None;
        };
        if formula.trim().is_empty() {
            return Self::None;
        }
        match engine.preview(formula, cell) {
            Ok(Preview::Value(value)) => Self::Value(shown(engine, cell, &value)),
            Ok(Preview::Problem(problem)) => Self::Problem(problem),
            Ok(Preview::Circular) => Self::Problem("the cell would depend on itself".to_owned()),
            Ok(Preview::Costly) => Self::None,
            Err(error) if looks_complete(formula) => Self::Wrong {
                at: error.at + 1,
                message: error.message,
            },
            Err(_) => Self::None,
        }
    }
}

/// Whether nothing seems to be missing at the end of a formula.
fn looks_complete(formula: &str) -> bool {
    let pieces = pieces(formula);
    let mut depth = 0_i32;
    for piece in &pieces {
        match piece.kind {
            PieceKind::Token(TokenKind::Open | TokenKind::OpenBrace) => depth += 1,
            PieceKind::Token(TokenKind::Close | TokenKind::CloseBrace) => depth -= 1,
            _ => {}
        }
    }
    let Some(last) = pieces.last() else {
        return false;
    };
    use TokenKind::{At, Bang, Broken, Colon, Comma, Open, Operator, Semicolon};
    let wanting = match last.kind {
        PieceKind::Token(Broken) => formula[last.range.clone()].starts_with(['"', '\'', '[']),
        PieceKind::Token(kind) => {
            matches!(
                kind,
                Operator(_) | Comma | Colon | Semicolon | Open | At | Bang
            )
        }
        // The sheet is there, its cells are not.
        PieceKind::Reference => formula.trim_end().ends_with('!'),
        _ => false,
    };
    !wanting && depth <= 0
}

/// A value in few characters.
fn shown(engine: &Engine, cell: Cell, value: &Value) -> String {
    match value {
        Value::Array(array) => array_shown(engine, cell, array),
        value => one(engine, cell, value),
    }
}

fn one(engine: &Engine, cell: Cell, value: &Value) -> String {
    let workbook = engine.workbook();
    let code = workbook.number_format(cell);
    match value {
        Value::Number(x) if code.eq_ignore_ascii_case("general") => {
            general(*x, NUMBER_WIDTH).unwrap_or_else(|| x.to_string())
        }
        Value::Text(text) => format!("\"{}\"", text.chars().take(40).collect::<String>()),
        value => show(value, code, workbook.date_system).text,
    }
}

fn array_shown(engine: &Engine, cell: Cell, array: &Array) -> String {
    let first: Vec<String> = array
        .cells()
        .iter()
        .take(SHOWN)
        .map(|value| one(engine, cell, value))
        .collect();
    let more = if array.cells().len() > SHOWN {
        ", …"
    } else {
        ""
    };
    let (rows, cols) = (array.rows(), array.cols());
    format!("{{{}{more}}} {rows} × {cols}", first.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::{Pos, SheetId};
    use crate::workbook::Workbook;

    fn outlook(text: &str) -> Outlook {
        let mut workbook = Workbook::new();
        workbook.add_sheet("Sheet1");
        let cell = Cell {
            sheet: SheetId(0),
            pos: Pos::new(0, 0),
        };
        Outlook::new(&Engine::new(workbook), cell, text)
    }

    #[test]
    fn values_are_shown_in_few_characters() {
        let value = |text: &str| Outlook::Value(text.to_owned());
        assert_eq!(outlook("=1/3"), value("0.333333333"));
        assert_eq!(outlook("=\"a\"&1"), value("\"a1\""));
        assert_eq!(outlook("=SEQUENCE(2,3)"), value("{1, 2, 3, 4, …} 2 × 3"));
        assert_eq!(outlook("=1/0"), value("#DIV/0!"));
        assert_eq!(
            outlook("=A1+1"),
            Outlook::Problem("the cell would depend on itself".to_owned())
        );
    }

    #[test]
    fn mistakes_are_told_once_nothing_is_missing_at_the_end() {
        for text in [
            "=", "=1+", "=SUM(1,", "=SUM(1", "=\"a", "=T[a", "=B1:", "='my",
        ] {
            assert_eq!(outlook(text), Outlook::None, "{text}");
        }
        for (text, place) in [("=1+*2", 3), ("=SUM(1))", 7), ("=1~", 2), ("=2 3", 3)] {
            assert!(
                matches!(outlook(text), Outlook::Wrong { at, .. } if at == place),
                "{text}: {:?}",
                outlook(text)
            );
        }
    }
}
