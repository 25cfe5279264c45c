//! Every derivative rule against the value rule: values equal, gradients equal
//! to central differences, lane by lane.

use super::mock::{Reader, SHEET, Sheet, Tree};
use super::{Example, Function, Lowered, Lowering, Operand, Smoothness, ValueRule, all};
use crate::grid::Pos;
use crate::program::{Builder, Node, Program, Shape, Tensor};
use crate::value::Value;

/// Lanes evaluated side by side, each with cells of its own.
const LANES: usize = 3;

/// The cells of an example in one lane.
fn cells(example: &Example, lane: usize) -> Vec<(&'static str, f64)> {
    let vary = |i: usize, x: f64| x * (1.0 + 0.01 * (lane * (i + 1) % 5) as f64);
    let cells = example.cells.iter().enumerate();
    cells.map(|(i, &(at, x))| (at, vary(i, x))).collect()
}

struct Checker {
    builder: Builder,
    /// By cell, `[LANES, 1, 1]` each.
    parameters: Vec<(Pos, Node)>,
    example: Example,
}

impl Checker {
    fn new(example: Example) -> Self {
        let mut builder = Builder::new();
        let parameters = example.cells.iter().map(|(at, _)| {
            let pos = Pos::parse_a1(at).expect("an address");
            (pos, builder.parameter(Shape::new(LANES, 1, 1)))
        });
        let parameters = parameters.collect();
        Self {
            builder,
            parameters,
            example,
        }
    }

    fn constant(
        &mut self,
        rows: usize,
        cols: usize,
        value: impl Fn(usize, usize) -> Value,
    ) -> Lowered {
        let shape = Shape::new(1, rows, cols);
        let mut data = Vec::new();
        let mut present = Vec::new();
        for col in 0..cols {
            for row in 0..rows {
                let value = value(row, col);
                let single = shape.len() == 1;
                let number = match value {
                    Value::Number(x) => Some(x),
                    other if single => other.to_number().ok(),
                    _ => None,
                };
                data.push(number.unwrap_or(0.0));
                present.push(f64::from(u8::from(number.is_some())));
            }
        }
        let gaps = present.contains(&0.0);
        Lowered {
            node: self.builder.constant(Tensor::new(shape, data)),
            present: gaps.then(|| Tensor::new(shape, present)),
            omitted: false,
        }
    }

    fn range(&mut self, rect: crate::grid::Rect) -> Lowered {
        let (rows, cols) = (rect.rows() as usize, rect.cols() as usize);
        let mut present = vec![0.0; LANES * rows * cols];
        let mut pieces = Vec::new();
        for &(pos, node) in &self.parameters {
            if rect.contains(pos) {
                let row = (pos.row - rect.top) as usize;
                let col = (pos.col - rect.left) as usize;
                let index = col * rows + row;
                present[index * LANES..][..LANES].fill(1.0);
                pieces.push((node, index));
            }
        }
        // A row a lane, a column a cell.
        let sheet: Vec<(Node, (usize, usize))> = pieces
            .into_iter()
            .map(|(node, index)| {
                let flat = self.builder.reshape(node, Shape::new(1, LANES, 1));
                (flat.expect("a reshape"), (0, index))
            })
            .collect();
        let shape = Shape::new(LANES, rows, cols);
        let flat = self.builder.assemble(LANES, rows * cols, &sheet);
        let node = self.builder.reshape(flat.expect("a sheet"), shape);
        Lowered {
            node: node.expect("a reshape"),
            present: present.contains(&0.0).then(|| Tensor::new(shape, present)),
            omitted: false,
        }
    }

    fn lower(&mut self, tree: &Tree) -> Lowered {
        match tree {
            Tree::Operand(Operand::Omitted) => Lowered {
                node: self.builder.scalar(0.0),
                present: None,
                omitted: true,
            },
            Tree::Operand(Operand::Value(Value::Array(array))) => {
                let array = array.clone();
                self.constant(array.rows(), array.cols(), |r, c| array.get(r, c).clone())
            }
            Tree::Operand(Operand::Value(value)) => {
                let value = value.clone();
                self.constant(1, 1, |_, _| value.clone())
            }
            Tree::Operand(Operand::Reference(areas)) => {
                let [area] = areas.as_slice() else {
                    panic!("{}: one area", self.example.formula);
                };
                let rect = area.rect;
                match self
                    .parameters
                    .iter()
                    .find(|(pos, _)| rect == crate::grid::Rect::cell(*pos))
                {
                    Some(&(_, node)) => Lowered {
                        node,
                        present: None,
                        omitted: false,
                    },
                    None => self.range(rect),
                }
            }
            Tree::Call(name, args) => {
                let function = super::find(name).expect("a function");
                let node = self.call(function, args);
                Lowered {
                    node,
                    present: None,
                    omitted: false,
                }
            }
            other => panic!("{}: {other:?}", self.example.formula),
        }
    }

