//! Building a program: one method an operation, each checking shapes.

use super::graph::{Graph, Literal, Op};
use super::ops::scan::{self, ScanBody};
use super::{Shape, ShapeError, Tensor};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// A tensor of the program being built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Node(pub(crate) u32);

/// An enumeration whose values are listed, in their order, in `ALL`.
macro_rules! listed {
    ($(#[$about:meta])* pub enum $name:ident { $($(#[$doc:meta])* $op:ident,)* }) => {
        $(#[$about])*
        pub enum $name { $($(#[$doc])* $op,)* }

        impl $name {
            /// Each of them once.
            pub const ALL: &[Self] = &[$(Self::$op),*];
        }
    };
}

listed! {
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
    /// The derivative of the digamma function.
    Trigamma,
    Gamma,
    /// 1 where finite, 0 elsewhere: what IFERROR and ISERROR ask.
    IsFinite,
    /// 1 where zero, else 0; NaN where not finite.
    Not,
}
}

listed! {
/// Elementwise functions of two arguments, broadcasting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Binary {
    Add,
    Sub,
    Mul,
    Div,
    /// Excel's `^`, as [`crate::value::arith::power`] defines it: 0 to the power
    /// 0 or less is NaN; a negative base takes whole exponents and has its real
    /// odd roots ((-8)^(1/3) is -2), any other power of it is NaN.
    Pow,
    /// The angle of the point with ordinate `a` and abscissa `b`, as
    /// `f64::atan2`; NaN at the origin.
    Atan2,
    /// Excel's MOD: the exact remainder, with the sign of the divisor; NaN
    /// where the divisor is 0 or the quotient 1.15e15 and more.
    Mod,
    /// Of equal arguments the first wins (its derivative is 1).
    Max,
    Min,
    /// 1 or 0, NaN where an argument is not finite; so are those below.
    Less,
    LessEqual,
    Equal,
    NotEqual,
    And,
    Or,
    /// `a * b`, but 0 wherever `a` is 0, even against infinity and NaN: how an
    /// adjoint that a selection has masked meets a local derivative.
    AbsorbingMul,
    /// `b a^(b-1)`, the derivative of `a^b` by `a`; 0 where `b` is 0, that of
    /// the root where [`Binary::Pow`] takes an odd root.
    PowSlope,
    /// `a^b ln a`, the derivative of `a^b` by `b`; 0 where `a` is 0 and `b` positive.
    PowLog,
}
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

/// Builds a program. Operations on constants alone are folded, equal
/// operations are kept once, and what is trivial (`x * 1`, a window that sees
/// all of its source) is simplified away.
#[derive(Debug, Default)]
pub struct Builder {
    pub(crate) graph: Graph,
    parameters: Vec<Node>,
    placeholders: usize,
    /// Where the parts of concatenations end, as far as somebody asked.
    pub(crate) part_ends: FxHashMap<Node, Arc<[usize]>>,
}

impl Builder {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn shape(&self, node: Node) -> Shape {
        self.graph.shape(node)
    }

    pub fn constant(&mut self, tensor: Tensor) -> Node {
        let shape = tensor.shape;
        if let [first, rest @ ..] = &tensor.data[..]
            && !rest.is_empty()
            && rest.iter().all(|x| x.to_bits() == first.to_bits())
        {
            let scalar = self.scalar(*first);
            return self.repeat(scalar, shape);
        }
        self.graph.push(Op::Constant(Literal(tensor)), shape)
    }

    pub fn scalar(&mut self, x: f64) -> Node {
        self.constant(Tensor::scalar(x))
    }

    /// The value of a node that depends on no parameter, where it is folded.
    pub fn constant_value(&self, node: Node) -> Option<&Tensor> {
        self.graph.constant_value(node)
    }

    /// A parameter; parameters are given at each run, one slice each, in the
    /// order of their creation and the element order of [`Shape::offset`].
    pub fn parameter(&mut self, shape: Shape) -> Node {
        let node = self.graph.push(Op::Parameter(self.parameters.len()), shape);
        self.parameters.push(node);
        node
    }

    /// The parameters, in the order of their creation.
    pub fn parameters(&self) -> &[Node] {
        &self.parameters
    }

    /// A node to differentiate by that no result may depend on.
    pub(crate) fn placeholder(&mut self, shape: Shape) -> Node {
        self.placeholders += 1;
        self.graph.push(Op::Placeholder(self.placeholders), shape)
    }

    /// Copies what `outputs` of another builder need into this one, with
    /// `parameters` in the place of its parameters.
    pub(crate) fn import(
        &mut self,
        other: &Builder,
        parameters: &[Node],
        outputs: &[Node],
    ) -> Vec<Node> {
        let live = other.graph.live(outputs);
        let mut copies = vec![None; other.graph.len()];
        let copy = |copies: &[Option<Node>], x: Node| {
            copies[x.0 as usize].expect("operands stand before their use")
        };
        for node in other.graph.nodes().filter(|node| live[node.0 as usize]) {
            let entry = other.graph.entry(node);
            let op = match entry.op {
                Op::Parameter(i) => {
                    copies[node.0 as usize] = Some(parameters[i]);
                    continue;
                }
                ref op => op.with_operands(|x| copy(&copies, x)),
            };
            copies[node.0 as usize] = Some(self.graph.push(op, entry.shape));
        }
        outputs.iter().map(|&x| copy(&copies, x)).collect()
    }

    pub fn unary(&mut self, op: Unary, x: Node) -> Node {
        self.simplified_unary(op, x)
    }

    /// # Errors
    /// If the shapes do not broadcast.
    pub fn binary(&mut self, op: Binary, a: Node, b: Node) -> Result<Node, ShapeError> {
        let shape = self.shape(a).broadcast(self.shape(b))?;
        Ok(self.simplified_binary(op, a, b, shape))
    }

    /// `then` where `condition` is not 0, `otherwise` elsewhere; broadcasts.
    /// NaN where the condition is not finite.
    /// The side not taken contributes nothing to a derivative, not even NaN.
    ///
    /// # Errors
    /// If the shapes do not broadcast.
    pub fn select(
        &mut self,
        condition: Node,
        then: Node,
        otherwise: Node,
    ) -> Result<Node, ShapeError> {
        let shape = self
            .shape(condition)
            .broadcast(self.shape(then))?
            .broadcast(self.shape(otherwise))?;
        Ok(self.simplified_select(condition, then, otherwise, shape))
    }

    pub fn reduce(&mut self, op: Reduction, axes: Axes, x: Node) -> Node {
        self.simplified_reduce(op, axes, x)
    }

    /// Matrix product in each lane; lanes broadcast.
    ///
    /// # Errors
    /// If the inner dimensions or the lanes do not fit.
    pub fn matmul(&mut self, a: Node, b: Node) -> Result<Node, ShapeError> {
        let (sa, sb) = (self.shape(a), self.shape(b));
        if sa.cols != sb.rows || sa.lanes != sb.lanes && sa.lanes != 1 && sb.lanes != 1 {
            return Err(ShapeError(format!(
                "{sa} and {sb} have no matrix product: the columns of the first \
                 must be as many as the rows of the second"
            )));
        }
        Shape::new(sa.lanes.max(sb.lanes), sa.rows, sb.cols).checked()?;
        Ok(self.simplified_matmul(super::graph::Absorb::None, a, b))
    }

    /// Rows and columns change places in each lane.
    pub fn transpose(&mut self, x: Node) -> Node {
        let shape = self.shape(x);
        let transposed = Shape::new(shape.lanes, shape.cols, shape.rows);
        if shape.rows == 1 || shape.cols == 1 {
            return self.view(x, 0, transposed);
        }
        match *self.graph.op(x) {
            Op::Transpose(inner) => inner,
            // aᵀb is the transpose of bᵀa.
            Op::Gram(absorb, a, b) => self.gram(absorb.exchanged(), b, a),
            _ => self.graph.push(Op::Transpose(x), transposed),
        }
    }

    /// The same elements in the same order under another shape.
    ///
    /// # Errors
    /// If the numbers of elements differ.
    pub fn reshape(&mut self, x: Node, shape: Shape) -> Result<Node, ShapeError> {
        let from = self.shape(x);
        shape.checked()?;
        if from.len() != shape.len() {
            return Err(ShapeError(format!(
                "{from} has {} elements and {shape} has {}",
                from.len(),
                shape.len()
            )));
        }
        Ok(self.view(x, 0, shape))
    }

    /// Repeats dimensions of 1.
    ///
    /// # Errors
    /// If another dimension would change.
    pub fn broadcast(&mut self, x: Node, shape: Shape) -> Result<Node, ShapeError> {
        let from = self.shape(x);
        if from.broadcast(shape)? != shape {
            return Err(ShapeError(format!("{from} does not repeat to {shape}")));
        }
        Ok(self.repeat(x, shape))
    }

    /// # Errors
    /// If a lane would see past the source, a step is neither 0 nor 1, a
    /// dimension is 0, or the source has several lanes.
    pub fn window(&mut self, source: Node, window: Window) -> Result<Node, ShapeError> {
        let shape = self.shape(source);
        let Window {
            lane_rows,
            lane_cols,
            rows,
            cols,
            ..
        } = window;
        let fits = shape.lanes == 1
            && window.row_step <= 1
            && window.col_step <= 1
            && [lane_rows, lane_cols, rows, cols].iter().all(|&n| n > 0)
            && window.extent().is_some_and(|(height, width)| {
                window
                    .top
                    .checked_add(height)
                    .is_some_and(|n| n <= shape.rows)
                    && window
                        .left
                        .checked_add(width)
                        .is_some_and(|n| n <= shape.cols)
            });
        if !fits {
            return Err(ShapeError(format!(
                "{window:?} does not lie within a source of {shape}"
            )));
        }
        window.shape().checked()?;
        Ok(self.simplified_window(source, window))
    }

    /// Elements by their offset in `source`; `u32::MAX` yields 0.
    ///
    /// # Errors
    /// If the indices are not as many as the shape asks, or one is past the source.
    pub fn gather(
        &mut self,
        source: Node,
        indices: Arc<[u32]>,
        shape: Shape,
    ) -> Result<Node, ShapeError> {
        let len = self.shape(source).len();
        shape.checked()?;
        if indices.is_empty() || indices.len() != shape.len() {
            return Err(ShapeError(format!(
                "{} indices do not fill {shape}",
                indices.len()
            )));
        }
        if let Some(index) = indices
            .iter()
            .find(|&&i| i != u32::MAX && i as usize >= len)
        {
            return Err(ShapeError(format!(
                "index {index} is past a source of {len} elements"
            )));
        }
        let column = self.view(source, 0, Shape::new(1, len, 1));
        let gathered = self.simplified_gather(column, indices);
        Ok(self.view(gathered, 0, shape))
    }

    /// A `[1, rows, cols]` rectangle put together from `[1, r, c]` pieces, each
    /// with the (row, col) of its first element; 0 where no piece lies, the
    /// later piece where two overlap.
    ///
    /// # Errors
    /// If a piece has several lanes or lies past the rectangle.
    pub fn assemble(
        &mut self,
        rows: usize,
        cols: usize,
        pieces: &[(Node, (usize, usize))],
    ) -> Result<Node, ShapeError> {
        for &(piece, (row, col)) in pieces {
            let shape = self.shape(piece);
            if shape.lanes != 1
                || row.checked_add(shape.rows).is_none_or(|n| n > rows)
                || col.checked_add(shape.cols).is_none_or(|n| n > cols)
            {
                return Err(ShapeError(format!(
                    "a piece of {shape} at row {row}, column {col} does not lie \
                     within {rows}x{cols}"
                )));
            }
        }
        Shape::new(1, rows, cols).checked()?;
        if rows == 0 || cols == 0 {
            return Err(ShapeError("a rectangle needs a row and a column".into()));
        }
        self.simplified_assemble(rows, cols, pieces)
    }

    /// The states after every step, one `[steps, r, c]` node a state. `body`
    /// gets a builder of its own and the nodes of the states, the sequences'
    /// elements and the uniforms in it, and returns the next states.
    ///
    /// # Errors
    /// Those of `body`; if a state has several lanes or the body changes its
    /// shape, if a sequence is not as long as the steps, or there are no steps.
    pub fn scan<E: From<ShapeError>>(
        &mut self,
        scan: Scan,
        body: impl FnOnce(&mut Builder, &[Node], &[Node], &[Node]) -> Result<Vec<Node>, E>,
    ) -> Result<Vec<Node>, E> {
        let body = ScanBody::build(self, &scan, body)?;
        Ok(scan::insert(self, &scan, Arc::new(body)))
    }

    /// The inverse of the square matrix in each lane; NaN where it is singular.
    ///
    /// # Errors
    /// If the matrix is not square.
    pub fn inverse(&mut self, x: Node) -> Result<Node, ShapeError> {
        let shape = self.square(x, "inverse")?;
        Ok(self.graph.push(Op::Inverse(x), shape))
    }

    /// The determinant of the square matrix in each lane.
    ///
    /// # Errors
    /// If the matrix is not square.
    pub fn determinant(&mut self, x: Node) -> Result<Node, ShapeError> {
        let shape = self.square(x, "determinant")?;
        Ok(self
            .graph
            .push(Op::Determinant(x), Shape::new(shape.lanes, 1, 1)))
    }

    fn square(&self, x: Node, what: &str) -> Result<Shape, ShapeError> {
        let shape = self.shape(x);
        if shape.rows == shape.cols {
            Ok(shape)
        } else {
            Err(ShapeError(format!(
                "{shape} has no {what}: it is not square"
            )))
        }
    }

    /// The `k`-th smallest element (from 0) of each lane's matrix, of those
    /// where `present` (a tensor of the matrix's shape) is not 0; NaN where
    /// there are not so many. The derivative goes to the
    /// element chosen, the first of equals.
    ///
    /// # Errors
    /// If `present` has another shape.
    pub fn order_statistic(
        &mut self,
        x: Node,
        k: usize,
        present: Option<&Tensor>,
    ) -> Result<Node, ShapeError> {
        let shape = self.shape(x);
        if let Some(present) = present
            && (present.shape.rows != shape.rows
                || present.shape.cols != shape.cols
                || present.shape.lanes != 1 && present.shape.lanes != shape.lanes)
        {
            return Err(ShapeError(format!(
                "{} does not say which elements of {shape} are present",
                present.shape
            )));
        }
        let present = present.map(|tensor| Literal(tensor.clone()));
        Ok(self.graph.push(
            Op::OrderStatistic(x, k, present),
            Shape::new(shape.lanes, 1, 1),
        ))
    }

    /// The reverse-mode gradient: for each of `wrt`, d `of` / d it, in its
    /// shape; zeros where `of` does not depend on it. `of` is a scalar.
    ///
    /// At a kink the derivative is that of the branch taken: the first of
    /// equal arguments of a maximum, 0 for the absolute value of 0. Operations
    /// that are constant in pieces have derivative 0.
    ///
    /// # Errors
    /// If `of` is not a scalar, or contains a derivative that has none itself
    /// (the second derivative of a product reduction, of a determinant).
    pub fn gradient(&mut self, of: Node, wrt: &[Node]) -> Result<Vec<Node>, ShapeError> {
        super::gradient::gradient(self, of, wrt)
    }
}
