use super::*;
use crate::formula::Expr;
use crate::workbook::{Allowed, Condition, DifferentialFormat, Message, Rule, Sheet, Validation};
use proptest::prelude::*;
use std::collections::BTreeMap;

const SIDE: u32 = 9;

fn rect(top: u32, left: u32, bottom: u32, right: u32) -> Rect {
    Rect {
        top,
        left,
        bottom,
        right,
    }
}

/// A workbook with a sheet of numbers, a filled formula, an array formula and
/// a spilled result.
fn book() -> (Workbook, SheetId) {
    let mut book = Workbook::new();
    let sheet = book.add_sheet("Data");
    let templates: Vec<TemplateId> = (0..3)
        .map(|x| {
            book.templates
                .intern(Template::Formula(Expr::Number(f64::from(x))))
        })
        .collect();
    let unreadable = book.templates.intern(Template::Unreadable("?".into()));
    let s = book.sheet_mut(sheet);
    for at in rect(0, 0, 2, 2).cells() {
        s.cells.set(at, Value::Number(f64::from(at.row)));
    }
    let runs = [
        (rect(0, 3, 8, 3), templates[0], RunKind::Plain),
        (rect(4, 0, 5, 1), templates[1], RunKind::Array),
        (rect(0, 5, 0, 5), templates[2], RunKind::Dynamic),
        (rect(8, 8, 8, 8), unreadable, RunKind::Plain),
        (rect(7, 0, 8, 1), templates[1], RunKind::DataTable),
    ];
    for (rect, template, kind) in runs {
        for at in rect.cells() {
            s.cells.set(at, Value::Number(9.0));
        }
        s.runs.insert(Run {
            rect,
            template,
            kind,
        });
    }
    let spill = rect(0, 5, 3, 6);
    for at in spill.cells() {
        s.cells.set(at, Value::Number(7.0));
    }
    s.spills.insert(Pos::new(0, 5), spill);
    (book, sheet)
}

/// All that a user could see of a workbook.
#[derive(Debug, PartialEq)]
struct View {
    tabs: Vec<(SheetId, Arc<str>)>,
    active: usize,
    sheets: Vec<SheetView>,
    names: Vec<DefinedName>,
    tables: usize,
}

type FormulaView = Option<(TemplateId, RunKind, Rect)>;

#[derive(Debug, PartialEq)]
struct SheetView {
    cells: BTreeMap<Pos, (Value, u32, FormulaView)>,
    used: Option<Rect>,
    spills: BTreeMap<Pos, Rect>,
    column_styles: BTreeMap<u32, u32>,
    row_styles: BTreeMap<u32, u32>,
}

fn view(book: &Workbook) -> View {
    let sheet_view = |sheet: &Sheet| SheetView {
        cells: rect(0, 0, SIDE, SIDE)
            .cells()
            .map(|at| {
                let run = sheet.runs.at(at).map(|(_, run)| {
                    // Where a run of single cells begins and ends is no matter.
                    let rect = if run.kind.is_per_cell() {
                        Rect::cell(at)
                    } else {
                        run.rect
                    };
                    (run.template, run.kind.clone(), rect)
                });
                (at, (sheet.cells.get(at), sheet.style(at), run))
            })
            .collect(),
        used: sheet.cells.used(),
        spills: sheet.spills.clone(),
        column_styles: sheet.columns.iter().map(|(k, v)| (*k, v.style)).collect(),
        row_styles: sheet
            .rows
            .iter()
            .flat_map(|(first, last, props)| (first..=last).map(move |row| (row, props.style)))
            .collect(),
    };
    View {
        tabs: book
            .order()
            .iter()
            .map(|&id| (id, book.sheet(id).name.clone()))
            .collect(),
        active: book.active,
        sheets: book
            .order()
            .iter()
            .map(|&id| sheet_view(book.sheet(id)))
            .collect(),
        names: book.names.iter().cloned().collect(),
        tables: book.tables.iter().count(),
    }
}

fn one(edit: Edit) -> Transaction {
    Transaction::new("edit", vec![edit])
}

fn number(area: Area, x: f64) -> Edit {
    Edit::Set {
        area,
        content: Content::Value(Value::Number(x)),
    }
}

