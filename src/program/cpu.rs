//! Running kernels on the CPU, block by block.
//!
//! Lanes are cut into tasks and these into blocks, by the number of lanes and
//! the kernel's code alone. Partial sums are combined in the order of lanes within
//! a task and of tasks, so a result does not depend on the number of threads.

mod code;
mod compiled;
mod products;
mod simd;
mod vector;

use super::kernel::{Column, Instruction, Kernel, Memory, Uniform};
use super::native::{self, Arguments};
use code::Place;
pub(crate) use code::{Code, Fused};
pub(crate) use compiled::Compiled;
use products::PARTS;
use rayon::prelude::*;
use simd::{Isa, Portable};
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use vector::Lanes;

/// What a block's columns take together: near the first-level cache, and long
/// enough that an instruction costs more in its loop than around it.
const BLOCK_BYTES: usize = 16 * 1024;
/// With fewer lanes machine code takes longer to make than it saves.
const FEWEST_LANES: usize = 64;
/// Enough lanes that handing out a task costs nothing beside it.
const TASK_LANES: usize = 4096;
const MAX_TASKS: usize = 1024;
/// The most numbers that the tasks of a kernel leave behind.
const MAX_RESULTS: usize = 1 << 20;
/// Below so many lane operations threads cost more than they save.
const PARALLEL_WORK: usize = 1 << 20;

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
    pub fn new(kernel: &Kernel, code: &Code) -> Self {
        let lanes = kernel.lanes;
        // A single loop reads nothing twice.
        let columns = match code.instructions.len() {
            0 | 1 => 1,
            _ => code.registers + kernel.columns.len(),
        };
        let fit = |bytes: usize| bytes / 8 / columns.max(1);
        // Many columns take blocks so short that they stay in the second-level cache.
        let shortest = fit(8 * BLOCK_BYTES).clamp(64, 256);
        let fitting = fit(BLOCK_BYTES).clamp(shortest, 2048);
        let most = (MAX_RESULTS / kernel.totals.len().max(1)).clamp(8, MAX_TASKS);
        let mut tasks = (lanes / TASK_LANES).clamp(1, most);
        // Many tasks are as many for each of two, four or eight threads.
        if tasks >= 8 {
            tasks -= tasks % 8;
        }
        let task = lanes.div_ceil(tasks);
        // Blocks of nearly one length, in whole cache lines and tiles of the code.
        let blocks = task.div_ceil(fitting).max(1);
        let block = task.div_ceil(blocks).next_multiple_of(16);
        let per_task = task.div_ceil(block).max(1);
        Self {
            block,
            task: per_task * block,
            tasks: lanes.div_ceil(per_task * block),
            parallel: lanes * kernel.instructions.len() >= PARALLEL_WORK,
        }
    }
}

/// A kernel as the CPU runs it.
#[derive(Debug)]
pub(crate) struct CpuKernel {
    pub kernel: Kernel,
    pub code: Code,
    partition: Partition,
    /// The columns in memory that are no constants.
    moving: Vec<usize>,
}

impl CpuKernel {
    /// As machine code where it can be, if `machine_code`.
    pub fn new(kernel: Kernel, machine_code: bool) -> Self {
        let code = Code::new(&kernel, machine_code && kernel.lanes >= FEWEST_LANES);
        let partition = Partition::new(&kernel, &code);
        let moves = |&i: &usize| !matches!(kernel.columns[i], Memory::Constant(..));
        Self {
            moving: (0..kernel.columns.len()).filter(moves).collect(),
            kernel,
            code,
            partition,
        }
    }

    /// Space for runs.
    pub fn scratch(&self, constants: &[Arc<[f64]>]) -> Scratch {
        // Constants stay where they are; other columns are found at each run.
        let column = |at: &Memory| match *at {
            Memory::Constant(i, at) => Address(constants[i][at..].as_ptr()),
            _ => Address(std::ptr::null()),
        };
        let number = |uniform: &Uniform| match uniform {
            Uniform::Constant(x) => *x,
            Uniform::Memory(_) => 0.0,
        };
        Scratch {
            uniforms: self.kernel.uniforms.iter().map(number).collect(),
            weights: vec![0.0; self.code.weights.len()],
            columns: self.kernel.columns.iter().map(column).collect(),
            stores: Vec::with_capacity(self.kernel.stores.len()),
            totals: vec![0.0; self.kernel.totals.len()],
            results: Vec::new(),
            workers: vec![Mutex::new(Worker::new(self))],
            outputs: Vec::new(),
            set: InstructionSet::best(),
        }
    }

