//! Recurrences. A body is a program of its own, compiled once and run a step
//! at a time; the derivative of a recurrence is a recurrence in the other
//! direction whose body is the derivative of the body.

mod lanes;
mod numbers;

use super::Operand;
use crate::program::builder::{Binary, Builder, Node, Scan};
use crate::program::compile::{Program, Workspace};
use crate::program::gradient::{Adjoint, Reverse, Unsupported};
use crate::program::graph::Op;
use crate::program::native::Function;
use crate::program::tensor::{Shape, ShapeError};
use numbers::Numbers;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, OnceLock};

/// The body of a recurrence. Its parameters are the states, the sequences'
/// elements and the uniforms, in this order.
#[derive(Debug)]
pub(crate) struct ScanBody {
    steps: usize,
    pub(crate) reverse: bool,
    pub(crate) states: Vec<Shape>,
    pub(crate) sequences: Vec<Shape>,
    builder: Builder,
    /// The next states.
    next: Vec<Node>,
    pub(crate) program: Program,
    /// All steps as machine code, made when first run.
    compiled: OnceLock<Option<Function>>,
}

/// Bodies are equal only if they are one; recurrences are few.
impl PartialEq for ScanBody {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for ScanBody {}

impl Hash for ScanBody {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::ptr::from_ref(self).hash(state);
    }
}

impl ScanBody {
    /// Builds the body of a recurrence within `outer`.
    pub fn build<E: From<ShapeError>>(
        outer: &Builder,
        scan: &Scan,
        body: impl FnOnce(&mut Builder, &[Node], &[Node], &[Node]) -> Result<Vec<Node>, E>,
    ) -> Result<Self, E> {
        let refuse = |message: String| Err(E::from(ShapeError(message)));
        if scan.steps == 0 {
            return refuse("a recurrence needs a step".into());
        }
        if scan.init.is_empty() {
            return refuse("a recurrence needs a state".into());
        }
        let states: Vec<Shape> = scan.init.iter().map(|&x| outer.shape(x)).collect();
        if let Some(shape) = states.iter().find(|shape| shape.lanes != 1) {
            return refuse(format!("a state of a recurrence has one lane, not {shape}"));
        }
        let state_len = states.iter().map(|shape| shape.len()).sum();
        Shape::new(scan.steps, 1, state_len).checked()?;
        let mut sequences = Vec::new();
        for &x in &scan.sequences {
            let shape = outer.shape(x);
            if shape.lanes != scan.steps {
                return refuse(format!(
                    "a sequence of {shape} does not have one lane for each of {} steps",
                    scan.steps
                ));
            }
            sequences.push(Shape::new(1, shape.rows, shape.cols));
        }
        let mut builder = Builder::new();
        let mut parameters = |shapes: &[Shape]| -> Vec<Node> {
            shapes
                .iter()
                .map(|&shape| builder.parameter(shape))
                .collect()
        };
        let uniforms: Vec<Shape> = scan.uniforms.iter().map(|&x| outer.shape(x)).collect();
        let (state, sequence) = (parameters(&states), parameters(&sequences));
        let mut uniform = parameters(&uniforms);
        // What is constant outside is constant inside.
        for (x, &from) in uniform.iter_mut().zip(&scan.uniforms) {
            if let Some(tensor) = outer.constant_value(from) {
                *x = builder.constant(tensor.clone());
            }
        }
        let next = body(&mut builder, &state, &sequence, &uniform)?;
        let shapes: Vec<Shape> = next.iter().map(|&x| builder.shape(x)).collect();
        if shapes != states {
            return refuse(format!(
                "the body of a recurrence returns states of {shapes:?} where it gets {states:?}"
            ));
        }
        let program = Program::new(&builder, &next);
        Ok(Self {
            steps: scan.steps,
            reverse: scan.reverse,
            states,
            sequences,
            builder,
            next,
            program,
            compiled: OnceLock::new(),
        })
    }

    /// The operations of all steps.
    pub fn operations(&self) -> u64 {
        self.steps as u64 * self.program.cost().operations
    }

    fn state_len(&self) -> usize {
        self.states.iter().map(|shape| shape.len()).sum()
    }
}