    fn call(&mut self, function: &'static Function, args: &[Tree]) -> Node {
        let args = match function.select {
            None => args.iter().map(|arg| self.lower(arg)).collect(),
            Some(select) => {
                let mut sheet = Sheet::with(&cells(&self.example, 0));
                let operands: Vec<Operand> = args
                    .iter()
                    .map(|arg| match arg {
                        Tree::Operand(operand) => operand.clone(),
                        other => panic!("{other:?} among criteria"),
                    })
                    .collect();
                let selection = select(&operands, &mut sheet).expect("a selection");
                let area = selection.values.expect("cells selected");
                assert_eq!(area.sheet, SHEET);
                let mut values = self.range(area.rect);
                let shape = self.builder.shape(values.node);
                let mut mask = vec![0.0; shape.len()];
                for (i, chosen) in selection.selected.iter().enumerate() {
                    for lane in 0..LANES {
                        let at = shape.offset(lane, i / shape.cols, i % shape.cols);
                        let number = values.present.as_ref().is_none_or(|p| p.data[at] != 0.0);
                        mask[at] = f64::from(u8::from(*chosen && number));
                    }
                }
                values.present = Some(Tensor::new(shape, mask));
                vec![values]
            }
        };
        let mut lowering = Lowering {
            builder: &mut self.builder,
            function: function.name,
        };
        let rule = function.lower.expect("a derivative rule");
        match rule(&mut lowering, &args) {
            Ok(node) => node,
            Err(error) => panic!("{}: {error}", self.example.formula),
        }
    }
}

/// The numbers of a formula in one lane, row by row.
fn interpret(formula: &str, cells: &[(&str, f64)]) -> Vec<f64> {
    let number = |value: &Value| value.to_number().unwrap_or(f64::NAN);
    match Sheet::with(cells).eval(formula) {
        Value::Array(array) => array.cells().iter().map(number).collect(),
        value => vec![number(&value)],
    }
}

fn near(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance * (1.0 + a.abs().max(b.abs()))
}

fn check(function: &Function, example: &Example) -> Result<(), String> {
    let Tree::Call(name, args) = Reader::read(example.formula) else {
        return Err(format!("{} is no call", example.formula));
    };
    if name != function.name {
        return Err(format!(
            "{} is no example of {}",
            example.formula, function.name
        ));
    }
    let mut checker = Checker::new(*example);
    let entry = super::find(&name).expect("a function");
    let value = checker.call(entry, &args);
    let shape = checker.builder.shape(value);
    // A loss that weighs the elements unevenly.
    let weights: Vec<f64> = (0..shape.rows * shape.cols)
        .map(|i| 1.0 + 0.37 * i as f64)
        .collect();
    let weight = Tensor::new(Shape::new(1, shape.rows, shape.cols), weights.clone());
    let weight = checker.builder.constant(weight);
    let weighted = checker
        .builder
        .binary(crate::program::Binary::Mul, value, weight)
        .map_err(|e| e.to_string())?;
    let loss = checker.builder.reduce(
        crate::program::Reduction::Sum,
        crate::program::Axes::ALL,
        weighted,
    );
    let wrt: Vec<Node> = checker.parameters.iter().map(|(_, node)| *node).collect();
    let gradient = checker
        .builder
        .gradient(loss, &wrt)
        .map_err(|e| e.to_string())?;
    let mut outputs = vec![value];
    outputs.extend(&gradient);
    let program = Program::new(&checker.builder, &outputs);
    let lanes: Vec<_> = (0..LANES).map(|lane| cells(example, lane)).collect();
    let mut parameters = Vec::new();
    for i in 0..example.cells.len() {
        parameters.extend(lanes.iter().map(|cells| cells[i].1));
    }
    let mut workspace = program.workspace();
    program.run(&mut workspace, &parameters);
    for (lane, cells) in lanes.iter().enumerate() {
        let expected = interpret(example.formula, cells);
        if expected.len() != shape.rows * shape.cols {
            return Err(format!("{}: shape {shape}", example.formula));
        }
        for (i, expected) in expected.iter().enumerate() {
            let lane = if shape.lanes == 1 { 0 } else { lane };
            let got = workspace.output(0)[shape.offset(lane, i / shape.cols, i % shape.cols)];
            if !near(got, *expected, 1e-12_f64.max(function.inexact)) {
                return Err(format!("{}: {got}, not {expected}", example.formula));
            }
        }
        // A value without lanes (SEQUENCE(3)) has no gradient to compare.
        if shape.lanes == 1 {
            continue;
        }
        let total = |cells: &[(&str, f64)]| -> f64 {
            let values = interpret(example.formula, cells);
            (0..values.len())
                .map(|i| {
                    let (row, col) = (i / shape.cols, i % shape.cols);
                    values[i] * weights[col * shape.rows + row]
                })
                .sum()
        };
        for (i, &(at, x)) in cells.iter().enumerate() {
            let got = workspace.output(1 + i)[lane];
            // A value known to so many digits only needs a longer step.
            let inexact = function.inexact;
            let step = inexact.cbrt().max(1e-5) * (1.0 + x.abs());
            let mut moved = cells.clone();
            let mut at_distance = |h: f64| {
                moved[i].1 = x + h;
                total(&moved)
            };
            // Richardson's extrapolation of two central differences.
            let wide = (at_distance(2.0 * step) - at_distance(-2.0 * step)) / (4.0 * step);
            let narrow = (at_distance(step) - at_distance(-step)) / (2.0 * step);
            let expected = (4.0 * narrow - wide) / 3.0;
            if !near(got, expected, 1e-7_f64.max(10.0 * inexact.powf(2.0 / 3.0))) {
                return Err(format!(
                    "{}: derivative by {at} in lane {lane} is {got}, not {expected}",
                    example.formula
                ));
            }
            if function.smoothness == Smoothness::PiecewiseConstant && got != 0.0 {
                return Err(format!("{}: derivative {got}", example.formula));
            }
        }
    }
    Ok(())
}

