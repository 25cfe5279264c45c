//! LINEST, LOGEST, TREND and GROWTH: least squares with several variables.
//!
//! Columns are centred where there is a constant and made orthonormal one
//! after another (Gram-Schmidt, each twice, which is as accurate as
//! Householder's method: Giraud et al. 2005). A column that the ones before it
//! already span is left out, with coefficient 0, as Excel does.

use super::arguments::{Scalars, ensure};
use super::params::{array, optional, scalar};
use super::sample::refuse_gaps;
use super::term::Term;
use super::{
    Category, Context, Example, Function, LowerError, Lowered, Lowering, Operand, Param, ValueRule,
};
use crate::program::{Axes, Node, Reduction, Shape, ShapeError};
use crate::value::{Array, ErrorKind, Value};
use std::sync::Arc;

/// What is left of a column, relative to its size, below which it is spanned
/// by the others.
const COLLINEAR: f64 = 1e-10;

/// Where the variables lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    /// One variable, in the shape of the y's, whatever it is.
    Single,
    Columns,
    Rows,
}

/// The known points.
struct Points {
    y: Vec<f64>,
    /// The shape of the y's.
    shape: (usize, usize),
    /// A vector for each variable.
    x: Vec<Vec<f64>>,
    layout: Layout,
}

/// An array's numbers, row by row; anything else is `#VALUE!`.
fn all_numbers(array: &Array) -> Result<Vec<f64>, ErrorKind> {
    let number = |value: &Value| match value {
        Value::Number(x) => Ok(*x),
        Value::Error(kind) => Err(*kind),
        _ => Err(ErrorKind::Value),
    };
    array.cells().iter().map(number).collect()
}

fn written(args: &[Operand], index: usize) -> Option<&Operand> {
    args.get(index)
        .filter(|arg| !matches!(arg, Operand::Omitted))
}

fn array_at(
    args: &[Operand],
    index: usize,
    context: &mut dyn Context,
) -> Result<Option<Arc<Array>>, ErrorKind> {
    match written(args, index) {
        None => Ok(None),
        Some(arg) => context.to_array(arg).map(Some),
    }
}

/// The variables of an array: its columns or its rows, or all of it as one.
fn variables(array: &Array, layout: Layout) -> Result<Vec<Vec<f64>>, ErrorKind> {
    let numbers = all_numbers(array)?;
    let (rows, cols) = (array.rows(), array.cols());
    Ok(match layout {
        Layout::Single => vec![numbers],
        Layout::Columns => (0..cols)
            .map(|col| (0..rows).map(|row| numbers[row * cols + col]).collect())
            .collect(),
        Layout::Rows => numbers.chunks(cols).map(<[f64]>::to_vec).collect(),
    })
}

impl Points {
    fn new(args: &[Operand], context: &mut dyn Context) -> Result<Self, ErrorKind> {
        let y = array_at(args, 0, context)?.ok_or(ErrorKind::Value)?;
        let shape = (y.rows(), y.cols());
        let y = all_numbers(&y)?;
        let Some(x) = array_at(args, 1, context)? else {
            let x = vec![(1..=y.len()).map(|i| i as f64).collect()];
            let layout = Layout::Single;
            return Ok(Self {
                y,
                shape,
                x,
                layout,
            });
        };
        let layout = if (x.rows(), x.cols()) == shape {
            Layout::Single
        } else if shape.1 == 1 && x.rows() == shape.0 {
            Layout::Columns
        } else if shape.0 == 1 && x.cols() == shape.1 {
            Layout::Rows
        } else {
            return Err(ErrorKind::Ref);
        };
        let x = variables(&x, layout)?;
        Ok(Self {
            y,
            shape,
            x,
            layout,
        })
    }

    /// With the logarithms of the y's, for exponential curves.
    fn logarithmic(mut self) -> Result<Self, ErrorKind> {
        for y in &mut self.y {
            ensure(*y > 0.0, ErrorKind::Num)?;
            *y = y.ln();
        }
        Ok(self)
    }
}

