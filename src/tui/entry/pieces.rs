//! The pieces of a formula's text: tokens, with those of a reference together.

use crate::formula::{Token, TokenKind, tokens};
use crate::grid::{Pos, parse_column, parse_row};
use std::ops::Range;

/// A piece of a formula.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Its bytes.
    pub range: Range<usize>,
    pub kind: PieceKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PieceKind {
    /// Cells by address, with their sheet: `'a b'!A1:$B$2`, `A:C`, `A1#`.
    Reference,
    /// `Table1[Age]`, `[@Age]`
    Table,
    /// A defined name, a table's name, or what may become one or the other.
    Name,
    /// The name of a function that is called.
    Function,
    Bool,
    /// All else.
    Token(TokenKind),
}

/// The pieces of a formula's text, which may be unfinished.
pub fn pieces(text: &str) -> Vec<Piece> {
    let reader = Reader {
        text,
        tokens: tokens(text),
    };
    let mut pieces = Vec::with_capacity(reader.tokens.len());
    let mut at = 0;
    while let Some(first) = reader.tokens.get(at) {
        let (kind, after) = reader.piece(at);
        let range = first.start..reader.tokens[after - 1].end;
        pieces.push(Piece { range, kind });
        at = after;
    }
    pieces
}

/// What a corner of a reference names.
#[derive(Clone, Copy, PartialEq)]
enum Corner {
    Cell,
    Row,
    Column,
}

struct Reader<'a> {
    text: &'a str,
    tokens: Vec<Token>,
}

impl Reader<'_> {
    fn is(&self, at: usize, kind: TokenKind) -> bool {
        self.tokens.get(at).is_some_and(|token| token.kind == kind)
    }

    /// Whether a token of a kind follows without a space.
    fn touches(&self, at: usize, kind: TokenKind) -> bool {
        self.is(at, kind) && at > 0 && self.tokens[at - 1].end == self.tokens[at].start
    }

    fn slice(&self, at: usize) -> &str {
        let token = &self.tokens[at];
        &self.text[token.start..token.end]
    }

    /// The kind of the piece at a token, and the token after it.
    fn piece(&self, at: usize) -> (PieceKind, usize) {
        let start = self.after_sheet(at);
        let prefixed = start > at;
        if let Some(after) = self.cells(start) {
            let after = after + usize::from(self.touches(after, TokenKind::Hash));
            return (PieceKind::Reference, after);
        }
        if self.is(start, TokenKind::Word) {
            let kind = if self.touches(start + 1, TokenKind::Open) {
                PieceKind::Function
            } else if self.touches(start + 1, TokenKind::Bracketed) {
                return (PieceKind::Table, start + 2);
            } else if ["TRUE", "FALSE"]
                .iter()
                .any(|word| word.eq_ignore_ascii_case(self.slice(start)))
            {
                PieceKind::Bool
            } else {
                PieceKind::Name
            };
            return (kind, start + 1);
        }
        match self.tokens[at].kind {
            _ if prefixed => (PieceKind::Reference, start),
            TokenKind::Bracketed => (PieceKind::Table, at + 1),
            kind => (PieceKind::Token(kind), at + 1),
        }
    }

    /// The token after a sheet's name and its `!`; `at` where there is none.
    fn after_sheet(&self, at: usize) -> usize {
        use TokenKind::{Bang, Bracketed, Colon, Quoted, Word};
        let mut name = at;
        if self.is(at, Bracketed) {
            if self.touches(at + 1, Bang) {
                return at + 2;
            }
            if !self.touches(at + 1, Word) {
                return at;
            }
            name = at + 1;
        }
        if !self.is(name, Word) && !self.is(name, Quoted) {
            return at;
        }
        if self.touches(name + 1, Bang) {
            return name + 2;
        }
        let spans = self.touches(name + 1, Colon)
            && self.touches(name + 2, Word)
            && self.touches(name + 3, Bang)
            && !(name == at && self.corner(name) == Some(Corner::Cell));
        if spans { name + 4 } else { at }
    }

    /// The token after cells, whole rows or whole columns.
    fn cells(&self, at: usize) -> Option<usize> {
        let first = self.corner(at)?;
        let continues = |after: usize| {
            [TokenKind::Open, TokenKind::Bang, TokenKind::Bracketed]
                .iter()
                .any(|&kind| self.touches(after, kind))
        };
        if self.is(at + 1, TokenKind::Colon)
            && self.corner(at + 2) == Some(first)
            && !continues(at + 3)
        {
            return Some(at + 3);
        }
        (first == Corner::Cell && !continues(at + 1)).then_some(at + 1)
    }

    fn corner(&self, at: usize) -> Option<Corner> {
        let token = self.tokens.get(at)?;
        if !matches!(token.kind, TokenKind::Word | TokenKind::Number) {
            return None;
        }
        let text = self.slice(at);
        let bare = text.strip_prefix('$').unwrap_or(text);
        if Pos::parse_a1(text).is_some() {
            Some(Corner::Cell)
        } else if parse_column(bare).is_some() {
            Some(Corner::Column)
        } else {
            parse_row(bare).map(|_| Corner::Row)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(PieceKind, &str)> {
        pieces(text)
            .into_iter()
            .map(|piece| (piece.kind, &text[piece.range]))
            .collect()
    }

    #[test]
    fn a_reference_with_its_sheet_is_one_piece() {
        use PieceKind::Reference;
        for text in [
            "A1",
            "$A$1:B2",
            "A:$C",
            "2:3",
            "'my sheet'!A1:B2",
            "Sheet1!A:A",
            "First:Last!A1",
            "[1]Sheet1!A1",
            "A1#",
        ] {
            assert_eq!(read(text), [(Reference, text)]);
        }
    }

    #[test]
    fn words_are_told_apart_by_what_follows() {
        use PieceKind::{Bool, Function, Name, Reference, Table, Token};
        let pieces = read("LOG10(A1)+rate*T[Fare]-[@Age]&TRUE&\"x");
        let kinds: Vec<PieceKind> = pieces
            .iter()
            .map(|(kind, _)| *kind)
            .filter(|kind| !matches!(kind, Token(TokenKind::Operator(_))))
            .collect();
        assert_eq!(
            kinds,
            [
                Function,
                Token(TokenKind::Open),
                Reference,
                Token(TokenKind::Close),
                Name,
                Table,
                Table,
                Bool,
                Token(TokenKind::Broken),
            ]
        );
    }
}
