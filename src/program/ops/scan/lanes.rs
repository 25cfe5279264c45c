//! The derivative of a recurrence of single numbers. All states are known when
//! it is taken, so the derivatives of every step are computed at once, with the
//! steps as lanes. What is left to do step by step is linear: the adjoint of
//! the states, each time multiplied by the derivatives of the next states.

use super::{ScanBody, Steps};
use crate::program::builder::{Binary, Builder, Node, Scan};
use crate::program::gradient::{Reverse, Unsupported};
use crate::program::graph::Op;
use crate::program::tensor::{Shape, ShapeError};

/// With more states their derivatives by one another are too many.
const MOST_STATES: usize = 4;

/// Adds the adjoints of the operands, where the body computes with single
/// numbers and selects nothing; else adds nothing and returns `false`.
pub(super) fn pull_back(reverse: &mut Reverse<'_>, taken: &Steps<'_>) -> Result<bool, Unsupported> {
    let &Steps {
        body,
        init,
        sequences,
        uniforms,
        before,
        arriving,
    } = taken;
    let count = init.len();
    let steps = body.steps;
    let lanes = Shape::new(steps, 1, 1);
    let Some(mut lifted) = Lifted::new(body) else {
        return Ok(false);
    };
    let Some(slopes) = lifted.slopes()? else {
        return Ok(false);
    };
    let others = [sequences, uniforms].concat();
    let wanted: Vec<usize> = (0..others.len())
        .filter(|&i| reverse.wants(others[i]))
        .collect();
    let pulled = lifted.pulled(&wanted)?;

    let b = &mut *reverse.b;
    let mut operands = [before, sequences, uniforms].concat();
    let places: Vec<(usize, usize)> = slopes.iter().map(|&(place, _)| place).collect();
    let outputs: Vec<Node> = slopes.iter().map(|&(_, slope)| slope).collect();
    let slopes = b.import(&lifted.builder, &operands, &outputs);

    // The adjoint of a state after a step is what arrives there and, through
    // the step taken next, what arrived later. Slopes that are the same at every step are uniforms of the recurrence; of
    // others each step takes that of the next one.
    let zero = b.scalar(0.0);
    let (mut moving, mut fixed, mut from) = (arriving.to_vec(), Vec::new(), Vec::new());
    for &slope in &slopes {
        match *b.graph.op(slope) {
            Op::Broadcast(one) if b.shape(one) == Shape::SCALAR => {
                from.push((false, fixed.len()));
                fixed.push(one);
            }
            _ => {
                let rest = Shape::new(1, steps - 1, 1);
                let later = if steps == 1 {
                    zero
                } else if body.reverse {
                    let earlier = b.view(slope, 0, rest);
                    b.concat(&[zero, earlier], lanes)
                } else {
                    let later = b.view(slope, 1, rest);
                    b.concat(&[later, zero], lanes)
                };
                from.push((true, moving.len()));
                moving.push(later);
            }
        }
    }
    let linear = Scan {
        steps,
        reverse: !body.reverse,
        init: vec![zero; count],
        sequences: moving,
        uniforms: fixed,
    };
    let adjoints = b.scan::<ShapeError>(linear, |inner, carried, elements, uniforms| {
        let mut next = elements[..count].to_vec();
        for (&(by, of), &(moves, at)) in places.iter().zip(&from) {
            let slope = if moves { elements[at] } else { uniforms[at] };
            // A parameter here, but it may be infinite: an adjoint of 0 absorbs it.
            let product = Op::Binary(Binary::AbsorbingMul, carried[of], slope);
            let product = inner.graph.push(product, Shape::SCALAR);
            next[by] = inner.binary(Binary::Add, product, next[by])?;
        }
        Ok(next)
    })?;

    // The first step in time is the last one of the derivative.
    let first = if body.reverse { steps - 1 } else { 0 };
    for (&(by, of), &slope) in places.iter().zip(&slopes) {
        let adjoint = reverse.b.view(adjoints[of], first, Shape::SCALAR);
        let slope = match *reverse.b.graph.op(slope) {
            Op::Broadcast(one) if reverse.b.shape(one) == Shape::SCALAR => one,
            _ => reverse.b.view(slope, first, Shape::SCALAR),
        };
        let node = reverse.b.binary(Binary::AbsorbingMul, adjoint, slope)?;
        reverse.add(init[by], node, true);
    }
    operands.extend(adjoints);
    let outputs: Vec<Node> = pulled.iter().map(|&(_, node)| node).collect();
    let nodes = reverse.b.import(&lifted.builder, &operands, &outputs);
    for (&(i, _), node) in pulled.iter().zip(nodes) {
        reverse.add(others[i], node, true);
    }
    Ok(true)
}

