//! Which formulas have another meaning once names have another.

use super::Graph;
use crate::formula::{self, Expr};
use crate::grid::{Area, Pos};
use crate::value::fold_case;
use crate::workbook::{Naming, Workbook};
use std::collections::BTreeSet;

/// The areas of formulas that a change of names may concern; `naming` holds the
/// names' users too.
pub(super) fn concerned(graph: &Graph, naming: &Naming) -> Vec<Area> {
    match naming {
        Naming::Same => graph
            .using(&BTreeSet::new())
            .map(|(_, area)| area)
            .collect(),
        Naming::Names(names) => graph.using(names).map(|(_, area)| area).collect(),
        Naming::All => graph.naming().map(|(_, area)| area).collect(),
    }
}

/// A change of names, with the names whose formulas use them: in capitals, or
/// whatever [`fold_case`] makes of them.
pub(super) fn with_users(book: &Workbook, naming: &Naming) -> Naming {
    let Naming::Names(names) = naming else {
        return naming.clone();
    };
    let formulas: Vec<(String, BTreeSet<String>)> = book
        .names
        .iter()
        .filter_map(|name| {
            let expr = formula::parse(&name.formula, Pos::new(0, 0)).ok()?;
            Some((fold_case(&name.name), used(&expr)))
        })
        .collect();
    let mut all = names.clone();
    loop {
        let before = all.len();
        for (name, used) in &formulas {
            if !used.is_disjoint(&all) {
                all.insert(name.clone());
            }
        }
        if all.len() == before {
            return Naming::Names(all);
        }
    }
}

fn used(expr: &Expr) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    expr.visit(&mut |part| match part {
        Expr::Name { name, .. } => {
            used.insert(fold_case(name));
        }
        Expr::Call { function, .. } => {
            used.insert(fold_case(&function.0));
        }
        _ => {}
    });
    used
}
