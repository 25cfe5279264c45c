//! The parser: precedence climbing over spanned tokens.
//!
//! Each function that reads a production of `grammar/formula.ebnf` bears the
//! production's name. The trees it makes are canonical: an operand that holds
//! less tightly than its operator needs is always within a [`Expr::Group`], so
//! that a tree prints and parses again to itself.

mod reference;

use super::binding::Binding;
use super::lexer::{Token, TokenKind, tokens};
use super::reference::{is_one_line, looks_like_column};
use super::spaces::with_spaces;
use super::{
    ArrayLiteral, BinaryOp, Expr, FunctionName, ParseError, PostfixOp, PrefixOp, RefShape,
    Reference, SheetPrefix,
};
use crate::grid::Pos;
use crate::value::ErrorKind;

/// How high a tree may grow, the steps from an operator to its left operand not
/// counted. Excel nests functions 64 deep.
pub const MAX_HEIGHT: u32 = 256;

/// The longest text that is read, in characters. Excel stops at 8,192, without
/// the prefixes that files write before newer functions.
pub const MAX_CHARS: usize = 1 << 16;

/// Reads a formula, without its leading `=`, as it stands in the cell `origin`.
/// Accepts what files hold (`_xlfn.` prefixes) and what people type.
pub fn parse(text: &str, origin: Pos) -> Result<Expr, ParseError> {
    Parser::read(text, Notation::A1 { origin })
}

/// Reads a formula whose references are in R1C1 notation: `R[-1]C*R1C1`.
pub fn parse_r1c1(text: &str) -> Result<Expr, ParseError> {
    Parser::read(text, Notation::R1C1)
}

#[derive(Clone, Copy, PartialEq)]
enum Notation {
    A1 { origin: Pos },
    R1C1,
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    /// The index of the token to read next.
    next: usize,
    notation: Notation,
    /// How many expressions are being read, each within the one before.
    depth: u32,
    /// The height of the tree read last.
    height: u32,
    /// Whether a comma joins references here; among arguments it parts them.
    comma_joins: bool,
    /// What stands before the `:` whose right operand is being read.
    after_colon: AfterColon,
    /// Whether rows or columns stand before the `:` whose right operand is read next.
    lines_before: bool,
}

/// What stands before a `:` that makes a range of two references.
#[derive(Clone, Copy, PartialEq)]
enum AfterColon {
    /// There is no such `:` before the operand.
    No,
    /// The corner after it stands alone: `x:A1:B2` is `(x:A1):B2`.
    Reference,
    /// Rows or columns, after which others may stand: `A:A:C:C`.
    Lines,
}

type Parsed<T> = Result<T, ParseError>;

impl<'a> Parser<'a> {
    fn read(text: &'a str, notation: Notation) -> Parsed<Expr> {
        if text.len() > MAX_CHARS && text.chars().nth(MAX_CHARS).is_some() {
            return Err(ParseError {
                at: MAX_CHARS,
                message: format!(
                    "the formula is too long: expected its end by {MAX_CHARS} characters"
                ),
            });
        }
        let mut parser = Self {
            text,
            tokens: tokens(text),
            next: 0,
            notation,
            depth: 0,
            height: 0,
            comma_joins: true,
            after_colon: AfterColon::No,
            lines_before: false,
        };
        let expr = parser.formula()?;
        let origin = match notation {
            Notation::A1 { origin } => Some(origin),
            Notation::R1C1 => None,
        };
        Ok(with_spaces(expr, text, &parser.tokens, origin))
    }

    /// `formula = expression`
    fn formula(&mut self) -> Parsed<Expr> {
        let expr = self.expression(Binding::Comparison)?;
        match self.kind() {
            None => Ok(expr),
            Some(_) => Err(self.unexpected("an operator or the end")),
        }
    }

