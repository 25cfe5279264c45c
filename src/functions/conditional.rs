//! SUMIF, COUNTIFS and their kind: numbers in the cells that meet criteria.
//!
//! Cells that are not there cost nothing: ranges are cut to what can hold
//! anything, and what lies outside is counted, not visited.

use super::aggregate::{lower_average, lower_max, lower_min};
use super::arguments::{ensure, finite};
use super::criteria::Criterion;
use super::params::{optional, range, repeating, scalar};
use super::postings::{Key, Postings};
use super::sample::Sample;
use super::{
    Category, Context, Example, Function, LowerError, Lowered, Lowering, Operand, Param, Selection,
    ValueRule,
};
use crate::grid::{Area, Cell, Pos, Rect};
use crate::program::Node;
use crate::value::{ErrorKind, Value};
use std::sync::Arc;

/// Cells whose number is past this are not marked one by one.
const MOST_CELLS: u64 = 1 << 28;

/// Ranges of one size with a criterion each.
struct Conditions {
    parts: Vec<(Area, Criterion)>,
    /// The size of each range.
    rows: u32,
    cols: u32,
}

/// Which cells of a range meet all criteria.
struct Matches {
    /// The part of the range that was looked at.
    rows: u32,
    cols: u32,
    /// Of its cells, row by row.
    selected: Vec<bool>,
    /// Whether the cells outside, which are blank, meet the criteria.
    outside: bool,
}

/// The one range that an argument must be.
fn area(args: &[Operand], index: usize) -> Result<Area, ErrorKind> {
    match args.get(index) {
        Some(Operand::Reference(areas)) => match areas.as_slice() {
            [area] => Ok(*area),
            _ => Err(ErrorKind::Value),
        },
        Some(Operand::Value(Value::Error(kind))) => Err(*kind),
        _ => Err(ErrorKind::Value),
    }
}

fn criterion(args: &[Operand], index: usize, context: &mut dyn Context) -> Criterion {
    match args.get(index) {
        Some(arg) => Criterion::new(&context.to_value(arg), context.date_system()),
        None => Criterion::new(&Value::Blank, context.date_system()),
    }
}

impl Conditions {
    /// Ranges and criteria in turn, from argument `first` on.
    fn new(args: &[Operand], first: usize, context: &mut dyn Context) -> Result<Self, ErrorKind> {
        let mut parts = Vec::new();
        ensure((args.len() - first).is_multiple_of(2), ErrorKind::Value)?;
        for index in (first..args.len()).step_by(2) {
            let area = area(args, index)?;
            parts.push((area, criterion(args, index + 1, context)));
        }
        let Some(((first, _), rest)) = parts.split_first() else {
            return Err(ErrorKind::Value);
        };
        let (rows, cols) = (first.rect.rows(), first.rect.cols());
        let same = |area: &Area| (area.rect.rows(), area.rect.cols()) == (rows, cols);
        ensure(rest.iter().all(|(area, _)| same(area)), ErrorKind::Value)?;
        Ok(Self { parts, rows, cols })
    }

    /// The places, as rows and columns from the first cell on, that meet all
    /// criteria, row by row; `None` where none of them asks for one value in
    /// an area that is prepared for it.
    fn places(&self, context: &mut dyn Context) -> Option<Vec<(u32, u32)>> {
        let mut fewest: Option<(Arc<Postings>, Key, Pos)> = None;
        for (area, criterion) in &self.parts {
            let Some(key) = criterion.key() else { continue };
            let Some(used) = context.used(*area) else {
                continue;
            };
            let Some(postings) = context.postings(used) else {
                continue;
            };
            let count = postings.find(&key).len();
            let better =
                |(other, key, _): &(Arc<Postings>, Key, Pos)| count < other.find(key).len();
            if fewest.as_ref().is_none_or(better) {
                fewest = Some((postings, key, area.rect.top_left()));
            }
        }
        let (postings, key, first) = fewest?;
        let mut places = Vec::new();
        for pos in postings.find(&key) {
            let (row, col) = (pos.row - first.row, pos.col - first.col);
            let met = self.parts.iter().all(|(area, criterion)| {
                let value = context.cell(cell_of(*area, row, col));
                criterion.matches(&value)
            });
            if met {
                places.push((row, col));
            }
        }
        Some(places)
    }

