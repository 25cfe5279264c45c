//! References as people type them and as Excel's Solver stores them:
//! `nnet!R4:AA5`, `A1:B2,C3`, `rate`, `Table1[Fare]`.

use super::{Table, Workbook, quote_sheet_name};
use crate::formula::{
    self, BinaryOp, Expr, ParseError, PostfixOp, RefShape, SheetPrefix, TableItems, TableReference,
};
use crate::grid::{Area, Cell, Pos, Rect, SheetId, column_name};
use std::sync::Arc;

/// Names may mean names, but not for ever.
const MAX_DEPTH: usize = 32;

/// Why a text means no cells of a workbook.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum RefTextError {
    #[error("\"{text}\" cannot be read as a reference: {error}")]
    Syntax { text: String, error: ParseError },
    #[error(
        "\"{text}\" is no reference: write cells like B2 or A1:C3, a sheet's like \
         'my sheet'!A1, a table's column like Table1[Fare], or a name"
    )]
    NotReference { text: String },
    #[error("there is no sheet \"{sheet}\" for \"{text}\": the sheets are {sheets}")]
    NoSheet {
        text: String,
        sheet: Arc<str>,
        /// The sheets' names as a list.
        sheets: String,
    },
    #[error("there is no name \"{name}\"{}", listed(": the names are ", names))]
    NoName { name: Arc<str>, names: String },
    #[error("the name \"{name}\" means {formula}, which is not a plain reference to cells")]
    NameNotReference { name: Arc<str>, formula: Arc<str> },
    #[error("the name \"{name}\" means itself or goes through more than {MAX_DEPTH} names")]
    NameTooDeep { name: Arc<str> },
    #[error("there is no table \"{table}\"{}", listed(": the tables are ", tables))]
    NoTable { table: Arc<str>, tables: String },
    #[error("the table {table} has no column \"{column}\": its columns are {columns}")]
    NoColumn {
        table: Arc<str>,
        column: Arc<str>,
        columns: String,
    },
    #[error("\"{text}\" means no rows: the table {table} has none of that kind")]
    NoRows { text: String, table: Arc<str> },
    #[error("\"{text}\" depends on the row it stands in: write the cells or leave out #This Row")]
    ThisRow { text: String },
    #[error("\"{text}\" is in another workbook: open that one instead")]
    OtherWorkbook { text: String },
    #[error("\"{text}\" is several cells where one is wanted")]
    NotOneCell { text: String },
}

/// A list behind some words, or nothing.
fn listed(words: &str, list: &str) -> String {
    if list.is_empty() {
        String::new()
    } else {
        format!("{words}{list}")
    }
}

fn list<'a>(names: impl Iterator<Item = &'a Arc<str>>) -> String {
    names.map(|name| &**name).collect::<Vec<_>>().join(", ")
}

impl Workbook {
    /// The cells that a typed text means, in its order. Cells without a sheet
    /// are `default_sheet`'s, which also chooses between names of one spelling.
    /// A sheet's name needs no quotes here.
    ///
    /// Understands cells, ranges, whole rows and columns, `#` for a spilled
    /// result, several of these with commas, table references, and names that
    /// mean any of these.
    pub fn parse_areas(
        &self,
        text: &str,
        default_sheet: SheetId,
    ) -> Result<Vec<Area>, RefTextError> {
        let text = text.trim();
        self.areas(text.strip_prefix('=').unwrap_or(text), default_sheet, 0)
    }

    /// The one cell that a typed text means; see [`Workbook::parse_areas`].
    pub fn parse_cell(&self, text: &str, default_sheet: SheetId) -> Result<Cell, RefTextError> {
        match self.parse_areas(text, default_sheet)?.as_slice() {
            [area] if area.rect.is_cell() => Ok(Cell {
                sheet: area.sheet,
                pos: area.rect.top_left(),
            }),
            _ => Err(RefTextError::NotOneCell {
                text: text.trim().to_owned(),
            }),
        }
    }

    /// Areas as Excel's Solver stores them, and as [`Workbook::parse_areas`]
    /// reads them back: `bias!$H$19:$V$24,bias!$A$26`.
    pub fn absolute_areas(&self, areas: &[Area]) -> String {
        let corner = |row, col| format!("${}${}", column_name(col), row + 1);
        let areas: Vec<String> = areas
            .iter()
            .map(|Area { sheet, rect }| {
                let sheet = quote_sheet_name(&self.sheet(*sheet).name);
                let first = corner(rect.top, rect.left);
                match rect.is_cell() {
                    true => format!("{sheet}!{first}"),
                    false => format!("{sheet}!{first}:{}", corner(rect.bottom, rect.right)),
                }
            })
            .collect();
        areas.join(",")
    }

