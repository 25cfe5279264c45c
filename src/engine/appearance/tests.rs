use super::*;
use crate::formula;
use crate::grid::{Pos, Rect};
use crate::workbook::{
    CompareOp, Condition, ConditionalFormat, DataBar, Edit, IconSet, IconStep, Rule, ScalePoint,
    Template, TextTest, Threshold, TimePeriod, Transaction, Workbook,
};

/// A sheet whose first column holds these entries.
fn engine(entries: &[&str]) -> (Engine, SheetId) {
    let mut book = Workbook::new();
    let sheet = book.add_sheet("Data");
    let mut engine = Engine::new(book);
    engine.set_now(Some(45_000.5));
    for (row, text) in entries.iter().enumerate() {
        let pos = Pos::new(row as u32, 0);
        engine.enter(Cell { sheet, pos }, text).unwrap();
    }
    (engine, sheet)
}

fn formula_at(text: &str, at: Pos) -> Arc<Template> {
    Arc::new(Template::Formula(formula::parse(text, at).unwrap()))
}

fn number(text: &str) -> Arc<Template> {
    formula_at(text, Pos::new(0, 0))
}

/// Formats the first `rows` cells of column A.
fn set(engine: &mut Engine, sheet: SheetId, rows: u32, rules: Vec<Rule>) {
    let areas = vec![Rect::sized(Pos::new(0, 0), rows, 1).unwrap()];
    let formats = vec![ConditionalFormat { areas, rules }];
    let edit = Edit::SetConditionalFormats { sheet, formats };
    engine
        .apply(&Transaction::new("Format", vec![edit]))
        .unwrap();
}

fn rule(condition: Condition, format: Option<u32>) -> Rule {
    Rule {
        priority: 1,
        stop_if_true: false,
        condition,
        format,
    }
}

fn look(engine: &Engine, sheet: SheetId, row: u32) -> Appearance {
    let pos = Pos::new(row, 0);
    engine.appearance(Cell { sheet, pos })
}

/// The rows whose cells meet a condition.
fn meeting(entries: &[&str], condition: Condition) -> Vec<u32> {
    let (mut engine, sheet) = engine(entries);
    let red = engine
        .workbook_mut()
        .styles
        .add_differential(DifferentialFormat {
            bold: Some(true),
            ..DifferentialFormat::default()
        });
    let rows = entries.len() as u32;
    set(&mut engine, sheet, rows, vec![rule(condition, Some(red))]);
    (0..rows)
        .filter(|&row| look(&engine, sheet, row).style.font.bold)
        .collect()
}

const WHITE: Colour = Colour(255, 255, 255);
const RED: Colour = Colour(255, 0, 0);
const BLUE: Colour = Colour(0, 0, 255);

fn scale(points: &[(Threshold, Colour)]) -> Condition {
    let point = |(at, colour): &(Threshold, Colour)| ScalePoint {
        at: at.clone(),
        colour: *colour,
    };
    Condition::ColourScale(points.iter().map(point).collect())
}

#[test]
fn a_colour_scale_mixes_the_colours_of_its_points_and_follows_edits() {
    let (mut engine, sheet) = engine(&["0", "5", "10", "x"]);
    let blue_to_red = scale(&[
        (Threshold::Min, BLUE),
        (Threshold::Percentile(number("50")), WHITE),
        (Threshold::Max, RED),
    ]);
    set(&mut engine, sheet, 4, vec![rule(blue_to_red, None)]);
    let fill = |engine: &Engine, row| look(engine, sheet, row).style.fill;
    assert_eq!(fill(&engine, 0), Some(BLUE));
    assert_eq!(fill(&engine, 1), Some(WHITE));
    assert_eq!(fill(&engine, 2), Some(RED));
    assert_eq!(fill(&engine, 3), None);
    let first = Cell {
        sheet,
        pos: Pos::new(0, 0),
    };
    engine.enter(first, "20").unwrap();
    // 5, 10, 20: ten is the median now.
    assert_eq!(fill(&engine, 0), Some(RED));
    assert_eq!(fill(&engine, 1), Some(BLUE));
    assert_eq!(fill(&engine, 2), Some(WHITE));
    engine.undo().unwrap();
    assert_eq!(fill(&engine, 0), Some(BLUE));
}