/// A least-squares fit.
struct Fit {
    coefficients: Vec<f64>,
    coefficient_errors: Vec<f64>,
    intercept: f64,
    intercept_error: f64,
    /// Variables that count, without the constant.
    rank: usize,
    degrees: usize,
    regression_sum: f64,
    residual_sum: f64,
    constant: bool,
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Takes the mean out of a vector, and returns it.
fn center(v: &mut [f64]) -> f64 {
    let mean = v.iter().sum::<f64>() / v.len() as f64;
    v.iter_mut().for_each(|x| *x -= mean);
    mean
}

impl Fit {
    fn new(points: &Points, constant: bool) -> Self {
        let n = points.y.len();
        let mut y = points.y.clone();
        let mean_y = if constant { center(&mut y) } else { 0.0 };
        // An orthonormal basis of the variables that count; `triangle[j][i]`
        // is the part of variable j along basis vector i.
        let mut basis: Vec<Vec<f64>> = Vec::new();
        let mut triangle: Vec<Vec<f64>> = Vec::new();
        let mut kept: Vec<usize> = Vec::new();
        let mut means = Vec::new();
        for (index, variable) in points.x.iter().enumerate() {
            let mut v = variable.clone();
            let size = dot(&v, &v).sqrt();
            let mean = if constant { center(&mut v) } else { 0.0 };
            let centered_size = dot(&v, &v).sqrt();
            let mut parts = vec![0.0; basis.len()];
            for _ in 0..2 {
                for (part, q) in parts.iter_mut().zip(&basis) {
                    let along = dot(q, &v);
                    *part += along;
                    v.iter_mut().zip(q).for_each(|(v, q)| *v -= along * q);
                }
            }
            let rest = dot(&v, &v).sqrt();
            if rest <= COLLINEAR * centered_size || centered_size <= 1e-14 * size {
                continue;
            }
            v.iter_mut().for_each(|v| *v /= rest);
            parts.push(rest);
            basis.push(v);
            triangle.push(parts);
            kept.push(index);
            means.push(mean);
        }
        let rank = basis.len();
        let along: Vec<f64> = basis.iter().map(|q| dot(q, &y)).collect();
        for (q, along) in basis.iter().zip(&along) {
            y.iter_mut().zip(q).for_each(|(y, q)| *y -= along * q);
        }
        let residual_sum = dot(&y, &y);
        let degrees = n.saturating_sub(rank + usize::from(constant));
        let variance = if degrees > 0 {
            residual_sum / degrees as f64
        } else {
            0.0
        };
        // Column i of the triangle's inverse: what basis vector i is made of.
        let mut coefficients = vec![0.0; points.x.len()];
        let mut squares = vec![0.0; points.x.len()];
        let mut mean_square = if constant { 1.0 / n as f64 } else { 0.0 };
        for i in 0..rank {
            let mut column = vec![0.0; rank];
            column[i] = 1.0 / triangle[i][i];
            for j in (0..i).rev() {
                let sum: f64 = (j + 1..=i).map(|k| triangle[k][j] * column[k]).sum();
                column[j] = -sum / triangle[j][j];
            }
            for j in 0..=i {
                coefficients[kept[j]] += column[j] * along[i];
                squares[kept[j]] += column[j] * column[j];
            }
            mean_square += dot(&column, &means).powi(2);
        }
        let used = kept.iter().zip(&means);
        let shift: f64 = used.map(|(&k, mean)| coefficients[k] * mean).sum();
        Self {
            intercept: if constant { mean_y - shift } else { 0.0 },
            intercept_error: (variance * mean_square).sqrt(),
            coefficient_errors: squares.iter().map(|s| (variance * s).sqrt()).collect(),
            coefficients,
            rank,
            degrees,
            regression_sum: dot(&along, &along),
            residual_sum,
            constant,
        }
    }