    /// Marks the cells that meet all criteria; `values`, where given, is the
    /// range whose cells are wanted: outside of what it holds none is.
    fn matches(
        &self,
        values: Option<Area>,
        context: &mut dyn Context,
    ) -> Result<Matches, ErrorKind> {
        // Outside of what a range holds, a criterion that no blank meets fails;
        // the other criteria must all be looked at as far as anything lies.
        let mut fails_past = values.map(|area| used_size(area, context));
        let mut lies_within = (0, 0);
        for (area, criterion) in &self.parts {
            let size = used_size(*area, context);
            if criterion.matches_blank() {
                lies_within = (lies_within.0.max(size.0), lies_within.1.max(size.1));
            } else {
                let (rows, cols) = fails_past.unwrap_or(size);
                fails_past = Some((rows.min(size.0), cols.min(size.1)));
            }
        }
        let outside = fails_past.is_none();
        let (rows, cols) = fails_past.unwrap_or(lies_within);
        let cells = u64::from(rows) * u64::from(cols);
        ensure(cells <= MOST_CELLS, ErrorKind::Num)?;
        let mut selected = vec![true; cells as usize];
        for (area, criterion) in &self.parts {
            let Some(part) = corner(*area, rows, cols) else {
                continue;
            };
            let Rect { top, left, .. } = part.rect;
            let index = |pos: Pos| ((pos.row - top) * cols + (pos.col - left)) as usize;
            if criterion.matches_blank() {
                context.for_each(part, &mut |cell, value| {
                    if !criterion.matches(value) {
                        selected[index(cell.pos)] = false;
                    }
                });
            } else {
                let mut met = vec![false; selected.len()];
                context.for_each(part, &mut |cell, value| {
                    let at = index(cell.pos);
                    met[at] = selected[at] && criterion.matches(value);
                });
                selected = met;
            }
        }
        Ok(Matches {
            rows,
            cols,
            selected,
            outside,
        })
    }
}

/// How many rows and columns of an area, from its first cell on, can hold anything.
fn used_size(area: Area, context: &dyn Context) -> (u32, u32) {
    context.used(area).map_or((0, 0), |used| {
        let Rect { bottom, right, .. } = used.rect;
        (bottom - area.rect.top + 1, right - area.rect.left + 1)
    })
}

/// The cell of an area in a row and a column counted from its first.
fn cell_of(area: Area, row: u32, col: u32) -> Cell {
    let Rect { top, left, .. } = area.rect;
    Cell {
        sheet: area.sheet,
        pos: Pos::new(top + row, left + col),
    }
}

/// The first rows and columns of an area; `None` where there are none.
fn corner(area: Area, rows: u32, cols: u32) -> Option<Area> {
    let rect = Rect::sized(area.rect.top_left(), rows, cols)?;
    Some(Area { rect, ..area })
}

/// The values range and the conditions of a call.
struct Call {
    values: Area,
    conditions: Conditions,
}

impl Call {
    /// `SUMIF(range, criterion, [values])`: the values are a range of the size
    /// of the first, from the first cell of the last on.
    fn single(args: &[Operand], context: &mut dyn Context) -> Result<Self, ErrorKind> {
        let conditions = Conditions::new(&args[..args.len().min(2)], 0, context)?;
        let values = match args.get(2) {
            None | Some(Operand::Omitted) => area(args, 0)?,
            Some(_) => {
                let given = area(args, 2)?;
                corner(given, conditions.rows, conditions.cols).ok_or(ErrorKind::Value)?
            }
        };
        Ok(Self { values, conditions })
    }

