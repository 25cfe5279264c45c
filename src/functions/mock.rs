//! A small sheet for tests of functions: cells in memory, and an evaluator of
//! calls written as text. It stands in for the interpreter, so that functions
//! are tested without the rooms above them.
//!
//! A formula here is a literal (`1.5`, `"text"`, `TRUE`, `#N/A`, `{1,2;3,4}`),
//! a reference (`A1`, `A1:B2`, `A:A`, `(A1:A2,C1)`), or a call of those; no
//! operators but a leading minus before a number.

use super::{
    Callable, Context, Function, Lambda, LazyArgs, Operand, ParamKind, Postings, ValueRule, find,
};
use crate::grid::{Area, Cell, MAX_COLS, MAX_ROWS, Pos, Rect, SheetId, parse_column};
use crate::value::{Array, DateSystem, ErrorKind, Value};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// One sheet, called `Sheet1`.
pub(crate) struct Sheet {
    cells: BTreeMap<Pos, Value>,
    /// Rows hidden by hand, and by a filter.
    pub hidden: BTreeSet<u32>,
    pub filtered: BTreeSet<u32>,
    /// Cells whose formula is a SUBTOTAL or AGGREGATE.
    pub subtotals: BTreeSet<Pos>,
    pub formulas: HashMap<Pos, String>,
    pub formats: HashMap<Pos, String>,
    /// Rust functions that a call may name as a LAMBDA argument.
    lambdas: HashMap<String, RustLambda>,
    pub origin: Pos,
    pub now: f64,
    pub dates: DateSystem,
    /// Whether areas are prepared for finding all cells of a value.
    pub indexed: bool,
    draws: u64,
}

/// The sheet that all references mean.
pub(crate) const SHEET: SheetId = SheetId(0);

impl Sheet {
    pub fn empty() -> Self {
        Self {
            cells: BTreeMap::new(),
            hidden: BTreeSet::new(),
            filtered: BTreeSet::new(),
            subtotals: BTreeSet::new(),
            formulas: HashMap::new(),
            formats: HashMap::new(),
            lambdas: HashMap::new(),
            origin: Pos::new(0, 0),
            now: 0.0,
            dates: DateSystem::Since1900,
            indexed: false,
            draws: 0,
        }
    }

    /// Cells from A1 on: rows end with `;`, cells with `,`. A cell is a
    /// number, `TRUE`, `FALSE`, an error, `'` and a text, any other text, or
    /// nothing: `"1,2;x,,TRUE"`.
    pub fn new(rows: &str) -> Self {
        let mut sheet = Self::empty();
        for (row, line) in rows.split(';').enumerate() {
            for (col, cell) in line.split(',').enumerate() {
                let value = literal(cell.trim());
                sheet.set_at(Pos::new(row as u32, col as u32), value);
            }
        }
        sheet
    }

    /// Numbers in cells named by address.
    pub fn with(cells: &[(&str, f64)]) -> Self {
        let mut sheet = Self::empty();
        for &(at, x) in cells {
            sheet.set(at, x);
        }
        sheet
    }

    pub fn set(&mut self, at: &str, value: impl Into<Value>) {
        self.set_at(Pos::parse_a1(at).expect("an address"), value.into());
    }

    fn set_at(&mut self, at: Pos, value: Value) {
        if value.is_blank() {
            self.cells.remove(&at);
        } else {
            self.cells.insert(at, value);
        }
    }

    /// Makes `name` a LAMBDA that calls may take as an argument.
    pub fn lambda(&mut self, name: &str, arity: usize, body: fn(&[Operand]) -> Operand) {
        self.lambdas
            .insert(name.to_owned(), RustLambda { arity, body });
    }

    /// The value of a formula; a reference is read.
    pub fn eval(&mut self, formula: &str) -> Value {
        let tree = Reader::read(formula);
        match self.operand(&tree) {
            Operand::Reference(areas) if areas.len() == 1 && areas[0].rect.is_cell() => {
                self.to_value(&Operand::Reference(areas))
            }
            operand => match self.to_array(&operand) {
                Ok(array) if array.rows() == 1 && array.cols() == 1 => array.get(0, 0).clone(),
                Ok(array) => Value::Array(array),
                Err(kind) => Value::Error(kind),
            },
        }
    }

