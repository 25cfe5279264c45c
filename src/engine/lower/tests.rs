//! Gradients of small sheets against central differences by recalculation.

use crate::engine::Engine;
use crate::engine::gradient::{Slice, SliceError};
use crate::grid::{Area, Cell, Pos, Rect, SheetId};
use crate::value::Value;
use crate::workbook::{Content, DefinedName, Edit, RunKind, Template, Transaction, Workbook};

/// A sheet written as lines `A1 = 3`, `B1:B9 = =A1*2` (filled), `{C1:D2} = =MMULT(…)`
/// (an array formula) and `C1 ~ =SEQUENCE(3)` (a dynamic one); `Sheet2!A1 = 3`
/// stands on a second sheet and `rate := Sheet1!$A$1` is a name.
pub(in crate::engine) fn engine(lines: &str) -> Engine {
    let mut book = Workbook::new();
    let first = book.add_sheet("Sheet1");
    let second = book.add_sheet("Sheet2");
    let mut engine = Engine::new(book);
    let mut edits = Vec::new();
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some((name, formula)) = line.split_once(" := ") {
            edits.push(Edit::DefineName(DefinedName {
                name: name.into(),
                scope: None,
                formula: formula.into(),
                hidden: false,
            }));
            continue;
        }
        let (sheet, line) = match line.strip_prefix("Sheet2!") {
            Some(line) => (second, line),
            None => (first, line),
        };
        let (place, content, dynamic) = match line.split_once(" ~ ") {
            Some((place, content)) => (place, content, true),
            None => {
                let (place, content) = line.split_once(" = ").expect("a place and a content");
                (place, content, false)
            }
        };
        let array = place.starts_with('{');
        let area = area(sheet, place.trim_matches(['{', '}']));
        let content = match content.strip_prefix('=') {
            Some(formula) => {
                let expr = crate::formula::parse(formula, area.rect.top_left()).expect(formula);
                let template = engine
                    .workbook_mut()
                    .templates
                    .intern(Template::Formula(expr));
                let kind = match (array, dynamic) {
                    (true, _) => RunKind::Array,
                    (_, true) => RunKind::Dynamic,
                    _ => RunKind::Plain,
                };
                Content::Formula {
                    template,
                    kind,
                    values: Vec::new(),
                }
            }
            None => Content::Value(match content.parse::<f64>() {
                Ok(x) => Value::Number(x),
                Err(_) if content == "TRUE" => Value::Bool(true),
                Err(_) => Value::text(content),
            }),
        };
        edits.push(Edit::Set { area, content });
    }
    engine
        .apply(&Transaction {
            label: "test".into(),
            edits,
        })
        .expect("edits apply");
    engine.recalculate_all();
    engine
}

pub(in crate::engine) fn area(sheet: SheetId, text: &str) -> Area {
    let (a, b) = text.split_once(':').unwrap_or((text, text));
    let corner = |t: &str| Pos::parse_a1(t).expect("a cell");
    Area {
        sheet,
        rect: Rect::new(corner(a), corner(b)),
    }
}

fn slice(engine: &Engine, of: &str, wrt: &[&str]) -> Result<Slice, SliceError> {
    let sheet = engine.workbook().order()[0];
    let areas: Vec<Area> = wrt.iter().map(|text| area(sheet, text)).collect();
    Slice::new(
        engine,
        Cell {
            sheet,
            pos: Pos::parse_a1(of).expect("a cell"),
        },
        &areas,
    )
}

/// Value and gradient of a cell.
fn gradient(lines: &str, of: &str, wrt: &[&str]) -> (f64, Vec<f64>) {
    let engine = engine(lines);
    let mut slice = slice(&engine, of, wrt).unwrap_or_else(|error| panic!("{error}"));
    let x = slice.start().to_vec();
    let mut gradient = vec![0.0; x.len()];
    let value = slice.value_and_gradient(&x, &mut gradient);
    (value, gradient)
}

