//! A workbook as it stands, for other threads to read while edits go on.

use super::bind::NameCache;
use super::interpret::{AreaCache, World};
use super::{Engine, clock};
use crate::workbook::Workbook;
use std::sync::Mutex;

/// The state of a workbook; random numbers and the time stand still in it.
pub struct Snapshot {
    workbook: Workbook,
    cache: AreaCache,
    names: Mutex<NameCache>,
    now: f64,
    seed: u64,
}

impl Engine {
    /// Copies the workbook. Columns are shared until the workbook writes to
    /// them, which copies those that it writes to.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            workbook: self.workbook.clone(),
            cache: AreaCache::default(),
            names: Mutex::default(),
            now: self.now.unwrap_or_else(|| clock(self.workbook.date_system)),
            seed: self.random_seed(),
        }
    }
}

impl Snapshot {
    pub(super) fn world(&self) -> World<'_> {
        World {
            book: &self.workbook,
            cache: &self.cache,
            names: &self.names,
            now: self.now,
            seed: self.seed,
            pending: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::tests::{enter, sheet};
    use crate::grid::{Pos, SheetId};

    #[test]
    fn a_snapshot_stays_as_it_was_while_the_workbook_goes_on() {
        let mut engine = sheet(&[("A1", "1"), ("B1", "=A1*2"), ("C1", "=B1+A1")]);
        let snapshot = engine.snapshot();
        enter(&mut engine, "A1", "5");
        let numbers = |book: &Workbook| {
            let cells = &book.sheet(SheetId(0)).cells;
            [0, 1, 2].map(|col| cells.number(Pos::new(0, col)))
        };
        assert_eq!(
            numbers(&snapshot.workbook),
            [Some(1.0), Some(2.0), Some(3.0)]
        );
        assert_eq!(
            numbers(engine.workbook()),
            [Some(5.0), Some(10.0), Some(15.0)]
        );
    }
}
