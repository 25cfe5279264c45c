//! Reading a package into a workbook, one file a kind of part.

pub(super) mod auto_filter;
pub(super) mod cells;
pub(super) mod conditional;
mod external;
pub(super) mod formulas;
pub(super) mod metadata;
mod plain;
pub(super) mod sheet;
mod stream;
pub(super) mod strings;
pub(super) mod styles;
pub(super) mod table;
pub(super) mod validation;
pub(super) mod values;
pub(super) mod workbook;

use super::error::OpenCause;
use super::package::{CONTENT_TYPES, Package};
use super::relationships::Relationships;
use super::xml::XmlError;
use crate::grid::{Area, Pos, Rect, SheetId};
use crate::reading::Reading;
use crate::value::DateSystem;
use crate::workbook::{
    AutoFilter, DefinedName, ExternalBook, Run, Runs, Styles, Table, TemplateId, Workbook,
};
use metadata::Metadata;
use rayon::prelude::*;
use sheet::SheetPart;
use std::collections::BTreeMap;
use std::sync::Arc;
use styles::Colours;
use values::Context;

/// What a document remembers of the file it was opened from.
#[derive(Debug)]
pub(super) struct Original {
    pub package: Package,
    /// Whether it is a package just made for the document, which has none of its
    /// cells yet, rather than the file that the document was opened from.
    pub new: bool,
    /// The workbook part.
    pub workbook: String,
    /// Its sheets from left to right, by the document's ids.
    pub tabs: Vec<SheetId>,
    /// In the order of `tabs`.
    pub sheets: Vec<OriginalSheet>,
    /// How many styles it has.
    pub styles: usize,
    /// How many formats of conditional formats it has.
    pub differential: usize,
    /// What reading its cells again needs.
    pub context: Context,
}

impl Original {
    /// What a sheet was; `None` for one that was not in the file.
    pub fn sheet(&self, id: SheetId) -> Option<&OriginalSheet> {
        let position = self.tabs.iter().position(|&tab| tab == id)?;
        self.sheets.get(position)
    }

    /// What belongs to a sheet in the file and not to the document, in words.
    pub fn beside_cells(&self, id: SheetId) -> Vec<&'static str> {
        let part = self.sheet(id).and_then(|sheet| sheet.part.as_ref());
        let Some(part) = part else {
            return Vec::new();
        };
        let relationships = Relationships::of(&self.package, part).unwrap_or_default();
        let text = self.package.text(part, "the workbook").unwrap_or_default();
        let after_cells = text.rfind("</sheetData>").map_or(&*text, |at| &text[at..]);
        let element = |name: &str| after_cells.contains(&format!("<{name}"));
        let related = |kind: &str| relationships.of_kind(kind).next().is_some();
        [
            (
                "comments",
                related("comments") || related("threadedComment"),
            ),
            ("links", element("hyperlinks")),
            ("pictures and charts", related("drawing")),
            ("pivot tables", related("pivotTable")),
            ("protection", element("sheetProtection")),
        ]
        .into_iter()
        .filter_map(|(what, there)| there.then_some(what))
        .collect()
    }

    /// What of the file is not in the document, a sentence each.
    pub fn notes(&self) -> Vec<String> {
        let note = |sheet: &OriginalSheet| {
            let first = sheet.lost.first()?;
            let name = &sheet.name;
            Some(match sheet.lost.len() {
                1 => format!(
                    "sheet {name}: {first} is kept as its value, for the file does not state \
                     the formula that it shares"
                ),
                count => format!(
                    "sheet {name}: {count} cells, the first {first}, are kept as their values, \
                     for the file does not state the formulas that they share"
                ),
            })
        };
        self.sheets.iter().filter_map(note).collect()
    }
}

/// What a sheet was when it was opened.
#[derive(Debug)]
pub(super) struct OriginalSheet {
    /// The name it had.
    pub name: Arc<str>,
    /// Its part; `None` for a chart sheet or another kind that holds no cells.
    pub part: Option<String>,
    pub runs: Runs,
    pub spills: BTreeMap<Pos, Rect>,
    pub filter: Option<AutoFilter>,
    /// The parts of its tables.
    pub tables: Vec<String>,
    /// Cells whose formulas the file does not state.
    pub lost: Vec<Pos>,
}

impl OriginalSheet {
    /// A sheet that was in no file.
    pub fn none() -> Self {
        Self {
            name: "".into(),
            part: None,
            runs: Runs::default(),
            spills: BTreeMap::new(),
            filter: None,
            tables: Vec::new(),
            lost: Vec::new(),
        }
    }
}

/// Reads a whole package.
pub(super) fn read(bytes: Arc<[u8]>, reading: &Arc<Reading>) -> Result<Workbook, OpenCause> {
    let (mut book, mut original) = read_parts(Package::open_watched(bytes, reading)?)?;
    original.package.end_watching();
    book.package = Some(Arc::new(original));
    Ok(book)
}

