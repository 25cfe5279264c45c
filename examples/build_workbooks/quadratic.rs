//! Fitting a quadratic: three parameters, the mean absolute error.

use crate::finish::Model;
use crate::{lesson_data, style};
use rust_xlsxwriter::{Chart, ChartMarker, ChartMarkerType, ChartType, Workbook, XlsxError};

pub const MODELS: [Model; 1] = [Model {
    sheet: "quadratic",
    objective: "$G$4",
    variables: "quadratic!$G$1:$G$3",
}];

pub fn layout() -> Result<Workbook, XlsxError> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name("quadratic")?;
    for (col, title) in ["x", "y", "prediction", "absolute error"]
        .into_iter()
        .enumerate()
    {
        sheet.write_with_format(0, col as u16, title, &style::heading())?;
    }
    for (index, y) in lesson_data::Y.into_iter().enumerate() {
        let row = index as u32 + 1;
        let at = row + 1;
        sheet.write_with_format(row, 0, lesson_data::x(index), &style::computed())?;
        sheet.write_with_format(row, 1, y, &style::computed())?;
        let prediction = format!("=$G$1*A{at}^2+$G$2*A{at}+$G$3");
        sheet.write_formula_with_format(row, 2, prediction.as_str(), &style::computed())?;
        let error = format!("=ABS(C{at}-B{at})");
        sheet.write_formula_with_format(row, 3, error.as_str(), &style::computed())?;
    }
    for (row, name) in ["a", "b", "c"].into_iter().enumerate() {
        sheet.write_with_format(row as u32, 5, name, &style::heading())?;
        sheet.write_with_format(row as u32, 6, 1.1, &style::parameter())?;
    }
    sheet.write_with_format(3, 5, "loss", &style::heading())?;
    sheet.write_formula_with_format(3, 6, "=AVERAGE(D2:D21)", &style::loss())?;
    sheet.write_with_format(
        4,
        5,
        "Mean absolute error of a*x^2+b*x+c; the data is 3x^2+2x+1 with noise.",
        &style::note(),
    )?;
    sheet.set_column_width(2, 11)?.set_column_width(3, 14)?;
    sheet.insert_chart(6, 5, &points_and_curve("quadratic", "C", 21))?;
    Ok(book)
}

/// The data as points (columns A and B) and a prediction column as a line.
pub fn points_and_curve(sheet: &str, prediction: &str, last_row: u32) -> Chart {
    let mut chart = Chart::new(ChartType::ScatterStraight);
    let categories = format!("={sheet}!$A$2:$A${last_row}");
    chart
        .add_series()
        .set_name("data")
        .set_categories(categories.as_str())
        .set_values(format!("={sheet}!$B$2:$B${last_row}").as_str())
        .set_marker(ChartMarker::new().set_type(ChartMarkerType::Circle))
        .set_format(rust_xlsxwriter::ChartFormat::new().set_no_line());
    chart
        .add_series()
        .set_name("prediction")
        .set_categories(categories.as_str())
        .set_values(format!("={sheet}!${prediction}$2:${prediction}${last_row}").as_str());
    chart
}
