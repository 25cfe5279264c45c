//! Simplification while building: every rule that makes a node into fewer or
//! cheaper ones. The graph that results has a normal form the compiler relies on:
//!
//! - elementwise operations, reductions and products of matrices of one lane
//!   work on lanes instead: a `[1, R, C]` rectangle has the storage of R lanes
//!   of `[1, C]`, so a [`Op::View`] costs nothing, and a column of a sheet and
//!   a run of formulas become the same thing;
//! - an operand that repeats is left to the operation that uses it;
//! - a sum of products along rows is a product of matrices.

use super::builder::{Axes, Binary, Builder, Node, Reduction, Unary, Window};
use super::graph::{Absorb, Op};
use super::tensor::{Shape, ShapeError, Tensor};
use std::sync::Arc;

/// The most cells of a moving window that are kept as shifted views.
const MAX_SHIFTS: usize = 256;

/// How a shape of one lane reads as lanes: its rows, or its columns where it
/// has one row.
#[derive(Clone, Copy)]
enum LaneForm {
    Rows,
    Cols,
}

impl LaneForm {
    fn of(shape: Shape) -> Option<Self> {
        match shape {
            Shape { lanes: 2.., .. } => None,
            Shape { rows: 2.., .. } => Some(LaneForm::Rows),
            Shape { cols: 2.., .. } => Some(LaneForm::Cols),
            _ => None,
        }
    }

    /// The form of an operand that broadcasts to a shape of this form.
    fn apply(self, shape: Shape) -> Shape {
        match self {
            LaneForm::Rows => Shape::new(shape.rows, 1, shape.cols),
            LaneForm::Cols => Shape::new(shape.cols, 1, 1),
        }
    }
}

impl Builder {
    // ---- structure -------------------------------------------------------

    /// `shape` of the elements of `x` from `offset` on; the caller has checked
    /// that there are so many.
    pub(crate) fn view(&mut self, x: Node, offset: usize, shape: Shape) -> Node {
        let from = self.shape(x);
        if offset == 0 && from == shape {
            return x;
        }
        match self.graph.op(x) {
            &Op::View(inner, start) => return self.view(inner, start + offset, shape),
            Op::Constant(literal) if from.len() == shape.len() => {
                let data = literal.0.data.clone();
                return self.constant(Tensor::new(shape, data));
            }
            &Op::Broadcast(inner) => {
                if self.shape(inner) == Shape::SCALAR {
                    return self.repeat(inner, shape);
                }
                if from.len() == shape.len()
                    && let Some(narrow) = regroup(from, shape, self.shape(inner))
                {
                    let inner = self.view(inner, 0, narrow);
                    return self.repeat(inner, shape);
                }
            }
            Op::Concat(parts) => {
                let (parts, ends) = (parts.clone(), self.part_ends(x));
                let end = offset + shape.len();
                // The part that holds the first element, and the one that holds the last.
                let first = ends.partition_point(|&e| e <= offset);
                let last = ends.partition_point(|&e| e < end);
                let start = if first == 0 { 0 } else { ends[first - 1] };
                if first == last {
                    return self.view(parts[first], offset - start, shape);
                }
                if offset == start && ends[last] == end && last - first + 1 < parts.len() {
                    return self.concat(&parts[first..=last], shape);
                }
            }
            _ => {}
        }
        self.graph.push(Op::View(x, offset), shape)
    }

    /// The elements of `parts`, one after the other, as `shape`.
    pub(crate) fn concat(&mut self, parts: &[Node], shape: Shape) -> Node {
        if let [only] = parts {
            return self.view(*only, 0, shape);
        }
        // Parts that lie side by side in one tensor are one part.
        let mut merged: Vec<Node> = Vec::with_capacity(parts.len());
        for &part in parts {
            if let Some(&last) = merged.last()
                && let (&Op::View(a, start), &Op::View(b, next)) =
                    (self.graph.op(last), self.graph.op(part))
                && a == b
                && start + self.shape(last).len() == next
            {
                let len = self.shape(last).len() + self.shape(part).len();
                merged.pop();
                let joined = self.view(a, start, Shape::new(1, len, 1));
                merged.push(joined);
                continue;
            }
            merged.push(part);
        }
        if let [only] = merged[..] {
            return self.view(only, 0, shape);
        }
        self.graph.push(Op::Concat(merged.into()), shape)
    }

