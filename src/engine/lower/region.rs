//! Rectangles of cells as tensors.

use super::Lowerer;
use super::numbers::Numbers;
use crate::grid::{Area, Pos, Rect, SheetId};
use crate::program::{Node, Shape, ShapeError, Tensor, Window};
use crate::value::Value;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// The cells of the slice that have nodes by now.
#[derive(Default)]
pub(super) struct Regions {
    /// Variables and lowered runs; no two share a cell.
    pieces: Vec<Piece>,
    /// For each column the pieces in it, by their first row.
    columns: BTreeMap<(SheetId, u32), BTreeMap<u32, usize>>,
    /// Rectangles put together from pieces and constants, by their area, with
    /// the number of pieces in them then: more may have come since.
    assembled: FxHashMap<Area, (usize, Piece)>,
}

/// A rectangle of cells with a node `[1, rows, cols]`.
#[derive(Clone)]
pub(super) struct Piece {
    pub area: Area,
    pub numbers: Numbers,
}

impl Regions {
    /// Whether any cell of an area depends on a variable, as far as lowered.
    pub fn touches(&self, area: Area) -> bool {
        self.columns_of(area)
            .any(|pieces| self.reaching(pieces, area.rect).next().is_some())
    }

    /// The pieces that share a cell with an area, in the order they came.
    fn touching(&self, area: Area) -> Vec<usize> {
        let mut found: Vec<usize> = self
            .columns_of(area)
            .flat_map(|pieces| self.reaching(pieces, area.rect))
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    fn columns_of(&self, area: Area) -> impl Iterator<Item = &BTreeMap<u32, usize>> {
        let (first, last) = (area.rect.left, area.rect.right);
        self.columns
            .range((area.sheet, first)..=(area.sheet, last))
            .map(|(_, pieces)| pieces)
    }

    /// The pieces of a column that meet the rows of `rect`, from below: in one
    /// column they lie one above the other.
    fn reaching<'a>(
        &'a self,
        column: &'a BTreeMap<u32, usize>,
        rect: Rect,
    ) -> impl Iterator<Item = usize> + 'a {
        column
            .range(..=rect.bottom)
            .rev()
            .map(|(_, &index)| index)
            .take_while(move |&index| self.pieces[index].area.rect.bottom >= rect.top)
    }

    pub(super) fn len(&self) -> usize {
        self.pieces.len()
    }

    /// Forgets the pieces that came after the first `len`.
    pub(super) fn truncate(&mut self, len: usize) {
        let mut kept = Self::default();
        for piece in self.pieces.drain(..len) {
            kept.add(piece);
        }
        *self = kept;
    }

    fn add(&mut self, piece: Piece) {
        let Area { sheet, rect } = piece.area;
        for col in rect.left..=rect.right {
            let column = self.columns.entry((sheet, col)).or_default();
            column.insert(rect.top, self.pieces.len());
        }
        self.pieces.push(piece);
    }
}

fn overlap(a: Area, b: Area) -> Option<Rect> {
    if a.sheet == b.sheet {
        a.rect.intersection(&b.rect)
    } else {
        None
    }
}

