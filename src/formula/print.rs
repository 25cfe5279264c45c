//! From trees back to text.

use super::binding::Binding;
use super::reference::{is_one_line, looks_like_column};
use super::{
    ArrayLiteral, Axis, BinaryOp, CellRef, Expr, FunctionName, PostfixOp, PrefixOp, RefShape,
    parameters,
};
use crate::grid::{MAX_COLS, MAX_ROWS, Pos};
use crate::value::equal_text;
use std::fmt::Write;

/// What files write before a function's name, `""` before most; `None` for a
/// name that is no function of this program. The name is given in capitals and
/// without prefix. A function that is not known prints as it was written.
pub type Vocabulary = fn(&str) -> Option<&'static str>;

/// For whom a formula is printed.
#[derive(Clone, Copy, Debug)]
pub enum Dialect {
    /// As people read and type it: `XLOOKUP(A1,B:B,C:C)`, `SUM(A1#)`, `@A1:A9`,
    /// `Table1[@Age]`, `LAMBDA(x,x+1)`.
    People(Vocabulary),
    /// As xlsx files hold it: `_xlfn.XLOOKUP(A1,B:B,C:C)`,
    /// `SUM(_xlfn.ANCHORARRAY(A1))`, `_xlfn.SINGLE(A1:A9)`,
    /// `Table1[[#This Row],[Age]]`, `_xlfn.LAMBDA(_xlpm.x,_xlpm.x+1)`. Files
    /// name the table in every reference to it, so `[@Age]` has to be given its
    /// table before ([`super::Change::EnterTable`]).
    File(Vocabulary),
}

/// The formula, without `=`, as it stands in the cell `origin`.
///
/// Parentheses are added where a tree made by a program needs them; a tree that
/// was parsed prints as it was written but for the case of functions.
pub fn print(expr: &Expr, origin: Pos, dialect: Dialect) -> String {
    print_with(expr, Some(origin), dialect)
}

/// The formula in R1C1 notation, the same in every cell it was filled into.
pub fn print_r1c1(expr: &Expr, dialect: Dialect) -> String {
    print_with(expr, None, dialect)
}

fn print_with(expr: &Expr, origin: Option<Pos>, dialect: Dialect) -> String {
    match expr {
        Expr::Spaced(inner, spaces) => spaces.fill(&lay_out(inner, origin, dialect)),
        _ => printed(expr, origin, dialect, false).text,
    }
}

/// A formula that was printed without white space.
pub(super) struct Laid {
    pub text: String,
    /// Where its seats are, in bytes; see [`super::Spaces`].
    pub seats: Vec<usize>,
}

/// Prints a formula so that white space can be put into it.
pub(super) fn lay_out(expr: &Expr, origin: Option<Pos>, dialect: Dialect) -> Laid {
    printed(expr, origin, dialect, true)
}

fn printed(expr: &Expr, origin: Option<Pos>, dialect: Dialect, laid: bool) -> Laid {
    let (file, vocabulary) = match dialect {
        Dialect::People(vocabulary) => (false, vocabulary),
        Dialect::File(vocabulary) => (true, vocabulary),
    };
    let mut printer = Printer {
        out: String::new(),
        origin,
        file,
        vocabulary,
        bound: Vec::new(),
        seats: laid.then(Vec::new),
        seated: false,
    };
    printer.expression(expr, Binding::Comparison, true);
    Laid {
        text: printer.out,
        seats: printer.seats.unwrap_or_default(),
    }
}

struct Printer<'a> {
    out: String,
    /// The formula's cell; `None` for R1C1 notation.
    origin: Option<Pos>,
    file: bool,
    vocabulary: Vocabulary,
    /// The parameters of LET and LAMBDA seen from here.
    bound: Vec<&'a str>,
    /// The seats passed, where they are asked for.
    seats: Option<Vec<usize>>,
    /// Whether what is printed next has its seat already, before a prefix.
    seated: bool,
}