    /// Repeats dimensions of 1 to `shape`, which the caller has checked.
    pub(crate) fn repeat(&mut self, x: Node, shape: Shape) -> Node {
        if self.shape(x) == shape {
            return x;
        }
        if let Op::Broadcast(inner) = *self.graph.op(x) {
            return self.repeat(inner, shape);
        }
        self.graph.push(Op::Broadcast(x), shape)
    }

    /// Elements of each lane's matrix by their offset, as a column.
    pub(crate) fn simplified_gather(&mut self, x: Node, indices: Arc<[u32]>) -> Node {
        let from = self.shape(x);
        let shape = Shape::new(from.lanes, indices.len(), 1);
        let start = indices[0];
        let contiguous = start != u32::MAX
            && indices
                .iter()
                .enumerate()
                .all(|(i, &index)| index as usize == start as usize + i);
        if contiguous {
            return self.view(x, start as usize * from.lanes, shape);
        }
        if from.lanes == 1
            && let &Op::View(inner, offset) = self.graph.op(x)
            && let Op::Concat(_) = self.graph.op(inner)
            && let Some((part, start)) = self.part_holding(inner, offset, &indices)
        {
            // `start` is where the part begins in the view.
            let moved: Arc<[u32]> = indices
                .iter()
                .map(|&i| {
                    if i == u32::MAX {
                        i
                    } else {
                        (i as usize + offset - start) as u32
                    }
                })
                .collect();
            let len = self.shape(part).len();
            let column = self.view(part, 0, Shape::new(1, len, 1));
            return self.simplified_gather(column, moved);
        }
        if from.lanes == 1
            && let Op::Concat(_) = self.graph.op(x)
            && let Some((part, start)) = self.part_holding(x, 0, &indices)
        {
            let moved: Arc<[u32]> = indices
                .iter()
                .map(|&i| if i == u32::MAX { i } else { i - start as u32 })
                .collect();
            let len = self.shape(part).len();
            let column = self.view(part, 0, Shape::new(1, len, 1));
            return self.simplified_gather(column, moved);
        }
        if let Op::Broadcast(inner) = *self.graph.op(x)
            && self.shape(inner) == Shape::SCALAR
            && !indices.contains(&u32::MAX)
        {
            return self.repeat(inner, shape);
        }
        self.graph.push(Op::Gather(x, indices), shape)
    }

    /// The one part of a concatenation that holds all of `indices` (each
    /// plus `offset`), and where it starts.
    fn part_holding(
        &mut self,
        concat: Node,
        offset: usize,
        indices: &[u32],
    ) -> Option<(Node, usize)> {
        let Op::Concat(parts) = self.graph.op(concat) else {
            return None;
        };
        let used = || indices.iter().filter(|&&i| i != u32::MAX);
        let low = *used().min()? as usize + offset;
        let high = *used().max()? as usize + offset;
        let parts = parts.clone();
        let ends = self.part_ends(concat);
        let part = ends.partition_point(|&e| e <= low);
        let start = if part == 0 { 0 } else { ends[part - 1] };
        (high < ends[part]).then(|| (parts[part], start))
    }

    /// Where each part of a concatenation ends.
    fn part_ends(&mut self, concat: Node) -> Arc<[usize]> {
        if let Some(ends) = self.part_ends.get(&concat) {
            return ends.clone();
        }
        let mut end = 0;
        let ends: Arc<[usize]> = match self.graph.op(concat) {
            Op::Concat(parts) => parts
                .iter()
                .map(|&part| {
                    end += self.graph.shape(part).len();
                    end
                })
                .collect(),
            _ => Arc::from([]),
        };
        self.part_ends.insert(concat, ends.clone());
        ends
    }

    /// Adds elements at their offsets: the transpose of a gather from a
    /// column of `len`.
    pub(crate) fn scatter(&mut self, x: Node, indices: Arc<[u32]>, len: usize) -> Node {
        let shape = Shape::new(self.shape(x).lanes, len, 1);
        self.graph.push(Op::Scatter(x, indices), shape)
    }

