//! Jacobians of residuals, for methods of least squares, and recognising
//! that a loss is a sum of squares.

use super::builder::{Binary, Builder, Node, Reduction, Unary};
use super::gradient::Reverse;
use super::graph::Op;
use super::tensor::{Shape, ShapeError, Tensor};

/// The most reverse passes that one Jacobian may take, and the most nodes
/// they may add together.
const MAX_PASSES: usize = 1024;
const MAX_NODES: usize = 2_000_000;

impl Builder {
    /// The Jacobian of residuals: `[n, 1, p]`, a lane a residual in their
    /// storage order, a column an element of `wrt`, in order.
    ///
    /// Where every lane of the residuals depends on the parameters only as
    /// they are repeated to it (the usual case: a formula filled down), one
    /// reverse pass that does not add up over lanes gives all rows at once.
    /// Otherwise there is one pass a column: the reverse pass is linear in the
    /// adjoint it starts from, and its derivative by that adjoint is a column.
    ///
    /// # Errors
    /// If that would take too many passes, or an operation has no derivative.
    pub fn residual_jacobian(&mut self, residuals: Node, wrt: &[Node]) -> Result<Node, ShapeError> {
        let rows = self.shape(residuals).len();
        let width: usize = wrt.iter().map(|&x| self.shape(x).len()).sum();
        // Blocks of rows: residuals and their Jacobian, columns apart.
        let mut blocks: Vec<Vec<Node>> = Vec::new();
        let mut waiting = vec![residuals];
        let mut apart = true;
        while let Some(part) = waiting.pop() {
            match self.graph.op(part) {
                &Op::View(inner, 0) if self.shape(inner).len() == self.shape(part).len() => {
                    waiting.push(inner);
                }
                Op::Concat(parts) => waiting.extend(parts.iter().rev()),
                _ => match self.lanes_apart(part, wrt) {
                    Some(columns) if blocks.len() < MAX_PASSES => blocks.extend(columns),
                    _ => {
                        apart = false;
                        break;
                    }
                },
            }
        }
        let columns = if apart {
            (0..width)
                .map(|column| {
                    let parts: Vec<Node> = blocks.iter().map(|block| block[column]).collect();
                    self.concat(&parts, Shape::new(rows, 1, 1))
                })
                .collect()
        } else {
            self.column_by_column(residuals, wrt)?
        };
        Ok(self.concat(&columns, Shape::new(rows, 1, width)))
    }

    /// The Jacobian's columns for one tensor of residuals, a block for each
    /// cell of the lanes' matrix; `None` where lanes depend on one another.
    fn lanes_apart(&mut self, residuals: Node, wrt: &[Node]) -> Option<Vec<Vec<Node>>> {
        let shape = self.shape(residuals);
        let lanes = shape.lanes;
        let cells = shape.rows * shape.cols;
        if cells > MAX_PASSES || wrt.iter().any(|&x| self.shape(x).lanes != 1) {
            return None;
        }
        let lift = (lanes > 1).then_some(lanes);
        let mut blocks = Vec::new();
        for cell in 0..cells {
            let residual = self.view(residuals, cell * lanes, Shape::new(lanes, 1, 1));
            let one = self.scalar(1.0);
            let seed = self.repeat(one, Shape::new(lanes, 1, 1));
            let adjoints = Reverse::new(self, lift)
                .run(&[(residual, seed, false)], wrt)
                .ok()?;
            let mut columns = Vec::new();
            for (adjoint, &x) in adjoints.into_iter().zip(wrt) {
                for element in 0..self.shape(x).len() {
                    let column = Shape::new(lanes, 1, 1);
                    columns.push(match adjoint {
                        Some(adjoint) => self.view(adjoint.node, element * lanes, column),
                        None => {
                            let zero = self.scalar(0.0);
                            self.repeat(zero, column)
                        }
                    });
                }
            }
            blocks.push(columns);
        }
        Some(blocks)
    }

    /// The Jacobian by one pass a column.
    fn column_by_column(&mut self, residuals: Node, wrt: &[Node]) -> Result<Vec<Node>, ShapeError> {
        let shape = self.shape(residuals);
        let width: usize = wrt.iter().map(|&x| self.shape(x).len()).sum();
        let start = self.placeholder(shape);
        let pulled = Reverse::new(self, None).run(&[(residuals, start, false)], wrt)?;
        let nodes = self.graph.live(&[residuals]).iter().filter(|&&x| x).count();
        if width > MAX_PASSES || nodes.saturating_mul(width) > MAX_NODES {
            return Err(ShapeError(format!(
                "the Jacobian by {width} parameters is too large where the residuals \
                 depend on one another; use a method that needs the gradient only"
            )));
        }
        let one = self.scalar(1.0);
        let mut columns = Vec::with_capacity(width);
        for (adjoint, &x) in pulled.into_iter().zip(wrt) {
            for element in 0..self.shape(x).len() {
                let column = match adjoint {
                    None => None,
                    Some(adjoint) => {
                        let entry = self.view(adjoint.node, element, Shape::SCALAR);
                        Reverse::new(self, None).run(&[(entry, one, false)], &[start])?[0]
                    }
                };
                let column = match column {
                    Some(adjoint) => adjoint.node,
                    None => {
                        let zero = self.scalar(0.0);
                        self.repeat(zero, shape)
                    }
                };
                columns.push(column);
            }
        }
        let live = self.graph.live(&columns);
        if live[start.0 as usize] {
            return Err(ShapeError(
                "these residuals have no Jacobian here: an operation's adjoint is not linear"
                    .into(),
            ));
        }
        Ok(columns)
    }

