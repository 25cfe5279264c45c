//! How values, cells, styles and formulas are written.

use crate::formula::{self, Axis, Dialect, Expr, RefShape};
use crate::grid::{MAX_COLS, MAX_ROWS, Pos, Rect};
use crate::value::{ErrorKind, Value};
use crate::workbook::{Cells, StyleMap, Template};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use std::sync::Arc;

/// A scalar as the JSON value that it resembles.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Scalar {
    Blank(()),
    Bool(bool),
    Number(f64),
    Text(Arc<str>),
    Error { error: String },
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let scalar = match self {
            Value::Blank => Scalar::Blank(()),
            Value::Bool(b) => Scalar::Bool(*b),
            Value::Number(x) => Scalar::Number(*x),
            Value::Text(text) => Scalar::Text(text.clone()),
            Value::Error(kind) => Scalar::Error {
                error: kind.as_str().to_owned(),
            },
            Value::Array(_) => {
                return Err(serde::ser::Error::custom("a cell cannot hold an array"));
            }
        };
        scalar.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Scalar::deserialize(deserializer)? {
            Scalar::Blank(()) => Value::Blank,
            Scalar::Bool(b) => Value::Bool(b),
            // To the bit, unlike what is computed.
            Scalar::Number(x) if x.is_finite() => Value::Number(x),
            Scalar::Number(_) => Value::Error(ErrorKind::Num),
            Scalar::Text(text) => Value::Text(text),
            Scalar::Error { error } => Value::Error(
                ErrorKind::parse(&error)
                    .ok_or_else(|| D::Error::custom(format!("\"{error}\" is no error value")))?,
            ),
        })
    }
}

/// A rectangle as its address: `B2:C9`.
impl Serialize for Rect {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Rect {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let (a, b) = text.split_once(':').unwrap_or((&text, &text));
        match (Pos::parse_a1(a), Pos::parse_a1(b)) {
            (Some(a), Some(b)) => Ok(Rect::new(a, b)),
            _ => Err(D::Error::custom(format!("\"{text}\" is no area"))),
        }
    }
}

impl Serialize for Pos {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Pos {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Pos::parse_a1(&text).ok_or_else(|| D::Error::custom(format!("\"{text}\" is no cell")))
    }
}

/// Cells as stretches down a column: the first one's place and the values.
impl Serialize for Cells {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut stretches: Vec<(Pos, Vec<Value>)> = Vec::new();
        if let Some(used) = self.used() {
            self.for_each_column(used, &mut |at, value| match stretches.last_mut() {
                Some((first, values))
                    if first.col == at.col
                        && first.row as usize + values.len() == at.row as usize =>
                {
                    values.push(value.clone());
                }
                _ => stretches.push((at, vec![value.clone()])),
            });
        }
        stretches.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Cells {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut cells = Cells::default();
        for (first, values) in Vec::<(Pos, Vec<Value>)>::deserialize(deserializer)? {
            if values.len() > (MAX_ROWS - first.row) as usize {
                return Err(D::Error::custom(format!(
                    "cells from {first} leave the sheet"
                )));
            }
            for (row, value) in (first.row..).zip(values) {
                cells.set(Pos::new(row, first.col), value);
            }
        }
        Ok(cells)
    }
}

/// Styles as stretches of cells and their index.
impl Serialize for StyleMap {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let all = Rect::new(Pos::new(0, 0), Pos::new(MAX_ROWS - 1, MAX_COLS - 1));
        serializer.collect_seq(self.pieces(all))
    }
}

impl<'de> Deserialize<'de> for StyleMap {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut styles = StyleMap::default();
        for (rect, style) in Vec::<(Rect, u32)>::deserialize(deserializer)? {
            styles.set(rect, Some(style));
        }
        Ok(styles)
    }
}

/// A formula's text as it stands in a cell.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum FormulaText {
    Formula { at: Pos, formula: String },
    Unreadable { unreadable: Arc<str> },
}

impl Serialize for Template {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = match self {
            Template::Formula(expr) => {
                let at = standpoint(expr);
                let formula = formula::print(expr, at, Dialect::People(|_| None));
                FormulaText::Formula { at, formula }
            }
            Template::Unreadable(text) => FormulaText::Unreadable {
                unreadable: text.clone(),
            },
        };
        text.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Template {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match FormulaText::deserialize(deserializer)? {
            FormulaText::Formula { at, formula } => {
                let expr = formula::parse(&formula, at).map_err(D::Error::custom)?;
                Ok(Template::Formula(expr))
            }
            FormulaText::Unreadable { unreadable } => Ok(Template::Unreadable(unreadable)),
        }
    }
}

/// A cell from which all relative references lie on the sheet.
fn standpoint(expr: &Expr) -> Pos {
    let (mut row, mut col) = (0, 0);
    let back = |axis: &Axis| match axis {
        Axis::Relative(by) if *by < 0 => by.unsigned_abs(),
        _ => 0,
    };
    expr.visit(&mut |part| {
        if let Expr::Reference(reference) = part {
            let (rows, cols) = match &reference.shape {
                RefShape::Cell(cell) => (vec![cell.row], vec![cell.col]),
                RefShape::Range(a, b) => (vec![a.row, b.row], vec![a.col, b.col]),
                RefShape::Rows(a, b) => (vec![*a, *b], vec![]),
                RefShape::Cols(a, b) => (vec![], vec![*a, *b]),
            };
            row = rows.iter().map(back).fold(row, u32::max);
            col = cols.iter().map(back).fold(col, u32::max);
        }
    });
    Pos::new(row.min(MAX_ROWS - 1), col.min(MAX_COLS - 1))
}
