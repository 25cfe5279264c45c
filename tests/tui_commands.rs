//! Every command of the terminal application, run by its keys or from the
//! palette, and what it does.

#[path = "tui_commands/cells.rs"]
mod cells;
#[path = "tui_commands/data.rs"]
mod data;
#[path = "shared/driver.rs"]
mod driver;
#[path = "tui_commands/tables.rs"]
mod tables;

use driver::Driver;
use gradsheet::grid::{Cell, Pos};
use gradsheet::solver::Status;
use gradsheet::tui::command;
use gradsheet::tui::panel::PanelKind;
use gradsheet::tui::panel::charts::Plotted;
use gradsheet::tui::panel::solver::{Form, Row, Wanted};
use gradsheet::tui::{Context, Document, Mode, address};
use gradsheet::value::Value;
use gradsheet::workbook::ChartKind;
use std::collections::BTreeSet;

/// A command, what is played before and to run it, and what must hold then.
struct Case {
    command: &'static str,
    keys: &'static str,
    holds: fn(&mut Driver) -> bool,
}

const fn case(command: &'static str, keys: &'static str, holds: fn(&mut Driver) -> bool) -> Case {
    Case {
        command,
        keys,
        holds,
    }
}

fn active(driver: &Driver) -> String {
    driver.app.selection().active().to_string()
}

fn selected(driver: &Driver) -> String {
    address(driver.app.selection().last())
}

/// The formula of a cell of the sheet in front.
fn formula(driver: &Driver, address: &str) -> String {
    let pos = Pos::parse_a1(address).unwrap();
    let sheet = driver.app.sheet();
    let formula = driver
        .app
        .document
        .engine()
        .formula_text(Cell { sheet, pos });
    formula.unwrap_or_default()
}

/// What is being typed into a cell.
fn typed(driver: &Driver) -> String {
    match &driver.app.mode {
        Mode::Entry(entry) => entry.text().to_owned(),
        _ => String::new(),
    }
}

fn tabs(driver: &Driver) -> Vec<String> {
    let workbook = driver.app.document.engine().workbook();
    let order = workbook.order();
    order
        .iter()
        .map(|&id| workbook.sheet(id).name.to_string())
        .collect()
}

fn front(driver: &Driver) -> String {
    let workbook = driver.app.document.engine().workbook();
    workbook.sheet(driver.app.sheet()).name.to_string()
}

/// `keys` pressed where the solver panel holds a problem with its minimum at A1 = 1.
macro_rules! problem {
    ($keys:literal) => {
        concat!(
            "`5` Enter `=(A1-1)^2+2` Enter Up Alt+S Down Down Down `A1` Enter Up Up Up ",
            $keys
        )
    };
}

/// The same, solved by gradient descent that takes long.
macro_rules! slow_problem {
    ($keys:literal) => {
        concat!(
            "`5` Enter `=(A1-1)^2+2` Enter Up Alt+S Down Down Down `A1` Enter \
             Down Down Down Right Down `0.0000001` Enter Down `100000000` Enter ",
            $keys
        )
    };
}

/// `keys` pressed where A1 and A2, 2 and 4, have sliders.
macro_rules! sliders {
    ($keys:literal) => {
        concat!("`2` Enter `4` Enter Up Shift+Up Alt+B Up ", $keys)
    };
}

/// `keys` pressed where A1:B3, numbers below a header, are selected.
macro_rules! numbers {
    ($keys:literal) => {
        concat!(
            "`x` Tab `y` Enter Left `1` Tab `4` Enter Left `2` Tab `9` Enter \
             Ctrl+Home Shift+Down Shift+Down Shift+Right ",
            $keys
        )
    };
}

fn chart(driver: &Driver) -> &Plotted {
    let charts = &driver.app.panels.charts;
    &charts.charts[charts.chosen]
}

fn form(driver: &Driver) -> &Form {
    driver.app.panels.solver.form.as_ref().unwrap()
}

fn status(driver: &Driver) -> Option<Status> {
    let search = driver.app.panels.solver.search.as_ref()?;
    search.outcome().map(|outcome| outcome.status)
}

