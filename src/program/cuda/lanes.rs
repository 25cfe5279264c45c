//! Fused kernels: one pass over the lanes.

use super::frame::{Address, Frame, Place, Work, number, reduction};
use super::{Base, Emitter, FOLDED};
use crate::program::builder::Reduction;
use crate::program::kernel::{Column, Instruction, Kernel, Uniform};
use rustc_hash::{FxHashMap, FxHashSet};
use std::fmt::Write;

/// Numbers for all lanes that are kept in registers; more go to shared memory.
const IN_REGISTERS: usize = 64;
/// And more than these stay where they are.
const IN_SHARED: usize = 3000;
/// Of heavier kernels the compiler's time grows faster than their weight (NVRTC
/// 13.5 took 77 s for 2,900 additions of columns): they are cut,
const MOST: usize = 1024;
/// into parts of about this weight.
const PART: usize = 256;

/// How the numbers for all lanes are named in the text.
fn uniforms(frame: &Frame<'_>, kernel: &Kernel, text: &mut String) -> Vec<String> {
    let memory: Vec<(usize, Address)> = kernel
        .uniforms
        .iter()
        .enumerate()
        .filter_map(|(i, uniform)| match uniform {
            Uniform::Memory(at) => Some((i, frame.address(*at))),
            Uniform::Constant(_) => None,
        })
        .collect();
    let mut names: Vec<String> = kernel
        .uniforms
        .iter()
        .map(|uniform| match uniform {
            Uniform::Constant(x) => number(*x),
            Uniform::Memory(at) => frame.address(*at).of("0"),
        })
        .collect();
    // Writing to a string does not fail.
    if memory.len() <= IN_REGISTERS {
        for (i, at) in memory {
            let _ = writeln!(text, "  const real u{i} = {};", at.of("0"));
            names[i] = format!("u{i}");
        }
    } else if memory.len() <= IN_SHARED && frame.place == Place::Grid {
        let _ = writeln!(text, "  __shared__ real uniforms[{}];", memory.len());
        // What lies one after the other is copied by a loop.
        let mut at = 0;
        while at < memory.len() {
            let first = memory[at].1;
            let mut len = 1;
            while memory
                .get(at + len)
                .is_some_and(|next| next.1 == first.plus(len))
            {
                len += 1;
            }
            let _ = writeln!(
                text,
                "  for (index_t i = tid; i < {len}u; i += blockDim.x) uniforms[{at}u + i] = {};",
                first.of("i")
            );
            at += len;
        }
        text.push_str("  __syncthreads();\n");
        for (place, (i, _)) in memory.into_iter().enumerate() {
            names[i] = format!("uniforms[{place}]");
        }
    }
    names
}

/// What an instruction costs the compiler.
fn weight(instruction: &Instruction) -> usize {
    match instruction {
        Instruction::Dot(_, pairs, _) => pairs.len(),
        Instruction::Fold(_, xs, _) | Instruction::DotTotals(_, xs, ..) => xs.len(),
        _ => 1,
    }
}

/// Cuts the instructions of a kernel that would take the compiler too long.
fn parts(kernel: &Kernel) -> Vec<&[Instruction]> {
    let all = &kernel.instructions[..];
    let heavy = all.iter().map(weight).sum::<usize>() > MOST;
    if !heavy || !kernel.totals.is_empty() {
        return vec![all];
    }
    let mut parts = Vec::new();
    let (mut first, mut sum) = (0, 0);
    for (i, instruction) in all.iter().enumerate() {
        sum += weight(instruction);
        if sum >= PART || i + 1 == all.len() {
            parts.push(&all[first..=i]);
            (first, sum) = (i + 1, 0);
        }
    }
    parts
}

impl Emitter {
    /// Where registers lie that a later part uses than the one that makes them.
    fn crossing(&mut self, kernel: &Kernel, parts: &[&[Instruction]]) -> FxHashMap<u32, Address> {
        let mut made_in = vec![0; kernel.registers];
        let mut crossing = FxHashMap::default();
        for (part, instructions) in parts.iter().enumerate() {
            for instruction in *instructions {
                instruction.clone().for_each_column(|column| {
                    if let Column::Register(r) = *column
                        && made_in[r as usize] != part
                    {
                        crossing.entry(r).or_insert_with(|| self.room(kernel.lanes));
                    }
                });
                if let Some(r) = instruction.output() {
                    made_in[r as usize] = part;
                }
            }
        }
        crossing
    }

