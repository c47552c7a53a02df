//! Compiled code on its way from one host to another: what `sparkler compile` writes.
//!
//! A line that says what the file is, a line of JSON that says what the code fits, and the code. The digest
//! in it tells damage, not malice: whoever can change the code can change the digest.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::PackageError;
use crate::domain::Digest;
use crate::domain::version::REUSE_MAX;

/// How such a file begins; the number counts the changes of the form.
const FIRST_LINE: &[u8] = b"sparkler-artifact 1\n";

/// Longest line of JSON.
const HEAD_BYTES_MAX: usize = 4 * 1024;

/// Compiled code, and what it fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Precompiled {
    /// The engine that it was compiled for.
    pub engine: String,
    /// What it was compiled from.
    pub component: Digest,
    /// See `Code::reuse` of the domain.
    pub reuse: u32,
    /// The code.
    pub code: Bytes,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    engine: String,
    component: String,
    #[serde(default)]
    reuse: u32,
    code: String,
}

impl Precompiled {
    /// Whether `file` begins like one.
    pub fn is_one(file: &[u8]) -> bool {
        file.starts_with(FIRST_LINE)
    }

    /// Reads one.
    ///
    /// # Errors
    /// When it is damaged.
    pub fn read(file: &Bytes) -> Result<Self, PackageError> {
        let (head, code_at) = head(file).ok_or_else(damaged)?;
        let component = Digest::parse_hex(&head.component).ok_or_else(damaged)?;
        let code = file.slice(code_at..);
        match Digest::parse_hex(&head.code) == Some(Digest::of(&code)) {
            true => Ok(Self {
                engine: head.engine,
                component,
                reuse: head.reuse.min(REUSE_MAX),
                code,
            }),
            false => Err(damaged()),
        }
    }

    /// The file.
    pub fn write(&self) -> Vec<u8> {
        let head = Head {
            engine: self.engine.clone(),
            component: self.component.to_string(),
            reuse: self.reuse,
            code: Digest::of(&self.code).to_string(),
        };
        let head = serde_json::to_string(&head).expect("texts and a number have a JSON form");
        let mut file = Vec::with_capacity(FIRST_LINE.len() + head.len() + 1 + self.code.len());
        file.extend_from_slice(FIRST_LINE);
        file.extend_from_slice(head.as_bytes());
        file.push(b'\n');
        file.extend_from_slice(&self.code);
        file
    }

    /// What one says of reuse, without a look at its code; 0 where it is damaged.
    pub(super) fn reuse_of(file: &[u8]) -> u32 {
        head(file).map_or(0, |(head, _)| head.reuse.min(REUSE_MAX))
    }
}

/// The line of JSON, and where the code begins.
fn head(file: &[u8]) -> Option<(Head, usize)> {
    let rest = file.strip_prefix(FIRST_LINE)?;
    let line = &rest[..rest.len().min(HEAD_BYTES_MAX)];
    let length = line.iter().position(|byte| *byte == b'\n')?;
    let head = serde_json::from_slice(&line[..length]).ok()?;
    Some((head, FIRST_LINE.len() + length + 1))
}

fn damaged() -> PackageError {
    PackageError(
        "The file begins like compiled code of `sparkler compile` and is damaged, or cut short. Make or \
         copy it anew."
            .into(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Precompiled {
        Precompiled {
            engine: "1.2.3-1-x86_64-linux".into(),
            component: Digest::of(b"component"),
            reuse: 7,
            code: Bytes::from_static(b"\x7fELF\n code\n"),
        }
    }

    #[test]
    fn what_was_written_is_read() {
        let file = Bytes::from(sample().write());
        assert!(Precompiled::is_one(&file));
        assert_eq!(Precompiled::read(&file), Ok(sample()));
        assert_eq!(Precompiled::reuse_of(&file), 7);
    }

    #[test]
    fn any_damage_is_seen() {
        let file = sample().write();
        for length in 0..file.len() {
            let cut = Bytes::copy_from_slice(&file[..length]);
            assert!(Precompiled::read(&cut).is_err(), "cut at {length}");
        }
        let mut changed = file.clone();
        *changed.last_mut().expect("code") ^= 1;
        assert!(Precompiled::read(&changed.into()).is_err());
        let endless = [FIRST_LINE, &[b' '; 2 * HEAD_BYTES_MAX], b"{}\n"].concat();
        assert!(Precompiled::read(&endless.into()).is_err());
    }
}
