//! References put into a formula by pointing at cells.

use super::dollars::{Dollars, reference};
use super::pieces::{PieceKind, pieces};
use crate::formula::TokenKind;
use crate::grid::{Pos, Rect, SheetId};
use std::ops::Range;

/// A reference that follows the cells pointed at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pointed {
    /// Its bytes in the text.
    pub range: Range<usize>,
    pub sheet: SheetId,
    /// The corner that stays when it is extended.
    pub anchor: Pos,
    /// The corner that moves.
    pub moving: Pos,
    pub dollars: Dollars,
}

impl Pointed {
    /// The reference's text on its own sheet.
    pub fn cells(&self) -> String {
        reference(Rect::new(self.anchor, self.moving), self.dollars)
    }
}

/// Whether a reference can be put at a byte of a text: it is a formula, an
/// operand is missing there, and none follows.
pub fn may_point(text: &str, cursor: usize) -> bool {
    let Some((before, after)) = text.split_at_checked(cursor) else {
        return false;
    };
    let Some(before) = before.strip_prefix('=') else {
        return false;
    };
    let before = pieces(before);
    let wants = before.last().is_none_or(|last| {
        use TokenKind::{At, Colon, Comma, Open, Operator};
        matches!(
            last.kind,
            PieceKind::Token(Operator(_) | Comma | Open | Colon | At)
        )
    });
    let braces = before.iter().fold(0_i32, |depth, piece| match piece.kind {
        PieceKind::Token(TokenKind::OpenBrace) => depth + 1,
        PieceKind::Token(TokenKind::CloseBrace) => depth - 1,
        _ => depth,
    });
    let free = pieces(after).first().is_none_or(|next| {
        use TokenKind::{Close, Comma, Operator, Percent};
        matches!(
            next.kind,
            PieceKind::Token(Operator(_) | Comma | Close | Percent)
        )
    });
    wants && free && braces == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_stand_where_an_operand_is_missing() {
        for text in [
            "=", "=1+", "=SUM(", "=SUM(A1,", "=A1:", "=-", "=@", "=A1 * ",
        ] {
            assert!(may_point(text, text.len()), "{text}");
        }
        for text in [
            "", "1+", "=A1", "=SUM(1)", "={1,", "=\"a+", "=T[", "=Sheet1!",
        ] {
            assert!(!may_point(text, text.len()), "{text}");
        }
        assert!(may_point("=SUM(,B1)", 5));
        assert!(!may_point("=SUM(B1)", 5));
    }
}
