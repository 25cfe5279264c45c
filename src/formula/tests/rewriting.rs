//! Formulas after the workbook changed.

use super::super::{Change, Home, parse as parse_at, print, rewrite};
use super::generate::{origin, tree};
use super::*;
use crate::grid::{Axis as Lines, MAX_COLS, MAX_ROWS, Rect, Shift};
use proptest::prelude::*;
use std::sync::Arc;

/// What a formula at S!E10 becomes, its cell staying where it is.
fn changed(text: &str, change: Change) -> String {
    let home = Home {
        sheet: "S",
        at: Pos::new(9, 4),
    };
    moved(text, home, home, change)
}

fn moved(text: &str, before: Home, after: Home, change: Change) -> String {
    let expr = parse_at(text, before.at).unwrap();
    print(&rewrite(&expr, before, after, &change), after.at, PEOPLE)
}

fn rect(text: &str) -> Rect {
    let (a, b) = text.split_once(':').unwrap_or((text, text));
    Rect::new(Pos::parse_a1(a).unwrap(), Pos::parse_a1(b).unwrap())
}

fn names(names: &[&str]) -> Vec<Arc<str>> {
    names.iter().map(|&name| name.into()).collect()
}

#[test]
fn inserted_rows_push_references_down() {
    let change = Change::Shift {
        sheet: "s",
        shift: Shift::insert(Lines::Rows, 4, 2),
    };
    for (before, after) in [
        ("A4+$A$5+B6", "A4+$A$7+B8"),
        ("SUM(A1:A4)", "SUM(A1:A4)"),
        ("SUM(A1:A5)", "SUM(A1:A7)"),
        ("SUM(A9:A5)", "SUM(A11:A7)"),
        ("SUM(5:5)+SUM($1:$4)", "SUM(7:7)+SUM($1:$4)"),
        ("SUM(A:B)", "SUM(A:B)"),
        ("SUM(A1:A1048576)", "SUM(A1:A1048576)"),
        ("A1048576+SUM(A1048575:B1048576)", "#REF!+SUM(#REF!)"),
        ("T!A9+S!A9+'S'!B9", "T!A9+S!A11+S!B11"),
        ("SUM(S:T!A9)+[1]S!A9", "SUM(S:T!A9)+[1]S!A9"),
    ] {
        assert_eq!(changed(before, change), after);
    }
}

#[test]
fn a_formula_below_inserted_rows_moves_along() {
    let home = |row| Home {
        sheet: "S",
        at: Pos::new(row, 4),
    };
    let change = Change::Shift {
        sheet: "S",
        shift: Shift::insert(Lines::Rows, 4, 1),
    };
    assert_eq!(
        moved("A10+A1+$A$10+T!A10+S:T!A10", home(9), home(10), change),
        "A11+A1+$A$11+T!A10+S:T!A10"
    );
}

#[test]
fn deleted_rows_and_columns_leave_an_error_or_a_shorter_range() {
    let rows = Change::Shift {
        sheet: "S",
        shift: Shift::delete(Lines::Rows, 4, 3),
    };
    for (before, after) in [
        ("A4+A5+A7+A8", "A4+#REF!+#REF!+A5"),
        ("SUM(A5:A7)", "SUM(#REF!)"),
        ("SUM(A3:A6)", "SUM(A3:A4)"),
        ("SUM(A6:A9)", "SUM(A5:A6)"),
        ("SUM(A9:$A$6)", "SUM(A6:$A$5)"),
        ("SUM(A1:A9)", "SUM(A1:A6)"),
        ("SUM(4:5,5:6,7:8)", "SUM(4:4,#REF!,5:5)"),
        ("S!A5:INDEX(A:A,9)", "#REF!:INDEX(A:A,9)"),
        ("T!A5", "T!A5"),
    ] {
        assert_eq!(changed(before, rows), after);
    }
    let cols = Change::Shift {
        sheet: "S",
        shift: Shift::delete(Lines::Columns, 0, 2),
    };
    assert_eq!(
        changed("A1+B1+C1+SUM(A:C)+SUM(A1:B1)", cols),
        "#REF!+#REF!+A1+SUM(A:A)+SUM(#REF!)"
    );
    let inserted = Change::Shift {
        sheet: "S",
        shift: Shift::insert(Lines::Columns, 1, 1),
    };
    assert_eq!(
        changed("A1+B1+SUM(A:B)+SUM(1:2)", inserted),
        "A1+C1+SUM(A:C)+SUM(1:2)"
    );
}