    /// A formula's number.
    #[track_caller]
    pub fn number(&mut self, formula: &str) -> f64 {
        match self.eval(formula) {
            Value::Number(x) => x,
            other => panic!("{formula} is {other:?}, not a number"),
        }
    }

    /// The numbers of a formula's array, row by row; NaN where there is none.
    #[track_caller]
    pub fn numbers(&mut self, formula: &str) -> Vec<f64> {
        let number = |value: &Value| match value {
            Value::Number(x) => *x,
            _ => f64::NAN,
        };
        match self.eval(formula) {
            Value::Array(array) => array.cells().iter().map(number).collect(),
            value => vec![number(&value)],
        }
    }

    /// A formula's error.
    #[track_caller]
    pub fn error(&mut self, formula: &str) -> ErrorKind {
        match self.eval(formula) {
            Value::Error(kind) => kind,
            other => panic!("{formula} is {other:?}, not an error"),
        }
    }

    fn operand(&mut self, tree: &Tree) -> Operand {
        match tree {
            Tree::Operand(operand) => operand.clone(),
            Tree::Lambda(name) => match self.lambdas.get(name) {
                Some(lambda) => Operand::Lambda(Lambda(Arc::new(lambda.clone()))),
                None => Operand::error(ErrorKind::Name),
            },
            Tree::Call(name, args) => {
                let Some(function) = find(name) else {
                    panic!("{name} is not in the registry");
                };
                assert!(
                    (function.min_args()..=function.max_args()).contains(&args.len()),
                    "{name} does not take {} arguments",
                    args.len()
                );
                if let ValueRule::Lazy(rule) = function.value {
                    let mut lazy = MockArgs { sheet: self, args };
                    return rule(&mut lazy).unwrap_or_else(Operand::error);
                }
                let args: Vec<Operand> = args.iter().map(|arg| self.operand(arg)).collect();
                self.call_function(function, &args)
            }
        }
    }

    /// Calls a function as an array formula does: mapped over the arrays that
    /// stand where single values are wanted.
    pub fn call_function(&mut self, function: &Function, args: &[Operand]) -> Operand {
        let is_scalar = |i: usize| {
            function
                .param(i)
                .is_some_and(|p| p.kind == ParamKind::Scalar)
        };
        let mut size = (1, 1);
        let mut arrays = Vec::new();
        for (i, arg) in args.iter().enumerate() {
            let mapped = match arg {
                Operand::Value(Value::Array(_)) => true,
                Operand::Reference(areas) => areas.iter().any(|area| !area.rect.is_cell()),
                _ => false,
            };
            arrays.push(None);
            if is_scalar(i) && mapped {
                match self.to_array(arg) {
                    Ok(array) => {
                        size = (size.0.max(array.rows()), size.1.max(array.cols()));
                        arrays[i] = Some(array);
                    }
                    Err(kind) => return Operand::error(kind),
                }
            }
        }
        if arrays.iter().all(Option::is_none) {
            return self.call_once(function, args);
        }
        let mut cells = Vec::new();
        for row in 0..size.0 {
            for col in 0..size.1 {
                let args: Vec<Operand> = args
                    .iter()
                    .zip(&arrays)
                    .map(|(arg, array)| match array {
                        Some(array) => Operand::Value(array.broadcast(row, col)),
                        None => arg.clone(),
                    })
                    .collect();
                let result = self.call_once(function, &args);
                cells.push(self.to_value(&result));
            }
        }
        Operand::Value(Value::array(Array::new(size.0, size.1, cells)))
    }

