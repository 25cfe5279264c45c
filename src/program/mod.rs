//! Differentiable array programs. Nothing here knows of spreadsheets.
//!
//! A program is a graph of operations on tensors of three dimensions: `lanes`
//! (the cells of a run of formulas, or the steps of a recurrence) and, for
//! each lane, a matrix of `rows` by `cols`. It is built once with a
//! [`Builder`], differentiated by transformation (reverse mode: adjoints are
//! more nodes of the same graph), compiled into a [`Program`] and run thousands
//! of times in a [`Workspace`].
//!
//! ```
//! use gradsheet::program::{Axes, Binary, Builder, Program, Reduction, Shape, Tensor};
//! # fn main() -> Result<(), gradsheet::program::ShapeError> {
//! // The mean of (y - w x)² over three rows, and its derivative by w.
//! let mut b = Builder::new();
//! let rows = Shape::new(3, 1, 1);
//! let x = b.constant(Tensor::new(rows, [1.0, 2.0, 3.0]));
//! let y = b.constant(Tensor::new(rows, [2.0, 4.0, 7.0]));
//! let w = b.parameter(Shape::SCALAR);
//! let prediction = b.binary(Binary::Mul, x, w)?;
//! let error = b.binary(Binary::Sub, y, prediction)?;
//! let square = b.binary(Binary::Mul, error, error)?;
//! let total = b.reduce(Reduction::Sum, Axes::ALL, square);
//! let count = b.scalar(3.0);
//! let loss = b.binary(Binary::Div, total, count)?;
//! let slope = b.gradient(loss, &[w])?[0];
//!
//! let program = Program::new(&b, &[loss, slope]);
//! let mut workspace = program.workspace();
//! program.run(&mut workspace, &[2.0]);
//! assert_eq!(workspace.output(0), [1.0 / 3.0]);
//! assert_eq!(workspace.output(1), [-2.0]);
//! # Ok(())
//! # }
//! ```
//!
//! From the builder down:
//!
//! - `builder` checks shapes, `simplify` brings what is asked for to a normal
//!   form, `graph` keeps it;
//! - `ops` holds what each operation computes; `gradient` and `jacobian` how
//!   derivatives pass through it;
//! - `schedule` decides what runs together, `kernel` and `scalar` lower it to
//!   instructions, `cpu` joins these and runs them over blocks of lanes, as
//!   machine code made by `native` where it can, and `compile` ties the steps
//!   together;
//! - `cuda` makes text for GPUs of the same steps.

mod builder;
mod compile;
mod cpu;
pub(crate) mod cuda;
mod explain;
mod gradient;
mod graph;
mod jacobian;
mod kernel;
mod native;
mod ops;
#[cfg(test)]
mod reference;
mod scalar;
mod schedule;
mod simplify;
mod tensor;
#[cfg(test)]
pub(crate) mod tests;

pub use builder::{Axes, Binary, Builder, Node, Reduction, Scan, Unary, Window};
pub use compile::{Program, Workspace};
pub use explain::{Cost, MeasuredStep, Part};
pub(crate) use ops::special;
pub use tensor::{Shape, ShapeError, Tensor};
