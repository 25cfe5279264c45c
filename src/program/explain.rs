//! A compiled program in words: its steps, what each computes, and what a run
//! of it costs; and what the parts of a builder's graph became in it.

use super::builder::{Axes, Builder, Node, Reduction};
use super::compile::{Program, Step};
use super::cpu::{Compiled, CpuKernel, Fused};
use super::graph::Op;
use super::kernel::{Column, Instruction, Kernel};
use super::tensor::{Shape, Tensor};
use rustc_hash::{FxHashMap, FxHashSet};
use std::fmt::{self, Write};
use std::time::{Duration, Instant};

/// What a run of a step costs: operations on numbers (a function call counts
/// as one), and bytes read and written in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    pub operations: u64,
    pub bytes: u64,
}

impl std::ops::AddAssign for Cost {
    fn add_assign(&mut self, other: Cost) {
        self.operations += other.operations;
        self.bytes += other.bytes;
    }
}

impl Step {
    fn cost(&self) -> Cost {
        let numbers = |n: usize| 8 * n as u64;
        match self {
            Step::Kernel { kernel, .. } => kernel_cost(&kernel.kernel),
            Step::Scalars(kernel) => Cost {
                operations: kernel.code.len() as u64,
                bytes: numbers(3 * kernel.code.len()),
            },
            Step::Whole {
                op,
                shape,
                operands,
                ..
            } => {
                let operands: Vec<Shape> = operands.iter().map(|&(_, shape)| shape).collect();
                let read: usize = operands.iter().map(|shape| shape.len()).sum();
                Cost {
                    operations: operations(op, *shape, &operands),
                    bytes: numbers(read + shape.len()),
                }
            }
            Step::Copy { len, .. } => Cost {
                operations: 0,
                bytes: numbers(2 * len),
            },
        }
    }
}

/// The operations on numbers that an operation of the graph is: what only moves
/// numbers has none.
fn operations(op: &Op, shape: Shape, operands: &[Shape]) -> u64 {
    let len = shape.len();
    let count = match op {
        Op::Constant(_)
        | Op::Parameter(_)
        | Op::Placeholder(_)
        | Op::Transpose(_)
        | Op::View(..)
        | Op::Concat(_)
        | Op::Broadcast(_)
        | Op::Gather(..)
        | Op::Window(..) => 0,
        Op::Unary(..) | Op::Binary(..) | Op::Select(..) => len,
        Op::Reduce(..)
        | Op::ExtremumMask(..)
        | Op::OtherProduct(..)
        | Op::Scatter(..)
        | Op::WindowScatter(..)
        | Op::OrderStatistic(..)
        | Op::OrderMask(..) => len.max(operands[0].len()),
        Op::Matmul(..) => 2 * len * operands[0].cols,
        Op::Gram(..) => 2 * len * operands[0].lanes * operands[0].rows,
        Op::Inverse(_) | Op::Determinant(_) | Op::Cofactor(_) => {
            2 * operands[0].len() * operands[0].rows
        }
        Op::Scan(body, _) => return body.operations(),
    };
    count as u64
}

fn kernel_cost(kernel: &Kernel) -> Cost {
    let operations: usize = kernel
        .instructions
        .iter()
        .map(|instruction| match instruction {
            Instruction::Dot(_, pairs, _) => 2 * pairs.len(),
            Instruction::Fold(_, columns, _) => columns.len(),
            Instruction::DotTotals(_, columns, _, _) => 2 * columns.len(),
            Instruction::Store(..) => 0,
            _ => 1,
        })
        .sum();
    let columns = kernel.columns.len() + kernel.stores.len();
    Cost {
        operations: (operations * kernel.lanes) as u64,
        bytes: 8 * (columns * kernel.lanes) as u64,
    }
}

impl Program {
    /// What a run costs: every kernel goes through its columns once.
    pub fn cost(&self) -> Cost {
        let mut total = Cost::default();
        for step in &self.steps {
            total += step.cost();
        }
        total
    }

    /// The steps of the program, one paragraph each.
    pub fn explain(&self) -> String {
        let mut text = String::new();
        for (i, step) in self.steps.iter().enumerate() {
            let Cost { operations, bytes } = step.cost();
            let _ = writeln!(text, "{i}: {step}; {operations} operations, {bytes} bytes");
            for line in step.instructions() {
                let _ = writeln!(text, "    {line}");
            }
        }
        let Cost { operations, bytes } = self.cost();
        // Writing to a string does not fail.
        let _ = writeln!(text, "in all {operations} operations, {bytes} bytes");
        text
    }

