//! The graph of a program: an arena of operations, each kept once.
//!
//! An operand always stands before the operations that use it, so the order
//! of the arena is a topological order and every walk is a loop.

use super::builder::{Axes, Binary, Node, Reduction, Unary, Window};
use super::ops::scan::ScanBody;
use super::ops::{self, Operand};
use super::tensor::{Shape, Tensor};
use rustc_hash::FxHashMap;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, OnceLock};

/// An operation and its operands.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Op {
    Constant(Literal),
    /// By its number.
    Parameter(usize),
    /// A stand-in that no result may depend on: the argument of a linear map
    /// whose matrix is sought.
    Placeholder(usize),
    Unary(Unary, Node),
    Binary(Binary, Node, Node),
    Select(Node, Node, Node),
    Reduce(Reduction, Axes, Node),
    /// 1 at the first greatest (or least) element of each group that the
    /// reduction would make one, else 0.
    ExtremumMask(Reduction, Axes, Node),
    /// For each element the product of the others of its group.
    OtherProduct(Axes, Node),
    /// `[L, m, k]` by `[L or 1, k, n]`, in each lane.
    Matmul(Absorb, Node, Node),
    /// `[L, r, k]`, `[L, r, n]`: the sum of `aᵀ b` over lanes, `[1, k, n]`.
    Gram(Absorb, Node, Node),
    Transpose(Node),
    /// The elements from an offset on, in storage order, under another shape.
    View(Node, usize),
    /// The elements of all operands, one after the other in storage order.
    Concat(Arc<[Node]>),
    Broadcast(Node),
    /// In each lane, elements of the matrix by their offset in it, as a column;
    /// 0 for `u32::MAX`.
    Gather(Node, Arc<[u32]>),
    /// The transpose of `Gather`: adds each element of the operand's matrices
    /// at its offset.
    Scatter(Node, Arc<[u32]>),
    Window(Node, Window),
    /// The transpose of `Window`: adds each lane's rectangle where it was seen.
    WindowScatter(Node, Window),
    /// Initial states, sequences, uniforms; every state after every step,
    /// packed as `[steps, 1, elements of all states]`.
    Scan(Arc<ScanBody>, Arc<[Node]>),
    Inverse(Node),
    Determinant(Node),
    /// The derivative of the determinant by each element.
    Cofactor(Node),
    OrderStatistic(Node, usize, Option<Literal>),
    /// 1 at the element that `OrderStatistic` chooses, else 0.
    OrderMask(Node, usize, Option<Literal>),
}

/// Which factor of a product, where it is 0, makes the product 0 even against
/// infinity and NaN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Absorb {
    None,
    Left,
    Right,
}

impl Absorb {
    /// For the factors in the other order.
    pub fn exchanged(self) -> Self {
        match self {
            Absorb::None => Absorb::None,
            Absorb::Left => Absorb::Right,
            Absorb::Right => Absorb::Left,
        }
    }
}

impl Op {
    pub fn for_each_operand(&self, mut visit: impl FnMut(Node)) {
        match self {
            Op::Constant(_) | Op::Parameter(_) | Op::Placeholder(_) => {}
            Op::Unary(_, x)
            | Op::Reduce(_, _, x)
            | Op::ExtremumMask(_, _, x)
            | Op::OtherProduct(_, x)
            | Op::Transpose(x)
            | Op::View(x, _)
            | Op::Broadcast(x)
            | Op::Gather(x, _)
            | Op::Scatter(x, _)
            | Op::Window(x, _)
            | Op::WindowScatter(x, _)
            | Op::Inverse(x)
            | Op::Determinant(x)
            | Op::Cofactor(x)
            | Op::OrderStatistic(x, _, _)
            | Op::OrderMask(x, _, _) => visit(*x),
            Op::Binary(_, a, b) | Op::Matmul(_, a, b) | Op::Gram(_, a, b) => {
                visit(*a);
                visit(*b);
            }
            Op::Select(a, b, c) => {
                visit(*a);
                visit(*b);
                visit(*c);
            }
            Op::Concat(xs) | Op::Scan(_, xs) => xs.iter().copied().for_each(visit),
        }
    }

