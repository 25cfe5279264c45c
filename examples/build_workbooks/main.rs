//! Builds the example workbooks from the data beside them:
//! `cargo run --release --example build_workbooks`.
//!
//! Each workbook is laid out through rust_xlsxwriter, then opened, recalculated
//! and given its stored Solver model by gradsheet itself, so that what is
//! committed is what the program saves.

mod convolution;
mod embeddings;
mod finish;
mod lesson_data;
mod quadratic;
mod random;
mod relu;
mod style;
mod titanic;

use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("workbooks");
    let passengers = titanic::read(&folder.join("titanic.csv"))?;
    finish::save(
        titanic::layout(&passengers)?,
        &folder.join("titanic.xlsx"),
        &titanic::MODELS,
    )?;
    finish::save(
        quadratic::layout()?,
        &folder.join("quadratic.xlsx"),
        &quadratic::MODELS,
    )?;
    finish::save(relu::layout()?, &folder.join("relu.xlsx"), &relu::MODELS)?;
    finish::save(
        embeddings::layout()?,
        &folder.join("embeddings.xlsx"),
        &embeddings::MODELS,
    )?;
    finish::save(
        convolution::layout()?,
        &folder.join("convolution.xlsx"),
        &convolution::MODELS,
    )?;
    Ok(())
}
