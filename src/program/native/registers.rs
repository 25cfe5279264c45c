//! Instructions for the lines of a tile, with what they need in registers.
//!
//! A vector that has to make room is the one whose next use is furthest
//! away (Belady, IBM Systems Journal 5, 1966: all uses are known here). One that
//! can be read again from where it came is forgotten, a result is kept on
//! the stack.

use super::encode::{Code, R11, RAX, RCX, RDI, RDX, RSI, RSP, Rm};
use super::tile::{BYTES, Line, Operand, Operation, Target, Tile, Two};
use rustc_hash::FxHashMap;

/// Vector registers.
pub(super) const REGISTERS: usize = 16;
/// General registers that hold where operands lie: rbx, r10, r12 to r15.
pub(super) const POINTERS: [u8; 6] = [3, 10, 12, 13, 14, 15];

/// How the lanes of a tile lie in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Width {
    /// A vector's lanes side by side.
    Vector,
    /// One lane, in all lanes of a register; only the first is stored.
    One,
}

/// Writes the instructions of one tile.
pub(super) struct Registers<'a> {
    code: &'a mut Code,
    /// The operands in [`POINTERS`].
    pointers: &'a [u32],
    width: Width,
    held: [Option<Operand>; REGISTERS],
    /// Not given to others: states.
    reserved: [bool; REGISTERS],
    /// For each operand the lines that read it, the last one first.
    uses: FxHashMap<Operand, Vec<usize>>,
    /// Where on the stack results lie that had to make room.
    kept: FxHashMap<u32, i32>,
    free_slots: Vec<i32>,
    slots: i32,
    /// The operand whose address r11 holds.
    scratch: Option<u32>,
}

impl<'a> Registers<'a> {
    pub fn new(code: &'a mut Code, pointers: &'a [u32], width: Width) -> Self {
        Self {
            code,
            pointers,
            width,
            held: [None; REGISTERS],
            reserved: [false; REGISTERS],
            uses: FxHashMap::default(),
            kept: FxHashMap::default(),
            free_slots: Vec::new(),
            slots: 0,
            scratch: None,
        }
    }

    /// Keeps a state in a register from step to step.
    pub fn reserve(&mut self, state: u32) {
        let register = REGISTERS - 1 - state as usize;
        self.held[register] = Some(Operand::State(state));
        self.reserved[register] = true;
    }

    /// Writes all lines; `after` are read behind them.
    pub fn write(&mut self, tile: &Tile, after: &[Operand]) {
        let end = tile.lines.len();
        for &operand in after {
            self.uses.entry(operand).or_default().push(end);
        }
        for (i, line) in tile.lines.iter().enumerate().rev() {
            for operand in line.operands() {
                self.uses.entry(operand).or_default().push(i);
            }
        }
        for line in &tile.lines {
            self.line(line);
        }
    }

    /// The vectors that were needed on the stack.
    pub fn slots(&self) -> i32 {
        self.slots
    }

    /// Makes the states of the next step what `next` says.
    pub fn advance(&mut self, next: &[Operand]) {
        // All are read before one is written: a state may become what another was.
        let mut found = Vec::with_capacity(next.len());
        for &operand in next {
            found.push(self.fetch(operand, &found));
        }
        let safe: Vec<u8> = (0..next.len())
            .map(|state| {
                let from = found[state];
                let overwritten = REGISTERS - 1 - from as usize;
                if overwritten < state {
                    let copy = self.take(&found);
                    self.code.load(copy, Rm::Register(from));
                    // The name of nothing: the register is taken.
                    self.held[copy as usize] = Some(Operand::Value(u32::MAX - state as u32));
                    copy
                } else {
                    from
                }
            })
            .collect();
        for (state, &from) in safe.iter().enumerate() {
            let to = (REGISTERS - 1 - state) as u8;
            if to != from {
                self.code.load(to, Rm::Register(from));
            }
        }
    }

    fn line(&mut self, line: &Line) {
        match *line {
            Line::Store(x, target) => {
                let from = self.fetch(x, &[]);
                self.used(&[x]);
                self.store(from, target);
            }
            Line::Operation(operation, out) => {
                let register = self.operation(operation);
                let value = Operand::Value(out);
                // A result that nobody reads leaves its register free.
                if self.uses.contains_key(&value) {
                    self.held[register as usize] = Some(value);
                }
            }
        }
    }

    /// Writes an operation; returns the register of its result.
    fn operation(&mut self, operation: Operation) -> u8 {
        match operation {
            Operation::Two(op, [a, b]) => {
                let [x, y] = self.fetch_all([a, b]);
                let to = self.result([a, b]);
                self.code.two(op, to, x, y);
                to
            }
            Operation::Compare(predicate, [a, b]) => {
                let [x, y] = self.fetch_all([a, b]);
                let to = self.result([a, b]);
                self.code.compare(predicate, to, x, y);
                to
            }
            Operation::Blend([mask, then, otherwise]) => {
                let [m, t, o] = self.fetch_all([mask, then, otherwise]);
                let to = self.result([mask, then, otherwise]);
                self.code.blend(to, m, t, o);
                to
            }
            Operation::MulAdd([a, b, c]) => self.mul_add(a, b, c),
            Operation::Sqrt(x) => {
                let [from] = self.fetch_all([x]);
                let to = self.result([x]);
                self.code.sqrt(to, from);
                to
            }
            Operation::Round(rounding, x) => {
                let [from] = self.fetch_all([x]);
                let to = self.result([x]);
                self.code.round(rounding, to, from);
                to
            }
        }
    }

