//! A terminal spreadsheet whose formulas are differentiable.
//!
//! The library is a stack of rooms; each knows only the rooms below it
//! (see `ARCHITECTURE.md`):
//!
//! - [`grid`]: positions, rectangles and addresses of a sheet;
//! - [`random`]: random numbers that follow from a seed;
//! - [`atomic`]: writing a file whole or not at all;
//! - [`reading`]: how far the reading of a file has come;
//! - [`value`]: what a cell can hold, and Excel's coercions between the kinds;
//! - [`formula`]: the formula language: tokens, parser, tree, printer;
//! - [`program`]: differentiable array programs, which know nothing of spreadsheets;
//! - [`device`]: where programs run: the CPU, and a GPU where there is one;
//! - [`functions`]: the worksheet functions, one registry entry each;
//! - [`workbook`]: the document: sheets, cells, runs of formulas, names, tables, edits;
//! - [`xlsx`]: opening and saving files;
//! - [`csv`] and [`import`]: files of other programs;
//! - [`files`]: opening and saving by a file's extension;
//! - [`engine`]: recalculation and gradients;
//! - [`solver`]: optimisation of a cell by changing others;
//! - [`tui`]: the terminal application.

pub mod atomic;
pub mod csv;
pub mod device;
pub mod engine;
pub mod files;
pub mod formula;
pub mod functions;
pub mod grid;
pub mod import;
pub mod program;
pub mod random;
pub mod reading;
pub mod solver;
pub mod tui;
pub mod value;
pub mod workbook;
pub mod xlsx;
