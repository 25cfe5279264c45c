//! References that are kept outside of cells and follow what happens to a
//! workbook, as names and formulas do: those of sliders, charts, forms and marks.

use super::Applied;
use crate::formula::{self, Axis, CellRef, Change, Expr, Home, RefShape, Reference, SheetPrefix};
use crate::grid::{Area, Cell, Pos, Rect, SheetId, Shift};

/// What happened to the places of cells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Relocation {
    /// Rows or columns were inserted or deleted.
    Shift(SheetId, Shift),
    /// The cells of an area were moved, the first of them to `to`.
    Move { from: Area, to: Cell },
    /// A sheet is not among the tabs any more.
    Gone(SheetId),
}

impl Relocation {
    /// Where an area is afterwards; `None` where it is gone.
    pub fn of(&self, area: Area) -> Option<Area> {
        // Sheets have numbers for names here: those that they have do not matter.
        let name = |sheet: SheetId| sheet.0.to_string();
        match *self {
            Self::Gone(sheet) => (area.sheet != sheet).then_some(area),
            Self::Shift(sheet, shift) => {
                let sheet = &name(sheet);
                rewritten(area, &Change::Shift { sheet, shift })
            }
            Self::Move { from, to } => rewritten(
                area,
                &Change::Move {
                    sheet: &name(from.sheet),
                    rect: from.rect,
                    onto_sheet: &name(to.sheet),
                    onto: to.pos,
                },
            ),
        }
    }
}

/// An area as formulas find it after a change.
fn rewritten(area: Area, change: &Change) -> Option<Area> {
    let corner = |row, col| CellRef {
        row: Axis::Absolute(row),
        col: Axis::Absolute(col),
    };
    let rect = area.rect;
    let reference = Expr::Reference(Reference {
        prefix: Some(SheetPrefix::Sheet(area.sheet.0.to_string().into())),
        shape: RefShape::Range(corner(rect.top, rect.left), corner(rect.bottom, rect.right)),
    });
    let at = Pos::new(0, 0);
    let nowhere = Home { sheet: "", at };
    match &formula::rewrite(&reference, nowhere, nowhere, change) {
        Expr::Reference(Reference {
            prefix: Some(SheetPrefix::Sheet(sheet)),
            shape,
        }) => Some(Area {
            sheet: SheetId(sheet.parse().ok()?),
            rect: shape.resolve(at),
        }),
        _ => None,
    }
}

/// A step of the history, by how many steps it has with this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryStep {
    Done(usize),
    Undone(usize),
    Redone(usize),
}

/// An area that follows. What a step takes away, undoing the step brings back.
#[derive(Clone, Debug, PartialEq)]
pub struct Tracked {
    area: Option<Area>,
    /// What it was before steps that changed it, to be undone.
    undo: Vec<(usize, Option<Area>)>,
    /// What it was before such steps were undone.
    redo: Vec<(usize, Option<Area>)>,
}

impl From<Area> for Tracked {
    fn from(area: Area) -> Self {
        Self {
            area: Some(area),
            undo: Vec::new(),
            redo: Vec::new(),
        }
    }
}

impl From<Cell> for Tracked {
    fn from(Cell { sheet, pos }: Cell) -> Self {
        let rect = Rect::cell(pos);
        Self::from(Area { sheet, rect })
    }
}

impl Tracked {
    /// Where it is; `None` where its cells were deleted or covered.
    pub fn area(&self) -> Option<Area> {
        self.area
    }

    /// Its first cell.
    pub fn cell(&self) -> Option<Cell> {
        self.area.map(|Area { sheet, rect }| Cell {
            sheet,
            pos: rect.top_left(),
        })
    }

    /// Whether it is this cell alone.
    pub fn is_cell(&self, cell: Cell) -> bool {
        self.area == Self::from(cell).area
    }

