//! What a cell holds, as one would type it.

use crate::engine::Engine;
use crate::grid::Cell;
use crate::value::format::Format;
use crate::value::{DateSystem, Value, parse_entry};

/// What one would type to get the cell's content: its formula, or its value
/// with all digits.
pub fn text_of(engine: &Engine, cell: Cell) -> String {
    if let Some(formula) = engine.formula_text(cell) {
        return formula;
    }
    typed(engine, cell, &engine.value(cell))
}

/// What one would type into a cell to get a value there.
pub fn typed(engine: &Engine, cell: Cell, value: &Value) -> String {
    let workbook = engine.workbook();
    match value {
        Value::Number(x) => {
            let code = workbook.number_format(cell);
            let is_date = Format::parse(code).is_some_and(|format| format.is_date());
            let typed = match is_date {
                true => typed_date(*x, workbook.date_system),
                false => None,
            };
            typed.unwrap_or_else(|| typed_number(*x))
        }
        Value::Text(text) => {
            let meant = parse_entry(text, workbook.date_system).0;
            let is_itself = meant == Value::Text(text.clone()) && !text.starts_with(['=', '\'']);
            match is_itself {
                true => text.to_string(),
                false => format!("'{text}"),
            }
        }
        Value::Error(kind) => kind.as_str().to_owned(),
        value => value
            .to_text()
            .map_or_else(|_| String::new(), |text| text.to_string()),
    }
}

/// The fewest digits that give the same number.
fn typed_number(x: f64) -> String {
    let size = x.abs();
    if size != 0.0 && !(1e-9..1e15).contains(&size) {
        return format!("{x:E}");
    }
    format!("{x}")
}

/// A date as ISO 8601 writes it, with the time where there is one; `None` for
/// what is no date.
fn typed_date(serial: f64, dates: DateSystem) -> Option<String> {
    let code = match (serial.fract() == 0.0, serial >= 1.0) {
        (true, _) => "yyyy-mm-dd",
        (false, true) => "yyyy-mm-dd hh:mm:ss",
        (false, false) => "hh:mm:ss",
    };
    let text = Format::parse(code)?
        .show(&Value::Number(serial), dates)?
        .text;
    // Where the text loses something (parts of a second), the number is better.
    let same = parse_entry(&text, dates).0 == Value::Number(serial);
    same.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::Pos;
    use crate::workbook::Workbook;

    #[test]
    fn what_a_cell_holds_can_be_typed_again() {
        let mut workbook = Workbook::new();
        let sheet = workbook.add_sheet("Sheet1");
        let mut engine = Engine::new(workbook);
        let cell = |row| Cell {
            sheet,
            pos: Pos::new(row, 0),
        };
        let typed = [
            ("0.1", "0.1"),
            ("1e-20", "1E-20"),
            ("12345678901234", "12345678901234"),
            ("2024-02-29", "2024-02-29"),
            ("'12", "'12"),
            ("'=x", "'=x"),
            ("TRUE", "TRUE"),
            ("#N/A", "#N/A"),
            ("=1+1", "=1+1"),
            ("Mr. Smith", "Mr. Smith"),
        ];
        for (row, (text, shown)) in (0..).zip(typed) {
            engine.enter(cell(row), text).expect(text);
            let value = engine.value(cell(row));
            assert_eq!(text_of(&engine, cell(row)), shown);
            engine.enter(cell(row), shown).expect(shown);
            assert_eq!(engine.value(cell(row)), value, "{text}");
        }
    }
}
