//! Conditional formats and data validation through files.

#[path = "shared/featured.rs"]
mod featured;
#[path = "shared/package.rs"]
mod package;
#[path = "shared/readers.rs"]
mod readers;

use featured::featured;
use gradsheet::formula;
use gradsheet::grid::{Pos, Rect};
use gradsheet::workbook::{
    Alert, AlertStyle, Allowed, Colour, CompareOp, Condition, ConditionalFormat, DataBar,
    DifferentialFormat, Edit, IconSet, IconStep, Message, NumberKind, Rule, ScalePoint, Template,
    TextTest, Threshold, TimePeriod, Transaction, Validation, Workbook,
};
use gradsheet::xlsx;
use package::{differing, text};
use std::sync::Arc;

const SHEET: &str = "xl/worksheets/sheet1.xml";

fn formula_at(text: &str, at: Pos) -> Arc<Template> {
    Arc::new(Template::Formula(formula::parse(text, at).unwrap()))
}

fn apply(book: &mut Workbook, edits: Vec<Edit>) {
    book.apply(&Transaction::new("Edit", edits)).unwrap();
}

/// One rule of every kind.
fn every_kind(format: u32) -> Vec<Rule> {
    let number = |text: &str| formula_at(text, Pos::new(1, 6));
    let point = |at, colour| ScalePoint { at, colour };
    let step = |from, inclusive| IconStep { from, inclusive };
    let text = |test, text: &str| Condition::Text {
        test,
        text: text.into(),
    };
    let conditions = vec![
        Condition::ColourScale(vec![
            point(Threshold::Min, Colour(255, 255, 255)),
            point(Threshold::Percentile(number("50")), Colour(1, 2, 3)),
            point(Threshold::Formula(number("$A$1*2")), Colour(0, 0, 255)),
        ]),
        Condition::DataBar(DataBar {
            min: Threshold::Number(number("0")),
            max: Threshold::Max,
            colour: Colour(9, 8, 7),
            show_value: false,
        }),
        Condition::IconSet(IconSet {
            name: "3Arrows".into(),
            steps: vec![
                step(Threshold::Percent(number("0")), true),
                step(Threshold::Percent(number("33")), false),
                step(Threshold::Percent(number("67")), true),
            ],
            reverse: true,
            show_value: true,
        }),
        Condition::Compare {
            operator: CompareOp::NotBetween,
            formulas: vec![number("1"), number("G3+$A$2")],
        },
        Condition::Formula(number("AND(G2>1,LEN(H2)<3)")),
        Condition::Top {
            rank: 3,
            percent: true,
            bottom: true,
        },
        Condition::Average {
            above: false,
            or_equal: true,
            deviations: Some(2),
        },
        Condition::Duplicate,
        Condition::Unique,
        text(TextTest::Contains, "a\"<b"),
        text(TextTest::NotContains, "x"),
        text(TextTest::Begins, "y"),
        text(TextTest::Ends, "z"),
        Condition::Blank,
        Condition::NotBlank,
        Condition::Error,
        Condition::NotError,
        Condition::Date(TimePeriod::LastWeek),
        Condition::Date(TimePeriod::ThisMonth),
    ];
    let drawn = |condition: &Condition| {
        matches!(
            condition,
            Condition::ColourScale(_) | Condition::DataBar(_) | Condition::IconSet(_)
        )
    };
    let rule = |(i, condition): (usize, Condition)| Rule {
        priority: i as u32 + 1,
        stop_if_true: i == 4,
        format: (!drawn(&condition)).then_some(format),
        condition,
    };
    conditions.into_iter().enumerate().map(rule).collect()
}

fn every_format(book: &mut Workbook) -> Vec<ConditionalFormat> {
    let format = book.styles.add_differential(DifferentialFormat {
        bold: Some(true),
        italic: Some(false),
        underline: Some(true),
        strike: Some(true),
        colour: Some(Colour(200, 0, 0)),
        fill: Some(Colour(255, 199, 206)),
        number_format: Some("0.000\" m\"".into()),
    });
    vec![ConditionalFormat {
        areas: vec![
            Rect::sized(Pos::new(1, 6), 5, 2).unwrap(),
            Rect::cell(Pos::new(30, 30)),
        ],
        rules: every_kind(format),
    }]
}

fn every_validation() -> Vec<Validation> {
    let areas = |col| vec![Rect::sized(Pos::new(1, col), 9, 1).unwrap()];
    let at = |col| Pos::new(1, col);
    let alert = |style, text: &str| {
        Some(Alert {
            style,
            message: Message {
                title: "Ti<tle".into(),
                text: text.into(),
            },
        })
    };
    let rule = |col, allowed| Validation {
        areas: areas(col),
        allowed,
        allow_blank: true,
        dropdown: true,
        prompt: None,
        alert: alert(AlertStyle::Stop, "two\nlines"),
        in_extension: false,
    };
    vec![
        Validation {
            prompt: Some(Message {
                title: "".into(),
                text: "choose & see".into(),
            }),
            dropdown: false,
            ..rule(10, Allowed::List(formula_at("\"a,b\"", at(10))))
        },
        rule(11, Allowed::List(formula_at("Other!$A$1:$A$2", at(11)))),
        Validation {
            alert: alert(AlertStyle::Warning, ""),
            ..rule(12, Allowed::Custom(formula_at("M2>L2", at(12))))
        },
        Validation {
            allow_blank: false,
            alert: None,
            ..rule(
                13,
                Allowed::Number {
                    kind: NumberKind::TextLength,
                    operator: CompareOp::LessOrEqual,
                    formulas: vec![formula_at("9", at(13))],
                },
            )
        },
    ]
}