impl Lowerer<'_> {
    /// The cells that have nodes, in the order in which they were lowered.
    pub(crate) fn lowered(&self) -> Vec<(Area, Node)> {
        let pieces = self.regions.pieces.iter();
        pieces.map(|p| (p.area, p.numbers.node)).collect()
    }

    /// Gives the cells of an area a node.
    pub(crate) fn add_piece(&mut self, area: Area, numbers: Numbers) {
        self.regions.add(Piece { area, numbers });
    }

    /// The smallest number of operations that yields a tensor holding all
    /// cells of `area`: a piece that contains it, or one put together.
    pub(super) fn region(&mut self, area: Area) -> Result<Piece, ShapeError> {
        let touching = self.regions.touching(area);
        if let [only] = touching[..] {
            let piece = &self.regions.pieces[only];
            if piece.area.rect.contains_rect(&area.rect) {
                return Ok(piece.clone());
            }
        }
        if let Some((count, known)) = self.regions.assembled.get(&area)
            && *count == touching.len()
        {
            return Ok(known.clone());
        }
        let (values, mut present, mut fallible, mut blank) = self.constant_region(area);
        let mut node = self.builder.constant(values);
        if !touching.is_empty() {
            let mut parts = vec![(node, (0, 0))];
            for &index in &touching {
                let piece = self.regions.pieces[index].clone();
                let Some(shared) = overlap(piece.area, area) else {
                    continue;
                };
                let part = self
                    .builder
                    .window(piece.numbers.node, crop(piece.area.rect, shared))?;
                let place = (
                    (shared.top - area.rect.top) as usize,
                    (shared.left - area.rect.left) as usize,
                );
                parts.push((part, place));
                fallible |= piece.numbers.fallible;
                blank &= piece.numbers.blank || piece.numbers.present.is_none();
                let mask = piece
                    .numbers
                    .present
                    .as_ref()
                    .map(|mask| windowed(mask, &crop(piece.area.rect, shared)));
                let shared_shape = Shape::new(1, shared.rows() as usize, shared.cols() as usize);
                overlay(
                    &mut present,
                    shape_of(area.rect),
                    mask.as_ref(),
                    shared_shape,
                    place,
                );
            }
            let (rows, cols) = (area.rect.rows() as usize, area.rect.cols() as usize);
            node = self.builder.assemble(rows, cols, &parts)?;
        }
        let present = present.filter(|mask| mask.data.contains(&0.0));
        let piece = Piece {
            area,
            numbers: Numbers {
                node,
                present,
                fallible,
                blank,
                boolean: false,
            },
        };
        self.regions
            .assembled
            .insert(area, (touching.len(), piece.clone()));
        Ok(piece)
    }

    /// The present values of an area: what arithmetic sees, where there are
    /// numbers, whether there is an error among them, and whether what is no
    /// number is empty.
    pub(super) fn constant_region(&self, area: Area) -> (Tensor, Option<Tensor>, bool, bool) {
        let cells = &self.workbook.sheet(area.sheet).cells;
        let shape = shape_of(area.rect);
        let rows = shape.rows;
        let mut numbers = vec![0.0; shape.len()];
        let mut present: Option<Vec<f64>> = None;
        let (mut fallible, mut blank) = (false, true);
        for (index, col) in (area.rect.left..=area.rect.right).enumerate() {
            let slots = &mut numbers[index * rows..(index + 1) * rows];
            if cells.copy_numbers(col, area.rect.top, slots) {
                continue;
            }
            for (offset, slot) in slots.iter_mut().enumerate() {
                let value = cells.get(Pos::new(area.rect.top + offset as u32, col));
                *slot = value.to_number().unwrap_or(f64::NAN);
                fallible |= slot.is_nan();
                blank &= matches!(value, Value::Number(_) | Value::Error(_) | Value::Blank);
                if !matches!(value, Value::Number(_) | Value::Error(_)) {
                    present.get_or_insert_with(|| vec![1.0; shape.len()])[index * rows + offset] =
                        0.0;
                }
            }
        }
        (
            Tensor::new(shape, numbers),
            present.map(|mask| Tensor::new(shape, mask)),
            fallible,
            blank,
        )
    }
}

fn shape_of(rect: Rect) -> Shape {
    Shape::new(1, rect.rows() as usize, rect.cols() as usize)
}

/// The window that cuts `part` out of `whole`.
fn crop(whole: Rect, part: Rect) -> Window {
    Window {
        lane_rows: 1,
        lane_cols: 1,
        top: (part.top - whole.top) as usize,
        left: (part.left - whole.left) as usize,
        rows: part.rows() as usize,
        cols: part.cols() as usize,
        row_step: 0,
        col_step: 0,
    }
}

/// Writes a part's mask (all present where it has none) over the whole's.
fn overlay(
    whole: &mut Option<Tensor>,
    shape: Shape,
    part: Option<&Tensor>,
    part_shape: Shape,
    (top, left): (usize, usize),
) {
    if whole.is_none() && part.is_none() {
        return;
    }
    let mut data = match whole {
        Some(mask) => mask.data.to_vec(),
        None => vec![1.0; shape.len()],
    };
    for col in 0..part_shape.cols {
        for row in 0..part_shape.rows {
            data[shape.offset(0, top + row, left + col)] =
                part.map_or(1.0, |mask| mask.get(0, row, col));
        }
    }
    *whole = Some(Tensor::new(shape, data));
}

/// A window over a constant tensor `[1, rows, cols]`.
pub(super) fn windowed(source: &Tensor, window: &Window) -> Tensor {
    let lanes = window.lane_rows * window.lane_cols;
    let shape = Shape::new(lanes, window.rows, window.cols);
    let mut data = Vec::with_capacity(shape.len());
    for col in 0..window.cols {
        for row in 0..window.rows {
            for lane_col in 0..window.lane_cols {
                for lane_row in 0..window.lane_rows {
                    data.push(source.get(
                        0,
                        window.top + lane_row * window.row_step + row,
                        window.left + lane_col * window.col_step + col,
                    ));
                }
            }
        }
    }
    Tensor::new(shape, data)
}
