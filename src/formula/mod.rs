//! The formula language: tokens, parser, tree, printer, references.
//!
//! The grammar is written out in `grammar/formula.ebnf`, production by
//! production, under the names the parser uses.

mod tree;

pub use tree::{
    ArrayLiteral, Axis, BinaryOp, CellRef, Expr, FunctionName, PostfixOp, PrefixOp, RefShape,
    Reference, SheetPrefix, TableItems, TableReference,
};

use crate::grid::Pos;

/// Why a formula was refused, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} at character {}", .at + 1)]
pub struct ParseError {
    /// Characters (not bytes) before the place.
    pub at: usize,
    /// What is wrong and what was expected instead.
    pub message: String,
}

/// Reads a formula, without its leading `=`, as it stands in the cell `origin`.
/// Accepts what files hold (`_xlfn.` prefixes) and what people type.
pub fn parse(text: &str, origin: Pos) -> Result<Expr, ParseError> {
    let _ = (text, origin);
    Err(ParseError {
        at: 0,
        message: "the parser is not here yet".into(),
    })
}
