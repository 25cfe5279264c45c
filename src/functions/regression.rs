//! Correlation and straight lines through pairs of numbers.

use super::arguments::{Scalars, ensure, finite, pairs};
use super::params::{array, scalar};
use super::sample::Pairs;
use super::term::Term;
use super::{
    Category, Context, Example, Function, LowerError, Lowered, Lowering, Operand, Param, ValueRule,
};
use crate::program::Node;
use crate::value::ErrorKind;

/// The moments of pairs about their means.
struct Moments {
    count: f64,
    mean_x: f64,
    mean_y: f64,
    xx: f64,
    xy: f64,
    yy: f64,
}

impl Moments {
    fn new(pairs: &[(f64, f64)]) -> Result<Self, ErrorKind> {
        ensure(!pairs.is_empty(), ErrorKind::Div0)?;
        let count = pairs.len() as f64;
        let mean_x = pairs.iter().map(|(x, _)| x).sum::<f64>() / count;
        let mean_y = pairs.iter().map(|(_, y)| y).sum::<f64>() / count;
        let mut moments = Self {
            count,
            mean_x,
            mean_y,
            xx: 0.0,
            xy: 0.0,
            yy: 0.0,
        };
        for (x, y) in pairs {
            let (dx, dy) = (x - mean_x, y - mean_y);
            moments.xx += dx * dx;
            moments.xy += dx * dy;
            moments.yy += dy * dy;
        }
        Ok(moments)
    }

    fn slope(&self) -> Result<f64, ErrorKind> {
        ensure(self.xx > 0.0, ErrorKind::Div0)?;
        Ok(self.xy / self.xx)
    }

    fn correlation(&self) -> Result<f64, ErrorKind> {
        ensure(self.xx > 0.0 && self.yy > 0.0, ErrorKind::Div0)?;
        Ok(self.xy / (self.xx * self.yy).sqrt())
    }

    fn at(&self, x: f64) -> Result<f64, ErrorKind> {
        Ok(self.mean_y + self.slope()? * (x - self.mean_x))
    }
}

/// The moments of two arguments, the first of them x.
fn moments(x: &Operand, y: &Operand, context: &mut dyn Context) -> Result<Moments, ErrorKind> {
    Moments::new(&pairs(x, y, ErrorKind::Na, context)?)
}

/// A measure of two ranges `(x, y)`, or `(y, x)` where Excel takes the known
/// y's first.
macro_rules! measure {
    ($x:literal, $y:literal, $measure:expr) => {
        ValueRule::Operands(|args, context| {
            let (Some(x), Some(y)) = (args.get($x), args.get($y)) else {
                return Err(ErrorKind::Value);
            };
            let measure: fn(&Moments) -> Result<f64, ErrorKind> = $measure;
            finite(measure(&moments(x, y, context)?)?)
        })
    };
}

/// The moments as terms.
struct LoweredMoments {
    count: Term,
    mean_x: Term,
    mean_y: Term,
    xx: Term,
    xy: Term,
    yy: Term,
}

impl LoweredMoments {
    fn new(
        lowering: &mut Lowering<'_>,
        args: &[Lowered],
        x: usize,
        y: usize,
    ) -> Result<Self, LowerError> {
        let (Some(x), Some(y)) = (args.get(x), args.get(y)) else {
            return Err(lowering.refuse("an argument is missing"));
        };
        let pairs = Pairs::new(lowering, x, y)?;
        let count = pairs.count(lowering);
        let mean_x = pairs.sum_of(lowering, |x, _| x)? / count.clone();
        let mean_x = lowering.share(mean_x)?;
        let mean_y = pairs.sum_of(lowering, |_, y| y)? / count.clone();
        let mean_y = lowering.share(mean_y)?;
        let dx = |x: Term| x - mean_x.clone();
        let dy = |y: Term| y - mean_y.clone();
        Ok(Self {
            xx: pairs.sum_of(lowering, |x, _| dx(x).square())?,
            xy: pairs.sum_of(lowering, |x, y| dx(x) * dy(y))?,
            yy: pairs.sum_of(lowering, |_, y| dy(y).square())?,
            count,
            mean_x,
            mean_y,
        })
    }