    fn at(&self, x: impl Iterator<Item = f64>) -> f64 {
        let sum: f64 = self.coefficients.iter().zip(x).map(|(b, x)| b * x).sum();
        sum + self.intercept
    }

    /// LINEST's result: coefficients from the last variable to the first, then
    /// the constant; with statistics four more rows.
    fn report(&self, statistics: bool, exponential: bool) -> Operand {
        let shown = |x: f64| Value::number(if exponential { x.exp() } else { x });
        let mut first: Vec<Value> = self.coefficients.iter().rev().map(|x| shown(*x)).collect();
        first.push(shown(self.intercept));
        let cols = first.len();
        if !statistics {
            return Operand::Value(Value::array(Array::new(1, cols, first)));
        }
        let mut cells = first;
        cells.extend(
            self.coefficient_errors
                .iter()
                .rev()
                .map(|x| Value::number(*x)),
        );
        cells.push(if self.constant {
            Value::number(self.intercept_error)
        } else {
            Value::Error(ErrorKind::Na)
        });
        let degrees = self.degrees as f64;
        let error = if self.degrees > 0 {
            (self.residual_sum / degrees).sqrt()
        } else {
            0.0
        };
        let total = self.regression_sum + self.residual_sum;
        let f = self.regression_sum / self.rank as f64 / (self.residual_sum / degrees);
        let rows = [
            [self.regression_sum / total, error],
            [f, degrees],
            [self.regression_sum, self.residual_sum],
        ];
        for row in rows {
            let mut row: Vec<Value> = row.map(Value::number).into();
            row.resize(cols, Value::Error(ErrorKind::Na));
            cells.extend(row);
        }
        Operand::Value(Value::array(Array::new(5, cols, cells)))
    }
}

fn estimate(
    args: &[Operand],
    context: &mut dyn Context,
    exponential: bool,
) -> Result<Operand, ErrorKind> {
    let points = points(args, context, exponential)?;
    let constant = args.flag_or(2, true)?;
    let statistics = args.flag_or(3, false)?;
    Ok(Fit::new(&points, constant).report(statistics, exponential))
}

fn points(
    args: &[Operand],
    context: &mut dyn Context,
    exponential: bool,
) -> Result<Points, ErrorKind> {
    let points = Points::new(args, context)?;
    if exponential {
        points.logarithmic()
    } else {
        Ok(points)
    }
}

fn predict(
    args: &[Operand],
    context: &mut dyn Context,
    exponential: bool,
) -> Result<Operand, ErrorKind> {
    let points = points(args, context, exponential)?;
    let constant = args.flag_or(3, true)?;
    let fit = Fit::new(&points, constant);
    let (x, shape) = match array_at(args, 2, context)? {
        None => (points.x, points.shape),
        Some(array) => {
            let x = variables(&array, points.layout)?;
            ensure(x.len() == points.x.len(), ErrorKind::Ref)?;
            let shape = match points.layout {
                Layout::Single => (array.rows(), array.cols()),
                Layout::Columns => (array.rows(), 1),
                Layout::Rows => (1, array.cols()),
            };
            (x, shape)
        }
    };
    let array = Array::from_fn(shape.0, shape.1, |row, col| {
        let index = row * shape.1 + col;
        let y = fit.at(x.iter().map(|variable| variable[index]));
        Value::number(if exponential { y.exp() } else { y })
    });
    Ok(Operand::Value(Value::array(array)))
}

// ---- derivative rules: the normal equations ----

/// The fit in a program: points down a column, variables side by side.
struct LoweredFit {
    /// `[lanes, variables, 1]`
    coefficients: Node,
    intercept: Term,
    /// The x's as they were made upright.
    x: Node,
    /// Whether the y's lay in a row.
    across: bool,
    variables: usize,
}

impl LoweredFit {
    fn new(
        lowering: &mut Lowering<'_>,
        args: &[Lowered],
        constant: bool,
        exponential: bool,
    ) -> Result<Self, LowerError> {
        refuse_gaps(lowering, args)?;
        let Some(arg) = args.first() else {
            return Err(lowering.refuse("an argument is missing"));
        };
        let shape = lowering.builder.shape(arg.node);
        let across = shape.rows == 1 && shape.cols > 1;
        if shape.cols != 1 && !across {
            return Err(lowering.refuse("its y's are neither a row nor a column"));
        }
        let mut y = upright(lowering, arg.node, across);
        if exponential {
            y = lowering.build(Term::Node(y).ln())?;
        }
        let n = shape.rows * shape.cols;
        let x = match lowering.written(args, 1) {
            Some(x) => upright(lowering, x.node, across),
            None => {
                let numbers: Vec<f64> = (1..=n).map(|i| i as f64).collect();
                let tensor = crate::program::Tensor::new(Shape::new(1, n, 1), numbers);
                lowering.builder.constant(tensor)
            }
        };
        let x_shape = lowering.builder.shape(x);
        if x_shape.rows != n {
            return Err(lowering.refuse("its x's do not go with its y's"));
        }
        let mean = |lowering: &mut Lowering<'_>, v: Node| {
            let sum = lowering.builder.reduce(Reduction::Sum, Axes::ROWS, v);
            lowering.build(Term::Node(sum) * (1.0 / n as f64))
        };
        let (dx, dy, means) = if constant {
            let (mean_x, mean_y) = (mean(lowering, x)?, mean(lowering, y)?);
            let dx = lowering.build(Term::Node(x) - Term::Node(mean_x))?;
            let dy = lowering.build(Term::Node(y) - Term::Node(mean_y))?;
            (dx, dy, Some((mean_x, mean_y)))
        } else {
            (x, y, None)
        };
        let solve = |lowering: &mut Lowering<'_>| -> Result<(Node, Term), ShapeError> {
            let transposed = lowering.builder.transpose(dx);
            let normal = lowering.builder.matmul(transposed, dx)?;
            let right = lowering.builder.matmul(transposed, dy)?;
            let inverse = lowering.builder.inverse(normal)?;
            let coefficients = lowering.builder.matmul(inverse, right)?;
            let intercept = match means {
                None => Term::Number(0.0),
                Some((mean_x, mean_y)) => {
                    let at_mean = lowering.builder.matmul(mean_x, coefficients)?;
                    Term::Node(mean_y) - Term::Node(at_mean)
                }
            };
            Ok((coefficients, intercept))
        };
        let (coefficients, intercept) = solve(lowering).map_err(|e| lowering.misfit(&e))?;
        Ok(Self {
            coefficients,
            intercept,
            x,
            across,
            variables: x_shape.cols,
        })
    }
}

