//! The lesson's workbook: a linear model and a small neural network, the
//! latter once with SUMPRODUCT and once with MMULT.

use crate::finish::Model;
use crate::random::Random;
use crate::style;
use rust_xlsxwriter::{Formula, Table, TableColumn, Workbook, Worksheet, XlsxError};
use std::error::Error;
use std::path::Path;

pub const MODELS: [Model; 3] = [
    Model {
        sheet: "linear",
        objective: "$AD$1",
        variables: "linear!$R$4:$AA$4",
    },
    Model {
        sheet: "nnet",
        objective: "$AH$1",
        variables: "nnet!$R$4:$AA$5",
    },
    Model {
        sheet: "mmult",
        objective: "$AA$1",
        variables: "mmult!$S$4:$T$13",
    },
];

/// The seed of the starting parameters, recorded on each sheet.
const SEED: u64 = 2022;

/// Row of the column titles, counted from 0; the passengers follow.
const TITLES: u32 = 2;

/// The inputs of the models, in order, as columns G to P name them.
const INPUTS: [&str; 10] = [
    "SibSp", "Parch", "Age_N", "log_Fare", "Pclass_1", "Pclass_2", "Embark_S", "Embark_C", "Male",
    "Ones",
];

/// One passenger; blank where the record is.
pub struct Passenger {
    survived: f64,
    class: f64,
    sex: String,
    age: Option<f64>,
    siblings: f64,
    parents: f64,
    fare: f64,
    embarked: String,
}

impl Passenger {
    /// Whether the models can use it: neither age nor port is missing.
    fn is_complete(&self) -> bool {
        self.age.is_some() && !self.embarked.is_empty()
    }
}

pub fn read(path: &Path) -> Result<Vec<Passenger>, Box<dyn Error>> {
    let mut reader = csv::Reader::from_path(path)?;
    let mut passengers = Vec::new();
    for record in reader.records() {
        let record = record?;
        let number = |index: usize| record[index].parse::<f64>();
        passengers.push(Passenger {
            survived: number(0)?,
            class: number(1)?,
            sex: record[2].to_owned(),
            age: if record[3].is_empty() {
                None
            } else {
                Some(number(3)?)
            },
            siblings: number(4)?,
            parents: number(5)?,
            fare: number(6)?,
            embarked: record[7].to_owned(),
        });
    }
    Ok(passengers)
}

pub fn layout(passengers: &[Passenger]) -> Result<Workbook, XlsxError> {
    let complete: Vec<_> = passengers.iter().filter(|p| p.is_complete()).collect();
    let mut random = Random::new(SEED);
    let parameters: [[f64; 10]; 2] =
        std::array::from_fn(|_| std::array::from_fn(|_| random.uniform(-0.5, 0.5)));
    let mut book = Workbook::new();
    all_rows(book.add_worksheet(), passengers)?;
    linear(book.add_worksheet(), &complete, &parameters[0])?;
    nnet(
        book.add_worksheet().set_active(true),
        &complete,
        &parameters,
    )?;
    mmult(book.add_worksheet(), &complete, &parameters)?;
    Ok(book)
}

