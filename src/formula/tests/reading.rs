//! Formulas as people and files write them.

use super::super::{Axis, BinaryOp, PostfixOp, PrefixOp, RefShape, Reference, SheetPrefix};
use super::*;
use crate::value::ErrorKind;

/// The tree with parentheses around every operation.
fn shape(expr: &Expr) -> String {
    match expr {
        Expr::Binary(left, op, right) => {
            format!("({}{}{})", shape(left), op.symbol(), shape(right))
        }
        Expr::Prefix(op, inner) => {
            let sign = match op {
                PrefixOp::Plus => "+",
                PrefixOp::Minus => "-",
                PrefixOp::Intersect => "@",
            };
            format!("({sign}{})", shape(inner))
        }
        Expr::Postfix(inner, PostfixOp::Percent) => format!("({}%)", shape(inner)),
        Expr::Postfix(inner, PostfixOp::Spill) => format!("({}#)", shape(inner)),
        Expr::Group(inner) => format!("[{}]", shape(inner)),
        Expr::Call { function, args } => {
            let args: Vec<_> = args.iter().map(shape).collect();
            format!("{}({})", function.0, args.join(","))
        }
        Expr::Apply { callee, args } => {
            let args: Vec<_> = args.iter().map(shape).collect();
            format!("<{}>({})", shape(callee), args.join(","))
        }
        other => people(other),
    }
}

#[test]
fn operators_bind_as_excels() {
    for (text, expected) in [
        ("-2^2", "((-2)^2)"),
        ("2^-2", "(2^(-2))"),
        ("2^3^2", "((2^3)^2)"),
        ("2^-3^2", "((2^(-3))^2)"),
        ("-2%", "(-(2%))"),
        ("50%%", "((50%)%)"),
        ("2^50%", "(2^(50%))"),
        ("--A1", "(-(-A1))"),
        ("1-2-3", "((1-2)-3)"),
        ("1+2*3", "(1+(2*3))"),
        ("1+2&3+4", "((1+2)&(3+4))"),
        ("1&2=3&4", "((1&2)=(3&4))"),
        ("1<2=TRUE", "((1<2)=TRUE)"),
        ("1<>2", "(1<>2)"),
        ("6/2*3", "((6/2)*3)"),
        ("-A1:B2%", "(-(A1:B2%))"),
        ("A1:B2 B1:C3", "(A1:B2 B1:C3)"),
        ("(A1:B2 B1:C3,D4)", "[((A1:B2 B1:C3),D4)]"),
        ("A1,B1 C1", "(A1,(B1 C1))"),
        ("A1:B2:C3", "(A1:B2:C3)"),
        ("A1:INDEX(B:B,3)", "(A1:INDEX(B:B,3))"),
        ("A1:OFFSET(A1,1,1):C9", "((A1:OFFSET(A1,1,1)):C9)"),
        ("@A1:A9", "(@A1:A9)"),
        ("-@A1:A9%", "(-((@A1:A9)%))"),
        ("A1#:B2", "((A1#):B2)"),
        ("A1:B2#", "(A1:(B2#))"),
        ("SUM(A1#)", "SUM((A1#))"),
        ("A1:(B1:C1)", "(A1:[B1:C1])"),
        ("A1:@B1", "(A1:[(@B1)])"),
        ("x:A1:B2", "((x:A1):B2)"),
        ("x_1:a:b", "((x_1:a):b)"),
        ("A:A:C:C", "(A:A:[C:C])"),
        ("1:1:2:2:$4:5", "((1:1:[2:2]):[$4:5])"),
        ("A:A:C3:D4", "((A:A:C3):D4)"),
        ("LAMBDA(x,x+1)(2)", "<LAMBDA(x,(x+1))>(2)"),
        ("f(1)(2)", "<F(1)>(2)"),
        ("_xlfn.SINGLE(A1+B1)", "(@[(A1+B1)])"),
        ("_xlfn.SINGLE(A1):B2", "([(@A1)]:B2)"),
        ("_xlfn.SINGLE((A1,B1))", "(@[(A1,B1)])"),
        ("_xlfn.ANCHORARRAY(A1:B2)", "([A1:B2]#)"),
        ("_xlfn.ANCHORARRAY($A$1)+1", "(($A$1#)+1)"),
    ] {
        assert_eq!(shape(&parse(text)), expected, "{text}");
    }
}

