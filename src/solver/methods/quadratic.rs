//! Quadratic programs: the subproblems of sequential quadratic programming.

use crate::solver::search::{dot, norm};

/// Solves strictly convex quadratic programs by the dual method of Goldfarb and
/// Idnani ("A numerically stable dual method for solving strictly convex
/// quadratic programs", 1983): from the minimum without constraints, constraints
/// that are broken enter one by one, and those that pull the wrong way leave.
/// The quadratic enters by a factor of its inverse, so that no system is solved
/// but one triangular one of the constraints that hold. Its buffers are made once.
///
/// The unknown is a step `d`; the least `g·d + d·B·d/2` is sought where
/// `e + a·d` is zero (equations) or not above, for each row `a` with its excess
/// `e`, and the step stays within bounds. With a relaxation there is one more
/// unknown between 0 and 1, the part of the excesses that stays (Kraft, section 2.2.3):
/// at 1 no step is needed, so that there always is a solution.
pub(super) struct Quadratic {
    /// The number of variables.
    n: usize,
    /// The unknowns of the program at hand: the variables, and the relaxation.
    size: usize,
    /// Distance between the starts of columns.
    stride: usize,
    /// Columns `J` with `J·Jᵀ = B⁻¹`; the first `held.len()` span the normals of what is held.
    factor: Vec<f64>,
    /// The triangle of the held constraints' normals in terms of these columns.
    triangle: Vec<f64>,
    /// The constraints that hold as equations, and their multipliers. The
    /// first `equations` are equations of the program and stay.
    held: Vec<Side>,
    forces: Vec<f64>,
    equations: usize,
    /// Constraints that follow from those held, but for rounding.
    implied: Vec<bool>,
    /// The length of each row.
    lengths: Vec<f64>,
    /// A constraint's normal in terms of the factor's columns.
    normal: Vec<f64>,
    /// Where that constraint moves the unknowns and the multipliers.
    course: Vec<f64>,
    pull: Vec<f64>,
    unknowns: Vec<f64>,
    /// The length of the step to the minimum without constraints.
    span: f64,
    multipliers: Vec<f64>,
}

/// What a program is made of.
#[derive(Clone, Copy)]
pub(super) struct Program<'a> {
    pub gradient: &'a [f64],
    /// Columns with `J·Jᵀ = B⁻¹`, one after the other.
    pub factor: &'a [f64],
    /// The rows `a`, one after the other.
    pub rows: &'a [f64],
    /// The excess `e` of each row.
    pub excess: &'a [f64],
    /// Which rows are equations.
    pub equal: &'a [bool],
    /// The least and the largest step of each variable; infinite where there is none.
    pub lower: &'a [f64],
    pub upper: &'a [f64],
    /// The weight of the square of the part of the excesses that stays; `None`
    /// where nothing may stay.
    pub relaxation: Option<f64>,
}

/// Why there is no solution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// No step satisfies all constraints.
    Inconsistent,
    /// Numbers that are too large, or rounding that led round in circles.
    Numerical,
}

/// One constraint: a row, or an unknown's bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Row(usize),
    Lower(usize),
    Upper(usize),
}

/// A normal whose part outside of the span of those held is this small, relative
/// to it, lies in that span.
const DEPENDENT: f64 = 1e-9;
/// What a constraint may be broken by, relative to the numbers it is made from.
const ROUNDING: f64 = 1e-14;
/// The same, of one that follows from those held.
const IMPLIED: f64 = 1e-9;

impl Quadratic {
    /// For `n` variables and `m` rows.
    pub(super) fn new(n: usize, m: usize) -> Self {
        let stride = n + 1;
        Self {
            n,
            size: n,
            stride,
            factor: vec![0.0; stride * stride],
            triangle: vec![0.0; stride * stride],
            held: Vec::with_capacity(stride),
            forces: vec![0.0; stride + 1],
            equations: 0,
            implied: vec![false; m + 2 * stride],
            lengths: vec![0.0; m],
            normal: vec![0.0; stride],
            course: vec![0.0; stride],
            pull: vec![0.0; stride],
            unknowns: vec![0.0; stride],
            span: 0.0,
            multipliers: vec![0.0; m],
        }
    }

