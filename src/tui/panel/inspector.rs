//! The formula under the cursor, part by part, and what its cell reads and feeds.

use super::short_areas;
use crate::engine::Engine;
use crate::engine::inspect::{Part, Product};
use crate::grid::{Area, Cell, Pos, Rect, SheetId};
use crate::tui::app::App;
use crate::tui::list::List;
use crate::value::{Value, format};
use std::collections::HashSet;
use std::ops::Range;

/// Parts of so small a formula are all shown at first.
const OPEN_AT_FIRST: usize = 24;
/// The most lines of parts, of products, and of places.
const MAX_LINES: usize = 400;
const MAX_TERMS: usize = 200;
const MAX_PLACES: usize = 100;

#[derive(Debug, Default)]
pub struct Inspector {
    pub list: List,
    pub lines: Vec<Line>,
    /// The areas of the vectors that were multiplied.
    pub factors: Vec<Area>,
    root: Option<Part>,
    open: HashSet<Vec<usize>>,
    /// The cell and the state of the document that the lines belong to.
    of: Option<(Cell, u64)>,
}

/// A line of the panel.
#[derive(Clone, Debug, Default)]
pub struct Line {
    pub depth: usize,
    pub text: String,
    pub value: Option<String>,
    pub heading: bool,
    /// Whether it has parts, and whether these are shown.
    pub opens: Option<bool>,
    /// Bytes of the formula without its `=`.
    pub span: Option<Range<usize>>,
    /// The cells that it means.
    pub area: Option<Area>,
    path: Option<Vec<usize>>,
}

impl Inspector {
    pub fn chosen(&self) -> Option<&Line> {
        self.lines.get(self.list.chosen)
    }

    /// Shows or hides the parts of the chosen line.
    pub fn set_open(&mut self, open: bool, engine: &Engine) {
        let Some(path) = self.chosen().and_then(|line| line.path.clone()) else {
            return;
        };
        let changed = match open {
            true => self.open.insert(path),
            false => self.open.remove(&path),
        };
        if changed {
            self.write(engine);
        }
    }

    /// Moves to the part around the chosen one.
    pub fn to_parent(&mut self) {
        let path = self.chosen().and_then(|line| line.path.as_deref());
        let Some((_, parent)) = path.and_then(<[usize]>::split_last) else {
            return;
        };
        let found = self
            .lines
            .iter()
            .position(|line| line.path.as_deref() == Some(parent));
        self.list.chosen = found.unwrap_or(self.list.chosen);
    }

    fn inspect(&mut self, engine: &Engine, cell: Cell, revision: u64) {
        let same_cell = self.of.is_some_and(|(of, _)| of == cell);
        self.of = Some((cell, revision));
        self.root = engine.parts(cell);
        if !same_cell {
            self.list = List::default();
            self.open.clear();
            let all = self.root.as_ref().map_or(0, count) <= OPEN_AT_FIRST;
            if let Some(root) = &self.root {
                open(root, &mut Vec::new(), all, &mut self.open);
            }
        }
        self.write(engine);
        self.list.step(0, self.lines.len());
    }

    /// Writes the lines.
    fn write(&mut self, engine: &Engine) {
        let Some((cell, _)) = self.of else { return };
        self.lines.clear();
        self.factors.clear();
        if let Some(root) = self.root.take() {
            self.part(engine, cell, &root, &mut Vec::new());
            self.root = Some(root);
        }
        if let Some(product) = engine.product(cell) {
            self.product(&product);
        }
        self.places("Reads", engine, cell.sheet, &precedents(engine, cell));
        self.places("Read by", engine, cell.sheet, &dependents(engine, cell));
    }

    fn part(&mut self, engine: &Engine, cell: Cell, part: &Part, path: &mut Vec<usize>) {
        if self.lines.len() >= MAX_LINES {
            return;
        }
        let is_open = self.open.contains(path);
        let value = match path.is_empty() {
            true => Some(engine.value(cell)),
            false => engine.part_value(part, cell),
        };
        let name = part.named.as_deref();
        let home = engine.formula_home(cell).unwrap_or(cell);
        let areas = engine.workbook().parse_areas(&part.text, home.sheet).ok();
        self.lines.push(Line {
            depth: path.len(),
            text: name.map_or_else(|| part.text.clone(), |n| format!("{n}: {}", part.text)),
            value: value.map(|value| summary(&value)),
            opens: (!part.children.is_empty()).then_some(is_open),
            span: Some(part.span.clone()),
            area: areas.and_then(|areas| areas.first().copied()),
            path: Some(path.clone()),
            ..Line::default()
        });
        if is_open {
            for (index, child) in part.children.iter().enumerate() {
                path.push(index);
                self.part(engine, cell, child, path);
                path.pop();
            }
        }
    }

