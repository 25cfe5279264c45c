//! References as windows over regions of cells.

use super::numbers::Numbers;
use super::region::windowed;
use super::{Lowerer, Refusal, Site};
use crate::engine::bind::BoundRef;
use crate::formula::Axis;
use crate::grid::{Area, Cell, MAX_COLS, MAX_ROWS, Pos, Rect};
use crate::program::{Shape, Tensor, Window};

/// What the formula around a part wants of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Want {
    /// One value: in an ordinary formula a range is intersected with the
    /// cell's row or column.
    Single,
    /// All values.
    Whole,
    /// The numbers in it, as an aggregate takes them, which skips blank cells:
    /// those past all that is used may be missing.
    Numbers,
}

/// The most numbers that cells may see through references whose size differs
/// from cell to cell (`SUM($A$1:A9)` filled down is a triangle).
pub(super) const MAX_GATHERED: usize = 1 << 24;

/// The rows (or columns) that a reference covers, as its cell moves.
#[derive(Clone, Copy, Debug)]
struct Reach {
    first: u32,
    len: u32,
    /// Moves along with the cell.
    steps: bool,
}

impl Reach {
    /// `None` where the size or the direction differs from cell to cell.
    fn of(a: Axis, b: Axis, first: u32, last: u32, size: u32) -> Option<Self> {
        let at = |axis: Axis, origin| axis.resolve(origin, size);
        let steps = match (a, b) {
            _ if first == last => false,
            (Axis::Absolute(_), Axis::Absolute(_)) => false,
            (Axis::Relative(_), Axis::Relative(_)) => {
                let straight =
                    |axis| at(axis, last).checked_sub(at(axis, first)) == Some(last - first);
                if !straight(a) || !straight(b) {
                    return None;
                }
                true
            }
            _ => return None,
        };
        let (a, b) = (at(a, first), at(b, first));
        Some(Self {
            first: a.min(b),
            len: a.abs_diff(b) + 1,
            steps,
        })
    }

    /// The reach of a single row (or column) that is the cell's own.
    fn own(&self, first: u32, last: u32) -> Option<Self> {
        // A range that moves along covers the own row everywhere or nowhere.
        let last = if self.steps { first } else { last };
        let covers = self.first <= first && last < self.first + self.len;
        covers.then_some(Self {
            first,
            len: 1,
            steps: self.steps || first != last,
        })
    }

    fn clipped(self, used_last: u32) -> Self {
        if self.steps || self.first > used_last {
            return self;
        }
        Self {
            len: self.len.min(used_last - self.first + 1),
            ..self
        }
    }

    fn last(&self, origins: u32) -> u32 {
        self.first + self.len - 1 + if self.steps { origins - 1 } else { 0 }
    }
}