#[test]
fn an_edit_inside_a_filled_column_splits_its_run_and_undo_joins_it() {
    let (mut book, sheet) = book();
    let area = Area {
        sheet,
        rect: rect(4, 3, 4, 3),
    };
    let applied = book.apply(&one(number(area, 1.0))).unwrap();
    assert!(applied.structural);
    assert_eq!(applied.changed, [area]);
    let runs = &book.sheet(sheet).runs;
    assert!(runs.at(Pos::new(4, 3)).is_none());
    assert_eq!(runs.intersecting(rect(0, 3, 8, 3)).len(), 2);
    book.apply(&applied.inverse).unwrap();
    let runs = &book.sheet(sheet).runs;
    assert_eq!(runs.intersecting(rect(0, 3, 8, 3)).len(), 1);
}

#[test]
fn constants_over_constants_leave_the_structure() {
    let (mut book, sheet) = book();
    let area = Area {
        sheet,
        rect: rect(0, 0, 1, 1),
    };
    let values = (0..4).map(|x| Value::Number(f64::from(x))).collect();
    let applied = book.apply(&one(Edit::SetValues { area, values })).unwrap();
    assert!(!applied.structural);
    assert_eq!(
        book.sheet(sheet).cells.get(Pos::new(1, 0)),
        Value::Number(2.0)
    );
}

#[test]
fn part_of_an_array_cannot_change() {
    let (mut book, sheet) = book();
    let before = view(&book);
    let mut refused = |rect| {
        let area = Area { sheet, rect };
        let ok = number(
            Area {
                sheet,
                rect: self::rect(0, 0, 0, 0),
            },
            5.0,
        );
        let transaction = Transaction::new("two", vec![ok, number(area, 1.0)]);
        let error = book.apply(&transaction).unwrap_err();
        assert_eq!(view(&book), before, "all or nothing");
        error.to_string()
    };
    assert_eq!(
        refused(rect(5, 0, 6, 0)),
        "Data!A6 is part of the array formula in A5:B6: change the whole array"
    );
    assert_eq!(
        refused(rect(8, 1, 8, 1)),
        "Data!B9 is part of the data table in A8:B9: change the whole data table"
    );
    let whole = Area {
        sheet,
        rect: rect(3, 0, 6, 2),
    };
    book.apply(&one(number(whole, 1.0))).unwrap();
    assert!(book.sheet(sheet).runs.at(Pos::new(4, 0)).is_none());
}

#[test]
fn writing_into_a_spilled_result_takes_it_back_and_stays() {
    let (mut book, sheet) = book();
    let before = view(&book);
    let area = Area {
        sheet,
        rect: rect(2, 6, 2, 6),
    };
    let applied = book.apply(&one(number(area, 1.0))).unwrap();
    let s = book.sheet(sheet);
    assert!(s.spills.is_empty());
    assert_eq!(s.cells.get(Pos::new(2, 6)), Value::Number(1.0));
    assert_eq!(s.cells.get(Pos::new(1, 5)), Value::Blank);
    assert_eq!(s.cells.get(Pos::new(0, 5)), Value::Number(7.0));
    assert!(s.runs.at(Pos::new(0, 5)).is_some());
    let spill = rect(0, 5, 3, 6);
    assert!(applied.changed.contains(&Area { sheet, rect: spill }));
    book.apply(&applied.inverse).unwrap();
    assert_eq!(view(&book), before);
}

#[test]
fn a_removed_formula_takes_its_spilled_result_along() {
    let (mut book, sheet) = book();
    let area = Area {
        sheet,
        rect: rect(0, 5, 0, 5),
    };
    book.apply(&one(number(area, 3.0))).unwrap();
    let cells = &book.sheet(sheet).cells;
    assert_eq!(cells.get(Pos::new(0, 5)), Value::Number(3.0));
    assert_eq!(cells.get(Pos::new(3, 6)), Value::Blank);
}