    /// The same operation on other operands.
    pub fn with_operands(&self, mut map: impl FnMut(Node) -> Node) -> Op {
        let mut op = self.clone();
        match &mut op {
            Op::Constant(_) | Op::Parameter(_) | Op::Placeholder(_) => {}
            Op::Unary(_, x)
            | Op::Reduce(_, _, x)
            | Op::ExtremumMask(_, _, x)
            | Op::OtherProduct(_, x)
            | Op::Transpose(x)
            | Op::View(x, _)
            | Op::Broadcast(x)
            | Op::Gather(x, _)
            | Op::Scatter(x, _)
            | Op::Window(x, _)
            | Op::WindowScatter(x, _)
            | Op::Inverse(x)
            | Op::Determinant(x)
            | Op::Cofactor(x)
            | Op::OrderStatistic(x, _, _)
            | Op::OrderMask(x, _, _) => *x = map(*x),
            Op::Binary(_, a, b) | Op::Matmul(_, a, b) | Op::Gram(_, a, b) => {
                *a = map(*a);
                *b = map(*b);
            }
            Op::Select(a, b, c) => {
                *a = map(*a);
                *b = map(*b);
                *c = map(*c);
            }
            Op::Concat(xs) | Op::Scan(_, xs) => *xs = xs.iter().map(|&x| map(x)).collect(),
        }
        op
    }

    pub fn operands(&self) -> Vec<Node> {
        let mut operands = Vec::new();
        self.for_each_operand(|x| operands.push(x));
        operands
    }

    /// Whether the operation only moves elements.
    pub fn is_structural(&self) -> bool {
        matches!(
            self,
            Op::Transpose(_)
                | Op::View(..)
                | Op::Concat(_)
                | Op::Broadcast(_)
                | Op::Gather(..)
                | Op::Window(..)
        )
    }
}

/// A constant tensor.
#[derive(Clone, Debug)]
pub(crate) struct Literal(pub Tensor);

impl Literal {
    const SMALL: usize = 64;
}

impl PartialEq for Literal {
    fn eq(&self, other: &Self) -> bool {
        let (a, b) = (&self.0, &other.0);
        let same = |(x, y): (&f64, &f64)| x.to_bits() == y.to_bits();
        a.shape == b.shape
            && (Arc::ptr_eq(&a.data, &b.data) || a.data.iter().zip(b.data.iter()).all(same))
    }
}

impl Eq for Literal {}

impl Hash for Literal {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.shape.hash(state);
        // Some elements tell most tensors apart, and all are compared then.
        let data = &self.0.data;
        for x in data.iter().step_by(data.len().div_ceil(Self::SMALL).max(1)) {
            x.to_bits().hash(state);
        }
    }
}

/// A node of the arena.
#[derive(Debug)]
pub(crate) struct Entry {
    pub op: Op,
    pub shape: Shape,
    /// Depends on no parameter.
    pub constant: bool,
    /// Finite whenever the parameters are.
    pub finite: bool,
    /// How many structural operations lie between a constant and this node,
    /// which is evaluated when somebody asks for its elements.
    deferred: u8,
    value: OnceLock<Tensor>,
}

/// How deep a chain of structural operations on a constant may be before it
/// is evaluated.
const MAX_DEFERRED: u8 = 4;

#[derive(Debug, Default)]
pub(crate) struct Graph {
    entries: Vec<Entry>,
    index: FxHashMap<Op, Vec<Node>>,
}

impl Graph {
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn entry(&self, node: Node) -> &Entry {
        &self.entries[node.0 as usize]
    }

    pub fn op(&self, node: Node) -> &Op {
        &self.entry(node).op
    }

