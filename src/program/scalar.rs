//! Kernels of single numbers: a table of them, and operations on its places.

use super::builder::{Binary, Node, Unary};
use super::compile::Lowering;
use super::cpu::Sources;
use super::graph::Op;
use super::kernel::Memory;
use super::ops::elementwise::select;
use super::schedule::Kind;
use rustc_hash::FxHashMap;

/// Operations on single numbers, in order.
#[derive(Debug, Default)]
pub(crate) struct ScalarKernel {
    /// The table before a run: constants, and zeros.
    pub(crate) initial: Vec<f64>,
    /// What is read into the table first.
    pub(crate) loads: Vec<(u32, Memory)>,
    pub(crate) code: Vec<(ScalarOp, u32)>,
    /// Place in the table, stored tensor.
    pub(crate) stores: Vec<(u32, usize)>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum ScalarOp {
    Unary(Unary, u32),
    Binary(Binary, u32, u32),
    Select(u32, u32, u32),
}

impl ScalarKernel {
    /// A table for runs.
    pub fn table(&self) -> Vec<f64> {
        self.initial.clone()
    }

    pub fn load(&self, table: &mut [f64], sources: Sources<'_>) {
        for &(place, from) in &self.loads {
            table[place as usize] = sources.slice(from, 0, 1)[0];
        }
    }

    pub fn compute(&self, table: &mut [f64]) {
        for &(op, out) in &self.code {
            table[out as usize] = op.apply(table);
        }
    }
}

impl ScalarOp {
    #[inline(always)]
    pub fn apply(self, table: &[f64]) -> f64 {
        let at = |i: u32| table[i as usize];
        match self {
            // The commonest are told apart here, in one jump.
            ScalarOp::Binary(Binary::Add, a, b) => at(a) + at(b),
            ScalarOp::Binary(Binary::Sub, a, b) => at(a) - at(b),
            ScalarOp::Binary(Binary::Mul, a, b) => at(a) * at(b),
            ScalarOp::Unary(op, x) => op.apply(at(x)),
            ScalarOp::Binary(op, a, b) => op.apply(at(a), at(b)),
            ScalarOp::Select(c, t, o) => select(at(c), at(t), at(o)),
        }
    }
}

/// Lowers the operations `members`, in their order.
pub(crate) fn lower(context: &mut Lowering<'_>, members: &[Node]) -> ScalarKernel {
    let mut kernel = ScalarKernel::default();
    let mut places: FxHashMap<Node, u32> = FxHashMap::default();
    for &node in members {
        let op = context.graph.op(node);
        let mut place = |x: Node| operand(context, &mut kernel, &mut places, x);
        let op = match *op {
            Op::Unary(op, x) => ScalarOp::Unary(op, place(x)),
            Op::Binary(op, a, b) => ScalarOp::Binary(op, place(a), place(b)),
            Op::Select(c, t, o) => ScalarOp::Select(place(c), place(t), place(o)),
            ref op => unreachable!("{op:?} is no operation on single numbers"),
        };
        let out = kernel.initial.len() as u32;
        kernel.initial.push(0.0);
        kernel.code.push((op, out));
        places.insert(node, out);
        if context.schedule.needs_memory(node) {
            let buffer = context.buffer(node);
            kernel.stores.push((out, buffer));
        }
    }
    kernel
}

/// The place of an operand in the table.
fn operand(
    context: &mut Lowering<'_>,
    kernel: &mut ScalarKernel,
    places: &mut FxHashMap<Node, u32>,
    node: Node,
) -> u32 {
    if let Some(&place) = places.get(&node) {
        return place;
    }
    let from = context.memory(node);
    let place = kernel.initial.len() as u32;
    match context.constant_at(from) {
        Some(x) => kernel.initial.push(x),
        None => {
            kernel.initial.push(0.0);
            kernel.loads.push((place, from));
        }
    }
    debug_assert!(context.schedule.kind(node) != Kind::Dead);
    places.insert(node, place);
    place
}
