//! The CPU's program of a kernel: its instructions joined where that saves a
//! pass over a block, and registers shared.
//!
//! - Sums of products with the same columns become one product of matrices,
//!   whether the sheet has them as one `MMULT` or as many `SUMPRODUCT`s; so do
//!   sums over lanes of products.
//! - A comparison that only selects is made by the selection.
//! - Where the processor allows it, runs of instructions become machine code.

use super::super::builder::Binary;
use super::super::graph::Absorb;
use super::super::kernel::{Column, Instruction, Kernel};
use super::compiled::{Compiled, compile};
use super::products::{MAX_RESULTS, tile_of_totals};
use super::vector::Compare;
use rustc_hash::FxHashMap;

/// What the CPU runs for each block of lanes.
#[derive(Debug)]
pub(crate) struct Code {
    pub instructions: Vec<Fused>,
    pub registers: usize,
    /// Registers that hold one number in all lanes: the number's place among the
    /// uniforms, and the register.
    pub fills: Vec<(u32, u32)>,
    /// The factors of all [`Fused::Products`], by their places among the uniforms.
    pub weights: Vec<u32>,
    /// What the instructions read, in the order of [`Fused::for_each_column`], and
    /// behind it the registers they write and the columns they keep: where it lies is
    /// found once for a task, not block by block.
    pub operands: Vec<Place>,
    /// The first of each instruction's operands.
    pub firsts: Vec<usize>,
    /// How far each operand moves from a lane to the next: those in memory lie elsewhere
    /// for the next block.
    pub strides: Vec<usize>,
}

/// Where an operand lies.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    Column(Column),
    /// A column that is kept, by its number in the list of stores.
    Store(u32),
}

/// An instruction of the CPU.
#[derive(Clone, Debug)]
pub(crate) enum Fused {
    Plain(Instruction),
    /// `then` where the comparison of the first two operands holds.
    Where(Compare, [Column; 4], u32),
    /// For each result the sum of the columns, each times its weight; the
    /// weights lie from a place on, those of one column side by side.
    Products {
        absorb: Absorb,
        columns: Vec<Column>,
        weights: usize,
        results: Vec<u32>,
    },
    /// For each column and factor the sum over lanes of their products, into
    /// the accumulators `sums` (those of one column side by side).
    Totals {
        absorb: Absorb,
        columns: Vec<Column>,
        factors: Vec<Column>,
        sums: Vec<u32>,
    },
    Compiled(Compiled),
}

impl Code {
    /// As machine code where it can be, if `machine_code`.
    pub fn new(kernel: &Kernel, machine_code: bool) -> Self {
        let mut maker = Maker {
            definitions: definitions(&kernel.instructions),
            kernel,
            registers: kernel.registers as u32,
            fills: FxHashMap::default(),
            code: Self {
                instructions: Vec::new(),
                registers: 0,
                fills: Vec::new(),
                weights: Vec::new(),
                operands: Vec::new(),
                firsts: Vec::new(),
                strides: Vec::new(),
            },
        };
        let placed = maker.fuse();
        let mut code = maker.code;
        code.instructions = without_dead(placed);
        if machine_code {
            code.instructions = compile(code.instructions, &kernel.uniforms);
        }
        code.allocate();
        code.list_operands();
        code
    }

    fn list_operands(&mut self) {
        let list = &mut self.operands;
        for instruction in &mut self.instructions {
            self.firsts.push(list.len());
            instruction.for_each_column(|&mut column| list.push(Place::Column(column)));
            instruction.for_each_result(|&mut result| {
                list.push(Place::Column(Column::Register(result)));
            });
            list.extend(
                instruction
                    .stores()
                    .iter()
                    .map(|&store| Place::Store(store)),
            );
        }
        let stride = |place: &Place| match place {
            Place::Column(Column::Memory(_)) | Place::Store(_) => 1,
            Place::Column(_) => 0,
        };
        self.strides = list.iter().map(stride).collect();
    }

