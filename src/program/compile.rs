//! Compiled programs: what they hold and how they run.

use super::builder::{Axes, Binary, Builder, Node, Reduction};
use super::cpu::{CpuKernel, Data, Scratch, Sources};
use super::graph::{Graph, Op};
use super::kernel::{self, Kernel, Memory};
use super::ops::scan::{self, ScanWorkspace};
use super::ops::{self, Operand, structure};
use super::scalar::{self, ScalarKernel};
use super::schedule::{Kind, Limits, Schedule};
use super::tensor::Shape;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A compiled program: immutable, to be shared between threads; what a run
/// needs lies in a [`Workspace`].
#[derive(Debug)]
pub struct Program {
    pub(crate) steps: Vec<Step>,
    pub(crate) constants: Vec<Arc<[f64]>>,
    parameter_len: usize,
    /// The length of each buffer.
    pub(crate) buffers: Vec<usize>,
    /// The buffer that each stored tensor has while it is needed.
    pub(crate) slots: Vec<usize>,
    /// Stored tensor, first element, length.
    pub(crate) outputs: Vec<(usize, usize, usize)>,
    /// Which step computes each node, in the order of nodes.
    pub(crate) places: Vec<(Node, usize)>,
    /// Shared with its workspaces: kernels keep addresses of constants and
    /// write as far as the workspace was made to hold, so no other will do.
    identity: Arc<()>,
}

/// So many operands of an operation need no allocation.
const FEW: usize = 16;

/// A step of a program.
#[derive(Debug)]
pub(crate) enum Step {
    Kernel {
        kernel: Box<CpuKernel>,
        outputs: Vec<usize>,
    },
    Scalars(ScalarKernel),
    Whole {
        op: Op,
        shape: Shape,
        operands: Vec<(Memory, Shape)>,
        output: usize,
    },
    Copy {
        from: Memory,
        output: usize,
        len: usize,
    },
}

/// Where a single number is found.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Single {
    /// In the table of a [`ScalarKernel`].
    Table(u32),
    Parameter(usize),
    Number(f64),
}

/// The buffers of a run of one [`Program`].
#[derive(Debug)]
pub struct Workspace {
    buffers: Vec<Vec<f64>>,
    /// One for each step.
    spaces: Vec<Space>,
    /// Buffer, first element, length of each output.
    outputs: Vec<(usize, usize, usize)>,
    /// That of the program.
    identity: Arc<()>,
}

/// What a step needs while it runs.
#[derive(Debug)]
enum Space {
    None,
    Kernel(Scratch),
    Scalars(Vec<f64>),
    Scan(Box<ScanWorkspace>),
}

impl Workspace {
    /// Runs kernels with this instruction set.
    #[cfg(test)]
    pub(crate) fn use_instructions(&mut self, set: super::cpu::InstructionSet) {
        for space in &mut self.spaces {
            if let Space::Kernel(scratch) = space {
                scratch.set = set;
            }
        }
    }

    /// The elements of an output after a run, in the order of [`Shape::offset`].
    pub fn output(&self, index: usize) -> &[f64] {
        let (buffer, at, len) = self.outputs[index];
        &self.buffers[buffer][at..at + len]
    }
}

/// What a program is compiled with.
pub(crate) struct Lowering<'a> {
    pub graph: &'a Graph,
    pub schedule: &'a Schedule,
    parameters: Vec<usize>,
    constants: Vec<Arc<[f64]>>,
    constant_of: FxHashMap<Node, usize>,
    /// Tensors in memory, by the node they are the value of.
    stored: FxHashMap<Node, usize>,
    lengths: Vec<usize>,
    /// The stored tensors that the step being compiled reads and writes.
    touched: Vec<usize>,
    factored: Vec<bool>,
}

