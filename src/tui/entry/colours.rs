//! The colours of a formula's text, and of the cells that it refers to.

use super::pieces::{Piece, PieceKind, pieces};
use crate::engine::Engine;
use crate::formula::TokenKind;
use crate::grid::{Area, Cell};
use std::collections::HashMap;
use std::ops::Range;

/// What a part of a text is, for its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colouring {
    Plain,
    /// Numbers, truth values and error values.
    Constant,
    /// Text in quotes.
    Text,
    Function,
    /// A name that means no cells.
    Name,
    /// What means cells: the references to the same ones share a number.
    Reference(usize),
    /// A quote or bracket that is not closed, or what has no place in a formula.
    Broken,
}

/// A text with its colours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coloured {
    /// The whole text, in order.
    pub spans: Vec<(Range<usize>, Colouring)>,
    /// The cells meant, with the number of their colour.
    pub areas: Vec<(Area, usize)>,
    /// The parenthesis beside the cursor and the one that belongs to it.
    pub matching: Vec<Range<usize>>,
}

impl Coloured {
    /// Colours what is being typed into a cell, the cursor before a byte.
    pub fn new(engine: &Engine, cell: Cell, text: &str, cursor: usize) -> Self {
        let Some(formula) = text.strip_prefix('=') else {
            return Self {
                spans: vec![(0..text.len(), Colouring::Plain)],
                ..Self::default()
            };
        };
        let pieces = pieces(formula);
        let (numbers, areas) = numbered(engine, cell, formula, &pieces);
        let mut spans = Vec::with_capacity(2 * pieces.len() + 1);
        let mut end = 0;
        for piece in &pieces {
            let range = piece.range.start + 1..piece.range.end + 1;
            if range.start > end {
                spans.push((end..range.start, Colouring::Plain));
            }
            end = range.end;
            let colouring = match piece.kind {
                PieceKind::Function => Colouring::Function,
                PieceKind::Reference | PieceKind::Table | PieceKind::Name => numbers
                    .get(&formula[piece.range.clone()])
                    .map_or(Colouring::Name, |number| Colouring::Reference(*number)),
                PieceKind::Bool => Colouring::Constant,
                PieceKind::Token(kind) => match kind {
                    TokenKind::Number | TokenKind::Error(_) => Colouring::Constant,
                    TokenKind::Text => Colouring::Text,
                    TokenKind::Broken => Colouring::Broken,
                    _ => Colouring::Plain,
                },
            };
            spans.push((range, colouring));
        }
        if end < text.len() {
            spans.push((end..text.len(), Colouring::Plain));
        }
        Self {
            spans,
            areas,
            matching: matching(&pieces, cursor),
        }
    }
}

/// The texts that mean cells with the numbers of their colours, and the cells.
fn numbered<'a>(
    engine: &Engine,
    cell: Cell,
    formula: &'a str,
    pieces: &[Piece],
) -> (HashMap<&'a str, usize>, Vec<(Area, usize)>) {
    let mut texts: Vec<&str> = Vec::new();
    let mut known: HashMap<&str, ()> = HashMap::new();
    for piece in pieces {
        let refers = matches!(
            piece.kind,
            PieceKind::Reference | PieceKind::Table | PieceKind::Name
        );
        let text = &formula[piece.range.clone()];
        if refers && known.insert(text, ()).is_none() {
            texts.push(text);
        }
    }
    let mut by_areas: HashMap<Vec<Area>, usize> = HashMap::new();
    let mut numbers = HashMap::new();
    let mut areas = Vec::new();
    for (text, meant) in texts.iter().zip(engine.referred(&texts, cell)) {
        if meant.is_empty() {
            continue;
        }
        let next = by_areas.len();
        let number = *by_areas.entry(meant.clone()).or_insert(next);
        if number == next {
            areas.extend(meant.into_iter().map(|area| (area, number)));
        }
        numbers.insert(*text, number);
    }
    (numbers, areas)
}

/// The parentheses that belong together, one of them beside the cursor; both
/// are places of the whole text, behind its `=`.
fn matching(pieces: &[Piece], cursor: usize) -> Vec<Range<usize>> {
    let mut open = Vec::new();
    let mut pairs = Vec::new();
    for piece in pieces {
        let range = piece.range.start + 1..piece.range.end + 1;
        match piece.kind {
            PieceKind::Token(TokenKind::Open | TokenKind::OpenBrace) => open.push(range),
            PieceKind::Token(TokenKind::Close | TokenKind::CloseBrace) => {
                pairs.extend(open.pop().map(|first| [first, range]));
            }
            _ => {}
        }
    }
    // The one before the cursor, which was just typed, goes before the one at it.
    let at = |byte: usize| {
        let pair = pairs
            .iter()
            .find(|pair| pair.iter().any(|range| range.start == byte));
        pair.map(|pair| pair.to_vec())
    };
    cursor
        .checked_sub(1)
        .and_then(at)
        .or_else(|| at(cursor))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::{Pos, SheetId};
    use crate::workbook::Workbook;

    fn coloured(text: &str, cursor: usize) -> Coloured {
        let mut workbook = Workbook::new();
        workbook.add_sheet("Sheet1");
        let engine = Engine::new(workbook);
        let cell = Cell {
            sheet: SheetId(0),
            pos: Pos::new(9, 9),
        };
        Coloured::new(&engine, cell, text, cursor)
    }

    #[test]
    fn references_to_the_same_cells_share_a_colour() {
        let text = "=A1+$A$1*Sheet1!B2:C3-x";
        let found: Vec<(&str, Colouring)> = coloured(text, 0)
            .spans
            .iter()
            .map(|(range, colouring)| (&text[range.clone()], *colouring))
            .filter(|(_, colouring)| *colouring != Colouring::Plain)
            .collect();
        assert_eq!(
            found,
            [
                ("A1", Colouring::Reference(0)),
                ("$A$1", Colouring::Reference(0)),
                ("Sheet1!B2:C3", Colouring::Reference(1)),
                ("x", Colouring::Name),
            ]
        );
        let areas = coloured(text, 0).areas;
        let areas: Vec<_> = areas
            .iter()
            .map(|(a, n)| (a.rect.to_string(), *n))
            .collect();
        assert_eq!(areas, [("A1".to_owned(), 0), ("B2:C3".to_owned(), 1)]);
    }

    #[test]
    fn the_spans_are_the_whole_text() {
        for text in ["", "plain", "=", "= A1 ", "=\"ä\n", "=SUM( A1 ,{1,2}) "] {
            let joined: String = coloured(text, 0)
                .spans
                .iter()
                .map(|(range, _)| &text[range.clone()])
                .collect();
            assert_eq!(joined, text);
        }
    }

    #[test]
    fn the_parenthesis_before_the_cursor_shows_its_partner() {
        let starts = |text, cursor| -> Vec<usize> {
            let matching = coloured(text, cursor).matching;
            matching.iter().map(|range| range.start).collect()
        };
        assert_eq!(starts("=SUM((1),2)", 11), [4, 10]);
        assert_eq!(starts("=SUM((1),2)", 5), [4, 10]);
        assert_eq!(starts("=SUM((1),2)", 4), [4, 10]);
        assert_eq!(starts("=SUM((1),2)", 8), [5, 7]);
        assert!(starts("=SUM((1", 5).is_empty());
    }
}
