//! Where the rows and cells of a worksheet part lie in its bytes.

use crate::grid::{MAX_COLS, Pos};
use crate::workbook::ColumnProps;
use crate::xlsx::read::cells::{CellReader, CellRecord, RowRecord, SheetItem};
use crate::xlsx::read::sheet::columns;
use crate::xlsx::xml::{Element, Patches, Xml, XmlError, value_range};
use std::collections::BTreeMap;
use std::ops::Range;

/// The layout of a worksheet part.
pub(super) struct Layout<'a> {
    pub text: &'a str,
    /// The namespace prefix of its elements, with the colon; mostly empty.
    pub prefix: &'a str,
    /// The value of the dimension's `ref`.
    pub dimension: Option<Range<usize>>,
    /// What columns are wide that do not say.
    pub default_width: Option<String>,
    /// The whole `<cols>` element.
    pub cols: Option<Range<usize>>,
    pub columns: BTreeMap<u32, ColumnProps>,
    /// Each `<col>`'s first and last column, from 0, and its tag.
    pub col_tags: Vec<(u32, u32, Range<usize>)>,
    /// The tag of `<sheetData>`; all of it where it is empty.
    pub data: Range<usize>,
    pub data_empty: bool,
    /// Where its end tag starts, or after the empty tag.
    pub data_end: usize,
    /// The other children of the part's root, and these too: local name and
    /// bytes, in the order of the file.
    pub elements: Vec<(String, Range<usize>)>,
    /// Where the root's end tag starts.
    pub end: usize,
    /// In the order of the file.
    pub rows: Vec<RowSlot>,
    /// In the order of the file.
    cells: Vec<CellSlot>,
    /// The indices of `rows` by row number.
    by_row: Vec<u32>,
}

/// A `<row>`.
pub(super) struct RowSlot {
    pub record: RowRecord,
    /// Where its end tag starts.
    pub end: usize,
    /// Its cells among the layout's, sorted by column unless the file is odd.
    cells: Range<usize>,
}

#[derive(Clone, Copy)]
struct CellSlot {
    col: u32,
    row: u32,
    start: usize,
}