    /// `SUMIFS(values, range1, criterion1, …)`: all ranges of one size.
    fn several(args: &[Operand], context: &mut dyn Context) -> Result<Self, ErrorKind> {
        let values = area(args, 0)?;
        let conditions = Conditions::new(args, 1, context)?;
        let same = (values.rect.rows(), values.rect.cols()) == (conditions.rows, conditions.cols);
        ensure(same, ErrorKind::Value)?;
        Ok(Self { values, conditions })
    }

    fn selection(&self, context: &mut dyn Context) -> Result<Selection, ErrorKind> {
        let matches = self.conditions.matches(Some(self.values), context)?;
        Ok(Selection {
            values: corner(self.values, matches.rows, matches.cols),
            selected: matches.selected,
        })
    }

    /// Visits the numbers selected, row by row.
    fn for_each(
        &self,
        context: &mut dyn Context,
        mut visit: impl FnMut(f64),
    ) -> Result<(), ErrorKind> {
        let mut failure = None;
        let mut take = |value: &Value| match value {
            Value::Number(x) => visit(*x),
            Value::Error(kind) => {
                failure.get_or_insert(*kind);
            }
            _ => {}
        };
        if let Some(places) = self.conditions.places(context) {
            for (row, col) in places {
                take(&context.cell(cell_of(self.values, row, col)));
            }
            return failure.map_or(Ok(()), Err);
        }
        let Selection { values, selected } = self.selection(context)?;
        let Some(values) = values else { return Ok(()) };
        let cols = values.rect.cols();
        context.for_each(values, &mut |cell, value| {
            let row = cell.pos.row - values.rect.top;
            let col = cell.pos.col - values.rect.left;
            if selected[(row * cols + col) as usize] {
                take(value);
            }
        });
        failure.map_or(Ok(()), Err)
    }
}

type Reader = fn(&[Operand], &mut dyn Context) -> Result<Call, ErrorKind>;

fn sum(args: &[Operand], context: &mut dyn Context, read: Reader) -> Result<Operand, ErrorKind> {
    let mut sum = 0.0;
    read(args, context)?.for_each(context, |x| sum += x)?;
    finite(sum)
}

fn average(
    args: &[Operand],
    context: &mut dyn Context,
    read: Reader,
) -> Result<Operand, ErrorKind> {
    let (mut sum, mut count) = (0.0, 0.0);
    read(args, context)?.for_each(context, |x| {
        sum += x;
        count += 1.0;
    })?;
    ensure(count > 0.0, ErrorKind::Div0)?;
    finite(sum / count)
}

fn extreme(
    args: &[Operand],
    context: &mut dyn Context,
    better: fn(f64, f64) -> f64,
) -> Result<Operand, ErrorKind> {
    let mut best: Option<f64> = None;
    Call::several(args, context)?.for_each(context, |x| {
        best = Some(best.map_or(x, |best| better(best, x)));
    })?;
    finite(best.unwrap_or(0.0))
}

fn count(args: &[Operand], context: &mut dyn Context) -> Result<Operand, ErrorKind> {
    let conditions = Conditions::new(args, 0, context)?;
    if let Some(places) = conditions.places(context) {
        return finite(places.len() as f64);
    }
    // One range is counted as it is visited, however much of the sheet it spans.
    if let [(area, criterion)] = conditions.parts.as_slice() {
        let (mut met, mut filled) = (0_u64, 0_u64);
        context.for_each(*area, &mut |_, value| {
            filled += 1;
            met += u64::from(criterion.matches(value));
        });
        let blank = match criterion.matches_blank() {
            true => u64::from(conditions.rows) * u64::from(conditions.cols) - filled,
            false => 0,
        };
        return finite((met + blank) as f64);
    }
    let matches = conditions.matches(None, context)?;
    let inside = matches.selected.iter().filter(|met| **met).count() as u64;
    let outside = if matches.outside {
        u64::from(conditions.rows) * u64::from(conditions.cols) - matches.selected.len() as u64
    } else {
        0
    };
    finite((inside + outside) as f64)
}

fn lower_sum(lowering: &mut Lowering<'_>, args: &[Lowered]) -> Result<Node, LowerError> {
    let sample = Sample::new(lowering, args)?;
    let sum = sample.sum(lowering)?;
    lowering.build(sum)
}