impl Lowering<'_> {
    /// Where the elements of a node lie.
    pub fn memory(&mut self, node: Node) -> Memory {
        let entry = self.graph.entry(node);
        match entry.op {
            Op::Parameter(i) => return Memory::Parameter(self.parameters[i]),
            Op::View(x, offset) if !entry.constant => return self.memory(x).plus(offset),
            _ => {}
        }
        let Some(value) = self.graph.constant_value(node) else {
            return Memory::Buffer(self.buffer(node), 0);
        };
        let constants = &mut self.constants;
        let index = *self.constant_of.entry(node).or_insert_with(|| {
            constants.push(value.data.clone());
            constants.len() - 1
        });
        Memory::Constant(index, 0)
    }

    pub fn constant_at(&self, at: Memory) -> Option<f64> {
        match at {
            Memory::Constant(i, at) => Some(self.constants[i][at]),
            _ => None,
        }
    }

    /// The number of the stored tensor that is a node's value.
    pub fn buffer(&mut self, node: Node) -> usize {
        let lengths = &mut self.lengths;
        let len = self.graph.shape(node).len();
        let index = *self.stored.entry(node).or_insert_with(|| {
            lengths.push(len);
            lengths.len() - 1
        });
        self.touched.push(index);
        index
    }

    /// A stored tensor that is the value of no node.
    fn fresh(&mut self, len: usize) -> usize {
        self.lengths.push(len);
        self.touched.push(self.lengths.len() - 1);
        self.lengths.len() - 1
    }

    /// Whether an elementwise product is left to the sum over lanes that is
    /// its only user.
    pub fn is_factored(&self, node: Node) -> bool {
        self.factored[node.0 as usize]
    }
}

/// Products that only a sum over lanes in the same kernel uses.
fn factored(graph: &Graph, schedule: &Schedule, outputs: &[Node]) -> Vec<bool> {
    let mut users = vec![0u32; graph.len()];
    for &output in outputs {
        users[output.0 as usize] += 1;
    }
    let live = |node: &Node| schedule.kind(*node) != Kind::Dead;
    for node in graph.nodes().filter(live) {
        graph
            .op(node)
            .for_each_operand(|x| users[x.0 as usize] += 1);
    }
    let mut factored = vec![false; graph.len()];
    for node in graph.nodes().filter(live) {
        if let &Op::Reduce(Reduction::Sum, Axes { lanes: true, .. }, x) = graph.op(node)
            && matches!(
                graph.op(x),
                Op::Binary(Binary::Mul | Binary::AbsorbingMul, ..)
            )
            && schedule.kind(x) == Kind::Lanes
            && users[x.0 as usize] == 1
            && schedule.kernel(graph, x) == schedule.kernel(graph, node)
        {
            factored[x.0 as usize] = true;
        }
    }
    factored
}

impl Program {
    /// Compiles what the outputs need.
    pub fn new(builder: &Builder, outputs: &[Node]) -> Self {
        Self::within(builder, outputs, Limits::CPU)
    }

    /// The same program with kernels of a size that suits a GPU.
    pub fn for_gpu(builder: &Builder, outputs: &[Node]) -> Self {
        Self::within(builder, outputs, Limits::GPU)
    }

    /// Without machine code.
    #[cfg(test)]
    pub(crate) fn interpreted(builder: &Builder, outputs: &[Node]) -> Self {
        Self::within(builder, outputs, Limits::INTERPRETED)
    }

