//! Matrices: products, inverses, determinants, transposes, and generated arrays.

use super::arguments::{Scalars, ensure, finite};
use super::params::{array, optional, scalar};
use super::sample::refuse_gaps;
use super::{
    Category, Context, Example, Function, LowerError, Lowered, Lowering, Operand, ValueRule,
};
use crate::device;
use crate::program::{Node, Shape, Tensor};
use crate::value::{Array, ErrorKind, Value};
use nalgebra::DMatrix;

/// More cells than a sheet's column times this make no result.
const MOST_CELLS: f64 = 10_000_000.0;

/// A matrix of numbers only; anything else is `#VALUE!`.
fn matrix(
    args: &[Operand],
    index: usize,
    context: &mut dyn Context,
) -> Result<DMatrix<f64>, ErrorKind> {
    let arg = args.get(index).ok_or(ErrorKind::Value)?;
    let array = context.to_array(arg)?;
    let mut numbers = Vec::with_capacity(array.cells().len());
    for value in array.cells() {
        numbers.push(match value {
            Value::Number(x) => *x,
            Value::Error(kind) => return Err(*kind),
            _ => return Err(ErrorKind::Value),
        });
    }
    Ok(DMatrix::from_row_slice(
        array.rows(),
        array.cols(),
        &numbers,
    ))
}

fn square(matrix: &DMatrix<f64>) -> Result<(), ErrorKind> {
    ensure(matrix.is_square(), ErrorKind::Value)
}

pub(super) fn to_array(matrix: &DMatrix<f64>) -> Operand {
    let (rows, cols) = matrix.shape();
    let array = Array::from_fn(rows, cols, |row, col| Value::number(matrix[(row, col)]));
    Operand::Value(Value::array(array))
}

fn multiply(args: &[Operand], context: &mut dyn Context) -> Result<Operand, ErrorKind> {
    let a = matrix(args, 0, context)?;
    let b = matrix(args, 1, context)?;
    ensure(a.ncols() == b.nrows(), ErrorKind::Value)?;
    let (rows, cols) = (a.nrows(), b.ncols());
    let product = device::multiply([rows, a.ncols(), cols], a.as_slice(), b.as_slice());
    // One element that is too large fails the whole product.
    ensure(product.iter().all(|x| x.is_finite()), ErrorKind::Num)?;
    Ok(to_array(&DMatrix::from_vec(rows, cols, product)))
}

fn invert(args: &[Operand], context: &mut dyn Context) -> Result<Operand, ErrorKind> {
    let a = matrix(args, 0, context)?;
    square(&a)?;
    let inverse = a.try_inverse().ok_or(ErrorKind::Num)?;
    Ok(to_array(&inverse))
}

fn transpose(args: &[Operand], context: &mut dyn Context) -> Result<Operand, ErrorKind> {
    let arg = args.first().ok_or(ErrorKind::Value)?;
    let array = context.to_array(arg)?;
    let transposed = Array::from_fn(array.cols(), array.rows(), |row, col| {
        match array.get(col, row) {
            // A blank cell is 0 in a result.
            Value::Blank => Value::Number(0.0),
            value => value.clone(),
        }
    });
    Ok(Operand::Value(Value::array(transposed)))
}

/// The shape of a generated array: whole numbers, at least 1.
pub(super) fn dimensions(rows: f64, cols: f64) -> Result<(usize, usize), ErrorKind> {
    let (rows, cols) = (rows.trunc(), cols.trunc());
    ensure(rows >= 0.0 && cols >= 0.0, ErrorKind::Value)?;
    ensure(rows >= 1.0 && cols >= 1.0, ErrorKind::Calc)?;
    ensure(rows * cols <= MOST_CELLS, ErrorKind::Value)?;
    Ok((rows as usize, cols as usize))
}

fn sequence(args: &[Operand]) -> Result<Operand, ErrorKind> {
    let rows = args.number_or(0, 1.0)?;
    let cols = args.number_or(1, 1.0)?;
    let start = args.number_or(2, 1.0)?;
    let step = args.number_or(3, 1.0)?;
    let (rows, cols) = dimensions(rows, cols)?;
    let array = Array::from_fn(rows, cols, |row, col| {
        Value::number(start + (row * cols + col) as f64 * step)
    });
    Ok(Operand::Value(Value::array(array)))
}

/// A constant, row by row in `f` and by columns in the tensor.
fn generated(
    lowering: &mut Lowering<'_>,
    rows: usize,
    cols: usize,
    f: impl Fn(usize, usize) -> f64,
) -> Node {
    let cells = (0..cols).flat_map(|col| (0..rows).map(move |row| (row, col)));
    let data: Vec<f64> = cells.map(|(row, col)| f(row, col)).collect();
    lowering
        .builder
        .constant(Tensor::new(Shape::new(1, rows, cols), data))
}

fn lowered_dimensions(
    lowering: &Lowering<'_>,
    args: &[Lowered],
    cols: Option<usize>,
) -> Result<(usize, usize), LowerError> {
    let rows = lowering.fixed_number(args, 0, 1.0, "number of rows")?;
    let cols = match cols {
        Some(index) => lowering.fixed_number(args, index, 1.0, "number of columns")?,
        None => rows,
    };
    dimensions(rows, cols).map_err(|_| lowering.refuse("it has no such size"))
}

fn first<'a>(lowering: &Lowering<'_>, args: &'a [Lowered]) -> Result<&'a Lowered, LowerError> {
    args.first()
        .ok_or_else(|| lowering.refuse("an argument is missing"))
}

const SQUARE: &[(&str, f64)] = &[("A1", 2.0), ("B1", 0.5), ("A2", -1.0), ("B2", 3.0)];