    fn call_once(&mut self, function: &Function, args: &[Operand]) -> Operand {
        match function.value {
            ValueRule::Scalar(rule) => {
                let values: Vec<Value> = args.iter().map(|arg| self.to_value(arg)).collect();
                match values.iter().find_map(Value::as_error) {
                    Some(kind) => Operand::error(kind),
                    None => Operand::Value(rule(&values, self)),
                }
            }
            ValueRule::Numbers { read, rule } => {
                let values: Vec<Value> = args.iter().map(|arg| self.to_value(arg)).collect();
                match values.iter().find_map(Value::as_error) {
                    Some(kind) => Operand::error(kind),
                    None => read(&values)
                        .and_then(|numbers| rule(&numbers))
                        .map_or_else(Operand::error, Operand::from),
                }
            }
            ValueRule::Operands(rule) | ValueRule::Reference(rule) => {
                let args: Vec<Operand> = args
                    .iter()
                    .enumerate()
                    .map(|(i, arg)| match (function.param(i).map(|p| p.kind), arg) {
                        (Some(ParamKind::Scalar), Operand::Reference(_)) => {
                            Operand::Value(self.to_value(arg))
                        }
                        _ => arg.clone(),
                    })
                    .collect();
                rule(&args, self).unwrap_or_else(Operand::error)
            }
            ValueRule::Lazy(_) | ValueRule::Special => {
                panic!("{} is not for this evaluator", function.name)
            }
        }
    }
}

impl Context for Sheet {
    fn origin(&self) -> Cell {
        Cell {
            sheet: SHEET,
            pos: self.origin,
        }
    }

    fn cell(&mut self, at: Cell) -> Value {
        self.cells.get(&at.pos).cloned().unwrap_or_default()
    }

    fn used(&self, area: Area) -> Option<Area> {
        let mut rects = self.cells.keys().map(|&pos| Rect::cell(pos));
        let first = rects.next()?;
        let used = rects.fold(first, |hull, rect| hull.hull(&rect));
        let rect = used.intersection(&area.rect)?;
        Some(Area { rect, ..area })
    }

    fn for_each(&mut self, area: Area, visit: &mut dyn FnMut(Cell, &Value)) {
        for (&pos, value) in &self.cells {
            if area.rect.contains(pos) {
                let sheet = area.sheet;
                visit(Cell { sheet, pos }, value);
            }
        }
    }

    fn array(&mut self, area: Area) -> Result<Arc<Array>, ErrorKind> {
        let rect = area.rect;
        if rect.len() > 10_000_000 {
            return Err(ErrorKind::Num);
        }
        let cells = rect.cells().map(|pos| {
            let sheet = area.sheet;
            self.cell(Cell { sheet, pos })
        });
        let cells = cells.collect();
        Ok(Arc::new(Array::new(
            rect.rows() as usize,
            rect.cols() as usize,
            cells,
        )))
    }