/// Text, how people read it, how files have it.
const FORMULAS: &[(&str, &str, &str)] = &[
    ("1.5E+3", "1500", "1500"),
    (".5+1.", "0.5+1", "0.5+1"),
    ("1e300", "1E+300", "1E+300"),
    ("1E-12", "1E-12", "1E-12"),
    (r#""say ""hi""""#, r#""say ""hi""""#, r#""say ""hi""""#),
    ("true", "TRUE", "TRUE"),
    ("True()", "TRUE()", "TRUE()"),
    ("#n/a", "#N/A", "#N/A"),
    ("sum(a1,,b2)", "SUM(A1,,B2)", "SUM(A1,,B2)"),
    ("IF(A1,)", "IF(A1,)", "IF(A1,)"),
    ("NORM(,,)", "NORM(,,)", "NORM(,,)"),
    ("PI()", "PI()", "PI()"),
    (
        " SUM ( A1 : B2 ,\n 3 ) ",
        " SUM( A1:B2 ,\n 3 )",
        " SUM( A1:B2 ,\n 3 )",
    ),
    ("$A$1:B$2", "$A$1:B$2", "$A$1:B$2"),
    ("B2:A1", "B2:A1", "B2:A1"),
    ("A:$C", "A:$C", "A:$C"),
    ("$1:3", "$1:3", "$1:3"),
    ("SUM(1:1 A:A)", "SUM(1:1 A:A)", "SUM(1:1 A:A)"),
    ("LOG10(TAX2020)", "LOG10(TAX2020)", "LOG10(TAX2020)"),
    ("LOG10", "LOG10", "LOG10"),
    ("XFE1+A1048577", "XFE1+A1048577", "XFE1+A1048577"),
    (r"\x.y?z_1", r"\x.y?z_1", r"\x.y?z_1"),
    ("Größe*2", "Größe*2", "Größe*2"),
    ("Sheet1!A1", "Sheet1!A1", "Sheet1!A1"),
    ("'Sheet1'!A1", "Sheet1!A1", "Sheet1!A1"),
    ("'it''s'!A1:B2", "'it''s'!A1:B2", "'it''s'!A1:B2"),
    ("'Q1 2020'!$B$1", "'Q1 2020'!$B$1", "'Q1 2020'!$B$1"),
    ("'A1'!A1", "'A1'!A1", "'A1'!A1"),
    ("Sheet1!A1:Sheet1!B2", "Sheet1!A1:B2", "Sheet1!A1:B2"),
    (
        "Sheet1!A1:Sheet2!B2",
        "Sheet1!A1:Sheet2!B2",
        "Sheet1!A1:Sheet2!B2",
    ),
    ("Sheet1!A:A", "Sheet1!A:A", "Sheet1!A:A"),
    ("Sheet1!2:3", "Sheet1!2:3", "Sheet1!2:3"),
    ("Sheet1!name", "Sheet1!name", "Sheet1!name"),
    ("Sheet1:Sheet3!A1", "Sheet1:Sheet3!A1", "Sheet1:Sheet3!A1"),
    (
        "'First sheet:Last'!A1",
        "'First sheet:Last'!A1",
        "'First sheet:Last'!A1",
    ),
    ("[1]Sheet1!A1", "[1]Sheet1!A1", "[1]Sheet1!A1"),
    ("[1]One:Two!A1", "[1]One:Two!A1", "[1]One:Two!A1"),
    (
        "'[Book 1.xlsx]Sheet 1'!A1",
        "'[Book 1.xlsx]Sheet 1'!A1",
        "'[Book 1.xlsx]Sheet 1'!A1",
    ),
    (
        r"'C:\data\[Book.xlsx]Sheet1'!A1",
        r"'C:\data\[Book.xlsx]Sheet1'!A1",
        r"'C:\data\[Book.xlsx]Sheet1'!A1",
    ),
    ("[1]!name", "[1]!name", "[1]!name"),
    ("[1]!fn(2)", "[1]!fn(2)", "[1]!fn(2)"),
    ("Sheet1!#REF!", "#REF!", "#REF!"),
    ("#REF!A1:B2+1", "#REF!+1", "#REF!+1"),
    ("SUM(#REF!)", "SUM(#REF!)", "SUM(#REF!)"),
    ("SUM((A1,B1),C1)", "SUM((A1,B1),C1)", "SUM((A1,B1),C1)"),
    (
        "Sheet1!$A:$A,Sheet1!$1:$1",
        "Sheet1!$A:$A,Sheet1!$1:$1",
        "Sheet1!$A:$A,Sheet1!$1:$1",
    ),
    (
        "{1,-2;\"a\",TRUE}",
        "{1,-2;\"a\",TRUE}",
        "{1,-2;\"a\",TRUE}",
    ),
    ("{ #N/A ; +1.5 }", "{ #N/A ;1.5 }", "{ #N/A ;1.5 }"),
    ("Table1[Col]", "Table1[Col]", "Table1[Col]"),
    (
        "Table1[[#This Row],[A]:[B]]",
        "Table1[@[A]:[B]]",
        "Table1[[#This Row],[A]:[B]]",
    ),
    (
        "T[@x]*T[@[a b]]",
        "T[@x]*T[@[a b]]",
        "T[[#This Row],[x]]*T[[#This Row],[a b]]",
    ),
    ("T[#This Row]", "T[@]", "T[#This Row]"),
    ("[@Age]/2", "[@Age]/2", "[[#This Row],[Age]]/2"),
    ("SUM(A1#)", "SUM(A1#)", "SUM(_xlfn.ANCHORARRAY(A1))"),
    ("@A1:A9", "@A1:A9", "_xlfn.SINGLE(A1:A9)"),
    ("(A1+1)#", "(A1+1)#", "_xlfn.ANCHORARRAY(A1+1)"),
    (
        "_xlfn.XLOOKUP(A1,B:B,C:C)",
        "XLOOKUP(A1,B:B,C:C)",
        "_xlfn.XLOOKUP(A1,B:B,C:C)",
    ),
    (
        "FILTER(A1:A9,B1:B9)",
        "FILTER(A1:A9,B1:B9)",
        "_xlfn._xlws.FILTER(A1:A9,B1:B9)",
    ),
    (
        "_xlfn._xlws.SORT(A1:A9)",
        "SORT(A1:A9)",
        "_xlfn._xlws.SORT(A1:A9)",
    ),
    ("grad(A1,B1)", "GRAD(A1,B1)", "_xludf.GRAD(A1,B1)"),
    ("MyFunc(1)", "MyFunc(1)", "MyFunc(1)"),
    ("_xlfn.NEWER(1)", "_xlfn.NEWER(1)", "_xlfn.NEWER(1)"),
    (
        "_xlfn.LET(_xlpm.x,A1,_xlpm.y,_xlpm.x+x1,_xlpm.x*_xlpm.y+z)",
        "LET(x,A1,y,x+X1,x*y+z)",
        "_xlfn.LET(_xlpm.x,A1,_xlpm.y,_xlpm.x+X1,_xlpm.x*_xlpm.y+z)",
    ),
    (
        "LET(f,LAMBDA(a,[b],IF(ISOMITTED(b),a,f(b))),F(2))+f",
        "LET(f,LAMBDA(a,[b],IF(ISOMITTED(b),a,f(b))),F(2))+f",
        "_xlfn.LET(_xlpm.f,_xlfn.LAMBDA(_xlpm.a,_xlop.b,IF(_xlfn.ISOMITTED(_xlpm.b),_xlpm.a,f(_xlpm.b))),_xlpm.F(2))+f",
    ),
    (
        "BYROW(A1:C3,SUM)",
        "BYROW(A1:C3,SUM)",
        "_xlfn.BYROW(A1:C3,_xleta.SUM)",
    ),
    (
        "_xlfn.BYROW(A1:C3,_xleta.SUM)",
        "BYROW(A1:C3,SUM)",
        "_xlfn.BYROW(A1:C3,_xleta.SUM)",
    ),
    ("A1&\" \"&B1", "A1&\" \"&B1", "A1&\" \"&B1"),
    ("A1<=B1", "A1<=B1", "A1<=B1"),
];

#[test]
fn formulas_print_as_people_and_as_files_write_them() {
    for &(text, as_people, as_file) in FORMULAS {
        let expr = parse(text);
        assert_eq!(people(&expr), as_people, "{text}");
        assert_eq!(parse(as_people), expr, "{as_people}");
        assert_eq!(file(&expr), as_file, "{text}");
        assert_eq!(parse(as_file), expr, "{as_file}");
    }
}

#[test]
fn a_range_between_parameters_is_not_taken_for_columns() {
    let text = "_xlfn.LET(_xlpm.a,A1,_xlpm.b,B9,SUM(_xlpm.a:_xlpm.b))";
    let expr = parse(text);
    assert_eq!(file(&expr), text);
    assert_eq!(people(&expr), "LET(a,A1,b,B9,SUM((a):b))");
    for text in [
        "_xlpm.a:C",
        "_xlpm.a:C:x",
        "(a):C",
        "((a)):C",
        "(a):(C)",
        "(x):C",
    ] {
        let expr = parse(text);
        for printed in [people(&expr), file(&expr)] {
            assert_eq!(parse(&printed), expr, "{text} as {printed}");
        }
    }
}

#[test]
fn two_plain_corners_are_one_reference() {
    let at = Pos::new(4, 2);
    let Ok(Expr::Reference(ref reference)) = super::super::parse("'a b'!$A1:C$9", at) else {
        panic!("not one reference");
    };
    assert_eq!(reference.prefix, Some(SheetPrefix::Sheet("a b".into())));
    let RefShape::Range(a, b) = reference.shape else {
        panic!("not a range");
    };
    assert_eq!((a.col, a.row), (Axis::Absolute(0), Axis::Relative(-4)));
    assert_eq!((b.col, b.row), (Axis::Relative(0), Axis::Absolute(8)));
    for text in [
        "A1:INDEX(A1,1)",
        "A1:LOG10(2)",
        "A1:Sheet2!B2",
        "A1:x",
        "x:A1",
        "A1:B2#",
    ] {
        let expr = parse(text);
        assert!(
            matches!(expr, Expr::Binary(_, BinaryOp::Range, _)),
            "{text}"
        );
    }
}

#[test]
fn external_books_and_spans_are_told_apart() {
    let prefix = |text: &str| match &parse(text) {
        Expr::Reference(Reference {
            prefix: Some(prefix),
            ..
        })
        | Expr::Name {
            prefix: Some(prefix),
            ..
        } => prefix.clone(),
        other => panic!("{text} was read as {other:?}"),
    };
    let external = |book: &str, sheet: Option<&str>| SheetPrefix::External {
        book: book.into(),
        sheet: sheet.map(Into::into),
    };
    let span = |first: &str, last: &str| SheetPrefix::Span(first.into(), last.into());
    assert_eq!(prefix("[2]Data!A1"), external("2", Some("Data")));
    assert_eq!(prefix("[2]!rate"), external("2", None));
    assert_eq!(
        prefix("'[B 1.xlsx]S''s'!A1"),
        external("B 1.xlsx", Some("S's"))
    );
    assert_eq!(
        prefix(r"'C:\a b\[B.xlsx]S'!A1"),
        external(r"C:\a b\[B.xlsx]", Some("S"))
    );
    assert_eq!(prefix("Jan:Dec!A1:B2"), span("Jan", "Dec"));
    assert_eq!(prefix("'Jan 1:Dec'!A1"), span("Jan 1", "Dec"));
}

#[test]
fn r1c1_notation_reads_and_prints_relative_places() {
    for (text, a1) in [
        ("R1C1", "$A$1"),
        ("R[-1]C", "C4"),
        ("RC[1]*r2c[-2]", "D5*A$2"),
        ("SUM(R[1]C:R[3]C)", "SUM(C6:C8)"),
        ("R", "5:5"),
        ("C[1]:C4", "D:$D"),
        ("R1", "$1:$1"),
        ("Sheet1!R[1]C1+name", "Sheet1!$A6+name"),
        ("R[1]C:INDEX(C,2)", "C6:INDEX(C:C,2)"),
        ("RC2x+A1", "RC2x+A1"),
        ("R1C1#", "$A$1#"),
    ] {
        let expr = super::super::parse_r1c1(text).unwrap();
        let at = Pos::new(4, 2);
        let printed = super::super::print(&expr, at, PEOPLE);
        assert_eq!(printed, a1, "{text}");
        let again = super::super::print_r1c1(&expr, PEOPLE);
        assert_eq!(
            again,
            text.to_uppercase()
                .replace("SHEET", "Sheet")
                .replace("NAME", "name")
                .replace("RC2X", "RC2x")
        );
    }
    assert!(super::super::parse_r1c1("R0C1").is_ok_and(|expr| matches!(expr, Expr::Name { .. })));
}

#[test]
fn relative_references_wrap_around_the_sheet_when_printed() {
    let above = super::super::parse_r1c1("R[-1]C[-1]").unwrap();
    assert_eq!(people(&above), "XFD1048576");
}

#[test]
fn refusals_point_at_the_character_and_say_what_was_expected() {
    for (text, at, message) in [
        (
            "",
            0,
            "expected a value, a reference or a function, but the formula ends",
        ),
        (
            "1+",
            2,
            "expected a value, a reference or a function, but the formula ends",
        ),
        ("1 2", 2, "expected an operator or the end, found `2`"),
        ("A1 2", 3, "expected a reference"),
        (
            "ä+)",
            2,
            "expected a value, a reference or a function, found `)`",
        ),
        (
            "SUM(1;2)",
            5,
            "expected an operator, `,` or `)` to close the parenthesis at character 4, found `;`",
        ),
        (
            "(1",
            2,
            "expected an operator or `)` to close the parenthesis at character 1, but the formula ends",
        ),
        (
            "(1,2)",
            2,
            "expected an operator or `)` to close the parenthesis at character 1, found `,`",
        ),
        (
            "1+\"abc",
            2,
            "expected `\"` to end the text that begins here",
        ),
        (
            "1+'abc",
            2,
            "expected `'` to end the sheet's name that begins here",
        ),
        (
            "1+[a",
            2,
            "expected `]` to close the bracket that begins here",
        ),
        (
            "T[a",
            1,
            "expected `]` to close the bracket that begins here",
        ),
        ("'abc'+1", 5, "expected `!` after the sheet's name"),
        ("''!A1", 0, "expected a sheet's name between the quotes"),
        (
            "{1,2;3}",
            6,
            "expected 2 values in each row of the array, as in its first, found 1",
        ),
        (
            "{A1}",
            1,
            "expected a number, text, TRUE, FALSE or an error in the array, found `A1`",
        ),
        (
            "{}",
            1,
            "expected a number, text, TRUE, FALSE or an error in the array, found `}`",
        ),
        (
            "{-\"a\"}",
            2,
            "expected a number after the sign, found `\"a\"`",
        ),
        (
            "{1",
            2,
            "expected `,`, `;` or `}` in the array, but the formula ends",
        ),
        ("1E999", 0, "expected a number below 1E+308"),
        (
            "T[[#Foo],[a]]",
            3,
            "expected #All, #Data, #Headers, #Totals or #This Row",
        ),
        ("A1:-B1", 3, "expected a reference, found `-`"),
        ("@1", 1, "expected a reference after `@`"),
        ("A1:1.5", 3, "expected a reference"),
        (
            "$A",
            0,
            "expected a reference, a name or a function, found `$A`",
        ),
        (
            "Sheet1!(A1)",
            7,
            "expected a reference or a name after `!`, found `(`",
        ),
        (
            "1~2",
            1,
            "expected an operator or the end, found '~', which has no place in a formula",
        ),
        ("1..2", 2, "expected an operator or the end, found `.2`"),
    ] {
        let error = refusal(text);
        assert_eq!(error.at, at, "{text}: {error}");
        assert_eq!(error.message, message, "{text}");
    }
    assert_eq!(
        refusal("1+").to_string(),
        "expected a value, a reference or a function, but the formula ends at character 3"
    );
}

#[test]
fn an_error_value_within_a_reference_is_that_error() {
    for text in [
        "Sheet1!#REF!",
        "'a b'!#REF!",
        "[1]S!#REF!",
        "#REF!A1",
        "#REF!#REF!",
        "T[#REF!]",
        "T[[#This Row],[#REF!]]",
        "T[[a]:[#ref!]]",
        "#REF!$A:$B",
    ] {
        assert_eq!(parse(text), Expr::Error(ErrorKind::Ref), "{text}");
    }
}

#[test]
fn function_names_compare_without_prefix_and_case() {
    assert_eq!(parse("_xlfn.XLOOKUP(A1)"), parse("xlookup(A1)"));
    assert_ne!(parse("SUM(A1)"), parse("MAX(A1)"));
}