impl Lowerer<'_> {
    /// The numbers that a reference means in every lane.
    pub(super) fn cells(
        &mut self,
        reference: &BoundRef,
        site: &Site,
        want: Want,
    ) -> Result<Numbers, Refusal> {
        let &[sheet] = reference.sheets.as_slice() else {
            return Err(self.refuse(
                site.first(),
                "a reference to several sheets is only differentiated as an argument of its own of \
                 a function such as SUM",
            ));
        };
        let cells = site.cells;
        if let Some((first, last)) = reference.within
            && (cells.top < first || cells.bottom > last)
        {
            return Err(self.refuse(
                site.first(),
                "[#This Row] is used outside of the rows of its table, which is #VALUE!",
            ));
        }
        let ((row_a, row_b), (col_a, col_b)) = reference.axes();
        let rows = Reach::of(row_a, row_b, cells.top, cells.bottom, MAX_ROWS);
        let cols = Reach::of(col_a, col_b, cells.left, cells.right, MAX_COLS);
        let (Some(mut rows), Some(mut cols)) = (rows, cols) else {
            let areas = (0..site.lanes())
                .map(|lane| Area {
                    sheet,
                    rect: reference.shape.resolve(site.lane(lane).pos),
                })
                .collect::<Vec<_>>();
            return self.gathered(&areas, site);
        };
        if want == Want::Single && !site.mapped && (rows.len > 1 || cols.len > 1) {
            let own_row = rows.own(cells.top, cells.bottom);
            let own_col = cols.own(cells.left, cells.right);
            match (own_row, own_col) {
                (Some(own), _) if cols.len == 1 => rows = own,
                (_, Some(own)) if rows.len == 1 => cols = own,
                _ => {
                    let rect = reference.shape.resolve(cells.top_left());
                    return Err(self.refuse(
                        site.first(),
                        format!("one value is wanted here, but {rect} has none in the formula's own row or column"),
                    ));
                }
            }
        }
        if want == Want::Numbers {
            let (bottom, right) = self.used();
            rows = rows.clipped(bottom.max(cells.bottom));
            cols = cols.clipped(right.max(cells.right));
        }
        let rect = Rect {
            top: rows.first,
            left: cols.first,
            bottom: rows.last(cells.rows()),
            right: cols.last(cells.cols()),
        };
        let piece = self
            .region(Area { sheet, rect })
            .map_err(|e| self.misfit(site, e))?;
        let moves = rows.steps || cols.steps;
        let window = Window {
            lane_rows: if moves { site.rows() } else { 1 },
            lane_cols: if moves { site.cols() } else { 1 },
            top: (rect.top - piece.area.rect.top) as usize,
            left: (rect.left - piece.area.rect.left) as usize,
            rows: rows.len as usize,
            cols: cols.len as usize,
            row_step: usize::from(rows.steps),
            col_step: usize::from(cols.steps),
        };
        let node = self
            .builder
            .window(piece.numbers.node, window)
            .map_err(|e| self.misfit(site, e))?;
        let present = piece
            .numbers
            .present
            .as_ref()
            .map(|mask| windowed(mask, &window))
            .filter(|mask| mask.data.contains(&0.0));
        Ok(Numbers {
            node,
            present,
            ..piece.numbers
        })
    }

    /// The last row and column that are used on any sheet, so that ranges of
    /// two sheets that fit together still do where both are cut there.
    fn used(&self) -> (u32, u32) {
        let sheets = self.workbook.order().iter();
        let used = sheets.filter_map(|&sheet| self.workbook.sheet(sheet).cells.used());
        used.fold((0, 0), |(bottom, right), used| {
            (used.bottom.max(bottom), used.right.max(right))
        })
    }

    /// The numbers of one fixed reference, seen from a cell.
    pub(crate) fn cell_numbers(
        &mut self,
        reference: &BoundRef,
        at: Cell,
    ) -> Result<Numbers, Refusal> {
        let site = Site {
            sheet: at.sheet,
            cells: Rect::cell(at.pos),
            mapped: true,
        };
        self.cells(reference, &site, Want::Whole)
    }

    /// The numbers of an area for each lane (or one area for all), of any
    /// sizes: smaller ones are filled up with cells that aggregates skip.
    pub(super) fn gathered(&mut self, areas: &[Area], site: &Site) -> Result<Numbers, Refusal> {
        let Some(first) = areas.first() else {
            return Err(self.refuse(site.first(), "a reference without cells"));
        };
        if areas.iter().any(|area| area.sheet != first.sheet) {
            return Err(self.refuse(
                site.first(),
                "the cells of one filled formula look up values on different sheets",
            ));
        }
        if let Some(at) = areas.iter().find_map(|area| self.unexamined(*area)) {
            return Err(self.refuse(
                site.first(),
                format!(
                    "it looks {} up, of which its formula does not tell beforehand; refer to the \
                     cell directly",
                    self.workbook.address(at)
                ),
            ));
        }
        let uniform = areas.iter().all(|area| area == first);
        let areas = if uniform { &areas[..1] } else { areas };
        let hull = areas
            .iter()
            .map(|a| a.rect)
            .reduce(|a, b| a.hull(&b))
            .unwrap_or(first.rect);
        let rows = areas.iter().map(|a| a.rect.rows()).max().unwrap_or(1) as usize;
        let cols = areas.iter().map(|a| a.rect.cols()).max().unwrap_or(1) as usize;
        let shape = Shape::new(areas.len(), rows, cols);
        if shape.lanes.saturating_mul(rows).saturating_mul(cols) > MAX_GATHERED {
            return Err(self.refuse(
                site.first(),
                format!(
                    "its cells look at {} numbers in all through references of differing sizes, \
                     more than {MAX_GATHERED}",
                    shape.len()
                ),
            ));
        }
        let piece = self
            .region(Area {
                sheet: first.sheet,
                rect: hull,
            })
            .map_err(|e| self.misfit(site, e))?;
        let source = self.builder.shape(piece.numbers.node);
        let origin = piece.area.rect.top_left();
        let mut indices = vec![u32::MAX; shape.len()];
        let mut present = vec![0.0; shape.len()];
        for (lane, area) in areas.iter().enumerate() {
            for Pos { row, col } in area.rect.cells() {
                let (i, j) = (
                    (row - area.rect.top) as usize,
                    (col - area.rect.left) as usize,
                );
                let (r, c) = ((row - origin.row) as usize, (col - origin.col) as usize);
                let target = shape.offset(lane, i, j);
                indices[target] = source.offset(0, r, c) as u32;
                present[target] = piece
                    .numbers
                    .present
                    .as_ref()
                    .map_or(1.0, |mask| mask.get(0, r, c));
            }
        }
        let node = self
            .builder
            .gather(piece.numbers.node, indices.into(), shape)
            .map_err(|e| self.misfit(site, e))?;
        let present = present.contains(&0.0).then(|| Tensor::new(shape, present));
        Ok(Numbers {
            node,
            present,
            ..piece.numbers
        })
    }
}
