//! What the engine must know of a bound formula before it is evaluated.

use super::{Bound, BoundRef};
use crate::functions::{Function, ParamKind, ValueRule};
use crate::value::Value;
use rustc_hash::FxHashSet;

/// The findings of a walk over a bound formula.
#[derive(Default)]
pub(super) struct Facts {
    pub precedents: Vec<BoundRef>,
    seen: FxHashSet<BoundRef>,
    pub volatile: bool,
    pub dynamic: bool,
    pub array: bool,
    pub placed: bool,
    /// For each slot in scope, whether it may hold several values.
    slots: Vec<bool>,
}

impl Facts {
    pub fn of(root: &Bound) -> Self {
        let mut facts = Self::default();
        if facts.walk(root, false) {
            facts.array = true;
        }
        facts
    }

    /// Visits a part, which stands where arrays are mapped over (`mapped`) or
    /// where ranges are intersected; returns whether it may have several values.
    fn walk(&mut self, part: &Bound, mapped: bool) -> bool {
        match part {
            Bound::Value(Value::Array(array)) => array.cells().len() > 1,
            Bound::Value(_) | Bound::Omitted => false,
            Bound::Function(function) => {
                self.placed |= tells_places(function);
                false
            }
            Bound::Cells(reference) => {
                if self.seen.insert(reference.clone()) {
                    self.precedents.push(reference.clone());
                }
                !reference.is_cell()
            }
            Bound::External(reference) => !reference.is_cell(),
            Bound::Slot(slot) => self.slots.get(*slot).copied().unwrap_or(true),
            Bound::Let { values, body } => {
                let outside = self.slots.len();
                for value in values {
                    let several = self.walk(value, mapped);
                    self.slots.push(several);
                }
                let several = self.walk(body, mapped);
                self.slots.truncate(outside);
                several
            }
            Bound::Lambda(lambda) => {
                let outside = std::mem::take(&mut self.slots);
                self.slots.clone_from(&outside);
                self.slots.resize(lambda.depth + lambda.params.len(), true);
                self.walk(&lambda.body, true);
                self.slots = outside;
                true
            }
            Bound::Name(name) => {
                let outside = std::mem::take(&mut self.slots);
                let several = name.body().is_none_or(|body| self.walk(body, true));
                self.slots = outside;
                several
            }
            Bound::Recursion(_) => true,
            Bound::Call { function, args } => self.call(function, args, mapped),
            Bound::Apply { callee, args } => {
                self.walk(callee, mapped);
                for arg in args {
                    self.walk(arg, mapped);
                }
                true
            }
            Bound::Plus(inner) | Bound::Negate(inner) | Bound::Percent(inner) => {
                self.single(inner, mapped)
            }
            Bound::Chain { first, rest } => {
                let mut several = self.single(first, mapped);
                for (_, term) in rest {
                    several |= self.single(term, mapped);
                }
                several
            }
            Bound::Range(a, b) => {
                self.walk(a, mapped);
                self.walk(b, mapped);
                self.dynamic = true;
                true
            }
            Bound::Intersection(a, b) => {
                self.walk(a, mapped);
                self.walk(b, mapped);
                true
            }
            Bound::Union(parts) => {
                for part in parts {
                    self.walk(part, mapped);
                }
                true
            }
            Bound::Single(inner) => {
                self.placed |= self.walk(inner, mapped);
                false
            }
            Bound::Spill(inner) => {
                self.walk(inner, mapped);
                true
            }
        }
    }

    /// A part where a single value is wanted.
    fn single(&mut self, part: &Bound, mapped: bool) -> bool {
        let several = self.walk(part, mapped);
        if several && !mapped {
            self.array = true;
        }
        several
    }

    fn call(&mut self, function: &'static Function, args: &[Bound], mapped: bool) -> bool {
        self.volatile |= function.volatile;
        self.placed |= tells_places(function);
        self.dynamic |= matches!(function.name, "OFFSET" | "INDIRECT");
        let lazy = matches!(function.value, ValueRule::Lazy(_));
        let mut several = function.returns_array;
        for (index, arg) in args.iter().enumerate() {
            match function.param(index).map(|param| param.kind) {
                Some(ParamKind::Scalar) | None => several |= self.single(arg, mapped),
                Some(ParamKind::Range) => {
                    let passed_on = lazy || matches!(function.name, "ROW" | "COLUMN");
                    several |= self.walk(arg, mapped) && passed_on;
                }
                Some(ParamKind::Array | ParamKind::Lambda) => {
                    self.walk(arg, true);
                }
            }
        }
        several
    }
}

/// Whether a function's value follows from where cells are or what they say,
/// and not from their values.
fn tells_places(function: &Function) -> bool {
    matches!(
        function.name,
        "ROW" | "COLUMN" | "CELL" | "SHEET" | "SHEETS" | "FORMULATEXT" | "ISFORMULA"
    )
}
