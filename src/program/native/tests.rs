use super::*;
use crate::program::builder::{Binary, Reduction, Unary};
use crate::program::graph::Absorb;
use crate::program::ops::elementwise;

const SPECIAL: [f64; 17] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    2.5,
    -2.5,
    0.5,
    1e-310,
    1e308,
    -1e308,
    3.0,
    -7.25,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
    f64::MIN_POSITIVE,
    1e-20,
];

/// Pairs of all special numbers, as two columns.
fn pairs() -> (Vec<f64>, Vec<f64>) {
    let all = SPECIAL
        .iter()
        .flat_map(|&a| SPECIAL.iter().map(move |&b| (a, b)));
    all.unzip()
}

/// Runs a tile of one vector over columns; what it stores behind them.
fn run(columns: &[&[f64]], vectors: usize, line: impl Fn(&mut Tile, u32) -> Operand) -> Vec<f64> {
    let count = columns[0].len();
    let place = columns.len() as u32;
    let function = Function::over_lanes(vectors, |vectors, _| {
        let mut tile = Tile::default();
        for vector in 0..vectors as u32 {
            let x = line(&mut tile, vector);
            tile.store(x, Target::Lanes(place, vector));
        }
        tile
    });
    let Some(function) = function else {
        return Vec::new();
    };
    let mut out = vec![f64::NAN; count];
    let mut operands: Vec<*const f64> = columns.iter().map(|x| x.as_ptr()).collect();
    operands.push(out.as_mut_ptr());
    let none = [0.0; 1];
    let arguments = Arguments {
        operands: operands.as_ptr(),
        numbers: none.as_ptr(),
        weights: none.as_ptr(),
        sums: std::ptr::null_mut(),
        count,
    };
    // SAFETY: the columns have `count` numbers each, and the tile speaks of nothing else.
    unsafe { function.run(arguments) };
    out
}

fn same(a: &[f64], expected: &[f64], what: &str) {
    if a.is_empty() && !expected.is_empty() {
        println!("skipped: no machine code here");
        return assert!(!available(), "{what}");
    }
    assert_eq!(a.len(), expected.len());
    for (i, (a, b)) in a.iter().zip(expected).enumerate() {
        let equal = a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan());
        assert!(equal, "{what}, lane {i}: {a:e} for {b:e}");
    }
}

#[test]
fn operations_of_one_number_are_those_of_the_interpreter_to_the_bit() {
    use Unary::{Abs, Ceil, Floor, IsFinite, Neg, Not, Sign, Sqrt, Trunc};
    let (x, _) = pairs();
    for op in [Abs, Ceil, Floor, IsFinite, Neg, Not, Sign, Sqrt, Trunc] {
        let expected: Vec<f64> = x.iter().map(|&x| op.apply(x)).collect();
        for vectors in 1..=8 {
            let found = run(&[&x], vectors, |tile, vector| {
                unary(tile, op, Operand::Lanes(0, vector)).unwrap()
            });
            same(&found, &expected, &format!("{op:?}"));
        }
    }
}

#[test]
fn operations_of_two_numbers_are_those_of_the_interpreter_to_the_bit() {
    use Binary::{
        AbsorbingMul, Add, And, Div, Equal, Less, LessEqual, Max, Min, Mul, NotEqual, Or, Sub,
    };
    let (a, b) = pairs();
    let all = [
        AbsorbingMul,
        Add,
        And,
        Div,
        Equal,
        Less,
        LessEqual,
        Max,
        Min,
        Mul,
        NotEqual,
        Or,
        Sub,
    ];
    for op in all {
        let expected: Vec<f64> = a.iter().zip(&b).map(|(&a, &b)| op.apply(a, b)).collect();
        for count in [0, 1, 3, 4, 5, 16, 17, a.len()] {
            let found = run(&[&a[..count], &b[..count]], 2, |tile, vector| {
                let [a, b] = [0, 1].map(|which| Operand::Lanes(which, vector));
                binary(tile, op, a, b).unwrap()
            });
            same(&found, &expected[..count], &format!("{op:?}"));
        }
    }
}

#[test]
fn selections_reductions_and_products_are_those_of_the_interpreter() {
    let (a, b) = pairs();
    let c: Vec<f64> = a.iter().rev().copied().collect();
    let expected = |f: &dyn Fn(f64, f64, f64) -> f64| -> Vec<f64> {
        let each = a.iter().zip(&b).zip(&c);
        each.map(|((&a, &b), &c)| f(a, b, c)).collect()
    };
    let found = |f: &dyn Fn(&mut Tile, [Operand; 3]) -> Operand| {
        run(&[&a, &b, &c], 3, |tile, vector| {
            f(tile, [0, 1, 2].map(|which| Operand::Lanes(which, vector)))
        })
    };
    same(
        &found(&|tile, [a, b, c]| select(tile, a, b, c)),
        &expected(&elementwise::select),
        "select",
    );
    for op in [
        Reduction::Sum,
        Reduction::Product,
        Reduction::Max,
        Reduction::Min,
    ] {
        same(
            &found(&|tile, [a, b, _]| reduction(tile, op, a, b)),
            &expected(&|a, b, _| op.combine(a, b)),
            &format!("{op:?}"),
        );
    }
    let gated = |x: f64, gate: f64| if gate == 0.0 { 0.0 } else { x };
    let product = |absorb| found(&|tile, [a, b, c]| absorbing_product(tile, absorb, a, b, Some(c)));
    same(&product(Absorb::None), &expected(&f64::mul_add), "product");
    same(
        &product(Absorb::Left),
        &expected(&|a, b, c| a.mul_add(gated(b, a), c)),
        "absorbing left",
    );
    same(
        &product(Absorb::Right),
        &expected(&|a, b, c| gated(a, b).mul_add(b, c)),
        "absorbing right",
    );
}

/// More values than registers, each needed again at the end, in an order that
/// makes them come and go.
#[test]
fn what_does_not_fit_the_registers_is_found_again() {
    let (a, b) = pairs();
    let found = run(&[&a, &b], 2, |tile, vector| {
        let [a, b] = [0, 1].map(|which| Operand::Lanes(which, vector));
        let mut values = vec![tile.add(a, b)];
        for i in 0..40 {
            let last = values[i];
            let scaled = tile.mul(last, (f64::from(i as u32) * 0.25 - 3.0).into());
            values.push(tile.mul_add(a, b, scaled));
        }
        let middle = values[20];
        values
            .into_iter()
            .rev()
            .reduce(|sum, x| {
                let part = tile.sub(x, middle);
                tile.add(sum, part)
            })
            .unwrap()
    });
    let expected: Vec<f64> = a
        .iter()
        .zip(&b)
        .map(|(&a, &b)| {
            let mut values = vec![a + b];
            for i in 0..40 {
                values.push(a.mul_add(b, values[i] * (f64::from(i as u32) * 0.25 - 3.0)));
            }
            let middle = values[20];
            values
                .into_iter()
                .rev()
                .reduce(|sum, x| sum + (x - middle))
                .unwrap()
        })
        .collect();
    same(&found, &expected, "many values");
}
