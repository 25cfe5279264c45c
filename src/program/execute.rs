//! Running kernels block by block.
//!
//! Lanes are cut into tasks and these into blocks, by the number of lanes and
//! the kernel alone. Partial sums are combined in the order of blocks within
//! a task and of tasks, so a result does not depend on the number of threads.

use super::graph::Absorb;
use super::kernel::{Column, Instruction, Kernel, Memory, Uniform};
use super::vector::{self, Lanes};
use rayon::prelude::*;
use std::sync::Arc;

/// What a block's columns take together: near the first-level cache, and long
/// enough that an instruction costs more in its loop than around it.
const BLOCK_BYTES: usize = 64 * 1024;
/// Enough blocks that handing out a task costs nothing beside it.
const BLOCKS_PER_TASK: usize = 8;
const MAX_TASKS: usize = 1024;
/// Below so many lane operations threads cost more than they save.
const PARALLEL_WORK: usize = 1 << 19;

/// What a program brings to every step.
#[derive(Clone, Copy)]
pub(crate) struct Data<'a> {
    pub constants: &'a [Arc<[f64]>],
    pub parameters: &'a [f64],
    /// Which buffer stands for which number in a [`Memory`].
    pub slots: &'a [usize],
}

/// What a step reads.
#[derive(Clone, Copy)]
pub(crate) struct Sources<'a> {
    pub constants: &'a [Arc<[f64]>],
    pub parameters: &'a [f64],
    pub buffers: &'a [Vec<f64>],
    /// Which buffer stands for which number in a [`Memory`].
    pub slots: &'a [usize],
}

impl<'a> Sources<'a> {
    pub fn slice(&self, at: Memory, start: usize, len: usize) -> &'a [f64] {
        let (data, at): (&[f64], usize) = match at {
            Memory::Constant(i, at) => (&self.constants[i], at),
            Memory::Parameter(at) => (self.parameters, at),
            Memory::Buffer(i, at) => (&self.buffers[self.slots[i]], at),
        };
        &data[at + start..at + start + len]
    }
}

/// How a kernel cuts its lanes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Partition {
    block: usize,
    task: usize,
    tasks: usize,
    parallel: bool,
}

impl Partition {
    pub fn new(kernel: &Kernel) -> Self {
        let lanes = kernel.lanes;
        let columns = kernel.registers + kernel.columns.len();
        let fitting = (BLOCK_BYTES / 8 / columns.max(1)).clamp(256, 2048);
        // Blocks of nearly one length, in whole cache lines.
        let blocks = lanes.div_ceil(fitting);
        let block = lanes.div_ceil(blocks).next_multiple_of(8);
        let blocks = lanes.div_ceil(block);
        let per_task = blocks.div_ceil(MAX_TASKS).max(BLOCKS_PER_TASK);
        Self {
            block,
            task: per_task * block,
            tasks: blocks.div_ceil(per_task),
            parallel: lanes * kernel.instructions.len() >= PARALLEL_WORK,
        }
    }
}

/// Space for a kernel: registers of a block, numbers for all lanes, sums.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    registers: Vec<Vec<f64>>,
    uniforms: Vec<f64>,
    partial: Vec<f64>,
    total: Vec<f64>,
    /// The buffers that the kernel writes, while it runs.
    outputs: Vec<Vec<f64>>,
}

impl Scratch {
    pub fn new(kernel: &Kernel, partition: Partition) -> Self {
        Self {
            registers: vec![vec![0.0; partition.block]; kernel.registers],
            uniforms: kernel
                .uniforms
                .iter()
                .map(|uniform| match uniform {
                    Uniform::Constant(x) => *x,
                    Uniform::Memory(_) => 0.0,
                })
                .collect(),
            partial: identities(kernel),
            total: identities(kernel),
            outputs: Vec::new(),
        }
    }
}

fn identities(kernel: &Kernel) -> Vec<f64> {
    kernel.totals.iter().map(|(op, ..)| op.identity()).collect()
}

/// Where a block's stores go.
trait Sink {
    fn slot(&mut self, store: usize, start: usize, len: usize) -> &mut [f64];
}

/// The whole buffers, of a kernel that runs by itself.
struct Whole<'a> {
    outputs: &'a mut [Vec<f64>],
    stores: &'a [(usize, usize)],
}

impl Sink for Whole<'_> {
    fn slot(&mut self, store: usize, start: usize, len: usize) -> &mut [f64] {
        let (output, first) = self.stores[store];
        &mut self.outputs[output][first + start..first + start + len]
    }
}

/// One task's part of every stored column.
struct Part<'a> {
    columns: Vec<&'a mut [f64]>,
    begin: usize,
}

