//! Elementwise functions: values and local derivatives, side by side.
//!
//! The program knows no error values. A result that a spreadsheet would call
//! an error is not finite, and where there is a choice it is NaN, which every
//! later operation hands on: a division by zero, a logarithm of zero, `0^0`.

use super::special;
use crate::program::builder::{Binary, Builder, Node, Unary};
use crate::program::gradient::Unsupported;

impl Unary {
    /// The function's value.
    pub fn apply(self, x: f64) -> f64 {
        match self {
            Unary::Neg => -x,
            Unary::Abs => x.abs(),
            Unary::Sign => {
                if x > 0.0 {
                    1.0
                } else if x < 0.0 {
                    -1.0
                } else {
                    x * 0.0
                }
            }
            Unary::Sqrt => x.sqrt(),
            Unary::Exp => x.exp(),
            Unary::Ln => positive(x, f64::ln),
            Unary::Log10 => positive(x, f64::log10),
            Unary::Log2 => positive(x, f64::log2),
            Unary::Exp2 => x.exp2(),
            Unary::Expm1 => x.exp_m1(),
            Unary::Ln1p => {
                if x > -1.0 {
                    x.ln_1p()
                } else {
                    f64::NAN
                }
            }
            Unary::Sin => x.sin(),
            Unary::Cos => x.cos(),
            Unary::Tan => x.tan(),
            Unary::Asin => x.asin(),
            Unary::Acos => x.acos(),
            Unary::Atan => x.atan(),
            Unary::Sinh => x.sinh(),
            Unary::Cosh => x.cosh(),
            Unary::Tanh => x.tanh(),
            Unary::Asinh => x.asinh(),
            Unary::Acosh => x.acosh(),
            Unary::Atanh => {
                if x.abs() < 1.0 {
                    x.atanh()
                } else {
                    f64::NAN
                }
            }
            Unary::Floor => x.floor(),
            Unary::Ceil => x.ceil(),
            Unary::Trunc => x.trunc(),
            Unary::Round => x.round(),
            Unary::Erf => libm::erf(x),
            Unary::Erfc => libm::erfc(x),
            Unary::NormCdf => special::norm_cdf(x),
            Unary::NormQuantile => special::norm_quantile(x),
            Unary::LnGamma => special::ln_gamma(x),
            Unary::Digamma => special::digamma(x),
            Unary::Trigamma => special::trigamma(x),
            Unary::Gamma => special::gamma(x),
            Unary::IsFinite => f64::from(u8::from(x.is_finite())),
            Unary::Not => f64::from(u8::from(x == 0.0)) + x * 0.0,
        }
    }

    /// Whether a finite argument always has a finite value.
    pub(crate) fn keeps_finite(self) -> bool {
        matches!(
            self,
            Unary::Neg
                | Unary::Abs
                | Unary::Sign
                | Unary::Sin
                | Unary::Cos
                | Unary::Atan
                | Unary::Tanh
                | Unary::Floor
                | Unary::Ceil
                | Unary::Trunc
                | Unary::Round
                | Unary::Erf
                | Unary::Erfc
                | Unary::NormCdf
                | Unary::IsFinite
                | Unary::Not
        )
    }
}

fn positive(x: f64, f: impl Fn(f64) -> f64) -> f64 {
    if x > 0.0 { f(x) } else { f64::NAN }
}

/// 0, or NaN where an argument is not finite: added to a comparison so that
/// an error compared is an error.
#[inline(always)]
pub(crate) fn poison(a: f64, b: f64) -> f64 {
    a * 0.0 + b * 0.0
}

#[inline(always)]
fn truth(condition: bool) -> f64 {
    if condition { 1.0 } else { 0.0 }
}

