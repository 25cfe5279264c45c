//! The tree of a formula.
//!
//! References are held relative to the cell that the formula stands in (the
//! R1C1 form), so a formula filled down a column is the same tree in every row.

use crate::grid::{MAX_COLS, MAX_ROWS, Pos, Rect};
use crate::value::ErrorKind;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// A formula or a part of one. Equal trees print alike; numbers compare by
/// their bits so that trees can be interned.
#[derive(Clone, Debug)]
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
}

/// The name of a called function, upper case, without `_xlfn.`, `_xlws.`;
/// `_xludf.` is dropped too. A name the registry does not know is kept as it
/// was written, prefix and case included.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FunctionName(pub Arc<str>);

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
    /// `[2]Sheet1!`, `'[Book.xlsx]Sheet1'!` or, before a name, `[2]!`.
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

impl Expr {
    /// The direct parts of this tree, in reading order.
    pub fn children(&self) -> Vec<&Expr> {
        match self {
            Expr::Array(array) => array.cells.iter().collect(),
            Expr::Call { args, .. } => args.iter().collect(),
            Expr::Apply { callee, args } => std::iter::once(callee.as_ref()).chain(args).collect(),
            Expr::Prefix(_, inner) | Expr::Postfix(inner, _) | Expr::Group(inner) => vec![inner],
            Expr::Binary(left, _, right) => vec![left, right],
            _ => Vec::new(),
        }
    }
}

impl PartialEq for Expr {
    fn eq(&self, other: &Self) -> bool {
        use Expr::*;
        match (self, other) {
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
            (Binary(a, o, b), Binary(c, p, d)) => o == p && a == c && b == d,
            (Group(a), Group(b)) => a == b,
            _ => false,
        }
    }
}

impl Eq for Expr {}

impl Hash for Expr {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        match self {
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
            Expr::Binary(left, op, right) => (left, op, right).hash(state),
            Expr::Group(inner) => inner.hash(state),
        }
    }
}
