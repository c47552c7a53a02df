//! The function that takes the place of an instruction which touches any amount of memory.

use wasm_encoder::{BlockType, Function, InstructionSink, ValType};
use wasmparser::{MemoryType, Operator};

/// The most that one instruction touches: a fraction of a millisecond, even where all of it is touched first.
pub(super) const PIECE_BYTES: u32 = 256 * 1024;

/// An instruction that touches any amount of memory.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Bulk {
    Fill { memory: u32 },
    Copy { to: u32, from: u32 },
    Init { memory: u32, data: u32 },
}

impl Bulk {
    pub(super) fn of(operator: &Operator<'_>) -> Option<Self> {
        match *operator {
            Operator::MemoryFill { mem } => Some(Self::Fill { memory: mem }),
            Operator::MemoryCopy { dst_mem, src_mem } => Some(Self::Copy {
                to: dst_mem,
                from: src_mem,
            }),
            Operator::MemoryInit { mem, data_index } => Some(Self::Init {
                memory: mem,
                data: data_index,
            }),
            _ => None,
        }
    }

    /// The memory that is written.
    fn written(self) -> u32 {
        match self {
            Self::Fill { memory } | Self::Init { memory, .. } | Self::Copy { to: memory, .. } => {
                memory
            }
        }
    }

    fn write(self, code: &mut InstructionSink<'_>) {
        match self {
            Self::Fill { memory } => code.memory_fill(memory),
            Self::Copy { to, from } => code.memory_copy(to, from),
            Self::Init { memory, data } => code.memory_init(memory, data),
        };
    }
}

/// A function that does what one instruction does, in pieces. It takes what the instruction takes: where to write,
/// what or where from, and how much.
pub(super) struct Piecewise {
    bulk: Bulk,
    to: Memory,
    /// Where it is copied from.
    from: Option<Memory>,
}

/// A memory, as an address in it is written and compared.
#[derive(Clone, Copy)]
struct Memory {
    index: u32,
    is_64: bool,
    page_size_log2: u32,
}

/// Locals of such a function behind its parameters, all of 64 bits.
const TO: u32 = 3;
const FROM: u32 = 4;
const LEFT: u32 = 5;

impl Piecewise {
    /// `None` where there is no such memory, which the compiler will say.
    pub(super) fn of(bulk: Bulk, memories: &[MemoryType]) -> Option<Self> {
        let memory = |index| {
            memories.get(index as usize).map(|memory| Memory {
                index,
                is_64: memory.memory64,
                page_size_log2: memory.page_size_log2.unwrap_or(16),
            })
        };
        let from = match bulk {
            Bulk::Copy { from, .. } => Some(memory(from)?),
            Bulk::Fill { .. } | Bulk::Init { .. } => None,
        };
        Some(Self {
            bulk,
            to: memory(bulk.written())?,
            from,
        })
    }

    /// The instruction whose place it takes.
    pub(super) fn bulk(&self) -> Bulk {
        self.bulk
    }

    /// Whether each of the three that it takes has 64 bits.
    fn widths(&self) -> [bool; 3] {
        let to = self.to.is_64;
        match (self.bulk, self.from) {
            (Bulk::Fill { .. }, _) => [to, false, to],
            (Bulk::Init { .. }, _) | (_, None) => [to, false, false],
            (Bulk::Copy { .. }, Some(from)) => [to, from.is_64, to && from.is_64],
        }
    }

    pub(super) fn parameters(&self) -> [ValType; 3] {
        self.widths().map(|is_64| match is_64 {
            true => ValType::I64,
            false => ValType::I32,
        })
    }

