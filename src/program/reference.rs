//! The plain evaluation of a program, an operation at a time on whole
//! tensors: the definition that compiled programs are tested against.

use super::builder::{Builder, Node};
use super::graph::Op;
use super::ops::{self, Operand};

/// The values of `outputs`, with `parameters` one after the other.
pub(crate) fn evaluate(builder: &Builder, outputs: &[Node], parameters: &[f64]) -> Vec<Vec<f64>> {
    let graph = &builder.graph;
    let live = graph.live(outputs);
    let mut offsets = vec![0];
    for &parameter in builder.parameters() {
        let end = offsets.last().copied().unwrap_or(0);
        offsets.push(end + builder.shape(parameter).len());
    }
    let mut values: Vec<Vec<f64>> = vec![Vec::new(); graph.len()];
    for node in graph.nodes().filter(|node| live[node.0 as usize]) {
        let shape = graph.shape(node);
        let op = graph.op(node);
        values[node.0 as usize] = match *op {
            Op::Parameter(i) => parameters[offsets[i]..offsets[i] + shape.len()].to_vec(),
            _ => {
                let operands: Vec<Operand<'_>> = op
                    .operands()
                    .into_iter()
                    .map(|x| Operand {
                        shape: graph.shape(x),
                        data: &values[x.0 as usize],
                    })
                    .collect();
                let mut out = vec![0.0; shape.len()];
                ops::evaluate(op, shape, &operands, &mut out);
                out
            }
        };
    }
    outputs
        .iter()
        .map(|x| values[x.0 as usize].clone())
        .collect()
}
