//! Decisions and truth: IF and its kin, AND, OR, NOT, XOR.
//!
//! Functions with branches evaluate only what they take. Where a condition is
//! an array they are mapped over it instead, with every argument evaluated.

use super::arguments::done;
use super::params::{optional, range, repeating, scalar};
use super::{
    Category, Context, Example, Function, LazyArgs, LowerError, Lowered, Lowering, Operand, Param,
    Prefix, Smoothness, ValueRule,
};
use crate::program::{Axes, Binary, Node, Reduction, Unary};
use crate::value::{Array, ErrorKind, Value};

const fn entry(
    name: &'static str,
    params: &'static [Param],
    help: &'static str,
    value: ValueRule,
) -> Function {
    Function::new(Category::Logical, name, params, help, value)
}

/// A function with branches: the lowering takes the branch that the values take.
const fn branching(
    name: &'static str,
    params: &'static [Param],
    help: &'static str,
    rule: fn(&mut dyn LazyArgs) -> Result<Operand, ErrorKind>,
) -> Function {
    Function {
        smoothness: Smoothness::Kinked,
        ..entry(name, params, help, ValueRule::Lazy(rule))
    }
}

/// A part of the language.
const fn special(name: &'static str, params: &'static [Param], help: &'static str) -> Function {
    Function {
        prefix: Prefix::Xlfn,
        smoothness: Smoothness::Smooth,
        ..entry(name, params, help, ValueRule::Special)
    }
}

const TRUTHS: &[Example] = &[Example {
    formula: "AND(A1,B1)",
    cells: &[("A1", 1.0), ("B1", 2.0)],
}];

pub(super) const FUNCTIONS: &[Function] = &[
    entry(
        "AND",
        &[range("logical1"), repeating(range("logical2"))],
        "TRUE if all its arguments are true.",
        ValueRule::Operands(|args, ctx| {
            Ok(Value::Bool(truths(args, ctx)?.into_iter().all(|b| b)).into())
        }),
    )
    .piecewise_constant(|l, args| fold_truths(l, args, Reduction::Min, Binary::And, 1.0))
    .examples(TRUTHS),
    branching(
        "CHOOSE",
        &[
            scalar("index"),
            range("value1").help("the first choice"),
            repeating(range("value2").help("further choices")),
        ],
        "The value at a place in a list of values.",
        choose,
    ),
    entry(
        "FALSE",
        &[],
        "The logical value FALSE.",
        ValueRule::Scalar(|_, _| Value::Bool(false)),
    )
    .piecewise_constant(|l, _| Ok(l.builder.scalar(0.0)))
    .examples(&[Example {
        formula: "FALSE()",
        cells: &[],
    }]),
    branching(
        "IF",
        &[
            scalar("condition").help("what is true or false"),
            optional(range("value_if_true")),
            optional(range("value_if_false")),
        ],
        "One value where a condition holds, another where it does not.",
        if_,
    ),
    branching(
        "IFERROR",
        &[
            range("value").help("what may be an error"),
            range("value_if_error"),
        ],
        "A value, or another where the first is an error.",
        |args| if_error(args, |_| true),
    ),
    Function {
        prefix: Prefix::Xlfn,
        ..branching(
            "IFNA",
            &[
                range("value").help("what may be #N/A"),
                range("value_if_na"),
            ],
            "A value, or another where the first is #N/A.",
            |args| if_error(args, |kind| kind == ErrorKind::Na),
        )
    },
    Function {
        prefix: Prefix::Xlfn,
        ..branching(
            "IFS",
            &[repeating(scalar("condition")), repeating(range("value"))],
            "The value after the first condition that holds.",
            ifs,
        )
    },
    special(
        "LAMBDA",
        &[repeating(range("parameter_or_calculation"))],
        "A function of your own: parameters, then the calculation.",
    ),
    special(
        "LET",
        &[
            range("name1"),
            range("value1").help("the value of the name"),
            repeating(range("calculation_or_name2")),
        ],
        "Names values, then calculates with the names.",
    ),
    entry(
        "NOT",
        &[scalar("logical")],
        "TRUE for false, FALSE for true.",
        ValueRule::Scalar(|args, _| done(args[0].to_bool().map(|b| !b))),
    )
    .piecewise_constant(|l, args| Ok(l.builder.unary(Unary::Not, args[0].node)))
    .examples(&[Example {
        formula: "NOT(A1)",
        cells: &[("A1", 2.0)],
    }]),
    entry(
        "OR",
        &[range("logical1"), repeating(range("logical2"))],
        "TRUE if any of its arguments is true.",
        ValueRule::Operands(|args, ctx| {
            Ok(Value::Bool(truths(args, ctx)?.into_iter().any(|b| b)).into())
        }),
    )
    .piecewise_constant(|l, args| fold_truths(l, args, Reduction::Max, Binary::Or, 0.0))
    .examples(&[Example {
        formula: "OR(A1,B1)",
        cells: &[("A1", 1.0), ("B1", 0.0)],
    }]),
    Function {
        prefix: Prefix::Xlfn,
        ..branching(
            "SWITCH",
            &[
                scalar("expression"),
                scalar("value1").help("a value that may be equal"),
                range("result1"),
                repeating(range("default_or_value2")),
            ],
            "The result after the first value that equals an expression.",
            switch,
        )
    },
    entry(
        "TRUE",
        &[],
        "The logical value TRUE.",
        ValueRule::Scalar(|_, _| Value::Bool(true)),
    )
    .piecewise_constant(|l, _| Ok(l.builder.scalar(1.0)))
    .examples(&[Example {
        formula: "TRUE()",
        cells: &[],
    }]),
    entry(
        "XOR",
        &[range("logical1"), repeating(range("logical2"))],
        "TRUE if an odd number of its arguments are true.",
        ValueRule::Operands(|args, ctx| {
            let count = truths(args, ctx)?.into_iter().filter(|&b| b).count();
            Ok(Value::Bool(count % 2 == 1).into())
        }),
    )
    .xlfn()
    .piecewise_constant(|l, args| {
        let count = fold_truths(l, args, Reduction::Sum, Binary::Add, 0.0)?;
        let two = l.builder.scalar(2.0);
        Ok(l.builder.binary(Binary::Mod, count, two)?)
    })
    .examples(&[Example {
        formula: "XOR(A1,B1)",
        cells: &[("A1", 1.0), ("B1", 0.0)],
    }]),
];

