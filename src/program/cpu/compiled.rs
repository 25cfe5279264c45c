//! Runs of instructions as machine code: one loop over the lanes of a block
//! in place of one for each, so that what only the next instruction needs
//! never leaves the processor's registers, and arithmetic is done in the shadow of products.
//!
//! Functions such as `exp` keep their own loops: they are called. So do products
//! of so many columns that their code would be long. What is computed is what the
//! interpreter computes, but for the order of sums over lanes and the sign of zeros.

use super::super::graph::Absorb;
use super::super::kernel::{Column, Instruction, Uniform};
use super::super::native::{
    Function, Operand, Predicate, Target, Tile, absorbing_product, binary, reduction, select, unary,
};
use super::code::Fused;
use super::vector::Compare;
use crate::program::builder::{Binary, Reduction};
use rustc_hash::{FxHashMap, FxHashSet};
use std::ops::Range;
use std::sync::Arc;

/// The most products of columns and weights in one instruction: with more, loops are
/// as good, and shorter.
const MOST_PRODUCTS: usize = 256;
/// The most work, in lines for one vector, that is compiled together.
const MOST_LINES: usize = 1000;

/// Instructions compiled together.
#[derive(Clone, Debug)]
pub(crate) struct Compiled {
    pub function: Arc<Function>,
    /// What the function computes. Registers beyond the kernel's are the processor's.
    pub instructions: Vec<Fused>,
    /// The operands that the function gets: what it reads, the registers it writes, the columns it keeps.
    pub reads: Vec<Column>,
    pub writes: Vec<u32>,
    pub stores: Vec<u32>,
}

impl Compiled {
    /// Gives the registers of its instructions the names that they have in
    /// the kernel; those that only this function knows are numbered from `first` on.
    pub fn rename(&mut self, mut names: FxHashMap<u32, u32>, first: u32) {
        let mut next = first;
        let mut rename = |register: &mut u32| {
            *register = *names.entry(*register).or_insert_with(|| {
                next += 1;
                next - 1
            });
        };
        for instruction in &mut self.instructions {
            instruction.for_each_column(|column| {
                if let Column::Register(r) = column {
                    rename(r);
                }
            });
            instruction.for_each_result(&mut rename);
        }
    }
}

/// Replaces runs of instructions by machine code, where this processor runs it.
pub(super) fn compile(instructions: Vec<Fused>, uniforms: &[Uniform]) -> Vec<Fused> {
    let last = last_uses(&instructions);
    let mut code = Vec::new();
    let mut run = Run {
        members: Vec::new(),
        lines: 0,
        uniforms,
    };
    for (i, instruction) in instructions.into_iter().enumerate() {
        if !can_join(&instruction) {
            run.close(i, &last, &mut code);
            code.push(instruction);
            continue;
        }
        if run.lines + lines(&instruction) > MOST_LINES {
            run.close(i, &last, &mut code);
        }
        run.lines += lines(&instruction);
        run.members.push(instruction);
    }
    run.close(usize::MAX, &last, &mut code);
    code
}

/// Whether an instruction can be part of a loop of machine code.
fn can_join(instruction: &Fused) -> bool {
    match instruction {
        Fused::Where(..) => true,
        Fused::Products {
            columns, results, ..
        } => columns.len() * results.len() <= MOST_PRODUCTS,
        Fused::Totals { .. } => true,
        Fused::Compiled(_) => false,
        Fused::Plain(instruction) => {
            // Tried out on anything.
            let (mut tile, x) = (Tile::default(), Operand::from(0.0));
            match instruction {
                Instruction::Unary(op, ..) => unary(&mut tile, *op, x).is_some(),
                Instruction::Binary(op, ..) => binary(&mut tile, *op, x, x).is_some(),
                Instruction::Select(..) | Instruction::Store(..) => true,
                Instruction::Fold(_, columns, _) => columns.len() <= MOST_PRODUCTS,
                Instruction::Dot(_, pairs, _) => pairs.len() <= MOST_PRODUCTS,
                Instruction::Total(op, ..) => *op == Reduction::Sum,
                Instruction::DotTotals(..) => false,
            }
        }
    }
}

/// Whether an instruction adds to running sums.
fn is_sum(instruction: &Fused) -> bool {
    matches!(
        instruction,
        Fused::Totals { .. } | Fused::Plain(Instruction::Total(..))
    )
}

