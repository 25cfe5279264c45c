//! Reductions that run by themselves: each of some results of some terms.

use super::frame::{Address, Frame, Place, Work, reduction};
use super::{Emitter, MAX_BLOCKS};
use crate::program::builder::Reduction;

/// Few terms are folded by one thread.
pub(super) const FEW_TERMS: usize = 32;
/// And so are any, where there are results enough for all threads.
const MANY_RESULTS: usize = 16_384;
/// Terms of one result that are worth a block of their own.
const SHARE: usize = 4096;

/// Results and their terms.
pub(super) struct Fold<'a> {
    pub what: &'a str,
    pub op: Reduction,
    pub results: usize,
    pub terms: usize,
    /// Statements on the result `o`.
    pub before: String,
    /// Statements that set `v` to term `e` of result `o`, or leave it, so that
    /// it counts for nothing.
    pub term: String,
    pub out: Address,
}

impl Emitter {
    pub(super) fn fold(&mut self, frame: &Frame<'_>, fold: &Fold<'_>) -> Vec<Work> {
        let &Fold {
            what,
            results,
            terms,
            ref before,
            ref term,
            out,
            ..
        } = fold;
        let op = reduction(fold.op);
        let each = |from: &str, to: &str, step: &str| {
            format!(
                "for (index_t e = {from}; e < {to}; e += {step}) {{\n      \
                 real v = {op}::identity();\n      {term}\n      \
                 acc = {op}::combine(acc, v);\n    }}"
            )
        };
        let many = match frame.place {
            Place::Grid => MANY_RESULTS,
            Place::Block => super::THREADS,
        };
        if terms <= FEW_TERMS || results >= many {
            let body = format!(
                "  for (index_t o = id; o < {results}u; o += all) {{\n    {before}\n    \
                 real acc = {op}::identity();\n    {}\n    {} = acc;\n  }}\n",
                each("0", &format!("{terms}u"), "1"),
                out.of("o"),
            );
            return vec![frame.phase(what, body, frame.blocks(results))];
        }
        // Several blocks share the terms of a result where there are few results.
        let parts = match frame.place {
            Place::Grid => (terms / SHARE).clamp(1, (MAX_BLOCKS / results).max(1)),
            Place::Block => 1,
        };
        let share = terms.div_ceil(parts);
        let room = (parts > 1).then(|| self.room(results * parts));
        let to = room.unwrap_or(out);
        let blocks = frame.teams(results * parts, MAX_BLOCKS);
        let body = format!(
            "  for (index_t g = bid; g < {count}u; g += blocks) {{\n    \
             const index_t o = g / {parts}u, first = g % {parts}u * {share}u;\n    \
             const index_t end = first + {share}u < {terms}u ? first + {share}u : {terms}u;\n    \
             {before}\n    real acc = {op}::identity();\n    {loop_}\n    \
             real part[1] = {{acc}};\n    fold_block<{op}>(part, shared);\n    \
             if (tid == 0) {to} = part[0];\n  }}\n",
            count = results * parts,
            loop_ = each("first + tid", "end", "blockDim.x"),
            to = to.of("g"),
        );
        let mut work = vec![frame.phase(what, body, blocks)];
        if let Some(room) = room {
            let body = format!(
                "  for (index_t o = id; o < {results}u; o += all) {{\n    \
                 real acc = {op}::identity();\n    \
                 for (index_t e = 0; e < {parts}u; e++)\n      \
                 acc = {op}::combine(acc, {});\n    {} = acc;\n  }}\n",
                room.of(&format!("o * {parts}u + e")),
                out.of("o"),
            );
            work.push(frame.phase("its parts", body, frame.blocks(results)));
        }
        work
    }
}