impl Sink for Part<'_> {
    fn slot(&mut self, store: usize, start: usize, len: usize) -> &mut [f64] {
        &mut self.columns[store][start - self.begin..start - self.begin + len]
    }
}

/// Runs a kernel over all its lanes. `outputs` are the numbers of the buffers
/// it writes, in the order of its stores and totals.
pub(crate) fn run(
    kernel: &Kernel,
    partition: Partition,
    scratch: &mut Scratch,
    data: Data<'_>,
    buffers: &mut [Vec<f64>],
    outputs: &[usize],
) {
    let Data {
        constants,
        parameters,
        slots,
    } = data;
    for &output in outputs {
        scratch
            .outputs
            .push(std::mem::take(&mut buffers[slots[output]]));
    }
    let sources = Sources {
        constants,
        parameters,
        buffers,
        slots,
    };
    for (slot, uniform) in scratch.uniforms.iter_mut().zip(&kernel.uniforms) {
        if let Uniform::Memory(at) = uniform {
            *slot = sources.slice(*at, 0, 1)[0];
        }
    }
    for (total, (op, ..)) in scratch.total.iter_mut().zip(&kernel.totals) {
        *total = op.identity();
    }
    if partition.parallel && partition.tasks > 1 {
        run_parallel(kernel, partition, scratch, sources);
    } else {
        let Scratch {
            registers,
            uniforms,
            partial,
            total,
            outputs,
        } = scratch;
        let mut sink = Whole {
            outputs,
            stores: &kernel.stores,
        };
        for task in 0..partition.tasks {
            let mut state = State {
                kernel,
                sources,
                uniforms,
                registers,
                partial,
            };
            state.run_task(partition, task, &mut sink);
            combine(kernel, total, state.partial);
        }
    }
    for (&(_, output, at), &total) in kernel.totals.iter().zip(&scratch.total) {
        scratch.outputs[output][at] = total;
    }
    for (&output, data) in outputs.iter().zip(scratch.outputs.drain(..)) {
        buffers[slots[output]] = data;
    }
}

fn combine(kernel: &Kernel, total: &mut [f64], partial: &[f64]) {
    for ((total, &partial), (op, ..)) in total.iter_mut().zip(partial).zip(&kernel.totals) {
        *total = op.combine(*total, partial);
    }
}

fn run_parallel(
    kernel: &Kernel,
    partition: Partition,
    scratch: &mut Scratch,
    sources: Sources<'_>,
) {
    let Scratch {
        uniforms,
        total,
        outputs,
        ..
    } = scratch;
    let mut parts: Vec<Part<'_>> = (0..partition.tasks)
        .map(|task| Part {
            columns: Vec::with_capacity(kernel.stores.len()),
            begin: task * partition.task,
        })
        .collect();
    // Stores are numbered in the order of buffers and their columns.
    let stored = kernel.stores.iter().map(|&(output, _)| output + 1).max();
    for buffer in &mut outputs[..stored.unwrap_or(0)] {
        for column in buffer.chunks_mut(kernel.lanes) {
            for (part, chunk) in parts.iter_mut().zip(column.chunks_mut(partition.task)) {
                part.columns.push(chunk);
            }
        }
    }
    let uniforms: &[f64] = uniforms;
    let partials: Vec<Vec<f64>> = parts
        .par_iter_mut()
        .enumerate()
        .map_init(
            || vec![vec![0.0; partition.block]; kernel.registers],
            |registers, (task, part)| {
                let mut partial = identities(kernel);
                let mut state = State {
                    kernel,
                    sources,
                    uniforms,
                    registers,
                    partial: &mut partial,
                };
                state.run_task(partition, task, part);
                partial
            },
        )
        .collect();
    for partial in &partials {
        combine(kernel, total, partial);
    }
}

/// A kernel while it runs.
struct State<'a> {
    kernel: &'a Kernel,
    sources: Sources<'a>,
    uniforms: &'a [f64],
    registers: &'a mut [Vec<f64>],
    partial: &'a mut [f64],
}

/// A block of lanes.
#[derive(Clone, Copy)]
struct Block {
    start: usize,
    len: usize,
}

