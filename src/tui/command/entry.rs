//! Typing into a cell.

use super::go::moved;
use super::{Call, Command, Refusal};
use crate::engine::{Engine, EntryError, Preview, ValidationError};
use crate::formula;
use crate::grid::{Area, Cell, MAX_COLS, MAX_ROWS, Pos, Rect};
use crate::tui::app::{App, TypedLine};
use crate::tui::entry::Entry;
use crate::tui::mode::{Context, Mode};
use crate::tui::selection::Selection;
use crate::value::format::Format;
use crate::value::{Value, parse_entry};
use crate::workbook::{AlertStyle, Content, Edit, RunKind, Transaction};

const ENTRY: &[Context] = &[Context::Entry];
const TYPING: &[Context] = &[Context::Typing];

pub const COMMANDS: &[Command] = &[
    Command::grid(
        "entry.edit",
        "Edit cell",
        "Edits the content of the active cell.",
        |app, _| {
            let entry = Entry::of(app.document.engine(), app.active_cell());
            app.begin(entry);
            Ok(())
        },
    )
    .keys(&["F2"])
    .vim(&["a", "i"]),
    Command::grid(
        "entry.sum",
        "Sum",
        "Begins a SUM of the numbers above the active cell, or to its left; sums a selection behind it.",
        sum,
    )
    .keys(&["Alt+="]),
    Command::new(
        "entry.accept",
        "Accept",
        "Enters what was typed and moves down.",
        ENTRY,
        |app, _| accept(app, Next::Cycle(1, 0)),
    )
    .keys(&["Enter"]),
    Command::new(
        "entry.accept-up",
        "Accept and move up",
        "Enters what was typed and moves up.",
        ENTRY,
        |app, _| accept(app, Next::Cycle(-1, 0)),
    )
    .keys(&["Shift+Enter"]),
    Command::new(
        "entry.accept-right",
        "Accept and move right",
        "Enters what was typed and moves to the right.",
        ENTRY,
        |app, _| accept(app, Next::Cycle(0, 1)),
    )
    .keys(&["Tab"]),
    Command::new(
        "entry.accept-left",
        "Accept and move left",
        "Enters what was typed and moves to the left.",
        ENTRY,
        |app, _| accept(app, Next::Cycle(0, -1)),
    )
    .keys(&["Shift+Tab"]),
    Command::new(
        "entry.fill",
        "Enter into the selection",
        "Enters what was typed into all selected cells; references count from the active one.",
        ENTRY,
        |app, _| accept_into(app, Target::Each),
    )
    .keys(&["Ctrl+Enter", "Ctrl+J"]),
    Command::new(
        "entry.array",
        "Enter as an array formula",
        "Enters what was typed as one array formula over the selected cells.",
        ENTRY,
        |app, _| accept_into(app, Target::Array),
    )
    .keys(&["Ctrl+Shift+Enter", "Alt+A"]),
    Command::new(
        "entry.leave-down",
        "Accept by moving down",
        "Enters what was typed, which is no place for a reference, and moves down.",
        TYPING,
        |app, _| accept(app, Next::Step(1, 0)),
    )
    .keys(&["Down"]),
    Command::new(
        "entry.leave-up",
        "Accept by moving up",
        "Enters what was typed, which is no place for a reference, and moves up.",
        TYPING,
        |app, _| accept(app, Next::Step(-1, 0)),
    )
    .keys(&["Up"]),
    Command::new(
        "entry.leave-left",
        "Accept by moving left",
        "Enters what was typed, which is no place for a reference, and moves to the left.",
        TYPING,
        |app, _| accept(app, Next::Step(0, -1)),
    )
    .keys(&["Left"]),
    Command::new(
        "entry.leave-right",
        "Accept by moving right",
        "Enters what was typed, which is no place for a reference, and moves to the right.",
        TYPING,
        |app, _| accept(app, Next::Step(0, 1)),
    )
    .keys(&["Right"]),
    Command::new(
        "entry.cancel",
        "Cancel",
        "Leaves the cell as it was.",
        ENTRY,
        |app, _| {
            if let Mode::Entry(entry) = std::mem::take(&mut app.mode) {
                app.show_sheet(entry.cell.sheet);
                app.reveal(entry.cell.pos);
            }
            Ok(())
        },
    )
    .keys(&["Esc", "Ctrl+C"]),
    Command::new(
        "entry.arrows",
        "Edit or point",
        "Has the arrows move in the text, or point at cells again.",
        ENTRY,
        |app, _| {
            app.change_entry(|entry, _| entry.toggle_arrows());
            Ok(())
        },
    )
    .keys(&["F2"]),
    Command::new(
        "entry.line-break",
        "Line break",
        "Begins a new line in what is typed.",
        ENTRY,
        |app, _| {
            app.change_entry(|entry, _| entry.break_line());
            Ok(())
        },
    )
    .keys(&["Alt+Enter"]),
    Command::new(
        "entry.dollars",
        "Next $ of the reference",
        "Makes the reference at the cursor absolute, in part, or relative.",
        ENTRY,
        |app, _| match app.change_entry(Entry::cycle_dollars) {
            Some(false) => Err(Refusal::new("there is no reference at the cursor")),
            _ => Ok(()),
        },
    )
    .keys(&["F4"]),
    Command::new(
        "entry.values",
        "Choose a value",
        "Offers the values that the cell's data validation allows, or what completes the name.",
        &[Context::Grid, Context::Entry],
        choose,
    )
    .keys(&["Alt+Down"]),
    Command::new(
        "entry.up",
        "Line up",
        "Moves the cursor one line up in what is typed.",
        ENTRY,
        |app, _| move_line(app, -1),
    )
    .keys(&["Up"]),
    Command::new(
        "entry.down",
        "Line down",
        "Moves the cursor one line down in what is typed.",
        ENTRY,
        |app, _| move_line(app, 1),
    )
    .keys(&["Down"]),
    Command::new(
        "entry.line-start",
        "Start of the line",
        "Moves the cursor to the start of its line.",
        ENTRY,
        |app, _| {
            move_cursor(app, |text, at| {
                text[..at].rfind('\n').map_or(0, |at| at + 1)
            })
        },
    )
    .keys(&["Home"]),
    Command::new(
        "entry.line-end",
        "End of the line",
        "Moves the cursor to the end of its line.",
        ENTRY,
        |app, _| {
            move_cursor(app, |text, at| {
                text[at..].find('\n').map_or(text.len(), |end| at + end)
            })
        },
    )
    .keys(&["End"]),
];