    /// Runs the kernel over all its lanes. `outputs` are the numbers of the
    /// buffers it writes, in the order of its stores and totals.
    pub fn run(
        &self,
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
        let kernel = &self.kernel;
        let taken = |&output: &usize| std::mem::take(&mut buffers[slots[output]]);
        scratch.outputs.extend(outputs.iter().map(taken));
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
        for (weight, &uniform) in scratch.weights.iter_mut().zip(&self.code.weights) {
            *weight = scratch.uniforms[uniform as usize];
        }
        for &i in &self.moving {
            let at = kernel.columns[i];
            scratch.columns[i] = Address(sources.slice(at, 0, kernel.lanes).as_ptr());
        }
        scratch.stores.clear();
        for &(output, first) in &kernel.stores {
            let column = &mut scratch.outputs[output][first..first + kernel.lanes];
            scratch.stores.push(Kept(column.as_mut_ptr()));
        }
        self.run_tasks(scratch);
        for (&(_, output, at), &total) in kernel.totals.iter().zip(&scratch.totals) {
            scratch.outputs[output][at] = total;
        }
        for (&output, data) in outputs.iter().zip(scratch.outputs.drain(..)) {
            buffers[slots[output]] = data;
        }
    }

    fn run_tasks(&self, scratch: &mut Scratch) {
        let Partition {
            tasks, parallel, ..
        } = self.partition;
        let Scratch {
            uniforms,
            weights,
            columns,
            stores,
            totals,
            results,
            workers,
            set,
            ..
        } = scratch;
        let frame = Frame {
            kernel: self,
            uniforms,
            weights,
            columns,
            stores,
        };
        for (total, (op, ..)) in totals.iter_mut().zip(&self.kernel.totals) {
            *total = op.identity();
        }
        let ops = || self.kernel.totals.iter().map(|&(op, ..)| op);
        if !(parallel && tasks > 1) {
            let worker = workers[0].get_mut().unwrap_or_else(|e| e.into_inner());
            for task in 0..tasks {
                set.run(frame, worker, task);
                for ((total, partial), op) in totals.iter_mut().zip(&*worker.partial).zip(ops()) {
                    *total = op.combine(*total, op.of_parts(*partial));
                }
            }
            return;
        }
        // One worker for each thread, wherever this runs.
        while workers.len() < rayon::current_num_threads() {
            workers.push(Mutex::new(Worker::new(self)));
        }
        let width = totals.len().max(1);
        results.resize(tasks * width, 0.0);
        let (set, workers, places) = (*set, &*workers, &Kept(results.as_mut_ptr()));
        // Each thread takes the next task until there is none: nobody waits for
        // one that has more left to do.
        let next = AtomicUsize::new(0);
        let threads = 0..workers.len();
        threads.into_par_iter().with_max_len(1).for_each(|_| {
            let own = rayon::current_thread_index().unwrap_or(0) % workers.len();
            // Poisoned where a task panicked, which ends the run anyway.
            let mut worker = workers[own].lock().unwrap_or_else(|e| e.into_inner());
            loop {
                let task = next.fetch_add(1, Ordering::Relaxed);
                if task >= tasks {
                    return;
                }
                set.run(frame, &mut worker, task);
                let of_parts = worker.partial.iter().zip(ops());
                for (i, (partial, op)) in of_parts.enumerate() {
                    // SAFETY: each task has a place for each total, and is one thread's alone.
                    unsafe { *places.0.add(task * width + i) = op.of_parts(*partial) };
                }
            }
        });
        for results in results.chunks(width) {
            for ((total, &result), op) in totals.iter_mut().zip(results).zip(ops()) {
                *total = op.combine(*total, result);
            }
        }
    }
}

/// Where a column lies.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
struct Address(*const f64);

/// Where a column is written.
#[derive(Clone, Copy, Debug)]
struct Kept(*mut f64);

