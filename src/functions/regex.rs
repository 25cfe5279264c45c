//! REGEXTEST, REGEXEXTRACT, REGEXREPLACE.
//!
//! Patterns are those of the `regex` crate, which are matched in linear time.
//! Excel's (PCRE2) look-around and back-references are not among them and
//! give `#VALUE!`.

use super::arguments::{Scalars, done};
use super::params::{optional, scalar};
use super::{Category, Function, ValueRule};
use crate::value::{Array, ErrorKind, Value};
use regex::{Regex, RegexBuilder};
use std::cell::RefCell;

/// A pattern ready for use; `#VALUE!` where it is none.
pub(super) fn compile(pattern: &str, ignore_case: bool) -> Result<Regex, ErrorKind> {
    // A pattern is usually the same in every row.
    thread_local! {
        static LAST: RefCell<Option<(String, bool, Regex)>> = const { RefCell::new(None) };
    }
    LAST.with_borrow_mut(|last| {
        if let Some((text, case, regex)) = last
            && text == pattern
            && *case == ignore_case
        {
            return Ok(regex.clone());
        }
        let regex = RegexBuilder::new(pattern)
            .case_insensitive(ignore_case)
            .build()
            .map_err(|_| ErrorKind::Value)?;
        *last = Some((pattern.to_owned(), ignore_case, regex.clone()));
        Ok(regex)
    })
}

/// Compiles argument 1, the case sensitivity being argument `case`.
fn pattern(args: &[Value], case: usize) -> Result<Regex, ErrorKind> {
    let ignore_case = match args.whole(case)? {
        0.0 => false,
        1.0 => true,
        _ => return Err(ErrorKind::Value),
    };
    compile(&args.text(1)?, ignore_case)
}

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(
        Category::Text,
        "REGEXEXTRACT",
        &[
            scalar("text"),
            scalar("pattern"),
            optional(scalar("return_mode")),
            optional(scalar("case_sensitivity")),
        ],
        "The first part of a text that matches a pattern; mode 1 gives all parts, 2 the groups of the first.",
        ValueRule::Scalar(|args, _| done(extract(args))),
    )
    .xlfn()
    .not_differentiable("it gives text"),
    Function::new(
        Category::Text,
        "REGEXREPLACE",
        &[
            scalar("text"),
            scalar("pattern"),
            scalar("replacement"),
            optional(scalar("occurrence")),
            optional(scalar("case_sensitivity")),
        ],
        "A text with the parts that match a pattern replaced; $1 stands for the first group.",
        ValueRule::Scalar(|args, _| done(replace(args))),
    )
    .xlfn()
    .not_differentiable("it gives text"),
    Function::new(
        Category::Text,
        "REGEXTEST",
        &[
            scalar("text"),
            scalar("pattern"),
            optional(scalar("case_sensitivity")),
        ],
        "Whether any part of a text matches a pattern.",
        ValueRule::Scalar(|args, _| {
            done(pattern(args, 2).and_then(|regex| Ok(regex.is_match(&args.text(0)?))))
        }),
    )
    .xlfn()
    .not_differentiable("it reads text"),
];

fn extract(args: &[Value]) -> Result<Value, ErrorKind> {
    let regex = pattern(args, 3)?;
    let text = args.text(0)?;
    let texts: Vec<Value> = match args.whole(2)? {
        0.0 => {
            let found = regex.find(&text).ok_or(ErrorKind::Na)?;
            return Ok(Value::text(found.as_str()));
        }
        1.0 => regex
            .find_iter(&text)
            .map(|found| Value::text(found.as_str()))
            .collect(),
        2.0 => {
            let groups = regex.captures(&text).ok_or(ErrorKind::Na)?;
            let groups: Vec<Value> = groups
                .iter()
                .skip(1)
                .map(|group| Value::text(group.map_or("", |g| g.as_str())))
                .collect();
            if groups.is_empty() {
                return Err(ErrorKind::Na);
            }
            return Ok(Value::array(Array::new(1, groups.len(), groups)));
        }
        _ => return Err(ErrorKind::Value),
    };
    if texts.is_empty() {
        return Err(ErrorKind::Na);
    }
    Ok(Value::array(Array::new(1, texts.len(), texts)))
}

fn replace(args: &[Value]) -> Result<Value, ErrorKind> {
    let regex = pattern(args, 4)?;
    let text = args.text(0)?;
    let replacement = braced_groups(&args.text(2)?);
    let occurrence = args.whole(3)?;
    if occurrence == 0.0 {
        return Ok(Value::checked_text(
            regex.replace_all(&text, replacement.as_str()).into_owned(),
        ));
    }
    let all: Vec<_> = regex.captures_iter(&text).collect();
    // A negative occurrence counts from the end.
    let index = if occurrence > 0.0 {
        occurrence - 1.0
    } else {
        all.len() as f64 + occurrence
    };
    let Some(captures) = (index >= 0.0).then(|| all.get(index as usize)).flatten() else {
        return Ok(Value::Text(text));
    };
    let Some(whole) = captures.get(0) else {
        return Ok(Value::Text(text));
    };
    let mut result = text[..whole.start()].to_owned();
    captures.expand(&replacement, &mut result);
    result.push_str(&text[whole.end()..]);
    Ok(Value::checked_text(result))
}

/// `$1a` means group 1 and the letter a; the crate would read a group named `1a`.
fn braced_groups(replacement: &str) -> String {
    let mut braced = String::new();
    let mut rest = replacement;
    while let Some(at) = rest.find('$') {
        let (before, after) = rest.split_at(at);
        braced.push_str(before);
        let digits = after[1..].bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 {
            braced.push('$');
            rest = &after[1..];
            continue;
        }
        braced.push_str(&format!("${{{}}}", &after[1..=digits]));
        rest = &after[digits + 1..];
    }
    braced + rest
}

#[cfg(test)]
mod tests {
    use super::super::mock::Sheet;
    use super::*;

    #[test]
    fn patterns_test_extract_and_replace() {
        let mut sheet = Sheet::new("DylanWilliams,SonyaLynn");
        assert_eq!(sheet.eval("REGEXTEST(A1,\"^[A-Z]\")"), true.into());
        assert_eq!(sheet.eval("REGEXTEST(A1,\"^d\",1)"), true.into());
        assert_eq!(
            sheet.eval("REGEXEXTRACT(A1,\"[A-Z][a-z]+\")"),
            "Dylan".into()
        );
        assert_eq!(
            sheet.eval("REGEXEXTRACT(A1,\"([A-Z][a-z]+)([A-Z][a-z]+)\",2)"),
            Value::array(Array::new(1, 2, vec!["Dylan".into(), "Williams".into()]))
        );
        assert_eq!(
            sheet.eval("REGEXREPLACE(A1,\"([A-Z][a-z]+)([A-Z][a-z]+)\",\"$2x$1\")"),
            "WilliamsxDylan".into()
        );
        assert_eq!(
            sheet.eval("REGEXREPLACE(\"a1b2c3\",\"\\d\",\"-\",-1)"),
            "a1b2c-".into()
        );
        assert_eq!(sheet.error("REGEXEXTRACT(A1,\"z+\")"), ErrorKind::Na);
        assert_eq!(sheet.error("REGEXTEST(A1,\"(\")"), ErrorKind::Value);
    }
}
