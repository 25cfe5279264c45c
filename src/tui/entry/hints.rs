//! What the function around the cursor wants.

use super::pieces::{PieceKind, pieces};
use crate::formula::{FunctionName, TokenKind};
use crate::functions::{self, Function, Presence};

/// The function around the cursor and the argument that the cursor is in.
#[derive(Clone, Copy, Debug)]
pub struct Hint {
    pub function: &'static Function,
    /// Counted from 0.
    pub argument: usize,
}

impl Hint {
    /// The hint for a formula whose text before the cursor is `before`.
    pub fn new(before: &str) -> Option<Self> {
        // The functions and parentheses that are open, with their commas.
        let mut open: Vec<(Option<&str>, usize)> = Vec::new();
        let mut name = None;
        for piece in pieces(before) {
            match piece.kind {
                PieceKind::Token(TokenKind::Open) => open.push((name, 0)),
                PieceKind::Token(TokenKind::OpenBrace) => open.push((None, 0)),
                PieceKind::Token(TokenKind::Close | TokenKind::CloseBrace) => {
                    open.pop();
                }
                PieceKind::Token(TokenKind::Comma) => {
                    if let Some((_, commas)) = open.last_mut() {
                        *commas += 1;
                    }
                }
                _ => {}
            }
            let called = piece.kind == PieceKind::Function;
            name = called.then(|| &before[piece.range]);
        }
        let known = |&(name, argument): &(Option<&str>, usize)| {
            let function = functions::find(&FunctionName::new(name?).0)?;
            Some(Self { function, argument })
        };
        open.iter().rev().find_map(known)
    }

    /// The parameters as they are shown, and whether the cursor is in each.
    pub fn parameters(&self) -> Vec<(String, bool)> {
        let here = self.function.param(self.argument);
        let params = self.function.params.iter();
        params
            .map(|param| {
                let shown = match param.presence {
                    Presence::Required => param.name.to_owned(),
                    Presence::Optional => format!("[{}]", param.name),
                    Presence::Repeating => format!("[{}], …", param.name),
                };
                (shown, here.is_some_and(|here| std::ptr::eq(here, param)))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint(before: &str) -> Option<(&'static str, usize)> {
        Hint::new(before).map(|hint| (hint.function.name, hint.argument))
    }

    #[test]
    fn the_innermost_function_counts_and_its_commas() {
        assert_eq!(hint("SUM("), Some(("SUM", 0)));
        assert_eq!(hint("if(A1,sum(1,2),"), Some(("IF", 2)));
        assert_eq!(hint("IF(SUM({1,2;3,4},B1"), Some(("SUM", 1)));
        assert_eq!(hint("IF(A1,(1+2"), Some(("IF", 1)));
        assert_eq!(hint("SUM(1)"), None);
        assert_eq!(hint("SUM(\"a,b"), Some(("SUM", 0)));
        assert_eq!(hint("nothing(1,"), None);
    }

    #[test]
    fn the_parameter_of_the_cursor_is_known_where_they_repeat() {
        let here = |before: &str| {
            let hint = Hint::new(before).expect(before);
            let parameters = hint.parameters();
            let here = parameters.iter().filter(|(_, here)| *here);
            here.map(|(name, _)| name.clone()).collect::<Vec<_>>()
        };
        assert_eq!(here("IF(1,"), ["[value_if_true]"]);
        let first = here("SUMIFS(A1:A9,B1:B9,1,");
        assert_eq!(first, here("SUMIFS(A1:A9,B1:B9,1,C1:C9,2,"));
        assert_ne!(first, here("SUMIFS(A1:A9,B1:B9,1,C1:C9,"));
        assert!(here("PI(1,2,").is_empty());
    }
}
