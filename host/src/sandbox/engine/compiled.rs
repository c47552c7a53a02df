//! Compiled code as it is kept: the engine's file, and behind it what is to be known of the code without its source.

use bytes::Bytes;
use wasmtime::component::Component;
use wasmtime::{Engine, Module};

/// The end of all that is compiled.
const END: &[u8; 8] = b"sparkler";

/// The name of functions that were added to a module when it was compiled: no guest knows of them.
pub(in crate::sandbox) const ADDED_FUNCTION: &str = "<a bulk instruction, in pieces>";

/// What stands behind the engine's file.
pub(in crate::sandbox) const FIGURES_BYTES: usize = 2 * size_of::<u64>() + END.len();

/// What is known of compiled code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) struct Figures {
    /// What an instance takes beside its memories and tables.
    pub(in crate::sandbox) instance_bytes: u64,
    /// What is copied to set up its modules, where their data is not mapped.
    pub(in crate::sandbox) copied_bytes: u64,
}

impl Figures {
    /// The code with these figures behind it.
    #[cfg(feature = "compiler")]
    pub(in crate::sandbox) fn behind(self, mut code: Vec<u8>) -> Vec<u8> {
        code.extend_from_slice(&self.instance_bytes.to_le_bytes());
        code.extend_from_slice(&self.copied_bytes.to_le_bytes());
        code.extend_from_slice(END);
        code
    }

    /// Those that end a file with these last bytes.
    pub(in crate::sandbox) fn read(last: &[u8; FIGURES_BYTES]) -> Option<Self> {
        let (instance_bytes, rest) = last.split_first_chunk()?;
        let (copied_bytes, end) = rest.split_first_chunk()?;
        (end == END).then(|| Self {
            instance_bytes: u64::from_le_bytes(*instance_bytes),
            copied_bytes: u64::from_le_bytes(*copied_bytes),
        })
    }
}

/// The engine's file and its figures, where both are there.
pub(in crate::sandbox) fn split(compiled: &Bytes) -> Option<(Bytes, Figures)> {
    let (code, last) = compiled.split_last_chunk()?;
    Some((compiled.slice(..code.len()), Figures::read(last)?))
}

/// A component out of compiled code in memory.
///
/// # Errors
/// Where it is cut short, or of another engine.
#[expect(
    unsafe_code,
    reason = "loading compiled code is running it: whoever calls this has it from our own compiler, by way of the \
              store that verifies it"
)]
pub(in crate::sandbox) fn component(
    engine: &Engine,
    compiled: &Bytes,
) -> wasmtime::Result<(Component, Figures)> {
    let (code, figures) = split(compiled).ok_or_else(cut_short)?;
    let component = unsafe { Component::deserialize(engine, code) };
    Ok((component?, figures))
}

/// A core module out of compiled code in memory.
///
/// # Errors
/// Where it is cut short, or of another engine.
#[expect(unsafe_code, reason = "as `component`")]
pub(in crate::sandbox) fn module(
    engine: &Engine,
    compiled: &Bytes,
) -> wasmtime::Result<(Module, Figures)> {
    let (code, figures) = split(compiled).ok_or_else(cut_short)?;
    let module = unsafe { Module::deserialize(engine, code) };
    Ok((module?, figures))
}

pub(in crate::sandbox) fn cut_short() -> wasmtime::Error {
    wasmtime::Error::msg("the compiled code is cut short")
}

#[cfg(all(test, feature = "compiler"))]
mod tests {
    use super::*;

    #[test]
    fn figures_stand_behind_the_code() {
        let figures = Figures {
            instance_bytes: 7,
            copied_bytes: 9,
        };
        let compiled = Bytes::from(figures.behind(b"code".to_vec()));
        let whole = (Bytes::from_static(b"code"), figures);
        assert_eq!(split(&compiled), Some(whole));
        for cut in 0..compiled.len() {
            assert_eq!(split(&compiled.slice(..cut)), None, "{cut}");
        }
    }
}