    /// ```text
    /// if left > PIECE and all of it is in bounds {
    ///     if it is a copy and to > from { from the end to the beginning, piece by piece }
    ///     else { from the beginning to the end, piece by piece }
    /// }
    /// what is left, which is at most a piece, or ends here
    /// ```
    pub(super) fn body(&self) -> Function {
        let mut function = Function::new([(3, ValType::I64)]);
        let mut code = function.instructions();
        for (parameter, is_64) in (0..).zip(self.widths()) {
            code.local_get(parameter);
            if !is_64 {
                code.i64_extend_i32_u();
            }
            code.local_set(parameter + TO);
        }
        code.block(BlockType::Empty);
        leave_at_the_last_piece(&mut code, 0);
        // Of what is out of bounds no piece is written: an address behind the last one is the first again.
        self.to.leave_out_of_bounds(&mut code, TO);
        if let Some(from) = self.from {
            from.leave_out_of_bounds(&mut code, FROM);
            // Two memories may be one, imported twice.
            code.local_get(TO)
                .local_get(FROM)
                .i64_gt_u()
                .if_(BlockType::Empty);
            self.backwards(&mut code);
            code.br(1).end();
        }
        self.forwards(&mut code);
        code.end();
        self.write(&mut code, |code| {
            code.local_get(LEFT);
        });
        code.end();
        function
    }

    /// Until a piece is left, from the beginning on. The blocks that it leaves are its own.
    fn forwards(&self, code: &mut InstructionSink<'_>) {
        code.block(BlockType::Empty).loop_(BlockType::Empty);
        leave_at_the_last_piece(code, 1);
        self.write(code, |code| {
            code.i64_const(PIECE_BYTES.into());
        });
        add(code, TO);
        if !matches!(self.bulk, Bulk::Fill { .. }) {
            add(code, FROM);
        }
        take(code);
        code.br(0).end().end();
    }

    /// Until a piece is left, from the end on, so that nothing is overwritten that is still to be read.
    fn backwards(&self, code: &mut InstructionSink<'_>) {
        code.block(BlockType::Empty).loop_(BlockType::Empty);
        leave_at_the_last_piece(code, 1);
        take(code);
        for (parameter, is_64) in (0..2).zip(self.widths()) {
            code.local_get(parameter + TO).local_get(LEFT).i64_add();
            wrap(code, is_64);
        }
        code.i64_const(PIECE_BYTES.into());
        wrap(code, self.widths()[2]);
        self.bulk.write(code);
        code.br(0).end().end();
    }

    /// The instruction itself, for so many bytes.
    fn write(&self, code: &mut InstructionSink<'_>, bytes: impl Fn(&mut InstructionSink<'_>)) {
        let [to, from, length] = self.widths();
        code.local_get(TO);
        wrap(code, to);
        code.local_get(FROM);
        wrap(code, from);
        bytes(code);
        wrap(code, length);
        self.bulk.write(code);
    }
}

impl Memory {
    /// Leaves the block that is open where what is left does not fit behind an address: the instruction then ends
    /// the guest.
    fn leave_out_of_bounds(self, code: &mut InstructionSink<'_>, address: u32) {
        let size = |code: &mut InstructionSink<'_>| {
            code.memory_size(self.index);
            if !self.is_64 {
                code.i64_extend_i32_u();
            }
            code.i64_const(self.page_size_log2.into()).i64_shl();
        };
        code.local_get(LEFT);
        size(code);
        code.i64_gt_u().br_if(0).local_get(address);
        size(code);
        code.local_get(LEFT).i64_sub().i64_gt_u().br_if(0);
    }
}

/// Leaves the block `depth` where what is left is no more than a piece.
fn leave_at_the_last_piece(code: &mut InstructionSink<'_>, depth: u32) {
    code.local_get(LEFT)
        .i64_const(PIECE_BYTES.into())
        .i64_le_u()
        .br_if(depth);
}

fn add(code: &mut InstructionSink<'_>, local: u32) {
    code.local_get(local)
        .i64_const(PIECE_BYTES.into())
        .i64_add()
        .local_set(local);
}

/// One piece less is left.
fn take(code: &mut InstructionSink<'_>) {
    code.local_get(LEFT)
        .i64_const(PIECE_BYTES.into())
        .i64_sub()
        .local_set(LEFT);
}

fn wrap(code: &mut InstructionSink<'_>, is_64: bool) {
    if !is_64 {
        code.i32_wrap_i64();
    }
}