/// Checks every partial derivative against recalculation.
fn check(lines: &str, of: &str, wrt: &[&str]) -> Vec<f64> {
    let mut engine = engine(lines);
    let mut slice = slice(&engine, of, wrt).unwrap_or_else(|error| panic!("{error}"));
    let x = slice.start().to_vec();
    let mut gradient = vec![0.0; x.len()];
    slice.value_and_gradient(&x, &mut gradient);
    let objective = slice.objective_cell();
    for (index, cell) in slice.variables().to_vec().into_iter().enumerate() {
        let step = 1e-6 * x[index].abs().max(1.0);
        let mut at = |value: f64| {
            let area = Area {
                sheet: cell.sheet,
                rect: Rect::cell(cell.pos),
            };
            let edit = Edit::SetValues {
                area,
                values: vec![Value::Number(value)],
            };
            engine
                .apply(&Transaction {
                    label: String::new(),
                    edits: vec![edit],
                })
                .expect("set");
            match engine.value(objective) {
                Value::Number(y) => y,
                other => panic!("{other:?} with {} = {value}", cell.pos),
            }
        };
        let difference = (at(x[index] + step) - at(x[index] - step)) / (2.0 * step);
        at(x[index]);
        let error = (difference - gradient[index]).abs();
        assert!(
            error <= 1e-6 * difference.abs().max(1.0),
            "d {of} / d {}: {} by the program, {difference} by differences",
            cell.pos,
            gradient[index]
        );
    }
    gradient
}

#[test]
fn a_filled_column_of_squared_errors() {
    let lines = "
        A1 = 1
        A2 = 2
        A3 = 4
        B1 = 3
        B2 = 5
        B3 = 8
        E1 = 1.5
        E2 = 0.5
        C1:C3 = =($E$1*A1+$E$2-B1)^2
        D1 = =AVERAGE(C1:C3)";
    let gradient = check(lines, "D1", &["E1:E2"]);
    // d/dm = 2/n Σ (m x + b - y) x, d/db = 2/n Σ (m x + b - y).
    let residuals = [1.5 + 0.5 - 3.0, 3.0 + 0.5 - 5.0, 6.0 + 0.5 - 8.0];
    let slope = 2.0 / 3.0 * (residuals[0] + 2.0 * residuals[1] + 4.0 * residuals[2]);
    let offset = 2.0 / 3.0 * residuals.iter().sum::<f64>();
    assert!((gradient[0] - slope).abs() < 1e-14 && (gradient[1] - offset).abs() < 1e-14);
}

#[test]
fn the_branch_not_taken_contributes_nothing() {
    let lines = "
        A1 = 0
        B1 = =IF(A1>0,LN(A1),0)
        B2 = =IFERROR(1/A1,A1)
        B3 = =MAX(0,A1)
        B4 = =IF(A1<0,0,A1)
        B5 = =ABS(A1)";
    assert_eq!(gradient(lines, "B1", &["A1"]), (0.0, vec![0.0]));
    assert_eq!(gradient(lines, "B2", &["A1"]), (0.0, vec![1.0]));
    assert_eq!(gradient(lines, "B3", &["A1"]), (0.0, vec![0.0]));
    assert_eq!(gradient(lines, "B4", &["A1"]), (0.0, vec![1.0]));
    assert_eq!(gradient(lines, "B5", &["A1"]), (0.0, vec![0.0]));
}

#[test]
fn an_array_formula_broadcasts_and_reduces() {
    let lines = "
        A1 = 1
        B1 = 2
        A2 = 3
        B2 = 4
        D1 = 0.5
        E1 = -1
        F1 ~ =SUM(A1:B2*D1:E1)
        F2 = =SUMPRODUCT(A1:B2,A1:B2)*D1";
    assert_eq!(check(lines, "F1", &["D1:E1"]), [4.0, 6.0]);
    check(lines, "F2", &["A1:B2", "D1"]);
}

