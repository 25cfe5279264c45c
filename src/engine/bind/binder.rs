//! Resolving one formula.

use super::facts::Facts;
use super::{Bound, BoundFormula, BoundLambda, BoundName, BoundRef, ExternalRef, Problem, Sheets};
use crate::formula::{
    self, ArrayLiteral, Axis, BinaryOp, CellRef, Expr, PostfixOp, PrefixOp, RefShape, Reference,
    SheetPrefix, TableItems, TableReference,
};
use crate::functions;
use crate::grid::{Area, Cell, Pos, Rect, SheetId};
use crate::value::{Array, ErrorKind, Value, fold_case};
use crate::workbook::{DefinedName, Table, Workbook};
use rustc_hash::FxHashMap;
use std::sync::{Arc, OnceLock};

/// How deep names, functions and parentheses may nest before a formula is
/// refused; the parser's own limit on one formula is lower.
const MAX_DEPTH: usize = 2_000;

/// Defined names that have been bound, by name, by the scope they are defined
/// in and by the sheet that uses them.
pub type NameCache = FxHashMap<(Arc<str>, Option<SheetId>, SheetId), Arc<BoundName>>;

/// A name whose formula is being bound.
struct OpenName {
    /// Without differences of case.
    name: Arc<str>,
    scope: Option<SheetId>,
    bound: std::sync::Weak<BoundName>,
    /// How many LAMBDAs were being bound when it was met.
    lambdas: usize,
}

/// Resolves formulas of a workbook.
pub struct Binder<'a> {
    book: &'a Workbook,
    cache: &'a mut NameCache,
    /// The cell the formula stands in: its sheet is the one meant where none
    /// is written, its table the one meant by `[@…]`.
    at: Cell,
    /// The names of the slots in use, without differences of case.
    slots: Vec<Arc<str>>,
    /// The names being bound, outermost first.
    open: Vec<OpenName>,
    /// How many LAMBDAs are being bound.
    lambdas: usize,
    depth: usize,
    names: bool,
    tableless: bool,
    problems: Vec<Problem>,
}

impl<'a> Binder<'a> {
    pub fn new(book: &'a Workbook, cache: &'a mut NameCache, at: Cell) -> Self {
        Self {
            book,
            cache,
            at,
            slots: Vec::new(),
            open: Vec::new(),
            lambdas: 0,
            depth: 0,
            names: false,
            tableless: false,
            problems: Vec::new(),
        }
    }

    /// Resolves a formula. What cannot be resolved becomes the error that
    /// Excel shows for it and is listed among the problems.
    pub fn bind(mut self, formula: &Expr) -> BoundFormula {
        let root = self.expr(formula);
        let facts = Facts::of(&root);
        BoundFormula {
            root,
            precedents: facts.precedents,
            volatile: facts.volatile,
            dynamic: facts.dynamic,
            array: facts.array,
            placed: facts.placed,
            ends_in_sum: matches!(
                formula,
                Expr::Binary(_, BinaryOp::Add | BinaryOp::Subtract, _)
            ),
            names: self.names,
            tableless: self.tableless,
            problems: self.problems,
        }
    }

    fn fail(&mut self, problem: Problem, error: ErrorKind) -> Bound {
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
        Bound::Value(Value::Error(error))
    }

    fn expr(&mut self, expr: &Expr) -> Bound {
        if self.depth >= MAX_DEPTH {
            return self.fail(Problem::TooDeep, ErrorKind::Num);
        }
        self.depth += 1;
        let bound = self.expr_within_depth(expr);
        self.depth -= 1;
        bound
    }

