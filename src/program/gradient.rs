//! Reverse mode as a transformation: adjoints are more nodes of the same graph.
//!
//! Nodes are visited from the last to the first, each after all that use it.
//! Only those between the parameters and the result are touched. A node whose
//! adjoint may be exactly 0 because a selection masked it is marked; such an
//! adjoint meets local derivatives in absorbing products, so that infinities
//! and NaN of the side not taken stay there.

use super::builder::{Axes, Binary, Builder, Node, Reduction, Unary};
use super::graph::{Absorb, Op};
use super::ops::elementwise::{Local, binary_slope, unary_slope};
use super::ops::scan;
use super::tensor::{Shape, ShapeError};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// An operation that has no derivative here.
#[derive(Debug)]
pub(crate) struct Unsupported(pub &'static str);

impl From<Unsupported> for ShapeError {
    fn from(Unsupported(what): Unsupported) -> Self {
        ShapeError(format!("{what} cannot be differentiated"))
    }
}

impl From<ShapeError> for Unsupported {
    fn from(_: ShapeError) -> Self {
        // Adjoints have the shapes of what they belong to.
        Unsupported("an operation on shapes that do not fit")
    }
}

/// Whether an adjoint may be exactly 0 by selection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Adjoint {
    pub node: Node,
    pub masked: bool,
}

/// What has arrived at a node so far.
#[derive(Clone, Default)]
struct Arrived {
    whole: Option<Adjoint>,
    /// Parts by their offset in storage order, from views.
    parts: Vec<(usize, Adjoint)>,
}

/// The gradient of a scalar; zeros where it does not depend on a node.
pub(crate) fn gradient(b: &mut Builder, of: Node, wrt: &[Node]) -> Result<Vec<Node>, ShapeError> {
    let shape = b.shape(of);
    if shape.len() != 1 {
        return Err(ShapeError(format!(
            "only a single number has a gradient, not {shape}"
        )));
    }
    let one = b.scalar(1.0);
    let seed = b.view(one, 0, shape);
    let adjoints = Reverse::new(b, None).run(&[(of, seed, false)], wrt)?;
    Ok(adjoints
        .into_iter()
        .zip(wrt)
        .map(|(adjoint, &x)| match adjoint {
            Some(adjoint) => adjoint.node,
            None => {
                let zero = b.scalar(0.0);
                let shape = b.shape(x);
                b.repeat(zero, shape)
            }
        })
        .collect())
}

/// A reverse pass.
pub(crate) struct Reverse<'a> {
    pub b: &'a mut Builder,
    /// Keep the adjoints of nodes of one lane apart, a lane each, instead of
    /// adding them up: then they are the Jacobian of the lanes of the result.
    lift: Option<usize>,
    depends: Vec<bool>,
    arrived: Vec<Arrived>,
}

impl<'a> Reverse<'a> {
    pub fn new(b: &'a mut Builder, lift: Option<usize>) -> Self {
        Self {
            b,
            lift,
            depends: Vec::new(),
            arrived: Vec::new(),
        }
    }

    /// Pulls the seeds (node, adjoint, masked) back to `wrt`; `None` where no
    /// seed depends on a node.
    pub fn run(
        mut self,
        seeds: &[(Node, Node, bool)],
        wrt: &[Node],
    ) -> Result<Vec<Option<Adjoint>>, Unsupported> {
        let count = self.b.graph.len();
        self.depends = vec![false; count];
        for &x in wrt {
            self.depends[x.0 as usize] = true;
        }
        for node in self.b.graph.nodes() {
            let i = node.0 as usize;
            if !self.depends[i] && !self.b.graph.entry(node).constant {
                let mut depends = false;
                self.b
                    .graph
                    .op(node)
                    .for_each_operand(|x| depends |= self.depends[x.0 as usize]);
                self.depends[i] = depends;
            }
        }
        self.arrived = vec![Arrived::default(); count];
        for &(node, seed, masked) in seeds {
            self.add(node, seed, masked);
        }
        let sought: FxHashSet<Node> = wrt.iter().copied().collect();
        let mut totals = FxHashMap::default();
        for i in (0..count).rev() {
            let node = Node(i as u32);
            let arrived = std::mem::take(&mut self.arrived[i]);
            if !self.depends[i] {
                continue;
            }
            let Some(adjoint) = self.total(node, arrived) else {
                continue;
            };
            if sought.contains(&node) {
                totals.insert(node, adjoint);
            }
            let op = self.b.graph.op(node).clone();
            self.pull_back(&op, node, adjoint)?;
        }
        Ok(wrt.iter().map(|x| totals.get(x).copied()).collect())
    }

