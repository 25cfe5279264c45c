//! Where the cursor was before each jump.

use crate::grid::Cell;
use crate::workbook::Tracked;

/// The most places that are remembered.
const KEPT: usize = 100;

/// Places to go back to, and forward to again.
#[derive(Debug, Default)]
pub struct Jumps {
    back: Vec<Tracked>,
    forward: Vec<Tracked>,
}

impl Jumps {
    /// Remembers the place that a jump leaves.
    pub fn leave(&mut self, from: Cell) {
        if !self.back.last().is_some_and(|last| last.is_cell(from)) {
            self.back.push(from.into());
        }
        if self.back.len() > KEPT {
            self.back.remove(0);
        }
        self.forward.clear();
    }

    /// The place before the last jump.
    pub fn back(&mut self, from: Cell) -> Option<Cell> {
        let to = last_place(&mut self.back)?;
        self.forward.push(from.into());
        Some(to)
    }

    /// The place that going back left.
    pub fn forward(&mut self, from: Cell) -> Option<Cell> {
        let to = last_place(&mut self.forward)?;
        self.back.push(from.into());
        Some(to)
    }

    pub fn places_mut(&mut self) -> impl Iterator<Item = &mut Tracked> {
        self.back.iter_mut().chain(&mut self.forward)
    }
}

/// The last place that is still there.
fn last_place(places: &mut Vec<Tracked>) -> Option<Cell> {
    std::iter::from_fn(|| places.pop()).find_map(|place| place.cell())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::{Pos, SheetId};

    #[test]
    fn going_back_and_forward_retraces_the_jumps() {
        let at = |row| Cell {
            sheet: SheetId(0),
            pos: Pos::new(row, 0),
        };
        let mut jumps = Jumps::default();
        assert_eq!(jumps.back(at(0)), None);
        jumps.leave(at(0));
        jumps.leave(at(5));
        assert_eq!(jumps.back(at(9)), Some(at(5)));
        assert_eq!(jumps.back(at(5)), Some(at(0)));
        assert_eq!(jumps.forward(at(0)), Some(at(5)));
        assert_eq!(jumps.forward(at(5)), Some(at(9)));
        jumps.leave(at(9));
        assert_eq!(jumps.forward(at(1)), None);
    }
}
