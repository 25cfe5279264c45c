//! Edits, and the recalculation of what they touch.

use super::bind::Problem;
use super::graph::{Graph, NodeId};
use super::{Engine, Recalculation, naming};
use crate::formula::{self, Change, Home, ParseError};
use crate::grid::{Area, Cell, Rect};
use crate::value::{DateSystem, MAX_TEXT, Value, fits_cell, parse_entry};
use crate::workbook::{Applied, Content, Edit, EditError, Naming, RunKind, Template, Transaction};

/// A transaction applied and what it led to.
#[derive(Clone, Debug)]
pub struct Edited {
    pub applied: Applied,
    pub recalculation: Recalculation,
}

/// Why typed text was not accepted.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum EntryError {
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// The formula can be read, but Excel would not let it be entered.
    #[error("{0}")]
    Formula(Problem),
    /// With its length in UTF-16 units.
    #[error(
        "the text has {0} characters, and a cell holds {MAX_TEXT} at most: divide it between cells"
    )]
    TextTooLong(usize),
    #[error(transparent)]
    Edit(#[from] EditError),
}

impl Engine {
    /// Applies a transaction and recalculates what depends on it.
    pub fn apply(&mut self, transaction: &Transaction) -> Result<Edited, EditError> {
        self.not_trying()?;
        let applied = self.history.apply(&mut self.workbook, transaction)?;
        Ok(self.follow(applied))
    }

    /// Takes the last transaction back; `None` where there is none.
    pub fn undo(&mut self) -> Result<Option<Edited>, EditError> {
        self.not_trying()?;
        let applied = self.history.undo(&mut self.workbook)?;
        Ok(applied.map(|applied| self.follow(applied)))
    }

    /// Does again what was undone last; `None` where there is nothing.
    pub fn redo(&mut self) -> Result<Option<Edited>, EditError> {
        self.not_trying()?;
        let applied = self.history.redo(&mut self.workbook)?;
        Ok(applied.map(|applied| self.follow(applied)))
    }

    /// Applies a transaction in place of the last one, which is taken back: both
    /// are one step of the history. Applies it where there is none.
    pub fn replace_last(&mut self, transaction: &Transaction) -> Result<Edited, EditError> {
        self.not_trying()?;
        let applied = self.history.replace_last(&mut self.workbook, transaction)?;
        Ok(self.follow(applied))
    }

    fn not_trying(&self) -> Result<(), EditError> {
        match self.is_trying() {
            true => Err(EditError::Trial),
            false => Ok(()),
        }
    }

    /// What can be undone and done again.
    pub fn history(&self) -> &crate::workbook::History {
        &self.history
    }

    pub(super) fn follow(&mut self, applied: Applied) -> Edited {
        self.appearances.values_changed(&applied.changed);
        if applied.structural || !applied.restyled.is_empty() {
            self.appearances.meaning_changed();
        }
        let mut nodes = Vec::new();
        if applied.rewritten || applied.naming != Naming::Same {
            nodes = self.rebuild(&applied);
        } else {
            for area in &applied.changed {
                self.cache.forget(*area);
            }
            if applied.structural {
                let graph = &mut self.graph;
                let workbook = &self.workbook;
                super::pool::run(|| graph.sync(workbook, &applied.changed));
            }
        }
        self.graph.sync_spills(&self.workbook, &applied.changed);
        // Formulas that were entered or brought back, those that have other
        // cells to read, and those whose spill was broken.
        self.in_areas(&applied.changed, &mut nodes);
        let recalculation = self.recalculate(&applied.changed, &nodes);
        Edited {
            applied,
            recalculation,
        }
    }

    /// Finds all dependencies anew. Returns the formulas to calculate again
    /// because names mean something else or cells have other places.
    fn rebuild(&mut self, applied: &Applied) -> Vec<(NodeId, Rect)> {
        let names = naming::with_users(&self.workbook, &applied.naming);
        let mut again = naming::concerned(&self.graph, &names);
        again.retain_mut(|area| follow_area(area, applied));
        self.stale.retain_mut(|area| follow_area(area, applied));
        for mut path in std::mem::take(&mut self.circular) {
            let cells = path.len();
            path.retain_mut(|cell| {
                let mut area = Area {
                    sheet: cell.sheet,
                    rect: Rect::cell(cell.pos),
                };
                let stays = follow_area(&mut area, applied);
                cell.pos = area.rect.top_left();
                stays && self.workbook.has_sheet(cell.sheet)
            });
            if path.len() == cells {
                self.circular.push(path);
            } else {
                again.extend(path.iter().map(|cell| Area {
                    sheet: cell.sheet,
                    rect: Rect::cell(cell.pos),
                }));
            }
        }
        self.cache.clear();
        self.names
            .get_mut()
            .unwrap_or_else(|e| e.into_inner())
            .clear();
        self.graph = super::pool::run(|| Graph::new(&self.workbook));
        again.extend(naming::concerned(&self.graph, &names));
        if applied.rewritten {
            again.extend(self.graph.placed().map(|(_, area)| area));
        }
        again.extend(super::stale::blocked(&self.workbook));
        let mut nodes = Vec::new();
        self.in_areas(&again, &mut nodes);
        nodes
    }

