//! The tree of a formula.
//!
//! References are held relative to the cell that the formula stands in (the
//! R1C1 form), so a formula filled down a column is the same tree in every row.

use super::Spaces;
use crate::grid::{MAX_COLS, MAX_ROWS, Pos, Rect};
use crate::value::ErrorKind;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// A formula or a part of one. Numbers compare by their bits and functions by
/// their names in capitals, so that trees can be interned.
///
/// A tree that was parsed is at most [`MAX_HEIGHT`](super::MAX_HEIGHT) high if
/// the steps from an operator to its left operand are not counted; those chains
/// (`1+1+1+…`) may be tens of thousands long, so walk them with a loop.
pub enum Expr {
    Number(f64),
    Text(Arc<str>),
    Bool(bool),
    Error(ErrorKind),
    /// `{1,2;3,4}`
    Array(ArrayLiteral),
    /// An argument left out: the second of `IF(A1,,2)`.
    Omitted,
    /// `A1`, `$A$1:B2`, `2:3`, `A:C`, `Sheet1!A1`, `First:Last!A1`, `[1]Sheet1!A1`.
    Reference(Reference),
    /// `Table1[[#This Row],[A]:[B]]`
    Table(TableReference),
    /// A defined name, or a parameter of LET or LAMBDA; perhaps with the sheet
    /// or workbook it belongs to.
    Name {
        prefix: Option<SheetPrefix>,
        name: Arc<str>,
    },
    /// `SUM(A1,2)`
    Call {
        function: FunctionName,
        args: Vec<Expr>,
    },
    /// `LAMBDA(x,x+1)(2)`: something other than a function's name is called.
    Apply {
        callee: Box<Expr>,
        args: Vec<Expr>,
    },
    Prefix(PrefixOp, Box<Expr>),
    Postfix(Box<Expr>, PostfixOp),
    Binary(Box<Expr>, BinaryOp, Box<Expr>),
    /// Parentheses, kept so that a formula prints as it was written.
    Group(Box<Expr>),
    /// A whole formula with the white space that stood in its text.
    Spaced(Box<Expr>, Spaces),
}

/// The name of a called function: in capitals and without the `_xlfn.`,
/// `_xlws.` or `_xludf.` that files write before it. How it was written is kept
/// beside it, for functions that this program does not know; it takes no part in
/// comparisons.
#[derive(Clone, Debug)]
pub struct FunctionName(pub Arc<str>, Option<Arc<str>>);

impl FunctionName {
    /// Reads a name as people or files write it.
    pub fn new(written: &str) -> Self {
        let capitals = |b: u8| b.is_ascii() && !b.is_ascii_lowercase();
        if !written.starts_with('_') && written.bytes().all(capitals) {
            return Self(written.into(), None);
        }
        let written = strip_prefix(written, "_xlpm.").unwrap_or(written);
        let mut bare = written;
        while let Some(rest) = ["_xlfn.", "_xlws.", "_xludf."]
            .iter()
            .find_map(|prefix| strip_prefix(bare, prefix))
        {
            bare = rest;
        }
        let name = bare.to_uppercase();
        let kept = (name != written).then(|| written.into());
        Self(name.into(), kept)
    }

    /// As it was first written, prefix and case included.
    pub fn written(&self) -> &str {
        self.1.as_deref().unwrap_or(&self.0)
    }
}

impl PartialEq for FunctionName {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for FunctionName {}

impl Hash for FunctionName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

/// What follows `prefix`, written in any case; `None` where nothing does.
pub(super) fn strip_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(prefix.len())?;
    (head.eq_ignore_ascii_case(prefix) && !rest.is_empty()).then_some(rest)
}

/// The constants between braces, row by row: numbers, text, booleans, errors.
#[derive(Clone, Debug)]
pub struct ArrayLiteral {
    pub rows: usize,
    pub cols: usize,
    /// Only `Number`, `Text`, `Bool` and `Error` trees.
    pub cells: Vec<Expr>,
}

/// A reference to cells, by address.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reference {
    pub prefix: Option<SheetPrefix>,
    pub shape: RefShape,
}

