//! Recalculation of a workbook.
//!
//! Formulas are bound to what their names mean (`bind`), ordered by what they
//! read (`graph`), evaluated by the interpreter (`interpret`) and their results
//! written back (`recalc`). [`Engine`] puts these together: it owns a workbook and
//! keeps it calculated through edits. For a [gradient], the formulas between two
//! sets of cells are lowered (`lower`) to a differentiable program.

pub mod appearance;
mod bind;
mod compare;
mod components;
mod edit;
pub mod gradient;
pub mod graph;
pub mod inspect;
mod interpret;
mod lower;
mod naming;
mod oracle;
mod paste;
mod pool;
mod preview;
pub mod problems;
mod recalc;
mod replace;
mod replay;
pub mod sensitivity;
mod snapshot;
mod stale;
mod trial;
mod validate;
mod vector;

#[cfg(test)]
mod tests;

pub use compare::{Comparison, Mismatch};
pub use edit::{Edited, EntryError};
pub use graph::Graph;
pub use paste::PasteTextError;
pub use preview::Preview;
pub use recalc::{Progress, Recalculation};
pub use replace::{ReplaceError, Replacement};
pub use replay::{ReplayError, Replayed};
pub use snapshot::Snapshot;
pub use stale::with_missing_values;
pub use trial::value_edits;
pub use validate::ValidationError;

use crate::formula::Dialect;
use crate::grid::Cell;
use crate::random::mix;
use crate::value::{Value, format};
use crate::workbook::{History, Template, Workbook};
use bind::{Binder, BoundFormula, NameCache};
use interpret::{AreaCache, Interpreter, World};
use std::hash::{BuildHasher, Hasher};
use std::sync::Mutex;

/// A workbook that is kept calculated.
pub struct Engine {
    workbook: Workbook,
    graph: Graph,
    cache: AreaCache,
    /// Names bound for one-off evaluations and for INDIRECT.
    names: Mutex<NameCache>,
    history: History,
    /// Decides the random numbers, with the number of recalculations so far.
    seed: u64,
    recalculations: u64,
    /// The time that NOW and TODAY give, where it is set.
    now: Option<f64>,
    circular: Vec<Vec<Cell>>,
    /// What was saved without values, and what an interrupted recalculation left
    /// undone.
    stale: Vec<crate::grid::Area>,
    watch: Option<recalc::Watch>,
    trial: Option<trial::Trial>,
    appearances: appearance::Appearances,
}

impl Engine {
    /// Takes a workbook as it is: formulas keep the values they were saved
    /// with until something that they depend on changes. Those that were saved
    /// without a value are calculated by [`Engine::calculate_missing`], else
    /// with the first edit, those saved with an error that their file could not
    /// spell at once.
    pub fn new(workbook: Workbook) -> Self {
        let graph = pool::run(|| Graph::new(&workbook));
        let stale = stale::uncalculated(&workbook);
        let misspelt = stale::misspelt(&workbook);
        let mut engine = Self {
            workbook,
            graph,
            cache: AreaCache::default(),
            names: Mutex::default(),
            history: History::default(),
            seed: std::hash::RandomState::new().build_hasher().finish(),
            recalculations: 0,
            now: None,
            circular: Vec::new(),
            stale,
            watch: None,
            trial: None,
            appearances: appearance::Appearances::default(),
        };
        if !misspelt.is_empty() {
            let mut nodes = Vec::new();
            engine.in_areas(&misspelt, &mut nodes);
            engine.recalculate(&[], &nodes);
        }
        engine
    }

    /// Calculates the formulas that were saved without a value, with what
    /// depends on them, as Excel does where it opens such a file.
    pub fn calculate_missing(&mut self) -> Recalculation {
        match self.stale.is_empty() {
            true => Recalculation::default(),
            false => self.recalculate(&[], &[]),
        }
    }

    pub fn workbook(&self) -> &Workbook {
        &self.workbook
    }

    /// For what has no bearing on calculation: the active tab, widths, templates.
    pub fn workbook_mut(&mut self) -> &mut Workbook {
        self.appearances.meaning_changed();
        &mut self.workbook
    }

