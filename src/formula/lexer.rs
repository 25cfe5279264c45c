//! Tokens of a formula.
//!
//! The lexer only cuts the text into pieces; whether `A1` is a cell, a sheet or
//! the start of a name is for the parser to decide from what follows. It never
//! fails: text that is no token makes one last [`TokenKind::Broken`] token, so
//! that a formula can be coloured and completed while it is being typed.

use super::BinaryOp;
use crate::value::ErrorKind;
use nom::branch::alt;
use nom::bytes::complete::{tag, tag_no_case, take, take_while1};
use nom::character::complete::{char, digit0, digit1, one_of};
use nom::combinator::{opt, recognize, value};
use nom::{IResult, Parser};
use std::borrow::Cow;

/// A piece of a formula's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    pub kind: TokenKind,
    /// Where it begins, in bytes.
    pub start: usize,
    /// Where it ends, in bytes; white space lies between tokens.
    pub end: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// `1`, `.5`, `1.5E+3`; never signed.
    Number,
    /// `"text"`, its quotes included; a quote within is doubled.
    Text,
    /// `#REF!` and the other error values.
    Error(ErrorKind),
    /// Letters, digits and `$ _ . \ ?`: a cell, a column, the name of a
    /// function, a sheet, a table or anything else, TRUE or FALSE.
    Word,
    /// `'a sheet''s name'`, its quotes included.
    Quoted,
    /// `[1]`, `[Column]`, `[[#This Row],[A]:[B]]`: from a bracket to the one
    /// that closes it; `'` escapes the next character.
    Bracketed,
    /// All operators between two operands but `:`, `,` and the space; `+` and
    /// `-` before one operand too.
    Operator(BinaryOp),
    Open,
    Close,
    OpenBrace,
    CloseBrace,
    Comma,
    Semicolon,
    Colon,
    Bang,
    At,
    Hash,
    Percent,
    /// The rest of the text, which is no token: a quote or a bracket that is
    /// not closed, or a character that has no place in a formula.
    Broken,
}

/// Cuts `text` into tokens, in linear time.
///
/// ```
/// use gradsheet::formula::{TokenKind, tokens};
/// let kinds: Vec<_> = tokens("SUM(\"a").iter().map(|token| token.kind).collect();
/// assert_eq!(kinds, [TokenKind::Word, TokenKind::Open, TokenKind::Broken]);
/// ```
pub fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::with_capacity(text.len().min(MAX_GUESS) / 2 + 1);
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let start = text.len() - rest.len();
        let Ok((after, kind)) = token(rest) else {
            tokens.push(Token {
                kind: TokenKind::Broken,
                start,
                end: text.len(),
            });
            break;
        };
        let end = text.len() - after.len();
        tokens.push(Token { kind, start, end });
        rest = after.trim_start();
    }
    tokens
}

/// Room is made at once for the tokens of a text of this many bytes; longer
/// ones are mostly quoted text, or refused.
const MAX_GUESS: usize = 512;

fn token(input: &str) -> IResult<&str, TokenKind> {
    use TokenKind::*;
    let Some(&first) = input.as_bytes().first() else {
        return fail(input);
    };
    match first {
        b'0'..=b'9' | b'.' => value(Number, number).parse_complete(input),
        b'"' => value(Text, string).parse_complete(input),
        b'\'' => value(Quoted, quoted_name).parse_complete(input),
        b'[' => value(Bracketed, bracketed).parse_complete(input),
        b'#' => alt((error_value, value(Hash, char('#')))).parse_complete(input),
        b'<' | b'>' | b'=' => comparison(input),
        _ => match symbol(first) {
            Some(kind) => value(kind, take(1usize)).parse_complete(input),
            None => value(Word, word).parse_complete(input),
        },
    }
}

fn symbol(byte: u8) -> Option<TokenKind> {
    use TokenKind::*;
    Some(match byte {
        b'(' => Open,
        b')' => Close,
        b'{' => OpenBrace,
        b'}' => CloseBrace,
        b',' => Comma,
        b';' => Semicolon,
        b':' => Colon,
        b'!' => Bang,
        b'@' => At,
        b'%' => Percent,
        b'^' => Operator(BinaryOp::Power),
        b'*' => Operator(BinaryOp::Multiply),
        b'/' => Operator(BinaryOp::Divide),
        b'+' => Operator(BinaryOp::Add),
        b'-' => Operator(BinaryOp::Subtract),
        b'&' => Operator(BinaryOp::Concat),
        _ => return None,
    })
}

fn comparison(input: &str) -> IResult<&str, TokenKind> {
    use BinaryOp::*;
    alt((
        value(LessEqual, tag("<=")),
        value(NotEqual, tag("<>")),
        value(Less, tag("<")),
        value(GreaterEqual, tag(">=")),
        value(Greater, tag(">")),
        value(Equal, tag("=")),
    ))
    .map(TokenKind::Operator)
    .parse_complete(input)
}

/// Digits with a point somewhere, perhaps an exponent; no sign, `inf` or `nan`.
fn number(input: &str) -> IResult<&str, &str> {
    let mantissa = alt((
        recognize((digit1, opt((char('.'), digit0)))),
        recognize((char('.'), digit1)),
    ));
    recognize((mantissa, opt(exponent))).parse_complete(input)
}

fn exponent(input: &str) -> IResult<&str, &str> {
    recognize((one_of("eE"), opt(one_of("+-")), digit1)).parse_complete(input)
}