    fn expr_within_depth(&mut self, expr: &Expr) -> Bound {
        match expr {
            Expr::Number(x) => Bound::Value(Value::number(*x)),
            Expr::Text(text) => Bound::Value(Value::Text(text.clone())),
            Expr::Bool(b) => Bound::Value(Value::Bool(*b)),
            Expr::Error(kind) => Bound::Value(Value::Error(*kind)),
            Expr::Array(array) => Bound::Value(literal(array)),
            Expr::Omitted => Bound::Omitted,
            Expr::Group(inner) | Expr::Spaced(inner, _) => self.expr(inner),
            Expr::Reference(reference) => self.reference(reference),
            Expr::Table(table) => self.table(table),
            Expr::Name { prefix, name } => self.name(prefix.as_ref(), name),
            Expr::Call { function, args } => self.call(&function.0, args),
            Expr::Apply { callee, args } => Bound::Apply {
                callee: Box::new(self.expr(callee)),
                args: self.exprs(args),
            },
            Expr::Prefix(op, inner) => {
                let inner = Box::new(self.expr(inner));
                match op {
                    PrefixOp::Plus => Bound::Plus(inner),
                    PrefixOp::Minus => Bound::Negate(inner),
                    PrefixOp::Intersect => Bound::Single(inner),
                }
            }
            Expr::Postfix(inner, op) => {
                let inner = Box::new(self.expr(inner));
                match op {
                    PostfixOp::Percent => Bound::Percent(inner),
                    PostfixOp::Spill => Bound::Spill(inner),
                }
            }
            Expr::Binary(..) => self.binary(expr),
        }
    }

    fn exprs(&mut self, exprs: &[Expr]) -> Box<[Bound]> {
        exprs.iter().map(|expr| self.expr(expr)).collect()
    }

    /// The left spine of a tree of operators, walked without recursion.
    fn binary(&mut self, expr: &Expr) -> Bound {
        let mut spine = Vec::new();
        let mut leftmost = expr;
        while let Expr::Binary(left, op, right) = leftmost {
            spine.push((*op, right));
            leftmost = left;
        }
        let mut bound = self.expr(leftmost);
        let mut terms: Vec<(BinaryOp, Bound)> = Vec::new();
        for (op, right) in spine.into_iter().rev() {
            let right = self.expr(right);
            match op {
                BinaryOp::Range | BinaryOp::Intersection | BinaryOp::Union => {
                    let left = Box::new(chain(bound, &mut terms));
                    bound = match op {
                        BinaryOp::Range => Bound::Range(left, Box::new(right)),
                        BinaryOp::Intersection => Bound::Intersection(left, Box::new(right)),
                        _ => union(*left, right),
                    };
                }
                _ => terms.push((op, right)),
            }
        }
        chain(bound, &mut terms)
    }

    fn reference(&mut self, reference: &Reference) -> Bound {
        if let Some(SheetPrefix::External { book, sheet }) = &reference.prefix
            && book.as_ref() != "0"
        {
            return self.external(book, sheet.as_ref(), &reference.shape);
        }
        match self.sheets(reference.prefix.as_ref()) {
            Ok(sheets) => Bound::Cells(BoundRef {
                sheets,
                shape: reference.shape.clone(),
                within: None,
            }),
            Err(problem) => self.fail(problem, ErrorKind::Ref),
        }
    }

    /// Cells of another workbook. Those of a sheet that the file remembers
    /// nothing of are `#REF!`; a workbook that is not known at all is a
    /// problem, so that its values stay as they were saved. Files name other
    /// workbooks by their number, and a formula must be fit to be saved.
    fn external(&mut self, book: &Arc<str>, sheet: Option<&Arc<str>>, shape: &RefShape) -> Bound {
        let numbered = book.parse::<usize>().is_ok();
        let known = self.book.external(book).filter(|_| numbered);
        match (known, sheet) {
            (Some(known), Some(sheet)) if known.sheet(sheet).is_some() => {
                Bound::External(ExternalRef {
                    book: book.clone(),
                    sheet: sheet.clone(),
                    shape: shape.clone(),
                })
            }
            // Several sheets, `[1]First:Last!A1`, are not looked up.
            (Some(_), Some(sheet)) if !sheet.contains(':') => {
                Bound::Value(Value::Error(ErrorKind::Ref))
            }
            _ => self.fail(Problem::External(book.clone()), ErrorKind::Ref),
        }
    }

    /// A name of another workbook: one that stands for cells, the only kind
    /// whose values a file remembers.
    fn external_name(&mut self, book: &Arc<str>, sheet: Option<&Arc<str>>, name: &str) -> Bound {
        let numbered = book.parse::<usize>().is_ok();
        let known = self.book.external(book).filter(|_| numbered);
        let formula = known
            .and_then(|known| known.name(name, sheet.map(AsRef::as_ref)))
            .map(|known| known.formula.clone());
        let expr = formula.and_then(|formula| {
            let formula = formula.strip_prefix('=').unwrap_or(&formula);
            formula::parse(formula, self.at.pos).ok()
        });
        match expr.as_ref().map(Expr::unspaced) {
            Some(Expr::Reference(Reference {
                prefix: Some(SheetPrefix::Sheet(sheet)),
                shape,
            })) => self.external(book, Some(sheet), shape),
            _ => self.fail(Problem::External(book.clone()), ErrorKind::Ref),
        }
    }

