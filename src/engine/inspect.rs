//! A formula taken apart: each part with its value, and what a product is made of.

use super::{Engine, print_for_people};
use crate::formula::{Expr, Token, parameters, tokens};
use crate::grid::{Area, Cell, Pos, Rect};
use crate::value::{Array, Value};
use crate::workbook::Template;
use std::ops::Range;

/// The most parts that a formula is taken into, and the deepest of them.
const MAX_PARTS: usize = 2_000;
const MAX_DEPTH: usize = 100;

/// A part of a formula.
#[derive(Clone, Debug, Default)]
pub struct Part {
    /// As it stands in the formula.
    pub text: String,
    /// Where: bytes of the formula without its `=`.
    pub span: Range<usize>,
    /// The LET name or LAMBDA parameter whose value this is.
    pub named: Option<String>,
    pub children: Vec<Self>,
    /// The names in scope with the texts of their values; `None` where it is
    /// within a LAMBDA whose arguments are not known.
    scope: Option<Vec<(String, String)>>,
}

/// Vectors that are multiplied element by element and summed.
#[derive(Clone, Debug)]
pub struct Product {
    pub function: &'static str,
    pub factors: Vec<Factor>,
}

#[derive(Clone, Debug)]
pub struct Factor {
    pub values: Vec<Value>,
    /// Where they stand, where they are cells.
    pub area: Option<Area>,
}

impl Product {
    /// The products of the elements; what is no number counts as 0, as
    /// SUMPRODUCT has it. (MMULT refuses such elements.)
    pub fn terms(&self) -> Vec<f64> {
        let len = self.factors.iter().map(|f| f.values.len()).min();
        (0..len.unwrap_or(0))
            .map(|i| {
                let number = |factor: &Factor| match factor.values[i] {
                    Value::Number(x) => x,
                    _ => 0.0,
                };
                self.factors.iter().map(number).product()
            })
            .collect()
    }
}

impl Engine {
    /// The cell whose formula gives a cell its value: itself, the first cell of
    /// its array formula, or the one that spilled over it.
    pub fn formula_home(&self, cell: Cell) -> Option<Cell> {
        let sheet = self.workbook().sheet(cell.sheet);
        let pos = match sheet.runs.at(cell.pos) {
            Some((_, run)) => run.origin(cell.pos),
            None => sheet.spilled_from(cell.pos)?,
        };
        Some(Cell { pos, ..cell })
    }

    fn expression(&self, home: Cell) -> Option<Expr> {
        let (_, run) = self.workbook().sheet(home.sheet).runs.at(home.pos)?;
        match self.workbook().templates.get(run.template).as_ref() {
            Template::Formula(expr) => {
                let text = print_for_people(expr, home.pos);
                let expr = crate::formula::parse(&text, home.pos).ok()?;
                Some(expr.unspaced().clone())
            }
            Template::Unreadable(_) => None,
        }
    }

    /// The parts of the formula that gives a cell its value; `None` where there
    /// is none that can be read.
    pub fn parts(&self, cell: Cell) -> Option<Part> {
        let home = self.formula_home(cell)?;
        let expr = self.expression(home)?;
        let text = print_for_people(&expr, home.pos);
        let mut walk = Walk {
            origin: home.pos,
            formula: &text,
            count: 0,
        };
        let mut root = walk.part(&expr, 0..text.len(), Some(Vec::new()), 0);
        let shown = self.formula_text(home)?;
        if shown[1..] != text {
            spread(&mut root, &tokens(&text), &tokens(&shown[1..]));
        }
        Some(root)
    }

    /// The value of a part of a cell's formula; `None` where it has none by
    /// itself: the body of a LAMBDA.
    pub fn part_value(&self, part: &Part, cell: Cell) -> Option<Value> {
        let home = self.formula_home(cell)?;
        let scope = part.scope.as_ref()?;
        let text = match scope.is_empty() {
            true => part.text.clone(),
            false => {
                let names: Vec<String> = scope.iter().map(|(n, v)| format!("{n},{v}")).collect();
                format!("LET({},{})", names.join(","), part.text)
            }
        };
        self.evaluate(&text, home).ok()
    }

