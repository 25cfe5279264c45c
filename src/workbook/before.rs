//! What an edit changed, as it was before: the material of undo.

use super::layout_edit::LayoutBefore;
use super::structure::Parts;
use super::{
    Cells, CellsMoved, Chart, ColumnProps, ConditionalFormat, DefinedName, Naming, Relocation,
    Rows, Run, StyleMap, Table, Template, Validation, Workbook,
};
use crate::grid::{Area, Cell, MAX_COLS, MAX_ROWS, Pos, Rect, SheetId, Shift};
use crate::value::fold_case;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A part of a workbook as it was. Made by [`Workbook::apply`] only, for the
/// inverse of a transaction; putting it back cannot fail. Cheap to clone.
#[derive(Clone, Debug, PartialEq)]
pub struct Before(Arc<State>);

impl Before {
    pub(super) fn layout(sheet: SheetId, layout: LayoutBefore) -> Self {
        State::Layout { sheet, layout }.into()
    }
}

impl From<State> for Before {
    fn from(state: State) -> Self {
        Self(Arc::new(state))
    }
}

impl From<Parts> for Before {
    fn from(parts: Parts) -> Self {
        State::Parts(Box::new(parts)).into()
    }
}

#[derive(Clone, Debug, PartialEq)]
enum State {
    Contents {
        area: Area,
        /// Other rectangles whose values were changed: those spilled over.
        spilled: Vec<Rect>,
        /// The values of the area and of those rectangles.
        cells: Cells,
        /// The formulas of the area.
        runs: Vec<Run>,
        /// The spills that met the area or a rectangle.
        spills: Vec<(Pos, Rect)>,
    },
    Styles {
        area: Area,
        own: StyleMap,
        columns: Vec<(u32, ColumnProps)>,
        rows: Option<Rows>,
    },
    Name {
        name: Arc<str>,
        scope: Option<SheetId>,
        definition: Option<DefinedName>,
    },
    Tab {
        sheet: SheetId,
        /// Its place among the tabs; `None` where it was not among them.
        position: Option<usize>,
        active: usize,
        /// What belongs to the sheet and goes with it.
        names: Vec<DefinedName>,
        tables: Vec<Table>,
    },
    Conditional {
        sheet: SheetId,
        formats: Vec<ConditionalFormat>,
    },
    Validations {
        sheet: SheetId,
        validations: Vec<Validation>,
    },
    Charts {
        sheet: SheetId,
        charts: Vec<Chart>,
    },
    Layout {
        sheet: SheetId,
        layout: LayoutBefore,
    },
    /// Cells were where others were that are moved there; all else that moving
    /// them changed stands for itself.
    Place {
        from: Area,
        to: Area,
        /// The moves noted for the sheet before; `None` where cells went to another.
        moves: Option<Vec<CellsMoved>>,
    },
    /// What a structural edit changed.
    Parts(Box<Parts>),
}

/// What putting a state back, or an edit, touched.
#[derive(Debug, Default)]
pub(super) struct Touched {
    pub contents: Vec<Area>,
    pub styles: Vec<Area>,
    pub structural: bool,
    pub rewritten: bool,
    pub naming: Naming,
    pub relocations: Vec<Relocation>,
}

impl Touched {
    /// Lines are inserted or deleted: what was touched before has other places
    /// now, and what is gone needs no attention.
    pub(super) fn shift(&mut self, sheet: SheetId, shift: Shift) {
        for areas in [&mut self.contents, &mut self.styles] {
            areas.retain_mut(|area| {
                if area.sheet != sheet {
                    return true;
                }
                let moved = shift.stretched(area.rect);
                area.rect = moved.unwrap_or(area.rect);
                moved.is_some()
            });
        }
        self.relocations.push(Relocation::Shift(sheet, shift));
    }
}

impl Workbook {
    /// Makes an area ready for other contents: takes its formulas and takes
    /// back the results that are spilled into it; other values stay for the
    /// caller to replace, who has seen to it that no array is cut.
    pub(super) fn open_contents(&mut self, area: Area, touched: &mut Touched) -> Before {
        self.open(area, &[], touched)
    }

