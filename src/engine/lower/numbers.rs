//! Lowered values.

use super::{Lowerer, Refusal, Site};
use crate::program::{Binary, Node, Shape, Tensor, Unary};

/// The numbers that a part of a formula has in every lane: shape
/// `[lanes, rows, cols]`, lanes 1 where all cells see the same.
#[derive(Clone, Debug)]
pub(crate) struct Numbers {
    /// What arithmetic sees: 0 for blanks, 1 for TRUE, NaN for text that
    /// spells no number and for errors.
    pub node: Node,
    /// 1 where there is a number, 0 where SUM and its kind would skip what
    /// there is; `None` where all are numbers.
    pub present: Option<Tensor>,
    /// May be an error (not finite) though the variables are numbers.
    pub fallible: bool,
    /// What SUM would skip is nothing but empty cells.
    pub blank: bool,
    /// TRUE or FALSE as 1 and 0.
    pub boolean: bool,
}

impl Numbers {
    pub fn sure(node: Node) -> Self {
        Self {
            node,
            present: None,
            fallible: false,
            blank: false,
            boolean: false,
        }
    }

    pub fn fallible(node: Node) -> Self {
        Self {
            fallible: true,
            ..Self::sure(node)
        }
    }

    pub fn boolean(node: Node, fallible: bool) -> Self {
        Self {
            boolean: true,
            fallible,
            ..Self::sure(node)
        }
    }
}

impl Lowerer<'_> {
    pub(super) fn shape(&self, numbers: &Numbers) -> Shape {
        self.builder.shape(numbers.node)
    }

    pub(super) fn binary(
        &mut self,
        site: &Site,
        op: Binary,
        a: &Numbers,
        b: &Numbers,
    ) -> Result<Numbers, Refusal> {
        let node = self
            .builder
            .binary(op, a.node, b.node)
            .map_err(|e| self.misfit(site, e))?;
        let fails = matches!(op, Binary::Div | Binary::Pow | Binary::Mod | Binary::Atan2);
        Ok(Numbers {
            fallible: fails || a.fallible || b.fallible,
            ..Numbers::sure(node)
        })
    }

    pub(super) fn unary(&mut self, op: Unary, x: &Numbers) -> Numbers {
        Numbers {
            fallible: x.fallible,
            ..Numbers::sure(self.builder.unary(op, x.node))
        }
    }

    /// A comparison: 1 or 0, and NaN where a side is an error.
    pub(super) fn compare(
        &mut self,
        site: &Site,
        op: Binary,
        a: &Numbers,
        b: &Numbers,
    ) -> Result<Numbers, Refusal> {
        let mut node = self
            .builder
            .binary(op, a.node, b.node)
            .map_err(|e| self.misfit(site, e))?;
        let fallible = a.fallible || b.fallible;
        for side in [a, b] {
            if side.fallible {
                node = self.unless_error(site, side, node)?;
            }
        }
        Ok(Numbers::boolean(node, fallible))
    }

    /// `value` where `guard` is a number, NaN where it is an error.
    pub(super) fn unless_error(
        &mut self,
        site: &Site,
        guard: &Numbers,
        value: Node,
    ) -> Result<Node, Refusal> {
        let finite = self.builder.unary(Unary::IsFinite, guard.node);
        let error = self.builder.scalar(f64::NAN);
        self.builder
            .select(finite, value, error)
            .map_err(|e| self.misfit(site, e))
    }

    /// What an aggregate function sees: 0 where it skips, and where it does not.
    pub(super) fn aggregated(&mut self, site: &Site, numbers: Numbers) -> Result<Numbers, Refusal> {
        let Numbers {
            mut node,
            mut present,
            ..
        } = numbers;
        let shape = self.builder.shape(node);
        if numbers.boolean {
            present = Some(Tensor::new(shape, vec![0.0; shape.len()]));
        }
        if let Some(mask) = &present {
            let mask = self.builder.constant(mask.clone());
            let zero = self.builder.scalar(0.0);
            node = self
                .builder
                .select(mask, node, zero)
                .map_err(|e| self.misfit(site, e))?;
        }
        // A mask that all lanes share takes the node's shape.
        if let Some(mask) = present.take_if(|mask| mask.shape != self.builder.shape(node)) {
            present = Some(repeat(&mask, self.builder.shape(node)));
        }
        Ok(Numbers {
            node,
            present,
            ..numbers
        })
    }
}

/// A tensor with its dimensions of 1 repeated.
pub(super) fn repeat(tensor: &Tensor, shape: Shape) -> Tensor {
    if tensor.shape == shape {
        return tensor.clone();
    }
    let pick = |size: usize, index: usize| if size == 1 { 0 } else { index };
    let from = tensor.shape;
    let mut data = Vec::with_capacity(shape.len());
    for col in 0..shape.cols {
        for row in 0..shape.rows {
            for lane in 0..shape.lanes {
                data.push(tensor.get(
                    pick(from.lanes, lane),
                    pick(from.rows, row),
                    pick(from.cols, col),
                ));
            }
        }
    }
    Tensor::new(shape, data)
}
