//! Excel's wildcards: `*` for any characters, `?` for one, `~` before either
//! (or before itself) for the character as such. Letter case does not count.

/// A text as patterns see it, without letter case.
pub fn folded(text: &str) -> String {
    text.chars().flat_map(fold).collect()
}

/// A text with wildcards, ready to be matched many times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wildcard {
    tokens: Vec<Token>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    /// In lower case.
    Char(char),
    One,
    Any,
}

impl Wildcard {
    pub fn new(pattern: &str) -> Self {
        let mut tokens = Vec::new();
        let mut chars = pattern.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '*' if tokens.last() == Some(&Token::Any) => {}
                '*' => tokens.push(Token::Any),
                '?' => tokens.push(Token::One),
                '~' => {
                    let literal = chars.next_if(|c| matches!(c, '*' | '?' | '~'));
                    tokens.push(Token::Char(literal.unwrap_or('~')));
                }
                _ => tokens.extend(fold(c).map(Token::Char)),
            }
        }
        Self { tokens }
    }

    /// The one text that the pattern matches, in folded case; `None` where it has
    /// wildcards.
    pub fn literal(&self) -> Option<String> {
        let chars = self.tokens.iter().map(|token| match token {
            Token::Char(c) => Some(*c),
            Token::One | Token::Any => None,
        });
        chars.collect()
    }

    /// Whether the pattern matches the whole of `text`.
    pub fn matches(&self, text: &str) -> bool {
        // Greedy matching that goes back to the last `*` only: an earlier one
        // can be left at its shortest match. At most tokens × characters steps.
        let mut rest = text.chars().flat_map(fold);
        let mut at = 0;
        let mut last_star = None;
        loop {
            let before = rest.clone();
            match (self.tokens.get(at), rest.next()) {
                (None, None) => return true,
                (Some(Token::Any), _) => {
                    rest = before.clone();
                    at += 1;
                    last_star = Some((at, before));
                    continue;
                }
                (Some(Token::One), Some(_)) => {
                    at += 1;
                    continue;
                }
                (Some(Token::Char(want)), Some(c)) if *want == c => {
                    at += 1;
                    continue;
                }
                _ => {}
            }
            match &mut last_star {
                Some((after, from)) => {
                    if from.next().is_none() {
                        return false;
                    }
                    at = *after;
                    rest = from.clone();
                }
                None => return false,
            }
        }
    }
}

/// A character in the case that comparisons use.
fn fold(c: char) -> std::char::ToLowercase {
    c.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::Wildcard;

    #[test]
    fn stars_question_marks_and_tildes_match_as_in_excel() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("", "a", false),
            ("a*", "Apple", true),
            ("*e", "apple", true),
            ("*p*e", "apple", true),
            ("*p*x", "apple", false),
            ("a?ple", "apple", true),
            ("a?ple", "aple", false),
            ("?", "", false),
            ("*", "", true),
            ("what~?", "what?", true),
            ("what~?", "whats", false),
            ("~~", "~", true),
            ("~a", "~A", true),
            ("**a**", "bab", true),
            ("ÄÖ*", "äöü", true),
            ("a*b*c", "aXbXbYc", true),
        ] {
            assert_eq!(
                Wildcard::new(pattern).matches(text),
                expected,
                "{pattern} against {text}"
            );
        }
    }

    #[test]
    fn many_stars_take_no_exponential_time() {
        let pattern = "*a".repeat(50) + "b";
        assert!(!Wildcard::new(&pattern).matches(&"a".repeat(5_000)));
    }
}
