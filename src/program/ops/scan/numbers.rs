//! Recurrences of single numbers: a step is a few operations on a table, so
//! short that a run of the body's program would cost more than they do.

use super::ScanBody;
use crate::program::builder::Binary;
use crate::program::compile::Single;
use crate::program::kernel::Memory;
use crate::program::ops::Operand;
use crate::program::scalar::{ScalarKernel, ScalarOp};

#[derive(Debug)]
pub(super) struct Numbers {
    /// Constants and what is loaded, then the results of operations.
    table: Vec<f64>,
    /// Place in the table and parameter: of what is the same at every step.
    fixed: Vec<(u32, usize)>,
    /// Place in the table and state.
    states: Vec<(u32, usize)>,
    /// Place in the table, sequence, element of it.
    elements: Vec<(u32, usize, usize)>,
    code: Vec<(Joined, u32)>,
    /// Where each state is found after a step.
    next: Vec<u32>,
    /// Some state becomes what one was before the step.
    exchanges: bool,
}

/// One operation, or two of arithmetic in a row, the first of which nobody else
/// needs: each saves a way through memory.
#[derive(Clone, Copy, Debug)]
enum Joined {
    One(ScalarOp),
    /// `second(first(a, b), c)`, or `second(c, first(a, b))` where `after`.
    Two {
        first: Binary,
        second: Binary,
        operands: [u32; 3],
        after: bool,
    },
}

impl Numbers {
    pub fn new(body: &ScanBody) -> Option<Self> {
        let (kernel, singles) = body.program.single_numbers()?;
        let mut table = kernel.table();
        let mut loads = Vec::new();
        for &(place, from) in &kernel.loads {
            let Memory::Parameter(at) = from else {
                return None;
            };
            loads.push((place, at));
        }
        let mut next = Vec::new();
        for single in singles {
            let (x, at) = match single {
                Single::Table(place) => {
                    next.push(place);
                    continue;
                }
                Single::Parameter(at) => (0.0, Some(at)),
                Single::Number(x) => (x, None),
            };
            let place = table.len() as u32;
            table.push(x);
            loads.extend(at.map(|at| (place, at)));
            next.push(place);
        }
        let code = joined(kernel, &next, table.len());
        let mut numbers = Self {
            table,
            fixed: Vec::new(),
            states: Vec::new(),
            elements: Vec::new(),
            code,
            next,
            exchanges: false,
        };
        // Parameters are states, elements of sequences, uniforms.
        let states = body.state_len();
        let mut elements = Vec::new();
        for (sequence, shape) in body.sequences.iter().enumerate() {
            elements.extend((0..shape.len()).map(|element| (sequence, element)));
        }
        for (place, at) in loads {
            match at.checked_sub(states).map(|at| elements.get(at)) {
                None => numbers.states.push((place, at)),
                Some(Some(&(sequence, element))) => {
                    numbers.elements.push((place, sequence, element));
                }
                Some(None) => numbers.fixed.push((place, at)),
            }
        }
        numbers.exchanges = numbers
            .states
            .iter()
            .any(|(place, _)| numbers.next.contains(place));
        Some(numbers)
    }

    /// Takes the steps in `order`; `parameters` holds the first states and the
    /// uniforms, `out` gets a column of each state.
    pub fn run(
        &mut self,
        parameters: &[f64],
        sequences: &[Operand<'_>],
        order: impl ExactSizeIterator<Item = usize>,
        out: &mut [f64],
    ) {
        let steps = order.len();
        let table = &mut self.table[..];
        for &(place, at) in self.fixed.iter().chain(&self.states) {
            table[place as usize] = parameters[at];
        }
        for step in order {
            for &(place, sequence, element) in &self.elements {
                table[place as usize] = sequences[sequence].data[element * steps + step];
            }
            for &(op, to) in &self.code {
                table[to as usize] = op.apply(table);
            }
            for (&from, column) in self.next.iter().zip(out.chunks_exact_mut(steps)) {
                column[step] = table[from as usize];
            }
            for &(place, state) in &self.states {
                table[place as usize] = if self.exchanges {
                    out[state * steps + step]
                } else {
                    table[self.next[state] as usize]
                };
            }
        }
    }
}

impl Joined {
    #[inline(always)]
    fn apply(self, table: &[f64]) -> f64 {
        match self {
            Joined::One(op) => op.apply(table),
            Joined::Two {
                first,
                second,
                operands,
                after,
            } => {
                let [a, b, c] = operands.map(|place| table[place as usize]);
                let inner = arithmetic(first, a, b);
                if after {
                    arithmetic(second, c, inner)
                } else {
                    arithmetic(second, inner, c)
                }
            }
        }
    }
}

/// Whether two operations may be joined, which [`arithmetic`] computes.
fn is_arithmetic(op: Binary) -> bool {
    matches!(
        op,
        Binary::Add | Binary::Sub | Binary::Mul | Binary::AbsorbingMul
    )
}

#[inline(always)]
fn arithmetic(op: Binary, a: f64, b: f64) -> f64 {
    match op {
        Binary::Add => a + b,
        Binary::Sub => a - b,
        Binary::Mul => a * b,
        op => op.apply(a, b),
    }
}

/// The operations of a kernel, joined; results in `kept` are needed afterwards.
fn joined(kernel: &ScalarKernel, kept: &[u32], places: usize) -> Vec<(Joined, u32)> {
    let mut uses = vec![0; places];
    let mut made = vec![None; places];
    for (i, &(op, to)) in kernel.code.iter().enumerate() {
        op.for_each_operand(|place| uses[place as usize] += 1);
        made[to as usize] = Some(i);
    }
    for &place in kept {
        uses[place as usize] += 1;
    }
    let mut code: Vec<Option<(Joined, u32)>> = Vec::with_capacity(kernel.code.len());
    for &(op, to) in &kernel.code {
        let mut join = None;
        if let ScalarOp::Binary(second, x, y) = op
            && is_arithmetic(second)
        {
            for (inner, c, after) in [(x, y, false), (y, x, true)] {
                if join.is_none()
                    && uses[inner as usize] == 1
                    && let Some(i) = made[inner as usize]
                    && let Some((Joined::One(ScalarOp::Binary(first, a, b)), _)) = code[i]
                    && is_arithmetic(first)
                {
                    code[i] = None;
                    join = Some(Joined::Two {
                        first,
                        second,
                        operands: [a, b, c],
                        after,
                    });
                }
            }
        }
        code.push(Some((join.unwrap_or(Joined::One(op)), to)));
    }
    code.into_iter().flatten().collect()
}
