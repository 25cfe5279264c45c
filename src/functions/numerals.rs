//! Numbers in other bases and in Roman numerals.

use super::arguments::{Scalars, done, ensure};
use super::params::{optional, scalar};
use super::{Category, Function, ValueRule};
use crate::value::{ErrorKind, Value};

/// 2^53.
const EXACT: f64 = 9_007_199_254_740_992.0;
const DIGITS: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

fn base(args: &[Value]) -> Result<String, ErrorKind> {
    let number = args.whole(0)?;
    let radix = args.whole(1)?;
    let length = args.whole(2)?;
    ensure((0.0..EXACT).contains(&number), ErrorKind::Num)?;
    ensure((2.0..=36.0).contains(&radix), ErrorKind::Num)?;
    ensure((0.0..=255.0).contains(&length), ErrorKind::Num)?;
    let (mut rest, radix) = (number as u64, radix as u64);
    let mut digits = Vec::new();
    while rest > 0 || digits.is_empty() {
        digits.push(char::from(DIGITS[(rest % radix) as usize]));
        rest /= radix;
    }
    while digits.len() < length as usize {
        digits.push('0');
    }
    Ok(digits.into_iter().rev().collect())
}

fn decimal(args: &[Value]) -> Result<f64, ErrorKind> {
    let text = args.text(0)?;
    let radix = args.whole(1)?;
    ensure((2.0..=36.0).contains(&radix), ErrorKind::Num)?;
    ensure(text.chars().count() <= 255, ErrorKind::Value)?;
    let mut number = 0.0;
    for c in text.trim_start().chars() {
        match c.to_digit(36) {
            Some(digit) if f64::from(digit) < radix => number = number * radix + f64::from(digit),
            _ => return Err(ErrorKind::Num),
        }
    }
    Ok(number)
}

/// ROMAN's forms: each allows the subtractions of the one before and more,
/// down to the most concise, 4.
const ROMAN: [(u32, &str, u32); 25] = [
    (1000, "M", 0),
    (999, "IM", 4),
    (995, "VM", 3),
    (990, "XM", 2),
    (950, "LM", 1),
    (900, "CM", 0),
    (500, "D", 0),
    (499, "ID", 4),
    (495, "VD", 3),
    (490, "XD", 2),
    (450, "LD", 1),
    (400, "CD", 0),
    (100, "C", 0),
    (99, "IC", 2),
    (95, "VC", 1),
    (90, "XC", 0),
    (50, "L", 0),
    (49, "IL", 2),
    (45, "VL", 1),
    (40, "XL", 0),
    (10, "X", 0),
    (9, "IX", 0),
    (5, "V", 0),
    (4, "IV", 0),
    (1, "I", 0),
];

fn roman(args: &[Value]) -> Result<String, ErrorKind> {
    let number = args.whole(0)?;
    ensure((0.0..=3999.0).contains(&number), ErrorKind::Value)?;
    let form = match args.get(1) {
        Some(Value::Bool(classic)) => f64::from(u8::from(!*classic)) * 4.0,
        _ => args.whole(1)?,
    };
    ensure((0.0..=4.0).contains(&form), ErrorKind::Value)?;
    let mut rest = number as u32;
    let mut text = String::new();
    for (value, letters, since) in ROMAN {
        while since <= form as u32 && rest >= value {
            text.push_str(letters);
            rest -= value;
        }
    }
    Ok(text)
}

fn arabic(args: &[Value]) -> Result<f64, ErrorKind> {
    let text = args.text(0)?;
    let text = text.trim();
    ensure(text.len() <= 255, ErrorKind::Value)?;
    let (sign, letters) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text),
    };
    let mut values = Vec::new();
    for c in letters.chars() {
        values.push(match c.to_ascii_uppercase() {
            'I' => 1.0,
            'V' => 5.0,
            'X' => 10.0,
            'L' => 50.0,
            'C' => 100.0,
            'D' => 500.0,
            'M' => 1000.0,
            _ => return Err(ErrorKind::Value),
        });
    }
    let mut sum = 0.0;
    for (i, value) in values.iter().enumerate() {
        let subtracted = values.get(i + 1).is_some_and(|next| value < next);
        sum += if subtracted { -value } else { *value };
    }
    Ok(sign * sum)
}

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(
        Category::Math,
        "BASE",
        &[
            scalar("number"),
            scalar("radix"),
            optional(scalar("min_length")),
        ],
        "A number as text in another base, 2 to 36.",
        ValueRule::Scalar(|args, _| done(base(args).map(Value::text))),
    )
    .xlfn()
    .not_differentiable("its result is text"),
    Function::new(
        Category::Math,
        "DECIMAL",
        &[scalar("text").help("numerals of the base"), scalar("radix")],
        "The number that a text spells in another base, 2 to 36.",
        ValueRule::Scalar(|args, _| done(decimal(args))),
    )
    .xlfn()
    .not_differentiable("it reads text"),
    Function::new(
        Category::Math,
        "ROMAN",
        &[scalar("number"), optional(scalar("form"))],
        "A number up to 3999 in Roman numerals; form 0 is classic, 4 the most concise.",
        ValueRule::Scalar(|args, _| done(roman(args).map(Value::text))),
    )
    .not_differentiable("its result is text"),
    Function::new(
        Category::Math,
        "ARABIC",
        &[scalar("text").help("a Roman numeral")],
        "The number that Roman numerals spell.",
        ValueRule::Scalar(|args, _| done(arabic(args))),
    )
    .xlfn()
    .not_differentiable("it reads text"),
];

#[cfg(test)]
mod tests {
    use crate::functions::mock::Sheet;
    use crate::value::{ErrorKind, Value};

    #[test]
    fn numbers_are_spelled_and_read() {
        let mut sheet = Sheet::empty();
        for (formula, expected) in [
            ("BASE(7,2)", "111"),
            ("BASE(100,16)", "64"),
            ("BASE(15,2,10)", "0000001111"),
            ("BASE(0,36)", "0"),
            ("ROMAN(499,0)", "CDXCIX"),
            ("ROMAN(499,1)", "LDVLIV"),
            ("ROMAN(499,2)", "XDIX"),
            ("ROMAN(499,3)", "VDIV"),
            ("ROMAN(499,4)", "ID"),
            ("ROMAN(499,TRUE)", "CDXCIX"),
            ("ROMAN(499,FALSE)", "ID"),
            ("ROMAN(3999)", "MMMCMXCIX"),
            ("ROMAN(0)", ""),
        ] {
            assert_eq!(sheet.eval(formula), Value::text(expected), "{formula}");
        }
        for (formula, expected) in [
            ("DECIMAL(\"FF\",16)", 255.0),
            ("DECIMAL(\"zap\",36)", 45_745.0),
            ("DECIMAL(111,2)", 7.0),
            ("ARABIC(\"mcmxii\")", 1912.0),
            ("ARABIC(\"-LVII\")", -57.0),
            ("ARABIC(\"\")", 0.0),
        ] {
            assert_eq!(sheet.number(formula), expected, "{formula}");
        }
        assert_eq!(sheet.error("BASE(1,37)"), ErrorKind::Num);
        assert_eq!(sheet.error("DECIMAL(\"2\",2)"), ErrorKind::Num);
        assert_eq!(sheet.error("ROMAN(4000)"), ErrorKind::Value);
        assert_eq!(sheet.error("ARABIC(\"IZ\")"), ErrorKind::Value);
    }
}