impl Binary {
    /// The function's value.
    #[inline(always)]
    pub fn apply(self, a: f64, b: f64) -> f64 {
        match self {
            Binary::Add => a + b,
            Binary::Sub => a - b,
            Binary::Mul => a * b,
            Binary::Div => {
                if b == 0.0 {
                    f64::NAN
                } else {
                    a / b
                }
            }
            Binary::Pow => power(a, b),
            Binary::Atan2 => {
                if a == 0.0 && b == 0.0 {
                    f64::NAN
                } else {
                    a.atan2(b)
                }
            }
            Binary::Mod => modulo(a, b),
            Binary::Max => {
                if a >= b || a.is_nan() {
                    a
                } else {
                    b
                }
            }
            Binary::Min => {
                if a <= b || a.is_nan() {
                    a
                } else {
                    b
                }
            }
            Binary::Less => truth(a < b) + poison(a, b),
            Binary::LessEqual => truth(a <= b) + poison(a, b),
            Binary::Equal => truth(a == b) + poison(a, b),
            Binary::NotEqual => truth(a != b) + poison(a, b),
            Binary::And => truth(a != 0.0 && b != 0.0) + poison(a, b),
            Binary::Or => truth(a != 0.0 || b != 0.0) + poison(a, b),
            Binary::AbsorbingMul => absorbing_mul(a, b),
            Binary::PowSlope => {
                if b == 0.0 {
                    0.0
                } else if is_odd_root(a, b) {
                    b * (-a).powf(b - 1.0)
                } else {
                    b * a.powf(b - 1.0)
                }
            }
            Binary::PowLog => {
                if a == 0.0 && b > 0.0 {
                    0.0
                } else {
                    a.powf(b) * a.ln()
                }
            }
        }
    }
}

/// `a * b`, but 0 wherever `a` is 0, even against infinity and NaN.
#[inline(always)]
pub(crate) fn absorbing_mul(a: f64, b: f64) -> f64 {
    if a == 0.0 { 0.0 } else { a * b }
}

/// Whether `a^b` is a negative number's real odd root: `b` is the number
/// nearest 1/3, -1/5 and so on (or 1 or -1).
fn is_odd_root(a: f64, b: f64) -> bool {
    if a >= 0.0 {
        return false;
    }
    let root = (1.0 / b).round();
    (root % 2.0).abs() == 1.0 && 1.0 / root == b
}

/// `a - b floor(a/b)` without its rounding errors, as Excel has it: NaN where
/// the quotient is so large that its units are lost.
fn modulo(a: f64, b: f64) -> f64 {
    const MOST: f64 = 1_125_900_000_000.0 * 1024.0;
    let quotient = (a / b).floor();
    // NaN is not within either.
    let within = quotient.abs() < MOST;
    if !within {
        return f64::NAN;
    }
    let rest = a % b;
    if rest != 0.0 && (rest < 0.0) != (b < 0.0) {
        rest + b
    } else {
        rest
    }
}

/// Excel's `^`.
fn power(a: f64, b: f64) -> f64 {
    if a == 0.0 && b <= 0.0 {
        f64::NAN
    } else if b == 2.0 {
        a * a
    } else if is_odd_root(a, b) {
        -(-a).powf(b)
    } else {
        a.powf(b)
    }
}

/// `condition ? then : otherwise`; NaN where the condition is not finite.
#[inline(always)]
pub(crate) fn select(condition: f64, then: f64, otherwise: f64) -> f64 {
    let picked = if condition != 0.0 { then } else { otherwise };
    if condition * 0.0 == 0.0 {
        picked
    } else {
        f64::NAN
    }
}

