//! A convolutional network on one picture: two 3x3 filters, ReLU, max pooling,
//! a dense layer, softmax and cross-entropy.

use crate::finish::Model;
use crate::random::Random;
use crate::style;
use rust_xlsxwriter::{Color, ConditionalFormat2ColorScale, ConditionalFormat3ColorScale, Format};
use rust_xlsxwriter::{Workbook, Worksheet, XlsxError};

pub const MODELS: [Model; 1] = [Model {
    sheet: "loss",
    objective: "$B$9",
    variables: "filters!$A$2:$C$4,filters!$A$7:$C$9,dense!$A$2:$I$10,dense!$A$13:$I$21,\
                dense!$K$2:$S$10,dense!$K$13:$S$21",
}];

const SEED: u64 = 28;

/// A handwritten seven on 20 by 20 pixels, from 0 (white) to 9 (black).
const SEVEN: [&str; 20] = [
    "00000000000000000000",
    "00000000000000000000",
    "00013667788887663000",
    "00049999999999998000",
    "00027888777777998000",
    "00000121100003996000",
    "00000000000008993000",
    "00000000000029980000",
    "00000000000069950000",
    "00000000000199910000",
    "00000000000599700000",
    "00000000000899300000",
    "00000000003998000000",
    "00000000007994000000",
    "00000000029990000000",
    "00000000069960000000",
    "00000000099920000000",
    "00000000399800000000",
    "00000000264100000000",
    "00000000000000000000",
];

pub fn layout() -> Result<Workbook, XlsxError> {
    let mut random = Random::new(SEED);
    let mut book = Workbook::new();
    picture(book.add_worksheet().set_name("picture")?)?;
    filters(book.add_worksheet().set_name("filters")?)?;
    for (name, filter) in [
        ("edges_1", "filters!$A$2:$C$4"),
        ("edges_2", "filters!$A$7:$C$9"),
    ] {
        feature_map(book.add_worksheet().set_name(name)?, filter)?;
    }
    pooling(book.add_worksheet().set_name("pooled")?)?;
    dense(book.add_worksheet().set_name("dense")?, &mut random)?;
    loss(book.add_worksheet().set_name("loss")?.set_active(true))?;
    Ok(book)
}

fn picture(sheet: &mut Worksheet) -> Result<(), XlsxError> {
    let format = Format::new().set_num_format("0.0");
    for (row, line) in (0..).zip(SEVEN) {
        for (col, level) in (0..).zip(line.bytes()) {
            sheet.write_with_format(row, col, f64::from(level - b'0') / 9.0, &format)?;
        }
    }
    narrow(sheet, 20)?;
    let grey = ConditionalFormat2ColorScale::new()
        .set_minimum_color(Color::White)
        .set_maximum_color(Color::Black);
    sheet.add_conditional_format(0, 0, 19, 19, &grey)?;
    Ok(())
}

/// Two filters that find upper and left edges, to start from.
fn filters(sheet: &mut Worksheet) -> Result<(), XlsxError> {
    let starts = [
        (
            0,
            "upper edges",
            [[1.0, 1.0, 1.0], [0.0, 0.0, 0.0], [-1.0, -1.0, -1.0]],
        ),
        (
            5,
            "left edges",
            [[1.0, 0.0, -1.0], [1.0, 0.0, -1.0], [1.0, 0.0, -1.0]],
        ),
    ];
    for (top, title, filter) in starts {
        sheet.write_with_format(top, 0, title, &style::heading())?;
        for (row, line) in (top + 1..).zip(filter) {
            for (col, value) in (0..).zip(line) {
                sheet.write_with_format(row, col, value, &style::parameter())?;
            }
        }
    }
    Ok(())
}

/// The picture through one filter and ReLU: 18 by 18.
fn feature_map(sheet: &mut Worksheet, filter: &str) -> Result<(), XlsxError> {
    let format = Format::new().set_num_format("0.0");
    for row in 0..18 {
        for col in 0..18u16 {
            let window = range(u32::from(col), row, u32::from(col) + 2, row + 2);
            let formula = format!("=MAX(0,SUM(picture!{window}*{filter}))");
            sheet.write_dynamic_formula_with_format(row, col, formula.as_str(), &format)?;
        }
    }
    narrow(sheet, 18)?;
    heat(sheet, 17)
}

