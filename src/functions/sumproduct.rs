//! SUMPRODUCT, and the sums of squares over two ranges.

use super::arguments::{common_part, finite, pairs};
use super::params::{array, repeating};
use super::sample::Pairs;
use super::term::Term;
use super::{Category, Context, Example, Function, LowerRule, Operand, Param, ValueRule};
use crate::value::{ErrorKind, Value};

fn sum_product(args: &[Operand], context: &mut dyn Context) -> Result<Operand, ErrorKind> {
    let parts = common_part(args, ErrorKind::Value, context)?;
    let mut products: Vec<f64> = Vec::new();
    for (i, part) in parts.iter().enumerate() {
        let array = context.to_array(part)?;
        if i == 0 {
            products = vec![1.0; array.cells().len()];
        }
        for (product, value) in products.iter_mut().zip(array.cells()) {
            *product *= match value {
                Value::Number(x) => *x,
                Value::Error(kind) => return Err(*kind),
                _ => 0.0,
            };
        }
    }
    finite(products.into_iter().sum())
}

const TWO: &[Param] = &[array("array_x"), array("array_y")];

/// A sum over the pairs of two ranges.
const fn over_pairs(
    name: &'static str,
    help: &'static str,
    value: ValueRule,
    lower: LowerRule,
    examples: &'static [Example],
) -> Function {
    Function::new(Category::Math, name, TWO, help, value)
        .smooth(lower)
        .examples(examples)
}

macro_rules! pair_sum {
    ($f:expr) => {
        ValueRule::Operands(|args, context| {
            let [x, y] = args else {
                return Err(ErrorKind::Value);
            };
            let pairs = pairs(x, y, ErrorKind::Na, context)?;
            let f: fn(f64, f64) -> f64 = $f;
            finite(pairs.into_iter().map(|(x, y)| f(x, y)).sum())
        })
    };
}

macro_rules! lower_pair_sum {
    ($f:expr) => {
        |lowering, args| {
            let [x, y] = args else {
                return Err(lowering.refuse("it takes two arguments"));
            };
            let f: fn(Term, Term) -> Term = $f;
            let sum = Pairs::new(lowering, x, y)?.sum_of(lowering, f)?;
            lowering.build(sum)
        }
    };
}

const CELLS: &[(&str, f64)] = &[
    ("A1", 2.0),
    ("A2", -1.5),
    ("A3", 3.25),
    ("B1", 0.5),
    ("B2", 4.0),
    ("B3", -1.0),
];

const fn example(formula: &'static str) -> Example {
    Example {
        formula,
        cells: CELLS,
    }
}

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(
        Category::Math,
        "SUMPRODUCT",
        &[array("array1").help("the first factor"), repeating(array("array2").help("further factors, of the same shape"))],
        "The sum of the products of ranges of one size, cell by cell; what is no number counts as 0.",
        ValueRule::Operands(sum_product),
    )
    .smooth(|lowering, args| {
        let mut product: Option<Term> = None;
        let mut size = None;
        for arg in args {
            let shape = lowering.builder.shape(arg.node);
            if *size.get_or_insert((shape.rows, shape.cols)) != (shape.rows, shape.cols) {
                return Err(lowering.refuse("its arrays differ in size"));
            }
            let x = Term::Node(arg.node);
            let x = match &arg.present {
                None => x,
                Some(present) => {
                    let mask = lowering.builder.constant(present.clone());
                    x.when(Term::Node(mask), 0.0)
                }
            };
            product = Some(match product {
                None => x,
                Some(before) => before * x,
            });
        }
        lowering.build(product.unwrap_or(Term::Number(0.0)).sum())
    })
    .examples(&[example("SUMPRODUCT(A1:A3,B1:B3)")]),
    over_pairs(
        "SUMXMY2",
        "The sum of the squared differences of two ranges.",
        pair_sum!(|x, y| (x - y) * (x - y)),
        lower_pair_sum!(|x, y| (x - y).square()),
        &[example("SUMXMY2(A1:A3,B1:B3)")],
    ),
    over_pairs(
        "SUMX2MY2",
        "The sum of the differences of the squares of two ranges.",
        pair_sum!(|x, y| x * x - y * y),
        lower_pair_sum!(|x, y| x.square() - y.square()),
        &[example("SUMX2MY2(A1:A3,B1:B3)")],
    ),
    over_pairs(
        "SUMX2PY2",
        "The sum of the sums of the squares of two ranges.",
        pair_sum!(|x, y| x * x + y * y),
        lower_pair_sum!(|x, y| x.square() + y.square()),
        &[example("SUMX2PY2(A1:A3,B1:B3)")],
    ),
];

#[cfg(test)]
mod tests {
    use crate::functions::mock::Sheet;
    use crate::value::ErrorKind;

    #[test]
    fn products_are_summed_cell_by_cell() {
        let mut sheet = Sheet::new("1,4,x;2,5,TRUE;3,6,");
        for (formula, expected) in [
            ("SUMPRODUCT(A1:A3,B1:B3)", 32.0),
            ("SUMPRODUCT(A1:A3,C1:C3)", 0.0),
            ("SUMPRODUCT(A1:B3)", 21.0),
            ("SUMPRODUCT(A:A,B:B)", 32.0),
            ("SUMPRODUCT({1,2},{3,4},{2,2})", 22.0),
            ("SUMPRODUCT(2,3)", 6.0),
            ("SUMXMY2(A1:A3,B1:B3)", 27.0),
            ("SUMX2MY2(A1:A3,B1:B3)", -63.0),
            ("SUMX2PY2(A1:A3,B1:B3)", 91.0),
            ("SUMXMY2(A1:A3,C1:C3)", 0.0),
            ("SUMXMY2(A:A,B:B)", 27.0),
        ] {
            assert_eq!(sheet.number(formula), expected, "{formula}");
        }
        assert_eq!(sheet.error("SUMPRODUCT(A1:A3,B1:B2)"), ErrorKind::Value);
        assert_eq!(sheet.error("SUMPRODUCT(A1:A3,{1,2,3})"), ErrorKind::Value);
        assert_eq!(sheet.error("SUMXMY2(A1:A3,B1:B2)"), ErrorKind::Na);
        assert_eq!(sheet.error("SUMPRODUCT({1,#N/A})"), ErrorKind::Na);
    }
}
