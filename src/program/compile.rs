//! Compiled programs.

use super::builder::{Builder, Node};
use super::graph::Op;
use super::ops::{self, Operand};
use super::tensor::Shape;

/// A compiled program: immutable, to be shared between threads; what a run
/// needs lies in a [`Workspace`].
#[derive(Debug)]
pub struct Program {
    steps: Vec<Step>,
    parameter_len: usize,
    outputs: Vec<usize>,
}

#[derive(Debug)]
struct Step {
    kind: Kind,
    shape: Shape,
    operands: Vec<usize>,
}

#[derive(Debug)]
enum Kind {
    Parameter(usize),
    Op(Op),
}

/// The buffers of a run of one [`Program`].
#[derive(Debug)]
pub struct Workspace {
    buffers: Vec<Vec<f64>>,
    outputs: Vec<usize>,
}

impl Workspace {
    /// The elements of an output after a run, in the order of [`Shape::offset`].
    pub fn output(&self, index: usize) -> &[f64] {
        &self.buffers[self.outputs[index]]
    }
}

impl Program {
    /// Compiles what the outputs need.
    pub fn new(builder: &Builder, outputs: &[Node]) -> Self {
        let graph = &builder.graph;
        let live = graph.live(outputs);
        let mut offsets = Vec::new();
        let mut parameter_len = 0;
        for &parameter in builder.parameters() {
            offsets.push(parameter_len);
            parameter_len += builder.shape(parameter).len();
        }
        let mut place = vec![usize::MAX; graph.len()];
        let mut steps = Vec::new();
        for node in graph.nodes().filter(|node| live[node.0 as usize]) {
            let entry = graph.entry(node);
            place[node.0 as usize] = steps.len();
            steps.push(Step {
                kind: match entry.op {
                    Op::Parameter(i) => Kind::Parameter(offsets[i]),
                    ref op => Kind::Op(op.clone()),
                },
                shape: entry.shape,
                operands: entry
                    .op
                    .operands()
                    .into_iter()
                    .map(|x| place[x.0 as usize])
                    .collect(),
            });
        }
        Self {
            steps,
            parameter_len,
            outputs: outputs.iter().map(|x| place[x.0 as usize]).collect(),
        }
    }

    /// How many numbers a run takes: the elements of all parameters.
    pub fn parameter_len(&self) -> usize {
        self.parameter_len
    }

    /// Buffers for runs of this program.
    pub fn workspace(&self) -> Workspace {
        Workspace {
            buffers: self
                .steps
                .iter()
                .map(|step| vec![0.0; step.shape.len()])
                .collect(),
            outputs: self.outputs.clone(),
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
        for (i, step) in self.steps.iter().enumerate() {
            let mut out = std::mem::take(&mut workspace.buffers[i]);
            match &step.kind {
                Kind::Parameter(offset) => {
                    out.copy_from_slice(&parameters[*offset..offset + step.shape.len()]);
                }
                Kind::Op(op) => {
                    let operands: Vec<Operand<'_>> = step
                        .operands
                        .iter()
                        .map(|&x| Operand {
                            shape: self.steps[x].shape,
                            data: &workspace.buffers[x],
                        })
                        .collect();
                    ops::evaluate(op, step.shape, &operands, &mut out);
                }
            }
            workspace.buffers[i] = out;
        }
    }
}