    fn sheets(&self, prefix: Option<&SheetPrefix>) -> Result<Sheets, Problem> {
        let named = |name: &Arc<str>| {
            self.book
                .sheet_named(name)
                .ok_or_else(|| Problem::UnknownSheet(name.clone()))
        };
        match prefix {
            None => Ok(Sheets::One(self.at.sheet)),
            Some(SheetPrefix::Sheet(name)) => named(name).map(Sheets::One),
            Some(SheetPrefix::Span(first, last)) => {
                let (first, last) = (named(first)?, named(last)?);
                let place = |id| self.book.order().iter().position(|&other| other == id);
                let (Some(a), Some(b)) = (place(first), place(last)) else {
                    return Ok(Sheets::One(first));
                };
                let sheets = &self.book.order()[a.min(b)..=a.max(b)];
                Ok(match sheets {
                    [one] => Sheets::One(*one),
                    many => Sheets::Many(many.into()),
                })
            }
            // `[0]Sheet1!` is how files may write a sheet of this workbook.
            Some(SheetPrefix::External {
                book,
                sheet: Some(sheet),
            }) if book.as_ref() == "0" => named(sheet).map(Sheets::One),
            Some(SheetPrefix::External { book, .. }) => Err(Problem::External(book.clone())),
        }
    }

    fn table(&mut self, reference: &TableReference) -> Bound {
        self.names = true;
        let book = self.book;
        let table = match &reference.table {
            Some(name) => match book.tables.get(name) {
                Some(table) => table,
                None => {
                    return self.fail(Problem::UnknownTable(name.clone()), ErrorKind::Ref);
                }
            },
            None => {
                self.tableless = true;
                match book.tables.at(self.at.sheet, self.at.pos) {
                    Some(table) => table,
                    None => return self.fail(Problem::OutsideTable, ErrorKind::Ref),
                }
            }
        };
        let columns = match &reference.columns {
            None => Ok((table.area.rect.left, table.area.rect.right)),
            Some((first, last)) => {
                column(table, first).and_then(|a| column(table, last).map(|b| (a.min(b), a.max(b))))
            }
        };
        match columns {
            Ok(columns) => table_cells(table, reference.items, columns),
            Err(problem) => self.fail(problem, ErrorKind::Ref),
        }
    }

    fn name(&mut self, prefix: Option<&SheetPrefix>, name: &Arc<str>) -> Bound {
        let wanted: Arc<str> = folded(name);
        if prefix.is_none()
            && let Some(slot) = self.slots.iter().rposition(|slot| *slot == wanted)
        {
            return Bound::Slot(slot);
        }
        self.names = true;
        let scope = match prefix {
            Some(SheetPrefix::External { book, sheet }) => {
                // `[0]!name` is how files write a name of this workbook.
                if book.as_ref() == "0" {
                    self.at.sheet
                } else {
                    return self.external_name(book, sheet.as_ref(), name);
                }
            }
            Some(SheetPrefix::Sheet(sheet)) => match self.book.sheet_named(sheet) {
                Some(sheet) => sheet,
                None => return self.fail(Problem::UnknownSheet(sheet.clone()), ErrorKind::Ref),
            },
            Some(SheetPrefix::Span(..)) | None => self.at.sheet,
        };
        let book = self.book;
        if let Some(defined) = book.names.visible_from(name, scope) {
            return self.defined(wanted, defined);
        }
        if let Some(table) = book.tables.get(name) {
            let columns = (table.area.rect.left, table.area.rect.right);
            return table_cells(table, TableItems::Data, columns);
        }
        match functions::find(&name.to_uppercase()) {
            Some(function) if prefix.is_none() => Bound::Function(function),
            _ => self.fail(Problem::UnknownName(name.clone()), ErrorKind::Name),
        }
    }

