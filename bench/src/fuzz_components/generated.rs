//! Code that is made of numbers.

use std::sync::LazyLock;

use anyhow::Context as _;
use wasm_smith::{Component, Config, Module};

use super::random::Random;

/// The bytes that a module is made of: with more, there is more in it.
const SOURCE_BYTES_MIN: usize = 256;
const SOURCE_BYTES_MAX: usize = 8 * 1024;

/// Steps after which most of what is made ends by itself.
const FUEL: u32 = 2_000;

/// Memories as small functions have them: more is refused before anything runs.
const MEMORY_BYTES_MAX: u32 = 16 * 1024 * 1024;

/// The section of a component that holds a core module.
const MODULE_SECTION: u8 = 1;

/// Magic number and version.
const HEADER_BYTES: usize = 8;

/// A component that answers: the host's own smallest one.
pub(super) static ECHO: LazyLock<Vec<u8>> =
    LazyLock::new(|| wasm(include_str!("../../../host/src/embed/echo.wat")));

/// What programs for WASI preview 1 may import, and must export.
static PROGRAM_IMPORTS: LazyLock<Vec<u8>> = LazyLock::new(|| {
    wasm(
        r#"(module
            (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "fd_read" (func (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "fd_prestat_get" (func (param i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "clock_time_get" (func (param i32 i64 i32) (result i32)))
            (import "wasi_snapshot_preview1" "random_get" (func (param i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "poll_oneoff" (func (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "environ_get" (func (param i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "proc_exit" (func (param i32))))"#,
    )
});
static PROGRAM_EXPORTS: LazyLock<Vec<u8>> =
    LazyLock::new(|| wasm(r#"(module (func (export "_start")) (memory (export "memory") 1))"#));

/// What is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A core module with a main function, which the host wraps.
    Program,
    /// The echo with other modules in it, which import and export the same.
    Handler,
    /// Any component at all.
    Component,
    /// The echo, damaged.
    Damaged,
}

/// The code that is made of a number.
///
/// # Errors
/// Where its bytes do not make a module of that kind, which happens.
pub(super) fn made(seed: u64) -> anyhow::Result<(Kind, Vec<u8>)> {
    let mut random = Random::of(seed);
    let kind = match random.below(8) {
        0..3 => Kind::Program,
        3..6 => Kind::Handler,
        6 => Kind::Component,
        _ => Kind::Damaged,
    };
    let code = match kind {
        Kind::Program => {
            let config = Config {
                available_imports: Some(PROGRAM_IMPORTS.clone()),
                exports: Some(PROGRAM_EXPORTS.clone()),
                ..config(&mut random)
            };
            module(&mut random, config)?
        }
        Kind::Handler => with_other_modules(&mut random)?,
        Kind::Component => {
            let (config, source) = (config(&mut random), source(&mut random));
            let mut source = arbitrary::Unstructured::new(&source);
            Component::new(config, &mut source)?.to_bytes()
        }
        Kind::Damaged => damaged(&mut random),
    };
    Ok((kind, code))
}

/// Mostly what the host takes, and now and then what it does not.
fn config(random: &mut Random) -> Config {
    let is_beyond = random.one_in(16);
    Config {
        reference_types_enabled: is_beyond,
        gc_enabled: is_beyond,
        exceptions_enabled: is_beyond,
        threads_enabled: is_beyond,
        max_memories: 1 + random.below(3),
        max_tables: 1 + random.below(3),
        max_memory32_bytes: MEMORY_BYTES_MAX.into(),
        max_memory64_bytes: MEMORY_BYTES_MAX.into(),
        max_table_elements: 10_000,
        max_imports: 12,
        max_instructions: 400,
        ..Config::default()
    }
}

fn source(random: &mut Random) -> Vec<u8> {
    let count = SOURCE_BYTES_MIN + random.below(SOURCE_BYTES_MAX - SOURCE_BYTES_MIN);
    random.bytes(count)
}

fn module(random: &mut Random, config: Config) -> anyhow::Result<Vec<u8>> {
    let source = source(random);
    let mut module = Module::new(config, &mut arbitrary::Unstructured::new(&source))?;
    // The others end when their time is over, which takes a while.
    if !random.one_in(16) {
        module
            .ensure_termination(FUEL)
            .context("it cannot be bounded")?;
    }
    Ok(module.to_bytes())
}

/// The echo, in which one of its modules, or each, is another one of the same shape.
fn with_other_modules(random: &mut Random) -> anyhow::Result<Vec<u8>> {
    let mut sections = sections(&ECHO)?;
    let modules = sections
        .iter()
        .filter(|(id, _)| *id == MODULE_SECTION)
        .count();
    let only = (!random.one_in(4)).then(|| random.below(modules));
    let own = sections.iter_mut().filter(|(id, _)| *id == MODULE_SECTION);
    for (place, (_, content)) in own.enumerate() {
        if only.is_none_or(|only| only == place) {
            let config = Config {
                module_shape: Some(content.clone()),
                ..config(random)
            };
            *content = module(random, config)?;
        }
    }
    let mut component = ECHO[..HEADER_BYTES].to_vec();
    for (id, content) in sections {
        component.push(id);
        let length = u32::try_from(content.len()).context("a section is short")?;
        write_number(&mut component, length);
        component.extend(content);
    }
    Ok(component)
}

/// The outermost sections of a component.
fn sections(component: &[u8]) -> anyhow::Result<Vec<(u8, Vec<u8>)>> {
    let mut sections = Vec::new();
    let mut rest = &component[HEADER_BYTES..];
    while let [id, behind @ ..] = rest {
        let (length, content) = number(behind);
        let (content, behind) = content
            .split_at_checked(length)
            .context("a sound component")?;
        sections.push((*id, content.to_vec()));
        rest = behind;
    }
    Ok(sections)
}

/// A number in LEB128, and what follows.
fn number(mut bytes: &[u8]) -> (usize, &[u8]) {
    let (mut number, mut shift) = (0, 0);
    while let [byte, rest @ ..] = bytes {
        number |= usize::from(byte & 0x7f) << shift;
        (shift, bytes) = (shift + 7, rest);
        if byte & 0x80 == 0 {
            break;
        }
    }
    (number, bytes)
}

fn write_number(bytes: &mut Vec<u8>, mut number: u32) {
    loop {
        let low = number.to_le_bytes()[0] & 0x7f;
        number >>= 7;
        if number == 0 {
            return bytes.push(low);
        }
        bytes.push(low | 0x80);
    }
}

/// The echo with some bits, bytes or ends of it changed.
fn damaged(random: &mut Random) -> Vec<u8> {
    let mut code = ECHO.clone();
    for _ in 0..=random.below(3) {
        let at = HEADER_BYTES + random.below(code.len().saturating_sub(HEADER_BYTES).max(1));
        match (random.below(8), code.get_mut(at)) {
            (0, _) => code.truncate(at),
            (1, Some(_)) => code.insert(at, random.below(256).to_le_bytes()[0]),
            (2, Some(_)) => drop(code.remove(at)),
            (3, Some(byte)) => *byte = random.below(256).to_le_bytes()[0],
            (_, Some(byte)) => *byte ^= 1 << random.below(8),
            (_, None) => {}
        }
    }
    code
}

fn wasm(text: &str) -> Vec<u8> {
    wat::parse_str(text).expect("WebAssembly text of this program's own")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_number_makes_the_same_code_and_numbers_make_each_kind() {
        let mut kinds = Vec::new();
        for seed in 0..60 {
            let Ok((kind, code)) = made(seed) else {
                continue;
            };
            let again = made(seed).expect("it was made before");
            assert_eq!(again, (kind, code.clone()));
            assert!(code.starts_with(b"\0asm"));
            kinds.push(kind);
        }
        for kind in [Kind::Program, Kind::Handler, Kind::Component, Kind::Damaged] {
            assert!(kinds.contains(&kind), "{kind:?}");
        }
    }

    #[test]
    fn a_component_is_taken_apart_into_its_sections() {
        let sections = sections(&ECHO).expect("it is sound");
        let modules = sections.iter().filter(|(id, _)| *id == MODULE_SECTION);
        assert!(
            modules
                .map(|(_, module)| &module[..4])
                .all(|start| start == b"\0asm")
        );
        assert_eq!(
            sections
                .iter()
                .filter(|(id, _)| *id == MODULE_SECTION)
                .count(),
            2
        );
    }
}
