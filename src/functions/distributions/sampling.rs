//! The distributions of statistics of samples: Student's t, chi-squared, F.

use super::super::arguments::{ensure, numeric, require};
use super::super::params::scalar;
use super::super::special::{incomplete_beta, incomplete_gamma, ln_gamma, solve_increasing};
use super::super::term::Term;
use super::super::{Function, LowerError, Lowered, Lowering, Param, ValueRule};
use super::continuous::{at_bound, beta_pdf, gamma_inverse, gamma_inverse_tail, gamma_pdf};
use super::{cumulative, distribution, entry, example, is_probability};
use crate::program::Node;
use crate::value::ErrorKind;
use std::f64::consts::PI;

/// P(T > t) for t ≥ 0.
pub(in crate::functions) fn t_tail(t: f64, df: f64) -> f64 {
    let square = t * t;
    if square.is_infinite() {
        return 0.0;
    }
    let whole = df + square;
    0.5 * incomplete_beta(0.5 * df, 0.5, df / whole, square / whole).0
}

fn t_cdf(t: f64, df: f64) -> f64 {
    if t > 0.0 {
        1.0 - t_tail(t, df)
    } else {
        t_tail(-t, df)
    }
}

fn t_pdf(t: f64, df: f64) -> f64 {
    let ln = ln_gamma(0.5 * (df + 1.0))
        - ln_gamma(0.5 * df)
        - 0.5 * (df * PI).ln()
        - 0.5 * (df + 1.0) * (t * t / df).ln_1p();
    ln.exp()
}

/// The t ≥ 0 with P(T > t) = `tail`, 0 < tail ≤ 1/2.
fn t_from_tail(tail: f64, df: f64) -> f64 {
    if tail == 0.5 {
        return 0.0;
    }
    solve_increasing(0.0, f64::INFINITY, |t| (tail - t_tail(t, df), t_pdf(t, df)))
}

fn t_inverse(p: f64, df: f64) -> f64 {
    if p < 0.5 {
        -t_from_tail(p, df)
    } else {
        t_from_tail(1.0 - p, df)
    }
}

fn t_two_tailed(t: f64, df: f64) -> f64 {
    2.0 * t_tail(t.abs(), df)
}

fn t_density(lowering: &mut Lowering<'_>, args: &[Lowered]) -> Result<Node, LowerError> {
    if cumulative(lowering, args, 2)? {
        return Err(lowering.refuse("only its density has a derivative rule"));
    }
    let t = lowering.term(args, 0, None)?;
    let df = lowering
        .fixed_number(args, 1, 1.0, "degrees of freedom")?
        .trunc();
    let scale = ln_gamma(0.5 * (df + 1.0)) - ln_gamma(0.5 * df) - 0.5 * (df * PI).ln();
    let base = (t.square() / df + 1.0).ln();
    lowering.build((base * (-0.5 * (df + 1.0)) + scale).exp())
}

pub(in crate::functions) fn chi_squared_tail(x: f64, df: f64) -> f64 {
    incomplete_gamma(0.5 * df, 0.5 * x).1
}

fn chi_squared_density(lowering: &mut Lowering<'_>, args: &[Lowered]) -> Result<Node, LowerError> {
    if cumulative(lowering, args, 2)? {
        return Err(lowering.refuse("only its density has a derivative rule"));
    }
    let x = lowering.term(args, 0, None)?;
    let half = 0.5
        * lowering
            .fixed_number(args, 1, 1.0, "degrees of freedom")?
            .trunc();
    let ln = x.clone().ln() * (half - 1.0) - x.clone() * 0.5;
    let density = (ln - (half * 2f64.ln() + ln_gamma(half))).exp();
    lowering.build(density.when(x, at_bound(Term::Number(half))))
}

/// P(F ≤ x) and P(F > x).
fn f_both(x: f64, df1: f64, df2: f64) -> (f64, f64) {
    if x <= 0.0 {
        return (0.0, 1.0);
    }
    let whole = df1 * x + df2;
    incomplete_beta(0.5 * df1, 0.5 * df2, df1 * x / whole, df2 / whole)
}

pub(in crate::functions) fn f_tail(x: f64, df1: f64, df2: f64) -> f64 {
    f_both(x, df1, df2).1
}

fn f_pdf(x: f64, df1: f64, df2: f64) -> f64 {
    if x == 0.0 {
        return match df1 {
            d if d < 2.0 => f64::INFINITY,
            2.0 => 1.0,
            _ => 0.0,
        };
    }
    let whole = df1 * x + df2;
    let (p, q) = (df1 * x / whole, df2 / whole);
    // x^(a-1) y^(b-1) / B(a, b), times dp/dx = df1 df2 / whole^2.
    beta_pdf(p, q, 0.5 * df1, 0.5 * df2) * df1 * df2 / (whole * whole)
}

