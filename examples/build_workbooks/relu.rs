//! A rectified line, and a sum of two fitted to the quadratic's points.

use crate::finish::Model;
use crate::quadratic::points_and_curve;
use crate::{lesson_data, style};
use rust_xlsxwriter::{Workbook, XlsxError};

pub const MODELS: [Model; 1] = [Model {
    sheet: "relu",
    objective: "$I$6",
    variables: "relu!$I$1:$I$5",
}];

pub fn layout() -> Result<Workbook, XlsxError> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name("relu")?;
    let titles = ["x", "y", "one line", "second line", "sum", "squared error"];
    for (col, title) in titles.into_iter().enumerate() {
        sheet.write_with_format(0, col as u16, title, &style::heading())?;
    }
    for (index, y) in lesson_data::Y.into_iter().enumerate() {
        let row = index as u32 + 1;
        let at = row + 1;
        sheet.write_with_format(row, 0, lesson_data::x(index), &style::computed())?;
        sheet.write_with_format(row, 1, y, &style::computed())?;
        let formulas = [
            format!("=MAX(0,$I$1*A{at}+$I$2)"),
            format!("=MAX(0,$I$3*A{at}+$I$4)"),
            format!("=C{at}+D{at}+$I$5"),
            format!("=(E{at}-B{at})^2"),
        ];
        for (col, formula) in formulas.iter().enumerate() {
            let col = col as u16 + 2;
            sheet.write_formula_with_format(row, col, formula.as_str(), &style::computed())?;
        }
    }
    let parameters = [
        ("m1", -1.5),
        ("b1", -1.5),
        ("m2", 1.5),
        ("b2", 1.5),
        ("c", 0.0),
    ];
    for (row, (name, value)) in parameters.into_iter().enumerate() {
        sheet.write_with_format(row as u32, 7, name, &style::heading())?;
        sheet.write_with_format(row as u32, 8, value, &style::parameter())?;
    }
    sheet.write_with_format(5, 7, "loss", &style::heading())?;
    sheet.write_formula_with_format(5, 8, "=AVERAGE(F2:F21)", &style::loss())?;
    sheet.write_with_format(
        6,
        7,
        "Mean squared error of MAX(0,m1*x+b1)+MAX(0,m2*x+b2)+c.",
        &style::note(),
    )?;
    sheet.set_column_width(3, 12)?.set_column_width(5, 14)?;
    sheet.insert_chart(8, 7, &points_and_curve("relu", "E", 21))?;
    Ok(book)
}
