//! Recurrences: one block goes through the steps.

use super::frame::{Address, Frame, Phase, Place, Work};
use super::{Emitter, THREADS};
use crate::program::compile::Step;
use crate::program::ops::scan::ScanBody;
use crate::program::tensor::Shape;
use std::fmt::Write;

/// A wait for all threads of the block.
const SYNC: &str = "  __syncthreads();\n";

fn copy(len: usize, to: &str, from: &str) -> String {
    format!("  for (index_t i = tid; i < {len}u; i += blockDim.x) {to} = {from};\n")
}

impl Emitter {
    pub(super) fn scan(
        &mut self,
        body: &ScanBody,
        operands: &[(Address, Shape)],
        shape: Shape,
        out: Address,
    ) -> Vec<Work> {
        let program = &body.program;
        let steps = shape.lanes;
        let parameters = self.room(program.parameter_len());
        let frame = Frame::new(self, program, parameters, Place::Block);
        let (init, rest) = operands.split_at(body.states.len());
        let (sequences, uniforms) = rest.split_at(body.sequences.len());

        // The body's parameters: states, the sequences' elements, uniforms.
        let mut text = String::new();
        let mut at = 0;
        for (from, shape) in init {
            text += &copy(shape.len(), &parameters.plus(at).of("i"), &from.of("i"));
            at += shape.len();
        }
        let first_element = at;
        at += body
            .sequences
            .iter()
            .map(|shape| shape.len())
            .sum::<usize>();
        for (from, shape) in uniforms {
            text += &copy(shape.len(), &parameters.plus(at).of("i"), &from.of("i"));
            at += shape.len();
        }
        // Writing to a string does not fail.
        let _ = writeln!(text, "  for (index_t n = 0; n < {steps}u; n++) {{");
        let step = if body.reverse {
            format!("{steps}u - 1 - n")
        } else {
            "n".to_owned()
        };
        let _ = writeln!(text, "  const index_t step = {step};");
        let mut at = first_element;
        for ((from, _), shape) in sequences.iter().zip(&body.sequences) {
            let element = from.of(&format!("i * {steps}u + step"));
            text += &copy(shape.len(), &parameters.plus(at).of("i"), &element);
            at += shape.len();
        }
        text += SYNC;
        let mut wide = false;
        for inner in &program.steps {
            wide |= !matches!(inner, Step::Scalars(_));
            for work in self.step(&frame, inner) {
                match work {
                    Work::Phase(phase) => {
                        let _ = writeln!(text, "  {{ // {}", phase.what);
                        text += &phase.body;
                        text += "  }\n";
                        text += SYNC;
                    }
                    Work::Product(_) => unreachable!("a block multiplies by itself"),
                }
            }
        }
        let mut at = 0;
        for (place, len) in frame.outputs() {
            let state = Address {
                at: place,
                ..parameters
            };
            let _ = writeln!(
                text,
                "  for (index_t i = tid; i < {len}u; i += blockDim.x) {{\n    \
                 {} = {};\n    {} = {};\n  }}",
                out.of(&format!("(i + {at}u) * {steps}u + step")),
                state.of("i"),
                parameters.plus(at).of("i"),
                state.of("i"),
            );
            at += len;
        }
        text += SYNC;
        text += "  }\n";
        vec![Work::Phase(Phase {
            what: format!("a recurrence of {steps} steps"),
            body: text,
            blocks: 1,
            // A block of few threads waits less for itself.
            threads: if wide { THREADS } else { 32 },
        })]
    }
}