    /// Whether the result sought depends on a node, so that its adjoint matters.
    pub fn wants(&self, node: Node) -> bool {
        self.depends[node.0 as usize]
    }

    /// The shape of a node's adjoint.
    fn adjoint_shape(&self, node: Node) -> Shape {
        let shape = self.b.shape(node);
        match self.lift {
            Some(lanes) if shape.lanes == 1 => Shape::new(lanes, shape.rows, shape.cols),
            _ => shape,
        }
    }

    /// Adds to the adjoint of a node; what was repeated to many elements is summed.
    pub fn add(&mut self, node: Node, contribution: Node, masked: bool) {
        if !self.wants(node) {
            return;
        }
        let shape = self.adjoint_shape(node);
        let have = self.b.shape(contribution);
        let axes = Axes {
            lanes: shape.lanes == 1 && have.lanes > 1,
            rows: shape.rows == 1 && have.rows > 1,
            cols: shape.cols == 1 && have.cols > 1,
        };
        let summed = self.b.simplified_reduce(Reduction::Sum, axes, contribution);
        let whole = self.b.repeat(summed, shape);
        let i = node.0 as usize;
        self.arrived[i].whole = Some(match self.arrived[i].whole {
            None => Adjoint {
                node: whole,
                masked,
            },
            Some(before) => Adjoint {
                node: self
                    .b
                    .simplified_binary(Binary::Add, before.node, whole, shape),
                masked: before.masked || masked,
            },
        });
    }

    /// The adjoint of a node, from all that has arrived.
    fn total(&mut self, node: Node, arrived: Arrived) -> Option<Adjoint> {
        let Arrived { whole, mut parts } = arrived;
        if parts.is_empty() {
            return whole;
        }
        let shape = self.b.shape(node);
        parts.sort_by_key(|&(offset, _)| offset);
        let mut masked = whole.is_some_and(|adjoint| adjoint.masked);
        let mut total = whole.map(|adjoint| adjoint.node);
        // Layers of parts that do not overlap.
        while !parts.is_empty() {
            let (mut layer, mut rest) = (Vec::new(), Vec::new());
            let mut last: Option<(usize, usize, Node)> = None;
            let mut end = 0;
            for (offset, part) in parts {
                masked |= part.masked;
                let size = self.b.shape(part.node);
                match &mut last {
                    // The same place again: add at once.
                    Some((at, len, sum)) if *at == offset && *len == size.len() => {
                        let same = self.b.shape(*sum);
                        let part = self.b.view(part.node, 0, same);
                        *sum = self.b.simplified_binary(Binary::Add, *sum, part, same);
                    }
                    _ if offset >= end => {
                        layer.extend(last.replace((offset, size.len(), part.node)));
                        end = offset + size.len();
                    }
                    _ => rest.push((offset, part)),
                }
            }
            layer.extend(last);
            let filled = self
                .b
                .fill_gaps(&layer, shape.len())
                .expect("parts of a layer do not overlap");
            let node = self.b.concat(&filled, shape);
            total = Some(match total {
                None => node,
                Some(before) => self.b.simplified_binary(Binary::Add, before, node, shape),
            });
            parts = rest;
        }
        total.map(|node| Adjoint { node, masked })
    }

