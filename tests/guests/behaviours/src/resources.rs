//! Behaviours that use what the host bounds: output, memory, randomness, time.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use sparkler_guest::FunctionError;

use crate::Stream;

const MB: usize = 1024 * 1024;

/// The granule in which memory becomes resident, on the host as well.
const PAGE_BYTES: usize = 4096;

pub(crate) fn print(stream: Stream, lines: u64, bytes: usize) -> io::Result<Value> {
    let written = match stream {
        Stream::Stdout => write_lines(&mut io::stdout().lock(), lines, bytes)?,
        Stream::Stderr => write_lines(&mut io::stderr().lock(), lines, bytes)?,
    };
    Ok(json!({ "written": written }))
}

fn write_lines(stream: &mut impl Write, lines: u64, bytes: usize) -> io::Result<usize> {
    let mut written = 0;
    for number in 1..=lines {
        let line = line(number, bytes);
        stream.write_all(line.as_bytes())?;
        written += line.len();
    }
    stream.flush()?;
    Ok(written)
}

fn line(number: u64, bytes: usize) -> String {
    let mut line = format!("line {number} ");
    let padding = bytes.saturating_sub(line.len() + 1);
    line.extend(std::iter::repeat_n('x', padding));
    line.push('\n');
    line
}

#[expect(clippy::print_stdout, reason = "the macro is what is tried")]
pub(crate) fn murmur(text: &str) -> Value {
    print!("{text}");
    Value::Null
}

pub(crate) fn allocate(mb: usize, gently: bool) -> Result<Value, FunctionError> {
    let bytes = mb.saturating_mul(MB);
    let mut memory: Vec<u8> = Vec::new();
    if gently {
        memory.try_reserve_exact(bytes).map_err(|error| {
            FunctionError::new("OutOfMemory", format!("{mb} MB were refused: {error}"))
        })?;
    }
    memory.resize(bytes, 0);
    for byte in memory.iter_mut().step_by(PAGE_BYTES) {
        *byte = 1;
    }
    std::hint::black_box(&memory);
    Ok(json!({ "allocated_mb": mb }))
}

pub(crate) fn random(bytes: usize) -> Result<Value, FunctionError> {
    let mut drawn = vec![0; bytes];
    getrandom::fill(&mut drawn)
        .map_err(|error| FunctionError::new("NoRandomness", error.to_string()))?;
    let mut first = String::new();
    for byte in drawn.iter().take(16) {
        write!(first, "{byte:02x}").expect("a string takes everything");
    }
    Ok(json!({ "drawn": bytes, "first": first }))
}

pub(crate) fn sleep(ms: u64) -> Value {
    thread::sleep(Duration::from_millis(ms));
    json!({ "slept_ms": ms })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_its_number_and_its_length() {
        assert_eq!(line(7, 0), "line 7 \n");
        assert_eq!(line(7, 10), "line 7 xx\n");
        let mut stream = Vec::new();
        assert_eq!(write_lines(&mut stream, 3, 40).expect("a vector"), 120);
        assert_eq!(stream.len(), 120);
    }

    #[test]
    fn an_absurd_allocation_is_refused_gently() {
        let error = allocate(usize::MAX / MB, true).expect_err("more than there is");
        assert_eq!(error.error_type, "OutOfMemory");
    }

    #[test]
    fn random_bytes_are_drawn() {
        let first = |bytes| random(bytes).expect("randomness")["first"].clone();
        assert_eq!(first(2).as_str().expect("text").len(), 4);
        assert_ne!(first(64), first(64));
    }
}
