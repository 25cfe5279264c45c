//! The numbers among a call's arguments, for the derivative rules of SUM and
//! its kind: texts, booleans and blanks in ranges do not take part.

use super::term::Term;
use super::{LowerError, Lowered, Lowering};
use crate::program::{Axes, Binary, Node, Reduction, Shape, Tensor};
use std::sync::Arc;

/// All numbers of a call, lane by lane.
pub(crate) struct Sample {
    pieces: Vec<Piece>,
    /// How many there are: `[lanes or 1, 1, 1]`.
    count: Tensor,
}

/// One argument.
struct Piece {
    x: Node,
    present: Option<Present>,
}

struct Present {
    mask: Node,
    tensor: Tensor,
}

impl Sample {
    pub fn new(lowering: &mut Lowering<'_>, args: &[Lowered]) -> Result<Self, LowerError> {
        let mut pieces = Vec::with_capacity(args.len());
        let mut count = Tensor::scalar(0.0);
        for arg in args {
            let shape = lowering.builder.shape(arg.node);
            let cells = match &arg.present {
                None => Tensor::scalar((shape.rows * shape.cols) as f64),
                Some(present) => count_present(present),
            };
            count = add_counts(lowering, &count, &cells)?;
            let present = arg.present.as_ref().map(|tensor| Present {
                mask: lowering.builder.constant(tensor.clone()),
                tensor: tensor.clone(),
            });
            pieces.push(Piece {
                x: arg.node,
                present,
            });
        }
        Ok(Self { pieces, count })
    }

    /// The number of numbers.
    pub fn count(&self, lowering: &mut Lowering<'_>) -> Term {
        Term::Node(lowering.builder.constant(self.count.clone()))
    }

    /// The sum of `f(x)` over the numbers x.
    pub fn sum_of(
        &self,
        lowering: &mut Lowering<'_>,
        f: impl Fn(Term) -> Term,
    ) -> Result<Term, LowerError> {
        let mut sum = None;
        for piece in &self.pieces {
            let y = piece.only(f(Term::Node(piece.x)), 0.0).sum();
            let y = lowering.build(y)?;
            sum = Some(match sum {
                None => Term::Node(y),
                Some(sum) => sum + Term::Node(y),
            });
        }
        lowering.share(sum.unwrap_or(Term::Number(0.0)))
    }

    pub fn sum(&self, lowering: &mut Lowering<'_>) -> Result<Term, LowerError> {
        self.sum_of(lowering, |x| x)
    }

    /// Not finite where there are no numbers.
    pub fn mean(&self, lowering: &mut Lowering<'_>) -> Result<Term, LowerError> {
        let sum = self.sum(lowering)?;
        let count = self.count(lowering);
        lowering.share(sum / count)
    }

    /// The sum of `f(x - mean)`.
    pub fn central(
        &self,
        lowering: &mut Lowering<'_>,
        f: impl Fn(Term) -> Term,
    ) -> Result<Term, LowerError> {
        let mean = self.mean(lowering)?;
        self.sum_of(lowering, |x| f(x - mean.clone()))
    }

    /// The product, the greatest or the least number; `empty` where there is none.
    pub fn fold(
        &self,
        lowering: &mut Lowering<'_>,
        reduction: Reduction,
        empty: f64,
    ) -> Result<Node, LowerError> {
        let (neutral, combine) = match reduction {
            Reduction::Sum => (0.0, Binary::Add),
            Reduction::Product => (1.0, Binary::Mul),
            Reduction::Max => (f64::MIN, Binary::Max),
            Reduction::Min => (f64::MAX, Binary::Min),
        };
        let mut result = None;
        for piece in &self.pieces {
            let cells = lowering.build(piece.only(Term::Node(piece.x), neutral))?;
            let y = lowering.builder.reduce(reduction, Axes::CELLS, cells);
            result = Some(match result {
                None => Term::Node(y),
                Some(before) => Term::with(before, combine, Term::Node(y)),
            });
        }
        let result = result.unwrap_or(Term::Number(empty));
        if self.count.data.iter().all(|n| *n > 0.0) {
            return lowering.build(result);
        }
        let count = self.count(lowering);
        lowering.build(result.when(count, empty))
    }