#[test]
fn files_made_by_others_are_read_and_left_alone() {
    let original = featured();
    let mut book = xlsx::open_bytes(original.clone()).unwrap();
    let sheet = book.sheet_named("Data").unwrap();
    let formats = &book.sheet(sheet).conditional;
    assert_eq!(formats.len(), 3);
    assert!(formats.iter().any(|format| matches!(
        &format.rules[0].condition,
        Condition::ColourScale(points) if points.len() == 3
    )));
    let red = formats.iter().find_map(|format| format.rules[0].format);
    let red = &book.styles.differential()[red.unwrap() as usize];
    assert_eq!(
        (red.bold, red.colour),
        (Some(true), Some(Colour(255, 0, 0)))
    );
    let validations = &book.sheet(sheet).validations;
    assert_eq!(validations.len(), 2);
    let alert = validations[1].alert.as_ref().unwrap();
    assert_eq!(&*alert.message.text, "1 to 9 please");
    // Compared because it was touched, and the same.
    book.sheet_mut(sheet);
    let (saved, report) = xlsx::to_bytes(&book).unwrap();
    assert_eq!(differing(&original, &saved), [""; 0]);
    assert_eq!(report.changed, [""; 0]);
}

#[test]
fn every_kind_of_rule_is_written_and_read_again() {
    let original = featured();
    let mut book = xlsx::open_bytes(original.clone()).unwrap();
    let sheet = book.sheet_named("Data").unwrap();
    let formats = every_format(&mut book);
    let validations = every_validation();
    apply(
        &mut book,
        vec![
            Edit::SetConditionalFormats {
                sheet,
                formats: formats.clone(),
            },
            Edit::SetValidations {
                sheet,
                validations: validations.clone(),
            },
        ],
    );
    let (saved, _) = xlsx::to_bytes(&book).unwrap();
    assert_eq!(differing(&original, &saved), ["xl/styles.xml", SHEET]);
    let again = xlsx::open_bytes(saved.clone()).unwrap();
    assert_eq!(again.sheet(sheet).conditional, formats);
    assert_eq!(again.sheet(sheet).validations, validations);
    assert_eq!(again.styles.differential(), book.styles.differential());

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rules.xlsx");
    std::fs::write(&file, &saved).unwrap();
    let script = "sheet = book['Data']
for areas in sheet.conditional_formatting:
    print(areas.sqref, [rule.type for rule in areas.rules][:5])
for rule in sheet.data_validations.dataValidation:
    print(rule.sqref, rule.type, rule.formula1)";
    if let Some(seen) = readers::openpyxl(&file, script) {
        assert_eq!(
            seen,
            "G2:H6 AE31 ['colorScale', 'dataBar', 'iconSet', 'cellIs', 'expression']\n\
             K2:K10 list \"a,b\"\nL2:L10 list Other!$A$1:$A$2\nM2:M10 custom M2>L2\n\
             N2:N10 textLength 9"
        );
    }
    if let Some(bytes) = readers::libreoffice(&file) {
        let seen = xlsx::open_bytes(bytes).unwrap();
        let rules = |book: &Workbook| -> usize {
            let formats = book.sheet(sheet).conditional.iter();
            formats.map(|format| format.rules.len()).sum()
        };
        assert_eq!(rules(&seen), rules(&again));
        assert_eq!(seen.sheet(sheet).validations.len(), 4);
    }
}

#[test]
fn rules_that_stay_keep_what_the_file_knows_of_them() {
    let original = featured();
    let mut book = xlsx::open_bytes(original.clone()).unwrap();
    let sheet = book.sheet_named("Data").unwrap();
    let mut formats = book.sheet(sheet).conditional.clone();
    formats.retain(|format| !matches!(format.rules[0].condition, Condition::Compare { .. }));
    for format in &mut formats {
        format.areas = vec![Rect::sized(Pos::new(1, 1), 4, 1).unwrap()];
        format.rules[0].priority += 10;
    }
    apply(
        &mut book,
        vec![Edit::SetConditionalFormats {
            sheet,
            formats: formats.clone(),
        }],
    );
    let (saved, _) = xlsx::to_bytes(&book).unwrap();
    let now = text(&saved, SHEET);
    // The bar's link to its newer description.
    assert!(text(&original, SHEET).contains("<x14:id>"));
    assert!(now.contains("<x14:id>"), "{now}");
    assert!(!now.contains("type=\"cellIs\""));
    assert_eq!(
        xlsx::open_bytes(saved).unwrap().sheet(sheet).conditional,
        formats
    );
    apply(
        &mut book,
        vec![
            Edit::SetConditionalFormats {
                sheet,
                formats: Vec::new(),
            },
            Edit::SetValidations {
                sheet,
                validations: Vec::new(),
            },
        ],
    );
    let now = text(&xlsx::to_bytes(&book).unwrap().0, SHEET);
    assert!(!now.contains("<conditionalFormatting") && !now.contains("<dataValidation"));
}

#[test]
fn new_files_hold_the_documents_rules() {
    let mut book = Workbook::new();
    let sheet = book.add_sheet("Data");
    book.add_sheet("Other");
    let formats = every_format(&mut book);
    let validations = every_validation();
    apply(
        &mut book,
        vec![
            Edit::SetConditionalFormats {
                sheet,
                formats: formats.clone(),
            },
            Edit::SetValidations {
                sheet,
                validations: validations.clone(),
            },
        ],
    );
    let (bytes, _) = xlsx::to_bytes(&book).unwrap();
    let again = xlsx::open_bytes(bytes).unwrap();
    assert_eq!(again.sheet(sheet).conditional, formats);
    assert_eq!(again.sheet(sheet).validations, validations);
    assert_eq!(again.styles.differential(), book.styles.differential());
}
