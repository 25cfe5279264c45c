use super::*;
use crate::grid::{Area, Axis, Cell, Pos, Rect, SheetId, Shift};
use crate::value::{ErrorKind, Value};
use crate::workbook::{
    Allowed, AutoFilter, Block, Chart, ChartKind, ChartSeries, ColumnChange, Condition,
    ConditionalFormat, Content, Criterion, DefinedName, FilterOp, FilterTest, FormulaRun, History,
    HorizontalAlign, Join, LayoutEdit, Paint, Panes, RowChange, Rule, RunKind, SheetEdit,
    StyleChange, TableEdit, Validation, Visibility,
};
use proptest::prelude::*;

fn fresh() -> Workbook {
    let mut book = Workbook::new();
    for name in ["a", "b"] {
        let sheet = book.add_sheet(name);
        book.sheet_mut(sheet)
            .cells
            .set_numbers(0, 0, &[1.5, 0.1, -7.0]);
    }
    book
}

/// What two workbooks have to agree in.
fn facts(book: &Workbook) -> Vec<String> {
    let mut out = vec![format!("{:?} {}", book.order(), book.active)];
    for &id in book.order() {
        let sheet = book.sheet(id);
        let mut runs: Vec<String> = sheet
            .runs
            .iter()
            .map(|(_, run)| {
                format!(
                    "{:?} {:?} {:?}",
                    run.rect,
                    run.kind,
                    book.templates.get(run.template)
                )
            })
            .collect();
        runs.sort();
        let used = sheet.cells.used();
        let cells: Vec<_> = used
            .into_iter()
            .flat_map(|used| sheet.cells.iter(used))
            .collect();
        let area = Area {
            sheet: id,
            rect: Rect::new(Pos::new(0, 0), Pos::new(40, 20)),
        };
        let styles: Vec<_> = area
            .rect
            .cells()
            .map(|at| book.styles.get(sheet.style(at)).clone())
            .map(|style| CellStyle {
                based_on: None,
                ..style
            })
            .collect();
        out.push(format!("{} {:?} {cells:?}", sheet.name, sheet.visibility));
        out.extend(runs);
        out.push(format!(
            "{:?} {:?} {:?}",
            sheet.columns, sheet.rows, sheet.merges
        ));
        out.push(format!("{:?} {:?} {styles:?}", sheet.panes, sheet.filter));
    }
    for &id in book.order() {
        let sheet = book.sheet(id);
        for rule in sheet.conditional.iter().flat_map(|format| &format.rules) {
            let format = rule.format.map(|f| &book.styles.differential()[f as usize]);
            out.push(format!("{:?} {format:?}", rule.condition));
        }
        out.push(format!("{:?} {:?}", sheet.validations, sheet.charts));
    }
    out.push(format!("{:?}", book.tables.iter().collect::<Vec<_>>()));
    out.push(format!("{:?}", book.names.iter().collect::<Vec<_>>()));
    out
}

/// An edit from a few small numbers; some of them are refused.
fn edit(book: &mut Workbook, n: [u32; 6]) -> Edit {
    let [what, a, b, c, d, e] = n;
    let sheet = book.order()[(e % 2) as usize % book.order().len()];
    let rect = Rect::sized(Pos::new(a, b), c + 1, d + 1).unwrap();
    let area = Area { sheet, rect };
    let formulas = [
        "A1+$B$2",
        "SUM(b!A1:A9)*{1,2;3,4}",
        "LET(x,C3,x&\"q\"\"\")",
        "ROW()%",
        "name+#REF!",
    ];
    let expr = crate::formula::parse(formulas[(a + c) as usize % 5], Pos::new(4, 4)).unwrap();
    let template = Template::Formula(expr);
    let values = [
        Value::Number(0.1 + f64::from(a) / 3.0),
        Value::text("tab\t\"\u{1F600}\""),
        Value::Bool(true),
        ErrorKind::Na.into(),
        Value::Blank,
        Value::Number(0.0),
        Value::Number(1e300),
    ];
    let value = values[(b + d) as usize % values.len()].clone();
    match what {
        0 => Edit::Set {
            area,
            content: Content::Value(value),
        },
        1 => Edit::Set {
            area,
            content: Content::Formula {
                template: book.templates.intern(template),
                kind: if a % 2 == 0 {
                    RunKind::Plain
                } else {
                    RunKind::Array
                },
                values: vec![value; rect.len() as usize],
            },
        },
        2 => Edit::SetValues {
            area,
            values: vec![value; rect.len() as usize],
        },
        3 => Edit::SetStyle {
            area,
            style: book.styles.derive(0, |s| s.font.italic = true),
        },
        4 => Edit::Put {
            area,
            block: Arc::new(Block {
                cells: book.sheet(sheet).cells.copy_of(rect),
                formulas: vec![FormulaRun {
                    rect: Rect {
                        bottom: rect.top,
                        ..rect
                    },
                    template: Arc::new(template),
                    kind: RunKind::Dynamic,
                }],
            }),
        },
        5 => Edit::PutStyles {
            area,
            styles: Arc::new(book.shown_styles(area)),
        },
        6 => Edit::Restyle {
            area,
            change: StyleChange {
                bold: Some(c == 0),
                fill: Some(Paint::Colour(crate::workbook::Colour(a as u8, 2, 255))),
                colour: Some(Paint::Automatic),
                align: Some(HorizontalAlign::Right),
                number_format: Some("0.0%".into()),
                ..StyleChange::default()
            },
        },
        7 => Edit::Move {
            from: area,
            to: Cell {
                sheet: book.order()[0],
                pos: Pos::new(d * 2, c * 2),
            },
        },
        8 => Edit::Shift {
            sheet,
            shift: Shift::insert(Axis::Rows, a, c + 1),
        },
        9 => Edit::Shift {
            sheet,
            shift: Shift::delete(Axis::Columns, b, d + 1),
        },
        10 => Edit::AddSheet {
            name: format!("new {a}").into(),
        },
        11 => Edit::RemoveSheet { sheet },
        12 => Edit::Sheet {
            sheet,
            edit: SheetEdit::Rename(format!("named {b}").into()),
        },
        13 => Edit::Sheet {
            sheet,
            edit: SheetEdit::Copy {
                name: format!("copy {b}").into(),
                position: 1,
            },
        },
        14 => Edit::Sheet {
            sheet,
            edit: SheetEdit::Show(Visibility::Hidden),
        },
        15 => Edit::DefineName(DefinedName {
            name: "name".into(),
            scope: (a % 2 == 0).then_some(sheet),
            formula: "a!$A$1".into(),
            hidden: false,
        }),
        16 => Edit::RenameName {
            name: "name".into(),
            scope: None,
            to: "other".into(),
        },
        17 => Edit::RemoveName {
            name: "other".into(),
            scope: None,
        },
        18 => Edit::Layout {
            sheet,
            edit: layout(area, [a, b, c, d]),
        },
        _ => rules(book, area, template, a),
    }
}