const ONE: &[Param] = &[
    range("range"),
    scalar("criteria"),
    optional(range("sum_range")),
];
const ONE_AVERAGE: &[Param] = &[
    range("range"),
    scalar("criteria"),
    optional(range("average_range")),
];
const MANY_SUM: &[Param] = &[
    range("sum_range"),
    range("criteria_range1"),
    scalar("criteria1"),
    repeating(range("criteria_range2")),
    repeating(scalar("criteria2")),
];
const MANY_AVERAGE: &[Param] = &[
    range("average_range"),
    range("criteria_range1"),
    scalar("criteria1"),
    repeating(range("criteria_range2")),
    repeating(scalar("criteria2")),
];
const MANY_MAX: &[Param] = &[
    range("max_range"),
    range("criteria_range1"),
    scalar("criteria1"),
    repeating(range("criteria_range2")),
    repeating(scalar("criteria2")),
];
const MANY_MIN: &[Param] = &[
    range("min_range"),
    range("criteria_range1"),
    scalar("criteria1"),
    repeating(range("criteria_range2")),
    repeating(scalar("criteria2")),
];
const MANY_COUNT: &[Param] = &[
    range("criteria_range1"),
    scalar("criteria1"),
    repeating(range("criteria_range2")),
    repeating(scalar("criteria2")),
];

const fn example(formula: &'static str) -> Example {
    Example {
        formula,
        cells: &[
            ("A1", 1.0),
            ("A2", 2.0),
            ("A3", 3.0),
            ("B1", 0.5),
            ("B2", -4.0),
            ("B3", 1.5),
        ],
    }
}

const fn entry(
    category: Category,
    name: &'static str,
    params: &'static [Param],
    help: &'static str,
    value: ValueRule,
) -> Function {
    Function::new(category, name, params, help, value).not_differentiable("it counts")
}

