//! What Excel lets people enter: its published limits of a formula.

use super::{ParseError, TokenKind, tokens};

/// The longest formula, in UTF-16 units, its `=` included.
const MAX_FORMULA: usize = 8_192;

/// How deep calls of functions stand within each other.
const MAX_NESTING: usize = 64;

/// The longest text within a formula, in UTF-16 units.
const MAX_LITERAL: usize = 255;

/// Whether Excel would take a typed formula, given without its `=`: it takes
/// formulas out of files that are longer, deeper, or hold longer texts.
///
/// # Errors
/// Says which limit is passed, and where.
pub fn check_limits(text: &str) -> Result<(), ParseError> {
    // Most formulas need no look at their tokens.
    if text.len() <= MAX_LITERAL && text.matches('(').count() <= MAX_NESTING {
        return Ok(());
    }
    let place = |byte: usize| text[..byte].chars().count();
    let length = text.encode_utf16().count() + 1;
    if length > MAX_FORMULA {
        return Err(ParseError {
            at: MAX_FORMULA - 1,
            message: format!(
                "the formula has {length} characters: divide it between several cells, as it \
                 passes Excel's limit of 8,192"
            ),
        });
    }
    // For every open parenthesis, whether it is that of a call.
    let mut open = Vec::new();
    let mut before = None;
    for token in tokens(text) {
        match token.kind {
            TokenKind::Text => {
                let inner = &text[token.start + 1..token.end - 1];
                let length = inner.replace("\"\"", "\"").encode_utf16().count();
                if length > MAX_LITERAL {
                    return Err(ParseError {
                        at: place(token.start),
                        message: format!(
                            "put the text into a cell, or join shorter ones with &: within a formula \
                             Excel takes 255 characters at most, not one of {length} characters"
                        ),
                    });
                }
            }
            TokenKind::Open => {
                let called = matches!(before, Some((TokenKind::Word | TokenKind::Close, end)) if end == token.start);
                open.push(called);
                if called && open.iter().filter(|call| **call).count() > MAX_NESTING {
                    return Err(ParseError {
                        at: place(token.start),
                        message:
                            "put a part into another cell: Excel takes functions nested 64 deep at \
                                  most, which are passed"
                                .into(),
                    });
                }
            }
            TokenKind::Close => {
                open.pop();
            }
            _ => {}
        }
        before = Some((token.kind, token.end));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        check_limits(text).map_or_else(|error| error.to_string(), |()| String::new())
    }

    #[test]
    fn formulas_up_to_excels_limits_are_taken() {
        let nested = |n: usize| "SUM(".repeat(n) + "1" + &")".repeat(n);
        assert_eq!(refused(&nested(64)), "");
        assert!(refused(&nested(65)).ends_with("at character 260"));
        assert_eq!(
            refused(&("(".repeat(200) + &nested(60) + &")".repeat(200))),
            ""
        );
        assert_eq!(refused(&vec![nested(30); 20].join("+")), "");

        let literal = |n: usize| format!("LEN(\"{}\"\"\")", "\u{e4}".repeat(n));
        assert_eq!(refused(&literal(254)), "");
        let why = refused(&literal(255));
        assert!(
            why.contains("256 characters") && why.ends_with("at character 5"),
            "{why}"
        );

        let long = |n: usize| format!("{}1", "1+".repeat(n));
        assert_eq!(refused(&long(4095)), "");
        assert!(refused(&long(4096)).contains("8194 characters"));
    }
}
