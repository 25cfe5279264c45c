//! Operations that run by themselves.

use super::fold::{FEW_TERMS, Fold};
use super::frame::{Address, Frame, Place, Work, coordinates, offset, reduction};
use super::{Emitter, MAX_BLOCKS, Matrix, Product, THREADS};
use crate::program::builder::{Axes, Reduction, Window};
use crate::program::graph::{Absorb, Op};
use crate::program::kernel::Memory;
use crate::program::tensor::Shape;
use std::fmt::Write;

/// A list of a scatter that is worth a block.
const LONG_LIST: usize = 256;

/// The extents of a dimension that a reduction keeps, and of what it removes.
fn split(from: Shape, to: Shape) -> [(usize, usize); 3] {
    let part = |from: usize, to: usize| if to == from { (from, 1) } else { (1, from) };
    [
        part(from.lanes, to.lanes),
        part(from.rows, to.rows),
        part(from.cols, to.cols),
    ]
}

/// The offset in `from` of term `e` of result `o`, where `from` is reduced to `to`.
fn term_offset(from: Shape, to: Shape, o: &str, e: &str) -> String {
    let [(kl, rl), (kr, rr), (kc, rc)] = split(from, to);
    let pick = |kept: usize, kept_before: usize, removed: usize, removed_before: usize| {
        let (i, extent, before) = if kept > 1 {
            (o, kept, kept_before)
        } else {
            (e, removed, removed_before)
        };
        format!("({i}) / {before}u % {extent}u")
    };
    offset(
        from,
        &pick(kl, 1, rl, 1),
        &pick(kr, kl, rr, rl),
        &pick(kc, kl * kr, rc, rl * rr),
    )
}