/// The derivative of `y = op(x)` as a node; `None` where it is zero
/// wherever it exists.
pub(crate) fn unary_slope(
    b: &mut Builder,
    op: Unary,
    x: Node,
    y: Node,
) -> Result<Option<Node>, Unsupported> {
    use Binary::{Div, Mul, Sub};
    let one = b.scalar(1.0);
    let slope = match op {
        Unary::Sign
        | Unary::Floor
        | Unary::Ceil
        | Unary::Trunc
        | Unary::Round
        | Unary::IsFinite
        | Unary::Not => return Ok(None),
        Unary::Neg => b.scalar(-1.0),
        Unary::Abs => b.unary(Unary::Sign, x),
        Unary::Sqrt => {
            let half = b.scalar(0.5);
            b.binary(Div, half, y)?
        }
        Unary::Exp => y,
        Unary::Ln => b.binary(Div, one, x)?,
        Unary::Log10 | Unary::Log2 => {
            let factor = if op == Unary::Log10 {
                std::f64::consts::LOG10_E
            } else {
                std::f64::consts::LOG2_E
            };
            let factor = b.scalar(factor);
            b.binary(Div, factor, x)?
        }
        Unary::Exp2 => {
            let factor = b.scalar(std::f64::consts::LN_2);
            b.binary(Mul, y, factor)?
        }
        Unary::Expm1 => b.unary(Unary::Exp, x),
        Unary::Ln1p => {
            let x1 = b.binary(Binary::Add, x, one)?;
            b.binary(Div, one, x1)?
        }
        Unary::Sin => b.unary(Unary::Cos, x),
        Unary::Cos => {
            let s = b.unary(Unary::Sin, x);
            b.unary(Unary::Neg, s)
        }
        Unary::Tan => {
            let square = b.binary(Mul, y, y)?;
            b.binary(Binary::Add, square, one)?
        }
        Unary::Asin | Unary::Acos => {
            let square = b.binary(Mul, x, x)?;
            let rest = b.binary(Sub, one, square)?;
            let root = b.unary(Unary::Sqrt, rest);
            let sign = b.scalar(if op == Unary::Asin { 1.0 } else { -1.0 });
            b.binary(Div, sign, root)?
        }
        Unary::Atan => {
            let square = b.binary(Mul, x, x)?;
            let sum = b.binary(Binary::Add, square, one)?;
            b.binary(Div, one, sum)?
        }
        Unary::Sinh => b.unary(Unary::Cosh, x),
        Unary::Cosh => b.unary(Unary::Sinh, x),
        Unary::Tanh => {
            let square = b.binary(Mul, y, y)?;
            b.binary(Sub, one, square)?
        }
        Unary::Asinh => {
            let square = b.binary(Mul, x, x)?;
            let sum = b.binary(Binary::Add, square, one)?;
            let root = b.unary(Unary::Sqrt, sum);
            b.binary(Div, one, root)?
        }
        Unary::Acosh => {
            let square = b.binary(Mul, x, x)?;
            let difference = b.binary(Sub, square, one)?;
            let root = b.unary(Unary::Sqrt, difference);
            b.binary(Div, one, root)?
        }
        Unary::Atanh => {
            let square = b.binary(Mul, x, x)?;
            let difference = b.binary(Sub, one, square)?;
            b.binary(Div, one, difference)?
        }
        Unary::Erf | Unary::Erfc => {
            let factor = std::f64::consts::FRAC_2_SQRT_PI;
            let density = gaussian(b, x, 1.0)?;
            let factor = b.scalar(if op == Unary::Erf { factor } else { -factor });
            b.binary(Mul, density, factor)?
        }
        Unary::NormCdf => normal_density(b, x)?,
        Unary::NormQuantile => {
            let density = normal_density(b, y)?;
            b.binary(Div, one, density)?
        }
        Unary::LnGamma => b.unary(Unary::Digamma, x),
        Unary::Digamma => b.unary(Unary::Trigamma, x),
        Unary::Gamma => {
            let psi = b.unary(Unary::Digamma, x);
            b.binary(Mul, y, psi)?
        }
        Unary::Trigamma => return Err(Unsupported("the trigamma function")),
    };
    Ok(Some(slope))
}

/// exp(-scale x²)
fn gaussian(b: &mut Builder, x: Node, scale: f64) -> Result<Node, Unsupported> {
    let square = b.binary(Binary::Mul, x, x)?;
    let scale = b.scalar(-scale);
    let exponent = b.binary(Binary::Mul, square, scale)?;
    Ok(b.unary(Unary::Exp, exponent))
}

fn normal_density(b: &mut Builder, x: Node) -> Result<Node, Unsupported> {
    let shape = gaussian(b, x, 0.5)?;
    let norm = b.scalar(1.0 / (2.0 * std::f64::consts::PI).sqrt());
    Ok(b.binary(Binary::Mul, shape, norm)?)
}

/// How an adjoint passes to an operand of an elementwise function.
pub(crate) enum Local {
    /// It does not.
    Zero,
    /// As it is.
    One,
    /// Negated.
    MinusOne,
    /// Times this node.
    Times(Node),
    /// Where this node is 1, and nothing elsewhere.
    Where(Node),
}