    fn within(builder: &Builder, outputs: &[Node], limits: Limits) -> Self {
        let graph = &builder.graph;
        let schedule = Schedule::new(graph, outputs, limits);
        let mut parameters = Vec::new();
        let mut parameter_len = 0;
        for &parameter in builder.parameters() {
            parameters.push(parameter_len);
            parameter_len += builder.shape(parameter).len();
        }
        let mut lowering = Lowering {
            graph,
            schedule: &schedule,
            parameters,
            constants: Vec::new(),
            constant_of: FxHashMap::default(),
            stored: FxHashMap::default(),
            lengths: Vec::new(),
            touched: Vec::new(),
            factored: factored(graph, &schedule, outputs),
        };
        // Kernels by stage and lanes; what runs by itself, by stage and node.
        let mut groups: BTreeMap<(u32, usize), (Vec<Node>, Vec<Node>)> = BTreeMap::new();
        for node in graph.nodes() {
            if let Some(key) = schedule.kernel(graph, node) {
                groups.entry(key).or_default().0.push(node);
            } else if alone(graph, &schedule, node) {
                let stage = match schedule.kind(node) {
                    // It runs as soon as its operands are stored.
                    Kind::Alias => schedule.stored(node) - 1,
                    _ => schedule.stage(node),
                };
                groups.entry((stage, 0)).or_default().1.push(node);
            }
        }
        let mut steps = Vec::new();
        let mut touched: Vec<Vec<usize>> = Vec::new();
        let mut places = Vec::new();
        for (key, (members, alone)) in groups {
            for node in alone {
                places.push((node, steps.len()));
                let op = graph.op(node).clone();
                let operands = op
                    .operands()
                    .into_iter()
                    .map(|x| (lowering.memory(x), graph.shape(x)))
                    .collect();
                steps.push(Step::Whole {
                    op,
                    shape: graph.shape(node),
                    operands,
                    output: lowering.buffer(node),
                });
                touched.push(std::mem::take(&mut lowering.touched));
            }
            if members.is_empty() {
                continue;
            }
            places.extend(members.iter().map(|&node| (node, steps.len())));
            steps.push(if key.1 == 1 {
                Step::Scalars(scalar::lower(&mut lowering, &members))
            } else {
                let mut kernel = kernel::lower(&mut lowering, key, &members);
                let outputs = number_outputs(&mut kernel);
                Step::Kernel {
                    kernel: Box::new(CpuKernel::new(kernel, limits.machine_code)),
                    outputs,
                }
            });
            touched.push(std::mem::take(&mut lowering.touched));
        }
        places.sort_unstable();
        let mut kept = Vec::new();
        for &output in outputs {
            let len = graph.shape(output).len();
            let (index, at) = match lowering.memory(output) {
                Memory::Buffer(index, at) => (index, at),
                from => {
                    lowering.touched.clear();
                    let index = lowering.fresh(len);
                    steps.push(Step::Copy {
                        from,
                        output: index,
                        len,
                    });
                    touched.push(std::mem::take(&mut lowering.touched));
                    (index, 0)
                }
            };
            kept.push((index, at, len));
        }
        let Lowering {
            constants, lengths, ..
        } = lowering;
        let kept_tensors: Vec<usize> = kept.iter().map(|&(index, ..)| index).collect();
        let (slots, buffers) = share_buffers(&lengths, &touched, &kept_tensors);
        Self {
            steps,
            constants,
            parameter_len,
            buffers,
            slots,
            outputs: kept,
            places,
            identity: Arc::default(),
        }
    }

    /// How many numbers a run takes: the elements of all parameters.
    pub fn parameter_len(&self) -> usize {
        self.parameter_len
    }

    /// The operations on single numbers that the program begins with.
    pub(crate) fn first_scalars(&self) -> Option<&ScalarKernel> {
        match self.steps.first()? {
            Step::Scalars(kernel) => Some(kernel),
            _ => None,
        }
    }

    /// The operations of a program that computes with single numbers alone,
    /// and for each element of its outputs where it is found after them.
    pub(crate) fn single_numbers(&self) -> Option<(&ScalarKernel, Vec<Single>)> {
        let kernel = self.first_scalars()?;
        let copies = &self.steps[1..];
        let mut found: FxHashMap<(usize, usize), Single> = FxHashMap::default();
        for &(place, tensor) in &kernel.stores {
            found.insert((tensor, 0), Single::Table(place));
        }
        for step in copies {
            let Step::Copy { from, output, len } = *step else {
                return None;
            };
            for i in 0..len {
                let single = match from.plus(i) {
                    Memory::Parameter(at) => Single::Parameter(at),
                    Memory::Constant(constant, at) => Single::Number(self.constants[constant][at]),
                    Memory::Buffer(tensor, at) => *found.get(&(tensor, at))?,
                };
                found.insert((output, i), single);
            }
        }
        let mut outputs = Vec::new();
        for &(tensor, at, len) in &self.outputs {
            for i in at..at + len {
                outputs.push(*found.get(&(tensor, i))?);
            }
        }
        Some((kernel, outputs))
    }

