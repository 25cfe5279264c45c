//! Operations that move elements: broadcasting, transposes, gathers, windows.

use super::Operand;
use super::reduce::targets;
use crate::program::builder::Window;
use crate::program::tensor::Shape;

pub(crate) fn broadcast(x: Operand<'_>, shape: Shape, out: &mut [f64]) {
    for (y, from) in out.iter_mut().zip(targets(shape, x.shape)) {
        *y = x.data[from];
    }
}

/// Applies `f` to two operands, each repeated to `shape`.
pub(crate) fn broadcast2(
    operands: &[Operand<'_>],
    shape: Shape,
    out: &mut [f64],
    f: impl Fn(f64, f64) -> f64,
) {
    let [a, b] = [operands[0], operands[1]];
    let places = targets(shape, a.shape).zip(targets(shape, b.shape));
    for (y, (i, j)) in out.iter_mut().zip(places) {
        *y = f(a.data[i], b.data[j]);
    }
}

/// Applies `f` to three operands, each repeated to `shape`.
pub(crate) fn broadcast3(
    operands: &[Operand<'_>],
    shape: Shape,
    out: &mut [f64],
    f: impl Fn(f64, f64, f64) -> f64,
) {
    let [a, b, c] = [operands[0], operands[1], operands[2]];
    let places = targets(shape, a.shape)
        .zip(targets(shape, b.shape))
        .zip(targets(shape, c.shape));
    for (y, ((i, j), k)) in out.iter_mut().zip(places) {
        *y = f(a.data[i], b.data[j], c.data[k]);
    }
}

/// One behind the other, as they are stored.
pub(crate) fn concat<'a>(parts: impl Iterator<Item = Operand<'a>>, out: &mut [f64]) {
    let mut rest = out;
    for part in parts {
        let (head, tail) = rest.split_at_mut(part.data.len());
        head.copy_from_slice(part.data);
        rest = tail;
    }
}

pub(crate) fn transpose(x: Operand<'_>, out: &mut [f64]) {
    let shape = Shape::new(x.shape.lanes, x.shape.cols, x.shape.rows);
    for row in 0..x.shape.rows {
        for col in 0..x.shape.cols {
            let from = x.shape.offset(0, row, col);
            let to = shape.offset(0, col, row);
            if shape.lanes == 1 {
                out[to] = x.data[from];
                continue;
            }
            out[to..to + shape.lanes].copy_from_slice(&x.data[from..from + shape.lanes]);
        }
    }
}

pub(crate) fn gather(x: Operand<'_>, indices: &[u32], out: &mut [f64]) {
    let lanes = x.shape.lanes;
    if lanes == 1 {
        // Single numbers are not worth a copy of a slice each.
        for (y, &index) in out.iter_mut().zip(indices) {
            *y = match index {
                u32::MAX => 0.0,
                index => x.data[index as usize],
            };
        }
        return;
    }
    for (y, &index) in out.chunks_exact_mut(lanes).zip(indices) {
        if index == u32::MAX {
            y.fill(0.0);
        } else {
            let at = index as usize * lanes;
            y.copy_from_slice(&x.data[at..at + lanes]);
        }
    }
}

pub(crate) fn scatter(x: Operand<'_>, indices: &[u32], shape: Shape, out: &mut [f64]) {
    out.fill(0.0);
    let lanes = shape.lanes;
    if lanes == 1 {
        for (&x, &index) in x.data.iter().zip(indices) {
            if index != u32::MAX {
                out[index as usize] += x;
            }
        }
        return;
    }
    for (x, &index) in x.data.chunks_exact(lanes).zip(indices) {
        if index != u32::MAX {
            let at = index as usize * lanes;
            for (y, &x) in out[at..at + lanes].iter_mut().zip(x) {
                *y += x;
            }
        }
    }
}

impl Window {
    pub(crate) fn shape(&self) -> Shape {
        Shape::new(
            self.lane_rows.saturating_mul(self.lane_cols),
            self.rows,
            self.cols,
        )
    }

    /// Rows and columns of the source that the lanes see together.
    pub(crate) fn extent(&self) -> Option<(usize, usize)> {
        let rows = (self.lane_rows - 1)
            .checked_mul(self.row_step)?
            .checked_add(self.rows)?;
        let cols = (self.lane_cols - 1)
            .checked_mul(self.col_step)?
            .checked_add(self.cols)?;
        Some((rows, cols))
    }

    /// Calls `visit` with an offset in the windows and one in the source of
    /// `height` rows for every run of `lane_rows` lanes.
    fn for_each_run(&self, height: usize, mut visit: impl FnMut(usize, usize)) {
        let shape = self.shape();
        for col in 0..self.cols {
            for row in 0..self.rows {
                for lane_col in 0..self.lane_cols {
                    let at = shape.offset(lane_col * self.lane_rows, row, col);
                    let source =
                        (self.left + lane_col * self.col_step + col) * height + self.top + row;
                    visit(at, source);
                }
            }
        }
    }
}

pub(crate) fn window(x: Operand<'_>, window: &Window, out: &mut [f64]) {
    let run = window.lane_rows;
    window.for_each_run(x.shape.rows, |at, source| {
        let out = &mut out[at..at + run];
        if window.row_step == 1 {
            out.copy_from_slice(&x.data[source..source + run]);
        } else {
            out.fill(x.data[source]);
        }
    });
}

pub(crate) fn window_scatter(x: Operand<'_>, window: &Window, shape: Shape, out: &mut [f64]) {
    out.fill(0.0);
    let run = window.lane_rows;
    window.for_each_run(shape.rows, |at, source| {
        let x = &x.data[at..at + run];
        if window.row_step == 1 {
            for (y, &x) in out[source..source + run].iter_mut().zip(x) {
                *y += x;
            }
        } else {
            out[source] += x.iter().sum::<f64>();
        }
    });
}