    /// The formulas of areas, each with its part in them.
    pub(super) fn in_areas(&self, areas: &[Area], nodes: &mut Vec<(NodeId, Rect)>) {
        for area in areas {
            for id in self.graph.producers(*area) {
                let part = self.graph.node(id).rect.intersection(&area.rect);
                nodes.extend(part.map(|part| (id, part)));
            }
        }
    }

    /// The transaction that typing `text` into a cell stands for: a formula
    /// after `=`, text after `'`, nothing to clear the cell, or a value as
    /// Excel reads it, with its number format.
    pub fn entry(&mut self, cell: Cell, text: &str) -> Result<Transaction, EntryError> {
        let area = Area {
            sheet: cell.sheet,
            rect: Rect::cell(cell.pos),
        };
        let label = format!("Enter {}", self.workbook.address(cell));
        let set = |content| Edit::Set { area, content };
        if let Some(formula) = text.strip_prefix('=').filter(|rest| !rest.is_empty()) {
            let content = self.formula_content(cell, formula)?;
            return Ok(Transaction::new(label, vec![set(content)]));
        }
        let (value, format) = read_entry(text, self.workbook.date_system)?;
        let mut edits = vec![set(Content::Value(value))];
        let general = self
            .workbook
            .number_format(cell)
            .eq_ignore_ascii_case("general");
        if let Some(code) = format.filter(|_| general) {
            let code = code.into();
            edits.push(Edit::SetNumberFormat { area, code });
        }
        Ok(Transaction::new(label, edits))
    }

    /// Enters typed text into a cell and recalculates.
    pub fn enter(&mut self, cell: Cell, text: &str) -> Result<Edited, EntryError> {
        let transaction = self.entry(cell, text)?;
        Ok(self.apply(&transaction)?)
    }

    /// A formula, without its `=`, as the content of a cell: an ordinary one
    /// where it means the same as an ordinary one, else a dynamic array formula.
    pub fn formula_content(&mut self, cell: Cell, formula: &str) -> Result<Content, EntryError> {
        formula::check_limits(formula)?;
        let mut expr = formula::parse(&formula::with_fifteen_digits(formula), cell.pos)?;
        if let Some(table) = self.workbook.tables.at(cell.sheet, cell.pos) {
            let home = Home {
                sheet: &self.workbook.sheet(cell.sheet).name,
                at: cell.pos,
            };
            let name = &table.name;
            expr = formula::rewrite(&expr, home, home, &Change::EnterTable { name });
        }
        let bound = super::pool::run(|| self.bind_once(&expr, cell));
        let refused = bound.problems.iter().find(|problem| {
            matches!(
                problem,
                Problem::ArgumentCount { .. }
                    | Problem::BadLet
                    | Problem::BadLambda
                    | Problem::OutsideTable
                    | Problem::External(_)
                    | Problem::CircularName(_)
                    | Problem::TooDeep
            )
        });
        if let Some(problem) = refused {
            return Err(EntryError::Formula(problem.clone()));
        }
        let kind = match bound.array {
            true => RunKind::Dynamic,
            false => RunKind::Plain,
        };
        let template = self.workbook.templates.intern(Template::Formula(expr));
        Ok(Content::Formula {
            template,
            kind,
            values: Vec::new(),
        })
    }
}

/// What a text that is no formula enters, as [`parse_entry`] reads it.
pub(super) fn read_entry(
    text: &str,
    dates: DateSystem,
) -> Result<(Value, Option<&'static str>), EntryError> {
    let (value, format) = parse_entry(text, dates);
    if let Value::Text(text) = &value {
        check_length(text)?;
    }
    Ok((value, format))
}

fn check_length(text: &str) -> Result<(), EntryError> {
    match fits_cell(text) {
        true => Ok(()),
        false => Err(EntryError::TextTooLong(text.encode_utf16().count())),
    }
}

/// Moves an area along with inserted and deleted lines; `false` where it is gone.
fn follow_area(area: &mut Area, applied: &Applied) -> bool {
    applied.shifts(area.sheet).all(|shift| {
        let moved = shift.stretched(area.rect);
        area.rect = moved.unwrap_or(area.rect);
        moved.is_some()
    })
}
