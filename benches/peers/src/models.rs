//! The sheets that are measured.

use gradsheet::formula;
use gradsheet::grid::{Pos, Rect};
use gradsheet::value::Value;
use gradsheet::workbook::{Run, RunKind, Template, Workbook};

/// Columns of values, and formulas filled down beside them.
pub struct Model {
    pub name: &'static str,
    rows: u32,
    /// Values by column and row, from the first on.
    values: Vec<(u32, Box<dyn Fn(u32) -> Value>)>,
    /// Single values.
    cells: Vec<(Pos, Value)>,
    /// By column: the formula of the row `top`.
    formulas: Vec<(u32, &'static str)>,
    top: u32,
    /// The cell that is edited, and what it then holds.
    pub edit: (Pos, f64),
    /// Whether a calculation takes the peer minutes.
    pub is_long: bool,
}

impl Model {
    /// How often it is loaded and calculated.
    pub fn rounds(&self) -> usize {
        if self.is_long { 1 } else { 3 }
    }

    /// How many edits follow each time.
    pub fn edits(&self) -> usize {
        if self.is_long { 1 } else { 4 }
    }

    pub fn book(&self) -> Workbook {
        let mut book = Workbook::new();
        let sheet = book.add_sheet("Sheet1");
        for (col, value) in &self.values {
            for row in 0..self.rows {
                let at = Pos::new(self.top + row, *col);
                book.sheet_mut(sheet).cells.set(at, value(row));
            }
        }
        for (at, value) in &self.cells {
            book.sheet_mut(sheet).cells.set(*at, value.clone());
        }
        for (col, text) in &self.formulas {
            let first = Pos::new(self.top, *col);
            let last = Pos::new(self.top + self.rows - 1, *col);
            let tree = formula::parse(text, first).expect("a formula");
            let template = book.templates.intern(Template::Formula(tree));
            book.sheet_mut(sheet).runs.insert(Run {
                rect: Rect::new(first, last),
                template,
                kind: RunKind::Plain,
            });
        }
        book
    }

    /// The cells that are compared: the last row's formulas.
    pub fn watched(&self) -> impl Iterator<Item = Pos> {
        let row = self.top + self.rows - 1;
        self.formulas
            .iter()
            .map(move |(col, _)| Pos::new(row, *col))
    }
}

pub fn all() -> Vec<Model> {
    vec![
        network(100_000),
        chain(100_000),
        lookups(20_000),
        texts("texts, 10,000 rows of 20 columns", 10_000),
        texts("texts, 100,000 rows of 20 columns", 100_000),
    ]
}

/// Between 0 and 1.
fn number(row: u32, col: u32) -> f64 {
    f64::from((row.wrapping_mul(7919) + col * 104_729) % 1009) / 1009.0
}

/// The lesson's network: ten inputs, a target, seven columns of formulas.
fn network(rows: u32) -> Model {
    let input = |col| -> (u32, Box<dyn Fn(u32) -> Value>) {
        (col, Box::new(move |row| Value::Number(number(row, col))))
    };
    let weight = |i: u32| {
        let (unit, col) = (i / 10, i % 10);
        let at = Pos::new(unit, 19 + col);
        (at, Value::Number(number(unit, col) - 0.5))
    };
    let formulas = [
        "SUMPRODUCT(A2:J2,$T$1:$AC$1)",
        "SUMPRODUCT(A2:J2,$T$2:$AC$2)",
        "IF(L2<0,0,L2)",
        "IF(M2<0,0,M2)",
        "N2+O2",
        "(K2-P2)^2",
        "IF(P2>=0.5,1,0)",
    ];
    Model {
        name: "network, 100,000 rows",
        rows,
        values: (0..11).map(input).collect(),
        cells: (0..20).map(weight).collect(),
        formulas: (11..).zip(formulas).collect(),
        top: 1,
        edit: (Pos::new(0, 19), 0.25),
        is_long: false,
    }
}

fn chain(rows: u32) -> Model {
    Model {
        name: "chain of 100,000 cells",
        rows,
        values: Vec::new(),
        cells: vec![(Pos::new(0, 0), Value::Number(1.0))],
        formulas: vec![(0, "A1+1")],
        top: 1,
        edit: (Pos::new(0, 0), 2.0),
        is_long: false,
    }
}

/// Every row looks up another row's number.
fn lookups(rows: u32) -> Model {
    let wanted = move |row: u32| Value::Number(f64::from(row * 7919 % rows));
    Model {
        name: "20,000 VLOOKUPs into 20,000 rows",
        rows,
        values: vec![
            (0, Box::new(|row| Value::Number(f64::from(row)))),
            (1, Box::new(|row| Value::Number(number(row, 1)))),
            (2, Box::new(wanted)),
        ],
        cells: Vec::new(),
        formulas: vec![(3, "VLOOKUP(C1,$A$1:$B$20000,2,FALSE)")],
        top: 0,
        edit: (Pos::new(5, 1), 0.25),
        is_long: false,
    }
}

/// Eight columns of text, one of amounts, eleven of formulas; a small table beside them.
fn texts(name: &'static str, rows: u32) -> Model {
    const KINDS: [&str; 8] = ["S", "C", "Q", "male", "female", "north", "south", "east"];
    let text = |col: u32| -> (u32, Box<dyn Fn(u32) -> Value>) {
        (
            col,
            Box::new(move |row| Value::from(KINDS[((row * 7919 + col * 31) % 8) as usize])),
        )
    };
    let mut values: Vec<_> = (0..8).map(text).collect();
    values.push((8, Box::new(|row| Value::Number(f64::from(row % 97)))));
    let table = (0..).zip(KINDS).flat_map(|(row, kind)| {
        let code = Value::Number(f64::from(row));
        [
            (Pos::new(row, 25), Value::from(kind)),
            (Pos::new(row, 26), code),
        ]
    });
    let formulas = [
        "IF(A1=\"S\",1,0)",
        "IF(A1=\"C\",1,0)",
        "IF(D1=\"male\",1,0)",
        "IF(F1=\"north\",I1,0)",
        "XLOOKUP(B1,$Z$1:$Z$8,$AA$1:$AA$8)",
        "XLOOKUP(C1,$Z$1:$Z$8,$AA$1:$AA$8)",
        "SUMIFS(I:I,A:A,B1)",
        "SUMIFS(I:I,A:A,C1,D:D,E1)",
        "E1&\"-\"&F1",
        "J1+K1+L1",
        "M1*N1",
    ];
    Model {
        name,
        rows,
        values,
        cells: table.collect(),
        formulas: (9..).zip(formulas).collect(),
        top: 0,
        edit: (Pos::new(5, 8), 1000.0),
        is_long: rows > 10_000,
    }
}
