//! The few x86-64 instructions that tiles and their loops need, as bytes.
//! (Intel, Software Developer's Manual, volume 2: sections 2.1 and 2.3 for the
//! formats, 3 to 5 for the opcodes.)

use super::tile::{Predicate, Rounding, Two};
use rustc_hash::FxHashMap;

/// What an instruction reads last, or writes in memory.
#[derive(Clone, Copy, Debug)]
pub(super) enum Rm {
    Register(u8),
    /// Base register, index register and bytes, added up.
    Memory(u8, Option<u8>, i32),
    /// A constant behind the code: its first 8 bytes, and those of the other lanes.
    Constant([u64; 2]),
}

/// General registers by their numbers.
pub(super) const RAX: u8 = 0;
pub(super) const RCX: u8 = 1;
pub(super) const RDX: u8 = 2;
pub(super) const RSP: u8 = 4;
pub(super) const RSI: u8 = 6;
pub(super) const RDI: u8 = 7;
pub(super) const R11: u8 = 11;

/// When to jump.
#[derive(Clone, Copy, Debug)]
pub(super) enum Jump {
    Always,
    /// Unsigned.
    Above,
    /// Signed.
    Less,
    GreaterEqual,
}

/// A place that jumps go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Label(usize);

/// The map of opcodes that an instruction is in, and its mandatory prefix.
#[derive(Clone, Copy)]
struct Opcode {
    map: u8,
    prefix: u8,
    /// The bit W.
    wide: bool,
    /// The bit L: 256 bits.
    long: bool,
    code: u8,
}

/// An opcode of packed f64: prefix 66.
const fn packed(map: u8, code: u8) -> Opcode {
    Opcode {
        map,
        prefix: 1,
        wide: false,
        long: true,
        code,
    }
}

const MAP_0F: u8 = 1;
const MAP_0F38: u8 = 2;
const MAP_0F3A: u8 = 3;

/// Code being written.
#[derive(Debug, Default)]
pub(super) struct Code {
    bytes: Vec<u8>,
    /// Where each label is.
    labels: Vec<Option<usize>>,
    /// Places of four bytes for the distance to a label.
    jumps: Vec<(usize, Label)>,
    /// Places of four bytes for the distance to a constant.
    constants: Vec<(usize, [u64; 2])>,
}

impl Code {
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Instructions written elsewhere.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub fn label(&mut self) -> Label {
        self.labels.push(None);
        Label(self.labels.len() - 1)
    }

    pub fn place(&mut self, label: Label) {
        self.labels[label.0] = Some(self.bytes.len());
    }

    /// Fills up to a multiple of 32 bytes with instructions that do nothing.
    pub fn align(&mut self) {
        while !self.bytes.len().is_multiple_of(32) {
            self.bytes.push(0x90);
        }
    }

    pub fn jump(&mut self, jump: Jump, to: Label) {
        match jump {
            Jump::Always => self.raw(&[0xE9]),
            Jump::Above => self.raw(&[0x0F, 0x87]),
            Jump::Less => self.raw(&[0x0F, 0x8C]),
            Jump::GreaterEqual => self.raw(&[0x0F, 0x8D]),
        }
        self.jumps.push((self.bytes.len(), to));
        self.raw(&[0; 4]);
    }

    /// A general register from memory.
    pub fn load_pointer(&mut self, to: u8, base: u8, at: i32) {
        self.raw(&[0x48 | (to >> 3) << 2 | base >> 3, 0x8B]);
        self.rm(to, Rm::Memory(base, None, at));
    }

    /// `rax` plus some bytes, in a general register.
    pub fn rax_plus(&mut self, to: u8, bytes: i32) {
        self.raw(&[0x48 | (to >> 3) << 2, 0x8D]);
        self.rm(to, Rm::Memory(RAX, None, bytes));
    }

    pub fn two(&mut self, op: Two, to: u8, a: u8, b: u8) {
        let code = match op {
            Two::Add => 0x58,
            Two::Mul => 0x59,
            Two::Sub => 0x5C,
            Two::Div => 0x5E,
            Two::And => 0x54,
            Two::AndNot => 0x55,
            Two::Or => 0x56,
            Two::Xor => 0x57,
        };
        self.vector(packed(MAP_0F, code), to, a, Rm::Register(b));
    }

