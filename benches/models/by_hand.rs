//! The models by hand: the loss, and the gradient in the order of the sheets' variables.

/// Inputs column by column; weights row by row, a row a class.
pub fn softmax(x: &[f64], class: &[f64], w: &[f64], g: &mut [f64]) -> f64 {
    let n = class.len();
    g.fill(0.0);
    let mut loss = 0.0;
    for i in 0..n {
        let row: [f64; 8] = std::array::from_fn(|j| x[j * n + i]);
        let scores: [f64; 3] =
            std::array::from_fn(|k| row.iter().zip(&w[k * 8..]).map(|(x, w)| x * w).sum());
        let powers = scores.map(f64::exp);
        let total: f64 = powers.iter().sum();
        let right = class[i] as usize;
        loss += total.ln() - scores[right];
        for k in 0..3 {
            let wanted = if k == right { 1.0 } else { 0.0 };
            let adjoint = (powers[k] / total - wanted) / n as f64;
            for (g, x) in g[k * 8..].iter_mut().zip(&row) {
                *g += adjoint * x;
            }
        }
    }
    loss / n as f64
}

/// Vectors row by row.
pub fn embedding(
    left: &[f64],
    right: &[f64],
    target: &[f64],
    vectors: &[f64],
    g: &mut [f64],
) -> f64 {
    g.fill(0.0);
    let mut loss = 0.0;
    for ((&left, &right), &target) in left.iter().zip(right).zip(target) {
        let (a, b) = (left as usize * 4, right as usize * 4);
        let product: f64 = (0..4).map(|i| vectors[a + i] * vectors[b + i]).sum();
        let error = target - product;
        loss += error * error;
        for i in 0..4 {
            g[a + i] -= 2.0 * error * vectors[b + i];
            g[b + i] -= 2.0 * error * vectors[a + i];
        }
    }
    loss
}

/// Rate and payment, then the extra payments.
pub fn recurrence(x: &[f64], g: &mut [f64]) -> f64 {
    let (rate, payment, extra) = (x[0], x[1], &x[2..]);
    let mut before = vec![0.0; extra.len()];
    let mut balance = 100_000.0;
    for (before, extra) in before.iter_mut().zip(extra) {
        *before = balance;
        balance = balance + balance * rate - (payment + extra);
    }
    let mut adjoint = 1.0;
    let (mut by_rate, mut by_payment) = (0.0, 0.0);
    for (before, g) in before.iter().zip(&mut g[2..]).rev() {
        *g = -adjoint;
        by_payment -= adjoint;
        by_rate += adjoint * before;
        adjoint += adjoint * rate;
    }
    g[0] = by_rate;
    g[1] = by_payment;
    balance
}

/// The image column by column, the kernel row by row.
pub fn convolution(image: &[f64], kernel: &[f64], g: &mut [f64]) -> f64 {
    g.fill(0.0);
    let mut loss = 0.0;
    for col in 0..62 {
        for row in 0..62 {
            let mut sum = 0.0;
            for j in 0..3 {
                for i in 0..3 {
                    sum += image[(col + j) * 64 + row + i] * kernel[i * 3 + j];
                }
            }
            if sum > 0.0 {
                loss += sum * sum;
                for j in 0..3 {
                    for i in 0..3 {
                        g[i * 3 + j] += 2.0 * sum * image[(col + j) * 64 + row + i];
                    }
                }
            }
        }
    }
    loss
}

/// Inputs column by column, weights row by row (a row an input).
pub fn layer(x: &[f64], y: &[f64], w: &[f64], units: usize, g: &mut [f64]) -> f64 {
    let n = y.len();
    g.fill(0.0);
    let mut loss = 0.0;
    let mut hidden = vec![0.0; units];
    for i in 0..n {
        hidden.fill(0.0);
        for (x, w) in x[i..].iter().step_by(n).zip(w.chunks_exact(units)) {
            for (h, w) in hidden.iter_mut().zip(w) {
                *h += x * w;
            }
        }
        hidden.iter_mut().for_each(|h| *h = h.tanh());
        let error = hidden.iter().sum::<f64>() - y[i];
        loss += error * error;
        hidden
            .iter_mut()
            .for_each(|h| *h = 2.0 * error * (1.0 - *h * *h));
        for (x, g) in x[i..].iter().step_by(n).zip(g.chunks_exact_mut(units)) {
            for (g, h) in g.iter_mut().zip(&hidden) {
                *g += x * h;
            }
        }
    }
    loss
}
