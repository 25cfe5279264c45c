//! Runs that feed each other row by row, as one scan.
//!
//! The body of the scan is lowered twice. The first time, over all cells at
//! once, it only collects the body's inputs: the largest parts that do not
//! look at the recurrence itself. The second time, for one row, these are the
//! elements of sequences (or uniforms), and references to earlier rows are
//! the states.

use super::call::asks_for_place;
use super::numbers::Numbers;
use super::reference::Want;
use super::slice::Member;
use super::{Lowerer, Refusal, Site};
use crate::engine::bind::{Bound, BoundRef};
use crate::engine::components::components;
use crate::formula::Axis;
use crate::grid::{Area, MAX_COLS, Rect, SheetId};
use crate::program::{Binary, Builder, Node, Scan, Shape, ShapeError, Window};
use crate::workbook::RunKind;
use rustc_hash::FxHashMap;

/// The furthest row back that a recurrence may look.
const MAX_LAG: u32 = 64;

/// A part of a formula, where it stands and how it is wanted. Parts are told
/// apart by address, since their formulas outlive the lowering; a name's
/// formula may serve several columns.
type Key = (usize, SheetId, u32, bool, Want);

fn key(part: &Bound, site: &Site, want: Want) -> Key {
    let address = std::ptr::from_ref(part).addr();
    (address, site.sheet, site.cells.left, site.mapped, want)
}

/// The inputs of a recurrence's body.
pub(super) struct Leaves {
    /// The cells of the recurrence.
    states: Vec<Area>,
    phase: Phase,
}

enum Phase {
    Collect(Vec<(Key, Numbers)>),
    Replay {
        inputs: FxHashMap<Key, Numbers>,
        rows: Rows,
    },
}

/// The rows that a step of the body can see.
struct Rows {
    /// -1 where states are the rows above, 1 where they are the rows below.
    direction: i64,
    /// For each member its cells and its rows by lag: `[0]` is the row being
    /// computed, once it is.
    members: Vec<(Area, Vec<Option<Node>>)>,
}

impl Leaves {
    /// Whether an area holds a cell of the recurrence.
    pub fn is_state(&self, area: Area) -> bool {
        self.states
            .iter()
            .any(|s| s.sheet == area.sheet && s.rect.intersection(&area.rect).is_some())
    }
}