/// Reads a package without formulas as if the document whose sheets `tabs`
/// are had been opened from it.
pub(super) fn original(bytes: Arc<[u8]>, tabs: &[SheetId]) -> Result<Original, OpenCause> {
    let (_, mut original) = read_parts(Package::open(bytes)?)?;
    original.tabs = tabs.to_vec();
    original.new = true;
    Ok(original)
}

fn read_parts(package: Package) -> Result<(Workbook, Original), OpenCause> {
    let main = main_part(&package)?;
    let relationships = Relationships::of(&package, &main)?;
    let parts = ["worksheet", "sharedStrings"].map(|kind| relationships.of_kind(kind));
    package.expect(parts.into_iter().flatten().map(|found| &*found.target));
    let text = package.text(&main, "the package")?;
    let entries = workbook::read(&text).map_err(|e| e.in_part(&main, &text))?;
    if entries.sheets.is_empty() {
        return Err(OpenCause::NotWorkbook(format!("{main} lists no sheets")));
    }
    let optional = |kind: &str| -> Result<Option<(String, String)>, OpenCause> {
        let Some(found) = relationships.of_kind(kind).next() else {
            return Ok(None);
        };
        let text = package.text(&found.target, &relationships.part)?;
        Ok(Some((found.target.clone(), text)))
    };
    let theme = parse(optional("theme")?, styles::read_theme)?;
    let styles = parse(optional("styles")?, |text| styles::read(text, &theme))?;
    let context = Context {
        strings: parse(optional("sharedStrings")?, strings::read)?,
        metadata: read_metadata(&optional)?,
        dates: if entries.date1904 {
            DateSystem::Since1904
        } else {
            DateSystem::Since1900
        },
        colours: Colours {
            theme,
            palette: styles.palette,
        },
    };

    let mut sources = Vec::new();
    for entry in &entries.sheets {
        let found =
            relationships
                .by_id(&entry.relationship)
                .ok_or_else(|| OpenCause::MissingPart {
                    part: format!("for sheet \"{}\"", entry.name),
                    wanted_by: format!("{main} (relationship {})", entry.relationship),
                })?;
        let part = (found.kind == "worksheet").then(|| found.target.clone());
        sources.push((entry, part));
    }
    let sheets: Vec<Result<_, OpenCause>> = sources
        .par_iter()
        .map(|(entry, part)| match part {
            Some(part) => read_sheet(&package, part, &relationships.part, &entry.name, &context),
            None => Ok(None),
        })
        .collect();

    let mut book = Workbook::new();
    book.date_system = context.dates;
    book.active = entries.active.min(entries.sheets.len() - 1);
    book.styles = Styles::new(styles.styles, styles.differential);
    let mut originals = Vec::new();
    for ((entry, part), read) in sources.into_iter().zip(sheets) {
        let id = book.add_sheet(&entry.name);
        let mut original = OriginalSheet {
            name: entry.name.as_str().into(),
            part,
            ..OriginalSheet::none()
        };
        if let Some((mut sheet, tables)) = read? {
            original.lost = std::mem::take(&mut sheet.lost);
            place(&mut book, id, sheet);
            original.runs = book.sheet(id).runs.clone();
            original.spills = book.sheet(id).spills.clone();
            original.filter = book.sheet(id).filter.clone();
            for (part, table) in tables {
                let name: Arc<str> = table.name.into();
                let table = Table {
                    saved_as: Some(name.clone()),
                    name,
                    area: Area {
                        sheet: id,
                        rect: table.rect,
                    },
                    columns: table.columns,
                    header_rows: table.header_rows,
                    totals_rows: table.totals_rows,
                    buttons: table.buttons,
                };
                // Rows of a filtered table are hidden by its filter.
                let filter = table.filter().filter(|filter| !filter.columns.is_empty());
                if let Some(data) = filter.as_ref().and_then(AutoFilter::data) {
                    let rows = &mut book.sheet_mut(id).rows;
                    rows.change(data.top..=data.bottom, |row| row.filtered = row.hidden);
                }
                book.tables.push(table);
                original.tables.push(part);
            }
        }
        book.sheet_mut(id).visibility = entry.visibility;
        originals.push(original);
    }
    for name in entries.names {
        if name.local.is_some_and(|i| i >= book.order().len()) {
            // Of no sheet: nothing can mean it. It stays in the file.
            continue;
        }
        book.names.define(DefinedName {
            name: name.name.into(),
            scope: name.local.map(|i| SheetId(i as u32)),
            formula: name.formula.into(),
            hidden: name.hidden,
        });
    }
    for &id in &book.order().to_vec() {
        book.sheet_mut(id).touched = false;
    }
    for id in &entries.externals {
        book.externals
            .push(read_external(&package, &relationships, id)?);
    }
    let original = Original {
        package,
        new: false,
        workbook: main,
        tabs: book.order().to_vec(),
        sheets: originals,
        styles: book.styles.len(),
        differential: book.styles.differential().len(),
        context,
    };
    Ok((book, original))
}