    fn find_exact(&mut self, area: Area, key: &Value, last: bool) -> Option<usize> {
        let equal = |value: &Value| match (value, key) {
            (Value::Number(a), Value::Number(b)) => a == b,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Text(a), Value::Text(b)) => a.to_lowercase() == b.to_lowercase(),
            _ => false,
        };
        let mut found = None;
        for (i, pos) in area.rect.cells().enumerate() {
            if self.cells.get(&pos).is_some_and(equal) {
                found = Some(i);
                if !last {
                    break;
                }
            }
        }
        found
    }

    fn postings(&mut self, area: Area) -> Option<Arc<Postings>> {
        let mut postings = Postings::new(self.dates);
        self.for_each(area, &mut |cell, value| postings.add(cell.pos, value));
        self.indexed.then(|| Arc::new(postings))
    }

    fn call(&mut self, lambda: &Lambda, args: &[Operand]) -> Operand {
        match lambda.0.as_any().downcast_ref::<RustLambda>() {
            Some(lambda) => (lambda.body)(args),
            None => Operand::error(ErrorKind::Calc),
        }
    }

    fn parse_reference(&mut self, text: &str, r1c1: bool) -> Result<Vec<Area>, ErrorKind> {
        match Reader::read_reference(text) {
            Some(rect) if !r1c1 => Ok(vec![Area { sheet: SHEET, rect }]),
            _ => Err(ErrorKind::Ref),
        }
    }

    fn formula_text(&mut self, at: Cell) -> Option<String> {
        self.formulas.get(&at.pos).cloned()
    }

    fn sheet_name(&self, sheet: SheetId) -> Option<Arc<str>> {
        (sheet == SHEET).then(|| "Sheet1".into())
    }

    fn sheet_named(&self, name: &str) -> Option<SheetId> {
        name.eq_ignore_ascii_case("Sheet1").then_some(SHEET)
    }

    fn sheet_index(&self, sheet: SheetId) -> Option<usize> {
        (sheet == SHEET).then_some(0)
    }

    fn sheet_count(&self) -> usize {
        1
    }

    fn row_hidden(&self, _: SheetId, row: u32) -> (bool, bool) {
        (self.hidden.contains(&row), self.filtered.contains(&row))
    }

    fn is_subtotal(&self, at: Cell) -> bool {
        self.subtotals.contains(&at.pos)
    }

    fn number_format(&self, at: Cell) -> String {
        self.formats
            .get(&at.pos)
            .cloned()
            .unwrap_or_else(|| "General".to_owned())
    }

    fn date_system(&self) -> DateSystem {
        self.dates
    }

    fn now(&self) -> f64 {
        self.now
    }

    /// The golden ratio's multiples modulo 1: spread evenly, always the same.
    fn random(&mut self) -> f64 {
        self.draws += 1;
        (self.draws as f64 * 0.618_033_988_749_894_9).fract()
    }
}

#[derive(Clone)]
struct RustLambda {
    arity: usize,
    body: fn(&[Operand]) -> Operand,
}

impl Callable for RustLambda {
    fn arity(&self) -> (usize, usize) {
        (self.arity, 0)
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

struct MockArgs<'a> {
    sheet: &'a mut Sheet,
    args: &'a [Tree],
}

impl LazyArgs for MockArgs<'_> {
    fn len(&self) -> usize {
        self.args.len()
    }

    fn eval(&mut self, index: usize) -> Operand {
        match self.args.get(index) {
            Some(tree) => self.sheet.operand(tree),
            None => Operand::Omitted,
        }
    }

    fn context(&mut self) -> &mut dyn Context {
        self.sheet
    }
}

/// A formula, read.
#[derive(Debug)]
pub(crate) enum Tree {
    Operand(Operand),
    Call(String, Vec<Tree>),
    Lambda(String),
}

