//! Where a program's numbers lie, and pieces of text that all kernels are made of.

use super::{Base, Emitter, MAX_BLOCKS, Product, THREADS};
use crate::program::builder::Reduction;
use crate::program::compile::Program;
use crate::program::kernel::Memory;
use crate::program::tensor::Shape;
use std::fmt;

/// Who runs a step: all blocks of a kernel of its own, or one block among
/// other steps (inside a recurrence).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Grid,
    Block,
}

/// What a step becomes.
pub(super) enum Work {
    Phase(Phase),
    Product(Product),
}

/// Text that runs once everything before it is done.
pub(super) struct Phase {
    /// What it is, for whoever reads the text.
    pub what: String,
    pub body: String,
    pub blocks: usize,
    pub threads: usize,
}

/// A place in one of the memories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Address {
    pub base: Base,
    pub at: usize,
}

impl Address {
    pub fn plus(self, offset: usize) -> Self {
        Self {
            at: self.at + offset,
            ..self
        }
    }

    /// The element at an offset, as text.
    pub fn of(self, offset: &str) -> String {
        format!("({self})[{offset}]")
    }
}

impl fmt::Display for Address {
    /// A pointer.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let base = match self.base {
            Base::Constants => "c",
            Base::Parameters => "p",
            Base::Work => "w",
        };
        write!(f, "{base} + {}ull", self.at)
    }
}

/// A program's memory.
pub(super) struct Frame<'a> {
    program: &'a Program,
    constants: Vec<usize>,
    parameters: Address,
    /// Where each buffer begins in the work memory.
    buffers: Vec<usize>,
    pub place: Place,
}

impl<'a> Frame<'a> {
    /// Reserves a program's memory, its outputs first.
    pub fn new(
        emitter: &mut Emitter,
        program: &'a Program,
        parameters: Address,
        place: Place,
    ) -> Self {
        let constants = program
            .constants
            .iter()
            .map(|x| emitter.constant(x))
            .collect();
        let lengths = &program.buffers;
        let longest = lengths.iter().copied().max().unwrap_or(0);
        let longest = longest.max(program.parameter_len());
        emitter.longest = emitter.longest.max(longest);
        let mut buffers = vec![usize::MAX; lengths.len()];
        let kept = program
            .outputs
            .iter()
            .map(|&(tensor, ..)| program.slots[tensor]);
        for buffer in kept.chain(0..lengths.len()) {
            if buffers[buffer] == usize::MAX {
                buffers[buffer] = emitter.room(lengths[buffer]).at;
            }
        }
        Self {
            program,
            constants,
            parameters,
            buffers,
            place,
        }
    }

    pub fn address(&self, memory: Memory) -> Address {
        match memory {
            Memory::Constant(i, at) => Address {
                base: Base::Constants,
                at: self.constants[i] + at,
            },
            Memory::Parameter(at) => self.parameters.plus(at),
            Memory::Buffer(tensor, at) => self.tensor(tensor).plus(at),
        }
    }

    /// Where a stored tensor lies.
    pub fn tensor(&self, tensor: usize) -> Address {
        Address {
            base: Base::Work,
            at: self.buffers[self.program.slots[tensor]],
        }
    }

    /// Place in the work memory and length of each output.
    pub fn outputs(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        let place = |&(tensor, at, len): &(usize, usize, usize)| (self.tensor(tensor).at + at, len);
        self.program.outputs.iter().map(place)
    }

    /// How many blocks share so many elements, one thread each at a time.
    pub fn blocks(&self, len: usize) -> usize {
        match self.place {
            Place::Grid => len.div_ceil(THREADS).clamp(1, MAX_BLOCKS),
            Place::Block => 1,
        }
    }

    /// How many blocks take turns at so many pieces of work, each of which is a
    /// whole block's; at most `most`.
    pub fn teams(&self, count: usize, most: usize) -> usize {
        match self.place {
            Place::Grid => count.min(most),
            Place::Block => 1,
        }
    }

    pub fn phase(&self, what: &str, body: String, blocks: usize) -> Work {
        Work::Phase(Phase {
            what: what.to_owned(),
            body,
            blocks,
            threads: THREADS,
        })
    }

    /// One thread an element `i` of the result.
    pub fn map(&self, what: &str, len: usize, out: Address, before: &str, value: &str) -> Work {
        let body = format!(
            "  for (index_t i = id; i < {len}u; i += all) {{\n    {before}\n    {} = {value};\n  }}\n",
            out.of("i")
        );
        self.phase(what, body, self.blocks(len))
    }
}

/// A number as text, with all its digits.
pub(super) fn number(x: f64) -> String {
    if x.is_nan() {
        "not_a_number()".to_owned()
    } else if x.is_infinite() {
        let sign = if x < 0.0 { "-" } else { "" };
        format!("{sign}infinity()")
    } else {
        format!("(real)({x:e})")
    }
}

/// Declares the coordinates `lane`, `row` and `col` of element `i` of a shape.
pub(super) fn coordinates(i: &str, shape: Shape) -> String {
    let Shape { lanes, rows, cols } = shape;
    let part = |extent: usize, text: String| if extent == 1 { "0".to_owned() } else { text };
    format!(
        "const index_t lane = {}, row = {}, col = {};",
        part(lanes, format!("{i} % {lanes}u")),
        part(rows, format!("{i} / {lanes}u % {rows}u")),
        part(cols, format!("{i} / {}u", lanes * rows)),
    )
}

/// The offset of an element by its coordinates; what has one lane, row or
/// column has the same for all.
pub(super) fn offset(shape: Shape, lane: &str, row: &str, col: &str) -> String {
    let Shape { lanes, rows, cols } = shape;
    let term = |extent: usize, coordinate: &str, stride: usize| {
        (extent > 1).then(|| format!("({coordinate}) * {stride}u"))
    };
    let terms: Vec<String> = [
        term(lanes, lane, 1),
        term(rows, row, lanes),
        term(cols, col, lanes * rows),
    ]
    .into_iter()
    .flatten()
    .collect();
    if terms.is_empty() {
        "0".to_owned()
    } else {
        terms.join(" + ")
    }
}

/// The type in the prelude that stands for a reduction.
pub(super) fn reduction(op: Reduction) -> &'static str {
    match op {
        Reduction::Sum => "Sum",
        Reduction::Product => "Product",
        Reduction::Max => "Max",
        Reduction::Min => "Min",
    }
}
