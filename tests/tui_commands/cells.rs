//! Cases of the commands that change cells and how they look, and of those
//! that move by what cells hold.

use super::{Case, active, case, selected};
use crate::driver::Driver;
use gradsheet::grid::{Cell, Pos};
use gradsheet::workbook::{CellStyle, Colour, HorizontalAlign, Sheet};

fn formula(driver: &Driver, address: &str) -> String {
    let pos = Pos::parse_a1(address).unwrap();
    let sheet = driver.app.sheet();
    let engine = driver.app.document.engine();
    engine.formula_text(Cell { sheet, pos }).unwrap_or_default()
}

fn sheet(driver: &Driver) -> &Sheet {
    let workbook = driver.app.document.engine().workbook();
    workbook.sheet(driver.app.sheet())
}

fn style(driver: &Driver, address: &str) -> CellStyle {
    let workbook = driver.app.document.engine().workbook();
    let index = sheet(driver).style(Pos::parse_a1(address).unwrap());
    workbook.styles.get(index).clone()
}

/// The characters that the first column takes.
fn width(driver: &Driver) -> u16 {
    driver.app.viewport().columns[0].size
}

fn first_column(driver: &Driver) -> u32 {
    driver.app.viewport().columns[0].index
}

/// The first three rows that are shown.
fn shown_rows(driver: &Driver) -> Vec<u32> {
    let rows = driver.app.viewport().rows;
    rows.iter().take(3).map(|row| row.index).collect()
}

