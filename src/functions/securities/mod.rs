//! Securities: bills and discounts, coupon dates, prices and yields,
//! quotes in fractions.

pub(super) mod accrued;
pub(super) mod bond;
pub(super) mod coupons;
pub(super) mod discount;
pub(super) mod odd;
pub(super) mod quote;
mod schedule;

use super::arguments::{Scalars, require};
use super::day_count::Basis;
use super::{Category, Context, Function, Param, ValueRule};
use crate::value::{ErrorKind, Value};

const fn entry(
    name: &'static str,
    params: &'static [Param],
    help: &'static str,
    rule: fn(&[Value], &mut dyn Context) -> Value,
) -> Function {
    Function::new(
        Category::Financial,
        name,
        params,
        help,
        ValueRule::Scalar(rule),
    )
    .not_differentiable("it counts days")
}

/// A date argument, without its time of day.
fn day(args: &[Value], index: usize) -> Result<f64, ErrorKind> {
    Ok(args.strict(index)?.trunc())
}

/// The basis of a day count, 0 where left out.
fn basis(args: &[Value], index: usize) -> Result<Basis, ErrorKind> {
    Basis::new(args.strict(index)?.trunc())
}

/// The number of coupons a year: 1, 2 or 4.
fn frequency(args: &[Value], index: usize) -> Result<f64, ErrorKind> {
    let frequency = args.strict(index)?.trunc();
    require([1.0, 2.0, 4.0].contains(&frequency))?;
    Ok(frequency)
}