/// Adds a recurrence and takes its states apart.
pub(crate) fn insert(b: &mut Builder, scan: &Scan, body: Arc<ScanBody>) -> Vec<Node> {
    // What the body does not look at is nothing to depend on.
    let live = body.builder.graph.live(&body.next);
    let operands = [&scan.init, &scan.sequences, &scan.uniforms];
    let operands: Arc<[Node]> = operands
        .into_iter()
        .flatten()
        .zip(body.builder.parameters())
        .enumerate()
        .map(|(i, (&operand, parameter))| {
            if i < scan.init.len() || live[parameter.0 as usize] {
                operand
            } else {
                let (zero, shape) = (b.scalar(0.0), b.shape(operand));
                b.repeat(zero, shape)
            }
        })
        .collect();
    let steps = body.steps;
    let states = body.states.clone();
    let packed = Shape::new(steps, 1, body.state_len());
    let packed = b.graph.push(Op::Scan(body, operands), packed);
    let mut offset = 0;
    states
        .iter()
        .map(|shape| {
            let state = b.view(packed, offset, Shape::new(steps, shape.rows, shape.cols));
            offset += steps * shape.len();
            state
        })
        .collect()
}

/// What a recurrence needs while it runs.
#[derive(Debug)]
pub(crate) struct ScanWorkspace {
    workspace: Workspace,
    /// The body's parameters, one after the other.
    parameters: Vec<f64>,
    numbers: Option<Numbers>,
}

impl ScanWorkspace {
    pub fn new(body: &ScanBody) -> Self {
        Self {
            workspace: body.program.workspace(),
            parameters: vec![0.0; body.program.parameter_len()],
            numbers: Numbers::new(body),
        }
    }
}

/// Runs all steps; `shape` is that of the packed states.
pub(crate) fn run(
    body: &ScanBody,
    workspace: &mut ScanWorkspace,
    operands: &[Operand<'_>],
    shape: Shape,
    out: &mut [f64],
) {
    let ScanWorkspace {
        workspace,
        parameters,
        numbers,
    } = workspace;
    let (init, rest) = operands.split_at(body.states.len());
    let (sequences, uniforms) = rest.split_at(body.sequences.len());
    let mut at = 0;
    for operand in init {
        parameters[at..at + operand.data.len()].copy_from_slice(operand.data);
        at += operand.data.len();
    }
    let first_element = at;
    at += body
        .sequences
        .iter()
        .map(|shape| shape.len())
        .sum::<usize>();
    for operand in uniforms {
        parameters[at..at + operand.data.len()].copy_from_slice(operand.data);
        at += operand.data.len();
    }
    let steps = shape.lanes;
    let order = (0..steps).map(|i| if body.reverse { steps - 1 - i } else { i });
    if let Some(numbers) = numbers {
        numbers.run(body, parameters, sequences, order, out);
        return;
    }
    let columns = || sequences.iter().flat_map(|x| x.data.chunks_exact(steps));
    for step in order {
        for (parameter, column) in parameters[first_element..].iter_mut().zip(columns()) {
            *parameter = column[step];
        }
        body.program.run(workspace, parameters);
        let mut at = 0;
        for state in 0..body.states.len() {
            for &x in workspace.output(state) {
                out[at * steps + step] = x;
                parameters[at] = x;
                at += 1;
            }
        }
    }
}

/// A recurrence whose steps were taken.
struct Steps<'a> {
    body: &'a ScanBody,
    init: &'a [Node],
    sequences: &'a [Node],
    uniforms: &'a [Node],
    /// The states before each step.
    before: &'a [Node],
    /// The adjoints of the states after each step, as far as others use them.
    arriving: &'a [Node],
}