    /// Gives registers whose values are not needed any more to others (a linear
    /// scan). An instruction's results never share a register with its operands.
    fn allocate(&mut self) {
        let mut last = FxHashMap::default();
        for (i, instruction) in self.instructions.iter_mut().enumerate() {
            instruction.for_each_column(|column| {
                if let Column::Register(r) = column {
                    last.insert(*r, i);
                }
            });
        }
        let mut place: FxHashMap<u32, u32> = FxHashMap::default();
        let mut count = 0;
        // Those filled once keep their register.
        for (_, register) in &mut self.fills {
            place.insert(*register, count);
            last.insert(*register, usize::MAX);
            *register = count;
            count += 1;
        }
        let mut free = Vec::new();
        let mut names = Vec::new();
        for (i, instruction) in self.instructions.iter_mut().enumerate() {
            let before = registers_of(instruction);
            let mut done = Vec::new();
            let mut fresh = Vec::new();
            instruction.for_each_result(|result| {
                let register = free.pop().unwrap_or_else(|| {
                    count += 1;
                    count - 1
                });
                // A result that nobody uses is free again at once.
                if !last.contains_key(result) {
                    done.push(register);
                }
                fresh.push((*result, register));
                *result = register;
            });
            place.extend(fresh);
            instruction.for_each_column(|column| {
                if let Column::Register(r) = column {
                    let register = place[r];
                    if last[r] == i && !done.contains(&register) {
                        done.push(register);
                    }
                    *r = register;
                }
            });
            free.extend(done);
            names.push(before.into_iter().zip(registers_of(instruction)));
        }
        self.registers = count as usize;
        for (instruction, names) in self.instructions.iter_mut().zip(names) {
            if let Fused::Compiled(compiled) = instruction {
                compiled.rename(names.collect(), count);
            }
        }
    }
}

/// The registers that an instruction reads and writes.
fn registers_of(instruction: &mut Fused) -> Vec<u32> {
    let mut registers = Vec::new();
    instruction.for_each_column(|column| {
        if let Column::Register(r) = column {
            registers.push(*r);
        }
    });
    instruction.for_each_result(|&mut result| registers.push(result));
    registers
}

impl Fused {
    pub fn for_each_column(&mut self, mut visit: impl FnMut(&mut Column)) {
        match self {
            Fused::Plain(instruction) => instruction.for_each_column(visit),
            Fused::Where(_, columns, _) => columns.iter_mut().for_each(visit),
            Fused::Products { columns, .. } => columns.iter_mut().for_each(visit),
            Fused::Totals {
                columns, factors, ..
            } => columns.iter_mut().chain(factors).for_each(&mut visit),
            Fused::Compiled(compiled) => compiled.reads.iter_mut().for_each(visit),
        }
    }

    /// The columns that are kept.
    fn stores(&self) -> &[u32] {
        match self {
            Fused::Plain(Instruction::Store(_, store)) => std::slice::from_ref(store),
            Fused::Compiled(compiled) => &compiled.stores,
            _ => &[],
        }
    }

    pub(super) fn for_each_result(&mut self, mut visit: impl FnMut(&mut u32)) {
        match self {
            Fused::Plain(instruction) => {
                if let Some(result) = instruction.output_mut() {
                    visit(result);
                }
            }
            Fused::Where(.., result) => visit(result),
            Fused::Products { results, .. } => results.iter_mut().for_each(visit),
            Fused::Totals { .. } => {}
            Fused::Compiled(compiled) => compiled.writes.iter_mut().for_each(visit),
        }
    }
}

/// Which instruction makes each register.
fn definitions(instructions: &[Instruction]) -> FxHashMap<u32, usize> {
    let made = |(i, instruction): (usize, &Instruction)| Some((instruction.output()?, i));
    instructions.iter().enumerate().filter_map(made).collect()
}

/// Without the instructions whose results nobody reads.
fn without_dead(instructions: Vec<Fused>) -> Vec<Fused> {
    let mut read = rustc_hash::FxHashSet::default();
    let mut kept = Vec::with_capacity(instructions.len());
    for mut instruction in instructions.into_iter().rev() {
        let (mut results, mut live) = (0, 0);
        instruction.for_each_result(|result| {
            results += 1;
            live += usize::from(read.contains(result));
        });
        if results > 0 && live == 0 {
            continue;
        }
        instruction.for_each_column(|column| {
            if let Column::Register(r) = column {
                read.insert(*r);
            }
        });
        kept.push(instruction);
    }
    kept.reverse();
    kept
}