#[test]
fn a_matrix_product_in_an_array_formula() {
    let lines = "
        A1 = 1
        B1 = 2
        A2 = 3
        B2 = 4
        D1 = 0.5
        E1 = -1
        D2 = 0.25
        E2 = 2
        {G1:H2} = =MMULT(A1:B2,D1:E2)
        I1 = =SUMSQ(G1:H2)";
    check(lines, "I1", &["D1:E2", "A1:B2"]);
}

#[test]
fn subtotals_are_the_measures_that_their_numbers_stand_for() {
    let lines = "
        A1 = 1
        A2 = 3
        A3 = 2
        B1:B3 = =A1^2
        B4 = =SUBTOTAL(9,B1:B3)
        B5 = =SUBTOTAL(109,B1:B4)+SUBTOTAL(1,B1:B3)*SUBTOTAL(4,A1:A3)
        B6 = =AGGREGATE(9,4,B1:B4)+AGGREGATE(7,5,A1:A3)+AGGREGATE(12,4,A1:A3)
        B7 = =SUBTOTAL(9,A1:A2,A3)
        B8 = =AGGREGATE(9,6,A1:A3)
        C1 = =B5+B6";
    check(lines, "C1", &["A1:A3"]);
    let engine = engine(lines);
    let error = slice(&engine, "B7", &["A1:A3"]).unwrap_err();
    assert!(error.to_string().contains("several ranges"), "{error}");
    // Which values are errors would depend on the variables.
    let error = slice(&engine, "B8", &["A1:A3"]).unwrap_err();
    assert!(error.to_string().contains("which cells"), "{error}");
}

#[test]
fn sorted_columns_and_rates_have_derivatives() {
    let lines = "
        A1 = 1
        A2 = 3
        A3 = 2
        B1 = =SUMPRODUCT(SORT(A1:A3),{1;2;4})+SUMPRODUCT(SORT(A1:A3,1,-1),{1;3;9})
        C1 = -1000
        C2 = 400
        C3 = 800
        D1 = =XIRR(C1:C3,{40000;40200;40500})*2
        D2 = =RATE(36,A1-40,1000)+MIRR(C1:C3,0.1,0.05)";
    let gradient = check(lines, "B1", &["A1:A3"]);
    assert_eq!(gradient, [10.0, 5.0, 5.0]);
    check(lines, "D2", &["A1", "C1:C3"]);
    // XIRR's value is Excel's, up to 1e-8 from the rate: its derivative is the rate's.
    let (value, gradient) = self::gradient(lines, "D1", &["C1:C3"]);
    let rate = value / 2.0;
    let [t2, t3] = [200.0 / 365.0, 500.0 / 365.0];
    let worth = |rate: f64, t: f64| (1.0 + rate).powf(-t);
    let slope = -(400.0 * t2 * worth(rate, t2) + 800.0 * t3 * worth(rate, t3)) / (1.0 + rate);
    for (got, t) in gradient.iter().zip([0.0, t2, t3]) {
        let expected = -2.0 * worth(rate, t) / slope;
        assert!((got - expected).abs() < 1e-9, "{got}, not {expected}");
    }
}

#[test]
fn embeddings_are_looked_up_with_offset_index_and_vlookup() {
    let lines = "
        A1 = 1
        A2 = 2
        A3 = 1
        E1 = 0.1
        F1 = 0.2
        E2 = 0.3
        F2 = 0.4
        D1 = 1
        D2 = 2
        B1:B3 = =SUMPRODUCT(OFFSET($E$1,A1-1,0,1,2),OFFSET($E$1,A1-1,0,1,2))
        C1:C3 = =INDEX($E$1:$F$2,A1,2)*VLOOKUP(A1,$D$1:$F$2,2,FALSE)
        G1 = =SUM(B1:C3)";
    check(lines, "G1", &["E1:F2"]);
}

#[test]
fn a_running_total_is_a_scan() {
    let mut lines = String::from("E1 = 0.9\nE2 = 2\nB1 = =E2\n");
    for row in 2..=40 {
        lines += &format!("A{row} = {}\n", f64::from(row) / 10.0);
    }
    lines += "B2:B40 = =B1*$E$1+A2\nC1 = =B40^2";
    check(&lines, "C1", &["E1:E2", "A2:A9"]);
}