    /// Where `loss` is `scale` times the sum of the squares of some residuals:
    /// these, and the scale, which is positive. Sums of sums, means, constant
    /// factors, constant weights and pieces of different runs are seen through.
    pub fn sum_of_squares(&mut self, loss: Node) -> Option<(Node, f64)> {
        if self.shape(loss).len() != 1 {
            return None;
        }
        // Nodes all elements of which are to be added up, times a factor.
        let mut waiting = vec![(loss, 1.0)];
        let mut squares: Vec<(Node, f64)> = Vec::new();
        while let Some((node, scale)) = waiting.pop() {
            let shape = self.shape(node);
            if self.graph.uniform_value(node) == Some(0.0) {
                continue;
            }
            match *self.graph.op(node) {
                Op::View(x, 0) if self.shape(x).len() == shape.len() => waiting.push((x, scale)),
                Op::Unary(Unary::Neg, x) => waiting.push((x, -scale)),
                Op::Reduce(Reduction::Sum, _, x) => waiting.push((x, scale)),
                Op::Binary(Binary::Mul, a, b) if a == b => squares.push((a, scale)),
                Op::Gram(_, a, b) if a == b && shape.len() == 1 => squares.push((a, scale)),
                Op::Binary(op @ (Binary::Add | Binary::Sub), a, b)
                    if self.shape(a) == shape && self.shape(b) == shape =>
                {
                    waiting.push((b, if op == Binary::Add { scale } else { -scale }));
                    waiting.push((a, scale));
                }
                Op::Binary(op @ (Binary::Mul | Binary::Div), a, b) => {
                    let (x, factor) = if self.graph.entry(b).constant {
                        (a, b)
                    } else if op == Binary::Mul && self.graph.entry(a).constant {
                        (b, a)
                    } else {
                        return None;
                    };
                    if self.shape(x) != shape {
                        return None;
                    }
                    match self.graph.uniform_value(factor) {
                        Some(c) if op == Binary::Mul => waiting.push((x, scale * c)),
                        Some(c) => waiting.push((x, scale / c)),
                        None if op == Binary::Mul => {
                            squares.push((self.weighted(x, factor)?, scale));
                        }
                        None => return None,
                    }
                }
                Op::Concat(ref parts) => {
                    waiting.extend(parts.iter().rev().map(|&part| (part, scale)));
                }
                Op::Select(mask, then, otherwise)
                    if self.graph.entry(mask).constant
                        && self.shape(then) == shape
                        && self.graph.uniform_value(otherwise) == Some(0.0) =>
                {
                    let residual = self.root(then)?;
                    let masked = self.select(mask, residual, otherwise).ok()?;
                    squares.push((masked, scale));
                }
                _ => return None,
            }
        }
        let scale = squares.first()?.1;
        if squares.iter().any(|&(_, s)| s.is_nan() || s <= 0.0) {
            return None;
        }
        if let [(residuals, scale)] = squares[..] {
            return Some((residuals, scale));
        }
        let mut parts = Vec::new();
        for (residual, s) in squares {
            let factor = self.scalar((s / scale).sqrt());
            parts.push(self.binary(Binary::Mul, residual, factor).ok()?);
        }
        let total = parts.iter().map(|&part| self.shape(part).len()).sum();
        Some((self.concat(&parts, Shape::new(total, 1, 1)), scale))
    }

    /// What `node` is the square of.
    fn root(&self, node: Node) -> Option<Node> {
        match *self.graph.op(node) {
            Op::Binary(Binary::Mul, a, b) if a == b => Some(a),
            _ => None,
        }
    }

    /// The residuals whose squares are those of `squares` times constant weights.
    fn weighted(&mut self, squares: Node, weights: Node) -> Option<Node> {
        let residual = self.root(squares)?;
        let weights = self.graph.constant_value(weights)?;
        if weights.data.iter().any(|w| w.is_nan() || *w < 0.0) {
            return None;
        }
        let roots: Vec<f64> = weights.data.iter().map(|w| w.sqrt()).collect();
        let roots = Tensor::new(weights.shape, roots);
        let roots = self.constant(roots);
        self.binary(Binary::Mul, residual, roots).ok()
    }
}
