//! Operations on single numbers, by one thread.

use super::Emitter;
use super::frame::{Address, Frame, Phase, Place, Work, number};
use crate::program::scalar::{ScalarKernel, ScalarOp};
use rustc_hash::FxHashMap;
use std::fmt::Write;

/// The most operations of one kernel: the compiler's time grows faster than
/// their number.
const MOST: usize = 1000;

impl Emitter {
    pub(super) fn scalars(&mut self, frame: &Frame<'_>, kernel: &ScalarKernel) -> Vec<Work> {
        let loads: FxHashMap<u32, Address> = kernel
            .loads
            .iter()
            .map(|&(place, from)| (place, frame.address(from)))
            .collect();
        let parts: Vec<&[(ScalarOp, u32)]> = kernel.code.chunks(MOST).collect();
        // What a later part uses goes through memory.
        let mut part_of: FxHashMap<u32, usize> = FxHashMap::default();
        let mut crossing: FxHashMap<u32, Address> = FxHashMap::default();
        for (part, code) in parts.iter().enumerate() {
            for (op, out) in *code {
                for x in operands(op) {
                    if part_of.get(&x).is_some_and(|&made| made != part) {
                        crossing.entry(x).or_insert_with(|| self.room(1));
                    }
                }
                part_of.insert(*out, part);
            }
        }
        let mut work = Vec::new();
        for (part, code) in parts.iter().enumerate() {
            let mut text = "  if (id == 0) {\n".to_owned();
            let mut named: FxHashMap<u32, String> = FxHashMap::default();
            for (op, out) in *code {
                for x in operands(op) {
                    if named.contains_key(&x) {
                        continue;
                    }
                    let from = match (loads.get(&x), crossing.get(&x)) {
                        (Some(at), _) | (None, Some(at)) => at.of("0"),
                        (None, None) => {
                            named.insert(x, number(kernel.initial[x as usize]));
                            continue;
                        }
                    };
                    // Writing to a string does not fail.
                    let _ = writeln!(text, "    const real t{x} = {from};");
                    named.insert(x, format!("t{x}"));
                }
                let name = |x: u32| named[&x].as_str();
                let value = match *op {
                    ScalarOp::Unary(op, x) => format!("u_{op:?}({})", name(x)),
                    ScalarOp::Binary(op, a, b) => format!("b_{op:?}({}, {})", name(a), name(b)),
                    ScalarOp::Select(c, t, o) => {
                        format!("choose({}, {}, {})", name(c), name(t), name(o))
                    }
                };
                let _ = writeln!(text, "    const real t{out} = {value};");
                named.insert(*out, format!("t{out}"));
                if let Some(at) = crossing.get(out) {
                    let _ = writeln!(text, "    {} = t{out};", at.of("0"));
                }
            }
            for (place, output) in &kernel.stores {
                if part_of.get(place) == Some(&part) {
                    let to = frame.tensor(*output).of("0");
                    let _ = writeln!(text, "    {to} = t{place};");
                }
            }
            text.push_str("  }\n");
            work.push(Work::Phase(Phase {
                what: format!("{} operations on single numbers", code.len()),
                body: text,
                blocks: 1,
                threads: if frame.place == Place::Grid {
                    32
                } else {
                    super::THREADS
                },
            }));
        }
        work
    }
}

fn operands(op: &ScalarOp) -> Vec<u32> {
    match *op {
        ScalarOp::Unary(_, x) => vec![x],
        ScalarOp::Binary(_, a, b) => vec![a, b],
        ScalarOp::Select(c, t, o) => vec![c, t, o],
    }
}
