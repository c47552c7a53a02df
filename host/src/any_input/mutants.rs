//! Inputs for tests: what `fuzz/corpus` keeps, and what is nearly like it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

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
    random: Random,
    corpus: &'a [Vec<u8>],
}

impl<'a> Mutants<'a> {
    /// The same ones at each run.
    pub(crate) fn of(corpus: &'a [Vec<u8>]) -> Self {
        Self {
            random: Random(0),
            corpus,
        }
    }

    fn any(&mut self) -> &Vec<u8> {
        &self.corpus[self.random.below(self.corpus.len())]
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let at = self.random.below(input.len() + 1);
        match self.random.below(6) {
            0 => input.truncate(at),
            1 => input.insert(at, self.random.byte()),
            2 => {
                let end = input.len().min(at + 1 + self.random.below(8));
                input.drain(at..end);
            }
            3 => {
                let other = self.any().clone();
                let from = self.random.below(other.len() + 1);
                let end = other.len().min(from + self.random.below(32));
                input.splice(at..at, other[from..end].iter().copied());
            }
            4 => {
                if let Some(byte) = input.get_mut(at) {
                    *byte ^= 1 << self.random.below(8);
                }
            }
            _ => {
                let byte = self.random.byte();
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
        for _ in 0..=self.random.below(4) {
            self.change(&mut input);
        }
        Some(input)
    }
}

/// Numbers that are the same at every run (SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let mixed = mixed ^ (mixed >> 31);
        usize::try_from(mixed % bound as u64).expect("below a size")
    }

    /// Any byte, and those that mean something to parsers more often than others.
    fn byte(&mut self) -> u8 {
        const TELLING: &[u8] = b"\0\n\r\t \"%&'(),-./0:;<=>?@[\\]{}*$\x7f\x80\xff";
        match self.below(2) {
            0 => TELLING[self.below(TELLING.len())],
            _ => u8::try_from(self.below(256)).expect("a byte"),
        }
    }
}