/// Sums over lanes: how they absorb, the columns with their accumulators, and
/// the factor of all of them.
struct Sums {
    absorb: Absorb,
    columns: Vec<(Column, u32)>,
    factor: Column,
    /// Behind which instruction everything is at hand.
    after: usize,
}

/// Sums of products with the same columns: at which instruction, the weights, the result.
type Group = Vec<(usize, Vec<u32>, u32)>;

struct Maker<'a> {
    kernel: &'a Kernel,
    definitions: FxHashMap<u32, usize>,
    /// Registers so far, none shared yet.
    registers: u32,
    fills: FxHashMap<u32, u32>,
    code: Code,
}

impl Maker<'_> {
    fn fuse(&mut self) -> Vec<Fused> {
        // Each with the instruction that it stands at.
        let mut placed: Vec<(usize, Fused)> = Vec::new();
        let mut products: FxHashMap<(Absorb, Vec<Column>), Group> = FxHashMap::default();
        let mut order = Vec::new();
        let mut sums: Vec<Sums> = Vec::new();
        let kernel = self.kernel;
        for (i, instruction) in kernel.instructions.iter().enumerate() {
            match instruction {
                Instruction::Dot(absorb, pairs, out) => {
                    if let Some((absorb, columns, weights)) = self.weighted(*absorb, pairs) {
                        let key = (absorb, columns);
                        let group = products.entry(key.clone()).or_insert_with(|| {
                            order.push(key);
                            Vec::new()
                        });
                        group.push((i, weights, *out));
                    } else {
                        placed.push((i, Fused::Plain(instruction.clone())));
                    }
                }
                Instruction::DotTotals(absorb, columns, factor, first) => {
                    let factor = self.lanes(*factor);
                    let columns = (*first..)
                        .zip(columns)
                        .map(|(sum, &column)| (self.lanes(column), sum))
                        .collect();
                    sums.push(Sums {
                        absorb: *absorb,
                        columns,
                        factor,
                        after: i,
                    });
                }
                instruction => {
                    let fused = self
                        .selection(instruction)
                        .unwrap_or_else(|| Fused::Plain(instruction.clone()));
                    placed.push((i, fused));
                }
            }
        }
        for key in order {
            let group = products.remove(&key).unwrap_or_default();
            let (absorb, columns) = key;
            for tile in even_chunks(&group, MAX_RESULTS) {
                let weights = self.code.weights.len();
                for k in 0..columns.len() {
                    let of_column = tile.iter().map(|(_, weights, _)| weights[k]);
                    self.code.weights.extend(of_column);
                }
                placed.push((
                    tile[0].0,
                    Fused::Products {
                        absorb,
                        columns: columns.clone(),
                        weights,
                        results: tile.iter().map(|&(.., result)| result).collect(),
                    },
                ));
            }
        }
        placed.extend(totals(sums));
        // Stable: what stands at one instruction stays in order.
        placed.sort_by_key(|&(at, _)| at);
        placed.into_iter().map(|(_, fused)| fused).collect()
    }

    fn register(&mut self) -> u32 {
        self.registers += 1;
        self.registers - 1
    }

    /// A column with a number for each lane.
    fn lanes(&mut self, column: Column) -> Column {
        let Column::Uniform(uniform) = column else {
            return column;
        };
        if let Some(&register) = self.fills.get(&uniform) {
            return Column::Register(register);
        }
        let register = self.register();
        self.fills.insert(uniform, register);
        self.code.fills.push((uniform, register));
        Column::Register(register)
    }

    /// A sum of products as columns with lanes and their weights, which are the
    /// same for all lanes, if that is what it is.
    fn weighted(
        &mut self,
        absorb: Absorb,
        pairs: &[(Column, Column)],
    ) -> Option<(Absorb, Vec<Column>, Vec<u32>)> {
        let right = pairs.iter().all(|(_, b)| matches!(b, Column::Uniform(_)));
        let left = pairs.iter().all(|(a, _)| matches!(a, Column::Uniform(_)));
        let either = pairs
            .iter()
            .all(|(a, b)| matches!(a, Column::Uniform(_)) || matches!(b, Column::Uniform(_)));
        let absorb = match absorb {
            absorb if right => absorb,
            Absorb::None if either => Absorb::None,
            Absorb::Left if left => Absorb::Right,
            Absorb::Right if left => Absorb::Left,
            _ => return None,
        };
        let (mut columns, mut weights) = (Vec::new(), Vec::new());
        for &(a, b) in pairs {
            let (column, weight) = match (a, b) {
                (a, Column::Uniform(weight)) if !left || right => (a, weight),
                (Column::Uniform(weight), b) => (b, weight),
                _ => return None,
            };
            columns.push(self.lanes(column));
            weights.push(weight);
        }
        Some((absorb, columns, weights))
    }

    fn definition(&self, column: Column) -> Option<&Instruction> {
        let Column::Register(r) = column else {
            return None;
        };
        let &i = self.definitions.get(&r)?;
        Some(&self.kernel.instructions[i])
    }

    /// A selection by a comparison.
    fn selection(&self, instruction: &Instruction) -> Option<Fused> {
        let &Instruction::Select([condition, then, otherwise], out) = instruction else {
            return None;
        };
        let &Instruction::Binary(op, [a, b], _) = self.definition(condition)? else {
            return None;
        };
        let uniform = |column| matches!(column, Column::Uniform(_));
        // An error makes either branch an error, so that the opposite comparison
        // with the branches exchanged is the same.
        let (compare, [a, b, then, otherwise]) = match (op, uniform(a)) {
            (Binary::Less, false) => (Compare::Less, [a, b, then, otherwise]),
            (Binary::LessEqual, false) => (Compare::LessEqual, [a, b, then, otherwise]),
            (Binary::Less, true) => (Compare::LessEqual, [b, a, otherwise, then]),
            (Binary::LessEqual, true) => (Compare::Less, [b, a, otherwise, then]),
            (Binary::Equal, false) => (Compare::Equal, [a, b, then, otherwise]),
            (Binary::Equal, true) => (Compare::Equal, [b, a, then, otherwise]),
            (Binary::NotEqual, false) => (Compare::NotEqual, [a, b, then, otherwise]),
            (Binary::NotEqual, true) => (Compare::NotEqual, [b, a, then, otherwise]),
            _ => return None,
        };
        if uniform(a) {
            return None;
        }
        Some(Fused::Where(compare, [a, b, then, otherwise], out))
    }
}