impl<'a> Printer<'a> {
    /// White space may stand here, before what is printed next.
    fn seat(&mut self) {
        if std::mem::take(&mut self.seated) {
            return;
        }
        if let Some(seats) = &mut self.seats {
            seats.push(self.out.len());
        }
    }

    /// Prints a piece that white space may stand before.
    fn seat_and_push(&mut self, piece: char) {
        self.seat();
        self.out.push(piece);
    }

    /// A seat before the first of two pieces that are one part of the tree.
    fn seat_for_next(&mut self, prefix: &str) {
        self.seat();
        self.out.push_str(prefix);
        self.seated = true;
    }

    /// Prints a tree where one that holds by `least` is needed. `comma_joins`:
    /// whether a union may stand here without parentheses.
    fn expression(&mut self, expr: &'a Expr, least: Binding, comma_joins: bool) {
        let is_union = |expr: &Expr| matches!(expr, Expr::Binary(_, BinaryOp::Union, _));
        let stands =
            |expr: &Expr, least| Binding::of(expr) >= least && (comma_joins || !is_union(expr));
        if !stands(expr, least) {
            return self.parentheses(expr);
        }
        // Chains of operators may be long: print them from their left end.
        let mut steps = Vec::new();
        let mut first = expr;
        let mut least = least;
        while let Expr::Binary(left, op, right) = first
            && stands(first, least)
        {
            steps.push((*op, right));
            least = op.binding();
            first = left;
        }
        let columns = steps.last().is_some_and(|&(op, right)| {
            op == BinaryOp::Range
                && self.prints_like_column(first)
                && self.prints_like_column(right)
        });
        if stands(first, least) && !columns {
            self.operand(first, comma_joins);
        } else {
            self.parentheses(first);
        }
        while let Some((op, right)) = steps.pop() {
            // The space of an intersection is the gap before the next operand.
            if op != BinaryOp::Intersection {
                self.seat();
            }
            self.out.push_str(op.symbol());
            self.expression(right, op.binding().next(), comma_joins);
        }
    }

    /// Whether a name prints as a column would: `a:b` would be columns, and
    /// parentheses have to tell the range between two parameters from them.
    fn prints_like_column(&self, expr: &Expr) -> bool {
        let marked = matches!(expr, Expr::Name { name, .. } if self.file && self.is_bound(name));
        self.origin.is_some() && !marked && looks_like_column(expr)
    }

    fn parentheses(&mut self, expr: &'a Expr) {
        self.seat_and_push('(');
        self.expression(expr, Binding::Comparison, true);
        self.seat_and_push(')');
    }