#[test]
fn clearing_all_is_quick_and_filling_all_is_refused() {
    let (mut book, sheet) = book();
    let area = Area {
        sheet,
        rect: rect(0, 0, MAX_ROWS - 1, MAX_COLS - 1),
    };
    assert!(matches!(
        book.apply(&one(number(area, 1.0))),
        Err(EditError::TooManyCells { .. })
    ));
    let before = view(&book);
    let content = Content::Value(Value::Blank);
    let applied = book.apply(&one(Edit::Set { area, content })).unwrap();
    assert_eq!(book.sheet(sheet).cells.used(), None);
    assert!(book.sheet(sheet).runs.is_empty());
    book.apply(&applied.inverse).unwrap();
    assert_eq!(view(&book), before);
}

#[test]
fn a_column_filled_with_a_formula_is_one_run() {
    let (mut book, sheet) = book();
    let template = book
        .templates
        .intern(Template::Formula(Expr::Text("x".into())));
    for row in 0..3 {
        let content = Content::Formula {
            template,
            kind: RunKind::Plain,
            values: vec![Value::Number(1.0)],
        };
        let area = Area {
            sheet,
            rect: rect(row, 8, row, 8),
        };
        book.apply(&one(Edit::Set { area, content })).unwrap();
    }
    let (_, run) = book.sheet(sheet).runs.at(Pos::new(1, 8)).unwrap();
    assert_eq!(run.rect, rect(0, 8, 2, 8));
    assert_eq!(book.sheet(sheet).cells.number(Pos::new(2, 8)), Some(1.0));
}

#[test]
fn a_number_format_keeps_the_rest_of_the_style() {
    let (mut book, sheet) = book();
    let bold = book.styles.derive(0, |style| style.font.bold = true);
    let column = Area {
        sheet,
        rect: rect(0, 2, MAX_ROWS - 1, 2),
    };
    let cell = Area {
        sheet,
        rect: rect(3, 2, 3, 2),
    };
    let before = view(&book);
    let steps = Transaction::new(
        "format",
        vec![
            Edit::SetStyle {
                area: cell,
                style: bold,
            },
            Edit::SetNumberFormat {
                area: column,
                code: "0.00".into(),
            },
        ],
    );
    let applied = book.apply(&steps).unwrap();
    assert!(applied.changed.is_empty() && !applied.structural);
    let style = |book: &Workbook, row| {
        let index = book.sheet(sheet).style(Pos::new(row, 2));
        book.styles.get(index).clone()
    };
    for row in [0, 3, MAX_ROWS - 1] {
        assert_eq!(&*style(&book, row).number_format, "0.00");
        assert_eq!(style(&book, row).font.bold, row == 3);
    }
    // The column says it; only the bold cell has a style of its own.
    assert_eq!(book.sheet(sheet).styles.used(), Some(cell.rect));
    book.apply(&applied.inverse).unwrap();
    assert_eq!(view(&book), before);
}

#[test]
fn sheets_come_and_go_with_what_belongs_to_them() {
    let (mut book, sheet) = book();
    let mut history = History::default();
    let start = view(&book);
    let add = one(Edit::AddSheet {
        name: "Other".into(),
    });
    history.apply(&mut book, &add).unwrap();
    let other = book.sheet_named("OTHER").unwrap();
    let name = DefinedName {
        name: "here".into(),
        scope: Some(other),
        formula: "Other!$A$1".into(),
        hidden: false,
    };
    let area = Area {
        sheet: other,
        rect: rect(0, 0, 0, 0),
    };
    let fill = Transaction::new("fill", vec![Edit::DefineName(name), number(area, 4.0)]);
    history.apply(&mut book, &fill).unwrap();
    let full = view(&book);
    let remove = one(Edit::RemoveSheet { sheet: other });
    history.apply(&mut book, &remove).unwrap();
    assert_eq!(view(&book), start);
    assert_eq!(book.apply(&one(number(area, 1.0))), Err(EditError::NoSheet));
    history.undo(&mut book).unwrap();
    assert_eq!(view(&book), full);
    assert_eq!(history.undo_labels().collect::<Vec<_>>(), ["fill", "edit"]);
    assert_eq!(history.redo_labels().count(), 1);
    history.undo(&mut book).unwrap();
    history.undo(&mut book).unwrap();
    let again: Vec<_> = history.redo_labels().take(2).collect();
    assert_eq!(again, ["edit", "fill"]);
    assert_eq!(history.undo(&mut book), Ok(None));
    assert_eq!(view(&book), start);
    for _ in 0..2 {
        history.redo(&mut book).unwrap();
    }
    assert_eq!(view(&book), full);

    let last = one(Edit::RemoveSheet { sheet });
    history.apply(&mut book, &last).unwrap();
    let only = one(Edit::RemoveSheet { sheet: other });
    assert_eq!(book.apply(&only), Err(EditError::LastSheet("Other".into())));
}