    /// The step found.
    pub(super) fn step(&self) -> &[f64] {
        &self.unknowns[..self.n]
    }

    /// The part of the excesses that the step leaves.
    pub(super) fn left(&self) -> f64 {
        match self.size > self.n {
            true => self.unknowns[self.n].clamp(0.0, 1.0),
            false => 0.0,
        }
    }

    /// What each row adds to the slope of the Lagrangian function: `g + B·d`
    /// is minus the sum of the rows, so many times each, where no bound holds.
    pub(super) fn multipliers(&self) -> &[f64] {
        &self.multipliers
    }

    /// `B·d` for the step found: what the forces of constraints leave of the gradient.
    pub(super) fn curvature(&self, program: &Program<'_>, product: &mut [f64]) {
        for (p, g) in product.iter_mut().zip(program.gradient) {
            *p = -g;
        }
        for (&side, &force) in self.held.iter().zip(&self.forces) {
            match side {
                Side::Row(i) => {
                    for (p, a) in product.iter_mut().zip(self.row(program, i)) {
                        *p -= force * a;
                    }
                }
                Side::Lower(j) if j < self.n => product[j] += force,
                Side::Upper(j) if j < self.n => product[j] -= force,
                _ => {}
            }
        }
    }

    /// Finds the step.
    pub(super) fn solve(&mut self, program: &Program<'_>) -> Result<(), Failure> {
        self.start(program);
        let equal = program.equal.iter().enumerate();
        for (i, _) in equal.filter(|(_, equal)| **equal) {
            self.enter(program, Side::Row(i))?;
            self.equations = self.held.len();
        }
        // Each round takes in one constraint; far more rounds than there are
        // constraints can only go round in circles.
        let rounds = 20 * (program.excess.len() + 2 * self.size) + 100;
        for _ in 0..rounds {
            let Some(side) = self.most_broken(program) else {
                return self.finish();
            };
            self.enter(program, side)?;
        }
        Err(Failure::Numerical)
    }

    /// The minimum without constraints.
    fn start(&mut self, program: &Program<'_>) {
        let n = self.n;
        self.size = n + usize::from(program.relaxation.is_some());
        self.held.clear();
        self.equations = 0;
        self.implied.fill(false);
        for k in 0..n {
            let column = self.column(k);
            self.factor[column][..n].copy_from_slice(&program.factor[k * n..][..n]);
        }
        if let Some(weight) = program.relaxation {
            for k in 0..n {
                self.factor[k * self.stride + n] = 0.0;
            }
            let last = self.column(n);
            self.factor[last.clone()].fill(0.0);
            self.factor[last][n] = weight.sqrt().recip();
        }
        for i in 0..program.excess.len() {
            let row = norm(self.row(program, i));
            self.lengths[i] = row.hypot(self.relief(program, i));
        }
        self.unknowns.fill(0.0);
        for k in 0..n {
            let column = &self.factor[k * self.stride..][..n];
            let along = dot(column, program.gradient);
            for (x, c) in self.unknowns.iter_mut().zip(column) {
                *x -= along * c;
            }
        }
        self.span = norm(&self.unknowns);
    }

    /// Copies the multipliers out.
    fn finish(&mut self) -> Result<(), Failure> {
        self.multipliers.fill(0.0);
        for (&side, &force) in self.held.iter().zip(&self.forces) {
            if let Side::Row(i) = side {
                self.multipliers[i] = force;
            }
        }
        let unknowns = self.unknowns[..self.size].iter();
        let mut all = unknowns.chain(&self.forces[..self.held.len()]);
        match all.all(|v| v.is_finite()) {
            true => Ok(()),
            false => Err(Failure::Numerical),
        }
    }

    /// Where column `k` of the factor or the triangle lies.
    fn column(&self, k: usize) -> std::ops::Range<usize> {
        k * self.stride..k * self.stride + self.size
    }