    /// What was multiplied and summed for a cell of an MMULT's result, or for a
    /// SUMPRODUCT; the first of them in the formula.
    pub fn product(&self, cell: Cell) -> Option<Product> {
        let home = self.formula_home(cell)?;
        let expr = self.expression(home)?;
        let mut call = None;
        expr.visit(&mut |part| {
            if let Expr::Call { function, args } = part
                && call.is_none()
            {
                call = match &*function.0 {
                    "MMULT" if args.len() == 2 => Some(("MMULT", args)),
                    "SUMPRODUCT" => Some(("SUMPRODUCT", args)),
                    _ => None,
                };
            }
        });
        let (function, args) = call?;
        let factors = args.iter().map(|arg| self.matrix(arg, home));
        let factors: Vec<(Array, Option<Area>)> = factors.collect::<Option<_>>()?;
        let factors = match (function, &factors[..]) {
            ("MMULT", [(a, in_a), (b, in_b)]) => {
                let row = (cell.pos.row - home.pos.row) as usize;
                let col = (cell.pos.col - home.pos.col) as usize;
                if row >= a.rows() || col >= b.cols() {
                    return None;
                }
                vec![
                    Factor {
                        values: (0..a.cols()).map(|i| a.get(row, i).clone()).collect(),
                        area: in_a.map(|area| line(area, row, true)),
                    },
                    Factor {
                        values: (0..b.rows()).map(|i| b.get(i, col).clone()).collect(),
                        area: in_b.map(|area| line(area, col, false)),
                    },
                ]
            }
            _ => factors
                .into_iter()
                .map(|(array, area)| Factor {
                    values: array.cells().to_vec(),
                    area,
                })
                .collect(),
        };
        Some(Product { function, factors })
    }

    fn matrix(&self, expr: &Expr, home: Cell) -> Option<(Array, Option<Area>)> {
        let array = match self.evaluate_expr(expr, home).ok()? {
            Value::Array(array) => array.as_ref().clone(),
            scalar => Array::new(1, 1, vec![scalar]),
        };
        let text = print_for_people(expr, home.pos);
        let areas = self.workbook().parse_areas(&text, home.sheet).ok();
        let area = areas.filter(|areas| areas.len() == 1).map(|areas| areas[0]);
        Some((array, area))
    }
}

/// A row or a column of an area.
fn line(area: Area, index: usize, row: bool) -> Area {
    let Rect {
        top,
        left,
        bottom,
        right,
    } = area.rect;
    let index = index as u32;
    let rect = match row {
        true => Rect {
            top: top + index,
            left,
            bottom: top + index,
            right,
        },
        false => Rect {
            top,
            left: left + index,
            bottom,
            right: left + index,
        },
    };
    Area { rect, ..area }
}

/// Takes a formula apart.
struct Walk<'a> {
    origin: Pos,
    formula: &'a str,
    count: usize,
}

type Scope = Option<Vec<(String, String)>>;

