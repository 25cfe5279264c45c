//! IF and its kin: the branch taken counts, the other contributes nothing.

use super::numbers::{Numbers, repeat};
use super::part::element;
use super::reference::Want;
use super::{Lowerer, Refusal, Site};
use crate::engine::bind::Bound;
use crate::formula::BinaryOp;
use crate::program::{Binary, Shape, Tensor, Unary};
use crate::value::{ErrorKind, Value};

/// Where a condition holds.
enum Truth {
    /// Everywhere the same.
    Always(bool),
    /// Differs, but not with the variables: 1, 0, or NaN for an error.
    Fixed(Tensor),
    /// Depends on the variables.
    Moving(Numbers),
}

impl Lowerer<'_> {
    pub(super) fn lazy(
        &mut self,
        name: &'static str,
        args: &[Bound],
        site: &Site,
        want: Want,
    ) -> Result<Numbers, Refusal> {
        match name {
            "IF" => {
                let truth = self.truth(&args[0], site)?;
                self.branch(truth, args.get(1), args.get(2), site, want)
            }
            "IFS" => self.cases(args, site, want),
            "SWITCH" => self.switch(args, site, want),
            "CHOOSE" => self.choose(args, site, want),
            _ => {
                let value = self.branch_value(args.first(), site, want)?;
                if !value.fallible {
                    return Ok(value);
                }
                if name == "IFNA" {
                    return self.unless_missing(args, &value, site, want);
                }
                let finite = self.builder.unary(Unary::IsFinite, value.node);
                let instead = self.branch_value(args.get(1), site, want)?;
                self.select(&Numbers::boolean(finite, false), &value, &instead, site)
            }
        }
    }

    fn branch(
        &mut self,
        truth: Truth,
        then: Option<&Bound>,
        otherwise: Option<&Bound>,
        site: &Site,
        want: Want,
    ) -> Result<Numbers, Refusal> {
        match truth {
            Truth::Always(true) => self.branch_value(then, site, want),
            Truth::Always(false) => self.branch_value(otherwise, site, want),
            Truth::Fixed(mask) => {
                let then = self.branch_value(then, site, want)?;
                let otherwise = self.branch_value(otherwise, site, want)?;
                self.choose_by_mask(&mask, &then, &otherwise, site)
            }
            Truth::Moving(condition) => {
                let then = self.branch_value(then, site, want)?;
                let otherwise = self.branch_value(otherwise, site, want)?;
                self.select(&condition, &then, &otherwise, site)
            }
        }
    }

    /// IFNA. Whether a look-up finds anything does not depend on the
    /// variables, so it is #N/A where it is now.
    fn unless_missing(
        &mut self,
        args: &[Bound],
        value: &Numbers,
        site: &Site,
        want: Want,
    ) -> Result<Numbers, Refusal> {
        self.not_in_recurrence(site)?;
        let mut by_condition = false;
        args[0].visit(&mut |part| {
            by_condition |= matches!(part, Bound::Call { function, .. }
                if matches!(function.name, "IFS" | "SWITCH"));
        });
        if by_condition && self.is_active(&args[0], site)? {
            return Err(self.refuse(
                site.first(),
                "whether IFS or SWITCH within IFNA is #N/A may depend on the variables; give it a \
                 last case that always holds instead",
            ));
        }
        let shape = self.shape(value);
        let values = self.shown_values(&args[0], site, want)?;
        let mut missing = vec![0.0; shape.len()];
        for lane in 0..shape.lanes {
            for (row, col) in (0..shape.rows).flat_map(|r| (0..shape.cols).map(move |c| (r, c))) {
                if *element(&values, lane, row, col) == Value::Error(ErrorKind::Na) {
                    missing[shape.offset(lane, row, col)] = 1.0;
                }
            }
        }
        if !missing.contains(&1.0) {
            return Ok(value.clone());
        }
        let instead = self.branch_value(args.get(1), site, want)?;
        self.choose_by_mask(&Tensor::new(shape, missing), &instead, value, site)
    }

    /// ISNUMBER and its kin. What a cell holds apart from numbers and errors
    /// does not depend on the variables.
    pub(super) fn question(
        &mut self,
        name: &'static str,
        arg: &Bound,
        site: &Site,
    ) -> Result<Numbers, Refusal> {
        self.not_in_recurrence(site)?;
        let value = self.part(arg, site, Want::Whole)?;
        let shape = self.shape(&value);
        if shape.rows * shape.cols > 1 && !site.mapped {
            return Err(self.refuse(site.first(), format!("{name} is asked of several cells")));
        }
        let values = self.shown_values(arg, site, Want::Whole)?;
        let mut kinds = vec![0.0; shape.len()];
        let mut answers = vec![0.0; shape.len()];
        for lane in 0..shape.lanes {
            for (row, col) in (0..shape.rows).flat_map(|r| (0..shape.cols).map(move |c| (r, c))) {
                let shown = element(&values, lane, row, col);
                let answer = match name {
                    "ISTEXT" => matches!(shown, Value::Text(_)),
                    "ISNONTEXT" => !matches!(shown, Value::Text(_)),
                    "ISBLANK" => shown.is_blank(),
                    "ISLOGICAL" => matches!(shown, Value::Bool(_)),
                    _ => false,
                };
                let at = shape.offset(lane, row, col);
                answers[at] = f64::from(u8::from(answer));
                kinds[at] = f64::from(u8::from(matches!(
                    shown,
                    Value::Number(_) | Value::Error(_)
                )));
            }
        }
        let answers = self.builder.constant(Tensor::new(shape, answers));
        let known = Numbers::boolean(answers, false);
        let finite = self.builder.unary(Unary::IsFinite, value.node);
        let live = match name {
            "ISNUMBER" => finite,
            "ISERROR" => self.builder.unary(Unary::Not, finite),
            _ => return Ok(known),
        };
        let kinds = Tensor::new(shape, kinds);
        self.choose_by_mask(&kinds, &Numbers::boolean(live, false), &known, site)
    }

    /// A branch; one that was left out is FALSE.
    fn branch_value(
        &mut self,
        part: Option<&Bound>,
        site: &Site,
        want: Want,
    ) -> Result<Numbers, Refusal> {
        match part {
            Some(part) => {
                let mut numbers = self.part(part, site, want)?;
                if want == Want::Single && numbers.blank {
                    // Where a value is wanted an empty cell is 0.
                    numbers.present = None;
                }
                Ok(numbers)
            }
            None => Ok(Numbers::boolean(self.builder.scalar(0.0), false)),
        }
    }

    fn truth(&mut self, part: &Bound, site: &Site) -> Result<Truth, Refusal> {
        if self.is_active(part, site)? {
            return Ok(Truth::Moving(self.part(part, site, Want::Single)?));
        }
        let values = self.constant_values(part, site, Want::Single)?;
        let truths: Vec<crate::value::Value> = values
            .iter()
            .map(|value| match value {
                crate::value::Value::Array(array) => crate::value::Value::array(
                    crate::value::Array::from_fn(array.rows(), array.cols(), |row, col| {
                        as_truth(array.get(row, col))
                    }),
                ),
                scalar => as_truth(scalar),
            })
            .collect();
        let numbers = self.numbers_of(&truths, site)?;
        let Some(mask) = self.builder.constant_value(numbers.node).cloned() else {
            return Ok(Truth::Moving(numbers));
        };
        let first = mask.data[0];
        Ok(
            if !first.is_nan() && mask.data.iter().all(|x| *x == first) {
                Truth::Always(first != 0.0)
            } else {
                Truth::Fixed(mask)
            },
        )
    }

    /// Chooses by a condition that depends on the variables.
    pub(super) fn select(
        &mut self,
        condition: &Numbers,
        then: &Numbers,
        otherwise: &Numbers,
        site: &Site,
    ) -> Result<Numbers, Refusal> {
        if then.present.is_some() || otherwise.present.is_some() {
            return Err(self.refuse(
                site.first(),
                "whether it is text or a number depends on the variables",
            ));
        }
        let mut node = self
            .builder
            .select(condition.node, then.node, otherwise.node)
            .map_err(|e| self.misfit(site, e))?;
        if condition.fallible {
            node = self.unless_error(site, condition, node)?;
        }
        Ok(Numbers {
            node,
            present: None,
            fallible: condition.fallible || then.fallible || otherwise.fallible,
            blank: false,
            boolean: then.boolean && otherwise.boolean,
        })
    }

    /// Chooses by a mask of 1, 0 and NaN (an error).
    pub(super) fn choose_by_mask(
        &mut self,
        mask: &Tensor,
        then: &Numbers,
        otherwise: &Numbers,
        site: &Site,
    ) -> Result<Numbers, Refusal> {
        let condition = self.builder.constant(mask.clone());
        let mut node = self
            .builder
            .select(condition, then.node, otherwise.node)
            .map_err(|e| self.misfit(site, e))?;
        let failing = mask.data.iter().any(|x| x.is_nan());
        if failing {
            node = self.unless_error(site, &Numbers::fallible(condition), node)?;
        }
        let boolean = then.boolean && otherwise.boolean;
        let plain = |n: &Numbers| n.present.is_none() && n.boolean == boolean;
        let present = if plain(then) && plain(otherwise) {
            None
        } else {
            let shape = self.builder.shape(node);
            let of = |numbers: &Numbers| match &numbers.present {
                Some(mask) => repeat(mask, shape),
                None if numbers.boolean && !boolean => Tensor::new(shape, vec![0.0; shape.len()]),
                None => Tensor::new(shape, vec![1.0; shape.len()]),
            };
            let (mask, a, b) = (repeat(mask, shape), of(then), of(otherwise));
            let data: Vec<f64> = (0..shape.len())
                .map(|i| {
                    if mask.data[i] == 0.0 {
                        b.data[i]
                    } else {
                        a.data[i]
                    }
                })
                .collect();
            data.contains(&0.0).then(|| Tensor::new(shape, data))
        };
        Ok(Numbers {
            node,
            present,
            fallible: failing || then.fallible || otherwise.fallible,
            blank: [then, otherwise]
                .iter()
                .all(|n| n.blank || n.present.is_none() && n.boolean == boolean),
            boolean,
        })
    }

    fn cases(&mut self, args: &[Bound], site: &Site, want: Want) -> Result<Numbers, Refusal> {
        let mut result = Numbers::fallible(self.builder.scalar(f64::NAN));
        for pair in args.chunks_exact(2).rev() {
            result = match self.truth(&pair[0], site)? {
                Truth::Always(true) => self.branch_value(Some(&pair[1]), site, want)?,
                Truth::Always(false) => result,
                Truth::Fixed(mask) => {
                    let then = self.branch_value(Some(&pair[1]), site, want)?;
                    self.choose_by_mask(&mask, &then, &result, site)?
                }
                Truth::Moving(condition) => {
                    let then = self.branch_value(Some(&pair[1]), site, want)?;
                    self.select(&condition, &then, &result, site)?
                }
            };
        }
        Ok(result)
    }

    fn switch(&mut self, args: &[Bound], site: &Site, want: Want) -> Result<Numbers, Refusal> {
        let key = self.part(&args[0], site, Want::Single)?;
        let pairs = args[1..].chunks_exact(2);
        let mut result = match pairs.remainder() {
            [default] => self.branch_value(Some(default), site, want)?,
            _ => Numbers::fallible(self.builder.scalar(f64::NAN)),
        };
        for pair in pairs.rev() {
            let before = (Some(&args[0]), key.clone());
            let matches = self.comparison(BinaryOp::Equal, before, &pair[0], site)?;
            let then = self.branch_value(Some(&pair[1]), site, want)?;
            result = self.pick(&matches, &then, &result, site)?;
        }
        Ok(result)
    }

    fn choose(&mut self, args: &[Bound], site: &Site, want: Want) -> Result<Numbers, Refusal> {
        let index = self.part(&args[0], site, Want::Single)?;
        let index = self.unary(Unary::Trunc, &index);
        let mut result = Numbers::fallible(self.builder.scalar(f64::NAN));
        for (number, choice) in args[1..].iter().enumerate().rev() {
            let number = Numbers::sure(self.builder.scalar((number + 1) as f64));
            let matches = self.compare(site, Binary::Equal, &index, &number)?;
            // A choice that no cell makes is not even lowered.
            let never = self
                .builder
                .constant_value(matches.node)
                .is_some_and(|t| t.data.iter().all(|x| *x == 0.0));
            if !never {
                let then = self.branch_value(Some(choice), site, want)?;
                result = self.pick(&matches, &then, &result, site)?;
            }
        }
        Ok(result)
    }

    /// Chooses by a condition that may turn out to be constant.
    fn pick(
        &mut self,
        condition: &Numbers,
        then: &Numbers,
        otherwise: &Numbers,
        site: &Site,
    ) -> Result<Numbers, Refusal> {
        match self.builder.constant_value(condition.node).cloned() {
            Some(mask) if mask.data.iter().all(|x| *x == 1.0) => Ok(then.clone()),
            Some(mask) if mask.shape.len() > 1 || mask.shape == Shape::SCALAR => {
                self.choose_by_mask(&mask, then, otherwise, site)
            }
            _ => self.select(condition, then, otherwise, site),
        }
    }
}

/// What IF makes of a value: TRUE, FALSE or an error.
fn as_truth(value: &crate::value::Value) -> crate::value::Value {
    match value.to_bool() {
        Ok(truth) => crate::value::Value::Number(f64::from(u8::from(truth))),
        Err(kind) => crate::value::Value::Error(kind),
    }
}