fn string(input: &str) -> IResult<&str, &str> {
    quoted(input, '"')
}

fn quoted_name(input: &str) -> IResult<&str, &str> {
    quoted(input, '\'')
}

/// From one quote to the next that is not doubled.
fn quoted(input: &str, quote: char) -> IResult<&str, &str> {
    let mut from = 1;
    while let Some(at) = input[from..].find(quote) {
        let end = from + at + 1;
        if !input[end..].starts_with(quote) {
            return Ok((&input[end..], &input[..end]));
        }
        from = end + 1;
    }
    fail(input)
}

/// From a bracket to the one that closes it.
fn bracketed(input: &str) -> IResult<&str, &str> {
    let mut depth = 0_usize;
    let mut escaped = false;
    for (at, byte) in input.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\'' => escaped = true,
            b'[' => depth += 1,
            b']' => {
                depth -= 1;
                if depth == 0 {
                    return Ok((&input[at + 1..], &input[..=at]));
                }
            }
            _ => {}
        }
    }
    fail(input)
}

fn error_value(input: &str) -> IResult<&str, TokenKind> {
    for kind in ErrorKind::ALL {
        let spelled = tag_no_case::<_, _, nom::error::Error<&str>>(kind.as_str());
        if let Ok((rest, _)) = { spelled }.parse_complete(input) {
            return Ok((rest, TokenKind::Error(kind)));
        }
    }
    fail(input)
}

fn word(input: &str) -> IResult<&str, &str> {
    take_while1(is_word_char)(input)
}

/// What a word is made of. Beyond ASCII, everything but spaces, controls and
/// the punctuation block (curly quotes, dashes) counts as a letter: Excel
/// takes the letters and marks of every script.
pub(super) fn is_word_char(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_alphanumeric() || matches!(c, '$' | '_' | '.' | '\\' | '?')
    } else {
        !c.is_whitespace() && !c.is_control() && !matches!(c, '\u{2010}'..='\u{206F}')
    }
}

fn fail<T>(input: &str) -> IResult<&str, T> {
    Err(nom::Err::Error(nom::error::Error::new(
        input,
        nom::error::ErrorKind::Fail,
    )))
}

/// A typed formula with its whole numbers of more than 15 digits as Excel keeps
/// them: zeros stand in place of the digits after the fifteenth.
pub fn with_fifteen_digits(text: &str) -> Cow<'_, str> {
    const KEPT: usize = 15;
    // Most formulas have no such number.
    let mut digits = 0;
    let long = text.bytes().any(|b| {
        digits = if b.is_ascii_digit() { digits + 1 } else { 0 };
        digits > KEPT
    });
    if !long {
        return Cow::Borrowed(text);
    }
    let mut kept = String::with_capacity(text.len());
    let mut done = 0;
    for token in tokens(text) {
        let number = &text[token.start..token.end];
        let whole = number.trim_start_matches('0');
        let is_whole = number.bytes().all(|b| b.is_ascii_digit());
        if token.kind == TokenKind::Number && is_whole && whole.len() > KEPT {
            let cut = token.end - whole.len() + KEPT;
            kept.push_str(&text[done..cut]);
            kept.push_str(&"0".repeat(token.end - cut));
            done = token.end;
        }
    }
    kept.push_str(&text[done..]);
    Cow::Owned(kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use TokenKind::*;

    fn pieces(text: &str) -> Vec<(TokenKind, &str)> {
        tokens(text)
            .into_iter()
            .map(|t| (t.kind, &text[t.start..t.end]))
            .collect()
    }

    #[test]
    fn numbers_take_no_sign_and_know_no_infinity() {
        assert_eq!(
            pieces("1.5E+3"),
            [(Number, "1.5E+3")],
            "the exponent's sign belongs to the number"
        );
        assert_eq!(pieces(".5"), [(Number, ".5")]);
        assert_eq!(pieces("1E"), [(Number, "1"), (Word, "E")]);
        assert_eq!(pieces("inf"), [(Word, "inf")]);
        assert_eq!(
            pieces("-1"),
            [(Operator(BinaryOp::Subtract), "-"), (Number, "1")]
        );
    }

    #[test]
    fn quotes_double_and_brackets_escape() {
        assert_eq!(pieces(r#""a""b" "#), [(Text, r#""a""b""#)]);
        assert_eq!(
            pieces("'it''s'!A1"),
            [(Quoted, "'it''s'"), (Bang, "!"), (Word, "A1")]
        );
        assert_eq!(
            pieces("T[[a']]:[b]]"),
            [(Word, "T"), (Bracketed, "[[a']]:[b]]")]
        );
    }

    #[test]
    fn an_error_value_is_told_from_the_spill_operator() {
        assert_eq!(
            pieces("A1#+#n/a"),
            [
                (Word, "A1"),
                (Hash, "#"),
                (Operator(BinaryOp::Add), "+"),
                (Error(ErrorKind::Na), "#n/a")
            ]
        );
    }

    #[test]
    fn unfinished_text_ends_in_one_broken_token() {
        for (text, rest) in [
            ("1+\"abc", "\"abc"),
            ("'Sheet", "'Sheet"),
            ("T[[a]", "[[a]"),
            ("1;~2", "~2"),
            ("1 + \u{201C}a\u{201D}", "\u{201C}a\u{201D}"),
        ] {
            assert_eq!(pieces(text).last(), Some(&(Broken, rest)), "{text}");
        }
    }
}