/// Where the active cell goes when an entry was accepted.
#[derive(Clone, Copy)]
enum Next {
    /// So many rows and columns further, within the selection where it has
    /// several cells.
    Cycle(i64, i64),
    /// So many rows and columns further, out of the selection.
    Step(i64, i64),
}

/// What several selected cells get.
#[derive(Clone, Copy)]
enum Target {
    /// Each the same, references counted from the active cell.
    Each,
    /// One array formula.
    Array,
}

/// Enters what was typed; where it is refused it stays, with the reason.
fn accept(app: &mut App, next: Next) -> Result<(), Refusal> {
    let Some((cell, text)) = ready(app) else {
        return Ok(());
    };
    if let Some(text) = text {
        let checked = checked(app, cell, &[alone(cell)], &text);
        let entered = checked.and_then(|note| Ok((note, app.enter(cell, &text)?)));
        match entered {
            Ok((note, ())) => tell(app, note),
            Err(stay) => return stay.keep(app),
        }
    }
    app.mode = Mode::Grid;
    let line = app.typed_line.take().filter(|line| line.next == cell);
    match next {
        Next::Cycle(rows, cols) if !app.selection().is_one_cell() => {
            app.selection_mut().cycle(rows == 0, rows + cols > 0);
            let to = app.selection().active();
            app.reveal(to);
        }
        Next::Cycle(rows, cols) | Next::Step(rows, cols) => {
            let begun = line.map_or(cell.pos.col, |line| line.begun);
            let mut to = moved(app, cell.pos, rows, cols);
            match next {
                // A line typed with Tab is followed by the one below its first cell.
                Next::Cycle(1, _) => to.col = begun,
                Next::Cycle(_, 1) => {
                    let next = Cell { pos: to, ..cell };
                    app.typed_line = Some(TypedLine { begun, next });
                }
                _ => {}
            }
            app.select(Selection::cell(to));
        }
    }
    Ok(())
}

