//! Arbitrary trees in the form the parser makes them.

use super::super::binding::Binding;
use super::super::reference::looks_like_column;
use super::super::{
    ArrayLiteral, Axis, BinaryOp, CellRef, FunctionName, PostfixOp, PrefixOp, RefShape, Reference,
    SheetPrefix, TableItems, TableReference,
};
use super::*;
use crate::grid::{MAX_COLS, MAX_ROWS};
use crate::value::ErrorKind;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use std::sync::Arc;

/// Cells far enough from the sheet's edges that no generated reference wraps.
pub fn origin() -> impl Strategy<Value = Pos> {
    (1000..2000_u32, 200..300_u32).prop_map(|(row, col)| Pos::new(row, col))
}

pub fn tree() -> impl Strategy<Value = Expr> {
    leaf().prop_recursive(6, 48, 4, |inner| {
        let inner = inner.boxed();
        prop_oneof![
            4 => (inner.clone(), binary_op(), inner.clone()).prop_map(|(a, op, b)| binary(a, op, b)),
            1 => (select(vec![PrefixOp::Plus, PrefixOp::Minus]), inner.clone())
                .prop_map(|(op, a)| Expr::Prefix(op, hold(a, op.operand()))),
            1 => inner.clone().prop_map(|a| {
                let op = PrefixOp::Intersect;
                Expr::Prefix(op, hold(referring(a), op.operand()))
            }),
            1 => inner.clone()
                .prop_map(|a| Expr::Postfix(hold(a, Binding::Percent), PostfixOp::Percent)),
            1 => inner.clone()
                .prop_map(|a| Expr::Postfix(hold(referring(a), Binding::Postfix), PostfixOp::Spill)),
            2 => inner.clone().prop_map(group),
            1 => (inner.clone(), inner.clone()).prop_map(|(a, b)| {
                let union = binary(a, BinaryOp::Union, b);
                group(union)
            }),
            4 => (function(), vec(option::weighted(0.9, inner.clone()), 0..4)).prop_map(call),
            1 => (vec(parameter(), 0..3), inner.clone(), vec(inner, 0..3)).prop_map(
                |(mut params, body, args)| {
                    params.push(body);
                    Expr::Apply {
                        callee: Box::new(call_of("LAMBDA", params)),
                        args,
                    }
                }
            ),
        ]
    })
}

fn leaf() -> impl Strategy<Value = Expr> {
    prop_oneof![
        2 => number().prop_map(Expr::Number),
        1 => any::<String>().prop_map(|text| Expr::Text(text.into())),
        1 => any::<bool>().prop_map(Expr::Bool),
        1 => select(ErrorKind::ALL.to_vec()).prop_map(Expr::Error),
        1 => array(),
        5 => (option::weighted(0.3, prefix()), shape())
            .prop_map(|(prefix, shape)| Expr::Reference(Reference { prefix, shape })),
        2 => table(),
        2 => (option::weighted(0.3, prefix()), name())
            .prop_map(|(prefix, name)| Expr::Name { prefix, name }),
    ]
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        (0..1000_u32).prop_map(f64::from),
        any::<f64>()
            .prop_map(f64::abs)
            .prop_filter("formulas spell finite numbers", |x| x.is_finite()),
    ]
}

fn array() -> impl Strategy<Value = Expr> {
    let cell = prop_oneof![
        (number(), any::<bool>()).prop_map(|(x, minus)| Expr::Number(if minus { -x } else { x })),
        any::<String>().prop_map(|text| Expr::Text(text.into())),
        any::<bool>().prop_map(Expr::Bool),
        select(ErrorKind::ALL.to_vec()).prop_map(Expr::Error),
    ];
    (1..4_usize, 1..4_usize).prop_flat_map(move |(rows, cols)| {
        vec(cell.clone(), rows * cols)
            .prop_map(move |cells| Expr::Array(ArrayLiteral { rows, cols, cells }))
    })
}

fn axis(size: u32) -> impl Strategy<Value = Axis> {
    prop_oneof![
        (0..size).prop_map(Axis::Absolute),
        (-150..150).prop_map(Axis::Relative),
    ]
}

fn shape() -> impl Strategy<Value = RefShape> {
    let cell = || (axis(MAX_ROWS), axis(MAX_COLS)).prop_map(|(row, col)| CellRef { row, col });
    prop_oneof![
        3 => cell().prop_map(RefShape::Cell),
        3 => (cell(), cell()).prop_map(|(a, b)| RefShape::Range(a, b)),
        1 => (axis(MAX_ROWS), axis(MAX_ROWS)).prop_map(|(a, b)| RefShape::Rows(a, b)),
        1 => (axis(MAX_COLS), axis(MAX_COLS)).prop_map(|(a, b)| RefShape::Cols(a, b)),
    ]
}

fn sheet() -> impl Strategy<Value = Arc<str>> {
    prop_oneof![
        select(vec![
            "Sheet1",
            "A1",
            "R1C1",
            "RC",
            "2020",
            "it's",
            "TRUE",
            "Übersicht",
            "a.b"
        ])
        .prop_map(Arc::from),
        "[a-zA-Z0-9 '_.éあ!(),-]{1,8}".prop_map(Arc::from),
    ]
}

