//! What the memory of an interpreter holds.

use std::ops::Range;

use wasm_encoder::{
    ConstExpr, DataSection, ExportKind, ExportSection, MemorySection, MemoryType, Module,
};

use crate::limits;

/// The only export of a state's module.
pub(super) const MEMORY_EXPORT: &str = "memory";

const PAGE_BYTES: usize = 64 * 1024;

/// What a memory holds, from its first byte to its last: whole pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct State {
    memory: Vec<u8>,
}

impl State {
    /// A memory of so many bytes, in which there is nothing.
    pub(super) fn empty(bytes: u64) -> Result<Self, String> {
        if bytes > limits::SNAPSHOT_MEMORY_BYTES_MAX {
            return Err(format!(
                "its memory has {bytes} bytes, and at most {} are kept",
                limits::SNAPSHOT_MEMORY_BYTES_MAX
            ));
        }
        let bytes = usize::try_from(bytes).map_err(|error| error.to_string())?;
        Ok(Self {
            memory: vec![0; bytes.next_multiple_of(PAGE_BYTES)],
        })
    }

    /// What was read of a memory.
    pub(super) fn of(memory: Vec<u8>) -> Result<Self, String> {
        let state = Self { memory };
        match state.memory.len().is_multiple_of(PAGE_BYTES) {
            true if state.memory.len() as u64 <= limits::SNAPSHOT_MEMORY_BYTES_MAX => Ok(state),
            true => Self::empty(state.memory.len() as u64),
            false => Err("it is no whole number of pages".into()),
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.memory
    }

    pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.memory
    }

    pub(super) fn pages(&self) -> u64 {
        (self.memory.len() / PAGE_BYTES) as u64
    }

    /// Writes `bytes` at `place`; `None` where they do not fit.
    pub(super) fn write(&mut self, place: u32, bytes: &[u8]) -> Option<()> {
        let start = usize::try_from(place).ok()?;
        let end = start.checked_add(bytes.len())?;
        self.memory.get_mut(start..end)?.copy_from_slice(bytes);
        Some(())
    }

    /// The core module that an interpreter's code takes its memory from.
    pub(super) fn module(&self) -> Vec<u8> {
        let mut memories = MemorySection::new();
        memories.memory(memory_type(self.pages()));
        let mut exports = ExportSection::new();
        exports.export(MEMORY_EXPORT, ExportKind::Memory, 0);
        let mut module = Module::new();
        module.section(&memories).section(&exports);
        let used = self.used();
        if !used.is_empty() {
            let offset = i32::try_from(used.start).unwrap_or(i32::MAX);
            let bytes = self.memory[used].iter().copied();
            let mut data = DataSection::new();
            data.active(0, &ConstExpr::i32_const(offset), bytes);
            module.section(&data);
        }
        module.finish()
    }

    /// From the first byte that is not zero to the last. The engine makes one image of it in any case.
    fn used(&self) -> Range<usize> {
        let is_used = |byte: &u8| *byte != 0;
        let start = self.memory.iter().position(is_used).unwrap_or_default();
        let end = self.memory.iter().rposition(is_used);
        start..end.map_or(start, |last| last + 1)
    }
}

/// A memory that has so many pages at least.
pub(super) fn memory_type(pages: u64) -> MemoryType {
    MemoryType {
        minimum: pages,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    }
}