    /// How many outputs there are.
    pub fn outputs(&self) -> usize {
        self.outputs.len()
    }

    /// How many steps a run has.
    pub fn step_count(&self) -> usize {
        self.steps.len()
    }

    /// The bytes that the buffers of a [`Workspace`] take.
    pub fn memory(&self) -> usize {
        self.buffers.iter().sum::<usize>() * size_of::<f64>()
    }

    /// Buffers for runs of this program.
    pub fn workspace(&self) -> Workspace {
        Workspace {
            buffers: self.buffers.iter().map(|&len| vec![0.0; len]).collect(),
            spaces: self
                .steps
                .iter()
                .map(|step| match step {
                    Step::Kernel { kernel, .. } => Space::Kernel(kernel.scratch(&self.constants)),
                    Step::Scalars(kernel) => Space::Scalars(kernel.table()),
                    Step::Whole {
                        op: Op::Scan(body, _),
                        ..
                    } => Space::Scan(Box::new(ScanWorkspace::new(body))),
                    Step::Whole { .. } | Step::Copy { .. } => Space::None,
                })
                .collect(),
            outputs: self
                .outputs
                .iter()
                .map(|&(index, at, len)| (self.slots[index], at, len))
                .collect(),
            identity: self.identity.clone(),
        }
    }

    /// Runs the program; `parameters` holds the elements of all parameters,
    /// one after the other in the order of their creation.
    ///
    /// # Panics
    /// If `parameters` has not [`Self::parameter_len`] elements, or the
    /// workspace belongs to another program.
    pub fn run(&self, workspace: &mut Workspace, parameters: &[f64]) {
        assert_eq!(parameters.len(), self.parameter_len, "parameters of a run");
        let Workspace {
            buffers, spaces, ..
        } = self.own(workspace);
        for (step, space) in self.steps.iter().zip(spaces) {
            self.step(step, space, buffers, parameters);
        }
    }

    fn own<'w>(&self, workspace: &'w mut Workspace) -> &'w mut Workspace {
        let own = Arc::ptr_eq(&self.identity, &workspace.identity);
        assert!(own, "a workspace of another program");
        workspace
    }

    /// Runs one step, on what an earlier run has left in the workspace.
    pub(crate) fn run_step(&self, index: usize, workspace: &mut Workspace, parameters: &[f64]) {
        let Workspace {
            buffers, spaces, ..
        } = self.own(workspace);
        self.step(&self.steps[index], &mut spaces[index], buffers, parameters);
    }

    fn step(&self, step: &Step, space: &mut Space, buffers: &mut [Vec<f64>], parameters: &[f64]) {
        match (step, space) {
            (Step::Kernel { kernel, outputs }, Space::Kernel(scratch)) => {
                let data = Data {
                    constants: &self.constants,
                    parameters,
                    slots: &self.slots,
                };
                kernel.run(scratch, data, buffers, outputs);
            }
            (Step::Scalars(kernel), Space::Scalars(table)) => {
                kernel.load(table, self.sources(parameters, buffers));
                kernel.compute(table);
                for &(slot, output) in &kernel.stores {
                    buffers[self.slots[output]][0] = table[slot as usize];
                }
            }
            (
                Step::Whole {
                    op,
                    shape,
                    operands,
                    output,
                },
                space,
            ) => {
                let slot = self.slots[*output];
                let mut out = std::mem::take(&mut buffers[slot]);
                let sources = self.sources(parameters, buffers);
                let operand = |&(at, shape): &(Memory, Shape)| Operand {
                    shape,
                    data: sources.slice(at, 0, shape.len()),
                };
                // Many parts are put one behind the other as they come; of other
                // operations few operands need no allocation.
                if let Op::Concat(_) = op {
                    structure::concat(operands.iter().map(operand), &mut out);
                    buffers[slot] = out;
                    return;
                }
                let list: Vec<Operand<'_>>;
                let mut few: [Operand<'_>; FEW];
                let operands = match operands.as_slice() {
                    [] => &[],
                    [first, rest @ ..] if rest.len() < FEW => {
                        few = [operand(first); FEW];
                        for (place, x) in few[1..].iter_mut().zip(rest) {
                            *place = operand(x);
                        }
                        &few[..=rest.len()]
                    }
                    all => {
                        list = all.iter().map(operand).collect();
                        &list[..]
                    }
                };
                match (op, space) {
                    (Op::Scan(body, _), Space::Scan(space)) => {
                        scan::run(body, space, operands, *shape, &mut out);
                    }
                    _ => ops::evaluate(op, *shape, operands, &mut out),
                }
                buffers[slot] = out;
            }
            (Step::Copy { from, output, len }, _) => {
                let slot = self.slots[*output];
                let mut out = std::mem::take(&mut buffers[slot]);
                out.copy_from_slice(self.sources(parameters, buffers).slice(*from, 0, *len));
                buffers[slot] = out;
            }
            (Step::Kernel { .. } | Step::Scalars(_), _) => {
                unreachable!("a workspace is made for its program")
            }
        }
    }

    fn sources<'a>(&'a self, parameters: &'a [f64], buffers: &'a [Vec<f64>]) -> Sources<'a> {
        Sources {
            constants: &self.constants,
            parameters,
            buffers,
            slots: &self.slots,
        }
    }
}

