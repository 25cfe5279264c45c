//! Changes of how cells look: bold, colours, alignment, number formats.

use super::before::Touched;
use super::{Before, CellStyle, Colour, Edit, EditError, HorizontalAlign, StyleMap, Workbook};
use crate::grid::Area;
use crate::value::format::Format;
use std::collections::HashMap;
use std::sync::Arc;

/// What is to be different about cells; `None` leaves a fact as it is in each.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct StyleChange {
    pub bold: Option<bool>,
    pub italic: Option<bool>,
    pub underline: Option<bool>,
    pub strike: Option<bool>,
    pub colour: Option<Paint>,
    pub fill: Option<Paint>,
    pub align: Option<HorizontalAlign>,
    pub wrap: Option<bool>,
    /// A number format's code.
    pub number_format: Option<Arc<str>>,
}

/// A colour, or that of cells nobody has coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Paint {
    /// Automatic for text, none behind cells.
    Automatic,
    Colour(Colour),
}

impl Paint {
    fn colour(self) -> Option<Colour> {
        match self {
            Self::Automatic => None,
            Self::Colour(colour) => Some(colour),
        }
    }
}

impl StyleChange {
    /// A change of the number format alone.
    pub fn number_format(code: impl Into<Arc<str>>) -> Self {
        Self {
            number_format: Some(code.into()),
            ..Self::default()
        }
    }

    fn apply(&self, style: &mut CellStyle) {
        fn put<T: Clone>(slot: &mut T, change: &Option<T>) {
            if let Some(value) = change {
                slot.clone_from(value);
            }
        }
        put(&mut style.font.bold, &self.bold);
        put(&mut style.font.italic, &self.italic);
        put(&mut style.font.underline, &self.underline);
        put(&mut style.font.strike, &self.strike);
        put(&mut style.font.colour, &self.colour.map(Paint::colour));
        put(&mut style.fill, &self.fill.map(Paint::colour));
        put(&mut style.align, &self.align);
        put(&mut style.wrap, &self.wrap);
        put(&mut style.number_format, &self.number_format);
    }
}

impl Edit {
    /// Takes all formats from the cells of an area.
    pub fn clear_formats(area: Area) -> Self {
        Self::SetStyle { area, style: 0 }
    }
}

impl Workbook {
    pub(super) fn change_style(
        &mut self,
        area: Area,
        change: &StyleChange,
        touched: &mut Touched,
    ) -> Result<Before, EditError> {
        self.check_area(area)?;
        if let Some(code) = change.number_format.clone()
            && Format::parse(&code).is_none()
        {
            return Err(EditError::BadNumberFormat { code });
        }
        let before = self.styles_before(area, touched);
        let styles = &mut self.styles;
        let mut made = HashMap::new();
        let sheet = &mut self.sheets[area.sheet.0 as usize];
        sheet.touched = true;
        sheet.restyle(area.rect, &mut |style| {
            *made
                .entry(style)
                .or_insert_with(|| styles.derive(style, |style| change.apply(style)))
        });
        Ok(before)
    }

    /// Gives the cells of an area the styles that a map says, those that it
    /// leaves out the default one.
    pub(super) fn put_styles(
        &mut self,
        area: Area,
        map: &StyleMap,
        touched: &mut Touched,
    ) -> Result<Before, EditError> {
        self.check_area(area)?;
        let count = self.styles.len();
        if let Some((_, style)) = map
            .pieces(area.rect)
            .find(|(_, style)| *style as usize >= count)
        {
            return Err(EditError::NoStyle { style, count });
        }
        let before = self.styles_before(area, touched);
        let sheet = self.sheet_mut(area.sheet);
        sheet.restyle(area.rect, &mut |_| 0);
        for (piece, style) in map.pieces(area.rect) {
            sheet.styles.set(piece, Some(style));
        }
        Ok(before)
    }

    /// The styles that the cells of an area are shown in, but for the default one.
    pub fn shown_styles(&self, area: Area) -> StyleMap {
        let sheet = self.sheet(area.sheet);
        let rect = area.rect;
        let mut shown = StyleMap::default();
        let mut paint = |piece: crate::grid::Rect, style: u32| {
            shown.set(piece, (style != 0).then_some(style));
        };
        // From back to front: columns, rows, cells.
        for (&col, props) in sheet.columns.range(rect.left..=rect.right) {
            if props.style != 0 {
                let column = crate::grid::Rect {
                    left: col,
                    right: col,
                    ..rect
                };
                paint(column, props.style);
            }
        }
        for (top, bottom, props) in sheet.rows.within(rect.top..=rect.bottom) {
            if props.style != 0 {
                let rows = crate::grid::Rect {
                    top,
                    bottom,
                    ..rect
                };
                paint(rows, props.style);
            }
        }
        for (piece, style) in sheet.styles.pieces(rect) {
            paint(piece, style);
        }
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::{MAX_ROWS, Pos, Rect};
    use crate::workbook::Transaction;

    #[test]
    fn each_fact_is_changed_by_itself_and_undone() {
        let mut book = Workbook::new();
        let sheet = book.add_sheet("a");
        let area = |a, b| Area {
            sheet,
            rect: Rect::new(a, b),
        };
        let column = area(Pos::new(0, 1), Pos::new(MAX_ROWS - 1, 1));
        let cells = area(Pos::new(2, 0), Pos::new(3, 2));
        let red = Paint::Colour(Colour(255, 0, 0));
        let bold = StyleChange {
            bold: Some(true),
            ..StyleChange::default()
        };
        let filled = StyleChange {
            fill: Some(red),
            number_format: Some("0.0".into()),
            ..StyleChange::default()
        };
        let edits = vec![
            Edit::Restyle {
                area: column,
                change: bold,
            },
            Edit::Restyle {
                area: cells,
                change: filled,
            },
        ];
        let applied = book.apply(&Transaction::new("style", edits)).unwrap();
        let style = |book: &Workbook, row, col| {
            let style = book.sheet(sheet).style(Pos::new(row, col));
            book.styles.get(style).clone()
        };
        assert!(style(&book, 99, 1).font.bold && style(&book, 2, 1).font.bold);
        assert!(!style(&book, 2, 0).font.bold);
        assert_eq!(style(&book, 3, 1).fill, Some(Colour(255, 0, 0)));
        assert_eq!(&*style(&book, 3, 1).number_format, "0.0");
        let none = StyleChange {
            fill: Some(Paint::Automatic),
            bold: Some(false),
            ..StyleChange::default()
        };
        let edit = Edit::Restyle {
            area: cells,
            change: none,
        };
        book.apply(&Transaction::new("style", vec![edit])).unwrap();
        let now = style(&book, 3, 1);
        assert_eq!((now.fill, now.font.bold), (None, false));
        assert_eq!(&*now.number_format, "0.0");
        let shown = book.shown_styles(cells);
        let edit = Edit::SetStyle {
            area: cells,
            style: 0,
        };
        let cleared = book.apply(&Transaction::new("", vec![edit])).unwrap();
        assert_eq!(style(&book, 3, 1), CellStyle::default());
        let styles = Arc::new(shown.clone());
        let edit = Edit::PutStyles {
            area: cells,
            styles,
        };
        book.apply(&Transaction::new("", vec![edit])).unwrap();
        assert_eq!(book.shown_styles(cells), shown);
        book.apply(&cleared.inverse).unwrap();
        book.apply(&applied.inverse).unwrap();
        assert_eq!(style(&book, 99, 1), CellStyle::default());
        assert!(book.shown_styles(column).is_empty());
    }
}