pub(super) const FUNCTIONS: &[Function] = &[
    entry(
        Category::Math,
        "SUMIF",
        ONE,
        "The sum of the numbers in the cells whose partners in a range meet a criterion.",
        ValueRule::Operands(|args, context| sum(args, context, Call::single)),
    )
    .smooth(lower_sum)
    .selecting(|args, context| Call::single(args, context)?.selection(context))
    .examples(&[example("SUMIF(A1:A3,\">1.5\",B1:B3)")]),
    entry(
        Category::Math,
        "SUMIFS",
        MANY_SUM,
        "The sum of the numbers in the cells whose partners meet all criteria.",
        ValueRule::Operands(|args, context| sum(args, context, Call::several)),
    )
    .smooth(lower_sum)
    .selecting(|args, context| Call::several(args, context)?.selection(context))
    .examples(&[example("SUMIFS(B1:B3,A1:A3,\">1.5\",A1:A3,\"<>7\")")]),
    entry(
        Category::Statistical,
        "AVERAGEIF",
        ONE_AVERAGE,
        "The mean of the numbers in the cells whose partners in a range meet a criterion.",
        ValueRule::Operands(|args, context| average(args, context, Call::single)),
    )
    .smooth(lower_average)
    .selecting(|args, context| Call::single(args, context)?.selection(context))
    .examples(&[example("AVERAGEIF(A1:A3,\">1.5\",B1:B3)")]),
    entry(
        Category::Statistical,
        "AVERAGEIFS",
        MANY_AVERAGE,
        "The mean of the numbers in the cells whose partners meet all criteria.",
        ValueRule::Operands(|args, context| average(args, context, Call::several)),
    )
    .smooth(lower_average)
    .selecting(|args, context| Call::several(args, context)?.selection(context))
    .examples(&[example("AVERAGEIFS(B1:B3,A1:A3,\">1.5\")")]),
    entry(
        Category::Statistical,
        "MAXIFS",
        MANY_MAX,
        "The greatest number in the cells whose partners meet all criteria; 0 where none do.",
        ValueRule::Operands(|args, context| extreme(args, context, f64::max)),
    )
    .xlfn()
    .kinked(lower_max)
    .selecting(|args, context| Call::several(args, context)?.selection(context))
    .examples(&[example("MAXIFS(B1:B3,A1:A3,\">1.5\")")]),
    entry(
        Category::Statistical,
        "MINIFS",
        MANY_MIN,
        "The least number in the cells whose partners meet all criteria; 0 where none do.",
        ValueRule::Operands(|args, context| extreme(args, context, f64::min)),
    )
    .xlfn()
    .kinked(lower_min)
    .selecting(|args, context| Call::several(args, context)?.selection(context))
    .examples(&[example("MINIFS(B1:B3,A1:A3,\">1.5\")")]),
    entry(
        Category::Statistical,
        "COUNTIF",
        &[range("range"), scalar("criteria")],
        "How many cells of a range meet a criterion.",
        ValueRule::Operands(count),
    ),
    entry(
        Category::Statistical,
        "COUNTIFS",
        MANY_COUNT,
        "How many cells meet all criteria.",
        ValueRule::Operands(count),
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::mock::Sheet;
    use proptest::prelude::*;

    fn sheet() -> Sheet {
        Sheet::new("1,apple,10;2,Pear,20;3,apricot,'30;,x*,40;'3,,50;TRUE,'',60;#N/A,apple,70")
    }

    #[test]
    fn criteria_choose_the_cells_summed() {
        let mut sheet = sheet();
        for (formula, expected) in [
            ("SUMIF(A1:A7,2,C1:C7)", 20.0),
            ("SUMIF(A1:A7,3,C1:C7)", 50.0),
            ("SUMIF(A1:A7,\">1\")", 5.0),
            ("SUMIF(A1:A7,\">1\",C1)", 20.0),
            ("SUMIF(B1:B7,\"ap*\",C1:C7)", 80.0),
            ("SUMIF(B:B,\"ap*\",C:C)", 80.0),
            ("SUMIF(B1:B7,\"<>ap*\",C1:C7)", 170.0),
            ("SUMIF(B1:B7,\"x~*\",C1:C7)", 40.0),
            ("SUMIF(A1:A7,TRUE,C1:C7)", 60.0),
            ("SUMIF(A1:A7,\"#N/A\",C1:C7)", 70.0),
            ("SUMIF(A1:A7,\"=\",C1:C7)", 40.0),
            ("SUMIF(A1:A7,\"zzz\",C1:C7)", 0.0),
            ("SUMIFS(C1:C7,A1:A7,\">=1\",B1:B7,\"ap*\")", 10.0),
            ("SUMIFS(C:C,A:A,\"<>2\",B:B,\"<>x\")", 230.0),
            ("AVERAGEIF(B1:B7,\"ap*\",C1:C7)", 40.0),
            ("AVERAGEIFS(C1:C7,C1:C7,\">10\",C1:C7,\"<50\")", 30.0),
            ("MAXIFS(C1:C7,B1:B7,\"ap*\")", 70.0),
            ("MINIFS(C1:C7,B1:B7,\"ap*\")", 10.0),
            ("MAXIFS(C1:C7,B1:B7,\"zzz\")", 0.0),
            ("COUNTIF(A1:A7,3)", 2.0),
            ("COUNTIF(A1:A7,\">0\")", 3.0),
            ("COUNTIF(B1:B7,\"*\")", 6.0),
            ("COUNTIF(A1:A7,\"\")", 1.0),
            ("COUNTIF(A:A,\"\")", 1_048_570.0),
            ("COUNTIF(A:A,\"<>\")", 6.0),
            ("COUNTIF(E:F,\"=\")", 2_097_152.0),
            ("COUNTIFS(A:A,\"<>1\",B:B,\"<>apple\")", 1_048_574.0),
            ("COUNTIFS(A:A,\">0\",B:B,\"\")", 0.0),
            ("COUNTIFS(A:A,\"\",B:B,\"x*\")", 1.0),
        ] {
            assert_eq!(sheet.number(formula), expected, "{formula}");
        }
        assert_eq!(
            sheet.numbers("SUMIF(A1:A7,{1,2},C1:C7)"),
            [10.0, 20.0],
            "an array of criteria gives an array"
        );
        assert_eq!(sheet.error("SUMIFS(C1:C7,A1:A6,1)"), ErrorKind::Value);
        assert_eq!(sheet.error("AVERAGEIF(B1:B7,\"q\",C1:C7)"), ErrorKind::Div0);
        assert_eq!(sheet.error("SUMIF(B1:B7,\"apple\",A1:A7)"), ErrorKind::Na);
        assert_eq!(sheet.error("COUNTIF({1,2},1)"), ErrorKind::Value);
    }

    /// Values of all kinds, few enough to meet again and again.
    fn some_value() -> impl Strategy<Value = Value> {
        prop_oneof![
            2 => Just(Value::Blank),
            3 => (-2i32..3).prop_map(|x| Value::Number(f64::from(x))),
            1 => Just(Value::Number(-0.0)),
            3 => prop::sample::select(vec![
                "", "a", "A", "ab", "2", " 1", "1e0", "TRUE", "*", "a*", "~", "ß", "K",
            ])
            .prop_map(Value::from),
            1 => any::<bool>().prop_map(Value::Bool),
            1 => Just(Value::Error(ErrorKind::Na)),
        ]
    }

    fn some_criterion() -> impl Strategy<Value = Value> {
        let texts = vec![
            "=a", "=2", "a~*", "~*", "a*", "?", ">0", "<>1", "<>a", "=", "<>", "\u{212a}", "=-0",
            "=#N/A", ">a", "=TRUE", "01", "<b",
        ];
        prop_oneof![
            2 => some_value(),
            1 => prop::sample::select(texts).prop_map(Value::from),
        ]
    }

    proptest! {
        #[test]
        fn an_index_finds_what_a_scan_finds(
            cells in prop::collection::vec((some_value(), some_value(), some_value()), 1..90),
            first in some_criterion(),
            second in some_criterion(),
        ) {
            let mut sheet = Sheet::empty();
            for (row, (a, b, c)) in (3..).zip(cells) {
                sheet.set(&format!("A{row}"), a);
                sheet.set(&format!("B{row}"), b);
                sheet.set(&format!("C{row}"), c);
            }
            sheet.set("E1", first);
            sheet.set("E2", second);
            for formula in [
                "COUNTIF(A1:A95,E1)",
                "COUNTIF(A1:B95,E1)",
                "COUNTIFS(A:A,E1,B:B,E2)",
                "SUMIF(A1:A95,E1)",
                "SUMIF(A2:B95,E1,B2)",
                "SUMIFS(C:C,A:A,E1,B:B,E2)",
                "AVERAGEIF(B1:B95,E1,C1:C95)",
                "AVERAGEIFS(C1:C95,A1:A95,E1,B1:B95,E2)",
                "MAXIFS(C1:C95,A1:A95,E1)",
                "MINIFS(C1:C95,A1:A95,E1,A2:A96,E2)",
            ] {
                sheet.indexed = false;
                let scanned = sheet.eval(formula);
                sheet.indexed = true;
                prop_assert_eq!(sheet.eval(formula), scanned, "{}", formula);
            }
        }
    }

    #[test]
    fn a_selection_marks_the_cells_of_the_range_summed() {
        let mut sheet = sheet();
        let areas: Vec<Operand> = ["B:B", "C:C"]
            .iter()
            .map(|text| Operand::Reference(sheet.parse_reference(text, false).unwrap()))
            .collect();
        let args = [
            areas[0].clone(),
            Value::text("ap*").into(),
            areas[1].clone(),
        ];
        let select = super::super::find("SUMIF").and_then(|f| f.select).unwrap();
        let selection = select(&args, &mut sheet).unwrap();
        assert_eq!(selection.values.unwrap().rect.to_string(), "C1:C7");
        let expected = [true, false, true, false, false, false, true];
        assert_eq!(selection.selected, expected);
    }
}
