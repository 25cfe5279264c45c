//! The token scan against the parser.

use super::super::{is_fill_of, parse as parse_at, print};
use super::generate::{origin, tree};
use super::round_trip::pieces;
use super::*;
use proptest::prelude::*;

const FROM: Pos = Pos::new(9, 4);

#[test]
fn filled_formulas_are_recognised() {
    for (a, b, to) in [
        ("A1+$B$2*C$3", "A2+$B$2*C$3", Pos::new(10, 4)),
        ("A1+$B$2*C$3", "B1+$B$2*D$3", Pos::new(9, 5)),
        ("SUM(A9:E9)", "SUM(A10:E10)", Pos::new(10, 4)),
        ("SUM(A:A)*$1:$2", "SUM(A:A)*$1:$2", Pos::new(10, 4)),
        ("LOG10(A1)", "LOG10(A2)", Pos::new(10, 4)),
        ("'A1 B1'!A1", "'A1 B1'!A2", Pos::new(10, 4)),
        (
            "T[[#This Row],[A1]]-Z4",
            "T[[#This Row],[A1]]-Z5",
            Pos::new(10, 4),
        ),
        (
            "IF(A1=\"A1\",1E5,2)",
            "IF(A2=\"A1\",1E5,2)",
            Pos::new(10, 4),
        ),
        (
            "Sheet1!A1:Sheet1!B1",
            "Sheet1!A2:Sheet1!B2",
            Pos::new(10, 4),
        ),
        ("A1", "A1048567", Pos::new(1_048_575, 4)),
    ] {
        assert_eq!(parse_at(a, FROM), parse_at(b, to), "{b}");
        assert!(is_fill_of(a, FROM, b, to), "{b}");
    }
}

#[test]
fn other_formulas_are_not_taken_for_fills() {
    let down = Pos::new(10, 4);
    let right = Pos::new(9, 5);
    for (a, b, to) in [
        ("A1", "A1", down),
        ("A1", "B1", down),
        ("A1", "$A2", down),
        ("A1", "A2 ", down),
        ("LOG10(1)", "LOG11(1)", down),
        ("A1!B1", "A2!B2", down),
        ("\"A1\"", "\"A2\"", down),
        ("'A1'!B1", "'A2'!B2", down),
        ("T[A1]", "T[A2]", down),
        ("1:1", "1:1", down),
        ("1:1", "2:2", down),
        ("A:A", "A:A", right),
        ("Sheet1!$A:Sheet1!B", "Sheet1!$A:Sheet1!B", right),
        ("$1 : 2", "$1 : 2", down),
        ("A1", "A2+1", down),
        ("A2+1", "A3", down),
        ("", "A1", down),
        ("A1\u{a0}A1", "A1\u{a0}A1", down),
    ] {
        assert!(!is_fill_of(a, FROM, b, to), "{a} and {b}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    /// Whatever the scan takes for a fill, the parser reads to the same tree.
    #[test]
    fn the_scan_never_errs(
        pieces in pieces(9),
        moved in proptest::collection::vec(0..4_u8, 9),
        (down, right) in (0..3_u32, 0..3_u32),
    ) {
        let to = Pos::new(FROM.row + down, FROM.col + right);
        let a = pieces.concat();
        let b: String = pieces.iter().zip(&moved).map(|(piece, &moved)| match moved {
            0 => (*piece).to_owned(),
            _ => match parse_at(piece, FROM) {
                Ok(expr) => print(&expr, to, PEOPLE),
                Err(_) => (*piece).to_owned(),
            },
        }).collect();
        if let Ok(expr) = parse_at(&a, FROM) && is_fill_of(&a, FROM, &b, to) {
            prop_assert_eq!(parse_at(&b, to), Ok(expr), "{} and {}", a, b);
        }
    }

    /// Filled down, every tree of plain cells is recognised.
    #[test]
    fn filled_trees_are_recognised(expr in tree(), at in origin(), down in 0..9_u32) {
        let to = Pos::new(at.row + down, at.col);
        let (a, b) = (print(&expr, at, FILE), print(&expr, to, FILE));
        let mut rows = false;
        expr.visit(&mut |part| {
            rows |= matches!(part, Expr::Reference(r) if matches!(r.shape, crate::formula::RefShape::Rows(..)));
        });
        let fill = is_fill_of(&a, at, &b, to);
        prop_assert!(fill || rows || !a.is_ascii(), "{} and {}", a, b);
    }

    #[test]
    fn no_texts_panic(a in any::<String>(), b in any::<String>()) {
        is_fill_of(&a, FROM, &b, FROM);
        is_fill_of(&a, FROM, &a, FROM);
    }
}