impl Walk<'_> {
    fn part(&mut self, expr: &Expr, within: Range<usize>, scope: Scope, depth: usize) -> Part {
        self.count += 1;
        // A printed part stands within its whole as it is printed alone.
        let text = print_for_people(expr, self.origin);
        let start = self.formula[within.clone()].find(&text);
        let span = start.map_or(within.clone(), |at| {
            within.start + at..within.start + at + text.len()
        });
        let mut part = Part {
            text,
            span,
            scope,
            ..Part::default()
        };
        if depth < MAX_DEPTH {
            self.children(expr, &mut part, depth + 1);
        }
        part
    }

    fn children(&mut self, expr: &Expr, part: &mut Part, depth: usize) {
        let (names, args) = match expr {
            Expr::Call { function, args } => (parameters(function, args).collect(), args),
            Expr::Apply { callee, args } => return self.applied(callee, args, part, depth),
            Expr::Group(inner) => return self.children(inner, part, depth),
            Expr::Array(_) => return,
            _ => {
                let mut from = part.span.start;
                for child in expr.children() {
                    from = self.child(child, from, part, part.scope.clone(), None, depth);
                }
                return;
            }
        };
        let names: Vec<crate::formula::Parameter<'_>> = names;
        let is_let = matches!(expr, Expr::Call { function, .. } if *function.0 == *"LET");
        let mut scope = part.scope.clone();
        if !is_let && !names.is_empty() {
            // What a LAMBDA is called with is known only where it is.
            scope = None;
        }
        let mut from = part.span.start;
        let mut named: Option<String> = None;
        for (index, arg) in args.iter().enumerate() {
            if names.iter().any(|parameter| parameter.index == index) {
                let text = print_for_people(arg, self.origin);
                from = self.after(&text, from, part);
                named = Some(text);
                continue;
            }
            let name = named.take().filter(|_| is_let);
            from = self.child(arg, from, part, scope.clone(), name.clone(), depth);
            if let (Some(name), Some(scope)) = (name, &mut scope) {
                scope.push((name, print_for_people(arg, self.origin)));
            }
        }
    }

    /// `LAMBDA(x,…)(2)`: the parameters have the values of the arguments.
    fn applied(&mut self, callee: &Expr, args: &[Expr], part: &mut Part, depth: usize) {
        let mut scope = part.scope.clone();
        let mut from = part.span.start;
        let mut inner = callee;
        while let Expr::Group(within) = inner {
            inner = within;
        }
        let Expr::Call {
            function,
            args: lambda,
        } = inner
        else {
            for child in std::iter::once(callee).chain(args) {
                from = self.child(child, from, part, part.scope.clone(), None, depth);
            }
            return;
        };
        let names: Vec<String> = parameters(function, lambda)
            .map(|parameter| parameter.name.to_owned())
            .collect();
        if let Some(body) = lambda.last().filter(|_| lambda.len() == names.len() + 1) {
            match &mut scope {
                Some(scope) if names.len() == args.len() => {
                    let values = args.iter().map(|arg| print_for_people(arg, self.origin));
                    scope.extend(names.iter().cloned().zip(values));
                }
                _ => scope = None,
            }
            for name in &names {
                from = self.after(name, from, part);
            }
            from = self.child(body, from, part, scope, None, depth);
        }
        for (index, arg) in args.iter().enumerate() {
            let name = names.get(index).cloned();
            from = self.child(arg, from, part, part.scope.clone(), name, depth);
        }
    }

    /// Adds a child that stands after `from`; where the next may begin.
    fn child(
        &mut self,
        expr: &Expr,
        from: usize,
        part: &mut Part,
        scope: Scope,
        named: Option<String>,
        depth: usize,
    ) -> usize {
        if matches!(expr, Expr::Omitted) || self.count >= MAX_PARTS {
            return from;
        }
        let child = self.part(expr, from..part.span.end, scope, depth);
        let next = child.span.end.min(part.span.end);
        part.children.push(Part { named, ..child });
        next
    }

    /// Where a text that stands after `from` ends.
    fn after(&self, text: &str, from: usize, part: &Part) -> usize {
        let rest = &self.formula[from..part.span.end];
        rest.find(text).map_or(from, |at| from + at + text.len())
    }
}