    fn defined(&mut self, wanted: Arc<str>, defined: &DefinedName) -> Bound {
        let same = |open: &OpenName| open.name == wanted && open.scope == defined.scope;
        if let Some(at) = self.open.iter().position(same) {
            let open = &self.open[at];
            // A function that calls itself may end; a value that is made of
            // itself is none.
            if open.lambdas < self.lambdas {
                return Bound::Recursion(open.bound.clone());
            }
            let names = self.open[at..].iter().map(|open| open.name.as_ref());
            let path: Vec<&str> = names.chain([wanted.as_ref()]).collect();
            let problem = Problem::CircularName(path.join(" -> "));
            return self.fail(problem, ErrorKind::Num);
        }
        let key = (wanted.clone(), defined.scope, self.at.sheet);
        if let Some(bound) = self.cache.get(&key) {
            return Bound::Name(bound.clone());
        }
        let bound = Arc::new(BoundName {
            name: defined.name.clone(),
            body: OnceLock::new(),
        });
        let problems = self.problems.len();
        // Relative references in a name are written as seen from A1.
        let body = match formula::parse(&defined.formula, Pos::new(0, 0)) {
            Ok(expr) => {
                let slots = std::mem::take(&mut self.slots);
                self.open.push(OpenName {
                    name: wanted,
                    scope: defined.scope,
                    bound: Arc::downgrade(&bound),
                    lambdas: self.lambdas,
                });
                let body = self.expr(&expr);
                self.open.pop();
                self.slots = slots;
                body
            }
            Err(error) => {
                let problem = Problem::UnreadableName {
                    name: defined.name.clone(),
                    reason: error.to_string(),
                };
                self.fail(problem, ErrorKind::Name)
            }
        };
        // The body was empty until here and nobody else can have filled it.
        let _ = bound.body.set(body);
        // A name with problems is bound again for each formula that must list
        // them, one that uses a name still open for each that closes it.
        if self.problems.len() == problems && self.open.is_empty() {
            self.cache.insert(key, bound.clone());
        }
        Bound::Name(bound)
    }

    fn call(&mut self, name: &Arc<str>, args: &[Expr]) -> Bound {
        let wanted = folded(name);
        if let Some(slot) = self.slots.iter().rposition(|slot| *slot == wanted) {
            return Bound::Apply {
                callee: Box::new(Bound::Slot(slot)),
                args: self.exprs(args),
            };
        }
        match name.to_uppercase().as_str() {
            "LET" => return self.bind_let(args),
            "LAMBDA" => return self.bind_lambda(args),
            "SINGLE" if args.len() == 1 => return Bound::Single(Box::new(self.expr(&args[0]))),
            "ANCHORARRAY" if args.len() == 1 => {
                return Bound::Spill(Box::new(self.expr(&args[0])));
            }
            upper => {
                if let Some(function) = functions::find(upper) {
                    return self.call_function(function, args);
                }
            }
        }
        let book = self.book;
        if let Some(defined) = book.names.visible_from(name, self.at.sheet) {
            self.names = true;
            return Bound::Apply {
                callee: Box::new(self.defined(wanted, defined)),
                args: self.exprs(args),
            };
        }
        self.fail(Problem::UnknownFunction(name.clone()), ErrorKind::Name)
    }

    fn call_function(&mut self, function: &'static functions::Function, args: &[Expr]) -> Bound {
        // `F()` may reach here as one argument left out.
        let args = match args {
            [Expr::Omitted] if function.max_args() == 0 => &[],
            args => args,
        };
        let (min, max) = (function.min_args(), function.max_args());
        if !(min..=max).contains(&args.len()) {
            let problem = Problem::ArgumentCount {
                function: function.name,
                given: args.len(),
                min,
                max,
            };
            return self.fail(problem, ErrorKind::Value);
        }
        Bound::Call {
            function,
            args: self.exprs(args),
        }
    }

    fn bind_let(&mut self, args: &[Expr]) -> Bound {
        let outside = self.slots.len();
        let Some((body, pairs)) = args.split_last() else {
            return self.fail(Problem::BadLet, ErrorKind::Value);
        };
        if pairs.is_empty() || pairs.len() % 2 != 0 {
            return self.fail(Problem::BadLet, ErrorKind::Value);
        }
        let mut values = Vec::with_capacity(pairs.len() / 2);
        for pair in pairs.chunks_exact(2) {
            let Some((name, false)) = parameter(&pair[0]) else {
                self.slots.truncate(outside);
                return self.fail(Problem::BadLet, ErrorKind::Name);
            };
            values.push(self.expr(&pair[1]));
            self.slots.push(name);
        }
        let body = Box::new(self.expr(body));
        self.slots.truncate(outside);
        Bound::Let {
            values: values.into(),
            body,
        }
    }