    pub(super) fn lanes(
        &mut self,
        frame: &Frame<'_>,
        kernel: &Kernel,
        outputs: &[usize],
    ) -> Vec<Work> {
        let lanes = kernel.lanes;
        let blocks = frame.blocks(lanes);
        let parts = parts(kernel);
        let crossing = self.crossing(kernel, &parts);
        let what = format!(
            "{lanes} lanes: {} columns read, {} kept, {} totals",
            kernel.columns.len(),
            kernel.stores.len(),
            kernel.totals.len()
        );
        let mut work = Vec::new();
        // What has totals has one part.
        let partials = match blocks {
            1 => None,
            _ => Some(self.room(kernel.totals.len() * blocks)),
        };
        for part in parts {
            let mut text = String::new();
            pass(frame, kernel, outputs, part, &crossing, &mut text);
            fold_totals(frame, kernel, outputs, partials, blocks, &mut text);
            work.push(frame.phase(&what, text, blocks));
        }
        if let Some(room) = partials.filter(|_| !kernel.totals.is_empty()) {
            let target = |k: usize| target(frame, kernel, outputs, k);
            work.push(combine(frame, kernel, room, blocks, &target));
        }
        work
    }
}

/// Where a total goes.
fn target(frame: &Frame<'_>, kernel: &Kernel, outputs: &[usize], k: usize) -> Address {
    let (_, output, at) = kernel.totals[k];
    frame.tensor(outputs[output]).plus(at)
}

/// One pass of some instructions over the lanes.
fn pass(
    frame: &Frame<'_>,
    kernel: &Kernel,
    outputs: &[usize],
    instructions: &[Instruction],
    crossing: &FxHashMap<u32, Address>,
    text: &mut String,
) {
    let lanes = kernel.lanes;
    let names = uniforms(frame, kernel, text);
    let name = |column: &Column| match column {
        Column::Register(r) => format!("r{r}"),
        Column::Memory(m) => format!("m{m}"),
        Column::Uniform(u) => names[*u as usize].clone(),
    };
    // Writing to a string does not fail.
    for (k, (op, ..)) in kernel.totals.iter().enumerate() {
        let _ = writeln!(text, "  real a{k} = {}::identity();", reduction(*op));
    }
    let _ = writeln!(text, "  for (index_t i = id; i < {lanes}u; i += all) {{");
    let made = instructions.iter().filter_map(Instruction::output);
    let list: Vec<String> = made.map(|r| format!("r{r}")).collect();
    if !list.is_empty() {
        let _ = writeln!(text, "    real {};", list.join(", "));
    }
    // A column is read where it is first used: read at the beginning, many would
    // fill the registers. So is what another part made.
    let mut at_hand: FxHashSet<Column> = FxHashSet::default();
    for instruction in instructions {
        instruction.clone().for_each_column(|column| {
            let from = match *column {
                Column::Memory(m) => frame.address(kernel.columns[m as usize]),
                Column::Register(r) if crossing.contains_key(&r) => crossing[&r],
                _ => return,
            };
            if at_hand.insert(*column) {
                let _ = writeln!(text, "    const real {} = {};", name(column), from.of("i"));
            }
        });
        let line = match instruction {
            Instruction::Store(x, store) => {
                let (output, first) = kernel.stores[*store as usize];
                let at = frame.tensor(outputs[output]).plus(first);
                format!("{} = {};", at.of("i"), name(x))
            }
            Instruction::Total(op, x, at) => total(*op, *at, &name(x)),
            Instruction::DotTotals(absorb, xs, y, at) => xs
                .iter()
                .enumerate()
                .map(|(i, x)| {
                    let product = format!("product_{absorb:?}({}, {})", name(x), name(y));
                    total(Reduction::Sum, at + i as u32, &product)
                })
                .collect::<Vec<_>>()
                .join("\n    "),
            Instruction::Unary(op, x, out) => format!("r{out} = u_{op:?}({});", name(x)),
            Instruction::Binary(op, [a, b], out) => {
                format!("r{out} = b_{op:?}({}, {});", name(a), name(b))
            }
            Instruction::Select([c, t, o], out) => {
                format!("r{out} = choose({}, {}, {});", name(c), name(t), name(o))
            }
            Instruction::Dot(absorb, pairs, out) => {
                let mut lines = format!("r{out} = 0;");
                for (a, b) in pairs {
                    let _ = write!(
                        lines,
                        "\n    r{out} += product_{absorb:?}({}, {});",
                        name(a),
                        name(b)
                    );
                }
                lines
            }
            Instruction::Fold(op, xs, out) => {
                let mut lines = format!("r{out} = {}::identity();", reduction(*op));
                for x in xs {
                    let _ = write!(
                        lines,
                        "\n    r{out} = {}::combine(r{out}, {});",
                        reduction(*op),
                        name(x)
                    );
                }
                lines
            }
        };
        let _ = writeln!(text, "    {line}");
        if let Some(r) = instruction.output() {
            at_hand.insert(Column::Register(r));
            if let Some(to) = crossing.get(&r) {
                let _ = writeln!(text, "    {} = r{r};", to.of("i"));
            }
        }
    }
    text.push_str("  }\n");
}