    fn areas(&self, text: &str, sheet: SheetId, depth: usize) -> Result<Vec<Area>, RefTextError> {
        let mut found = Vec::new();
        for part in parts(text) {
            let (cells, on) = match self.unquoted_sheet(part) {
                Some((named, cells)) => (cells, named),
                None => (part, sheet),
            };
            let tree = formula::parse(cells, Pos::new(0, 0)).map_err(|error| {
                let before = part.chars().count() - cells.chars().count();
                let text = error.excerpt(part, before);
                RefTextError::Syntax { text, error }
            })?;
            let seen = Seen {
                text: part,
                sheet: on,
                depth,
            };
            self.tree_areas(&tree, seen, &mut found)?;
        }
        Ok(found)
    }

    /// A sheet named without the quotes it needs in a formula, and the rest.
    fn unquoted_sheet<'a>(&self, part: &'a str) -> Option<(SheetId, &'a str)> {
        let (sheet, cells) = part.rsplit_once('!')?;
        Some((self.sheet_named(sheet.trim())?, cells))
    }

    fn tree_areas(
        &self,
        tree: &Expr,
        seen: Seen<'_>,
        found: &mut Vec<Area>,
    ) -> Result<(), RefTextError> {
        // A loop, for unions may be long chains.
        let mut rest = vec![tree];
        while let Some(tree) = rest.pop() {
            match tree {
                Expr::Group(inner) | Expr::Spaced(inner, _) => rest.push(inner),
                Expr::Binary(left, BinaryOp::Union, right) => rest.extend([&**right, &**left]),
                Expr::Reference(reference) => {
                    let rect = reference.shape.resolve(Pos::new(0, 0));
                    let sheets = self.prefixed(reference.prefix.as_ref(), seen)?;
                    found.extend(sheets.into_iter().map(|sheet| Area { sheet, rect }));
                }
                Expr::Postfix(inner, PostfixOp::Spill) => {
                    let Expr::Reference(reference) = &**inner else {
                        return Err(seen.not_reference());
                    };
                    let RefShape::Cell(cell) = reference.shape else {
                        return Err(seen.not_reference());
                    };
                    let at = cell.resolve(Pos::new(0, 0));
                    for sheet in self.prefixed(reference.prefix.as_ref(), seen)? {
                        let spilled = self.sheet(sheet).spills.get(&at);
                        let rect = spilled.copied().unwrap_or(Rect::cell(at));
                        found.push(Area { sheet, rect });
                    }
                }
                Expr::Table(reference) => found.push(self.table_area(reference, seen)?),
                Expr::Name { prefix, name } => {
                    self.name_areas(prefix.as_ref(), name, seen, found)?
                }
                _ => return Err(seen.not_reference()),
            }
        }
        Ok(())
    }

    /// The sheets that a prefix means, from left to right.
    fn prefixed(
        &self,
        prefix: Option<&SheetPrefix>,
        seen: Seen<'_>,
    ) -> Result<Vec<SheetId>, RefTextError> {
        let named = |name: &Arc<str>| {
            self.sheet_named(name).ok_or_else(|| RefTextError::NoSheet {
                text: seen.text.to_owned(),
                sheet: name.clone(),
                sheets: list(self.order().iter().map(|&id| &self.sheet(id).name)),
            })
        };
        match prefix {
            None => Ok(vec![seen.sheet]),
            Some(SheetPrefix::Sheet(name)) => Ok(vec![named(name)?]),
            Some(SheetPrefix::Span(first, last)) => {
                let ends = [named(first)?, named(last)?];
                let at = |end: &SheetId| self.order().iter().position(|id| id == end);
                let (Some(a), Some(b)) = (at(&ends[0]), at(&ends[1])) else {
                    return Err(seen.not_reference());
                };
                Ok(self.order()[a.min(b)..=a.max(b)].to_vec())
            }
            Some(SheetPrefix::External { .. }) => Err(RefTextError::OtherWorkbook {
                text: seen.text.to_owned(),
            }),
        }
    }

    fn name_areas(
        &self,
        prefix: Option<&SheetPrefix>,
        name: &Arc<str>,
        seen: Seen<'_>,
        found: &mut Vec<Area>,
    ) -> Result<(), RefTextError> {
        let sheet = match self.prefixed(prefix, seen)?.as_slice() {
            [sheet] => *sheet,
            _ => return Err(seen.not_reference()),
        };
        let Some(definition) = self.names.visible_from(name, sheet) else {
            // A table's name alone means its data.
            if let Some(table) = self.tables.get(name) {
                found.push(data_of(table, seen)?);
                return Ok(());
            }
            let visible = self.names.iter().filter(|n| !n.hidden);
            return Err(RefTextError::NoName {
                name: name.clone(),
                names: list(visible.map(|n| &n.name)),
            });
        };
        let name = definition.name.clone();
        if seen.depth >= MAX_DEPTH {
            return Err(RefTextError::NameTooDeep { name });
        }
        let areas = self.areas(&definition.formula, sheet, seen.depth + 1);
        found.extend(areas.map_err(|error| match error {
            RefTextError::NotReference { .. } | RefTextError::Syntax { .. } => {
                RefTextError::NameNotReference {
                    name,
                    formula: definition.formula.clone(),
                }
            }
            error => error,
        })?);
        Ok(())
    }

    fn table_area(&self, reference: &TableReference, seen: Seen<'_>) -> Result<Area, RefTextError> {
        let text = || seen.text.to_owned();
        let Some(name) = &reference.table else {
            return Err(RefTextError::ThisRow { text: text() });
        };
        let Some(table) = self.tables.get(name) else {
            return Err(RefTextError::NoTable {
                table: name.clone(),
                tables: list(self.tables.iter().map(|t| &t.name)),
            });
        };
        if reference.items == TableItems::ThisRow {
            return Err(RefTextError::ThisRow { text: text() });
        }
        let Some(mut rect) = table.items(reference.items) else {
            return Err(RefTextError::NoRows {
                text: text(),
                table: table.name.clone(),
            });
        };
        if let Some((first, last)) = &reference.columns {
            let column = |name: &Arc<str>| {
                table.column(name).ok_or_else(|| RefTextError::NoColumn {
                    table: table.name.clone(),
                    column: name.clone(),
                    columns: list(table.columns.iter().map(|c| &c.name)),
                })
            };
            let (first, last) = (column(first)?, column(last)?);
            rect.left = first.min(last);
            rect.right = first.max(last);
        }
        Ok(Area {
            sheet: table.area.sheet,
            rect,
        })
    }
}