/// Whether an operand holds more than one value.
pub(super) fn is_many(operand: &Operand) -> bool {
    match operand {
        Operand::Value(Value::Array(array)) => array.rows() * array.cols() > 1,
        Operand::Reference(areas) => areas.len() > 1 || !areas[0].rect.is_cell(),
        _ => false,
    }
}

/// The branch an operand stands for: one left out in the middle is 0.
fn branch(operand: Operand) -> Operand {
    match operand {
        Operand::Omitted => Operand::Value(Value::Number(0.0)),
        operand => operand,
    }
}

/// Evaluates all arguments and maps `rule` over their elements.
fn map_all(
    args: &mut dyn LazyArgs,
    rule: impl Fn(&[Value]) -> Value,
) -> Result<Operand, ErrorKind> {
    let mut arrays = Vec::new();
    for i in 0..args.len() {
        let operand = branch(args.eval(i));
        // An argument that cannot be read is an error where it is taken.
        let array = args
            .context()
            .to_array(&operand)
            .unwrap_or_else(|kind| std::sync::Arc::new(Array::filled(1, 1, Value::Error(kind))));
        arrays.push(array);
    }
    let rows = arrays.iter().map(|a| a.rows()).max().unwrap_or(1);
    let cols = arrays.iter().map(|a| a.cols()).max().unwrap_or(1);
    let mut values = Vec::new();
    Ok(Operand::Value(Value::array(Array::from_fn(
        rows,
        cols,
        |row, col| {
            values.clear();
            values.extend(arrays.iter().map(|array| array.broadcast(row, col)));
            rule(&values)
        },
    ))))
}

fn if_(args: &mut dyn LazyArgs) -> Result<Operand, ErrorKind> {
    let condition = args.eval(0);
    if is_many(&condition) {
        return map_all(args, |values| match values[0].to_bool() {
            Err(kind) => Value::Error(kind),
            Ok(true) => values.get(1).cloned().unwrap_or(Value::Bool(true)),
            Ok(false) => values.get(2).cloned().unwrap_or(Value::Bool(false)),
        });
    }
    let holds = args.context().to_value(&condition).to_bool()?;
    let index = if holds { 1 } else { 2 };
    Ok(if index < args.len() {
        branch(args.eval(index))
    } else {
        Operand::Value(Value::Bool(holds))
    })
}