    pub(crate) fn simplified_window(&mut self, source: Node, mut window: Window) -> Node {
        let shape = self.shape(source);
        let lanes = window.lane_rows * window.lane_cols;
        if window.lane_rows == 1 {
            window.row_step = 0;
        }
        if window.lane_cols == 1 {
            window.col_step = 0;
        }
        // All lanes see the same.
        if lanes > 1 && window.row_step == 0 && window.col_step == 0 {
            let one = Window {
                lane_rows: 1,
                lane_cols: 1,
                ..window
            };
            let seen = self.simplified_window(source, one);
            return self.repeat(seen, window.shape());
        }
        if self
            .graph
            .entry(source)
            .op
            .is_uniform_broadcast(&self.graph)
        {
            return self.view_uniform(source, window.shape());
        }
        let first = window.left * shape.rows + window.top;
        let out = window.shape();
        // What one lane sees is contiguous: whole columns, or part of one.
        if lanes == 1 && (window.rows == shape.rows || window.cols == 1) {
            return self.view(source, first, out);
        }
        // A part of a transpose is the transpose of a part.
        if lanes == 1
            && let Op::Transpose(inner) = *self.graph.op(source)
        {
            let part = Window {
                top: window.left,
                left: window.top,
                rows: window.cols,
                cols: window.rows,
                ..window
            };
            let part = self.simplified_window(inner, part);
            return self.transpose(part);
        }
        // Lanes go down whole columns and see a row each, or go through
        // columns and see a cell each.
        let whole = window.lane_rows == shape.rows && window.row_step == 1 && window.rows == 1;
        if whole && (window.lane_cols == 1 || window.cols == 1 && window.col_step == 1) {
            return self.view(source, first, out);
        }
        // Lanes down one column: what they see at one place of their windows is
        // contiguous in the source.
        let seen = window.rows * window.cols;
        if window.lane_cols == 1 && window.row_step == 1 && seen <= MAX_SHIFTS {
            let one = Shape::new(lanes, 1, 1);
            let mut shifted = Vec::with_capacity(seen);
            for col in 0..window.cols {
                for row in 0..window.rows {
                    let offset = first + col * shape.rows + row;
                    shifted.push(self.view(source, offset, one));
                }
            }
            return self.concat(&shifted, out);
        }
        // Lanes along a row, a cell each, of a source of one row.
        if shape.rows == 1 && window.col_step == 1 && window.cols == 1 && window.lane_rows == 1 {
            return self.view(source, first, out);
        }
        // Keep only what is seen of a concatenation, where that is whole columns of it.
        if let Op::Concat(_) = self.graph.op(source)
            && let Some((_, width)) = window.extent()
            && width < shape.cols
        {
            let narrow = self.view(
                source,
                window.left * shape.rows,
                Shape::new(1, shape.rows, width),
            );
            let narrowed = Window { left: 0, ..window };
            if !matches!(self.graph.op(narrow), Op::View(inner, _) if *inner == source) {
                return self.simplified_window(narrow, narrowed);
            }
        }
        self.graph.push(Op::Window(source, window), out)
    }

    fn view_uniform(&mut self, source: Node, shape: Shape) -> Node {
        match *self.graph.op(source) {
            Op::Broadcast(inner) => self.repeat(inner, shape),
            _ => source,
        }
    }

    pub(crate) fn simplified_assemble(
        &mut self,
        rows: usize,
        cols: usize,
        pieces: &[(Node, (usize, usize))],
    ) -> Result<Node, ShapeError> {
        let shape = Shape::new(1, rows, cols);
        if let [(piece, (0, 0))] = *pieces
            && self.shape(piece) == shape
        {
            return Ok(piece);
        }
        if let Some(parts) = self.contiguous_parts(shape, pieces) {
            return Ok(self.concat(&parts, shape));
        }
        // Pieces in storage order, and for each cell where it comes from.
        let total: usize = pieces
            .iter()
            .map(|&(piece, _)| self.shape(piece).len())
            .sum();
        if u32::try_from(total).is_err() || u32::try_from(shape.len()).is_err() {
            return Err(ShapeError(format!(
                "a rectangle of {rows}x{cols} from {total} cells is too large"
            )));
        }
        let mut indices = vec![u32::MAX; shape.len()];
        let mut next = 0;
        for &(piece, (row, col)) in pieces {
            let size = self.shape(piece);
            for c in 0..size.cols {
                for r in 0..size.rows {
                    indices[shape.offset(0, row + r, col + c)] = next;
                    next += 1;
                }
            }
        }
        let parts: Vec<Node> = pieces.iter().map(|&(piece, _)| piece).collect();
        if parts.is_empty() {
            let zero = self.scalar(0.0);
            return Ok(self.repeat(zero, shape));
        }
        let column = self.concat(&parts, Shape::new(1, total, 1));
        let gathered = self.simplified_gather(column, indices.into());
        Ok(self.view(gathered, 0, shape))
    }