/// Whether a node is a step by itself.
fn alone(graph: &Graph, schedule: &Schedule, node: Node) -> bool {
    match schedule.kind(node) {
        Kind::Whole => true,
        Kind::Alias => {
            schedule.needs_memory(node)
                && !graph.entry(node).constant
                && !matches!(graph.op(node), Op::View(..))
        }
        _ => false,
    }
}

/// Gives the stores and totals of a kernel the place of their tensor in the
/// list of those it writes, stores first; returns the list.
fn number_outputs(kernel: &mut Kernel) -> Vec<usize> {
    let mut outputs: Vec<usize> = Vec::new();
    let mut number = |tensor: &mut usize| {
        *tensor = match outputs.iter().position(|x| x == tensor) {
            Some(place) => place,
            None => {
                outputs.push(*tensor);
                outputs.len() - 1
            }
        };
    };
    for (tensor, _) in &mut kernel.stores {
        number(tensor);
    }
    for (_, tensor, _) in &mut kernel.totals {
        number(tensor);
    }
    outputs
}

/// Gives tensors that are not needed at the same time one buffer: the buffer
/// of each tensor, and the length of each buffer.
fn share_buffers(
    lengths: &[usize],
    touched: &[Vec<usize>],
    kept: &[usize],
) -> (Vec<usize>, Vec<usize>) {
    let mut last = vec![0; lengths.len()];
    for (step, tensors) in touched.iter().enumerate() {
        for &tensor in tensors {
            last[tensor] = step;
        }
    }
    for &tensor in kept {
        last[tensor] = usize::MAX;
    }
    let mut slots = vec![usize::MAX; lengths.len()];
    let mut buffers: Vec<usize> = Vec::new();
    let mut free: FxHashMap<usize, Vec<usize>> = FxHashMap::default();
    for (step, tensors) in touched.iter().enumerate() {
        for &tensor in tensors {
            if slots[tensor] == usize::MAX {
                let len = lengths[tensor];
                let reused = free.get_mut(&len).and_then(Vec::pop);
                slots[tensor] = reused.unwrap_or_else(|| {
                    buffers.push(len);
                    buffers.len() - 1
                });
            }
        }
        // Only after the step: what it writes is never what it reads.
        let mut ended: Vec<usize> = tensors
            .iter()
            .copied()
            .filter(|&tensor| last[tensor] == step)
            .collect();
        ended.sort_unstable();
        ended.dedup();
        for tensor in ended {
            free.entry(lengths[tensor]).or_default().push(slots[tensor]);
        }
    }
    (slots, buffers)
}