/// Edits of what a sheet says of its cells as a whole.
fn rules(book: &mut Workbook, area: Area, template: Template, a: u32) -> Edit {
    let Area { sheet, rect } = area;
    let formula = Arc::new(template);
    match a % 5 {
        0 => Edit::SetNumberFormat {
            area,
            code: "yyyy-mm-dd".into(),
        },
        1 if book.tables.get("Table1").is_some() => {
            let criterion = Criterion::Values {
                texts: vec!["x".into()],
                blanks: false,
            };
            Edit::Table(TableEdit::Filter {
                table: "Table1".into(),
                columns: Some([(0, criterion)].into()),
            })
        }
        1 => Edit::Table(TableEdit::Create {
            name: "Table1".into(),
            area,
        }),
        2 => {
            let bold = DifferentialFormat {
                bold: Some(true),
                ..DifferentialFormat::default()
            };
            let rule = |format, condition| Rule {
                priority: 1,
                stop_if_true: true,
                condition,
                format,
            };
            let top = Condition::Top {
                rank: 3,
                percent: false,
                bottom: true,
            };
            let format = Some(book.styles.add_differential(bold));
            Edit::SetConditionalFormats {
                sheet,
                formats: vec![ConditionalFormat {
                    areas: vec![rect],
                    rules: vec![rule(format, Condition::Formula(formula)), rule(None, top)],
                }],
            }
        }
        3 => Edit::SetValidations {
            sheet,
            validations: vec![Validation {
                areas: vec![rect],
                allowed: Allowed::Custom(formula),
                allow_blank: true,
                dropdown: false,
                prompt: None,
                alert: None,
                in_extension: false,
            }],
        },
        _ => Edit::SetCharts {
            sheet,
            charts: vec![Chart {
                kind: ChartKind::Line,
                title: "chart".into(),
                series: vec![ChartSeries {
                    name: None,
                    x: None,
                    y: formula,
                }],
                anchor: rect,
                log_x: false,
                log_y: true,
            }],
        },
    }
}

fn layout(area: Area, [a, b, c, d]: [u32; 4]) -> LayoutEdit {
    match a % 6 {
        0 => LayoutEdit::Columns {
            first: b,
            last: b + c,
            change: if d == 0 {
                ColumnChange::Hidden(true)
            } else {
                ColumnChange::Width(Some(9.140625))
            },
        },
        1 => LayoutEdit::Rows {
            first: b,
            last: b + c,
            change: if d == 0 {
                RowChange::Height(None)
            } else {
                RowChange::Hidden(true)
            },
        },
        2 => LayoutEdit::Filtered {
            first: 1,
            last: 9,
            hidden: vec![(2, 3), (5, 5)],
        },
        3 => LayoutEdit::Panes(Some(Panes {
            frozen_rows: b,
            frozen_cols: c,
        })),
        4 => LayoutEdit::Merges(vec![area.rect]),
        _ => {
            let mut filter = AutoFilter::new(area.rect);
            let test = |operator| FilterTest {
                operator,
                value: "a*".into(),
            };
            filter.columns.insert(
                0,
                Criterion::Custom {
                    first: test(FilterOp::Equal),
                    second: Some((Join::Or, test(FilterOp::Less))),
                },
            );
            filter.columns.insert(
                1,
                Criterion::Values {
                    texts: vec!["x".into()],
                    blanks: true,
                },
            );
            LayoutEdit::Filter(Some(filter))
        }
    }
}