/// What stands before the `!`. Names are without quotes, as the file spells them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SheetPrefix {
    Sheet(Arc<str>),
    /// `First:Last!`, all sheets from one tab to the other.
    Span(Arc<str>, Arc<str>),
    /// `[2]Sheet1!`, `'[Book.xlsx]Sheet1'!` or, before a name, `[2]!`. A book
    /// with its folder keeps its brackets: `C:\data\[Book.xlsx]`; a span of
    /// its sheets its colon.
    External {
        book: Arc<str>,
        sheet: Option<Arc<str>>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RefShape {
    Cell(CellRef),
    /// Two corners as they were written.
    Range(CellRef, CellRef),
    /// `2:$3`
    Rows(Axis, Axis),
    /// `A:$C`
    Cols(Axis, Axis),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CellRef {
    pub row: Axis,
    pub col: Axis,
}

/// A row or a column, counted from zero or from the formula's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Axis {
    Absolute(u32),
    Relative(i32),
}

impl Axis {
    /// Where it lies for a formula at `origin`; a relative one wraps around
    /// the sheet's edge, as Excel's do in names and conditional formats.
    pub fn resolve(self, origin: u32, size: u32) -> u32 {
        match self {
            Axis::Absolute(at) => at,
            Axis::Relative(by) => {
                (i64::from(origin) + i64::from(by)).rem_euclid(i64::from(size)) as u32
            }
        }
    }
}

impl CellRef {
    pub fn resolve(self, origin: Pos) -> Pos {
        Pos {
            row: self.row.resolve(origin.row, MAX_ROWS),
            col: self.col.resolve(origin.col, MAX_COLS),
        }
    }
}

impl RefShape {
    /// The cells meant by a formula at `origin`.
    pub fn resolve(&self, origin: Pos) -> Rect {
        let row = |axis: Axis| axis.resolve(origin.row, MAX_ROWS);
        let col = |axis: Axis| axis.resolve(origin.col, MAX_COLS);
        match *self {
            RefShape::Cell(cell) => Rect::cell(cell.resolve(origin)),
            RefShape::Range(a, b) => Rect::new(a.resolve(origin), b.resolve(origin)),
            RefShape::Rows(a, b) => Rect::new(Pos::new(row(a), 0), Pos::new(row(b), MAX_COLS - 1)),
            RefShape::Cols(a, b) => Rect::new(Pos::new(0, col(a)), Pos::new(MAX_ROWS - 1, col(b))),
        }
    }
}

/// A structured reference.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TableReference {
    /// The table's name; `None` inside the table itself: `[@Age]`.
    pub table: Option<Arc<str>>,
    pub items: TableItems,
    /// The columns from one to another; `None` for all. One column twice for `[Age]`.
    pub columns: Option<(Arc<str>, Arc<str>)>,
}

/// Which rows of the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum TableItems {
    /// Nothing said: the data rows.
    #[default]
    Unspecified,
    All,
    Data,
    Headers,
    Totals,
    HeadersData,
    DataTotals,
    ThisRow,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PrefixOp {
    Plus,
    Minus,
    /// `@`: implicit intersection (`_xlfn.SINGLE` in files).
    Intersect,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PostfixOp {
    Percent,
    /// `#`: the cells a formula spilled over (`_xlfn.ANCHORARRAY` in files).
    Spill,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// `:` between anything but two plain corners: `A1:INDEX(B:B,3)`.
    Range,
    /// A space.
    Intersection,
    /// A comma between references in parentheses.
    Union,
    Power,
    Multiply,
    Divide,
    Add,
    Subtract,
    Concat,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

impl BinaryOp {
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Range => ":",
            Self::Intersection => " ",
            Self::Union => ",",
            Self::Power => "^",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Concat => "&",
            Self::Equal => "=",
            Self::NotEqual => "<>",
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
        }
    }
}

/// A name that LET or LAMBDA gives to a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter<'a> {
    pub name: &'a str,
    /// `[name]` among LAMBDA's parameters: it may be left out.
    pub optional: bool,
    /// The argument that names it.
    pub index: usize,
    /// The first argument in which the name stands for the value.
    pub visible_from: usize,
}

/// The parameters that a call binds, in their order: none but for LET and LAMBDA.
pub fn parameters<'a>(
    function: &FunctionName,
    args: &'a [Expr],
) -> impl Iterator<Item = Parameter<'a>> {
    let (step, reach) = match &*function.0 {
        "LET" => (2, 2),
        "LAMBDA" => (1, 1),
        _ => (1, 0),
    };
    let last = if reach > 0 { args.len() } else { 0 }.saturating_sub(1);
    (0..last).step_by(step).filter_map(move |index| {
        let (name, optional) = match &args[index] {
            Expr::Name { prefix: None, name } => (name, false),
            Expr::Table(table) if reach == 1 => (table.optional_parameter()?, true),
            _ => return None,
        };
        Some(Parameter {
            name,
            optional,
            index,
            visible_from: index + reach,
        })
    })
}