    /// The pieces and the zeros between them in storage order, where every
    /// piece is contiguous in the rectangle and no two overlap.
    fn contiguous_parts(
        &mut self,
        shape: Shape,
        pieces: &[(Node, (usize, usize))],
    ) -> Option<Vec<Node>> {
        let mut placed = Vec::with_capacity(pieces.len());
        for &(piece, (row, col)) in pieces {
            let size = self.shape(piece);
            if size.rows != shape.rows && size.cols != 1 {
                return None;
            }
            placed.push((shape.offset(0, row, col), size.len(), piece));
        }
        placed.sort_unstable_by_key(|&(offset, ..)| offset);
        self.fill_gaps(&placed, shape.len())
    }

    /// Parts at their offsets in a tensor of `len` elements, with zeros
    /// between them; `None` where two overlap.
    pub(crate) fn fill_gaps(
        &mut self,
        placed: &[(usize, usize, Node)],
        len: usize,
    ) -> Option<Vec<Node>> {
        let mut parts = Vec::with_capacity(placed.len());
        let mut end = 0;
        for &(offset, len, piece) in placed {
            if offset < end {
                return None;
            }
            if offset > end {
                parts.push(self.zeros(offset - end));
            }
            parts.push(piece);
            end = offset + len;
        }
        if end < len {
            parts.push(self.zeros(len - end));
        }
        Some(parts)
    }

    fn zeros(&mut self, len: usize) -> Node {
        let zero = self.scalar(0.0);
        self.repeat(zero, Shape::new(1, len, 1))
    }

    // ---- elementwise ------------------------------------------------------

    pub(crate) fn simplified_unary(&mut self, op: Unary, x: Node) -> Node {
        let shape = self.shape(x);
        match *self.graph.op(x) {
            Op::Broadcast(inner) => {
                let narrow = self.simplified_unary(op, inner);
                return self.repeat(narrow, shape);
            }
            Op::Unary(Unary::Neg, inner) if op == Unary::Neg => return inner,
            Op::Binary(Binary::Mul, inner, factor)
                if op == Unary::Neg && self.graph.uniform_value(factor).is_some() =>
            {
                let minus = self.scalar(-1.0);
                return self.scaled(inner, factor, minus, shape);
            }
            Op::Unary(Unary::Neg, inner) if op == Unary::Abs => {
                return self.simplified_unary(op, inner);
            }
            _ => {}
        }
        if op == Unary::IsFinite && self.graph.entry(x).finite {
            let one = self.scalar(1.0);
            return self.repeat(one, shape);
        }
        if let Some(form) = LaneForm::of(shape) {
            let lanes = self.view(x, 0, form.apply(shape));
            let y = self.simplified_unary(op, lanes);
            return self.view(y, 0, shape);
        }
        self.graph.push(Op::Unary(op, x), shape)
    }

    /// An operand without its repetition, which the operation brings back.
    fn narrow(&self, x: Node) -> Node {
        match *self.graph.op(x) {
            Op::Broadcast(inner) => inner,
            _ => x,
        }
    }

    pub(crate) fn simplified_binary(&mut self, op: Binary, a: Node, b: Node, shape: Shape) -> Node {
        let (na, nb) = (self.narrow(a), self.narrow(b));
        if (na, nb) != (a, b) {
            // Operands that broadcast to a common shape do so without their repetition.
            if let Ok(narrow) = self.shape(na).broadcast(self.shape(nb)) {
                let y = self.simplified_binary(op, na, nb, narrow);
                return self.repeat(y, shape);
            }
        }
        if let Some(simple) = self.trivial_binary(op, a, b) {
            return self.repeat(simple, shape);
        }
        if let Some(form) = LaneForm::of(shape) {
            let a = self.view(a, 0, form.apply(self.shape(a)));
            let b = self.view(b, 0, form.apply(self.shape(b)));
            let y = self.simplified_binary(op, a, b, form.apply(shape));
            return self.view(y, 0, shape);
        }
        self.graph.push(Op::Binary(op, a, b), shape)
    }

