//! The mouse in the terminal application.

#[path = "shared/driver.rs"]
mod driver;

use crossterm::event::{Event, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use driver::Driver;
use gradsheet::tui::address;

fn mouse(driver: &mut Driver, kind: MouseEventKind, x: u16, y: u16) {
    driver.happens(Event::Mouse(MouseEvent {
        kind,
        column: x,
        row: y,
        modifiers: KeyModifiers::NONE,
    }));
}

fn click(driver: &mut Driver, x: u16, y: u16) {
    mouse(driver, MouseEventKind::Down(MouseButton::Left), x, y);
    mouse(driver, MouseEventKind::Up(MouseButton::Left), x, y);
}

/// Where a text is on the screen.
fn find(driver: &mut Driver, text: &str) -> (u16, u16) {
    let screen = driver.screen();
    let (y, line) = screen
        .lines()
        .enumerate()
        .find(|(_, line)| line.contains(text))
        .unwrap_or_else(|| panic!("no {text} in\n{screen}"));
    let before = line.split(text).next().unwrap_or_default();
    (before.chars().count() as u16, y as u16)
}

fn selected(driver: &Driver) -> String {
    address(driver.app.selection().last())
}

#[test]
fn a_click_selects_a_cell_and_a_drag_an_area() {
    let mut driver = Driver::empty();
    driver.play("Ctrl+G `B3` Enter `here` Enter Ctrl+Home");
    let (x, y) = find(&mut driver, "here");
    click(&mut driver, x, y);
    assert_eq!(selected(&driver), "B3");
    mouse(&mut driver, MouseEventKind::Down(MouseButton::Left), x, y);
    mouse(
        &mut driver,
        MouseEventKind::Drag(MouseButton::Left),
        x + 10,
        y + 2,
    );
    mouse(
        &mut driver,
        MouseEventKind::Up(MouseButton::Left),
        x + 10,
        y + 2,
    );
    assert_eq!(selected(&driver), "B3:C5");
}

#[test]
fn a_click_on_a_letter_or_number_selects_the_column_or_row() {
    let mut driver = Driver::empty();
    let (x, y) = find(&mut driver, " C ");
    click(&mut driver, x + 1, y);
    assert_eq!(selected(&driver), "C:C");
    let (x, y) = find(&mut driver, "  5");
    click(&mut driver, x + 2, y);
    assert_eq!(selected(&driver), "5:5");
}

#[test]
fn two_clicks_edit_the_cell() {
    let mut driver = Driver::empty();
    driver.play("`7` Enter");
    let (x, y) = find(&mut driver, "7");
    click(&mut driver, x, y);
    click(&mut driver, x, y);
    driver.play("`5` Enter");
    assert_eq!(driver.shown("A1"), "75");
}

#[test]
fn the_wheel_scrolls_and_leaves_the_selection() {
    let mut driver = Driver::empty();
    mouse(&mut driver, MouseEventKind::ScrollDown, 20, 10);
    let first = driver.app.viewport().rows[0].index;
    assert_eq!(first, 3);
    assert_eq!(selected(&driver), "A1");
    for _ in 0..5 {
        mouse(&mut driver, MouseEventKind::ScrollUp, 20, 10);
    }
    assert_eq!(driver.app.viewport().rows[0].index, 0);
}

#[test]
fn a_click_on_a_tab_shows_its_sheet() {
    let mut driver = Driver::open("workbooks/titanic.xlsx");
    let (x, y) = find(&mut driver, " nnet ");
    click(&mut driver, x + 1, y);
    let workbook = driver.app.document.engine().workbook();
    assert_eq!(&*workbook.sheet(driver.app.sheet()).name, "nnet");
}

#[test]
fn a_click_puts_a_cell_into_a_formula_and_a_drag_a_range() {
    let typed = |driver: &Driver| match &driver.app.mode {
        gradsheet::tui::Mode::Entry(entry) => entry.text().to_owned(),
        _ => String::new(),
    };
    let mut driver = Driver::empty();
    driver.play("Ctrl+G `B3` Enter `here` Enter Ctrl+Home `=SUM(`");
    let (x, y) = find(&mut driver, "here");
    click(&mut driver, x, y + 1);
    assert_eq!(typed(&driver), "=SUM(B4");
    mouse(&mut driver, MouseEventKind::Down(MouseButton::Left), x, y);
    mouse(
        &mut driver,
        MouseEventKind::Drag(MouseButton::Left),
        x + 10,
        y + 2,
    );
    assert_eq!(typed(&driver), "=SUM(B3:C5");
    driver.play("`+`");
    click(&mut driver, x, 1);
    assert_eq!(typed(&driver), "=SUM(B3:C5+B:B");
    // A click into the formula bar moves the cursor.
    click(&mut driver, 14 + 5, 0);
    driver.play("`1,`");
    assert_eq!(typed(&driver), "=SUM(1,B3:C5+B:B");
    // Elsewhere it accepts.
    driver.play("Esc `5`");
    click(&mut driver, x, y);
    assert_eq!(selected(&driver), "B3");
    assert_eq!(driver.shown("A1"), "5");
}

#[test]
fn dragging_a_column_border_sets_the_width_in_one_step_and_two_clicks_fit_it() {
    let mut driver = Driver::empty();
    driver.play("`a rather long text` Enter");
    let column = |driver: &Driver, n: usize| driver.app.viewport().columns[n];
    let before = column(&driver, 0);
    let (x, y) = (before.start + before.size - 1, driver.app.layout().grid.y);
    mouse(&mut driver, MouseEventKind::Down(MouseButton::Left), x, y);
    for further in [2, 9, 5] {
        let to = x + further;
        mouse(&mut driver, MouseEventKind::Drag(MouseButton::Left), to, y);
        assert_eq!(column(&driver, 0), before);
    }
    assert!(driver.message().starts_with("Width: "));
    mouse(&mut driver, MouseEventKind::Up(MouseButton::Left), x + 5, y);
    assert_eq!(column(&driver, 0).size, before.size + 5);
    assert_eq!(column(&driver, 1).start, x + 6);
    driver.play("Ctrl+Z");
    assert_eq!(column(&driver, 0), before);

    click(&mut driver, x, y);
    click(&mut driver, x, y);
    assert_eq!(
        column(&driver, 0).size,
        "a rather long text".len() as u16 + 1
    );
}

#[test]
fn a_dragged_border_sets_all_selected_columns() {
    let mut driver = Driver::empty();
    driver.play("Ctrl+G `A:C` Enter");
    let columns = driver.app.viewport().columns;
    let (x, y) = (
        columns[1].start + columns[1].size - 1,
        driver.app.layout().grid.y,
    );
    mouse(&mut driver, MouseEventKind::Down(MouseButton::Left), x, y);
    mouse(
        &mut driver,
        MouseEventKind::Drag(MouseButton::Left),
        x - 4,
        y,
    );
    mouse(&mut driver, MouseEventKind::Up(MouseButton::Left), x - 4, y);
    let after = driver.app.viewport().columns;
    let sizes: Vec<u16> = after.iter().take(4).map(|column| column.size).collect();
    let size = columns[1].size;
    assert_eq!(sizes, [size - 4, size - 4, size - 4, size]);
}

#[test]
fn a_line_of_a_panel_is_jumped_to_and_the_wheel_moves_through_its_lines() {
    let mut driver = Driver::empty();
    driver
        .play("Ctrl+G `C5` Enter `=1/0` Enter Ctrl+G `B9` Enter `=NA()` Enter Ctrl+Home Alt+P F6");
    let (x, y) = find(&mut driver, "C5 #DIV/0!");
    let (_, below) = find(&mut driver, "B9 #N/A");
    click(&mut driver, x + 1, y);
    assert_eq!(selected(&driver), "C5");
    mouse(&mut driver, MouseEventKind::ScrollDown, x, y);
    mouse(&mut driver, MouseEventKind::ScrollUp, x, y);
    click(&mut driver, x, below);
    assert_eq!(selected(&driver), "B9");
    driver.play("Alt+Left");
    assert_eq!(selected(&driver), "C5");
    // The inspector's precedents are jumps, too.
    driver.play("Esc Ctrl+G `A2` Enter `=SUM(D7:D8)` Enter Up F8");
    let (x, y) = find(&mut driver, "D7:D8  ");
    click(&mut driver, x, y);
    assert_eq!(driver.app.selection().active().to_string(), "D7");
}

#[test]
fn the_lines_of_the_solver_are_chosen_and_its_buttons_pressed() {
    let mut driver = Driver::empty();
    driver.play("`3` Enter `=(A1-1)^2` Enter Up Alt+S");
    let (x, y) = find(&mut driver, "Changing");
    click(&mut driver, x, y);
    driver.play("Enter `A1` Enter");
    let (x, y) = find(&mut driver, "▸ Solve");
    click(&mut driver, x, y);
    driver.settle();
    assert!(driver.screen().contains("Keep"), "{}", driver.screen());
    let (x, y) = find(&mut driver, "▸ Keep");
    click(&mut driver, x, y);
    driver.settle();
    assert!((driver.shown("A1").parse::<f64>().unwrap() - 1.0).abs() < 1e-3);
}

#[test]
fn sliders_are_dragged() {
    let mut driver = Driver::empty();
    driver.play("`1` Enter `2` Enter `=A1*10` Enter Ctrl+Home Shift+Down Alt+B");
    let screen = driver.screen();
    let bars: Vec<(usize, usize)> = screen
        .lines()
        .enumerate()
        .filter_map(|(y, line)| Some((line.chars().position(|c| c == '●')?, y)))
        .collect();
    let (x, y) = (bars[1].0 as u16, bars[1].1 as u16);
    mouse(&mut driver, MouseEventKind::Down(MouseButton::Left), x, y);
    mouse(&mut driver, MouseEventKind::Drag(MouseButton::Left), 79, y);
    mouse(&mut driver, MouseEventKind::Up(MouseButton::Left), 79, y);
    // From 0 to 4, to its end; all of the drag is one step of the history.
    assert_eq!(driver.shown("A2"), "4");
    driver.play("Ctrl+Z");
    assert_eq!(driver.shown("A2"), "2");
}