    pub fn compare(&mut self, predicate: Predicate, to: u8, a: u8, b: u8) {
        self.vector(packed(MAP_0F, 0xC2), to, a, Rm::Register(b));
        self.bytes.push(match predicate {
            Predicate::Less => 0x11,
            Predicate::LessEqual => 0x12,
            Predicate::Equal => 0x00,
            Predicate::NotEqual => 0x04,
            Predicate::GreaterEqual => 0x1D,
            Predicate::Unordered => 0x03,
        });
    }

    /// `then` where the mask has its highest bit.
    pub fn blend(&mut self, to: u8, mask: u8, then: u8, otherwise: u8) {
        self.vector(packed(MAP_0F3A, 0x4B), to, otherwise, Rm::Register(then));
        self.bytes.push(mask << 4);
    }

    /// Adds `a * b`.
    pub fn add_product(&mut self, to: u8, a: u8, b: u8) {
        let opcode = Opcode {
            wide: true,
            ..packed(MAP_0F38, 0xB8)
        };
        self.vector(opcode, to, a, Rm::Register(b));
    }

    pub fn sqrt(&mut self, to: u8, x: u8) {
        self.vector(packed(MAP_0F, 0x51), to, 0, Rm::Register(x));
    }

    pub fn round(&mut self, rounding: Rounding, to: u8, x: u8) {
        self.vector(packed(MAP_0F3A, 0x09), to, 0, Rm::Register(x));
        // 8: inexact results raise nothing.
        self.bytes.push(match rounding {
            Rounding::Down => 8 | 1,
            Rounding::Up => 8 | 2,
            Rounding::TowardsZero => 8 | 3,
        });
    }

    /// A vector from another register or from memory.
    pub fn load(&mut self, to: u8, from: Rm) {
        self.vector(packed(MAP_0F, 0x10), to, 0, from);
    }

    /// One number in memory, into all lanes.
    pub fn broadcast(&mut self, to: u8, from: Rm) {
        self.vector(packed(MAP_0F38, 0x19), to, 0, from);
    }

    pub fn store(&mut self, to: Rm, from: u8) {
        self.vector(packed(MAP_0F, 0x11), from, 0, to);
    }

    /// The first lane alone.
    pub fn store_first(&mut self, to: Rm, from: u8) {
        let opcode = Opcode {
            prefix: 3,
            long: false,
            ..packed(MAP_0F, 0x11)
        };
        self.vector(opcode, from, 0, to);
    }

    /// An instruction with a three-byte VEX prefix.
    fn vector(&mut self, opcode: Opcode, reg: u8, second: u8, rm: Rm) {
        let (base, index) = match rm {
            Rm::Register(register) => (register, 0),
            Rm::Memory(base, index, _) => (base, index.unwrap_or(0)),
            Rm::Constant(_) => (0, 0),
        };
        let high = |register: u8, bit: u8| if register < 8 { 1 << bit } else { 0 };
        self.raw(&[
            0xC4,
            high(reg, 7) | high(index, 6) | high(base, 5) | opcode.map,
            u8::from(opcode.wide) << 7
                | (!second & 15) << 3
                | u8::from(opcode.long) << 2
                | opcode.prefix,
            opcode.code,
        ]);
        self.rm(reg, rm);
    }

    /// The bytes that say which registers and what memory.
    fn rm(&mut self, reg: u8, rm: Rm) {
        let reg = (reg & 7) << 3;
        match rm {
            Rm::Register(register) => self.bytes.push(0xC0 | reg | register & 7),
            Rm::Memory(base, index, at) => {
                let short = i8::try_from(at);
                let mode = if short.is_ok() { 0x40 } else { 0x80 };
                // Register 4 as an index means none; as a base, or r12, it needs these bytes.
                if index.is_some() || base & 7 == 4 {
                    let index = index.unwrap_or(4) & 7;
                    self.raw(&[mode | reg | 4, index << 3 | base & 7]);
                } else {
                    self.bytes.push(mode | reg | base & 7);
                }
                match short {
                    Ok(at) => self.raw(&at.to_le_bytes()),
                    Err(_) => self.raw(&at.to_le_bytes()),
                }
            }
            Rm::Constant(constant) => {
                self.bytes.push(reg | 5);
                self.constants.push((self.bytes.len(), constant));
                self.raw(&[0; 4]);
            }
        }
    }

    /// Everything, with constants behind it and all distances known.
    pub fn finish(mut self) -> Vec<u8> {
        for (place, label) in std::mem::take(&mut self.jumps) {
            let to = self.labels[label.0].expect("who jumps to a label places it");
            self.fix(place, to);
        }
        let mut written: FxHashMap<[u64; 2], usize> = FxHashMap::default();
        for (place, constant) in std::mem::take(&mut self.constants) {
            let to = *written.entry(constant).or_insert_with(|| {
                let [first, others] = constant;
                let at = self.bytes.len();
                for lane in [first, others, others, others] {
                    self.bytes.extend_from_slice(&lane.to_le_bytes());
                }
                at
            });
            self.fix(place, to);
        }
        self.bytes
    }