fn f_inverse(p: f64, df1: f64, df2: f64) -> f64 {
    if p == 0.0 {
        return 0.0;
    }
    solve_increasing(0.0, f64::INFINITY, |x| {
        (f_both(x, df1, df2).0 - p, f_pdf(x, df1, df2))
    })
}

fn f_inverse_tail(q: f64, df1: f64, df2: f64) -> f64 {
    if q == 1.0 {
        return 0.0;
    }
    solve_increasing(0.0, f64::INFINITY, |x| {
        (q - f_both(x, df1, df2).1, f_pdf(x, df1, df2))
    })
}

/// Degrees of freedom, as Excel bounds them.
fn degrees(df: f64) -> Result<f64, ErrorKind> {
    let df = df.trunc();
    require((1.0..=1e10).contains(&df))?;
    Ok(df)
}

const T: &[Param] = &[scalar("x"), scalar("deg_freedom")];

const CHI: &[Param] = &[scalar("x"), scalar("deg_freedom")];

const INVERSE_DF: &[Param] = &[scalar("probability"), scalar("deg_freedom")];

const F: &[Param] = &[scalar("x"), scalar("deg_freedom1"), scalar("deg_freedom2")];

const F_INVERSE: &[Param] = &[
    scalar("probability"),
    scalar("deg_freedom1"),
    scalar("deg_freedom2"),
];

const T_INVERSE_2T_VALUE: ValueRule = numeric!(|p, df| {
    let df = degrees(df)?;
    require(p > 0.0 && p <= 1.0)?;
    Ok(t_from_tail(0.5 * p, df))
});

const CHI_TAIL_VALUE: ValueRule = numeric!(|x, df| {
    let df = degrees(df)?;
    require(x >= 0.0)?;
    Ok(chi_squared_tail(x, df))
});

const CHI_TAIL_INVERSE_VALUE: ValueRule = numeric!(|p, df| {
    let df = degrees(df)?;
    require(p > 0.0 && p <= 1.0)?;
    Ok(gamma_inverse_tail(p, 0.5 * df, 2.0))
});

const F_TAIL_VALUE: ValueRule = numeric!(|x, df1, df2| {
    let (df1, df2) = (degrees(df1)?, degrees(df2)?);
    require(x >= 0.0)?;
    Ok(f_tail(x, df1, df2))
});

const F_TAIL_INVERSE_VALUE: ValueRule = numeric!(|p, df1, df2| {
    let (df1, df2) = (degrees(df1)?, degrees(df2)?);
    require(p > 0.0 && p <= 1.0)?;
    Ok(f_inverse_tail(p, df1, df2))
});

