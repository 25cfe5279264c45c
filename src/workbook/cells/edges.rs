//! Where data begins and ends: Ctrl with an arrow, and the region around a cell.

use super::super::chunk::{CHUNK_ROWS, Chunk};
use super::{Cells, split};
use crate::grid::{MAX_COLS, MAX_ROWS, Pos, Rect};

/// The way an arrow points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Towards {
    Up,
    Down,
    Left,
    Right,
}

impl Cells {
    /// The cell that Ctrl and an arrow lead to: the last of the filled cells
    /// that one is among, else the next filled one, else the sheet's edge.
    pub fn edge(&self, from: Pos, towards: Towards) -> Pos {
        let line = match towards {
            Towards::Up | Towards::Down => from.row,
            Towards::Left | Towards::Right => from.col,
        };
        let (next, size) = match towards {
            Towards::Up | Towards::Left => (line.checked_sub(1), 0),
            Towards::Down => (Some(line + 1).filter(|r| *r < MAX_ROWS), MAX_ROWS - 1),
            Towards::Right => (Some(line + 1).filter(|c| *c < MAX_COLS), MAX_COLS - 1),
        };
        let Some(next) = next else {
            return from;
        };
        let at = |line: u32| match towards {
            Towards::Up | Towards::Down => Pos::new(line, from.col),
            Towards::Left | Towards::Right => Pos::new(from.row, line),
        };
        if self.holds(from) && self.holds(at(next)) {
            let gap = self.next(at(next), towards, false);
            return at(match (gap, towards) {
                (None, _) => size,
                (Some(gap), Towards::Up | Towards::Left) => gap + 1,
                (Some(gap), Towards::Down | Towards::Right) => gap - 1,
            });
        }
        at(self.next(at(next), towards, true).unwrap_or(size))
    }

    /// The region of filled cells around a cell, up to blank rows and columns
    /// or the sheet's edges; the cell alone where all around it is blank.
    pub fn region(&self, at: Pos) -> Rect {
        let mut rect = Rect::cell(at);
        loop {
            let wide = Rect {
                top: rect.top.saturating_sub(1),
                left: rect.left.saturating_sub(1),
                bottom: (rect.bottom + 1).min(MAX_ROWS - 1),
                right: (rect.right + 1).min(MAX_COLS - 1),
            };
            let any = |rect: Rect| self.iter(rect).next().is_some();
            let mut grown = rect;
            for col in wide.left..=wide.right {
                let below = Pos::new(wide.bottom, col);
                if wide.bottom > rect.bottom && self.holds(below) {
                    let gap = self.next(below, Towards::Down, false);
                    grown.bottom = grown.bottom.max(gap.map_or(MAX_ROWS - 1, |gap| gap - 1));
                }
                let above = Pos::new(wide.top, col);
                if wide.top < rect.top && self.holds(above) {
                    let gap = self.next(above, Towards::Up, false);
                    grown.top = grown.top.min(gap.map_or(0, |gap| gap + 1));
                }
            }
            let side = |col| Rect {
                left: col,
                right: col,
                ..wide
            };
            if wide.left < rect.left && any(side(wide.left)) {
                grown.left = wide.left;
            }
            if wide.right > rect.right && any(side(wide.right)) {
                grown.right = wide.right;
            }
            if grown == rect {
                return rect;
            }
            rect = grown;
        }
    }

    fn holds(&self, at: Pos) -> bool {
        let (number, row) = split(at.row);
        let chunk = self.columns.get(at.col).and_then(|c| c.get(number));
        chunk.is_some_and(|chunk| holds(chunk, row))
    }

    /// The first line from a cell on, itself included, whose cell is filled or
    /// blank; `None` where all to the sheet's edge are not.
    fn next(&self, from: Pos, towards: Towards, filled: bool) -> Option<u32> {
        match towards {
            Towards::Down => self.next_down(from, filled),
            Towards::Up => self.next_up(from, filled),
            Towards::Left => (0..=from.col)
                .rev()
                .find(|&col| self.holds(Pos::new(from.row, col)) == filled),
            Towards::Right => {
                (from.col..MAX_COLS).find(|&col| self.holds(Pos::new(from.row, col)) == filled)
            }
        }
    }

    fn next_down(&self, from: Pos, filled: bool) -> Option<u32> {
        let column = self.columns.get(from.col);
        let (mut number, mut row) = split(from.row);
        let last = (MAX_ROWS - 1) / CHUNK_ROWS;
        while number <= last {
            let start = number * CHUNK_ROWS;
            match column.and_then(|column| column.get(number)) {
                None if filled => {
                    // On to the next chunk that there is.
                    let (next, _) = column?.range(number, last).first()?;
                    (number, row) = (*next, 0);
                    continue;
                }
                None => return Some(start + u32::from(row)),
                Some(chunk) if filled => {
                    if let Some((at, _)) = chunk.next_from(row) {
                        return Some(start + u32::from(at));
                    }
                }
                Some(chunk) => {
                    if let Some(at) = next_blank(chunk, row) {
                        return Some(start + u32::from(at));
                    }
                }
            }
            (number, row) = (number + 1, 0);
        }
        None
    }

