//! What is selected, and which part of a sheet is in view.

use crate::grid::{MAX_COLS, MAX_ROWS, Pos, Rect, column_name};

/// The selected cells of a sheet: areas, of which the last one holds the active
/// cell and is the one that grows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    /// Never empty.
    areas: Vec<Rect>,
    /// Where typing goes.
    active: Pos,
    /// The corner that moves when the selection is extended.
    moving: Pos,
    /// Whether the last area is one cell that is still to be placed: moving
    /// takes it along instead of selecting anew.
    placing: bool,
}

impl Default for Selection {
    fn default() -> Self {
        Self::cell(Pos::new(0, 0))
    }
}

impl Selection {
    /// One cell.
    pub fn cell(at: Pos) -> Self {
        Self {
            areas: vec![Rect::cell(at)],
            active: at,
            moving: at,
            placing: false,
        }
    }

    /// One rectangle, its top left cell active.
    pub fn rect(rect: Rect) -> Self {
        Self {
            areas: vec![rect],
            active: rect.top_left(),
            moving: Pos::new(rect.bottom, rect.right),
            placing: false,
        }
    }

    pub fn active(&self) -> Pos {
        self.active
    }

    /// The corner that moves when the selection is extended.
    pub fn moving(&self) -> Pos {
        self.moving
    }

    pub fn areas(&self) -> &[Rect] {
        &self.areas
    }

    /// The area that holds the active cell.
    pub fn last(&self) -> Rect {
        self.areas
            .last()
            .copied()
            .unwrap_or(Rect::cell(self.active))
    }

    pub fn is_one_cell(&self) -> bool {
        self.areas.len() == 1 && self.last().is_cell()
    }

    pub fn contains(&self, at: Pos) -> bool {
        self.areas.iter().any(|area| area.contains(at))
    }

    /// Stretches the last area from the active cell to `to`; whole rows or
    /// columns stay whole.
    pub fn extend(&mut self, to: Pos) {
        self.placing = false;
        self.moving = to;
        let last = self.last();
        let (rows, columns) = (is_whole_rows(last), is_whole_columns(last));
        self.set_last(Rect::new(self.active, to));
        if rows {
            self.whole_rows();
        }
        if columns {
            self.whole_columns();
        }
    }

    /// Makes whole rows of the last area.
    pub fn whole_rows(&mut self) {
        let last = self.last();
        self.set_last(Rect {
            left: 0,
            right: MAX_COLS - 1,
            ..last
        });
    }

    /// Makes whole columns of the last area.
    pub fn whole_columns(&mut self) {
        let last = self.last();
        self.set_last(Rect {
            top: 0,
            bottom: MAX_ROWS - 1,
            ..last
        });
    }

    /// Adds an area, which becomes the last one.
    pub fn add(&mut self, rect: Rect) {
        self.areas.push(rect);
        self.active = rect.top_left();
        self.moving = Pos::new(rect.bottom, rect.right);
        self.placing = false;
    }

    /// Begins another area at the active cell, to be placed by moving.
    pub fn begin_area(&mut self) {
        if !self.placing {
            self.add(Rect::cell(self.active));
            self.placing = true;
        }
    }

    /// Whether the last area is still to be placed.
    pub fn is_placing(&self) -> bool {
        self.placing
    }

    /// Takes the area that is still to be placed to a cell.
    pub fn place(&mut self, at: Pos) {
        self.active = at;
        self.moving = at;
        self.set_last(Rect::cell(at));
    }

    /// Moves the active cell within the selected areas, row by row or column by
    /// column, from the last to the first again: Enter and Tab in a selection.
    pub fn cycle(&mut self, by_rows: bool, forward: bool) {
        let last = self.last();
        let Pos { row, col } = self.active;
        let (rows, cols) = (last.rows(), last.cols());
        let (r, c) = (row - last.top, col - last.left);
        let len = u64::from(rows) * u64::from(cols);
        let (index, stride) = match by_rows {
            true => (u64::from(r) * u64::from(cols) + u64::from(c), cols),
            false => (u64::from(c) * u64::from(rows) + u64::from(r), rows),
        };
        let next = match forward {
            true => (index + 1) % len,
            false => (index + len - 1) % len,
        };
        let (major, minor) = (next / u64::from(stride), next % u64::from(stride));
        let (r, c) = match by_rows {
            true => (major as u32, minor as u32),
            false => (minor as u32, major as u32),
        };
        self.active = Pos::new(last.top + r, last.left + c);
    }

    fn set_last(&mut self, rect: Rect) {
        if let Some(last) = self.areas.last_mut() {
            *last = rect;
        }
    }
}

fn is_whole_rows(rect: Rect) -> bool {
    rect.left == 0 && rect.right == MAX_COLS - 1
}

fn is_whole_columns(rect: Rect) -> bool {
    rect.top == 0 && rect.bottom == MAX_ROWS - 1
}

/// A rectangle's address as people write it: `B2`, `B2:C9`, `2:4`, `B:B`.
pub fn address(rect: Rect) -> String {
    if is_whole_rows(rect) {
        format!("{}:{}", rect.top + 1, rect.bottom + 1)
    } else if is_whole_columns(rect) {
        format!("{}:{}", column_name(rect.left), column_name(rect.right))
    } else {
        rect.to_string()
    }
}

/// What is selected of a sheet and the part that is in view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetView {
    pub selection: Selection,
    /// The first cell shown, behind frozen rows and columns.
    pub top_left: Pos,
}

impl Default for SheetView {
    fn default() -> Self {
        Self {
            selection: Selection::default(),
            top_left: Pos::new(0, 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rect(text: (u32, u32, u32, u32)) -> Rect {
        Rect {
            top: text.0,
            left: text.1,
            bottom: text.2,
            right: text.3,
        }
    }

    #[test]
    fn extending_keeps_the_active_cell() {
        let mut selection = Selection::cell(Pos::new(3, 3));
        selection.extend(Pos::new(1, 5));
        assert_eq!(selection.last(), rect((1, 3, 3, 5)));
        assert_eq!(selection.active(), Pos::new(3, 3));
        selection.whole_rows();
        assert_eq!(selection.last(), rect((1, 0, 3, MAX_COLS - 1)));
    }

    #[test]
    fn an_area_begun_moves_until_it_is_extended_and_the_others_stay() {
        let mut selection = Selection::rect(rect((0, 0, 2, 0)));
        selection.begin_area();
        selection.place(Pos::new(5, 2));
        selection.place(Pos::new(6, 2));
        selection.extend(Pos::new(7, 3));
        assert_eq!(selection.areas(), [rect((0, 0, 2, 0)), rect((6, 2, 7, 3))]);
        assert!(!selection.is_placing());
    }

    #[test]
    fn tab_goes_through_a_selection_row_by_row_and_round() {
        let mut selection = Selection::rect(rect((0, 0, 1, 1)));
        let mut seen = Vec::new();
        for _ in 0..4 {
            seen.push((selection.active().row, selection.active().col));
            selection.cycle(true, true);
        }
        assert_eq!(seen, [(0, 0), (0, 1), (1, 0), (1, 1)]);
        assert_eq!(selection.active(), Pos::new(0, 0));
        selection.cycle(false, false);
        assert_eq!(selection.active(), Pos::new(1, 1));
    }
}