/// Adds the adjoints of a recurrence's operands: a recurrence from the last
/// step to the first that carries the adjoint of the state, adds up those of
/// the uniforms, and leaves one of the sequences' element at every step.
pub(crate) fn pull_back(
    reverse: &mut Reverse<'_>,
    body: &Arc<ScanBody>,
    operands: &[Node],
    packed: Node,
    adjoint: Adjoint,
) -> Result<(), Unsupported> {
    let steps = body.steps;
    let (init, rest) = operands.split_at(body.states.len());
    let (sequences, uniforms) = rest.split_at(body.sequences.len());
    let wanted_uniforms: Vec<usize> = (0..uniforms.len())
        .filter(|&i| reverse.wants(uniforms[i]))
        .collect();
    let wanted_sequences: Vec<usize> = (0..sequences.len())
        .filter(|&i| reverse.wants(sequences[i]))
        .collect();

    let b = &mut *reverse.b;
    // The states before each step, and the adjoints of those after.
    let mut before = Vec::new();
    let mut arriving = Vec::new();
    let mut offset = 0;
    for (&init, shape) in init.iter().zip(&body.states) {
        let sequence = Shape::new(steps, shape.rows, shape.cols);
        arriving.push(b.view(adjoint.node, offset, sequence));
        let mut parts = Vec::new();
        for element in 0..shape.len() {
            let first = b.view(init, element, Shape::SCALAR);
            let start = offset + element * steps;
            if steps == 1 {
                parts.push(first);
            } else if body.reverse {
                parts.push(b.view(packed, start + 1, Shape::new(1, steps - 1, 1)));
                parts.push(first);
            } else {
                parts.push(first);
                parts.push(b.view(packed, start, Shape::new(1, steps - 1, 1)));
            }
        }
        before.push(b.concat(&parts, sequence));
        offset += sequence.len();
    }

    let taken = Steps {
        body,
        init,
        sequences,
        uniforms,
        before: &before,
        arriving: &arriving,
    };
    if lanes::pull_back(reverse, &taken)? {
        return Ok(());
    }

    // A uniform's adjoint is a column, whatever its lanes.
    let b = &mut *reverse.b;
    let uniform_len: Vec<usize> = uniforms.iter().map(|&x| b.shape(x).len()).collect();
    let mut zero = |shape: Shape| {
        let zero = b.scalar(0.0);
        b.repeat(zero, shape)
    };
    let mut carried: Vec<Node> = body.states.iter().map(|&shape| zero(shape)).collect();
    for &i in &wanted_uniforms {
        carried.push(zero(Shape::new(1, uniform_len[i], 1)));
    }
    for &i in &wanted_sequences {
        carried.push(zero(body.sequences[i]));
    }
    let derivative = Scan {
        steps,
        reverse: !body.reverse,
        init: carried,
        sequences: [&before[..], sequences, &arriving].concat(),
        uniforms: uniforms.to_vec(),
    };
    let count = body.states.len();
    let states = b.scan(derivative, |inner, carried, elements, uniforms| {
        let (before, rest) = elements.split_at(count);
        let (elements, arriving) = rest.split_at(body.sequences.len());
        let parameters = [before, elements, uniforms].concat();
        let next = inner.import(&body.builder, &parameters, &body.next);
        let mut seeds = Vec::new();
        for ((&carried, &arriving), &next) in carried.iter().zip(arriving).zip(&next) {
            let seed = inner.binary(Binary::Add, carried, arriving)?;
            seeds.push((next, seed, true));
        }
        let wrt: Vec<Node> = before
            .iter()
            .copied()
            .chain(wanted_uniforms.iter().map(|&i| uniforms[i]))
            .chain(wanted_sequences.iter().map(|&i| elements[i]))
            .collect();
        let adjoints = Reverse::new(inner, None).run(&seeds, &wrt)?;
        let mut result = Vec::new();
        for (i, (adjoint, &x)) in adjoints.into_iter().zip(&wrt).enumerate() {
            let node = match adjoint {
                Some(adjoint) => adjoint.node,
                None => {
                    let shape = inner.shape(x);
                    let zero = inner.scalar(0.0);
                    inner.repeat(zero, shape)
                }
            };
            let sums_up = i >= count && i < count + wanted_uniforms.len();
            result.push(if sums_up {
                let shape = inner.shape(carried[i]);
                let node = inner.view(node, 0, shape);
                inner.binary(Binary::Add, carried[i], node)?
            } else {
                node
            });
        }
        Ok::<_, ShapeError>(result)
    })?;

    // The last step taken is the first one in time, or the last of a reverse recurrence.
    let last = if body.reverse { steps - 1 } else { 0 };
    let final_state = |b: &mut Builder, state: Node| {
        let shape = b.shape(state);
        let elements: Vec<Node> = (0..shape.rows * shape.cols)
            .map(|element| b.view(state, element * steps + last, Shape::SCALAR))
            .collect();
        b.concat(&elements, Shape::new(1, shape.rows, shape.cols))
    };
    for (&x, &state) in init.iter().zip(&states) {
        let node = final_state(reverse.b, state);
        reverse.add(x, node, true);
    }
    let mut rest = states[count..].iter();
    for (&i, &state) in wanted_uniforms.iter().zip(&mut rest) {
        let node = final_state(reverse.b, state);
        let shape = reverse.b.shape(uniforms[i]);
        let node = reverse.b.view(node, 0, shape);
        reverse.add(uniforms[i], node, true);
    }
    for (&i, &state) in wanted_sequences.iter().zip(&mut rest) {
        reverse.add(sequences[i], state, true);
    }
    Ok(())
}