    /// `expression = operand , { operator , operand | "%" }`, of operators that
    /// bind as tightly as `least` or tighter.
    fn expression(&mut self, least: Binding) -> Parsed<Expr> {
        self.depth += 1;
        if self.depth > MAX_HEIGHT {
            return Err(self.too_deep());
        }
        self.after_colon = match std::mem::take(&mut self.lines_before) {
            _ if least <= Binding::Range => AfterColon::No,
            true => AfterColon::Lines,
            false => AfterColon::Reference,
        };
        let mut left = self.operand(least)?;
        let mut height = self.height;
        while let Some((op, binding)) = self.operator(&left) {
            if binding < least {
                break;
            }
            left = match op {
                Operator::Percent => {
                    self.next += 1;
                    let inner = hold_line(self.notation, left, binding, &mut height);
                    height += 1;
                    Expr::Postfix(inner, PostfixOp::Percent)
                }
                Operator::Binary(op) => {
                    // The intersection's token is the space before the next one.
                    self.next += usize::from(op != BinaryOp::Intersection);
                    let start = self.next;
                    self.lines_before = op == BinaryOp::Range && ends_with_lines(&left);
                    let right = self.expression(binding.next())?;
                    if op.joins_references() && !may_be_reference(&right) {
                        return Err(self.error_at(start, "expected a reference"));
                    }
                    let left = match op {
                        BinaryOp::Range => range_start(left, &right, &mut height),
                        _ => left,
                    };
                    let left = hold(left, binding, &mut height);
                    let right = hold(right, binding.next(), &mut self.height);
                    height = height.max(self.height + 1);
                    Expr::Binary(left, op, right)
                }
            };
            if height > MAX_HEIGHT {
                return Err(self.too_deep());
            }
        }
        self.height = height;
        self.depth -= 1;
        Ok(left)
    }

    /// `operand = ( "+" | "-" | "@" ) , operand | item`
    fn operand(&mut self, least: Binding) -> Parsed<Expr> {
        let op = match self.kind() {
            Some(TokenKind::Operator(BinaryOp::Add)) => PrefixOp::Plus,
            Some(TokenKind::Operator(BinaryOp::Subtract)) => PrefixOp::Minus,
            Some(TokenKind::At) => PrefixOp::Intersect,
            _ => return self.item(),
        };
        if op != PrefixOp::Intersect && least > Binding::Sign {
            return Err(self.unexpected("a reference"));
        }
        self.next += 1;
        let start = self.next;
        let inner = self.expression(op.operand().max(least))?;
        if op == PrefixOp::Intersect && !may_be_reference(&inner) {
            return Err(self.error_at(start, "expected a reference after `@`"));
        }
        let inner = hold(inner, op.operand(), &mut self.height);
        self.grow()?;
        Ok(Expr::Prefix(op, inner))
    }

    /// `item = ( number | text | error | array | group | reference | call ) ,
    /// { "#" | arguments }`
    fn item(&mut self) -> Parsed<Expr> {
        let mut expr = self.constant_or_reference()?;
        loop {
            match self.kind() {
                Some(TokenKind::Hash) if may_be_reference(&expr) => {
                    self.next += 1;
                    let least = Binding::Postfix;
                    let inner = hold_line(self.notation, expr, least, &mut self.height);
                    expr = Expr::Postfix(inner, PostfixOp::Spill);
                }
                Some(TokenKind::Open) if self.touches() && can_be_called(&expr) => {
                    let mut height = self.height;
                    let args = self.arguments()?;
                    let callee = hold(expr, Binding::Postfix, &mut height);
                    self.height = self.height.max(height);
                    expr = Expr::Apply { callee, args };
                }
                _ => return Ok(expr),
            }
            self.grow()?;
        }
    }

    fn constant_or_reference(&mut self) -> Parsed<Expr> {
        self.height = 1;
        match self.kind() {
            Some(TokenKind::Number) => match self.shape(None) {
                Some(shape) => Ok(Expr::Reference(Reference {
                    prefix: None,
                    shape,
                })),
                None => self.number().map(Expr::Number),
            },
            Some(TokenKind::Text) => Ok(self.string()),
            Some(TokenKind::Error(kind)) => self.error(kind),
            Some(TokenKind::OpenBrace) => self.array(),
            Some(TokenKind::Open) => self.group(),
            Some(TokenKind::Word | TokenKind::Quoted | TokenKind::Bracketed) => self.reference(),
            _ => Err(self.unexpected("a value, a reference or a function")),
        }
    }

    /// `number = digits , [ "." , [ digits ] ] , [ exponent ] | …`
    fn number(&mut self) -> Parsed<f64> {
        let number = self.slice(self.next).parse::<f64>();
        match number {
            Ok(x) if x.is_finite() => {
                self.next += 1;
                Ok(x)
            }
            _ => Err(self.error_at(self.next, "expected a number below 1E+308")),
        }
    }

