//! The formula language: tokens, parser, tree, printer, references.
//!
//! The grammar is written out in `grammar/formula.ebnf`, production by
//! production, under the names the parser uses.
//!
//! - [`parse`] and [`parse_r1c1`] read a formula, [`print()`] and [`print_r1c1`]
//!   write it, for people or for files;
//! - [`tokens`] cuts even unfinished text into pieces, for colours and completion;
//! - [`is_fill_of`] compares two cells' formulas without reading either;
//! - [`check_limits`] says whether Excel would let a formula be entered;
//! - [`rewrite()`] keeps a formula's meaning when rows, columns, sheets, tables or
//!   names change under it;
//! - [`copied_into`] and [`transposed`] say what a copied formula becomes;
//! - [`Expr::visit`] shows what a formula refers to.

mod binding;
mod fill;
mod lexer;
mod limits;
mod parser;
mod place;
mod print;
mod reference;
mod rewrite;
mod spaces;
mod table;
#[cfg(test)]
mod tests;
mod tree;

pub use fill::is_fill_of;
pub use lexer::{Token, TokenKind, tokens, with_fifteen_digits};
pub use limits::check_limits;
pub use parser::{MAX_CHARS, MAX_HEIGHT, parse, parse_r1c1};
pub use place::{copied_into, transposed};
pub use print::{Dialect, Vocabulary, print, print_r1c1};
pub(crate) use reference::is_plain_sheet;
pub use rewrite::{Change, Home, Unrolled, rewrite, rewrite_name};
pub use spaces::Spaces;
pub use tree::{
    ArrayLiteral, Axis, BinaryOp, CellRef, Expr, FunctionName, Parameter, PostfixOp, PrefixOp,
    RefShape, Reference, SheetPrefix, TableItems, TableReference, parameters,
};

/// Why a formula was refused, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} at character {}", .at + 1)]
pub struct ParseError {
    /// Characters (not bytes) before the place.
    pub at: usize,
    /// What is wrong and what was expected instead.
    pub message: String,
}

impl ParseError {
    /// The text that was read, for a message: where it is long, what stands
    /// around the place. `before` is how many characters the text has before the formula.
    pub fn excerpt(&self, text: &str, before: usize) -> String {
        const AROUND: usize = 30;
        let at = before + self.at;
        let length = text.chars().count();
        if length <= 4 * AROUND {
            return text.to_owned();
        }
        let (first, last) = (at.saturating_sub(AROUND), (at + AROUND).min(length));
        let part: String = text.chars().take(last).skip(first).collect();
        let dots = |cut: bool| if cut { "…" } else { "" };
        format!("{}{part}{}", dots(first > 0), dots(last < length))
    }
}