    /// Follows what a step of the history did.
    pub fn follow(&mut self, applied: &Applied, step: HistoryStep) {
        let before = self.area;
        let (known, kept, number) = match step {
            HistoryStep::Done(number) => {
                self.redo.clear();
                (None, &mut self.undo, number)
            }
            HistoryStep::Undone(number) => (Some(&mut self.undo), &mut self.redo, number),
            HistoryStep::Redone(number) => (Some(&mut self.redo), &mut self.undo, number),
        };
        let known = known.and_then(|known| known.pop_if(|(step, _)| *step == number));
        self.area = match known {
            Some((_, area)) => area,
            None => before.and_then(|area| {
                let mut relocations = applied.relocations.iter();
                relocations.try_fold(area, |area, relocation| relocation.of(area))
            }),
        };
        if self.area != before {
            kept.push((number, before));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workbook::{Edit, History, SheetEdit, Transaction, Workbook};

    fn rect(text: &str) -> Rect {
        let (a, b) = text.split_once(':').unwrap_or((text, text));
        let pos = |text: &str| Pos::parse_a1(text).expect("an address");
        Rect::new(pos(a), pos(b))
    }

    struct Case {
        book: Workbook,
        history: History,
        tracked: Vec<Tracked>,
    }

    impl Case {
        fn new(areas: &[&str]) -> Self {
            let mut book = Workbook::new();
            let sheet = book.add_sheet("Data");
            book.add_sheet("Other");
            let area = |text: &&str| Area {
                sheet,
                rect: rect(text),
            };
            Self {
                book,
                history: History::default(),
                tracked: areas.iter().map(|text| area(text).into()).collect(),
            }
        }

        fn follow(&mut self, applied: &Applied, step: HistoryStep) {
            for tracked in &mut self.tracked {
                tracked.follow(applied, step);
            }
        }

        fn apply(&mut self, edit: Edit) -> String {
            let transaction = Transaction::new("edit", vec![edit]);
            let applied = self.history.apply(&mut self.book, &transaction);
            let step = HistoryStep::Done(self.history.depth());
            self.follow(&applied.expect("an edit"), step);
            self.shown()
        }

        fn undo(&mut self) -> String {
            let step = HistoryStep::Undone(self.history.depth());
            let applied = self.history.undo(&mut self.book).expect("undoes");
            self.follow(&applied.expect("a step"), step);
            self.shown()
        }

        fn redo(&mut self) -> String {
            let applied = self.history.redo(&mut self.book).expect("redoes");
            let step = HistoryStep::Redone(self.history.depth());
            self.follow(&applied.expect("a step"), step);
            self.shown()
        }

        fn shown(&self) -> String {
            let texts = self.tracked.iter().map(|tracked| match tracked.area() {
                Some(area) => self.book.area_address(area),
                None => "gone".to_owned(),
            });
            texts.collect::<Vec<_>>().join(" ")
        }
    }

    fn rows(kind: fn(crate::grid::Axis, u32, u32) -> Shift, at: u32, count: u32) -> Edit {
        Edit::Shift {
            sheet: SheetId(0),
            shift: kind(crate::grid::Axis::Rows, at, count),
        }
    }

    #[test]
    fn references_follow_lines_and_come_back_with_undo() {
        let mut case = Case::new(&["B2", "A1:A5", "C9"]);
        assert_eq!(
            case.apply(rows(Shift::insert, 1, 2)),
            "Data!B4 Data!A1:A7 Data!C11"
        );
        assert_eq!(
            case.apply(rows(Shift::delete, 2, 3)),
            "gone Data!A1:A4 Data!C8"
        );
        // One that was made after that follows back as far as places go.
        case.tracked.push(case.tracked[2].clone());
        case.tracked[3] = Area {
            sheet: SheetId(0),
            rect: rect("A20"),
        }
        .into();
        assert_eq!(case.undo(), "Data!B4 Data!A1:A7 Data!C11 Data!A23");
        assert_eq!(case.undo(), "Data!B2 Data!A1:A5 Data!C9 Data!A21");
        case.redo();
        assert_eq!(case.redo(), "gone Data!A1:A4 Data!C8 Data!A20");
    }

    #[test]
    fn references_follow_cells_that_are_moved_and_are_lost_where_they_are_covered() {
        let mut case = Case::new(&["B2", "A1:A5", "C9"]);
        let to = Cell {
            sheet: SheetId(1),
            pos: Pos::new(8, 2),
        };
        let from = Area {
            sheet: SheetId(0),
            rect: rect("B2:C3"),
        };
        let edit = Edit::Move { from, to };
        assert_eq!(case.apply(edit), "Other!C9 Data!A1:A5 Data!C9");
        assert_eq!(case.undo(), "Data!B2 Data!A1:A5 Data!C9");
        case.redo();
        case.undo();
        let to = Cell {
            sheet: SheetId(0),
            ..to
        };
        let edit = Edit::Move { from, to };
        assert_eq!(case.apply(edit), "Data!C9 Data!A1:A5 gone");
        assert_eq!(case.undo(), "Data!B2 Data!A1:A5 Data!C9");
    }

    #[test]
    fn references_keep_their_sheet_by_whatever_name_and_go_and_come_with_it() {
        let mut case = Case::new(&["B2"]);
        let sheet = SheetId(0);
        let edit = SheetEdit::Rename("x y".into());
        assert_eq!(case.apply(Edit::Sheet { sheet, edit }), "'x y'!B2");
        assert_eq!(case.apply(Edit::RemoveSheet { sheet }), "gone");
        assert_eq!(case.undo(), "'x y'!B2");
        assert_eq!(case.redo(), "gone");
        case.undo();
        assert_eq!(case.undo(), "Data!B2");
    }
}