    fn row<'p>(&self, program: &Program<'p>, i: usize) -> &'p [f64] {
        &program.rows[i * self.n..][..self.n]
    }

    /// What a whole relaxation takes off a row's excess.
    fn relief(&self, program: &Program<'_>, i: usize) -> f64 {
        match (self.size > self.n, program.equal[i]) {
            (false, _) => 0.0,
            (true, true) => program.excess[i],
            (true, false) => program.excess[i].max(0.0),
        }
    }

    /// How far the unknowns are on the right side of a constraint, and the size
    /// of the numbers that this is computed from.
    fn distance(&self, program: &Program<'_>, side: Side) -> (f64, f64) {
        match side {
            Side::Row(i) => {
                let excess = program.excess[i];
                let mut distance = -excess - dot(self.row(program, i), self.step());
                if self.size > self.n {
                    distance += self.relief(program, i) * self.unknowns[self.n];
                }
                let length = norm(&self.unknowns[..self.size]);
                (distance, excess.abs() + self.lengths[i] * length)
            }
            Side::Lower(j) => {
                let lower = program.lower.get(j).copied().unwrap_or(0.0);
                (
                    self.unknowns[j] - lower,
                    lower.abs().max(self.unknowns[j].abs()),
                )
            }
            Side::Upper(j) => {
                let upper = program.upper.get(j).copied().unwrap_or(1.0);
                (
                    upper - self.unknowns[j],
                    upper.abs().max(self.unknowns[j].abs()),
                )
            }
        }
    }

    /// The place of a constraint among all.
    fn place(&self, program: &Program<'_>, side: Side) -> usize {
        let m = program.excess.len();
        match side {
            Side::Row(i) => i,
            Side::Lower(j) => m + j,
            Side::Upper(j) => m + self.stride + j,
        }
    }

    /// The constraint that is broken by the longest way, if any is by more than rounding.
    fn most_broken(&self, program: &Program<'_>) -> Option<Side> {
        let rows = (0..program.excess.len()).filter(|&i| !program.equal[i]);
        let lower = (0..self.size).map(Side::Lower);
        let upper = (0..self.size).map(Side::Upper);
        let mut most = None;
        let mut longest = 0.0;
        for side in rows.map(Side::Row).chain(lower).chain(upper) {
            let (distance, size) = self.distance(program, side);
            if distance >= -ROUNDING * size {
                continue;
            }
            let way = match side {
                Side::Row(i) if self.lengths[i] > 0.0 => -distance / self.lengths[i],
                _ => -distance,
            };
            // The rest is asked of few.
            if way > longest
                && !self.implied[self.place(program, side)]
                && !self.held.contains(&side)
            {
                longest = way;
                most = Some(side);
            }
        }
        most
    }

    /// Takes in a constraint that is broken; those that would be pulled the
    /// wrong way by it leave.
    fn enter(&mut self, program: &Program<'_>, side: Side) -> Result<(), Failure> {
        self.forces[self.held.len()] = 0.0;
        loop {
            let held = self.held.len();
            self.set_normal(program, side);
            let whole = norm(&self.normal[..self.size]);
            let rest = norm(&self.normal[held..self.size]);
            self.set_pull();
            let (distance, size) = self.distance(program, side);
            if !(distance.is_finite() && whole.is_finite()) {
                return Err(Failure::Numerical);
            }
            let dependent = rest <= DEPENDENT * whole;
            // What the unknowns were computed from may be larger than they are.
            let length = match side {
                Side::Row(i) => self.lengths[i],
                _ => 1.0,
            };
            if dependent && distance.abs() <= IMPLIED * (size + length * self.span) {
                let place = self.place(program, side);
                self.implied[place] = true;
                return Ok(());
            }
            // How far until a held constraint pulls no more, and until this one holds.
            let (mut leaves, mut until) = (None, f64::INFINITY);
            for k in self.equations..held {
                if self.pull[k] > 0.0 && self.forces[k] < until * self.pull[k] {
                    until = self.forces[k] / self.pull[k];
                    leaves = Some(k);
                }
            }
            let reach = match dependent {
                true => f64::INFINITY,
                false => -distance / (rest * rest),
            };
            let way = reach.min(until);
            if !way.is_finite() {
                return Err(Failure::Inconsistent);
            }
            if !dependent {
                self.set_course();
                for (x, c) in self.unknowns[..self.size].iter_mut().zip(&self.course) {
                    *x += way * c;
                }
            }
            for (force, pull) in self.forces[..held].iter_mut().zip(&self.pull) {
                *force -= way * pull;
            }
            self.forces[held] += way;
            match leaves {
                Some(k) if until < reach => self.release(k),
                _ => {
                    self.hold(side);
                    return Ok(());
                }
            }
        }
    }

    /// A constraint's normal, in terms of the factor's columns.
    fn set_normal(&mut self, program: &Program<'_>, side: Side) {
        match side {
            Side::Row(i) => {
                let row = self.row(program, i);
                let relief = self.relief(program, i);
                for k in 0..self.size {
                    let column = &self.factor[self.column(k)];
                    let mut along = -dot(row, &column[..self.n]);
                    if self.size > self.n {
                        along += relief * column[self.n];
                    }
                    self.normal[k] = along;
                }
            }
            Side::Lower(j) => {
                for k in 0..self.size {
                    self.normal[k] = self.factor[k * self.stride + j];
                }
            }
            Side::Upper(j) => {
                for k in 0..self.size {
                    self.normal[k] = -self.factor[k * self.stride + j];
                }
            }
        }
    }

    /// How the forces of those held change as the new one's grows.
    fn set_pull(&mut self) {
        let held = self.held.len();
        self.pull[..held].copy_from_slice(&self.normal[..held]);
        for k in (0..held).rev() {
            let column = &self.triangle[k * self.stride..][..=k];
            let pull = self.pull[k] / column[k];
            self.pull[k] = pull;
            for (p, c) in self.pull[..k].iter_mut().zip(column) {
                *p -= pull * c;
            }
        }
    }

    /// How the unknowns move as the new one's force grows.
    fn set_course(&mut self) {
        self.course.fill(0.0);
        for k in self.held.len()..self.size {
            let column = &self.factor[k * self.stride..][..self.size];
            for (c, f) in self.course.iter_mut().zip(column) {
                *c += self.normal[k] * f;
            }
        }
    }

    /// Holds the constraint whose normal was set: turns the columns that are
    /// free so that one of them spans what is new of it.
    fn hold(&mut self, side: Side) {
        let held = self.held.len();
        for k in (held + 1..self.size).rev() {
            let turn = Turn::new(self.normal[k - 1], self.normal[k]);
            self.normal[k - 1] = turn.length;
            self.turn_columns(k - 1, turn);
        }
        let column = &mut self.triangle[held * self.stride..][..=held];
        column.copy_from_slice(&self.normal[..=held]);
        self.held.push(side);
    }

    /// Lets the constraint number `at` of those held go.
    fn release(&mut self, at: usize) {
        let held = self.held.len();
        self.held.remove(at);
        // What followed from it need not hold any more.
        self.implied.fill(false);
        // The newcomer's force moves along.
        self.forces.copy_within(at + 1..=held, at);
        let start = (at + 1) * self.stride;
        self.triangle
            .copy_within(start..held * self.stride, at * self.stride);
        for k in at..held - 1 {
            let column = &self.triangle[k * self.stride..];
            let turn = Turn::new(column[k], column[k + 1]);
            for j in k..held - 1 {
                let pair = &mut self.triangle[j * self.stride + k..][..2];
                let (a, b) = turn.of(pair[0], pair[1]);
                (pair[0], pair[1]) = (a, b);
            }
            self.turn_columns(k, turn);
        }
    }

    /// Turns columns `k` and `k + 1` of the factor.
    fn turn_columns(&mut self, k: usize, turn: Turn) {
        let (left, right) = self.factor[k * self.stride..].split_at_mut(self.stride);
        let pairs = left[..self.size].iter_mut().zip(&mut right[..self.size]);
        for (a, b) in pairs {
            (*a, *b) = turn.of(*a, *b);
        }
    }
}