    pub fn into_workbook(self) -> Workbook {
        self.workbook
    }

    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Makes random numbers reproducible: they follow from the seed, the cell and
    /// the number of recalculations since.
    pub fn set_seed(&mut self, seed: u64) {
        self.seed = seed;
        self.recalculations = 0;
    }

    /// Fixes the time that NOW and TODAY give, as a serial number; `None` for
    /// the clock (in universal time).
    pub fn set_now(&mut self, now: Option<f64>) {
        self.now = now;
    }

    /// Circular references found so far, each as the cells of its path, every
    /// one of which reads the next and the last the first. They hold 0.
    pub fn circular(&self) -> &[Vec<Cell>] {
        &self.circular
    }

    pub fn value(&self, cell: Cell) -> Value {
        self.workbook.sheet(cell.sheet).cells.get(cell.pos)
    }

    /// The formula that covers a cell, with its `=`; `None` where there is none.
    /// Cells that a formula spilled over have none of their own.
    pub fn formula_text(&self, cell: Cell) -> Option<String> {
        let sheet = self.workbook.sheet(cell.sheet);
        let (_, run) = sheet.runs.at(cell.pos)?;
        let template = self.workbook.templates.get(run.template);
        Some(match template.as_ref() {
            Template::Formula(expr) => {
                format!("={}", print_for_people(expr, run.origin(cell.pos)))
            }
            Template::Unreadable(text) => format!("={text}"),
        })
    }

    /// A cell's value as its number format shows it.
    pub fn display(&self, cell: Cell) -> String {
        let code = self.workbook.number_format(cell);
        format::show(&self.value(cell), code, self.workbook.date_system).text
    }

    /// The formula that covers a cell, bound; `None` where there is none or it
    /// cannot be read.
    pub fn bound(&self, cell: Cell) -> Option<&BoundFormula> {
        let node = self.graph.at(&self.workbook, cell)?;
        Some(&self.graph.node(node).formula)
    }

    /// Evaluates a formula, without its `=`, as a dynamic array formula in `at`
    /// would be, and changes nothing.
    pub fn evaluate(&self, formula: &str, at: Cell) -> Result<Value, EntryError> {
        let formula = crate::formula::with_fifteen_digits(formula);
        let expr = crate::formula::parse(&formula, at.pos)?;
        self.evaluate_expr(&expr, at)
    }

    /// As [`Engine::evaluate`], of a formula that was read already.
    fn evaluate_expr(&self, expr: &crate::formula::Expr, at: Cell) -> Result<Value, EntryError> {
        pool::run(|| {
            let bound = self.bind_once(expr, at);
            let circular =
                |problem: &&bind::Problem| matches!(problem, bind::Problem::CircularName(_));
            if let Some(problem) = bound.problems.iter().find(circular) {
                return Err(EntryError::Formula(problem.clone()));
            }
            let mut interpreter = Interpreter::new(self.world(), at);
            Ok(interpreter.array_formula(&bound, at))
        })
    }

    /// Binds a formula that is not in the workbook.
    pub(crate) fn bind_once(&self, expr: &crate::formula::Expr, at: Cell) -> BoundFormula {
        let mut names = self.names.lock().unwrap_or_else(|e| e.into_inner());
        Binder::new(&self.workbook, &mut names, at).bind(expr)
    }

    /// What this recalculation's random numbers follow from.
    fn random_seed(&self) -> u64 {
        mix(self.seed ^ mix(self.recalculations))
    }

    /// What the interpreter sees: the workbook as it is.
    pub(crate) fn world(&self) -> World<'_> {
        World {
            book: &self.workbook,
            cache: &self.cache,
            names: &self.names,
            now: self.now.unwrap_or_else(|| clock(self.workbook.date_system)),
            seed: self.random_seed(),
            pending: None,
        }
    }
}

/// A formula as people read it, without its `=`.
pub(crate) fn print_for_people(expr: &crate::formula::Expr, origin: crate::grid::Pos) -> String {
    crate::formula::print(expr, origin, Dialect::People(crate::functions::file_prefix))
}

/// The date and time by the system's clock, as a serial number in universal time.
fn clock(dates: crate::value::DateSystem) -> f64 {
    let since_1970 = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0.0, |since| since.as_secs_f64());
    let epoch = dates.serial(1970, 1, 1).unwrap_or(0);
    epoch as f64 + since_1970 / 86_400.0
}