/// About how many lines an instruction becomes for each vector.
fn lines(instruction: &Fused) -> usize {
    match instruction {
        Fused::Products {
            columns, results, ..
        } => columns.len() * results.len(),
        Fused::Totals { sums, .. } => 3 * sums.len(),
        Fused::Plain(Instruction::Fold(_, columns, _)) => columns.len(),
        Fused::Plain(Instruction::Dot(_, pairs, _)) => 2 * pairs.len(),
        _ => 5,
    }
}

/// The last instruction that reads each register.
fn last_uses(instructions: &[Fused]) -> FxHashMap<u32, usize> {
    let mut last = FxHashMap::default();
    for (i, instruction) in instructions.iter().enumerate() {
        instruction.clone().for_each_column(|column| {
            if let Column::Register(r) = column {
                last.insert(*r, i);
            }
        });
    }
    last
}

/// Instructions that are compiled together.
struct Run<'a> {
    members: Vec<Fused>,
    lines: usize,
    uniforms: &'a [Uniform],
}

impl Run<'_> {
    /// Puts into `code` what has gathered before instruction `end`.
    fn close(&mut self, end: usize, last: &FxHashMap<u32, usize>, code: &mut Vec<Fused>) {
        self.lines = 0;
        let mut members = std::mem::take(&mut self.members);
        // Sums last: what leads to them need not be kept beside them.
        members.sort_by_key(is_sum);
        match compiled(&members, self.uniforms, end, last) {
            Some(compiled) => code.push(Fused::Compiled(compiled)),
            None => code.extend(members),
        }
    }
}

fn compiled(
    members: &[Fused],
    uniforms: &[Uniform],
    end: usize,
    last: &FxHashMap<u32, usize>,
) -> Option<Compiled> {
    if members.len() < 2 {
        return None;
    }
    let (mut made, mut reads, mut writes, mut stores) =
        (FxHashSet::default(), Vec::new(), Vec::new(), Vec::new());
    let mut seen = FxHashSet::default();
    for member in members {
        let mut member = member.clone();
        member.for_each_column(|&mut column| {
            let outside = match column {
                Column::Register(r) => !made.contains(&r),
                Column::Memory(_) => true,
                Column::Uniform(_) => false,
            };
            if outside && seen.insert(column) {
                reads.push(column);
            }
        });
        member.for_each_result(|&mut result| {
            made.insert(result);
            if last.get(&result).is_some_and(|&last| last >= end) {
                writes.push(result);
            }
        });
        if let Fused::Plain(Instruction::Store(_, store)) = member {
            stores.push(store);
        }
    }
    let widest = members.iter().filter_map(|member| match member {
        Fused::Products { results, .. } => Some(results.len()),
        Fused::Totals { factors, .. } => Some(factors.len()),
        _ => None,
    });
    // As many vectors as keep the processor busy, and their sums in registers.
    let vectors = match widest.max() {
        None => 2,
        Some(1) => 8,
        Some(2) => 4,
        Some(3) => 3,
        Some(_) => 2,
    };
    let places = |columns: &[Column], from: usize| -> FxHashMap<Column, u32> {
        let places = columns.iter().copied().zip(from as u32..);
        places.collect()
    };
    let written: Vec<Column> = writes.iter().map(|&r| Column::Register(r)).collect();
    let inputs = places(&reads, 0);
    let results = places(&written, reads.len());
    let first_store = (reads.len() + writes.len()) as u32;
    let tile = |vectors: usize, single: bool| {
        let mut lowering = Lowering {
            tile: Tile::default(),
            single,
            uniforms,
            inputs: &inputs,
            results: &results,
            next_store: first_store,
            values: FxHashMap::default(),
            sums: FxHashMap::default(),
        };
        lowering.lower(members, 0..vectors);
        lowering.tile
    };
    // Where too much has to be kept at once, fewer vectors at a time.
    let function = [vectors, 2, 1]
        .into_iter()
        .filter(|&width| width <= vectors)
        .find_map(|width| Function::over_lanes(width, tile))?;
    Some(Compiled {
        function: Arc::new(function),
        instructions: members.to_vec(),
        reads,
        writes,
        stores,
    })
}