#[test]
fn moved_cells_take_their_references_along() {
    let change = |from, onto: &str| Change::Move {
        sheet: "S",
        rect: rect(from),
        onto_sheet: "S",
        onto: rect(onto).top_left(),
    };
    for (from, onto, before, after) in [
        ("A1:B2", "D5", "A1+$B$2+A3", "D5+$E$6+A3"),
        (
            "A1:B2",
            "D5",
            "SUM(A1:B2)+SUM(A1:B3)",
            "SUM(D5:E6)+SUM(A1:B3)",
        ),
        ("A1", "D5", "D5+SUM(D5:D6)", "#REF!+SUM(D5:D6)"),
        ("A5", "A7", "SUM(A1:A5)", "SUM(A1:A7)"),
        ("A5", "A3", "SUM(A1:A5)", "SUM(A1:A3)"),
        ("A5", "B7", "SUM(A1:A5)", "SUM(A1:A5)"),
        ("A5", "A7", "SUM(A1:B5)", "SUM(A1:B5)"),
        ("C1:C9", "E1", "SUM(A1:C9)", "SUM(A1:E9)"),
        ("A1:XFD1", "A3", "SUM(1:1)", "SUM(3:3)"),
    ] {
        assert_eq!(
            changed(before, change(from, onto)),
            after,
            "{from} to {onto}"
        );
    }
    let away = Change::Move {
        sheet: "S",
        rect: rect("A1:B2"),
        onto_sheet: "New sheet",
        onto: rect("C3").top_left(),
    };
    assert_eq!(
        changed("A1+S!B2+C3", away),
        "'New sheet'!C3+'New sheet'!D4+C3"
    );
    // The formula itself is among the cells that move to another sheet.
    let home = |sheet, at| Home {
        sheet,
        at: rect(at).top_left(),
    };
    assert_eq!(
        moved("A1+C9+T!A1", home("S", "B2"), home("New sheet", "D4"), away),
        "C3+S!C9+T!A1"
    );
}

#[test]
fn sheets_are_renamed_and_deleted() {
    let rename = Change::RenameSheet {
        from: "data",
        to: "My data",
    };
    assert_eq!(
        changed("Data!A1+data!x+SUM(Data:T!A1)+[1]Data!A1+A1", rename),
        "'My data'!A1+'My data'!x+SUM('My data:T'!A1)+[1]Data!A1+A1"
    );
    let tabs = names(&["S", "A", "B", "D"]);
    let delete = |name| Change::DeleteSheet { name, tabs: &tabs };
    let text = "A!x1+A!x+SUM(A:D!A1)+SUM(D:A!A1)+SUM(A:A!A1)";
    assert_eq!(
        changed(text, delete("a")),
        "#REF!+#REF!+SUM(B:D!A1)+SUM(D:B!A1)+SUM(#REF!)"
    );
    assert_eq!(
        changed(text, delete("D")),
        "A!X1+A!x+SUM(A:B!A1)+SUM(B:A!A1)+SUM(A:A!A1)"
    );
    let old = Home { sheet: "S", at: A1 };
    let new = Home { sheet: "Z", at: A1 };
    let rename = Change::RenameSheet { from: "S", to: "Z" };
    assert_eq!(moved("B1+S!B1", old, new, rename), "B1+Z!B1");
}

#[test]
fn tables_and_their_columns_are_renamed_and_deleted() {
    let rename = Change::RenameTable {
        from: "tab_1",
        to: "People",
    };
    assert_eq!(
        changed("Tab_1[Age]+SUM(Tab_1)+Tab_2[Age]+[@Age]", rename),
        "People[Age]+SUM(People)+Tab_2[Age]+[@Age]"
    );
    assert_eq!(
        changed(
            "Tab_1[Age]+SUM(Tab_1)+Tab_2[Age]",
            Change::DeleteTable { name: "Tab_1" }
        ),
        "#REF!+SUM(#REF!)+Tab_2[Age]"
    );
    let rename = Change::RenameColumn {
        table: "Tab_1",
        from: "age",
        to: "Age [y]",
    };
    assert_eq!(
        changed("Tab_1[Age]+Tab_1[[Age]:[Fare]]+Tab_2[Age]", rename),
        "Tab_1[Age '[y']]+Tab_1[[Age '[y']]:[Fare]]+Tab_2[Age]"
    );
    let columns = names(&["a", "b", "c"]);
    let delete = Change::DeleteColumn {
        table: "Tab_1",
        name: "A",
        columns: &columns,
    };
    assert_eq!(
        changed(
            "Tab_1[a]+Tab_1[[a]:[c]]+Tab_1[[c]:[a]]+Tab_1[b]+Tab_1[]",
            delete
        ),
        "#REF!+Tab_1[[b]:[c]]+Tab_1[[c]:[b]]+Tab_1[b]+Tab_1[]"
    );
    assert_eq!(
        changed("[@a]+Tab_2[@b]", Change::EnterTable { name: "Tab_1" }),
        "Tab_1[@a]+Tab_2[@b]"
    );
}

#[test]
fn parameters_are_no_tables_and_no_columns() {
    let text = "LAMBDA([b],b+[@b])(1)+LET(Tab_1,A1,Tab_1*2)";
    assert_eq!(
        changed(text, Change::EnterTable { name: "Tab_1" }),
        "LAMBDA([b],b+Tab_1[@b])(1)+LET(Tab_1,A1,Tab_1*2)"
    );
    assert_eq!(changed(text, Change::DeleteTable { name: "Tab_1" }), text);
}

