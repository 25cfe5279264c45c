//! Problems with known optima of W. Hock and K. Schittkowski, "Test Examples
//! for Nonlinear Programming Codes" (1981), by their numbers there.

use super::dual::{Dual, Formula, Of};
use super::*;

/// A problem: minimise `objective` where `equal` vanish and `positive` are not negative.
struct Example {
    number: u32,
    start: &'static [f64],
    /// Bounds of single variables: index, lower, upper.
    bounds: &'static [(usize, f64, f64)],
    objective: Formula,
    equal: &'static [Formula],
    positive: &'static [Formula],
    optimum: f64,
    /// The value at another minimum, nearer to the start.
    other: Option<f64>,
}

const INF: f64 = f64::INFINITY;

fn valley(x: &[Dual]) -> Dual {
    (x[1] - x[0].powi(2)).powi(2) * 100.0 + (-x[0] + 1.0).powi(2)
}

fn sum_of_squares(x: &[Dual]) -> Dual {
    x.iter().map(|x| x.powi(2)).sum()
}

fn product(x: &[Dual]) -> Dual {
    x.iter().skip(1).fold(x[0], |product, &x| product * x)
}

const EXAMPLES: &[Example] = &[
    Example {
        number: 1,
        start: &[-2.0, 1.0],
        bounds: &[(1, -1.5, INF)],
        objective: valley,
        equal: &[],
        positive: &[],
        optimum: 0.0,
        other: None,
    },
    Example {
        number: 2,
        start: &[-2.0, 1.0],
        bounds: &[(1, 1.5, INF)],
        objective: valley,
        equal: &[],
        positive: &[],
        optimum: 0.050_426_187_9,
        other: Some(4.941_229_318),
    },
    Example {
        number: 3,
        start: &[10.0, 1.0],
        bounds: &[(1, 0.0, INF)],
        objective: |x| x[1] + (x[1] - x[0]).powi(2) * 1e-5,
        equal: &[],
        positive: &[],
        optimum: 0.0,
        other: None,
    },
    Example {
        number: 4,
        start: &[1.125, 0.125],
        bounds: &[(0, 1.0, INF), (1, 0.0, INF)],
        objective: |x| (x[0] + 1.0).powi(3) * (1.0 / 3.0) + x[1],
        equal: &[],
        positive: &[],
        optimum: 8.0 / 3.0,
        other: None,
    },
    Example {
        number: 5,
        start: &[0.0, 0.0],
        bounds: &[(0, -1.5, 4.0), (1, -3.0, 3.0)],
        objective: |x| (x[0] + x[1]).sin() + (x[0] - x[1]).powi(2) - x[0] * 1.5 + x[1] * 2.5 + 1.0,
        equal: &[],
        positive: &[],
        optimum: -1.913_222_954_981_037,
        other: None,
    },
    Example {
        number: 6,
        start: &[-1.2, 1.0],
        bounds: &[],
        objective: |x| (-x[0] + 1.0).powi(2),
        equal: &[|x| (x[1] - x[0].powi(2)) * 10.0],
        positive: &[],
        optimum: 0.0,
        other: None,
    },
    Example {
        number: 7,
        start: &[2.0, 2.0],
        bounds: &[],
        objective: |x| (x[0].powi(2) + 1.0).ln() - x[1],
        equal: &[|x| (x[0].powi(2) + 1.0).powi(2) + x[1].powi(2) - 4.0],
        positive: &[],
        optimum: -1.732_050_807_568_877,
        other: None,
    },
    Example {
        number: 9,
        start: &[0.0, 0.0],
        bounds: &[],
        objective: |x| {
            let pi = std::f64::consts::PI;
            (x[0] * (pi / 12.0)).sin() * (x[1] * (pi / 16.0)).cos()
        },
        equal: &[|x| x[0] * 4.0 - x[1] * 3.0],
        positive: &[],
        optimum: -0.5,
        other: None,
    },
    Example {
        number: 10,
        start: &[-10.0, 10.0],
        bounds: &[],
        objective: |x| x[0] - x[1],
        equal: &[],
        positive: &[|x| x[0].powi(2) * -3.0 + x[0] * x[1] * 2.0 - x[1].powi(2) + 1.0],
        optimum: -1.0,
        other: None,
    },
    Example {
        number: 11,
        start: &[4.9, 0.1],
        bounds: &[],
        objective: |x| (x[0] - 5.0).powi(2) + x[1].powi(2) - 25.0,
        equal: &[],
        positive: &[|x| x[1] - x[0].powi(2)],
        optimum: -8.498_464_223,
        other: None,
    },
    Example {
        number: 12,
        start: &[0.0, 0.0],
        bounds: &[],
        objective: |x| x[0].powi(2) * 0.5 + x[1].powi(2) - x[0] * x[1] - (x[0] + x[1]) * 7.0,
        equal: &[],
        positive: &[|x| x[0].powi(2) * -4.0 - x[1].powi(2) + 25.0],
        optimum: -30.0,
        other: None,
    },
    Example {
        number: 14,
        start: &[2.0, 2.0],
        bounds: &[],
        objective: |x| (x[0] - 2.0).powi(2) + (x[1] - 1.0).powi(2),
        equal: &[|x| x[0] - x[1] * 2.0 + 1.0],
        positive: &[|x| x[0].powi(2) * -0.25 - x[1].powi(2) + 1.0],
        optimum: 1.393_464_980_6,
        other: None,
    },
    Example {
        number: 15,
        start: &[-2.0, 1.0],
        bounds: &[(0, -INF, 0.5)],
        objective: valley,
        equal: &[],
        positive: &[|x| x[0] * x[1] - 1.0, |x| x[0] + x[1].powi(2)],
        optimum: 306.5,
        other: None,
    },
    Example {
        number: 16,
        start: &[-2.0, 1.0],
        bounds: &[(0, -0.5, 0.5), (1, -INF, 1.0)],
        objective: valley,
        equal: &[],
        positive: &[|x| x[0] + x[1].powi(2), |x| x[0].powi(2) + x[1]],
        optimum: 0.25,
        other: Some(23.144_660_940_673),
    },
    Example {
        number: 17,
        start: &[-2.0, 1.0],
        bounds: &[(0, -0.5, 0.5), (1, -INF, 1.0)],
        objective: valley,
        equal: &[],
        positive: &[|x| x[1].powi(2) - x[0], |x| x[0].powi(2) - x[1]],
        optimum: 1.0,
        other: None,
    },
    Example {
        number: 18,
        start: &[2.0, 2.0],
        bounds: &[(0, 2.0, 50.0), (1, 0.0, 50.0)],
        objective: |x| x[0].powi(2) * 0.01 + x[1].powi(2),
        equal: &[],
        positive: &[|x| x[0] * x[1] - 25.0, |x| sum_of_squares(x) - 25.0],
        optimum: 5.0,
        other: None,
    },
    Example {
        number: 19,
        start: &[20.1, 5.84],
        bounds: &[(0, 13.0, 100.0), (1, 0.0, 100.0)],
        objective: |x| (x[0] - 10.0).powi(3) + (x[1] - 20.0).powi(3),
        equal: &[],
        positive: &[
            |x| (x[0] - 5.0).powi(2) + (x[1] - 5.0).powi(2) - 100.0,
            |x| -(x[0] - 6.0).powi(2) - (x[1] - 5.0).powi(2) + 82.81,
        ],
        optimum: -6_961.813_875_58,
        other: None,
    },
    Example {
        number: 20,
        start: &[-2.0, 1.0],
        bounds: &[(0, -0.5, 0.5)],
        objective: valley,
        equal: &[],
        positive: &[
            |x| x[0] + x[1].powi(2),
            |x| x[0].powi(2) + x[1],
            |x| sum_of_squares(x) - 1.0,
        ],
        optimum: 38.198_729_810_778,
        other: Some(40.198_729_810_778),
    },
    Example {
        number: 21,
        start: &[-1.0, -1.0],
        bounds: &[(0, 2.0, 50.0), (1, -50.0, 50.0)],
        objective: |x| x[0].powi(2) * 0.01 + x[1].powi(2) - 100.0,
        equal: &[],
        positive: &[|x| x[0] * 10.0 - x[1] - 10.0],
        optimum: -99.96,
        other: None,
    },
    Example {
        number: 22,
        start: &[2.0, 2.0],
        bounds: &[],
        objective: |x| (x[0] - 2.0).powi(2) + (x[1] - 1.0).powi(2),
        equal: &[],
        positive: &[|x| -x[0] - x[1] + 2.0, |x| x[1] - x[0].powi(2)],
        optimum: 1.0,
        other: None,
    },
    Example {
        number: 23,
        start: &[3.0, 1.0],
        bounds: &[(0, -50.0, 50.0), (1, -50.0, 50.0)],
        objective: sum_of_squares,
        equal: &[],
        positive: &[
            |x| x[0] + x[1] - 1.0,
            |x| sum_of_squares(x) - 1.0,
            |x| x[0].powi(2) * 9.0 + x[1].powi(2) - 9.0,
            |x| x[0].powi(2) - x[1],
            |x| x[1].powi(2) - x[0],
        ],
        optimum: 2.0,
        other: None,
    },
    Example {
        number: 24,
        start: &[1.0, 0.5],
        bounds: &[(0, 0.0, INF), (1, 0.0, INF)],
        objective: |x| ((x[0] - 3.0).powi(2) - 9.0) * x[1].powi(3) * (1.0 / (27.0 * 3f64.sqrt())),
        equal: &[],
        positive: &[
            |x| x[0] * (1.0 / 3f64.sqrt()) - x[1],
            |x| x[0] + x[1] * 3f64.sqrt(),
            |x| -x[0] - x[1] * 3f64.sqrt() + 6.0,
        ],
        optimum: -1.0,
        other: None,
    },
    Example {
        number: 26,
        start: &[-2.6, 2.0, 2.0],
        bounds: &[],
        objective: |x| (x[0] - x[1]).powi(2) + (x[1] - x[2]).powi(4),
        equal: &[|x| (x[1].powi(2) + 1.0) * x[0] + x[2].powi(4) - 3.0],
        positive: &[],
        optimum: 0.0,
        other: None,
    },
    Example {
        number: 27,
        start: &[2.0, 2.0, 2.0],
        bounds: &[],
        objective: |x| (x[0] - 1.0).powi(2) * 0.01 + (x[1] - x[0].powi(2)).powi(2),
        equal: &[|x| x[0] + x[2].powi(2) + 1.0],
        positive: &[],
        optimum: 0.04,
        other: None,
    },
    Example {
        number: 28,
        start: &[-4.0, 1.0, 1.0],
        bounds: &[],
        objective: |x| (x[0] + x[1]).powi(2) + (x[1] + x[2]).powi(2),
        equal: &[|x| x[0] + x[1] * 2.0 + x[2] * 3.0 - 1.0],
        positive: &[],
        optimum: 0.0,
        other: None,
    },
    Example {
        number: 29,
        start: &[1.0, 1.0, 1.0],
        bounds: &[],
        objective: |x| -product(x),
        equal: &[],
        positive: &[|x| -x[0].powi(2) - x[1].powi(2) * 2.0 - x[2].powi(2) * 4.0 + 48.0],
        optimum: -22.627_416_997_97,
        other: None,
    },
    Example {
        number: 30,
        start: &[1.0, 1.0, 1.0],
        bounds: &[(0, 1.0, 10.0), (1, -10.0, 10.0), (2, -10.0, 10.0)],
        objective: sum_of_squares,
        equal: &[],
        positive: &[|x| x[0].powi(2) + x[1].powi(2) - 1.0],
        optimum: 1.0,
        other: None,
    },
    Example {
        number: 31,
        start: &[1.0, 1.0, 1.0],
        bounds: &[(0, -10.0, 10.0), (1, 1.0, 10.0), (2, -10.0, 1.0)],
        objective: |x| x[0].powi(2) * 9.0 + x[1].powi(2) + x[2].powi(2) * 9.0,
        equal: &[],
        positive: &[|x| x[0] * x[1] - 1.0],
        optimum: 6.0,
        other: None,
    },
    Example {
        number: 32,
        start: &[0.1, 0.7, 0.2],
        bounds: &[(0, 0.0, INF), (1, 0.0, INF), (2, 0.0, INF)],
        objective: |x| (x[0] + x[1] * 3.0 + x[2]).powi(2) + (x[0] - x[1]).powi(2) * 4.0,
        equal: &[|x| -x[0] - x[1] - x[2] + 1.0],
        positive: &[|x| x[1] * 6.0 + x[2] * 4.0 - x[0].powi(3) - 3.0],
        optimum: 1.0,
        other: None,
    },
    Example {
        number: 33,
        start: &[0.0, 0.0, 3.0],
        bounds: &[(0, 0.0, INF), (1, 0.0, INF), (2, 0.0, 5.0)],
        objective: |x| (x[0] - 1.0) * (x[0] - 2.0) * (x[0] - 3.0) + x[2],
        equal: &[],
        positive: &[
            |x| x[2].powi(2) - x[1].powi(2) - x[0].powi(2),
            |x| sum_of_squares(x) - 4.0,
        ],
        optimum: -4.585_786_437_626_905,
        other: Some(-4.0),
    },
    Example {
        number: 34,
        start: &[0.0, 1.05, 2.9],
        bounds: &[(0, 0.0, 100.0), (1, 0.0, 100.0), (2, 0.0, 10.0)],
        objective: |x| -x[0],
        equal: &[],
        positive: &[|x| x[1] - x[0].exp(), |x| x[2] - x[1].exp()],
        optimum: -0.834_032_445_247_956,
        other: None,
    },
    Example {
        number: 35,
        start: &[0.5, 0.5, 0.5],
        bounds: &[(0, 0.0, INF), (1, 0.0, INF), (2, 0.0, INF)],
        objective: |x| {
            x[0].powi(2) * 2.0
                + x[1].powi(2) * 2.0
                + x[2].powi(2)
                + x[0] * x[1] * 2.0
                + x[0] * x[2] * 2.0
                - x[0] * 8.0
                - x[1] * 6.0
                - x[2] * 4.0
                + 9.0
        },
        equal: &[],
        positive: &[|x| -x[0] - x[1] - x[2] * 2.0 + 3.0],
        optimum: 1.0 / 9.0,
        other: None,
    },
    Example {
        number: 36,
        start: &[10.0, 10.0, 10.0],
        bounds: &[(0, 0.0, 20.0), (1, 0.0, 11.0), (2, 0.0, 42.0)],
        objective: |x| -product(x),
        equal: &[],
        positive: &[|x| -x[0] - x[1] * 2.0 - x[2] * 2.0 + 72.0],
        optimum: -3300.0,
        other: None,
    },
    Example {
        number: 37,
        start: &[10.0, 10.0, 10.0],
        bounds: &[(0, 0.0, 42.0), (1, 0.0, 42.0), (2, 0.0, 42.0)],
        objective: |x| -product(x),
        equal: &[],
        positive: &[
            |x| -x[0] - x[1] * 2.0 - x[2] * 2.0 + 72.0,
            |x| x[0] + x[1] * 2.0 + x[2] * 2.0,
        ],
        optimum: -3456.0,
        other: None,
    },
    Example {
        number: 38,
        start: &[-3.0, -1.0, -3.0, -1.0],
        bounds: &[
            (0, -10.0, 10.0),
            (1, -10.0, 10.0),
            (2, -10.0, 10.0),
            (3, -10.0, 10.0),
        ],
        objective: |x| {
            valley(x)
                + (x[3] - x[2].powi(2)).powi(2) * 90.0
                + (-x[2] + 1.0).powi(2)
                + ((x[1] - 1.0).powi(2) + (x[3] - 1.0).powi(2)) * 10.1
                + (x[1] - 1.0) * (x[3] - 1.0) * 19.8
        },
        equal: &[],
        positive: &[],
        optimum: 0.0,
        other: None,
    },
    Example {
        number: 39,
        start: &[2.0, 2.0, 2.0, 2.0],
        bounds: &[],
        objective: |x| -x[0],
        equal: &[
            |x| x[1] - x[0].powi(3) - x[2].powi(2),
            |x| x[0].powi(2) - x[1] - x[3].powi(2),
        ],
        positive: &[],
        optimum: -1.0,
        other: None,
    },
    Example {
        number: 40,
        start: &[0.8, 0.8, 0.8, 0.8],
        bounds: &[],
        objective: |x| -product(x),
        equal: &[
            |x| x[0].powi(3) + x[1].powi(2) - 1.0,
            |x| x[0].powi(2) * x[3] - x[2],
            |x| x[3].powi(2) - x[1],
        ],
        positive: &[],
        optimum: -0.25,
        other: None,
    },
    Example {
        number: 41,
        start: &[2.0, 2.0, 2.0, 2.0],
        bounds: &[(0, 0.0, 1.0), (1, 0.0, 1.0), (2, 0.0, 1.0), (3, 0.0, 2.0)],
        objective: |x| -product(&x[..3]) + 2.0,
        equal: &[|x| x[0] + x[1] * 2.0 + x[2] * 2.0 - x[3]],
        positive: &[],
        optimum: 52.0 / 27.0,
        other: None,
    },
    Example {
        number: 42,
        start: &[1.0, 1.0, 1.0, 1.0],
        bounds: &[],
        objective: |x| {
            (x[0] - 1.0).powi(2)
                + (x[1] - 2.0).powi(2)
                + (x[2] - 3.0).powi(2)
                + (x[3] - 4.0).powi(2)
        },
        equal: &[|x| x[0] - 2.0, |x| x[2].powi(2) + x[3].powi(2) - 2.0],
        positive: &[],
        optimum: 13.857_864_376_269_05,
        other: None,
    },
    Example {
        number: 43,
        start: &[0.0, 0.0, 0.0, 0.0],
        bounds: &[],
        objective: |x| {
            sum_of_squares(x) + x[2].powi(2) - x[0] * 5.0 - x[1] * 5.0 - x[2] * 21.0 + x[3] * 7.0
        },
        equal: &[],
        positive: &[
            |x| -sum_of_squares(x) - x[0] + x[1] - x[2] + x[3] + 8.0,
            |x| -sum_of_squares(x) - x[1].powi(2) - x[3].powi(2) + x[0] + x[3] + 10.0,
            |x| -x[0].powi(2) * 2.0 - x[1].powi(2) - x[2].powi(2) - x[0] * 2.0 + x[1] + x[3] + 5.0,
        ],
        optimum: -44.0,
        other: None,
    },
    Example {
        number: 48,
        start: &[3.0, 5.0, -3.0, 2.0, -2.0],
        bounds: &[],
        objective: |x| (x[0] - 1.0).powi(2) + (x[1] - x[2]).powi(2) + (x[3] - x[4]).powi(2),
        equal: &[
            |x| x.iter().copied().sum::<Dual>() - 5.0,
            |x| x[2] - (x[3] + x[4]) * 2.0 + 3.0,
        ],
        positive: &[],
        optimum: 0.0,
        other: None,
    },
    Example {
        number: 51,
        start: &[2.5, 0.5, 2.0, -1.0, 0.5],
        bounds: &[],
        objective: |x| {
            (x[0] - x[1]).powi(2)
                + (x[1] + x[2] - 2.0).powi(2)
                + (x[3] - 1.0).powi(2)
                + (x[4] - 1.0).powi(2)
        },
        equal: &[
            |x| x[0] + x[1] * 3.0 - 4.0,
            |x| x[2] + x[3] - x[4] * 2.0,
            |x| x[1] - x[4],
        ],
        positive: &[],
        optimum: 0.0,
        other: None,
    },
    Example {
        number: 52,
        start: &[2.0, 2.0, 2.0, 2.0, 2.0],
        bounds: &[],
        objective: |x| {
            (x[0] * 4.0 - x[1]).powi(2)
                + (x[1] + x[2] - 2.0).powi(2)
                + (x[3] - 1.0).powi(2)
                + (x[4] - 1.0).powi(2)
        },
        equal: &[
            |x| x[0] + x[1] * 3.0,
            |x| x[2] + x[3] - x[4] * 2.0,
            |x| x[1] - x[4],
        ],
        positive: &[],
        optimum: 1859.0 / 349.0,
        other: None,
    },
    Example {
        number: 65,
        start: &[-5.0, 5.0, 0.0],
        bounds: &[(0, -4.5, 4.5), (1, -4.5, 4.5), (2, -5.0, 5.0)],
        objective: |x| {
            (x[0] - x[1]).powi(2)
                + (x[0] + x[1] - 10.0).powi(2) * (1.0 / 9.0)
                + (x[2] - 5.0).powi(2)
        },
        equal: &[],
        positive: &[|x| -sum_of_squares(x) + 48.0],
        optimum: 0.953_528_856_7,
        other: None,
    },
    Example {
        number: 66,
        start: &[0.0, 1.05, 2.9],
        bounds: &[(0, 0.0, 100.0), (1, 0.0, 100.0), (2, 0.0, 10.0)],
        objective: |x| x[2] * 0.2 - x[0] * 0.8,
        equal: &[],
        positive: &[|x| x[1] - x[0].exp(), |x| x[2] - x[1].exp()],
        optimum: 0.518_163_274_1,
        other: None,
    },
    Example {
        number: 71,
        start: &[1.0, 5.0, 5.0, 1.0],
        bounds: &[(0, 1.0, 5.0), (1, 1.0, 5.0), (2, 1.0, 5.0), (3, 1.0, 5.0)],
        objective: |x| x[0] * x[3] * (x[0] + x[1] + x[2]) + x[2],
        equal: &[|x| sum_of_squares(x) - 40.0],
        positive: &[|x| product(x) - 25.0],
        optimum: 17.014_017_3,
        other: None,
    },
    Example {
        number: 76,
        start: &[0.5, 0.5, 0.5, 0.5],
        bounds: &[(0, 0.0, INF), (1, 0.0, INF), (2, 0.0, INF), (3, 0.0, INF)],
        objective: |x| {
            x[0].powi(2) + x[1].powi(2) * 0.5 + x[2].powi(2) + x[3].powi(2) * 0.5 - x[0] * x[2]
                + x[2] * x[3]
                - x[0]
                - x[1] * 3.0
                + x[2]
                - x[3]
        },
        equal: &[],
        positive: &[
            |x| -x[0] - x[1] * 2.0 - x[2] - x[3] + 5.0,
            |x| -x[0] * 3.0 - x[1] - x[2] * 2.0 + x[3] + 4.0,
            |x| x[1] + x[2] * 4.0 - 1.5,
        ],
        optimum: -4.681_818_181_818,
        other: None,
    },
    Example {
        number: 77,
        start: &[2.0, 2.0, 2.0, 2.0, 2.0],
        bounds: &[],
        objective: |x| {
            (x[0] - 1.0).powi(2)
                + (x[0] - x[1]).powi(2)
                + (x[2] - 1.0).powi(2)
                + (x[3] - 1.0).powi(4)
                + (x[4] - 1.0).powi(6)
        },
        equal: &[
            |x| x[0].powi(2) * x[3] + (x[3] - x[4]).sin() - 2.0 * 2f64.sqrt(),
            |x| x[1] + x[2].powi(4) * x[3].powi(2) - 8.0 - 2f64.sqrt(),
        ],
        positive: &[],
        optimum: 0.241_505_13,
        other: None,
    },
    Example {
        number: 78,
        start: &[-2.0, 1.5, 2.0, -1.0, -1.0],
        bounds: &[],
        objective: product,
        equal: &[
            |x| sum_of_squares(x) - 10.0,
            |x| x[1] * x[2] - x[3] * x[4] * 5.0,
            |x| x[0].powi(3) + x[1].powi(3) + 1.0,
        ],
        positive: &[],
        optimum: -2.919_700_41,
        other: None,
    },
    Example {
        number: 79,
        start: &[2.0, 2.0, 2.0, 2.0, 2.0],
        bounds: &[],
        objective: |x| {
            (x[0] - 1.0).powi(2)
                + (x[0] - x[1]).powi(2)
                + (x[1] - x[2]).powi(2)
                + (x[2] - x[3]).powi(4)
                + (x[3] - x[4]).powi(4)
        },
        equal: &[
            |x| x[0] + x[1].powi(2) + x[2].powi(3) - 2.0 - 3.0 * 2f64.sqrt(),
            |x| x[1] - x[2].powi(2) + x[3] + 2.0 - 2.0 * 2f64.sqrt(),
            |x| x[0] * x[4] - 2.0,
        ],
        positive: &[],
        optimum: 0.078_776_820_9,
        other: None,
    },
    Example {
        number: 80,
        start: &[-2.0, 2.0, 2.0, -1.0, -1.0],
        bounds: &[
            (0, -2.3, 2.3),
            (1, -2.3, 2.3),
            (2, -3.2, 3.2),
            (3, -3.2, 3.2),
            (4, -3.2, 3.2),
        ],
        objective: |x| product(x).exp(),
        equal: &[
            |x| sum_of_squares(x) - 10.0,
            |x| x[1] * x[2] - x[3] * x[4] * 5.0,
            |x| x[0].powi(3) + x[1].powi(3) + 1.0,
        ],
        positive: &[],
        optimum: 0.053_949_847_8,
        other: None,
    },
    Example {
        number: 100,
        start: &[1.0, 2.0, 0.0, 4.0, 0.0, 1.0, 1.0],
        bounds: &[],
        objective: |x| {
            (x[0] - 10.0).powi(2)
                + (x[1] - 12.0).powi(2) * 5.0
                + x[2].powi(4)
                + (x[3] - 11.0).powi(2) * 3.0
                + x[4].powi(6) * 10.0
                + x[5].powi(2) * 7.0
                + x[6].powi(4)
                - x[5] * x[6] * 4.0
                - x[5] * 10.0
                - x[6] * 8.0
        },
        equal: &[],
        positive: &[
            |x| {
                -x[0].powi(2) * 2.0 - x[1].powi(4) * 3.0 - x[2] - x[3].powi(2) * 4.0 - x[4] * 5.0
                    + 127.0
            },
            |x| -x[0] * 7.0 - x[1] * 3.0 - x[2].powi(2) * 10.0 - x[3] + x[4] + 282.0,
            |x| -x[0] * 23.0 - x[1].powi(2) - x[5].powi(2) * 6.0 + x[6] * 8.0 + 196.0,
            |x| {
                -x[0].powi(2) * 4.0 - x[1].powi(2) + x[0] * x[1] * 3.0
                    - x[2].powi(2) * 2.0
                    - x[5] * 5.0
                    + x[6] * 11.0
            },
        ],
        optimum: 680.630_057_3,
        other: None,
    },
    Example {
        number: 113,
        start: &[2.0, 3.0, 5.0, 5.0, 1.0, 2.0, 7.0, 3.0, 6.0, 10.0],
        bounds: &[],
        objective: |x| {
            x[0].powi(2) + x[1].powi(2) + x[0] * x[1] - x[0] * 14.0 - x[1] * 16.0
                + (x[2] - 10.0).powi(2)
                + (x[3] - 5.0).powi(2) * 4.0
                + (x[4] - 3.0).powi(2)
                + (x[5] - 1.0).powi(2) * 2.0
                + x[6].powi(2) * 5.0
                + (x[7] - 11.0).powi(2) * 7.0
                + (x[8] - 10.0).powi(2) * 2.0
                + (x[9] - 7.0).powi(2)
                + 45.0
        },
        equal: &[],
        positive: &[
            |x| -x[0] * 4.0 - x[1] * 5.0 + x[6] * 3.0 - x[7] * 9.0 + 105.0,
            |x| -x[0] * 10.0 + x[1] * 8.0 + x[6] * 17.0 - x[7] * 2.0,
            |x| x[0] * 8.0 - x[1] * 2.0 - x[8] * 5.0 + x[9] * 2.0 + 12.0,
            |x| {
                -(x[0] - 2.0).powi(2) * 3.0 - (x[1] - 3.0).powi(2) * 4.0 - x[2].powi(2) * 2.0
                    + x[3] * 7.0
                    + 120.0
            },
            |x| -x[0].powi(2) * 5.0 - x[1] * 8.0 - (x[2] - 6.0).powi(2) + x[3] * 2.0 + 40.0,
            |x| {
                -(x[0] - 8.0).powi(2) * 0.5 - (x[1] - 4.0).powi(2) * 2.0 - x[4].powi(2) * 3.0
                    + x[5]
                    + 30.0
            },
            |x| {
                -x[0].powi(2) - (x[1] - 2.0).powi(2) * 2.0 + x[0] * x[1] * 2.0 - x[4] * 14.0
                    + x[5] * 6.0
            },
            |x| x[0] * 3.0 - x[1] * 6.0 - (x[8] - 8.0).powi(2) * 12.0 + x[9] * 7.0,
        ],
        optimum: 24.306_209_1,
        other: None,
    },
];

