//! Kernels: what runs over a block of lanes, and its lowering from a group of
//! operations.
//!
//! A tensor of `[N, r, c]` is `r * c` columns of N lanes. Inside a kernel each
//! column is by itself, in a register of one block's length, contiguous in
//! memory, or one number for all lanes; so operations that pick, repeat or
//! transpose columns need no instruction.

use super::builder::{Binary, Node, Reduction, Unary};
use super::compile::Lowering;
use super::graph::{Absorb, Op};
use super::schedule::{KernelKey, Kind, Use};
use super::tensor::Shape;
use rustc_hash::FxHashMap;

/// Where elements lie, and from which of them on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Memory {
    Constant(usize, usize),
    Parameter(usize),
    Buffer(usize, usize),
}

impl Memory {
    pub fn plus(self, offset: usize) -> Self {
        match self {
            Memory::Constant(i, at) => Memory::Constant(i, at + offset),
            Memory::Parameter(at) => Memory::Parameter(at + offset),
            Memory::Buffer(i, at) => Memory::Buffer(i, at + offset),
        }
    }
}

/// A column of a kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Column {
    Register(u32),
    /// An index into the kernel's list of columns in memory.
    Memory(u32),
    /// An index into the kernel's list of numbers.
    Uniform(u32),
}

/// One operation on blocks of columns.
#[derive(Clone, Debug)]
pub(crate) enum Instruction {
    Unary(Unary, Column, u32),
    Binary(Binary, [Column; 2], u32),
    /// Condition, then, otherwise.
    Select([Column; 3], u32),
    /// The sum of the products of pairs.
    Dot(Absorb, Vec<(Column, Column)>, u32),
    /// A reduction of columns to one.
    Fold(Reduction, Vec<Column>, u32),
    /// A reduction over lanes into an accumulator.
    Total(Reduction, Column, u32),
    /// Sums over lanes of the products of each column of the first list with
    /// the one beside it, into accumulators from one on.
    DotTotals(Absorb, Vec<Column>, Column, u32),
    /// A column to be kept, by its number in the list of stores.
    Store(Column, u32),
}

/// A group of operations over the same lanes: what a back end gets to run.
/// Every register is written once, before it is read.
#[derive(Debug)]
pub(crate) struct Kernel {
    pub lanes: usize,
    pub instructions: Vec<Instruction>,
    /// How many registers there are; a back end shares them.
    pub registers: usize,
    /// Columns in memory, by where they start.
    pub columns: Vec<Memory>,
    /// Numbers, constant or read from memory before the kernel runs.
    pub uniforms: Vec<Uniform>,
    /// What is done with each accumulator at the end: its reduction, and where
    /// it goes.
    pub totals: Vec<(Reduction, usize, usize)>,
    /// Where columns are kept: buffer and first element.
    pub stores: Vec<(usize, usize)>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Uniform {
    Constant(f64),
    Memory(Memory),
}

/// Lowers the operations `members`, in their order, to a kernel.
pub(crate) fn lower(context: &mut Lowering<'_>, key: KernelKey, members: &[Node]) -> Kernel {
    let mut lower = Lower {
        context,
        key,
        columns: FxHashMap::default(),
        memory: FxHashMap::default(),
        uniforms: FxHashMap::default(),
        constants: FxHashMap::default(),
        registers: 0,
        kernel: Kernel {
            lanes: key.1,
            instructions: Vec::new(),
            registers: 0,
            columns: Vec::new(),
            uniforms: Vec::new(),
            totals: Vec::new(),
            stores: Vec::new(),
        },
    };
    for &node in members {
        lower.member(node);
    }
    let registers = lower.registers as usize;
    let mut kernel = lower.kernel;
    kernel.registers = registers;
    kernel
}

struct Lower<'a, 'b> {
    context: &'a mut Lowering<'b>,
    key: KernelKey,
    /// The columns of the nodes computed here.
    columns: FxHashMap<Node, Vec<Column>>,
    memory: FxHashMap<Memory, u32>,
    uniforms: FxHashMap<Memory, u32>,
    constants: FxHashMap<u64, u32>,
    registers: u32,
    kernel: Kernel,
}

impl Lower<'_, '_> {
    fn shape(&self, node: Node) -> Shape {
        self.context.graph.shape(node)
    }

    fn register(&mut self) -> u32 {
        self.registers += 1;
        self.registers - 1
    }

    fn constant(&mut self, x: f64) -> Column {
        let list = &mut self.kernel.uniforms;
        Column::Uniform(*self.constants.entry(x.to_bits()).or_insert_with(|| {
            list.push(Uniform::Constant(x));
            list.len() as u32 - 1
        }))
    }

    /// One column, or one number, of a tensor in memory.
    fn in_memory(&mut self, at: Memory, lanes: usize) -> Column {
        if lanes > 1 {
            let list = &mut self.kernel.columns;
            return Column::Memory(*self.memory.entry(at).or_insert_with(|| {
                list.push(at);
                list.len() as u32 - 1
            }));
        }
        if let Some(x) = self.context.constant_at(at) {
            return self.constant(x);
        }
        let list = &mut self.kernel.uniforms;
        Column::Uniform(*self.uniforms.entry(at).or_insert_with(|| {
            list.push(Uniform::Memory(at));
            list.len() as u32 - 1
        }))
    }

