//! The exponential, Weibull, gamma and beta distributions.

use super::super::arguments::{Scalars, done, numeric, require};
use super::super::params::{optional, scalar};
use super::super::special::{
    binomial_pmf, gamma, incomplete_beta, incomplete_gamma, ln_gamma, poisson_pmf, solve_increasing,
};
use super::super::term::{Term, elementwise};
use super::super::{Function, LowerError, Lowered, Lowering, Param, ValueRule};
use super::{cumulative, distribution, entry, example};
use crate::program::{Node, Unary};
use crate::value::ErrorKind;

pub(super) fn gamma_pdf(x: f64, shape: f64, scale: f64) -> f64 {
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

pub(super) fn gamma_inverse(p: f64, shape: f64, scale: f64) -> f64 {
    if p == 0.0 {
        return 0.0;
    }
    let z = solve_increasing(0.0, f64::INFINITY, |z| {
        (incomplete_gamma(shape, z).0 - p, gamma_pdf(z, shape, 1.0))
    });
    z * scale
}

/// The x with upper tail `q`.
pub(super) fn gamma_inverse_tail(q: f64, shape: f64, scale: f64) -> f64 {
    if q == 1.0 {
        return 0.0;
    }
    let z = solve_increasing(0.0, f64::INFINITY, |z| {
        (q - incomplete_gamma(shape, z).1, gamma_pdf(z, shape, 1.0))
    });
    z * scale
}

/// A density at the bound of its support, where its logarithm fails: 0 where
/// the shape is above 1; else Excel's value is an error or of no derivative.
pub(super) fn at_bound(shape: Term) -> Term {
    Term::Number(0.0).valid_where(Term::Number(1.0).less(shape))
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
        - x.clone() / scale.clone()
        - shape.clone() * scale.ln()
        - shape.clone().apply(Unary::LnGamma);
    lowering.build(ln.exp().when(x, at_bound(shape)))
}

/// The density at `x` of the interval from 0 to 1, where `y` is 1 - x.
pub(super) fn beta_pdf(x: f64, y: f64, a: f64, b: f64) -> f64 {
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
    require(low <= x && x <= high && low < high)?;
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
    let above = lowering.share((x.clone() - low) / width.clone())?;
    let below = lowering.share((high - x) / width.clone())?;
    let ln = (a.clone() - 1.0) * above.clone().ln()
        + (b.clone() - 1.0) * below.clone().ln()
        + (a.clone() + b.clone()).apply(Unary::LnGamma)
        - a.clone().apply(Unary::LnGamma)
        - b.clone().apply(Unary::LnGamma);
    let density = (ln.exp() / width).when(above, at_bound(a));
    lowering.build(density.when(below, at_bound(b)))
}

const BETA: &[Param] = &[
    scalar("x"),
    scalar("alpha"),
    scalar("beta").help("the second shape of the distribution"),
    scalar("cumulative"),
    optional(scalar("A")),
    optional(scalar("B")),
];

const BETA_OLD: &[Param] = &[
    scalar("x"),
    scalar("alpha"),
    scalar("beta").help("the second shape of the distribution"),
    optional(scalar("A")),
    optional(scalar("B")),
];

const BETA_INVERSE: &[Param] = &[
    scalar("probability"),
    scalar("alpha"),
    scalar("beta").help("the second shape of the distribution"),
    optional(scalar("A")),
    optional(scalar("B")),
];

const BETA_INVERSE_VALUE: ValueRule = numeric!(|p, a, b, low = 0.0, high = 1.0| {
    require(a > 0.0 && b > 0.0 && p > 0.0 && p <= 1.0 && low < high)?;
    let x = if p == 1.0 { 1.0 } else { beta_inverse(p, a, b) };
    Ok(low + (high - low) * x)
});

const EXPONENTIAL: &[Param] = &[scalar("x"), scalar("lambda"), scalar("cumulative")];

const EXPONENTIAL_VALUE: ValueRule = distribution!(|x, rate| { require(x >= 0.0 && rate > 0.0)? }
    rate * (-rate * x).exp(), -(-rate * x).exp_m1());

fn exponential(lowering: &mut Lowering<'_>, args: &[Lowered]) -> Result<Node, LowerError> {
    let x = lowering.term(args, 0, None)?;
    let rate = lowering.term(args, 1, None)?.positive();
    let rate = lowering.share(rate)?;
    let negative = x.clone().less(0.0);
    let x = Term::Number(f64::NAN).when(negative, x);
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
        require(x >= 0.0 && shape > 0.0 && scale > 0.0)?
    }
    shape / scale * (x / scale).powf(shape - 1.0) * (-(x / scale).powf(shape)).exp(),
    -(-(x / scale).powf(shape)).exp_m1());