    /// Writes the distance from behind a place of four bytes, where its instruction ends.
    fn fix(&mut self, place: usize, to: usize) {
        let distance = to as i64 - (place as i64 + 4);
        self.bytes[place..place + 4].copy_from_slice(&(distance as i32).to_le_bytes());
    }

    /// Writes a number into four bytes written before.
    pub fn patch(&mut self, place: usize, number: i32) {
        self.bytes[place..place + 4].copy_from_slice(&number.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bytes are those of the GNU assembler for the instructions beside them.
    #[test]
    fn instructions_are_encoded_as_an_assembler_does() {
        let check = |write: &dyn Fn(&mut Code), bytes: &[u8]| {
            let mut code = Code::default();
            write(&mut code);
            assert_eq!(code.finish(), bytes, "{bytes:02x?}");
        };
        // vaddpd ymm1, ymm2, ymm3 (with the prefix of three bytes)
        check(
            &|c| c.two(Two::Add, 1, 2, 3),
            &[0xC4, 0xE1, 0x6D, 0x58, 0xCB],
        );
        // vsubpd ymm9, ymm10, ymm11
        check(
            &|c| c.two(Two::Sub, 9, 10, 11),
            &[0xC4, 0x41, 0x2D, 0x5C, 0xCB],
        );
        // vfmadd231pd ymm1, ymm2, ymm3
        check(&|c| c.add_product(1, 2, 3), &[0xC4, 0xE2, 0xED, 0xB8, 0xCB]);
        // vcmplt_oqpd ymm1, ymm2, ymm3
        check(
            &|c| c.compare(Predicate::Less, 1, 2, 3),
            &[0xC4, 0xE1, 0x6D, 0xC2, 0xCB, 0x11],
        );
        // vblendvpd ymm4, ymm1, ymm2, ymm3
        check(
            &|c| c.blend(4, 3, 2, 1),
            &[0xC4, 0xE3, 0x75, 0x4B, 0xE2, 0x30],
        );
        // vmovupd ymm1, [r13 + rax + 0x20]
        check(
            &|c| c.load(1, Rm::Memory(13, Some(RAX), 0x20)),
            &[0xC4, 0xC1, 0x7D, 0x10, 0x4C, 0x05, 0x20],
        );
        // vmovupd ymm9, [r12 + rax + 0x200]
        check(
            &|c| c.load(9, Rm::Memory(12, Some(RAX), 0x200)),
            &[0xC4, 0x41, 0x7D, 0x10, 0x8C, 0x04, 0, 2, 0, 0],
        );
        // vmovupd [rsp + 0x20], ymm1
        check(
            &|c| c.store(Rm::Memory(RSP, None, 0x20), 1),
            &[0xC4, 0xE1, 0x7D, 0x11, 0x4C, 0x24, 0x20],
        );
        // vbroadcastsd ymm1, [rsi + 0x20]
        check(
            &|c| c.broadcast(1, Rm::Memory(RSI, None, 0x20)),
            &[0xC4, 0xE2, 0x7D, 0x19, 0x4E, 0x20],
        );
        // vroundpd ymm1, ymm2, 9
        check(
            &|c| c.round(Rounding::Down, 1, 2),
            &[0xC4, 0xE3, 0x7D, 0x09, 0xCA, 0x09],
        );
        // vmovsd [r13 + rax + 0x20], xmm9
        check(
            &|c| c.store_first(Rm::Memory(13, Some(RAX), 0x20), 9),
            &[0xC4, 0x41, 0x7B, 0x11, 0x4C, 0x05, 0x20],
        );
        // vblendvpd ymm4, ymm1, ymm2, ymm11
        check(
            &|c| c.blend(4, 11, 2, 1),
            &[0xC4, 0xE3, 0x75, 0x4B, 0xE2, 0xB0],
        );
        // mov r11, [rdi + 0x58]; lea r9, [rax + 0x80]
        check(
            &|c| c.load_pointer(R11, RDI, 0x58),
            &[0x4C, 0x8B, 0x5F, 0x58],
        );
        check(&|c| c.rax_plus(9, 0x80), &[0x4C, 0x8D, 0x88, 0x80, 0, 0, 0]);
    }
}
