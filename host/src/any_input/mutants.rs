//! Inputs for tests: what `fuzz/corpus` keeps, and what is nearly like it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::domain::dice::Dice;

/// Where the fuzzers are.
pub(crate) fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz")
}

/// The inputs that are kept for a check, in the order of their names.
pub(crate) fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = fuzz().join("corpus").join(name);
    let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    let paths: BTreeSet<_> = files.map(|file| file.expect("a file").path()).collect();
    let inputs: Vec<_> = paths
        .iter()
        .map(|path| fs::read(path).expect("a file"))
        .collect();
    assert!(!inputs.is_empty(), "nothing is kept for {name}");
    inputs
}

/// Inputs that are nearly like others.
pub(crate) struct Mutants<'a> {
    dice: Dice,
    corpus: &'a [Vec<u8>],
}

impl<'a> Mutants<'a> {
    /// The same ones at each run.
    pub(crate) fn of(corpus: &'a [Vec<u8>]) -> Self {
        Self {
            dice: Dice::of(1),
            corpus,
        }
    }

    fn any(&mut self) -> &Vec<u8> {
        &self.corpus[self.dice.below(self.corpus.len())]
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let at = self.dice.below(input.len() + 1);
        match self.dice.below(6) {
            0 => input.truncate(at),
            1 => input.insert(at, byte(&mut self.dice)),
            2 => {
                let end = input.len().min(at + 1 + self.dice.below(8));
                input.drain(at..end);
            }
            3 => {
                let other = self.any().clone();
                let from = self.dice.below(other.len() + 1);
                let end = other.len().min(from + self.dice.below(32));
                input.splice(at..at, other[from..end].iter().copied());
            }
            4 => {
                if let Some(byte) = input.get_mut(at) {
                    *byte ^= 1 << self.dice.below(8);
                }
            }
            _ => {
                let byte = byte(&mut self.dice);
                if let Some(place) = input.get_mut(at) {
                    *place = byte;
                }
            }
        }
    }
}

impl Iterator for Mutants<'_> {
    type Item = Vec<u8>;

    /// There is always another one.
    fn next(&mut self) -> Option<Vec<u8>> {
        let mut input = self.any().clone();
        for _ in 0..=self.dice.below(4) {
            self.change(&mut input);
        }
        Some(input)
    }
}

/// Any byte, and those that mean something to parsers more often than others.
fn byte(dice: &mut Dice) -> u8 {
    const TELLING: &[u8] = b"\0\n\r\t \"%&'(),-./0:;<=>?@[\\]{}*$\x7f\x80\xff";
    match dice.below(2) {
        0 => dice.one_of(TELLING),
        _ => u8::try_from(dice.below(256)).expect("a byte"),
    }
}
