//! The normal and log-normal distributions, and what is computed from them.

use super::super::arguments::{analysis, numeric, require};
use super::super::params::{optional, scalar};
use super::super::special::{norm_cdf, norm_pdf, norm_quantile};
use super::super::term::{Term, elementwise};
use super::super::{Example, Function, LowerError, Lowered, Lowering, Param, ValueRule};
use super::{NOT_GIVEN, cumulative, distribution, entry, example, is_probability};
use crate::program::{Node, Unary};
use std::f64::consts::FRAC_1_SQRT_2;

const SQRT_2PI: f64 = 2.506_628_274_631_000_5;

/// The standard normal density of a term.
fn phi(z: Term) -> Term {
    (z.square() * -0.5).exp() * (1.0 / SQRT_2PI)
}

fn normal(lowering: &mut Lowering<'_>, args: &[Lowered]) -> Result<Node, LowerError> {
    let x = lowering.term(args, 0, None)?;
    let mean = lowering.term(args, 1, None)?;
    let sd = lowering.term(args, 2, None)?;
    let sd = lowering.share(sd.positive())?;
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

const NORMAL_VALUE: ValueRule = distribution!(|x, mean, sd| { require(sd > 0.0)? }
    norm_pdf((x - mean) / sd) / sd, norm_cdf((x - mean) / sd));

const NORMAL_INVERSE: &[Param] = &[
    scalar("probability"),
    scalar("mean"),
    scalar("standard_dev"),
];

const NORMAL_INVERSE_VALUE: ValueRule = numeric!(|p, mean, sd| {
    require(is_probability(p) && sd > 0.0)?;
    Ok(mean + sd * norm_quantile(p))
});

const LOGNORMAL: &[Param] = NORMAL;

const LOGNORMAL_VALUE: ValueRule = distribution!(|x, mean, sd| { require(x > 0.0 && sd > 0.0)? }
    norm_pdf((x.ln() - mean) / sd) / (sd * x), norm_cdf((x.ln() - mean) / sd));

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
    require(is_probability(alpha) && sd > 0.0 && size >= 1.0)?;
    Ok(-norm_quantile(0.5 * alpha) * sd / size.sqrt())
});

fn confidence(lowering: &mut Lowering<'_>, args: &[Lowered]) -> Result<Node, LowerError> {
    let alpha = lowering.term(args, 0, None)?;
    let sd = lowering.term(args, 1, None)?;
    let size = lowering.term(args, 2, None)?.apply(Unary::Trunc);
    lowering.build(-((alpha * 0.5).apply(Unary::NormQuantile) * sd.positive() / size.sqrt()))
}

pub(in crate::functions) const FUNCTIONS: &[Function] = &[
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
        |p, mean, sd| mean + sd.positive() * p.apply(Unary::NormQuantile)
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
        |p, mean, sd| mean + sd.positive() * p.apply(Unary::NormQuantile)
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
            require(is_probability(p))?;
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
            require(is_probability(p))?;
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
        numeric!(|z| Ok(0.5 * libm::erf(z * FRAC_1_SQRT_2))),
    )
    .xlfn()
    .smooth(elementwise!(|z| {
        (z * FRAC_1_SQRT_2).apply(Unary::Erf) * 0.5
    }))
    .examples(&[example("GAUSS(A1)", &[("A1", 0.7)])]),
    entry(
        "STANDARDIZE",
        &[
            scalar("x").help("the value to normalise"),
            scalar("mean"),
            scalar("standard_dev"),
        ],
        "How many standard deviations a number lies above the mean.",
        numeric!(|x, mean, sd| {
            require(sd > 0.0)?;
            Ok((x - mean) / sd)
        }),
    )
    .smooth(elementwise!(|x, mean, sd| (x - mean) / sd.positive()))
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
        let sd = lowering.share(sd.positive())?;
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
            require(x > 0.0 && sd > 0.0)?;
            Ok(norm_cdf((x.ln() - mean) / sd))
        }),
    )
    .smooth(elementwise!(|x, mean, sd| ((x.ln() - mean)
        / sd.positive())
    .apply(Unary::NormCdf)))
    .examples(&[example(
        "LOGNORMDIST(A1,B1,C1)",
        &[("A1", 4.0), ("B1", 3.5), ("C1", 1.2)],
    )]),
    entry(
        "LOGNORM.INV",
        NORMAL_INVERSE,
        "The number below which a log-normal variable lies with a given probability.",
        numeric!(|p, mean, sd| {
            require(is_probability(p) && sd > 0.0)?;
            Ok((mean + sd * norm_quantile(p)).exp())
        }),
    )
    .xlfn()
    .smooth(elementwise!(|p, mean, sd| (mean
        + sd.positive() * p.apply(Unary::NormQuantile))
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
            require(is_probability(p) && sd > 0.0)?;
            Ok((mean + sd * norm_quantile(p)).exp())
        }),
    )
    .smooth(elementwise!(|p, mean, sd| (mean
        + sd.positive() * p.apply(Unary::NormQuantile))
    .exp()))
    .examples(&[example(
        "LOGINV(A1,B1,C1)",
        &[("A1", 0.3), ("B1", 0.4), ("C1", 0.8)],
    )]),
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
            require(x > -1.0 && x < 1.0)?;
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
        &[
            scalar("alpha").help("1 less the confidence: 0.05 for 95 %"),
            scalar("standard_dev"),
            scalar("size"),
        ],
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
        &[
            scalar("alpha").help("1 less the confidence: 0.05 for 95 %"),
            scalar("standard_dev"),
            scalar("size"),
        ],
        "Half the width of a confidence interval for a mean, by the name of older versions.",
        CONFIDENCE_VALUE,
    )
    .smooth(confidence)
    .examples(&[example(
        "CONFIDENCE(A1,B1,50)",
        &[("A1", 0.05), ("B1", 2.5)],
    )]),
];