    /// `string = '"' , { character | '""' } , '"'`
    fn string(&mut self) -> Expr {
        let quoted = self.slice(self.next);
        self.next += 1;
        Expr::Text(unquote(quoted, '"').into())
    }

    /// `error = "#REF!" , [ qualified ] | "#N/A" | …`: what a deleted sheet
    /// leaves, `#REF!A1`, is no more than the error.
    fn error(&mut self, kind: ErrorKind) -> Parsed<Expr> {
        self.next += 1;
        let rest = matches!(
            self.kind(),
            Some(TokenKind::Word | TokenKind::Number | TokenKind::Error(ErrorKind::Ref))
        );
        if kind == ErrorKind::Ref && rest && self.touches() {
            self.qualified(SheetPrefix::Sheet("".into()))?;
            self.height = 1;
        }
        Ok(Expr::Error(kind))
    }

    /// `group = "(" , expression , ")"`; a comma within joins references.
    fn group(&mut self) -> Parsed<Expr> {
        let open = self.next;
        self.next += 1;
        let outside = std::mem::replace(&mut self.comma_joins, true);
        let inner = self.expression(Binding::Comparison)?;
        self.comma_joins = outside;
        self.close(open, "an operator or")?;
        self.grow()?;
        Ok(Expr::Group(Box::new(inner)))
    }

    /// `arguments = "(" , [ argument , { "," , argument } ] , ")"`, where an
    /// argument may be empty.
    fn arguments(&mut self) -> Parsed<Vec<Expr>> {
        let open = self.next;
        self.next += 1;
        let outside = std::mem::replace(&mut self.comma_joins, false);
        let mut args = Vec::new();
        let mut height = 0;
        loop {
            let arg = match self.kind() {
                Some(TokenKind::Close) if args.is_empty() => break,
                Some(TokenKind::Comma | TokenKind::Close) => {
                    self.height = 1;
                    Expr::Omitted
                }
                _ => self.expression(Binding::Comparison)?,
            };
            args.push(arg);
            height = height.max(self.height);
            if self.kind() != Some(TokenKind::Comma) {
                break;
            }
            self.next += 1;
        }
        self.comma_joins = outside;
        self.height = height;
        self.close(open, "an operator, `,` or")?;
        Ok(args)
    }

    /// `call = function_name , arguments`, at the name.
    fn call(&mut self) -> Parsed<Expr> {
        let written = self.slice(self.next);
        self.next += 1;
        let mut args = self.arguments()?;
        // What files write for the operators `@` and `#`.
        let operator = if written.eq_ignore_ascii_case("_xlfn.SINGLE") {
            Some(PrefixOp::Intersect.operand())
        } else if written.eq_ignore_ascii_case("_xlfn.ANCHORARRAY") {
            Some(PostfixOp::Spill.binding())
        } else {
            None
        };
        if let Some(least) = operator
            && args.len() == 1
            && let Some(inner) = args.pop()
        {
            let inner = hold_line(self.notation, inner, least, &mut self.height);
            self.grow()?;
            return Ok(match least {
                Binding::Postfix => Expr::Postfix(inner, PostfixOp::Spill),
                _ => Expr::Prefix(PrefixOp::Intersect, inner),
            });
        }
        self.grow()?;
        Ok(Expr::Call {
            function: FunctionName::new(written),
            args,
        })
    }

    /// `array = "{" , row , { ";" , row } , "}"`
    fn array(&mut self) -> Parsed<Expr> {
        self.next += 1;
        let mut cells = Vec::new();
        let (mut rows, mut cols) = (0, 0);
        loop {
            let start = cells.len();
            loop {
                cells.push(self.constant()?);
                if self.kind() != Some(TokenKind::Comma) {
                    break;
                }
                self.next += 1;
            }
            if rows == 0 {
                cols = cells.len();
            } else if cells.len() - start != cols {
                let message = format!(
                    "expected {cols} values in each row of the array, as in its first, found {}",
                    cells.len() - start
                );
                return Err(self.error_at(self.next, &message));
            }
            rows += 1;
            match self.kind() {
                Some(TokenKind::Semicolon) => self.next += 1,
                Some(TokenKind::CloseBrace) => break,
                _ => return Err(self.unexpected("`,`, `;` or `}` in the array")),
            }
        }
        self.next += 1;
        self.height = 2;
        Ok(Expr::Array(ArrayLiteral { rows, cols, cells }))
    }