    /// `x` times two uniform constants; for a power of two, where it is exact.
    fn scaled(&mut self, x: Node, a: Node, b: Node, shape: Shape) -> Node {
        let factor = self.simplified_binary(Binary::Mul, a, b, Shape::SCALAR);
        self.simplified_binary(Binary::Mul, x, factor, shape)
    }

    /// A binary operation that needs none, or a cheaper one.
    fn trivial_binary(&mut self, op: Binary, a: Node, b: Node) -> Option<Node> {
        let (ca, cb) = (self.graph.uniform_value(a), self.graph.uniform_value(b));
        let finite = |builder: &Self, x: Node| builder.graph.entry(x).finite;
        match op {
            Binary::Add => match (ca, cb) {
                (Some(0.0), _) => return Some(b),
                (_, Some(0.0)) => return Some(a),
                _ if a == b => {
                    let (two, shape) = (self.scalar(2.0), self.shape(a));
                    return Some(self.simplified_binary(Binary::Mul, a, two, shape));
                }
                _ => {}
            },
            Binary::Sub => match (ca, cb) {
                (Some(0.0), _) => return Some(self.simplified_unary(Unary::Neg, b)),
                (_, Some(0.0)) => return Some(a),
                _ => {}
            },
            Binary::Mul | Binary::AbsorbingMul => {
                if ca == Some(0.0) && (op == Binary::AbsorbingMul || finite(self, b)) {
                    return Some(self.scalar(0.0));
                }
                if cb == Some(0.0) && finite(self, a) {
                    return Some(self.scalar(0.0));
                }
                match (ca, cb) {
                    (Some(1.0), _) => return Some(b),
                    (_, Some(1.0)) => return Some(a),
                    (Some(-1.0), _) => return Some(self.simplified_unary(Unary::Neg, b)),
                    (_, Some(-1.0)) => return Some(self.simplified_unary(Unary::Neg, a)),
                    _ => {}
                }
                if op == Binary::AbsorbingMul && finite(self, b) {
                    let shape = self.shape(a).broadcast(self.shape(b)).ok()?;
                    return Some(self.simplified_binary(Binary::Mul, a, b, shape));
                }
                // Constants stand last, and those that meet are one.
                if op == Binary::Mul && ca.is_some() && cb.is_none() {
                    let shape = self.shape(a).broadcast(self.shape(b)).ok()?;
                    return Some(self.simplified_binary(op, b, a, shape));
                }
                if op == Binary::Mul
                    && let &Op::Binary(Binary::Mul, x, c) = self.graph.op(a)
                    && let (Some(c_value), Some(b_value)) = (self.graph.uniform_value(c), cb)
                    && (power_of_two(c_value) || power_of_two(b_value))
                {
                    let shape = self.shape(a);
                    return Some(self.scaled(x, c, b, shape));
                }
                // A negation moves out, where it may meet another.
                if op == Binary::Mul
                    && let (&Op::Unary(Unary::Neg, x), &Op::Unary(Unary::Neg, y)) =
                        (self.graph.op(a), self.graph.op(b))
                {
                    let shape = self.shape(x).broadcast(self.shape(y)).ok()?;
                    return Some(self.simplified_binary(Binary::Mul, x, y, shape));
                }
            }
            Binary::Div if cb == Some(1.0) => return Some(a),
            Binary::Pow => match cb {
                Some(1.0) => return Some(a),
                Some(2.0) => {
                    let shape = self.shape(a);
                    return Some(self.simplified_binary(Binary::Mul, a, a, shape));
                }
                Some(0.5) => return Some(self.simplified_unary(Unary::Sqrt, a)),
                _ => {}
            },
            _ => {}
        }
        None
    }