    /// The columns of an operand, in storage order.
    fn operand(&mut self, node: Node) -> Vec<Column> {
        if let Some(columns) = self.columns.get(&node) {
            return columns.clone();
        }
        let shape = self.shape(node);
        let lanes = shape.lanes;
        let cells = shape.rows * shape.cols;
        if self.context.schedule.kind(node) != Kind::Alias {
            let at = self.context.memory(node);
            return (0..cells)
                .map(|cell| self.in_memory(at.plus(cell * lanes), lanes))
                .collect();
        }
        let mut uses = Vec::new();
        let limits = self.context.schedule.limits;
        limits.alias_uses(self.context.graph, node, |x, by| uses.push((x, by)));
        let op = self.context.graph.op(node).clone();
        if let Op::View(x, offset) = op {
            let start = offset / lanes;
            return match uses[0].1 {
                Use::Columns => self.operand(x)[start..start + cells].to_vec(),
                Use::Memory => {
                    let at = self.context.memory(x).plus(offset);
                    (0..cells)
                        .map(|cell| self.in_memory(at.plus(cell * lanes), lanes))
                        .collect()
                }
            };
        }
        let mut columns = Vec::with_capacity(cells);
        for (x, by) in uses {
            match by {
                Use::Columns => columns.extend(self.operand(x)),
                Use::Memory => {
                    let at = self.context.memory(x);
                    for cell in 0..self.shape(x).len() / lanes {
                        columns.push(self.in_memory(at.plus(cell * lanes), lanes));
                    }
                }
            }
        }
        match op {
            Op::Concat(_) => columns,
            Op::Broadcast(x) => self.spread(&columns, self.shape(x), shape),
            Op::Transpose(x) => {
                let from = self.shape(x);
                (0..cells)
                    .map(|cell| {
                        let (row, col) = (cell % shape.rows, cell / shape.rows);
                        columns[row * from.rows + col]
                    })
                    .collect()
            }
            Op::Gather(_, indices) => indices
                .iter()
                .map(|&index| match index {
                    u32::MAX => self.constant(0.0),
                    index => columns[index as usize],
                })
                .collect(),
            _ => unreachable!("an alias moves elements"),
        }
    }

    /// The columns of a tensor of `from` repeated to the cells of `to`.
    fn spread(&self, columns: &[Column], from: Shape, to: Shape) -> Vec<Column> {
        (0..to.cols)
            .flat_map(|col| (0..to.rows).map(move |row| (row, col)))
            .map(|(row, col)| {
                let row = if from.rows == 1 { 0 } else { row };
                let col = if from.cols == 1 { 0 } else { col };
                columns[col * from.rows + row]
            })
            .collect()
    }

    /// The columns of an elementwise operand for a result of `shape`.
    fn repeated(&mut self, node: Node, shape: Shape) -> Vec<Column> {
        let columns = self.operand(node);
        self.spread(&columns, self.shape(node), shape)
    }

    /// Adds an instruction for each column of a result.
    fn each(&mut self, count: usize, make: impl Fn(usize, u32) -> Instruction) -> Vec<Column> {
        (0..count)
            .map(|i| {
                let register = self.register();
                self.kernel.instructions.push(make(i, register));
                Column::Register(register)
            })
            .collect()
    }

    fn member(&mut self, node: Node) {
        let shape = self.shape(node);
        let cells = shape.rows * shape.cols;
        let columns = match self.context.graph.op(node).clone() {
            Op::Unary(op, x) => {
                let x = self.operand(x);
                self.each(cells, |i, out| Instruction::Unary(op, x[i], out))
            }
            Op::Binary(..) if self.context.is_factored(node) => return,
            Op::Binary(op, a, b) => {
                let (a, b) = (self.repeated(a, shape), self.repeated(b, shape));
                self.each(cells, |i, out| Instruction::Binary(op, [a[i], b[i]], out))
            }
            Op::Select(c, t, o) => {
                let [c, t, o] = [c, t, o].map(|x| self.repeated(x, shape));
                self.each(cells, |i, out| Instruction::Select([c[i], t[i], o[i]], out))
            }
            Op::Matmul(absorb, a, b) => {
                let (sa, sb) = (self.shape(a), self.shape(b));
                let (a, b) = (self.operand(a), self.operand(b));
                self.each(cells, |i, out| {
                    let (row, col) = (i % shape.rows, i / shape.rows);
                    let pairs = (0..sa.cols)
                        .map(|k| (a[k * sa.rows + row], b[col * sb.rows + k]))
                        .collect();
                    Instruction::Dot(absorb, pairs, out)
                })
            }
            Op::Reduce(op, axes, x) if !axes.lanes => {
                let from = self.shape(x);
                let x = self.operand(x);
                let groups = groups(from, shape);
                self.each(cells, |i, out| {
                    let group = groups[i].iter().map(|&cell| x[cell]).collect();
                    Instruction::Fold(op, group, out)
                })
            }
            Op::Reduce(op, _, x) => return self.total(node, op, x),
            Op::Gram(absorb, a, b) => return self.gram(node, absorb, a, b),
            op => unreachable!("{op:?} does not run in a kernel"),
        };
        if self.context.schedule.needs_memory(node) {
            let lanes = shape.lanes;
            let buffer = self.context.buffer(node);
            for (i, &column) in columns.iter().enumerate() {
                let store = self.kernel.stores.len() as u32;
                self.kernel.stores.push((buffer, i * lanes));
                self.kernel
                    .instructions
                    .push(Instruction::Store(column, store));
            }
        }
        self.columns.insert(node, columns);
    }

