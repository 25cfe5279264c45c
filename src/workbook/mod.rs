//! The document: sheets of cells, runs of formulas, names, tables, styles.
//!
//! A cell's value, typed in or computed, lives in its sheet's [`Cells`]. A
//! formula lives in a [`Run`]: a rectangle of cells that share one template.
//! Every change is a [`Transaction`], whose inverse undoes it.

mod area_rules;
mod areas;
mod auto_filter;
mod before;
mod block;
mod cells;
mod charts;
mod chunk;
mod clip;
mod conditional;
mod external;
mod fill;
mod filter;
mod find;
pub mod journal;
mod label;
mod layout_edit;
mod merge;
mod names;
mod restyle;
mod rows;
mod run;
mod run_index;
mod runs_builder;
mod sheet;
mod sheet_names;
mod sort;
mod structure;
mod style_change;
mod style_map;
mod styles;
mod tables;
mod templates;
mod tracked;
mod transaction;
mod unreadable;
mod validation;

pub use areas::RefTextError;
pub use auto_filter::{AutoFilter, Criterion, FilterOp, FilterTest, Join};
pub use before::Before;
pub use block::{Block, FormulaRun};
pub use cells::{CellIter, Cells, Statistics, Towards};
pub use charts::{Bin, Chart, ChartKind, ChartSeries, histogram};
pub use clip::{Clip, ClipError, Paste, PasteWhat, parse_text};
pub use conditional::{
    CompareOp, Condition, ConditionalFormat, DataBar, DifferentialFormat, IconSet, IconStep, Rule,
    ScalePoint, TextTest, Threshold, TimePeriod,
};
pub use external::{ExternalBook, ExternalName, ExternalSheet};
pub use fill::{DateUnit, Direction, FillError, FillKind, Series, SeriesKind};
pub use find::{FindError, FindOptions, Finder, LookIn, Pattern};
pub use layout_edit::{ColumnChange, LayoutEdit, MAX_HEIGHT, MAX_WIDTH, RowChange};
pub use merge::Merging;
pub use names::{DefinedName, Names, check_name};
pub use rows::Rows;
use run::around;
pub use run::{Run, RunId, RunKind, Runs};
pub use runs_builder::RunsBuilder;
pub use sheet::{CellsMoved, ColumnProps, Panes, RowProps, Sheet, Visibility};
pub use sheet_names::{check_sheet_name, quote_sheet_name};
pub use sort::{SortError, SortKey};
pub use structure::{SheetEdit, TableEdit};
pub use style_change::{Paint, StyleChange};
pub use style_map::StyleMap;
pub use styles::{CellStyle, Colour, Font, GENERAL, HorizontalAlign, Styles};
pub use tables::{Table, TableColumn, Tables};
pub use templates::{Template, TemplateId, Templates};
pub use tracked::{HistoryStep, Relocation, Tracked};
pub use transaction::{Applied, Content, Edit, EditError, History, MAX_FILL, Naming, Transaction};
pub use validation::{Alert, AlertStyle, Allowed, Message, NumberKind, Validation};

pub use crate::grid::{Axis, Shift, ShiftKind};

use crate::grid::{Area, Cell, SheetId};
use crate::value::{DateSystem, equal_text};
use std::sync::Arc;

/// A workbook.
#[derive(Clone, Debug, Default)]
pub struct Workbook {
    /// By id. A sheet that was removed stays, out of `order`, for undo.
    sheets: Vec<Sheet>,
    /// The tabs from left to right.
    order: Vec<SheetId>,
    /// The tab in front, counted from the left.
    pub active: usize,
    pub names: Names,
    pub tables: Tables,
    pub templates: Templates,
    pub date_system: DateSystem,
    /// The styles that cells refer to by index.
    pub styles: Styles,
    /// The other workbooks that formulas refer to, by their number.
    pub externals: Vec<ExternalBook>,
    /// The package this document was opened from, whose untouched parts are
    /// copied when it is saved; understood by the room that made it.
    pub package: Option<Arc<dyn std::any::Any + Send + Sync>>,
}

impl Workbook {
    /// An empty workbook with no sheets.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a sheet as the last tab. The name is taken as it is: one that a
    /// person typed goes through [`Edit::AddSheet`], one from elsewhere
    /// through [`Workbook::unique_sheet_name`].
    pub fn add_sheet(&mut self, name: &str) -> SheetId {
        let id = SheetId(self.sheets.len() as u32);
        self.sheets.push(Sheet::new(name));
        self.order.push(id);
        id
    }

    /// The id that the next sheet gets that is added or made as a copy.
    pub fn next_sheet(&self) -> SheetId {
        SheetId(self.sheets.len() as u32)
    }

    /// # Panics
    /// If `id` is not of this workbook: a caller's mistake.
    pub fn sheet(&self, id: SheetId) -> &Sheet {
        &self.sheets[id.0 as usize]
    }

    /// # Panics
    /// If `id` is not of this workbook: a caller's mistake.
    pub fn sheet_mut(&mut self, id: SheetId) -> &mut Sheet {
        let sheet = &mut self.sheets[id.0 as usize];
        sheet.touched = true;
        sheet
    }

    /// The sheets in the order of their tabs.
    pub fn order(&self) -> &[SheetId] {
        &self.order
    }

    /// Those that are not hidden, in the same order.
    pub fn visible_sheets(&self) -> impl Iterator<Item = SheetId> {
        let order = self.order.iter().copied();
        order.filter(|&id| self.sheet(id).visibility == Visibility::Visible)
    }

    /// Whether the sheet is among the tabs: it was made here and not removed.
    pub fn has_sheet(&self, id: SheetId) -> bool {
        self.order.contains(&id)
    }

    /// The sheet of that name, without regard to case.
    pub fn sheet_named(&self, name: &str) -> Option<SheetId> {
        self.order
            .iter()
            .copied()
            .find(|&id| equal_text(&self.sheet(id).name, name))
    }

    /// The code of the number format that a cell is shown in.
    pub fn number_format(&self, cell: Cell) -> &str {
        let style = self.sheet(cell.sheet).style(cell.pos);
        &self.styles.get(style).number_format
    }

    /// A cell's address as a formula on another sheet would write it.
    pub fn address(&self, cell: Cell) -> String {
        let sheet = quote_sheet_name(&self.sheet(cell.sheet).name);
        format!("{sheet}!{}", cell.pos)
    }

    /// An area's address as a formula on another sheet would write it.
    pub fn area_address(&self, area: Area) -> String {
        let sheet = quote_sheet_name(&self.sheet(area.sheet).name);
        format!("{sheet}!{}", area.rect)
    }
}
