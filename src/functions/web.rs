//! Text for the web: ENCODEURL.

use super::arguments::{Scalars, done};
use super::params::scalar;
use super::{Category, Function, ValueRule};
use crate::value::Value;
use std::fmt::Write;

/// A text with all but the unreserved characters of RFC 3986 as `%` and the
/// hexadecimal digits of their bytes in UTF-8.
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String does not fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

pub(super) const FUNCTIONS: &[Function] = &[Function::new(
    Category::Text,
    "ENCODEURL",
    &[scalar("text")],
    "A text as a part of a web address, its special characters encoded.",
    ValueRule::Scalar(|args, _| {
        done(
            args.text(0)
                .map(|text| Value::checked_text(percent_encoded(&text))),
        )
    }),
)
.xlfn()
.not_differentiable("it gives text")];

#[cfg(test)]
mod tests {
    use crate::functions::mock::Sheet;
    use crate::value::Value;

    #[test]
    fn special_characters_are_encoded() {
        let mut sheet = Sheet::empty();
        assert_eq!(
            sheet.eval("ENCODEURL(\"http://a-b.c/d e?f=é~\")"),
            Value::text("http%3A%2F%2Fa-b.c%2Fd%20e%3Ff%3D%C3%A9~")
        );
    }
}
