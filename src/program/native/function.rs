//! Functions made of tiles: a loop around them, in memory that may be executed.

use super::encode::{Code, Jump, RDI, RSI, Rm};
use super::registers::{POINTERS, REGISTERS, Registers, Width};
use super::tile::{BYTES, Operand, Tile};
use super::{Arguments, VECTOR, available};
use memmap2::{Mmap, MmapMut};
use std::fmt;

/// States are kept in registers; more would leave too few.
const MOST_STATES: usize = 6;

/// Less than a page: the stack's guard is not stepped over.
const MOST_SLOTS: i32 = 100;

/// Operands, numbers, weights, sums, bytes of a column: rdi, rsi, rdx, rcx, r8.
type Entry =
    unsafe extern "sysv64" fn(*const *const f64, *const f64, *const f64, *mut [f64; VECTOR], usize);

/// Machine code.
pub(crate) struct Function {
    code: Mmap,
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes of machine code", self.size())
    }
}

impl Function {
    /// A loop over lanes, `vectors` vectors at a time. `tile` gives the lines for
    /// so many vectors, and for a single lane where it is asked for one.
    /// `None` where this processor or system cannot run it.
    pub fn over_lanes(vectors: usize, tile: impl Fn(usize, bool) -> Tile) -> Option<Self> {
        if !available() {
            return None;
        }
        let mut tiles = vec![(vectors, Width::Vector)];
        if vectors > 1 {
            tiles.push((1, Width::Vector));
        }
        tiles.push((1, Width::One));
        let tiles = tiles.into_iter().map(|(vectors, width)| {
            let bytes = match width {
                Width::Vector => BYTES * vectors as i32,
                Width::One => 8,
            };
            (bytes, width, tile(vectors, width == Width::One))
        });
        let tiles: Vec<(i32, Width, Tile)> = tiles.collect();
        let mut writer = Writer::new(&tiles[0].2);
        writer.code.raw(&[0x31, 0xC0]); // xor eax, eax
        for (bytes, width, lines) in tiles {
            let code = &mut writer.code;
            let (again, beyond) = (code.label(), code.label());
            code.align();
            code.place(again);
            code.rax_plus(9, bytes);
            code.raw(&[0x4D, 0x39, 0xC1]); // cmp r9, r8
            code.jump(Jump::Above, beyond);
            let mut registers = Registers::new(code, &writer.pointers, width);
            registers.write(&lines, &[]);
            writer.slots = writer.slots.max(registers.slots());
            let code = &mut writer.code;
            code.raw(&[0x4C, 0x89, 0xC8]); // mov rax, r9
            code.jump(Jump::Always, again);
            code.place(beyond);
        }
        writer.finish()
    }

    /// A loop over steps, from the last one on where `reverse`. The first
    /// states are the numbers `first`; `tile` is a step, and `next` what the
    /// states are behind it.
    pub fn over_steps(reverse: bool, first: &[u32], tile: &Tile, next: &[Operand]) -> Option<Self> {
        if !available() || first.len() > MOST_STATES {
            return None;
        }
        let mut writer = Writer::new(tile);
        let code = &mut writer.code;
        for (state, &number) in first.iter().enumerate() {
            let to = (REGISTERS - 1 - state) as u8;
            code.broadcast(to, Rm::Memory(RSI, None, 8 * number as i32));
        }
        let (again, beyond) = (code.label(), code.label());
        if reverse {
            code.raw(&[0x4C, 0x89, 0xC0]); // mov rax, r8
            code.align();
            code.place(again);
            code.raw(&[0x48, 0x83, 0xE8, 0x08]); // sub rax, 8
            code.jump(Jump::Less, beyond);
        } else {
            code.raw(&[0x48, 0xC7, 0xC0, 0xF8, 0xFF, 0xFF, 0xFF]); // mov rax, -8
            code.align();
            code.place(again);
            code.raw(&[0x48, 0x83, 0xC0, 0x08]); // add rax, 8
            code.raw(&[0x4C, 0x39, 0xC0]); // cmp rax, r8
            code.jump(Jump::GreaterEqual, beyond);
        }
        let mut registers = Registers::new(code, &writer.pointers, Width::One);
        for state in 0..first.len() {
            registers.reserve(state as u32);
        }
        registers.write(tile, next);
        registers.advance(next);
        writer.slots = registers.slots();
        let code = &mut writer.code;
        code.jump(Jump::Always, again);
        code.place(beyond);
        writer.finish()
    }

    /// # Safety
    /// Operands, numbers, weights and sums are as many as the tile speaks of;
    /// operands point to `count` numbers each, to what nobody else uses
    /// where the tile writes, and so do the sums.
    pub unsafe fn run(&self, arguments: Arguments) {
        let Arguments {
            operands,
            numbers,
            weights,
            sums,
            count,
        } = arguments;
        let code = self.code.as_ptr();
        // SAFETY: the code is a function of this type, made for this processor, and lives as long as `self`.
        // It keeps the registers that its caller needs, and reads and
        // writes what the caller of this promises.
        unsafe {
            let entry = std::mem::transmute::<*const u8, Entry>(code);
            entry(operands, numbers, weights, sums, 8 * count);
        }
    }

    /// In bytes.
    pub fn size(&self) -> usize {
        self.code.len()
    }
}

/// A function being written.
struct Writer {
    code: Code,
    /// The operands in [`POINTERS`].
    pointers: Vec<u32>,
    /// Vectors on the stack.
    slots: i32,
    /// Where the instruction that makes room for them has how much.
    room: usize,
}

impl Writer {
    fn new(tile: &Tile) -> Self {
        let mut code = Code::default();
        code.raw(&[0x55]); // push rbp
        code.raw(&[0x48, 0x89, 0xE5]); // mov rbp, rsp
        code.raw(&[0x53]); // push rbx
        code.raw(&[0x41, 0x54, 0x41, 0x55, 0x41, 0x56, 0x41, 0x57]); // push r12 ... r15
        code.raw(&[0x48, 0x81, 0xEC, 0, 0, 0, 0]); // sub rsp, 0
        let room = code.len() - 4;
        code.raw(&[0x48, 0x83, 0xE4, 0xE0]); // and rsp, -32
        let mut pointers = tile.function_operands();
        pointers.truncate(POINTERS.len());
        for (&operand, register) in pointers.iter().zip(POINTERS) {
            code.load_pointer(register, RDI, 8 * operand as i32);
        }
        Self {
            code,
            pointers,
            slots: 0,
            room,
        }
    }

    /// `None` where the system gives no executable memory.
    fn finish(self) -> Option<Function> {
        let Self {
            mut code,
            slots,
            room,
            ..
        } = self;
        if slots > MOST_SLOTS {
            return None;
        }
        code.patch(room, BYTES * slots);
        code.raw(&[0x48, 0x8D, 0x65, 0xD8]); // lea rsp, [rbp - 40]
        code.raw(&[0x41, 0x5F, 0x41, 0x5E, 0x41, 0x5D, 0x41, 0x5C]); // pop r15 ... r12
        code.raw(&[0x5B, 0x5D]); // pop rbx, pop rbp
        code.raw(&[0xC5, 0xF8, 0x77]); // vzeroupper
        code.raw(&[0xC3]); // ret
        let bytes = code.finish();
        let mut memory = MmapMut::map_anon(bytes.len()).ok()?;
        memory.copy_from_slice(&bytes);
        Some(Function {
            code: memory.make_exec().ok()?,
        })
    }
}