    /// Each step with the time it takes at `parameters`, and the time to expect
    /// of this machine: that of its operations at the rate of matrix products
    /// in the cache, or that of reading its bytes, whichever is longer.
    pub fn measure(&self, parameters: &[f64]) -> Vec<MeasuredStep> {
        let mut workspace = self.workspace();
        self.run(&mut workspace, parameters);
        let product = product_of_matrices();
        let rate = product.cost().operations as f64 / shortest(&product).as_secs_f64();
        // Many steps of a program read as much as others.
        let mut readings: FxHashMap<u64, f64> = FxHashMap::default();
        let step = |(i, step): (usize, &Step)| {
            let cost = step.cost();
            let columns = || sum_of_lanes(cost.bytes as usize / 8);
            let reading = *readings
                .entry(cost.bytes)
                .or_insert_with(|| shortest(&columns()).as_secs_f64());
            let time = best_of(|| self.run_step(i, &mut workspace, parameters));
            MeasuredStep {
                what: step.to_string(),
                instructions: step.instructions(),
                cost,
                expected: (cost.operations as f64 / rate).max(reading),
                measured: time.as_secs_f64(),
            }
        };
        self.steps.iter().enumerate().map(step).collect()
    }

    /// The steps that compute `nodes`.
    fn steps_of(&self, nodes: &[Node]) -> Vec<usize> {
        let place = |node: &Node| {
            let found = self.places.binary_search_by_key(node, |&(node, _)| node);
            found.ok().map(|i| self.places[i].1)
        };
        let mut steps: Vec<usize> = nodes.iter().filter_map(place).collect();
        steps.sort_unstable();
        steps.dedup();
        steps
    }

    /// What computes each of `of` became in this program, which was made from
    /// `builder`. What a node shares with earlier ones counts with those.
    pub fn parts(&self, builder: &Builder, of: &[Node]) -> Vec<Part> {
        let mut seen = FxHashSet::default();
        of.iter()
            .map(|&node| builder.part(node, &mut seen, self))
            .collect()
    }
}

/// A step of a program and the seconds it takes.
#[derive(Clone, Debug)]
pub struct MeasuredStep {
    pub what: String,
    /// Of a fused kernel: its instructions.
    pub instructions: Vec<String>,
    pub cost: Cost,
    pub expected: f64,
    pub measured: f64,
}

/// What computes a node: from the leaves, or from nodes described before.
#[derive(Clone, Debug)]
pub struct Part {
    /// Map, matrix product, reduction, gather, scan: each once.
    pub kinds: Vec<&'static str>,
    pub shape: Shape,
    pub cost: Cost,
    /// The steps of the program that do it.
    pub steps: Vec<usize>,
}

impl Builder {
    fn part(&self, of: Node, seen: &mut FxHashSet<Node>, program: &Program) -> Part {
        let mut part = Part {
            kinds: Vec::new(),
            shape: self.shape(of),
            cost: Cost::default(),
            steps: Vec::new(),
        };
        let mut nodes = Vec::new();
        let mut waiting = vec![of];
        while let Some(node) = waiting.pop() {
            if !seen.insert(node) {
                continue;
            }
            let entry = self.graph.entry(node);
            if entry.constant || matches!(entry.op, Op::Parameter(_)) {
                // Others read it too.
                seen.remove(&node);
                if self.graph.uniform_value(node).is_none() {
                    part.cost.bytes += 8 * entry.shape.len() as u64;
                }
                continue;
            }
            nodes.push(node);
            let mut operands = Vec::new();
            entry.op.for_each_operand(|x| {
                waiting.push(x);
                operands.push(self.shape(x));
            });
            part.cost.operations += operations(&entry.op, entry.shape, &operands);
            let kind = match &entry.op {
                Op::Unary(..) | Op::Binary(..) | Op::Select(..) => "map",
                Op::Matmul(..) | Op::Gram(..) => "matrix product",
                Op::Reduce(..) | Op::OrderStatistic(..) => "reduction",
                Op::Gather(..) | Op::Window(..) => "gather",
                Op::Scan(..) => "scan",
                Op::Inverse(_) | Op::Determinant(_) | Op::Cofactor(_) => "linear algebra",
                _ => continue,
            };
            if !part.kinds.contains(&kind) {
                part.kinds.push(kind);
            }
        }
        part.steps = program.steps_of(&nodes);
        part
    }
}

/// A matrix product that stays in the first-level cache, to measure by.
fn product_of_matrices() -> Program {
    let mut b = Builder::new();
    let lanes: Vec<f64> = (0..256 * 8).map(|i| f64::from(i % 17)).collect();
    let x = b.constant(Tensor::new(Shape::new(256, 1, 8), lanes));
    let w = b.parameter(Shape::new(1, 8, 4));
    let outputs = b.matmul(x, w).map(|product| vec![product]);
    Program::new(&b, &outputs.unwrap_or_default())
}

/// Reads so many numbers once.
fn sum_of_lanes(count: usize) -> Program {
    let count = count.max(2);
    let mut b = Builder::new();
    let lanes: Vec<f64> = (0..count).map(|i| (i % 17) as f64).collect();
    let x = b.constant(Tensor::new(Shape::new(count, 1, 1), lanes));
    let w = b.parameter(Shape::SCALAR);
    let outputs = b.binary(super::Binary::Mul, x, w).map(|products| {
        let total = b.reduce(Reduction::Sum, Axes::ALL, products);
        vec![total]
    });
    Program::new(&b, &outputs.unwrap_or_default())
}

fn shortest(program: &Program) -> Duration {
    let mut workspace = program.workspace();
    let parameters = vec![1.5; program.parameter_len()];
    best_of(|| program.run(&mut workspace, &parameters))
}

