//! Lookups: MATCH, XMATCH, VLOOKUP, HLOOKUP, LOOKUP, XLOOKUP.
//!
//! Those that return what they find return its place, so that a derivative
//! passes to the cell found.

use super::arguments::{Scalars, given};
use super::params::{array, optional, range, scalar};
use super::reference::{entry, place};
use super::search::{Kinds, Line, Match, Search, Table};
use super::{Context, Function, Operand, Prefix, ValueRule};
use crate::value::{ErrorKind, Value};

pub(super) const FUNCTIONS: &[Function] = &[
    place(
        "HLOOKUP",
        &[
            scalar("value").help("the value to look for"),
            range("table"),
            scalar("row").help("the row of the result, counted from 1"),
            optional(scalar("approximate")),
        ],
        "Looks for a value in a table's first row; returns the cell of that column in another row.",
        |args, ctx| {
            let (table, index) = table_and_index(args)?;
            let found = first_line(args, &table.row(0)?, ctx)?;
            let row = place_within(index, table.rows())?;
            table.part(row, found, 1, 1)
        },
    ),
    place(
        "LOOKUP",
        &[
            scalar("value").help("the value to look for"),
            array("lookup_vector"),
            optional(array("result_vector")),
        ],
        "Looks for a value, or the next smaller, in a sorted vector; returns the cell at that place of another.",
        lookup,
    ),
    entry(
        "MATCH",
        &[
            scalar("value").help("the value to look for"),
            range("lookup_array"),
            optional(scalar("match_type")),
        ],
        "The place of a value in a row or column: 0 exact, 1 or the next smaller (sorted up), -1 or the next larger (sorted down).",
        ValueRule::Operands(match_),
    ),
    place(
        "VLOOKUP",
        &[
            scalar("value").help("the value to look for"),
            range("table"),
            scalar("column").help("the column of the result, counted from 1"),
            optional(scalar("approximate")),
        ],
        "Looks for a value in a table's first column; returns the cell of that row in another column.",
        |args, ctx| {
            let (table, index) = table_and_index(args)?;
            let found = first_line(args, &table.col(0)?, ctx)?;
            let col = place_within(index, table.cols())?;
            table.part(found, col, 1, 1)
        },
    ),
    Function {
        prefix: Prefix::Xlfn,
        returns_array: true,
        ..place(
            "XLOOKUP",
            &[
                scalar("value").help("the value to look for"),
                range("lookup_array"),
                range("return_array"),
                optional(range("if_not_found")),
                optional(scalar("match_mode")),
                optional(scalar("search_mode")),
            ],
            "Looks for a value in a row or column; returns what stands at that place of another array.",
            xlookup,
        )
    },
    entry(
        "XMATCH",
        &[
            scalar("value").help("the value to look for"),
            range("lookup_array"),
            optional(scalar("match_mode")),
            optional(scalar("search_mode")),
        ],
        "The place of a value in a row or column, by match mode and search mode.",
        ValueRule::Operands(|args, ctx| {
            let line = Table::new(&args[1])?.as_line().ok_or(ErrorKind::Value)?;
            let (how, search) = modes(args, 2)?;
            let found = line.find(&key(args), how, search, Kinds::All, ctx)?;
            found
                .map(|at| Operand::from((at + 1) as f64))
                .ok_or(ErrorKind::Na)
        }),
    )
    .xlfn(),
];

/// The value looked for; one left out is blank.
fn key(args: &[Operand]) -> Value {
    args.value(0).cloned().unwrap_or_default()
}

/// The value looked for by the older functions: blank counts as 0.
fn key_or_zero(args: &[Operand]) -> Value {
    match key(args) {
        Value::Blank => Value::Number(0.0),
        key => key,
    }
}

/// The place, from 0, that a one-based index means.
fn place_within(index: f64, len: usize) -> Result<usize, ErrorKind> {
    if index < 1.0 {
        Err(ErrorKind::Value)
    } else if index > len as f64 {
        Err(ErrorKind::Ref)
    } else {
        Ok(index as usize - 1)
    }
}

/// The table and the index of VLOOKUP and HLOOKUP.
fn table_and_index(args: &[Operand]) -> Result<(Table, f64), ErrorKind> {
    if let Value::Error(kind) = key(args) {
        return Err(kind);
    }
    if let Operand::Value(Value::Text(_)) = args[1] {
        return Err(ErrorKind::Value);
    }
    Ok((Table::new(&args[1])?, args.whole(2)?))
}

