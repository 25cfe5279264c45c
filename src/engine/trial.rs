//! Trying values out: cells show them, with all that follows, and the document
//! stays what it was.

use super::{Engine, Recalculation};
use crate::grid::Area;
use crate::value::Value;
use crate::workbook::{Edit, EditError, Transaction};

/// Values that are tried out.
#[derive(Debug)]
pub(super) struct Trial {
    areas: Vec<Area>,
    /// Brings back what the areas held.
    inverse: Transaction,
}

impl Engine {
    /// Shows `values` in the cells of `areas`, area by area, each row by row, in
    /// place of those tried out before. This is no part of the history; until
    /// [`Engine::end_trial`] edits are refused, and random numbers stand still.
    pub fn try_values(
        &mut self,
        areas: &[Area],
        values: &[f64],
    ) -> Result<Recalculation, EditError> {
        if self
            .trial
            .as_ref()
            .is_some_and(|trial| trial.areas != areas)
        {
            self.end_trial();
        }
        let edits = value_edits(areas, values);
        let applied = self.workbook.apply(&Transaction::new("Try out", edits))?;
        if self.trial.is_none() {
            self.trial = Some(Trial {
                areas: areas.to_vec(),
                inverse: applied.inverse.clone(),
            });
        }
        Ok(self.follow(applied).recalculation)
    }

    /// Refuses edits as if values were tried out, until [`Engine::end_trial`].
    pub fn hold(&mut self) {
        self.trial.get_or_insert_with(|| Trial {
            areas: Vec::new(),
            inverse: Transaction::default(),
        });
    }

    /// Brings back what the cells held before values were tried out; `None`
    /// where none are.
    pub fn end_trial(&mut self) -> Option<Recalculation> {
        let trial = self.trial.as_ref()?;
        // What puts a state back cannot fail.
        let applied = self.workbook.apply(&trial.inverse).ok()?;
        let recalculation = self.follow(applied).recalculation;
        self.trial = None;
        Some(recalculation)
    }

    /// Whether cells show values that are only tried out.
    pub fn is_trying(&self) -> bool {
        self.trial.is_some()
    }

    /// How many cells hold formulas that follow from cells of `areas`.
    pub fn count_dependents(&self, areas: &[Area]) -> u64 {
        super::pool::run(|| self.graph.dependents(areas, &[])).cells()
    }
}

/// The edits that give cells of areas numbers, area by area, each row by row.
pub fn value_edits(areas: &[Area], values: &[f64]) -> Vec<Edit> {
    let mut rest = values;
    areas
        .iter()
        .map(|&area| {
            let (mine, others) = rest.split_at(rest.len().min(area.rect.len() as usize));
            rest = others;
            Edit::SetValues {
                area,
                values: mine.iter().map(|&x| Value::Number(x)).collect(),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::{Cell, Pos, Rect};
    use crate::workbook::Workbook;

    #[test]
    fn values_tried_out_show_what_follows_and_leave_the_document_as_it_was() {
        let mut workbook = Workbook::new();
        let sheet = workbook.add_sheet("Sheet1");
        let mut engine = Engine::new(workbook);
        let cell = |row| Cell {
            sheet,
            pos: Pos::new(row, 0),
        };
        let area = Area {
            sheet,
            rect: Rect::cell(Pos::new(0, 0)),
        };
        engine.enter(cell(0), "2").unwrap();
        engine.enter(cell(1), "=A1^2").unwrap();
        engine.enter(cell(2), "=RAND()").unwrap();
        let random = engine.value(cell(2));
        for x in [3.0, 4.0, 5.0] {
            engine.try_values(&[area], &[x]).unwrap();
            assert_eq!(engine.value(cell(1)), Value::Number(x * x));
            assert_eq!(engine.value(cell(2)), random);
        }
        assert_eq!(engine.count_dependents(&[area]), 1);
        assert_eq!(engine.history().undo_labels().count(), 3);
        let refused = engine.apply(&Transaction::new("", value_edits(&[area], &[1.0])));
        assert_eq!(refused.unwrap_err(), EditError::Trial);
        assert_eq!(engine.undo().unwrap_err(), EditError::Trial);
        assert_eq!(engine.redo().unwrap_err(), EditError::Trial);

        engine.end_trial();
        assert_eq!(engine.value(cell(0)), Value::Number(2.0));
        assert_eq!(engine.value(cell(1)), Value::Number(4.0));
        assert_eq!(engine.value(cell(2)), random);
        engine.undo().unwrap();
        assert!(engine.value(cell(2)).is_blank());
    }

    #[test]
    fn a_transaction_that_replaces_the_last_is_one_step_with_it() {
        let mut workbook = Workbook::new();
        let sheet = workbook.add_sheet("Sheet1");
        let mut engine = Engine::new(workbook);
        let at = Cell {
            sheet,
            pos: Pos::new(0, 0),
        };
        let area = Area {
            sheet,
            rect: Rect::cell(at.pos),
        };
        let to = |x| Transaction::new("Move", value_edits(&[area], &[x]));
        engine.replace_last(&to(1.0)).unwrap();
        engine.apply(&to(2.0)).unwrap();
        engine.replace_last(&to(3.0)).unwrap();
        let wrong = Transaction::new("Move", value_edits(&[area], &[]));
        assert!(engine.replace_last(&wrong).is_err());
        assert_eq!(engine.value(at), Value::Number(3.0));
        engine.undo().unwrap();
        assert_eq!(engine.value(at), Value::Number(1.0));
        engine.redo().unwrap();
        assert_eq!(engine.value(at), Value::Number(3.0));
        engine.undo().unwrap();
        engine.undo().unwrap();
        assert!(engine.value(at).is_blank());
        assert!(engine.undo().unwrap().is_none());
    }
}
