//! How tightly operators bind, for the parser and the printer alike.

use super::{BinaryOp, Expr, PostfixOp, PrefixOp, RefShape};

/// How tightly a tree holds together; of two operators the tighter goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Binding {
    Comparison,
    Concat,
    Sum,
    Product,
    Power,
    /// `-` before an operand: tighter than `^`, so that -2^2 is 4.
    Sign,
    Percent,
    /// `@`
    Intersect,
    Union,
    Intersection,
    Range,
    /// `#`, and the arguments of a call.
    Postfix,
    /// Needs no parentheses anywhere.
    Whole,
}

impl Binding {
    /// What the right operand of an operator of this binding must hold by, as
    /// all operators between two operands take the left two first.
    pub(super) fn next(self) -> Self {
        use Binding::*;
        match self {
            Comparison => Concat,
            Concat => Sum,
            Sum => Product,
            Product => Power,
            Power => Sign,
            Sign => Percent,
            Percent => Intersect,
            Intersect => Union,
            Union => Intersection,
            Intersection => Range,
            Range => Postfix,
            Postfix | Whole => Whole,
        }
    }

    pub(super) fn of(expr: &Expr) -> Self {
        match expr {
            Expr::Number(x) if x.is_sign_negative() => Self::Sign,
            Expr::Reference(reference) => match reference.shape {
                RefShape::Cell(_) => Self::Whole,
                _ => Self::Range,
            },
            Expr::Prefix(op, _) => op.binding(),
            Expr::Postfix(_, op) => op.binding(),
            Expr::Apply { .. } => Self::Postfix,
            Expr::Binary(_, op, _) => op.binding(),
            Expr::Spaced(inner, _) => Self::of(inner),
            _ => Self::Whole,
        }
    }
}

impl BinaryOp {
    pub(super) fn binding(self) -> Binding {
        match self {
            Self::Range => Binding::Range,
            Self::Intersection => Binding::Intersection,
            Self::Union => Binding::Union,
            Self::Power => Binding::Power,
            Self::Multiply | Self::Divide => Binding::Product,
            Self::Add | Self::Subtract => Binding::Sum,
            Self::Concat => Binding::Concat,
            _ => Binding::Comparison,
        }
    }

    /// Whether it makes a reference of references.
    pub(super) fn joins_references(self) -> bool {
        matches!(self, Self::Range | Self::Intersection | Self::Union)
    }
}

impl PrefixOp {
    fn binding(self) -> Binding {
        match self {
            Self::Plus | Self::Minus => Binding::Sign,
            Self::Intersect => Binding::Intersect,
        }
    }

    /// What its operand must hold by. A sign may follow a sign; a union
    /// after `@` needs parentheses, as it does among arguments.
    pub(super) fn operand(self) -> Binding {
        match self {
            Self::Plus | Self::Minus => Binding::Sign,
            Self::Intersect => Binding::Intersection,
        }
    }
}

impl PostfixOp {
    pub(super) fn binding(self) -> Binding {
        match self {
            Self::Percent => Binding::Percent,
            Self::Spill => Binding::Postfix,
        }
    }
}