impl Lowerer<'_> {
    /// Inside a recurrence: the input that stands for a part, if it is one.
    pub(super) fn leaf(
        &mut self,
        part: &Bound,
        site: &Site,
        want: Want,
    ) -> Result<Option<Numbers>, Refusal> {
        let key = key(part, site, want);
        match &self.leaves {
            None => Ok(None),
            Some(Leaves {
                phase: Phase::Replay { inputs, .. },
                ..
            }) => {
                if let Some(input) = inputs.get(&key) {
                    return Ok(Some(input.clone()));
                }
                match part {
                    Bound::Cells(reference) => self.state(reference, site, want).map(Some),
                    _ => Ok(None),
                }
            }
            Some(Leaves {
                phase: Phase::Collect(_),
                ..
            }) => {
                if self.looks_at_state(part, site) {
                    return Ok(None);
                }
                let leaves = self.leaves.take();
                let numbers = self.part(part, site, want);
                self.leaves = leaves;
                let numbers = numbers?;
                if let Some(Leaves {
                    phase: Phase::Collect(inputs),
                    ..
                }) = &mut self.leaves
                {
                    inputs.push((key, numbers.clone()));
                }
                Ok(Some(numbers))
            }
        }
    }

    /// Whether a part must be lowered within the body.
    fn looks_at_state(&self, part: &Bound, site: &Site) -> bool {
        let Some(leaves) = &self.leaves else {
            return false;
        };
        match part {
            Bound::Value(_) | Bound::Omitted | Bound::Function(_) | Bound::External(_) => false,
            Bound::Cells(reference) => reference.hull(site.cells).is_some_and(|rect| {
                reference
                    .sheets
                    .as_slice()
                    .iter()
                    .any(|&sheet| leaves.is_state(Area { sheet, rect }))
            }),
            Bound::Call { function, args } => args
                .iter()
                .filter(|arg| !(asks_for_place(function) && matches!(arg, Bound::Cells(_))))
                .any(|arg| self.looks_at_state(arg, site)),
            Bound::Plus(x) | Bound::Negate(x) | Bound::Percent(x) => self.looks_at_state(x, site),
            Bound::Chain { first, rest } => {
                self.looks_at_state(first, site)
                    || rest.iter().any(|(_, term)| self.looks_at_state(term, site))
            }
            // Names, LET and computed references are looked at part by part.
            _ => true,
        }
    }

    /// Stops the lowering of a recurrence's body at a part that is looked up
    /// cell by cell: one row of it cannot stand for all.
    pub(super) fn not_in_recurrence(&mut self, site: &Site) -> Result<(), Refusal> {
        if self.leaves.is_none() {
            return Ok(());
        }
        self.unscannable = true;
        Err(self.refuse(site.first(), "a cell of its own recurrence is looked up"))
    }

    /// Lowers a component as a scan down (or up) its rows; `false` where it is none.
    pub(super) fn scan(&mut self, members: &[Member]) -> Result<bool, Refusal> {
        let Some(plan) = self.plan(members) else {
            return Ok(false);
        };
        let first = site_of(&members[0], members[0].cells);
        let init = match self.initial_rows(members, &plan, &first)? {
            Initial::Rows(init) => init,
            Initial::OffSheet => return Ok(false),
            Initial::NotNumbers => return self.first_rows_apart(members, &plan),
        };
        self.unscannable = false;
        let inputs = match self.collect(members) {
            Ok(Some(inputs)) => inputs,
            Ok(None) => return Ok(false),
            Err(_) if self.unscannable => return Ok(false),
            Err(refusal) => return Err(refusal),
        };
        self.replay(members, &plan, init, inputs)
    }

    /// A recurrence below a heading or an empty cell: the rows that look at it
    /// are lowered one by one, the others are a recurrence that begins with
    /// numbers.
    fn first_rows_apart(&mut self, members: &[Member], plan: &Plan) -> Result<bool, Refusal> {
        let Rect { top, bottom, .. } = members[0].cells;
        let count = plan.lags.iter().copied().max().unwrap_or(1);
        if bottom - top < count {
            return Ok(false);
        }
        let (first, rest) = if plan.direction < 0 {
            ((top, top + count - 1), (top + count, bottom))
        } else {
            ((bottom + 1 - count, bottom), (top, bottom - count))
        };
        let within = |(top, bottom): (u32, u32)| -> Vec<Member> {
            let cut = |member: &Member| Member {
                cells: Rect {
                    top,
                    bottom,
                    ..member.cells
                },
                ..member.clone()
            };
            members.iter().map(cut).collect()
        };
        self.line_by_line(&within(first))?;
        self.component(&within(rest))?;
        Ok(true)
    }

    /// Finds direction, lags and the order within a row.
    fn plan(&self, members: &[Member]) -> Option<Plan> {
        let rows = members[0].cells;
        let aligned = members.iter().all(|m| {
            (m.cells.top, m.cells.bottom) == (rows.top, rows.bottom)
                && m.kind != RunKind::Array
                && !m.bound.dynamic
                && !self
                    .workbook
                    .sheet(m.sheet)
                    .spills
                    .keys()
                    .any(|anchor| m.cells.contains(*anchor))
        });
        if !aligned {
            return None;
        }
        let mut lags = vec![0u32; members.len()];
        let mut direction = 0i64;
        let mut same_row = vec![Vec::new(); members.len()];
        for (index, member) in members.iter().enumerate() {
            for reference in &member.bound.precedents {
                let rect = reference.hull(member.cells)?;
                for &sheet in reference.sheets.as_slice() {
                    let touched: Vec<usize> = (0..members.len())
                        .filter(|&other| {
                            members[other].sheet == sheet
                                && members[other].cells.intersection(&rect).is_some()
                        })
                        .collect();
                    if touched.is_empty() {
                        continue;
                    }
                    let [target] = touched[..] else { return None };
                    let (first, last) = offsets(reference)?;
                    let columns = members[target].cells;
                    if rect.left < columns.left || rect.right > columns.right {
                        return None;
                    }
                    let sign = if last > 0 || first > 0 { 1 } else { -1 };
                    if (first < 0 && last > 0) || first * sign < 0 && last * sign < 0 {
                        return None;
                    }
                    if first != 0 || last != 0 {
                        if direction != 0 && direction != sign {
                            return None;
                        }
                        direction = sign;
                    }
                    let lag = first.unsigned_abs().max(last.unsigned_abs());
                    lags[target] = lags[target].max(u32::try_from(lag).ok()?);
                    if first == 0 || last == 0 {
                        same_row[index].push(target);
                    }
                }
            }
        }
        if direction == 0 || lags.iter().any(|&lag| lag > MAX_LAG) {
            return None;
        }
        let mut order = Vec::new();
        for component in components(members.len(), |index| same_row[index].iter().copied()) {
            match component[..] {
                [only] if !same_row[only].contains(&only) => order.push(only),
                _ => return None,
            }
        }
        // Every member is kept at least one row long: its results are the states.
        for lag in &mut lags {
            *lag = (*lag).max(1);
        }
        Some(Plan {
            direction,
            lags,
            order,
        })
    }

    /// Lowers all bodies over all cells, keeping only their inputs.
    fn collect(&mut self, members: &[Member]) -> Result<Option<Vec<(Key, Numbers)>>, Refusal> {
        self.leaves = Some(Leaves {
            states: members.iter().map(Member::area).collect(),
            phase: Phase::Collect(Vec::new()),
        });
        let mut result = Ok(());
        for member in members {
            let site = site_of(member, member.cells);
            let bound = member.bound.clone();
            result = self.part(&bound.root, &site, Want::Single).map(|_| ());
            if result.is_err() {
                break;
            }
        }
        let leaves = self.leaves.take();
        result?;
        match leaves {
            Some(Leaves {
                phase: Phase::Collect(inputs),
                ..
            }) if inputs.iter().all(|(_, n)| n.present.is_none()) => Ok(Some(inputs)),
            _ => Ok(None),
        }
    }

    fn replay(
        &mut self,
        members: &[Member],
        plan: &Plan,
        init: Vec<Node>,
        inputs: Vec<(Key, Numbers)>,
    ) -> Result<bool, Refusal> {
        let first = site_of(&members[0], members[0].cells);
        let steps = members[0].cells.rows() as usize;
        let mut sequences = Vec::new();
        let mut uniforms = Vec::new();
        let mut sources = Vec::with_capacity(inputs.len());
        for (_, numbers) in &inputs {
            let shape = self.shape(numbers);
            if shape.lanes == 1 {
                sources.push(Source::Uniform(uniforms.len()));
                uniforms.push(numbers.node);
            } else {
                let lanes = shape.lanes / steps;
                let by_step = Shape::new(steps, lanes, shape.rows * shape.cols);
                let node = self
                    .builder
                    .reshape(numbers.node, by_step)
                    .map_err(|e| self.misfit(&first, e))?;
                sources.push(Source::Element(
                    sequences.len(),
                    Shape::new(lanes, shape.rows, shape.cols),
                ));
                sequences.push(node);
            }
        }
        // A row's own shift reaches the rows that look back at it.
        let first_shift = sequences.len();
        for member in members {
            if let Some(shift) = self.shift(member.area()) {
                let by_step = Shape::new(steps, member.cells.cols() as usize, 1);
                let node = self
                    .builder
                    .reshape(shift, by_step)
                    .map_err(|e| self.misfit(&first, e))?;
                sequences.push(node);
            }
        }
        let scan = Scan {
            steps,
            reverse: plan.direction > 0,
            init,
            sequences,
            uniforms,
        };
        let mut outer = std::mem::take(&mut self.builder);
        let result = outer.scan(scan, |body: &mut Builder, states, elements, uniforms| {
            std::mem::swap(body, &mut self.builder);
            let (elements, shifts) = elements.split_at(first_shift);
            let inputs = inputs.iter().zip(&sources);
            let next = self.body(members, plan, inputs, states, elements, uniforms, shifts);
            std::mem::swap(body, &mut self.builder);
            self.leaves = None;
            next
        });
        self.builder = outer;
        let states = result.map_err(|failure| match failure {
            Failure::Refused(refusal) => refusal,
            Failure::Shape(error) => self.misfit(&first, error),
        })?;
        let mut states = states.into_iter();
        for (member, &lag) in members.iter().zip(&plan.lags) {
            let Some(latest) = states.next() else { break };
            // Older rows are states of their own, of no interest here.
            for _ in 1..lag {
                states.next();
            }
            let (rows, cols) = (member.cells.rows() as usize, member.cells.cols() as usize);
            let node = self
                .builder
                .reshape(latest, Shape::new(1, rows, cols))
                .map_err(|e| self.misfit(&first, e))?;
            self.add_piece(member.area(), Numbers::fallible(node));
        }
        Ok(true)
    }

    /// The rows before the first step, latest first, member by member.
    fn initial_rows(
        &mut self,
        members: &[Member],
        plan: &Plan,
        site: &Site,
    ) -> Result<Initial, Refusal> {
        let mut init = Vec::new();
        for (member, &lags) in members.iter().zip(&plan.lags) {
            for lag in 1..=i64::from(lags) {
                let start = if plan.direction < 0 {
                    member.cells.top
                } else {
                    member.cells.bottom
                };
                let Ok(row) = u32::try_from(i64::from(start) + plan.direction * lag) else {
                    return Ok(Initial::OffSheet);
                };
                if row >= crate::grid::MAX_ROWS {
                    return Ok(Initial::OffSheet);
                }
                let rect = Rect {
                    top: row,
                    bottom: row,
                    ..member.cells
                };
                let piece = self
                    .region(Area {
                        sheet: member.sheet,
                        rect,
                    })
                    .map_err(|e| self.misfit(site, e))?;
                if piece.numbers.present.is_some() {
                    return Ok(Initial::NotNumbers);
                }
                let window = Window {
                    lane_rows: 1,
                    lane_cols: 1,
                    top: (row - piece.area.rect.top) as usize,
                    left: (rect.left - piece.area.rect.left) as usize,
                    rows: 1,
                    cols: rect.cols() as usize,
                    row_step: 0,
                    col_step: 0,
                };
                let node = self
                    .builder
                    .window(piece.numbers.node, window)
                    .map_err(|e| self.misfit(site, e))?;
                init.push(node);
            }
        }
        Ok(Initial::Rows(init))
    }

    /// One step: the next states.
    #[expect(
        clippy::too_many_arguments,
        reason = "the body's inputs as `Builder::scan` gives them"
    )]
    fn body<'i>(
        &mut self,
        members: &[Member],
        plan: &Plan,
        inputs: impl Iterator<Item = (&'i (Key, Numbers), &'i Source)>,
        states: &[Node],
        elements: &[Node],
        uniforms: &[Node],
        shifts: &[Node],
    ) -> Result<Vec<Node>, Failure> {
        let mut known = FxHashMap::default();
        for ((key, numbers), source) in inputs {
            let node = match *source {
                Source::Uniform(index) => uniforms[index],
                Source::Element(index, shape) => self.builder.reshape(elements[index], shape)?,
            };
            known.insert(
                *key,
                Numbers {
                    node,
                    ..numbers.clone()
                },
            );
        }
        let mut remaining = states.iter();
        let rows = Rows {
            direction: plan.direction,
            members: members
                .iter()
                .zip(&plan.lags)
                .map(|(member, &lag)| {
                    let mut rows = vec![None];
                    rows.extend(
                        remaining
                            .by_ref()
                            .take(lag as usize)
                            .map(|node| Some(*node)),
                    );
                    (member.area(), rows)
                })
                .collect(),
        };
        self.leaves = Some(Leaves {
            states: members.iter().map(Member::area).collect(),
            phase: Phase::Replay {
                inputs: known,
                rows,
            },
        });
        for &index in &plan.order {
            let member = &members[index];
            let row = Rect {
                bottom: member.cells.top,
                ..member.cells
            };
            let site = site_of(member, row);
            let bound = member.bound.clone();
            let result = self.part(&bound.root, &site, Want::Single)?;
            let cols = site.cols();
            let mut lanes = self
                .builder
                .broadcast(result.node, Shape::new(cols, 1, 1))?;
            if let Some(&shift) = shifts.get(index) {
                let shift = self.builder.reshape(shift, Shape::new(cols, 1, 1))?;
                lanes = self.builder.binary(Binary::Add, lanes, shift)?;
            }
            let node = self.builder.reshape(lanes, Shape::new(1, 1, cols))?;
            if let Some(Leaves {
                phase: Phase::Replay { rows, .. },
                ..
            }) = &mut self.leaves
            {
                rows.members[index].1[0] = Some(node);
            }
        }
        let Some(Leaves {
            phase: Phase::Replay { rows, .. },
            ..
        }) = self.leaves.take()
        else {
            return Ok(Vec::new());
        };
        Ok(rows
            .members
            .into_iter()
            .flat_map(|(_, rows)| {
                let kept = rows.len() - 1;
                rows.into_iter().take(kept).flatten()
            })
            .collect())
    }

    /// A reference to rows of the recurrence, within a step.
    fn state(&mut self, reference: &BoundRef, site: &Site, want: Want) -> Result<Numbers, Refusal> {
        let found = self.state_rows(reference, site);
        let Some((parts, columns)) = found else {
            return Err(self.refuse(
                site.first(),
                "it looks at a row that its recurrence does not keep",
            ));
        };
        let count = parts.len();
        let width = columns.cols() as usize;
        let stacked: Vec<_> = parts
            .into_iter()
            .enumerate()
            .map(|(i, node)| (node, (i, 0)))
            .collect();
        let (_, (col_a, col_b)) = reference.axes();
        let first = |axis: Axis| axis.resolve(site.cells.left, MAX_COLS);
        let left = first(col_a).min(first(col_b));
        let cols = first(col_a).abs_diff(first(col_b)) as usize + 1;
        let steps = matches!((col_a, col_b), (Axis::Relative(_), Axis::Relative(_)));
        let moves = steps && site.cols() > 1;
        if want == Want::Single && !site.mapped && (count > 1 || cols > 1) {
            return Err(self.refuse(
                site.first(),
                "one value is wanted here, but a range is given",
            ));
        }
        let window = Window {
            lane_rows: 1,
            lane_cols: if moves { site.cols() } else { 1 },
            top: 0,
            left: (left - columns.left) as usize,
            rows: count,
            cols,
            row_step: 0,
            col_step: usize::from(moves),
        };
        self.builder
            .assemble(count, width, &stacked)
            .and_then(|region| self.builder.window(region, window))
            .map(Numbers::fallible)
            .map_err(|e| self.misfit(site, e))
    }

    /// The rows a reference covers, from the top, and the columns they span.
    fn state_rows(&self, reference: &BoundRef, site: &Site) -> Option<(Vec<Node>, Rect)> {
        let Some(Leaves {
            phase: Phase::Replay { rows, .. },
            ..
        }) = &self.leaves
        else {
            return None;
        };
        let &[sheet] = reference.sheets.as_slice() else {
            return None;
        };
        let (first, last) = offsets(reference)?;
        let ((_, _), (col_a, col_b)) = reference.axes();
        let resolve = |axis: Axis, origin| axis.resolve(origin, MAX_COLS);
        let ends = [col_a, col_b].into_iter().flat_map(|axis| {
            [
                resolve(axis, site.cells.left),
                resolve(axis, site.cells.right),
            ]
        });
        let (left, right) = ends.fold((u32::MAX, 0), |(l, r), col| (l.min(col), r.max(col)));
        let (area, by_lag) = rows.members.iter().find(|(area, _)| {
            area.sheet == sheet && area.rect.left <= left && right <= area.rect.right
        })?;
        let nodes = (first..=last)
            .map(|offset| {
                let lag = usize::try_from(offset * rows.direction).ok()?;
                by_lag.get(lag).copied().flatten()
            })
            .collect::<Option<Vec<Node>>>()?;
        Some((nodes, area.rect))
    }
}

