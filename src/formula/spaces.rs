//! White space within a formula, kept as it was typed.
//!
//! White space means nothing but where it is an intersection, so it stands
//! beside the tree: a list of gaps, each before one of the *seats* that the
//! printer passes (operands, operators, commas, parentheses, in reading order).
//! Seats depend on the shape of the tree alone, not on what a reference or a
//! name says, so that a formula keeps its gaps where it is copied or rewritten.
//! As in Excel, white space within a reference (`A1 : B2`) and behind the last
//! token is not kept.

use super::print::{Dialect, Laid, lay_out};
use super::{Expr, Token, TokenKind, tokens};
use crate::grid::Pos;

/// The gaps of a formula: seats, in order, with the white space before them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Spaces(Box<[(u32, Box<str>)]>);

/// The tree with the white space of the text that it was read from.
pub(super) fn with_spaces(expr: Expr, text: &str, read: &[Token], origin: Option<Pos>) -> Expr {
    let is_plain = |pair: &[Token]| pair[0].end == pair[1].start;
    if read.first().is_none_or(|first| first.start == 0) && read.windows(2).all(is_plain) {
        return expr;
    }
    let people = Printed::new(&expr, origin, Dialect::People(|_| None));
    let agreed = people.agrees(read);
    // Files write some operators as functions.
    let in_file = || Printed::new(&expr, origin, Dialect::File(|_| None));
    let file = (agreed < read.len()).then(in_file);
    let printed = match file {
        Some(file) if agreed < file.agrees(read) => file,
        _ => people,
    };
    let gaps = printed.gaps(text, read);
    match gaps.is_empty() {
        true => expr,
        false => Expr::Spaced(Box::new(expr), Spaces(gaps.into())),
    }
}

/// A formula printed without its gaps.
struct Printed {
    laid: Laid,
    tokens: Vec<Token>,
}

impl Printed {
    fn new(expr: &Expr, origin: Option<Pos>, dialect: Dialect) -> Self {
        let laid = lay_out(expr, origin, dialect);
        let tokens = tokens(&laid.text);
        Self { laid, tokens }
    }

    /// How many tokens at the beginning, and at the end, are those that were
    /// read; a text may spell a tree in another way than the printer.
    fn common(&self, read: &[Token]) -> (usize, usize) {
        let same = |(a, b): &(&Token, &Token)| kind(a) == kind(b);
        let most = self.tokens.len().min(read.len());
        let head = self.tokens.iter().zip(read).take_while(same).count();
        let ends = self.tokens.iter().rev().zip(read.iter().rev());
        let tail = ends.take(most - head).take_while(same).count();
        (head, tail)
    }

    fn agrees(&self, read: &[Token]) -> usize {
        let (head, tail) = self.common(read);
        head + tail
    }

    fn gaps(&self, text: &str, read: &[Token]) -> Vec<(u32, Box<str>)> {
        let (head, tail) = self.common(read);
        let mut gaps = Vec::new();
        let mut token = 0;
        for (seat, &at) in self.laid.seats.iter().enumerate() {
            while self.tokens.get(token).is_some_and(|t| t.start < at) {
                token += 1;
            }
            if self.tokens.get(token).is_none_or(|t| t.start != at) {
                continue;
            }
            let source = match token {
                _ if token < head => token,
                _ if token + tail >= self.tokens.len() => token + read.len() - self.tokens.len(),
                _ => continue,
            };
            let end = |tokens: &[Token], i: usize| match i {
                0 => 0,
                _ => tokens[i - 1].end,
            };
            let gap = &text[end(read, source)..read[source].start];
            let printed = &self.laid.text[end(&self.tokens, token)..at];
            // Where tokens were dropped (`#REF!A1 B1`) the wrong ones may meet:
            // an intersection keeps its space.
            let joins = gap.is_empty() && !printed.is_empty();
            if gap != printed && !joins {
                gaps.push((seat as u32, lines(gap)));
            }
        }
        gaps
    }
}

/// Line breaks as one character each.
fn lines(gap: &str) -> Box<str> {
    gap.replace("\r\n", "\n").replace('\r', "\n").into()
}

/// What a token is to the tree: names may be spelled as words or with quotes.
fn kind(token: &Token) -> TokenKind {
    match token.kind {
        TokenKind::Number
        | TokenKind::Text
        | TokenKind::Error(_)
        | TokenKind::Word
        | TokenKind::Quoted
        | TokenKind::Bracketed => TokenKind::Word,
        kind => kind,
    }
}

impl Spaces {
    /// A printed formula with these gaps in it.
    pub(super) fn fill(&self, laid: &Laid) -> String {
        let mut out = String::with_capacity(laid.text.len() + 2 * self.0.len());
        let mut from = 0;
        for (seat, gap) in &self.0 {
            let Some(&at) = laid.seats.get(*seat as usize) else {
                break;
            };
            // The gap of an intersection is its operator.
            out.push_str(laid.text[from..at].trim_end_matches(' '));
            out.push_str(gap);
            from = at;
        }
        out.push_str(&laid.text[from..]);
        out
    }
}