/// Does a step; whether it was not refused.
fn step(book: &mut Workbook, history: &mut History, record: &Record) -> bool {
    match record {
        Record::Apply(transaction) => history.apply(book, transaction).is_ok(),
        Record::Undo => matches!(history.undo(book), Ok(Some(_))),
        Record::Redo => matches!(history.redo(book), Ok(Some(_))),
    }
}

proptest! {
    #[test]
    fn what_is_replayed_from_a_journal_is_what_was_done(
        steps in prop::collection::vec(
            (0..24u32, 0..9u32, 0..9u32, 0..4u32, 0..3u32, 0..2u32), 1..14
        ),
    ) {
        let (mut book, mut history) = (fresh(), History::default());
        let mut journal = Vec::new();
        for (what, a, b, c, d, e) in steps {
            let record = match what {
                20 | 21 => Record::Undo,
                22 => Record::Redo,
                what => {
                    let edit = edit(&mut book, [what, a, b, c, d, e]);
                    Record::Apply(Transaction::new("a \"step\"\n", vec![edit]))
                }
            };
            let line = encode(&book, &record).unwrap();
            prop_assert!(!line.contains('\n'));
            if step(&mut book, &mut history, &record) {
                journal.push(line);
            }
        }
        let (mut again, mut history) = (fresh(), History::default());
        for line in &journal {
            let record = decode(&mut again, line).unwrap();
            prop_assert!(step(&mut again, &mut history, &record), "{}", line);
        }
        prop_assert_eq!(facts(&again), facts(&book));
    }
}

#[test]
fn a_line_is_readable_and_says_what_its_formulas_and_styles_are() {
    let mut book = fresh();
    let sheet = SheetId(0);
    let area = Area {
        sheet,
        rect: Rect::cell(Pos::new(4, 3)),
    };
    let expr = crate::formula::parse("C4*2", Pos::new(4, 3)).unwrap();
    let template = book.templates.intern(Template::Formula(expr));
    let set = Edit::Set {
        area,
        content: Content::Formula {
            template,
            kind: RunKind::Plain,
            values: vec![],
        },
    };
    let line = encode(&book, &Record::Apply(Transaction::new("Enter", vec![set]))).unwrap();
    assert_eq!(
        &line[17..],
        "{\"Apply\":{\"label\":\"Enter\",\"edits\":[{\"Set\":{\"area\":{\"sheet\":0,\"rect\":\"D5\"},\
         \"content\":{\"Formula\":{\"template\":0,\"kind\":\"Plain\",\"values\":[]}}}}],\
         \"templates\":{\"0\":{\"at\":\"B2\",\"formula\":\"A1*2\"}}}}"
    );
    // In a workbook with other templates the number means nothing.
    let mut other = fresh();
    let number = crate::formula::parse("1", Pos::new(0, 0)).unwrap();
    other.templates.intern(Template::Formula(number));
    let Record::Apply(read) = decode(&mut other, &line).unwrap() else {
        panic!("it is an edit");
    };
    other.apply(&read).unwrap();
    let (_, run) = other.sheet(sheet).runs.at(Pos::new(4, 3)).unwrap();
    assert_eq!(
        **other.templates.get(run.template),
        **book.templates.get(template)
    );
}

#[test]
fn damaged_lines_are_told() {
    let mut book = fresh();
    let line = encode(&book, &Record::Undo).unwrap();
    assert_eq!(decode(&mut book, &line), Ok(Record::Undo));
    assert_eq!(decode(&mut book, &format!("{line}\n")), Ok(Record::Undo));
    for damaged in ["", "x", &line[..line.len() - 1], &line.replace('U', "R")] {
        assert_eq!(
            decode(&mut book, damaged),
            Err(JournalError::Checksum),
            "{damaged}"
        );
    }
    let json = "{\"Apply\":{\"label\":\"\",\"edits\":[{\"SetStyle\":{\"area\":{\"sheet\":0,\"rect\":\"A1\"},\"style\":7}}]}}";
    let line = format!("{:016x} {json}", checksum(json));
    assert_eq!(
        decode(&mut book, &line).unwrap_err().to_string(),
        "the line refers to the style 7, which it does not describe"
    );
    let json = json.replace("A1", "A0");
    let line = format!("{:016x} {json}", checksum(&json));
    assert!(matches!(
        decode(&mut book, &line),
        Err(JournalError::NoRecord(_))
    ));
    let undone = book.apply(&Transaction::new(
        "",
        vec![Edit::AddSheet { name: "c".into() }],
    ));
    let inverse = Record::Apply(undone.unwrap().inverse);
    assert_eq!(encode(&book, &inverse), Err(JournalError::Inverse));
}