/// The derivatives of `y = op(a, c)` with respect to `a` (`side` 0) or `c` (1).
pub(crate) fn binary_slope(
    b: &mut Builder,
    op: Binary,
    side: usize,
    (a, c, y): (Node, Node, Node),
) -> Result<Local, Unsupported> {
    use Local::{MinusOne, One, Times, Where, Zero};
    let first = side == 0;
    Ok(match op {
        Binary::Add => One,
        Binary::Sub => {
            if first {
                One
            } else {
                MinusOne
            }
        }
        Binary::Mul => Times(if first { c } else { a }),
        Binary::Div => {
            let one = b.scalar(1.0);
            let reciprocal = b.binary(Binary::Div, one, c)?;
            if first {
                Times(reciprocal)
            } else {
                let quotient = b.binary(Binary::Mul, y, reciprocal)?;
                Times(b.unary(Unary::Neg, quotient))
            }
        }
        Binary::Pow => Times(b.binary(
            if first {
                Binary::PowSlope
            } else {
                Binary::PowLog
            },
            a,
            c,
        )?),
        Binary::Atan2 => {
            // y = atan2(a, c): (c da - a dc) / (a² + c²)
            let aa = b.binary(Binary::Mul, a, a)?;
            let cc = b.binary(Binary::Mul, c, c)?;
            let norm = b.binary(Binary::Add, aa, cc)?;
            let top = if first { c } else { b.unary(Unary::Neg, a) };
            Times(b.binary(Binary::Div, top, norm)?)
        }
        Binary::Mod => {
            if first {
                One
            } else {
                // The whole quotient that was taken off: `a / c` may round past it.
                let multiple = b.binary(Binary::Sub, a, y)?;
                let quotient = b.binary(Binary::Div, multiple, c)?;
                let quotient = b.unary(Unary::Round, quotient);
                Times(b.unary(Unary::Neg, quotient))
            }
        }
        Binary::Max | Binary::Min => {
            let (low, high) = if op == Binary::Max { (c, a) } else { (a, c) };
            let first_taken = b.binary(Binary::LessEqual, low, high)?;
            Where(if first {
                first_taken
            } else {
                b.unary(Unary::Not, first_taken)
            })
        }
        Binary::Less
        | Binary::LessEqual
        | Binary::Equal
        | Binary::NotEqual
        | Binary::And
        | Binary::Or => Zero,
        Binary::AbsorbingMul => Times(if first { c } else { a }),
        Binary::PowSlope => {
            // c a^(c-1)
            let one = b.scalar(1.0);
            let lower = b.binary(Binary::Sub, c, one)?;
            Times(if first {
                // Where a is negative, c may name an odd root, but c - 1 does
                // not: there it is (c - 1) y / a.
                let zero = b.scalar(0.0);
                let negative = b.binary(Binary::Less, a, zero)?;
                let scaled = b.binary(Binary::Mul, lower, y)?;
                let quotient = b.binary(Binary::Div, scaled, a)?;
                let slope = b.binary(Binary::PowSlope, a, lower)?;
                let product = b.binary(Binary::Mul, c, slope)?;
                b.select(negative, quotient, product)?
            } else {
                let power = b.binary(Binary::Pow, a, lower)?;
                let log = b.binary(Binary::PowLog, a, lower)?;
                let scaled = b.binary(Binary::Mul, c, log)?;
                b.binary(Binary::Add, power, scaled)?
            })
        }
        Binary::PowLog => {
            // a^c ln a
            Times(if first {
                let slope = b.binary(Binary::PowSlope, a, c)?;
                let log = b.unary(Unary::Ln, a);
                let left = b.binary(Binary::Mul, slope, log)?;
                let one = b.scalar(1.0);
                let lower = b.binary(Binary::Sub, c, one)?;
                let right = b.binary(Binary::Pow, a, lower)?;
                b.binary(Binary::Add, left, right)?
            } else {
                let log = b.unary(Unary::Ln, a);
                b.binary(Binary::Mul, y, log)?
            })
        }
    })
}