fn ifs(args: &mut dyn LazyArgs) -> Result<Operand, ErrorKind> {
    if args.len() % 2 == 1 || args.is_empty() {
        return Err(ErrorKind::Na);
    }
    for i in (0..args.len()).step_by(2) {
        let condition = args.eval(i);
        if is_many(&condition) {
            return map_all(args, |values| {
                for pair in values.chunks_exact(2) {
                    match pair[0].to_bool() {
                        Ok(false) => {}
                        Ok(true) => return pair[1].clone(),
                        Err(kind) => return Value::Error(kind),
                    }
                }
                Value::Error(ErrorKind::Na)
            });
        }
        if args.context().to_value(&condition).to_bool()? {
            return Ok(branch(args.eval(i + 1)));
        }
    }
    Err(ErrorKind::Na)
}

/// The place that CHOOSE's index means among `count` values.
fn choice(index: &Value, count: usize) -> Result<usize, ErrorKind> {
    let index = index.to_number()?.trunc();
    if index >= 1.0 && index <= count as f64 {
        Ok(index as usize)
    } else {
        Err(ErrorKind::Value)
    }
}

fn choose(args: &mut dyn LazyArgs) -> Result<Operand, ErrorKind> {
    let index = args.eval(0);
    if is_many(&index) {
        return map_all(args, |values| match choice(&values[0], values.len() - 1) {
            Ok(i) => values[i].clone(),
            Err(kind) => Value::Error(kind),
        });
    }
    let index = args.context().to_value(&index);
    let at = choice(&index, args.len() - 1)?;
    Ok(branch(args.eval(at)))
}

fn switch(args: &mut dyn LazyArgs) -> Result<Operand, ErrorKind> {
    let expression = args.eval(0);
    let equal = |a: &Value, b: &Value| a.compare(b) == Some(std::cmp::Ordering::Equal);
    if is_many(&expression) {
        return map_all(args, |values| {
            if let Value::Error(kind) = values[0] {
                return Value::Error(kind);
            }
            let pairs = values[1..].chunks_exact(2);
            let default = pairs.remainder().first().cloned();
            for pair in pairs {
                if let Value::Error(kind) = pair[0] {
                    return Value::Error(kind);
                }
                if equal(&values[0], &pair[0]) {
                    return pair[1].clone();
                }
            }
            default.unwrap_or(Value::Error(ErrorKind::Na))
        });
    }
    let expression = args.context().to_value(&expression);
    if let Value::Error(kind) = expression {
        return Err(kind);
    }
    let mut i = 1;
    while i + 1 < args.len() {
        let operand = args.eval(i);
        let value = args.context().to_value(&operand);
        if let Value::Error(kind) = value {
            return Err(kind);
        }
        if equal(&expression, &value) {
            return Ok(branch(args.eval(i + 1)));
        }
        i += 2;
    }
    if i < args.len() {
        Ok(branch(args.eval(i)))
    } else {
        Err(ErrorKind::Na)
    }
}

fn if_error(args: &mut dyn LazyArgs, caught: fn(ErrorKind) -> bool) -> Result<Operand, ErrorKind> {
    let value = branch(args.eval(0));
    if is_many(&value) {
        return map_all(args, |values| match values[0].as_error() {
            Some(kind) if caught(kind) => values[1].clone(),
            _ => values[0].clone(),
        });
    }
    if let Operand::Lambda(_) = value {
        return Ok(value);
    }
    let found = args.context().to_value(&value);
    Ok(match found.as_error() {
        Some(kind) if caught(kind) => branch(args.eval(1)),
        _ => Operand::Value(found),
    })
}

/// The truths among the arguments of AND, OR and XOR: text and blanks in
/// cells and arrays are skipped; text written as an argument must spell one.
fn truths(args: &[Operand], ctx: &mut dyn Context) -> Result<Vec<bool>, ErrorKind> {
    let mut truths = Vec::new();
    for arg in args {
        match arg {
            Operand::Reference(areas) => {
                for area in areas {
                    let mut error = None;
                    ctx.for_each(*area, &mut |_, value| match value {
                        Value::Number(x) => truths.push(*x != 0.0),
                        Value::Bool(b) => truths.push(*b),
                        Value::Error(kind) => error = error.or(Some(*kind)),
                        _ => {}
                    });
                    if let Some(kind) = error {
                        return Err(kind);
                    }
                }
            }
            Operand::Value(Value::Array(array)) => {
                for value in array.cells() {
                    match value {
                        Value::Text(_) | Value::Blank => {}
                        value => truths.push(value.to_bool()?),
                    }
                }
            }
            // The empty text is skipped as it is in cells.
            Operand::Value(Value::Text(text)) if text.is_empty() => {}
            Operand::Value(value) => truths.push(value.to_bool()?),
            Operand::Omitted => truths.push(false),
            Operand::Lambda(_) => return Err(ErrorKind::Value),
        }
    }
    if truths.is_empty() {
        return Err(ErrorKind::Value);
    }
    Ok(truths)
}

