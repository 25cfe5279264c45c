//! The interpreter as the lowering sees it.

use super::bind::{Binder, Bound, BoundFormula};
use super::interpret::{Interpreter, Mode, World};
use super::lower::Oracle;
use super::print_for_people;
use crate::functions::{Operand, SelectRule, Selection};
use crate::grid::{Area, Cell, SheetId};
use crate::value::ErrorKind;
use crate::workbook::{RunId, Template};
use std::sync::Arc;

/// Evaluates parts of formulas over a workbook as it stands.
pub(super) struct WorldOracle<'a> {
    world: World<'a>,
    interpreter: Interpreter<'a>,
}

impl<'a> WorldOracle<'a> {
    pub fn new(world: World<'a>, at: Cell) -> Self {
        // The slice holds cells only that are calculated by now.
        let world = World {
            pending: None,
            ..world
        };
        let mut interpreter = Interpreter::new(world, at);
        interpreter.track();
        Self { world, interpreter }
    }
}

fn mode(mapped: bool) -> Mode {
    if mapped { Mode::Array } else { Mode::Single }
}

impl Oracle for WorldOracle<'_> {
    fn bound(&mut self, sheet: SheetId, run: RunId) -> Option<Arc<BoundFormula>> {
        let book = self.world.book;
        let run = book.sheet(sheet).runs.get(run)?;
        let Template::Formula(formula) = book.templates.get(run.template).as_ref() else {
            return None;
        };
        let at = Cell {
            sheet,
            pos: run.rect.top_left(),
        };
        let mut names = self.world.names.lock().unwrap_or_else(|e| e.into_inner());
        Some(Arc::new(Binder::new(book, &mut names, at).bind(formula)))
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
        let book = self.world.book;
        let run = book.sheet(at.sheet).runs.at(at.pos);
        let Some((_, run)) = run else {
            return String::new();
        };
        match book.templates.get(run.template).as_ref() {
            Template::Formula(formula) => {
                format!("={}", print_for_people(formula, run.origin(at.pos)))
            }
            Template::Unreadable(text) => format!("={text}"),
        }
    }
}
