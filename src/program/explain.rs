//! A compiled program in words: its steps, what each computes, and what a run
//! of it costs.

use super::compile::{Program, Step};
use super::cpu::{CpuKernel, Fused};
use super::kernel::{Column, Instruction, Kernel};
use std::fmt::{self, Write};

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
                shape, operands, ..
            } => {
                let read: usize = operands.iter().map(|(_, shape)| shape.len()).sum();
                Cost {
                    operations: shape.len().max(read) as u64,
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
        // Writing to a string does not fail.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, f: &mut String) -> fmt::Result {
        for (i, step) in self.steps.iter().enumerate() {
            let Cost { operations, bytes } = step.cost();
            match step {
                Step::Kernel {
                    kernel: CpuKernel { kernel, code, .. },
                    ..
                } => {
                    writeln!(
                        f,
                        "{i}: kernel over {} lanes, {} columns read, {} kept, {} totals, \
                         {} registers; {operations} operations, {bytes} bytes",
                        kernel.lanes,
                        kernel.columns.len(),
                        kernel.stores.len(),
                        kernel.totals.len(),
                        code.registers,
                    )?;
                    for instruction in &code.instructions {
                        writeln!(f, "    {instruction}")?;
                    }
                }
                Step::Scalars(kernel) => writeln!(
                    f,
                    "{i}: {} operations on single numbers; {bytes} bytes",
                    kernel.code.len()
                )?,
                Step::Whole { op, shape, .. } => {
                    let text = format!("{op:?}");
                    let name = text.split(['(', '{']).next().unwrap_or_default();
                    writeln!(
                        f,
                        "{i}: {name} to {shape}; {operations} operations, {bytes} bytes"
                    )?;
                }
                Step::Copy { len, .. } => {
                    writeln!(f, "{i}: copy of {len} numbers; {bytes} bytes")?;
                }
            }
        }
        let Cost { operations, bytes } = self.cost();
        writeln!(f, "in all {operations} operations, {bytes} bytes")
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
            Fused::Pair(inner, outer, [a, b, c], out) => {
                write!(f, "r{out} = {outer:?}({inner:?} {a} {b}) {c}")
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
        }
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