/// Where the value of VLOOKUP or HLOOKUP stands in the table's first line.
fn first_line(args: &[Operand], line: &Line, ctx: &mut dyn Context) -> Result<usize, ErrorKind> {
    let (how, search) = if args.flag_or(3, true)? {
        (Match::Smaller, Search::Ascending)
    } else {
        (Match::Wildcard, Search::First)
    };
    line.find(&key_or_zero(args), how, search, Kinds::Same, ctx)?
        .ok_or(ErrorKind::Na)
}

fn lookup(args: &[Operand], ctx: &mut dyn Context) -> Result<Operand, ErrorKind> {
    let table = Table::new(&args[1])?;
    // Without a result vector a table is searched along its longer side, and
    // the last row or column is the result.
    let wide = table.cols() > table.rows();
    let line = if wide { table.row(0)? } else { table.col(0)? };
    let found = line
        .find(
            &key_or_zero(args),
            Match::Smaller,
            Search::Ascending,
            Kinds::Same,
            ctx,
        )?
        .ok_or(ErrorKind::Na)?;
    if !given(args, 2) {
        return if wide {
            table.part(table.rows() - 1, found, 1, 1)
        } else {
            table.part(found, table.cols() - 1, 1, 1)
        };
    }
    let results = Table::new(&args[2])?;
    match (results.rows(), results.cols()) {
        (1, 1..) if results.cols() > 1 || wide => results.part(0, found, 1, 1),
        (_, 1) => results.part(found, 0, 1, 1),
        _ => Err(ErrorKind::Na),
    }
}

fn match_(args: &[Operand], ctx: &mut dyn Context) -> Result<Operand, ErrorKind> {
    if let Value::Error(kind) = key(args) {
        return Err(kind);
    }
    let kind = args.number_or(2, 1.0)?;
    let line = Table::new(&args[1])?.as_line().ok_or(ErrorKind::Na)?;
    let (how, search) = if kind == 0.0 {
        (Match::Wildcard, Search::First)
    } else if kind > 0.0 {
        (Match::Smaller, Search::Ascending)
    } else {
        (Match::Larger, Search::Descending)
    };
    let found = line.find(&key_or_zero(args), how, search, Kinds::Same, ctx)?;
    found
        .map(|at| Operand::from((at + 1) as f64))
        .ok_or(ErrorKind::Na)
}

/// The match mode and the search mode of XLOOKUP and XMATCH.
fn modes(args: &[Operand], first: usize) -> Result<(Match, Search), ErrorKind> {
    let how = match args.whole(first)? {
        0.0 => Match::Exact,
        -1.0 => Match::Smaller,
        1.0 => Match::Larger,
        2.0 => Match::Wildcard,
        3.0 => Match::Regex,
        _ => return Err(ErrorKind::Value),
    };
    let search = match args.whole_or(first + 1, 1.0)? {
        1.0 => Search::First,
        -1.0 => Search::Last,
        2.0 => Search::Ascending,
        -2.0 => Search::Descending,
        _ => return Err(ErrorKind::Value),
    };
    Ok((how, search))
}

fn xlookup(args: &[Operand], ctx: &mut dyn Context) -> Result<Operand, ErrorKind> {
    let line = Table::new(&args[1])?.as_line().ok_or(ErrorKind::Value)?;
    let results = Table::new(&args[2])?;
    let (how, search) = modes(args, 4)?;
    let fits = if line.len == 1 {
        results.rows() == 1 || results.cols() == 1
    } else if line.down {
        results.rows() == line.len
    } else {
        results.cols() == line.len
    };
    if !fits {
        return Err(ErrorKind::Value);
    }
    match line.find(&key(args), how, search, Kinds::All, ctx)? {
        Some(_) if line.len == 1 => results.part(0, 0, results.rows(), results.cols()),
        Some(at) if line.down => results.part(at, 0, 1, results.cols()),
        Some(at) => results.part(0, at, results.rows(), 1),
        None if given(args, 3) => Ok(args[3].clone()),
        None => Err(ErrorKind::Na),
    }
}