#[test]
fn a_loan_table_steps_through_several_columns() {
    let mut lines = String::from("A1 = 0.01\nA2 = 1000\nA3 = 40\nE1 = =A2\n");
    // Interest, repayment and balance of each month.
    lines += "C2:C31 = =E1*$A$1\nD2:D31 = =$A$3-C2\nE2:E31 = =E1-D2\nF1 = =E31+SUM(C2:C31)";
    check(&lines, "F1", &["A1:A3"]);
}

#[test]
fn a_recurrence_over_vectors_has_its_gradient() {
    let mut lines = String::from("A1 = 0.5\nB1 = -0.2\nE1 = 0.3\nF1 = 0.1\nE2 = -0.4\nF2 = 0.2\n");
    // h(t) = tanh(h(t-1) W), two units wide.
    lines += "A2:B30 = =TANH($A1*E$1+$B1*E$2+0.1)\nH1 = =A30+2*B30";
    check(&lines, "H1", &["A1:B1", "E1:F2"]);
}

#[test]
fn a_run_that_is_filled_right_goes_column_by_column() {
    let lines = "A1 = 1\nA2 = 2\nE9 = 1.1\nB1:D2 = =A1*$E$9+1\nF1 = =SUM(D1:D2)";
    check(lines, "F1", &["E9", "A1:A2"]);
}

#[test]
fn let_and_lambda_are_inlined() {
    let lines = "
        A1 = 2
        A2 = 3
        B1 ~ =LET(x,A1,y,x*A2,y^2+x)
        B2 ~ =LAMBDA(a,b,a*b+a)(A1,A2)
        B3 ~ =SUM(MAP(A1:A2,LAMBDA(v,v^2)))
        B4 ~ =REDUCE(1,A1:A2,LAMBDA(acc,v,acc*v))
        B5 ~ =SUM(BYROW(A1:A2,LAMBDA(r,SUM(r)^3)))
        B6 ~ =SUM(MAKEARRAY(2,2,LAMBDA(r,c,r*A1+c*A2)))
        B7 = =SUM(B1:B6)";
    check(lines, "B7", &["A1:A2"]);
}