impl<'a> Layout<'a> {
    /// Reads a part, showing `visit` each cell on the way.
    pub fn scan(text: &'a str, mut visit: impl FnMut(CellRecord<'a>)) -> Result<Self, XmlError> {
        let mut layout = Layout {
            text,
            prefix: "",
            dimension: None,
            default_width: None,
            cols: None,
            columns: BTreeMap::new(),
            col_tags: Vec::new(),
            data: 0..0,
            data_empty: true,
            data_end: 0,
            elements: Vec::new(),
            end: text.rfind("</").unwrap_or(text.len()),
            rows: Vec::new(),
            cells: Vec::new(),
            by_row: Vec::new(),
        };
        let mut found = false;
        let mut root = true;
        Xml::new(text).each_element(|xml, element| {
            if std::mem::take(&mut root) {
                return Ok(());
            }
            let tag = xml.start()..xml.end();
            let mut whole = element.empty;
            match element.name() {
                "dimension" => {
                    let value = value_range(&text[tag.clone()], "ref");
                    layout.dimension = value.map(|v| tag.start + v.start..tag.start + v.end);
                }
                "sheetFormatPr" => {
                    let width = element.attribute("defaultColWidth");
                    layout.default_width = width.map(Into::into);
                }
                "cols" => {
                    if !element.empty {
                        layout.cols(xml)?;
                    }
                    whole = true;
                    layout.cols = Some(tag.start..xml.end());
                }
                "sheetData" if !found => {
                    found = true;
                    let name = &text[tag.start + 1..];
                    layout.prefix = name.find("sheetData").map_or("", |at| &name[..at]);
                    layout.data = tag.clone();
                    layout.data_empty = element.empty;
                    whole = true;
                    layout.data_end = if element.empty {
                        tag.end
                    } else {
                        layout.data(xml, &mut visit)?
                    };
                }
                _ => {}
            }
            if !whole {
                xml.skip()?;
            }
            let bytes = tag.start..xml.end();
            layout.elements.push((element.name().to_owned(), bytes));
            Ok(())
        })?;
        if !found {
            return Err(XmlError::new(0, "the part has no sheetData"));
        }
        layout.sort();
        Ok(layout)
    }

    fn cols(&mut self, xml: &mut Xml<'a>) -> Result<(), XmlError> {
        use quick_xml::events::Event;
        loop {
            let (tag, empty) = match xml.next()? {
                Event::Start(tag) => (tag, false),
                Event::Empty(tag) => (tag, true),
                Event::End(_) => return Ok(()),
                Event::Eof => return Err(xml.error("the part ends inside its columns")),
                _ => continue,
            };
            let range = xml.start()..xml.end();
            let element = Element { tag, empty };
            if let Some((first, last)) = columns(&element, &mut self.columns) {
                self.col_tags.push((first, last, range));
            }
            if !empty {
                xml.skip()?;
            }
        }
    }

    /// Reads the sheet's data; returns where its end tag starts.
    fn data(
        &mut self,
        xml: &mut Xml<'a>,
        visit: &mut impl FnMut(CellRecord<'a>),
    ) -> Result<usize, XmlError> {
        let mut reader = CellReader::new();
        loop {
            match reader.next(xml)? {
                SheetItem::Row(record) => {
                    let from = self.cells.len();
                    self.rows.push(RowSlot {
                        end: record.tag.end,
                        record,
                        cells: from..from,
                    });
                }
                SheetItem::Cell(cell) => {
                    self.cells.push(CellSlot {
                        col: cell.at.col,
                        row: cell.at.row,
                        start: cell.bytes.start,
                    });
                    visit(cell);
                }
                SheetItem::RowEnd(at) => {
                    if let Some(row) = self.rows.last_mut() {
                        row.end = at;
                        row.cells.end = self.cells.len();
                    }
                }
                SheetItem::End(at) => return Ok(at),
            }
        }
    }

    fn sort(&mut self) {
        self.by_row = (0..self.rows.len() as u32).collect();
        let number = |i: &u32| self.rows[*i as usize].record.row;
        if !self.by_row.is_sorted_by_key(number) {
            let rows = &self.rows;
            self.by_row.sort_by_key(|i| rows[*i as usize].record.row);
        }
    }

    /// The bytes of the root's children of a name.
    pub fn children(&self, name: &str) -> impl Iterator<Item = Range<usize>> {
        let named = self.elements.iter().filter(move |(known, _)| known == name);
        named.map(|(_, bytes)| bytes.clone())
    }

    /// Where a child of a name is to be inserted that the root has not: after
    /// those that come before it by the schema.
    pub fn place_of(&self, name: &str) -> usize {
        let rank = |name: &str| CHILDREN.iter().position(|known| *known == name);
        let wanted = rank(name);
        let before = self
            .elements
            .iter()
            .filter(|(known, _)| rank(known).is_some_and(|r| Some(r) < wanted));
        // A part has its data at least.
        before.map(|(_, bytes)| bytes.end).max().unwrap_or(self.end)
    }

    /// Puts `text` in the place of the root's children of a name.
    pub fn put(&self, name: &str, text: String, patches: &mut Patches) {
        let mut old = self.children(name);
        match old.next() {
            Some(first) => {
                patches.replace(first, text);
                old.for_each(|other| patches.replace(other, ""));
            }
            None => patches.insert(self.place_of(name), text),
        }
    }

    /// The row of a number, the first where the file repeats it.
    pub fn row(&self, row: u32) -> Option<&RowSlot> {
        let at = self.lower_bound(row);
        let slot = &self.rows[*self.by_row.get(at)? as usize];
        (slot.record.row == row).then_some(slot)
    }

    fn lower_bound(&self, row: u32) -> usize {
        self.by_row
            .partition_point(|i| self.rows[*i as usize].record.row < row)
    }

    /// Where a new row is to be inserted.
    pub fn place_of_row(&self, row: u32) -> usize {
        match self.by_row.get(self.lower_bound(row)) {
            Some(&next) => self.rows[next as usize].record.tag.start,
            None => self.data_end,
        }
    }

    /// Where a new cell of a row is to be inserted; the row has an end tag.
    pub fn place_of_cell(&self, row: &RowSlot, col: u32) -> usize {
        self.cells[row.cells.clone()]
            .iter()
            .find(|cell| cell.col > col)
            .map_or(row.end, |cell| cell.start)
    }

    /// Whether the part has an element for a cell.
    pub fn has(&self, at: Pos) -> bool {
        let from = self.lower_bound(at.row);
        let rows = self.by_row[from..]
            .iter()
            .map(|i| &self.rows[*i as usize])
            .take_while(|slot| slot.record.row == at.row);
        rows.into_iter().any(|slot| {
            let cells = &self.cells[slot.cells.clone()];
            // Sorted in all but odd files, where the search fails and the walk does not.
            let sorted = cells.binary_search_by_key(&at.col, |c| c.col);
            sorted.is_ok_and(|i| cells[i].row == at.row)
                || (cells.len() < MAX_COLS as usize
                    && !cells.is_sorted_by_key(|c| c.col)
                    && cells.iter().any(|c| c.col == at.col && c.row == at.row))
        })
    }
}

/// The children of a worksheet's root in their order (ECMA-376 part 1,
/// 18.3.1.99).
const CHILDREN: [&str; 38] = [
    "sheetPr",
    "dimension",
    "sheetViews",
    "sheetFormatPr",
    "cols",
    "sheetData",
    "sheetCalcPr",
    "sheetProtection",
    "protectedRanges",
    "scenarios",
    "autoFilter",
    "sortState",
    "dataConsolidate",
    "customSheetViews",
    "mergeCells",
    "phoneticPr",
    "conditionalFormatting",
    "dataValidations",
    "hyperlinks",
    "printOptions",
    "pageMargins",
    "pageSetup",
    "headerFooter",
    "rowBreaks",
    "colBreaks",
    "customProperties",
    "cellWatches",
    "ignoredErrors",
    "smartTags",
    "drawing",
    "legacyDrawing",
    "legacyDrawingHF",
    "drawingHF",
    "picture",
    "oleObjects",
    "controls",
    "tableParts",
    "extLst",
];
