//! What commands do where the active cell lies in a table, and what filters hide.

use crate::driver::Driver;
use gradsheet::workbook::Table;

/// A table A1:B4 of k and v, with words beside it in C.
fn table() -> Driver {
    let mut driver = Driver::empty();
    driver.play(
        "Ctrl+G `C1` Enter `beside` Enter `z` Enter `y` Enter `x` Enter Ctrl+Home \
         `k` Tab `v` Enter `c` Tab `1` Enter `a` Tab `2` Enter `b` Tab `3` Enter \
         Ctrl+Home Shift+Right Shift+Down Shift+Down Shift+Down Ctrl+T",
    );
    driver
}

fn the_table(driver: &Driver) -> Table {
    let workbook = driver.app.document.engine().workbook();
    workbook.tables.iter().next().expect("a table").clone()
}

fn shown(driver: &Driver, cells: &[&str]) -> String {
    let shown: Vec<String> = cells.iter().map(|cell| driver.shown(cell)).collect();
    shown.join(" ")
}

fn hidden_rows(driver: &Driver) -> Vec<u32> {
    let sheet = driver
        .app
        .document
        .engine()
        .workbook()
        .sheet(driver.app.sheet());
    (0..10).filter(|row| sheet.rows.get(*row).hidden).collect()
}

#[test]
fn sorting_in_a_table_sorts_its_rows_alone() {
    let mut driver = table();
    driver.play("Ctrl+G `A3` Enter Ctrl+P `sort ascending` Enter");
    assert_eq!(shown(&driver, &["A1", "A2", "A3", "A4"]), "k a b c");
    assert_eq!(shown(&driver, &["B2", "B3", "B4"]), "2 3 1");
    assert_eq!(shown(&driver, &["C1", "C2", "C3", "C4"]), "beside z y x");
    // A total stays where it is.
    driver.play("Ctrl+P `total row` Enter Ctrl+P `sort descending` Enter");
    assert_eq!(shown(&driver, &["A1", "A2", "A3", "A4"]), "k c b a");
    assert!(
        driver.shown("A5").starts_with("Total"),
        "{}",
        driver.shown("A5")
    );
    // From beside it, it would be taken apart.
    driver.play("Ctrl+G `C2` Enter Ctrl+P `sort ascending` Enter");
    assert!(driver.message().contains("Table1"), "{}", driver.message());
    assert_eq!(shown(&driver, &["C1", "C2", "C3", "C4"]), "beside z y x");
}

#[test]
fn a_filter_in_a_table_is_the_tables_and_is_saved_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("filtered.xlsx");
    let mut driver = table();
    driver.play("Ctrl+G `B3` Enter Alt+F");
    assert!(!the_table(&driver).buttons);
    driver.play("Alt+F");
    assert!(the_table(&driver).buttons);
    let no_sheet_filter = |driver: &Driver| {
        let workbook = driver.app.document.engine().workbook();
        workbook.sheet(driver.app.sheet()).filter.is_none()
    };
    assert!(no_sheet_filter(&driver));
    // By the list key on its header.
    driver.play("Ctrl+G `B1` Enter Alt+Down `>=2` Enter");
    assert_eq!(hidden_rows(&driver), [1]);
    assert!(driver.screen().contains('▼'));
    driver.play(&format!("F12 `{}` Enter", path.display()));

    let mut driver = Driver::open(&path);
    assert!(no_sheet_filter(&driver));
    assert_eq!(hidden_rows(&driver), [1]);
    assert!(the_table(&driver).columns[1].criterion.is_some());
    // It is known for a filter's doing: another condition shows the row again.
    driver.play("Ctrl+G `B1` Enter Alt+Down `<3` Enter");
    assert_eq!(hidden_rows(&driver), [3]);
    driver.play("Ctrl+S");
    let mut driver = Driver::open(&path);
    assert_eq!(hidden_rows(&driver), [3]);
    driver.play("Ctrl+G `A1` Enter Alt+F");
    assert!(hidden_rows(&driver).is_empty());
    driver.play("Ctrl+Z");
    assert_eq!(hidden_rows(&driver), [3]);
    driver.play("Ctrl+Y Ctrl+S");
    let driver = Driver::open(&path);
    assert!(!the_table(&driver).buttons);
    assert!(hidden_rows(&driver).is_empty());
}

#[test]
fn sums_of_a_selection_leave_out_what_a_filter_hides() {
    let mut driver = Driver::empty();
    driver.play("`v` Enter `1` Enter `20` Enter `300` Enter Up : `filter >5` Enter Ctrl+Space");
    let screen = driver.screen();
    assert!(screen.contains("sum 320"), "{screen}");
}

#[test]
fn what_is_typed_replaces_a_text_that_a_prompt_begins_with() {
    let mut driver = Driver::empty();
    driver.play("`loss` Enter `gain` Enter Ctrl+Home Ctrl+F `gain` Enter Esc");
    assert_eq!(driver.app.selection().active().to_string(), "A2");
    driver.play("Ctrl+F `loss` Enter Esc");
    assert_eq!(driver.app.selection().active().to_string(), "A1");
    // Other keys edit it.
    driver.play("Ctrl+P `rename the sheet` Enter Home `My` Enter");
    assert!(driver.screen().contains("MySheet1"), "{}", driver.screen());
    driver.play("Ctrl+P `rename the sheet` Enter `Other` Enter");
    assert!(driver.screen().contains("  Other"), "{}", driver.screen());
}