pub const CASES: &[Case] = &[
    case("edit.copy", "`7` Enter Up Ctrl+C Down Ctrl+V", |d| {
        d.shown("A2") == "7"
    }),
    case(
        "edit.cut",
        "`7` Tab `=A1` Enter Ctrl+Home Ctrl+X Down Down Ctrl+V",
        |d| d.shown("A1").is_empty() && d.shown("B1") == "7",
    ),
    case(
        "select.copy",
        "Ctrl+P `keys of vim` Enter = `5` Enter k v y j p",
        |d| d.shown("A2") == "5",
    ),
    case(
        "select.take",
        "Ctrl+P `keys of vim` Enter = `5` Enter k v d j p",
        |d| d.shown("A1").is_empty() && d.shown("A2") == "5",
    ),
    case(
        "edit.take",
        "Ctrl+P `keys of vim` Enter = `5` Enter k d d j p u u",
        |d| d.shown("A1") == "5" && d.shown("A2").is_empty(),
    ),
    case("edit.paste", "`=B1` Enter Up Ctrl+C Down Ctrl+V", |d| {
        formula(d, "A2") == "=B2"
    }),
    case(
        "edit.paste-values",
        "`=3*4` Enter Up Ctrl+C Down Alt+V",
        |d| d.shown("A2") == "12" && formula(d, "A2").is_empty(),
    ),
    case(
        "edit.paste-formulas",
        "`=3*4` Enter Up Ctrl+B Ctrl+C Down Ctrl+P `paste formulas` Enter",
        |d| d.shown("A2") == "12" && !style(d, "A2").font.bold,
    ),
    case(
        "edit.paste-formats",
        "`3` Enter Up Ctrl+B Ctrl+C Down Ctrl+P `paste formats` Enter",
        |d| d.shown("A2").is_empty() && style(d, "A2").font.bold,
    ),
    case(
        "edit.paste-transposed",
        "`1` Tab `2` Enter Ctrl+Home Shift+Right Ctrl+C Ctrl+G `A3` Enter Ctrl+P `transposed` Enter",
        |d| d.shown("A3") == "1" && d.shown("A4") == "2",
    ),
    case(
        "edit.paste-skipping-blanks",
        "`1` Enter Ctrl+G `B2` Enter `9` Enter Ctrl+Home Shift+Down Ctrl+C Right Ctrl+P `without blanks` Enter",
        |d| d.shown("B1") == "1" && d.shown("B2") == "9",
    ),
    case(
        "edit.merge",
        "`1` Tab `2` Enter Ctrl+Home Shift+Right Ctrl+P `merge cells` Enter m",
        |d| d.shown("B1").is_empty() && sheet(d).merges.len() == 1,
    ),
    case(
        "edit.unmerge",
        "Shift+Right Ctrl+P `merge cells` Enter Ctrl+P `unmerge` Enter",
        |d| sheet(d).merges.is_empty(),
    ),
    case("fill.down", "`=B1` Enter Up Shift+Down Ctrl+D", |d| {
        formula(d, "A2") == "=B2"
    }),
    case("fill.right", "`=A2` Enter Up Shift+Right Ctrl+R", |d| {
        formula(d, "B1") == "=B2"
    }),
    case(
        "fill.up",
        "Down `7` Enter Ctrl+Home Shift+Down Ctrl+P `fill up` Enter",
        |d| d.shown("A1") == "7",
    ),
    case(
        "fill.left",
        "Right `7` Enter Ctrl+Home Shift+Right Ctrl+P `fill left` Enter",
        |d| d.shown("A1") == "7",
    ),
    case(
        "fill.auto",
        "`1` Enter `3` Enter Ctrl+Home Shift+Down Shift+Down Shift+Down Ctrl+E",
        |d| d.shown("A4") == "7",
    ),
    case(
        "fill.auto",
        "`1` Enter `2` Enter `3` Enter Ctrl+G `B1` Enter `=A1*2` Tab `=B1+1` Enter \
         Ctrl+G `B1:C1` Enter Ctrl+E",
        |d| d.shown("B3") == "6" && d.shown("C3") == "7" && d.shown("B4").is_empty(),
    ),
    case(
        "fill.series",
        "`1` Enter Ctrl+Home Shift+Down Shift+Down Ctrl+P `fill a series` Enter Ctrl+U `*3` Enter",
        |d| d.shown("A3") == "9",
    ),
    case("format.bold", "Ctrl+B", |d| style(d, "A1").font.bold),
    case("format.italic", "Alt+T", |d| style(d, "A1").font.italic),
    case("format.underline", "Ctrl+U", |d| {
        style(d, "A1").font.underline
    }),
    case("format.strike", "Ctrl+P `strike` Enter", |d| {
        style(d, "A1").font.strike
    }),
    case(
        "format.colour",
        "Ctrl+P `text colour` Enter `red` Enter",
        |d| style(d, "A1").font.colour == Some(Colour(255, 0, 0)),
    ),
    case(
        "format.fill",
        "Ctrl+P `fill colour` Enter `#010203` Enter",
        |d| style(d, "A1").fill == Some(Colour(1, 2, 3)),
    ),
    case("format.align-left", "Ctrl+P `align left` Enter", |d| {
        style(d, "A1").align == HorizontalAlign::Left
    }),
    case("format.align-centre", "Ctrl+P `centre` Enter", |d| {
        style(d, "A1").align == HorizontalAlign::Centre
    }),
    case("format.align-right", "Ctrl+P `align right` Enter", |d| {
        style(d, "A1").align == HorizontalAlign::Right
    }),
    case(
        "format.align-general",
        "Ctrl+P `align right` Enter Ctrl+P `align by kind` Enter",
        |d| style(d, "A1").align == HorizontalAlign::General,
    ),
    case("format.wrap", "Ctrl+P `wrap text` Enter", |d| {
        style(d, "A1").wrap
    }),
    case(
        "format.number",
        "`0.5` Enter Up Ctrl+N Ctrl+U `0.000` Enter",
        |d| d.shown("A1") == "0.500",
    ),
    case("format.general", "`0.5` Enter Up Alt+5 Alt+0", |d| {
        d.shown("A1") == "0.5"
    }),
    case("format.decimal", "`1234` Enter Up Alt+1", |d| {
        d.shown("A1") == "1,234.00"
    }),
    case("format.date", "`45000` Enter Up Alt+3", |d| {
        d.shown("A1") == "2023-03-15"
    }),
    case("format.currency", "`5` Enter Up Alt+4", |d| {
        d.shown("A1") == "$5.00"
    }),
    case("format.percent", "`0.5` Enter Up Alt+5", |d| {
        d.shown("A1") == "50%"
    }),
    case("format.scientific", "`1234` Enter Up Alt+6", |d| {
        d.shown("A1") == "1.23E+03"
    }),
    case("format.more-decimals", "`0.5` Enter Up Alt+5 Alt+.", |d| {
        d.shown("A1") == "50.0%"
    }),
    case(
        "format.fewer-decimals",
        "`1234` Enter Up Alt+1 Alt+,",
        |d| d.shown("A1") == "1,234.0",
    ),
    case("format.clear", "Ctrl+B Ctrl+P `clear formats` Enter", |d| {
        !style(d, "A1").font.bold
    }),
    case(
        "columns.width",
        "Ctrl+P `column width` Enter Ctrl+U `20` Enter",
        |d| width(d) == 21,
    ),
    case(
        "columns.fit",
        "`thirty characters of text here` Enter Up Ctrl+P `fit column` Enter",
        |d| width(d) == 31,
    ),
    case("columns.wider", "Ctrl+P `wider` Enter", |d| width(d) == 10),
    case("columns.narrower", "Ctrl+P `narrower` Enter", |d| {
        width(d) == 8
    }),
    case("columns.hide", "Ctrl+P `hide columns` Enter", |d| {
        first_column(d) == 1
    }),
    case(
        "columns.unhide",
        "Ctrl+P `hide columns` Enter Ctrl+A Ctrl+A Ctrl+P `unhide columns` Enter",
        |d| first_column(d) == 0,
    ),
    case("rows.hide", "Ctrl+P `hide rows` Enter", |d| {
        shown_rows(d) == [1, 2, 3]
    }),
    case(
        "rows.unhide",
        "Ctrl+P `hide rows` Enter Ctrl+A Ctrl+A Ctrl+P `unhide rows` Enter",
        |d| shown_rows(d) == [0, 1, 2],
    ),
    case(
        "view.freeze",
        "Down Ctrl+P `freeze` Enter PgDn PgDn PgDn",
        |d| {
            let rows = shown_rows(d);
            rows[0] == 0 && rows[1] > 20
        },
    ),
    case(
        "data.sort-up",
        "`3` Enter `1` Enter Up Ctrl+P `sort ascending` Enter",
        |d| d.shown("A1") == "1",
    ),
    case(
        "data.sort-down",
        "`1` Enter `3` Enter Up Ctrl+P `sort descending` Enter",
        |d| d.shown("A1") == "3",
    ),
    case(
        "data.sort",
        "`h` Enter `1` Enter `3` Enter Up : `sort -A` Enter",
        |d| d.shown("A1") == "h" && d.shown("A2") == "3",
    ),
    case("data.filter", "`h` Enter `1` Enter Up Alt+F", |d| {
        sheet(d).filter.is_some()
    }),
    case(
        "data.filter-column",
        "`h` Enter `1` Enter `3` Enter Up : `filter >2` Enter",
        |d| shown_rows(d) == [0, 2, 3],
    ),
    case(
        "data.filter-value",
        "`h` Enter `1` Enter `3` Enter Up Ctrl+P `by the cell` Enter",
        |d| shown_rows(d) == [0, 2, 3],
    ),
    case(
        "data.clear-filter",
        "`h` Enter `1` Enter `3` Enter Up : `filter >2` Enter Ctrl+P `clear the column` Enter",
        |d| shown_rows(d) == [0, 1, 2],
    ),
    case(
        "data.reapply-filter",
        "`h` Enter `1` Enter `3` Enter Up : `filter >2` Enter Ctrl+G `A2` Enter `9` Enter Ctrl+P `apply the filter` Enter",
        |d| shown_rows(d) == [0, 1, 2],
    ),
    case(
        "go.edge-down",
        "`1` Enter `1` Enter Ctrl+Home Ctrl+Down",
        |d| active(d) == "A2",
    ),
    case("go.edge-up", "Down Down Ctrl+Up", |d| active(d) == "A1"),
    case(
        "go.edge-right",
        "`1` Tab `1` Enter Ctrl+Home Ctrl+Right",
        |d| active(d) == "B1",
    ),
    case("go.edge-left", "Right Right Ctrl+Left", |d| {
        active(d) == "A1"
    }),
    case(
        "select.edge-down",
        "`1` Enter `1` Enter Ctrl+Home Ctrl+Shift+Down",
        |d| selected(d) == "A1:A2",
    ),
    case("select.edge-up", "Down Down Ctrl+Shift+Up", |d| {
        selected(d) == "A1:A3"
    }),
    case(
        "select.edge-right",
        "`1` Tab `1` Enter Ctrl+Home Ctrl+Shift+Right",
        |d| selected(d) == "A1:B1",
    ),
    case("select.edge-left", "Right Right Ctrl+Shift+Left", |d| {
        selected(d) == "A1:C1"
    }),
    case("select.start", "Down Right Ctrl+Shift+Home", |d| {
        selected(d) == "A1:B2"
    }),
    case(
        "select.end",
        "Ctrl+G `C3` Enter `1` Enter Ctrl+Home Ctrl+Shift+End",
        |d| selected(d) == "A1:C3",
    ),
    case("select.all", "`1` Tab `2` Enter Ctrl+Home Ctrl+A", |d| {
        selected(d) == "A1:B1"
    }),
];
