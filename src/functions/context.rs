//! What a function can ask of the evaluation around it.

use super::{Lambda, Operand, Postings};
use crate::grid::{Area, Cell, Rect, SheetId};
use crate::value::{Array, DateSystem, ErrorKind, Value};
use std::sync::Arc;

/// The evaluation around a call.
pub trait Context {
    /// The cell whose formula is being evaluated.
    fn origin(&self) -> Cell;

    /// The value of one cell, never an array.
    fn cell(&mut self, at: Cell) -> Value;

    /// The part of an area that can hold anything: clipped to the rows and
    /// columns in use, `None` where that is empty. Whole columns cost what
    /// they hold.
    fn used(&self, area: Area) -> Option<Area>;

    /// Calls `visit` for every cell of the area that is not blank, row by row.
    fn for_each(&mut self, area: Area, visit: &mut dyn FnMut(Cell, &Value));

    /// The values of an area as an array; blank where cells are. An area
    /// larger than memory allows is `#NUM!`.
    fn array(&mut self, area: Area) -> Result<Arc<Array>, ErrorKind>;

    /// A vector (one row or one column, already clipped) prepared for exact
    /// search: the places, counted from 0, at which a value stands; kept for
    /// the length of a recalculation. `key` is matched as Excel matches it:
    /// kinds do not mix, text without regard to case, no wildcards.
    fn find_exact(&mut self, area: Area, key: &Value, last: bool) -> Option<usize>;

    /// An area (already clipped) prepared for finding all cells of a value,
    /// kept for the length of a recalculation; `None` where visiting the cells
    /// costs less, or where every area read has to be noted.
    fn postings(&mut self, area: Area) -> Option<Arc<Postings>> {
        let _ = area;
        None
    }

    /// Calls a LAMBDA.
    fn call(&mut self, lambda: &Lambda, args: &[Operand]) -> Operand;

    /// What a text names as a reference (INDIRECT): A1 or R1C1, with sheet,
    /// a defined name or a structured reference.
    fn parse_reference(&mut self, text: &str, r1c1: bool) -> Result<Vec<Area>, ErrorKind>;

    /// The text of the formula in a cell, with its `=`; `None` where the cell
    /// holds none.
    fn formula_text(&mut self, at: Cell) -> Option<String>;

    fn sheet_name(&self, sheet: SheetId) -> Option<Arc<str>>;
    /// By name, without regard to case.
    fn sheet_named(&self, name: &str) -> Option<SheetId>;
    /// Its place among the tabs, from 0.
    fn sheet_index(&self, sheet: SheetId) -> Option<usize>;
    fn sheet_count(&self) -> usize;
    /// Whether a row was hidden (SUBTOTAL, AGGREGATE): `(by hand, by a filter)`.
    fn row_hidden(&self, sheet: SheetId, row: u32) -> (bool, bool);
    /// Whether the cell's own formula is a SUBTOTAL or AGGREGATE, which
    /// others of them skip.
    fn is_subtotal(&self, at: Cell) -> bool;
    /// The number format code of a cell (CELL).
    fn number_format(&self, at: Cell) -> String;

    fn date_system(&self) -> DateSystem;
    /// The date and time now, as a serial number; the same for a whole recalculation.
    fn now(&self) -> f64;
    /// The next random number, uniform on [0, 1).
    fn random(&mut self) -> f64;

    /// The rectangle an operand covers, in rows and columns.
    fn size(&self, operand: &Operand) -> (u64, u64) {
        match operand {
            Operand::Reference(areas) => {
                let rect: Rect = areas[0].rect;
                (u64::from(rect.rows()), u64::from(rect.cols()))
            }
            Operand::Value(Value::Array(array)) => (array.rows() as u64, array.cols() as u64),
            _ => (1, 1),
        }
    }

    /// An operand's values as an array: a reference is read, a single value
    /// becomes one by one. Several areas are `#VALUE!`.
    fn to_array(&mut self, operand: &Operand) -> Result<Arc<Array>, ErrorKind> {
        match operand {
            Operand::Reference(areas) => match areas.as_slice() {
                [area] => self.array(*area),
                _ => Err(ErrorKind::Value),
            },
            Operand::Value(Value::Array(array)) => Ok(array.clone()),
            Operand::Value(value) => Ok(Arc::new(Array::filled(1, 1, value.clone()))),
            Operand::Lambda(_) => Err(ErrorKind::Calc),
            Operand::Omitted => Ok(Arc::new(Array::filled(1, 1, Value::Blank))),
        }
    }

    /// An operand's one value: a single cell is read, of an array the first
    /// cell counts; a larger reference is `#VALUE!`.
    fn to_value(&mut self, operand: &Operand) -> Value {
        match operand {
            Operand::Reference(areas) => match areas.as_slice() {
                [area] if area.rect.is_cell() => self.cell(Cell {
                    sheet: area.sheet,
                    pos: area.rect.top_left(),
                }),
                _ => Value::Error(ErrorKind::Value),
            },
            Operand::Value(Value::Array(array)) => array.get(0, 0).clone(),
            Operand::Value(value) => value.clone(),
            Operand::Lambda(_) => Value::Error(ErrorKind::Calc),
            Operand::Omitted => Value::Blank,
        }
    }
}
