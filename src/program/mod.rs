//! Differentiable array programs. Nothing here knows of spreadsheets.
//!
//! A program is a graph of operations on tensors of three dimensions: `lanes`
//! (the cells of a run of formulas, or the steps of a recurrence) and, for
//! each lane, a matrix of `rows` by `cols`. It is built once with a
//! [`Builder`], differentiated by transformation (reverse mode: adjoints are
//! more nodes of the same graph), compiled into a [`Program`] and run thousands
//! of times in a [`Workspace`].

mod builder;
mod compile;
mod execute;
mod explain;
mod gradient;
mod graph;
mod jacobian;
mod kernel;
mod ops;
#[cfg(test)]
mod reference;
mod scalar;
mod schedule;
mod simplify;
mod tensor;
#[cfg(test)]
mod tests;
mod vector;

pub use builder::{Axes, Binary, Builder, Node, Reduction, Scan, Unary, Window};
pub use compile::{Program, Workspace};
pub use explain::Cost;
pub use tensor::{Shape, ShapeError, Tensor};
