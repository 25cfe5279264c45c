//! A workbook with most of what a sheet can hold, as Excel would save it.

use rust_xlsxwriter::*;

/// On the sheet "Data", rows 1 to 20 hold headers and numbers in A to D.
pub fn featured() -> Vec<u8> {
    let mut book = Workbook::new();
    let data = book.add_worksheet().set_name("Data").unwrap();
    for (col, header) in ["Day", "Size", "Price", "Name"].into_iter().enumerate() {
        data.write(0, col as u16, header).unwrap();
    }
    for row in 1..20_u32 {
        data.write(row, 0, row).unwrap();
        data.write(row, 1, f64::from(row) * 1.5).unwrap();
        data.write_formula(
            row,
            2,
            Formula::new(format!("B{}*2", row + 1)).set_result("3"),
        )
        .unwrap();
        data.write(row, 3, format!("name {row}")).unwrap();
    }
    let bold = Format::new().set_bold();
    let plain = Format::new();
    let rich = [(&bold, "rich"), (&plain, " text")];
    data.write_rich_string(21, 0, &rich).unwrap();
    data.write_url(9, 6, "https://example.com/a?b=1&c=2")
        .unwrap();
    data.write_url(10, 6, "internal:Other!B2").unwrap();
    data.insert_note(11, 1, &Note::new("a note").set_author("someone"))
        .unwrap();
    let pixel = [
        0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0x00, 0x00, 0x00, 0x0D, 0x49, 0x48, 0x44,
        0x52, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x06, 0x00, 0x00, 0x00, 0x1F,
        0x15, 0xC4, 0x89, 0x00, 0x00, 0x00, 0x0D, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9C, 0x63, 0xF8,
        0xCF, 0xC0, 0xF0, 0x1F, 0x00, 0x05, 0x00, 0x01, 0xFF, 0x56, 0xC7, 0x2F, 0x0D, 0x00, 0x00,
        0x00, 0x00, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82,
    ];
    let image = Image::new_from_buffer(&pixel).unwrap();
    data.insert_image(14, 7, &image).unwrap();
    let mut chart = Chart::new(ChartType::Line);
    chart
        .add_series()
        .set_categories("Data!$A$2:$A$20")
        .set_values("Data!$B$2:$B$20")
        .set_name("Data!$B$1");
    data.insert_chart(3, 8, &chart).unwrap();
    let scale = ConditionalFormat3ColorScale::new();
    data.add_conditional_format(1, 1, 19, 1, &scale).unwrap();
    let red = Format::new().set_font_color(Color::Red).set_bold();
    let above = ConditionalFormatCell::new()
        .set_rule(ConditionalFormatCellRule::GreaterThan(20))
        .set_format(red);
    data.add_conditional_format(1, 2, 19, 2, &above).unwrap();
    data.add_conditional_format(1, 0, 19, 0, &ConditionalFormatDataBar::new())
        .unwrap();
    let list = DataValidation::new()
        .allow_list_strings(&["yes", "no"])
        .unwrap();
    data.add_data_validation(1, 4, 19, 4, &list).unwrap();
    let whole = DataValidation::new()
        .allow_whole_number(DataValidationRule::Between(1, 9))
        .set_error_title("No")
        .unwrap()
        .set_error_message("1 to 9 please")
        .unwrap();
    data.add_data_validation(1, 5, 19, 5, &whole).unwrap();
    data.autofilter(0, 0, 19, 3).unwrap();
    let sparkline = Sparkline::new().set_range(("Data", 1, 0, 19, 0));
    data.add_sparkline(15, 6, &sparkline).unwrap();
    data.set_freeze_panes(1, 0).unwrap();
    data.set_column_width(1, 20).unwrap();
    data.merge_range(24, 0, 24, 2, "merged", &bold).unwrap();
    data.set_page_breaks(&[10]).unwrap();
    data.ignore_error(2, 3, IgnoreError::NumberStoredAsText)
        .unwrap();
    data.set_print_area(0, 0, 19, 3).unwrap();

    let other = book.add_worksheet().set_name("Other").unwrap();
    other.write(0, 0, "Key").unwrap();
    other.write(0, 1, "Value").unwrap();
    other.write(1, 0, "a").unwrap();
    other.write(1, 1, 1).unwrap();
    let mut columns = Chart::new(ChartType::Column);
    columns.add_series().set_values("Data!$C$2:$C$20");
    other.insert_chart(5, 5, &columns).unwrap();
    let table = Table::new().set_name("Keys");
    other.add_table(0, 0, 1, 1, &table).unwrap();
    book.save_to_buffer().unwrap()
}
