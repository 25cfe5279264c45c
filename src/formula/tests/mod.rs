//! What the language's parts promise one another.

mod corpus;
mod depth;
mod fill;
mod generate;
mod grammar;
mod reading;
mod rewriting;
mod round_trip;
mod spaces;

use super::{Dialect, Expr, ParseError};
use crate::grid::Pos;

const A1: Pos = Pos::new(0, 0);

/// A few of the registry's functions, as files prefix them.
fn vocabulary(name: &str) -> Option<&'static str> {
    Some(match name {
        "SUM" | "IF" | "INDEX" | "LOG10" | "TRUE" | "RATE" | "MAX" => "",
        "XLOOKUP" | "LET" | "LAMBDA" | "BYROW" | "MAP" | "CONCAT" | "ISOMITTED" => "_xlfn.",
        "FILTER" | "SORT" => "_xlfn._xlws.",
        "GRAD" => "_xludf.",
        _ => return None,
    })
}

const PEOPLE: Dialect = Dialect::People(vocabulary);
const FILE: Dialect = Dialect::File(vocabulary);

fn parse(text: &str) -> Expr {
    super::parse(text, A1).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn refusal(text: &str) -> ParseError {
    match super::parse(text, A1) {
        Ok(expr) => panic!("{text} was read as {expr:?}"),
        Err(error) => error,
    }
}

fn people(expr: &Expr) -> String {
    super::print(expr, A1, PEOPLE)
}

fn file(expr: &Expr) -> String {
    super::print(expr, A1, FILE)
}