#[test]
fn what_makes_no_sense_is_refused_by_name() {
    let (mut book, sheet) = book();
    let area = Area {
        sheet,
        rect: rect(0, 0, 1, 1),
    };
    let mut refused = |edit| book.apply(&one(edit)).unwrap_err().to_string();
    let few = Edit::SetValues {
        area,
        values: vec![Value::Blank],
    };
    assert_eq!(
        refused(few),
        "Data!A1:B2 has 4 cells but 1 values were given"
    );
    let name = DefinedName {
        name: "A1".into(),
        scope: None,
        formula: "1".into(),
        hidden: false,
    };
    assert_eq!(
        refused(Edit::DefineName(name)),
        "\"A1\" cannot be a defined name: a formula would read it as a cell or a truth value"
    );
    let twice = Edit::AddSheet {
        name: "DATA".into(),
    };
    assert_eq!(
        refused(twice),
        "there is already a sheet named \"DATA\": give the new one another name"
    );
    let code = "0.00 \"open".into();
    assert!(refused(Edit::SetNumberFormat { area, code }).contains("is no number format"));
    assert!(refused(Edit::SetStyle { area, style: 99 }).contains("style 99"));
    let array = Value::array(crate::value::Array::filled(1, 1, Value::Blank));
    let content = Content::Value(array);
    assert_eq!(
        refused(Edit::Set { area, content }),
        "Data!A1 cannot hold an array: give each cell its own value"
    );
}

fn area_of(sheet: u32) -> impl Strategy<Value = Area> {
    let small = (0..SIDE, 0..SIDE, 0..SIDE, 0..SIDE)
        .prop_map(|(a, b, c, d)| Rect::new(Pos::new(a, b), Pos::new(c, d)));
    let columns = (0..SIDE, 0..SIDE).prop_map(|(a, b)| rect(0, a.min(b), MAX_ROWS - 1, a.max(b)));
    let rows = (0..SIDE, 0..SIDE).prop_map(|(a, b)| rect(a.min(b), 0, a.max(b), MAX_COLS - 1));
    prop_oneof![6 => small, 1 => columns, 1 => rows].prop_map(move |rect| Area {
        sheet: SheetId(sheet),
        rect,
    })
}

fn small_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Blank),
        (0i32..4).prop_map(|x| Value::Number(f64::from(x))),
        Just(Value::text("t")),
    ]
}

fn edit() -> impl Strategy<Value = Edit> {
    let area = || prop_oneof![5 => area_of(0), 1 => area_of(1)];
    let kind = prop_oneof![
        Just(RunKind::Plain),
        Just(RunKind::Dynamic),
        Just(RunKind::Array),
    ];
    prop_oneof![
        (area(), small_value()).prop_map(|(area, value)| Edit::Set {
            // Whole columns are cleared rather than filled: it is quicker.
            content: Content::Value(if area.rect.len() > 100 {
                Value::Blank
            } else {
                value
            }),
            area,
        }),
        (area(), 0u32..4, kind).prop_map(|(area, template, kind)| Edit::Set {
            area: Area {
                rect: Rect {
                    bottom: area.rect.bottom.min(SIDE),
                    right: area.rect.right.min(SIDE),
                    ..area.rect
                },
                ..area
            },
            content: Content::Formula {
                template: TemplateId(template),
                kind,
                values: Vec::new(),
            },
        }),
        (0..SIDE, 0..SIDE, prop::collection::vec(small_value(), 1..4)).prop_map(
            |(row, col, values)| Edit::SetValues {
                area: Area {
                    sheet: SheetId(0),
                    rect: rect(row, col, row, col + values.len() as u32 - 1),
                },
                values,
            }
        ),
        (area(), 0u32..3).prop_map(|(area, style)| Edit::SetStyle { area, style }),
        (area(), "0(\\.0{1,2})?").prop_map(|(area, code)| Edit::SetNumberFormat {
            area,
            code: code.as_str().into(),
        }),
        ("[xyz]", any::<bool>()).prop_map(|(name, local)| Edit::DefineName(DefinedName {
            name: name.as_str().into(),
            scope: local.then_some(SheetId(0)),
            formula: "1".into(),
            hidden: local,
        })),
        "[xyz]".prop_map(|name| Edit::RemoveName {
            name: name.as_str().into(),
            scope: None,
        }),
        "[AB]".prop_map(|name| Edit::AddSheet {
            name: name.as_str().into(),
        }),
        (0u32..3).prop_map(|sheet| Edit::RemoveSheet {
            sheet: SheetId(sheet),
        }),
    ]
}