    pub fn shape(&self, node: Node) -> Shape {
        self.entry(node).shape
    }

    pub fn nodes(&self) -> impl DoubleEndedIterator<Item = Node> + use<> {
        (0..self.entries.len() as u32).map(Node)
    }

    /// Which nodes `outputs` depend on, themselves included.
    pub fn live(&self, outputs: &[Node]) -> Vec<bool> {
        let mut live = vec![false; self.len()];
        for &output in outputs {
            live[output.0 as usize] = true;
        }
        for node in self.nodes().rev() {
            if live[node.0 as usize] {
                self.op(node)
                    .for_each_operand(|x| live[x.0 as usize] = true);
            }
        }
        live
    }

    /// Adds an operation, or finds it where it is already; an operation on
    /// constants alone is evaluated.
    pub fn push(&mut self, op: Op, shape: Shape) -> Node {
        if let Some(same) = self.index.get(&op)
            && let Some(&node) = same.iter().find(|&&node| self.shape(node) == shape)
        {
            return node;
        }
        let leaf = matches!(op, Op::Constant(_) | Op::Parameter(_) | Op::Placeholder(_));
        let (mut constant, mut finite, mut deferred) = (true, true, 0);
        op.for_each_operand(|x| {
            let entry = self.entry(x);
            constant &= entry.constant;
            finite &= entry.finite;
            deferred = deferred.max(entry.deferred);
        });
        match &op {
            Op::Constant(literal) => finite = literal.0.data.iter().all(|x| x.is_finite()),
            Op::Parameter(_) | Op::Placeholder(_) => constant = false,
            Op::Unary(op, _) => finite &= op.keeps_finite(),
            Op::ExtremumMask(..) | Op::OrderMask(..) => finite = true,
            op => finite &= op.is_structural(),
        }
        if constant && !leaf {
            let lazy = matches!(op, Op::Broadcast(_))
                || op.is_structural() && shape.len() > Literal::SMALL;
            if lazy && deferred < MAX_DEFERRED {
                deferred += 1;
            } else {
                let value = self.evaluate(&op, shape);
                let folded = self.push(Op::Constant(Literal(value)), shape);
                self.index.entry(op).or_default().push(folded);
                return folded;
            }
        }
        let node = Node(u32::try_from(self.entries.len()).expect("fewer than 2^32 nodes"));
        self.index.entry(op.clone()).or_default().push(node);
        self.entries.push(Entry {
            op,
            shape,
            constant,
            finite,
            deferred,
            value: OnceLock::new(),
        });
        node
    }

    /// The elements of a node that depends on no parameter.
    pub fn constant_value(&self, node: Node) -> Option<&Tensor> {
        let entry = self.entry(node);
        match &entry.op {
            Op::Constant(literal) => Some(&literal.0),
            op if entry.constant => {
                Some(entry.value.get_or_init(|| self.evaluate(op, entry.shape)))
            }
            _ => None,
        }
    }

    /// The one number a node is made of, if it is constant and uniform.
    pub fn uniform_value(&self, node: Node) -> Option<f64> {
        match self.op(node) {
            Op::Constant(literal) if literal.0.data.len() == 1 => Some(literal.0.data[0]),
            Op::Broadcast(x) if self.shape(*x) == Shape::SCALAR => self.uniform_value(*x),
            _ => None,
        }
    }

    /// The value of an operation whose operands are constant.
    fn evaluate(&self, op: &Op, shape: Shape) -> Tensor {
        let mut values = Vec::new();
        op.for_each_operand(|x| values.extend(self.constant_value(x)));
        let operands: Vec<Operand<'_>> = values
            .iter()
            .map(|tensor| Operand {
                shape: tensor.shape,
                data: &tensor.data,
            })
            .collect();
        let mut out = vec![0.0; shape.len()];
        ops::evaluate(op, shape, &operands, &mut out);
        Tensor::new(shape, out)
    }
}