    fn operand(&mut self, expr: &'a Expr, comma_joins: bool) {
        match expr {
            // What has its first seat within.
            Expr::Omitted
            | Expr::Apply { .. }
            | Expr::Postfix(..)
            | Expr::Binary(..)
            | Expr::Group(_)
            | Expr::Spaced(..) => {}
            _ => self.seat(),
        }
        match expr {
            Expr::Number(x) => push_number(&mut self.out, *x),
            Expr::Text(text) => push_text(&mut self.out, text),
            Expr::Bool(b) => self.out.push_str(if *b { "TRUE" } else { "FALSE" }),
            Expr::Error(kind) => self.out.push_str(kind.as_str()),
            Expr::Array(array) => self.array(array),
            Expr::Omitted => {}
            Expr::Reference(reference) => {
                if let Some(prefix) = &reference.prefix {
                    prefix.print(&mut self.out);
                }
                self.shape(&reference.shape);
            }
            Expr::Table(table) => table.print(&mut self.out, !self.file),
            Expr::Name { prefix, name } => {
                match prefix {
                    Some(prefix) => prefix.print(&mut self.out),
                    None if self.file && self.is_bound(name) => self.out.push_str("_xlpm."),
                    None => {}
                }
                self.out.push_str(name);
            }
            Expr::Call { function, args } => self.call(function, args),
            Expr::Apply { callee, args } => {
                self.expression(callee, Binding::Postfix, false);
                self.arguments(args.iter(), |printer, _, arg| printer.argument(arg));
            }
            Expr::Prefix(PrefixOp::Intersect, inner) if self.file => {
                self.out.push_str("_xlfn.SINGLE(");
                self.operator_call(inner, PrefixOp::Intersect.operand());
                self.out.push(')');
            }
            Expr::Prefix(op, inner) => {
                self.out.push(match op {
                    PrefixOp::Plus => '+',
                    PrefixOp::Minus => '-',
                    PrefixOp::Intersect => '@',
                });
                self.expression(inner, op.operand(), comma_joins);
            }
            Expr::Postfix(inner, PostfixOp::Spill) if self.file => {
                self.seat_for_next("_xlfn.ANCHORARRAY(");
                self.operator_call(inner, PostfixOp::Spill.binding());
                self.seat_and_push(')');
            }
            Expr::Postfix(inner, op) => {
                // What is one word in R1C1 notation needs no parentheses.
                if self.origin.is_none() && is_one_line(inner) {
                    self.operand(inner, comma_joins);
                } else {
                    self.expression(inner, op.binding(), comma_joins);
                }
                self.seat_and_push(match op {
                    PostfixOp::Percent => '%',
                    PostfixOp::Spill => '#',
                });
            }
            Expr::Binary(..) => self.parentheses(expr),
            Expr::Group(inner) => self.parentheses(inner),
            Expr::Spaced(inner, _) => self.expression(inner, Binding::Comparison, comma_joins),
        }
    }

    /// The operand of an operator that files write as a function. Parentheses
    /// that only the operator needs are left out, as the parser puts them back,
    /// but not where they could have white space.
    fn operator_call(&mut self, inner: &'a Expr, least: Binding) {
        match inner {
            Expr::Group(group) if Binding::of(group) < least && self.seats.is_none() => {
                self.argument(group);
            }
            _ => self.argument(inner),
        }
    }

    fn argument(&mut self, arg: &'a Expr) {
        self.expression(arg, Binding::Comparison, false);
    }