    /// `adjoint * local`.
    fn scale(&mut self, adjoint: Adjoint, local: Node) -> Result<Node, Unsupported> {
        let op = if adjoint.masked {
            Binary::AbsorbingMul
        } else {
            Binary::Mul
        };
        Ok(self.b.binary(op, adjoint.node, local)?)
    }

    /// The adjoint where `mask` is not 0, and 0 elsewhere.
    fn mask(&mut self, mask: Node, adjoint: Node) -> Result<Node, Unsupported> {
        let zero = self.b.scalar(0.0);
        Ok(self.b.select(mask, adjoint, zero)?)
    }

    /// Refuses an operation that mixes the lanes that are to be kept apart.
    fn lanes_stay_apart(&self, node: Node, operand: Node) -> Result<(), Unsupported> {
        let mixed = Unsupported("a result whose lanes depend on one another");
        match self.lift {
            None => Ok(()),
            Some(_) if self.b.shape(node).lanes != self.b.shape(operand).lanes => Err(mixed),
            Some(lanes) => match self.b.shape(node).lanes {
                1 => Ok(()),
                have if have == lanes => Ok(()),
                _ => Err(mixed),
            },
        }
    }

    fn pull_back(&mut self, op: &Op, y: Node, adjoint: Adjoint) -> Result<(), Unsupported> {
        let masked = adjoint.masked;
        match op {
            Op::Constant(_) | Op::Parameter(_) | Op::Placeholder(_) => {}
            &Op::Unary(Unary::Neg, x) => {
                let node = self.b.unary(Unary::Neg, adjoint.node);
                self.add(x, node, masked);
            }
            &Op::Unary(op, x) => {
                if let Some(slope) = unary_slope(self.b, op, x, y)? {
                    let node = self.scale(adjoint, slope)?;
                    self.add(x, node, masked);
                }
            }
            &Op::Binary(op, a, b) => {
                for (side, x) in [a, b].into_iter().enumerate() {
                    if self.wants(x) {
                        self.binary_side(op, side, (a, b, y), adjoint)?;
                    }
                }
            }
            &Op::Select(condition, then, otherwise) => {
                let zero = self.b.scalar(0.0);
                if self.wants(then) {
                    let node = self.b.select(condition, adjoint.node, zero)?;
                    self.add(then, node, true);
                }
                if self.wants(otherwise) {
                    let node = self.b.select(condition, zero, adjoint.node)?;
                    self.add(otherwise, node, true);
                }
            }
            &Op::Reduce(op, axes, x) => {
                if axes.lanes && self.lift.is_some() {
                    self.lanes_stay_apart(y, x)?;
                }
                match op {
                    Reduction::Sum => {
                        let shape = self.adjoint_shape(x);
                        let node = self.b.repeat(adjoint.node, shape);
                        self.add(x, node, masked);
                    }
                    Reduction::Product => {
                        let shape = self.b.shape(x);
                        let others = self.b.graph.push(Op::OtherProduct(axes, x), shape);
                        let node = self.scale(adjoint, others)?;
                        self.add(x, node, masked);
                    }
                    Reduction::Max | Reduction::Min => {
                        let shape = self.b.shape(x);
                        let mask = self.b.graph.push(Op::ExtremumMask(op, axes, x), shape);
                        let node = self.mask(mask, adjoint.node)?;
                        self.add(x, node, true);
                    }
                }
            }
            Op::ExtremumMask(..) | Op::OrderMask(..) => {}
            Op::OtherProduct(..) => {
                return Err(Unsupported("the derivative of a product reduction"));
            }
            &Op::Matmul(_, a, b) => self.matmul(a, b, adjoint)?,
            &Op::Gram(_, a, b) => {
                if self.lift.is_some() {
                    return Err(Unsupported("a result whose lanes depend on one another"));
                }
                let (_, right) = sides(masked);
                if self.wants(a) {
                    let transposed = self.b.transpose(adjoint.node);
                    let node = self.b.simplified_matmul(right, b, transposed);
                    self.add(a, node, masked);
                }
                if self.wants(b) {
                    let node = self.b.simplified_matmul(right, a, adjoint.node);
                    self.add(b, node, masked);
                }
            }
            &Op::Transpose(x) => {
                let node = self.b.transpose(adjoint.node);
                self.add(x, node, masked);
            }
            &Op::View(x, offset) => self.view(x, offset, y, adjoint)?,
            Op::Concat(parts) => {
                let mut offset = 0;
                for &part in parts.iter() {
                    let shape = self.b.shape(part);
                    if self.wants(part) {
                        self.concat_part(part, offset, y, adjoint)?;
                    }
                    offset += shape.len();
                }
            }
            &Op::Broadcast(x) => self.add(x, adjoint.node, masked),
            Op::Gather(x, indices) => {
                let len = self.b.shape(*x).rows * self.b.shape(*x).cols;
                let node = self.b.scatter(adjoint.node, indices.clone(), len);
                let shape = self.adjoint_shape(*x);
                let node = self.b.view(node, 0, shape);
                self.add(*x, node, masked);
            }
            Op::Scatter(x, indices) => {
                let node = self.b.simplified_gather(adjoint.node, indices.clone());
                let shape = self.adjoint_shape(*x);
                let node = self.b.view(node, 0, shape);
                self.add(*x, node, masked);
            }
            &Op::Window(x, window) => {
                if self.lift.is_some() {
                    return Err(Unsupported("a window on parameters"));
                }
                let shape = self.b.shape(x);
                let node = self
                    .b
                    .graph
                    .push(Op::WindowScatter(adjoint.node, window), shape);
                self.add(x, node, masked);
            }
            &Op::WindowScatter(x, window) => {
                if self.lift.is_some() {
                    return Err(Unsupported("a window on parameters"));
                }
                let node = self.b.simplified_window(adjoint.node, window);
                self.add(x, node, masked);
            }
            Op::Scan(body, operands) => {
                if self.lift.is_some() {
                    return Err(Unsupported("a recurrence"));
                }
                scan::pull_back(self, body, operands, y, adjoint)?;
            }
            &Op::Inverse(x) => {
                // dX = -Yᵀ dY Yᵀ
                let yt = self.b.transpose(y);
                let left = self.b.matmul(yt, adjoint.node)?;
                let product = self.b.matmul(left, yt)?;
                let node = self.b.unary(Unary::Neg, product);
                self.add(x, node, masked);
            }
            &Op::Determinant(x) => {
                let shape = self.b.shape(x);
                let cofactor = self.b.graph.push(Op::Cofactor(x), shape);
                let node = self.scale(adjoint, cofactor)?;
                self.add(x, node, masked);
            }
            Op::Cofactor(_) => {
                return Err(Unsupported("the derivative of a determinant"));
            }
            Op::OrderStatistic(x, k, present) => {
                let shape = self.b.shape(*x);
                let mask = self
                    .b
                    .graph
                    .push(Op::OrderMask(*x, *k, present.clone()), shape);
                let node = self.mask(mask, adjoint.node)?;
                self.add(*x, node, true);
            }
        }
        Ok(())
    }