/// Reads a formula; a test with a malformed one panics.
pub(crate) struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    #[track_caller]
    pub fn read(formula: &str) -> Tree {
        let mut reader = Reader { rest: formula };
        let tree = reader.expression();
        assert!(
            reader.rest.is_empty(),
            "{formula}: what is {}?",
            reader.rest
        );
        tree
    }

    fn skip_spaces(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn take(&mut self, symbol: char) -> bool {
        self.skip_spaces();
        match self.rest.strip_prefix(symbol) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    #[track_caller]
    fn expect(&mut self, symbol: char) {
        assert!(self.take(symbol), "{symbol} expected before {}", self.rest);
    }

    fn word(&mut self) -> &str {
        self.skip_spaces();
        let end = self
            .rest
            .find(|c: char| !(c.is_alphanumeric() || "$:._#/!?-+".contains(c)))
            .unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    /// The rest of a text whose opening quote has been read.
    fn text(&mut self) -> String {
        let mut text = String::new();
        loop {
            let Some((part, rest)) = self.rest.split_once('"') else {
                panic!("the text {} does not end", self.rest);
            };
            text.push_str(part);
            self.rest = rest;
            match rest.strip_prefix('"') {
                Some(rest) => {
                    text.push('"');
                    self.rest = rest;
                }
                None => return text,
            }
        }
    }

    #[track_caller]
    fn constant(&mut self) -> Value {
        if self.take('"') {
            Value::text(self.text())
        } else {
            literal(self.word())
        }
    }

    #[track_caller]
    fn expression(&mut self) -> Tree {
        self.skip_spaces();
        if self.rest.starts_with('"') {
            return Tree::Operand(Operand::Value(self.constant()));
        }
        if self.take('{') {
            let mut rows = vec![vec![self.constant()]];
            loop {
                if self.take('}') {
                    break;
                } else if self.take(';') {
                    rows.push(vec![self.constant()]);
                } else {
                    self.expect(',');
                    let cell = self.constant();
                    rows.last_mut().expect("a row").push(cell);
                }
            }
            let (height, width) = (rows.len(), rows[0].len());
            let array = Array::new(height, width, rows.into_iter().flatten().collect());
            return Tree::Operand(Operand::Value(Value::array(array)));
        }
        if self.take('(') {
            let mut areas = Vec::new();
            loop {
                match self.expression() {
                    Tree::Operand(Operand::Reference(more)) => areas.extend(more),
                    other => panic!("a union of references, not of {other:?}"),
                }
                if !self.take(',') {
                    break;
                }
            }
            self.expect(')');
            return Tree::Operand(Operand::Reference(areas));
        }
        let word = self.word().to_owned();
        if self.take('(') {
            let mut args = Vec::new();
            if self.take(')') {
                return Tree::Call(word, args);
            }
            loop {
                self.skip_spaces();
                if self.rest.starts_with([',', ')']) {
                    args.push(Tree::Operand(Operand::Omitted));
                } else {
                    args.push(self.expression());
                }
                if !self.take(',') {
                    break;
                }
            }
            self.expect(')');
            return Tree::Call(word, args);
        }
        match Self::read_reference(&word) {
            Some(rect) => Tree::Operand(Operand::Reference(vec![Area { sheet: SHEET, rect }])),
            None => match literal(&word) {
                Value::Text(name) => Tree::Lambda(name.to_string()),
                value => Tree::Operand(Operand::Value(value)),
            },
        }
    }

    /// `A1`, `A1:B2` or `A:B`.
    pub fn read_reference(text: &str) -> Option<Rect> {
        match text.split_once(':') {
            None => Some(Rect::cell(Pos::parse_a1(text)?)),
            Some((a, b)) => match (Pos::parse_a1(a), Pos::parse_a1(b)) {
                (Some(a), Some(b)) => Some(Rect::new(a, b)),
                _ => {
                    let (a, b) = (parse_column(a)?, parse_column(b)?);
                    debug_assert!(b < MAX_COLS);
                    Some(Rect::new(Pos::new(0, a), Pos::new(MAX_ROWS - 1, b)))
                }
            },
        }
    }
}

/// What a cell or a constant's text means.
fn literal(text: &str) -> Value {
    if let Some(text) = text.strip_prefix('\'') {
        return Value::text(text);
    }
    match text {
        "" => Value::Blank,
        "TRUE" => Value::Bool(true),
        "FALSE" => Value::Bool(false),
        _ => match (text.parse::<f64>(), ErrorKind::parse(text)) {
            (Ok(x), _) if x.is_finite() => Value::Number(x),
            (_, Some(kind)) => Value::Error(kind),
            _ => Value::text(text),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_read_cells_texts_arrays_and_unions() {
        let mut sheet = Sheet::new("1,x;,TRUE");
        assert_eq!(sheet.eval("A1"), Value::Number(1.0));
        assert_eq!(sheet.eval("B1"), Value::text("x"));
        assert_eq!(sheet.eval("\"a\"\"b\""), Value::text("a\"b"));
        assert_eq!(sheet.eval("\"\""), Value::text(""));
        assert_eq!(sheet.eval("-1.5e3"), Value::Number(-1500.0));
        assert_eq!(sheet.numbers("{1,2;-3,4}"), [1.0, 2.0, -3.0, 4.0]);
        assert!(matches!(
            Reader::read("(A1:A2,B1)"),
            Tree::Operand(Operand::Reference(areas)) if areas.len() == 2
        ));
    }
}