/// A rotation in a plane (Givens) that turns a pair of numbers into its length and 0.
#[derive(Clone, Copy)]
struct Turn {
    cosine: f64,
    sine: f64,
    length: f64,
}

impl Turn {
    fn new(a: f64, b: f64) -> Self {
        let length = a.hypot(b);
        let (cosine, sine) = match length > 0.0 {
            true => (a / length, b / length),
            false => (1.0, 0.0),
        };
        Self {
            cosine,
            sine,
            length,
        }
    }

    fn of(self, a: f64, b: f64) -> (f64, f64) {
        let Self { cosine, sine, .. } = self;
        (cosine * a + sine * b, cosine * b - sine * a)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SplitMix64;

    /// A program that owns its parts.
    #[derive(Clone)]
    struct Owned {
        gradient: Vec<f64>,
        factor: Vec<f64>,
        rows: Vec<f64>,
        excess: Vec<f64>,
        equal: Vec<bool>,
        lower: Vec<f64>,
        upper: Vec<f64>,
    }

    impl Owned {
        fn program(&self, relaxation: Option<f64>) -> Program<'_> {
            Program {
                gradient: &self.gradient,
                factor: &self.factor,
                rows: &self.rows,
                excess: &self.excess,
                equal: &self.equal,
                lower: &self.lower,
                upper: &self.upper,
                relaxation,
            }
        }

        /// A program without bounds whose quadratic is a circle.
        fn circle(gradient: &[f64], rows: &[f64], excess: &[f64], equal: &[bool]) -> Self {
            let n = gradient.len();
            let mut factor = vec![0.0; n * n];
            (0..n).for_each(|i| factor[i * n + i] = 1.0);
            Self {
                gradient: gradient.to_vec(),
                factor,
                rows: rows.to_vec(),
                excess: excess.to_vec(),
                equal: equal.to_vec(),
                lower: vec![f64::NEG_INFINITY; n],
                upper: vec![f64::INFINITY; n],
            }
        }

        fn solved(&self) -> Quadratic {
            let mut quadratic = Quadratic::new(self.gradient.len(), self.excess.len());
            quadratic.solve(&self.program(None)).unwrap();
            quadratic
        }

        /// Constraints around a step that satisfies them all, some of them barely,
        /// some of them twice.
        fn random(seed: u64) -> Self {
            let mut rng = SplitMix64::stream(seed, 0);
            let mut unit = move || 2.0 * rng.unit() - 1.0;
            let n = 1 + seed as usize % 8;
            let mut random = Self::circle(&vec![0.0; n], &[], &[], &[]);
            random.gradient.fill_with(|| 5.0 * unit());
            for f in &mut random.factor {
                *f += unit();
            }
            let inside: Vec<f64> = (0..n).map(|_| unit()).collect();
            for (i, inside) in inside.iter().enumerate() {
                if unit() > 0.0 {
                    random.lower[i] = inside - unit().max(0.0);
                }
                if unit() > 0.0 {
                    random.upper[i] = inside + unit().max(0.0);
                }
            }
            for i in 0..(seed as usize % 11) {
                let row: Vec<f64> = (0..n).map(|_| unit()).collect();
                let equal = unit() > 0.3 && i < n;
                let room = if equal { 0.0 } else { unit().max(0.0) };
                let excess = -dot(&row, &inside) - room;
                for _ in 0..(if unit() > 0.7 { 2 } else { 1 }) {
                    random.rows.extend(&row);
                    random.excess.push(excess);
                    random.equal.push(equal);
                }
            }
            random
        }

        /// `B·d` for `d`: solves with the factor by elimination.
        fn curvature_times(&self, d: &[f64]) -> Vec<f64> {
            let n = d.len();
            let j = nalgebra::DMatrix::from_column_slice(n, n, &self.factor);
            let inverse = &j * j.transpose();
            let d = nalgebra::DVector::from_column_slice(d);
            inverse.lu().solve(&d).unwrap().as_slice().to_vec()
        }
    }

