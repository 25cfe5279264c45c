//! The interpreter as the lowering sees it.

use super::Engine;
use super::bind::{Bound, BoundFormula};
use super::interpret::{Interpreter, Mode};
use super::lower::Oracle;
use crate::functions::{Operand, SelectRule, Selection};
use crate::grid::{Area, Cell, SheetId};
use crate::value::ErrorKind;
use crate::workbook::{RunId, Template};
use std::sync::Arc;

/// Evaluates parts of formulas over an engine's workbook as it stands.
pub(super) struct EngineOracle<'a> {
    engine: &'a Engine,
    interpreter: Interpreter<'a>,
}

impl<'a> EngineOracle<'a> {
    pub fn new(engine: &'a Engine, at: Cell) -> Self {
        let mut interpreter = Interpreter::new(engine.world(), at);
        interpreter.track();
        Self {
            engine,
            interpreter,
        }
    }
}

fn mode(mapped: bool) -> Mode {
    if mapped { Mode::Array } else { Mode::Single }
}

impl Oracle for EngineOracle<'_> {
    fn bound(&mut self, sheet: SheetId, run: RunId) -> Option<Arc<BoundFormula>> {
        let book = self.engine.workbook();
        let run = book.sheet(sheet).runs.get(run)?;
        if let Template::Unreadable(_) = book.templates.get(run.template).as_ref() {
            return None;
        }
        let at = Cell {
            sheet,
            pos: run.rect.top_left(),
        };
        let node = self.engine.graph().at(book, at)?;
        Some(self.engine.graph().node(node).formula.clone())
    }

    fn evaluate(&mut self, part: &Bound, at: Cell, mapped: bool, slots: &[Operand]) -> Operand {
        self.interpreter.part(part, at, mode(mapped), slots)
    }

    fn select(
        &mut self,
        rule: SelectRule,
        args: &[Operand],
        at: Cell,
    ) -> Result<Selection, ErrorKind> {
        self.interpreter.select(rule, args, at)
    }

    fn take_reads(&mut self) -> Vec<Area> {
        std::mem::take(&mut self.interpreter.touched)
    }

    fn formula_text(&self, at: Cell) -> String {
        self.engine.formula_text(at).unwrap_or_default()
    }
}