/// Makes 1 or 0 of every number, folds each argument's cells by `reduction`
/// and the arguments by `join`. `skipped` stands for cells without a number.
fn fold_truths(
    l: &mut Lowering<'_>,
    args: &[Lowered],
    reduction: Reduction,
    join: Binary,
    skipped: f64,
) -> Result<Node, LowerError> {
    let zero = l.builder.scalar(0.0);
    let mut all = None;
    for arg in args {
        let mut truth = l.builder.binary(Binary::NotEqual, arg.node, zero)?;
        if let Some(present) = &arg.present {
            let present = l.builder.constant(present.clone());
            let skipped = l.builder.scalar(skipped);
            truth = l.builder.select(present, truth, skipped)?;
        }
        let folded = l.builder.reduce(reduction, Axes::CELLS, truth);
        all = Some(match all {
            None => folded,
            Some(all) => l.builder.binary(join, all, folded)?,
        });
    }
    all.ok_or_else(|| l.refuse("it has no arguments"))
}

#[cfg(test)]
mod tests {
    use super::super::mock::Sheet;
    use super::*;

    #[test]
    fn if_takes_one_branch_only() {
        let mut sheet = Sheet::new("5,x,#DIV/0!");
        assert_eq!(sheet.eval("IF(A1,1,C1)"), 1.0.into());
        assert_eq!(sheet.eval("IF(FALSE,1)"), false.into());
        assert_eq!(sheet.eval("IF(TRUE,,2)"), 0.0.into());
        assert_eq!(sheet.error("IF(B1,1,2)"), ErrorKind::Value);
        assert_eq!(sheet.error("IF(C1,1,2)"), ErrorKind::Div0);
        assert_eq!(sheet.numbers("IF({1,0,1},{1,2,3},9)"), [1.0, 9.0, 3.0]);
    }

    #[test]
    fn ifs_switch_and_choose_find_their_value() {
        let mut sheet = Sheet::new("2,b");
        assert_eq!(sheet.eval("IFS(FALSE,1,A1,7)"), 7.0.into());
        assert_eq!(sheet.error("IFS(FALSE,1)"), ErrorKind::Na);
        assert_eq!(sheet.eval("SWITCH(B1,\"A\",1,\"B\",2,3)"), 2.0.into());
        assert_eq!(sheet.eval("SWITCH(9,1,1,3)"), 3.0.into());
        assert_eq!(sheet.error("SWITCH(9,1,1)"), ErrorKind::Na);
        assert_eq!(sheet.eval("CHOOSE(A1,1,8,3)"), 8.0.into());
        assert_eq!(sheet.error("CHOOSE(4,1,8,3)"), ErrorKind::Value);
        assert_eq!(sheet.numbers("CHOOSE({2,1},5,6)"), [6.0, 5.0]);
    }

    #[test]
    fn iferror_and_ifna_catch_their_errors() {
        let mut sheet = Sheet::new("#N/A,#DIV/0!,4");
        assert_eq!(sheet.eval("IFERROR(B1,1)"), 1.0.into());
        assert_eq!(sheet.eval("IFERROR(C1,1)"), 4.0.into());
        assert_eq!(sheet.eval("IFNA(A1,1)"), 1.0.into());
        assert_eq!(sheet.error("IFNA(B1,1)"), ErrorKind::Div0);
        assert_eq!(sheet.numbers("IFERROR(A1:C1,0)"), [0.0, 0.0, 4.0]);
    }

    #[test]
    fn truths_skip_text_in_cells_but_not_in_arguments() {
        let mut sheet = Sheet::new("1,x,FALSE,");
        assert_eq!(sheet.eval("AND(A1:B1,TRUE)"), true.into());
        assert_eq!(sheet.eval("AND(A1:D1)"), false.into());
        assert_eq!(sheet.eval("OR(A1:D1)"), true.into());
        assert_eq!(sheet.eval("XOR(TRUE,TRUE,1)"), true.into());
        assert_eq!(sheet.eval("OR(\"true\",FALSE)"), true.into());
        assert_eq!(sheet.error("AND(\"x\",TRUE)"), ErrorKind::Value);
        assert_eq!(sheet.error("AND(B1)"), ErrorKind::Value);
        assert_eq!(sheet.eval("NOT(0)"), true.into());
    }
}