    /// `constant = [ "+" | "-" ] , number | string | error | "TRUE" | "FALSE"`
    fn constant(&mut self) -> Parsed<Expr> {
        let sign = match self.kind() {
            Some(TokenKind::Operator(BinaryOp::Add)) => Some(1.0),
            Some(TokenKind::Operator(BinaryOp::Subtract)) => Some(-1.0),
            _ => None,
        };
        if let Some(sign) = sign {
            self.next += 1;
            return match self.kind() {
                Some(TokenKind::Number) => Ok(Expr::Number(sign * self.number()?)),
                _ => Err(self.unexpected("a number after the sign")),
            };
        }
        let constant = match self.kind() {
            Some(TokenKind::Number) => return self.number().map(Expr::Number),
            Some(TokenKind::Text) => return Ok(self.string()),
            Some(TokenKind::Error(kind)) => Some(Expr::Error(kind)),
            Some(TokenKind::Word) => boolean(self.slice(self.next)),
            _ => None,
        };
        match constant {
            Some(constant) => {
                self.next += 1;
                Ok(constant)
            }
            None => Err(self.unexpected("a number, text, TRUE, FALSE or an error in the array")),
        }
    }

    /// The operator that may follow `left` here.
    fn operator(&self, left: &Expr) -> Option<(Operator, Binding)> {
        let binary = match self.kind()? {
            TokenKind::Operator(op) => op,
            TokenKind::Percent => return Some((Operator::Percent, Binding::Percent)),
            TokenKind::Colon if may_be_reference(left) => BinaryOp::Range,
            TokenKind::Comma if self.comma_joins && may_be_reference(left) => BinaryOp::Union,
            TokenKind::Word
            | TokenKind::Quoted
            | TokenKind::Bracketed
            | TokenKind::Number
            | TokenKind::Open
            | TokenKind::Error(ErrorKind::Ref)
                if !self.touches() && may_be_reference(left) =>
            {
                BinaryOp::Intersection
            }
            _ => return None,
        };
        Some((Operator::Binary(binary), binary.binding()))
    }

    /// Counts a level that was put over the tree read last.
    fn grow(&mut self) -> Parsed<()> {
        self.height += 1;
        if self.height > MAX_HEIGHT {
            return Err(self.too_deep());
        }
        Ok(())
    }

    fn close(&mut self, open: usize, or: &str) -> Parsed<()> {
        if self.kind() == Some(TokenKind::Close) {
            self.next += 1;
            return Ok(());
        }
        let opened = self.character(self.tokens[open].start) + 1;
        Err(self.unexpected(&format!(
            "{or} `)` to close the parenthesis at character {opened}"
        )))
    }

    fn kind_at(&self, index: usize) -> Option<TokenKind> {
        self.tokens.get(index).map(|token| token.kind)
    }

    fn kind(&self) -> Option<TokenKind> {
        self.kind_at(self.next)
    }

    /// Whether no space stands before a token.
    fn touches_at(&self, index: usize) -> bool {
        match (
            self.tokens.get(index.wrapping_sub(1)),
            self.tokens.get(index),
        ) {
            (Some(before), Some(token)) => before.end == token.start,
            _ => false,
        }
    }

    fn touches(&self) -> bool {
        self.touches_at(self.next)
    }