impl Emitter {
    pub(super) fn whole(
        &mut self,
        frame: &Frame<'_>,
        op: &Op,
        shape: Shape,
        operands: &[(Memory, Shape)],
        output: usize,
    ) -> Vec<Work> {
        let out = frame.tensor(output);
        let operands: Vec<(Address, Shape)> = operands
            .iter()
            .map(|&(memory, shape)| (frame.address(memory), shape))
            .collect();
        let len = shape.len();
        let here = coordinates("i", shape);
        let here = here.as_str();
        // An operand's element for element `i` of the result, repeated.
        let each = |k: usize| {
            let (at, from) = operands[k];
            if from == shape {
                at.of("i")
            } else {
                at.of(&offset(from, "lane", "row", "col"))
            }
        };
        let map =
            |what: &str, before: &str, value: &str| vec![frame.map(what, len, out, before, value)];
        match op {
            Op::Constant(_) | Op::Parameter(_) | Op::Placeholder(_) | Op::View(..) => {
                unreachable!("{op:?} is no step")
            }
            Op::Unary(f, _) => map("a function", "", &format!("u_{f:?}({})", each(0))),
            Op::Binary(f, ..) => {
                let value = format!("b_{f:?}({}, {})", each(0), each(1));
                map("a function of two", here, &value)
            }
            Op::Select(..) => {
                let value = format!("choose({}, {}, {})", each(0), each(1), each(2));
                map("a choice", here, &value)
            }
            Op::Reduce(f, ..) => {
                let (x, from) = operands[0];
                let at = x.of(&term_offset(from, shape, "o", "e"));
                let fold = Fold {
                    what: "a reduction",
                    op: *f,
                    results: len,
                    terms: from.len() / len,
                    before: String::new(),
                    term: format!("v = {at};"),
                    out,
                };
                self.fold(frame, &fold)
            }
            Op::ExtremumMask(f, axes, _) => extremum_mask(frame, *f, *axes, operands[0], out),
            Op::OtherProduct(axes, _) => other_product(frame, *axes, operands[0], out),
            Op::Matmul(absorb, ..) => self.matmul(frame, *absorb, &operands, shape, out),
            Op::Gram(absorb, ..) => self.gram(frame, *absorb, &operands, shape, out),
            Op::Transpose(_) => {
                let (x, from) = operands[0];
                let value = x.of(&offset(from, "lane", "col", "row"));
                map("a transpose", here, &value)
            }
            Op::Concat(_) => {
                let mut body = String::new();
                let mut at = 0;
                for (x, from) in &operands {
                    // Writing to a string does not fail.
                    let _ = writeln!(
                        body,
                        "  for (index_t i = id; i < {}u; i += all) {} = {};",
                        from.len(),
                        out.plus(at).of("i"),
                        x.of("i")
                    );
                    at += from.len();
                }
                vec![frame.phase("a concatenation", body, frame.blocks(len))]
            }
            Op::Broadcast(_) => map("a repetition", here, &each(0)),
            Op::Gather(_, indices) => {
                let (x, from) = operands[0];
                let list = self.index_list(indices.iter().copied());
                let lanes = from.lanes;
                let before =
                    format!("const index_t at = x[{list}u + i / {lanes}u], lane = i % {lanes}u;");
                let element = x.of(&format!("at * {lanes}u + lane"));
                let value = format!("at == {}u ? (real)0 : {element}", u32::MAX);
                map("a gather", &before, &value)
            }
            Op::Scatter(_, indices) => self.scatter(frame, indices, operands[0].0, shape, out),
            Op::Window(_, window) => {
                let (x, from) = operands[0];
                let w = window;
                let lane = format!("lane % {0}u * {1}u", w.lane_rows, w.row_step);
                let lane_col = format!("lane / {0}u * {1}u", w.lane_rows, w.col_step);
                let row = format!("{}u + {lane} + row", w.top);
                let col = format!("{}u + {lane_col} + col", w.left);
                map("windows", here, &x.of(&offset(from, "0", &row, &col)))
            }
            Op::WindowScatter(_, window) => {
                self.window_scatter(frame, *window, operands[0].0, shape, out)
            }
            Op::Scan(body, _) => self.scan(body, &operands, shape, out),
            Op::Inverse(_) => self.dense(frame, "inverse", operands[0].0, operands[0].1, out),
            Op::Determinant(_) => {
                self.dense(frame, "determinant", operands[0].0, operands[0].1, out)
            }
            Op::Cofactor(_) => self.dense(frame, "cofactor", operands[0].0, operands[0].1, out),
            Op::OrderStatistic(_, k, present) => {
                self.order(frame, operands[0], *k, present.as_ref(), (out, false))
            }
            Op::OrderMask(_, k, present) => {
                self.order(frame, operands[0], *k, present.as_ref(), (out, true))
            }
        }
    }

    fn matmul(
        &mut self,
        frame: &Frame<'_>,
        absorb: Absorb,
        operands: &[(Address, Shape)],
        shape: Shape,
        out: Address,
    ) -> Vec<Work> {
        let [(a, sa), (b, sb)] = [operands[0], operands[1]];
        // Lanes and rows of the first are the rows of one matrix.
        if absorb == Absorb::None && sb.lanes == 1 && frame.place == Place::Grid {
            let rows = sa.lanes * sa.rows;
            return vec![Work::Product(Product {
                transposed: false,
                m: rows,
                n: sb.cols,
                k: sa.cols,
                a: matrix(a, rows),
                b: matrix(b, sb.rows),
                c: matrix(out, rows),
            })];
        }
        let left = a.of(&offset(sa, "lane", "row", "e"));
        let right = b.of(&offset(sb, "lane", "e", "col"));
        let fold = Fold {
            what: "a product of matrices",
            op: Reduction::Sum,
            results: shape.len(),
            terms: sa.cols,
            before: coordinates("o", shape),
            term: format!("v = product_{absorb:?}({left}, {right});"),
            out,
        };
        self.fold(frame, &fold)
    }