/// The largest of every 2 by 2 cells of each map: 9 by 9, side by side.
fn pooling(sheet: &mut Worksheet) -> Result<(), XlsxError> {
    let format = Format::new().set_num_format("0.0");
    for (left, map) in [(0u16, "edges_1"), (10, "edges_2")] {
        for row in 0..9 {
            for col in 0..9u16 {
                let source = u32::from(col) * 2;
                let window = range(source, row * 2, source + 1, row * 2 + 1);
                let formula = format!("=MAX({map}!{window})");
                sheet.write_formula_with_format(row, left + col, formula.as_str(), &format)?;
            }
        }
    }
    narrow(sheet, 19)?;
    heat(sheet, 18)
}

/// For each of the two answers, a weight for each pooled cell.
fn dense(sheet: &mut Worksheet, random: &mut Random) -> Result<(), XlsxError> {
    for (top, answer) in [(0, "is a seven"), (11, "is not")] {
        for (left, map) in [(0u16, "edges_1"), (10, "edges_2")] {
            sheet.write_with_format(top, left, format!("{answer}: {map}"), &style::heading())?;
            for row in top + 1..top + 10 {
                for col in left..left + 9 {
                    let start = random.uniform(-0.1, 0.1);
                    sheet.write_with_format(row, col, start, &style::parameter())?;
                }
            }
        }
    }
    let note = format!("weights uniform on (-0.1, 0.1): SplitMix64, seed {SEED}");
    sheet.write_with_format(22, 0, note, &style::note())?;
    narrow(sheet, 19)
}

fn loss(sheet: &mut Worksheet) -> Result<(), XlsxError> {
    for (col, title) in ["", "is a seven", "is not"].into_iter().enumerate() {
        sheet.write_with_format(0, col as u16, title, &style::heading())?;
    }
    let rows: [(&str, [&str; 2]); 4] = [
        (
            "activation",
            [
                "=SUMPRODUCT(pooled!A1:I9,dense!A2:I10)+SUMPRODUCT(pooled!K1:S9,dense!K2:S10)",
                "=SUMPRODUCT(pooled!A1:I9,dense!A13:I21)+SUMPRODUCT(pooled!K1:S9,dense!K13:S21)",
            ],
        ),
        (
            "exp",
            ["=EXP(B2-MAX($B$2:$C$2))", "=EXP(C2-MAX($B$2:$C$2))"],
        ),
        ("softmax", ["=B3/SUM($B$3:$C$3)", "=C3/SUM($B$3:$C$3)"]),
        ("cross-entropy", ["=-B6*LN(B4)", "=-C6*LN(C4)"]),
    ];
    for (row, (title, formulas)) in (1..).zip(rows) {
        sheet.write_with_format(row, 0, title, &style::heading())?;
        for (col, formula) in (1..).zip(formulas) {
            sheet.write_formula_with_format(row, col, formula, &style::computed())?;
        }
    }
    sheet.write_with_format(5, 0, "truth", &style::heading())?;
    sheet.write(5, 1, 1)?;
    sheet.write(5, 2, 0)?;
    sheet.write_with_format(8, 0, "loss", &style::heading())?;
    sheet.write_formula_with_format(8, 1, "=SUM(B5:C5)", &style::loss())?;
    sheet.set_column_width(0, 14)?.set_column_width(1, 11)?;
    Ok(())
}

fn range(left: u32, top: u32, right: u32, bottom: u32) -> String {
    use gradsheet::grid::{Pos, Rect};
    Rect::new(Pos::new(top, left), Pos::new(bottom, right)).to_string()
}

fn narrow(sheet: &mut Worksheet, cols: u16) -> Result<(), XlsxError> {
    sheet.set_column_range_width(0, cols - 1, 4)?;
    Ok(())
}

/// Blue below, white between, red above, over a square from A1.
fn heat(sheet: &mut Worksheet, last: u16) -> Result<(), XlsxError> {
    let scale = ConditionalFormat3ColorScale::new()
        .set_minimum_color(Color::RGB(0x5A8AC6))
        .set_midpoint_color(Color::White)
        .set_maximum_color(Color::RGB(0xF8696B));
    sheet.add_conditional_format(0, 0, u32::from(last), last, &scale)?;
    Ok(())
}