    pub(crate) fn simplified_select(
        &mut self,
        condition: Node,
        then: Node,
        otherwise: Node,
        shape: Shape,
    ) -> Node {
        match self.graph.uniform_value(condition) {
            Some(c) if !c.is_finite() => {
                let nan = self.scalar(f64::NAN);
                return self.repeat(nan, shape);
            }
            Some(0.0) => return self.repeat(otherwise, shape),
            Some(_) => return self.repeat(then, shape),
            None => {}
        }
        if then == otherwise && self.graph.entry(condition).finite {
            return self.repeat(then, shape);
        }
        let (c, t, o) = (
            self.narrow(condition),
            self.narrow(then),
            self.narrow(otherwise),
        );
        if (c, t, o) != (condition, then, otherwise) {
            let narrow = self
                .shape(c)
                .broadcast(self.shape(t))
                .and_then(|shape| shape.broadcast(self.shape(o)));
            if let Ok(narrow) = narrow {
                let y = self.simplified_select(c, t, o, narrow);
                return self.repeat(y, shape);
            }
        }
        if let Some(form) = LaneForm::of(shape) {
            let [c, t, o] = [condition, then, otherwise]
                .map(|x| self.view(x, 0, form.apply(self.graph.shape(x))));
            let y = self.simplified_select(c, t, o, form.apply(shape));
            return self.view(y, 0, shape);
        }
        self.graph
            .push(Op::Select(condition, then, otherwise), shape)
    }

    // ---- reductions and products ------------------------------------------

    pub(crate) fn simplified_reduce(&mut self, op: Reduction, axes: Axes, x: Node) -> Node {
        let shape = self.shape(x);
        let axes = Axes {
            lanes: axes.lanes && shape.lanes > 1,
            rows: axes.rows && shape.rows > 1,
            cols: axes.cols && shape.cols > 1,
        };
        let out = axes.reduced(shape);
        if out == shape {
            return x;
        }
        if let Some(form) = LaneForm::of(shape) {
            let lanes = self.view(x, 0, form.apply(shape));
            let moved = match form {
                LaneForm::Rows => Axes {
                    lanes: axes.rows,
                    rows: false,
                    cols: axes.cols,
                },
                LaneForm::Cols => Axes::LANES,
            };
            let y = self.simplified_reduce(op, moved, lanes);
            return self.view(y, 0, out);
        }
        match *self.graph.op(x) {
            Op::Broadcast(inner) => {
                let y = self.simplified_reduce(op, axes, inner);
                let repeated = axes.reduced(self.shape(inner));
                let times = (shape.len() / out.len()) / (self.shape(inner).len() / repeated.len());
                let y = match op {
                    Reduction::Sum => {
                        let times = self.scalar(times as f64);
                        self.simplified_binary(Binary::Mul, y, times, repeated)
                    }
                    Reduction::Product => {
                        let times = self.scalar(times as f64);
                        self.simplified_binary(Binary::Pow, y, times, repeated)
                    }
                    Reduction::Max | Reduction::Min => y,
                };
                return self.repeat(y, out);
            }
            // A row of products with one row of factors is a product of matrices.
            Op::Binary(product @ (Binary::Mul | Binary::AbsorbingMul), a, b)
                if op == Reduction::Sum && !axes.lanes && out.rows * out.cols == 1 =>
            {
                let absorb = match product {
                    Binary::Mul => [Absorb::None; 2],
                    _ => [Absorb::Left, Absorb::Right],
                };
                let (sa, sb) = (self.shape(a), self.shape(b));
                let full = |s: Shape| s.rows == shape.rows && s.cols == shape.cols;
                if full(sa) && full(sb) {
                    if sa.lanes > 1 && sb.lanes == 1 {
                        return self.row_product(absorb[0], a, b, shape);
                    }
                    if sb.lanes > 1 && sa.lanes == 1 {
                        return self.row_product(absorb[1], b, a, shape);
                    }
                }
            }
            _ => {}
        }
        self.graph.push(Op::Reduce(op, axes, x), out)
    }

    /// The sum over each lane's cells of `a` `[L, r, c]` times `b` `[1, r, c]`.
    fn row_product(&mut self, absorb: Absorb, a: Node, b: Node, shape: Shape) -> Node {
        let cells = shape.rows * shape.cols;
        let a = self.view(a, 0, Shape::new(shape.lanes, 1, cells));
        let b = self.view(b, 0, Shape::new(1, cells, 1));
        self.simplified_matmul(absorb, a, b)
    }

