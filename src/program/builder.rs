//! Building a program: one method an operation, each checking shapes.
//!
//! CONTRACT SKETCH: signatures are fixed here, the program room fills them in.

use super::{Shape, ShapeError, Tensor};
use std::sync::Arc;

/// A tensor of the program being built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Node(pub(crate) u32);

/// Elementwise functions of one argument. NaN and infinities stand for
/// errors: a result that Excel would call #NUM! or #DIV/0! is not finite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unary {
    Neg,
    Abs,
    Sign,
    Sqrt,
    Exp,
    Ln,
    Log10,
    Log2,
    Exp2,
    Expm1,
    Ln1p,
    Sin,
    Cos,
    Tan,
    Asin,
    Acos,
    Atan,
    Sinh,
    Cosh,
    Tanh,
    Asinh,
    Acosh,
    Atanh,
    /// Round toward minus infinity, plus infinity, zero; to nearest with ties away from zero.
    Floor,
    Ceil,
    Trunc,
    Round,
    Erf,
    Erfc,
    NormCdf,
    NormQuantile,
    LnGamma,
    Digamma,
    Gamma,
    /// 1 where finite, 0 elsewhere: what IFERROR and ISERROR ask.
    IsFinite,
    /// 1 where zero, else 0.
    Not,
}

/// Elementwise functions of two arguments, broadcasting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Binary {
    Add,
    Sub,
    Mul,
    Div,
    /// Excel's `^`: 0^0 is NaN, a negative base takes integer exponents only.
    Pow,
    Atan2,
    /// Excel's MOD: the sign of the divisor.
    Mod,
    /// Of equal arguments the first wins (its derivative is 1).
    Max,
    Min,
    /// 1 or 0.
    Less,
    LessEqual,
    Equal,
    NotEqual,
    And,
    Or,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reduction {
    Sum,
    Product,
    Max,
    Min,
}

/// Which dimensions a reduction removes (leaving 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Axes {
    pub lanes: bool,
    pub rows: bool,
    pub cols: bool,
}

impl Axes {
    pub const ALL: Axes = Axes {
        lanes: true,
        rows: true,
        cols: true,
    };
    /// The matrix of each lane to one number.
    pub const CELLS: Axes = Axes {
        lanes: false,
        rows: true,
        cols: true,
    };
    pub const LANES: Axes = Axes {
        lanes: true,
        rows: false,
        cols: false,
    };
    pub const ROWS: Axes = Axes {
        lanes: false,
        rows: true,
        cols: false,
    };
    pub const COLS: Axes = Axes {
        lanes: false,
        rows: false,
        cols: true,
    };
}

/// For each lane a rectangle of a source `[1, R, C]`. Lanes are the cells of
/// a rectangle of `lane_rows` by `lane_cols`, column by column (lane =
/// col * lane_rows + row). Lane (r, c) sees the `rows` by `cols` cells from
/// (`top` + r * `row_step`, `left` + c * `col_step`); steps are 0 or 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    pub lane_rows: usize,
    pub lane_cols: usize,
    pub top: usize,
    pub left: usize,
    pub rows: usize,
    pub cols: usize,
    pub row_step: usize,
    pub col_step: usize,
}

/// A recurrence: `state[t] = body(state[t-1], sequences[t], uniforms)`.
/// Every state is `[1, r, c]`; a sequence is `[steps, r, c]`, one lane a step,
/// seen by the body as `[1, r, c]`; uniforms are seen as they are.
#[derive(Clone, Debug)]
pub struct Scan {
    pub steps: usize,
    /// From the last step to the first.
    pub reverse: bool,
    pub init: Vec<Node>,
    pub sequences: Vec<Node>,
    pub uniforms: Vec<Node>,
}

/// Builds a program. Operations on constants alone are folded.
#[derive(Debug, Default)]
pub struct Builder {}

