//! Slices against the sheet's own recalculation, at several points.

use super::tests::{area, engine};
use crate::engine::Engine;
use crate::engine::gradient::{Slice, SliceError};
use crate::grid::{Area, Cell, Pos, Rect};
use crate::value::Value;
use crate::workbook::{Edit, Transaction};

/// A stream of random numbers (a linear congruential generator, its upper bits).
pub(super) struct Rng(pub u64);

impl Rng {
    pub fn below(&mut self, n: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % n
    }

    /// Between -1 and 1.
    pub fn unit(&mut self) -> f64 {
        self.below(1 << 30) as f64 / f64::from(1 << 29) - 1.0
    }
}

/// What comparing a slice with recalculation found.
#[derive(Debug)]
pub(super) enum Found {
    Agrees,
    /// Why there is no slice.
    None(SliceError),
    /// What differs.
    Differs(String),
}

fn recalculated(engine: &mut Engine, cells: &[Cell], x: &[f64], objective: Cell) -> Option<f64> {
    let edits = cells
        .iter()
        .zip(x)
        .map(|(cell, &value)| Edit::SetValues {
            area: Area {
                sheet: cell.sheet,
                rect: Rect::cell(cell.pos),
            },
            values: vec![Value::Number(value)],
        })
        .collect();
    engine
        .apply(&Transaction::new("Move the variables", edits))
        .expect("variables can be set");
    match engine.value(objective) {
        Value::Number(y) => Some(y),
        Value::Bool(y) => Some(f64::from(u8::from(y))),
        _ => None,
    }
}

fn close(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance * a.abs().max(b.abs()).max(1.0)
}

/// Compares value and gradient at the start and at points around it.
pub(super) fn compare(lines: &str, of: &str, wrt: &[&str]) -> Found {
    let mut engine = engine(lines);
    let sheet = engine.workbook().order()[0];
    let areas: Vec<Area> = wrt.iter().map(|text| area(sheet, text)).collect();
    let objective = Cell {
        sheet,
        pos: Pos::parse_a1(of).expect("a cell"),
    };
    let mut slice = match Slice::new(&engine, objective, &areas) {
        Ok(slice) => slice,
        Err(error) => return Found::None(error),
    };
    let start = slice.start().to_vec();
    let cells = slice.variables().to_vec();
    let mut rng = Rng(7);
    for point in 0..6 {
        let mut x = start.clone();
        for x in &mut x {
            let size = [0.0, 1e-2, 0.3, 1.0, 2.0, 3.0][point];
            *x += size * rng.unit();
        }
        let sheets = recalculated(&mut engine, &cells, &x, objective);
        let ours = slice.value(&x);
        let Some(sheets) = sheets else {
            if ours.is_finite() {
                return Found::Differs(format!(
                    "at {x:?} the sheet shows {:?}, the program {ours}",
                    engine.value(objective)
                ));
            }
            continue;
        };
        if !close(ours, sheets, 1e-9) {
            return Found::Differs(format!(
                "at {x:?} the sheet gives {sheets}, the program {ours}"
            ));
        }
        let mut gradient = vec![0.0; x.len()];
        slice.value_and_gradient(&x, &mut gradient);
        for i in 0..x.len() {
            let mut difference = |h: f64| {
                let mut at = |to: f64| {
                    let mut moved = x.clone();
                    moved[i] = to;
                    recalculated(&mut engine, &cells, &moved, objective).unwrap_or(f64::NAN)
                };
                [(at(x[i] + h) - sheets) / h, (sheets - at(x[i] - h)) / h]
            };
            let [above, below] = difference(1e-5);
            // A kink, a jump or an edge of the domain nearby.
            if !close(above, below, 1e-2) {
                continue;
            }
            let central = above / 2.0 + below / 2.0;
            let slack = 1e-10 * sheets.abs() / 1e-5 + 1e-5 * (above - below).abs();
            if !close(gradient[i], central, 1e-5) && (gradient[i] - central).abs() > slack
                || !gradient[i].is_finite()
            {
                return Found::Differs(format!(
                    "at {x:?} the derivative by {} is {central} by differences, {} by the program",
                    cells[i].pos, gradient[i]
                ));
            }
        }
    }
    Found::Agrees
}