    pub(crate) fn simplified_matmul(&mut self, absorb: Absorb, a: Node, b: Node) -> Node {
        let absorb = self.needed(absorb, a, b);
        let (sa, sb) = (self.shape(a), self.shape(b));
        if sa.cols == 1 {
            // An outer product.
            return self.product(absorb, a, b);
        }
        if sa.lanes == 1 && sb.lanes == 1 {
            let out = Shape::new(1, sa.rows, sb.cols);
            // Contracting the rows of both is a sum over lanes.
            if sa.rows == 1 {
                let a = self.view(a, 0, Shape::new(sa.cols, 1, 1));
                let b = self.view(b, 0, Shape::new(sb.rows, 1, sb.cols));
                return self.gram(absorb, a, b);
            }
            if let Op::Transpose(inner) = *self.graph.op(a) {
                let a = self.view(inner, 0, Shape::new(sa.cols, 1, sa.rows));
                let b = self.view(b, 0, Shape::new(sb.rows, 1, sb.cols));
                return self.gram(absorb, a, b);
            }
            let a = self.view(a, 0, Shape::new(sa.rows, 1, sa.cols));
            let y = self.simplified_matmul(absorb, a, b);
            return self.view(y, 0, out);
        }
        let out = Shape::new(sa.lanes.max(sb.lanes), sa.rows, sb.cols);
        self.graph.push(Op::Matmul(absorb, a, b), out)
    }

    /// The elementwise product of a column (or a single number) and a row.
    fn product(&mut self, absorb: Absorb, a: Node, b: Node) -> Node {
        let (op, a, b) = match absorb {
            Absorb::None => (Binary::Mul, a, b),
            Absorb::Left => (Binary::AbsorbingMul, a, b),
            Absorb::Right => (Binary::AbsorbingMul, b, a),
        };
        let (sa, sb) = (self.shape(a), self.shape(b));
        let shape = Shape::new(
            sa.lanes.max(sb.lanes),
            sa.rows.max(sb.rows),
            sa.cols.max(sb.cols),
        );
        self.simplified_binary(op, a, b, shape)
    }

    /// The sum over lanes of `aᵀ b`.
    pub(crate) fn gram(&mut self, absorb: Absorb, a: Node, b: Node) -> Node {
        let absorb = self.needed(absorb, a, b);
        let out = Shape::new(1, self.shape(a).cols, self.shape(b).cols);
        self.graph.push(Op::Gram(absorb, a, b), out)
    }

    /// Absorption is needed only against what may not be finite.
    fn needed(&self, absorb: Absorb, a: Node, b: Node) -> Absorb {
        let finite = match absorb {
            Absorb::None => true,
            Absorb::Left => self.graph.entry(b).finite,
            Absorb::Right => self.graph.entry(a).finite,
        };
        if finite { Absorb::None } else { absorb }
    }
}

impl Op {
    fn is_uniform_broadcast(&self, graph: &super::graph::Graph) -> bool {
        matches!(self, Op::Broadcast(inner) if graph.shape(*inner) == Shape::SCALAR)
    }
}

/// Whether multiplying by `x` is exact.
fn power_of_two(x: f64) -> bool {
    x.is_normal() && x.to_bits() & ((1 << 52) - 1) == 0
}

/// Where `to` regroups the dimensions of `from` between rectangle and lanes,
/// the same regrouping of a shape that broadcasts to `from`.
fn regroup(from: Shape, to: Shape, inner: Shape) -> Option<Shape> {
    let rectangle = |s: Shape| s.lanes == 1;
    if rectangle(from) && to == Shape::new(from.rows, 1, from.cols) {
        Some(Shape::new(inner.rows, 1, inner.cols))
    } else if from.rows == 1 && to == Shape::new(1, from.lanes, from.cols) {
        Some(Shape::new(1, inner.lanes, inner.cols))
    } else if rectangle(from) && from.rows == 1 && to == Shape::new(from.cols, 1, 1) {
        Some(Shape::new(inner.cols, 1, 1))
    } else if from.rows == 1 && from.cols == 1 && to == Shape::new(1, 1, from.lanes) {
        Some(Shape::new(1, 1, inner.lanes))
    } else if from.lanes == to.lanes && to == Shape::new(from.lanes, 1, from.rows * from.cols) {
        // Cells of a lane in a row: only where they repeat together or not at all.
        if inner.rows == from.rows && inner.cols == from.cols {
            Some(Shape::new(inner.lanes, 1, inner.rows * inner.cols))
        } else if inner.rows == 1 && inner.cols == 1 {
            Some(Shape::new(inner.lanes, 1, 1))
        } else {
            None
        }
    } else {
        None
    }
}