pub(in crate::functions) const FUNCTIONS: &[Function] = &[
    entry(
        "T.DIST",
        &[scalar("x"), scalar("deg_freedom"), scalar("cumulative")],
        "Student's t distribution: its cumulative probability, or its density.",
        distribution!(|t, df| { require(df.trunc() >= 1.0)? }
            t_pdf(t, df.trunc()), t_cdf(t, df.trunc())),
    )
    .xlfn()
    .smooth(t_density)
    .examples(&[example("T.DIST(A1,5,FALSE)", &[("A1", 1.2)])]),
    entry(
        "T.DIST.2T",
        T,
        "The probability that a t variable is further from 0 than x.",
        numeric!(|t, df| {
            let df = degrees(df)?;
            require(t >= 0.0)?;
            Ok(t_two_tailed(t, df))
        }),
    )
    .xlfn(),
    entry(
        "T.DIST.RT",
        T,
        "The probability that a t variable lies above x.",
        numeric!(|t, df| {
            let df = degrees(df)?;
            Ok(if t >= 0.0 {
                t_tail(t, df)
            } else {
                1.0 - t_tail(-t, df)
            })
        }),
    )
    .xlfn(),
    entry(
        "TDIST",
        &[scalar("x"), scalar("deg_freedom"), scalar("tails")],
        "The upper tail of Student's t distribution, or both tails.",
        numeric!(|t, df, tails| {
            let (df, tails) = (degrees(df)?, tails.trunc());
            require(t >= 0.0 && (tails == 1.0 || tails == 2.0))?;
            Ok(tails * t_tail(t, df))
        }),
    ),
    entry(
        "T.INV",
        INVERSE_DF,
        "The number below which a t variable lies with a given probability.",
        numeric!(|p, df| {
            let df = degrees(df)?;
            require(is_probability(p))?;
            Ok(t_inverse(p, df))
        }),
    )
    .xlfn(),
    entry(
        "T.INV.2T",
        INVERSE_DF,
        "The number that a t variable exceeds in size with a given probability.",
        T_INVERSE_2T_VALUE,
    )
    .xlfn(),
    entry(
        "TINV",
        INVERSE_DF,
        "The two-tailed inverse of Student's t distribution, by the name of older versions.",
        T_INVERSE_2T_VALUE,
    ),
    entry(
        "CHISQ.DIST",
        &[scalar("x"), scalar("deg_freedom"), scalar("cumulative")],
        "The chi-squared distribution: its cumulative probability, or its density.",
        distribution!(|x, df| {
                degrees(df)?;
                require(x >= 0.0)?
            }
            gamma_pdf(x, 0.5 * df.trunc(), 2.0),
            incomplete_gamma(0.5 * df.trunc(), 0.5 * x).0),
    )
    .xlfn()
    .smooth(chi_squared_density)
    .examples(&[example("CHISQ.DIST(A1,5,FALSE)", &[("A1", 1.2)])]),
    entry(
        "CHISQ.DIST.RT",
        CHI,
        "The probability that a chi-squared variable lies above x.",
        CHI_TAIL_VALUE,
    )
    .xlfn(),
    entry(
        "CHIDIST",
        CHI,
        "The upper tail of the chi-squared distribution, by the name of older versions.",
        CHI_TAIL_VALUE,
    ),
    entry(
        "CHISQ.INV",
        INVERSE_DF,
        "The number below which a chi-squared variable lies with a given probability.",
        numeric!(|p, df| {
            let df = degrees(df)?;
            require((0.0..1.0).contains(&p))?;
            Ok(gamma_inverse(p, 0.5 * df, 2.0))
        }),
    )
    .xlfn(),
    entry(
        "CHISQ.INV.RT",
        INVERSE_DF,
        "The number above which a chi-squared variable lies with a given probability.",
        CHI_TAIL_INVERSE_VALUE,
    )
    .xlfn(),
    entry(
        "CHIINV",
        INVERSE_DF,
        "The upper-tail inverse of the chi-squared distribution, by the name of older versions.",
        CHI_TAIL_INVERSE_VALUE,
    ),
    entry(
        "F.DIST",
        &[
            scalar("x"),
            scalar("deg_freedom1"),
            scalar("deg_freedom2"),
            scalar("cumulative"),
        ],
        "The F distribution: its cumulative probability, or its density.",
        distribution!(|x, df1, df2| {
                degrees(df1)?;
                degrees(df2)?;
                require(x >= 0.0)?
            }
            f_pdf(x, df1.trunc(), df2.trunc()),
            f_both(x, df1.trunc(), df2.trunc()).0),
    )
    .xlfn(),
    entry(
        "F.DIST.RT",
        F,
        "The probability that an F variable lies above x.",
        F_TAIL_VALUE,
    )
    .xlfn(),
    entry(
        "FDIST",
        F,
        "The upper tail of the F distribution, by the name of older versions.",
        F_TAIL_VALUE,
    ),
    entry(
        "F.INV",
        F_INVERSE,
        "The number below which an F variable lies with a given probability.",
        numeric!(|p, df1, df2| {
            let (df1, df2) = (degrees(df1)?, degrees(df2)?);
            require((0.0..1.0).contains(&p))?;
            Ok(f_inverse(p, df1, df2))
        }),
    )
    .xlfn(),
    entry(
        "F.INV.RT",
        F_INVERSE,
        "The number above which an F variable lies with a given probability.",
        F_TAIL_INVERSE_VALUE,
    )
    .xlfn(),
    entry(
        "FINV",
        F_INVERSE,
        "The upper-tail inverse of the F distribution, by the name of older versions.",
        F_TAIL_INVERSE_VALUE,
    ),
    entry(
        "CONFIDENCE.T",
        &[
            scalar("alpha").help("1 less the confidence: 0.05 for 95 %"),
            scalar("standard_dev"),
            scalar("size"),
        ],
        "Half the width of a confidence interval for a mean, by Student's t distribution.",
        numeric!(|alpha, sd, size| {
            let size = size.trunc();
            require(is_probability(alpha) && sd > 0.0 && size >= 1.0)?;
            ensure(size > 1.0, ErrorKind::Div0)?;
            Ok(t_from_tail(0.5 * alpha, size - 1.0) * sd / size.sqrt())
        }),
    )
    .xlfn(),
];