    fn next_up(&self, from: Pos, filled: bool) -> Option<u32> {
        let column = self.columns.get(from.col);
        let (mut number, mut row) = split(from.row);
        loop {
            let start = number * CHUNK_ROWS;
            match column.and_then(|column| column.get(number)) {
                None if filled => {
                    let (next, _) = column?.range(0, number).last()?;
                    (number, row) = (*next, CHUNK_ROWS as u16 - 1);
                    continue;
                }
                None => return Some(start + u32::from(row)),
                Some(chunk) => {
                    let full =
                        !filled && row == CHUNK_ROWS as u16 - 1 && next_blank(chunk, 0).is_none();
                    let found = (0..=row).rev().find(|&row| holds(chunk, row) == filled);
                    if let (false, Some(at)) = (full, found) {
                        return Some(start + u32::from(at));
                    }
                }
            }
            number = number.checked_sub(1)?;
            row = CHUNK_ROWS as u16 - 1;
        }
    }
}

fn holds(chunk: &Chunk, row: u16) -> bool {
    chunk.number(row).is_some() || chunk.get(row).is_some()
}

/// The first row of a chunk from `row` on that is blank.
fn next_blank(chunk: &Chunk, row: u16) -> Option<u16> {
    let rest = CHUNK_ROWS as usize - usize::from(row);
    if chunk.slice(row, rest).is_some() {
        return None;
    }
    (row..CHUNK_ROWS as u16).find(|&row| !holds(chunk, row))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Value;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_long_column_ends_where_it_ends() {
        let mut cells = Cells::default();
        cells.set_numbers(2, 4, &vec![1.0; 1_000_000]);
        let at = |row| Pos::new(row, 2);
        assert_eq!(cells.edge(at(4), Towards::Down), at(1_000_003));
        assert_eq!(cells.edge(at(1_000_003), Towards::Up), at(4));
        assert_eq!(cells.edge(at(1_000_003), Towards::Down), at(MAX_ROWS - 1));
        assert_eq!(cells.edge(at(0), Towards::Down), at(4));
        assert_eq!(cells.edge(at(MAX_ROWS - 1), Towards::Up), at(1_000_003));
        assert_eq!(cells.edge(at(4), Towards::Left), Pos::new(4, 0));
        assert_eq!(cells.edge(Pos::new(9, 0), Towards::Right), at(9));
        assert_eq!(cells.region(at(77)).to_string(), "C5:C1000004");
    }

    proptest! {
        #[test]
        fn edges_and_regions_are_those_of_a_plain_walk(
            filled in prop::collection::btree_set((0..2100u32, 0..6u32), 0..60),
            block in (1000..1040u32, 0..3u32, 1..30u32, 1..3u32),
            from in (0..2100u32, 0..7u32),
        ) {
            let mut all: BTreeSet<(u32, u32)> = filled;
            let block = Rect::sized(Pos::new(block.0, block.1), block.2, block.3).unwrap();
            all.extend(block.cells().map(|at| (at.row, at.col)));
            let mut cells = Cells::default();
            for (row, col) in &all {
                let value = if (row + col) % 3 == 0 { Value::text("x") } else { Value::Number(1.0) };
                cells.set(Pos::new(*row, *col), value);
            }
            for from in [Pos::new(from.0, from.1), block.top_left()] {
                for (towards, down, right) in [
                    (Towards::Up, -1, 0),
                    (Towards::Down, 1, 0),
                    (Towards::Left, 0, -1),
                    (Towards::Right, 0, 1),
                ] {
                    let at = |by: i64| {
                        let row = i64::from(from.row) + by * down;
                        let col = i64::from(from.col) + by * right;
                        let inside = (0..i64::from(MAX_ROWS)).contains(&row)
                            && (0..i64::from(MAX_COLS)).contains(&col);
                        inside.then(|| Pos::new(row as u32, col as u32))
                    };
                    let holds = |at: Pos| all.contains(&(at.row, at.col));
                    // Past the last filled cell there is only the edge.
                    let far = i64::from(from.row.max(from.col)) + 2200;
                    let near = (1..far).map_while(&at);
                    let expected = match (holds(from), at(1)) {
                        (_, None) => from,
                        (true, Some(next)) if holds(next) => {
                            near.take_while(|at| holds(*at)).last().unwrap()
                        }
                        _ => near.into_iter().find(|at| holds(*at)).unwrap_or(match towards {
                            Towards::Up => Pos::new(0, from.col),
                            Towards::Down => Pos::new(MAX_ROWS - 1, from.col),
                            Towards::Left => Pos::new(from.row, 0),
                            Towards::Right => Pos::new(from.row, MAX_COLS - 1),
                        }),
                    };
                    prop_assert_eq!(cells.edge(from, towards), expected);
                }
                let mut rect = Rect::cell(from);
                loop {
                    let near = all.iter().filter(|(row, col)| {
                        row + 1 >= rect.top && *row <= rect.bottom + 1
                            && col + 1 >= rect.left && *col <= rect.right + 1
                    });
                    let grown = near.fold(rect, |r, (row, col)| r.hull(&Rect::cell(Pos::new(*row, *col))));
                    if grown == rect {
                        break;
                    }
                    rect = grown;
                }
                prop_assert_eq!(cells.region(from), rect);
            }
        }
    }
}
