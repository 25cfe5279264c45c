//! References: cells by address, names, tables, and the sheets before them.

use super::super::lexer::TokenKind;
use super::super::reference::{Corner, corner_a1, corner_r1c1, is_cell_word};
use super::super::tree::strip_prefix;
use super::super::{Expr, RefShape, Reference, SheetPrefix, TableItems, TableReference, table};
use super::{AfterColon, Notation, Parsed, Parser, boolean, unquote};
use crate::value::ErrorKind;
use std::sync::Arc;

impl Parser<'_> {
    /// `reference = sheet_prefix , qualified | shape | table | call | name | "TRUE" | "FALSE"`
    pub(super) fn reference(&mut self) -> Parsed<Expr> {
        if let Some((prefix, after)) = self.sheet_prefix(self.next)? {
            self.next = after;
            return self.qualified(prefix);
        }
        match self.kind() {
            Some(TokenKind::Word) => {}
            Some(TokenKind::Bracketed) => return self.table(None),
            _ => return Err(self.error_at(self.next + 1, "expected `!` after the sheet's name")),
        }
        let word = self.slice(self.next);
        if self.kind_at(self.next + 1) == Some(TokenKind::Open)
            && (self.touches_at(self.next + 1) || !self.is_cell(self.next))
        {
            return self.call();
        }
        if let Some(shape) = self.shape(None) {
            return Ok(Expr::Reference(Reference {
                prefix: None,
                shape,
            }));
        }
        if self.kind_at(self.next + 1) == Some(TokenKind::Bracketed)
            && self.touches_at(self.next + 1)
        {
            return self.table(Some(word));
        }
        if let Some(constant) = boolean(word) {
            self.next += 1;
            return Ok(constant);
        }
        if let Some(name) = strip_prefix(word, "_xlop.") {
            self.next += 1;
            return Ok(Expr::Table(TableReference {
                table: None,
                items: TableItems::Unspecified,
                columns: Some((name.into(), name.into())),
            }));
        }
        self.name(None)
    }

    /// `qualified = shape | name , [ arguments ] | "#REF!"`: what follows a sheet's name.
    pub(super) fn qualified(&mut self, prefix: SheetPrefix) -> Parsed<Expr> {
        match self.kind() {
            Some(TokenKind::Error(ErrorKind::Ref)) => {
                self.next += 1;
                Ok(Expr::Error(ErrorKind::Ref))
            }
            Some(TokenKind::Word | TokenKind::Number) => {
                let called = self.kind_at(self.next + 1) == Some(TokenKind::Open)
                    && self.touches_at(self.next + 1);
                let shape = if called {
                    None
                } else {
                    self.shape(Some(&prefix))
                };
                match shape {
                    Some(shape) => Ok(Expr::Reference(Reference {
                        prefix: Some(prefix),
                        shape,
                    })),
                    None => self.name(Some(prefix)),
                }
            }
            _ => Err(self.unexpected("a reference or a name after `!`")),
        }
    }

    /// `name = word`
    fn name(&mut self, prefix: Option<SheetPrefix>) -> Parsed<Expr> {
        let word = self.slice(self.next);
        let bare = ["_xlpm.", "_xleta."]
            .iter()
            .find_map(|prefix| strip_prefix(word, prefix))
            .filter(|bare| boolean(bare).is_none() && !is_cell_word(bare))
            .unwrap_or(word);
        let letter = |c: char| c.is_alphabetic() || c == '_' || c == '\\' || !c.is_ascii();
        if !bare.starts_with(letter) || bare.contains('$') {
            return Err(self.unexpected("a reference, a name or a function"));
        }
        self.next += 1;
        Ok(Expr::Name {
            prefix,
            name: bare.into(),
        })
    }

    /// `table = [ name ] , "[" , specifier , "]"`, at the name if it has one.
    fn table(&mut self, name: Option<&str>) -> Parsed<Expr> {
        let name: Option<Arc<str>> = match name {
            Some(_) => match self.name(None)? {
                Expr::Name { ref name, .. } => Some(name.clone()),
                _ => None,
            },
            None => None,
        };
        match table::parse(name, self.slice(self.next)) {
            Ok(reference) => {
                self.next += 1;
                Ok(Expr::Table(reference))
            }
            // What a deleted column leaves.
            Err((at, _)) if strip_prefix(&self.slice(self.next)[at..], "#REF!").is_some() => {
                self.next += 1;
                Ok(Expr::Error(ErrorKind::Ref))
            }
            Err((at, message)) => {
                let byte = self.tokens[self.next].start + at;
                Err(self.error_at_byte(byte, message))
            }
        }
    }

    /// `sheet_prefix = ( [ book ] , sheet , [ ":" , sheet ] | quoted | book ) , "!"`:
    /// the prefix at a token and the index of the token after it.
    fn sheet_prefix(&self, index: usize) -> Parsed<Option<(SheetPrefix, usize)>> {
        use TokenKind::*;
        let is = |at: usize, kind| self.kind_at(at) == Some(kind) && self.touches_at(at);
        let mut at = index;
        let mut book = None;
        if self.kind_at(at) == Some(Bracketed) {
            let bracketed = self.slice(at);
            let inner = &bracketed[1..bracketed.len() - 1];
            if inner.contains(['[', ']']) {
                return Ok(None);
            }
            book = Some(inner);
            at += 1;
            if let (Some(book), true) = (book, is(at, Bang)) {
                let book = book.into();
                return Ok(Some((SheetPrefix::External { book, sheet: None }, at + 1)));
            }
            if !is(at, Word) {
                return Ok(None);
            }
        }
        match self.kind_at(at) {
            Some(Quoted) if is(at + 1, Bang) => {
                let text = unquote(self.slice(at), '\'');
                if text.is_empty() {
                    return Err(self.error_at(at, "expected a sheet's name between the quotes"));
                }
                return Ok(Some((SheetPrefix::from_quoted(&text), at + 2)));
            }
            Some(Word) => {}
            _ => return Ok(None),
        }
        let first = self.slice(at);
        let last = if is(at + 1, Bang) {
            None
        } else if is(at + 1, Colon)
            && is(at + 2, Word)
            && is(at + 3, Bang)
            && !(book.is_none() && self.is_cell(at))
        {
            Some(self.slice(at + 2))
        } else {
            return Ok(None);
        };
        if first.contains('$') {
            return Ok(None);
        }
        let after = if last.is_some() { at + 4 } else { at + 2 };
        let prefix = match (book, last) {
            (None, None) => SheetPrefix::Sheet(first.into()),
            (None, Some(last)) => SheetPrefix::Span(first.into(), last.into()),
            (Some(book), last) => SheetPrefix::External {
                book: book.into(),
                sheet: Some(match last {
                    None => first.into(),
                    Some(last) => format!("{first}:{last}").into(),
                }),
            },
        };
        Ok(Some((prefix, after)))
    }

    /// `shape = corner , [ ":" , corner ]`: cells, rows or columns by address.
    /// `None`, with nothing read, where the token begins none. The sheet's name
    /// may be repeated before the second corner.
    pub(super) fn shape(&mut self, prefix: Option<&SheetPrefix>) -> Option<RefShape> {
        let (first, after) = self.corner(self.next)?;
        let alone = match self.after_colon {
            AfterColon::No => false,
            AfterColon::Reference => true,
            AfterColon::Lines => matches!(first, Corner::Cell(_)),
        };
        if self.kind_at(after) == Some(TokenKind::Colon) && !alone {
            let mut second = after + 1;
            if prefix.is_some()
                && let Ok(Some((again, at))) = self.sheet_prefix(second)
                && prefix == Some(&again)
            {
                second = at;
            }
            if let Some((last, end)) = self.corner(second)
                && !self.continues(end)
            {
                let shape = match (first, last) {
                    (Corner::Cell(a), Corner::Cell(b)) => Some(RefShape::Range(a, b)),
                    (Corner::Row(a), Corner::Row(b)) => Some(RefShape::Rows(a, b)),
                    (Corner::Col(a), Corner::Col(b)) => Some(RefShape::Cols(a, b)),
                    _ => None,
                };
                if shape.is_some() {
                    self.next = end;
                    return shape;
                }
            }
        }
        let shape = match first {
            Corner::Cell(cell) => RefShape::Cell(cell),
            // `R` and `C` alone are a whole row and column; `1` and `A` are not.
            _ if self.notation != Notation::R1C1 => return None,
            Corner::Row(row) => RefShape::Rows(row, row),
            Corner::Col(col) => RefShape::Cols(col, col),
        };
        self.next = after;
        Some(shape)
    }

    /// `corner = cell | row | column`: the one at a token, and the index of the
    /// token after it.
    fn corner(&self, index: usize) -> Option<(Corner, usize)> {
        let token = self.tokens.get(index)?;
        match self.notation {
            Notation::A1 { origin } => match token.kind {
                TokenKind::Word | TokenKind::Number => {
                    Some((corner_a1(self.slice(index), origin)?, index + 1))
                }
                _ => None,
            },
            Notation::R1C1 if token.kind == TokenKind::Word => {
                let (corner, length) = corner_r1c1(&self.text[token.start..])?;
                let end = token.start + length;
                // `R[1]C` is three tokens; one that only begins so is a name.
                let after = self.tokens[index..].iter().position(|t| t.end >= end)?;
                (self.tokens[index + after].end == end).then_some((corner, index + after + 1))
            }
            Notation::R1C1 => None,
        }
    }

    /// Whether a token is a cell, as which no sheet or function goes without
    /// quotes or parentheses.
    pub(super) fn is_cell(&self, index: usize) -> bool {
        match self.notation {
            Notation::A1 { .. } => is_cell_word(self.slice(index)),
            Notation::R1C1 => matches!(self.corner(index), Some((Corner::Cell(_), _))),
        }
    }

    /// Whether the token at `index` makes something else of the corner before
    /// it: a call, a sheet, a spilled range.
    fn continues(&self, index: usize) -> bool {
        use TokenKind::*;
        matches!(self.kind_at(index), Some(Open | Bang | Hash | Bracketed))
            && self.touches_at(index)
    }
}
