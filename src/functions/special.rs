//! Special functions behind the distributions, each to nearly full precision.
//!
//! Densities of the binomial and Poisson kind use Loader's saddle-point form
//! ("Fast and accurate computation of binomial probabilities", 2000), which
//! loses no digits where logarithms of large gammas would cancel. Incomplete
//! gamma and beta functions use the series and continued fractions of the
//! Digital Library of Mathematical Functions (8.7.1, 8.9.2, 8.17.22).

pub(crate) use crate::program::special::{gamma, ln_gamma, norm_cdf, norm_pdf, norm_quantile};

use std::f64::consts::PI;

const LN_SQRT_2PI: f64 = 0.918_938_533_204_672_8;

/// `ln n! - ln(Stirling's approximation of n!)`.
fn stirling_error(n: f64) -> f64 {
    if n <= 15.0 {
        return ln_gamma(n + 1.0) - (n + 0.5) * n.ln() + n - LN_SQRT_2PI;
    }
    let square = n * n;
    let series = 1.0 / 1260.0 - (1.0 / 1680.0 - 1.0 / 1188.0 / square) / square;
    (1.0 / 12.0 - (1.0 / 360.0 - series / square) / square) / n
}

/// `x ln(x/m) + m - x`, without cancellation where x is near m.
fn deviance(x: f64, m: f64) -> f64 {
    if (x - m).abs() >= 0.1 * (x + m) {
        return x * (x / m).ln() + m - x;
    }
    let v = (x - m) / (x + m);
    let mut sum = (x - m) * v;
    let mut term = 2.0 * x * v;
    let mut odd = 1.0;
    loop {
        term *= v * v;
        odd += 2.0;
        let next = sum + term / odd;
        if next == sum {
            return next;
        }
        sum = next;
    }
}

/// `m^x e^-m / Γ(x+1)` for x ≥ 0.
pub(crate) fn poisson_pmf(x: f64, m: f64) -> f64 {
    if m == 0.0 {
        return f64::from(u8::from(x == 0.0));
    }
    if x == 0.0 {
        return (-m).exp();
    }
    if x < 1e-8 * m {
        return (x * m.ln() - m - ln_gamma(x + 1.0)).exp();
    }
    (-stirling_error(x) - deviance(x, m)).exp() / (2.0 * PI * x).sqrt()
}

/// `Γ(n+1) / (Γ(x+1) Γ(n-x+1)) p^x q^(n-x)` for 0 ≤ x ≤ n, where q = 1 - p.
pub(crate) fn binomial_pmf(x: f64, n: f64, p: f64, q: f64) -> f64 {
    if p == 0.0 {
        return f64::from(u8::from(x == 0.0));
    }
    if q == 0.0 {
        return f64::from(u8::from(x == n));
    }
    if x == 0.0 {
        return (n * ln_complement(p, q)).exp();
    }
    if x == n {
        return (n * ln_complement(q, p)).exp();
    }
    let ln = stirling_error(n)
        - stirling_error(x)
        - stirling_error(n - x)
        - deviance(x, n * p)
        - deviance(n - x, n * q);
    ln.exp() * (n / (2.0 * PI * x * (n - x))).sqrt()
}

/// `ln q`, where `q = 1 - p` and the smaller of them is the exact one.
fn ln_complement(p: f64, q: f64) -> f64 {
    if p < 0.5 { (-p).ln_1p() } else { q.ln() }
}

/// The logarithm of n over k.
pub(crate) fn ln_binomial(n: f64, k: f64) -> f64 {
    ln_gamma(n + 1.0) - ln_gamma(k + 1.0) - ln_gamma(n - k + 1.0)
}

const ITERATIONS: usize = 100_000;

/// The regularised incomplete gamma functions of shape `a` > 0 at `x` ≥ 0:
/// lower P and upper Q, each accurate where it is small.
pub(crate) fn incomplete_gamma(a: f64, x: f64) -> (f64, f64) {
    if x <= 0.0 {
        return (0.0, 1.0);
    }
    if x.is_infinite() {
        return (1.0, 0.0);
    }
    // x^a e^-x / Γ(a+1)
    let prefactor = poisson_pmf(a, x);
    if x < a + 1.0 {
        let mut term = 1.0;
        let mut sum = 1.0;
        for n in 1..ITERATIONS {
            term *= x / (a + n as f64);
            sum += term;
            if term < sum * 1e-17 {
                break;
            }
        }
        let lower = (prefactor * sum).min(1.0);
        (lower, 1.0 - lower)
    } else {
        let fraction = continued_fraction(x + 1.0 - a, |n| {
            let n = n as f64;
            (-n * (n - a), x + 2.0 * n + 1.0 - a)
        });
        let upper = (prefactor * a / fraction).min(1.0);
        (1.0 - upper, upper)
    }
}

/// The regularised incomplete beta function at `x`, and its complement:
/// `(I_x(a, b), I_y(b, a))`, where y = 1 - x is given to full precision.
pub(crate) fn incomplete_beta(a: f64, b: f64, x: f64, y: f64) -> (f64, f64) {
    if x <= 0.0 {
        return (0.0, 1.0);
    }
    if y <= 0.0 {
        return (1.0, 0.0);
    }
    if x > (a + 1.0) / (a + b + 2.0) {
        let (upper, lower) = incomplete_beta_tail(b, a, y, x);
        return (lower, upper);
    }
    incomplete_beta_tail(a, b, x, y)
}