// SAFETY: addresses of constants are those of the program that the workspace
// was made for, the only one that runs in it, and which is borrowed while it
// does; others are found at each run, which borrows what they point to. All
// threads only read columns.
unsafe impl Send for Address {}
unsafe impl Sync for Address {}
// SAFETY: as above; each task writes its own lanes of a column.
unsafe impl Send for Kept {}
unsafe impl Sync for Kept {}

/// Space for a kernel.
#[derive(Debug)]
pub(crate) struct Scratch {
    uniforms: Vec<f64>,
    weights: Vec<f64>,
    columns: Vec<Address>,
    stores: Vec<Kept>,
    totals: Vec<f64>,
    /// What each task leaves in the accumulators.
    results: Vec<f64>,
    workers: Vec<Mutex<Worker>>,
    /// The buffers that the kernel writes, while it runs.
    outputs: Vec<Vec<f64>>,
    pub set: InstructionSet,
}

/// A cache line of a register.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
struct Line([f64; 8]);

/// The parts of running sums, in cache lines of their own: a tile of machine code
/// reads and writes them all, so none may lie across two lines, nor in one with another thread's.
#[derive(Debug)]
struct Sums {
    lines: Vec<Line>,
    len: usize,
}

impl Sums {
    fn new(len: usize) -> Self {
        Self {
            lines: vec![Line([0.0; 8]); (len * PARTS).div_ceil(8)],
            len,
        }
    }
}

impl Deref for Sums {
    type Target = [[f64; PARTS]];

    fn deref(&self) -> &[[f64; PARTS]] {
        // SAFETY: the lines are numbers, and enough of them.
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast(), self.len) }
    }
}

impl DerefMut for Sums {
    fn deref_mut(&mut self) -> &mut [[f64; PARTS]] {
        // SAFETY: as above.
        unsafe { std::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), self.len) }
    }
}

/// What a thread needs for a task.
#[derive(Debug)]
struct Worker {
    registers: Vec<Line>,
    partial: Sums,
    /// Where the operands of all instructions lie in the present block.
    operands: Vec<Address>,
}

impl Worker {
    fn new(kernel: &CpuKernel) -> Self {
        let lines = kernel.code.registers * kernel.partition.block / 8;
        Self {
            registers: vec![Line([0.0; 8]); lines],
            partial: Sums::new(kernel.kernel.totals.len()),
            operands: Vec::with_capacity(kernel.code.operands.len()),
        }
    }
}

/// The instructions that kernels use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InstructionSet {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2,
}

impl InstructionSet {
    /// The widest that this processor has.
    pub fn best() -> Self {
        #[cfg(target_arch = "x86_64")]
        if native::available() {
            return Self::Avx2;
        }
        Self::Portable
    }

    fn run(self, frame: Frame<'_>, worker: &mut Worker, task: usize) {
        match self {
            Self::Portable => run_portable(frame, worker, task),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: chosen only where the processor has these instructions.
            Self::Avx2 => unsafe { run_avx2(frame, worker, task) },
        }
    }
}

/// All loops of a task. By itself, as the compiler needs much of the stack for
/// it where it does not optimise.
#[inline(never)]
fn run_portable(frame: Frame<'_>, worker: &mut Worker, task: usize) {
    State { frame, worker }.run_task::<Portable>(task);
}

/// All loops of a task, compiled for AVX2 and FMA.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn run_avx2(frame: Frame<'_>, worker: &mut Worker, task: usize) {
    State { frame, worker }.run_task::<simd::Avx2>(task);
}

/// What the tasks of a run share.
#[derive(Clone, Copy)]
struct Frame<'a> {
    kernel: &'a CpuKernel,
    uniforms: &'a [f64],
    weights: &'a [f64],
    columns: &'a [Address],
    stores: &'a [Kept],
}

/// A task while it runs.
struct State<'a> {
    frame: Frame<'a>,
    worker: &'a mut Worker,
}