    /// A token's text; empty past the last one.
    fn slice(&self, index: usize) -> &'a str {
        match self.tokens.get(index) {
            Some(token) => &self.text[token.start..token.end],
            None => "",
        }
    }

    /// How many characters stand before a byte.
    fn character(&self, byte: usize) -> usize {
        self.text[..byte].chars().count()
    }

    fn error_at_byte(&self, byte: usize, message: &str) -> ParseError {
        ParseError {
            at: self.character(byte),
            message: message.to_owned(),
        }
    }

    fn error_at(&self, index: usize, message: &str) -> ParseError {
        let byte = self.tokens.get(index).map_or(self.text.len(), |t| t.start);
        self.error_at_byte(byte, message)
    }

    fn too_deep(&self) -> ParseError {
        let message =
            format!("the formula is nested too deeply: expected at most {MAX_HEIGHT} levels");
        self.error_at(self.next, &message)
    }

    /// The error of the next token, where something else was expected.
    fn unexpected(&self, expected: &str) -> ParseError {
        let found = self.slice(self.next);
        let message = match self.kind() {
            None => format!("expected {expected}, but the formula ends"),
            Some(TokenKind::Broken) => match found.chars().next() {
                Some('"') => "expected `\"` to end the text that begins here".to_owned(),
                Some('\'') => "expected `'` to end the sheet's name that begins here".to_owned(),
                Some('[') => "expected `]` to close the bracket that begins here".to_owned(),
                c => format!(
                    "expected {expected}, found {:?}, which has no place in a formula",
                    c.unwrap_or(' ')
                ),
            },
            Some(_) => {
                let short: String = found.chars().take(24).collect();
                let dots = if short.len() < found.len() { "…" } else { "" };
                format!("expected {expected}, found `{short}{dots}`")
            }
        };
        self.error_at(self.next, &message)
    }
}

enum Operator {
    Binary(BinaryOp),
    Percent,
}

/// `expr`, of the given height, as an operand that must hold by `least`: in
/// parentheses where it does not, as after `_xlfn.SINGLE(A1+B1)`.
fn hold(expr: Expr, least: Binding, height: &mut u32) -> Box<Expr> {
    if Binding::of(&expr) >= least {
        return Box::new(expr);
    }
    *height += 1;
    Box::new(Expr::Group(Box::new(expr)))
}

/// As [`hold`], but a whole row or column of R1C1 notation is one word, `C[1]`,
/// and needs no parentheses: behind a name they would make a call of it.
fn hold_line(notation: Notation, expr: Expr, least: Binding, height: &mut u32) -> Box<Expr> {
    match notation == Notation::R1C1 && is_one_line(&expr) {
        true => Box::new(expr),
        false => hold(expr, least, height),
    }
}

/// What a range begins with: without the parentheses that only tell the range
/// between two names, `(a):b`, from columns. The printer adds them.
fn range_start(mut left: Expr, right: &Expr, height: &mut u32) -> Expr {
    if let Expr::Group(inner) = &mut left
        && looks_like_column(inner)
        && looks_like_column(right)
    {
        *height -= 1;
        return std::mem::replace(&mut **inner, Expr::Omitted);
    }
    left
}

/// Whether a reference ends with whole rows or columns.
fn ends_with_lines(expr: &Expr) -> bool {
    match expr {
        Expr::Reference(reference) => {
            matches!(reference.shape, RefShape::Rows(..) | RefShape::Cols(..))
        }
        Expr::Binary(_, BinaryOp::Range, right) => ends_with_lines(right),
        Expr::Group(inner) => ends_with_lines(inner),
        _ => false,
    }
}

fn boolean(word: &str) -> Option<Expr> {
    if word.eq_ignore_ascii_case("TRUE") {
        Some(Expr::Bool(true))
    } else if word.eq_ignore_ascii_case("FALSE") {
        Some(Expr::Bool(false))
    } else {
        None
    }
}

/// The text between quotes, doubled ones made single.
fn unquote(quoted: &str, quote: char) -> String {
    let inner = &quoted[1..quoted.len() - 1];
    let mut text = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        text.push(c);
        if c == quote {
            chars.next();
        }
    }
    text
}

/// Whether a tree could give a reference: constants and sums cannot.
pub(super) fn may_be_reference(expr: &Expr) -> bool {
    match expr {
        Expr::Reference(_)
        | Expr::Table(_)
        | Expr::Name { .. }
        | Expr::Call { .. }
        | Expr::Apply { .. }
        | Expr::Group(_)
        | Expr::Error(ErrorKind::Ref)
        | Expr::Prefix(PrefixOp::Intersect, _)
        | Expr::Postfix(_, PostfixOp::Spill) => true,
        Expr::Binary(_, op, _) => op.joins_references(),
        _ => false,
    }
}

/// Whether arguments may follow a tree: a LAMBDA's call, what such a call
/// gave, a name with its sheet or book.
fn can_be_called(expr: &Expr) -> bool {
    match expr {
        Expr::Call { .. } | Expr::Apply { .. } | Expr::Group(_) => true,
        Expr::Name { prefix, .. } => prefix.is_some(),
        _ => false,
    }
}