#[cfg(test)]
mod tests {
    use super::super::mock::Sheet;
    use super::*;

    fn fruit() -> Sheet {
        Sheet::new("1,apple,10;3,banana,20;5,cherry,30;7,date?,40")
    }

    #[test]
    fn match_finds_exact_and_neighbouring_values() {
        let mut sheet = fruit();
        assert_eq!(sheet.number("MATCH(5,A1:A4,0)"), 3.0);
        assert_eq!(sheet.number("MATCH(6,A1:A4)"), 3.0);
        assert_eq!(sheet.number("MATCH(6,A:A)"), 3.0);
        assert_eq!(sheet.error("MATCH(0,A1:A4)"), ErrorKind::Na);
        assert_eq!(sheet.number("MATCH(\"B*\",B1:B4,0)"), 2.0);
        assert_eq!(sheet.number("MATCH(\"date~?\",B1:B4,0)"), 4.0);
        assert_eq!(sheet.number("MATCH(4,{9,5,3},-1)"), 2.0);
        assert_eq!(sheet.number("MATCH(2,{1,2,2,2,3})"), 4.0);
        assert_eq!(sheet.error("MATCH(\"1\",A1:A4,0)"), ErrorKind::Na);
        assert_eq!(sheet.error("MATCH(1,A1:B4,0)"), ErrorKind::Na);
        assert_eq!(sheet.numbers("MATCH({7,3},A1:A4,0)"), [4.0, 2.0]);
    }

    #[test]
    fn tables_are_looked_up_by_row_and_by_column() {
        let mut sheet = fruit();
        assert_eq!(sheet.number("VLOOKUP(\"CHERRY\",B1:C4,2,FALSE)"), 30.0);
        assert_eq!(sheet.eval("VLOOKUP(4,A1:C4,2)"), "banana".into());
        assert_eq!(sheet.error("VLOOKUP(4,A1:C4,2,FALSE)"), ErrorKind::Na);
        assert_eq!(sheet.error("VLOOKUP(1,A1:C4,4)"), ErrorKind::Ref);
        assert_eq!(sheet.error("VLOOKUP(1,A1:C4,0)"), ErrorKind::Value);
        assert_eq!(sheet.number("HLOOKUP(1,A1:C4,3,FALSE)"), 5.0);
        assert_eq!(sheet.number("LOOKUP(6,A1:A4,C1:C4)"), 30.0);
        assert_eq!(sheet.number("LOOKUP(6,A1:C4)"), 30.0);
        assert_eq!(sheet.error("HLOOKUP(1,\"Nothing\",1)"), ErrorKind::Value);
    }

    #[test]
    fn xlookup_takes_every_mode() {
        let mut sheet = fruit();
        assert_eq!(sheet.number("XLOOKUP(\"banana\",B:B,C:C)"), 20.0);
        assert_eq!(sheet.error("XLOOKUP(\"kiwi\",B1:B4,C1:C4)"), ErrorKind::Na);
        assert_eq!(
            sheet.eval("XLOOKUP(\"kiwi\",B1:B4,C1:C4,\"none\")"),
            "none".into()
        );
        assert_eq!(sheet.number("XLOOKUP(4,A1:A4,C1:C4,,-1)"), 20.0);
        assert_eq!(sheet.number("XLOOKUP(4,A1:A4,C1:C4,,1)"), 30.0);
        assert_eq!(sheet.number("XLOOKUP(\"ch*\",B1:B4,C1:C4,,2)"), 30.0);
        assert_eq!(sheet.number("XLOOKUP(\"^d.+[?]\",B1:B4,C1:C4,,3)"), 40.0);
        assert_eq!(sheet.number("XLOOKUP(6,A1:A4,C1:C4,,1,2)"), 40.0);
        assert_eq!(sheet.number("XLOOKUP(4,{9;5;3},{1;2;3},,1,-2)"), 2.0);
        assert_eq!(sheet.number("XMATCH(2,{2,1,2},0,-1)"), 3.0);
        assert_eq!(sheet.number("XMATCH(,A1:A9)"), 5.0);
        assert_eq!(sheet.error("XLOOKUP(1,A1:A4,C1:C3)"), ErrorKind::Value);
        assert_eq!(sheet.error("XLOOKUP(1,A1:A4,C1:C4,,5)"), ErrorKind::Value);
    }
}