#[test]
fn points_of_a_scale_may_be_numbers_percents_and_formulas_that_cells_decide() {
    let (mut engine, sheet) = engine(&["0", "25", "100"]);
    let limit = Cell {
        sheet,
        pos: Pos::new(0, 3),
    };
    engine.enter(limit, "50").unwrap();
    let two = scale(&[
        (Threshold::Percent(number("0")), Colour(0, 0, 0)),
        (Threshold::Formula(number("$D$1")), Colour(100, 200, 50)),
    ]);
    set(&mut engine, sheet, 3, vec![rule(two, None)]);
    assert_eq!(
        look(&engine, sheet, 1).style.fill,
        Some(Colour(50, 100, 25))
    );
    assert_eq!(
        look(&engine, sheet, 2).style.fill,
        Some(Colour(100, 200, 50))
    );
    engine.enter(limit, "100").unwrap();
    assert_eq!(look(&engine, sheet, 1).style.fill, Some(Colour(25, 50, 13)));
}

#[test]
fn earlier_rules_win_fact_by_fact_and_may_stop_later_ones() {
    let (mut engine, sheet) = engine(&["1", "2", "3"]);
    let styles = &mut engine.workbook_mut().styles;
    let red = styles.add_differential(DifferentialFormat {
        fill: Some(RED),
        ..DifferentialFormat::default()
    });
    let blue = styles.add_differential(DifferentialFormat {
        fill: Some(BLUE),
        italic: Some(true),
        number_format: Some("0.00".into()),
        ..DifferentialFormat::default()
    });
    let above = |limit: &str| Condition::Compare {
        operator: CompareOp::Greater,
        formulas: vec![number(limit)],
    };
    let mut rules = vec![
        Rule {
            priority: 7,
            ..rule(above("1"), Some(blue))
        },
        Rule {
            priority: 2,
            ..rule(above("2"), Some(red))
        },
    ];
    set(&mut engine, sheet, 3, rules.clone());
    let third = look(&engine, sheet, 2).style;
    assert_eq!((third.fill, third.font.italic), (Some(RED), true));
    assert_eq!(&*third.number_format, "0.00");
    assert_eq!(look(&engine, sheet, 1).style.fill, Some(BLUE));
    assert_eq!(look(&engine, sheet, 0).style, CellStyle::default());
    rules[1].stop_if_true = true;
    set(&mut engine, sheet, 3, rules);
    let third = look(&engine, sheet, 2).style;
    assert_eq!((third.fill, third.font.italic), (Some(RED), false));
}