/// Points down a column.
fn upright(lowering: &mut Lowering<'_>, node: Node, across: bool) -> Node {
    if across {
        lowering.builder.transpose(node)
    } else {
        node
    }
}

fn lower_estimate(
    lowering: &mut Lowering<'_>,
    args: &[Lowered],
    exponential: bool,
) -> Result<Node, LowerError> {
    let constant = lowering.fixed_number(args, 2, 1.0, "flag for a constant")? != 0.0;
    if lowering.fixed_number(args, 3, 0.0, "flag for statistics")? != 0.0 {
        return Err(lowering.refuse("its statistics have no derivative rule"));
    }
    let fit = LoweredFit::new(lowering, &args[..args.len().min(2)], constant, exponential)?;
    let intercept = lowering.build(fit.intercept)?;
    let k = fit.variables;
    let lanes = lowering.builder.shape(fit.coefficients).lanes;
    // A sheet with a row a lane, whose columns are then taken in reverse.
    let row = |lowering: &mut Lowering<'_>| -> Result<Node, ShapeError> {
        let builder = &mut *lowering.builder;
        let coefficients = builder.reshape(fit.coefficients, Shape::new(1, lanes, k))?;
        let intercept = builder.broadcast(intercept, Shape::new(lanes, 1, 1))?;
        let intercept = builder.reshape(intercept, Shape::new(1, lanes, 1))?;
        let pieces = [(coefficients, (0, 0)), (intercept, (0, k))];
        let sheet = builder.assemble(lanes, k + 1, &pieces)?;
        let columns = (0..k).rev().chain([k]);
        let indices: Vec<u32> = columns
            .flat_map(|col| (0..lanes).map(move |lane| (col * lanes + lane) as u32))
            .collect();
        builder.gather(sheet, indices.into(), Shape::new(lanes, 1, k + 1))
    };
    let row = row(lowering).map_err(|e| lowering.misfit(&e))?;
    let row = Term::Node(row);
    lowering.build(if exponential { row.exp() } else { row })
}