#[allow(unused_variables)]
impl Builder {
    pub fn new() -> Self {
        Self::default()
    }
    pub fn shape(&self, node: Node) -> Shape {
        todo!()
    }
    pub fn constant(&mut self, tensor: Tensor) -> Node {
        todo!()
    }
    pub fn scalar(&mut self, x: f64) -> Node {
        self.constant(Tensor::scalar(x))
    }
    /// The value of a node that depends on no parameter, where it is folded.
    pub fn constant_value(&self, node: Node) -> Option<&Tensor> {
        todo!()
    }
    /// A parameter; parameters are given at each run, one slice each, in the
    /// order of their creation and the element order of [`Shape::offset`].
    pub fn parameter(&mut self, shape: Shape) -> Node {
        todo!()
    }
    pub fn unary(&mut self, op: Unary, x: Node) -> Node {
        todo!()
    }
    pub fn binary(&mut self, op: Binary, a: Node, b: Node) -> Result<Node, ShapeError> {
        todo!()
    }
    /// `then` where `condition` is not 0, `otherwise` elsewhere; broadcasts.
    /// The side not taken contributes nothing to a derivative, not even NaN.
    pub fn select(
        &mut self,
        condition: Node,
        then: Node,
        otherwise: Node,
    ) -> Result<Node, ShapeError> {
        todo!()
    }
    pub fn reduce(&mut self, op: Reduction, axes: Axes, x: Node) -> Node {
        todo!()
    }
    /// Matrix product in each lane; lanes broadcast.
    pub fn matmul(&mut self, a: Node, b: Node) -> Result<Node, ShapeError> {
        todo!()
    }
    /// Rows and columns change places in each lane.
    pub fn transpose(&mut self, x: Node) -> Node {
        todo!()
    }
    /// The same elements in the same order under another shape.
    pub fn reshape(&mut self, x: Node, shape: Shape) -> Result<Node, ShapeError> {
        todo!()
    }
    /// Repeats dimensions of 1.
    pub fn broadcast(&mut self, x: Node, shape: Shape) -> Result<Node, ShapeError> {
        todo!()
    }
    pub fn window(&mut self, source: Node, window: Window) -> Result<Node, ShapeError> {
        todo!()
    }
    /// Elements by their offset in `source`; `u32::MAX` yields 0.
    pub fn gather(
        &mut self,
        source: Node,
        indices: Arc<[u32]>,
        shape: Shape,
    ) -> Result<Node, ShapeError> {
        todo!()
    }
    /// A `[1, rows, cols]` rectangle put together from `[1, r, c]` pieces, each
    /// with the (row, col) of its first element; 0 where no piece lies, the
    /// later piece where two overlap.
    pub fn assemble(
        &mut self,
        rows: usize,
        cols: usize,
        pieces: &[(Node, (usize, usize))],
    ) -> Result<Node, ShapeError> {
        todo!()
    }
    /// The states after every step, one `[steps, r, c]` node a state. `body`
    /// gets a builder of its own and the nodes of the states, the sequences'
    /// elements and the uniforms in it, and returns the next states.
    pub fn scan<E: From<ShapeError>>(
        &mut self,
        scan: Scan,
        body: impl FnOnce(&mut Builder, &[Node], &[Node], &[Node]) -> Result<Vec<Node>, E>,
    ) -> Result<Vec<Node>, E> {
        todo!()
    }
    /// The inverse of the square matrix in each lane; NaN where it is singular.
    pub fn inverse(&mut self, x: Node) -> Result<Node, ShapeError> {
        todo!()
    }
    /// The determinant of the square matrix in each lane.
    pub fn determinant(&mut self, x: Node) -> Result<Node, ShapeError> {
        todo!()
    }
    /// The `k`-th smallest element (from 0) of each lane's matrix, of those
    /// where `present` (a tensor of the matrix's shape) is not 0. The derivative goes to the
    /// element chosen, the first of equals.
    pub fn order_statistic(
        &mut self,
        x: Node,
        k: usize,
        present: Option<&Tensor>,
    ) -> Result<Node, ShapeError> {
        todo!()
    }
    /// The reverse-mode gradient: for each of `wrt`, d `of` / d it, in its
    /// shape. `of` is a scalar.
    pub fn gradient(&mut self, of: Node, wrt: &[Node]) -> Result<Vec<Node>, ShapeError> {
        todo!()
    }
}