    fn arguments(
        &mut self,
        args: impl Iterator<Item = &'a Expr>,
        mut print: impl FnMut(&mut Self, usize, &'a Expr),
    ) {
        self.out.push('(');
        for (i, arg) in args.enumerate() {
            if i > 0 {
                self.seat_and_push(',');
            }
            print(self, i, arg);
        }
        self.seat_and_push(')');
    }

    fn call(&mut self, function: &'a FunctionName, args: &'a [Expr]) {
        if self.file && self.is_bound(&function.0) {
            self.out.push_str("_xlpm.");
            self.out.push_str(function.written());
        } else if let Some(prefix) = (self.vocabulary)(&function.0) {
            self.out.push_str(if self.file { prefix } else { "" });
            self.out.push_str(&function.0);
        } else {
            self.out.push_str(function.written());
        }
        if !self.file {
            return self.arguments(args.iter(), |printer, _, arg| printer.argument(arg));
        }
        let outside = self.bound.len();
        let mut visible = parameters(function, args).peekable();
        let mut named = parameters(function, args).peekable();
        let lambda = takes_lambda(function).then(|| args.len().saturating_sub(1));
        self.arguments(args.iter(), |printer, i, arg| {
            while let Some(parameter) = visible.next_if(|p| p.visible_from <= i) {
                printer.bound.push(parameter.name);
            }
            if let Some(parameter) = named.next_if(|p| p.index == i) {
                let prefix = if parameter.optional {
                    "_xlop."
                } else {
                    "_xlpm."
                };
                printer.seat();
                printer.out.push_str(prefix);
                printer.out.push_str(parameter.name);
                return;
            }
            if let Expr::Name { prefix: None, name } = arg
                && lambda == Some(i)
                && !printer.is_bound(name)
                && (printer.vocabulary)(&name.to_uppercase()).is_some()
            {
                printer.seat_for_next("_xleta.");
            }
            printer.argument(arg);
        });
        self.bound.truncate(outside);
    }

    fn is_bound(&self, name: &str) -> bool {
        let same = |bound: &&str| equal_text(bound, name);
        self.bound.iter().rev().any(same)
    }

    fn array(&mut self, array: &'a ArrayLiteral) {
        self.out.push('{');
        for (i, cell) in array.cells.iter().enumerate() {
            if i > 0 {
                self.seat_and_push(if i % array.cols == 0 { ';' } else { ',' });
            }
            self.operand(cell, false);
        }
        self.seat_and_push('}');
    }

    fn shape(&mut self, shape: &RefShape) {
        match *shape {
            RefShape::Cell(cell) => self.cell(cell),
            RefShape::Range(a, b) => {
                self.cell(a);
                self.out.push(':');
                self.cell(b);
            }
            RefShape::Rows(a, b) => self.lines(a, b, Self::row),
            RefShape::Cols(a, b) => self.lines(a, b, Self::col),
        }
    }

    fn lines(&mut self, a: Axis, b: Axis, print: fn(&mut Self, Axis)) {
        print(self, a);
        // `R[1]` is a whole row; in A1 notation it takes `2:2`.
        if a != b || self.origin.is_some() {
            self.out.push(':');
            print(self, b);
        }
    }

    fn cell(&mut self, cell: CellRef) {
        if self.origin.is_some() {
            self.col(cell.col);
            self.row(cell.row);
        } else {
            self.row(cell.row);
            self.col(cell.col);
        }
    }

    fn row(&mut self, axis: Axis) {
        match self.origin {
            Some(origin) => {
                self.dollar(axis);
                let row = axis.resolve(origin.row, MAX_ROWS) + 1;
                // Writing to a string cannot fail, here and below.
                let _ = write!(self.out, "{row}");
            }
            None => self.axis_r1c1('R', axis),
        }
    }

    fn col(&mut self, axis: Axis) {
        match self.origin {
            Some(origin) => {
                self.dollar(axis);
                let col = axis.resolve(origin.col, MAX_COLS);
                self.out.push_str(&crate::grid::column_name(col));
            }
            None => self.axis_r1c1('C', axis),
        }
    }

    fn dollar(&mut self, axis: Axis) {
        if let Axis::Absolute(_) = axis {
            self.out.push('$');
        }
    }

    fn axis_r1c1(&mut self, letter: char, axis: Axis) {
        self.out.push(letter);
        let _ = match axis {
            Axis::Relative(0) => Ok(()),
            Axis::Relative(by) => write!(self.out, "[{by}]"),
            Axis::Absolute(at) => write!(self.out, "{}", at + 1),
        };
    }
}

/// The functions whose last argument may be another function's bare name,
/// which files mark with `_xleta.`: `BYROW(A1:C3,SUM)`.
fn takes_lambda(function: &FunctionName) -> bool {
    matches!(
        &*function.0,
        "BYCOL" | "BYROW" | "MAKEARRAY" | "MAP" | "REDUCE" | "SCAN"
    )
}

/// The shortest digits that read back as the same number, with an exponent
/// where plain digits would be long.
fn push_number(out: &mut String, x: f64) {
    if !x.is_finite() {
        // No formula spells such a number, and no computation may leave one.
        return out.push_str("#NUM!");
    }
    let size = x.abs();
    if size == 0.0 || (1e-9..1e21).contains(&size) {
        let _ = write!(out, "{x}");
        return;
    }
    let digits = format!("{x:E}");
    match digits.split_once("E-") {
        Some(_) => out.push_str(&digits),
        None => out.push_str(&digits.replace('E', "E+")),
    }
}

fn push_text(out: &mut String, text: &str) {
    out.push('"');
    for (i, part) in text.split('"').enumerate() {
        if i > 0 {
            out.push_str("\"\"");
        }
        out.push_str(part);
    }
    out.push('"');
}