impl State<'_> {
    fn run_task(&mut self, partition: Partition, task: usize, sink: &mut impl Sink) {
        for (partial, (op, ..)) in self.partial.iter_mut().zip(&self.kernel.totals) {
            *partial = op.identity();
        }
        let end = self.kernel.lanes.min((task + 1) * partition.task);
        let mut start = task * partition.task;
        while start < end {
            let len = partition.block.min(end - start);
            let block = Block { start, len };
            for instruction in &self.kernel.instructions {
                self.step(instruction, block, sink);
            }
            start += len;
        }
    }

    fn lanes(&self, column: Column, block: Block) -> Lanes<'_> {
        match column {
            Column::Register(i) => Lanes::Each(&self.registers[i as usize][..block.len]),
            Column::Memory(i) => {
                let at = self.kernel.columns[i as usize];
                Lanes::Each(self.sources.slice(at, block.start, block.len))
            }
            Column::Uniform(i) => Lanes::All(self.uniforms[i as usize]),
        }
    }

    fn step(&mut self, instruction: &Instruction, block: Block, sink: &mut impl Sink) {
        let Some(register) = instruction.output() else {
            return self.finish(instruction, block, sink);
        };
        // A result never shares a register with an operand.
        let mut taken = std::mem::take(&mut self.registers[register as usize]);
        let out = &mut taken[..block.len];
        match instruction {
            Instruction::Unary(op, x, _) => vector::unary(*op, out, self.lanes(*x, block)),
            Instruction::Binary(op, [a, b], _) => {
                vector::binary(*op, out, self.lanes(*a, block), self.lanes(*b, block));
            }
            Instruction::Select([c, t, o], _) => {
                let [c, t, o] = [*c, *t, *o].map(|x| self.lanes(x, block));
                vector::choose(out, c, t, o);
            }
            Instruction::Dot(absorb, pairs, _) => self.dot(*absorb, pairs, out, block),
            Instruction::Fold(op, xs, _) => {
                let rest = match xs.as_slice() {
                    [a, b, rest @ ..] => {
                        let (a, b) = (self.lanes(*a, block), self.lanes(*b, block));
                        vector::binary(op.of_two(), out, a, b);
                        rest
                    }
                    xs => {
                        out.fill(op.identity());
                        xs
                    }
                };
                for &x in rest {
                    vector::fold(*op, out, self.lanes(x, block));
                }
            }
            Instruction::Total(..) | Instruction::DotTotals(..) | Instruction::Store(..) => {}
        }
        self.registers[register as usize] = taken;
    }

    /// The sum of products of pairs of columns, from the first pair to the last.
    fn dot(&self, absorb: Absorb, pairs: &[(Column, Column)], out: &mut [f64], block: Block) {
        let mut first = true;
        let mut waiting: [(&[f64], f64); 4] = [(&[], 0.0); 4];
        let mut count = 0;
        for &(a, b) in pairs {
            let (a, b) = (self.lanes(a, block), self.lanes(b, block));
            match (absorb, a, b) {
                (Absorb::None, Lanes::Each(x), Lanes::All(w))
                | (Absorb::None, Lanes::All(w), Lanes::Each(x)) => {
                    waiting[count] = (x, w);
                    count += 1;
                    if count == waiting.len() {
                        vector::multiply_add(out, &waiting, first);
                        (count, first) = (0, false);
                    }
                }
                _ => {
                    if count > 0 {
                        vector::multiply_add(out, &waiting[..count], first);
                        (count, first) = (0, false);
                    }
                    vector::add_product(absorb, out, a, b, first);
                    first = false;
                }
            }
        }
        if count > 0 {
            vector::multiply_add(out, &waiting[..count], first);
        }
    }

    fn finish(&mut self, instruction: &Instruction, block: Block, sink: &mut impl Sink) {
        match instruction {
            Instruction::Total(op, x, at) => {
                let total = vector::total(*op, self.lanes(*x, block), block.len);
                let slot = *at as usize;
                self.partial[slot] = op.combine(self.partial[slot], total);
            }
            Instruction::DotTotals(absorb, xs, y, at) => {
                self.dot_totals(*absorb, xs, *y, *at as usize, block);
            }
            Instruction::Store(x, store) => {
                let out = sink.slot(*store as usize, block.start, block.len);
                match self.lanes(*x, block) {
                    Lanes::Each(x) => out.copy_from_slice(x),
                    Lanes::All(x) => out.fill(x),
                }
            }
            _ => {}
        }
    }

    fn dot_totals(&mut self, absorb: Absorb, xs: &[Column], y: Column, at: usize, block: Block) {
        let mut done = 0;
        if absorb == Absorb::None {
            while let [p, q, r, s, ..] = xs[done..]
                && let Lanes::Each(b) = self.lanes(y, block)
                && let [
                    Lanes::Each(p),
                    Lanes::Each(q),
                    Lanes::Each(r),
                    Lanes::Each(s),
                ] = [p, q, r, s].map(|x| self.lanes(x, block))
            {
                let sums = vector::dot4([p, q, r, s], b);
                for (slot, sum) in self.partial[at + done..].iter_mut().zip(sums) {
                    *slot += sum;
                }
                done += 4;
            }
        }
        for (i, &x) in xs.iter().enumerate().skip(done) {
            let sum = vector::dot(
                absorb,
                self.lanes(x, block),
                self.lanes(y, block),
                block.len,
            );
            self.partial[at + i] += sum;
        }
    }
}