    fn open(&mut self, area: Area, also: &[Rect], touched: &mut Touched) -> Before {
        let sheet = self.sheet_mut(area.sheet);
        let meets = |rect: &Rect| {
            rect.intersection(&area.rect).is_some()
                || also.iter().any(|other| rect.intersection(other).is_some())
        };
        let spills: Vec<(Pos, Rect)> = sheet
            .spills
            .iter()
            .filter(|(_, rect)| meets(rect))
            .map(|(&anchor, &rect)| (anchor, rect))
            .collect();
        let mut spilled = also.to_vec();
        spilled.extend(spills.iter().map(|(_, rect)| *rect));
        spilled.sort_unstable();
        spilled.dedup();
        let mut cells = sheet.cells.copy_of(area.rect);
        for rect in &spilled {
            cells.put(&sheet.cells.copy_of(*rect));
        }
        for (anchor, rect) in &spills {
            sheet.spills.remove(anchor);
            let shown = sheet.cells.get(*anchor);
            sheet.cells.clear(*rect);
            sheet.cells.set(*anchor, shown);
        }
        let runs = sheet.runs.cut(area.rect);
        touched.structural |= !runs.is_empty();
        touched.contents.push(area);
        let sheet = area.sheet;
        touched
            .contents
            .extend(spilled.iter().map(|&rect| Area { sheet, rect }));
        Before::from(State::Contents {
            area,
            spilled,
            cells,
            runs,
            spills,
        })
    }

    /// The styles of an area, with the properties of whole columns and rows in it.
    pub(super) fn styles_before(&self, area: Area, touched: &mut Touched) -> Before {
        let sheet = self.sheet(area.sheet);
        let Rect {
            top,
            left,
            bottom,
            right,
        } = area.rect;
        let mut before = State::Styles {
            area,
            own: sheet.styles.copy_of(area.rect),
            columns: Vec::new(),
            rows: None,
        };
        if let State::Styles { columns, rows, .. } = &mut before {
            if top == 0 && bottom == MAX_ROWS - 1 {
                let props = sheet.columns.range(left..=right);
                columns.extend(props.map(|(&col, props)| (col, props.clone())));
            }
            if left == 0 && right == MAX_COLS - 1 {
                *rows = Some(sheet.rows.copy_of(top..=bottom));
            }
        }
        touched.styles.push(area);
        Before::from(before)
    }

    /// Gives a name a definition, or takes it away.
    pub(super) fn replace_name(
        &mut self,
        name: Arc<str>,
        scope: Option<SheetId>,
        definition: Option<DefinedName>,
        touched: &mut Touched,
    ) -> Before {
        touched.structural = true;
        let new = definition.clone();
        let old = match definition {
            Some(definition) => self.names.define(definition),
            None => self.names.remove(&name, scope),
        };
        if old != new {
            let name = BTreeSet::from([fold_case(&name)]);
            touched.naming.join(Naming::Names(name));
        }
        Before::from(State::Name {
            name,
            scope,
            definition: old,
        })
    }

    /// Puts a sheet among the tabs or takes it out, with its names and tables.
    pub(super) fn place_tab(
        &mut self,
        sheet: SheetId,
        position: Option<usize>,
        touched: &mut Touched,
    ) -> Before {
        touched.structural = true;
        touched.naming = Naming::All;
        let before = Before::from(State::Tab {
            sheet,
            position: self.order.iter().position(|&id| id == sheet),
            active: self.active,
            names: self.names.take_scope(sheet),
            tables: self.tables.take_sheet(sheet),
        });
        self.order.retain(|&id| id != sheet);
        if let Some(position) = position {
            self.order.insert(position.min(self.order.len()), sheet);
        }
        self.active = self.active.min(self.order.len().saturating_sub(1));
        before
    }

    pub(super) fn replace_conditional(
        &mut self,
        sheet: SheetId,
        formats: Vec<ConditionalFormat>,
        touched: &mut Touched,
    ) -> Before {
        let slot = &mut self.sheet_mut(sheet).conditional;
        let old = std::mem::replace(slot, formats);
        let areas = old.iter().chain(slot.iter()).flat_map(|f| &f.areas);
        touched
            .styles
            .extend(areas.map(|&rect| Area { sheet, rect }));
        Before::from(State::Conditional {
            sheet,
            formats: old,
        })
    }

