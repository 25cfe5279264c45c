//! Inverses, determinants and order statistics: a block a lane.

use super::Emitter;
use super::frame::{Address, Frame, Work};
use crate::program::graph::Literal;
use crate::program::tensor::Shape;

/// The most blocks that have scratch memory each.
const MOST: usize = 128;

impl Emitter {
    /// `function` of the prelude for each lane's matrix; `out` has `step` lanes.
    pub(super) fn dense(
        &mut self,
        frame: &Frame<'_>,
        function: &str,
        x: Address,
        shape: Shape,
        out: Address,
    ) -> Vec<Work> {
        let Shape { lanes, rows: n, .. } = shape;
        let blocks = frame.teams(lanes, MOST);
        let each = 3 * n * n;
        let scratch = self.room(each * blocks);
        let body = format!(
            "  for (index_t lane = bid; lane < {lanes}u; lane += blocks)\n    \
             {function}({x} + lane, {lanes}u, {n}u, {out} + lane, \
             {scratch} + (size_t)bid * {each}u);\n"
        );
        vec![frame.phase(function, body, blocks)]
    }

    /// The `k`-th smallest of each lane, or where it is.
    pub(super) fn order(
        &mut self,
        frame: &Frame<'_>,
        (x, shape): (Address, Shape),
        k: usize,
        present: Option<&Literal>,
        (out, mask): (Address, bool),
    ) -> Vec<Work> {
        let lanes = shape.lanes;
        let n = shape.rows * shape.cols;
        let (present, present_step) = match present {
            None => ("(const real*)0".to_owned(), 0),
            Some(literal) => {
                let at = Address {
                    base: super::Base::Constants,
                    at: self.constant(&literal.0.data),
                };
                match literal.0.shape.lanes {
                    1 => (at.to_string(), 1),
                    step => (format!("{at} + lane"), step),
                }
            }
        };
        let result = if mask {
            format!(
                "for (index_t i = tid; i < {n}u; i += blockDim.x) {} = truth(i == first);",
                out.of(&format!("i * {lanes}u + lane"))
            )
        } else {
            format!(
                "if (tid == 0) {} = first < {n}u ? {} : not_a_number();",
                out.of("lane"),
                x.of(&format!("first * {lanes}u + lane"))
            )
        };
        let body = format!(
            "  for (index_t lane = bid; lane < {lanes}u; lane += blocks) {{\n    \
             const index_t first = find_order({x} + lane, {lanes}u, {n}u, {k}u, {present}, \
             {present_step}u, shared);\n    {result}\n  }}\n"
        );
        let blocks = frame.teams(lanes, super::MAX_BLOCKS);
        vec![frame.phase("an order statistic", body, blocks)]
    }
}