#[test]
fn a_panel_s_key_leads_there_from_another_panel() {
    let mut driver = Driver::empty();
    driver.play("`2` Enter Up Alt+B Alt+S");
    assert!(matches!(driver.app.mode, Mode::Panel(PanelKind::Solver)));
    driver.play("F8");
    assert!(matches!(driver.app.mode, Mode::Panel(PanelKind::Inspector)));
    driver.play("Alt+L");
    assert!(matches!(driver.app.mode, Mode::Panel(PanelKind::Sliders)));
}

/// One for each command at least.
const CASES: &[Case] = &[
    case("go.down", "Down Down", |d| active(d) == "A3"),
    case("go.up", "Down Down Up", |d| active(d) == "A2"),
    case("go.right", "Right Tab", |d| active(d) == "C1"),
    case("go.left", "Right Right Left", |d| active(d) == "B1"),
    case("go.page-down", "PgDn", |d| active(d) == "A20"),
    case("go.page-up", "PgDn PgDn PgUp", |d| active(d) == "A20"),
    case("go.page-right", "Alt+PgDn", |d| active(d) == "I1"),
    case("go.page-left", "Alt+PgDn Alt+PgUp", |d| active(d) == "A1"),
    case("go.row-start", "Down Right Right Home", |d| {
        active(d) == "A2"
    }),
    case("go.start", "Down Right Ctrl+Home", |d| active(d) == "A1"),
    case(
        "go.end",
        "Ctrl+G `C7` Enter `1` Enter Ctrl+Home Ctrl+End",
        |d| active(d) == "C7",
    ),
    case("go.to", "Ctrl+G `B2:C9` Enter", |d| selected(d) == "B2:C9"),
    case("select.down", "Shift+Down", |d| selected(d) == "A1:A2"),
    case("select.up", "Down Shift+Up", |d| selected(d) == "A1:A2"),
    case("select.right", "Shift+Right", |d| selected(d) == "A1:B1"),
    case("select.left", "Right Shift+Left", |d| {
        selected(d) == "A1:B1"
    }),
    case(
        "select.rows-extend",
        "Ctrl+P `keys of vim` Enter j l V j",
        |d| selected(d) == "2:3",
    ),
    case("select.rows", "Down Shift+Space", |d| selected(d) == "2:2"),
    case("select.columns", "Right Ctrl+Space", |d| {
        selected(d) == "B:B"
    }),
    case("entry.edit", "`12` Enter Up F2 `3` Enter", |d| {
        d.shown("A1") == "123"
    }),
    case("entry.accept", "`7` Enter", |d| {
        d.shown("A1") == "7" && active(d) == "A2"
    }),
    case("entry.accept-up", "Down `7` Shift+Enter", |d| {
        d.shown("A2") == "7" && active(d) == "A1"
    }),
    case("entry.accept-right", "`7` Tab", |d| {
        d.shown("A1") == "7" && active(d) == "B1"
    }),
    case(
        "entry.accept",
        "Right `1` Tab `2` Tab `3` Enter `4` Enter",
        |d| d.shown("D1") == "3" && d.shown("B2") == "4" && active(d) == "B3",
    ),
    case("entry.accept-left", "Right `7` Shift+Tab", |d| {
        d.shown("B1") == "7" && active(d) == "A1"
    }),
    case("entry.cancel", "`7` Esc", |d| d.shown("A1").is_empty()),
    case("entry.sum", "`1` Enter `2` Enter Alt+= Enter", |d| {
        d.shown("A3") == "3" && active(d) == "A4"
    }),
    case(
        "entry.fill",
        "`1` Enter Ctrl+G `B1:B3` Enter `=A1+1` Ctrl+J",
        |d| d.shown("B1") == "2" && d.shown("B3") == "1" && selected(d) == "B1:B3",
    ),
    case(
        "entry.array",
        "`1` Enter `2` Enter Ctrl+G `B1:B3` Enter `=A1:A2*10` Alt+A",
        |d| d.shown("B2") == "20" && d.shown("B3") == "#N/A",
    ),
    case("entry.leave-down", "`7` Down", |d| {
        d.shown("A1") == "7" && active(d) == "A2"
    }),
    case("entry.leave-up", "Down `7` Up", |d| {
        d.shown("A2") == "7" && active(d) == "A1"
    }),
    case("entry.leave-left", "Right `7` Left", |d| {
        d.shown("B1") == "7" && active(d) == "A1"
    }),
    case("entry.leave-right", "`7` Right", |d| {
        d.shown("A1") == "7" && active(d) == "B1"
    }),
    case("entry.arrows", "`12` F2 Left `3` Enter", |d| {
        d.shown("A1") == "132"
    }),
    case("entry.line-break", "`=1+` Alt+Enter `2` Enter", |d| {
        d.shown("A1") == "3"
    }),
    case("entry.dollars", "`=B1` F4 F4 Enter", |d| {
        formula(d, "A1") == "=B$1"
    }),
    case("entry.values", "{list} Alt+Down Down Enter", |d| {
        d.shown("C1") == "no"
    }),
    case("entry.up", "F2 `ab` Alt+Enter `c` Up `x` Enter", |d| {
        d.value("A1") == Value::text("axb\nc")
    }),
    case(
        "entry.down",
        "F2 `ab` Alt+Enter `c` Up Down `x` Enter",
        |d| d.value("A1") == Value::text("ab\ncx"),
    ),
    case(
        "entry.line-start",
        "`a` Alt+Enter `bc` Home `x` Enter",
        |d| d.value("A1") == Value::text("a\nxbc"),
    ),
    case(
        "entry.line-end",
        "F2 `ab` Alt+Enter `c` Up End `x` Enter",
        |d| d.value("A1") == Value::text("abx\nc"),
    ),
    case("point.down", "`=` Down Down Enter", |d| {
        formula(d, "A1") == "=A3"
    }),
    case("point.up", "Down Down `=` Up Enter", |d| {
        formula(d, "A3") == "=A2"
    }),
    case("point.left", "Right `=` Left Enter", |d| {
        formula(d, "B1") == "=A1"
    }),
    case("point.right", "`=` Right `*` Right Enter", |d| {
        formula(d, "A1") == "=B1*B1"
    }),
    case(
        "point.extend-down",
        "`=SUM(` Right Shift+Down Shift+Down `)` Enter",
        |d| formula(d, "A1") == "=SUM(B1:B3)",
    ),
    case(
        "point.extend-up",
        "Down Down `=SUM(` Right Shift+Up `)` Enter",
        |d| formula(d, "A3") == "=SUM(B2:B3)",
    ),
    case(
        "point.extend-left",
        "Right Right Right `=SUM(` Left Shift+Left `)` Enter",
        |d| formula(d, "D1") == "=SUM(B1:C1)",
    ),
    case(
        "point.extend-right",
        "`=SUM(` Right Shift+Right `)` Enter",
        |d| formula(d, "A1") == "=SUM(B1:C1)",
    ),
    case("point.edge-down", "{block} `=` Left Ctrl+Down Enter", |d| {
        formula(d, "C2") == "=B3"
    }),
    case("point.edge-up", "{block} `=` Left Ctrl+Up Enter", |d| {
        formula(d, "C2") == "=B1"
    }),
    case("point.edge-left", "{block} `=` Left Ctrl+Left Enter", |d| {
        formula(d, "C2") == "=A2"
    }),
    case(
        "point.edge-right",
        "{block} `=` Left Left Ctrl+Right Enter",
        |d| formula(d, "C2") == "=B2",
    ),
    case(
        "point.extend-edge-down",
        "{block} `=SUM(` Left Up Ctrl+Shift+Down `)` Enter",
        |d| formula(d, "C2") == "=SUM(B1:B3)",
    ),
    case(
        "point.extend-edge-up",
        "{block} `=SUM(` Left Ctrl+Shift+Up `)` Enter",
        |d| formula(d, "C2") == "=SUM(B1:B2)",
    ),
    case(
        "point.extend-edge-left",
        "{block} `=SUM(` Left Ctrl+Shift+Left `)` Enter",
        |d| formula(d, "C2") == "=SUM(A2:B2)",
    ),
    case(
        "point.extend-edge-right",
        "{block} `=SUM(` Left Left Ctrl+Shift+Right `)` Enter",
        |d| formula(d, "C2") == "=SUM(A2:B2)",
    ),
    case("point.page-down", "`=` PgDn Enter", |d| {
        formula(d, "A1") == "=A20"
    }),
    case("point.page-up", "`=` PgDn Down PgUp Enter", |d| {
        formula(d, "A1") == "=A2"
    }),
    case("point.next-sheet", "`=` Ctrl+PgDn Enter", |d| {
        formula(d, "A1") == "=A1"
    }),
    case("point.previous-sheet", "`=` Ctrl+PgUp Enter", |d| {
        formula(d, "A1") == "=A1"
    }),
    case("complete.accept", "`=su` Down Tab", |d| {
        typed(d) == "=SUBTOTAL("
    }),
    case("complete.next", "`=su` Down Down Tab", |d| {
        typed(d) == "=SUM("
    }),
    case("complete.previous", "`=su` Down Down Up Tab", |d| {
        typed(d) == "=SUBTOTAL("
    }),
    case("complete.close", "`=su` Esc", |d| {
        typed(d) == "=su" && d.app.mode.context() == Context::Typing
    }),
    case("edit.undo", "`7` Enter Ctrl+Z", |d| {
        d.shown("A1").is_empty()
    }),
    case("edit.redo", "`7` Enter Ctrl+Z Ctrl+Y", |d| {
        d.shown("A1") == "7"
    }),
    case("edit.clear", "`7` Enter Up Delete", |d| {
        d.shown("A1").is_empty()
    }),
    case("edit.repeat", "`7` Enter F4", |d| d.shown("A2") == "7"),
    case("edit.recalculate", "`=RAND()` Enter F9", |d| {
        d.message().contains("Recalculated 1 ")
    }),
    case("select.extend", "Ctrl+F8 Down Right", |d| {
        selected(d) == "A1:B2"
    }),
    case("select.none", "Ctrl+F8 Down Right Esc Down", |d| {
        selected(d) == "A2"
    }),
    case("go.set-mark", "Ctrl+P `set a mark` Enter a", |d| {
        d.app.marks.contains_key(&'a')
    }),
    case(
        "go.mark",
        "Ctrl+P `set a mark` Enter a Down Ctrl+P `go to a mark` Enter a",
        |d| active(d) == "A1",
    ),
    case("view.vim-keys", "Ctrl+P `keys of vim` Enter 5 j", |d| {
        active(d) == "A6"
    }),
    case(
        "view.excel-keys",
        "Ctrl+P `keys of vim` Enter Ctrl+P `keys of excel` Enter `j` Enter",
        |d| d.shown("A1") == "j",
    ),
    case(
        "rows.insert",
        "`=A2` Enter `7` Enter Ctrl+Home Alt+Insert",
        |d| d.shown("A2") == "7",
    ),
    case(
        "rows.delete",
        "`x` Enter `7` Enter Ctrl+Home Alt+Delete",
        |d| d.shown("A1") == "7",
    ),
    case("columns.insert", "`7` Enter Up Alt+Shift+Insert", |d| {
        d.shown("B1") == "7"
    }),
    case(
        "columns.delete",
        "Right `7` Tab Ctrl+Home Alt+Shift+Delete",
        |d| d.shown("A1") == "7",
    ),
    case("sheet.next", "Shift+F11 `7` Enter Ctrl+PgDn", |d| {
        front(d) == "Sheet1"
    }),
    case("sheet.previous", "Shift+F11 Ctrl+PgDn Ctrl+PgUp", |d| {
        front(d) == "Sheet2"
    }),
    case("sheet.add", "Shift+F11", |d| {
        tabs(d) == ["Sheet2", "Sheet1"]
    }),
    case(
        "sheet.rename",
        "Ctrl+P `rename the sheet` Enter Ctrl+U `Data` Enter",
        |d| tabs(d) == ["Data"],
    ),
    case(
        "sheet.copy",
        "`7` Enter Ctrl+P `copy the sheet` Enter",
        |d| front(d) == "Sheet1 (2)" && d.shown("A1") == "7",
    ),
    case(
        "sheet.move-left",
        "Shift+F11 Ctrl+PgDn Ctrl+P `move the sheet left` Enter",
        |d| tabs(d) == ["Sheet1", "Sheet2"] && front(d) == "Sheet1",
    ),
    case(
        "sheet.move-right",
        "Shift+F11 Ctrl+P `move the sheet right` Enter",
        |d| tabs(d) == ["Sheet1", "Sheet2"] && front(d) == "Sheet2",
    ),
    case(
        "sheet.hide",
        "Shift+F11 Ctrl+P `hide the sheet` Enter",
        |d| {
            front(d) == "Sheet1"
                && d.screen()
                    .lines()
                    .nth(22)
                    .is_some_and(|l| !l.contains("Sheet2"))
        },
    ),
    case(
        "sheet.unhide",
        "Shift+F11 Ctrl+P `hide the sheet` Enter Ctrl+P `unhide a sheet` Enter",
        |d| front(d) == "Sheet2",
    ),
    case(
        "sheet.delete",
        "Shift+F11 Ctrl+P `delete the sheet` Enter d",
        |d| tabs(d) == ["Sheet1"],
    ),
    case("sheet.go", "Shift+F11 : `sheet Sheet1` Enter", |d| {
        front(d) == "Sheet1"
    }),
    case(
        "name.define",
        "`7` Enter Up Ctrl+F3 `Rate` Enter Down `=Rate*2` Enter",
        |d| d.shown("A2") == "14",
    ),
    case(
        "name.remove",
        ": `name Tempo=7` Enter `=Tempo` Enter Ctrl+P `remove a name` Enter `Tempo` Enter",
        |d| d.shown("A1") == "#NAME?",
    ),
    case(
        "name.rename",
        ": `name Rate=7` Enter `=Rate` Enter Ctrl+P `rename a name` Enter `Rate=Pace` Enter F2 Esc Up",
        |d| {
            d.screen()
                .lines()
                .next()
                .is_some_and(|l| l.contains("=Pace"))
        },
    ),
    case("file.save", "`7` Enter Ctrl+S `{dir}/a.xlsx` Enter", |d| {
        !d.app.document.is_modified() && d.message().contains("a.xlsx")
    }),
    case("file.save-as", "`7` Enter F12 `{dir}/b.xlsx` Enter", |d| {
        d.app.document.title() == "b.xlsx"
    }),
    // A name without an extension means a workbook, and what is there is asked about.
    case(
        "file.save-over",
        "`7` Enter F12 `{dir}/d` Enter : `e! workbooks/relu.xlsx` Enter F12 Ctrl+U `{dir}/d.xlsx` Enter r",
        |d| d.app.document.title() == "d.xlsx" && d.message().contains("Saved"),
    ),
    case(
        "file.open",
        "`7` Enter Ctrl+O `workbooks/quadratic.xlsx` Enter d",
        |d| d.app.document.title() == "quadratic.xlsx",
    ),
    case(
        "file.open-discarding",
        "`7` Enter : `e! workbooks/relu.xlsx` Enter",
        |d| d.app.document.title() == "relu.xlsx",
    ),
    case(
        "file.new",
        ": `e workbooks/relu.xlsx` Enter Ctrl+P `begins an empty` Enter",
        |d| d.app.document.path().is_none(),
    ),
    case(
        "file.new-discarding",
        "`7` Enter Ctrl+P `new without` Enter",
        |d| d.shown("A1").is_empty() && !d.app.document.is_modified(),
    ),
    case("file.quit", "`7` Enter Ctrl+Q `d`", |d| d.app.has_ended()),
    case("file.discard", "`7` Enter : `q!` Enter", |d| {
        d.app.has_ended()
    }),
    case(
        "file.save-quit",
        "F12 `{dir}/c.xlsx` Enter `7` Enter : `wq` Enter",
        |d| d.app.has_ended() && !d.app.document.is_modified(),
    ),
    case("view.palette", "Ctrl+P", |d| {
        d.app.mode.context() == Context::Palette
    }),
    case("view.command-line", ": `goto C3` Enter", |d| {
        active(d) == "C3"
    }),
    case("view.help", "F1", |d| d.screen().contains("Help: type")),
    case("panel.gradient", "F7", |d| {
        d.app.panels.open == Some(PanelKind::Gradient)
    }),
    case(
        "gradient.objective",
        "`3` Enter `=A1*2` Enter Up Shift+F7",
        |d| d.screen().contains("of Sheet1!A2 = 6"),
    ),
    case("gradient.sort", "`3` Enter `=A1*2` Enter Up F7 s", |d| {
        d.screen().contains("by derivative x value")
    }),
    case("gradient.filter", "`3` Enter `=A1*2` Enter Up F7 f", |d| {
        d.screen().contains("f: constants")
    }),
    case(
        "watch.down",
        "`2` Enter `9` Enter `=A1*A2` Enter Up F7 Down",
        |d| d.app.panels.gradient.list.chosen == 1,
    ),
    case(
        "watch.up",
        "`2` Enter `9` Enter `=A1*A2` Enter Up F7 Down Up",
        |d| d.app.panels.gradient.list.chosen == 0,
    ),
    case(
        "watch.page-down",
        "`2` Enter `9` Enter `=A1*A2` Enter Up F7 PgDn",
        |d| d.app.panels.gradient.list.chosen == 1,
    ),
    case(
        "watch.page-up",
        "`2` Enter `9` Enter `=A1*A2` Enter Up F7 PgDn PgUp",
        |d| d.app.panels.gradient.list.chosen == 0,
    ),
    case(
        "watch.jump",
        "`2` Enter `9` Enter `=A1*A2` Enter Up F7 Down Enter",
        |d| active(d) == "A2",
    ),
    case(
        "inspector.close",
        "`1` Enter `=A1+1` Enter Up F8 Left",
        |d| !d.screen().contains('▾'),
    ),
    case(
        "inspector.open",
        "`1` Enter `=A1+1` Enter Up F8 Left Right",
        |d| d.screen().contains('▾'),
    ),
    case("go.back", "Down Ctrl+G `C9` Enter Alt+Left", |d| {
        active(d) == "A2"
    }),
    case("go.forward", "Ctrl+G `C9` Enter Alt+Left Alt+Right", |d| {
        active(d) == "C9"
    }),
    case("panel.inspector", "F8", |d| {
        d.app.panels.open == Some(PanelKind::Inspector)
    }),
    case("panel.solver", "Alt+S", |d| {
        d.app.panels.open == Some(PanelKind::Solver)
    }),
    case("panel.sliders", "Alt+L", |d| {
        d.app.panels.open == Some(PanelKind::Sliders)
    }),
    case("panel.charts", "F11", |d| {
        d.app.panels.open == Some(PanelKind::Charts)
    }),
    case("panel.problems", "Alt+P", |d| {
        d.app.panels.open == Some(PanelKind::Problems)
    }),
    case("panel.close", "F7 Esc", |d| d.app.panels.open.is_none()),
    case("panel.grid", "F7 F6 Down", |d| {
        active(d) == "A2" && d.app.panels.open.is_some()
    }),
    case("panel.focus", "F7 F6 F6", |d| {
        d.app.mode.context() == Context::Panel(PanelKind::Gradient)
    }),
    case(
        "panel.close-open",
        "F7 F6 Ctrl+P `close the open` Enter",
        |d| d.app.panels.open.is_none(),
    ),
    case("solver.next", problem!("Down"), |d| {
        d.app.panels.solver.focus == Row::Objective
    }),
    case("solver.previous", problem!("Down Down Up"), |d| {
        d.app.panels.solver.focus == Row::Objective
    }),
    case("solver.choose-next", problem!("Down Down Right"), |d| {
        form(d).sense == Wanted::Maximum
    }),
    case("solver.choose-previous", problem!("Down Down Left"), |d| {
        form(d).sense == Wanted::Value
    }),
    case("solver.do", problem!("Enter"), |d| {
        status(d).is_some_and(Status::is_solved) && d.shown("A1") == "1"
    }),
    case("solver.run", problem!("F5"), |d| {
        status(d).is_some_and(Status::is_solved) && d.shown("A2") == "2"
    }),
    case("solver.stop", slow_problem!(""), |d| {
        d.press_keys("F5 Ctrl+C").settle();
        status(d) == Some(Status::Cancelled)
    }),
    case("solver.keep", problem!("F5"), |d| {
        d.play("Ctrl+K F6 Ctrl+Z Ctrl+Y");
        d.shown("A1") == "1" && d.app.panels.solver.search.is_none()
    }),
    case("solver.restore", problem!("F5"), |d| {
        d.play("Ctrl+Z");
        d.shown("A1") == "5" && d.app.panels.solver.search.is_none()
    }),
    case("solver.rates", slow_problem!("Ctrl+F"), |d| {
        d.screen().contains("Suggested: ")
    }),
    case("solver.take-rate", slow_problem!("Ctrl+F"), |d| {
        d.play("Ctrl+T");
        form(d).rate == "0.562341"
    }),
    case("solver.fill", problem!("F5"), |d| {
        d.play("Ctrl+K Down Down Right Ctrl+R");
        form(d).sense == Wanted::Minimum && form(d).variables == "A1"
    }),
    case("field.accept", problem!("Down `B7` Enter"), |d| {
        form(d).objective == "B7"
    }),
    case("field.cancel", problem!("Down `B7` Esc"), |d| {
        form(d).objective == "A2"
    }),
    case("field.pick", problem!("Down F2 F6"), |d| {
        d.app.mode.context() == Context::Pick
    }),
    case(
        "pick.accept",
        problem!("Down Down Down F6 Right Shift+Down Enter"),
        |d| form(d).variables == "B2:B3",
    ),
    case("pick.cancel", problem!("Down F6 Right Esc"), |d| {
        form(d).objective == "A2" && d.app.mode.context() == Context::Panel(PanelKind::Solver)
    }),
    case("slider.add", "`5` Enter Up Alt+B", |d| {
        d.app.panels.sliders.sliders.len() == 1
            && d.app.mode.context() == Context::Panel(PanelKind::Sliders)
    }),
    case("slider.next", sliders!("Down"), |d| {
        d.app.panels.sliders.chosen == 1
    }),
    case("slider.previous", sliders!("Down Up"), |d| {
        d.app.panels.sliders.chosen == 0
    }),
    case("slider.more", sliders!("Right Right"), |d| {
        d.shown("A1") == "2.2"
    }),
    case("slider.less", sliders!("Left"), |d| d.shown("A1") == "1.9"),
    case("slider.much-more", sliders!("Shift+Right"), |d| {
        d.shown("A1") == "3"
    }),
    case("slider.much-less", sliders!("Down Shift+Left"), |d| {
        d.shown("A2") == "2"
    }),
    case(
        "slider.range",
        sliders!("F2 Ctrl+U `0 to 9 by 3` Enter Right"),
        |d| d.shown("A1") == "6",
    ),
    case("slider.remove", sliders!("Delete"), |d| {
        d.app.panels.sliders.sliders.len() == 1
    }),
    case("slider.redo", sliders!("Right Right Ctrl+Z Ctrl+Y"), |d| {
        let moved = d.value("A1");
        d.play("Ctrl+Z");
        d.value("A1") != moved
    }),
    case("slider.undo", sliders!("Right Right Ctrl+Z"), |d| {
        d.shown("A1") == "2"
    }),
    case("chart.line", numbers!("Ctrl+P `line chart` Enter"), |d| {
        chart(d).kind == ChartKind::Line
    }),
    case("chart.scatter", numbers!("Ctrl+P `scatter` Enter"), |d| {
        chart(d).kind == ChartKind::Scatter
    }),
    case(
        "chart.column",
        numbers!("Ctrl+P `column chart` Enter"),
        |d| chart(d).kind == ChartKind::Column,
    ),
    case(
        "chart.histogram",
        numbers!("Ctrl+P `histogram` Enter"),
        |d| chart(d).kind == ChartKind::Histogram,
    ),
    case(
        "chart.next",
        numbers!("F11 Esc Ctrl+P `histogram` Enter Left Right"),
        |d| chart(d).kind == ChartKind::Histogram,
    ),
    case(
        "chart.previous",
        numbers!("F11 Esc Ctrl+P `histogram` Enter Left"),
        |d| chart(d).kind == ChartKind::Line,
    ),
    case("chart.kind", numbers!("F11 Space"), |d| {
        chart(d).kind == ChartKind::Scatter
    }),
    case("chart.log", numbers!("F11 Ctrl+L"), |d| chart(d).log),
    case("chart.title", numbers!("F11 Enter `Loss` Enter"), |d| {
        d.screen().contains("Loss ")
    }),
    case(
        "chart.insert",
        numbers!("F11 Insert F6 Ctrl+Z Ctrl+Y"),
        |d| {
            let workbook = d.app.document.engine().workbook();
            workbook.sheet(d.app.sheet()).charts.len() == 1
        },
    ),
    case("chart.remove", numbers!("F11 Delete"), |d| {
        d.app.panels.charts.charts.is_empty()
    }),
    case("list.close", "F1 Esc", |d| matches!(d.app.mode, Mode::Grid)),
    case(
        "list.down",
        "F1 Down Down",
        |d| matches!(&d.app.mode, Mode::Help(h) if h.top == 2),
    ),
    case(
        "list.up",
        "F1 Down Down Up",
        |d| matches!(&d.app.mode, Mode::Help(h) if h.top == 1),
    ),
    case(
        "list.page-down",
        "F1 PgDn",
        |d| matches!(&d.app.mode, Mode::Help(h) if h.top == 10),
    ),
    case(
        "list.start",
        "F1 PgDn Home",
        |d| matches!(&d.app.mode, Mode::Help(h) if h.top == 0),
    ),
    case("list.end", "F1 End", |d| {
        let lines = d.app.help_lines();
        matches!(&d.app.mode, Mode::Help(h) if h.top == lines - 22)
    }),
    case(
        "list.page-up",
        "F1 PgDn Down PgUp",
        |d| matches!(&d.app.mode, Mode::Help(h) if h.top == 1),
    ),
    case("journal.restore", "`7` Enter {crash} R", |d| {
        d.shown("A1") == "7" && d.app.document.is_modified()
    }),
    case(
        "journal.discard",
        "`7` Enter {crash} L Ctrl+P `discard unsaved edits` Enter y",
        |d| d.shown("A1").is_empty() && d.app.document.journals().left.is_empty(),
    ),
    case("list.accept", "`7` Enter Ctrl+P `undo` Enter", |d| {
        d.shown("A1").is_empty()
    }),
];