/// The workbook part of a package, found through its relationships.
fn main_part(package: &Package) -> Result<String, OpenCause> {
    let roots = Relationships::of(package, "")?;
    if roots.list.is_empty() {
        return Err(OpenCause::NotWorkbook(
            "the archive has no _rels/.rels, which says where the workbook is".into(),
        ));
    }
    let main = roots
        .of_kind("officeDocument")
        .next()
        .ok_or_else(|| OpenCause::NotWorkbook("its _rels/.rels names no document part".into()))?;
    if !package.has(CONTENT_TYPES) {
        return Err(OpenCause::NotWorkbook(format!(
            "the archive has no part {CONTENT_TYPES}, which says what each part is: the file is \
             damaged, get a new copy"
        )));
    }
    if main.target.ends_with(".bin") {
        return Err(OpenCause::NotWorkbook(
            "it is in the binary format, xlsb".into(),
        ));
    }
    Ok(main.target.clone())
}

/// Parses a part that may be absent.
fn parse<T: Default>(
    part: Option<(String, String)>,
    read: impl FnOnce(&str) -> Result<T, XmlError>,
) -> Result<T, OpenCause> {
    match part {
        Some((name, text)) => read(&text).map_err(|e| e.in_part(&name, &text)),
        None => Ok(T::default()),
    }
}

fn read_metadata(
    optional: &impl Fn(&str) -> Result<Option<(String, String)>, OpenCause>,
) -> Result<Metadata, OpenCause> {
    let rich = match (optional("rdRichValue")?, optional("rdRichValueStructure")?) {
        (Some((part, values)), Some((_, structures))) => {
            metadata::rich_errors(&values, &structures).map_err(|e| e.in_part(&part, &values))?
        }
        _ => Vec::new(),
    };
    parse(optional("sheetMetadata")?, |text| {
        Metadata::read(text, &rich)
    })
}

/// Reads a link to another workbook; an empty one where it leads nowhere, for
/// formulas count them.
fn read_external(
    package: &Package,
    relationships: &Relationships,
    id: &str,
) -> Result<ExternalBook, OpenCause> {
    let Some(found) = relationships.by_id(id).filter(|r| !r.external) else {
        return Ok(ExternalBook::default());
    };
    let part = &found.target;
    let text = package.text(part, &relationships.part)?;
    let mut book = external::read(&text).map_err(|e| e.in_part(part, &text))?;
    let links = Relationships::of(package, part)?;
    if let Some(link) = links.list.iter().find(|r| r.external) {
        book.target = link.target.as_str().into();
    }
    Ok(book)
}

type SheetAndTables = (SheetPart, Vec<(String, table::TablePart)>);

fn read_sheet(
    package: &Package,
    part: &str,
    wanted_by: &str,
    name: &str,
    context: &Context,
) -> Result<Option<SheetAndTables>, OpenCause> {
    let sheet = match in_pieces(package, part, name, context) {
        Some(sheet) => sheet,
        None => {
            let text = package.text(part, wanted_by)?;
            sheet::read(part, &text, name, context)?
        }
    };
    let mut tables = Vec::new();
    if !sheet.tables.is_empty() {
        let relationships = Relationships::of(package, part)?;
        for id in &sheet.tables {
            let found = relationships
                .by_id(id)
                .ok_or_else(|| OpenCause::MissingPart {
                    part: format!("for table {id}"),
                    wanted_by: part.to_owned(),
                })?;
            let text = package.text(&found.target, &relationships.part)?;
            let table = table::read(&text).map_err(|e| e.in_part(&found.target, &text))?;
            tables.push((found.target.clone(), table));
        }
    }
    Ok(Some((sheet, tables)))
}

/// Reads a large worksheet while it is unpacked; `None` where it has to be
/// read whole.
fn in_pieces(package: &Package, part: &str, name: &str, context: &Context) -> Option<SheetPart> {
    let size = package.size(part)?;
    if size < stream::WORTH_CUTTING {
        return None;
    }
    let (send, pieces) = std::sync::mpsc::sync_channel(2);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            package.unpack(part, |source| {
                stream::cut(source, size, stream::PIECE, &send)
            });
        });
        sheet::read_pieces(pieces, name, context)
    })
}

/// Gives a sheet its content, its formulas by the workbook's templates.
fn place(book: &mut Workbook, id: SheetId, part: SheetPart) {
    let ids: Vec<_> = (0..part.templates.len())
        .map(|i| {
            let local = TemplateId(i as u32);
            let template = part.templates.get(local).as_ref().clone();
            book.templates.intern(template)
        })
        .collect();
    let sheet = book.sheet_mut(id);
    *sheet = part.sheet;
    for (_, run) in part.runs.iter() {
        sheet.runs.insert(Run {
            template: ids[run.template.0 as usize],
            ..run.clone()
        });
    }
}
