//! Formulas in other places: references that would leave the sheet, and
//! formulas that are turned with the cells around them.

use super::{Axis, CellRef, Expr, RefShape, Reference};
use crate::grid::{MAX_COLS, MAX_ROWS, Pos, Rect};
use crate::value::ErrorKind;

impl Reference {
    /// The rows and columns that its relative ends are away from its formula.
    fn offsets(&self) -> (Vec<i32>, Vec<i32>) {
        let relative = |axes: &[Axis]| -> Vec<i32> {
            let offset = |axis: &Axis| match axis {
                Axis::Relative(by) => Some(*by),
                Axis::Absolute(_) => None,
            };
            axes.iter().filter_map(offset).collect()
        };
        match &self.shape {
            RefShape::Cell(cell) => (relative(&[cell.row]), relative(&[cell.col])),
            RefShape::Range(a, b) => (relative(&[a.row, b.row]), relative(&[a.col, b.col])),
            RefShape::Rows(a, b) => (relative(&[*a, *b]), Vec::new()),
            RefShape::Cols(a, b) => (Vec::new(), relative(&[*a, *b])),
        }
    }

    /// Whether it lies on the sheet for a formula at `at`.
    fn stays(&self, at: Pos) -> bool {
        let (rows, cols) = self.offsets();
        rows.iter().all(|by| on(at.row, *by, MAX_ROWS))
            && cols.iter().all(|by| on(at.col, *by, MAX_COLS))
    }
}

fn on(line: u32, by: i32, size: u32) -> bool {
    (0..i64::from(size)).contains(&(i64::from(line) + i64::from(by)))
}

/// What becomes of a formula that is copied into a rectangle: parts of the
/// rectangle, each with its formula. Almost always it is one part and the same
/// formula (`None`); where references leave the sheet they are `#REF!`.
pub fn copied_into(expr: &Expr, rect: Rect) -> Vec<(Rect, Option<Expr>)> {
    let (mut rows, mut cols) = (vec![rect.top], vec![rect.left]);
    expr.visit(&mut |part| {
        if let Expr::Reference(reference) = part {
            let (down, right) = reference.offsets();
            rows.extend(down.iter().filter_map(|by| edge(*by, MAX_ROWS)));
            cols.extend(right.iter().filter_map(|by| edge(*by, MAX_COLS)));
        }
    });
    let starts = |mut starts: Vec<u32>, first: u32, last: u32| {
        starts.retain(|at| (first..=last).contains(at));
        starts.sort_unstable();
        starts.dedup();
        starts
    };
    let rows = starts(rows, rect.top, rect.bottom);
    let cols = starts(cols, rect.left, rect.right);
    let end = |starts: &[u32], i: usize, last: u32| starts.get(i + 1).map_or(last, |next| next - 1);
    let mut out = Vec::new();
    for (i, &top) in rows.iter().enumerate() {
        for (j, &left) in cols.iter().enumerate() {
            let part = Rect {
                top,
                left,
                bottom: end(&rows, i, rect.bottom),
                right: end(&cols, j, rect.right),
            };
            out.push((part, without_lost(expr, part.top_left())));
        }
    }
    out
}

/// The first line for which a reference `by` lines away is on the sheet, or
/// the first for which it no longer is.
fn edge(by: i32, size: u32) -> Option<u32> {
    match by {
        0 => None,
        1.. => size.checked_sub(by.unsigned_abs()),
        _ => Some(by.unsigned_abs()),
    }
}

/// The formula with `#REF!` for what leaves the sheet at `at`; `None` where nothing does.
fn without_lost(expr: &Expr, at: Pos) -> Option<Expr> {
    let lost = |part: &Expr| matches!(part, Expr::Reference(reference) if !reference.stays(at));
    let mut any = false;
    expr.visit(&mut |part| any |= lost(part));
    any.then(|| {
        expr.map(&mut |part| match part {
            part if lost(part) => Some(Expr::Error(ErrorKind::Ref)),
            _ => None,
        })
    })
}

/// The formula for cells whose rows have become columns. References that are
/// relative in rows and columns turn with the cells; those with a `$` stay as
/// they are, as there is no telling what they would follow.
pub fn transposed(expr: &Expr) -> Expr {
    let turned = |cell: &CellRef| match (cell.row, cell.col) {
        (Axis::Relative(row), Axis::Relative(col)) => Some(CellRef {
            row: Axis::Relative(col),
            col: Axis::Relative(row),
        }),
        _ => None,
    };
    let shape = |shape: &RefShape| {
        Some(match shape {
            RefShape::Cell(cell) => RefShape::Cell(turned(cell)?),
            RefShape::Range(a, b) => RefShape::Range(turned(a)?, turned(b)?),
            RefShape::Rows(a @ Axis::Relative(_), b @ Axis::Relative(_)) => RefShape::Cols(*a, *b),
            RefShape::Cols(a @ Axis::Relative(_), b @ Axis::Relative(_)) => RefShape::Rows(*a, *b),
            RefShape::Rows(..) | RefShape::Cols(..) => return None,
        })
    };
    expr.map(&mut |part| match part {
        Expr::Reference(reference) => Some(Expr::Reference(Reference {
            prefix: reference.prefix.clone(),
            shape: shape(&reference.shape)?,
        })),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formula::{Dialect, parse, print};

    fn pos(text: &str) -> Pos {
        Pos::parse_a1(text).unwrap()
    }

    #[test]
    fn references_that_leave_the_sheet_are_lost() {
        let expr = parse("A1+$A$1+B9", pos("B3")).unwrap();
        let rect = Rect::new(pos("A1"), pos("C5"));
        let text = |expr: &Expr, at| print(expr, at, Dialect::People(|_| None));
        let parts: Vec<String> = copied_into(&expr, rect)
            .iter()
            .map(|(rect, lost)| {
                let formula = text(lost.as_ref().unwrap_or(&expr), rect.top_left());
                format!("{rect} {formula}")
            })
            .collect();
        assert_eq!(
            parts,
            [
                "A1:A2 #REF!+$A$1+A7",
                "B1:C2 #REF!+$A$1+B7",
                "A3:A5 #REF!+$A$1+A9",
                "B3:C5 A1+$A$1+B9",
            ]
        );
        let far = Rect::new(pos("B1048570"), pos("B1048576"));
        assert_eq!(copied_into(&expr, far).len(), 2);
        assert_eq!(
            copied_into(&expr, Rect::new(pos("B3"), pos("Z999"))).len(),
            1
        );
    }

    #[test]
    fn relative_references_turn_with_their_cells() {
        for (before, after) in [
            ("A1", "B1"),
            ("A1+$A$1+$A1", "B1+$A$1+$A1"),
            ("SUM(A1:B3)", "SUM(B1:D2)"),
            ("A:A", "1:1"),
            ("Sheet2!D2", "Sheet2!C4"),
        ] {
            let turned = transposed(&parse(before, pos("B2")).unwrap());
            let text = print(&turned, pos("C2"), Dialect::People(|_| None));
            assert_eq!(text, after, "{before}");
        }
    }
}