/// Sums over lanes with the same factor, and then those with the same columns,
/// as products of matrices.
fn totals(sums: Vec<Sums>) -> Vec<(usize, Fused)> {
    let mut by_factor: Vec<Sums> = Vec::new();
    let mut index = FxHashMap::default();
    for sums in sums {
        let place = *index
            .entry((sums.absorb, sums.factor))
            .or_insert(by_factor.len());
        match by_factor.get_mut(place) {
            Some(first) => {
                first.columns.extend(sums.columns);
                first.after = sums.after;
            }
            None => by_factor.push(sums),
        }
    }
    let mut groups: Vec<Vec<Sums>> = Vec::new();
    let mut index = FxHashMap::default();
    for sums in by_factor {
        let columns: Vec<Column> = sums.columns.iter().map(|&(column, _)| column).collect();
        let place = *index.entry((sums.absorb, columns)).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.push(sums),
            None => groups.push(vec![sums]),
        }
    }
    let mut placed = Vec::new();
    for group in &groups {
        let (_, most) = tile_of_totals(group.len());
        for factors in even_chunks(group, most) {
            let (most, _) = tile_of_totals(factors.len());
            let count = factors[0].columns.len();
            let places: Vec<usize> = (0..count).collect();
            for columns in even_chunks(&places, most) {
                let sums = columns
                    .iter()
                    .flat_map(|&k| factors.iter().map(move |sums| sums.columns[k].1));
                let fused = Fused::Totals {
                    absorb: factors[0].absorb,
                    columns: columns.iter().map(|&k| factors[0].columns[k].0).collect(),
                    factors: factors.iter().map(|sums| sums.factor).collect(),
                    sums: sums.collect(),
                };
                let after = factors.iter().map(|sums| sums.after).max();
                placed.push((after.unwrap_or(0), fused));
            }
        }
    }
    placed
}

/// Chunks of nearly one length, none longer than `most`.
fn even_chunks<T>(items: &[T], most: usize) -> impl Iterator<Item = &[T]> {
    let chunks = items.len().div_ceil(most).max(1);
    (0..chunks).map(move |i| &items[i * items.len() / chunks..(i + 1) * items.len() / chunks])
}