fn all_rows(sheet: &mut Worksheet, passengers: &[Passenger]) -> Result<(), XlsxError> {
    sheet.set_name("all_rows")?;
    let titles = [
        "Survived", "Pclass", "Sex", "Age", "SibSp", "Parch", "Fare", "Embarked",
    ];
    for (col, title) in titles.into_iter().enumerate() {
        sheet.write_with_format(0, col as u16, title, &style::heading())?;
    }
    for (index, passenger) in passengers.iter().enumerate() {
        let row = index as u32 + 1;
        sheet.write(row, 0, passenger.survived)?;
        sheet.write(row, 1, passenger.class)?;
        sheet.write(row, 2, passenger.sex.as_str())?;
        if let Some(age) = passenger.age {
            sheet.write(row, 3, age)?;
        }
        sheet.write(row, 4, passenger.siblings)?;
        sheet.write(row, 5, passenger.parents)?;
        sheet.write(row, 6, passenger.fare)?;
        if !passenger.embarked.is_empty() {
            sheet.write(row, 7, passenger.embarked.as_str())?;
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    Ok(())
}

/// The table of passengers and inputs in columns A to P, the same on every model's sheet.
fn passenger_table(
    sheet: &mut Worksheet,
    passengers: &[&Passenger],
    name: &str,
) -> Result<(), XlsxError> {
    let first = TITLES + 1;
    let last = TITLES + passengers.len() as u32;
    sheet.write_with_format(0, 3, "maximum", &style::note())?;
    sheet.write_formula(0, 4, format!("=MAX({name}[Age])").as_str())?;
    sheet.write_formula(0, 5, format!("=MAX({name}[Fare])").as_str())?;
    let derived = [
        ("Age_N", format!("={name}[[#This Row],[Age]]/$E$1")),
        ("log_Fare", format!("=LOG10({name}[[#This Row],[Fare]]+1)")),
        (
            "Pclass_1",
            format!("=IF({name}[[#This Row],[Pclass]]=1,1,0)"),
        ),
        (
            "Pclass_2",
            format!("=IF({name}[[#This Row],[Pclass]]=2,1,0)"),
        ),
        (
            "Embark_S",
            format!("=IF({name}[[#This Row],[Embarked]]=\"S\",1,0)"),
        ),
        (
            "Embark_C",
            format!("=IF({name}[[#This Row],[Embarked]]=\"C\",1,0)"),
        ),
        (
            "Male",
            format!("=IF({name}[[#This Row],[Sex]]=\"male\",1,0)"),
        ),
    ];
    let facts = [
        "Survived", "Embarked", "Pclass", "Sex", "Age", "Fare", "SibSp", "Parch",
    ];
    let mut columns: Vec<TableColumn> = facts
        .into_iter()
        .map(|title| TableColumn::new().set_header(title))
        .collect();
    columns.extend(derived.iter().map(|(title, formula)| {
        TableColumn::new()
            .set_header(*title)
            .set_formula(Formula::new(formula))
    }));
    columns.push(TableColumn::new().set_header("Ones"));
    let table = Table::new().set_name(name).set_columns(&columns);
    sheet.add_table(TITLES, 0, last, 15, &table)?;
    for (row, passenger) in (first..).zip(passengers) {
        sheet.write(row, 0, passenger.survived)?;
        sheet.write(row, 1, passenger.embarked.as_str())?;
        sheet.write(row, 2, passenger.class)?;
        sheet.write(row, 3, passenger.sex.as_str())?;
        sheet.write(row, 4, passenger.age.unwrap_or_default())?;
        sheet.write(row, 5, passenger.fare)?;
        sheet.write(row, 6, passenger.siblings)?;
        sheet.write(row, 7, passenger.parents)?;
        for (col, (_, formula)) in (8..).zip(&derived) {
            let format = if col < 10 {
                style::computed()
            } else {
                rust_xlsxwriter::Format::new()
            };
            sheet.write_formula_with_format(row, col, formula.as_str(), &format)?;
        }
        sheet.write(row, 15, 1)?;
    }
    sheet.set_freeze_panes(first, 0)?;
    Ok(())
}

/// Notes beside the parameters how they were drawn.
fn record_seed(sheet: &mut Worksheet, col: u16) -> Result<(), XlsxError> {
    let note = format!("starting parameters uniform on (-0.5, 0.5): SplitMix64, seed {SEED}");
    sheet.write_with_format(0, col, note, &style::note())?;
    Ok(())
}

/// Titles in row 3, and in each passenger's row a formula in which `{row}`
/// stands for the row's number.
fn filled_columns(
    sheet: &mut Worksheet,
    first_col: u16,
    passengers: usize,
    columns: &[(&str, &str)],
) -> Result<(), XlsxError> {
    for (col, (title, formula)) in (first_col..).zip(columns) {
        sheet.write_with_format(TITLES, col, *title, &style::heading())?;
        for row in TITLES + 1..=TITLES + passengers as u32 {
            let formula = formula.replace("{row}", &(row + 1).to_string());
            sheet.write_formula_with_format(row, col, formula.as_str(), &style::computed())?;
        }
        sheet.set_column_width(col, 13)?;
    }
    Ok(())
}

/// The mean of a column of squared errors, in the first row of that column.
fn loss(sheet: &mut Worksheet, col: u16, passengers: usize) -> Result<(), XlsxError> {
    let letters = gradsheet::grid::column_name(u32::from(col));
    let formula = format!("=AVERAGE({letters}4:{letters}{})", passengers + 3);
    sheet.write_with_format(0, col - 1, "loss", &style::heading())?;
    sheet.write_formula_with_format(0, col, formula.as_str(), &style::loss())?;
    Ok(())
}

/// A row of parameters a unit, from R4 on, titled with the inputs.
fn parameter_rows(sheet: &mut Worksheet, units: &[[f64; 10]]) -> Result<(), XlsxError> {
    record_seed(sheet, 17)?;
    for (col, title) in (17..).zip(INPUTS) {
        sheet.write_with_format(TITLES, col, title, &style::heading())?;
    }
    for (row, unit) in (TITLES + 1..).zip(units) {
        for (col, value) in (17..).zip(unit) {
            sheet.write_with_format(row, col, *value, &style::parameter())?;
        }
    }
    Ok(())
}

fn linear(
    sheet: &mut Worksheet,
    passengers: &[&Passenger],
    parameters: &[f64; 10],
) -> Result<(), XlsxError> {
    sheet.set_name("linear")?;
    passenger_table(sheet, passengers, "linear_rows")?;
    parameter_rows(sheet, std::slice::from_ref(parameters))?;
    filled_columns(
        sheet,
        28,
        passengers.len(),
        &[
            (
                "prediction",
                "=SUMPRODUCT(linear_rows[[#This Row],[SibSp]:[Ones]],$R$4:$AA$4)",
            ),
            (
                "squared error",
                "=(linear_rows[[#This Row],[Survived]]-AC{row})^2",
            ),
        ],
    )?;
    loss(sheet, 29, passengers.len())
}

fn nnet(
    sheet: &mut Worksheet,
    passengers: &[&Passenger],
    parameters: &[[f64; 10]; 2],
) -> Result<(), XlsxError> {
    sheet.set_name("nnet")?;
    passenger_table(sheet, passengers, "nnet_rows")?;
    parameter_rows(sheet, parameters)?;
    filled_columns(
        sheet,
        28,
        passengers.len(),
        &[
            (
                "lin 1",
                "=SUMPRODUCT(nnet_rows[[#This Row],[SibSp]:[Ones]],$R$4:$AA$4)",
            ),
            (
                "lin 2",
                "=SUMPRODUCT(nnet_rows[[#This Row],[SibSp]:[Ones]],$R$5:$AA$5)",
            ),
            ("relu 1", "=IF(AC{row}<0,0,AC{row})"),
            ("relu 2", "=IF(AD{row}<0,0,AD{row})"),
            ("prediction", "=AE{row}+AF{row}"),
            (
                "squared error",
                "=(nnet_rows[[#This Row],[Survived]]-AG{row})^2",
            ),
        ],
    )?;
    loss(sheet, 33, passengers.len())
}

fn mmult(
    sheet: &mut Worksheet,
    passengers: &[&Passenger],
    parameters: &[[f64; 10]; 2],
) -> Result<(), XlsxError> {
    sheet.set_name("mmult")?;
    passenger_table(sheet, passengers, "mmult_rows")?;
    record_seed(sheet, 17)?;
    for (row, title) in (TITLES + 1..).zip(INPUTS) {
        sheet.write_with_format(row, 17, title, &style::heading())?;
        for (col, unit) in (18..).zip(parameters) {
            let value = unit[(row - TITLES - 1) as usize];
            sheet.write_with_format(row, col, value, &style::parameter())?;
        }
    }
    let first = TITLES + 1;
    let last = TITLES + passengers.len() as u32;
    for (col, title) in (21..).zip(["lin 1", "lin 2"]) {
        sheet.write_with_format(TITLES, col, title, &style::heading())?;
    }
    let product = format!("=MMULT(G4:P{},S4:T13)", last + 1);
    sheet.write_array_formula_with_format(
        first,
        21,
        last,
        22,
        product.as_str(),
        &style::computed(),
    )?;
    filled_columns(
        sheet,
        23,
        passengers.len(),
        &[
            ("relu 1", "=IF(V{row}<0,0,V{row})"),
            ("relu 2", "=IF(W{row}<0,0,W{row})"),
            ("prediction", "=X{row}+Y{row}"),
            (
                "squared error",
                "=(mmult_rows[[#This Row],[Survived]]-Z{row})^2",
            ),
        ],
    )?;
    loss(sheet, 26, passengers.len())
}