fn lower_prediction(
    lowering: &mut Lowering<'_>,
    args: &[Lowered],
    exponential: bool,
) -> Result<Node, LowerError> {
    let constant = lowering.fixed_number(args, 3, 1.0, "flag for a constant")? != 0.0;
    let fit = LoweredFit::new(lowering, &args[..args.len().min(2)], constant, exponential)?;
    let x = match lowering.written(args, 2) {
        None => fit.x,
        Some(x) => upright(lowering, x.node, fit.across),
    };
    let product = lowering.builder.matmul(x, fit.coefficients);
    let product = product.map_err(|e| lowering.misfit(&e))?;
    let y = Term::Node(product) + fit.intercept;
    let y = lowering.build(if exponential { y.exp() } else { y })?;
    Ok(upright(lowering, y, fit.across))
}

const ESTIMATE: &[Param] = &[
    array("known_ys"),
    optional(array("known_xs")),
    optional(scalar("const")),
    optional(scalar("stats")),
];
const PREDICT: &[Param] = &[
    array("known_ys"),
    optional(array("known_xs")),
    optional(array("new_xs")),
    optional(scalar("const")),
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
            ("C1", 1.0),
            ("C2", -1.5),
            ("C3", 0.5),
            ("C4", 2.0),
        ],
    }
}

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(
        Category::Statistical,
        "LINEST",
        ESTIMATE,
        "The coefficients of the line nearest to the points, last variable first, then the constant; with statistics on demand.",
        ValueRule::Operands(|args, context| estimate(args, context, false)),
    )
    .returning_array()
    .smooth(|lowering, args| lower_estimate(lowering, args, false))
    .examples(&[
        example("LINEST(A1:A4,B1:C4)"),
        example("LINEST(A1:A4,B1:B4,FALSE)"),
    ]),
    Function::new(
        Category::Statistical,
        "LOGEST",
        ESTIMATE,
        "The factors of the exponential curve nearest to the points, last variable first, then the constant.",
        ValueRule::Operands(|args, context| estimate(args, context, true)),
    )
    .returning_array()
    .smooth(|lowering, args| lower_estimate(lowering, args, true))
    .examples(&[example("LOGEST(A1:A4,B1:B4)")]),
    Function::new(
        Category::Statistical,
        "TREND",
        PREDICT,
        "The y's that the line nearest to the points has at new x's.",
        ValueRule::Operands(|args, context| predict(args, context, false)),
    )
    .returning_array()
    .smooth(|lowering, args| lower_prediction(lowering, args, false))
    .examples(&[
        example("TREND(A1:A4,B1:C4,B2:C3)"),
        example("TREND(A1:C1)"),
    ]),
    Function::new(
        Category::Statistical,
        "GROWTH",
        PREDICT,
        "The y's that the exponential curve nearest to the points has at new x's.",
        ValueRule::Operands(|args, context| predict(args, context, true)),
    )
    .returning_array()
    .smooth(|lowering, args| lower_prediction(lowering, args, true))
    .examples(&[example("GROWTH(A1:A4,B1:B4,C1:C2)")]),
];