/// Enters what was typed into all selected cells, which stay selected.
fn accept_into(app: &mut App, target: Target) -> Result<(), Refusal> {
    let Some((cell, text)) = ready(app) else {
        return Ok(());
    };
    let text = text.unwrap_or_default();
    let as_array = matches!(target, Target::Array) && text.starts_with('=');
    let areas = match as_array {
        // One array formula is asked for as a whole.
        true => vec![alone(cell)],
        false => app.shown_areas(),
    };
    let checked = checked(app, cell, &areas, &text);
    let entered = checked.and_then(|note| {
        let transaction = match as_array {
            true => array_formula(app, cell, &text)?,
            false => app.document.engine_mut().entry_all(cell, &areas, &text)?,
        };
        app.apply_in(transaction, app.selected_area())?;
        Ok(note)
    });
    match entered {
        Ok(note) => tell(app, note),
        Err(stay) => return stay.keep(app),
    }
    app.mode = Mode::Grid;
    app.reveal(cell.pos);
    Ok(())
}

/// The cell and the text to enter, its sheet in front again; no text where
/// nothing was typed over the formula of another cell. `None` where nothing
/// is being typed.
fn ready(app: &mut App) -> Option<(Cell, Option<String>)> {
    let is_list = |entry: &Entry| entry.completion().is_some_and(|offered| offered.is_list);
    let (cell, text) = app.change_entry(|entry, _| {
        if is_list(entry) {
            entry.complete();
        }
        let untouched = entry.ghost.is_some() && entry.text().is_empty();
        (entry.cell, (!untouched).then(|| entry.text().to_owned()))
    })?;
    app.show_sheet(cell.sheet);
    let engine = app.document.engine();
    let text = text.map(|text| meant(engine, cell, &text).unwrap_or(text));
    Some((cell, text))
}

/// What is meant by a text that Excel completes on entry: parentheses left open
/// in a formula, its `=` before `+A1*2` or `@SUM(A1:A9)`, the `%` of a number in
/// a cell that shows percentages. `None` where nothing is missing.
fn meant(engine: &Engine, cell: Cell, text: &str) -> Option<String> {
    let parses = |formula: &str| formula::parse(formula, cell.pos).is_ok();
    if let Some(formula) = text.strip_prefix('=') {
        if formula.is_empty() || parses(formula) {
            return None;
        }
        let closed = |count| format!("{formula}{}", ")".repeat(count));
        let meant = (1..=MOST_CLOSED).map(closed).find(|text| parses(text));
        return meant.map(|formula| format!("={formula}"));
    }
    let dates = engine.workbook().date_system;
    match parse_entry(text, dates) {
        (Value::Text(_), _) if text.starts_with(['+', '-', '@']) => {
            let formula = text.strip_prefix('@').unwrap_or(text);
            // Words after a dash are a text.
            let has_meaning = engine
                .preview(formula, cell)
                .is_ok_and(|preview| !matches!(preview, Preview::Problem(_)));
            has_meaning.then(|| format!("={formula}"))
        }
        // Smaller ones are taken for shares already: 0.5 is 50%.
        (Value::Number(x), _) if x.abs() >= 1.0 => {
            let format = Format::parse(engine.workbook().number_format(cell))?;
            let percent = format!("{}%", text.trim());
            let is_number = parse_entry(&percent, dates).0 == Value::Number(x / 100.0);
            (format.is_percentage() && is_number).then_some(percent)
        }
        _ => None,
    }
}

/// The most parentheses that are closed on entry.
const MOST_CLOSED: usize = 16;