    /// All numbers of each lane in one column, and which cells of it are numbers.
    pub fn column(&self, lowering: &mut Lowering<'_>) -> Result<Column, LowerError> {
        if let [piece] = self.pieces.as_slice() {
            return Ok(Column {
                x: piece.x,
                present: piece.present.as_ref().map(|p| p.tensor.clone()),
                counts: self.count.data.clone(),
            });
        }
        let mut lanes = self.count.shape.lanes;
        for piece in &self.pieces {
            lanes = lanes.max(lowering.builder.shape(piece.x).lanes);
        }
        // Lanes become the rows of one sheet, so that pieces stand side by side.
        let mut sheets = Vec::new();
        let mut present = Vec::new();
        let mut width = 0;
        for piece in &self.pieces {
            let shape = lowering.builder.shape(piece.x);
            let cells = shape.rows * shape.cols;
            let full = Shape::new(lanes, shape.rows, shape.cols);
            let x = (|| {
                let x = lowering.builder.broadcast(piece.x, full)?;
                lowering.builder.reshape(x, Shape::new(1, lanes, cells))
            })()
            .map_err(|e| lowering.misfit(&e))?;
            sheets.push((x, (0, width)));
            width += cells;
            for col in 0..shape.cols {
                for row in 0..shape.rows {
                    present.extend((0..lanes).map(|lane| match &piece.present {
                        None => 1.0,
                        Some(p) => element(&p.tensor, lane, row, col),
                    }));
                }
            }
        }
        let shape = Shape::new(lanes, width, 1);
        let x = (|| {
            let x = lowering.builder.assemble(lanes, width, &sheets)?;
            lowering.builder.reshape(x, shape)
        })()
        .map_err(|e| lowering.misfit(&e))?;
        let all = present.iter().all(|p| *p != 0.0);
        Ok(Column {
            x,
            present: (!all).then(|| Tensor::new(shape, present)),
            counts: self.count.data.clone(),
        })
    }
}

impl Piece {
    /// `y` where there are numbers, else `otherwise`.
    fn only(&self, y: Term, otherwise: f64) -> Term {
        match &self.present {
            None => y,
            Some(present) => y.when(Term::Node(present.mask), otherwise),
        }
    }
}

/// Numbers to be ordered.
pub(crate) struct Column {
    pub x: Node,
    pub present: Option<Tensor>,
    /// How many numbers, a lane each or one for all.
    pub counts: Arc<[f64]>,
}

impl Column {
    /// The number at a rank from 0 (the least), each lane's own or one for
    /// all; NaN where the rank is `None`.
    pub fn at(
        &self,
        lowering: &mut Lowering<'_>,
        ranks: &[Option<usize>],
    ) -> Result<Node, LowerError> {
        let mut distinct: Vec<usize> = ranks.iter().flatten().copied().collect();
        distinct.sort_unstable();
        distinct.dedup();
        let mut chosen = Vec::new();
        for &rank in &distinct {
            let node = lowering
                .builder
                .order_statistic(self.x, rank, self.present.as_ref());
            chosen.push(node.map_err(|e| lowering.misfit(&e))?);
        }
        if let ([node], true) = (chosen.as_slice(), ranks.iter().all(Option::is_some)) {
            return Ok(*node);
        }
        let Some(&first) = chosen.first() else {
            return Ok(lowering.builder.scalar(f64::NAN));
        };
        // One sheet: a row a lane, a column a distinct rank, and one of NaN.
        let of_each = lowering.builder.shape(first).lanes;
        let lanes = of_each.max(ranks.len());
        let mut sheets = Vec::new();
        for (i, &node) in chosen.iter().enumerate() {
            let sheet = lowering.builder.reshape(node, Shape::new(1, of_each, 1));
            sheets.push((sheet.map_err(|e| lowering.misfit(&e))?, (0, i)));
        }
        let nan = lowering.builder.constant(Tensor::new(
            Shape::new(1, of_each, 1),
            vec![f64::NAN; of_each],
        ));
        sheets.push((nan, (0, chosen.len())));
        let indices: Vec<u32> = (0..lanes)
            .map(|lane| {
                let rank = ranks[if ranks.len() == 1 { 0 } else { lane }];
                let col = rank
                    .and_then(|rank| distinct.binary_search(&rank).ok())
                    .unwrap_or(chosen.len());
                let row = if of_each == 1 { 0 } else { lane };
                (col * of_each + row) as u32
            })
            .collect();
        (|| {
            let sheet = lowering
                .builder
                .assemble(of_each, chosen.len() + 1, &sheets)?;
            lowering
                .builder
                .gather(sheet, indices.into(), Shape::new(lanes, 1, 1))
        })()
        .map_err(|e| lowering.misfit(&e))
    }

    /// How many numbers a lane has.
    pub fn count(&self, lane: usize) -> usize {
        let count = self.counts.get(lane).or(self.counts.first());
        count.map_or(0, |n| *n as usize)
    }

    /// The lanes over which counts or `others` differ.
    pub fn lanes(&self, others: usize) -> usize {
        self.counts.len().max(others)
    }
}

/// Refuses arguments in which texts, booleans or blanks stand.
pub(crate) fn refuse_gaps(lowering: &Lowering<'_>, args: &[Lowered]) -> Result<(), LowerError> {
    let complete =
        |arg: &Lowered| (arg.present.as_ref()).is_none_or(|p| p.data.iter().all(|x| *x != 0.0));
    if args.iter().all(complete) {
        Ok(())
    } else {
        Err(lowering.refuse("a range holds text, booleans or blank cells"))
    }
}

