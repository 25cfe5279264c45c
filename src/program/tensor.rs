//! Shapes and constant tensors.

use std::fmt;
use std::sync::Arc;

/// Lanes, and the matrix in each lane. No dimension is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    pub lanes: usize,
    pub rows: usize,
    pub cols: usize,
}

impl Shape {
    pub const SCALAR: Shape = Shape::new(1, 1, 1);

    pub const fn new(lanes: usize, rows: usize, cols: usize) -> Self {
        Self { lanes, rows, cols }
    }

    pub const fn len(&self) -> usize {
        self.lanes * self.rows * self.cols
    }

    /// Never: no dimension is 0.
    pub const fn is_empty(&self) -> bool {
        false
    }

    /// Where an element lies: lanes are contiguous, then rows, then columns.
    /// A sheet's rectangle `[1, R, C]` is therefore stored column by column,
    /// and a run of `L` cells down a column `[L, 1, 1]` has the same layout as
    /// the rectangle `[1, L, 1]` it fills.
    pub const fn offset(&self, lane: usize, row: usize, col: usize) -> usize {
        (col * self.rows + row) * self.lanes + lane
    }

    /// The most elements that a tensor may have.
    pub const MAX_LEN: usize = 1 << 30;

    /// This shape, if a tensor of it is not too large.
    ///
    /// # Errors
    /// If it has more than [`Self::MAX_LEN`] elements.
    pub fn checked(self) -> Result<Shape, ShapeError> {
        let len = self
            .lanes
            .checked_mul(self.rows)
            .and_then(|n| n.checked_mul(self.cols));
        match len {
            Some(len) if len <= Self::MAX_LEN => Ok(self),
            _ => Err(ShapeError(format!(
                "{self} is too large: a tensor has at most {} elements",
                Self::MAX_LEN
            ))),
        }
    }

    /// The shape of an elementwise result: dimensions are equal or one is 1.
    ///
    /// # Errors
    /// If they are not, or the result would be too large.
    pub fn broadcast(self, other: Shape) -> Result<Shape, ShapeError> {
        let dim = |a: usize, b: usize| match (a, b) {
            (a, b) if a == b => Some(a),
            (1, b) => Some(b),
            (a, 1) => Some(a),
            _ => None,
        };
        (|| {
            Some(Shape::new(
                dim(self.lanes, other.lanes)?,
                dim(self.rows, other.rows)?,
                dim(self.cols, other.cols)?,
            ))
        })()
        .ok_or_else(|| ShapeError(format!("{self} and {other} do not fit together")))?
        .checked()
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{} lanes of {}x{}]", self.lanes, self.rows, self.cols)
    }
}

/// Operands whose shapes do not fit an operation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ShapeError(pub String);

/// Constant numbers, in the order of [`Shape::offset`].
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    pub shape: Shape,
    pub data: Arc<[f64]>,
}

impl Tensor {
    /// # Panics
    /// If `data` is not as long as the shape asks: a caller's mistake.
    pub fn new(shape: Shape, data: impl Into<Arc<[f64]>>) -> Self {
        let data = data.into();
        assert_eq!(data.len(), shape.len(), "a tensor of shape {shape}");
        Self { shape, data }
    }

    pub fn scalar(x: f64) -> Self {
        Self::new(Shape::SCALAR, [x])
    }

    pub fn get(&self, lane: usize, row: usize, col: usize) -> f64 {
        self.data[self.shape.offset(lane, row, col)]
    }
}