impl State<'_> {
    #[inline(always)]
    fn run_task<I: Isa>(&mut self, task: usize) {
        let Frame {
            kernel, uniforms, ..
        } = self.frame;
        let partition = kernel.partition;
        for (partial, (op, ..)) in self.worker.partial.iter_mut().zip(&kernel.kernel.totals) {
            *partial = [op.identity(); PARTS];
        }
        for &(uniform, register) in &kernel.code.fills {
            let register = Address(self.register(register).cast_const());
            // SAFETY: a register has the lanes of a block.
            unsafe { register.result(partition.block) }.fill(uniforms[uniform as usize]);
        }
        let end = kernel.kernel.lanes.min((task + 1) * partition.task);
        let mut start = task * partition.task;
        self.find_operands(start);
        let Code {
            instructions,
            firsts,
            strides,
            ..
        } = &kernel.code;
        while start < end {
            let len = partition.block.min(end - start);
            for (instruction, &first) in instructions.iter().zip(firsts) {
                self.step::<I>(instruction, first, len);
            }
            for (Address(at), &stride) in self.worker.operands.iter_mut().zip(strides) {
                *at = at.wrapping_add(stride * len);
            }
            start += len;
        }
    }

    /// Where a register begins.
    #[inline(always)]
    fn register(&mut self, register: u32) -> *mut f64 {
        let lines = self.frame.kernel.partition.block / 8;
        let at = register as usize * lines;
        // Registers are as many as the worker was made for.
        self.worker
            .registers
            .as_mut_ptr()
            .cast::<f64>()
            .wrapping_add(8 * at)
    }

    /// Finds where the operands of all instructions lie in the block from
    /// `start` on.
    fn find_operands(&mut self, start: usize) {
        self.worker.operands.clear();
        for &place in &self.frame.kernel.code.operands {
            let address = match place {
                Place::Column(Column::Register(i)) => self.register(i).cast_const(),
                // A block lies within the column's lanes.
                Place::Column(Column::Memory(i)) => {
                    self.frame.columns[i as usize].0.wrapping_add(start)
                }
                Place::Column(Column::Uniform(i)) => &raw const self.frame.uniforms[i as usize],
                Place::Store(i) => self.frame.stores[i as usize].0.wrapping_add(start),
            };
            self.worker.operands.push(Address(address));
        }
    }

    #[inline(always)]
    fn step<I: Isa>(&mut self, instruction: &Fused, first: usize, len: usize) {
        let Worker {
            operands, partial, ..
        } = &mut *self.worker;
        let at = &operands[first..];
        match instruction {
            Fused::Plain(instruction) => self.plain(instruction, first, len),
            Fused::Where(compare, columns, _) => {
                let [a, b, t, o, out] = at.first_chunk().expect("its operands");
                let [_, kinds @ ..] = columns;
                let operands = lanes(kinds, [b, t, o], len);
                // SAFETY: operands have the lanes of the block; see `result`.
                let (a, out) = unsafe { (a.lanes(len), out.result(len)) };
                vector::choose_where(*compare, out, a, operands);
            }
            Fused::Products {
                absorb,
                columns,
                weights,
                results,
            } => {
                let (columns, at) = at.split_at(columns.len());
                let mut places = [std::ptr::null_mut(); products::MAX_RESULTS];
                for (place, result) in places.iter_mut().zip(&at[..results.len()]) {
                    *place = result.0.cast_mut();
                }
                let count = columns.len() * results.len();
                // SAFETY: columns and registers have the lanes of the block, and
                // no column shares a register with a result.
                unsafe {
                    products::products::<I>(
                        *absorb,
                        columns,
                        &self.frame.weights[*weights..*weights + count],
                        &places[..results.len()],
                        len,
                    );
                }
            }
            Fused::Totals {
                absorb,
                columns,
                factors,
                sums,
            } => {
                let (columns, at) = at.split_at(columns.len());
                // SAFETY: columns and factors have the lanes of the block; the
                // code cuts them into tiles.
                unsafe {
                    products::totals::<I>(
                        *absorb,
                        columns,
                        &at[..factors.len()],
                        sums,
                        partial,
                        len,
                    );
                }
            }
            Fused::Compiled(compiled) => {
                let arguments = Arguments {
                    operands: at.as_ptr().cast(),
                    numbers: self.frame.uniforms.as_ptr(),
                    weights: self.frame.weights.as_ptr(),
                    sums: partial.as_mut_ptr(),
                    count: len,
                };
                // SAFETY: the operands that the function was made for, with the lanes of
                // the block; it writes registers that it does not read, and
                // columns that are this task's.
                unsafe { compiled.function.run(arguments) }
            }
        }
    }

    #[inline(always)]
    fn plain(&mut self, instruction: &Instruction, first: usize, len: usize) {
        let Worker {
            operands, partial, ..
        } = &mut *self.worker;
        let at = &operands[first..];
        // SAFETY: see `result`.
        let result = |place: usize| unsafe { at[place].result(len) };
        match instruction {
            Instruction::Unary(op, x, _) => {
                vector::unary(*op, result(1), at[0].of(*x, len));
            }
            Instruction::Binary(op, columns, _) => {
                let operands = lanes(columns, [&at[0], &at[1]], len);
                vector::binary(*op, result(2), operands);
            }
            Instruction::Select(columns, _) => {
                let [c, t, o] = lanes(columns, [&at[0], &at[1], &at[2]], len);
                vector::choose(result(3), c, t, o);
            }
            Instruction::Dot(absorb, pairs, _) => {
                // From the first pair to the last.
                let out = result(2 * pairs.len());
                for (i, (&(a, b), at)) in pairs.iter().zip(at.chunks_exact(2)).enumerate() {
                    let (a, b) = (at[0].of(a, len), at[1].of(b, len));
                    vector::add_product(*absorb, out, a, b, i == 0);
                }
            }
            Instruction::Fold(op, xs, _) => {
                let out = result(xs.len());
                let mut xs = xs.iter().zip(at).map(|(&x, at)| at.of(x, len));
                if xs.len() < 2 {
                    out.fill(op.identity());
                } else if let (Some(a), Some(b)) = (xs.next(), xs.next()) {
                    vector::binary(op.of_two(), out, [a, b]);
                }
                for x in xs {
                    vector::fold(*op, out, x);
                }
            }
            Instruction::Total(op, x, total) => {
                let sum = vector::total(*op, at[0].of(*x, len), len);
                let slot = &mut partial[*total as usize][0];
                *slot = op.combine(*slot, sum);
            }
            Instruction::DotTotals(..) => unreachable!("the code makes these products"),
            Instruction::Store(x, _) => {
                // A stored column has all lanes of the kernel, and this task
                // alone writes those of the block.
                let out = result(1);
                match at[0].of(*x, len) {
                    Lanes::Each(x) => out.copy_from_slice(x),
                    Lanes::All(x) => out.fill(x),
                }
            }
        }
    }
}