/// The number of cells present in each lane.
fn count_present(present: &Tensor) -> Tensor {
    let shape = present.shape;
    let mut counts = vec![0.0; shape.lanes];
    for lanes in present.data.chunks(shape.lanes) {
        for (count, x) in counts.iter_mut().zip(lanes) {
            *count += f64::from(u8::from(*x != 0.0));
        }
    }
    if counts.windows(2).all(|pair| pair[0] == pair[1]) {
        counts.truncate(1);
    }
    Tensor::new(Shape::new(counts.len(), 1, 1), counts)
}

fn add_counts(lowering: &Lowering<'_>, a: &Tensor, b: &Tensor) -> Result<Tensor, LowerError> {
    let shape = a
        .shape
        .broadcast(b.shape)
        .map_err(|e| lowering.misfit(&e))?;
    let sum = (0..shape.lanes).map(|lane| element(a, lane, 0, 0) + element(b, lane, 0, 0));
    Ok(Tensor::new(shape, sum.collect::<Vec<_>>()))
}

/// An element of a tensor whose dimensions of 1 repeat.
pub(crate) fn element(tensor: &Tensor, lane: usize, row: usize, col: usize) -> f64 {
    let Shape { lanes, rows, cols } = tensor.shape;
    let at = |i: usize, size: usize| if size == 1 { 0 } else { i };
    tensor.get(at(lane, lanes), at(row, rows), at(col, cols))
}

/// Two arguments of equal size, cell by cell: the pairs in which both are
/// numbers take part.
pub(crate) struct Pairs {
    pub x: Term,
    pub y: Term,
    mask: Option<Term>,
    count: Tensor,
}

impl Pairs {
    pub fn new(lowering: &mut Lowering<'_>, x: &Lowered, y: &Lowered) -> Result<Self, LowerError> {
        let shape = lowering.builder.shape(x.node);
        let mut y = y.clone();
        let other = lowering.builder.shape(y.node);
        if (shape.rows, shape.cols) != (other.rows, other.cols) {
            // A row may go with a column.
            if (shape.rows, shape.cols) != (other.cols, other.rows)
                || shape.rows != 1 && shape.cols != 1
            {
                return Err(lowering.refuse("its ranges differ in size"));
            }
            y.node = lowering.builder.transpose(y.node);
            y.present = y.present.map(|p| transpose(&p));
        }
        let present = match (&x.present, &y.present) {
            (None, None) => None,
            (Some(p), None) | (None, Some(p)) => Some(p.clone()),
            (Some(a), Some(b)) => Some(both(lowering, a, b)?),
        };
        let count = match &present {
            None => Tensor::scalar((shape.rows * shape.cols) as f64),
            Some(present) => count_present(present),
        };
        let mask = present.map(|p| Term::Node(lowering.builder.constant(p)));
        Ok(Self {
            x: Term::Node(x.node),
            y: Term::Node(y.node),
            mask,
            count,
        })
    }

    pub fn count(&self, lowering: &mut Lowering<'_>) -> Term {
        Term::Node(lowering.builder.constant(self.count.clone()))
    }

    /// The sum of `f(x, y)` over the pairs.
    pub fn sum_of(
        &self,
        lowering: &mut Lowering<'_>,
        f: impl Fn(Term, Term) -> Term,
    ) -> Result<Term, LowerError> {
        let z = f(self.x.clone(), self.y.clone());
        let z = match &self.mask {
            None => z,
            Some(mask) => z.when(mask.clone(), 0.0),
        };
        lowering.share(z.sum())
    }
}

fn transpose(tensor: &Tensor) -> Tensor {
    let Shape { lanes, rows, cols } = tensor.shape;
    let shape = Shape::new(lanes, cols, rows);
    let mut data = Vec::with_capacity(shape.len());
    for col in 0..shape.cols {
        for row in 0..shape.rows {
            data.extend((0..lanes).map(|lane| tensor.get(lane, col, row)));
        }
    }
    Tensor::new(shape, data)
}

/// 1 where both are.
fn both(lowering: &Lowering<'_>, a: &Tensor, b: &Tensor) -> Result<Tensor, LowerError> {
    let shape = a
        .shape
        .broadcast(b.shape)
        .map_err(|e| lowering.misfit(&e))?;
    let mut data = Vec::with_capacity(shape.len());
    for col in 0..shape.cols {
        for row in 0..shape.rows {
            for lane in 0..shape.lanes {
                let present =
                    element(a, lane, row, col) != 0.0 && element(b, lane, row, col) != 0.0;
                data.push(f64::from(u8::from(present)));
            }
        }
    }
    Ok(Tensor::new(shape, data))
}
