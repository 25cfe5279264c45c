//! Sums, means, extremes and sums of products over the cells of each row.

use super::block::Block;
use super::lanes::{Lanes, Numbers};
use super::operators::results;
use super::plan::ColumnRef;
use crate::functions::Function;

/// A function that goes once over the numbers of its arguments, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fold {
    Sum,
    Average,
    Min,
    Max,
    SumProduct,
}

/// An argument of a fold.
pub enum RowArg {
    /// Cells of the formula's row, or of one beside it: the first column, and
    /// how many.
    Row(ColumnRef, u32),
    /// The same numbers in every lane (SUMPRODUCT).
    Fixed(Vec<f64>),
    /// One value: that of the call's operand with this number.
    Value(usize),
}

impl Fold {
    pub fn of(function: &Function) -> Option<Self> {
        Some(match function.name {
            "SUM" => Self::Sum,
            "AVERAGE" => Self::Average,
            "MIN" => Self::Min,
            "MAX" => Self::Max,
            "SUMPRODUCT" => Self::SumProduct,
            _ => return None,
        })
    }

    /// The fold of arguments that are one number in every lane; `None` where one
    /// is anything else, or a result is not finite.
    pub(super) fn of_lanes(self, args: &[Lanes<'_>], len: usize) -> Option<Vec<f64>> {
        let columns: Option<Vec<Numbers<'_>>> = args.iter().map(Lanes::plain_numbers).collect();
        let columns = columns?;
        let over = |start: fn(f64) -> f64, step: fn(f64, f64) -> f64| {
            let (first, _) = columns.split_first()?;
            let mut out: Vec<f64> = (0..len).map(|lane| start(first.get(lane))).collect();
            for column in &columns {
                for (lane, folded) in out.iter_mut().enumerate() {
                    *folded = step(*folded, column.get(lane));
                }
            }
            Some(out)
        };
        results(match self {
            Self::Sum => over(|_| 0.0, |sum, x| sum + x)?,
            Self::Average => {
                let mut sums = over(|_| 0.0, |sum, x| sum + x)?;
                let count = columns.len() as f64;
                sums.iter_mut().for_each(|sum| *sum /= count);
                sums
            }
            Self::Min => over(|x| x, f64::min)?,
            Self::Max => over(|x| x, f64::max)?,
            Self::SumProduct => return None,
        })
    }
}

/// A column beside another.
pub fn beside(first: ColumnRef, by: u32) -> ColumnRef {
    let col = first.col + by;
    ColumnRef { col, ..first }
}

impl Block<'_> {
    /// A fold in every lane, with the values among its arguments; `None` where a
    /// cell holds anything but a number or a result is not finite.
    pub(super) fn fold(
        &self,
        fold: Fold,
        args: &[RowArg],
        values: &[Option<Lanes<'_>>],
    ) -> Option<Vec<f64>> {
        let out = match fold {
            Fold::SumProduct => self.sum_product(args)?,
            Fold::Sum => self.over(args, values, |_| 0.0, |sum, x| sum + x)?.0,
            Fold::Average => {
                let (mut sums, count) = self.over(args, values, |_| 0.0, |sum, x| sum + x)?;
                sums.iter_mut().for_each(|sum| *sum /= count);
                sums
            }
            Fold::Min => self.over(args, values, |x| x, f64::min)?.0,
            Fold::Max => self.over(args, values, |x| x, f64::max)?.0,
        };
        results(out)
    }

    /// Folds all numbers by lane, and counts them; `start` tells what the first
    /// is folded into.
    fn over(
        &self,
        args: &[RowArg],
        values: &[Option<Lanes<'_>>],
        start: fn(f64) -> f64,
        step: fn(f64, f64) -> f64,
    ) -> Option<(Vec<f64>, f64)> {
        let mut out: Option<Vec<f64>> = None;
        let mut count = 0.0;
        let len = self.len;
        let mut take = |numbers: &[f64]| {
            let out = out.get_or_insert_with(|| numbers.iter().map(|&x| start(x)).collect());
            for (sum, &x) in out.iter_mut().zip(numbers) {
                *sum = step(*sum, x);
            }
            count += 1.0;
        };
        for arg in args {
            match arg {
                RowArg::Row(first, width) => {
                    for by in 0..*width {
                        take(&self.numbers(beside(*first, by))?);
                    }
                }
                RowArg::Value(index) => match values.get(*index)?.as_ref()?.numbers()? {
                    Numbers::Same(x) => take(&vec![x; len]),
                    Numbers::Each(numbers) => take(&numbers),
                },
                RowArg::Fixed(_) => return None,
            }
        }
        Some((out?, count))
    }

    /// The products' sums, from the first column to the last.
    fn sum_product(&self, args: &[RowArg]) -> Option<Vec<f64>> {
        let width = args.iter().find_map(|arg| match arg {
            RowArg::Row(_, width) => Some(*width),
            _ => None,
        })?;
        // What an empty sum of floating-point numbers is in Rust.
        let mut sums = vec![-0.0; self.len];
        let mut products = Vec::new();
        for by in 0..width {
            if let [RowArg::Row(first, _), RowArg::Fixed(weights)]
            | [RowArg::Fixed(weights), RowArg::Row(first, _)] = args
            {
                let weight = weights[by as usize];
                let numbers = self.numbers(beside(*first, by))?;
                for (sum, x) in sums.iter_mut().zip(&*numbers) {
                    *sum += x * weight;
                }
                continue;
            }
            products.clear();
            products.resize(self.len, 1.0);
            for arg in args {
                match arg {
                    RowArg::Row(first, _) => {
                        let numbers = self.numbers(beside(*first, by))?;
                        for (product, x) in products.iter_mut().zip(&*numbers) {
                            *product *= x;
                        }
                    }
                    RowArg::Fixed(weights) => {
                        let weight = weights[by as usize];
                        products.iter_mut().for_each(|product| *product *= weight);
                    }
                    RowArg::Value(_) => return None,
                }
            }
            for (sum, product) in sums.iter_mut().zip(&products) {
                *sum += product;
            }
        }
        Some(sums)
    }
}