proptest! {
    #[test]
    fn every_transaction_is_undone_and_redone_exactly(
        transactions in prop::collection::vec(prop::collection::vec(edit(), 1..4), 1..8),
    ) {
        let (mut book, _) = book();
        for bold in [false, true] {
            book.styles.derive(0, |style| {
                style.font.bold = bold;
                style.wrap = true;
            });
        }
        let mut history = History::default();
        let mut views = vec![view(&book)];
        for edits in transactions {
            match history.apply(&mut book, &Transaction::new("random", edits)) {
                Ok(_) => views.push(view(&book)),
                Err(_) => prop_assert_eq!(Some(&view(&book)), views.last()),
            }
        }
        for expected in views.iter().rev().skip(1) {
            history.undo(&mut book).unwrap();
            prop_assert_eq!(&view(&book), expected);
        }
        for expected in views.iter().skip(1) {
            history.redo(&mut book).unwrap();
            prop_assert_eq!(&view(&book), expected);
        }
    }
}

#[test]
fn conditional_formats_and_validations_are_replaced_and_brought_back() {
    let mut book = Workbook::new();
    let sheet = book.add_sheet("Data");
    let rect = Rect::new(Pos::new(0, 0), Pos::new(9, 0));
    let areas = vec![rect];
    let red = book.styles.add_differential(DifferentialFormat {
        bold: Some(true),
        ..DifferentialFormat::default()
    });
    let formats = vec![ConditionalFormat {
        areas: areas.clone(),
        rules: vec![Rule {
            priority: 1,
            stop_if_true: false,
            condition: Condition::Duplicate,
            format: Some(red),
        }],
    }];
    let validations = vec![Validation {
        areas,
        allowed: Allowed::Any,
        allow_blank: true,
        dropdown: false,
        prompt: Some(Message {
            title: "".into(),
            text: "a name".into(),
        }),
        alert: None,
        in_extension: false,
    }];
    let edits = vec![
        Edit::SetConditionalFormats {
            sheet,
            formats: formats.clone(),
        },
        Edit::SetValidations {
            sheet,
            validations: validations.clone(),
        },
    ];
    let done = book.apply(&Transaction::new("Format", edits)).unwrap();
    assert_eq!(book.sheet(sheet).conditional, formats);
    assert_eq!(book.sheet(sheet).validations, validations);
    assert_eq!(done.restyled, [Area { sheet, rect }]);
    let undone = book.apply(&done.inverse).unwrap();
    assert!(book.sheet(sheet).conditional.is_empty());
    assert!(book.sheet(sheet).validations.is_empty());
    book.apply(&undone.inverse).unwrap();
    assert_eq!(book.sheet(sheet).conditional, formats);
    let outside = vec![ConditionalFormat {
        areas: vec![Rect {
            bottom: MAX_ROWS,
            ..rect
        }],
        ..formats[0].clone()
    }];
    let refused = book.apply(&Transaction::new(
        "Format",
        vec![Edit::SetConditionalFormats {
            sheet,
            formats: outside,
        }],
    ));
    assert!(matches!(refused, Err(EditError::OutsideSheet { .. })));
}