    fn gram(
        &mut self,
        frame: &Frame<'_>,
        absorb: Absorb,
        operands: &[(Address, Shape)],
        shape: Shape,
        out: Address,
    ) -> Vec<Work> {
        let [(a, sa), (b, _)] = [operands[0], operands[1]];
        let rows = sa.lanes * sa.rows;
        if absorb == Absorb::None && frame.place == Place::Grid {
            return vec![Work::Product(Product {
                transposed: true,
                m: shape.rows,
                n: shape.cols,
                k: rows,
                a: matrix(a, rows),
                b: matrix(b, rows),
                c: matrix(out, shape.rows),
            })];
        }
        let left = a.of(&format!("o % {}u * {rows}u + e", shape.rows));
        let right = b.of(&format!("o / {}u * {rows}u + e", shape.rows));
        let fold = Fold {
            what: "a product of a transpose",
            op: Reduction::Sum,
            results: shape.len(),
            terms: rows,
            before: String::new(),
            term: format!("v = product_{absorb:?}({left}, {right});"),
            out,
        };
        self.fold(frame, &fold)
    }

    /// Each result gathers what would be added to it, in the order of the
    /// source: sums come out the same at every run.
    fn scatter(
        &mut self,
        frame: &Frame<'_>,
        indices: &[u32],
        x: Address,
        shape: Shape,
        out: Address,
    ) -> Vec<Work> {
        let lanes = shape.lanes;
        let places = shape.len() / lanes;
        let mut lists: Vec<Vec<u32>> = vec![Vec::new(); places];
        for (from, &to) in (0..).zip(indices) {
            if to != u32::MAX {
                lists[to as usize].push(from);
            }
        }
        let longest = lists.iter().map(Vec::len).max().unwrap_or(0);
        let mut ends = vec![0];
        let mut end = 0;
        for list in &lists {
            // As many as indices, of which there are fewer than elements.
            end += list.len() as u32;
            ends.push(end);
        }
        let ends = self.index_list(ends);
        let list = self.index_list(lists.into_iter().flatten());
        let source = x.of(&format!("x[{list}u + e] * {lanes}u + lane"));
        if longest < LONG_LIST || lanes > 1 || frame.place == Place::Block {
            let body = format!(
                "  for (index_t i = id; i < {}u; i += all) {{\n    \
                 const index_t place = i / {lanes}u, lane = i % {lanes}u;\n    \
                 real acc = 0;\n    \
                 for (index_t e = x[{ends}u + place]; e < x[{ends}u + place + 1]; e++)\n      \
                 acc += {source};\n    {} = acc;\n  }}\n",
                shape.len(),
                out.of("i")
            );
            return vec![frame.phase("a scatter", body, frame.blocks(shape.len()))];
        }
        let body = format!(
            "  for (index_t place = bid; place < {places}u; place += blocks) {{\n    \
             const index_t lane = 0;\n    real part[1] = {{0}};\n    \
             for (index_t e = x[{ends}u + place] + tid; e < x[{ends}u + place + 1]; \
             e += blockDim.x)\n      part[0] += {source};\n    \
             fold_block<Sum>(part, shared);\n    \
             if (tid == 0) {} = part[0];\n  }}\n",
            out.of("place")
        );
        vec![frame.phase("a scatter", body, places.min(MAX_BLOCKS))]
    }

    /// Each element of the source adds up where windows saw it.
    fn window_scatter(
        &mut self,
        frame: &Frame<'_>,
        w: Window,
        x: Address,
        shape: Shape,
        out: Address,
    ) -> Vec<Work> {
        // Along a dimension where windows move, an element is seen at most once
        // for each of a window's cells; else once for each lane.
        let side = |moves: bool, cells: usize, lanes: usize| if moves { cells } else { lanes };
        let row_terms = side(w.row_step == 1, w.rows, w.lane_rows);
        let col_terms = side(w.col_step == 1, w.cols, w.lane_cols);
        let side = |moves: bool, [place, first, cell, lane, term]: [&str; 5]| {
            let (known, other) = if moves { (cell, lane) } else { (lane, cell) };
            format!(
                "const index_t {known} = {term}, {other} = {place} - {first}{};",
                if moves {
                    format!(" - {cell}")
                } else {
                    String::new()
                }
            )
        };
        let (top, left) = (format!("{}u", w.top), format!("{}u", w.left));
        let row_term = format!("e % {row_terms}u");
        let col_term = format!("e / {row_terms}u");
        let rows = side(w.row_step == 1, ["y", &top, "row", "lane_row", &row_term]);
        let cols = side(w.col_step == 1, ["z", &left, "col", "lane_col", &col_term]);
        let windows = w.shape();
        let lane = format!("lane_col * {}u + lane_row", w.lane_rows);
        let fold = Fold {
            what: "what windows saw",
            op: Reduction::Sum,
            results: shape.len(),
            terms: row_terms * col_terms,
            before: format!("const index_t y = o % {0}u, z = o / {0}u;", shape.rows),
            // Where a difference is below 0 it is too large.
            term: format!(
                "{rows} {cols}\n      if (row < {}u && lane_row < {}u && col < {}u && \
                 lane_col < {}u)\n        v = {};",
                w.rows,
                w.lane_rows,
                w.cols,
                w.lane_cols,
                x.of(&offset(windows, &lane, "row", "col"))
            ),
            out,
        };
        self.fold(frame, &fold)
    }
}