    fn product(&mut self, product: &Product) {
        self.factors = product.factors.iter().filter_map(|f| f.area).collect();
        let what = match product.function {
            "MMULT" => "row times column",
            _ => "element by element",
        };
        self.heading(format!("{}: {what}", product.function));
        let terms = product.terms();
        for (index, term) in terms.iter().enumerate().take(MAX_TERMS) {
            let elements: Vec<String> = product
                .factors
                .iter()
                .map(|factor| summary(&factor.values[index]))
                .collect();
            self.lines.push(Line {
                depth: 1,
                text: elements.join(" x "),
                value: Some(summary(&Value::Number(*term))),
                area: product.factors.first().and_then(|factor| {
                    let area = factor.area?;
                    let cols = area.rect.cols();
                    let pos = Pos::new(
                        area.rect.top + index as u32 / cols,
                        area.rect.left + index as u32 % cols,
                    );
                    Some(Area {
                        sheet: area.sheet,
                        rect: Rect::cell(pos),
                    })
                }),
                ..Line::default()
            });
        }
        if terms.len() > MAX_TERMS {
            self.lines.push(Line {
                depth: 1,
                text: format!("and {} more", terms.len() - MAX_TERMS),
                ..Line::default()
            });
        }
        self.lines.push(Line {
            depth: 1,
            text: "sum".to_owned(),
            value: Some(summary(&Value::Number(terms.iter().sum()))),
            ..Line::default()
        });
    }

    fn heading(&mut self, text: String) {
        self.lines.push(Line {
            text,
            heading: true,
            ..Line::default()
        });
    }

    fn places(&mut self, heading: &str, engine: &Engine, home: SheetId, areas: &[Area]) {
        if areas.is_empty() {
            return;
        }
        self.heading(heading.to_owned());
        for &area in areas.iter().take(MAX_PLACES) {
            let Area { sheet, rect } = area;
            let pos = rect.top_left();
            let value = match rect.is_cell() {
                true => engine.display(Cell { sheet, pos }),
                false => format!("{} cells", rect.len()),
            };
            self.lines.push(Line {
                depth: 1,
                text: short_areas(engine.workbook(), &[area], home),
                value: Some(value),
                area: Some(area),
                ..Line::default()
            });
        }
        if areas.len() > MAX_PLACES {
            let text = format!("and {} more", areas.len() - MAX_PLACES);
            self.lines.push(Line {
                depth: 1,
                text,
                ..Line::default()
            });
        }
    }
}

/// A value in a few words.
fn summary(value: &Value) -> String {
    match value {
        Value::Array(array) => format!("{} x {} values", array.rows(), array.cols()),
        Value::Number(x) => format::general(*x, 14).unwrap_or_else(|| x.to_string()),
        Value::Text(text) => format!("\"{text}\""),
        Value::Bool(true) => "TRUE".to_owned(),
        Value::Bool(false) => "FALSE".to_owned(),
        Value::Error(kind) => kind.to_string(),
        Value::Blank => "empty".to_owned(),
    }
}

fn count(part: &Part) -> usize {
    1 + part.children.iter().map(count).sum::<usize>()
}

/// Opens the root, and all parts below it where `all`.
fn open(part: &Part, path: &mut Vec<usize>, all: bool, opened: &mut HashSet<Vec<usize>>) {
    opened.insert(path.clone());
    for (index, child) in part.children.iter().enumerate().filter(|_| all) {
        path.push(index);
        open(child, path, all, opened);
        path.pop();
    }
}

/// The areas that a cell's formula reads, each once.
fn precedents(engine: &Engine, cell: Cell) -> Vec<Area> {
    let Some(home) = engine.formula_home(cell) else {
        return Vec::new();
    };
    let graph = engine.graph();
    let Some(node) = graph.at(engine.workbook(), home) else {
        return Vec::new();
    };
    let mut areas = graph.read_by(node, Rect::cell(home.pos));
    // What is found while evaluating belongs to the whole run.
    areas.sort_unstable_by_key(|area| (area.sheet, area.rect.top, area.rect.left));
    areas.dedup();
    areas
}

/// The cells whose formulas read a cell, run by run.
fn dependents(engine: &Engine, cell: Cell) -> Vec<Area> {
    let graph = engine.graph();
    let at = Area {
        sheet: cell.sheet,
        rect: Rect::cell(cell.pos),
    };
    let mut areas = Vec::new();
    graph.readers(at, |id, part| {
        let sheet = graph.node(id).area().sheet;
        areas.push(Area { sheet, rect: part });
    });
    areas.sort_unstable_by_key(|area| (area.sheet, area.rect.top, area.rect.left));
    areas.dedup();
    areas
}

/// Inspects the active cell, where the panel is open.
pub fn follow(app: &mut App) {
    let of = (app.active_cell(), app.document.revision());
    let is_open = app.panels.open == Some(super::PanelKind::Inspector);
    if is_open && app.panels.inspector.of != Some(of) {
        let engine = app.document.engine();
        app.panels.inspector.inspect(engine, of.0, of.1);
    }
}
