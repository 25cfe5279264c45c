//! Restoring work from a journal of edits.

use super::Engine;
use crate::workbook::EditError;
use crate::workbook::journal::{self, JournalError, Record};

/// What came of replaying a journal.
#[derive(Clone, Debug, PartialEq)]
pub struct Replayed {
    /// The steps that were done again.
    pub steps: usize,
    /// Where it ended early: the line, counted from 1, and why. What stands
    /// before that line is restored.
    pub stopped: Option<(usize, ReplayError)>,
}

#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ReplayError {
    #[error(transparent)]
    Line(#[from] JournalError),
    #[error("the edit does not fit the file: {0}")]
    Edit(#[from] EditError),
}

impl Engine {
    /// Does again what the lines of a journal say, against the file that they
    /// were written for. Each step can be undone as if it had been made now.
    pub fn replay(&mut self, journal: &str) -> Replayed {
        let mut steps = 0;
        for (number, line) in (1..).zip(journal.lines()) {
            if let Err(error) = self.replay_line(line) {
                let stopped = Some((number, error));
                return Replayed { steps, stopped };
            }
            steps += 1;
        }
        Replayed {
            steps,
            stopped: None,
        }
    }

    fn replay_line(&mut self, line: &str) -> Result<(), ReplayError> {
        match journal::decode(self.workbook_mut(), line)? {
            Record::Apply(transaction) => {
                self.apply(&transaction)?;
            }
            Record::Undo => {
                self.undo()?;
            }
            Record::Redo => {
                self.redo()?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::{Cell, Pos, SheetId};
    use crate::value::Value;
    use crate::workbook::Workbook;

    fn empty() -> (Engine, SheetId) {
        let mut book = Workbook::new();
        let sheet = book.add_sheet("a");
        (Engine::new(book), sheet)
    }

    #[test]
    fn work_is_restored_up_to_a_damaged_line() {
        let (mut first, sheet) = empty();
        let mut journal = String::new();
        for (row, text) in [(0, "5"), (1, "=A1*2"), (2, "9")] {
            let pos = Pos::new(row, 0);
            let transaction = first.entry(Cell { sheet, pos }, text).unwrap();
            let record = Record::Apply(transaction);
            journal += &journal::encode(first.workbook(), &record).unwrap();
            journal.push('\n');
        }
        journal += &journal::encode(first.workbook(), &Record::Undo).unwrap();
        let value = |engine: &Engine, row| {
            let pos = Pos::new(row, 0);
            engine.value(Cell { sheet, pos })
        };
        let (mut second, _) = empty();
        let replayed = second.replay(&journal);
        assert_eq!((replayed.steps, replayed.stopped), (4, None));
        assert_eq!(value(&second, 1), Value::Number(10.0));
        assert_eq!(value(&second, 2), Value::Blank);
        let (mut third, _) = empty();
        let replayed = third.replay(&journal[..journal.len() - 3]);
        let stopped = Some((4, ReplayError::Line(JournalError::Checksum)));
        assert_eq!((replayed.steps, replayed.stopped), (3, stopped));
        assert_eq!(value(&third, 2), Value::Number(9.0));
    }
}