    fn binary_side(
        &mut self,
        op: Binary,
        side: usize,
        (a, b, y): (Node, Node, Node),
        adjoint: Adjoint,
    ) -> Result<(), Unsupported> {
        let x = if side == 0 { a } else { b };
        match binary_slope(self.b, op, side, (a, b, y))? {
            Local::Zero => {}
            Local::One => self.add(x, adjoint.node, adjoint.masked),
            Local::MinusOne => {
                let node = self.b.unary(Unary::Neg, adjoint.node);
                self.add(x, node, adjoint.masked);
            }
            Local::Times(slope) => {
                // A product that absorbs passes that on to both of its sides.
                let absorbing = Adjoint {
                    masked: adjoint.masked || op == Binary::AbsorbingMul,
                    ..adjoint
                };
                let node = self.scale(absorbing, slope)?;
                self.add(x, node, absorbing.masked);
            }
            Local::Where(mask) => {
                let node = self.mask(mask, adjoint.node)?;
                self.add(x, node, true);
            }
        }
        Ok(())
    }

    fn matmul(&mut self, a: Node, b: Node, adjoint: Adjoint) -> Result<(), Unsupported> {
        let masked = adjoint.masked;
        let (left, right) = sides(masked);
        let (sa, sb) = (self.b.shape(a), self.b.shape(b));
        if self.wants(a) {
            let transposed = self.b.transpose(b);
            let node = self.b.simplified_matmul(left, adjoint.node, transposed);
            self.add(a, node, masked);
        }
        if self.wants(b) {
            let summed = sb.lanes == 1 && self.lift.is_none();
            let node = if summed && sa.lanes == self.b.shape(adjoint.node).lanes {
                self.b.gram(right, a, adjoint.node)
            } else {
                let transposed = self.b.transpose(a);
                self.b.simplified_matmul(right, transposed, adjoint.node)
            };
            self.add(b, node, masked);
        }
        Ok(())
    }

