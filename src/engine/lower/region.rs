//! Rectangles of cells as tensors.

use super::Lowerer;
use super::numbers::Numbers;
use crate::grid::{Area, Pos, Rect};
use crate::program::{Shape, ShapeError, Tensor, Window};
use crate::value::Value;
use rustc_hash::FxHashMap;

/// The cells of the slice that have nodes by now.
#[derive(Default)]
pub(super) struct Regions {
    /// Variables and lowered runs; no two share a cell.
    pieces: Vec<Piece>,
    /// Rectangles put together from pieces and constants, by their area.
    assembled: FxHashMap<Area, usize>,
    store: Vec<Piece>,
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
        self.pieces.iter().any(|p| overlap(p.area, area).is_some())
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
    /// Gives the cells of an area a node.
    pub(crate) fn add_piece(&mut self, area: Area, numbers: Numbers) {
        self.regions
            .assembled
            .retain(|assembled, _| overlap(*assembled, area).is_none());
        self.regions.pieces.push(Piece { area, numbers });
    }

    /// The smallest number of operations that yields a tensor holding all
    /// cells of `area`: a piece that contains it, or one put together.
    pub(super) fn region(&mut self, area: Area) -> Result<Piece, ShapeError> {
        let touching: Vec<usize> = (0..self.regions.pieces.len())
            .filter(|&i| overlap(self.regions.pieces[i].area, area).is_some())
            .collect();
        if let [only] = touching[..] {
            let piece = &self.regions.pieces[only];
            if piece.area.rect.contains_rect(&area.rect) {
                return Ok(piece.clone());
            }
        }
        if let Some(&known) = self.regions.assembled.get(&area) {
            return Ok(self.regions.store[known].clone());
        }
        let (values, mut present, mut fallible) = self.constant_region(area);
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
                boolean: false,
            },
        };
        self.regions
            .assembled
            .insert(area, self.regions.store.len());
        self.regions.store.push(piece.clone());
        Ok(piece)
    }

    /// The present values of an area: what arithmetic sees, where there are
    /// numbers, and whether there is an error among them.
    fn constant_region(&self, area: Area) -> (Tensor, Option<Tensor>, bool) {
        let cells = &self.workbook.sheet(area.sheet).cells;
        let shape = shape_of(area.rect);
        let rows = shape.rows;
        let mut numbers = vec![0.0; shape.len()];
        let mut present: Option<Vec<f64>> = None;
        let mut fallible = false;
        for (index, col) in (area.rect.left..=area.rect.right).enumerate() {
            let slots = &mut numbers[index * rows..(index + 1) * rows];
            if cells.copy_numbers(col, area.rect.top, slots) {
                continue;
            }
            for (offset, slot) in slots.iter_mut().enumerate() {
                let value = cells.get(Pos::new(area.rect.top + offset as u32, col));
                *slot = value.to_number().unwrap_or(f64::NAN);
                fallible |= slot.is_nan();
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