fn incomplete_beta_tail(a: f64, b: f64, x: f64, y: f64) -> (f64, f64) {
    // x^a y^b / (a B(a, b))
    let prefactor = binomial_pmf(a, a + b, x, y) * b / (a + b);
    let fraction = continued_fraction(1.0, |n| {
        let m = (n / 2) as f64;
        let numerator = if n % 2 == 0 {
            m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m))
        } else {
            -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0))
        };
        (numerator, 1.0)
    });
    let lower = (prefactor / fraction).clamp(0.0, 1.0);
    (lower, 1.0 - lower)
}

/// `first + a1/(b1 + a2/(b2 + …))` by Lentz's method; `term(n)` gives (an, bn).
fn continued_fraction(first: f64, term: impl Fn(usize) -> (f64, f64)) -> f64 {
    const TINY: f64 = 1e-300;
    let nonzero = |x: f64| if x.abs() < TINY { TINY } else { x };
    let mut value = nonzero(first);
    let mut c = value;
    let mut d = 0.0;
    for n in 1..ITERATIONS {
        let (a, b) = term(n);
        d = 1.0 / nonzero(b + a * d);
        c = nonzero(b + a / c);
        let factor = c * d;
        value *= factor;
        if (factor - 1.0).abs() < 1e-16 {
            break;
        }
    }
    value
}

/// The x > `low` at which an increasing function reaches 0: Newton steps inside a
/// bracket, bisection where they leave it. `f` gives value and slope; `high`
/// may be infinite.
pub(crate) fn solve_increasing(low: f64, high: f64, f: impl Fn(f64) -> (f64, f64)) -> f64 {
    let (mut low, mut high) = (low, high);
    let mut x = if high.is_finite() {
        0.5 * (low + high)
    } else {
        low + 1.0
    };
    for _ in 0..2_200 {
        let (value, slope) = f(x);
        if value == 0.0 {
            return x;
        }
        if value < 0.0 {
            low = x;
        } else {
            high = x;
        }
        let newton = x - value / slope;
        let next = if newton > low && newton < high {
            newton
        } else if high.is_infinite() {
            2.0 * low.abs().max(0.5) + low
        } else if low == 0.0 {
            // Toward a small root by magnitudes.
            high * 1e-3
        } else if low > 0.0 && high / low > 4.0 {
            (low * high).sqrt()
        } else {
            0.5 * (low + high)
        };
        if (next - x).abs() <= 1e-16 * x.abs() || next == low && next == high {
            return next;
        }
        // The bracket has shrunk to neighbouring numbers.
        if next <= low || next >= high {
            return x;
        }
        x = next;
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn near(got: f64, expected: f64) {
        assert!(
            (got - expected).abs() <= 1e-13 * expected.abs(),
            "{got:e}, not {expected:e}"
        );
    }

    #[test]
    fn incomplete_gamma_keeps_both_tails() {
        near(incomplete_gamma(2.5, 1.0).0, 0.150_854_963_915_390_36);
        near(incomplete_gamma(2.5, 1.0).1, 0.849_145_036_084_609_6);
        near(incomplete_gamma(0.5, 50.0).1, 1.523_970_604_832_105e-23);
        near(incomplete_gamma(1.0, 3.0).1, (-3.0f64).exp());
    }

    #[test]
    fn incomplete_beta_is_right_where_it_has_a_closed_form() {
        // I_x(1, b) = 1 - (1-x)^b; I_x(a, 1) = x^a; I_x(1/2, 1/2) = 2/pi asin(sqrt x).
        near(incomplete_beta(1.0, 3.0, 0.2, 0.8).0, 1.0 - 0.512);
        near(incomplete_beta(4.0, 1.0, 0.3, 0.7).0, 0.0081);
        near(
            incomplete_beta(0.5, 0.5, 0.9, 0.1).0,
            2.0 / PI * 0.9f64.sqrt().asin(),
        );
        let (lower, upper) = incomplete_beta(30.0, 40.0, 0.4, 0.6);
        near(lower + upper, 1.0);
    }

    #[test]
    fn densities_lose_no_digits_for_large_counts() {
        near(poisson_pmf(3.0, 2.0), 8.0 / 6.0 * (-2.0f64).exp());
        near(
            binomial_pmf(2.0, 5.0, 0.25, 0.75),
            10.0 * 0.0625 * 0.421_875,
        );
        near(binomial_pmf(0.0, 5.0, 0.25, 0.75), 0.75f64.powi(5));
    }

    #[test]
    fn the_normal_quantile_inverts_the_distribution() {
        for p in [1e-300, 1e-20, 0.001, 0.3, 0.5] {
            near(norm_cdf(norm_quantile(p)), p);
        }
        near(norm_quantile(0.975), 1.959_963_984_540_054);
        near(norm_quantile(0.025), -1.959_963_984_540_054);
    }
}
