//! White space stays where it was typed, and means nothing.

use super::super::{Change, Home, copied_into, parse as parse_at, print, rewrite};
use super::generate::{origin, tree};
use super::*;
use crate::formula::print::lay_out;
use crate::grid::Rect;
use proptest::prelude::*;

const TYPED: &[&str] = &[
    " 1 + 2",
    "IF( A1 > 0,\n    A1 * 2,\n    -  A1 )",
    "LET(x, 1,\n  y, x + 1,\n\n  x * y\n)",
    "SUM( A1:B2 , {1, 2;\n 3, 4} )",
    "A1:B2  B2:C3",
    "A1:B2\nB2:C3",
    "( A1 + 1 ) * 5 % ^ 2",
    "SUM(@ A1:A9, B1 #)",
    "LAMBDA(x, [y], x + y)( 1, 2 )",
    "BYROW(A1:B2, SUM) & \"a  b\"",
    "IF(A1, , 2)",
    "T[@[a b]] + T[@c]",
    "PI( )",
];

#[test]
fn white_space_is_printed_as_it_was_typed() {
    for text in TYPED {
        let spaced = parse(text);
        assert_eq!(print(&spaced, A1, PEOPLE), *text);
        let bare = print(spaced.unspaced(), A1, PEOPLE);
        assert_eq!(parse(&bare), *spaced.unspaced(), "{text}");
        let file = print(&spaced, A1, FILE);
        assert_eq!(parse(&file), spaced, "{text} as {file}");
    }
    assert_eq!(print(&parse("1 +\r\n 2  "), A1, PEOPLE), "1 +\n 2");
    assert_eq!(
        print(&parse("sum (1)".replace(" (", "( ").as_str()), A1, PEOPLE),
        "SUM( 1)"
    );
    assert_eq!(print(&parse("A1 : B2 + 1"), A1, PEOPLE), "A1:B2 + 1");
}

#[test]
fn formulas_of_files_keep_it_where_operators_are_functions() {
    let text = "1 +  _xlfn.SINGLE( A1:A9 ) + _xlfn.ANCHORARRAY(B1) + 2";
    let expr = parse(text);
    assert_eq!(print(&expr, A1, PEOPLE), "1 +  @ A1:A9 + B1# + 2");
    let mixed = "1 + _xlfn.SINGLE(A1:A9)+@B1:B9 *  2";
    assert_eq!(print(&parse(mixed), A1, PEOPLE), "1 + @A1:A9+@B1:B9 *  2");
}

#[test]
fn a_copied_or_rewritten_formula_keeps_it() {
    let expr = parse_at("IF( B1 > 0,\n  A2,  Sheet2!C3 )", Pos::new(1, 1)).unwrap();
    let moved = print(&expr, Pos::new(5, 1), PEOPLE);
    assert_eq!(moved, "IF( B5 > 0,\n  A6,  Sheet2!C7 )");
    let lost = copied_into(&expr, Rect::cell(Pos::new(0, 1)))
        .remove(0)
        .1
        .unwrap();
    let text = print(&lost, Pos::new(0, 1), PEOPLE);
    assert_eq!(text, "IF( #REF! > 0,\n  A1,  Sheet2!C2 )");
    let home = Home {
        sheet: "Sheet1",
        at: Pos::new(1, 1),
    };
    let change = Change::RenameSheet {
        from: "Sheet2",
        to: "my data",
    };
    let renamed = rewrite(&expr, home, home, &change);
    let text = print(&renamed, home.at, PEOPLE);
    assert_eq!(text, "IF( B1 > 0,\n  A2,  'my data'!C3 )");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// White space wherever a tree has a seat for it reads as the same tree,
    /// and prints as it stood.
    #[test]
    fn white_space_changes_no_tree(
        expr in tree(),
        at in origin(),
        gaps in proptest::collection::vec(proptest::sample::select(vec!["", "", " ", "  ", "\n", " \n "]), 60),
    ) {
        for dialect in [PEOPLE, FILE] {
            let laid = lay_out(&expr, Some(at), dialect);
            let mut text = String::new();
            let mut from = 0;
            for (&seat, gap) in laid.seats.iter().zip(&gaps) {
                text.push_str(&laid.text[from..seat]);
                text.push_str(gap);
                from = seat;
            }
            text.push_str(&laid.text[from..]);
            let read = parse_at(&text, at);
            prop_assert!(read.is_ok(), "{}: {:?}", text, read);
            let read = read.unwrap();
            prop_assert_eq!(read.unspaced(), &expr, "{}", text);
            if text != laid.text {
                prop_assert_eq!(print(&read, at, dialect), text);
            }
        }
    }
}