    pub(super) fn replace_validations(
        &mut self,
        sheet: SheetId,
        validations: Vec<Validation>,
    ) -> Before {
        let slot = &mut self.sheet_mut(sheet).validations;
        let validations = std::mem::replace(slot, validations);
        Before::from(State::Validations { sheet, validations })
    }

    pub(super) fn replace_charts(&mut self, sheet: SheetId, charts: Vec<Chart>) -> Before {
        let charts = std::mem::replace(&mut self.sheet_mut(sheet).charts, charts);
        Before::from(State::Charts { sheet, charts })
    }

    /// Notes that the cells of an area were moved.
    pub(super) fn note_move(&mut self, from: Area, to: Area, touched: &mut Touched) -> Before {
        let moves = (from.sheet == to.sheet).then(|| {
            let sheet = self.sheet(from.sheet);
            let mut moves = sheet.moves.clone();
            moves.push(CellsMoved {
                shifts_before: sheet.shifts.len(),
                from: from.rect,
                to: to.rect,
            });
            moves
        });
        self.place_cells(from, to, moves, touched)
    }

    fn place_cells(
        &mut self,
        from: Area,
        to: Area,
        moves: Option<Vec<CellsMoved>>,
        touched: &mut Touched,
    ) -> Before {
        let Area { sheet, rect } = to;
        let pos = rect.top_left();
        let to_cell = Cell { sheet, pos };
        touched
            .relocations
            .push(Relocation::Move { from, to: to_cell });
        let moves = moves.map(|moves| std::mem::replace(&mut self.sheet_mut(sheet).moves, moves));
        State::Place { from, to, moves }.into()
    }

    /// Puts a state back and returns the one it replaces.
    pub(super) fn restore(&mut self, before: &Before, touched: &mut Touched) -> Before {
        match &*before.0 {
            State::Contents {
                area,
                spilled,
                cells,
                runs,
                spills,
            } => {
                let now = self.open(*area, spilled, touched);
                let templates = &self.templates;
                let sheet = &mut self.sheets[area.sheet.0 as usize];
                sheet.cells.clear(area.rect);
                for rect in spilled {
                    sheet.cells.clear(*rect);
                }
                sheet.cells.put(cells);
                for run in runs {
                    match **templates.get(run.template) {
                        Template::Formula(_) => sheet.runs.insert_merged(run.clone()),
                        Template::Unreadable(_) => sheet.runs.insert(run.clone()),
                    };
                }
                touched.structural |= !runs.is_empty();
                sheet.spills.extend(spills.iter().copied());
                now
            }
            State::Styles {
                area,
                own,
                columns,
                rows,
            } => {
                let now = self.styles_before(*area, touched);
                let sheet = self.sheet_mut(area.sheet);
                sheet.styles.put(area.rect, own);
                if let State::Styles {
                    columns: changed_columns,
                    ..
                } = &*now.0
                {
                    for (col, _) in changed_columns {
                        sheet.columns.remove(col);
                    }
                }
                sheet.columns.extend(columns.iter().cloned());
                if let Some(rows) = rows {
                    let changed = area.rect.top..=area.rect.bottom;
                    sheet.rows.replace(changed, rows);
                }
                now
            }
            State::Place { from, to, moves } => {
                self.place_cells(*to, *from, moves.clone(), touched)
            }
            State::Parts(parts) => self.restore_parts(parts, touched).into(),
            State::Name {
                name,
                scope,
                definition,
            } => self.replace_name(name.clone(), *scope, definition.clone(), touched),
            State::Conditional { sheet, formats } => {
                self.replace_conditional(*sheet, formats.clone(), touched)
            }
            State::Charts { sheet, charts } => self.replace_charts(*sheet, charts.clone()),
            State::Validations { sheet, validations } => {
                self.replace_validations(*sheet, validations.clone())
            }
            State::Layout { sheet, layout } => {
                let now = self.exchange_layout(*sheet, layout.clone(), touched);
                Before::layout(*sheet, now)
            }
            State::Tab {
                sheet,
                position,
                active,
                names,
                tables,
            } => {
                let now = self.place_tab(*sheet, *position, touched);
                self.active = *active;
                for name in names {
                    self.names.define(name.clone());
                }
                for table in tables {
                    self.tables.push(table.clone());
                }
                now
            }
        }
    }
}