fn data_of(table: &Table, seen: Seen<'_>) -> Result<Area, RefTextError> {
    match table.data() {
        Some(rect) => Ok(Area {
            sheet: table.area.sheet,
            rect,
        }),
        None => Err(RefTextError::NoRows {
            text: seen.text.to_owned(),
            table: table.name.clone(),
        }),
    }
}

/// Where a tree comes from.
#[derive(Clone, Copy)]
struct Seen<'a> {
    /// The part of the text, for errors.
    text: &'a str,
    /// The sheet of cells without one.
    sheet: SheetId,
    /// How many names led here.
    depth: usize,
}

impl Seen<'_> {
    fn not_reference(self) -> RefTextError {
        RefTextError::NotReference {
            text: self.text.to_owned(),
        }
    }
}

/// The pieces between commas that are not within quotes, brackets or parentheses.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let (mut quoted, mut depth, mut before) = (false, 0_i32, ' ');
    text.split(move |c: char| {
        match c {
            // Within a word it is an apostrophe: it's!A1.
            '\'' if depth == 0 && (quoted || !before.is_alphanumeric()) => quoted = !quoted,
            '[' | '(' | '{' if !quoted => depth += 1,
            ']' | ')' | '}' if !quoted => depth -= 1,
            _ => {}
        }
        before = c;
        c == ',' && !quoted && depth == 0
    })
    .map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workbook::{DefinedName, TableColumn};

    fn book() -> (Workbook, SheetId) {
        let mut book = Workbook::new();
        let nnet = book.add_sheet("nnet");
        let mine = book.add_sheet("my sheet");
        book.add_sheet("it's");
        book.tables.push(Table {
            name: "Table1".into(),
            saved_as: None,
            area: Area {
                sheet: mine,
                rect: rect("B2:D9"),
            },
            columns: ["Age", "Fare, paid", "Sex"]
                .map(|name| TableColumn {
                    name: name.into(),
                    saved_as: None,
                    formula: None,
                    criterion: None,
                })
                .into(),
            header_rows: 1,
            totals_rows: 0,
            buttons: false,
        });
        for (name, formula) in [
            ("rate", "nnet!$B$2"),
            ("solver_adj", "nnet!$R$4:$AA$5,'my sheet'!$A$1"),
            ("both", "rate,Table1[Age]"),
            ("moving", "OFFSET(nnet!$A$1,1,1)"),
            ("round", "trip"),
            ("trip", "round"),
        ] {
            book.names.define(DefinedName {
                name: name.into(),
                scope: None,
                formula: formula.into(),
                hidden: false,
            });
        }
        (book, nnet)
    }

    fn rect(text: &str) -> Rect {
        let (a, b) = text.split_once(':').unwrap_or((text, text));
        let corner = |text| Pos::parse_a1(text).expect("it is a cell");
        Rect::new(corner(a), corner(b))
    }

    #[test]
    fn references_are_read_as_people_type_them() {
        let (mut book, nnet) = book();
        let anchor = Pos::new(0, 25);
        book.sheet_mut(nnet).spills.insert(anchor, rect("Z1:Z4"));
        for (text, expected) in [
            ("nnet!R4:AA5", "nnet!R4:AA5"),
            ("NNET!r4:aa5", "nnet!R4:AA5"),
            ("'my sheet'!$A$1", "'my sheet'!A1"),
            ("my sheet!A1", "'my sheet'!A1"),
            ("it's!A1, A2", "'it''s'!A1 nnet!A2"),
            ("'it''s'!A1", "'it''s'!A1"),
            (" A1:B2 , C3", "nnet!A1:B2 nnet!C3"),
            ("=(A1,B2)", "nnet!A1 nnet!B2"),
            ("B3:A1", "nnet!A1:B3"),
            ("2:3", "nnet!A2:XFD3"),
            ("my sheet!A:B", "'my sheet'!A1:B1048576"),
            ("Z1#", "nnet!Z1:Z4"),
            ("Z2#", "nnet!Z2"),
            ("rate", "nnet!B2"),
            ("my sheet!Rate", "nnet!B2"),
            ("solver_adj", "nnet!R4:AA5 'my sheet'!A1"),
            ("both", "nnet!B2 'my sheet'!B3:B9"),
            ("Table1[Fare, paid]", "'my sheet'!C3:C9"),
            ("Table1[[#All],[Age]:[Sex]],A1", "'my sheet'!B2:D9 nnet!A1"),
            ("table1[#Headers]", "'my sheet'!B2:D2"),
            ("Table1", "'my sheet'!B3:D9"),
            ("nnet:'my sheet'!A1", ""),
            ("'nnet:my sheet'!A1", "nnet!A1 'my sheet'!A1"),
        ] {
            let areas = book.parse_areas(text, nnet).unwrap_or_default();
            let found: Vec<String> = areas.iter().map(|&a| book.area_address(a)).collect();
            assert_eq!(found.join(" "), expected, "{text}");
        }
    }

    #[test]
    fn what_means_no_cells_is_refused_by_name() {
        let (book, nnet) = book();
        for (text, message) in [
            (
                "net!A1",
                "there is no sheet \"net\" for \"net!A1\": the sheets are nnet, my sheet, it's",
            ),
            (
                "rates",
                "there is no name \"rates\": the names are both, moving, rate, round, solver_adj, trip",
            ),
            (
                "moving",
                "the name \"moving\" means OFFSET(nnet!$A$1,1,1), which is not a plain reference to cells",
            ),
            (
                "round",
                "the name \"round\" means itself or goes through more than 32 names",
            ),
            (
                "Table2[Age]",
                "there is no table \"Table2\": the tables are Table1",
            ),
            (
                "Table1[Fare]",
                "the table Table1 has no column \"Fare\": its columns are Age, Fare, paid, Sex",
            ),
            (
                "Table1[#Totals]",
                "\"Table1[#Totals]\" means no rows: the table Table1 has none of that kind",
            ),
            (
                "Table1[@Age]",
                "\"Table1[@Age]\" depends on the row it stands in: write the cells or leave out #This Row",
            ),
            (
                "[1]x!A1",
                "\"[1]x!A1\" is in another workbook: open that one instead",
            ),
        ] {
            let error = book.parse_areas(text, nnet).expect_err(text);
            assert_eq!(error.to_string(), message);
        }
        for text in ["1+1", "SUM(A1)", "\"text\"", "A1:B2 B2:C3", "#REF!"] {
            let error = book.parse_areas(text, nnet).expect_err(text);
            assert!(matches!(error, RefTextError::NotReference { .. }), "{text}");
        }
        for text in ["", "A1,", "A1:", "A1,,B2", "(A1", "'bias"] {
            let error = book.parse_areas(text, nnet).expect_err(text);
            assert!(matches!(error, RefTextError::Syntax { .. }), "{text}");
        }
    }
    #[test]
    fn areas_are_written_as_the_solver_stores_them_and_read_back() {
        let (book, nnet) = book();
        let text = "nnet!$H$19:$V$24,'it''s'!$A$26";
        let areas = book.parse_areas(text, nnet).unwrap();
        assert_eq!(areas.len(), 2);
        assert_eq!(areas[0].rect.to_string(), "H19:V24");
        assert_eq!(book.absolute_areas(&areas), text);
    }

    #[test]
    fn one_cell_is_read_where_one_is_wanted() {
        let (book, nnet) = book();
        let cell = book.parse_cell(" b7 ", nnet).unwrap();
        assert_eq!((cell.sheet, cell.pos.to_string()), (nnet, "B7".into()));
        assert_eq!(book.parse_cell("rate", nnet).unwrap().pos, Pos::new(1, 1));
        assert_eq!(
            book.parse_cell("A1:B2", nnet),
            Err(RefTextError::NotOneCell {
                text: "A1:B2".into()
            })
        );
    }
}
