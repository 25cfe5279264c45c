//! Long and deep formulas: linear time, a small stack, no panic.

use super::*;
use crate::formula::{Change, Home, MAX_CHARS, rewrite};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Runs on a thread with the 2 MiB stack that threads have by default.
fn on_small_stack(work: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(2 << 20);
    thread.spawn(work).unwrap().join().unwrap();
}

/// Does everything that walks a tree.
fn exercise(text: &str) {
    let expr = parse(text);
    let copy = expr.clone();
    assert_eq!(expr, copy);
    assert!(!format!("{expr:?}").is_empty());
    let hash = |expr: &Expr| {
        let mut hasher = DefaultHasher::new();
        expr.hash(&mut hasher);
        hasher.finish()
    };
    assert_eq!(hash(&expr), hash(&copy));
    assert_eq!(parse(&people(&expr)), expr);
    assert_eq!(parse(&file(&expr)), expr);
    let mut parts = 0;
    expr.visit(&mut |_| parts += 1);
    assert!(parts > 100, "{parts} parts of {text}");
    let home = Home { sheet: "S", at: A1 };
    assert_eq!(rewrite(&expr, home, home, &Change::Nothing), expr);
}

#[test]
fn long_chains_of_operators_work() {
    on_small_stack(|| {
        for (first, step) in [("1", "+1"), ("A1", ":x1x"), ("A1", "^A1"), ("A1", " B1")] {
            let text = first.to_owned() + &step.repeat((MAX_CHARS - 2) / step.len());
            exercise(&text);
        }
        let mixed = "A1".to_owned() + &"=A1+1*2&\"x\"^-3%".repeat(4000);
        exercise(&mixed);
    });
}

#[test]
fn nesting_up_to_the_limit_works_and_beyond_is_refused() {
    on_small_stack(|| {
        let nest = |open: &str, close: &str, n: usize| open.repeat(n) + "A1" + &close.repeat(n);
        for (open, close, most) in [
            ("(", ")", 255),
            ("SUM(", ")", 255),
            ("-", "", 255),
            ("A1=1&1+1*2^-(", "%)", 30),
            ("IF(A1=1,2+3*IF(A1,1,", "))", 50),
            ("_xlfn.SINGLE(", "+1)", 127),
            ("_xlfn.ANCHORARRAY(", ":B1)", 127),
            ("", "#", 255),
            ("(", "%%%)", 63),
            ("f(1)((", "))", 85),
        ] {
            exercise(&nest(open, close, most));
            let text = nest(open, close, most + 200);
            let error = super::super::parse(&text, A1).expect_err(&text);
            assert!(
                error.message.contains("nested too deeply"),
                "{error}: {text}"
            );
        }
    });
}

#[test]
fn hostile_texts_are_refused_at_once() {
    on_small_stack(|| {
        let start = std::time::Instant::now();
        for piece in [
            "(", "-", "SUM(", "{", "[", "'", "\"a", "A1:", "a!", "@", "%", "é+", "[[#", "1E",
            "\u{0}",
        ] {
            for length in [60_000, 100_000, 1 << 20] {
                // An odd number of quotes leaves the last one open.
                let text = piece.repeat((length / piece.len()) | 1);
                assert!(super::super::parse(&text, A1).is_err(), "{piece}");
                assert!(super::super::parse_r1c1(&text).is_err(), "{piece}");
            }
        }
        crate::formula::tokens(&"1+".repeat(1 << 19));
        // Seconds even in a slow debug build would mean more than linear time.
        assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
    });
}