#[test]
fn sums_under_conditions_and_growing_ranges() {
    let lines = "
        A1 = x
        A2 = y
        A3 = x
        B1 = 1
        B2 = 2
        B3 = 3
        C1 = =SUMIF(A1:A3,\"x\",B1:B3)^2
        D1:D3 = =SUM(B$1:B1)*SUMIFS($B$1:$B$3,$A$1:$A$3,A1)
        C2 = =C1+SUM(D1:D3)";
    check(lines, "C2", &["B1:B3"]);
}

#[test]
fn softmax_with_cross_entropy() {
    let lines = "
        A1 = 0.5
        B1 = -1
        C1 = 0.2
        A2:C2 = =EXP(A1-MAX($A$1:$C$1))
        A3:C3 = =A2/SUM($A$2:$C$2)
        A4 = 0
        B4 = 0
        C4 = 1
        A5:C5 = =-A4*LN(A3)
        D1 = =SUM(A5:C5)";
    let gradient = check(lines, "D1", &["A1:C1"]);
    // Softmax less the truth.
    assert!(gradient.iter().sum::<f64>().abs() < 1e-15);
}

#[test]
fn text_and_blanks_are_skipped_by_sums_but_not_by_arithmetic() {
    let lines = "
        A1 = 1
        A2 = none
        A3 = 3
        E1 = 2
        B1:B4 = =IF(A1=\"none\",\"\",A1*$E$1)
        C1 = =SUM(B1:B4)+COUNT(B1:B4)*E1";
    assert_eq!(check(lines, "C1", &["E1"]), [4.0 + 3.0]);
}

#[test]
fn what_cannot_be_differentiated_says_where_and_why() {
    let reason = |lines: &str, of: &str, wrt: &[&str]| {
        slice(&engine(lines), of, wrt)
            .expect_err("a refusal")
            .to_string()
    };
    let text = reason("A1 = 1\nB1 = =LEN(A1&\"x\")*A1", "B1", &["A1"]);
    assert!(
        text.starts_with("Sheet1!B1: ") && text.contains("LEN"),
        "{text}"
    );
    let text = reason("A1 = 1\nB1 = =MATCH(A1,A1:A1,0)+A1", "B1", &["A1"]);
    assert!(text.contains("MATCH"), "{text}");
    let text = reason("A1 = 1\nB1 = =1/0\nC1 = =A1+B1", "C1", &["A1"]);
    assert!(text.contains("#DIV/0!") && text.contains("B1"), "{text}");
    assert!(reason("A1 = 1\nB1 = =2", "B1", &["A1"]).contains("does not depend"));
    assert!(reason("A1 = 1\nB1 = =A1", "B1", &["B1"]).contains("holds the formula"));
    assert!(reason("A1 = x\nB1 = =N(A1)", "B1", &["A1"]).contains("text"));
    assert!(reason("A1 = 1\nB1 = =A1&\"\"", "B1", &["A1"]).contains("text"));
}

/// What a comparison of one derivative with differences came to.
enum Seen {
    Agrees,
    /// The differences themselves disagree: a jump or a kink is near, or the
    /// numbers left the function's domain.
    Rough,
    Differs(String),
}

/// One partial derivative of `Z1` against central differences of two widths.
fn compare(engine: &mut Engine, slice: &Slice, gradient: &[f64], index: usize) -> Seen {
    let cell = slice.variables()[index];
    let x = slice.start()[index];
    let mut at = |value: f64| {
        let area = Area {
            sheet: cell.sheet,
            rect: Rect::cell(cell.pos),
        };
        let edit = Edit::SetValues {
            area,
            values: vec![Value::Number(value)],
        };
        let transaction = Transaction {
            label: String::new(),
            edits: vec![edit],
        };
        engine.apply(&transaction).expect("a number is entered");
        match engine.value(slice.objective_cell()) {
            Value::Number(y) => y,
            _ => f64::NAN,
        }
    };
    let mut slope = |step: f64| (at(x + step) - at(x - step)) / (2.0 * step);
    let width = 1e-5 * x.abs().max(0.1);
    let (wide, narrow) = (slope(width), slope(width / 4.0));
    at(x);
    let scale = wide.abs().max(narrow.abs()).max(1.0);
    let exact = gradient[index];
    if (wide - exact).abs().min((narrow - exact).abs()) <= 1e-5 * scale {
        Seen::Agrees
    } else if (wide - narrow).abs() <= 1e-4 * scale {
        Seen::Differs(format!(
            "{}: {exact} by the program, {narrow} by differences",
            cell.pos
        ))
    } else {
        Seen::Rough
    }
}

/// Every function with a derivative rule, through parser, binding and
/// lowering, at random numbers around those of its examples.
#[test]
fn every_function_agrees_with_recalculation_at_random_arguments() {
    use proptest::strategy::{Strategy, ValueTree};
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let (mut agree, mut rough) = (0, 0);
    let mut functions = std::collections::BTreeSet::new();
    for function in crate::functions::all().filter(|f| f.lower.is_some()) {
        for example in function.examples {
            let cells: Vec<&str> = example.cells.iter().map(|(cell, _)| *cell).collect();
            for _ in 0..6 {
                let mut lines = String::new();
                for (cell, x) in example.cells {
                    // Whole numbers may have to stay whole: digits, periods, places.
                    let factor = match x.fract() == 0.0 {
                        true => 1.0,
                        false => (0.8f64..1.25)
                            .new_tree(&mut runner)
                            .expect("a number")
                            .current(),
                    };
                    lines += &format!("{cell} = {:?}\n", x * factor);
                }
                lines += &format!("Z1 ~ =SUM({})", example.formula);
                let mut engine = engine(&lines);
                for cell in &cells {
                    // Arguments that must not vary are refused one by one.
                    let Ok(mut slice) = slice(&engine, "Z1", &[cell]) else {
                        continue;
                    };
                    let start = slice.start().to_vec();
                    let mut gradient = [0.0];
                    slice.value_and_gradient(&start, &mut gradient);
                    match compare(&mut engine, &slice, &gradient, 0) {
                        Seen::Agrees => agree += 1,
                        Seen::Rough => rough += 1,
                        Seen::Differs(how) => panic!("{}\n{lines}\n{how}", function.name),
                    }
                    functions.insert(function.name);
                }
            }
        }
    }
    assert!(
        functions.len() > 150,
        "only {} functions were seen",
        functions.len()
    );
    assert!(
        rough * 20 < agree,
        "{rough} comparisons were rough, {agree} agreed"
    );
}

/// What a filled formula of one cell has but once: criteria, keys and places
/// that are arrays.
#[test]
fn arrays_of_criteria_keys_and_places_give_an_element_each() {
    let sheet = |formula: &str, values: [f64; 4]| {
        let mut lines = String::new();
        for (row, value) in (1..).zip(values) {
            lines += &format!(
                "A{row} = {value}\nD{row} = {row}\nF{row} = {}\n",
                4 - row % 3
            );
        }
        lines + &format!("{{H1}} = ={formula}")
    };
    for formula in [
        "SUM(SUMIF(D1:D4,{1;3},A1:A4)*{2;5})",
        "SUM(SUMIFS(A1:A4,D1:D4,{\">1\",\">2\"},F1:F4,{2;3;4}))",
        "SUM(AVERAGEIF(D1:D4,{\">1\",\">2\"},A1:A4)^2)",
        "SUMPRODUCT(SUMIF(D1:D4,D1:D4,A1:A4)*F1:F4)",
        "SUMPRODUCT(MAXIFS(A1:A4,D1:D4,\"<\"&F1:F4))",
        "SUM(INDEX(A1:A4,{1;3;2})*{1;2;3})",
        "SUM(INDEX(A1:A4*2,{1,3,2})^2)",
        "SUM(XLOOKUP({1;3},D1:D4,A1:A4)^2)",
        "SUM(LOOKUP({1;3;3},D1:D4,A1:A4)^2)",
        "SUM(FILTER(A1:A4,F1:F4>2)^2)",
        "SUM(LARGE(A1:A4,{1;2})*{1;3})",
        "REDUCE(0,D1:D4,LAMBDA(a,k,a*0.5+INDEX(A1:A4,k)))",
        "SUM(MAP(D1:D4,LAMBDA(k,SUMIF(D1:D4,k,A1:A4)^2)))",
        "SUM(SCAN(0,D1:D4,LAMBDA(a,k,a+k*INDEX(A1:A4,k))))",
        "SUM(BYROW(D1:F4,LAMBDA(r,INDEX(A1:A4,INDEX(r,1))*INDEX(r,3))))",
        "LET(r,A1:A4,k,{1;4},SUM(INDEX(r,3),INDEX(r,k)))",
    ] {
        for values in [[0.0; 4], [0.4, 0.1, -0.7, 0.9]] {
            // At 0 the greatest of several is a kink.
            if values[0] == 0.0 && (formula.contains("LARGE") || formula.contains("MAX")) {
                continue;
            }
            eprintln!("{formula} at {values:?}");
            check(&sheet(formula, values), "H1", &["A1:A4"]);
        }
    }
    for (formula, part) in [
        ("SUM(SUBTOTAL({9;1},A1:A4))", "more than one measure"),
        (
            "SUM(MAP(A1:A4,LAMBDA(k,INDEX(A1:A4,k+1))))",
            "depends on the variables",
        ),
        ("SUM(INDEX(A1:A4,0,{1;1}))", "elements within it only"),
    ] {
        let engine = engine(&sheet(formula, [0.0; 4]));
        let error = slice(&engine, "H1", &["A1:A4"])
            .err()
            .map(|e| e.to_string());
        let told = error.as_ref().is_some_and(|error| error.contains(part));
        assert!(told, "{formula}: {error:?}");
    }
}