    /// The conditions of Karush, Kuhn and Tucker, sufficient as programs are convex.
    #[test]
    fn random_programs_are_solved() {
        for seed in 0..2000 {
            let random = Owned::random(seed);
            let quadratic = random.solved();
            let (d, forces) = (quadratic.step(), quadratic.multipliers());
            let n = d.len();
            let mut slope = random.curvature_times(d);
            let size = 1.0 + norm(&slope) + forces.iter().map(|f| f.abs()).sum::<f64>();
            let near = |x: f64| x.abs() < 1e-8 * size;
            let mut product = vec![0.0; n];
            quadratic.curvature(&random.program(None), &mut product);
            for (p, s) in product.iter().zip(&slope) {
                assert!(near(p - s), "{seed}: {p} {s}");
            }
            for (i, row) in random.rows.chunks_exact(n).enumerate() {
                let left = random.excess[i] + dot(row, d);
                assert!(left < 1e-9 * size, "{seed}: row {i} is {left}");
                assert!(!random.equal[i] || near(left), "{seed}: row {i} is {left}");
                assert!(near(left * forces[i]), "{seed}: row {i} pulls");
                assert!(random.equal[i] || forces[i] >= 0.0, "{seed}: row {i}");
                for (s, a) in slope.iter_mut().zip(row) {
                    *s += forces[i] * a;
                }
            }
            for i in 0..n {
                let slope = slope[i] + random.gradient[i];
                let (lower, upper) = (d[i] - random.lower[i], random.upper[i] - d[i]);
                assert!(lower > -1e-9 * size && upper > -1e-9 * size, "{seed}");
                let held = (near(lower) && slope > 0.0) || (near(upper) && slope < 0.0);
                assert!(held || near(slope), "{seed}: slope {slope} of {i}");
            }
        }
    }

