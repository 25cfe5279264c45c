//! Probability distributions: densities, cumulative probabilities, inverses.

use super::args::{Numbers, analysis, ensure, numeric, outcome};
use super::params::{optional, scalar};
use super::special::{
    binomial_pmf, gamma, incomplete_beta, incomplete_gamma, ln_gamma, norm_cdf, norm_pdf,
    norm_quantile, poisson_pmf, solve_increasing,
};
use super::term::{Term, elementwise};
use super::{Category, Example, Function, LowerError, Lowered, Lowering, Param, ValueRule};
use crate::program::{Node, Unary};
use crate::value::{ErrorKind, Value};
use std::f64::consts::PI;

const fn entry(
    name: &'static str,
    params: &'static [Param],
    help: &'static str,
    value: ValueRule,
) -> Function {
    Function::new(Category::Statistical, name, params, help, value).not_differentiable(NO_RULE)
}

const NO_RULE: &str = "the derivative of this distribution is not known to the program";
const COUNTS: &str = "it counts in integers";

const fn example(formula: &'static str, cells: &'static [(&'static str, f64)]) -> Example {
    Example { formula, cells }
}

/// The value rule of a distribution whose last argument asks for the
/// cumulative probability: `distribution!(|x, mean| density, cumulative)`.
macro_rules! distribution {
    (|$($name:ident),+| $check:block $density:expr, $cumulative:expr) => {
        ValueRule::Scalar(|args, _| {
            let Some((last, numbers)) = args.split_last() else {
                return Value::Error(ErrorKind::Value);
            };
            outcome(numbers, |numbers| {
                $(let $name = numbers.next(None)?;)+
                let cumulative = last.to_bool()?;
                $check
                Ok(if cumulative { $cumulative } else { $density })
            })
        })
    };
}

/// Which of the two a call asks for, where the flag is constant.
fn cumulative(lowering: &Lowering<'_>, args: &[Lowered], index: usize) -> Result<bool, LowerError> {
    Ok(lowering.fixed_number(args, index, 0.0, "flag for the cumulative form")? != 0.0)
}

fn num(condition: bool) -> Result<(), ErrorKind> {
    ensure(condition, ErrorKind::Num)
}

fn is_probability(p: f64) -> bool {
    p > 0.0 && p < 1.0
}

/// The default of an argument whose absence means something else than a number.
const NOT_GIVEN: f64 = f64::NAN;

const SQRT_2PI: f64 = 2.506_628_274_631_000_5;

/// The standard normal density of a term.
fn phi(z: Term) -> Term {
    (z.square() * -0.5).exp() * (1.0 / SQRT_2PI)
}

// ---- normal ----

fn normal(lowering: &mut Lowering<'_>, args: &[Lowered]) -> Result<Node, LowerError> {
    let x = lowering.term(args, 0, None)?;
    let mean = lowering.term(args, 1, None)?;
    let sd = lowering.term(args, 2, None)?;
    let z = lowering.share((x - mean) / sd.clone())?;
    if cumulative(lowering, args, 3)? {
        lowering.build(z.apply(Unary::NormCdf))
    } else {
        lowering.build(phi(z) / sd)
    }
}

const NORMAL: &[Param] = &[
    scalar("x"),
    scalar("mean"),
    scalar("standard_dev"),
    scalar("cumulative"),
];
const NORMAL_VALUE: ValueRule = distribution!(|x, mean, sd| { num(sd > 0.0)? }
    norm_pdf((x - mean) / sd) / sd, norm_cdf((x - mean) / sd));
const NORMAL_INVERSE: &[Param] = &[
    scalar("probability"),
    scalar("mean"),
    scalar("standard_dev"),
];
const NORMAL_INVERSE_VALUE: ValueRule = numeric!(|p, mean, sd| {
    num(is_probability(p) && sd > 0.0)?;
    Ok(mean + sd * norm_quantile(p))
});

// ---- log-normal ----

const LOGNORMAL: &[Param] = NORMAL;
const LOGNORMAL_VALUE: ValueRule = distribution!(|x, mean, sd| { num(x > 0.0 && sd > 0.0)? }
    norm_pdf((x.ln() - mean) / sd) / (sd * x), norm_cdf((x.ln() - mean) / sd));

// ---- Student's t ----

/// P(T > t) for t ≥ 0.
pub(super) fn t_tail(t: f64, df: f64) -> f64 {
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

// ---- chi-squared and gamma ----

pub(super) fn chi_squared_tail(x: f64, df: f64) -> f64 {
    incomplete_gamma(0.5 * df, 0.5 * x).1
}

fn gamma_pdf(x: f64, shape: f64, scale: f64) -> f64 {
    let z = x / scale;
    if z == 0.0 {
        return match shape {
            s if s < 1.0 => f64::INFINITY,
            1.0 => 1.0 / scale,
            _ => 0.0,
        };
    }
    if shape >= 1.0 {
        poisson_pmf(shape - 1.0, z) / scale
    } else {
        poisson_pmf(shape, z) * shape / z / scale
    }
}

fn gamma_inverse(p: f64, shape: f64, scale: f64) -> f64 {
    if p == 0.0 {
        return 0.0;
    }
    let z = solve_increasing(0.0, f64::INFINITY, |z| {
        (incomplete_gamma(shape, z).0 - p, gamma_pdf(z, shape, 1.0))
    });
    z * scale
}

/// The x with upper tail `q`.
fn gamma_inverse_tail(q: f64, shape: f64, scale: f64) -> f64 {
    if q == 1.0 {
        return 0.0;
    }
    let z = solve_increasing(0.0, f64::INFINITY, |z| {
        (q - incomplete_gamma(shape, z).1, gamma_pdf(z, shape, 1.0))
    });
    z * scale
}

/// Gamma's density; the cumulative form has no rule.
fn gamma_density(lowering: &mut Lowering<'_>, args: &[Lowered]) -> Result<Node, LowerError> {
    if cumulative(lowering, args, 3)? {
        return Err(lowering.refuse("only its density has a derivative rule"));
    }
    let x = lowering.term(args, 0, None)?;
    let shape = lowering.term(args, 1, None)?;
    let scale = lowering.term(args, 2, None)?;
    let ln = (shape.clone() - 1.0) * x.clone().ln()
        - x / scale.clone()
        - shape.clone() * scale.ln()
        - shape.apply(Unary::LnGamma);
    lowering.build(ln.exp())
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
    let ln = x.clone().ln() * (half - 1.0) - x * 0.5;
    lowering.build((ln - (half * 2f64.ln() + ln_gamma(half))).exp())
}

// ---- F ----

/// P(F ≤ x) and P(F > x).
fn f_both(x: f64, df1: f64, df2: f64) -> (f64, f64) {
    if x <= 0.0 {
        return (0.0, 1.0);
    }
    let whole = df1 * x + df2;
    incomplete_beta(0.5 * df1, 0.5 * df2, df1 * x / whole, df2 / whole)
}

pub(super) fn f_tail(x: f64, df1: f64, df2: f64) -> f64 {
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

// ---- beta ----

/// The density at `x` of the interval from 0 to 1, where `y` is 1 - x.
fn beta_pdf(x: f64, y: f64, a: f64, b: f64) -> f64 {
    if x == 0.0 || y == 0.0 {
        let shape = if x == 0.0 { a } else { b };
        return match shape {
            s if s < 1.0 => f64::INFINITY,
            1.0 => (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b)).exp(),
            _ => 0.0,
        };
    }
    binomial_pmf(a, a + b, x, y) * a * b / (a + b) / (x * y)
}

/// Where `x` lies between the bounds, and how far it is from the upper one.
fn unit(x: f64, low: f64, high: f64) -> Result<(f64, f64), ErrorKind> {
    num(low <= x && x <= high && low < high)?;
    Ok(((x - low) / (high - low), (high - x) / (high - low)))
}

fn beta_inverse(p: f64, a: f64, b: f64) -> f64 {
    solve_increasing(0.0, 1.0, |x| {
        (
            incomplete_beta(a, b, x, 1.0 - x).0 - p,
            beta_pdf(x, 1.0 - x, a, b),
        )
    })
}

fn beta_density(lowering: &mut Lowering<'_>, args: &[Lowered]) -> Result<Node, LowerError> {
    if cumulative(lowering, args, 3)? {
        return Err(lowering.refuse("only its density has a derivative rule"));
    }
    let x = lowering.term(args, 0, None)?;
    let a = lowering.term(args, 1, None)?;
    let b = lowering.term(args, 2, None)?;
    let low = lowering.term(args, 4, Some(0.0))?;
    let high = lowering.term(args, 5, Some(1.0))?;
    let width = lowering.share(high.clone() - low.clone())?;
    let ln = (a.clone() - 1.0) * ((x.clone() - low) / width.clone()).ln()
        + (b.clone() - 1.0) * ((high - x) / width.clone()).ln()
        + (a.clone() + b.clone()).apply(Unary::LnGamma)
        - a.apply(Unary::LnGamma)
        - b.apply(Unary::LnGamma);
    lowering.build(ln.exp() / width)
}

fn beta_args(args: &mut Numbers<'_>) -> Result<[f64; 3], ErrorKind> {
    Ok([args.next(None)?, args.next(None)?, args.next(None)?])
}

const BETA: &[Param] = &[
    scalar("x"),
    scalar("alpha"),
    scalar("beta"),
    scalar("cumulative"),
    optional(scalar("A")),
    optional(scalar("B")),
];
const BETA_OLD: &[Param] = &[
    scalar("x"),
    scalar("alpha"),
    scalar("beta"),
    optional(scalar("A")),
    optional(scalar("B")),
];
const BETA_INVERSE: &[Param] = &[
    scalar("probability"),
    scalar("alpha"),
    scalar("beta"),
    optional(scalar("A")),
    optional(scalar("B")),
];
const BETA_INVERSE_VALUE: ValueRule = numeric!(|p, a, b, low = 0.0, high = 1.0| {
    num(a > 0.0 && b > 0.0 && p > 0.0 && p <= 1.0 && low < high)?;
    let x = if p == 1.0 { 1.0 } else { beta_inverse(p, a, b) };
    Ok(low + (high - low) * x)
});

// ---- discrete ----

/// Past 2^53 a number of trials is not exact.
const MOST_TRIALS: f64 = 9_007_199_254_740_992.0;

fn binomial_check(k: f64, n: f64, p: f64) -> Result<(), ErrorKind> {
    num(0.0 <= k && k <= n && n < MOST_TRIALS && (0.0..=1.0).contains(&p))
}

/// P(X ≤ k) of n trials.
fn binomial_cdf(k: f64, n: f64, p: f64) -> f64 {
    if k >= n {
        return 1.0;
    }
    incomplete_beta(n - k, k + 1.0, 1.0 - p, p).0
}

/// The smallest k with P(X ≤ k) ≥ alpha.
fn binomial_inverse(n: f64, p: f64, alpha: f64) -> f64 {
    let (mut low, mut high) = (-1.0, n);
    while high - low > 1.0 {
        let middle = f64::floor(0.5 * (low + high));
        if binomial_cdf(middle, n, p) >= alpha {
            high = middle;
        } else {
            low = middle;
        }
    }
    high
}

fn hypergeometric_pmf(k: f64, n: f64, successes: f64, population: f64) -> f64 {
    if k < f64::max(0.0, n + successes - population) || k > n.min(successes) {
        return 0.0;
    }
    if n == population {
        return f64::from(u8::from(k == successes));
    }
    let (p, q) = (n / population, (population - n) / population);
    binomial_pmf(k, successes, p, q) * binomial_pmf(n - k, population - successes, p, q)
        / binomial_pmf(n, population, p, q)
}

fn hypergeometric_check(k: f64, n: f64, successes: f64, population: f64) -> Result<(), ErrorKind> {
    num(k >= 0.0
        && k <= n.min(successes)
        && k >= n - population + successes
        && n > 0.0
        && n <= population
        && successes > 0.0
        && successes <= population
        && population > 0.0)
}

fn hypergeometric_cdf(k: f64, n: f64, successes: f64, population: f64) -> Result<f64, ErrorKind> {
    // A cumulative probability is summed: no more terms than a second takes.
    num(k < 1e7)?;
    let mut sum = 0.0;
    let mut i = f64::max(0.0, n + successes - population);
    while i <= k {
        sum += hypergeometric_pmf(i, n, successes, population);
        i += 1.0;
    }
    Ok(sum.min(1.0))
}

const BINOMIAL: &[Param] = &[
    scalar("number_s"),
    scalar("trials"),
    scalar("probability_s"),
    scalar("cumulative"),
];
const BINOMIAL_VALUE: ValueRule = distribution!(|k, n, p| {
        let (k, n) = (k.trunc(), n.trunc());
        binomial_check(k, n, p)?
    }
    binomial_pmf(k.trunc(), n.trunc(), p, 1.0 - p), binomial_cdf(k.trunc(), n.trunc(), p));
const BINOMIAL_INVERSE: &[Param] = &[scalar("trials"), scalar("probability_s"), scalar("alpha")];
const BINOMIAL_INVERSE_VALUE: ValueRule = numeric!(|n, p, alpha| {
    let n = n.trunc();
    num(n >= 0.0 && is_probability(p) && is_probability(alpha))?;
    Ok(binomial_inverse(n, p, alpha))
});
const POISSON: &[Param] = &[scalar("x"), scalar("mean"), scalar("cumulative")];
const POISSON_VALUE: ValueRule = distribution!(|x, mean| { num(x.trunc() >= 0.0 && mean >= 0.0)? }
    poisson_pmf(x.trunc(), mean), incomplete_gamma(x.trunc() + 1.0, mean).1);

/// Poisson's probabilities depend smoothly on the mean.
fn poisson(lowering: &mut Lowering<'_>, args: &[Lowered]) -> Result<Node, LowerError> {
    if cumulative(lowering, args, 2)? {
        return Err(lowering.refuse("only its single probabilities have a derivative rule"));
    }
    let x = lowering.share(lowering.term(args, 0, None)?.apply(Unary::Trunc))?;
    let mean = lowering.term(args, 1, None)?;
    let ln = x.clone() * mean.clone().ln() - mean - (x + 1.0).apply(Unary::LnGamma);
    lowering.build(ln.exp())
}

/// So do binomial probabilities on that of a success.
fn binomial(lowering: &mut Lowering<'_>, args: &[Lowered]) -> Result<Node, LowerError> {
    if cumulative(lowering, args, 3)? {
        return Err(lowering.refuse("only its single probabilities have a derivative rule"));
    }
    let k = lowering.share(lowering.term(args, 0, None)?.apply(Unary::Trunc))?;
    let n = lowering.share(lowering.term(args, 1, None)?.apply(Unary::Trunc))?;
    let p = lowering.term(args, 2, None)?;
    let ways = (n.clone() + 1.0).apply(Unary::LnGamma)
        - (k.clone() + 1.0).apply(Unary::LnGamma)
        - (n.clone() - k.clone() + 1.0).apply(Unary::LnGamma);
    let ln = ways + k.clone() * p.clone().ln() + (n - k) * (-p).apply(Unary::Ln1p);
    lowering.build(ln.exp())
}

// ---- exponential, Weibull ----

const EXPONENTIAL: &[Param] = &[scalar("x"), scalar("lambda"), scalar("cumulative")];
const EXPONENTIAL_VALUE: ValueRule = distribution!(|x, rate| { num(x >= 0.0 && rate > 0.0)? }
    rate * (-rate * x).exp(), -(-rate * x).exp_m1());

fn exponential(lowering: &mut Lowering<'_>, args: &[Lowered]) -> Result<Node, LowerError> {
    let x = lowering.term(args, 0, None)?;
    let rate = lowering.term(args, 1, None)?;
    let exponent = -(rate.clone() * x);
    if cumulative(lowering, args, 2)? {
        lowering.build(-exponent.apply(Unary::Expm1))
    } else {
        lowering.build(rate * exponent.exp())
    }
}

const WEIBULL: &[Param] = &[
    scalar("x"),
    scalar("alpha"),
    scalar("beta"),
    scalar("cumulative"),
];
const WEIBULL_VALUE: ValueRule = distribution!(|x, shape, scale| {
        num(x >= 0.0 && shape > 0.0 && scale > 0.0)?
    }
    shape / scale * (x / scale).powf(shape - 1.0) * (-(x / scale).powf(shape)).exp(),
    -(-(x / scale).powf(shape)).exp_m1());

fn weibull(lowering: &mut Lowering<'_>, args: &[Lowered]) -> Result<Node, LowerError> {
    let x = lowering.term(args, 0, None)?;
    let shape = lowering.term(args, 1, None)?;
    let scale = lowering.term(args, 2, None)?;
    let z = lowering.share(x / scale.clone())?;
    let exponent = -z.clone().pow(shape.clone());
    if cumulative(lowering, args, 3)? {
        lowering.build(-exponent.apply(Unary::Expm1))
    } else {
        lowering.build(shape.clone() / scale * z.pow(shape - 1.0) * exponent.exp())
    }
}

const GAMMA: &[Param] = WEIBULL;
const GAMMA_VALUE: ValueRule = distribution!(|x, shape, scale| {
        num(x >= 0.0 && shape > 0.0 && scale > 0.0)?
    }
    gamma_pdf(x, shape, scale), incomplete_gamma(shape, x / scale).0);
const GAMMA_INVERSE: &[Param] = &[scalar("probability"), scalar("alpha"), scalar("beta")];
const GAMMA_INVERSE_VALUE: ValueRule = numeric!(|p, shape, scale| {
    num((0.0..1.0).contains(&p) && shape > 0.0 && scale > 0.0)?;
    Ok(gamma_inverse(p, shape, scale))
});

/// Degrees of freedom, as Excel bounds them.
fn degrees(df: f64) -> Result<f64, ErrorKind> {
    let df = df.trunc();
    num((1.0..=1e10).contains(&df))?;
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
    num(p > 0.0 && p <= 1.0)?;
    Ok(t_from_tail(0.5 * p, df))
});
const CHI_TAIL_VALUE: ValueRule = numeric!(|x, df| {
    let df = degrees(df)?;
    num(x >= 0.0)?;
    Ok(chi_squared_tail(x, df))
});
const CHI_TAIL_INVERSE_VALUE: ValueRule = numeric!(|p, df| {
    let df = degrees(df)?;
    num(p > 0.0 && p <= 1.0)?;
    Ok(gamma_inverse_tail(p, 0.5 * df, 2.0))
});
const F_TAIL_VALUE: ValueRule = numeric!(|x, df1, df2| {
    let (df1, df2) = (degrees(df1)?, degrees(df2)?);
    num(x >= 0.0)?;
    Ok(f_tail(x, df1, df2))
});
const F_TAIL_INVERSE_VALUE: ValueRule = numeric!(|p, df1, df2| {
    let (df1, df2) = (degrees(df1)?, degrees(df2)?);
    num(p > 0.0 && p <= 1.0)?;
    Ok(f_inverse_tail(p, df1, df2))
});

pub(super) const FUNCTIONS: &[Function] = &[
    entry(
        "NORM.DIST",
        NORMAL,
        "The normal distribution: its cumulative probability, or its density.",
        NORMAL_VALUE,
    )
    .xlfn()
    .smooth(normal)
    .examples(NORMAL_EXAMPLES_NEW),
    entry(
        "NORMDIST",
        NORMAL,
        "The normal distribution, by the name of older versions.",
        NORMAL_VALUE,
    )
    .smooth(normal)
    .examples(&[example(
        "NORMDIST(A1,B1,C1,TRUE)",
        &[("A1", 1.3), ("B1", 0.4), ("C1", 2.0)],
    )]),
    entry(
        "NORM.S.DIST",
        &[scalar("z"), scalar("cumulative")],
        "The standard normal distribution: its cumulative probability, or its density.",
        distribution!(|z| {} norm_pdf(z), norm_cdf(z)),
    )
    .xlfn()
    .smooth(|lowering, args| {
        let z = lowering.term(args, 0, None)?;
        if cumulative(lowering, args, 1)? {
            lowering.build(z.apply(Unary::NormCdf))
        } else {
            lowering.build(phi(z))
        }
    })
    .examples(&[
        example("NORM.S.DIST(A1,TRUE)", &[("A1", 0.7)]),
        example("NORM.S.DIST(A1,FALSE)", &[("A1", 0.7)]),
    ]),
    entry(
        "NORMSDIST",
        &[scalar("z")],
        "The standard normal cumulative probability, by the name of older versions.",
        numeric!(|z| Ok(norm_cdf(z))),
    )
    .smooth(elementwise!(|z| z.apply(Unary::NormCdf)))
    .examples(&[example("NORMSDIST(A1)", &[("A1", 0.7)])]),
    entry(
        "NORM.INV",
        NORMAL_INVERSE,
        "The number below which a normal variable lies with a given probability.",
        NORMAL_INVERSE_VALUE,
    )
    .xlfn()
    .smooth(elementwise!(
        |p, mean, sd| mean + sd * p.apply(Unary::NormQuantile)
    ))
    .examples(&[example(
        "NORM.INV(A1,B1,C1)",
        &[("A1", 0.3), ("B1", 0.4), ("C1", 2.0)],
    )]),
    entry(
        "NORMINV",
        NORMAL_INVERSE,
        "The inverse of the normal distribution, by the name of older versions.",
        NORMAL_INVERSE_VALUE,
    )
    .smooth(elementwise!(
        |p, mean, sd| mean + sd * p.apply(Unary::NormQuantile)
    ))
    .examples(&[example(
        "NORMINV(A1,B1,C1)",
        &[("A1", 0.3), ("B1", 0.4), ("C1", 2.0)],
    )]),
    entry(
        "NORM.S.INV",
        &[scalar("probability")],
        "The number below which a standard normal variable lies with a given probability.",
        numeric!(|p| {
            num(is_probability(p))?;
            Ok(norm_quantile(p))
        }),
    )
    .xlfn()
    .smooth(elementwise!(|p| p.apply(Unary::NormQuantile)))
    .examples(&[example("NORM.S.INV(A1)", &[("A1", 0.3)])]),
    entry(
        "NORMSINV",
        &[scalar("probability")],
        "The inverse of the standard normal distribution, by the name of older versions.",
        numeric!(|p| {
            num(is_probability(p))?;
            Ok(norm_quantile(p))
        }),
    )
    .smooth(elementwise!(|p| p.apply(Unary::NormQuantile)))
    .examples(&[example("NORMSINV(A1)", &[("A1", 0.3)])]),
    entry(
        "PHI",
        &[scalar("x")],
        "The density of the standard normal distribution.",
        numeric!(|x| Ok(norm_pdf(x))),
    )
    .xlfn()
    .smooth(elementwise!(|x| phi(x)))
    .examples(&[example("PHI(A1)", &[("A1", 0.7)])]),
    entry(
        "GAUSS",
        &[scalar("z")],
        "The probability that a standard normal variable lies between 0 and z.",
        numeric!(|z| Ok(0.5 * libm::erf(z * std::f64::consts::FRAC_1_SQRT_2))),
    )
    .xlfn()
    .smooth(elementwise!(|z| {
        (z * std::f64::consts::FRAC_1_SQRT_2).apply(Unary::Erf) * 0.5
    }))
    .examples(&[example("GAUSS(A1)", &[("A1", 0.7)])]),
    entry(
        "STANDARDIZE",
        &[scalar("x"), scalar("mean"), scalar("standard_dev")],
        "How many standard deviations a number lies above the mean.",
        numeric!(|x, mean, sd| {
            num(sd > 0.0)?;
            Ok((x - mean) / sd)
        }),
    )
    .smooth(elementwise!(|x, mean, sd| (x - mean) / sd))
    .examples(&[example(
        "STANDARDIZE(A1,B1,C1)",
        &[("A1", 42.0), ("B1", 40.0), ("C1", 1.5)],
    )]),
    entry(
        "LOGNORM.DIST",
        LOGNORMAL,
        "The distribution of a number whose logarithm is normal.",
        LOGNORMAL_VALUE,
    )
    .xlfn()
    .smooth(|lowering, args| {
        let x = lowering.term(args, 0, None)?;
        let mean = lowering.term(args, 1, None)?;
        let sd = lowering.term(args, 2, None)?;
        let z = lowering.share((x.clone().ln() - mean) / sd.clone())?;
        if cumulative(lowering, args, 3)? {
            lowering.build(z.apply(Unary::NormCdf))
        } else {
            lowering.build(phi(z) / (sd * x))
        }
    })
    .examples(&[
        example(
            "LOGNORM.DIST(A1,B1,C1,TRUE)",
            &[("A1", 4.0), ("B1", 3.5), ("C1", 1.2)],
        ),
        example(
            "LOGNORM.DIST(A1,B1,C1,FALSE)",
            &[("A1", 4.0), ("B1", 3.5), ("C1", 1.2)],
        ),
    ]),
    entry(
        "LOGNORMDIST",
        &[scalar("x"), scalar("mean"), scalar("standard_dev")],
        "The cumulative log-normal distribution, by the name of older versions.",
        numeric!(|x, mean, sd| {
            num(x > 0.0 && sd > 0.0)?;
            Ok(norm_cdf((x.ln() - mean) / sd))
        }),
    )
    .smooth(elementwise!(
        |x, mean, sd| ((x.ln() - mean) / sd).apply(Unary::NormCdf)
    ))
    .examples(&[example(
        "LOGNORMDIST(A1,B1,C1)",
        &[("A1", 4.0), ("B1", 3.5), ("C1", 1.2)],
    )]),
    entry(
        "LOGNORM.INV",
        NORMAL_INVERSE,
        "The number below which a log-normal variable lies with a given probability.",
        numeric!(|p, mean, sd| {
            num(is_probability(p) && sd > 0.0)?;
            Ok((mean + sd * norm_quantile(p)).exp())
        }),
    )
    .xlfn()
    .smooth(elementwise!(|p, mean, sd| (mean
        + sd * p.apply(Unary::NormQuantile))
    .exp()))
    .examples(&[example(
        "LOGNORM.INV(A1,B1,C1)",
        &[("A1", 0.3), ("B1", 0.4), ("C1", 0.8)],
    )]),
    entry(
        "LOGINV",
        NORMAL_INVERSE,
        "The inverse of the log-normal distribution, by the name of older versions.",
        numeric!(|p, mean, sd| {
            num(is_probability(p) && sd > 0.0)?;
            Ok((mean + sd * norm_quantile(p)).exp())
        }),
    )
    .smooth(elementwise!(|p, mean, sd| (mean
        + sd * p.apply(Unary::NormQuantile))
    .exp()))
    .examples(&[example(
        "LOGINV(A1,B1,C1)",
        &[("A1", 0.3), ("B1", 0.4), ("C1", 0.8)],
    )]),
    entry(
        "EXPON.DIST",
        EXPONENTIAL,
        "The exponential distribution: its cumulative probability, or its density.",
        EXPONENTIAL_VALUE,
    )
    .xlfn()
    .smooth(exponential)
    .examples(&[
        example("EXPON.DIST(A1,B1,TRUE)", &[("A1", 0.4), ("B1", 3.0)]),
        example("EXPON.DIST(A1,B1,FALSE)", &[("A1", 0.4), ("B1", 3.0)]),
    ]),
    entry(
        "EXPONDIST",
        EXPONENTIAL,
        "The exponential distribution, by the name of older versions.",
        EXPONENTIAL_VALUE,
    )
    .smooth(exponential)
    .examples(&[example(
        "EXPONDIST(A1,B1,TRUE)",
        &[("A1", 0.4), ("B1", 3.0)],
    )]),
    entry(
        "WEIBULL.DIST",
        WEIBULL,
        "The Weibull distribution of shape alpha and scale beta.",
        WEIBULL_VALUE,
    )
    .xlfn()
    .smooth(weibull)
    .examples(&[
        example(
            "WEIBULL.DIST(A1,B1,C1,TRUE)",
            &[("A1", 1.2), ("B1", 2.5), ("C1", 1.5)],
        ),
        example(
            "WEIBULL.DIST(A1,B1,C1,FALSE)",
            &[("A1", 1.2), ("B1", 2.5), ("C1", 1.5)],
        ),
    ]),
    entry(
        "WEIBULL",
        WEIBULL,
        "The Weibull distribution, by the name of older versions.",
        WEIBULL_VALUE,
    )
    .smooth(weibull)
    .examples(&[example(
        "WEIBULL(A1,B1,C1,TRUE)",
        &[("A1", 1.2), ("B1", 2.5), ("C1", 1.5)],
    )]),
    entry(
        "GAMMA",
        &[scalar("x")],
        "The gamma function, (x-1)! for integers.",
        numeric!(|x| {
            num(x > 0.0 || x.fract() != 0.0)?;
            Ok(gamma(x))
        }),
    )
    .xlfn()
    .smooth(elementwise!(|x| x.apply(Unary::Gamma)))
    .examples(&[example("GAMMA(A1)", &[("A1", 2.5)])]),
    entry(
        "GAMMALN",
        &[scalar("x")],
        "The natural logarithm of the gamma function.",
        numeric!(|x| {
            num(x > 0.0)?;
            Ok(ln_gamma(x))
        }),
    )
    .smooth(elementwise!(|x| x.apply(Unary::LnGamma)))
    .examples(&[example("GAMMALN(A1)", &[("A1", 2.5)])]),
    entry(
        "GAMMALN.PRECISE",
        &[scalar("x")],
        "The natural logarithm of the gamma function.",
        numeric!(|x| {
            num(x > 0.0)?;
            Ok(ln_gamma(x))
        }),
    )
    .xlfn()
    .smooth(elementwise!(|x| x.apply(Unary::LnGamma)))
    .examples(&[example("GAMMALN.PRECISE(A1)", &[("A1", 2.5)])]),
    entry(
        "GAMMA.DIST",
        GAMMA,
        "The gamma distribution of shape alpha and scale beta.",
        GAMMA_VALUE,
    )
    .xlfn()
    .smooth(gamma_density)
    .examples(&[example(
        "GAMMA.DIST(A1,B1,C1,FALSE)",
        &[("A1", 3.0), ("B1", 2.5), ("C1", 1.5)],
    )]),
    entry(
        "GAMMADIST",
        GAMMA,
        "The gamma distribution, by the name of older versions.",
        GAMMA_VALUE,
    )
    .smooth(gamma_density)
    .examples(&[example(
        "GAMMADIST(A1,B1,C1,FALSE)",
        &[("A1", 3.0), ("B1", 2.5), ("C1", 1.5)],
    )]),
    entry(
        "GAMMA.INV",
        GAMMA_INVERSE,
        "The number below which a gamma variable lies with a given probability.",
        GAMMA_INVERSE_VALUE,
    )
    .xlfn(),
    entry(
        "GAMMAINV",
        GAMMA_INVERSE,
        "The inverse of the gamma distribution, by the name of older versions.",
        GAMMA_INVERSE_VALUE,
    ),
    entry(
        "BETA.DIST",
        BETA,
        "The beta distribution between A and B, 0 and 1 where left out.",
        ValueRule::Scalar(|args, _| {
            let cumulative = match args.get(3).map_or(Ok(false), Value::to_bool) {
                Ok(cumulative) => cumulative,
                Err(kind) => return Value::Error(kind),
            };
            outcome(args, |args| {
                let [x, a, b] = beta_args(args)?;
                args.next(None)?;
                let low = args.next(Some(0.0))?;
                let high = args.next(Some(1.0))?;
                num(a > 0.0 && b > 0.0)?;
                let (p, q) = unit(x, low, high)?;
                Ok(if cumulative {
                    incomplete_beta(a, b, p, q).0
                } else {
                    beta_pdf(p, q, a, b) / (high - low)
                })
            })
        }),
    )
    .xlfn()
    .smooth(beta_density)
    .examples(&[example(
        "BETA.DIST(A1,B1,C1,FALSE,0,2)",
        &[("A1", 0.6), ("B1", 2.5), ("C1", 1.5)],
    )]),
    entry(
        "BETADIST",
        BETA_OLD,
        "The cumulative beta distribution, by the name of older versions.",
        numeric!(|x, a, b, low = 0.0, high = 1.0| {
            num(a > 0.0 && b > 0.0)?;
            let (p, q) = unit(x, low, high)?;
            Ok(incomplete_beta(a, b, p, q).0)
        }),
    ),
    entry(
        "BETA.INV",
        BETA_INVERSE,
        "The number below which a beta variable lies with a given probability.",
        BETA_INVERSE_VALUE,
    )
    .xlfn(),
    entry(
        "BETAINV",
        BETA_INVERSE,
        "The inverse of the beta distribution, by the name of older versions.",
        BETA_INVERSE_VALUE,
    ),
    entry(
        "T.DIST",
        &[scalar("x"), scalar("deg_freedom"), scalar("cumulative")],
        "Student's t distribution: its cumulative probability, or its density.",
        distribution!(|t, df| { num(df.trunc() >= 1.0)? }
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
            num(t >= 0.0)?;
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
            num(t >= 0.0 && (tails == 1.0 || tails == 2.0))?;
            Ok(tails * t_tail(t, df))
        }),
    ),
    entry(
        "T.INV",
        INVERSE_DF,
        "The number below which a t variable lies with a given probability.",
        numeric!(|p, df| {
            let df = degrees(df)?;
            num(is_probability(p))?;
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
                num(x >= 0.0)?
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
            num((0.0..1.0).contains(&p))?;
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
                num(x >= 0.0)?
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
            num((0.0..1.0).contains(&p))?;
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
        "BINOM.DIST",
        BINOMIAL,
        "The probability of a number of successes, or of at most that many, in a number of trials.",
        BINOMIAL_VALUE,
    )
    .xlfn()
    .smooth(binomial)
    .examples(&[example("BINOM.DIST(6,10,A1,FALSE)", &[("A1", 0.4)])]),
    entry(
        "BINOMDIST",
        BINOMIAL,
        "The binomial distribution, by the name of older versions.",
        BINOMIAL_VALUE,
    )
    .smooth(binomial)
    .examples(&[example("BINOMDIST(6,10,A1,FALSE)", &[("A1", 0.4)])]),
    entry(
        "BINOM.DIST.RANGE",
        &[
            scalar("trials"),
            scalar("probability_s"),
            scalar("number_s"),
            optional(scalar("number_s2")),
        ],
        "The probability that the number of successes lies between two numbers.",
        numeric!(|n, p, from, to = NOT_GIVEN| {
            let (n, from) = (n.trunc(), from.trunc());
            let to = if to.is_nan() { from } else { to.trunc() };
            binomial_check(from, n, p)?;
            num(from <= to && to <= n)?;
            if from == to {
                return Ok(binomial_pmf(from, n, p, 1.0 - p));
            }
            let below = if from > 0.0 { binomial_cdf(from - 1.0, n, p) } else { 0.0 };
            Ok(binomial_cdf(to, n, p) - below)
        }),
    )
    .xlfn()
    .not_differentiable(COUNTS),
    entry(
        "BINOM.INV",
        BINOMIAL_INVERSE,
        "The smallest number of successes whose cumulative probability reaches alpha.",
        BINOMIAL_INVERSE_VALUE,
    )
    .xlfn()
    .not_differentiable(COUNTS),
    entry(
        "CRITBINOM",
        BINOMIAL_INVERSE,
        "The inverse of the binomial distribution, by the name of older versions.",
        BINOMIAL_INVERSE_VALUE,
    )
    .not_differentiable(COUNTS),
    entry(
        "NEGBINOM.DIST",
        &[
            scalar("number_f"),
            scalar("number_s"),
            scalar("probability_s"),
            scalar("cumulative"),
        ],
        "The probability of a number of failures before a number of successes.",
        distribution!(|failures, successes, p| {
                num(failures.trunc() >= 0.0 && successes.trunc() >= 1.0 && is_probability(p))?
            }
            negative_binomial_pmf(failures.trunc(), successes.trunc(), p),
            incomplete_beta(successes.trunc(), failures.trunc() + 1.0, p, 1.0 - p).0),
    )
    .xlfn(),
    entry(
        "NEGBINOMDIST",
        &[
            scalar("number_f"),
            scalar("number_s"),
            scalar("probability_s"),
        ],
        "The negative binomial distribution, by the name of older versions.",
        numeric!(|failures, successes, p| {
            let (failures, successes) = (failures.trunc(), successes.trunc());
            num(failures >= 0.0 && successes >= 1.0 && is_probability(p))?;
            Ok(negative_binomial_pmf(failures, successes, p))
        }),
    ),
    entry(
        "HYPGEOM.DIST",
        &[
            scalar("sample_s"),
            scalar("number_sample"),
            scalar("population_s"),
            scalar("number_pop"),
            scalar("cumulative"),
        ],
        "The probability of a number of successes in a sample from a finite population.",
        distribution!(|k, n, successes, population| {
                hypergeometric_check(k.trunc(), n.trunc(), successes.trunc(), population.trunc())?
            }
            hypergeometric_pmf(k.trunc(), n.trunc(), successes.trunc(), population.trunc()),
            hypergeometric_cdf(k.trunc(), n.trunc(), successes.trunc(), population.trunc())?),
    )
    .xlfn()
    .not_differentiable(COUNTS),
    entry(
        "HYPGEOMDIST",
        &[
            scalar("sample_s"),
            scalar("number_sample"),
            scalar("population_s"),
            scalar("number_pop"),
        ],
        "The hypergeometric distribution, by the name of older versions.",
        numeric!(|k, n, successes, population| {
            let (k, n) = (k.trunc(), n.trunc());
            let (successes, population) = (successes.trunc(), population.trunc());
            hypergeometric_check(k, n, successes, population)?;
            Ok(hypergeometric_pmf(k, n, successes, population))
        }),
    )
    .not_differentiable(COUNTS),
    entry(
        "POISSON.DIST",
        POISSON,
        "The probability of a number of events, or of at most that many, where a mean is expected.",
        POISSON_VALUE,
    )
    .xlfn()
    .smooth(poisson)
    .examples(&[example("POISSON.DIST(2,A1,FALSE)", &[("A1", 5.0)])]),
    entry(
        "POISSON",
        POISSON,
        "The Poisson distribution, by the name of older versions.",
        POISSON_VALUE,
    )
    .smooth(poisson)
    .examples(&[example("POISSON(2,A1,FALSE)", &[("A1", 5.0)])]),
    entry(
        "ERF",
        &[scalar("lower_limit"), optional(scalar("upper_limit"))],
        "The error function, between 0 and a limit or between two limits.",
        analysis!(|low, high = NOT_GIVEN| Ok(if high.is_nan() {
            libm::erf(low)
        } else {
            libm::erf(high) - libm::erf(low)
        })),
    )
    .smooth(|lowering, args| {
        let low = lowering.term(args, 0, None)?.apply(Unary::Erf);
        match lowering.written(args, 1) {
            None => lowering.build(low),
            Some(high) => {
                let high = Term::Node(high.node).apply(Unary::Erf);
                lowering.build(high - low)
            }
        }
    })
    .examples(&[
        example("ERF(A1)", &[("A1", 0.7)]),
        example("ERF(A1,B1)", &[("A1", 0.7), ("B1", 1.1)]),
    ]),
    entry(
        "ERF.PRECISE",
        &[scalar("x")],
        "The error function between 0 and x.",
        analysis!(|x| Ok(libm::erf(x))),
    )
    .xlfn()
    .smooth(elementwise!(|x| x.apply(Unary::Erf)))
    .examples(&[example("ERF.PRECISE(A1)", &[("A1", 0.7)])]),
    entry(
        "ERFC",
        &[scalar("x")],
        "The complement of the error function, 1-ERF.",
        analysis!(|x| Ok(libm::erfc(x))),
    )
    .smooth(elementwise!(|x| x.apply(Unary::Erfc)))
    .examples(&[example("ERFC(A1)", &[("A1", 0.7)])]),
    entry(
        "ERFC.PRECISE",
        &[scalar("x")],
        "The complement of the error function, 1-ERF.",
        analysis!(|x| Ok(libm::erfc(x))),
    )
    .xlfn()
    .smooth(elementwise!(|x| x.apply(Unary::Erfc)))
    .examples(&[example("ERFC.PRECISE(A1)", &[("A1", 0.7)])]),
    entry(
        "FISHER",
        &[scalar("x")],
        "The Fisher transformation of a correlation.",
        numeric!(|x| {
            num(x > -1.0 && x < 1.0)?;
            Ok(libm::atanh(x))
        }),
    )
    .smooth(elementwise!(|x| x.apply(Unary::Atanh)))
    .examples(&[example("FISHER(A1)", &[("A1", 0.6)])]),
    entry(
        "FISHERINV",
        &[scalar("y")],
        "The inverse of the Fisher transformation.",
        numeric!(|y| Ok(y.tanh())),
    )
    .smooth(elementwise!(|y| y.apply(Unary::Tanh)))
    .examples(&[example("FISHERINV(A1)", &[("A1", 0.6)])]),
    entry(
        "CONFIDENCE.NORM",
        &[scalar("alpha"), scalar("standard_dev"), scalar("size")],
        "Half the width of a confidence interval for a mean, by the normal distribution.",
        CONFIDENCE_VALUE,
    )
    .xlfn()
    .smooth(confidence)
    .examples(&[example(
        "CONFIDENCE.NORM(A1,B1,50)",
        &[("A1", 0.05), ("B1", 2.5)],
    )]),
    entry(
        "CONFIDENCE",
        &[scalar("alpha"), scalar("standard_dev"), scalar("size")],
        "Half the width of a confidence interval for a mean, by the name of older versions.",
        CONFIDENCE_VALUE,
    )
    .smooth(confidence)
    .examples(&[example(
        "CONFIDENCE(A1,B1,50)",
        &[("A1", 0.05), ("B1", 2.5)],
    )]),
    entry(
        "CONFIDENCE.T",
        &[scalar("alpha"), scalar("standard_dev"), scalar("size")],
        "Half the width of a confidence interval for a mean, by Student's t distribution.",
        numeric!(|alpha, sd, size| {
            let size = size.trunc();
            num(is_probability(alpha) && sd > 0.0 && size >= 1.0)?;
            ensure(size > 1.0, ErrorKind::Div0)?;
            Ok(t_from_tail(0.5 * alpha, size - 1.0) * sd / size.sqrt())
        }),
    )
    .xlfn(),
];

const NORMAL_EXAMPLES_NEW: &[Example] = &[
    example(
        "NORM.DIST(A1,B1,C1,TRUE)",
        &[("A1", 1.3), ("B1", 0.4), ("C1", 2.0)],
    ),
    example(
        "NORM.DIST(A1,B1,C1,FALSE)",
        &[("A1", 1.3), ("B1", 0.4), ("C1", 2.0)],
    ),
];

const CONFIDENCE_VALUE: ValueRule = numeric!(|alpha, sd, size| {
    let size = size.trunc();
    num(is_probability(alpha) && sd > 0.0 && size >= 1.0)?;
    Ok(-norm_quantile(0.5 * alpha) * sd / size.sqrt())
});

fn confidence(lowering: &mut Lowering<'_>, args: &[Lowered]) -> Result<Node, LowerError> {
    let alpha = lowering.term(args, 0, None)?;
    let sd = lowering.term(args, 1, None)?;
    let size = lowering.term(args, 2, None)?.apply(Unary::Trunc);
    lowering.build(-((alpha * 0.5).apply(Unary::NormQuantile) * sd / size.sqrt()))
}

/// A number of failures before `successes`.
fn negative_binomial_pmf(failures: f64, successes: f64, p: f64) -> f64 {
    successes / (failures + successes) * binomial_pmf(successes, failures + successes, p, 1.0 - p)
}

#[cfg(test)]
mod tests {
    use crate::functions::mock::Sheet;
    use crate::value::ErrorKind;

    /// Values of Microsoft's documentation, or of the closed form where it shows few digits.
    #[test]
    fn values_are_excels() {
        let mut sheet = Sheet::empty();
        for (formula, expected, tolerance) in [
            ("NORM.DIST(42,40,1.5,TRUE)", 0.908_788_780_274_132, 1e-12),
            ("NORM.DIST(42,40,1.5,FALSE)", 0.109_340_049_783_996, 1e-12),
            ("NORMDIST(42,40,1.5,TRUE)", 0.908_788_780_274_132, 1e-12),
            ("NORM.S.DIST(1.333333,TRUE)", 0.908_788_725_604_095, 1e-9),
            ("NORM.INV(0.908789,40,1.5)", 42.000_002, 1e-6),
            ("NORM.S.INV(0.975)", 1.959_963_984_540_054, 1e-13),
            ("PHI(0.75)", 0.301_137_432_154_804, 1e-12),
            ("GAUSS(2)", 0.477_249_868_051_821, 1e-12),
            ("STANDARDIZE(42,40,1.5)", 1.333_333_333_333_333, 1e-14),
            (
                "LOGNORM.DIST(4,3.5,1.2,TRUE)",
                0.039_083_555_706_800_5,
                1e-12,
            ),
            (
                "LOGNORM.DIST(4,3.5,1.2,FALSE)",
                0.017_617_596_681_819_2,
                1e-9,
            ),
            ("LOGNORM.INV(0.039084,3.5,1.2)", 4.000_025_2, 1e-6),
            ("EXPON.DIST(0.2,10,TRUE)", 0.864_664_716_763_387, 1e-12),
            ("EXPON.DIST(0.2,10,FALSE)", 1.353_352_832_366_127, 1e-12),
            (
                "WEIBULL.DIST(105,20,100,TRUE)",
                0.929_581_390_069_277,
                1e-12,
            ),
            (
                "WEIBULL.DIST(105,20,100,FALSE)",
                0.035_588_864_024_504,
                1e-11,
            ),
            ("GAMMA(2.5)", 1.329_340_388_179_137, 1e-13),
            ("GAMMALN(4)", 1.791_759_469_228_055, 1e-13),
            ("GAMMA.DIST(10.00001131,9,2,FALSE)", 0.032_639_130, 1e-7),
            ("GAMMA.DIST(10.00001131,9,2,TRUE)", 0.068_094_004, 1e-7),
            ("GAMMA.INV(0.068094,9,2)", 10.000_011_191_4, 1e-8),
            ("BETA.DIST(2,8,10,TRUE,1,3)", 0.685_470_581_054_688, 1e-12),
            ("BETA.DIST(2,8,10,FALSE,1,3)", 1.483_764_648_437_5, 1e-12),
            ("BETADIST(2,8,10,1,3)", 0.685_470_581_054_688, 1e-12),
            ("BETA.INV(0.685470581,8,10,1,3)", 2.0, 1e-9),
            ("T.DIST(60,1,TRUE)", 0.994_695_326_367_377, 1e-12),
            ("T.DIST(8,3,FALSE)", 0.000_736_906_520_895, 1e-9),
            ("T.DIST.2T(1.959999998,60)", 0.054_644_929_975_921, 1e-9),
            ("T.DIST.RT(1.959999998,60)", 0.027_322_464_987_960, 1e-9),
            ("TDIST(1.959999998,60,2)", 0.054_644_929_975_921, 1e-9),
            ("T.INV(0.75,2)", 0.816_496_580_927_726, 1e-12),
            ("T.INV.2T(0.546449,60)", 0.606_533_075_825_759, 1e-6),
            ("CHISQ.DIST(0.5,1,TRUE)", 0.520_499_877_813_047, 1e-12),
            ("CHISQ.DIST(2,3,FALSE)", 0.207_553_748_710_297, 1e-12),
            ("CHISQ.INV(0.93,1)", 3.283_020_286_759_54, 1e-10),
            ("CHISQ.INV(0.6,2)", 1.832_581_463_748_31, 1e-10),
            ("CHISQ.DIST.RT(18.307,10)", 0.050_000_589_1, 1e-8),
            ("CHISQ.INV.RT(0.050001,10)", 18.306_973_5, 1e-7),
            ("F.DIST(15.2069,6,4,TRUE)", 0.99, 1e-4),
            ("F.DIST(15.20686486,6,4,FALSE)", 0.001_223_799_6, 1e-7),
            ("F.INV(0.01,6,4)", 0.109_309_914, 1e-7),
            ("F.DIST.RT(15.20686486,6,4)", 0.01, 1e-7),
            ("F.INV.RT(0.01,6,4)", 15.206_864_86, 1e-8),
            ("BINOM.DIST(6,10,0.5,FALSE)", 0.205_078_125, 1e-12),
            ("BINOM.DIST(6,10,0.5,TRUE)", 0.828_125, 1e-12),
            ("BINOM.DIST.RANGE(60,0.75,48)", 0.083_974_967, 1e-7),
            ("BINOM.DIST.RANGE(60,0.75,45,50)", 0.523_629_793, 1e-7),
            ("BINOM.INV(6,0.5,0.75)", 4.0, 0.0),
            ("NEGBINOM.DIST(10,5,0.25,TRUE)", 0.313_514_058_1, 1e-8),
            ("NEGBINOM.DIST(10,5,0.25,FALSE)", 0.055_048_660_4, 1e-8),
            ("HYPGEOM.DIST(1,4,8,20,TRUE)", 0.465_428_276_6, 1e-9),
            ("HYPGEOM.DIST(1,4,8,20,FALSE)", 0.363_261_093_9, 1e-9),
            ("POISSON.DIST(2,5,TRUE)", 0.124_652_019_483_081, 1e-12),
            ("POISSON.DIST(2,5,FALSE)", 0.084_224_337_488_568, 1e-12),
            ("ERF(0.745)", 0.707_928_920_0, 1e-8),
            ("ERF(0.5,1)", 0.322_200_915_4, 1e-8),
            ("ERFC(1)", 0.157_299_207_050_285, 1e-12),
            ("FISHER(0.75)", 0.972_955_074_527_657, 1e-13),
            ("FISHERINV(0.972955)", 0.749_999_967, 1e-8),
            ("CONFIDENCE.NORM(0.05,2.5,50)", 0.692_951_912_174_839, 1e-12),
            ("CONFIDENCE.T(0.05,1,50)", 0.284_196_855_3, 1e-8),
        ] {
            let got = sheet.number(formula);
            assert!(
                (got - expected).abs() <= tolerance * expected.abs(),
                "{formula} is {got}, not {expected}"
            );
        }
    }

    #[test]
    fn inverses_invert_far_into_the_tails() {
        let mut sheet = Sheet::empty();
        for p in [1e-12, 1e-5, 0.2, 0.5, 0.9, 0.999_999] {
            for (inverse, direct) in [
                ("T.INV({},3)", "T.DIST({},3,TRUE)"),
                ("CHISQ.INV({},0.5)", ""),
                ("CHISQ.INV({},7)", "CHISQ.DIST({},7,TRUE)"),
                ("F.INV({},3,8)", "F.DIST({},3,8,TRUE)"),
                ("GAMMA.INV({},0.3,2)", "GAMMA.DIST({},0.3,2,TRUE)"),
                ("BETA.INV({},0.4,2)", "BETA.DIST({},0.4,2,TRUE)"),
                ("LOGNORM.INV({},1,2)", "LOGNORM.DIST({},1,2,TRUE)"),
            ] {
                if direct.is_empty() {
                    // Degrees of freedom below 1 are refused.
                    let formula = inverse.replace("{}", &p.to_string());
                    assert_eq!(sheet.error(&formula), ErrorKind::Num);
                    continue;
                }
                let x = sheet.number(&inverse.replace("{}", &p.to_string()));
                let back = sheet.number(&direct.replace("{}", &format!("{x:e}")));
                assert!(
                    (back - p).abs() <= 1e-10 * p,
                    "{inverse} at {p}: {x}, {back}"
                );
            }
        }
    }

    #[test]
    fn outside_of_their_domains_are_errors() {
        let mut sheet = Sheet::empty();
        for formula in [
            "NORM.DIST(1,0,0,TRUE)",
            "NORM.S.INV(0)",
            "NORM.S.INV(1)",
            "LOGNORM.DIST(0,1,1,TRUE)",
            "EXPON.DIST(-1,1,TRUE)",
            "GAMMA(0)",
            "GAMMA(-2)",
            "GAMMALN(0)",
            "T.INV(0,3)",
            "T.DIST.2T(-1,3)",
            "CHISQ.INV(1,3)",
            "BINOM.DIST(11,10,0.5,TRUE)",
            "POISSON.DIST(-1,2,TRUE)",
            "FISHER(1)",
            "CONFIDENCE.NORM(0,1,10)",
        ] {
            assert_eq!(sheet.error(formula), ErrorKind::Num, "{formula}");
        }
        assert_eq!(sheet.error("CONFIDENCE.T(0.05,1,1)"), ErrorKind::Div0);
    }
}
