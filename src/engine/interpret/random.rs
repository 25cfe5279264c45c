//! Random numbers by place: the same cell draws the same numbers in whatever
//! order, and on whatever thread, cells are evaluated.

use crate::grid::Cell;
use crate::random::{mix, unit};

/// The `draw`-th number of a cell under a seed, uniform on [0, 1).
pub(super) fn uniform(seed: u64, cell: Cell, draw: u64) -> f64 {
    let place = (u64::from(cell.pos.row) << 16) | u64::from(cell.pos.col);
    let mut bits = mix(seed);
    for word in [u64::from(cell.sheet.0), place, draw] {
        bits = mix(bits ^ word.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    }
    unit(bits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::{Pos, SheetId};

    #[test]
    fn draws_fill_the_unit_interval_evenly() {
        let n = 100_000;
        let mut counts = [0usize; 20];
        let mut sum = 0.0;
        for i in 0..n {
            let pos = Pos::new(i / 10, i % 10);
            let cell = Cell {
                sheet: SheetId(0),
                pos,
            };
            let x = uniform(7, cell, 0);
            assert!((0.0..1.0).contains(&x));
            counts[(x * 20.0) as usize] += 1;
            sum += x;
        }
        assert!((sum / f64::from(n) - 0.5).abs() < 0.005);
        for count in counts {
            assert!((4_700..5_300).contains(&count), "{count}");
        }
    }

    #[test]
    fn seeds_cells_and_draws_differ() {
        let cell = |row, sheet| Cell {
            sheet: SheetId(sheet),
            pos: Pos::new(row, 0),
        };
        let base = uniform(1, cell(0, 0), 0);
        assert_eq!(base, uniform(1, cell(0, 0), 0));
        for other in [
            uniform(2, cell(0, 0), 0),
            uniform(1, cell(1, 0), 0),
            uniform(1, cell(0, 1), 0),
            uniform(1, cell(0, 0), 1),
        ] {
            assert_ne!(base, other);
        }
    }
}