    fn bind_lambda(&mut self, args: &[Expr]) -> Bound {
        let depth = self.slots.len();
        let Some((body, params)) = args.split_last() else {
            return self.fail(Problem::BadLambda, ErrorKind::Value);
        };
        let parsed: Option<Vec<_>> = params.iter().map(parameter).collect();
        let Some(parsed) = parsed else {
            return self.fail(Problem::BadLambda, ErrorKind::Value);
        };
        let optional = parsed.iter().rev().take_while(|(_, opt)| *opt).count();
        let params: Box<[Arc<str>]> = parsed.into_iter().map(|(name, _)| name).collect();
        self.slots.extend(params.iter().cloned());
        self.lambdas += 1;
        let body = self.expr(body);
        self.lambdas -= 1;
        self.slots.truncate(depth);
        Bound::Lambda(Arc::new(BoundLambda {
            depth,
            params,
            optional,
            body,
        }))
    }
}

/// A name as names are compared.
fn folded(name: &str) -> Arc<str> {
    fold_case(name).into()
}

/// A parameter's name, and whether brackets make it optional. Files write
/// `_xlpm.` before it and `_xlop.` for an optional one.
fn parameter(expr: &Expr) -> Option<(Arc<str>, bool)> {
    match expr {
        Expr::Name { prefix: None, name } => {
            let name = fold_case(name);
            if let Some(name) = name.strip_prefix("_xlop.") {
                return Some((name.into(), true));
            }
            let name = name.strip_prefix("_xlpm.").unwrap_or(&name);
            Some((name.into(), false))
        }
        Expr::Table(TableReference {
            table: None,
            items: TableItems::Unspecified,
            columns: Some((first, last)),
        }) if first == last => Some((folded(first), true)),
        _ => None,
    }
}

fn chain(first: Bound, terms: &mut Vec<(BinaryOp, Bound)>) -> Bound {
    if terms.is_empty() {
        return first;
    }
    Bound::Chain {
        first: Box::new(first),
        rest: std::mem::take(terms).into(),
    }
}

/// Unions are flat, however many areas they list.
fn union(left: Bound, right: Bound) -> Bound {
    let mut parts = match left {
        Bound::Union(parts) => parts.into_vec(),
        part => vec![part],
    };
    parts.push(right);
    Bound::Union(parts.into())
}

fn literal(array: &ArrayLiteral) -> Value {
    let cells: Vec<Value> = array
        .cells
        .iter()
        .map(|cell| match cell {
            Expr::Number(x) => Value::number(*x),
            Expr::Text(text) => Value::Text(text.clone()),
            Expr::Bool(b) => Value::Bool(*b),
            Expr::Error(kind) => Value::Error(*kind),
            _ => Value::Error(ErrorKind::Value),
        })
        .collect();
    if array.rows == 0 || array.cols == 0 || cells.len() != array.rows * array.cols {
        return Value::Error(ErrorKind::Value);
    }
    Value::array(Array::new(array.rows, array.cols, cells))
}

fn column(table: &Table, name: &Arc<str>) -> Result<u32, Problem> {
    table.column(name).ok_or_else(|| Problem::UnknownColumn {
        table: table.name.clone(),
        column: name.clone(),
    })
}

/// The cells of a table in the columns from `left` to `right` of its sheet.
fn table_cells(table: &Table, items: TableItems, (left, right): (u32, u32)) -> Bound {
    let sheet = table.area.sheet;
    if items == TableItems::ThisRow {
        let Some(data) = table.data() else {
            return Bound::Value(Value::Error(ErrorKind::Value));
        };
        let corner = |col| CellRef {
            row: Axis::Relative(0),
            col: Axis::Absolute(col),
        };
        let shape = if left == right {
            RefShape::Cell(corner(left))
        } else {
            RefShape::Range(corner(left), corner(right))
        };
        return Bound::Cells(BoundRef {
            // Rows of another sheet's table are met by their number.
            within: Some((data.top, data.bottom)),
            ..BoundRef::on(sheet, shape)
        });
    }
    match table.items(items) {
        Some(rows) => {
            let rect = Rect {
                left,
                right,
                ..rows
            };
            Bound::Cells(BoundRef::fixed(Area { sheet, rect }))
        }
        None => Bound::Value(Value::Error(ErrorKind::Ref)),
    }
}