const fn example(formula: &'static str) -> Example {
    Example {
        formula,
        cells: SQUARE,
    }
}

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(
        Category::Matrix,
        "MMULT",
        &[
            array("array1").help("the left matrix"),
            array("array2").help("the right matrix, with a row for each column of the left"),
        ],
        "The product of two matrices.",
        ValueRule::Operands(multiply),
    )
    .returning_array()
    .smooth(|lowering, args| {
        let [a, b] = args else {
            return Err(lowering.refuse("it takes two arguments"));
        };
        refuse_gaps(lowering, args)?;
        let product = lowering.builder.matmul(a.node, b.node);
        product.map_err(|e| lowering.misfit(&e))
    })
    .examples(&[example("MMULT(A1:B2,A1:B2)")]),
    Function::new(
        Category::Matrix,
        "MINVERSE",
        &[array("array")],
        "The inverse of a square matrix.",
        ValueRule::Operands(invert),
    )
    .returning_array()
    .smooth(|lowering, args| {
        refuse_gaps(lowering, args)?;
        let node = first(lowering, args)?.node;
        let inverse = lowering.builder.inverse(node);
        inverse.map_err(|e| lowering.misfit(&e))
    })
    .examples(&[example("MINVERSE(A1:B2)")]),
    Function::new(
        Category::Matrix,
        "MDETERM",
        &[array("array")],
        "The determinant of a square matrix.",
        ValueRule::Operands(|args, context| {
            let a = matrix(args, 0, context)?;
            square(&a)?;
            finite(a.determinant())
        }),
    )
    .smooth(|lowering, args| {
        refuse_gaps(lowering, args)?;
        let node = first(lowering, args)?.node;
        let determinant = lowering.builder.determinant(node);
        determinant.map_err(|e| lowering.misfit(&e))
    })
    .examples(&[example("MDETERM(A1:B2)")]),
    Function::new(
        Category::Lookup,
        "TRANSPOSE",
        &[array("array")],
        "An array with rows and columns exchanged.",
        ValueRule::Operands(transpose),
    )
    .returning_array()
    .smooth(|lowering, args| {
        let node = first(lowering, args)?.node;
        Ok(lowering.builder.transpose(node))
    })
    .examples(&[example("TRANSPOSE(A1:B2)")]),
    Function::new(
        Category::Matrix,
        "MUNIT",
        &[scalar("dimension")],
        "The unit matrix of a size.",
        ValueRule::Operands(|args, _| {
            let size = args.number(0)?;
            ensure(size.trunc() >= 1.0, ErrorKind::Value)?;
            let (rows, cols) = dimensions(size, size)?;
            Ok(to_array(&DMatrix::identity(rows, cols)))
        }),
    )
    .xlfn()
    .returning_array()
    .piecewise_constant(|lowering, args| {
        let (rows, cols) = lowered_dimensions(lowering, args, None)?;
        Ok(generated(lowering, rows, cols, |row, col| {
            f64::from(u8::from(row == col))
        }))
    })
    .examples(&[example("MUNIT(3)")]),
    Function::new(
        Category::Array,
        "SEQUENCE",
        &[
            scalar("rows"),
            optional(scalar("columns")),
            optional(scalar("start").help("the first number, 1 if left out")),
            optional(scalar("step")),
        ],
        "An array of numbers in sequence.",
        ValueRule::Operands(|args, _| sequence(args)),
    )
    .xlfn()
    .returning_array()
    .smooth(|lowering, args| {
        let (rows, cols) = lowered_dimensions(lowering, args, Some(1))?;
        let start = lowering.term(args, 2, Some(1.0))?;
        let step = lowering.term(args, 3, Some(1.0))?;
        let steps = generated(lowering, rows, cols, |row, col| (row * cols + col) as f64);
        lowering.build(start + step * super::term::Term::Node(steps))
    })
    .examples(&[example("SEQUENCE(2,3,A1,B1)")]),
];

#[cfg(test)]
mod tests {
    use crate::functions::mock::Sheet;
    use crate::value::ErrorKind;

    #[test]
    fn matrices_multiply_invert_and_transpose() {
        let mut sheet = Sheet::new("1,2,1;0,1,1;2,3,1;2,5,x;6,7,;1,8,");
        assert_eq!(
            sheet.numbers("MMULT(A1:C3,A4:B6)"),
            [15.0, 27.0, 7.0, 15.0, 23.0, 39.0]
        );
        assert_eq!(sheet.numbers("MINVERSE({2,0;0,4})"), [0.5, 0.0, 0.0, 0.25]);
        assert_eq!(sheet.number("MDETERM({3,6;1,1})"), -3.0);
        assert_eq!(sheet.numbers("TRANSPOSE(A4:B5)"), [2.0, 6.0, 5.0, 7.0]);
        assert_eq!(sheet.numbers("MUNIT(2)"), [1.0, 0.0, 0.0, 1.0]);
        assert_eq!(sheet.numbers("SEQUENCE(2,2,10,-5)"), [10.0, 5.0, 0.0, -5.0]);
        assert_eq!(sheet.numbers("SEQUENCE(2,,,3)"), [1.0, 4.0]);
        for (formula, kind) in [
            ("MMULT(A1:C3,A4:B5)", ErrorKind::Value),
            ("MMULT(A1:C3,A4:C6)", ErrorKind::Value),
            ("MMULT(A1:B2,{1,#N/A;1,1})", ErrorKind::Na),
            ("MINVERSE({1,2;2,4})", ErrorKind::Num),
            ("MDETERM(A1:C2)", ErrorKind::Value),
            ("SEQUENCE(0)", ErrorKind::Calc),
            ("SEQUENCE(-1)", ErrorKind::Value),
            ("MUNIT(0)", ErrorKind::Value),
        ] {
            assert_eq!(sheet.error(formula), kind, "{formula}");
        }
    }
}