fn matrix(at: Address, stride: usize) -> Matrix {
    Matrix {
        base: at.base,
        at: at.at,
        stride,
    }
}

fn extremum_mask(
    frame: &Frame<'_>,
    op: Reduction,
    axes: Axes,
    (x, shape): (Address, Shape),
    out: Address,
) -> Vec<Work> {
    let groups = axes.reduced(shape);
    let terms = shape.len() / groups.len();
    let place = term_offset(shape, groups, "o", "e");
    let (element, result) = (x.of(&place), out.of(&place));
    let name = reduction(op);
    let hit = format!("({element} == best || is_nan({element}) && is_nan(best))");
    let groups = groups.len();
    if terms <= FEW_TERMS || groups >= 16 * THREADS {
        let body = format!(
            "  for (index_t o = id; o < {groups}u; o += all) {{\n    \
             real best = {name}::identity();\n    \
             for (index_t e = 0; e < {terms}u; e++) best = {name}::combine(best, {element});\n    \
             bool found = false;\n    \
             for (index_t e = 0; e < {terms}u; e++) {{\n      \
             const bool hit = !found && {hit};\n      found |= hit;\n      \
             {result} = truth(hit);\n    }}\n  }}\n"
        );
        return vec![frame.phase("where the extremum is", body, frame.blocks(groups))];
    }
    let body = format!(
        "  for (index_t o = bid; o < {groups}u; o += blocks) {{\n    \
         real part[1] = {{{name}::identity()}};\n    \
         for (index_t e = tid; e < {terms}u; e += blockDim.x)\n      \
         part[0] = {name}::combine(part[0], {element});\n    \
         fold_block<{name}>(part, shared);\n    const real best = part[0];\n    \
         index_t first = {terms}u;\n    \
         for (index_t e = tid; e < {terms}u && first == {terms}u; e += blockDim.x)\n      \
         if ({hit}) first = e;\n    \
         first = least_of_block(first, shared);\n    \
         for (index_t e = tid; e < {terms}u; e += blockDim.x) {result} = truth(e == first);\n  }}\n"
    );
    let blocks = frame.teams(groups, MAX_BLOCKS);
    vec![frame.phase("where the extremum is", body, blocks)]
}

/// A running product from either end, a thread a group.
fn other_product(
    frame: &Frame<'_>,
    axes: Axes,
    (x, shape): (Address, Shape),
    out: Address,
) -> Vec<Work> {
    let groups = axes.reduced(shape);
    let terms = shape.len() / groups.len();
    let place = term_offset(shape, groups, "o", "e");
    let (element, result) = (x.of(&place), out.of(&place));
    let groups = groups.len();
    let body = format!(
        "  for (index_t o = id; o < {groups}u; o += all) {{\n    real running = 1;\n    \
         for (index_t e = 0; e < {terms}u; e++) {{\n      \
         {result} = running;\n      running *= {element};\n    }}\n    running = 1;\n    \
         for (index_t e = {terms}u; e-- > 0;) {{\n      \
         {result} *= running;\n      running *= {element};\n    }}\n  }}\n"
    );
    vec![frame.phase("products of the others", body, frame.blocks(groups))]
}