/// Writes instructions as lines of a tile.
struct Lowering<'a> {
    tile: Tile,
    /// For one lane instead of vectors.
    single: bool,
    uniforms: &'a [Uniform],
    inputs: &'a FxHashMap<Column, u32>,
    results: &'a FxHashMap<Column, u32>,
    /// The operand of the next column that is kept.
    next_store: u32,
    /// Registers' vectors.
    values: FxHashMap<(u32, usize), Operand>,
    /// Running sums that the tile has added to.
    sums: FxHashMap<u32, Operand>,
}

impl Lowering<'_> {
    fn lower(&mut self, members: &[Fused], vectors: Range<usize>) {
        // Products and sums take all vectors at once, so that a weight or a sum is read once; what
        // stands between them goes vector by vector, which needs fewer registers.
        let at_once = |member: &Fused| is_sum(member) || matches!(member, Fused::Products { .. });
        for group in members.chunk_by(|a, b| !at_once(a) && !at_once(b)) {
            match group {
                [
                    Fused::Products {
                        absorb,
                        columns,
                        weights,
                        results,
                    },
                ] => {
                    self.products(*absorb, columns, *weights as u32, results, vectors.clone());
                    continue;
                }
                [
                    Fused::Totals {
                        absorb,
                        columns,
                        factors,
                        sums,
                    },
                ] => {
                    self.totals(*absorb, columns, factors, sums, vectors.clone());
                    continue;
                }
                [Fused::Plain(Instruction::Total(_, x, total))] => {
                    self.total(*x, *total, vectors.clone());
                    continue;
                }
                _ => {}
            }
            let store = self.next_store;
            for vector in vectors.clone() {
                self.next_store = store;
                for member in group {
                    self.member(member, vector);
                }
            }
        }
    }

    fn operand(&self, column: Column, vector: usize) -> Operand {
        match column {
            Column::Uniform(i) => match self.uniforms[i as usize] {
                Uniform::Constant(x) => x.into(),
                Uniform::Memory(_) => Operand::Number(i),
            },
            Column::Register(r) if self.values.contains_key(&(r, vector)) => {
                self.values[&(r, vector)]
            }
            column => Operand::Lanes(self.inputs[&column], vector as u32),
        }
    }

    fn define(&mut self, register: u32, vector: usize, value: Operand) {
        self.values.insert((register, vector), value);
        if let Some(&place) = self.results.get(&Column::Register(register)) {
            self.tile.store(value, Target::Lanes(place, vector as u32));
        }
    }

    fn products(
        &mut self,
        absorb: Absorb,
        columns: &[Column],
        weights: u32,
        results: &[u32],
        vectors: Range<usize>,
    ) {
        let mut sums = vec![None; results.len() * vectors.len()];
        for (k, &column) in (0..).zip(columns) {
            let mut sums = sums.iter_mut();
            for vector in vectors.clone() {
                let x = self.operand(column, vector);
                for o in 0..results.len() as u32 {
                    let weight = Operand::Weight(weights + k * results.len() as u32 + o);
                    if let Some(sum) = sums.next() {
                        *sum = Some(absorbing_product(&mut self.tile, absorb, x, weight, *sum));
                    }
                }
            }
        }
        let mut sums = sums.into_iter();
        for vector in vectors {
            for (&result, sum) in results.iter().zip(&mut sums) {
                self.define(result, vector, sum.unwrap_or_else(|| 0.0.into()));
            }
        }
    }

    /// Sums of products: those of the tile by themselves, then added to the running
    /// ones, so that only this addition waits for the tile before.
    fn totals(
        &mut self,
        absorb: Absorb,
        columns: &[Column],
        factors: &[Column],
        sums: &[u32],
        vectors: Range<usize>,
    ) {
        for (&column, sums) in columns.iter().zip(sums.chunks(factors.len())) {
            let mut parts = vec![None; factors.len()];
            for vector in vectors.clone() {
                let x = self.operand(column, vector);
                for (part, &factor) in parts.iter_mut().zip(factors) {
                    let y = self.operand(factor, vector);
                    let (own, y) = (self.own(x), self.own(y));
                    let sum = absorbing_product(&mut self.tile, absorb, own, y, *part);
                    *part = Some(sum);
                }
            }
            for (&sum, part) in sums.iter().zip(parts) {
                self.add_to(sum, part);
            }
        }
    }

    fn total(&mut self, column: Column, sum: u32, vectors: Range<usize>) {
        let mut part = None;
        for vector in vectors {
            let x = self.operand(column, vector);
            let x = self.own(x);
            part = Some(match part {
                Some(part) => self.tile.add(part, x),
                None => x,
            });
        }
        self.add_to(sum, part);
    }

    /// Adds to a running sum.
    fn add_to(&mut self, sum: u32, part: Option<Operand>) {
        if let Some(part) = part {
            // What stands in memory is what was before the tile.
            let before = self.sums.get(&sum).copied();
            let total = self.tile.add(before.unwrap_or(Operand::Sum(sum)), part);
            self.tile.store(total, Target::Sum(sum));
            self.sums.insert(sum, total);
        }
    }

    /// What goes into a sum: the lanes that are the tile's own.
    fn own(&mut self, x: Operand) -> Operand {
        match self.single {
            true => self.tile.and(x, Operand::FirstLane),
            false => x,
        }
    }

    fn member(&mut self, member: &Fused, vector: usize) {
        match member {
            Fused::Plain(instruction) => self.plain(instruction, vector),
            &Fused::Where(compare, columns, out) => {
                let [a, b, then, otherwise] = columns.map(|x| self.operand(x, vector));
                let predicate = match compare {
                    Compare::Less => Predicate::Less,
                    Compare::LessEqual => Predicate::LessEqual,
                    Compare::Equal => Predicate::Equal,
                    Compare::NotEqual => Predicate::NotEqual,
                };
                let tile = &mut self.tile;
                let holds = tile.compare(predicate, a, b);
                let picked = tile.blend(holds, then, otherwise);
                // As `vector::choose_where`: NaN where a or b is not finite.
                let mut value = picked;
                for operand in [a, b] {
                    let poison = tile.poison(operand);
                    if poison != Operand::from(0.0) {
                        value = tile.add(value, poison);
                    }
                }
                self.define(out, vector, value);
            }
            Fused::Products { .. } | Fused::Totals { .. } | Fused::Compiled(_) => {
                unreachable!("lowered elsewhere")
            }
        }
    }

    fn plain(&mut self, instruction: &Instruction, vector: usize) {
        const KNOWN: &str = "an operation that was tried out";
        match instruction {
            &Instruction::Unary(op, x, out) => {
                let x = self.operand(x, vector);
                let value = unary(&mut self.tile, op, x).expect(KNOWN);
                self.define(out, vector, value);
            }
            &Instruction::Binary(op, [a, b], out) => {
                let (a, b) = (self.operand(a, vector), self.operand(b, vector));
                let value = binary(&mut self.tile, op, a, b).expect(KNOWN);
                self.define(out, vector, value);
            }
            &Instruction::Select(columns, out) => {
                let [condition, then, otherwise] = columns.map(|x| self.operand(x, vector));
                let value = select(&mut self.tile, condition, then, otherwise);
                self.define(out, vector, value);
            }
            Instruction::Dot(absorb, pairs, out) => {
                // Each product is rounded, as where it stands alone.
                let mut sum = None;
                for &(a, b) in pairs {
                    let (a, b) = (self.operand(a, vector), self.operand(b, vector));
                    let product = match absorb {
                        Absorb::None => Some(self.tile.mul(a, b)),
                        Absorb::Left => binary(&mut self.tile, Binary::AbsorbingMul, a, b),
                        Absorb::Right => binary(&mut self.tile, Binary::AbsorbingMul, b, a),
                    };
                    let product = product.expect(KNOWN);
                    sum = Some(match sum {
                        Some(sum) => self.tile.add(sum, product),
                        None => product,
                    });
                }
                self.define(*out, vector, sum.unwrap_or_else(|| 0.0.into()));
            }
            Instruction::Fold(op, columns, out) => {
                let mut partial = None;
                for &x in columns {
                    let x = self.operand(x, vector);
                    partial = Some(match partial {
                        Some(partial) => reduction(&mut self.tile, *op, partial, x),
                        None => x,
                    });
                }
                self.define(
                    *out,
                    vector,
                    partial.unwrap_or_else(|| op.identity().into()),
                );
            }
            &Instruction::Store(x, _) => {
                let x = self.operand(x, vector);
                self.tile
                    .store(x, Target::Lanes(self.next_store, vector as u32));
                self.next_store += 1;
            }
            Instruction::Total(..) => unreachable!("lowered elsewhere"),
            Instruction::DotTotals(..) => unreachable!("the code makes these products"),
        }
    }
}