    /// The adjoint of `x` from that of the `y` elements of it from `offset` on.
    fn view(
        &mut self,
        x: Node,
        offset: usize,
        y: Node,
        adjoint: Adjoint,
    ) -> Result<(), Unsupported> {
        let (from, to) = (self.b.shape(x), self.b.shape(y));
        if self.lift.is_none() {
            if from.len() == to.len() {
                let node = self.b.view(adjoint.node, 0, from);
                self.add(x, node, adjoint.masked);
            } else if self.wants(x) {
                self.arrived[x.0 as usize].parts.push((offset, adjoint));
            }
            return Ok(());
        }
        // Lane by lane, the elements of a matrix.
        self.lanes_stay_apart(y, x)?;
        if !offset.is_multiple_of(from.lanes) {
            return Err(Unsupported("a result whose lanes depend on one another"));
        }
        let shape = self.adjoint_shape(x);
        let cells = |s: Shape| s.rows * s.cols;
        let node = if cells(from) == cells(to) {
            adjoint.node
        } else {
            let first = offset / from.lanes;
            let indices: Arc<[u32]> = (first..first + cells(to)).map(|i| i as u32).collect();
            let column = Shape::new(shape.lanes, cells(to), 1);
            let column = self.b.view(adjoint.node, 0, column);
            self.b.scatter(column, indices, cells(from))
        };
        let node = self.b.view(node, 0, shape);
        self.add(x, node, adjoint.masked);
        Ok(())
    }

    /// The adjoint of one part of a concatenation.
    fn concat_part(
        &mut self,
        part: Node,
        offset: usize,
        y: Node,
        adjoint: Adjoint,
    ) -> Result<(), Unsupported> {
        let lanes = self.b.shape(y).lanes;
        if self.lift.is_some() {
            self.lanes_stay_apart(y, part)?;
        }
        let shape = self.adjoint_shape(part);
        // Parts are whole columns of lanes here, or nothing is lifted.
        let offset = match self.lift {
            Some(lifted) => offset / lanes * lifted,
            None => offset,
        };
        let node = self.b.view(adjoint.node, offset, shape);
        self.add(part, node, adjoint.masked);
        Ok(())
    }
}

/// Which factor absorbs, where the adjoint stands left and right.
fn sides(masked: bool) -> (Absorb, Absorb) {
    if masked {
        (Absorb::Left, Absorb::Right)
    } else {
        (Absorb::None, Absorb::None)
    }
}
