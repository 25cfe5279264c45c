//! Distributions of counts: binomial, Poisson, negative binomial, hypergeometric.

use super::super::arguments::{numeric, require};
use super::super::params::{optional, scalar};
use super::super::special::{binomial_pmf, incomplete_beta, incomplete_gamma, poisson_pmf};
use super::super::{Function, LowerError, Lowered, Lowering, Param, ValueRule};
use super::{COUNTS, NOT_GIVEN, cumulative, distribution, entry, example, is_probability};
use crate::program::{Node, Unary};
use crate::value::ErrorKind;

/// Past 2^53 a number of trials is not exact.
const MOST_TRIALS: f64 = 9_007_199_254_740_992.0;

fn binomial_check(k: f64, n: f64, p: f64) -> Result<(), ErrorKind> {
    require(0.0 <= k && k <= n && n < MOST_TRIALS && (0.0..=1.0).contains(&p))
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
    require(
        k >= 0.0
            && k <= n.min(successes)
            && k >= n - population + successes
            && n > 0.0
            && n <= population
            && successes > 0.0
            && successes <= population
            && population > 0.0,
    )
}

fn hypergeometric_cdf(k: f64, n: f64, successes: f64, population: f64) -> Result<f64, ErrorKind> {
    // A cumulative probability is summed: no more terms than a second takes.
    require(k < 1e7)?;
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

const BINOMIAL_INVERSE: &[Param] = &[
    scalar("trials"),
    scalar("probability_s"),
    scalar("alpha").help("the probability to reach"),
];

const BINOMIAL_INVERSE_VALUE: ValueRule = numeric!(|n, p, alpha| {
    let n = n.trunc();
    require(n >= 0.0 && is_probability(p) && is_probability(alpha))?;
    Ok(binomial_inverse(n, p, alpha))
});

const POISSON: &[Param] = &[scalar("x"), scalar("mean"), scalar("cumulative")];

const POISSON_VALUE: ValueRule = distribution!(|x, mean| { require(x.trunc() >= 0.0 && mean >= 0.0)? }
    poisson_pmf(x.trunc(), mean), incomplete_gamma(x.trunc() + 1.0, mean).1);

/// Poisson's probabilities depend smoothly on the mean.
fn poisson(lowering: &mut Lowering<'_>, args: &[Lowered]) -> Result<Node, LowerError> {
    if cumulative(lowering, args, 2)? {
        return Err(lowering.refuse("only its single probabilities have a derivative rule"));
    }
    let x = lowering.share(lowering.term(args, 0, None)?.apply(Unary::Trunc))?;
    let mean = lowering.term(args, 1, None)?;
    let ln = x.clone() * mean.clone().ln() - mean.clone() - (x.clone() + 1.0).apply(Unary::LnGamma);
    // Where nothing is expected, nothing is certain.
    lowering.build(ln.exp().when(mean, x.apply(Unary::Not)))
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
    let q = lowering.share(1.0 - p.clone())?;
    let failures = n - k.clone();
    let ln = ways + k.clone() * p.clone().ln() + failures.clone() * (-p.clone()).apply(Unary::Ln1p);
    // Of impossible successes there are none, of certain ones no failures.
    let probability = ln.exp().when(p, k.apply(Unary::Not));
    lowering.build(probability.when(q, failures.apply(Unary::Not)))
}

/// A number of failures before `successes`.
fn negative_binomial_pmf(failures: f64, successes: f64, p: f64) -> f64 {
    successes / (failures + successes) * binomial_pmf(successes, failures + successes, p, 1.0 - p)
}

pub(in crate::functions) const FUNCTIONS: &[Function] = &[
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
            require(from <= to && to <= n)?;
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
                require(failures.trunc() >= 0.0 && successes.trunc() >= 1.0 && is_probability(p))?
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
            require(failures >= 0.0 && successes >= 1.0 && is_probability(p))?;
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
];