impl TableReference {
    /// `[x]` is written like a column of the table around it, but among
    /// LAMBDA's parameters it is one that may be left out.
    fn optional_parameter(&self) -> Option<&Arc<str>> {
        let is_name = |name: &str| {
            name.starts_with(|c: char| c.is_alphabetic() || c == '_')
                && name
                    .chars()
                    .all(|c| c.is_alphanumeric() || c == '_' || c == '.')
        };
        match self {
            Self {
                table: None,
                items: TableItems::Unspecified,
                columns: Some((first, last)),
            } if first == last && is_name(first) => Some(first),
            _ => None,
        }
    }
}

impl Expr {
    /// The formula without the white space of its text.
    pub fn unspaced(&self) -> &Expr {
        match self {
            Expr::Spaced(inner, _) => inner,
            _ => self,
        }
    }

    /// The direct parts of this tree, in reading order.
    pub fn children(&self) -> Vec<&Expr> {
        match self {
            Expr::Array(array) => array.cells.iter().collect(),
            Expr::Call { args, .. } => args.iter().collect(),
            Expr::Apply { callee, args } => std::iter::once(callee.as_ref()).chain(args).collect(),
            Expr::Prefix(_, inner)
            | Expr::Postfix(inner, _)
            | Expr::Group(inner)
            | Expr::Spaced(inner, _) => vec![inner],
            Expr::Binary(left, _, right) => vec![left, right],
            _ => Vec::new(),
        }
    }

    /// Shows `see` this tree and every part of it, each before its own parts,
    /// in reading order.
    pub fn visit<'a>(&'a self, see: &mut dyn FnMut(&'a Expr)) {
        let mut waiting = vec![self];
        while let Some(expr) = waiting.pop() {
            see(expr);
            match expr {
                Expr::Call { args, .. } => waiting.extend(args.iter().rev()),
                Expr::Array(array) => waiting.extend(array.cells.iter().rev()),
                Expr::Apply { callee, args } => {
                    waiting.extend(args.iter().rev());
                    waiting.push(callee);
                }
                Expr::Prefix(_, inner)
                | Expr::Postfix(inner, _)
                | Expr::Group(inner)
                | Expr::Spaced(inner, _) => waiting.push(inner),
                Expr::Binary(left, _, right) => {
                    waiting.push(right);
                    waiting.push(left);
                }
                _ => {}
            }
        }
    }

    /// A copy in which each part that `replace` has an answer for is replaced
    /// by it; the answer's own parts are not looked at again.
    pub(super) fn map(&self, replace: &mut dyn FnMut(&Expr) -> Option<Expr>) -> Expr {
        let mut steps = Vec::new();
        let mut first = self;
        let mut copy = loop {
            if let Some(answer) = replace(first) {
                break answer;
            }
            let Expr::Binary(left, op, right) = first else {
                break first.map_parts(replace);
            };
            steps.push((*op, right));
            first = left;
        };
        while let Some((op, right)) = steps.pop() {
            copy = Expr::Binary(Box::new(copy), op, Box::new(right.map(replace)));
        }
        copy
    }

    fn map_parts(&self, replace: &mut dyn FnMut(&Expr) -> Option<Expr>) -> Expr {
        match self {
            Expr::Number(x) => Expr::Number(*x),
            Expr::Text(text) => Expr::Text(text.clone()),
            Expr::Bool(b) => Expr::Bool(*b),
            Expr::Error(kind) => Expr::Error(*kind),
            Expr::Array(array) => Expr::Array(array.clone()),
            Expr::Omitted => Expr::Omitted,
            Expr::Reference(reference) => Expr::Reference(reference.clone()),
            Expr::Table(table) => Expr::Table(table.clone()),
            Expr::Name { prefix, name } => Expr::Name {
                prefix: prefix.clone(),
                name: name.clone(),
            },
            Expr::Call { function, args } => Expr::Call {
                function: function.clone(),
                args: args.iter().map(|arg| arg.map(replace)).collect(),
            },
            Expr::Apply { callee, args } => Expr::Apply {
                callee: Box::new(callee.map(replace)),
                args: args.iter().map(|arg| arg.map(replace)).collect(),
            },
            Expr::Prefix(op, inner) => Expr::Prefix(*op, Box::new(inner.map(replace))),
            Expr::Postfix(inner, op) => Expr::Postfix(Box::new(inner.map(replace)), *op),
            Expr::Binary(left, op, right) => Expr::Binary(
                Box::new(left.map(replace)),
                *op,
                Box::new(right.map(replace)),
            ),
            Expr::Group(inner) => Expr::Group(Box::new(inner.map(replace))),
            Expr::Spaced(inner, spaces) => {
                Expr::Spaced(Box::new(inner.map(replace)), spaces.clone())
            }
        }
    }
}