    #[test]
    fn constraints_that_contradict_are_told_and_met_as_far_as_can_be() {
        // d >= 3 and d <= 1.
        let program = Owned::circle(&[0.0], &[-1.0, 1.0], &[3.0, -1.0], &[false, false]);
        let mut quadratic = Quadratic::new(1, 2);
        let strict = quadratic.solve(&program.program(None));
        assert_eq!(strict, Err(Failure::Inconsistent));
        quadratic.solve(&program.program(Some(1e6))).unwrap();
        assert!((quadratic.step()[0] - 1.0).abs() < 1e-9);
        assert!((quadratic.left() - 2.0 / 3.0).abs() < 1e-9);
    }

    #[test]
    fn equations_that_contradict_leave_the_start_as_the_only_step() {
        let program = Owned::circle(&[0.0], &[1.0, 1.0], &[-1.0, -2.0], &[true, true]);
        let mut quadratic = Quadratic::new(1, 2);
        let strict = quadratic.solve(&program.program(None));
        assert_eq!(strict, Err(Failure::Inconsistent));
        quadratic.solve(&program.program(Some(100.0))).unwrap();
        assert!(quadratic.step()[0].abs() < 1e-9);
        assert!((quadratic.left() - 1.0).abs() < 1e-9);
    }

    /// The step is 0 but for rounding, which is large beside it.
    #[test]
    fn equations_that_say_the_same_agree_where_they_leave_no_step() {
        for i in 1..100 {
            let row = [f64::from(i).sqrt(), 0.7, f64::from(i).sqrt(), 0.7];
            let gradient = [5.0 * row[0], 5.0 * row[1]];
            let program = Owned::circle(&gradient, &row, &[1e-17, 1e-17], &[true, true]);
            assert!(norm(program.solved().step()) < 1e-12, "{i}");
        }
    }

    #[test]
    fn numbers_too_large_to_compute_with_are_a_failure() {
        let program = Owned::circle(&[1.0], &[1e200], &[f64::NAN], &[true]);
        let mut quadratic = Quadratic::new(1, 1);
        let result = quadratic.solve(&program.program(None));
        assert_eq!(result, Err(Failure::Numerical));
    }
}