    /// A reduction over lanes, and over cells with them.
    fn total(&mut self, node: Node, op: Reduction, x: Node) {
        let from = self.shape(x);
        let to = self.shape(node);
        let first = self.accumulators(node, op);
        let groups = groups(from, to);
        if self.context.is_factored(x)
            && let &Op::Binary(product, a, b) = self.context.graph.op(x)
        {
            let absorb = match product {
                Binary::AbsorbingMul => Absorb::Left,
                _ => Absorb::None,
            };
            let (a, b) = (self.repeated(a, from), self.repeated(b, from));
            for (i, group) in groups.iter().enumerate() {
                for &cell in group {
                    self.kernel.instructions.push(Instruction::DotTotals(
                        absorb,
                        vec![a[cell]],
                        b[cell],
                        first + i as u32,
                    ));
                }
            }
            return;
        }
        let x = self.operand(x);
        for (i, group) in groups.iter().enumerate() {
            for &cell in group {
                self.kernel
                    .instructions
                    .push(Instruction::Total(op, x[cell], first + i as u32));
            }
        }
    }

    fn gram(&mut self, node: Node, absorb: Absorb, a: Node, b: Node) {
        let (sa, sb) = (self.shape(a), self.shape(b));
        let (a, b) = (self.operand(a), self.operand(b));
        let first = self.accumulators(node, Reduction::Sum);
        for col in 0..sb.cols {
            for row in 0..sa.rows {
                let left = (0..sa.cols).map(|k| a[k * sa.rows + row]).collect();
                self.kernel.instructions.push(Instruction::DotTotals(
                    absorb,
                    left,
                    b[col * sb.rows + row],
                    first + (col * sa.cols) as u32,
                ));
            }
        }
    }

    /// An accumulator for each element of a node; the first of them.
    fn accumulators(&mut self, node: Node, op: Reduction) -> u32 {
        let first = self.kernel.totals.len() as u32;
        let buffer = self.context.buffer(node);
        for i in 0..self.shape(node).len() {
            self.kernel.totals.push((op, buffer, i));
        }
        debug_assert_eq!(self.key.1, self.kernel.lanes);
        first
    }
}

/// For each cell of `to` the cells of `from` that are reduced to it.
fn groups(from: Shape, to: Shape) -> Vec<Vec<usize>> {
    let mut groups = vec![Vec::new(); to.rows * to.cols];
    for col in 0..from.cols {
        for row in 0..from.rows {
            let target =
                if to.cols == 1 { 0 } else { col } * to.rows + if to.rows == 1 { 0 } else { row };
            groups[target].push(col * from.rows + row);
        }
    }
    groups
}

impl Instruction {
    pub fn output(&self) -> Option<u32> {
        match self {
            Instruction::Unary(_, _, out)
            | Instruction::Binary(_, _, out)
            | Instruction::Select(_, out)
            | Instruction::Dot(_, _, out)
            | Instruction::Fold(_, _, out) => Some(*out),
            Instruction::Total(..) | Instruction::DotTotals(..) | Instruction::Store(..) => None,
        }
    }

    pub fn for_each_column(&mut self, mut visit: impl FnMut(&mut Column)) {
        match self {
            Instruction::Unary(_, x, _)
            | Instruction::Total(_, x, _)
            | Instruction::Store(x, _) => visit(x),
            Instruction::Binary(_, xs, _) => xs.iter_mut().for_each(visit),
            Instruction::Select(xs, _) => xs.iter_mut().for_each(visit),
            Instruction::Dot(_, pairs, _) => {
                for (a, b) in pairs {
                    visit(a);
                    visit(b);
                }
            }
            Instruction::Fold(_, xs, _) => xs.iter_mut().for_each(visit),
            Instruction::DotTotals(_, xs, y, _) => {
                xs.iter_mut().for_each(&mut visit);
                visit(y);
            }
        }
    }

    pub fn output_mut(&mut self) -> Option<&mut u32> {
        match self {
            Instruction::Unary(_, _, out)
            | Instruction::Binary(_, _, out)
            | Instruction::Select(_, out)
            | Instruction::Dot(_, _, out)
            | Instruction::Fold(_, _, out) => Some(out),
            Instruction::Total(..) | Instruction::DotTotals(..) | Instruction::Store(..) => None,
        }
    }
}
