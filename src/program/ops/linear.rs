//! Inverses and determinants by elimination with partial pivoting.

use super::Operand;

/// The matrix of one lane, row by row.
fn lane_matrix(x: Operand<'_>, lane: usize) -> Vec<f64> {
    let n = x.shape.rows;
    let mut matrix = Vec::with_capacity(n * n);
    for row in 0..n {
        for col in 0..n {
            matrix.push(x.data[x.shape.offset(lane, row, col)]);
        }
    }
    matrix
}

/// Reduces `matrix` (n by n, row by row) to the identity where it is not
/// singular, doing the same to `right` (n by m), and returns the determinant
/// and whether the matrix is singular (or not finite).
fn eliminate(matrix: &mut [f64], n: usize, right: &mut [f64], m: usize) -> (f64, bool) {
    let mut determinant = 1.0;
    for col in 0..n {
        let mut pivot = col;
        for row in col + 1..n {
            if matrix[row * n + col].abs() > matrix[pivot * n + col].abs() {
                pivot = row;
            }
        }
        if pivot != col {
            determinant = -determinant;
            for j in 0..n {
                matrix.swap(col * n + j, pivot * n + j);
            }
            for j in 0..m {
                right.swap(col * m + j, pivot * m + j);
            }
        }
        let head = matrix[col * n + col];
        determinant *= head;
        if head == 0.0 || !head.is_finite() {
            return (determinant, true);
        }
        for row in 0..n {
            // Rows above the pivot matter only for the right side.
            if row == col || row < col && m == 0 {
                continue;
            }
            let factor = matrix[row * n + col] / head;
            if factor == 0.0 {
                continue;
            }
            for j in col..n {
                matrix[row * n + j] -= factor * matrix[col * n + j];
            }
            for j in 0..m {
                right[row * m + j] -= factor * right[col * m + j];
            }
        }
    }
    for row in 0..n {
        let head = matrix[row * n + row];
        for x in &mut right[row * m..(row + 1) * m] {
            *x /= head;
        }
    }
    (determinant, false)
}

fn identity(n: usize) -> Vec<f64> {
    let mut matrix = vec![0.0; n * n];
    for i in 0..n {
        matrix[i * n + i] = 1.0;
    }
    matrix
}

pub(crate) fn inverse(x: Operand<'_>, out: &mut [f64]) {
    let n = x.shape.rows;
    for lane in 0..x.shape.lanes {
        let mut matrix = lane_matrix(x, lane);
        let mut right = identity(n);
        let (_, singular) = eliminate(&mut matrix, n, &mut right, n);
        for row in 0..n {
            for col in 0..n {
                out[x.shape.offset(lane, row, col)] = if singular {
                    f64::NAN
                } else {
                    right[row * n + col]
                };
            }
        }
    }
}

pub(crate) fn determinant(x: Operand<'_>, out: &mut [f64]) {
    for (lane, y) in out.iter_mut().enumerate() {
        *y = eliminate(&mut lane_matrix(x, lane), x.shape.rows, &mut [], 0).0;
    }
}

/// The matrix of cofactors: det(X) X⁻ᵀ, or minor by minor where X is singular.
pub(crate) fn cofactor(x: Operand<'_>, out: &mut [f64]) {
    let n = x.shape.rows;
    for lane in 0..x.shape.lanes {
        let matrix = lane_matrix(x, lane);
        let mut right = identity(n);
        let (determinant, singular) = eliminate(&mut matrix.clone(), n, &mut right, n);
        for row in 0..n {
            for col in 0..n {
                let value = if singular {
                    let mut minor: Vec<f64> = (0..n * n)
                        .filter(|i| i / n != row && i % n != col)
                        .map(|i| matrix[i])
                        .collect();
                    let sign = if (row + col) % 2 == 0 { 1.0 } else { -1.0 };
                    sign * eliminate(&mut minor, n - 1, &mut [], 0).0
                } else {
                    determinant * right[col * n + row]
                };
                out[x.shape.offset(lane, row, col)] = value;
            }
        }
    }
}