#[test]
fn derivative_rules_agree_with_values_and_differences() {
    let mut failures = Vec::new();
    for function in all() {
        let testable = function.lower.is_some()
            && !matches!(function.value, ValueRule::Lazy(_) | ValueRule::Special);
        if !testable {
            continue;
        }
        for example in function.examples {
            if let Err(failure) = check(function, example) {
                failures.push(failure);
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// The example's value as a program of its cells, a lane each.
fn program(example: &Example) -> (Program, Shape) {
    let Tree::Call(name, args) = Reader::read(example.formula) else {
        panic!("{} is no call", example.formula);
    };
    let mut checker = Checker::new(*example);
    let value = checker.call(super::find(&name).expect("a function"), &args);
    let shape = checker.builder.shape(value);
    (Program::new(&checker.builder, &[value]), shape)
}

#[test]
fn errors_are_not_finite_in_programs() {
    let mut failures = Vec::new();
    for function in all() {
        // What is selected is fixed for a program.
        let testable = function.lower.is_some()
            && function.select.is_none()
            && !matches!(function.value, ValueRule::Lazy(_) | ValueRule::Special);
        if !testable {
            continue;
        }
        for example in function.examples {
            let (program, shape) = program(example);
            let mut workspace = program.workspace();
            for i in 0..example.cells.len() {
                for factor in [-1.0, 0.0, 50.0, -1e-3] {
                    let mut cells = example.cells.to_vec();
                    cells[i].1 *= factor;
                    let parameters: Vec<f64> =
                        cells.iter().flat_map(|cell| [cell.1; LANES]).collect();
                    program.run(&mut workspace, &parameters);
                    for (k, expected) in interpret(example.formula, &cells).iter().enumerate() {
                        let at = shape.offset(0, k / shape.cols, k % shape.cols);
                        let got = workspace.output(0)[at];
                        let same = if expected.is_nan() {
                            !got.is_finite()
                        } else {
                            near(got, *expected, 1e-9_f64.max(function.inexact))
                        };
                        if !same {
                            failures.push(format!(
                                "{} with {cells:?} is {got}, not {expected}",
                                example.formula
                            ));
                        }
                    }
                }
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_derivative_rule_has_an_example() {
    let missing: Vec<&str> = all()
        .filter(|f| f.lower.is_some() && f.examples.is_empty())
        .map(|f| f.name)
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn names_are_unique_and_entries_are_whole() {
    let mut names = std::collections::HashSet::new();
    for function in all() {
        assert!(names.insert(function.name), "{} twice", function.name);
        assert!(
            function.help.ends_with('.'),
            "{}: {}",
            function.name,
            function.help
        );
        assert_eq!(function.name, function.name.to_uppercase());
    }
}
