//! A program as text for CUDA, and the order in which its kernels run.
//!
//! A kernel goes through its lanes once, one thread a lane at a time: columns
//! are read where they lie, everything between them and the sums is in
//! registers, and sums are folded over each block and then over the blocks, in
//! an order that follows from the lanes alone. Operations that run by
//! themselves have kernels of their own; products of matrices that cuBLAS can
//! multiply as they lie are left to it. A recurrence is one block that goes
//! through its steps, with its body's steps inside.
//!
//! All numbers lie in three memories: constants, parameters, and work (what is
//! stored between steps); offsets are part of the text. Nothing here knows of a
//! driver: [`Plan`] says what is to be done, in order.

mod dense;
mod fold;
mod frame;
mod lanes;
mod scalars;
mod scan;
mod whole;

use super::compile::{Program, Step};
use frame::{Address, Frame, Place, Work};
use rustc_hash::FxHashMap;
use std::fmt::Write;
use std::sync::Arc;

/// The threads of a block; a power of two, for folds.
const THREADS: usize = 256;
/// The most blocks of a kernel: enough for every card, few enough to fold.
const MAX_BLOCKS: usize = 1024;
/// The most threads of a kernel.
pub(crate) const MAX_THREADS: usize = MAX_BLOCKS * THREADS;
/// Parts of memory with as many elements begin at a multiple of it: whole lines
/// are read, and cuBLAS takes its fastest kernels for aligned matrices only.
const ALIGNED: usize = 32;
/// How many sums are folded at the same time.
const FOLDED: usize = 8;

/// One of the memories that hold numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Base {
    Constants,
    Parameters,
    Work,
}

/// A matrix in device memory, column by column: the memory it lies in, its
/// first element there, and the elements from one column to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Matrix {
    pub base: Base,
    pub at: usize,
    pub stride: usize,
}

/// `c = a b`, or `aᵀ b`: `m` by `k` times `k` by `n`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Product {
    pub transposed: bool,
    pub m: usize,
    pub n: usize,
    pub k: usize,
    pub a: Matrix,
    pub b: Matrix,
    pub c: Matrix,
}

/// How many threads run a kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Grid {
    pub blocks: usize,
    pub threads: usize,
}

/// One thing to be done, after all those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// By its number among the kernels.
    Kernel(usize, Grid),
    Product(Product),
}

/// A program for a device.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The text of all kernels; it says `real` for the type of numbers.
    pub source: String,
    /// The kernels' names.
    pub kernels: Vec<String>,
    pub actions: Vec<Action>,
    /// Constants, each with its place in their memory.
    pub constants: Vec<(usize, Arc<[f64]>)>,
    pub constants_len: usize,
    pub indices: Vec<u32>,
    pub parameters_len: usize,
    pub work_len: usize,
    /// Where each output lies in the work memory, and its length.
    pub outputs: Vec<(usize, usize)>,
    /// All outputs lie before this place.
    pub outputs_end: usize,
    /// The elements of the largest tensor; offsets into one have 32 bits.
    pub longest: usize,
}

impl Plan {
    pub fn new(program: &Program) -> Self {
        let mut emitter = Emitter::default();
        let parameters = Address {
            base: Base::Parameters,
            at: 0,
        };
        let frame = Frame::new(&mut emitter, program, parameters, Place::Grid);
        let mut text = Text::default();
        for step in &program.steps {
            for work in emitter.step(&frame, step) {
                text.add(work);
            }
        }
        let outputs: Vec<(usize, usize)> = frame.outputs().collect();
        Self {
            source: text.source(),
            kernels: text.kernels,
            actions: text.actions,
            constants: emitter.constants,
            constants_len: emitter.constants_len,
            indices: emitter.indices,
            longest: emitter.longest,
            parameters_len: program.parameter_len(),
            work_len: emitter.work,
            outputs_end: outputs.iter().map(|(at, len)| at + len).max().unwrap_or(0),
            outputs,
        }
    }
}

impl Program {
    /// The text of the kernels that evaluate this program on a GPU. It says
    /// `real` for the type of numbers.
    pub fn cuda_text(&self) -> String {
        Plan::new(self).source
    }
}

/// Kernels as they are made.
#[derive(Default)]
struct Text {
    bodies: String,
    kernels: Vec<String>,
    actions: Vec<Action>,
}

impl Text {
    fn add(&mut self, work: Work) {
        let phase = match work {
            Work::Product(product) => return self.actions.push(Action::Product(product)),
            Work::Phase(phase) => phase,
        };
        let number = self.kernels.len();
        let name = format!("k{number}");
        // Writing to a string does not fail.
        let _ = write!(
            self.bodies,
            "\n// {}\nextern \"C\" __global__ void __launch_bounds__({THREADS}) {name}(\n    \
             const real* __restrict__ c, const real* __restrict__ p, real* w,\n    \
             const index_t* __restrict__ x) {{\n  \
             __shared__ real shared[{}];\n  \
             const index_t tid = threadIdx.x, bid = blockIdx.x, blocks = gridDim.x;\n  \
             const index_t id = bid * blockDim.x + tid, all = blocks * blockDim.x;\n\
             {}}}\n",
            phase.what,
            FOLDED * THREADS,
            phase.body
        );
        self.kernels.push(name);
        let grid = Grid {
            blocks: phase.blocks,
            threads: phase.threads,
        };
        self.actions.push(Action::Kernel(number, grid));
    }

    fn source(&self) -> String {
        format!("{}{}", include_str!("cuda/prelude.cu"), self.bodies)
    }
}

/// What the kernels of a plan share.
#[derive(Default)]
struct Emitter {
    constants: Vec<(usize, Arc<[f64]>)>,
    constants_len: usize,
    /// Where constants already are, by their allocation.
    known: FxHashMap<*const f64, usize>,
    indices: Vec<u32>,
    work: usize,
    longest: usize,
}

/// Where so many elements begin, if not before `end`.
fn aligned(end: usize, len: usize) -> usize {
    if len < ALIGNED {
        end
    } else {
        end.next_multiple_of(ALIGNED)
    }
}

impl Emitter {
    fn constant(&mut self, data: &Arc<[f64]>) -> usize {
        let end = &mut self.constants_len;
        self.longest = self.longest.max(data.len());
        *self.known.entry(data.as_ptr()).or_insert_with(|| {
            let at = aligned(*end, data.len());
            *end = at + data.len();
            self.constants.push((at, data.clone()));
            at
        })
    }

    /// Where in the index memory a list was put.
    fn index_list(&mut self, list: impl IntoIterator<Item = u32>) -> usize {
        let at = self.indices.len();
        self.indices.extend(list);
        at
    }

    /// Room for so many numbers in the work memory.
    fn room(&mut self, len: usize) -> Address {
        let at = aligned(self.work, len);
        self.work = at + len;
        Address {
            base: Base::Work,
            at,
        }
    }

    fn step(&mut self, frame: &Frame<'_>, step: &Step) -> Vec<Work> {
        match step {
            Step::Kernel {
                kernel, outputs, ..
            } => self.lanes(frame, &kernel.kernel, outputs),
            Step::Scalars(kernel) => self.scalars(frame, kernel),
            Step::Whole {
                op,
                shape,
                operands,
                output,
            } => self.whole(frame, op, *shape, operands, *output),
            Step::Copy { from, output, len } => {
                let expression = frame.address(*from).of("i");
                let out = frame.tensor(*output);
                vec![frame.map("a copy", *len, out, "", &expression)]
            }
        }
    }
}