    fn slope(&self) -> Term {
        self.xy.clone() / self.xx.clone()
    }
}

macro_rules! lower_measure {
    ($x:literal, $y:literal, $measure:expr) => {
        |lowering, args| {
            let measure: fn(LoweredMoments) -> Term = $measure;
            let moments = LoweredMoments::new(lowering, args, $x, $y)?;
            lowering.build(measure(moments))
        }
    };
}

fn forecast(args: &[Operand], context: &mut dyn Context) -> Result<Operand, ErrorKind> {
    let at = args.number(0)?;
    let (Some(y), Some(x)) = (args.get(1), args.get(2)) else {
        return Err(ErrorKind::Value);
    };
    finite(moments(x, y, context)?.at(at)?)
}

fn lower_forecast(lowering: &mut Lowering<'_>, args: &[Lowered]) -> Result<Node, LowerError> {
    let at = lowering.term(args, 0, None)?;
    let moments = LoweredMoments::new(lowering, args, 2, 1)?;
    let slope = moments.slope();
    lowering.build(moments.mean_y + slope * (at - moments.mean_x))
}

const ARRAYS: &[Param] = &[array("array1"), array("array2")];
const KNOWN: &[Param] = &[array("known_ys"), array("known_xs")];
const FORECAST: &[Param] = &[
    scalar("x").help("the x to predict for"),
    array("known_ys"),
    array("known_xs"),
];

const fn example(formula: &'static str) -> Example {
    Example {
        formula,
        cells: &[
            ("A1", 2.0),
            ("A2", 3.0),
            ("A3", 9.0),
            ("A4", 1.0),
            ("B1", 6.0),
            ("B2", 5.5),
            ("B3", 11.0),
            ("B4", 7.0),
            ("C1", 4.0),
        ],
    }
}

macro_rules! entry {
    ($name:literal, $params:expr, $help:literal, $value:expr, $lower:expr, $example:literal) => {
        Function::new(Category::Statistical, $name, $params, $help, $value)
            .smooth($lower)
            .examples(&[example($example)])
    };
}

pub(super) const FUNCTIONS: &[Function] = &[
    entry!(
        "COVARIANCE.P",
        ARRAYS,
        "The covariance of two ranges, a whole population.",
        measure!(0, 1, |m| Ok(m.xy / m.count)),
        lower_measure!(0, 1, |m| m.xy / m.count),
        "COVARIANCE.P(A1:A5,B1:B5)"
    )
    .xlfn(),
    entry!(
        "COVAR",
        ARRAYS,
        "The covariance of two ranges, a whole population.",
        measure!(0, 1, |m| Ok(m.xy / m.count)),
        lower_measure!(0, 1, |m| m.xy / m.count),
        "COVAR(A1:A4,B1:B4)"
    ),
    entry!(
        "COVARIANCE.S",
        ARRAYS,
        "The covariance estimated from a sample.",
        measure!(0, 1, |m| {
            ensure(m.count > 1.0, ErrorKind::Div0)?;
            Ok(m.xy / (m.count - 1.0))
        }),
        lower_measure!(0, 1, |m| m.xy / (m.count - 1.0)),
        "COVARIANCE.S(A1:A5,B1:B5)"
    )
    .xlfn(),
    entry!(
        "CORREL",
        ARRAYS,
        "The correlation of two ranges.",
        measure!(0, 1, Moments::correlation),
        lower_measure!(0, 1, |m| m.xy / (m.xx * m.yy).sqrt()),
        "CORREL(A1:A5,B1:B5)"
    ),
    entry!(
        "PEARSON",
        ARRAYS,
        "Pearson's correlation of two ranges.",
        measure!(0, 1, Moments::correlation),
        lower_measure!(0, 1, |m| m.xy / (m.xx * m.yy).sqrt()),
        "PEARSON(A1:A5,B1:B5)"
    ),
    entry!(
        "RSQ",
        KNOWN,
        "The square of the correlation of two ranges.",
        measure!(1, 0, |m| Ok(m.correlation()?.powi(2))),
        lower_measure!(1, 0, |m| m.xy.square() / (m.xx * m.yy)),
        "RSQ(A1:A5,B1:B5)"
    ),
    entry!(
        "SLOPE",
        KNOWN,
        "The slope of the straight line nearest to the points.",
        measure!(1, 0, Moments::slope),
        lower_measure!(1, 0, |m| m.slope()),
        "SLOPE(A1:A5,B1:B5)"
    ),
    entry!(
        "INTERCEPT",
        KNOWN,
        "Where the straight line nearest to the points meets the y axis.",
        measure!(1, 0, |m| m.at(0.0)),
        lower_measure!(1, 0, |m| m.mean_y.clone() - m.slope() * m.mean_x),
        "INTERCEPT(A1:A5,B1:B5)"
    ),
    entry!(
        "STEYX",
        KNOWN,
        "The standard error of the y's that a straight line predicts.",
        measure!(1, 0, |m| {
            ensure(m.count > 2.0 && m.xx > 0.0, ErrorKind::Div0)?;
            // Rounding may leave less than nothing of a perfect fit.
            Ok(((m.yy - m.xy * m.xy / m.xx).max(0.0) / (m.count - 2.0)).sqrt())
        }),
        lower_measure!(1, 0, |m| {
            ((m.yy - m.xy.square() / m.xx) / (m.count - 2.0)).sqrt()
        }),
        "STEYX(A1:A5,B1:B5)"
    ),
    entry!(
        "FORECAST.LINEAR",
        FORECAST,
        "The y that the straight line nearest to the points has at x.",
        ValueRule::Operands(forecast),
        lower_forecast,
        "FORECAST.LINEAR(C1,A1:A5,B1:B5)"
    )
    .xlfn(),
    entry!(
        "FORECAST",
        FORECAST,
        "The y that the straight line nearest to the points has at x.",
        ValueRule::Operands(forecast),
        lower_forecast,
        "FORECAST(C1,A1:A4,B1:B4)"
    ),
];