impl fmt::Debug for Expr {
    /// The formula in R1C1 notation, as long chains would overflow the stack
    /// in the form that a derived implementation gives.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = super::print_r1c1(self, super::Dialect::People(|_| None));
        write!(f, "`{text}`")
    }
}

impl Clone for Expr {
    fn clone(&self) -> Self {
        self.map(&mut |_| None)
    }
}

impl Drop for Expr {
    /// Takes long chains of operators apart one by one, as dropping them by
    /// recursion would overflow the stack.
    fn drop(&mut self) {
        fn take_left(expr: &mut Expr) -> Option<Expr> {
            match expr {
                Expr::Binary(left, ..) if matches!(**left, Expr::Binary(..)) => {
                    Some(std::mem::replace(&mut **left, Expr::Omitted))
                }
                _ => None,
            }
        }
        let mut left = take_left(self);
        while let Some(mut expr) = left {
            left = take_left(&mut expr);
        }
    }
}

impl PartialEq for Expr {
    fn eq(&self, other: &Self) -> bool {
        use Expr::*;
        let (mut a, mut b) = (self, other);
        while let (Binary(left, op, right), Binary(other_left, other_op, other_right)) = (a, b) {
            if op != other_op || right != other_right {
                return false;
            }
            (a, b) = (left, other_left);
        }
        match (a, b) {
            (Number(a), Number(b)) => a.to_bits() == b.to_bits(),
            (Text(a), Text(b)) => a == b,
            (Bool(a), Bool(b)) => a == b,
            (Error(a), Error(b)) => a == b,
            (Array(a), Array(b)) => a.rows == b.rows && a.cols == b.cols && a.cells == b.cells,
            (Omitted, Omitted) => true,
            (Reference(a), Reference(b)) => a == b,
            (Table(a), Table(b)) => a == b,
            (Name { prefix: p, name: a }, Name { prefix: q, name: b }) => p == q && a == b,
            (
                Call {
                    function: f,
                    args: a,
                },
                Call {
                    function: g,
                    args: b,
                },
            ) => f == g && a == b,
            (Apply { callee: f, args: a }, Apply { callee: g, args: b }) => f == g && a == b,
            (Prefix(o, a), Prefix(p, b)) => o == p && a == b,
            (Postfix(a, o), Postfix(b, p)) => o == p && a == b,
            (Group(a), Group(b)) => a == b,
            (Spaced(a, s), Spaced(b, t)) => a == b && s == t,
            _ => false,
        }
    }
}

impl Eq for Expr {}

impl Hash for Expr {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let mut expr = self;
        while let Expr::Binary(left, op, right) = expr {
            (std::mem::discriminant(expr), op, right).hash(state);
            expr = left;
        }
        std::mem::discriminant(expr).hash(state);
        match expr {
            Expr::Number(x) => x.to_bits().hash(state),
            Expr::Text(text) => text.hash(state),
            Expr::Bool(b) => b.hash(state),
            Expr::Error(kind) => kind.hash(state),
            Expr::Array(array) => (array.rows, array.cols, &array.cells).hash(state),
            Expr::Omitted => {}
            Expr::Reference(reference) => reference.hash(state),
            Expr::Table(table) => table.hash(state),
            Expr::Name { prefix, name } => (prefix, name).hash(state),
            Expr::Call { function, args } => (function, args).hash(state),
            Expr::Apply { callee, args } => (callee, args).hash(state),
            Expr::Prefix(op, inner) => (op, inner).hash(state),
            Expr::Postfix(inner, op) => (inner, op).hash(state),
            // Taken apart by the loop above.
            Expr::Binary(..) => {}
            Expr::Group(inner) => inner.hash(state),
            Expr::Spaced(inner, spaces) => (inner, spaces).hash(state),
        }
    }
}