#[test]
fn each_condition_finds_its_cells() {
    let compare = |operator, limits: &[&str]| Condition::Compare {
        operator,
        formulas: limits.iter().map(|limit| number(limit)).collect(),
    };
    let numbers = ["1", "2", "3", "4", "10"];
    assert_eq!(
        meeting(&numbers, compare(CompareOp::Between, &["4", "2"])),
        [1, 2, 3]
    );
    assert_eq!(
        meeting(&numbers, compare(CompareOp::NotBetween, &["2", "4"])),
        [0, 4]
    );
    assert_eq!(
        meeting(
            &numbers,
            compare(CompareOp::GreaterOrEqual, &["AVERAGE(A$1:A$5)"])
        ),
        [3, 4]
    );
    // Relative: each cell with the one below it, the last with an empty one.
    assert_eq!(meeting(&numbers, compare(CompareOp::Greater, &["A2"])), [4]);
    assert_eq!(
        meeting(&numbers, Condition::Formula(number("MOD(A1,2)=0"))),
        [1, 3, 4]
    );
    let top = |rank, percent, bottom| Condition::Top {
        rank,
        percent,
        bottom,
    };
    assert_eq!(meeting(&numbers, top(2, false, false)), [3, 4]);
    assert_eq!(meeting(&numbers, top(40, true, true)), [0, 1]);
    let average = |above, or_equal, deviations| Condition::Average {
        above,
        or_equal,
        deviations,
    };
    assert_eq!(meeting(&numbers, average(true, true, None)), [3, 4]);
    assert_eq!(meeting(&numbers, average(false, false, None)), [0, 1, 2]);
    assert_eq!(meeting(&numbers, average(true, false, Some(1))), [4]);
    let words = ["apple", "Apple", "pear", "", "#N/A", "  "];
    assert_eq!(meeting(&words, Condition::Duplicate), [0, 1]);
    assert_eq!(meeting(&words, Condition::Unique), [2, 5]);
    let text = |test, text: &str| Condition::Text {
        test,
        text: text.into(),
    };
    assert_eq!(meeting(&words, text(TextTest::Contains, "P?L")), [0, 1]);
    assert_eq!(
        meeting(&words, text(TextTest::NotContains, "ap")),
        [2, 3, 4, 5]
    );
    assert_eq!(meeting(&words, text(TextTest::Begins, "PE")), [2]);
    assert_eq!(meeting(&words, text(TextTest::Ends, "le")), [0, 1]);
    assert_eq!(meeting(&words, Condition::Blank), [3, 5]);
    assert_eq!(meeting(&words, Condition::NotBlank), [0, 1, 2]);
    assert_eq!(meeting(&words, Condition::Error), [4]);
    assert_eq!(meeting(&words, Condition::NotError), [0, 1, 2, 3, 5]);
    // 45000 is Wednesday, 15 March 2023.
    let days = [
        "44999.5", "45000", "45001", "44994", "44993", "44972", "45017",
    ];
    assert_eq!(meeting(&days, Condition::Date(TimePeriod::Today)), [1]);
    assert_eq!(meeting(&days, Condition::Date(TimePeriod::Yesterday)), [0]);
    assert_eq!(meeting(&days, Condition::Date(TimePeriod::Tomorrow)), [2]);
    assert_eq!(
        meeting(&days, Condition::Date(TimePeriod::Last7Days)),
        [0, 1, 3]
    );
    assert_eq!(
        meeting(&days, Condition::Date(TimePeriod::ThisWeek)),
        [0, 1, 2]
    );
    assert_eq!(
        meeting(&days, Condition::Date(TimePeriod::LastWeek)),
        [3, 4]
    );
    assert_eq!(meeting(&days, Condition::Date(TimePeriod::LastMonth)), [5]);
    assert_eq!(meeting(&days, Condition::Date(TimePeriod::NextMonth)), [6]);
}

#[test]
fn bars_and_icons_tell_how_far_a_value_is() {
    let (mut engine, sheet) = engine(&["0", "5", "10"]);
    let bar = Condition::DataBar(DataBar {
        min: Threshold::Min,
        max: Threshold::Max,
        colour: BLUE,
        show_value: false,
    });
    let step = |percent: &str, inclusive| IconStep {
        from: Threshold::Percent(number(percent)),
        inclusive,
    };
    let icons = Condition::IconSet(IconSet {
        name: "3Arrows".into(),
        steps: vec![step("0", true), step("50", false), step("100", true)],
        reverse: true,
        show_value: true,
    });
    set(
        &mut engine,
        sheet,
        3,
        vec![rule(bar, None), rule(icons, None)],
    );
    let middle = look(&engine, sheet, 1);
    assert_eq!(middle.bar.map(|bar| bar.length), Some(0.5));
    assert!(!middle.show_value);
    let index = |row| look(&engine, sheet, row).icon.map(|icon| icon.index);
    assert_eq!((index(0), index(1), index(2)), (Some(2), Some(2), Some(0)));
}

#[test]
fn a_long_scale_is_read_once_and_then_costs_little_a_cell() {
    const ROWS: u32 = 200_000;
    let (mut engine, sheet) = engine(&[]);
    let column: Vec<f64> = (0..ROWS).map(f64::from).collect();
    let cells = &mut engine.workbook_mut().sheet_mut(sheet).cells;
    cells.set_numbers(0, 0, &column);
    let two = scale(&[(Threshold::Min, WHITE), (Threshold::Max, RED)]);
    set(&mut engine, sheet, ROWS, vec![rule(two, None)]);
    let first = std::time::Instant::now();
    look(&engine, sheet, 0);
    let first = first.elapsed();
    let viewport = std::time::Instant::now();
    for row in 0..1_800 {
        look(&engine, sheet, row);
    }
    // Reading the column anew for each cell would take 1,800 times as long.
    assert!(
        viewport.elapsed() < 20 * first,
        "{:?}, {first:?}",
        viewport.elapsed()
    );
}