fn weibull(lowering: &mut Lowering<'_>, args: &[Lowered]) -> Result<Node, LowerError> {
    let x = lowering.term(args, 0, None)?;
    let shape = lowering.term(args, 1, None)?;
    let scale = lowering.term(args, 2, None)?;
    let shape = lowering.share(shape.positive())?;
    let scale = lowering.share(scale.positive())?;
    let z = lowering.share(x / scale.clone())?;
    // A negative number to a broken power is NaN, as the distribution is there;
    // to a whole power it is not.
    let negative = z.clone().less(0.0);
    let z = lowering.share(Term::Number(f64::NAN).when(negative, z))?;
    let exponent = -z.clone().pow(shape.clone());
    if cumulative(lowering, args, 3)? {
        lowering.build(-exponent.apply(Unary::Expm1))
    } else {
        lowering.build(shape.clone() / scale * z.pow(shape - 1.0) * exponent.exp())
    }
}

const GAMMA: &[Param] = WEIBULL;

const GAMMA_VALUE: ValueRule = distribution!(|x, shape, scale| {
        require(x >= 0.0 && shape > 0.0 && scale > 0.0)?
    }
    gamma_pdf(x, shape, scale), incomplete_gamma(shape, x / scale).0);

const GAMMA_INVERSE: &[Param] = &[scalar("probability"), scalar("alpha"), scalar("beta")];

const GAMMA_INVERSE_VALUE: ValueRule = numeric!(|p, shape, scale| {
    require((0.0..1.0).contains(&p) && shape > 0.0 && scale > 0.0)?;
    Ok(gamma_inverse(p, shape, scale))
});

pub(in crate::functions) const FUNCTIONS: &[Function] = &[
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
            require(x > 0.0 || x.fract() != 0.0)?;
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
            require(x > 0.0)?;
            Ok(ln_gamma(x))
        }),
    )
    .smooth(elementwise!(|x| x.positive().apply(Unary::LnGamma)))
    .examples(&[example("GAMMALN(A1)", &[("A1", 2.5)])]),
    entry(
        "GAMMALN.PRECISE",
        &[scalar("x")],
        "The natural logarithm of the gamma function.",
        numeric!(|x| {
            require(x > 0.0)?;
            Ok(ln_gamma(x))
        }),
    )
    .xlfn()
    .smooth(elementwise!(|x| x.positive().apply(Unary::LnGamma)))
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
            let value = || -> Result<f64, ErrorKind> {
                let (x, a, b) = (args.number(0)?, args.number(1)?, args.number(2)?);
                let cumulative = args.flag_or(3, false)?;
                let (low, high) = (args.number(4)?, args.number_or(5, 1.0)?);
                require(a > 0.0 && b > 0.0)?;
                let (p, q) = unit(x, low, high)?;
                Ok(if cumulative {
                    incomplete_beta(a, b, p, q).0
                } else {
                    beta_pdf(p, q, a, b) / (high - low)
                })
            };
            done(value())
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
            require(a > 0.0 && b > 0.0)?;
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
];