fn cases() -> impl Iterator<Item = &'static Case> {
    CASES.iter().chain(cells::CASES).chain(data::CASES)
}

/// Fills A1:B3 and goes to C2.
const BLOCK: &str = "Ctrl+G `A1:B3` Enter `1` Ctrl+J Ctrl+G `C2` Enter";

#[test]
fn every_command_does_what_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().to_str().unwrap();
    let csv = format!("{dir}/people.csv");
    std::fs::write(
        &csv,
        "name;size;born\nZoë;1,5;2024-03-01\nBo;2,5;2023-12-31\n",
    )
    .unwrap();
    let mut failed = Vec::new();
    for case in cases() {
        let mut driver = Driver::empty();
        let keys = match case.keys.strip_prefix("{list}") {
            Some(keys) => {
                driver.list("C1", "yes,no");
                driver.play("Right Right");
                keys
            }
            None => case.keys,
        };
        let keys = keys
            .replace("{dir}", dir)
            .replace("{csv}", &csv)
            .replace("{block}", BLOCK);
        let keys = match keys.split_once("{crash}") {
            Some((before, after)) => {
                let state = folder.path().join(case.command);
                driver = Driver::journalled(Document::empty(), &state);
                driver.play(before);
                drop(driver);
                driver = Driver::journalled(Document::empty(), &state);
                after.to_owned()
            }
            None => keys,
        };
        driver.play(&keys);
        if !(case.holds)(&mut driver) {
            let message = driver.message();
            failed.push(format!(
                "{}: {}: {message}\n{}",
                case.command,
                case.keys,
                driver.screen()
            ));
        }
    }
    assert!(failed.is_empty(), "\n{}", failed.join("\n"));
}

#[test]
fn every_command_has_a_case() {
    let covered: BTreeSet<&str> = cases().map(|case| case.command).collect();
    let there: BTreeSet<&str> = command::all().map(|command| command.name).collect();
    assert_eq!(covered, there);
}