#[test]
fn the_line_moved_to_in_the_palette_is_what_runs() {
    let mut driver = Driver::empty();
    driver.play("`b` Enter `a` Enter Ctrl+Home : `sort`");
    let matches = |driver: &Driver| match &driver.app.mode {
        gradsheet::tui::Mode::Palette(palette) => palette.matches()[1].name,
        _ => panic!("no palette"),
    };
    let second = matches(&driver);
    assert_eq!(second, "data.sort-up");
    driver.play("Down Enter");
    assert_eq!(shown(&driver, &["A1", "A2"]), "a b");
}

#[test]
fn the_start_of_a_sheet_lies_behind_its_frozen_lines() {
    let mut driver = Driver::empty();
    driver.play("Ctrl+G `B2` Enter Ctrl+P `freeze` Enter PgDn PgDn Ctrl+Home");
    assert_eq!(driver.app.selection().active().to_string(), "B2");
    let rows = driver.app.viewport().rows;
    assert_eq!((rows[0].index, rows[1].index), (0, 1));
}

#[test]
fn a_number_that_the_screens_edge_cuts_is_cut_and_not_crossed_out() {
    let mut driver = Driver::empty();
    driver.play("Ctrl+G `B1` Enter `1234567` Enter Ctrl+Home");
    // The gutter, the first column and six characters of the second.
    driver.resize(4 + 9 + 6, 10);
    let screen = driver.screen();
    let line = screen.lines().find(|line| line.starts_with("  1")).unwrap();
    assert!(line.contains("1234…") && !line.contains('#'), "{screen}");
}

#[test]
fn a_message_is_not_covered_by_sums() {
    let mut driver = Driver::empty();
    driver.resize(60, 24);
    driver.play("`1` Enter `2` Enter Ctrl+Home Shift+Down");
    driver
        .app
        .say("a message of sixty columns, which leaves no room");
    let screen = driver.screen();
    assert!(screen.contains("leaves no room"), "{screen}");
}

#[test]
fn a_date_widens_a_column_whose_width_nobody_set() {
    let mut driver = Driver::empty();
    driver.play("Ctrl+G `B1` Enter `day` Enter `2024-12-31` Enter");
    let screen = driver.screen();
    assert!(screen.contains(&driver.shown("B2")), "{screen}");
    assert!(!screen.contains('#'), "{screen}");
    // One step, width and all.
    driver.play("Ctrl+Z");
    let sheet = driver
        .app
        .document
        .engine()
        .workbook()
        .sheet(driver.app.sheet());
    assert!(sheet.columns.is_empty());
    assert_eq!(driver.shown("B2"), "");
    assert_eq!(driver.shown("B1"), "day");
    // One that was made narrow stays so.
    driver
        .play("Ctrl+P `column width` Enter Ctrl+U `5` Enter Ctrl+G `B3` Enter `2024-12-31` Enter");
    assert!(driver.screen().contains("####"), "{}", driver.screen());
}

#[test]
fn an_inserted_chart_follows_its_title() {
    let mut driver = Driver::empty();
    driver.play("`1` Enter `2` Enter `4` Enter Ctrl+Home Shift+Down Shift+Down F11 Insert Enter `Fit` Enter");
    let titles = |driver: &Driver| -> Vec<String> {
        let sheet = driver
            .app
            .document
            .engine()
            .workbook()
            .sheet(driver.app.sheet());
        sheet
            .charts
            .iter()
            .map(|chart| chart.title.to_string())
            .collect()
    };
    assert_eq!(titles(&driver), ["Fit"]);
    driver.play("Ctrl+Z");
    assert_eq!(titles(&driver), [""]);
}

#[test]
fn a_copied_sheet_says_what_it_lacks() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("linked.xlsx");
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_number(0, 0, 1.0).unwrap();
    sheet.write_url(1, 0, "https://example.org").unwrap();
    let note = rust_xlsxwriter::Note::new("why");
    sheet.insert_note(2, 0, &note).unwrap();
    book.save(&path).unwrap();
    let mut driver = Driver::open(&path);
    driver.play("Ctrl+P `copy the sheet` Enter");
    let said = driver.message();
    assert!(said.contains("comments and links"), "{said}");
    let mut driver = Driver::empty();
    driver.play("Ctrl+P `copy the sheet` Enter");
    assert_eq!(driver.message(), "");
}

#[test]
fn the_help_is_searched_by_typing_and_reads_whole_in_eighty_columns() {
    let mut driver = Driver::empty();
    driver.play("F1 `learning rate`");
    let screen = driver.screen();
    assert!(
        screen.contains("Find a learning rate") && screen.contains("Ctrl+F"),
        "{screen}"
    );
    // A group is one, and a description goes on over lines.
    assert_eq!(screen.matches("SOLVER").count(), 1, "{screen}");
    let help = "Takes some steps with each of many rates and draws where they lead.";
    let words: Vec<&str> = screen
        .split(|c: char| c.is_whitespace() || c == '│')
        .filter(|w| !w.is_empty())
        .collect();
    assert!(words.join(" ").contains(help), "{screen}");
}

#[test]
fn parentheses_left_open_at_the_end_of_a_formula_are_closed() {
    let mut driver = Driver::empty();
    driver.play("`1` Enter `2` Enter `=SUM(A1:A2` Enter `=ROUND((A1+A2)/2,MAX(0,0` Enter");
    assert_eq!(shown(&driver, &["A3", "A4"]), "3 2");
    // What is wrong otherwise is still said at its place.
    driver.play("`=SUM(A1:A2,,*` Enter");
    assert!(matches!(driver.app.mode, gradsheet::tui::Mode::Entry(_)));
}

#[test]
fn a_refusal_of_a_prompt_is_read_whole() {
    let mut driver = Driver::empty();
    driver.play("Ctrl+P `rename the sheet` Enter `a/b` Enter");
    let screen = driver.screen();
    assert!(
        screen.contains("any of [ ] : * ?") && screen.contains("│/ \\"),
        "{screen}"
    );
}