/// The derivative by one state before a step of one after it: `((by, of), slope)`.
type Slope = ((usize, usize), Node);

/// The body of a recurrence with its steps as lanes.
struct Lifted {
    builder: Builder,
    lanes: Shape,
    /// States, sequences, uniforms.
    parameters: Vec<Node>,
    states: usize,
    /// The adjoint of each state after the step.
    adjoints: Vec<Node>,
    next: Vec<Node>,
}

impl Lifted {
    /// `None` where the body does more than compute with single numbers.
    fn new(body: &ScanBody) -> Option<Self> {
        let states = body.states.len();
        if states > MOST_STATES {
            return None;
        }
        let lanes = Shape::new(body.steps, 1, 1);
        let moving = states + body.sequences.len();
        let mut builder = Builder::new();
        let mut parameter = |i: usize| match i < moving {
            true => builder.parameter(lanes),
            false => builder.parameter(Shape::SCALAR),
        };
        let parameters: Vec<Node> = (0..body.builder.parameters().len())
            .map(&mut parameter)
            .collect();
        let adjoints = (0..states).map(|_| parameter(0)).collect();
        let graph = &body.builder.graph;
        let live = graph.live(&body.next);
        let mut copies: Vec<Option<Node>> = vec![None; graph.len()];
        for node in graph.nodes().filter(|node| live[node.0 as usize]) {
            if graph.shape(node) != Shape::SCALAR {
                return None;
            }
            let copy = |x: Node| copies[x.0 as usize];
            let made = match *graph.op(node) {
                Op::Parameter(i) => parameters[i],
                Op::Constant(ref literal) => builder.scalar(literal.0.data[0]),
                Op::Unary(op, x) => builder.unary(op, copy(x)?),
                Op::Binary(op, a, b) => builder.binary(op, copy(a)?, copy(b)?).ok()?,
                Op::Select(c, t, o) => builder.select(copy(c)?, copy(t)?, copy(o)?).ok()?,
                _ => return None,
            };
            copies[node.0 as usize] = Some(made);
        }
        let mut next = Vec::new();
        for &node in &body.next {
            next.push(builder.repeat(copies[node.0 as usize]?, lanes));
        }
        Some(Self {
            builder,
            lanes,
            parameters,
            states,
            adjoints,
            next,
        })
    }

    /// The derivatives by each state before a step of each after it, those that are not 0. `None` where a selection may mask one:
    /// it would absorb the adjoint that it meets.
    fn slopes(&mut self) -> Result<Option<Vec<Slope>>, Unsupported> {
        let one = self.builder.scalar(1.0);
        let ones = self.builder.repeat(one, self.lanes);
        let states = self.parameters[..self.states].to_vec();
        let mut slopes = Vec::new();
        for (of, &next) in self.next.iter().enumerate() {
            let found =
                Reverse::new(&mut self.builder, None).run(&[(next, ones, false)], &states)?;
            for (by, slope) in found.into_iter().enumerate() {
                match slope {
                    Some(slope) if slope.masked => return Ok(None),
                    Some(slope) => slopes.push(((by, of), slope.node)),
                    None => {}
                }
            }
        }
        Ok(Some(slopes))
    }

    /// The adjoints of the wanted ones of sequences and uniforms.
    fn pulled(&mut self, wanted: &[usize]) -> Result<Vec<(usize, Node)>, Unsupported> {
        let seeds: Vec<_> = self
            .next
            .iter()
            .zip(&self.adjoints)
            .map(|(&next, &adjoint)| (next, adjoint, true))
            .collect();
        let wrt: Vec<Node> = wanted
            .iter()
            .map(|&i| self.parameters[self.states + i])
            .collect();
        let found = Reverse::new(&mut self.builder, None).run(&seeds, &wrt)?;
        let found = wanted.iter().zip(found);
        Ok(found
            .filter_map(|(&i, adjoint)| Some((i, adjoint?.node)))
            .collect())
    }
}