#[test]
fn defined_names_are_renamed_but_not_parameters() {
    let rename = |scope| Change::RenameName {
        scope,
        from: "rate",
        to: "tax",
    };
    assert_eq!(
        changed("Rate*S!rate*T!rate*rate(1)", rename(None)),
        "tax*S!rate*T!rate*RATE(1)"
    );
    assert_eq!(
        changed("rate*S!rate*T!rate", rename(Some("S"))),
        "tax*S!tax*T!rate"
    );
    assert_eq!(changed("rate*T!rate", rename(Some("T"))), "rate*T!tax");
    assert_eq!(
        changed("LET(a,rate,rate,rate+a,b,rate,rate*b)+rate", rename(None)),
        "LET(a,tax,rate,tax+a,b,rate,rate*b)+tax"
    );
    assert_eq!(
        changed("LAMBDA(rate,x,rate+x)(rate)", rename(None)),
        "LAMBDA(rate,x,rate+x)(tax)"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// Rows that are inserted and deleted again leave every formula as it was,
    /// wherever it stands.
    #[test]
    fn deleting_what_was_inserted_changes_nothing(
        expr in tree(), origin in origin(), at in 800..2200_u32, count in 1..50_u32, cols: bool,
    ) {
        // As many as fit, so that no reference is pushed over the sheet's edge.
        let mut count = count;
        expr.visit(&mut |part| if let Expr::Reference(r) = part {
            let rect = r.shape.resolve(origin);
            let rows = MAX_ROWS - 1 - rect.bottom;
            let whole = rect.rows() == MAX_ROWS;
            count = count.min(if whole { count } else { rows });
            let columns = MAX_COLS - 1 - rect.right;
            let whole = rect.cols() == MAX_COLS;
            count = count.min(if whole { count } else { columns });
        });
        let sheet = "Sheet1";
        let line = if cols { origin.col } else { origin.row };
        let by = if line >= at { count } else { 0 };
        let there = if cols {
            Pos::new(origin.row, origin.col + by)
        } else {
            Pos::new(origin.row + by, origin.col)
        };
        let (before, after) = (Home { sheet, at: origin }, Home { sheet, at: there });
        let axis = if cols { Lines::Columns } else { Lines::Rows };
        let shift = Shift::insert(axis, at, count);
        let insert = Change::Shift { sheet, shift };
        let delete = Change::Shift { sheet, shift: shift.inverse() };
        let inserted = rewrite(&expr, before, after, &insert);
        prop_assert_eq!(rewrite(&inserted, after, before, &delete), expr);
    }
}

#[test]
fn a_copied_sheet_speaks_of_itself() {
    let change = Change::CopySheet {
        from: "S",
        to: "S (2)",
    };
    let home = |sheet| Home { sheet, at: A1 };
    assert_eq!(
        moved(
            "B1+s!B1+S!rate+T!B1+SUM(S:T!B1)",
            home("S"),
            home("S (2)"),
            change
        ),
        "B1+'S (2)'!B1+'S (2)'!rate+T!B1+SUM(S:T!B1)"
    );
}

#[test]
fn a_table_becomes_a_range() {
    let columns = names(&["a", "b"]);
    let change = Change::UnrollTable(super::super::Unrolled {
        name: "T",
        sheet: "S",
        columns: &columns,
        all: rect("D8:E20"),
        headers: Some(rect("D8:E8")),
        data: Some(rect("D9:E20")),
        totals: None,
    });
    for (before, after) in [
        (
            "SUM(T[b])+SUM(T)+U[b]",
            "SUM(S!$E$9:$E$20)+SUM(S!$D$9:$E$20)+U[b]",
        ),
        ("T[@a]+SUM(T[@])", "S!$D10+SUM(S!$D10:$E10)"),
        (
            "COUNTA(T[#All])&T[[#Headers],[a]]",
            "COUNTA(S!$D$8:$E$20)&S!$D$8",
        ),
        ("SUM(T[#Totals])", "SUM(#REF!)"),
        ("LET(T,1,T+1)+[@b]", "LET(T,1,T+1)+S!$E10"),
    ] {
        assert_eq!(changed(before, change), after);
    }
}

#[test]
fn names_follow_with_what_is_absolute_in_them() {
    let change = Change::Shift {
        sheet: "S",
        shift: Shift::insert(Lines::Rows, 2, 2),
    };
    let expr = parse_at("S!$A$5+S!A5+S!$A1:$B$9+SUM(S!$2:$3)", A1).unwrap();
    let now = super::super::rewrite_name(&expr, "", &change);
    assert_eq!(
        print(&now, A1, PEOPLE),
        "S!$A$7+S!A5+S!$A1:$B$9+SUM(S!$2:$5)"
    );
}
