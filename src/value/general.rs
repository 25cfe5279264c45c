//! The General number format: as many digits as there is room for.

use super::coerce::significant_digits;
use super::format::decimal_digits;
use super::number_to_text;

/// The digits of General in TEXT and in a cell that is wide enough.
const GENERAL_WIDTH: usize = 11;

/// A number in the General format of TEXT: at most 11 characters beside the sign.
pub(super) fn general_of_text(x: f64) -> String {
    let sign = if x < 0.0 { "-" } else { "" };
    general_magnitude(x.abs(), GENERAL_WIDTH)
        .map_or_else(|| number_to_text(x), |text| format!("{sign}{text}"))
}

/// A number in the General format of a cell `width` characters wide, with as
/// many digits as fit; `None` where not even its exponent fits.
pub fn general(x: f64, width: usize) -> Option<String> {
    let sign = if x < 0.0 { "-" } else { "" };
    let width = width.checked_sub(sign.len())?.min(GENERAL_WIDTH);
    let text = general_magnitude(x.abs(), width)?;
    // What rounds to zero has no sign.
    let zero = !text.bytes().any(|b| matches!(b, b'1'..=b'9'));
    Some(if zero { text } else { format!("{sign}{text}") })
}

fn general_magnitude(x: f64, width: usize) -> Option<String> {
    if x == 0.0 {
        return (width > 0).then(|| "0".into());
    }
    let (digits, exponent) = significant_digits(x);
    let exact = number_to_text(x);
    let scientific = || {
        let exponent_text = |e: i32| format!("E{}{:02}", if e < 0 { '-' } else { '+' }, e.abs());
        let room = width.checked_sub(exponent_text(exponent).len())?;
        // One digit, or digits around a point.
        let decimals = match room {
            0 => return None,
            1 | 2 => 0,
            _ => (room - 2).min(5),
        };
        let text = format!("{x:.decimals$e}");
        let (mantissa, exponent) = text.split_once('e')?;
        let mantissa = if mantissa.contains('.') {
            mantissa.trim_end_matches('0').trim_end_matches('.')
        } else {
            mantissa
        };
        let text = format!("{mantissa}{}", exponent_text(exponent.parse().ok()?));
        (text.len() <= width).then_some(text)
    };
    if exponent >= 0 {
        let whole = exponent as usize + 1;
        if whole > width {
            return scientific();
        }
        let decimals = width.saturating_sub(whole + 1);
        let text = trimmed(x, decimals);
        // Rounding may have added a digit.
        return if text.len() <= width {
            Some(text)
        } else {
            scientific()
        };
    }
    let fits = !exact.contains('E') && exact.len() <= width;
    if exponent < -4 && !fits {
        return scientific();
    }
    let decimals = width.saturating_sub(2);
    let text = trimmed(x, decimals);
    let lost = text == "0" && digits.len() <= width;
    if lost {
        scientific().or(Some(text))
    } else {
        (text.len() <= width).then_some(text)
    }
}

/// With at most `decimals` decimals, of 15 significant digits.
fn trimmed(x: f64, decimals: usize) -> String {
    let (whole, fraction) = decimal_digits(x, 0, decimals);
    let whole = if whole.is_empty() { "0" } else { &whole };
    match fraction.trim_end_matches('0') {
        "" => whole.to_owned(),
        fraction => format!("{whole}.{fraction}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn general_takes_the_width_it_gets() {
        for (x, width, shown) in [
            (1e-7, 8, Some("1E-07")),
            (1.0 / 3.0, 8, Some("0.333333")),
            (-1.0 / 3.0, 8, Some("-0.33333")),
            (123_456_789.0, 8, Some("1.23E+08")),
            (12_345.678_9, 6, Some("12346")),
            (0.5, 1, Some("1")),
            (1e9, 4, None),
            (99_999.9, 5, Some("1E+05")),
        ] {
            assert_eq!(general(x, width).as_deref(), shown, "{x} in {width}");
        }
    }
}
