//! Recurrences of single numbers: a step is a few operations on a table, so
//! short that a run of the body's program would cost more than they do.

use super::ScanBody;
use crate::program::compile::Single;
use crate::program::kernel::Memory;
use crate::program::native::{self, Arguments, Function, Operand as Vector, Target, Tile};
use crate::program::ops::Operand;
use crate::program::scalar::ScalarOp;

/// With fewer, machine code saves too little, however often it runs.
const FEWEST_STEPS: usize = 32;

/// The most sequences and states of machine code.
const MOST_COLUMNS: usize = 32;

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
    code: Vec<(ScalarOp, u32)>,
    /// Where each state is found after a step.
    next: Vec<u32>,
    /// Some state becomes what one was before the step.
    exchanges: bool,
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
        let mut numbers = Self {
            table,
            fixed: Vec::new(),
            states: Vec::new(),
            elements: Vec::new(),
            code: kernel.code.clone(),
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

    /// The step as lines of a tile, if it has such operations alone.
    fn compile(&self, reverse: bool) -> Option<Function> {
        if self.elements.len() + self.next.len() > MOST_COLUMNS {
            return None;
        }
        let mut tile = Tile::default();
        let mut operands: Vec<Vector> = (0..self.table.len() as u32).map(Vector::Number).collect();
        for (state, &(place, _)) in (0..).zip(&self.states) {
            operands[place as usize] = Vector::State(state);
        }
        for (element, &(place, ..)) in (0..).zip(&self.elements) {
            operands[place as usize] = Vector::Lanes(element, 0);
        }
        for &(op, to) in &self.code {
            let at = |place: u32| operands[place as usize];
            operands[to as usize] = match op {
                ScalarOp::Unary(op, x) => native::unary(&mut tile, op, at(x))?,
                ScalarOp::Binary(op, a, b) => native::binary(&mut tile, op, at(a), at(b))?,
                ScalarOp::Select(c, t, o) => native::select(&mut tile, at(c), at(t), at(o)),
            };
        }
        let next = |state: usize| operands[self.next[state] as usize];
        for state in 0..self.next.len() {
            let place = (self.elements.len() + state) as u32;
            tile.store(next(state), Target::Lanes(place, 0));
        }
        let first: Vec<u32> = self.states.iter().map(|&(place, _)| place).collect();
        let after: Vec<Vector> = self.states.iter().map(|&(_, state)| next(state)).collect();
        Function::over_steps(reverse, &first, &tile, &after)
    }

    /// Takes the steps in `order`; `parameters` holds the first states and the
    /// uniforms, `out` gets a column of each state.
    pub fn run(
        &mut self,
        body: &ScanBody,
        parameters: &[f64],
        sequences: &[Operand<'_>],
        order: impl ExactSizeIterator<Item = usize>,
        out: &mut [f64],
    ) {
        let steps = order.len();
        let compile = || match body.steps >= FEWEST_STEPS {
            true => self.compile(body.reverse),
            false => None,
        };
        let compiled = body.compiled.get_or_init(compile);
        let table = &mut self.table[..];
        for &(place, at) in self.fixed.iter().chain(&self.states) {
            table[place as usize] = parameters[at];
        }
        if let Some(function) = compiled {
            let elements = self.elements.iter().map(|&(_, sequence, element)| {
                sequences[sequence].data[element * steps..][..steps].as_ptr()
            });
            let states = out.chunks_exact_mut(steps).take(self.next.len());
            let states = states.map(|column| column.as_mut_ptr().cast_const());
            let mut columns = [std::ptr::null(); MOST_COLUMNS];
            for (place, column) in columns.iter_mut().zip(elements.chain(states)) {
                *place = column;
            }
            let arguments = Arguments {
                operands: columns.as_ptr(),
                numbers: table.as_ptr(),
                weights: table.as_ptr(),
                sums: std::ptr::null_mut(),
                count: steps,
            };
            // SAFETY: the step reads places of the table, the elements and what states become; it has neither weights
            // nor sums. All of these columns have the steps' numbers, and `out`
            // is borrowed for writing.
            unsafe { function.run(arguments) };
            return;
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
