//! A text file, looked at before it becomes a sheet.

use crate::csv::{self, CsvError, DELIMITERS, Found, Told};
use crate::grid::{Area, Cell, Pos, Rect, SheetId};
use crate::reading::Reading;
use crate::value::Value;
use crate::workbook::{Block, Edit, SheetEdit, Transaction, Workbook};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Rows that are looked at to tell what a column holds.
const SAMPLE: u32 = 5_000;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    Empty,
    Number,
    Percent,
    Date,
    Text,
    Logical,
    Mixed,
}

impl ColumnType {
    pub fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Number => "number",
            Self::Percent => "percent",
            Self::Date => "date",
            Self::Text => "text",
            Self::Logical => "logical",
            Self::Mixed => "mixed",
        }
    }
}

/// A text file that was read.
#[derive(Debug)]
pub struct Import {
    pub path: PathBuf,
    pub found: Found,
    /// How it was to be read.
    pub told: Told,
    /// It alone, with one sheet.
    pub workbook: Workbook,
    /// All its cells; `None` where it has none.
    pub used: Option<Rect>,
    /// By column, from the first one on.
    pub types: Vec<ColumnType>,
    /// The first row shown.
    pub top: usize,
}

impl Import {
    /// Reads a file, as it is told where anything is.
    pub fn read(path: &Path, told: Told) -> Result<Self, CsvError> {
        let (workbook, found) = csv::open_told(path, told, &Reading::default())?;
        let sheet = workbook.sheet(workbook.order()[0]);
        let corner = Rect::cell(Pos::new(0, 0));
        let used = sheet.cells.used().map(|used| used.hull(&corner));
        let columns = used.map_or(0, |used| used.cols());
        let mut import = Self {
            path: path.to_owned(),
            found,
            told,
            workbook,
            used,
            types: Vec::new(),
            top: 0,
        };
        import.types = (0..columns).map(|col| import.column_type(col)).collect();
        Ok(import)
    }

    /// How it is read with the next delimiter.
    pub fn next_delimiter(&self) -> Told {
        let now = DELIMITERS
            .iter()
            .position(|&d| d == self.found.dialect.delimiter);
        let next = now.map_or(0, |now| (now + 1) % DELIMITERS.len());
        Told {
            delimiter: Some(DELIMITERS[next]),
            ..self.told
        }
    }

    /// How it is read with the other decimal sign.
    pub fn other_decimals(&self) -> Told {
        Told {
            delimiter: Some(self.found.dialect.delimiter),
            decimal_comma: Some(!self.found.dialect.decimal_comma),
        }
    }

    fn sheet(&self) -> SheetId {
        self.workbook.order()[0]
    }

    /// How many rows and columns it has.
    pub fn size(&self) -> (u32, u32) {
        self.used.map_or((0, 0), |used| (used.rows(), used.cols()))
    }

    /// A cell as it will be shown.
    pub fn shown(&self, pos: Pos) -> String {
        let sheet = self.sheet();
        let value = self.workbook.sheet(sheet).cells.get(pos);
        let code = self.workbook.number_format(Cell { sheet, pos });
        crate::value::format::show(&value, code, self.workbook.date_system).text
    }

    /// What a column's values are; of the first row, which may be headers,
    /// only where there is no other.
    fn column_type(&self, col: u32) -> ColumnType {
        let sheet = self.sheet();
        let rows = self.size().0;
        let column = Rect {
            top: u32::from(rows > 1),
            bottom: (rows - 1).min(SAMPLE),
            left: col,
            right: col,
        };
        let mut kind = ColumnType::Empty;
        let cells = &self.workbook.sheet(sheet).cells;
        cells.for_each(column, &mut |pos, value| {
            let this = match value {
                Value::Number(_) => {
                    let code = self.workbook.number_format(Cell { sheet, pos });
                    number_type(code)
                }
                Value::Text(_) => ColumnType::Text,
                Value::Bool(_) => ColumnType::Logical,
                _ => return,
            };
            kind = match kind {
                ColumnType::Empty => this,
                kind if kind == this => kind,
                _ => ColumnType::Mixed,
            };
        });
        kind
    }

    /// The name of the sheet that it becomes.
    pub fn sheet_name(&self, target: &Workbook) -> String {
        let name = &self.workbook.sheet(self.sheet()).name;
        target.unique_sheet_name(name)
    }

    /// The transaction that adds it as a sheet at a place among the tabs.
    pub fn transaction(&self, target: &Workbook, position: usize) -> Transaction {
        let sheet = target.next_sheet();
        let name = self.sheet_name(target);
        let label = format!("Import {name}");
        let mut edits = vec![
            Edit::AddSheet {
                name: name.as_str().into(),
            },
            Edit::Sheet {
                sheet,
                edit: SheetEdit::Move(position),
            },
        ];
        if let Some(rect) = self.used {
            let source = self.workbook.sheet(self.sheet());
            let block = Block {
                cells: source.cells.copy_of(rect),
                formulas: Vec::new(),
            };
            edits.push(Edit::Put {
                area: Area { sheet, rect },
                block: Arc::new(block),
            });
            for (rect, style) in source.styles.pieces(rect) {
                let code = self.workbook.styles.get(style).number_format.clone();
                let area = Area { sheet, rect };
                edits.push(Edit::SetNumberFormat { area, code });
            }
        }
        Transaction::new(label, edits)
    }
}

/// What numbers are that were given a format by how they were written.
fn number_type(code: &str) -> ColumnType {
    let has = |signs: [char; 3]| code.contains(signs);
    if code.contains('%') {
        ColumnType::Percent
    } else if !code.eq_ignore_ascii_case("general") && has(['d', 'y', 'h']) {
        ColumnType::Date
    } else {
        ColumnType::Number
    }
}
