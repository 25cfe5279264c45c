//! Special functions of one argument, for programs and for the values of
//! worksheet functions, so that both see the same digits.

use std::f64::consts::{FRAC_1_SQRT_2, PI, SQRT_2};

/// The standard normal density.
pub(crate) fn norm_pdf(x: f64) -> f64 {
    (-0.5 * x * x).exp() / (2.0 * PI).sqrt()
}

/// The standard normal distribution function.
pub(crate) fn norm_cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x * FRAC_1_SQRT_2)
}

/// Its inverse; NaN outside (0, 1). The inverse of erfc, then one step of
/// Halley's method against [`norm_cdf`].
pub(crate) fn norm_quantile(p: f64) -> f64 {
    if !(p > 0.0 && p < 1.0) {
        return f64::NAN;
    }
    // In the lower tail, where the distribution function has full relative precision.
    if p > 0.5 {
        return -norm_quantile_lower(1.0 - p);
    }
    norm_quantile_lower(p)
}

fn norm_quantile_lower(p: f64) -> f64 {
    let x = -SQRT_2 * statrs::function::erf::erfc_inv(2.0 * p);
    // The start is good to ten digits only.
    let step = (norm_cdf(x) - p) / norm_pdf(x);
    if step.is_finite() {
        x - step / (1.0 + 0.5 * x * step)
    } else {
        x
    }
}

/// ln Γ(x) for x > 0, NaN elsewhere.
pub(crate) fn ln_gamma(x: f64) -> f64 {
    if x > 0.0 { libm::lgamma(x) } else { f64::NAN }
}

/// Γ(x), NaN at its poles.
pub(crate) fn gamma(x: f64) -> f64 {
    if x <= 0.0 && x == x.floor() {
        f64::NAN
    } else {
        libm::tgamma(x)
    }
}

/// ψ(x) = d ln Γ(x) / dx: reflection, recurrence up to 10, then the asymptotic
/// series (Abramowitz and Stegun 6.3.7, 6.3.5, 6.3.18).
pub(crate) fn digamma(mut x: f64) -> f64 {
    if x <= 0.0 {
        if x == x.floor() {
            return f64::NAN;
        }
        return digamma(1.0 - x) - PI / (PI * x).tan();
    }
    let mut sum = 0.0;
    while x < 10.0 {
        sum -= 1.0 / x;
        x += 1.0;
    }
    let r = 1.0 / (x * x);
    let series = r
        * (1.0 / 12.0
            - r * (1.0 / 120.0
                - r * (1.0 / 252.0
                    - r * (1.0 / 240.0
                        - r * (1.0 / 132.0 - r * (691.0 / 32760.0 - r * (1.0 / 12.0)))))));
    sum + x.ln() - 0.5 / x - series
}

/// ψ'(x): reflection, recurrence, asymptotic series (Abramowitz and Stegun
/// 6.4.7, 6.4.6, 6.4.12).
pub(crate) fn trigamma(mut x: f64) -> f64 {
    if x <= 0.0 {
        if x == x.floor() {
            return f64::NAN;
        }
        let s = (PI * x).sin();
        return (PI / s).powi(2) - trigamma(1.0 - x);
    }
    let mut sum = 0.0;
    while x < 10.0 {
        sum += 1.0 / (x * x);
        x += 1.0;
    }
    let r = 1.0 / (x * x);
    let series = r
        * (1.0 / 6.0
            - r * (1.0 / 30.0
                - r * (1.0 / 42.0 - r * (1.0 / 30.0 - r * (5.0 / 66.0 - r * (691.0 / 2730.0))))));
    sum + 1.0 / x + 0.5 * r + series / x
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64, tolerance: f64) {
        assert!((a - b).abs() <= tolerance * b.abs().max(1.0), "{a} and {b}");
    }

    #[test]
    fn special_functions_at_known_points() {
        close(digamma(1.0), -0.577_215_664_901_532_9, 1e-14);
        close(
            digamma(0.5),
            -0.577_215_664_901_532_9 - 2.0 * 2f64.ln(),
            1e-14,
        );
        close(trigamma(1.0), PI * PI / 6.0, 1e-14);
        close(trigamma(0.5), PI * PI / 2.0, 1e-14);
        close(trigamma(-0.5), PI * PI / 2.0 + 4.0, 1e-13);
        close(norm_quantile(0.975), 1.959_963_984_540_054, 1e-15);
        close(norm_quantile(1e-10), -6.361_340_902_404_056, 1e-14);
        assert!(norm_quantile(0.0).is_nan() && norm_quantile(1.0).is_nan());
        assert!(gamma(-2.0).is_nan() && digamma(0.0).is_nan());
    }

    #[test]
    fn quantile_undoes_the_distribution_function() {
        for i in 1..200 {
            let p = f64::from(i) / 200.0;
            close(norm_cdf(norm_quantile(p)), p, 1e-15);
        }
    }
}