/// Moves the spans of a part, and of its parts, from a formula without white
/// space to the same one with it: the tokens are the same.
fn spread(part: &mut Part, plain: &[Token], shown: &[Token]) {
    let first = plain.partition_point(|token| token.end <= part.span.start);
    let last = plain.partition_point(|token| token.start < part.span.end);
    if let (Some(first), Some(last)) = (shown.get(first), shown.get(last.saturating_sub(1))) {
        part.span = first.start..last.end;
    }
    for part in &mut part.children {
        spread(part, plain, shown);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::lower::tests::engine;

    fn cell(engine: &Engine, text: &str) -> Cell {
        Cell {
            sheet: engine.workbook().order()[0],
            pos: Pos::parse_a1(text).expect("a cell"),
        }
    }

    /// Each part as `text=value`, its depth in dots.
    fn told(engine: &Engine, at: &str) -> Vec<String> {
        fn tell(engine: &Engine, at: Cell, part: &Part, depth: usize, out: &mut Vec<String>) {
            let value = match engine.part_value(part, at) {
                Some(Value::Number(x)) => x.to_string(),
                Some(Value::Array(array)) => format!("{}x{}", array.rows(), array.cols()),
                Some(other) => format!("{other:?}"),
                None => "?".to_owned(),
            };
            let name = part
                .named
                .as_deref()
                .map_or(String::new(), |n| format!("{n}: "));
            out.push(format!("{}{name}{}={value}", ".".repeat(depth), part.text));
            for child in &part.children {
                tell(engine, at, child, depth + 1, out);
            }
        }
        let at = cell(engine, at);
        let mut out = Vec::new();
        tell(engine, at, &engine.parts(at).expect("parts"), 0, &mut out);
        out
    }

    #[test]
    fn every_part_has_its_value_and_its_place() {
        let engine = engine("A1 = 2\nA2 = 3\nB1 = =(A1+A2)*MAX(0,A1-1)^2+A1");
        let expected = [
            "(A1+A2)*MAX(0,A1-1)^2+A1=7",
            ".(A1+A2)*MAX(0,A1-1)^2=5",
            "..(A1+A2)=5",
            "...A1=2",
            "...A2=3",
            "..MAX(0,A1-1)^2=1",
            "...MAX(0,A1-1)=1",
            "....0=0",
            "....A1-1=1",
            ".....A1=2",
            ".....1=1",
            "...2=2",
            ".A1=2",
        ];
        assert_eq!(told(&engine, "B1"), expected);
        let root = engine.parts(cell(&engine, "B1")).expect("parts");
        assert_eq!(root.children[1].span, 22..24);
        assert_eq!(root.children[0].children[0].children[1].span, 4..6);
    }

    #[test]
    fn names_of_let_and_arguments_of_lambda_have_values() {
        let engine = engine(
            "A1 = 2
            B1 ~ =LET(x,A1+1,y,x*2,x*y)
            B2 ~ =LAMBDA(a,b,a-b)(A1,5)
            B3 ~ =SUM(MAP(A1:A1,LAMBDA(v,v^2)))",
        );
        let lines = told(&engine, "B1");
        assert!(lines.contains(&".x: A1+1=3".to_owned()), "{lines:?}");
        assert!(lines.contains(&".y: x*2=6".to_owned()), "{lines:?}");
        assert!(lines.contains(&".x*y=18".to_owned()), "{lines:?}");
        let lines = told(&engine, "B2");
        assert!(lines.contains(&".a-b=-3".to_owned()), "{lines:?}");
        assert!(lines.contains(&".b: 5=5".to_owned()), "{lines:?}");
        let lines = told(&engine, "B3");
        assert!(lines.contains(&"...v^2=?".to_owned()), "{lines:?}");
    }

    #[test]
    fn a_cell_of_a_matrix_product_is_a_row_times_a_column() {
        let engine = engine(
            "A1 = 1
            B1 = 2
            C1 = 1
            A2 = 0
            B2 = 1
            C2 = 1
            A3 = 2
            B3 = 3
            C3 = 1
            E1 = 2
            F1 = 5
            E2 = 6
            F2 = 7
            E3 = 1
            F3 = 8
            {H1:I3} = =MMULT(A1:C3,E1:F3)
            K1 ~ =MMULT(A1:C3,E1:F3)
            N1 = =SUMPRODUCT(A1:A3,E1:E3)",
        );
        for at in ["I3", "L3"] {
            let product = engine.product(cell(&engine, at)).expect("a product");
            assert_eq!(product.terms(), [10.0, 21.0, 8.0]);
            let areas: Vec<_> = product.factors.iter().map(|f| f.area).collect();
            let sheet = engine.workbook().order()[0];
            let area = |text| Some(crate::engine::lower::tests::area(sheet, text));
            assert_eq!(areas, [area("A3:C3"), area("F1:F3")]);
            assert_eq!(engine.value(cell(&engine, at)), Value::Number(39.0));
        }
        let product = engine.product(cell(&engine, "N1")).expect("a product");
        assert_eq!(product.terms(), [2.0, 0.0, 2.0]);
    }
}