#[cfg(test)]
mod tests {
    use crate::functions::mock::Sheet;
    use crate::value::ErrorKind;

    #[test]
    fn values_are_excels() {
        let mut sheet = Sheet::new("2,6,x;3,5,1;9,11,1;1,7,1;8,5,1;7,4,1;5,4,1;,9,;4,x,;#N/A,1,");
        for (formula, expected) in [
            ("SLOPE(A1:A7,B1:B7)", 0.305_555_555_555_556),
            ("INTERCEPT({2,3,9,1,8},{6,5,11,7,5})", 0.048_387_096_774_194),
            ("RSQ(A1:A7,B1:B7)", 0.057_950_191_570_881),
            ("STEYX(A1:A7,B1:B7)", 3.305_718_950_210_041),
            (
                "FORECAST(30,{6;7;9;15;21},{20;28;31;38;40})",
                10.607_253_086_419_753,
            ),
            ("CORREL({3,2,4,5,6},{9,7,12,15,17})", 0.997_054_485_501_581),
            ("COVARIANCE.P({3,2,4,5,6},{9,7,12,15,17})", 5.2),
            ("COVARIANCE.S({2,4,8},{5,11,12})", 9.666_666_666_666_666),
            // Pairs with something else than a number do not count.
            ("SLOPE(A1:A9,B1:B9)", 0.305_555_555_555_556),
            // A row goes with a column.
            ("SLOPE({1;2;3},{2,4,6})", 0.5),
        ] {
            let got = sheet.number(formula);
            assert!(
                (got - expected).abs() <= 1e-12 * expected.abs(),
                "{formula} is {got}, not {expected}"
            );
        }
        for (formula, kind) in [
            ("SLOPE(A1:A7,C2:C7)", ErrorKind::Na),
            ("SLOPE(A2:A7,C2:C7)", ErrorKind::Div0),
            ("CORREL(A2:A7,C2:C7)", ErrorKind::Div0),
            ("STEYX({1,2},{3,5})", ErrorKind::Div0),
            ("COVARIANCE.S({1},{3})", ErrorKind::Div0),
            ("SLOPE(A1:A10,B1:B10)", ErrorKind::Na),
        ] {
            assert_eq!(sheet.error(formula), kind, "{formula}");
        }
    }
}
