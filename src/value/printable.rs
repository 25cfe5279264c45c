//! Text for a terminal.

use std::borrow::Cow;

/// Text made safe for a terminal: control characters become visible signs,
/// and characters that reorder what surrounds them are replaced.
pub fn printable(text: &str) -> Cow<'_, str> {
    let unsafe_char = |c: char| {
        c.is_control()
            || matches!(
                c,
                '\u{200E}' | '\u{200F}' | '\u{061C}' | '\u{2028}'..='\u{202E}'
            )
            || matches!(c, '\u{2066}'..='\u{2069}' | '\u{FEFF}')
    };
    if !text.contains(unsafe_char) {
        return Cow::Borrowed(text);
    }
    let visible = |c: char| match c {
        '\0'..='\u{1F}' => char::from_u32(0x2400 + c as u32).unwrap_or('\u{FFFD}'),
        '\u{7F}' => '\u{2421}',
        c if unsafe_char(c) => '\u{FFFD}',
        c => c,
    };
    Cow::Owned(text.chars().map(visible).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_become_visible() {
        assert_eq!(printable("plain"), "plain");
        assert_eq!(printable("a\x1b[2Jb\u{202E}"), "a\u{241B}[2Jb\u{FFFD}");
    }
}