/// The operands of an instruction.
#[inline(always)]
fn lanes<'a, const N: usize>(
    columns: &[Column; N],
    at: [&Address; N],
    len: usize,
) -> [Lanes<'a>; N] {
    let mut operands = [Lanes::All(0.0); N];
    for (operand, (&column, at)) in operands.iter_mut().zip(columns.iter().zip(at)) {
        *operand = at.of(column, len);
    }
    operands
}

/// Addresses of operands, as [`State::find_operands`] finds them.
impl Address {
    /// What is found there of a column.
    #[inline(always)]
    fn of<'a>(self, column: Column, len: usize) -> Lanes<'a> {
        // SAFETY: a number, or the lanes of a block.
        unsafe {
            match column {
                Column::Uniform(_) => Lanes::All(*self.0),
                Column::Register(_) | Column::Memory(_) => Lanes::Each(self.lanes(len)),
            }
        }
    }

    /// # Safety
    /// A register or a column in memory, with the lanes of a block. Nobody
    /// writes them while an instruction reads them.
    #[inline(always)]
    unsafe fn lanes<'a>(self, len: usize) -> &'a [f64] {
        // SAFETY: the caller's promise.
        unsafe { std::slice::from_raw_parts(self.0, len) }
    }

    /// # Safety
    /// A register that an instruction writes, with the lanes of a block. No
    /// operand of that instruction shares it (see [`Code`]), so that it may be
    /// borrowed beside them.
    #[inline(always)]
    unsafe fn result<'a>(self, len: usize) -> &'a mut [f64] {
        // SAFETY: the caller's promise; the address was found for writing.
        unsafe { std::slice::from_raw_parts_mut(self.0.cast_mut(), len) }
    }
}
