//! What functions ask of the evaluation around them.

use super::cache::{Index, WORTH_INDEXING, WORTH_KEEPING};
use super::{Interpreter, MAX_ARRAY, random};
use crate::engine::print_for_people;
use crate::formula::Expr;
use crate::functions::{Context, Lambda, Operand, Postings};
use crate::grid::{Area, Cell, Pos, Rect, SheetId};
use crate::value::{Array, DateSystem, ErrorKind, Value};
use crate::workbook::{Cells, Template};
use std::sync::Arc;

impl Interpreter<'_> {
    /// Notes that an area is read: for dynamic dependencies, and to find out
    /// what has to be calculated first.
    fn reading(&mut self, area: Area) {
        if self.track {
            self.touched.push(area);
        }
        if let Some(pending) = self.world.pending {
            pending.find(area, &mut self.missing);
        }
    }

    /// The template of the formula in a cell, and its origin.
    fn template(&self, at: Cell) -> Option<(&Template, Pos)> {
        let book = self.world.book;
        let (_, run) = book.sheet(at.sheet).runs.at(at.pos)?;
        Some((book.templates.get(run.template), run.origin(at.pos)))
    }
}

impl Context for Interpreter<'_> {
    fn origin(&self) -> Cell {
        self.placed.set(true);
        self.origin
    }

    fn cell(&mut self, at: Cell) -> Value {
        if self.track || self.world.pending.is_some() {
            self.reading(Area {
                sheet: at.sheet,
                rect: crate::grid::Rect::cell(at.pos),
            });
        }
        self.world.book.sheet(at.sheet).cells.get(at.pos)
    }

    fn used(&self, area: Area) -> Option<Area> {
        let used = self.world.book.sheet(area.sheet).cells.used()?;
        let rect = used.intersection(&area.rect)?;
        Some(Area { rect, ..area })
    }

    fn for_each(&mut self, area: Area, visit: &mut dyn FnMut(Cell, &Value)) {
        self.reading(area);
        let sheet = area.sheet;
        let cells = &self.world.book.sheet(sheet).cells;
        cells.for_each(area.rect, &mut |pos, value| {
            visit(Cell { sheet, pos }, value);
        });
    }

    fn array(&mut self, area: Area) -> Result<Arc<Array>, ErrorKind> {
        let rect = area.rect;
        if rect.len() > MAX_ARRAY as u64 {
            return Err(ErrorKind::Num);
        }
        self.reading(area);
        let cells = &self.world.book.sheet(area.sheet).cells;
        let read = || array_of(cells, rect);
        if rect.len() < WORTH_KEEPING || self.world.pending.is_some() {
            return Ok(Arc::new(read()));
        }
        Ok(self.world.cache.array(area, read))
    }

    fn find_exact(&mut self, area: Area, key: &Value, last: bool) -> Option<usize> {
        self.reading(area);
        let rect = area.rect;
        let cells = &self.world.book.sheet(area.sheet).cells;
        let place = |pos: Pos| (pos.row - rect.top) + (pos.col - rect.left);
        if rect.len() >= WORTH_KEEPING && self.world.pending.is_none() {
            let index = self.world.cache.index(area, || {
                let mut index = Index::default();
                cells.for_each(rect, &mut |pos, value| index.add(place(pos), value));
                index
            });
            if let Some(index) = index {
                return index.find(key, last);
            }
        }
        // A search of the whole area once costs less than its index.
        let mut found = Index::default();
        cells.for_each(rect, &mut |pos, value| {
            let same = match (value, key) {
                (Value::Text(a), Value::Text(b)) => crate::value::equal_text(a, b),
                (value, key) => value == key,
            };
            if same {
                found.add(place(pos), value);
            }
        });
        found.find(key, last)
    }

    fn postings(&mut self, area: Area) -> Option<Arc<Postings>> {
        let rect = area.rect;
        if self.track || self.world.pending.is_some() || rect.len() < WORTH_INDEXING {
            return None;
        }
        let cells = &self.world.book.sheet(area.sheet).cells;
        let dates = self.world.book.date_system;
        self.world.cache.postings(area, || {
            let mut postings = Postings::new(dates);
            cells.for_each(rect, &mut |pos, value| postings.add(pos, value));
            postings
        })
    }

    fn call(&mut self, lambda: &Lambda, args: &[Operand]) -> Operand {
        self.call_lambda(lambda, args.to_vec())
    }

    fn parse_reference(&mut self, text: &str, r1c1: bool) -> Result<Vec<Area>, ErrorKind> {
        self.reference_from_text(text, r1c1)
    }

    fn formula_text(&mut self, at: Cell) -> Option<String> {
        let (template, origin) = self.template(at)?;
        Some(match template {
            Template::Formula(expr) => format!("={}", print_for_people(expr, origin)),
            Template::Unreadable(text) => format!("={text}"),
        })
    }

    fn sheet_name(&self, sheet: SheetId) -> Option<Arc<str>> {
        let known = self.world.book.order().contains(&sheet);
        known.then(|| self.world.book.sheet(sheet).name.clone())
    }

    fn sheet_named(&self, name: &str) -> Option<SheetId> {
        self.world.book.sheet_named(name)
    }

    fn sheet_index(&self, sheet: SheetId) -> Option<usize> {
        self.world.book.order().iter().position(|&id| id == sheet)
    }

    fn sheet_count(&self) -> usize {
        self.world.book.order().len()
    }

    fn row_hidden(&self, sheet: SheetId, row: u32) -> (bool, bool) {
        let props = self.world.book.sheet(sheet).rows.get(row);
        (props.hidden && !props.filtered, props.filtered)
    }

    fn is_subtotal(&self, at: Cell) -> bool {
        match self.template(at) {
            Some((Template::Formula(expr), _)) => calls_subtotal(expr),
            _ => false,
        }
    }

    fn number_format(&self, at: Cell) -> String {
        self.world.book.number_format(at).to_string()
    }

    fn date_system(&self) -> DateSystem {
        self.world.book.date_system
    }

    fn now(&self) -> f64 {
        self.world.now
    }

    fn random(&mut self) -> f64 {
        let draw = self.draws;
        self.draws += 1;
        self.placed.set(true);
        random::uniform(self.world.seed, self.origin, draw)
    }
}

/// The values of a rectangle of cells.
pub(super) fn array_of(cells: &Cells, rect: Rect) -> Array {
    let (rows, cols) = (rect.rows() as usize, rect.cols() as usize);
    let mut values = vec![Value::Blank; rows * cols];
    cells.for_each_column(rect, &mut |pos, value| {
        let place = (pos.row - rect.top) as usize * cols + (pos.col - rect.left) as usize;
        values[place] = value.clone();
    });
    Array::new(rows, cols, values)
}

/// Whether SUBTOTAL or AGGREGATE is called anywhere in a formula.
fn calls_subtotal(expr: &Expr) -> bool {
    let mut open = vec![expr];
    while let Some(expr) = open.pop() {
        if let Expr::Call { function, .. } = expr
            && matches!(function.0.as_ref(), "SUBTOTAL" | "AGGREGATE")
        {
            return true;
        }
        open.extend(expr.children());
    }
    false
}