/// What stands in the rows before a recurrence.
enum Initial {
    Rows(Vec<Node>),
    /// Text, truth values or empty cells, which SUM and its kind skip.
    NotNumbers,
    OffSheet,
}

/// How the body's inputs reach it.
enum Source {
    Uniform(usize),
    /// The element of a sequence, and its shape in the body.
    Element(usize, Shape),
}

/// How a recurrence runs.
struct Plan {
    direction: i64,
    /// How many earlier rows of each member are kept.
    lags: Vec<u32>,
    /// The members in the order of their references within a row.
    order: Vec<usize>,
}

/// Why a body could not be lowered.
enum Failure {
    Refused(Refusal),
    Shape(ShapeError),
}

impl From<ShapeError> for Failure {
    fn from(error: ShapeError) -> Self {
        Failure::Shape(error)
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Failure::Refused(refusal)
    }
}

fn site_of(member: &Member, cells: Rect) -> Site {
    Site {
        sheet: member.sheet,
        cells,
        mapped: member.kind != RunKind::Plain,
    }
}

/// How many rows below its cell a reference begins and ends.
fn offsets(reference: &BoundRef) -> Option<(i64, i64)> {
    let ((row_a, row_b), _) = reference.axes();
    match (row_a, row_b) {
        (Axis::Relative(a), Axis::Relative(b)) => Some((i64::from(a.min(b)), i64::from(a.max(b)))),
        _ => None,
    }
}