#[cfg(test)]
mod tests {
    use crate::functions::mock::Sheet;
    use crate::value::{ErrorKind, Value};

    #[track_caller]
    fn near(got: &[f64], expected: &[f64]) {
        assert_eq!(got.len(), expected.len());
        for (got, expected) in got.iter().zip(expected) {
            let same = got.is_nan() && expected.is_nan();
            assert!(
                same || (got - expected).abs() <= 2e-9 * expected.abs(),
                "{got}, not {expected}"
            );
        }
    }

    /// The offices of Microsoft's documentation.
    fn offices() -> Sheet {
        Sheet::new(
            "2310,2,2,20,142000;2333,2,2,12,144000;2356,3,1.5,33,151000;2379,3,2,43,150000;\
             2402,2,3,53,139000;2425,4,2,23,169000;2448,2,1.5,99,126000;2471,2,2,34,142900;\
             2494,3,3,23,163000;2517,4,4,55,169000;2540,2,3,22,149000",
        )
    }

    #[test]
    fn several_variables_with_statistics() {
        let n = f64::NAN;
        near(
            &offices().numbers("LINEST(E1:E11,A1:D11,TRUE,TRUE)"),
            &[
                -234.237_164_48,
                2_553.210_660_39,
                12_529.768_167_09,
                27.641_387_37,
                52_317.830_507_29,
                13.268_011_48,
                530.669_151_90,
                400.066_838_20,
                5.429_374_041_5,
                12_237.361_602_86,
                0.996_747_993_384,
                970.578_463_10,
                n,
                n,
                n,
                459.753_674_21,
                6.0,
                n,
                n,
                n,
                1_732_393_319.229_27,
                5_652_135.316_204,
                n,
                n,
                n,
            ],
        );
    }

    #[test]
    fn lines_curves_and_collinear_variables() {
        let mut sheet = offices();
        near(&sheet.numbers("LINEST({1;9;5;7},{0;4;2;3})"), &[2.0, 1.0]);
        near(&sheet.numbers("LINEST({2,4,7})"), &[2.5, -2.0 / 3.0]);
        near(
            &sheet.numbers("LOGEST({33100;47300;69000;102000;150000;220000},{11;12;13;14;15;16})"),
            &[1.463_275_628_116_17, 495.304_770_158_728],
        );
        near(
            &sheet.numbers(
                "GROWTH({33100;47300;69000;102000;150000;220000},{11;12;13;14;15;16},{17;18})",
            ),
            &[320_196.718_363_472, 468_536.054_184_048],
        );
        // The second variable is twice the first.
        near(
            &sheet.numbers("LINEST({1;3;5;9},{1,2;2,4;3,6;5,10})"),
            &[0.0, 2.0, -1.0],
        );
        near(
            &sheet.numbers("TREND({1;3;5},{1;2;3},{10,11})"),
            &[19.0, 21.0],
        );
        near(
            &sheet.numbers("TREND({1,3,5},,,FALSE)"),
            &[22.0 / 14.0, 44.0 / 14.0, 66.0 / 14.0],
        );
        let Value::Array(stats) = sheet.eval("LINEST({1;3;5.5},{1;2;3},FALSE,TRUE)") else {
            panic!("an array");
        };
        assert_eq!(*stats.get(1, 1), Value::Error(ErrorKind::Na));
        assert_eq!(sheet.error("LINEST({1;2},{1;2;3})"), ErrorKind::Ref);
        assert_eq!(sheet.error("LINEST({1;\"x\"},{1;2})"), ErrorKind::Value);
        assert_eq!(sheet.error("LOGEST({1;-2},{1;2})"), ErrorKind::Num);
    }
}
