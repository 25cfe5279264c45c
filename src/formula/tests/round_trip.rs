//! What is printed reads back as the same tree.

use super::super::{parse as parse_at, parse_r1c1, print, print_r1c1, tokens};
use super::generate::{origin, tree};
use super::*;
use crate::formula::MAX_HEIGHT;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn trees_print_and_parse_to_themselves(expr in tree(), at in origin()) {
        for dialect in [PEOPLE, FILE] {
            let text = print(&expr, at, dialect);
            prop_assert_eq!(parse_at(&text, at), Ok(expr.clone()), "{}", text);
            let text = print_r1c1(&expr, dialect);
            prop_assert_eq!(parse_r1c1(&text), Ok(expr.clone()), "{}", text);
        }
    }

    #[test]
    fn a_filled_formula_is_the_same_tree_everywhere(expr in tree(), a in origin(), b in origin()) {
        let there = parse_at(&print(&expr, a, PEOPLE), a).unwrap();
        let here = parse_at(&print(&expr, b, PEOPLE), b).unwrap();
        prop_assert_eq!(there, here);
    }

    #[test]
    fn no_text_panics_and_tokens_cover_it(text in any::<String>()) {
        check_text(&text);
    }

    #[test]
    fn no_formula_like_text_panics(pieces in pieces(12)) {
        check_text(&pieces.concat());
    }
}

#[test]
fn what_follows_a_lost_reference_keeps_its_space() {
    for text in ["#REF!A1 B1", "#REF!A1\n[1]", "SUM( #REF!A1:B2  C1 )"] {
        check_text(text);
    }
}

#[test]
fn an_operator_behind_a_column_of_r1c1_does_not_make_a_call_of_a_name() {
    for text in [
        "SUM C#",
        "SUM R[1]%",
        "x C[2]#",
        "(C)#",
        "x ( C )#",
        "( R )%",
    ] {
        check_text(text);
    }
}

/// Pieces of formulas in any order.
pub fn pieces(most: usize) -> impl Strategy<Value = Vec<&'static str>> {
    let piece = proptest::sample::select(vec![
        "A1",
        "$B$2",
        "C",
        "$3",
        "4",
        "1.5",
        "1E5",
        "SUM",
        "LOG10",
        "x",
        "TRUE",
        "_xlfn.SINGLE",
        "_xlpm.a",
        "(",
        ")",
        ",",
        ":",
        "!",
        "#",
        "@",
        "%",
        "+",
        "-",
        "^",
        "=",
        "<",
        " ",
        ";",
        "{",
        "}",
        "[",
        "]",
        "'",
        "\"",
        "\"t\"",
        "'s 1'",
        "[1]",
        "[@a]",
        "[[#This Row],[b]]",
        "Sheet1",
        "#REF!",
        "#N/A",
        "R[1]C",
        "RC",
        "é",
        "~",
        "\n",
    ]);
    proptest::collection::vec(piece, 0..most)
}

/// Tokens follow one another, an error lies within the text, and what is read
/// is canonical: it prints and reads back to itself.
fn check_text(text: &str) {
    let mut end = 0;
    for token in tokens(text) {
        assert!(text[end..token.start].trim().is_empty());
        assert!(token.start < token.end);
        end = token.end;
    }
    assert!(text[end..].trim().is_empty());
    let at = Pos::new(1500, 250);
    let length = text.chars().count();
    match parse_at(text, at) {
        Ok(expr) => {
            for dialect in [PEOPLE, FILE] {
                let printed = print(&expr, at, dialect);
                assert_eq!(
                    parse_at(&printed, at).as_ref(),
                    Ok(&expr),
                    "{text} as {printed}"
                );
            }
            assert!(height(&expr) <= MAX_HEIGHT);
        }
        Err(error) => assert!(error.at <= length, "{text}: {error}"),
    }
    match parse_r1c1(text) {
        Ok(expr) => {
            let printed = print_r1c1(&expr, PEOPLE);
            assert_eq!(
                parse_r1c1(&printed).as_ref(),
                Ok(&expr),
                "{text} as {printed}"
            );
        }
        Err(error) => assert!(error.at <= length, "{text}: {error}"),
    }
}

fn height(expr: &Expr) -> u32 {
    match expr {
        Expr::Binary(left, _, right) => height(left).max(1 + height(right)),
        _ => 1 + expr.children().into_iter().map(height).max().unwrap_or(0),
    }
}