impl Example {
    fn problem(&self) -> Problem {
        let n = self.start.len();
        let mut problem = Problem::minimise(self.start.to_vec());
        for &(i, lower, upper) in self.bounds {
            problem.bounds.lower[i] = lower;
            problem.bounds.upper[i] = upper;
        }
        let relations = [
            (self.equal, Relation::Equal),
            (self.positive, Relation::GreaterOrEqual),
        ];
        for (formulas, relation) in relations {
            problem
                .constraints
                .extend(formulas.iter().map(|&formula| Constraint {
                    name: format!("{} {}", self.number, relation.symbol()),
                    left: Box::new(Of::new(n, formula)),
                    relation,
                    right: ConstraintRight::Number(0.0),
                }));
        }
        problem
    }

    fn outcome(&self) -> Outcome {
        let objective = Of::new(self.start.len(), self.objective);
        solved(objective, &self.problem(), &options("slsqp", 0.1))
    }

    /// The most that any constraint is broken by at `x`.
    fn violation(&self, x: &[f64]) -> f64 {
        let at = |&formula: &Formula| Of::new(x.len(), formula).value(x);
        let equal = self.equal.iter().map(|f| at(f).abs());
        let positive = self.positive.iter().map(|f| -at(f));
        equal.chain(positive).fold(0.0, f64::max)
    }
}

/// The evaluations are those of the searches and some of each outcome's advice.
#[test]
fn slsqp_finds_the_known_optima_of_hock_and_schittkowski() {
    let mut evaluations = 0;
    for example in EXAMPLES {
        let outcome = example.outcome();
        let error = |optimum: f64| (outcome.value - optimum).abs() / optimum.abs().max(1.0);
        let error = error(example.optimum).min(example.other.map_or(f64::INFINITY, error));
        let violation = example.violation(&outcome.x);
        let number = example.number;
        println!(
            "{number:3}: {:3} iterations, {:4} evaluations, {error:8.1e} off, {violation:8.1e} broken, {}",
            outcome.iterations, outcome.evaluations, outcome.status
        );
        evaluations += outcome.evaluations;
        // Excel's limit of precision is 1e-6; the known values have 9 digits.
        assert!(error < 1e-8 && violation < 1e-8, "{number}: {outcome:?}");
        let constrained = example.equal.len() + example.positive.len() > 0;
        assert!(
            !constrained || outcome.status == Status::Converged,
            "{number}: {outcome:?}"
        );
        assert!(outcome.status.is_solved(), "{number}: {outcome:?}");
    }
    assert!(evaluations < 1100, "{evaluations} evaluations");
}