/// Sums what is selected in the blank row or column at its end, or behind it.
fn sum_selected(app: &mut App) -> Result<(), Refusal> {
    let Area { sheet, rect } = app.selected_area();
    let cells = &app.document.engine().workbook().sheet(sheet).cells;
    // Whole rows and columns end where the last cell in use is.
    let rect = match rect.rows() == MAX_ROWS || rect.cols() == MAX_COLS {
        true => cells.used().and_then(|used| used.intersection(&rect)),
        false => Some(rect),
    };
    let rect = rect.ok_or_else(|| Refusal::new("nothing that is selected can be summed"))?;
    let down = rect.rows() > 1;
    // The places of the sums, so many lines on.
    let places = |line: u32| -> Vec<Pos> {
        match down {
            true => (rect.left..=rect.right)
                .map(|col| Pos::new(line, col))
                .collect(),
            false => vec![Pos::new(rect.top, line)],
        }
    };
    let are_blank = |line: u32| places(line).iter().all(|at| cells.get(*at).is_blank());
    let end = if down { rect.bottom } else { rect.right };
    let line = if are_blank(end) { end } else { end + 1 };
    let last = if down { MAX_ROWS } else { MAX_COLS };
    if line >= last || !are_blank(line) {
        return Err(Refusal::new(
            "the cells behind the selection are not blank: no place for a sum",
        ));
    }
    let mut edits = Vec::new();
    for at in places(line) {
        let range = match down {
            true => Rect::new(Pos::new(rect.top, at.col), Pos::new(line - 1, at.col)),
            false => Rect::new(rect.top_left(), Pos::new(rect.top, line - 1)),
        };
        let cell = Cell { sheet, pos: at };
        let entry = app
            .document
            .engine_mut()
            .entry(cell, &format!("=SUM({range})"));
        edits.extend(
            entry
                .map_err(|error| Refusal::new(error.to_string()))?
                .edits,
        );
    }
    app.apply(&Transaction::new("Sum", edits))
}

/// Begins a SUM of the numbers above the active cell, else of those to its left;
/// of a selection the sums are entered at once.
fn sum(app: &mut App, _: &Call) -> Result<(), Refusal> {
    if !app.selection().is_one_cell() {
        return sum_selected(app);
    }
    let cell = app.active_cell();
    let cells = &app.document.engine().workbook().sheet(cell.sheet).cells;
    let is_number = |pos: &Pos| matches!(cells.get(*pos), Value::Number(_));
    let Pos { row, col } = cell.pos;
    let above = (0..row).rev().map(|row| Pos::new(row, col));
    let left = (0..col).rev().map(|col| Pos::new(row, col));
    let first = above.take_while(is_number).last();
    let beside = || left.take_while(is_number).last();
    let text = match first.or_else(beside) {
        Some(first) => {
            let last = match first.col == col {
                true => Pos::new(row - 1, col),
                false => Pos::new(row, col - 1),
            };
            let range = Rect::new(first, last);
            format!("=SUM({range})")
        }
        None => "=SUM()".to_owned(),
    };
    app.begin(Entry::with(cell, &text));
    app.change_entry(|entry, _| entry.move_to(text.len() - 1));
    Ok(())
}

/// Why an entry stays.
enum Stay {
    Refused(EntryError),
    /// In words, and for which text that is only a warning.
    Because(String, Option<String>),
}

impl From<EntryError> for Stay {
    fn from(error: EntryError) -> Self {
        Self::Refused(error)
    }
}

impl From<Refusal> for Stay {
    fn from(Refusal(why): Refusal) -> Self {
        Self::Because(why.into_owned(), None)
    }
}

impl Stay {
    /// Keeps the entry with the reason.
    fn keep(self, app: &mut App) -> Result<(), Refusal> {
        let Mode::Entry(entry) = &mut app.mode else {
            return Ok(());
        };
        let cell = entry.cell;
        match self {
            Self::Refused(error) => entry.refused(&error),
            Self::Because(why, warned) => {
                entry.refuse(why, None);
                entry.warned = warned;
            }
        }
        app.reveal(cell.pos);
        Ok(())
    }
}