    /// The instruction adds to a register, which is the sum's own if nobody
    /// else reads the sum.
    fn mul_add(&mut self, a: Operand, b: Operand, c: Operand) -> u8 {
        let [x, y] = self.fetch_all([a, b]);
        let sum = self.fetch(c, &[x, y]);
        let reads = self.uses.get(&c).map_or(0, Vec::len);
        let to = if reads == 1 && c != a && c != b && !self.reserved[sum as usize] {
            sum
        } else {
            let to = self.take(&[x, y, sum]);
            self.code.load(to, Rm::Register(sum));
            to
        };
        self.code.add_product(to, x, y);
        self.used(&[a, b, c]);
        to
    }

    /// The registers of some operands.
    fn fetch_all<const N: usize>(&mut self, operands: [Operand; N]) -> [u8; N] {
        let mut registers = [0; N];
        for i in 0..N {
            registers[i] = self.fetch(operands[i], &registers[..i]);
        }
        registers
    }

    /// A register for the result of an operation that has read its operands.
    fn result<const N: usize>(&mut self, operands: [Operand; N]) -> u8 {
        self.used(&operands);
        // An operand's register, if nobody reads it later, will do.
        self.take(&[])
    }

    /// The register of an operand, which is read into one if need be.
    fn fetch(&mut self, operand: Operand, busy: &[u8]) -> u8 {
        if let Some(register) = self.held.iter().position(|&held| held == Some(operand)) {
            return register as u8;
        }
        let to = self.take(busy);
        self.held[to as usize] = Some(operand);
        match operand {
            Operand::Value(value) => {
                let at = BYTES * self.kept[&value];
                self.code.load(to, Rm::Memory(RSP, None, at));
            }
            Operand::Lanes(which, vector) => {
                let from = self.lanes(which, vector);
                match self.width {
                    Width::Vector => self.code.load(to, from),
                    Width::One => self.code.broadcast(to, from),
                }
            }
            Operand::Number(i) => self.code.broadcast(to, Rm::Memory(RSI, None, 8 * i as i32)),
            Operand::Weight(i) => self.code.broadcast(to, Rm::Memory(RDX, None, 8 * i as i32)),
            Operand::Sum(i) => self.code.load(to, Rm::Memory(RCX, None, BYTES * i as i32)),
            Operand::State(_) => unreachable!("states stay in their registers"),
            Operand::Constant(0) => self.code.two(Two::Xor, to, to, to),
            Operand::Constant(bits) => self.code.broadcast(to, Rm::Constant([bits, bits])),
            Operand::FirstLane => self.code.load(to, Rm::Constant([u64::MAX, 0])),
        }
        to
    }

    fn store(&mut self, from: u8, target: Target) {
        match target {
            Target::Lanes(which, vector) => {
                let to = self.lanes(which, vector);
                match self.width {
                    Width::Vector => self.code.store(to, from),
                    Width::One => self.code.store_first(to, from),
                }
            }
            Target::Sum(i) => self
                .code
                .store(Rm::Memory(RCX, None, BYTES * i as i32), from),
        }
    }

    /// A vector of an operand, from the present lane on.
    fn lanes(&mut self, which: u32, vector: u32) -> Rm {
        Rm::Memory(self.pointer(which), Some(RAX), BYTES * vector as i32)
    }

    /// The general register that holds where an operand lies.
    fn pointer(&mut self, which: u32) -> u8 {
        if let Some(place) = self.pointers.iter().position(|&held| held == which) {
            return POINTERS[place];
        }
        if self.scratch != Some(which) {
            self.code.load_pointer(R11, RDI, 8 * which as i32);
            self.scratch = Some(which);
        }
        R11
    }

    /// A register that holds nothing needed, and none of those that are busy (which hold something).
    fn take(&mut self, busy: &[u8]) -> u8 {
        if let Some(free) = self.held.iter().position(Option::is_none) {
            return free as u8;
        }
        let next_use = |operand: &Operand| {
            let uses = self.uses.get(operand);
            uses.and_then(|uses| uses.last().copied())
                .unwrap_or(usize::MAX)
        };
        let furthest = (0..REGISTERS)
            .filter(|&i| !self.reserved[i] && !busy.contains(&(i as u8)))
            .max_by_key(|&i| self.held[i].as_ref().map_or(usize::MAX, next_use))
            .unwrap_or(0);
        if let Some(Operand::Value(value)) = self.held[furthest]
            && next_use(&Operand::Value(value)) != usize::MAX
            && !self.kept.contains_key(&value)
        {
            let slot = self.free_slots.pop().unwrap_or_else(|| {
                self.slots += 1;
                self.slots - 1
            });
            self.kept.insert(value, slot);
            let at = BYTES * slot;
            self.code.store(Rm::Memory(RSP, None, at), furthest as u8);
        }
        self.held[furthest] = None;
        furthest as u8
    }

    /// The present line has read these: what nobody reads later leaves its place.
    fn used(&mut self, operands: &[Operand]) {
        for operand in operands {
            let Some(uses) = self.uses.get_mut(operand) else {
                continue;
            };
            uses.pop();
            if !uses.is_empty() {
                continue;
            }
            self.uses.remove(operand);
            for (held, reserved) in self.held.iter_mut().zip(self.reserved) {
                if *held == Some(*operand) && !reserved {
                    *held = None;
                }
            }
            if let Operand::Value(value) = operand
                && let Some(slot) = self.kept.remove(value)
            {
                self.free_slots.push(slot);
            }
        }
    }
}