fn prefix() -> impl Strategy<Value = SheetPrefix> {
    let book = select(vec![
        "1",
        "Book 1.xlsx",
        "Book1.xlsx",
        r"C:\a b\[Book.xlsx]",
        "it's.xlsx",
    ]);
    prop_oneof![
        3 => sheet().prop_map(SheetPrefix::Sheet),
        1 => (sheet(), sheet()).prop_map(|(first, last)| SheetPrefix::Span(first, last)),
        1 => (book, option::of(sheet())).prop_map(|(book, sheet)| SheetPrefix::External {
            book: book.into(),
            sheet,
        }),
    ]
}

fn name() -> impl Strategy<Value = Arc<str>> {
    select(vec![
        "rate", "tax_1", "x.y", r"\n", "Größe", "_a?", "sum", "LOG", "A1B", "XFE1",
    ])
    .prop_map(Arc::from)
}

fn table() -> impl Strategy<Value = Expr> {
    use TableItems::*;
    let column = || {
        prop_oneof![
            select(vec![
                "Age", "a b", "@x", "#All", "it's", "[1]", " ", "x]", "A:B", "a,b"
            ])
            .prop_map(Arc::<str>::from),
            "[^\\x00]{1,6}".prop_map(Arc::from),
        ]
    };
    let columns = prop_oneof![
        column().prop_map(|column| (column.clone(), column)),
        (column(), column()),
    ];
    let items = select(vec![
        Unspecified,
        All,
        Data,
        Headers,
        Totals,
        HeadersData,
        DataTotals,
        ThisRow,
    ]);
    let name = option::of(select(vec!["Table1", "T_é"]).prop_map(Arc::<str>::from));
    (name, items, option::of(columns)).prop_map(|(table, items, columns)| {
        Expr::Table(TableReference {
            table,
            items,
            columns,
        })
    })
}

fn parameter() -> impl Strategy<Value = Expr> {
    (name(), any::<bool>()).prop_map(|(name, optional)| match optional {
        false => Expr::Name { prefix: None, name },
        true => Expr::Table(TableReference {
            table: None,
            items: TableItems::Unspecified,
            columns: Some((name.clone(), name)),
        }),
    })
}

fn function() -> impl Strategy<Value = &'static str> {
    select(vec![
        "SUM",
        "LOG10",
        "XLOOKUP",
        "FILTER",
        "LET",
        "LAMBDA",
        "BYROW",
        "GRAD",
        "my.Func",
        "rate",
        "A1",
        "_xlfn.NEW",
        "TRUE",
    ])
}

fn binary_op() -> impl Strategy<Value = BinaryOp> {
    use BinaryOp::*;
    select(vec![
        Range,
        Intersection,
        Power,
        Multiply,
        Divide,
        Add,
        Subtract,
        Concat,
        Equal,
        NotEqual,
        Less,
        LessEqual,
        Greater,
        GreaterEqual,
    ])
}

fn call((function, args): (&str, Vec<Option<Expr>>)) -> Expr {
    let mut args: Vec<_> = args
        .into_iter()
        .map(|arg| arg.unwrap_or(Expr::Omitted))
        .collect();
    if args == [Expr::Omitted] {
        args.clear();
    }
    call_of(function, args)
}

fn call_of(function: &str, args: Vec<Expr>) -> Expr {
    Expr::Call {
        function: FunctionName::new(function),
        args,
    }
}

fn group(expr: Expr) -> Expr {
    Expr::Group(Box::new(expr))
}

fn hold(expr: Expr, least: Binding) -> Box<Expr> {
    Box::new(if Binding::of(&expr) < least {
        group(expr)
    } else {
        expr
    })
}

/// A tree that may be a reference: others within parentheses.
fn referring(expr: Expr) -> Expr {
    if super::super::parser::may_be_reference(&expr) {
        expr
    } else {
        group(expr)
    }
}

fn binary(left: Expr, op: BinaryOp, right: Expr) -> Expr {
    let binding = op.binding();
    if !op.joins_references() {
        return Expr::Binary(hold(left, binding), op, hold(right, binding.next()));
    }
    let mut left = hold(referring(left), binding);
    let right = hold(referring(right), binding.next());
    let fuses = match (&*left, &*right) {
        (Expr::Reference(left), Expr::Reference(right)) => {
            matches!(left.shape, RefShape::Cell(_))
                && (right.prefix.is_none() || left.prefix == right.prefix)
        }
        _ => false,
    };
    // `A1:B1` is one reference, and `name (A1)` a call.
    let becomes_call = op == BinaryOp::Intersection && people(&right).starts_with('(');
    if op == BinaryOp::Range && fuses || becomes_call {
        left = Box::new(group(*left));
    }
    // The parentheses in `(sum):log` only tell it from columns.
    if let (BinaryOp::Range, Expr::Group(name)) = (op, &*left)
        && looks_like_column(name)
        && looks_like_column(&right)
    {
        left = name.clone();
    }
    Expr::Binary(left, op, right)
}