/// Folds the accumulators over the block, for the next kernel to fold over the
/// blocks where there are several.
fn fold_totals(
    frame: &Frame<'_>,
    kernel: &Kernel,
    outputs: &[usize],
    partials: Option<Address>,
    blocks: usize,
    text: &mut String,
) {
    for (first, len) in runs(kernel, FOLDED) {
        let op = reduction(kernel.totals[first].0);
        let list: Vec<String> = (first..first + len).map(|k| format!("a{k}")).collect();
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "  {{\n    real part[{len}] = {{{}}};\n    fold_block<{op}>(part, shared);\n    \
             if (tid == 0) {{",
            list.join(", ")
        );
        for k in first..first + len {
            let at = match partials {
                None => target(frame, kernel, outputs, k).of("0"),
                Some(room) => room.plus(k * blocks).of("bid"),
            };
            let _ = writeln!(text, "      {at} = part[{}];", k - first);
        }
        text.push_str("    }\n  }\n");
    }
}

/// Adds a lane's number to an accumulator.
fn total(op: Reduction, at: u32, x: &str) -> String {
    format!("a{at} = {}::combine(a{at}, {x});", reduction(op))
}

/// The totals in runs of one reduction, each of at most so many: first and length.
fn runs(kernel: &Kernel, most: usize) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (k, (op, ..)) in kernel.totals.iter().enumerate() {
        match runs.last_mut() {
            Some((first, len)) if kernel.totals[*first].0 == *op && *len < most => *len += 1,
            _ => runs.push((k, 1)),
        }
    }
    runs
}

/// Folds what the blocks left, one block a total.
fn combine(
    frame: &Frame<'_>,
    kernel: &Kernel,
    partials: Address,
    blocks: usize,
    target: &dyn Fn(usize) -> Address,
) -> Work {
    let totals = kernel.totals.len();
    let mut text = format!("  for (index_t k = bid; k < {totals}u; k += blocks) {{\n");
    let mut first = 0;
    while first < totals {
        // Totals of one reduction that go to places one after the other.
        let op = kernel.totals[first].0;
        let start = target(first);
        debug_assert_eq!(start.base, Base::Work);
        let mut len = 1;
        while first + len < totals
            && kernel.totals[first + len].0 == op
            && target(first + len) == start.plus(len)
        {
            len += 1;
        }
        let _ = writeln!(
            text,
            "    if (k >= {first}u && k < {end}u) {{\n      \
             real part[1] = {{{op}::identity()}};\n      \
             for (index_t i = tid; i < {blocks}u; i += blockDim.x)\n        \
             part[0] = {op}::combine(part[0], {from});\n      \
             fold_block<{op}>(part, shared);\n      \
             if (tid == 0) {to} = part[0];\n    }}",
            end = first + len,
            op = reduction(op),
            from = partials.of(&format!("k * {blocks}u + i")),
            to = start.of(&format!("k - {first}u")),
        );
        first += len;
    }
    text.push_str("  }\n");
    frame.phase(
        "the totals of all blocks",
        text,
        totals.min(super::MAX_BLOCKS),
    )
}
