//! A straight line of operations on vectors.

use super::VECTOR;
use rustc_hash::FxHashMap;

/// The bytes of a vector.
pub(super) const BYTES: i32 = 8 * VECTOR as i32;

/// A vector that an operation reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Operand {
    /// The result of an operation before.
    Value(u32),
    /// A vector of the numbers that an operand of the function points to: which
    /// operand, and which vector from the present lane on.
    Lanes(u32, u32),
    /// One of the function's numbers in all lanes.
    Number(u32),
    /// One of the weights in all lanes.
    Weight(u32),
    /// The parts of a running sum, as they stand before the tile.
    Sum(u32),
    /// What a step gets from the one before.
    State(u32),
    /// A constant in all lanes, by its bits.
    Constant(u64),
    /// All bits in the first lane, none in others.
    FirstLane,
}

impl From<f64> for Operand {
    fn from(x: f64) -> Self {
        Operand::Constant(x.to_bits())
    }
}

/// Where a vector is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// As [`Operand::Lanes`].
    Lanes(u32, u32),
    /// The parts of a running sum.
    Sum(u32),
}

/// Operations of two vectors, lane by lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Two {
    Add,
    Sub,
    Mul,
    Div,
    /// On bits.
    And,
    /// The bits of the second that are not in the first.
    AndNot,
    Or,
    Xor,
}

/// Comparisons; their result has all bits or none in each lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Predicate {
    Less,
    LessEqual,
    Equal,
    /// True of NaN.
    NotEqual,
    GreaterEqual,
    /// One of both is NaN.
    Unordered,
}

/// To which whole number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Rounding {
    Down,
    Up,
    TowardsZero,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Operation {
    Two(Two, [Operand; 2]),
    Compare(Predicate, [Operand; 2]),
    /// Mask, then, otherwise.
    Blend([Operand; 3]),
    /// `a * b + c`, rounded once.
    MulAdd([Operand; 3]),
    Sqrt(Operand),
    Round(Rounding, Operand),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// The result is [`Operand::Value`] of this number.
    Operation(Operation, u32),
    Store(Operand, Target),
}

impl Line {
    /// What the line reads, the same operand twice where it does so.
    pub fn operands(&self) -> impl Iterator<Item = Operand> + use<> {
        let of = |operands: &[Operand]| {
            let mut all = [None; 3];
            for (slot, &operand) in all.iter_mut().zip(operands) {
                *slot = Some(operand);
            }
            all
        };
        let all = match self {
            Line::Operation(operation, _) => match operation {
                Operation::Two(_, operands) | Operation::Compare(_, operands) => of(operands),
                Operation::Blend(operands) | Operation::MulAdd(operands) => of(operands),
                Operation::Sqrt(x) | Operation::Round(_, x) => of(&[*x]),
            },
            Line::Store(x, _) => of(&[*x]),
        };
        all.into_iter().flatten()
    }
}

/// A straight line of operations, each of which names its result. What was
/// computed before is not computed again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tile {
    pub(super) lines: Vec<Line>,
    known: FxHashMap<Operation, u32>,
}

impl Tile {
    /// The operands of the function that the lines speak of, those first that are turned to most often.
    pub(super) fn function_operands(&self) -> Vec<u32> {
        let mut turns: FxHashMap<u32, u32> = FxHashMap::default();
        let mut last = None;
        for line in &self.lines {
            let read = line.operands().filter_map(|operand| match operand {
                Operand::Lanes(which, _) => Some(which),
                _ => None,
            });
            let written = match *line {
                Line::Store(_, Target::Lanes(which, _)) => Some(which),
                _ => None,
            };
            for which in read.chain(written) {
                if last == Some(which) {
                    continue;
                }
                last = Some(which);
                *turns.entry(which).or_insert(0) += 1;
            }
        }
        let mut turns: Vec<(u32, u32)> = turns.into_iter().collect();
        turns.sort_by_key(|&(which, turns)| (std::cmp::Reverse(turns), which));
        turns.into_iter().map(|(which, _)| which).collect()
    }

    fn push(&mut self, operation: Operation) -> Operand {
        let next = self.known.len() as u32;
        let value = *self.known.entry(operation).or_insert(next);
        if value == next {
            self.lines.push(Line::Operation(operation, value));
        }
        Operand::Value(value)
    }

    pub fn two(&mut self, op: Two, a: Operand, b: Operand) -> Operand {
        if let (Operand::Constant(a), Operand::Constant(b)) = (a, b) {
            let (a, b) = (f64::from_bits(a), f64::from_bits(b));
            match op {
                Two::Add => return (a + b).into(),
                Two::Sub => return (a - b).into(),
                Two::Mul => return (a * b).into(),
                Two::Div | Two::And | Two::AndNot | Two::Or | Two::Xor => {}
            }
        }
        self.push(Operation::Two(op, [a, b]))
    }

    pub fn add(&mut self, a: Operand, b: Operand) -> Operand {
        self.two(Two::Add, a, b)
    }

    pub fn sub(&mut self, a: Operand, b: Operand) -> Operand {
        self.two(Two::Sub, a, b)
    }

    pub fn mul(&mut self, a: Operand, b: Operand) -> Operand {
        self.two(Two::Mul, a, b)
    }

    pub fn and(&mut self, a: Operand, b: Operand) -> Operand {
        self.two(Two::And, a, b)
    }

    pub fn compare(&mut self, predicate: Predicate, a: Operand, b: Operand) -> Operand {
        self.push(Operation::Compare(predicate, [a, b]))
    }

    /// `then` in the lanes of the mask, which a comparison made. Where one of both is 0, operations on bits
    /// do, which more of a processor's units have.
    pub fn blend(&mut self, mask: Operand, then: Operand, otherwise: Operand) -> Operand {
        const ZERO: Operand = Operand::Constant(0);
        if then == ZERO {
            return self.two(Two::AndNot, mask, otherwise);
        }
        if otherwise == ZERO {
            return self.two(Two::And, mask, then);
        }
        self.push(Operation::Blend([mask, then, otherwise]))
    }

    pub fn mul_add(&mut self, a: Operand, b: Operand, c: Operand) -> Operand {
        self.push(Operation::MulAdd([a, b, c]))
    }

    /// 0, or NaN where the operand is not finite.
    pub fn poison(&mut self, x: Operand) -> Operand {
        self.two(Two::Sub, x, x)
    }

    pub fn sqrt(&mut self, x: Operand) -> Operand {
        self.push(Operation::Sqrt(x))
    }

    pub fn round(&mut self, rounding: Rounding, x: Operand) -> Operand {
        self.push(Operation::Round(rounding, x))
    }

    pub fn store(&mut self, x: Operand, target: Target) {
        self.lines.push(Line::Store(x, target));
    }
}