fn tell(app: &mut App, note: Option<String>) {
    if let Some(note) = note {
        app.say(note);
    }
}

fn alone(cell: Cell) -> Area {
    Area {
        sheet: cell.sheet,
        rect: Rect::cell(cell.pos),
    }
}

/// Asks the data validation of all cells that get a text; what it wants said
/// where it allows the text.
fn checked(app: &mut App, cell: Cell, areas: &[Area], text: &str) -> Result<Option<String>, Stay> {
    let warned = match &app.mode {
        Mode::Entry(entry) => entry.warned.as_deref() == Some(text),
        _ => false,
    };
    let engine = app.document.engine_mut();
    let Some((at, mut error)) = engine.validate_filled(cell, areas, text)? else {
        return Ok(None);
    };
    if at != cell {
        error.text = format!("{}: {}", at.pos, error.text);
    }
    match error.style {
        AlertStyle::Information => Ok(Some(in_words(&error))),
        AlertStyle::Warning if warned => Ok(None),
        AlertStyle::Warning => Err(Stay::Because(
            format!(
                "{} (accept it again to enter it all the same)",
                in_words(&error)
            ),
            Some(text.to_owned()),
        )),
        AlertStyle::Stop => Err(Stay::Because(in_words(&error), None)),
    }
}

fn in_words(error: &ValidationError) -> String {
    match &*error.title {
        "" => error.text.clone(),
        title => format!("{title}: {}", error.text),
    }
}

/// The transaction that makes a text one array formula over the area selected
/// last, or over the array that the cell belongs to.
fn array_formula(app: &mut App, cell: Cell, text: &str) -> Result<Transaction, EntryError> {
    let selected = app.selection().last();
    let runs = &app.document.engine().workbook().sheet(cell.sheet).runs;
    let array = runs
        .at(cell.pos)
        .filter(|(_, run)| run.kind == RunKind::Array && selected.is_cell());
    let rect = array.map_or(selected, |(_, run)| run.rect);
    let area = Area {
        sheet: cell.sheet,
        rect,
    };
    let first = Cell {
        pos: rect.top_left(),
        ..cell
    };
    let formula = text.strip_prefix('=').unwrap_or(text);
    let mut content = app.document.engine_mut().formula_content(first, formula)?;
    if let Content::Formula { kind, .. } = &mut content {
        *kind = RunKind::Array;
    }
    let edit = Edit::Set { area, content };
    Ok(Transaction::new("Enter an array formula", vec![edit]))
}

fn choose(app: &mut App, call: &Call) -> Result<(), Refusal> {
    if matches!(app.mode, Mode::Grid) && super::data::on_filter(app) {
        return app.run_named("data.filter-column", call);
    }
    let begun = match std::mem::take(&mut app.mode) {
        Mode::Entry(entry) => Some(entry),
        _ => None,
    };
    let is_new = begun.is_none();
    let engine = app.document.engine();
    let mut entry = begun.unwrap_or_else(|| Box::new(Entry::of(engine, app.active_cell())));
    let offered = entry.offer(engine);
    if offered || !is_new {
        app.mode = Mode::Entry(entry);
    }
    match offered {
        true => Ok(()),
        false => Err(Refusal::new("there is no list of values for this cell")),
    }
}

/// Moves the cursor to where a function of the text and its place says.
fn move_cursor(app: &mut App, to: impl FnOnce(&str, usize) -> usize) -> Result<(), Refusal> {
    app.change_entry(|entry, _| {
        let byte = to(entry.text(), entry.cursor());
        entry.move_to(byte);
    });
    Ok(())
}

/// Moves the cursor so many lines of the formula bar further.
fn move_line(app: &mut App, by: isize) -> Result<(), Refusal> {
    let screen = app.screen();
    app.change_entry(|entry, _| {
        let lines = entry.bar_lines(screen);
        let (line, column) = lines.place(entry.text(), entry.cursor());
        let to = match line.checked_add_signed(by) {
            Some(line) => lines.byte(entry.text(), line, column),
            None => 0,
        };
        entry.move_to(to);
    });
    Ok(())
}