/// Compares sheets written as `objective / variables: line; line; …`, one a
/// line of `sheets`.
fn all_agree(sheets: &str) {
    for sheet in sheets.lines().map(str::trim).filter(|s| !s.is_empty()) {
        let found = compare_line(sheet);
        match found {
            Found::Agrees => {}
            Found::Differs(how) => panic!("{sheet}\n{how}"),
            other => panic!("{sheet}\n{other:?}"),
        }
    }
}

fn compare_line(sheet: &str) -> Found {
    let (cells, lines) = sheet.split_once(": ").expect("cells, then lines");
    let (of, wrt) = cells.split_once(" / ").expect("objective / variables");
    let wrt: Vec<&str> = wrt.split(' ').collect();
    compare(&lines.replace("; ", "\n"), of, &wrt)
}

/// Each sheet is refused, with words that `sheets` has after ` => `.
fn all_refused(sheets: &str) {
    for line in sheets.lines().map(str::trim).filter(|s| !s.is_empty()) {
        let (sheet, words) = line.split_once(" => ").expect("a sheet => words");
        match compare_line(sheet) {
            Found::None(error) => {
                let text = error.to_string();
                assert!(text.contains(words), "{sheet}\n{text}");
            }
            other => panic!("{sheet}\n{other:?}"),
        }
    }
}