/// The shortest of some runs.
fn best_of(mut run: impl FnMut()) -> Duration {
    let begin = Instant::now();
    let mut best = Duration::MAX;
    let mut runs = 0;
    while runs < 5 || runs < 1000 && begin.elapsed() < Duration::from_millis(50) {
        let start = Instant::now();
        run();
        best = best.min(start.elapsed());
        runs += 1;
    }
    best
}

impl Step {
    fn instructions(&self) -> Vec<String> {
        match self {
            Step::Kernel { kernel, .. } => {
                let mut lines = Vec::new();
                for instruction in &kernel.code.instructions {
                    if let Fused::Compiled(compiled) = instruction {
                        lines.push(compiled.to_string());
                        let inner = compiled.instructions.iter();
                        lines.extend(inner.map(|instruction| format!("    {instruction}")));
                    } else {
                        lines.push(instruction.to_string());
                    }
                }
                lines
            }
            _ => Vec::new(),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Kernel { kernel, .. } => {
                let CpuKernel { kernel, code, .. } = &**kernel;
                write!(
                    f,
                    "kernel over {} lanes, {} columns read, {} kept, {} totals, {} registers",
                    kernel.lanes,
                    kernel.columns.len(),
                    kernel.stores.len(),
                    kernel.totals.len(),
                    code.registers,
                )
            }
            Step::Scalars(kernel) => {
                write!(f, "{} operations on single numbers", kernel.code.len())
            }
            Step::Whole { op, shape, .. } => {
                let text = format!("{op:?}");
                let name = text.split(['(', '{']).next().unwrap_or_default();
                write!(f, "{name} to {shape}")
            }
            Step::Copy { len, .. } => write!(f, "copy of {len} numbers"),
        }
    }
}

impl fmt::Display for Instruction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Instruction::Unary(op, x, out) => write!(f, "r{out} = {op:?} {x}"),
            Instruction::Binary(op, [a, b], out) => write!(f, "r{out} = {op:?} {a} {b}"),
            Instruction::Select([c, t, o], out) => write!(f, "r{out} = Select {c} {t} {o}"),
            Instruction::Dot(_, pairs, out) => {
                write!(f, "r{out} = Dot")?;
                pairs.iter().try_for_each(|(a, b)| write!(f, " {a}*{b}"))
            }
            Instruction::Fold(op, columns, out) => {
                write!(f, "r{out} = {op:?}")?;
                columns.iter().try_for_each(|x| write!(f, " {x}"))
            }
            Instruction::Total(op, x, at) => write!(f, "total {at} = {op:?} {x}"),
            Instruction::DotTotals(_, columns, y, at) => {
                write!(f, "totals from {at} = {y} times")?;
                columns.iter().try_for_each(|x| write!(f, " {x}"))
            }
            Instruction::Store(x, store) => write!(f, "column {store} = {x}"),
        }
    }
}

impl fmt::Display for Fused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, columns: &[Column]| {
            columns.iter().try_for_each(|x| write!(f, " {x}"))
        };
        match self {
            Fused::Plain(instruction) => write!(f, "{instruction}"),
            Fused::Where(compare, [a, b, t, o], out) => {
                write!(f, "r{out} = Select({compare:?} {a} {b}) {t} {o}")
            }
            Fused::Products {
                columns, results, ..
            } => {
                let names: Vec<String> = results.iter().map(|r| format!("r{r}")).collect();
                write!(f, "{} = products of", names.join(", "))?;
                list(f, columns)?;
                write!(f, " with {} weights", columns.len() * results.len())
            }
            Fused::Totals {
                columns,
                factors,
                sums,
                ..
            } => {
                write!(f, "totals {sums:?} of")?;
                list(f, columns)?;
                write!(f, " times")?;
                list(f, factors)
            }
            Fused::Compiled(compiled) => write!(f, "{compiled}"),
        }
    }
}

impl fmt::Display for Compiled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = self.function.size();
        write!(f, "in one loop, {size} bytes of machine code:")
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Column::Register(i) => write!(f, "r{i}"),
            Column::Memory(i) => write!(f, "m{i}"),
            Column::Uniform(i) => write!(f, "u{i}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_and_its_step_count_the_same_operations() {
        let (size, rows) = (Shape::new(1, 3, 3), Shape::new(1, 3, 40));
        type Make = fn(&mut Builder, Node, Node) -> Option<Node>;
        let cases: [(Make, u64); 3] = [
            (|b, x, _| b.inverse(x).ok(), 2 * 27),
            (|b, x, _| b.determinant(x).ok(), 2 * 27),
            (|b, x, y| b.matmul(x, y).ok(), 2 * 3 * 3 * 40),
        ];
        for (make, operations) in cases {
            let mut b = Builder::new();
            let (x, y) = (b.parameter(size), b.parameter(rows));
            let node = make(&mut b, x, y).unwrap();
            let program = Program::new(&b, &[node]);
            let part = &program.parts(&b, &[node])[0];
            let text = program.explain();
            assert_eq!(part.cost.operations, operations, "{text}");
            assert_eq!(program.cost().operations, operations, "{text}");
        }
    }
}