#[test]
fn recurrences_that_look_cells_up_are_lowered_cell_by_cell() {
    all_agree(
        "C1 / A1:A2: A1 = 1; A2 = 2; B1 = 1; B2:B40 = =INDEX(B1:B1,1)*$A$1*0.5+$A$2; C1 = =B40
        C1 / A1:A2: A1 = 0.5; A2 = 2; B1 = 1; B2:B40 = =XLOOKUP(1,{1},B1:B1)*$A$1+$A$2; C1 = =B40
        C1 / A1:A2: A1 = 0.5; A2 = 2; B1 = 1; D1 = x; D7 = x; B2:B40 = =SUMIF(D1:D1,\"x\",B1:B1)*$A$1+$A$2; C1 = =SUM(B2:B40)
        C1 / A1:A2: A1 = 0.5; A2 = 2; B1 = 1; B2:B40 = =SUM(B1,(A1,A2))*$A$1/3+$A$2; C1 = =SUM(B2:B40)",
    );
}

#[test]
fn recurrences_may_use_names_let_and_lambda() {
    all_agree(
        "C1 / A1:A2: A1 = 0.5; A2 = 2; E5 = 3; I5 = 2; F1 = 1; J1 = 3; left := Sheet1!XFD1+Sheet1!XFD1*2; F2:F40 = =F1*$A$1+left+J1/7; J2:J40 = =J1*$A$1+F2/3+left/9; C1 = =SUM(F2:J40)
        C1 / A1:A2: A1 = 0.5; A2 = 2; B1 = 1; B2 = 2; D8 = 1; B3:B40 = =LET(p,B1,q,B2,d,D3,p*$A$1/2-q/3+$A$2+d); C1 = =SUM(B2:B40)
        C1 / A1:A2: A1 = 0.5; A2 = 2; B1 = 1; B2:B40 = =LAMBDA(x,y,x*$A$1+y)(B1,D2+$A$2); C1 = =SUM(B2:B40)
        F1 / A1:A2: A1 = 0.5; A2 = 2; B1 = 1; F1 = =B40; B2:B40 = =MAP(B1,LAMBDA(x,x*$A$1+ROW()/9))",
    );
}

#[test]
fn a_lambda_that_calls_itself_is_refused_where_it_depends_on_the_variables() {
    all_refused(
        "E9 / A1:A3: A1 = 1.5; A2 = 2; A3 = 3; f := LAMBDA(n,IF(n<1,Sheet1!$A$1,n*f(n-1))); E9 ~ =f(3)*A2 => calls itself",
    );
    all_agree(
        "E9 / A1:A3: A1 = 1.5; A2 = 2; A3 = 3; f := LAMBDA(n,IF(n<1,1,n*f(n-1))); E9 ~ =f(3)*A2",
    );
}

#[test]
fn cells_that_only_the_other_branch_looks_up_are_part_of_the_slice() {
    all_agree(
        "D1 / A1: A1 = 1; B5 = 5; C1 = =A1*2; D1 = =IF(A1>0,A1,OFFSET(B1,0,1))
        D1 / A1: A1 = 1; B5 = 5; C1 = =A1*2; D1 = =IF(A1>0,A1,SUM(INDIRECT(\"C1\"):B1))",
    );
    all_refused(
        "D1 / A1: A1 = 1; B5 = 5; C1 = =A1*2; D1 ~ =IF(A1>0,A1,LET(n,1,OFFSET(B1,0,n))) => reads Sheet1!C1",
    );
}

#[test]
fn ranges_that_move_along_are_intersected_with_their_own_row() {
    all_agree(
        "E9 / A1:A3: A1 = 1; A2 = 2; A3 = 3; B1:B3 = =A1:A3*2+Sheet2!A:A; Sheet2!A2 = 4; E9 = =SUM(B:B)
        E9 / A1:C1: A1 = 1; B1 = 2; C1 = 3; A2:C2 = =A1:C1^2+Sheet2!1:1; Sheet2!B1 = 4; E9 = =SUM(2:2)",
    );
}

#[test]
fn references_to_several_sheets_are_summed() {
    all_agree(
        "E9 / A1:A3: A1 = 1; A2 = 2; A3 = 3; Sheet2!A1 = 5; E9 = =SUM(Sheet1:Sheet2!A1:A3)*A2+MAX(Sheet1:Sheet2!A1)+SUM((A1,A2:A3))",
    );
}

#[test]
fn columns_of_text_and_numbers_are_compared_cell_by_cell() {
    all_agree(
        "C4 / E1: A1 = none; A2 = 2; A3 = 3; E1 = 2; B1:B3 = =IF(A1=\"none\",\"skip\",A1*$E$1); C1:C3 = =IF(B1=\"skip\",0,B1*2); C4 = =SUM(C1:C3)
        C4 / E1: A1 = none; A2 = 2; A3 = 3; E1 = 2; B1:B3 = =IF(A1=\"none\",\"\",A1*$E$1); C1:C3 = =IF(B1=\"\",1,B1*2); C4 = =SUM(C1:C3)
        C4 / E1: A1 = none; A2 = 2; A3 = 3; E1 = 2; B1:B3 = =IF(A1=\"none\",\"\",A1*$E$1); C1:C3 = =IF(ISNUMBER(B1),B1*2,7)+ISTEXT(B1); C4 = =SUM(C1:C3)
        B1 / A1: A1 = 0.5; B1 = =((A1>0)=1)*A1+((A1>0)>5)*A1+((A1>0)=TRUE)+(A1=TRUE)+(\"x\">A1)*A1
        B1 / A1: A1 = 0.5; B1 = =(A1=A2)+(A2=A1)*3+(A1>A2)*A1+(A1<\"x\")+(A2=\"\")*A1+(A1=1=\"x\")
        B3 / E1:E2: A1 = a; A2 = b; A3 = a; E1 = 1; E2 = 2; B1:B2 = =SWITCH(A1,\"a\",$E$1,\"b\",$E$2^2); B3 = =SUM(B1:B2)
        B1 / A1:A2: A1 = 1.5; A2 = 2; B1 = =ISNUMBER(1/(A1-0.5))*A1+ISERROR(LN(A2))+ISBLANK(A1)",
    );
}

#[test]
fn values_given_directly_count_and_those_in_cells_are_sifted() {
    all_agree(
        "B1 / A1:A3: A1 = 1; A2 = 2; A3 = 3; B1 = =SUM(A1>0)+A1+COUNT(A1>0,A2)*A1
        B1 / A1:A3: A1 = 1; A2 = 2; A3 = 3; B1 = =AND(A1>1,A2)*A3+OR(A1>2,A2>2)*A2+NOT(A1)
        B2 / A1:A3: A1 = 1; A2 = 2; A3 = 3; B1 = =A1>0.5; B2 = =SUM(B1,A2)+COUNT(B1)+A1*MAX(B1,A1>0.7,-3)",
    );
}

#[test]
fn copies_of_empty_cells_are_zero() {
    all_agree(
        "C5 / A1:A3: A1 = 1; A2 = 2; A3 = 3; C1:C4 = =A1; C5 = =AVERAGE(C1:C4)+COUNT(C1:C4)
        C5 / A1:A3: A1 = 1; A2 = 2; A3 = 3; {C1:C4} = =A1:A4; C5 = =AVERAGE(C1:C4)+COUNT(C1:C4)
        C5 / A1: A1 = 1; C1:C4 = =IF($A$1>0.5,B1,$A$1); C5 = =SUM(C1:C4)+A1+COUNT(C1:C4)",
    );
}

#[test]
fn missing_values_are_replaced() {
    all_agree(
        "B3 / E1:E2: D1 = 1; D2 = 2; A1 = 1; A2 = 7; E1 = 1; E2 = 2; B1:B2 = =IFNA(VLOOKUP(A1,$D$1:$E$2,2,FALSE),5); B3 = =SUM(B1:B2)
        B3 / E1:E2: D1 = 1; D2 = 2; A1 = 1; A2 = 7; E1 = 1; E2 = 2; B1:B2 = =IFNA(VLOOKUP(A1,$D$1:$E$2,2,FALSE)*2,$E$1*5); B3 = =SUM(B1:B2)
        B3 / E1:E2: D1 = 1; D2 = 2; A1 = 1; A2 = 7; E1 = 1; E2 = 2; B1:B2 = =IFERROR(INDEX($E$1:$E$2,MATCH(A1,$D$1:$D$2,0)),0); B3 = =SUM(B1:B2)
        B3 / A1:A2: A1 = 0.5; A2 = 2; B3 = =IFERROR(EXP(A1*1400),A2*3)",
    );
    all_refused("E9 / A1:A3: A1 = 1.5; A2 = 2; A3 = 3; E9 = =IFNA(IFS(A1>1,A2),A3) => last case");
}

#[test]
fn parts_of_computed_arrays_and_spills_are_taken() {
    all_agree(
        "B1 / A1:A3: A1 = 1; A2 = 2; A3 = 3; B1 = =SUM(TAKE(A1:A3*2,2))+SUM(DROP(A1:A3*A1,1))+SUM(TAKE(A1:A3,2))
        B1 / A1:A3: A1 = 1; A2 = 2; A3 = 3; B1 ~ =INDEX(A1:A3*A2,2)+INDEX(TRANSPOSE(A1:A3)*A1:A3,3,2)
        B4 / A1:A3: A1 = 1; A2 = 2; A3 = 3; B1:B3 ~ =INDEX($A$1:$A$3*$A$2,ROW()); B4 = =SUMSQ(B1:B3)
        E9 / A1:A3: A1 = 1; A2 = 2; A3 = 3; D1 ~ =A1:A3*2; E1 = =SUM(D1#)+D2; E9 = =E1*D3+INDEX(D1#,2)
        E9 / A1:A3: A1 = 1; A2 = 2; A3 = 3; D1:D3 ~ =SEQUENCE(1,ROW())*A1; E9 = =SUM(E2:F3)+SUM(D3#)",
    );
}

#[test]
fn places_are_constants() {
    all_agree(
        "B1 / A1:A3: A1 = 1; A2 = 2; A3 = 3; B1 = =ROW(A2)*A1+ROWS(A1:A3)*A2+COLUMN(A3)*A3+COLUMNS(A1:A2)
        C1 / A1:A2: A1 = 0.5; A2 = 2; B1 = 1; B2:B40 = =B1*$A$1+ROWS(B$1:B1)*$A$2; C1 = =B40",
    );
}

#[test]
fn several_random_numbers_in_one_formula_are_refused() {
    all_refused("E9 / A1: A1 = 1; E9 = =A1*RAND()+RAND() => several random numbers");
}

#[test]
fn recurrences_begin_below_headings_and_empty_cells() {
    let mut long = String::from("C1 / A1:A2: A1 = 0.5; A2 = 2; B1 = Balance; ");
    long += "B2:B30000 = =SUM(B1)*$A$1+$A$2; C1 = =B30000";
    all_agree(&long);
    all_agree(
        "C1 / A1:A2: A1 = 0.5; A2 = 2; D3 = 1; D7 = 1; B2:B40 = =IF(D2=1,B1*$A$1,B1)+$A$2; C1 = =SUM(B2:B40)
        F1 / A1:A2: A1 = 0.5; A2 = 2; B1 = 1; F1 = =C40; B2:B40 = =B1*$A$1+IF(MOD(ROW(),2)=0,C1,$A$2); C2:C40 = =B2*CHOOSE(1+MOD(ROW(),2),$A$1,0.3)
        C1 / A1:A2: A1 = 0.5; A2 = 2; B3:B40 = =AVERAGE(B1:B2,1)*$A$1+$A$2; C1 = =SUM(B3:B40)
        C1 / A1:A2: A1 = 0.5; A2 = 2; B41 = end; B2:B40 = =SUM(B3)*$A$1+$A$2; C1 = =B2",
    );
}

#[test]
fn an_empty_variable_that_does_not_count_as_zero_is_named() {
    all_refused("C5 / A1:A4: A1 = 1; A2 = 2; A3 = 3; C5 = =AVERAGE(A1:A4) => Sheet1!A4 is empty");
}

/// A formula for row `row`, which may look at columns before `column`, and at
/// its own column in the row above.
fn random_formula(rng: &mut Rng, column: usize, row: usize, depth: usize) -> String {
    let letter = |col: usize| char::from(b'A' + col as u8);
    let cell = |rng: &mut Rng| {
        let col = letter(rng.below(column));
        match rng.below(5) {
            0 => format!("${col}{row}"),
            1 => format!("{col}$2"),
            2 => format!("${col}$3"),
            _ => format!("{col}{row}"),
        }
    };
    let range = |rng: &mut Rng| {
        let col = letter(rng.below(column));
        match rng.below(7) {
            0 => format!("{col}$1:{col}{row}"),
            1 => format!("{col}:{col}"),
            2 => format!("$A{row}:{col}{row}"),
            3 => format!("{col}{row}:{col}{}", row + 2),
            4 => "Sheet2!$A$1:$B$3".to_owned(),
            5 => "data".to_owned(),
            _ => format!("{col}$1:{col}$4"),
        }
    };
    if depth == 0 {
        return match rng.below(4) {
            0 => format!("{:.2}", rng.unit() * 2.0),
            _ => cell(rng),
        };
    }
    let inner = |rng: &mut Rng| random_formula(rng, column, row, depth - 1);
    let (a, b) = (inner(rng), inner(rng));
    match rng.below(36) {
        0 => format!("({a}+{b})"),
        1 => format!("({a}-{b})"),
        2 => format!("{a}*{b}"),
        3 => format!("{a}/(2+ABS({b}))"),
        4 => format!("IF({a}>{b},{a}*2,{b})"),
        5 => format!("IFERROR(LN({a}),{b})"),
        6 => format!("MAX({a},{b},0.1)"),
        7 => format!("MIN({a},{b})"),
        8 => format!("EXP(-ABS({a}))"),
        9 => format!("TANH({a})"),
        10 => format!("SQRT(1+{a}^2)"),
        11 => format!("-{a}^2+{b}%"),
        12 => format!("SUM({})", range(rng)),
        13 => format!("AVERAGE({},{a})", range(rng)),
        14 => format!("COUNT({})*{a}", range(rng)),
        15 => format!("MAX({})", range(rng)),
        16 => format!("SUMSQ({},{b})", range(rng)),
        17 => format!("SUMIF($H$1:$H$4,H{row},A$1:A$4)"),
        18 => format!("INDEX(A$1:B$4,{},{})", 1 + rng.below(4), 1 + rng.below(2)),
        19 => format!("OFFSET(A$1,{},{})", rng.below(3), rng.below(2)),
        20 => format!("VLOOKUP({},$I$1:$J$4,2,FALSE)*{a}", 1 + rng.below(4)),
        21 => format!("CHOOSE({},{a},{b})", 1 + rng.below(2)),
        22 => format!("IFS({a}>0.5,{b},TRUE,{a})"),
        23 => format!("SWITCH(H{row},\"x\",{a},\"y\",{b},1)"),
        24 => format!("LET(p,{a},q,p*{b},p+q)"),
        25 => format!("LAMBDA(u,v,u*v+u)({a},{b})"),
        26 => format!("REDUCE({a},A$1:A$3,LAMBDA(s,v,s*0.5+v))"),
        27 => format!("SUM(MAP(B$1:B$4,LAMBDA(v,v*{a})))"),
        28 => format!("SUMPRODUCT(A$1:A$4,B$1:B$4)*{a}"),
        29 => format!("XLOOKUP({},$I$1:$I$4,A$1:A$4)+{a}", 1 + rng.below(4)),
        30 => format!("IF(H{row}=\"x\",{a},\"none\")"),
        31 => format!("IF(AND({a}>0,{b}<1),{a},rate*{b})"),
        32 => format!("SUM(TAKE(A$1:A$4*{a},2))"),
        33 => format!("ROW()*{a}+ROUND({b},1)"),
        34 => format!("N({a})+ISNUMBER({b})"),
        _ => format!("SUM(Sheet2!B:B)*{a}"),
    }
}

#[test]
fn random_sheets_agree_with_recalculation() {
    let (mut agreeing, mut without) = (0, 0);
    for seed in 0..150 {
        let rng = &mut Rng(seed * 7919 + 13);
        let mut lines = String::from("rate := Sheet1!$A$1\ndata := Sheet1!$A$1:$B$3\n");
        for row in 1..=4 {
            lines += &format!("A{row} = {:.3}\n", rng.unit() * 1.5);
            lines += &format!("B{row} = {:.3}\n", rng.unit() * 1.5);
            lines += &format!("H{row} = {}\n", ["x", "y", "z"][rng.below(3)]);
            lines += &format!("I{row} = {row}\nJ{row} = =B{row}*2\n");
            match rng.below(4) {
                0 => lines += &format!("Sheet2!A{row} = text\n"),
                1 => lines += &format!("Sheet2!B{row} = =Sheet1!A{row}*3\n"),
                2 => lines += &format!("Sheet2!B{row} = 0.7\n"),
                _ => {}
            }
        }
        for column in 2..6 {
            let letter = char::from(b'A' + column as u8);
            let formula = random_formula(rng, column, 1, 2);
            let dynamic = ["LAMBDA", "TAKE"].iter().any(|name| formula.contains(name));
            match rng.below(6) {
                0 => lines += &format!("{letter}1 ~ =A1:A4*{}\n", random_formula(rng, 2, 1, 1)),
                1 => lines += &format!("{{{letter}1:{letter}4}} = =A1:A4+B1*B1:B4\n"),
                2 => {
                    let above = random_formula(rng, column, 2, 1);
                    lines += &format!("{letter}1 = 0.3\n");
                    lines += &format!("{letter}2:{letter}20 = ={letter}1*0.5+{above}\n");
                }
                3 => {
                    lines += &format!("{letter}21 = 0.3\n");
                    lines += &format!("{letter}1:{letter}20 = ={letter}2*$A$2/2+$B1\n");
                }
                _ if dynamic => lines += &format!("{letter}1:{letter}4 ~ =SUM({formula})\n"),
                _ => lines += &format!("{letter}1:{letter}4 = ={formula}\n"),
            }
        }
        lines += "G1 = =SUM(C1:F4)+SUMSQ(F1:F2)";
        match compare(&lines, "G1", &["A1:A3", "B1:B3"]) {
            Found::Agrees => agreeing += 1,
            Found::None(SliceError::Stale {
                cell,
                shown,
                computed,
            }) => {
                panic!("{lines}\n{cell} shows {shown}, computed {computed}")
            }
            Found::None(_) => without += 1,
            Found::Differs(how) => panic!("{lines}\n{how}"),
        }
    }
    assert!(agreeing > 75, "{agreeing} agree, {without} are refused");
}

#[test]
fn what_is_calculated_from_blank_cells_below_those_in_use_counts() {
    all_agree(
        "G1 / E1: A1 = 0.7; A2 = 1.3; E1 = 0; G1 ~ =SUM(A1:A20+E1)
        G1 / A1:E1: A1 = 0.7; A2 = 1.3; E1 = 2; G1 ~ =SUM(A1:A20*E1+E1)
        G1 / A1:A2: A1 = 0.7; A2 = 1.3; G1 ~ =SUM((A1:A20-1)^2)
        G1 / A1:A2: A1 = 0.7; A2 = 1.3; G1 ~ =SUM(COS(A1:A3000))
        G1 / A1:E1: A1 = 0.7; A2 = 1.3; E1 = 3; G1 ~ =SUM(IF(A1:A20>1,A1:A20*2,E1))
        G1 / A1:E1: A1 = 0.7; A2 = 1.3; E1 = 3; G1 ~ =SUMPRODUCT(EXP(A1:A20)*E1,A1:A20+E1)
        G1 / A1:A3: A1 = 0.7; A2 = 1.3; A3 = 4; G1 ~ =SUM(A:A)*SUMPRODUCT(A:A,A:A)+AVERAGE(A1:A900)
        G1 / A1:A3: A1 = 0.7; A2 = 1.3; A3 = 4; all := Sheet1!$A$1:$A$90; G1 ~ =SUM(all)*VAR(all)
        G1 / A1:A3: A1 = 0.7; A2 = 1.3; A3 = 4; B1 = 1; B2 = 2; B3 = 5; G1 ~ =SLOPE(A1:A40,B1:B40)",
    );
}
